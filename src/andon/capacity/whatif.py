"""What if we set this target? The question before anyone sets it.

A plan on paper takes for granted that the same customers come whatever is done to them. Here they
answer: who was not helped comes back, who waited too long gives up and calls again. What comes of
it is worked out to its new balance, through its first weeks, and at every handle time, by formula
and by simulation; and what is not known is drawn a thousand times and carried through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.assumption import Assumption
from andon.capacity.balance import Balance, Curves, balance
from andon.capacity.influence import Influence, influences
from andon.capacity.levers import Levers
from andon.capacity.outcome import (
    Change,
    Promise,
    Rest,
    Turned,
    change_of,
    promised,
    rest_of,
)
from andon.capacity.pace import Pace
from andon.capacity.side_by_side import SideBySide, side_by_side
from andon.capacity.situation import Situation
from andon.capacity.told import Told, caveats, sentences
from andon.capacity.trap import TrapCurve, trap_curve
from andon.capacity.weeks import FirstWeeks, Measure, first_weeks
from andon.errors import PlanError
from andon.estimate import Estimate

__all__ = ["INPUTS", "WhatIf", "what_if"]

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]

INPUTS: Final = {
    "slope": "how strongly more time prevents customers from coming back",
    "shape": "how that goes on far from today's handle time",
    "returns": "how many customers come back today",
    "redials": "how many of those who give up call again",
}
"""What is drawn besides the rates, as people say it."""

_OWN_STREAM: Final = 0x776861746966
"""So that what is drawn here never is what a caller drew the pace with, whatever the seed."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WhatIf:
    """What happens if we set this target.

    Attributes
    ----------
    situation : Situation
    levers : Levers
    pace : Pace
    promise : Promise
        What the naive plan promises.
    today, after : Rest
        A week at rest.
    change : Change
        After less today, curve by curve.
    work_rises, customers_h_rise : Estimate
        Share of curves on which there is more work, and on which customers spend more hours.
    jams : Estimate
        Share of curves on which the same week can rest in a calm and in a jam.
    weeks : FirstWeeks
    turned : tuple of Turned
        For work, for customers' hours and, where it is known, for money.
    trap : TrapCurve or None
        None where it was not asked for.
    simulated : SideBySide or None
        None where it was not asked for.
    matters_for_work, matters_for_customers_h : tuple of Influence
        Which of what is not known makes most of the doubt about the change, most first.
    assumptions : tuple of Assumption
        Everything that the answer rests on, with where it is from.
    sentences : tuple of Told
        The answer in plain words, sentence by sentence.
    caveats : tuple of str
    level : float
    seed : int
    """

    situation: Situation
    levers: Levers
    pace: Pace
    promise: Promise
    today: Rest
    after: Rest
    change: Change
    work_rises: Estimate
    customers_h_rise: Estimate
    jams: Estimate
    weeks: FirstWeeks
    turned: tuple[Turned, ...]
    trap: TrapCurve | None
    simulated: SideBySide | None
    matters_for_work: tuple[Influence, ...]
    matters_for_customers_h: tuple[Influence, ...]
    assumptions: tuple[Assumption, ...]
    sentences: tuple[Told, ...]
    caveats: tuple[str, ...]
    level: float
    seed: int

    @property
    def says(self) -> str:
        """The answer in one paragraph."""
        return " ".join(each.text for each in self.sentences if each.main)


