"""Coverage: how often the interval of each figure holds the truth, over operations made up.

**Which truth.** Nearly every figure speaks of operations like this one: other customers of the
same kind, on other days of the same kind, might as well have come. Its truth is then what such
operations show together, counted from what is hidden: every customer known, every wait ended, no
silence cut short. Single operations lie around it, and it is their intervals' task to reach it.
Where the truth is a number that was put in (how patient customers are, that nothing changed) that
number is taken. Bounds alone speak of this one operation, and are held against what happened in it.

What is hidden is counted here by plain loops over arrays that no question shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from andon.demand.chains import chains
from andon.demand.effort import effort
from andon.demand.recontact import repeat_work
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.handling import handling
from andon.metrics.patience import patience
from andon.metrics.reach import reach
from andon.metrics.twins import twins
from andon.metrics.volatility import volatility
from andon.proving.build import Made, make
from andon.proving.lines import line, put
from andon.proving.proof import Case, Count, Wanted
from andon.proving.scenario import Advisors, Customers, Scenario, Seen, Target
from andon.units import DAY_S, HOUR_S, US

__all__ = ["COVERAGE", "Aspect", "Hidden", "coverage"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]
_Figure = Estimate | Unknown

HOLDS: Final = Wanted(low=0.93, high=0.975)
"""Of intervals of 95 %; a little wide is better than a little narrow."""
_ANYHOW: Final = Wanted()
_SURE: Final = Wanted(low=0.99)
_WEEK_S: Final = 7.0 * DAY_S


# What is hidden ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hidden:
    """An operation as only its maker sees it: by customer, and by time within customer.

    Attributes
    ----------
    days : float
    at_s, answered_s, left_s : array of float
        When each contact came, was answered (NaN if not) and when the customer was gone, seconds
        since the start.
    handle_s : array of float
        Talk, hold and wrap-up; 0 if not handled.
    handled, gave_up : array of bool
    resolved : array of bool
        As the source says.
    next_s, last_s : array of float
        From this contact to the same customer's next, and from the one before; infinity for none.
    other_s : array of float
        To the same customer's next contact about another matter.
    """

    days: float
    at_s: _Floats
    answered_s: _Floats
    left_s: _Floats
    handle_s: _Floats
    handled: _Bools
    gave_up: _Bools
    resolved: _Bools
    next_s: _Floats
    last_s: _Floats
    other_s: _Floats

    @classmethod
    def of(cls, made: Made) -> Hidden:
        """Everything, whoever is known."""
        table, truth = made.tables["contacts"], made.contacts_truth
        at, answered, ended = (
            _seconds(table[name]) for name in ("arrived_at", "answered_at", "ended_at")
        )
        customer, matter = (truth[name].to_numpy() for name in ("customer", "matter"))
        outcome = table["outcome"].to_numpy(zero_copy_only=False)
        parts = {
            name: np.nan_to_num(table[name].to_numpy().astype(np.float64))
            for name in ("talk_s", "hold_s", "wrapup_s")
        }
        resolved = np.asarray(
            pc.fill_null(table["resolved"], False).to_numpy(zero_copy_only=False), dtype=np.bool_
        )
        order = np.lexsort((at, customer))
        at, customer, matter = at[order], customer[order], matter[order]
        same = customer[1:] == customer[:-1]
        gap = np.where(same, np.diff(at), np.inf)
        return cls(
            days=made.scenario.days,
            at_s=at,
            answered_s=answered[order],
            left_s=ended[order],
            handle_s=sum(parts.values(), np.zeros(len(at)))[order],
            handled=(outcome == "handled")[order],
            gave_up=(outcome == "abandoned")[order],
            resolved=resolved[order],
            next_s=np.append(gap, np.inf),
            last_s=np.concatenate(([np.inf], gap)),
            other_s=_to_another(at, customer, matter),
        )

    @property
    def end_s(self) -> float:
        """The end of the time seen."""
        return self.days * DAY_S

    @property
    def wait_s(self) -> _Floats:
        """Until answered or gone."""
        until = np.where(np.isnan(self.answered_s), self.left_s, self.answered_s)
        return np.asarray(until - self.at_s, dtype=np.float64)


def _to_another(at_s: _Floats, customer: _Integers, matter: _Integers) -> _Floats:
    """Until the same customer's next contact about another matter; infinity for none."""
    n = len(at_s)
    other = np.full(n, n, dtype=np.int64)
    for i in range(n - 2, -1, -1):
        if customer[i] == customer[i + 1]:
            other[i] = i + 1 if matter[i] != matter[i + 1] else other[i + 1]
    return np.append(at_s, np.inf)[other] - at_s


