"""Short contacts: customers cut off, which rests the line and lowers the mean, and who call again.

A contact of a few seconds may be a quick answer. The proof that it is not is the customer, who is
back within minutes. So four things must come together before anything is said about anybody: more
short contacts than those who do the same work in the same hours have; more customers who were cut
off and came back; customers who come back after short contacts far oftener than after usual ones;
and a heap of short contacts, more than a quick pace could make. What is told to all is the
practice, and what it does to the measure that invites it.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from andon import estimate
from andon.answer import Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown
from andon.goodhart.change_points import Change, changed_share
from andon.goodhart.concentration import Concentration
from andon.goodhart.dates import Dates, stretch_said
from andon.goodhart.false_discovery import controlled
from andon.goodhart.peers import Matched, Standing, standing
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.replicates import FEW, MANY, Replicates, replicate_of
from andon.ledger.sums import clustered_sums, rows
from andon.units import DAY_S, HOUR_S, US

__all__ = [
    "EXPLANATIONS",
    "AdvisorsContacts",
    "ForRoles",
    "InGroup",
    "ShortContacts",
    "Week",
    "short_contacts",
]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EXPLANATIONS: Final = (
    "A headset, a softphone or a line that drops calls does this too, and drops one person's calls"
    " alone: have them checked first.",
    "Where the system drops everybody's calls at the same time, it does not count here: the"
    " comparison is within the hour.",
    "Calls that were passed on are left out; a transfer that the system does not record looks like"
    " a short contact.",
    "Calls back that reach nobody are short by their nature: they are compared with each other.",
    "Some work is quick, and some people are. Then customers do not come back within minutes, and"
    " there are more brief contacts than short ones: that is not what stands here.",
    "If ids were changed, one person may stand here as two, or two as one.",
)
"""What else can make contacts short, to be looked at before anybody is spoken to."""

_IN_PERSON: Final = ("voice", "callback", "chat", "visit")
_STEPS_S: Final = (300, 60, 30, 15, 10, 5)
_ROUND: Final = 0.99
_FEWEST_KNOWN: Final = 30
_FEWEST_USUAL: Final = 50
_HOUR_US: Final = HOUR_S * US
_DAY_US: Final = DAY_S * US
_AGES_US: Final = 719_162 * _DAY_US
"""From Monday, 1 January of the year 1, to 1970: whole weeks of days, every remainder positive."""
_EPOCH: Final = dt.date(1970, 1, 1)
_ODD_HOUR: Final = 0.01
"""The chance that any hour at all is taken for odd where calls are short at random."""
_FEW_ADVISORS: Final = 3
_BRIEF: Final = 3
"""Contacts up to so many times the limit are brief."""
_ODD: Final = 0.1
_ROUNDS: Final = 3
_HEAP: Final = 0.5
"""More short contacts than so many for each brief one are a heap."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """One week of contacts.

    Attributes
    ----------
    monday : datetime.date
        On the operation's wall.
    contacts, short : int
    share : float
        Short of all, 0 to 1, as if the week had had the mix of groups of the whole time; NaN
        without contacts.
    """

    monday: dt.date
    contacts: int
    short: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class InGroup:
    """Short contacts in one group of comparable contacts.

    Attributes
    ----------
    scope : Scope
    contacts, short : int
    back_after_short, back_after_usual : Estimate or Unknown
        Share of identified customers who are back within the time.
    p : float
        As for the whole operation, with the contacts of this group alone; NaN where it cannot be
        told.
    p_adjusted : float
        Beside all other groups; NaN likewise.
    stands_out : bool or None
        None where it cannot be told.
    """

    scope: Scope
    contacts: int
    short: int
    back_after_short: Estimate | Unknown
    back_after_usual: Estimate | Unknown
    p: float
    p_adjusted: float
    stands_out: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorsContacts:
    """One advisor's short contacts, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    first_day, last_day : datetime.date
        Between which this id has contacts.
    contacts, short : int
    part_of_contacts, part_of_short : float
        This advisor's part of all contacts, and of all short ones, that have an advisor recorded.
    brief : int
        Contacts from the limit to three times as long: whoever is only quick has more of them than
        short ones.
    share : Estimate or Unknown
        Of this advisor's contacts that are short.
    colleagues : float
        The share of the others, in the same groups and the same hours.
    cut_off, colleagues_cut_off : float
        Share of identified contacts that were short and whose customer was back within the time:
        the advisor's, and the others' in the same groups and hours.
    back_after_short : Estimate or Unknown
        Share of this advisor's identified short contacts whose customer was back.
    back_after_usual : float
        What contacts of usual length of the same groups would give.
    p_adjusted : float
        The share of false ones to expect among advisors shown with a ``p`` as low as this.
    change : Change or Unknown
        Over the weeks of ``weeks``.
    weeks : tuple of Week
    """

    advisor_id: str
    first_day: dt.date
    last_day: dt.date
    contacts: int
    short: int
    part_of_contacts: float
    part_of_short: float
    brief: int
    share: Estimate | Unknown
    colleagues: float
    cut_off: float
    colleagues_cut_off: float
    back_after_short: Estimate | Unknown
    back_after_usual: float
    p_adjusted: float
    change: Change | Unknown
    weeks: tuple[Week, ...] = field(repr=False)

    @property
    def rose(self) -> Dates | None:
        """The week in which there began to be more of them; None where that was not seen."""
        return Dates.of_start(self.change, lambda i: self.weeks[i].monday)

    @property
    def fell(self) -> Dates | None:
        """The week in which that was over; None where it was not seen."""
        return Dates.of_end(self.change, lambda i: self.weeks[i].monday)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose contacts stand out, in the order of their ids: it is no ranking, and
    who is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorsContacts
        Not printed with the result.
    tested : int
        Advisors who could be compared.
    left_out : int
        Advisors with too few contacts to say anything.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorsContacts, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(default=EXPLANATIONS, repr=False)

    def of(self, advisor_id: str) -> AdvisorsContacts | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortContacts:
    """Short contacts: how many, what customers do next, and what they do to the mean.

    Attributes
    ----------
    limit_s, within_s : float
        The limits that were asked for.
    contacts, short : int
        Handled in person and timed, and those of them under the limit; 0 s counts as short.
    share : Estimate or Unknown
        Short of all, its doubt over days.
    short_by_nobody : int
        Short contacts with no advisor recorded; nobody is compared by them.
    passed_on : int
        Contacts with a transfer, left out.
    identified : Estimate or Unknown
        Share of short contacts with a customer id, counted: only these can be followed.
    back_after_short, back_after_usual : Estimate or Unknown
        Share of identified customers back within the time, from arrival to next arrival, after
        short contacts and after those of usual length: the middle half of their group.
    excess : Estimate or Unknown
        The first less the second, both with the short contacts' mix of groups, clustered by
        customer.
    mean_s, mean_without_s, bend_s : Estimate or Unknown
        Mean handle time, the same without short contacts, and the first less the second: how far
        short contacts pull the measure down.
    concentration : Concentration or Unknown
    p : float
        The chance that some advisor would stand out as far in all four ways that must come
        together, were nothing going on; NaN where it cannot be told.
    stands_out : bool or None
        Whether the practice is there; None where it cannot be told, for which ``why_not`` says why.
    why_not : str
        Empty where it can be told.
    change : Change or Unknown
        When the share of short contacts was higher, over ``weeks``.
    weeks : tuple of Week
    odd_hours, short_in_odd_hours : int
        Hours in which contacts of several advisors were short far oftener than usual, as when a
        system fails, and the short contacts in them.
    groups : tuple of InGroup
    caveats : tuple of str
    for_roles : ForRoles
        The only part that speaks of single advisors.
    """

    limit_s: float
    within_s: float
    contacts: int
    short: int
    share: Estimate | Unknown
    short_by_nobody: int
    passed_on: int
    identified: Estimate | Unknown
    back_after_short: Estimate | Unknown
    back_after_usual: Estimate | Unknown
    excess: Estimate | Unknown
    mean_s: Estimate | Unknown
    mean_without_s: Estimate | Unknown
    bend_s: Estimate | Unknown
    concentration: Concentration | Unknown
    p: float
    stands_out: bool | None
    why_not: str
    change: Change | Unknown
    weeks: tuple[Week, ...] = field(repr=False)
    odd_hours: int
    short_in_odd_hours: int
    groups: tuple[InGroup, ...]
    caveats: tuple[str, ...]
    for_roles: ForRoles

    @property
    def rose(self) -> Dates | None:
        """The week in which there began to be more of them; None where that was not seen."""
        return Dates.of_start(self.change, lambda i: self.weeks[i].monday)

    @property
    def fell(self) -> Dates | None:
        """The week in which that was over; None where it was not seen."""
        return Dates.of_end(self.change, lambda i: self.weeks[i].monday)

    @property
    def when(self) -> str:
        """From when to when there were more of them, in words."""
        if not self.weeks:
            return "Nobody can say when: there is no contact to look at."
        return stretch_said(self.rose, self.fell, more="more contacts were short")


def short_contacts(
    contacts: ir.Table,
    *,
    by: Sequence[str] = ("channel", "queue", "reason"),
    limit_s: float = 10.0,
    within_s: float = 600.0,
    least_contacts: int = 100,
    observed: Observed | None = None,
    level: float = 0.95,
) -> ShortContacts:
    """Are customers cut off, so that short contacts bend the mean handle time?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty. Handled in person and timed ones count, but for those
        that were passed on.
    by : sequence of str
        What makes contacts comparable, from :data:`andon.ledger.periods.GROUPS`.
    limit_s : float
        Shorter handle times are short, seconds (> 0).
    within_s : float
        A customer who is back that soon was not served, seconds (> 0).
    least_contacts : int
        Nothing is said about an advisor with fewer contacts that can be compared (>= 1).
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1; one less it is the share of false ones put up with.

    Returns
    -------
    ShortContacts

    Raises
    ------
    QuestionError
        If a limit is not above 0, or ``by`` names something contacts cannot be grouped by.

    Notes
    -----
    An advisor's ``p`` is the largest of four, so that all four must hold (an intersection-union
    test: Berger 1982, *Technometrics* 24, 295).

    1. The share of short contacts is set against the other advisors' in the same group and the same
       hour of the same day, honest advisors differing too (:mod:`andon.goodhart.peers`). A system
       that drops calls drops everybody's. Who seems to stand out is nobody's yardstick.
    2. The share of customers who were cut off and came back is more than twice the others' in the
       same groups and hours, beyond chance.
    3. The share of customers who are back after this advisor's short contacts is set against the
       one after contacts of usual length, with the n of independent contacts that would leave the
       same doubt (:func:`andon.estimate.effective_n`).
    4. Short contacts are set against brief ones, of one to three times the limit: whoever is only
       quick has more brief ones than short ones. Where durations are lognormal, as they mostly
       are, with a median of six times the limit or more and a spread of 1.3 or less, there are at
       most 0.4 short ones for each brief one; more than half is taken for a heap.

    Each covers for what the others cannot know: quick work makes no heap, and is not followed by
    returns; drops at random do not depend on the advisor. What none of them can tell from hanging
    up is one person's faulty line. How much honest advisors differ is learnt from the advisors
    themselves: where most of them hang up, nobody stands out, and only the returns and the mean
    show it.

    False discovery is controlled over groups, and more strictly over advisors, whatever the
    dependence, by :func:`andon.goodhart.false_discovery.controlled`: a practice can be there
    without anybody being spoken of.
    """
    _check(limit_s, within_s, least_contacts, level)
    seen = coverage.observed(contacts) if observed is None else observed
    asked = _Asked(
        by=tuple(by),
        limit_us=round(limit_s * US),
        within_us=round(within_s * US),
        least_contacts=least_contacts,
        level=level,
    )
    spine = _spine(with_groups(contacts, by), asked, seen)
    clocks = _clocks(spine, asked)
    with kept(_classed(spine, asked, clocks.fine)) as timed:
        return _answer(timed, asked, clocks)


def _check(limit_s: float, within_s: float, least_contacts: int, level: float) -> None:
    for name, value in (("limit_s", limit_s), ("within_s", within_s)):
        if not (math.isfinite(value) and value > 0):
            raise QuestionError(
                "A limit must be a time above 0.",
                found=f"{name}: {value!r}",
                todo="Use limit_s=10 and within_s=600.",
            )
    if least_contacts < 1 or not 0 < level < 1:
        raise QuestionError(
            "An advisor needs at least one contact, and a level lies between 0 and 1.",
            found=f"least_contacts: {least_contacts!r}, level: {level!r}",
            todo="Use 100 and 0.95.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    by: tuple[str, ...]
    limit_us: int
    within_us: int
    least_contacts: int
    level: float

    @property
    def cells(self) -> tuple[str, ...]:
        """Columns that hold the group, under names that nothing else has."""
        return tuple(f"by_{name}" for name in self.by)


# ---------------------------------------------------------------- what is asked of the engine


def _spine(contacts: ir.Table, asked: _Asked, seen: Observed) -> ir.Table:
    """Contacts handled in person: how long, when, by whom, and whether the customer was back."""
    order = ibis.window(group_by="customer_key", order_by=["arrived_us", "contact_key"])
    timed = contacts.mutate(
        gap_us=contacts.arrived_us.lead().over(order) - contacts.arrived_us,
        handle_us=(handle_s(contacts) * float(US)).round().cast("int64"),
    )
    in_person = timed.filter(
        (timed.outcome == "handled")
        & timed.channel.isin(_IN_PERSON)
        & (ibis.coalesce(timed.handled_by, "advisor") != "bot")
    )
    local = in_person.local_arrived_us + _AGES_US
    followed = in_person.customer_key.notnull() & (
        seen.ahead_us(in_person.arrived_us) >= asked.within_us
    )
    return in_person.select(
        **{f"by_{name}": in_person[name] for name in asked.by},
        advisor=in_person.advisor_id,
        customer_key=in_person.customer_key,
        handle_us=in_person.handle_us,
        passed_on=ibis.coalesce(in_person.transfers > 0, ibis.literal(value=False)),
        identified=in_person.customer_key.notnull(),
        followed=followed,
        back=followed & ibis.coalesce(in_person.gap_us <= asked.within_us, ibis.literal(False)),
        hour=((local - local % _HOUR_US) / _HOUR_US).cast("int64"),
        day=((local - local % _DAY_US) / _DAY_US).cast("int64"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clocks:
    """How finely each group's durations are told, and which groups are told finely enough.

    ``fine`` holds for each such group the middle half of its durations, microseconds.
    """

    fine: Mapping[Scope, tuple[float, float]]
    coarse: Mapping[Scope, str]
    timed: int
    passed_on: int


def _clocks(spine: ir.Table, asked: _Asked) -> _Clocks:
    timed = spine.filter((spine.handle_us >= 0) & ~spine.passed_on)
    some = timed.handle_us > 0
    found = (timed.group_by(list(asked.cells)) if asked.by else timed).aggregate(
        n=timed.count(),
        some=some.sum(),
        least=timed.handle_us.min(),
        most=timed.handle_us.max(),
        lower=timed.handle_us.cast("float64").quantile(0.25),
        upper=timed.handle_us.cast("float64").quantile(0.75),
        **{
            f"step_{step}": (some & (timed.handle_us % (step * US) == 0)).sum() for step in _STEPS_S
        },
    )
    fine: dict[Scope, tuple[float, float]] = {}
    coarse: dict[Scope, str] = {}
    total = 0
    for row in rows(found):
        if not row["n"]:
            continue
        total += int(row["n"])
        scope = tuple((name, row[cell]) for name, cell in zip(asked.by, asked.cells, strict=True))
        step = next(
            (s for s in _STEPS_S if row["some"] and row[f"step_{s}"] >= _ROUND * row["some"]), 0
        )
        if row["n"] > 1 and row["least"] == row["most"]:
            coarse[scope] = "all contacts are recorded as equally long"
        elif step * US >= asked.limit_us and row["n"] > 1:
            coarse[scope] = (
                f"handle times are recorded in steps of {step} s, so a contact under "
                f"{asked.limit_us / US:g} s cannot be told from a longer one"
            )
        else:
            fine[scope] = (float(row["lower"]), float(row["upper"]))
    passed = rows(spine.aggregate(n=spine.passed_on.sum()))[0]["n"]
    return _Clocks(fine=fine, coarse=coarse, timed=total, passed_on=int(passed or 0))


def _classed(spine: ir.Table, asked: _Asked, fine: Mapping[Scope, tuple[float, float]]) -> ir.Table:
    """Timed contacts of groups whose clock is fine enough, each short, usual or neither."""
    timed = spine.filter((spine.handle_us >= 0) & ~spine.passed_on)
    names = [f"g{i}" for i in range(len(asked.by))]
    kinds = dict.fromkeys(names, "string") | {
        "group": "int64",
        "lower": "float64",
        "upper": "float64",
    }
    table = ibis.memtable(
        [
            dict(zip(names, (_text(value) for _, value in scope), strict=True))
            | {"group": i, "lower": lower, "upper": upper}
            for i, (scope, (lower, upper)) in enumerate(fine.items())
        ]
        or {name: [] for name in kinds},
        schema=kinds,
    )
    told = timed.mutate(
        **{
            name: ibis.coalesce("=" + timed[cell].cast("string"), "")
            for name, cell in zip(names, asked.cells, strict=True)
        }
    )
    joined = told.join(table, names) if names else told.cross_join(table)
    short = joined.handle_us < asked.limit_us
    usual = ~short & (joined.handle_us >= joined.lower) & (joined.handle_us <= joined.upper)
    return joined.select(
        "group",
        "advisor",
        "customer_key",
        "handle_us",
        "identified",
        "followed",
        "back",
        "hour",
        "day",
        short=short,
        brief=~short & (joined.handle_us < _BRIEF * asked.limit_us),
        usual=usual,
    )


def _text(value: object) -> str:
    """A group's value as the engine casts it, told apart from a missing one."""
    return "" if value is None else f"={value}"


