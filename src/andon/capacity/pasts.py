"""Pasts: what a plan needs to know of each queue, from the ledger."""

from __future__ import annotations

import math
from typing import Final, TypeVar

import ibis.expr.types as ir

from andon.answer import Answer
from andon.capacity.histories import histories
from andon.capacity.lines import Past
from andon.capacity.redials import Redials
from andon.capacity.today import redial_after_s, time_to_next_s
from andon.demand.recontact import RepeatWork, repeat_work
from andon.errors import PlanError
from andon.estimate import Estimate
from andon.ledger.coverage import Observed, observed
from andon.ledger.sums import rows
from andon.metrics.patience import Patience, patience
from andon.queueing.simulator.model import Channel
from andon.units import DAY_S, HOUR_S

__all__ = ["pasts_of"]

_Result = TypeVar("_Result")

_WITHIN_S: Final = HOUR_S
_BACK_WITHIN_S: Final = 7 * DAY_S
_MOST_RETURNS: Final = 0.9
_LIKE: Final[dict[str, Channel]] = {
    "voice": "voice",
    "callback": "voice",
    "visit": "voice",
    "chat": "chat",
    "messaging": "messaging",
    "social": "messaging",
    "email": "email",
    "case": "case",
}
_LEAST_SHARE: Final = 0.01


def pasts_of(
    contacts: ir.Table,
    *,
    zone: str,
    interval_s: int = 1800,
    seen: Observed | None = None,
    level: float = 0.95,
) -> tuple[Past, ...]:
    """The past of every queue that people serve.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts, up to the day on which the plan is made.
    zone : str
        IANA name of the operation's time zone.
    interval_s : int
        900, 1800 or 3600.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals behind the figures.

    Returns
    -------
    tuple of Past
        The busiest queue first. Contacts without a queue are one called ``all``, where no contact
        has one; else they are left out, for nobody knows who serves them.

    Raises
    ------
    PlanError
        If nobody handled or gave up anything.
    """
    covered = seen or observed(contacts)
    asked = contacts.filter(contacts.outcome.isin(("handled", "abandoned", "open")))
    counted = rows(
        asked.group_by("queue", "channel").aggregate(
            n=asked.count(), gave_up=(asked.outcome == "abandoned").cast("int64").sum()
        )
    )
    if not counted:
        raise PlanError(
            "No contact was handled or given up, so there is nothing to plan for.",
            found="0 contacts with such an outcome",
            todo="andon ingest FILE loads contacts; andon ask coverage says what there is.",
        )
    named = any(row["queue"] for row in counted)
    came = histories(asked, zone=zone, interval_s=interval_s, by_queue=named)
    by = ("queue",) if named else ()
    waits = patience(asked, by=by, level=level)
    again = repeat_work(
        contacts, by=by, windows_s=(_WITHIN_S, _BACK_WITHIN_S), observed=covered, level=level
    )
    found = []
    for history in came:
        if named and not history.queue:
            continue
        mine = [row for row in counted if not named or row["queue"] == history.queue]
        total = sum(row["n"] for row in mine)
        channel = _LIKE.get(max(mine, key=lambda row: row["n"])["channel"])
        if channel is None:
            continue
        found.append(
            Past(
                history=history,
                channel=channel,
                patience_s=_patience_s(_of(waits, history.queue, named=named)),
                redials=_redials(_of(again, history.queue, named=named)),
                gave_up=sum(row["gave_up"] for row in mine) / total,
                **_returns(_of(again, history.queue, named=named)),
            )
        )
    return tuple(found)


def _of(answer: Answer[_Result], queue: str, *, named: bool) -> _Result:
    if not named:
        return answer.overall
    return next(
        (each.result for each in answer.groups if dict(each.scope).get("queue") == queue),
        answer.overall,
    )


def _patience_s(found: Patience) -> float:
    return found.mean_s.value if isinstance(found.mean_s, Estimate) else math.inf


def _redials(found: RepeatWork) -> Redials | None:
    """Who call again within the hour, beyond their habit."""
    share = found.retrials.within(_WITHIN_S).excess
    if not isinstance(share, Estimate) or share.value < _LEAST_SHARE:
        return None
    return Redials(share=min(share.value, 0.95), after_s=redial_after_s(found.retrials))


def _returns(found: RepeatWork) -> dict[str, float]:
    """Who come back within the week after being served, beyond their habit, and how soon."""
    after = found.recontacts
    share = after.within(_BACK_WITHIN_S).excess
    if not isinstance(share, Estimate) or share.value < _LEAST_SHARE:
        return {}
    return {
        "returns": min(share.value, _MOST_RETURNS),
        "returns_after_s": time_to_next_s(after, within_s=_BACK_WITHIN_S, least_s=float(HOUR_S)),
    }