def _seconds(column: pa.ChunkedArray) -> _Floats:
    known = pc.fill_null(pc.cast(column, pa.int64()), -1).to_numpy()
    start = known[known >= 0].min() // (DAY_S * US) * (DAY_S * US) if (known >= 0).any() else 0
    return np.where(known < 0, np.nan, (known - start) / US)


# What is asked, and what is true -----------------------------------------------------------------

_Sums = tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Aspect:
    """One figure, and its truth.

    Attributes
    ----------
    says : str
        The question and the figure.
    figure : callable
        Takes the answers by question, gives the figure.
    sums : callable, optional
        What to add up over all operations made up, of what is hidden.
    truth : callable
        Takes what was added up (nothing where ``sums`` was left out), gives the truth.
    single : bool
        The truth of each operation by itself.
    wanted : Wanted
    """

    says: str
    figure: Callable[[Mapping[str, object]], _Figure]
    truth: Callable[[_Sums], float]
    sums: Callable[[Hidden], _Sums] | None = None
    single: bool = False
    wanted: Wanted = HOLDS


Asked = Callable[[Mapping[str, ir.Table]], object]


def coverage(
    scenario: Scenario,
    asked: Mapping[str, Asked],
    aspects: Sequence[Aspect],
    runs: int,
    seed: int,
) -> tuple[Count, ...]:
    """How often the intervals hold, over operations that differ by their seed alone.

    Parameters
    ----------
    scenario : Scenario
    asked : mapping of str to callable
        The questions, by name; each takes the ledger's tables.
    aspects : sequence of Aspect
    runs, seed : int

    Returns
    -------
    tuple of Count
        One for each aspect, of the operations in which there was a figure.
    """
    figures: list[list[_Figure]] = [[] for _ in aspects]
    sums: list[list[_Sums]] = [[] for _ in aspects]
    for number in range(runs):
        made = make(replace(scenario, seed=1_000_003 * seed + number))
        with put(made, "contacts", "staffing") as tables:
            answers: dict[str, object] = {}
            for name, ask in asked.items():
                try:
                    answers[name] = ask(tables)
                except QuestionError as refused:
                    answers[name] = Unknown(unit="share", why=refused.wrong, needs=refused.todo)
        hidden = Hidden.of(made)
        for n, aspect in enumerate(aspects):
            figures[n].append(aspect.figure(answers))
            sums[n].append(() if aspect.sums is None else aspect.sums(hidden))
    return tuple(
        _count(aspect, figures[n], np.array(sums[n], dtype=np.float64))
        for n, aspect in enumerate(aspects)
    )


def _count(aspect: Aspect, figures: Sequence[_Figure], sums: _Floats) -> Count:
    whole = tuple(map(float, sums.sum(axis=0)))
    truths = [
        aspect.truth(tuple(map(float, own)) if aspect.single else whole) for own in sums.tolist()
    ]
    pairs = [
        (each, true)
        for each, true in zip(figures, truths, strict=True)
        if isinstance(each, Estimate)
    ]
    held = sum(each.low <= true <= each.high for each, true in pairs)
    said = ""
    if pairs:
        mean = _digits(float(np.mean([each.value for each, _ in pairs])))
        true = _digits(float(np.mean([true for _, true in pairs])))
        wide = _digits(float(np.median([(each.high - each.low) / 2 for each, _ in pairs])))
        said = f"{mean} ± {wide}; truth {true}"
    if len(pairs) < len(figures):
        said += f"; {len(figures) - len(pairs)} times not known"
    return Count(
        what=aspect.says, times=held, of=len(pairs), wanted=aspect.wanted, says=said.lstrip("; ")
    )


def _digits(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{places}f}"


def _ratio(sums: _Sums) -> float:
    top, bottom = sums
    return top / bottom if bottom else math.nan


def _share(which: _Bools, of: _Bools) -> _Sums:
    return float((which & of).sum()), float(of.sum())


def _mean(values: _Floats, of: _Bools) -> _Sums:
    return float(values[of].sum()), float(of.sum())


# The truths --------------------------------------------------------------------------------------


def _answered_in_20_s(seen: Hidden) -> _Sums:
    return _share(seen.handled & (seen.wait_s <= 20), seen.handled | seen.gave_up)


