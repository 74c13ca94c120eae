"""Where the ledger holds a measure: which question answers it, and where the figure stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import ibis.expr.types as ir

from andon.answer import Answer, Group
from andon.demand.chains import chains
from andon.demand.effort import effort
from andon.demand.recontact import repeat_work
from andon.estimate import Estimate, Unknown
from andon.goodhart.measures import Measure, measure_named
from andon.metrics.handling import handling
from andon.metrics.outcomes import outcomes
from andon.metrics.reach import reach
from andon.metrics.scores import Score, Scores, scores
from andon.operation import Standards
from andon.units import DAY_S, HOUR_S, Unit

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
    staffing, surveys, values : ibis.Table or None
        The ledger's, for occupancy, scores and complaints.
    standards : Standards
        What counts as answered in time, as a short abandon, and as closed in time.
    level : float
        Of the intervals.
    """

    contacts: ir.Table
    scope: Mapping[str, str] = field(default_factory=dict)
    staffing: ir.Table | None = None
    surveys: ir.Table | None = None
    values: ir.Table | None = None
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
    table : str
        The table, beside contacts, without which it is not asked.
    """

    question: str
    ask: Callable[[Scoped, Sequence[str]], Answer[Any]]
    found: Callable[[Any], Estimate | Unknown]
    table: str = ""


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


def _outcomes(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    promised_h = asked.standards.close_within_h
    return outcomes(
        asked.contacts,
        values=asked.values,
        by=by,
        close_within_s=None if promised_h is None else promised_h * HOUR_S,
        level=asked.level,
    )


def _scores(asked: Scoped, by: Sequence[str]) -> Answer[Any]:
    assert asked.surveys is not None  # nobody asks without them
    return scores(asked.contacts, asked.surveys, by=by, level=asked.level)


def _score(key: str, unit: Unit, of: Callable[[Score], Estimate | Unknown]) -> Held:
    """A score, where exactly one item of one instrument is called so."""

    def found(result: Scores) -> Estimate | Unknown:
        mine = [each for each in result.instruments if _called(each.instrument) == key]
        if len(mine) == 1:
            return of(mine[0])
        if mine:
            why = f"{mine[0].instrument} has {len(mine)} items, each with answers of its own"
            return Unknown(unit=unit, why=why, needs="one of them alone")
        there = dict.fromkeys(each.instrument for each in result.instruments)
        why = "no survey asks about these contacts"
        if there:
            why = f"no survey is called {key}, only {', '.join(there)}"
        return Unknown(unit=unit, why=why, needs=f"surveys whose instrument is called {key}")

    return Held(question="andon.scores", ask=_scores, found=found, table="surveys")


def _called(instrument: str) -> str:
    """The measure that people call so."""
    try:
        return measure_named(instrument).key
    except KeyError:
        return ""


def _in_stars(score: Score) -> Estimate | Unknown:
    if score.scale == _STARS or not score.answered:
        return score.mean
    return Unknown(
        unit="ratio",
        why=f"answers to {score.instrument} do not lie between 1 and 5",
        needs="ratings of 1 to 5 stars",
    )


_STARS: Final = (1.0, 5.0)


def _outcome(part: str) -> Held:
    """A share of contacts, by what became of them."""
    return Held(question="andon.outcomes", ask=_outcomes, found=lambda r: getattr(r, part).share)


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
    "transfers": _outcome("passed_on"),
    "resolution": _outcome("resolved"),
    "containment": _outcome("contained"),
    "net_containment": _outcome("net_contained"),
    "reopen_rate": _outcome("reopened"),
    "complaints": replace(_outcome("complained"), table="values"),
    "closed_in_time": _outcome("closed_in_time"),
    "first_response": Held(
        question="andon.outcomes", ask=_outcomes, found=lambda r: r.first_response_s
    ),
    "response_rate": Held(
        question="andon.scores",
        ask=_scores,
        found=lambda r: r.response.share,
        table="surveys",
    ),
    "csat": _score("csat", "share", lambda score: score.top_box),
    "nps": _score("nps", "points", lambda score: score.net_promoters),
    "stars": _score("stars", "ratio", _in_stars),
}
"""How the ledger is asked for each measure that a question answers, by the measure's key."""


def held(measure: Measure, asked: Scoped) -> Estimate | Unknown:
    """What the ledger says of a measure, in its unit; Unknown where no question answers it."""
    how = HELD.get(measure.key)
    if how is None:
        return not_held(measure)
    if gap := _no_table(measure, how, asked):
        return gap
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
    if how is None or _no_table(measure, how, asked):
        return {}
    answer = asked.put(how, (*asked.scope, period))
    return {
        str(dict(group.scope)[period]): how.found(group.result)
        for group in _inside(answer, asked.scope)
    }


def _no_table(measure: Measure, how: Held, asked: Scoped) -> Unknown | None:
    """What to say where the ledger lacks the table that the question needs."""
    if not how.table or getattr(asked, how.table) is not None:
        return None
    why, needs = _TABLES[how.table]
    return Unknown(unit=measure.unit, why=why, needs=needs)


_TABLES: Final[Mapping[str, tuple[str, str]]] = {
    "surveys": ("the ledger has no surveys", "surveys that name the contact they ask about"),
    "values": ("the ledger has no complaints", "complaints with customer ids and days"),
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
    """Why the ledger cannot tell, and what it would take."""
    why, needs = _UNTOLD.get(
        measure.key,
        (f"{measure.says} is not in the ledger", "data on it from the system that counts it"),
    )
    return Unknown(unit=measure.unit, why=why, needs=needs)


_UNTOLD: Final[Mapping[str, tuple[str, str]]] = {
    "backlog_age": (
        "the ledger does not hold which cases were open at a moment; those from before its first "
        "day are missing, and they are the oldest",
        "a daily count of open cases by age, from the system that holds them",
    ),
}
"""Measures that the ledger seems to hold, and does not."""
