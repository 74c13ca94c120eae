"""Where the ledger holds a measure: which question answers it, and where the figure stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import ibis.expr.types as ir

from andon.answer import Answer, Group
from andon.demand.chains import chains
from andon.demand.effort import effort
from andon.demand.recontact import repeat_work
from andon.estimate import Estimate, Unknown
from andon.goodhart.measures import Measure
from andon.metrics.handling import handling
from andon.metrics.reach import reach
from andon.operation import Standards
from andon.units import DAY_S

__all__ = ["HELD", "Held", "Scoped", "held", "held_by", "not_held"]

_RETRIAL_S: Final = 600
_RETURN_S: Final = 7 * DAY_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Scoped:
    """The part of the ledger that a goal is about.

    Contacts are not cut to the scope: a customer who comes back on another queue came back.

    Attributes
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    scope : mapping of str to str
        Queue, channel or journey; empty for all.
    staffing : ibis.Table or None
        The ledger's staffing.
    standards : Standards
        What counts as answered in time, and as a short abandon.
    level : float
        Of the intervals.
    """

    contacts: ir.Table
    scope: Mapping[str, str] = field(default_factory=dict)
    staffing: ir.Table | None = None
    standards: Standards = field(default_factory=Standards)
    level: float = 0.95
    _answers: dict[tuple[str, tuple[str, ...]], Answer[Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def put(self, how: Held, by: Sequence[str]) -> Answer[Any]:
        """Put a question, or say what it answered before: one question serves several measures."""
        asked = (how.question, tuple(by))
        if asked not in self._answers:
            self._answers[asked] = how.ask(self, by)
        return self._answers[asked]


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """How one measure is asked of the ledger.

    Attributes
    ----------
    question : str
        The public function that answers, for example ``andon.handling``.
    ask : callable
        Puts the question, by groups.
    found : callable
        Takes the measure out of the answer.
    """

    question: str
    ask: Callable[[Scoped, Sequence[str]], Answer[Any]]
    found: Callable[[Any], Estimate | Unknown]


def _handling(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    return handling(asked.contacts, by=by, staffing=asked.staffing, level=asked.level)


def _reach(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    return reach(
        asked.contacts,
        by=by,
        answer_within_s=asked.standards.answer_within_s,
        short_abandon_s=asked.standards.short_abandon_s,
        level=asked.level,
    )


def _repeat(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    windows = (_RETRIAL_S, _RETURN_S)
    return repeat_work(asked.contacts, by=by, windows_s=windows, level=asked.level)


def _chains(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    return chains(asked.contacts, by=by, level=asked.level)


def _effort(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    return effort(asked.contacts, by=by, level=asked.level)


HELD: Final[Mapping[str, Held]] = {
    "handle_time": Held(question="andon.handling", ask=_handling, found=lambda r: r.mean_s),
    "occupancy": Held(question="andon.handling", ask=_handling, found=lambda r: r.occupancy),
    "service_level": Held(
        question="andon.reach",
        ask=_reach,
        found=lambda r: r.service_level.without_short_abandons.share,
    ),
    "wait": Held(question="andon.reach", ask=_reach, found=lambda r: r.wait_mean_s),
    "abandonment": Held(
        question="andon.reach",
        ask=_reach,
        found=lambda r: r.abandonment.of_queued_without_short.share,
    ),
    "recontact": Held(
        question="andon.repeat_work",
        ask=_repeat,
        found=lambda r: r.recontacts.within(_RETURN_S).rate,
    ),
    "retrials": Held(
        question="andon.repeat_work",
        ask=_repeat,
        found=lambda r: r.retrials.within(_RETRIAL_S).rate,
    ),
    "fcr": Held(question="andon.chains", ask=_chains, found=lambda r: r.one_contact),
    "effort": Held(question="andon.effort", ask=_effort, found=lambda r: r.per_matter_h),
}
"""How the ledger is asked for each measure that a question answers, by the measure's key."""


def held(measure: Measure, asked: Scoped) -> Estimate | Unknown:
    """What the ledger says of a measure, in its unit; Unknown where no question answers it."""
    how = HELD.get(measure.key)
    if how is None:
        return not_held(measure)
    answer = asked.put(how, tuple(asked.scope))
    if not asked.scope:
        return how.found(answer.overall)
    inside = _inside(answer, asked.scope)
    return how.found(inside[0].result) if inside else _nothing_there(measure, asked.scope)


def held_by(measure: Measure, asked: Scoped, period: str) -> Mapping[str, Estimate | Unknown]:
    """What the ledger says of a measure in each period, by the period's name.

    Parameters
    ----------
    measure : Measure
    asked : Scoped
    period : str
        month, week or day.

    Returns
    -------
    mapping of str to Estimate or Unknown
        Empty where no question answers it.
    """
    how = HELD.get(measure.key)
    if how is None:
        return {}
    answer = asked.put(how, (*asked.scope, period))
    return {
        str(dict(group.scope)[period]): how.found(group.result)
        for group in _inside(answer, asked.scope)
    }


def _inside(answer: Answer[Any], scope: Mapping[str, str]) -> list[Group[Any]]:
    """The groups of the scope."""
    return [
        group
        for group in answer.groups
        if all(dict(group.scope)[name] == value for name, value in scope.items())
    ]


def _nothing_there(measure: Measure, scope: Mapping[str, str]) -> Unknown:
    where = ", ".join(f"{name} {value}" for name, value in scope.items())
    return Unknown(
        unit=measure.unit, why=f"the ledger has no contact with {where}", needs="such contacts"
    )


def not_held(measure: Measure) -> Unknown:
    """Why the ledger cannot tell: it lacks the data, or no question reads them yet."""
    if measure.ledger:
        why = f"no question reads {measure.says} from the ledger yet"
        needs = f"a question that reads {measure.ledger.partition(' (')[0]}"
    else:
        why = f"{measure.says} is not in the ledger"
        needs = "data on it from the system that counts it"
    return Unknown(unit=measure.unit, why=why, needs=needs)