def _back_after(kind: str, *, within_s: float, beyond: bool = False) -> Callable[[Hidden], _Sums]:
    """Contacts of a kind that were followed by another, where that could be seen.

    ``beyond``: and would not have been, had this matter not brought the customer back.
    """

    def sums(seen: Hidden) -> _Sums:
        of = (seen.handled if kind == "handled" else seen.gave_up) & (
            seen.at_s + within_s <= seen.end_s
        )
        back = seen.next_s <= within_s
        return _share(back & (seen.other_s > within_s) if beyond else back, of)

    return sums


def _repeats(seen: Hidden) -> _Sums:
    return _share(seen.last_s <= _WEEK_S, seen.at_s >= _WEEK_S)


def _one_contact(seen: Hidden) -> _Sums:
    first = seen.last_s > _WEEK_S
    whole = (seen.at_s >= _WEEK_S) & (seen.at_s + _WEEK_S <= seen.end_s)
    return _share(seen.next_s > _WEEK_S, first & whole)


def _per_matter(seen: Hidden) -> _Sums:
    later = seen.at_s >= _WEEK_S
    return float(later.sum()), float((later & (seen.last_s > _WEEK_S)).sum())


def _of_matters(amount: Callable[[Hidden], _Floats]) -> Callable[[Hidden], _Sums]:
    """An amount over all contacts after which a whole window was seen, and resolved matters."""

    def sums(seen: Hidden) -> _Sums:
        whole = seen.at_s + _WEEK_S <= seen.end_s
        settled = whole & (seen.next_s > _WEEK_S) & seen.handled & seen.resolved
        return float(amount(seen)[whole].sum()), float(settled.sum())

    return sums


def _own_hours(seen: Hidden) -> _Floats:
    return (seen.left_s - seen.at_s) / HOUR_S


def _returns(seen: Hidden) -> _Floats:
    return (seen.last_s <= _WEEK_S).astype(np.float64)


