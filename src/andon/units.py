"""Units: the names that figures carry, the few conversions between them, and how people say them.

Durations are seconds inside the code, shares are 0 to 1; people read minutes and "3 in 100".
"""

from __future__ import annotations

import itertools
import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final, Literal

__all__ = [
    "AGES_US",
    "DAY_S",
    "HOUR_S",
    "UNITS",
    "US",
    "Unit",
    "erlangs",
    "hours",
    "in_so_many",
    "number",
    "per_hour",
    "seconds_said",
    "share_said",
    "spoken",
    "unbroken",
]

Unit = Literal["s", "h", "share", "count", "erlang", "ratio", "money", "per_h", "points"]
"""What a figure counts: seconds, hours, a share of 0 to 1, things, erlangs, a ratio, the
operation's currency, events per hour, percentage points."""

UNITS: Final[tuple[Unit, ...]] = (
    "s",
    "h",
    "share",
    "count",
    "erlang",
    "ratio",
    "money",
    "per_h",
    "points",
)
"""Every unit there is."""

US: Final = 1_000_000
"""Microseconds in a second; the ledger's integer instants count these."""
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
AGES_US: Final = 719_162 * DAY_S * US
"""From 1 January of the year 1, a Monday, to 1970: added to an instant, it is above 0, and days and
weeks are whole numbers of it."""

_MINUTE_S: Final = 60
_DECIMALS: Final = 9
"""Nobody reads more of them."""
_EXACT: Final = Context(prec=400)
"""More digits than any double has before and behind its point."""
_AFTER: Final[dict[Unit, tuple[str, str]]] = {
    "h": (" h", " h"),
    "erlang": (" erlang", " erlangs"),
    "per_h": (" an hour", " an hour"),
    "points": (" point", " points"),
}
"""What follows 1, and what follows any other number."""
_NUMBER: Final = r"(?:\d+(?:\.\d*)?|\.\d+)"
_LENGTHS: Final[dict[str, float]] = {
    name: length
    for names, length in (
        ("s sec secs second seconds", 1.0),
        ("m min mins minute minutes", float(_MINUTE_S)),
        ("h hr hrs hour hours", float(HOUR_S)),
        ("d day days", float(DAY_S)),
        ("w week weeks", 7.0 * DAY_S),
    )
    for name in names.split()
}
"""How people name lengths of time."""
_STEPS_S: Final = (1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 4 * 3_600, 12 * 3_600, 86_400)
"""The steps in which people round durations of a second and more."""


def hours(seconds: float) -> float:
    """Seconds as hours.

    >>> hours(5400)
    1.5
    """
    return seconds / HOUR_S


def per_hour(count: float, *, period_s: float) -> float:
    """How many an hour, when ``count`` happened in ``period_s`` seconds (> 0).

    >>> per_hour(30, period_s=1800)
    60.0
    """
    return count * HOUR_S / period_s


def erlangs(work_s: float, *, period_s: float) -> float:
    """Load in erlangs: seconds of work that arrive in a second (``period_s`` > 0).

    One erlang keeps one person busy all the time.

    >>> erlangs(work_s=7200, period_s=3600)
    2.0
    """
    return work_s / period_s


def number(value: float, *, step: float = 0.0) -> str:
    """A number as people write it, rounded to a step.

    Parameters
    ----------
    value : float
    step : float
        Round to the power of ten at or below this; 0 keeps four significant digits, and every
        digit of a whole number.

    Examples
    --------
    >>> number(283661), number(1234.5678, step=10), number(0.20512), number(-3.14159, step=0.01)
    ('283,661', '1,230', '0.2051', '-3.14')
    """
    if value == 0 or (step <= 0 and value == int(value)):
        return f"{value:,.0f}"
    decimals = -_exponent(step) if step > 0 else 3 - _exponent(abs(value))
    decimals = min(decimals, _DECIMALS)
    text = f"{_round(value, decimals):,.{max(0, decimals)}f}"
    if step <= 0 and "." in text:
        text = text.rstrip("0").rstrip(".")
    if float(text.replace(",", "")) == 0:
        return "0" if decimals == _DECIMALS else text.removeprefix("-")
    return text


def spoken(value: float, unit: Unit, *, step: float = 0.0, currency: str = "") -> str:
    """A figure with its unit, as people say it.

    Parameters
    ----------
    value : float
        In ``unit``.
    unit : Unit
    step : float
        The last digit worth saying, in ``unit``; 0 for all that is known.
    currency : str
        The operation's currency, for ``money``.

    Examples
    --------
    >>> spoken(200, "s"), spoken(0.205, "share"), spoken(0.25, "h"), spoken(1234, "h", step=10)
    ('3 min 20 s', '20.5 %', '15 min', '1,230 h')
    >>> spoken(93_784, "s"), spoken(93_784, "s", step=3_600), spoken(0.42, "s"), spoken(3, "per_h")
    ('1 day 2 h', '1 day 2 h', '0.42 s', '3 an hour')
    >>> spoken(1250.5, "money", step=1, currency="ILS"), spoken(2.5, "points")
    ('1,251 ILS', '2.5 points')
    """
    if unit == "s":
        return _duration(value, step)
    if unit == "h" and abs(value) < 1 and value != 0:
        return _duration(value * HOUR_S, step * HOUR_S)
    if unit == "share":
        return number(value * 100, step=step * 100) + " %"
    if unit == "money" and currency:
        return f"{number(value, step=step)} {currency}"
    text = number(value, step=step)
    one, many = _AFTER.get(unit, ("", ""))
    return text + (one if text in {"1", "-1"} else many)