def _count(flag: ir.BooleanValue) -> ir.IntegerScalar:
    return flag.cast("int32").sum()


_AMOUNTS: Final = ("n", "k", "followed", "cut_off", "short_followed", "brief")


def _cells(timed: ir.Table) -> ir.Table:
    """What each advisor did in each group and hour."""
    named = timed.filter(timed.advisor.notnull())
    return named.group_by(["group", "day", "hour", "advisor"]).aggregate(
        n=named.count(),
        k=_count(named.short),
        brief=_count(named.brief),
        followed=_count(named.followed),
        cut_off=_count(named.short & named.back),
        short_followed=_count(named.short & named.followed),
    )


def _beside(cells: ir.Table, aside: Sequence[str] = ()) -> ir.Table:
    """Each cell with what the others did in the same group and hour.

    Nobody is compared with those who stand aside, who are compared with the rest.
    """
    here = ibis.window(group_by=["group", "hour"])
    counts = cells.advisor.notin(list(aside)) if aside else ibis.literal(value=True)
    return cells.mutate(
        **{
            f"others_{name}": ibis.ifelse(counts, cells[name], 0).sum().over(here)
            - ibis.ifelse(counts, cells[name], 0)
            for name in ("n", "k", "followed", "cut_off")
        }
    )


def _by_advisor(cells: ir.Table, aside: Sequence[str] = ()) -> _Advisors:
    """For each group and advisor: counts, and sums that match the others in the same hours."""
    # Kept, or the engine would work out the windows again for each sum that uses them.
    with kept(_beside(cells, aside)) as beside:
        return _Advisors.of(_matched(beside))