def _days(seen: Hidden) -> _Floats:
    return np.bincount((seen.at_s // DAY_S).astype(np.int64), minlength=int(seen.days)).astype(
        np.float64
    )


def _per_day(seen: Hidden) -> _Sums:
    days = _days(seen)
    return float(days.sum()), float(len(days))


def _day_moments(seen: Hidden) -> _Sums:
    """Of the days after the first week, when those who come back have begun to."""
    days = _days(seen)[7:]
    return float(len(days)), float(days.sum()), float((days**2).sum())


def _spread(sums: _Sums) -> float:
    """The spread of days beyond chance: variance less mean, over the squared mean."""
    n, first, second = sums
    mean = first / n
    return math.sqrt(max((second / n - mean**2 - mean) / mean**2, 0.0))


def _thirds(seen: Hidden, values: _Floats, of: _Bools) -> _Sums:
    """Sums in the first and in the last third of six whole months from the first of January."""
    months = np.cumsum([0, 31, 29, 31, 30, 31, 30]) * DAY_S
    early = of & (seen.at_s < months[2])
    late = of & (seen.at_s >= months[4]) & (seen.at_s < months[6])
    return (*_mean(values, early), *_mean(values, late))


def _change(sums: _Sums) -> float:
    early, of_early, late, of_late = sums
    return late / of_late - early / of_early


def _handle_change(seen: Hidden) -> _Sums:
    return _thirds(seen, seen.handle_s, seen.handled)


def _back_change(seen: Hidden) -> _Sums:
    """In points."""
    return _thirds(seen, np.where(seen.next_s <= DAY_S, 100.0, 0.0), seen.handled)


def _given_up_change(seen: Hidden) -> _Sums:
    """In points."""
    return _thirds(seen, np.where(seen.gave_up, 100.0, 0.0), seen.gave_up | seen.handled)


# The figures -------------------------------------------------------------------------------------


def _of(question: str, *path: str) -> Callable[[Mapping[str, object]], _Figure]:
    """The figure at the end of a path through an answer."""

    def figure(answers: Mapping[str, object]) -> _Figure:
        found = answers[question]
        for name in ("overall", *path):
            if isinstance(found, Unknown):
                return found
            found = getattr(found, name)
        assert isinstance(found, Estimate | Unknown)
        return found

    return figure


def _came_back(after: str, figure: str, *, within_s: float) -> Callable[..., _Figure]:
    def told(answers: Mapping[str, object]) -> _Figure:
        answer = answers["repeat_work"]
        if isinstance(answer, Unknown):
            return answer
        window = getattr(answer.overall, after).within(round(within_s))  # type: ignore[attr-defined]
        found = getattr(window, figure)
        assert isinstance(found, Estimate | Unknown)
        return found

    return told


def _repeat_share(answers: Mapping[str, object]) -> _Figure:
    answer = answers["repeat_work"]
    if isinstance(answer, Unknown):
        return answer
    rows = answer.overall.repeats  # type: ignore[attr-defined]
    found = next(each.share for each in rows if each.window_s == round(_WEEK_S))
    assert isinstance(found, Estimate | Unknown)
    return found


def _quantile(share: float) -> Callable[[Mapping[str, object]], _Figure]:
    def told(answers: Mapping[str, object]) -> _Figure:
        answer = answers["handling"]
        if isinstance(answer, Unknown):
            return answer
        rows = answer.overall.quantiles  # type: ignore[attr-defined]
        found = next(each.seconds for each in rows if each.p == share)
        assert isinstance(found, Estimate | Unknown)
        return found

    return told


_ASKED: Final[dict[str, Asked]] = {
    "reach": lambda tables: reach(tables["contacts"]),
    "patience": lambda tables: patience(tables["contacts"]),
    "handling": lambda tables: handling(tables["contacts"], staffing=tables["staffing"]),
    "repeat_work": lambda tables: repeat_work(tables["contacts"]),
    "chains": lambda tables: chains(tables["contacts"]),
    "effort": lambda tables: effort(tables["contacts"]),
    "volatility": lambda tables: volatility(tables["contacts"]),
    "twins": lambda tables: twins(tables["contacts"]),
}

_REACH: Final = (
    Aspect(
        says="`reach`: answered within 20 s, of those offered",
        figure=_of("reach", "service_level", "of_offered", "share"),
        sums=_answered_in_20_s,
        truth=_ratio,
    ),
    Aspect(
        says="`reach`: mean wait, s",
        figure=_of("reach", "wait_mean_s"),
        sums=lambda seen: _mean(seen.wait_s, seen.handled | seen.gave_up),
        truth=_ratio,
    ),
    Aspect(
        says="`reach`: gave up, of those who queued",
        figure=_of("reach", "abandonment", "of_queued", "share"),
        sums=lambda seen: _share(seen.gave_up, seen.handled | seen.gave_up),
        truth=_ratio,
    ),
)

_PATIENCE_S: Final = 180.0
_PATIENCE: Final = (
    *(
        Aspect(
            says=f"`patience`: would still wait after {at_s:g} s",
            figure=_of("patience", f"after_{at_s:g}_s"),
            truth=lambda _, at_s=at_s: math.exp(-at_s / _PATIENCE_S),  # type: ignore[misc]
        )
        for at_s in (30.0, 60.0)
    ),
    Aspect(
        says="`patience`: mean, s",
        figure=_of("patience", "mean_s"),
        truth=lambda _: _PATIENCE_S,
    ),
)

_HANDLING: Final = (
    Aspect(
        says="`handling`: mean, s",
        figure=_of("handling", "mean_s"),
        sums=lambda seen: _mean(seen.handle_s, seen.handled),
        truth=_ratio,
    ),
)

_REPEATS: Final = (
    Aspect(
        says="`repeat_work`: back within 7 days of being served",
        figure=_came_back("recontacts", "rate", within_s=_WEEK_S),
        sums=_back_after("handled", within_s=_WEEK_S),
        truth=_ratio,
    ),
    Aspect(
        says="`repeat_work`: back within a day of giving up",
        figure=_came_back("retrials", "rate", within_s=1.0 * DAY_S),
        sums=_back_after("gave up", within_s=1.0 * DAY_S),
        truth=_ratio,
    ),
    Aspect(
        says="`repeat_work`: repeats, of all contacts",
        figure=_repeat_share,
        sums=_repeats,
        truth=_ratio,
    ),
)

_MATTERS: Final = (
    Aspect(
        says="`chains`: matters that took one contact",
        figure=_of("chains", "one_contact"),
        sums=_one_contact,
        truth=_ratio,
    ),
    Aspect(
        says="`chains`: contacts for each matter",
        figure=_of("chains", "contacts_per_matter"),
        sums=_per_matter,
        truth=_ratio,
    ),
    Aspect(
        says="`effort`: a customer's hours for each resolved matter",
        figure=_of("effort", "per_matter_h"),
        sums=_of_matters(_own_hours),
        truth=_ratio,
    ),
    Aspect(
        says="`effort`: returns for each resolved matter",
        figure=_of("effort", "returns_per_matter"),
        sums=_of_matters(_returns),
        truth=_ratio,
    ),
)

_VOLATILITY: Final = (
    Aspect(
        says="`volatility`: contacts on a mean ordinary day",
        figure=_of("volatility", "per_day"),
        sums=_per_day,
        truth=_ratio,
    ),
    Aspect(
        says="`volatility`: spread of days beyond chance, unusual ones counted in",
        figure=_of("volatility", "day_spread_all"),
        sums=_day_moments,
        truth=_spread,
    ),
)


def _nothing(_: _Sums) -> float:
    return 0.0


def _changes(of: str) -> tuple[Aspect, ...]:
    nothing = of == "nothing"
    return tuple(
        Aspect(
            says=f"`twins`: change of {says}",
            figure=_of("twins", pair, figure),
            sums=None if nothing else sums,
            truth=_nothing if nothing else _change,
        )
        for says, pair, figure, sums in (
            ("mean handle time, s", "handle_time", "first_change", _handle_change),
            ("its twin, back within a day, points", "handle_time", "second_change", _back_change),
            ("abandonment, points", "abandonment", "first_change", _given_up_change),
        )
    )


_SAME_PACE: Final = Advisors(pace_cv=0.0)


def _case(
    name: str,
    scenario: Scenario,
    aspects: Sequence[Aspect],
    questions: Sequence[str],
    *,
    full: int = 200,
    small: int = 0,
) -> Case:
    asked = {question: _ASKED[question] for question in questions}
    return Case(
        name=name,
        count=lambda runs, seed: coverage(scenario, asked, aspects, runs, seed),
        full=full,
        small=small,
    )


COVERAGE: Final = (
    _case(
        "an ordinary line of calls, nine weeks, 18,000 contacts, everybody known",
        line(advisors=_SAME_PACE),
        (*_REACH, *_PATIENCE, *_HANDLING, *_REPEATS, *_MATTERS, *_VOLATILITY),
        [each for each in _ASKED if each != "twins"],
        small=10,
    ),
    _case(
        "the same, congested: a fifth fewer people",
        line(staff=0.8, advisors=_SAME_PACE),
        (*_REACH, *_PATIENCE, *_REPEATS[1:2], *_MATTERS[2:3]),
        ("reach", "patience", "repeat_work", "effort"),
    ),
    _case(
        "twelve advisors who differ by a fifth in pace, and might have been others",
        line(advisors=Advisors(pace_cv=0.2, team=12)),
        (
            Aspect(
                says="`handling`: mean as other advisors would take, s",
                figure=_of("handling", "mean_other_advisors_s"),
                sums=lambda seen: _mean(seen.handle_s, seen.handled),
                truth=_ratio,
            ),
            Aspect(
                says="`handling`: mean by these advisors, held against what others would take, s",
                figure=_of("handling", "mean_s"),
                sums=lambda seen: _mean(seen.handle_s, seen.handled),
                truth=_ratio,
                wanted=_ANYHOW,
            ),
        ),
        ("handling",),
    ),
    _case(
        "a tenth of ids missing, more where all wait, and customers who call by habit",
        line(
            advisors=_SAME_PACE,
            customers=Customers(number=4_000, habitual=0.02, times=15.0),
            seen=Seen(ids_missing=0.05, ids_by_congestion=0.15),
        ),
        (
            Aspect(
                says="`repeat_work`: bounds of those back within 7 days, of this operation",
                figure=_came_back("recontacts", "bounds", within_s=_WEEK_S),
                sums=_back_after("handled", within_s=_WEEK_S),
                truth=_ratio,
                single=True,
                wanted=_SURE,
            ),
            replace(
                _REPEATS[0],
                says="`repeat_work`: back within 7 days, a floor where ids are missing",
                wanted=_ANYHOW,
            ),
        ),
        ("repeat_work",),
    ),
    _case(
        "everybody known, and customers who call by habit",
        line(advisors=_SAME_PACE, customers=Customers(number=8_000, habitual=0.02, times=15.0)),
        (
            Aspect(
                says="`repeat_work`: back within 7 days beyond habit",
                figure=_came_back("recontacts", "excess", within_s=_WEEK_S),
                sums=_back_after("handled", within_s=_WEEK_S, beyond=True),
                truth=_ratio,
            ),
            *_REPEATS[:1],
        ),
        ("repeat_work",),
    ),
    _case(
        "half a year in which nothing changes",
        line(days=183, advisors=_SAME_PACE),
        _changes("nothing"),
        ("twins",),
    ),
    _case(
        "half a year, and a target of a fifth less handle time from its middle",
        line(
            days=183,
            advisors=_SAME_PACE,
            levers=(Target(name="a target", handle=0.8, from_day=91),),
        ),
        _changes("something"),
        ("twins",),
    ),
)
"""Every case that the reference shows."""
