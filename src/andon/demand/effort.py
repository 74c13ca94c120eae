"""Effort: the hours of their own time that customers spend to get one matter settled.

Waiting in the menu and the queue, being served, and coming back. A customer who gives up has spent
the time and has nothing for it; that time counts too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np

from andon import estimate
from andon.answer import Answer, Group, Scope, in_order
from andon.demand.chains import in_matters, told
from andon.estimate import Estimate, Unknown
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.durations import WAITS_THERE, own_service_s, own_wait_s
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.replicates import FEW, MANY, Replicates, replicate_of
from andon.ledger.sums import rows
from andon.units import DAY_S, HOUR_S, US, Unit

__all__ = ["Effort", "effort"]

_SUMS: Final = ("contacts", "returns", "ended", "resolved", "waiting_ms", "served_ms", "vain_ms")


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """What it costs customers, in hours of their own time.

    Attributes
    ----------
    window_s : float
        Silence after which a matter counts as settled, seconds.
    contacts : int
        All contacts.
    waiting_h, served_h, total_h : Estimate or Unknown
        Hours that all customers spent waiting (menu and queue), being served, and both; added up,
        without sampling error. A contact whose times are not recorded adds nothing.
    untimed : int
        Contacts whose waiting time is not known.
    away : int
        Contacts by channels where nobody stays to wait, such as email: they add no waiting, and
        those by email, message and form no service either.
    in_vain : Estimate or Unknown
        Share of customers' time that was spent in contacts that they gave up, or that the system
        lost.
    matters : int
        Matters whose end was seen: identified contacts, or contacts in a declared chain, that were
        followed by a whole window of silence.
    resolved : Estimate or Unknown
        Share of those matters that ended with the customer served, or as the source says resolved.
    per_matter_h : Estimate or Unknown
        Hours of customers' time for each resolved matter, all attempts counted.
    waiting_per_matter_h, served_per_matter_h : Estimate or Unknown
        Its two parts.
    returns_per_matter : Estimate or Unknown
        How often customers came back, for each resolved matter.
    caveats : tuple of str
        What a reader must know before using these figures.
    """

    window_s: float
    contacts: int
    waiting_h: Estimate | Unknown
    served_h: Estimate | Unknown
    total_h: Estimate | Unknown
    untimed: int
    away: int
    in_vain: Estimate | Unknown
    matters: int
    resolved: Estimate | Unknown
    per_matter_h: Estimate | Unknown
    waiting_per_matter_h: Estimate | Unknown
    served_per_matter_h: Estimate | Unknown
    returns_per_matter: Estimate | Unknown
    caveats: tuple[str, ...]


def effort(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    window_s: float = 7 * DAY_S,
    observed: Observed | None = None,
    level: float = 0.95,
) -> Answer[Effort]:
    """How many hours of their own time customers spend for each resolved matter.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`. A contact's time
        counts in its own group, a matter in that of its last contact.
    window_s : float
        Silence after which a matter counts as settled, seconds, above 0.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Level of the intervals, 0 to 1.

    Returns
    -------
    Answer of Effort

    Raises
    ------
    QuestionError
        If the window is not above 0, or ``by`` names something contacts cannot be grouped by.

    Notes
    -----
    A matter is a chain of contacts (:func:`andon.demand.chains.chained`). It is resolved if its
    last contact was served, by people or by the machine, and a window of silence followed; or as
    the source recorded it, where it did. Silence is not proof: the customer may have given up for
    good, so this flatters the operation.

    Only time that customers were there for counts: an answer to an email after two days is two
    days late, but took none of their hours.

    Effort for each matter is the time spent in all contacts whose own window ahead was wholly
    seen, over the matters that such contacts settled. Both grow in step however long chains are,
    so chains that still run need not be left out, as the average over finished chains would have
    to.
    """
    seen = coverage.observed(contacts) if observed is None else observed
    dated = with_groups(contacts, by)
    totals = _totals(dated, by)
    placed = in_matters(dated, told(contacts), window_s=window_s, keep=_carried(dated, by))
    window_us = round(window_s * US)
    grouped: dict[Scope, Replicates] = {}
    if by:
        with kept(placed) as once:
            overall = _sums(once, seen, window_us=window_us, groups=MANY, by=())
            grouped = _sums(once, seen, window_us=window_us, groups=FEW, by=by)
    else:
        overall = _sums(placed, seen, window_us=window_us, groups=MANY, by=())
    nothing = Replicates(sums={name: np.zeros(1) for name in _SUMS})
    return Answer(
        overall=_result(
            overall.get((), nothing), _added(totals.values()), window_s=window_s, level=level
        ),
        groups=tuple(
            Group(
                scope,
                _result(grouped.get(scope, nothing), totals[scope], window_s=window_s, level=level),
            )
            for scope in in_order(totals)
        )
        if by
        else (),
    )


def _milliseconds(seconds: ir.FloatingValue) -> ir.IntegerValue:
    """Whole milliseconds: integers add up alike in any order."""
    return (seconds * 1000.0).round().cast("int64")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Total:
    """Counts over all contacts of a group."""

    contacts: int = 0
    alone: int = 0
    untimed: int = 0
    away: int = 0
    waiting_ms: int = 0
    served_ms: int = 0


def _totals(contacts: ir.Table, by: Sequence[str]) -> dict[Scope, _Total]:
    waiting = _milliseconds(own_wait_s(contacts))
    lean = contacts.select(
        **{f"by_{name}": contacts[name] for name in by},
        alone=(contacts.customer_key.isnull() & contacts.previous_contact_id.isnull()).cast(
            "int32"
        ),
        untimed=waiting.isnull().cast("int32"),
        away=(~contacts.channel.isin(WAITS_THERE)).cast("int32"),
        waiting_ms=waiting,
        served_ms=_milliseconds(own_service_s(contacts)),
    )
    wanted = {
        "contacts": lean.count(),
        **{name: lean[name].sum() for name in _Total.__slots__ if name != "contacts"},
    }
    keys = [f"by_{name}" for name in by]
    found = lean.group_by(keys).aggregate(**wanted) if keys else lean.aggregate(**wanted)
    return {
        tuple((name, row[f"by_{name}"]) for name in by): _Total(
            **{name: int(row[name] or 0) for name in wanted}
        )
        for row in rows(found)
    }


def _added(totals: Any) -> _Total:
    each = list(totals)
    return _Total(**{name: sum(getattr(t, name) for t in each) for name in _Total.__slots__})


def _carried(contacts: ir.Table, by: Sequence[str]) -> Mapping[str, ir.Value]:
    served = contacts.outcome.isin(("handled", "self_served"))
    vain = contacts.outcome.isin(("abandoned", "left_self_service", "failed"))
    return {
        **{f"by_{name}": contacts[name] for name in by},
        "waiting_ms": ibis.coalesce(_milliseconds(own_wait_s(contacts)), 0),
        "served_ms": ibis.coalesce(_milliseconds(own_service_s(contacts)), 0),
        "vain": vain,
        "settles": ibis.coalesce(contacts.resolved, served),
    }


def _sums(
    placed: ir.Table, seen: Observed, *, window_us: int, groups: int, by: Sequence[str]
) -> dict[Scope, Replicates]:
    watched = placed.mutate(ahead=seen.ahead_us(placed["at"]))
    watched = watched.filter(watched.ahead >= window_us)
    time = watched.waiting_ms + watched.served_ms
    found = watched.group_by(
        *(f"by_{name}" for name in by), replicate=replicate_of(watched.customer, groups)
    ).aggregate(
        contacts=watched.count(),
        returns=(~watched.first).cast("int32").sum(),
        ended=watched.last.cast("int32").sum(),
        resolved=(watched.last & watched.settles).cast("int32").sum(),
        waiting_ms=watched.waiting_ms.sum(),
        served_ms=watched.served_ms.sum(),
        vain_ms=ibis.ifelse(watched.vain, time, 0).sum(),
    )
    sums: dict[Scope, dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]] = {}
    for row in rows(found):
        scope = tuple((name, row[f"by_{name}"]) for name in by)
        mine = sums.setdefault(scope, {name: np.zeros(groups) for name in _SUMS})
        for name in _SUMS:
            mine[name][row["replicate"]] = row[name]
    return {scope: Replicates(sums=mine) for scope, mine in sums.items()}


def _result(sums: Replicates, total: _Total, *, window_s: float, level: float) -> Effort:
    matters = round(sums.total("ended"))
    hour_ms = HOUR_S * 1000

    def spent(ms: int) -> Estimate | Unknown:
        timed = total.contacts - total.untimed
        if not timed or (timed == total.away and not ms):
            return _no_time("h", all_away=bool(timed))
        return Estimate.exact(ms / hour_ms, unit="h", n=timed, method="added up")

    def each(*names: str, unit: Unit, scale: float = 1.0) -> Estimate | Unknown:
        if not matters:
            return _no_matter(unit, alone=total.alone == total.contacts)
        if unit == "h" and total.away == total.contacts and not total.served_ms:
            return _no_time(unit, all_away=True)
        joined = Replicates(
            sums={**sums.sums, "y": np.sum([sums.sums[name] for name in names], axis=0)}
        )
        found = estimate.ratio(
            joined.ratio("y", "resolved", n="contacts"), unit=unit, level=level, at_least=0.0
        )
        return estimate.times(found, 1 / scale)

    time = Replicates(sums={**sums.sums, "all": sums.sums["waiting_ms"] + sums.sums["served_ms"]})
    in_vain: Estimate | Unknown = _no_time("share", all_away=total.away == total.contacts)
    if time.total("all"):
        in_vain = estimate.share(time.ratio("vain_ms", "all", n="contacts"), level=level)
    return Effort(
        window_s=window_s,
        contacts=total.contacts,
        waiting_h=spent(total.waiting_ms),
        served_h=spent(total.served_ms),
        total_h=spent(total.waiting_ms + total.served_ms),
        untimed=total.untimed,
        away=total.away,
        in_vain=in_vain if matters else _no_matter("share", alone=total.alone == total.contacts),
        matters=matters,
        resolved=estimate.share(sums.ratio("resolved", "ended"), level=level)
        if matters
        else _no_matter("share", alone=total.alone == total.contacts),
        per_matter_h=each("waiting_ms", "served_ms", unit="h", scale=hour_ms),
        waiting_per_matter_h=each("waiting_ms", unit="h", scale=hour_ms),
        served_per_matter_h=each("served_ms", unit="h", scale=hour_ms),
        returns_per_matter=each("returns", unit="ratio"),
        caveats=_caveats(total),
    )


def _no_time(unit: Unit, *, all_away: bool) -> Unknown:
    if all_away:
        return Unknown(
            unit=unit,
            why="nobody stays to wait on the channels that were used",
            needs="customers' own word on how long it took them",
        )
    return Unknown(
        unit=unit, why="no contact has its times recorded", needs="times of arrival, answer and end"
    )


def _no_matter(unit: Unit, *, alone: bool) -> Unknown:
    if alone:
        return Unknown(unit=unit, why="no contact carries a customer id", needs="customer ids")
    return Unknown(
        unit=unit,
        why="no matter's end was seen",
        needs="a longer stretch of days without a gap",
    )


def _caveats(total: _Total) -> tuple[str, ...]:
    said = ["Silence is taken for success. Some of the silent have given up for good."]
    if total.alone:
        said.append(
            f"{total.alone * 100 / total.contacts:.0f} in 100 contacts carry no customer id. Their "
            "time is in the total hours, but not in the hours for each matter."
        )
    if 0 < total.away < total.contacts:
        said.append(
            f"{total.away:,} contacts came by channels where nobody stays to wait. Their waits are "
            "not counted as customers' own time."
        )
    if total.untimed:
        said.append(f"{total.untimed:,} contacts have no times recorded and add nothing.")
    return tuple(said)