def what_if(
    situation: Situation,
    levers: Levers,
    pace: Pace,
    *,
    weeks: int = 8,
    trap: bool = True,
    levels: int = 25,
    simulate: bool = True,
    contacts: int = 120_000,
    workers: int | None = None,
    seed: int = 1,
    level: float = 0.95,
    progress: Progress | None = None,
) -> WhatIf:
    """What happens if we set this target?

    Parameters
    ----------
    situation : Situation
        Today.
    levers : Levers
        What is changed.
    pace : Pace
        Curves from the mean handle time to the share that comes back: measured as a cause, or
        assumed. Its handle time and its share must be the situation's.
    weeks : int
        How many first weeks are played, 1 to 52.
    trap : bool
        Whether to work out the trap curve, at ``levels`` handle times.
    simulate : bool
        Whether to simulate beside the formulas, about ``contacts`` contacts for each curve.
    workers : int, optional
        How many simulations run at a time.
    seed : int
        Of what is drawn and simulated, 0 or more.
    level : float
        Of the intervals, above 0 and below 1.
    progress : callable, optional

    Returns
    -------
    WhatIf

    Raises
    ------
    PlanError
        If the pace is of another situation, or the levers lead to what cannot be.

    Examples
    --------
    >>> from andon.capacity.pace import Slope, measured_pace
    >>> returns = Assumption(name="returns", says="customers who come back", value=0.25, low=0.24,
    ...     high=0.26, unit="share", why="Counted over 90 days.", source="ledger")
    >>> today = Situation(queue="calls", interval_s=1800, contacts=np.full(48, 100.0),
    ...     agents=np.full(48, 19.0), handle_s=300.0, patience_s=120.0, returns=returns)
    >>> pace = measured_pace(slope=Slope(points_per_s=-0.3, low=-0.35, high=-0.26), handle_s=300,
    ...     today=returns, rng=np.random.default_rng(1))
    >>> found = what_if(today, Levers.said(handle_time="-10%"), pace, trap=False, simulate=False)
    >>> round(found.promise.saves_h), found.work_rises.value > 0.9
    (263, True)
    """
    _fits(situation, pace)
    if not 0 < level < 1:
        raise PlanError(
            "A level must lie between 0 and 1.", found=f"level: {level!r}", todo="Use 0.95."
        )
    rng = np.random.default_rng([seed, _OWN_STREAM])
    curves = Curves.of(situation, pace, rng)
    before = Levers().set_on(situation)
    setting = before if levers.none else levers.set_on(situation)
    now = balance(situation, curves, before, before)
    then = now if setting is before else balance(situation, curves, setting, before)
    played = first_weeks(situation, curves, setting, before, weeks=weeks)
    measures: tuple[Measure, ...] = ("work_h", "customers_h")
    if situation.rates.per_hour is not None:
        measures = (*measures, "money")
    turned = tuple(Turned.of(played, each, level=level) for each in measures)
    curve = (
        trap_curve(situation, curves, levers=levers, levels=levels, level=level) if trap else None
    )
    simulated = None
    if simulate:
        simulated = side_by_side(
            situation,
            curves,
            setting,
            before,
            seed=seed,
            contacts=contacts,
            workers=workers,
            level=level,
            progress=progress,
        )
    drawn = _drawn(curves)
    change = change_of(then, now, level=level)
    found = {
        "situation": situation,
        "levers": levers,
        "pace": pace,
        "promise": promised(situation, now, setting),
        "today": rest_of(now, level=level),
        "after": rest_of(then, level=level),
        "change": change,
        "work_rises": _rises(then.cost.work_h, now.cost.work_h),
        "customers_h_rise": _rises(then.cost.customers_h, now.cost.customers_h),
        "jams": _share(then.jams),
        "weeks": played,
        "turned": turned,
        "trap": curve,
        "simulated": simulated,
        "matters_for_work": influences(drawn, then.cost.work_h - now.cost.work_h),
        "matters_for_customers_h": influences(drawn, _apart(then, now)),
        "assumptions": _assumptions(situation, pace),
    }
    return WhatIf(
        **found,  # type: ignore[arg-type]
        sentences=sentences(**found, names=_names(situation)),  # type: ignore[arg-type]
        caveats=caveats(situation, levers, pace, setting),
        level=level,
        seed=seed,
    )


def _fits(situation: Situation, pace: Pace) -> None:
    if pace.handle_s != situation.handle_s or pace.today != situation.returns:
        raise PlanError(
            "The pace was drawn for another situation.",
            found=f"handle time {pace.handle_s:g} s and {situation.handle_s:g} s; "
            f"who comes back {pace.today.value:g} and {situation.returns.value:g}",
            todo="Draw it from the situation's own handle_s and returns.",
        )


def _drawn(curves: Curves) -> dict[str, npt.NDArray[np.generic]]:
    """Everything that was drawn, by name."""
    pace = curves.pace
    found: dict[str, npt.NDArray[np.generic]] = {
        "slope": pace.slope_per_s,
        "shape": pace.family,
        "returns": pace.share,
        "redials": curves.redials,
    }
    return found | dict(curves.costs.drawn)


def _names(situation: Situation) -> dict[str, str]:
    return INPUTS | {name: each.says for name, each in situation.rates.named.items()}


def _assumptions(situation: Situation, pace: Pace) -> tuple[Assumption, ...]:
    slope = Assumption(
        name="slope",
        says="change of the share that comes back with one second more, in points",
        value=pace.slope.points_per_s,
        low=pace.slope.low,
        high=pace.slope.high,
        unit="points",
        why=pace.why,
        source="ledger" if pace.basis == "measured" else "assumed",
        level=pace.slope.level,
    )
    shape = Assumption.exact(
        0.0,
        name="shape",
        says=f"shapes of the curve, as many of each: {', '.join(pace.shapes)}",
        unit="count",
        why="Nobody knows how it goes on beyond the paces that were seen.",
        source="assumed",
    )
    return (
        slope,
        shape,
        situation.returns,
        situation.redials,
        situation.shrinkage,
        *situation.rates.assumptions,
    )


def _apart(then: Balance, now: Balance) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(then.cost.customers_h - now.cost.customers_h)


def _rises(then: Floats, now: Floats) -> Estimate:
    return _share(then > now * (1 + 1e-9))


def _share(each: npt.NDArray[np.bool_]) -> Estimate:
    return Estimate.exact(float(np.mean(each)), unit="share", n=len(each), method="share of curves")