def _matched(cells: ir.Table) -> ir.Table:
    def matched(n: str, k: str) -> dict[str, ir.FloatingValue]:
        mine, mine_k = cells[n].cast("float64"), cells[k].cast("float64")
        rest, rest_k = cells[f"others_{n}"].cast("float64"), cells[f"others_{k}"].cast("float64")
        every, every_k = mine + rest, mine_k + rest_k
        some = ibis.ifelse(every > 0, every, 1.0)
        less = ibis.ifelse(every > 1, every - 1, 1.0)
        return {
            f"{k}_weight": mine * rest / some,
            f"{k}_own": mine_k * rest / some,
            f"{k}_others": rest_k * mine / some,
            f"{k}_variance": mine * rest * every_k * (every - every_k) / (some * some * less),
        }

    sums = matched("n", "k") | matched("followed", "cut_off")
    wide = cells.select("group", "day", "advisor", *_AMOUNTS, **sums)
    days = wide.group_by(["group", "day", "advisor"]).aggregate(
        **{name: wide[name].sum() for name in (*_AMOUNTS, *sums)}
    )
    squares = {}
    for k in ("k", "cut_off"):
        away = days[f"{k}_own"] - days[f"{k}_others"]
        squares[f"{k}_yy"] = (away * away).sum()
        squares[f"{k}_yw"] = (away * days[f"{k}_weight"]).sum()
        squares[f"{k}_ww"] = (days[f"{k}_weight"] * days[f"{k}_weight"]).sum()
    both = (days.k + days.brief).cast("float64")
    squares |= {
        "heap_yy": (days.k.cast("float64") * days.k).sum(),
        "heap_yx": (both * days.k).sum(),
        "heap_xx": (both * both).sum(),
        "heap_days": _count(both > 0),
    }
    return days.group_by(["group", "advisor"]).aggregate(
        **{name: days[name].sum() for name in (*_AMOUNTS, *sums)},
        **squares,
        first=days.day.min(),
        last=days.day.max(),
    )


