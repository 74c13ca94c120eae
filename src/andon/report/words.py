"""Words: estimates as people say them.

Prose carries at most two significant digits, and never more than the interval supports (the
Particle Data Group's rule for rounding). The ends of an interval are rounded outward, so that
rounding never makes us look surer than we are. People come as natural frequencies ("21 in 100"),
durations as people say them ("3 min 20 s"), tables carry the figures themselves.

After the UK Government Analysis Function's guidance on communicating uncertainty, and Gigerenzer
and Edwards (2003), "Simple tools for understanding risks", BMJ 327, 741.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Final

from andon.estimate import Estimate, Unknown
from andon.units import Unit, spoken

__all__ = [
    "GLOSSARY",
    "Nouns",
    "Said",
    "capital",
    "cell",
    "day",
    "denominator",
    "duration",
    "how_sure",
    "listed",
    "month",
    "nouns",
    "period",
    "say",
    "sentence",
    "share_of",
    "simple",
    "whole",
]

GLOSSARY: Final = {
    "gave up": "Left the queue or the menu before anyone served them.",
    "came back": "The same customer contacted again within the window named beside the figure.",
    "more than their habit": (
        "Contacts that followed, less the contacts this customer makes anyway in as much time."
    ),
    "patience": "How long customers are willing to wait; those served first only tell us 'longer'.",
    "handle time": "Talk, hold and the work after the customer has gone, added up.",
    "interval": "The range that holds the true figure in 95 of 100 studies like this one.",
    "bounds": "The range the figure must lie in, whatever the missing data were.",
    "erlang": "The work that keeps one person busy all the time.",
    "service level": "The share of customers answered within the time that was promised.",
    "matter": "Contacts of one customer that follow one another within the window, taken together.",
    "Little's law": "Customers present = customers who arrive an hour x hours each one stays.",
    "twins": "Two measures that keep each other honest: if one improves by harming the other, "
    "nothing was won.",
}
"""Terms that a report uses, each with its one line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Nouns:
    """What to call customers and their contacts: callers make calls, customers make contacts."""

    person: str
    people: str
    contact: str
    contacts: str

    @property
    def came_back(self) -> str:
        """The verb for a further contact: ``rang back`` or ``came back``."""
        return "rang back" if self.contact == "call" else "came back"

    def put(self, text: str) -> str:
        """A sentence about customers and contacts in these nouns; their ids stay customer ids.

        >>> calls = Nouns(person="caller", people="callers", contact="call", contacts="calls")
        >>> calls.put("Customers of 3 contacts. 8 contacts carry no customer id.")
        'Callers of 3 calls. 8 calls carry no customer id.'
        """
        mine = {
            "contact": self.contact,
            "contacts": self.contacts,
            "customer": self.person,
            "customers": self.people,
        }

        def chosen(found: re.Match[str]) -> str:
            noun = mine[found[0].lower()]
            return noun.capitalize() if found[0][0].isupper() else noun

        return re.sub(r"\b(contact|customer)s?\b(?! ids?\b)", chosen, text, flags=re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """An estimate in words.

    Attributes
    ----------
    value : str
        The best single number, rounded: ``"21 in 100"``. Bounds have none: ``"from 10 to 60 in
        100"``.
    low, high : str
        The ends, rounded outward, each said in full.
    between : str
        The interval as one phrase: ``"20 to 21"``. Empty for bounds, and for what was counted.
    """

    value: str
    low: str
    high: str
    between: str

    def __str__(self) -> str:
        if self.value.startswith("from "):
            return self.value
        return f"about {self.value} ({self.between})" if self.between else f"about {self.value}"


def say(estimate: Estimate, *, noun: str = "") -> Said:
    """An estimate as people say it.

    Parameters
    ----------
    estimate : Estimate
    noun : str, optional
        What is counted; for money the currency.

    Examples
    --------
    >>> gave_up = Estimate(value=0.205, low=0.203, high=0.207, unit="share", n=9, method="-")
    >>> print(say(gave_up))
    about 21 in 100 (20 to 21)
    >>> waited = Estimate(value=191.2, low=189.9, high=192.4, unit="s", n=9, method="-")
    >>> print(say(waited))
    about 3 min 10 s (3 min to 3 min 20 s)
    >>> lost = Estimate(value=1234.0, low=980.0, high=1490.0, unit="h", n=9, method="-")
    >>> print(say(lost))
    about 1,200 hours (900 to 1,500)
    """
    if estimate.unit == "share":
        said = _say_share(estimate)
    elif estimate.unit == "s":
        said = _say_duration(estimate)
    else:
        said = _say_amount(estimate, noun or _NOUNS.get(estimate.unit, ""))
    if estimate.low == estimate.high:
        return replace(said, between="")
    if not estimate.bounded:
        return said
    return replace(said, value=f"from {_short_of(said.low, said.high)} to {said.high}", between="")


def share_of(estimate: Estimate, *, of: int) -> Said:
    """A share as so many ``in`` a denominator that several shares have in common.

    People compare "44 in 100 against 3 in 100" at a glance, and "44 in 100 against 25 in 1,000"
    hardly at all.

    >>> small = Estimate(value=0.0251, low=0.0238, high=0.0264, unit="share", n=9, method="-")
    >>> print(share_of(small, of=100))
    about 3 in 100 (2 to 3)
    """
    step = max(_step(estimate), Decimal(1) / of)
    return _counted(estimate, step=step, of=of, reduce=False)


def denominator(estimates: Iterable[Estimate]) -> int:
    """The one denominator that makes even the smallest share two or more people; at most 10,000.

    >>> small = Estimate(value=0.025, low=0.024, high=0.026, unit="share", n=9, method="-")
    >>> large = Estimate(value=0.44, low=0.42, high=0.46, unit="share", n=9, method="-")
    >>> denominator([small, large])
    100
    """
    least = min((each.value for each in estimates if each.value > 0), default=1.0)
    return next((of for of in (100, 1_000) if least * of >= 1.5), 10_000)


def simple(estimate: Estimate) -> str:
    """A share for a headline: ``1 in 5`` where that is near enough, else ``44 in 100``.

    Near enough is within one part in twenty-five, so that nothing that matters is lost.

    >>> simple(Estimate(value=0.205, low=0.203, high=0.207, unit="share", n=9, method="-"))
    '1 in 5'
    >>> simple(Estimate(value=0.44, low=0.43, high=0.45, unit="share", n=9, method="-"))
    '44 in 100'
    """
    if estimate.value > 0:
        near = min(_SIMPLE, key=lambda fraction: abs(fraction[0] / fraction[1] - estimate.value))
        if abs(near[0] / near[1] - estimate.value) <= estimate.value / 25:
            return f"{near[0]} in {near[1]}"
    return say(estimate).value


def duration(seconds: float) -> str:
    """A duration as people say it, in its two largest units.

    >>> duration(200)
    '3 min 20 s'
    >>> duration(2 * 86_400)
    '2 days'
    """
    return spoken(seconds, "s")


def whole(count: int) -> str:
    """An exact count with its thousands apart.

    >>> whole(283661)
    '283,661'
    """
    return f"{count:,}"


def cell(value: object, unit: str = "") -> str:
    """A value as a table shows it: per cent for shares, thousands apart, empty where missing.

    >>> cell(0.20512, "share"), cell(283661), cell(None), cell(191.23, "s")
    ('20.5 %', '283,661', '', '191')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return whole(value) if unit != "as is" else str(value)
    if not isinstance(value, float):
        return str(value)
    if unit == "share":
        return f"{100 * value:.1f} %"
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


def day(date: dt.date) -> str:
    """A date as people say it.

    >>> day(dt.date(1999, 1, 1))
    '1 January 1999'
    """
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def month(text: str) -> str:
    """A month such as ``1999-02`` as people say it.

    >>> month("1999-02")
    'February 1999'
    """
    year, number = text.split("-")[:2]
    return f"{_MONTHS[int(number) - 1]} {year}"


def period(first: dt.date, last: dt.date) -> str:
    """Two dates, both included, with nothing said twice.

    >>> period(dt.date(1999, 1, 1), dt.date(1999, 9, 30))
    '1 January to 30 September 1999'
    """
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} to {day(last)}"
    if first.month != last.month:
        return f"{first.day} {_MONTHS[first.month - 1]} to {day(last)}"
    return f"{first.day} to {day(last)}"


def listed(items: Collection[str]) -> str:
    """Items as a phrase.

    >>> listed(["January", "May", "July"])
    'January, May and July'
    """
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def capital(text: str) -> str:
    """The text with a capital first, the rest as it is.

    >>> capital("served for less than 10 s")
    'Served for less than 10 s'
    """
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: a capital first, one full stop last.

    >>> sentence("no id was kept")
    'No id was kept.'
    """
    return f"{capital(text).rstrip('.')}."


def nouns(channels: Collection[str]) -> Nouns:
    """What to call people and their contacts, given the channels they used.

    >>> nouns(["voice"]).people, nouns(["voice", "chat"]).people
    ('callers', 'customers')
    """
    if channels and set(channels) <= {"voice", "callback"}:
        return Nouns(person="caller", people="callers", contact="call", contacts="calls")
    return Nouns(person="customer", people="customers", contact="contact", contacts="contacts")


def how_sure(figure: Estimate | Unknown) -> str:
    """The interval's meaning in one short phrase, for those who look under the number."""
    if isinstance(figure, Unknown):
        return "cannot be known"
    if figure.bounded:
        return "bounds: true whatever the missing data were"
    if figure.low == figure.high:
        return f"counted, n\u00a0=\u00a0{whole(figure.n)}"
    return f"{100 * figure.level:.0f}\u00a0% interval, n\u00a0=\u00a0{whole(figure.n)}"


_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SIMPLE: Final = (
    *((1, k) for k in range(2, 11)),
    *((2, 3), (3, 4), (2, 5), (3, 5), (9, 10)),
)
_NOUNS: Final[dict[Unit, str]] = {
    "h": "hours",
    "erlang": "erlangs",
    "per_h": "an hour",
    "points": "percentage points",
}
_LADDER: Final = tuple(
    Decimal(each)
    for each in (
        "0.001",
        "0.01",
        "0.1",
        "1",
        "10",
        "60",
        "600",
        "3600",
        "21600",
        "86400",
        "864000",
        "8640000",
    )
)
"""Steps that durations are rounded to, in seconds."""


def _step(estimate: Estimate) -> Decimal:
    """The power of ten that the estimate's last digit in prose stands for."""
    size, doubt = abs(_exact(estimate.value)), _doubt(estimate)
    if size == 0:
        return _last_sure(doubt) if doubt else Decimal(1)
    two_digits = _power(size) / 10
    return min(max(two_digits, _last_sure(doubt)), _power(size)) if doubt else two_digits


def _doubt(estimate: Estimate) -> Decimal:
    """The longer half of the interval."""
    value = _exact(estimate.value)
    return max(_exact(estimate.high) - value, value - _exact(estimate.low))


def _last_sure(doubt: Decimal) -> Decimal:
    """The last digit that an uncertainty leaves, by the rule of the Particle Data Group.

    An uncertainty that begins with 10 to 35 keeps two digits, a larger one only one.
    """
    return _power(doubt / Decimal("3.55"))


def _power(size: Decimal) -> Decimal:
    """The greatest power of ten that is not above ``size`` (> 0)."""
    return Decimal(1).scaleb(size.adjusted())


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _rounded(value: Decimal, step: Decimal, how: str) -> Decimal:
    return (value / step).to_integral_value(rounding=how) * step


def _short_of(low: str, high: str) -> str:
    """The low end without what the high end repeats: ``10`` of ``10 in 100`` and ``60 in 100``."""
    number, _, tail = low.partition(" ")
    return number if tail and high.endswith(f" {tail}") else low


def _say_share(estimate: Estimate) -> Said:
    if estimate.low > 0.9 and estimate.value > 0.95 and estimate.high < 1:
        return _all_but(estimate)
    size = abs(_exact(estimate.value))
    step = max(_step(estimate), Decimal("0.0001"))
    if 0 < size < 1 and size >= _power(size) * 5:
        # 8 in 100 rather than 80 in 1,000: its second digit is worth less than small numbers are.
        step = max(step, min(_power(size), Decimal("0.01")))
    return _counted(estimate, step=step, of=max(10, int(1 / step)))


def _all_but(estimate: Estimate) -> Said:
    """A share near one by what is missing from it: "all but 3 in 1,000"."""
    rest = Estimate(
        value=float(1 - _exact(estimate.value)),
        low=float(1 - _exact(estimate.high)),
        high=float(1 - _exact(estimate.low)),
        unit="share",
        n=estimate.n,
        method=estimate.method,
        level=estimate.level,
    )
    said = _say_share(rest)
    return Said(
        value=f"all but {said.value}",
        low=f"all but {said.high}",
        high=f"all but {said.low}",
        between=f"all but {said.between}",
    )


def _counted(estimate: Estimate, *, step: Decimal, of: int, reduce: bool = True) -> Said:
    """A share as a count; ``30 in 1,000 (20 to 40)`` is reduced to ``3 in 100 (2 to 4)``."""
    counts = [each * of for each in _three(estimate, step, floor=Decimal(0), ceiling=Decimal(1))]
    while reduce and of > 100 and all(each % 10 == 0 for each in counts):
        counts, of = [each / 10 for each in counts], of // 10
    value, low, high = (_number(each) for each in counts)
    return Said(
        value=f"{value} in {of:,}",
        low=f"{low} in {of:,}",
        high=f"{high} in {of:,}",
        between=f"{low} to {high}",
    )


def _three(
    estimate: Estimate, step: Decimal, *, floor: Decimal | None, ceiling: Decimal | None
) -> tuple[Decimal, Decimal, Decimal]:
    """Value, low and high on ``step``; the ends go outward, but not beyond what can be."""
    value = _rounded(_exact(estimate.value), step, ROUND_HALF_UP)
    low = _rounded(_exact(estimate.low), step, ROUND_FLOOR)
    high = _rounded(_exact(estimate.high), step, ROUND_CEILING)
    if floor is not None:
        low = max(low, floor) if estimate.low >= floor else low
    if ceiling is not None:
        high = min(high, ceiling) if estimate.high <= ceiling else high
    return value, low, high


def _say_duration(estimate: Estimate) -> Said:
    size, doubt = abs(_exact(estimate.value)), _doubt(estimate)
    longest = max(abs(_exact(each)) for each in (estimate.value, estimate.low, estimate.high))
    by_size = next((each for each in _LADDER if each * 100 > longest), _LADDER[-1])
    by_doubt = max((each for each in _LADDER if each <= min(doubt, size)), default=_LADDER[0])
    step = max(by_size, by_doubt)
    value, low, high = (float(each) for each in _three(estimate, step, floor=None, ceiling=None))
    return Said(
        value=duration(value),
        low=duration(low),
        high=duration(high),
        between=f"{duration(low)} to {duration(high)}",
    )


def _say_amount(estimate: Estimate, noun: str) -> Said:
    value, low, high = (
        _number(each) for each in _three(estimate, _step(estimate), floor=None, ceiling=None)
    )
    tail = f" {noun}" if noun else ""
    return Said(
        value=f"{value}{tail}",
        low=f"{low}{tail}",
        high=f"{high}{tail}",
        between=f"{low} to {high}",
    )


def _number(value: Decimal) -> str:
    """A rounded number without an exponent and without idle zeros behind the point."""
    text = f"{value.normalize():,f}"
    return "0" if text in {"-0", "0"} else text