def unbroken(text: str) -> str:
    """A text whose numbers stay on one line with their units: the blank between cannot break.

    >>> len(unbroken("21 in 100 wait 3 min 20 s").split(" "))
    4
    """
    return _OF.sub("\\1\u00a0in\u00a0\\2", _WITH_UNIT.sub("\u00a0", text))


_WITH_UNIT: Final = re.compile(r"(?<=\d) (?=%|(?:s|min|h|hours?|days?)\b)")
_OF: Final = re.compile(r"\b(\d[\d,.]*) in (\d)")


def in_so_many(share: float, *, base: int) -> str:
    """How many in ``base`` people a share of 0 to 1 is.

    >>> in_so_many(0.123, base=100), in_so_many(0.0034, base=1000)
    ('12', '3')
    """
    return f"{share * base:,.0f}"


def seconds_said(text: str) -> float:
    """A duration as people write it, in seconds; a number alone counts seconds.

    Raises
    ------
    ValueError
        If it cannot be understood, or runs from small to large.

    Examples
    --------
    >>> seconds_said("3m"), seconds_said("2m30s"), seconds_said("1 h 30 min"), seconds_said("180")
    (180.0, 150.0, 5400.0, 180.0)
    >>> seconds_said("0.5 days"), seconds_said("1 week")
    (43200.0, 604800.0)
    """
    said = text.strip().lower()
    if re.fullmatch(_NUMBER, said):
        return _finite(float(said), text)
    parts = re.findall(rf"({_NUMBER})\s*([a-z]+)\s*", said)
    if not parts or re.sub(rf"{_NUMBER}\s*[a-z]+\s*", "", said):
        raise ValueError(f"no duration: {text!r}")
    lengths = [_LENGTHS.get(unit, 0.0) for _, unit in parts]
    if 0.0 in lengths or any(b >= a for a, b in itertools.pairwise(lengths)):
        raise ValueError(f"no duration: {text!r}")
    total = sum(float(count) * length for (count, _), length in zip(parts, lengths, strict=True))
    return _finite(total, text)


def share_said(text: str) -> float:
    """A share as people write it: ``0.8``, ``80 %`` and ``80%`` are the same.

    Raises
    ------
    ValueError
        If it is no number, with or without a sign of per cent.

    Examples
    --------
    >>> share_said("80 %"), share_said("0.8"), share_said("2.5%")
    (0.8, 0.8, 0.025)
    """
    said = text.strip()
    number_said = said.removesuffix("%").strip()
    if not re.fullmatch(_NUMBER, number_said):
        raise ValueError(f"no share: {text!r}")
    value = _finite(float(number_said), text)
    # Divided as decimals: 2.5 % is 0.025 and not a hair beside it.
    return float(Decimal(number_said) / 100) if said.endswith("%") else value


def _finite(value: float, text: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"too large: {text!r}")
    return value


def _duration(seconds: float, step: float) -> str:
    """At most two parts: days and hours, hours and minutes, minutes and seconds."""
    sign = "-" if seconds < 0 else ""
    size = abs(seconds)
    if size == 0:
        return "0 s"
    if size < 10 or (size < _MINUTE_S and 0 < step < 1):
        return f"{sign}{number(size, step=step or _tidy(size))} s"
    if size >= DAY_S:
        least = HOUR_S
    elif size >= HOUR_S:
        least = _MINUTE_S
    else:
        least = 1
    nearest = max(least, max((each for each in _STEPS_S if each <= step), default=1))
    whole = int(_round(size / nearest, 0)) * nearest
    parts = []
    for length, one, many in (
        (DAY_S, "day", "days"),
        (HOUR_S, "h", "h"),
        (_MINUTE_S, "min", "min"),
        (1, "s", "s"),
    ):
        count, whole = divmod(whole, length)
        if count:
            parts.append(f"{count:,} {one if count == 1 else many}")
    return sign + (" ".join(parts[:2]) if parts else f"less than {_duration(nearest, 0)}")


def _tidy(size: float) -> float:
    """The step that leaves two significant digits."""
    return 10.0 ** (_exponent(size) - 1)


def _exponent(size: float) -> int:
    """The power of ten at or below ``size``; tolerant of 0.1 that is a hair below itself."""
    return math.floor(math.log10(size) + 1e-9) if size > 0 else 0


def _round(value: float, decimals: int) -> Decimal:
    """Round half up in size, as people do, the number as it is written and not as it is stored."""
    written = Decimal(repr(float(value))).scaleb(decimals, _EXACT)
    return written.to_integral_value(ROUND_HALF_UP).scaleb(-decimals, _EXACT)