def _by_day(timed: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    return timed.group_by(["group", "day", *by]).aggregate(
        n=timed.count(),
        k=_count(timed.short),
        total_us=timed.handle_us.cast("float64").sum(),
        short_us=ibis.ifelse(timed.short, timed.handle_us, 0).cast("float64").sum(),
        identified=_count(timed.short & timed.identified),
    )


def _columns(found: pa.Table, names: Iterable[str]) -> dict[str, Floats]:
    """The numbers of a small result, as arrays."""
    return {
        name: np.asarray(found[name].to_numpy(zero_copy_only=False), dtype=np.float64)
        for name in names
    }


# ---------------------------------------------------------------- the answer


def _answer(timed: ir.Table, asked: _Asked, clocks: _Clocks) -> ShortContacts:
    scopes = list(clocks.fine)
    days = _Days.of(_by_day(timed).to_pyarrow())
    returns = _Returns.of(timed, len(scopes))
    table = _compared(timed, asked)
    shorts = timed.filter(timed.short & timed.followed & timed.advisor.notnull())
    usual = returns.usual_by_group()
    overall = table.tested(asked, usual, _known_back(shorts, ["advisor"]))
    why_not = _why_not(clocks, table, overall, returns, asked)
    groups = _groups(asked, scopes, days, returns, table, _known_back(shorts, ["group", "advisor"]))
    weeks, effective = days.weeks()
    short = int(days.k.sum())
    tested = 0 if why_not else int(np.isfinite(overall.p).sum())
    odd_hours, short_in_odd_hours = _odd_hours(timed, short / max(1.0, days.n.sum()))
    return ShortContacts(
        limit_s=asked.limit_us / US,
        within_s=asked.within_us / US,
        contacts=int(days.n.sum()),
        short=short,
        share=days.share(asked),
        short_by_nobody=short - int(table.k.sum()),
        passed_on=clocks.passed_on,
        identified=Estimate.exact(float(days.identified.sum()) / short, unit="share", n=short)
        if short
        else Unknown(unit="share", why="no contact is short", needs="short contacts"),
        back_after_short=returns.after_short(asked),
        back_after_usual=returns.after_usual(asked),
        excess=returns.excess(asked),
        mean_s=days.mean(asked, "all"),
        mean_without_s=days.mean(asked, "without"),
        bend_s=days.mean(asked, "bend"),
        concentration=table.concentration(),
        p=math.nan if why_not else overall.p_any,
        stands_out=None if why_not else overall.p_any <= 1 - asked.level,
        why_not=why_not,
        change=_changed(weeks, effective, asked),
        weeks=weeks,
        odd_hours=odd_hours,
        short_in_odd_hours=short_in_odd_hours,
        groups=groups,
        caveats=_caveats(clocks, table, returns, short=short, identified=days.identified.sum()),
        for_roles=ForRoles(
            advisors=() if why_not else _shown(timed, table, overall, asked),
            tested=tested,
            left_out=len(table.names) - tested,
        ),
    )


def _compared(timed: ir.Table, asked: _Asked) -> _Advisors:
    """Each advisor beside the others; those who seem to stand out are nobody's yardstick.

    They would make the colleagues of their own hours look better than they are, and so honest
    advisors more different than they are.
    """
    with kept(_cells(timed)) as cells:
        table = _by_advisor(cells)
        aside: list[str] = []
        for _ in range(_ROUNDS):
            p = table.of_short(asked).p
            more = [name for name, each in zip(table.names, p, strict=True) if each <= _ODD]
            if set(more) <= set(aside) or len({*aside, *more}) > len(table.names) / 3:
                break
            aside = sorted({*aside, *more})
            table = _by_advisor(cells, aside)
        return table


def _groups(
    asked: _Asked,
    scopes: Sequence[Scope],
    days: _Days,
    returns: _Returns,
    table: _Advisors,
    known: Mapping[tuple[object, ...], Sums],
) -> tuple[InGroup, ...]:
    """The same for each group, its own contacts alone."""
    usual = returns.usual_by_group()
    by_group: dict[int, dict[tuple[object, ...], Sums]] = {}
    for (group, advisor), sums in known.items():
        by_group.setdefault(int(str(group)), {})[advisor,] = sums
    tests = [table.only(i).tested(asked, usual, by_group.get(i, {})) for i in range(len(scopes))]
    # Groups share no contact, so their tests are independent but for the advisors in several.
    across = controlled(
        [each.p_any for each in tests], level=1 - asked.level, dependence="positive"
    )
    found = {
        scope: InGroup(
            scope=scope,
            contacts=int(days.n[days.group == i].sum()),
            short=int(days.k[days.group == i].sum()),
            back_after_short=returns.after_short(asked, i),
            back_after_usual=returns.after_usual(asked, i),
            p=tests[i].p_any,
            p_adjusted=float(across.adjusted[i]),
            stands_out=None if math.isnan(tests[i].p_any) else bool(across.found[i]),
        )
        for i, scope in enumerate(scopes)
    }
    return tuple(found[scope] for scope in in_order(found))


def _known_back(shorts: ir.Table, by: Sequence[str]) -> dict[tuple[object, ...], Sums]:
    """Returns after each advisor's short contacts, clustered by customer."""
    everyone = ibis.literal(value=True)
    found = clustered_sums(shorts, {"back": (shorts.back, everyone)}, by=by, strangers="left out")
    return {tuple(value for _, value in scope): each["back"] for scope, each in found.items()}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Tested:
    """Each advisor's comparisons and what they come to."""

    short: Standing
    cut_off: Standing
    back: tuple[Sums | None, ...]
    usual: Floats
    p: Floats
    adjusted: Floats
    found: Bools
    p_any: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Advisors:
    """Rows of advisors and groups: counts and matched sums, and whose row each is."""

    names: tuple[str, ...]
    who: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    sums: Mapping[str, Floats]

    @classmethod
    def of(cls, table: ir.Table) -> _Advisors:
        found = table.order_by(["advisor", "group"]).to_pyarrow()
        advisors = found["advisor"].to_pylist()
        names = tuple(sorted(set(advisors)))
        place = {name: i for i, name in enumerate(names)}
        return cls(
            names=names,
            who=np.array([place[name] for name in advisors], dtype=np.int64),
            group=np.asarray(found["group"].to_numpy(zero_copy_only=False), dtype=np.int64),
            sums={
                name: np.asarray(found[name].to_numpy(zero_copy_only=False), dtype=np.float64)
                for name in found.column_names
                if name not in {"advisor", "group"}
            },
        )

    def only(self, group: int) -> _Advisors:
        """The rows of one group; all names stay."""
        mine = self.group == group
        return replace(
            self,
            who=self.who[mine],
            group=self.group[mine],
            sums={name: values[mine] for name, values in self.sums.items()},
        )

    @property
    def k(self) -> Floats:
        """Short contacts of each advisor."""
        return self.total("k")

    def total(self, name: str) -> Floats:
        """One number for each advisor."""
        summed = np.bincount(self.who, weights=self.sums[name], minlength=len(self.names))
        return summed.astype(np.float64)

    def matched(self, k: str) -> Matched:
        """Beside the others; contacts of one day may be alike, so the wider variance counts."""
        names = ("weight", "own", "others", "variance", "yy", "yw", "ww")
        return Matched.over_days({name: self.total(f"{k}_{name}") for name in names})

    def heaps(self) -> tuple[Sums, ...]:
        """Short of short and brief contacts of each advisor, a day the unit of doubt."""
        names = ("k", "brief", "heap_yy", "heap_yx", "heap_xx", "heap_days")
        totals = {name: self.total(name) for name in names}
        return tuple(self._heap(i, totals) for i in range(len(self.names)))

    def _heap(self, i: int, totals: Mapping[str, Floats]) -> Sums:
        short, brief = (float(totals[name][i]) for name in ("k", "brief"))
        return Sums(
            clusters=round(float(totals["heap_days"][i])),
            n=round(short + brief),
            y=short,
            x=short + brief,
            yy=float(totals["heap_yy"][i]),
            yx=float(totals["heap_yx"][i]),
            xx=float(totals["heap_xx"][i]),
        )

    def of_short(self, asked: _Asked) -> Standing:
        """The share of short contacts beside the others'."""
        return standing(self.matched("k"), compared=self.total("n") >= asked.least_contacts)

    def tested(
        self, asked: _Asked, usual: Floats, known: Mapping[tuple[object, ...], Sums]
    ) -> _Tested:
        """All four comparisons of each advisor."""
        back = tuple(known.get((name,)) for name in self.names)
        followed = self.total("short_followed")
        expected = np.bincount(
            self.who,
            weights=self.sums["short_followed"] * usual[self.group],
            minlength=len(self.names),
        )
        expected = np.divide(
            expected, followed, out=np.full(len(followed), np.nan), where=followed > 0
        )
        short = self.of_short(asked)
        cut_off = standing(
            self.matched("cut_off"), compared=self.total("followed") >= _FEWEST_KNOWN
        )
        returned = np.array(
            [_beyond(sums, share) for sums, share in zip(back, expected, strict=True)]
        )
        heap = np.array([_heaped(sums) for sums in self.heaps()])
        p = short.p.copy()
        told = short.p <= 1 - asked.level  # who has no more than others is in no need of the rest
        for other in (cut_off.p_chance, returned, heap):
            p[told] = np.maximum(p[told], other[told])  # what cannot be told stays untold
        across = controlled(p, level=1 - asked.level)
        return _Tested(
            short=short,
            cut_off=cut_off,
            back=back,
            usual=expected,
            p=p,
            adjusted=across.adjusted,
            found=across.found,
            p_any=controlled(p, dependence="positive").p_any,
        )

    def concentration(self) -> Concentration | Unknown:
        """How few have half of the short contacts."""
        if not self.names or not self.k.any():
            return Unknown(
                unit="count",
                why="no short contact has an advisor recorded",
                needs="advisors' ids with short contacts",
            )
        return Concentration.of(self.k, contacts=self.total("n"))


def _beyond(sums: Sums | None, usual: float) -> float:
    """The chance that so many are back, were it no more than after contacts of usual length."""
    if sums is None or math.isnan(usual):
        return math.nan
    n = estimate.effective_n(sums)
    back = n * sums.y / sums.x
    if back <= 0 or usual <= 0:
        return 1.0 if back <= 0 else 0.0
    return float(special.betainc(back, n - back + 1, min(usual, 1.0)))


def _heaped(sums: Sums) -> float:
    """The chance that so many are short, were they only the quick end of brief ones."""
    if sums.y <= 0:
        return 1.0
    n = estimate.effective_n(sums)
    short = n * sums.y / sums.x
    return float(special.betainc(short, n - short + 1, _HEAP / (1 + _HEAP)))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Returns:
    """Followed contacts by group, random group of customers, and kind (short, usual, other)."""

    n: Floats
    back: Floats

    @classmethod
    def of(cls, timed: ir.Table, groups: int) -> _Returns:
        replicates = MANY if groups <= 50 else FEW
        known = timed.filter(timed.followed & (timed.short | timed.usual))
        cut = known.select(
            "group", "short", "back", replicate=replicate_of(known.customer_key, replicates)
        )
        found = _columns(
            cut.group_by(["group", "short", "replicate"])
            .aggregate(n=cut.count(), came=_count(cut.back))
            .to_pyarrow(),
            ("group", "short", "replicate", "n", "came"),
        )
        shape = (2, max(1, groups), replicates)
        n, back = np.zeros(shape), np.zeros(shape)
        at = tuple(found[name].astype(np.int64) for name in ("short", "group", "replicate"))
        np.add.at(n, at, found["n"])
        np.add.at(back, at, found["came"])
        return cls(n=n, back=back)

    def usual_by_group(self) -> Floats:
        """Share back after usual contacts; of all groups where one has too few."""
        n, back = self.n[0].sum(axis=1), self.back[0].sum(axis=1)
        pooled = back.sum() / n.sum() if n.sum() else math.nan
        usual: Floats = np.where(n >= _FEWEST_USUAL, back / np.maximum(n, 1), pooled)
        return usual

    def after_short(self, asked: _Asked, group: int | None = None) -> Estimate | Unknown:
        """Share back after short contacts."""
        return self._share(1, asked, group)

    def after_usual(self, asked: _Asked, group: int | None = None) -> Estimate | Unknown:
        """Share back after contacts of usual length, in the short ones' mix of groups."""
        return self._share(0, asked, group) if group is not None else self._mixed(asked, less=False)

    def excess(self, asked: _Asked) -> Estimate | Unknown:
        """Share back after short contacts less that after usual ones."""
        return self._mixed(asked, less=True)

    def _share(self, kind: int, asked: _Asked, group: int | None) -> Estimate | Unknown:
        n, back = (
            each[kind].sum(axis=0) if group is None else each[kind][group]
            for each in (self.n, self.back)
        )
        if not n.any():
            return Unknown(
                unit="share",
                why="no such contact is of a customer who is known and was watched long enough",
                needs="customers' ids",
            )
        return estimate.share(
            Replicates(sums={"n": n, "back": back}).ratio("back", "n"), level=asked.level
        )

    def _mixed(self, asked: _Asked, *, less: bool) -> Estimate | Unknown:
        some = np.flatnonzero((self.n[0].sum(axis=1) > 0) & (self.n[1].sum(axis=1) > 0))
        if not len(some):
            return Unknown(
                unit="share",
                why="no group has both short and usual contacts of customers who are known",
                needs="customers' ids",
            )

        def figure(total: Mapping[str, Floats]) -> Floats:
            short = functools.reduce(operator.add, (total[f"n{i}"] for i in some))
            usual = functools.reduce(
                operator.add, (total[f"n{i}"] * total[f"u{i}"] / total[f"m{i}"] for i in some)
            )
            back = functools.reduce(operator.add, (total[f"b{i}"] for i in some))
            return np.asarray((back - usual) / short if less else usual / short)

        return Replicates(
            sums={
                name + str(i): values[i]
                for i in some
                for name, values in (
                    ("n", self.n[1]),
                    ("b", self.back[1]),
                    ("m", self.n[0]),
                    ("u", self.back[0]),
                )
            }
        ).estimate(
            figure,
            unit="share",
            n=round(float(self.n[:, some].sum())),
            level=asked.level,
            least=-1.0 if less else 0.0,
            most=1.0,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Days:
    """Contacts by group and day."""

    group: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    n: Floats
    k: Floats
    total_s: Floats
    short_s: Floats
    identified: Floats

    @classmethod
    def of(cls, table: pa.Table) -> _Days:
        names = ("group", "day", "n", "k", "total_us", "short_us", "identified")
        found = _columns(table, names)
        return cls(
            group=found["group"].astype(np.int64),
            day=found["day"].astype(np.int64),
            n=found["n"],
            k=found["k"],
            total_s=found["total_us"] / US,
            short_s=found["short_us"] / US,
            identified=found["identified"],
        )

    def only(self, mine: Bools) -> _Days:
        """Some of the rows."""
        return _Days(
            group=self.group[mine],
            day=self.day[mine],
            n=self.n[mine],
            k=self.k[mine],
            total_s=self.total_s[mine],
            short_s=self.short_s[mine],
            identified=self.identified[mine],
        )

    def _sums(self, y: Floats, x: Floats) -> Sums:
        """A day is the unit of doubt."""
        _, place = np.unique(self.day, return_inverse=True)
        top, bottom = np.bincount(place, weights=y), np.bincount(place, weights=x)
        return Sums(
            clusters=len(top),
            n=round(float(x.sum())),
            y=float(top.sum()),
            x=float(bottom.sum()),
            yy=float(top @ top),
            yx=float(top @ bottom),
            xx=float(bottom @ bottom),
        )

    def share(self, asked: _Asked) -> Estimate | Unknown:
        """Short of all."""
        return _over_days(estimate.share(self._sums(self.k, self.n), level=asked.level))

    def mean(self, asked: _Asked, which: str) -> Estimate | Unknown:
        """Mean handle time of ``all``, ``without`` short ones, or how far these ``bend`` it."""
        if which == "all":
            sums = self._sums(self.total_s, self.n)
            return _over_days(estimate.mean(sums, unit="s", level=asked.level, at_least=0.0))
        if which == "without":
            sums = self._sums(self.total_s - self.short_s, self.n - self.k)
            return _over_days(estimate.mean(sums, unit="s", level=asked.level, at_least=0.0))
        if not len(self.n):
            return Unknown(unit="s", why="no contact that could count", needs="timed contacts")
        _, place = np.unique(self.day, return_inverse=True)
        return _over_days(
            Replicates(
                sums={
                    name: np.bincount(place, weights=values).astype(np.float64)
                    for name, values in (
                        ("n", self.n),
                        ("k", self.k),
                        ("all", self.total_s),
                        ("short", self.short_s),
                    )
                }
            ).estimate(
                lambda total: (
                    total["all"] / total["n"]
                    - (total["all"] - total["short"]) / (total["n"] - total["k"])
                ),
                unit="s",
                n=round(float(self.n.sum())),
                level=asked.level,
            )
        )

    def weeks(self) -> tuple[tuple[Week, ...], Floats]:
        """Each week, those without contacts too, and its contacts weighted to an even mix."""
        if not len(self.n):
            return (), np.zeros(0)
        week = self.day // 7
        place = week - week.min()
        groups = int(self.group.max()) + 1
        n, k = (
            np.bincount(self.group, weights=each, minlength=groups) for each in (self.n, self.k)
        )
        usual = (k / np.maximum(n, 1))[self.group]
        contacts, short, expected = (
            np.bincount(place, weights=each) for each in (self.n, self.k, self.n * usual)
        )
        mean = self.k.sum() / self.n.sum()
        effective = np.maximum(expected / mean if mean > 0 else contacts, short)
        return tuple(
            Week(
                monday=dt.date.fromordinal(int(week.min() + i) * 7 + 1),
                contacts=round(float(contacts[i])),
                short=round(float(short[i])),
                share=float(short[i] / effective[i]) if effective[i] > 0 else math.nan,
            )
            for i in range(len(contacts))
        ), effective


def _over_days(found: Estimate | Unknown) -> Estimate | Unknown:
    if isinstance(found, Unknown):
        return replace(found, why=found.why.replace("customer", "day"), needs="more days")
    method = found.method.replace("by customer", "by day")
    return replace(found, method=method.replace("random groups of customers", "days"))


def _changed(weeks: Sequence[Week], effective: Floats, asked: _Asked) -> Change | Unknown:
    return changed_share(
        effective, [week.short for week in weeks], direction="higher", level=asked.level
    )


def _odd_hours(timed: ir.Table, usual: float) -> tuple[int, int]:
    """Hours in which several advisors' contacts were short far oftener than usual."""
    hours = timed.group_by("hour").aggregate(
        n=timed.count(), k=_count(timed.short), who=timed.advisor.nunique(where=timed.short)
    )
    some = _columns(
        hours.filter((hours.k >= 5) & (hours.who >= _FEW_ADVISORS)).to_pyarrow(), ("n", "k")
    )
    every = int(rows(timed.aggregate(n=timed.hour.nunique()))[0]["n"])
    odd = special.pdtrc(some["k"] - 1, some["n"] * usual) < _ODD_HOUR / max(1, every)
    return int(odd.sum()), int(some["k"][odd].sum())


def _shown(
    timed: ir.Table, table: _Advisors, tested: _Tested, asked: _Asked
) -> tuple[AdvisorsContacts, ...]:
    """Those whose contacts stand out, in the order of their ids."""
    who = [i for i in range(len(table.names)) if tested.found[i]]
    if not who:
        return ()
    names = [table.names[i] for i in who]
    each = _by_day(timed.filter(timed.advisor.isin(names)), by=("advisor",)).to_pyarrow()
    advisor = np.array(each["advisor"].to_pylist())
    days = _Days.of(each)
    return tuple(
        _one(i, table, tested, days.only(np.asarray(advisor == table.names[i])), asked) for i in who
    )


def _one(i: int, table: _Advisors, tested: _Tested, days: _Days, asked: _Asked) -> AdvisorsContacts:
    weeks, effective = days.weeks()
    back = tested.back[i]
    return AdvisorsContacts(
        advisor_id=table.names[i],
        first_day=dt.date.fromordinal(int(days.day.min()) + 1),
        last_day=dt.date.fromordinal(int(days.day.max()) + 1),
        contacts=round(float(days.n.sum())),
        short=round(float(days.k.sum())),
        part_of_contacts=float(days.n.sum() / table.total("n").sum()),
        part_of_short=float(days.k.sum() / table.k.sum()),
        brief=round(float(table.total("brief")[i])),
        share=days.share(asked),
        colleagues=float(tested.short.others[i]),
        cut_off=float(tested.cut_off.share[i]),
        colleagues_cut_off=float(tested.cut_off.others[i]),
        back_after_short=estimate.share(back, level=asked.level)
        if back
        else Unknown(unit="share", why="no customer is known", needs="customers' ids"),
        back_after_usual=float(tested.usual[i]),
        p_adjusted=float(tested.adjusted[i]),
        change=_changed(weeks, effective, asked),
        weeks=weeks,
    )


# ---------------------------------------------------------------- words


def _why_not(
    clocks: _Clocks, table: _Advisors, tested: _Tested, returns: _Returns, asked: _Asked
) -> str:
    """Why nothing can be told; empty where it can."""
    if not clocks.fine:
        return next(
            iter(clocks.coarse.values()), "no contact was handled in person with its time recorded"
        )
    if not table.names:
        return "no advisor is recorded, so nobody can be compared"
    if not tested.short.peers or not np.isfinite(tested.short.p).any():
        return (
            f"fewer than five advisors have {asked.least_contacts:,} contacts that can be compared "
            "with others' in the same hour"
        )
    if not returns.n.any():
        return (
            "no customer is known, so a quick answer cannot be told from a customer who was cut off"
        )
    if not np.isfinite(tested.p).any():
        return "too few customers are known to tell quick answers from customers who were cut off"
    return ""


def _caveats(
    clocks: _Clocks, table: _Advisors, returns: _Returns, *, short: int, identified: float
) -> tuple[str, ...]:
    said = []
    if short and 0 < identified < 0.95 * short:
        said.append(
            f"{100 * identified / short:.0f} in 100 short contacts have a customer id; what "
            "followed the others is not known."
        )
    nobody = short - round(float(table.k.sum()))
    if short and nobody > 0.05 * short:
        said.append(
            f"{100 * nobody / short:.0f} in 100 short contacts have no advisor recorded; they may "
            "never have reached one."
        )
    for scope, why in clocks.coarse.items():
        label = ", ".join("not recorded" if value is None else str(value) for _, value in scope)
        said.append(f"{label or 'All contacts'}: left out, because {why}.")
    day = _renamed_on(table)
    if day is not None:
        said.append(
            f"About {day} most ids of advisors were replaced by new ones: what is told about one "
            "id is not all that is to be told about one person."
        )
    if returns.n.any():
        said.append(
            "A customer who was cut off by the system calls again as well: compare with the hours "
            "in which everybody's contacts were short."
        )
    return tuple(said)


def _renamed_on(table: _Advisors) -> dt.date | None:
    """The day about which at least half of the ids ended, and as many others began."""
    if len(table.names) < 2 * _FEW_ADVISORS:
        return None
    first = np.full(len(table.names), np.inf)
    last = np.full(len(table.names), -np.inf)
    np.minimum.at(first, table.who, table.sums["first"])
    np.maximum.at(last, table.who, table.sums["last"])
    for day in np.unique(last):
        if day >= last.max() - 7 or day <= first.min() + 7:
            continue
        ended = np.count_nonzero((last > day - 7) & (last <= day))
        began = np.count_nonzero((first > day - 7) & (first <= day + 7))
        there = np.count_nonzero((first <= day - 7) & (last > day - 7))
        if ended >= max(_FEW_ADVISORS, there / 2) and began >= ended / 2:
            return dt.date.fromordinal(int(day) + 2)
    return None
