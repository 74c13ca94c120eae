"""Today: the situation that a what-if begins from, as the ledger tells it.

What the ledger cannot tell is a stated assumption; what had to be assumed or left out is said.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.capacity.agents_implied import agents_implied
from andon.capacity.assumption import Assumption
from andon.capacity.full_cost import Rates
from andon.capacity.rates_seen import RatesSeen, rates_seen
from andon.capacity.situation import REDIALS, Situation, return_days
from andon.capacity.typical_week import TypicalWeek, typical_week
from andon.demand.recontact import After, repeat_work
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Observed, observed
from andon.ledger.sums import rows
from andon.metrics.patience import patience
from andon.operation import Costs, Standards
from andon.units import DAY_S, HOUR_S

__all__ = ["Today", "redial_after_s", "time_to_next_s", "today"]

Floats = npt.NDArray[np.float64]

_RETURNS: Final = Assumption(
    name="returns",
    says="customers who come back about the same matter",
    value=0.15,
    low=0.05,
    high=0.3,
    unit="share",
    why="The ledger cannot follow customers here; 5 to 30 in 100 is what centres report.",
    source="assumed",
)
_REDIAL_WITHIN_S: Final = HOUR_S
_LEAST_REDIAL_S: Final = 30.0
_USUALLY: Final = 6.0
"""Where the curve does not tell, a sixth of the window: ten minutes of an hour."""
_LEAST_RETURNS: Final = 0.005
_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Today:
    """Where a what-if begins.

    Attributes
    ----------
    situation : Situation
    week : TypicalWeek
        What it was counted from.
    notes : tuple of str
        What had to be assumed, and why, in plain words.
    """

    situation: Situation
    week: TypicalWeek
    notes: tuple[str, ...]


def today(
    contacts: ir.Table,
    *,
    name: str = "all contacts",
    queues: Collection[str] | None = None,
    staffing: ir.Table | None = None,
    values: ir.Table | None = None,
    zone: str = "UTC",
    standards: Standards | None = None,
    costs: Costs | None = None,
    shrinkage: Assumption | None = None,
    agents: Sequence[float] | None = None,
    within_s: int = _DAYS * DAY_S,
    weeks: int = 8,
    interval_s: int = 1800,
    seen: Observed | None = None,
    level: float = 0.95,
) -> Today:
    """The situation of some queues today.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    name : str
        What to call these queues together.
    queues : collection of str, optional
        Queues that the same people serve; all unless given.
    staffing : ibis.Table, optional
        Who was there. Without it, how often callers give up tells how many there must have been.
    values : ibis.Table, optional
        Complaints and customers who left; without it their rates are stated assumptions.
    zone : str
        IANA name of the operation's time zone.
    standards : Standards, optional
        The promise.
    costs : Costs, optional
        What an hour and a lost customer cost.
    shrinkage : Assumption, optional
    agents : sequence of float, optional
        Agents on duty in each interval of a week from Monday on, in place of what is recorded.
    within_s : int
        Who comes back so soon comes back about the same matter, as far as it is beyond their habit.
    weeks : int
        How many to look back on.
    interval_s : int
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals.

    Raises
    ------
    PlanError
        If there are too few days, no handle times, or nothing tells how many agents there are.
    """
    rules, money = standards or Standards(), costs or Costs()
    covered = seen or observed(contacts)
    week = typical_week(
        contacts,
        staffing=staffing,
        zone=zone,
        queues=queues,
        interval_s=interval_s,
        weeks=weeks,
        seen=covered,
    )
    mine = contacts if queues is None else contacts.filter(contacts.queue.isin(tuple(queues)))
    if not week.handle_s > 0:
        raise PlanError(
            "No handle times are recorded, and the work cannot be told without them.",
            found=f"{week.handled.sum():,.0f} handled contacts of {name}",
            todo="Map talk_s, hold_s or wrapup_s of the source, and load it again.",
        )
    notes: list[str] = []
    again = repeat_work(
        mine, windows_s=(_REDIAL_WITHIN_S, within_s), observed=covered, level=level
    ).overall
    returns = _returns(again.recontacts, within_s, notes)
    more: dict[str, Any] = {}
    redials = _redials(again.retrials, notes)
    if redials is not None:
        more |= {"redials": redials, "redial_after_s": redial_after_s(again.retrials)}
    days = _days(again.recontacts, within_s)
    if days is not None:
        more["days_to_return"] = days
    if shrinkage is not None:
        more["shrinkage"] = shrinkage
    own = RatesSeen()
    if values is not None:
        own = rates_seen(
            contacts,
            values,
            mine=mine,
            returns=returns,
            redials=redials or REDIALS,
            within_s=within_s,
            seen=covered,
            level=level,
        )
        notes += own.notes
    waits = patience(mine, level=level).overall
    patience_s = waits.mean_s.value if isinstance(waits.mean_s, Estimate) else math.inf
    if math.isinf(patience_s):
        notes.append("Nobody is recorded to have given up, so everybody is taken to wait.")
    situation = Situation(
        queue=name,
        interval_s=interval_s,
        contacts=week.per_interval,
        agents=_agents(agents, week, patience_s, notes),
        handle_s=week.handle_s,
        handle_cv=week.handle_cv,
        patience_s=patience_s,
        returns=returns,
        channel=_channel(mine),  # type: ignore[arg-type]  # the ledger's channels that people serve
        answer_within_s=rules.answer_within_s,
        rates=Rates(
            per_hour=money.per_hour,
            customer_worth=money.per_lost_customer,
            complaint_costs=money.per_complaint,
            customer_hour=money.per_customer_hour,
            currency=money.currency,
            **own.named,
        ),
        **more,
    )
    return Today(situation=situation, week=week, notes=tuple(notes))


def _returns(after: After, within_s: int, notes: list[str]) -> Assumption:
    found = after.within(within_s).excess
    if isinstance(found, Unknown):
        notes.append(
            f"How many customers come back is not known ({found.why}), so it is an assumption."
        )
        return _RETURNS
    value = max(found.value, _LEAST_RETURNS)
    return Assumption(
        name="returns",
        says="customers who come back about the same matter",
        value=value,
        low=min(max(found.low, 0.0), value),
        high=max(found.high, value),
        unit="share",
        why=f"Of those who were served, within {within_s // DAY_S} days, beyond their own habit.",
        source="ledger",
        level=min(found.level, 0.999),
    )


def _redials(after: After, notes: list[str]) -> Assumption | None:
    found = after.within(_REDIAL_WITHIN_S).excess
    if isinstance(found, Unknown):
        notes.append(
            f"How many call again after giving up is not known ({found.why}), so it is an "
            "assumption."
        )
        return None
    value = min(max(found.value, 0.0), 0.98)
    return Assumption(
        name="redial_share",
        says="callers who give up and call again",
        value=value,
        low=min(max(found.low, 0.0), value),
        high=max(min(found.high, 0.99), value),
        unit="share",
        why="Within an hour of giving up, beyond their own habit.",
        source="ledger",
        level=min(found.level, 0.999),
    )


def _curve(after: After) -> tuple[Floats, Floats]:
    at = np.array([point.time_s for point in after.curve], dtype=np.float64)
    return at, np.array([point.share for point in after.curve], dtype=np.float64)


def redial_after_s(after: After) -> float:
    """Mean time from giving up to calling again, of those who do within the hour, seconds."""
    return time_to_next_s(after, within_s=_REDIAL_WITHIN_S, least_s=_LEAST_REDIAL_S)


def time_to_next_s(after: After, *, within_s: float, least_s: float) -> float:
    """Mean time to the customer's next contact, of those who have one within so many seconds."""
    at, share = _curve(after)
    inside = at <= within_s
    at, gained = at[inside], np.diff(share[inside], prepend=0.0)
    if gained.sum() <= 0:
        return max(within_s / _USUALLY, least_s)
    begin = np.concatenate([[0.0], at[:-1]])
    return max(float(((begin + at) / 2) @ gained / gained.sum()), least_s)


