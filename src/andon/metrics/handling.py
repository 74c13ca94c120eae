"""Handling: how long it takes to serve customers, and how busy those who serve them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np

from andon.answer import Answer, Group, Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.durations import handle_s
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.metrics.doubt import (
    Bools,
    Crossed,
    Doubt,
    Flag,
    Fraction,
    Ints,
    added,
    crossed_sums,
    day_of,
    products,
)
from andon.metrics.lengths import Lengths, Quantile, lengths
from andon.metrics.parts import Part
from andon.metrics.presence import Presence, once, presence
from andon.units import HOUR_S, US

__all__ = ["Bin", "Handling", "Implausible", "handling"]

_QUANTILES: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_PREFERRED: Final = (1.0, 1.6, 2.5, 4.0, 6.3)
"""Five steps a decade, of about equal ratio (the R5 series of preferred numbers)."""
_EDGES_S: Final = (*(step * 10**power for power in range(4) for step in _PREFERRED), 10000.0)
_AT_WORK: Final = ("available", "busy")
_HOURS: Final = 24
_HOUR_US: Final = HOUR_S * US

_HANDLED, _UNTIMED, _NEGATIVE, _ZERO, _OTHER_TIMED = range(1, 6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """The share of handled contacts whose handle time lies in a stretch of time.

    Attributes
    ----------
    from_s, to_s : float
        The stretch, seconds; its beginning belongs to it, its end does not. The last one ends with
        the longest time.
    n : int
        Contacts in it.
    share, low, high : float
        Their share, 0 to 1, and its interval.
    """

    from_s: float
    to_s: float
    n: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Implausible:
    """Durations that are missing or hard to believe. Nothing is capped: this says what there is.

    Attributes
    ----------
    untimed : int
        Handled contacts without any talk, hold or wrap-up time; left out of all figures.
    negative : int
        Handled in less than 0 s; left out.
    zero : int
        Handled in exactly 0 s; left out: nobody is helped in no time.
    not_handled : int
        Contacts with a handle time above 0 that were not handled; left out.
    longest_s : Estimate or Unknown
        The longest handle time; it is in the figures.
    """

    untimed: int
    negative: int
    zero: int
    not_handled: int
    longest_s: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Handling:
    """How long it takes to serve customers.

    Attributes
    ----------
    handled : int
        Handled contacts.
    timed : int
        Of these, contacts with a handle time above 0, which all figures rest on.
    work_h : Estimate or Unknown
        Hours of handling in all; added up, so without sampling doubt.
    mean_s : Estimate or Unknown
        Mean handle time, by these advisors: the doubt is from customers and days.
    mean_other_advisors_s : Estimate or Unknown
        The same mean, with the doubt there would be if other advisors of the same kind had served.
        Compare queues, months and sites by this one where different people served.
    mean_without_very_long_s : Estimate or Unknown
        The mean of those that were not very long: how far a few long ones pull it.
    quantiles : tuple of Quantile
    very_short_s, very_long_s : float
        The limits that were asked for.
    very_short : Part
        Above 0 and under ``very_short_s``.
    very_long : Part
        ``very_long_s`` or longer.
    advisors : int
        Advisors who are recorded.
    occupancy : Estimate or Unknown
        Share of the time that advisors were at work in which they handled contacts. Unknown
        without a staffing table.
    implausible : Implausible
    distribution : tuple of Bin
        Shares by handle time, in stretches of about equal ratio.
    """

    handled: int
    timed: int
    work_h: Estimate | Unknown
    mean_s: Estimate | Unknown
    mean_other_advisors_s: Estimate | Unknown
    mean_without_very_long_s: Estimate | Unknown
    quantiles: tuple[Quantile, ...]
    very_short_s: float
    very_long_s: float
    very_short: Part
    very_long: Part
    advisors: int
    occupancy: Estimate | Unknown
    implausible: Implausible
    distribution: tuple[Bin, ...]


def handling(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    staffing: ir.Table | None = None,
    very_short_s: float = 10.0,
    very_long_s: float = 3600.0,
    level: float = 0.95,
) -> Answer[Handling]:
    """How long does it take to serve customers, and how busy are those who serve them?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    staffing : ibis.Table, optional
        The ledger's staffing, for occupancy: stretches in the states ``available`` and ``busy``
        count as being at work, with as many people as ``people`` says (1 where it is null).
    very_short_s, very_long_s : float
        What counts as very short and very long, seconds; the first is below the second.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Answer of Handling

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by, or the limits do not ascend.

    Notes
    -----
    Handle time is talk, hold and wrap-up (:func:`andon.ledger.durations.handle_s`). Units of doubt
    are in :mod:`andon.metrics.doubt`; quantiles have Woodruff's interval.
    """
    if not 0 < very_short_s < very_long_s:
        raise QuestionError(
            "The limits for very short and very long must ascend from above 0.",
            found=f"very_short_s: {very_short_s!r}, very_long_s: {very_long_s!r}",
            todo="Use 10 and 3600, for 10 seconds and an hour.",
        )
    edges = sorted({*_EDGES_S, very_short_s, very_long_s})
    spine = _spine(contacts, by, edges).cache()
    timed = spine.filter(spine.fate == _HANDLED)
    seen = lengths(timed, timed.handle_s, by=by)
    short, long = edges.index(very_short_s), edges.index(very_long_s)
    found = crossed_sums(
        spine,
        {
            "mean": Fraction(top="timed", bottom="timed", amount="handle_s"),
            "mean of others": Fraction(
                top="timed - very_long", bottom="timed - very_long", amount="handle_s"
            ),
            "very short": Fraction(top="very_short", bottom="timed"),
            "very long": Fraction(top="very_long", bottom="timed"),
            **{f"under_{i}": Fraction(top=f"under_{i}", bottom="timed") for i in range(len(edges))},
            **{f"bin_{i}": Fraction(top=f"bin_{i}", bottom="timed") for i in range(_BINS)},
        },
        classes={"fate": spine.fate, "length": spine.length},
        flags={
            "handled": lambda c: np.isin(c["fate"], (_HANDLED, _UNTIMED, _NEGATIVE, _ZERO)),
            "timed": lambda c: c["fate"] == _HANDLED,
            "untimed": lambda c: c["fate"] == _UNTIMED,
            "negative": lambda c: c["fate"] == _NEGATIVE,
            "zero": lambda c: c["fate"] == _ZERO,
            "not_handled": lambda c: c["fate"] == _OTHER_TIMED,
            "very_short": _between(0, short),
            "very_long": _between(long + 1, len(edges)),
            **{f"under_{i}": _between(0, i) for i in range(len(edges))},
            **{
                f"bin_{i}": _between(
                    edges.index(_EDGES_S[i - 1]) + 1 if i else 0,
                    edges.index(_EDGES_S[i]) if i < len(_EDGES_S) else len(edges),
                )
                for i in range(_BINS)
            },
        },
        amounts={"handle_s": ibis.ifelse(spine.fate == _HANDLED, spine.handle_s, 0.0)},
        by=by,
        others={"advisor": spine.advisor_id},
    )
    occupancy = _occupancy(contacts, staffing, by=by, level=level)
    results = {
        scope: _handling(
            each,
            seen.get(scope, Lengths.none()),
            very_short_s=very_short_s,
            very_long_s=very_long_s,
            edges=len(edges),
            occupancy=occupancy.of(scope),
            level=level,
        )
        for scope, each in found.items()
    }
    return Answer(
        overall=results[()],
        groups=tuple(Group(scope, results[scope]) for scope in in_order(s for s in results if s)),
    )


_BINS: Final = len(_EDGES_S) + 1


def _spine(contacts: ir.Table, by: Sequence[str], edges: Sequence[float]) -> ir.Table:
    """What became of each contact, how long that took, and the first edge it lies below."""
    grouped = with_groups(contacts, by)
    handled, took = grouped.outcome == "handled", handle_s(grouped)
    fate = ibis.cases(
        (handled & took.isnull(), _UNTIMED),
        (handled & (took < 0), _NEGATIVE),
        (handled & (took == 0), _ZERO),
        (handled, _HANDLED),
        (took > 0, _OTHER_TIMED),
        else_=0,
    )
    lean = grouped.select(
        "customer_key",
        "advisor_id",
        *by,
        local_day=day_of(grouped).cast("int32"),
        fate=fate.cast("int16"),
        handle_s=took,
    )
    length = ibis.cases(
        (lean.fate != _HANDLED, ibis.null("int16")),
        *((lean.handle_s < edge, ibis.literal(i, type="int16")) for i, edge in enumerate(edges)),
        else_=ibis.literal(len(edges), type="int16"),
    )
    return lean.mutate(length=length)


def _between(first: int, last: int) -> Flag:
    """Timed contacts whose length has one of these numbers."""

    def holds(classes: Mapping[str, Ints]) -> Bools:
        return (classes["length"] >= first) & (classes["length"] <= last)

    return holds


def _handling(
    found: Crossed,
    seen: Lengths,
    *,
    very_short_s: float,
    very_long_s: float,
    edges: int,
    occupancy: Estimate | Unknown,
    level: float,
) -> Handling:
    counts, ratios, n = found.counts, found.ratios, found.counts["timed"]
    nothing = Unknown(unit="s", why="no handle time is recorded", needs="talk, hold or wrap-up")

    def part(name: str) -> Part:
        sums = ratios[name].sums
        return Part(
            count=round(sums.y), out_of=round(sums.x), share=ratios[name].share(level=level)
        )

    def mean(doubt: Doubt) -> Estimate | Unknown:
        return doubt.mean(unit="s", level=level, at_least=0.0) if n else nothing

    return Handling(
        handled=counts["handled"],
        timed=n,
        work_h=(
            Estimate.exact(found.totals["handle_s"] / HOUR_S, unit="h", n=n, method="added up")
            if n
            else replace(nothing, unit="h")
        ),
        mean_s=mean(ratios["mean"]),
        mean_other_advisors_s=_other_advisors(found, level) if n else nothing,
        mean_without_very_long_s=mean(ratios["mean of others"]),
        quantiles=tuple(
            seen.quantile(p, [ratios[f"under_{i}"] for i in range(edges)], level=level)
            for p in _QUANTILES
        ),
        very_short_s=very_short_s,
        very_long_s=very_long_s,
        very_short=part("very short"),
        very_long=part("very long"),
        advisors=found.units["advisor"],
        occupancy=occupancy,
        implausible=Implausible(
            untimed=counts["untimed"],
            negative=counts["negative"],
            zero=counts["zero"],
            not_handled=counts["not_handled"],
            longest_s=Estimate.exact(seen.longest_s, unit="s", n=n) if n else nothing,
        ),
        distribution=_distribution(ratios, seen, level),
    )


def _other_advisors(found: Crossed, level: float) -> Estimate | Unknown:
    """The mean, as if other advisors of the same kind had served."""
    if found.units["advisor"] < 2:
        return Unknown(
            unit="s",
            why="fewer than two advisors are recorded",
            needs="who served each contact",
        )
    return found.others["advisor"]["mean"].mean(unit="s", level=level, at_least=0.0)


def _distribution(ratios: Mapping[str, Doubt], seen: Lengths, level: float) -> tuple[Bin, ...]:
    """Shares by handle time, as far as the longest."""
    found = []
    for i in range(_BINS):
        from_s = _EDGES_S[i - 1] if i else 0.0
        sums, share = ratios[f"bin_{i}"].sums, ratios[f"bin_{i}"].share(level=level)
        if isinstance(share, Unknown) or from_s > seen.longest_s:
            break
        found.append(
            Bin(
                from_s=from_s,
                to_s=_EDGES_S[i] if i < len(_EDGES_S) else seen.longest_s,
                n=round(sums.y),
                share=share.value,
                low=share.low,
                high=share.high,
            )
        )
    return tuple(found)


# ---------------------------------------------------------------- occupancy


@dataclass(frozen=True, kw_only=True, slots=True)
class _Occupancy:
    """Occupancy in each scope, and what to say of scopes that staffing does not know."""

    known: Mapping[Scope, Estimate | Unknown]
    otherwise: Unknown

    def of(self, scope: Scope) -> Estimate | Unknown:
        return self.known.get(scope, self.otherwise)


def _occupancy(
    contacts: ir.Table, staffing: ir.Table | None, *, by: Sequence[str], level: float
) -> _Occupancy:
    """Time handling contacts over time at work, in the hours in which anybody was at work.

    From the hour of the first contact to that of the last: nobody knows what came after.
    Overlapping contacts of one advisor count once (one chat fills the minute), and so do
    overlapping stretches of one advisor.
    """
    unknown = Unknown(
        unit="share",
        why="it is not recorded when advisors were at work",
        needs="a staffing table: who was available or busy, from when to when",
    )
    if staffing is None:
        return _Occupancy(known={}, otherwise=unknown)
    queues = tuple(by) == ("queue",)
    at_work = staffing.filter(staffing.state.isin(_AT_WORK) & (staffing.to_us > staffing.from_us))
    at_work = at_work.select(
        "advisor_id",
        "queue",
        "from_us",
        "to_us",
        weight=ibis.coalesce(at_work.people.cast("float64"), 1.0),
    )
    (seen,) = rows(
        contacts.aggregate(first_us=contacts.arrived_us.min(), last_us=contacts.arrived_us.max())
    )
    if seen["first_us"] is None:
        return _Occupancy(known={}, otherwise=unknown)
    hours = (seen["first_us"] // _HOUR_US, seen["last_us"] // _HOUR_US)
    took = handle_s(contacts)
    served = contacts.filter(
        (contacts.outcome == "handled") & contacts.answered_us.notnull() & (took > 0)
    )
    served = served.select(
        "advisor_id",
        "queue",
        from_us=served.answered_us,
        to_us=served.answered_us + (handle_s(served) * float(US)).round().cast("int64"),
        weight=ibis.literal(1.0),
    )
    known: dict[Scope, Estimate | Unknown] = {
        (): _share_of_work(served, at_work, (), hours, unknown, level)[()]
    }
    if queues:
        known |= {
            scope: found
            for scope, found in _share_of_work(
                served,
                at_work.filter(at_work["queue"].notnull()),
                ("queue",),
                hours,
                unknown,
                level,
            ).items()
            if scope
        }
    return _Occupancy(
        known=known,
        otherwise=replace(
            unknown,
            why="staffing is not recorded for this group"
            if queues
            else f"occupancy is told over all or by queue, and not by {' and '.join(by)}",
            needs="staffing of this group alone",
        ),
    )


def _share_of_work(
    served: ir.Table,
    at_work: ir.Table,
    by: tuple[str, ...],
    hours: tuple[int, int],
    unknown: Unknown,
    level: float,
) -> dict[Scope, Estimate | Unknown]:
    staffed = presence(once(at_work, by), by=by, hours=hours)
    busy = presence(once(served, by), by=by, hours=hours)
    found: dict[Scope, Estimate | Unknown] = {}
    for scope, each in staffed.items():
        if not each.present_s.any():
            found[scope] = unknown
        else:
            found[scope] = _occupied(busy.get(scope, _idle(each)), each, level)
    return found


def _idle(staffed: Presence) -> Presence:
    """Nobody was served in these hours."""
    return replace(staffed, present_s=np.zeros_like(staffed.present_s))


def _occupied(busy: Presence, staffed: Presence, level: float) -> Estimate | Unknown:
    """The unit of doubt is the day (of 24 hours from the first)."""
    there = staffed.present_s > 0
    day = np.arange(len(there)) // _HOURS
    y, x = (added(day, each.present_s * there) for each in (busy, staffed))
    if y.sum() > x.sum():
        return Unknown(
            unit="share",
            why="more time handling is recorded than time at work",
            needs="staffing that covers everybody who handled these contacts",
        )
    sums = replace(products(y, x), n=len(y))
    return Doubt(sums=sums, over="day").share(level=level)