def _days(after: After, within_s: int) -> tuple[float, ...] | None:
    at, share = _curve(after)
    if len(at) < 2 or at[-1] < DAY_S:
        return None
    return return_days(at, share, days=min(max(1, within_s // DAY_S), int(at[-1] // DAY_S)))


def _agents(
    given: Sequence[float] | None, week: TypicalWeek, patience_s: float, notes: list[str]
) -> Floats:
    if given is not None:
        return np.asarray(given, dtype=np.float64)
    if week.on_duty is not None:
        return week.on_duty
    if math.isinf(patience_s):
        raise PlanError(
            "Nothing tells how many agents there are.",
            found="no staffing table, and nobody who gave up",
            todo="Load who was there (andon map FILE --table staffing), or give --agents.",
        )
    notes.append(
        "Nobody recorded who was on duty. The agents are as many as make callers give up as often "
        "as they did; days that differ make that somewhat fewer than there were."
    )
    return agents_implied(
        contacts=week.contacts,
        abandoned=week.abandoned,
        times=week.times,
        interval_s=week.interval_s,
        handle_s=week.handle_s,
        patience_s=patience_s,
    )


_LIKE: Final[Mapping[str, str]] = {"callback": "voice", "social": "messaging", "visit": "voice"}


def _channel(contacts: ir.Table) -> str:
    """The channel that most contacts came by, as a queue has it."""
    counted = rows(contacts.group_by("channel").aggregate(n=contacts.count()))
    if not counted:
        return "voice"
    most = max(counted, key=lambda row: (row["n"], row["channel"]))["channel"]
    said = _LIKE.get(most, most)
    return said if said in {"voice", "chat", "messaging", "email", "case"} else "voice"
