"""Side by side: the same change by formula and by simulation, and why they part where they do.

The formulas take every interval of the week as a queue that has settled, or carry on what overload
leaves. The simulation lets each
customer come, wait, give up, be handled and come back, with whole agents. It plays open hours only:
the night between two days is left out. Who comes back does so a week later at the same time, for at
rest it does not matter when, as long as they come when others come. Curves are of mean handle
times, so within one curve every contact has the same chance to be settled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.balance import Balance, Curves, balance
from andon.capacity.full_cost import FullCost
from andon.capacity.levers import Setting
from andon.capacity.situation import Situation
from andon.capacity.weeks import FirstWeeks, first_weeks
from andon.estimate import Estimate, Unknown
from andon.queueing.laws import Exponential, Fixed, Law, Lognormal, Never
from andon.queueing.simulator.model import (
    Arrivals,
    Callback,
    Curve,
    Loop,
    Model,
    Pool,
    Queue,
    Route,
)
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule
from andon.units import DAY_S, HOUR_S

__all__ = ["Pair", "SideBySide", "side_by_side"]

Floats = npt.NDArray[np.float64]

Progress = Callable[[str, int, int], None]

_CONTACTS: Final = 120_000
"""So many contacts are measured for a curve, as far as a few weeks have them."""
_MOST_CYCLES: Final = 12
_SETTLED: Final = 0.005
"""The warm-up lasts until so small a part of the returns is missing."""
_MOST_WARM_UP: Final = 40
"""Cycles."""
_ATTEMPTS: Final = 60
_PLAYED: Final = 12
"""Weeks until the last is as all that follow."""
_CLOSE: Final = {"share": 0.01, "s": 3.0}
"""Shares that differ by a point, and waits by three seconds, agree; so do ..."""
_CLOSE_RELATIVE: Final = 0.03
"""... amounts that differ by so much of themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One figure both ways.

    Attributes
    ----------
    name : str
        ``contacts``, ``gives_up``, ``mean_wait_s``, ``occupancy`` or ``work_h``; a week's.
    curve : str
        ``today``, or ``low``, ``middle`` and ``high`` for after the change.
    formula : float
        Every interval a queue that has settled.
    carried : float
        The same interval after interval, with what overload leaves carried on as a fluid and with
        redials and returns when they come: the last week of the first weeks.
    simulated : Estimate or Unknown
        With the interval of the simulation.
    agrees : bool
        Whether the formula lies within the interval, or close to it.
    carried_agrees : bool
        Whether ``carried`` does.
    """

    name: str
    curve: str
    formula: float
    carried: float
    simulated: Estimate | Unknown
    agrees: bool
    carried_agrees: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """The same change by formula and by simulation.

    Attributes
    ----------
    pairs : tuple of Pair
    why : tuple of str
        Where they part, why they may; empty where all agree.
    seed : int
    """

    pairs: tuple[Pair, ...]
    why: tuple[str, ...]
    seed: int

    @property
    def agree(self) -> bool:
        """Whether every figure agrees."""
        return all(each.agrees for each in self.pairs)


def side_by_side(
    situation: Situation,
    curves: Curves,
    setting: Setting,
    today: Setting,
    *,
    seed: int = 1,
    contacts: int = _CONTACTS,
    replications: int = 4,
    workers: int | None = None,
    level: float = 0.95,
    progress: Progress | None = None,
) -> SideBySide:
    """Today, and the change on a low, a middle and a high curve, by formula and by simulation.

    Parameters
    ----------
    situation, curves, setting, today
        As for :func:`andon.capacity.balance.balance`.
    seed : int
        0 or more.
    contacts : int
        About how many are measured for each curve.
    replications : int
        2 or more.
    workers : int, optional
        How many run at a time.
    level : float
    progress : callable, optional

    Returns
    -------
    SideBySide
    """
    chosen = _three(curves, setting)
    some = replace(
        curves,
        pace=curves.pace.chosen(chosen),
        redials=curves.redials[chosen],
        costs=replace(
            curves.costs,
            drawn={name: each[chosen] for name, each in curves.costs.drawn.items()},
        ),
    )
    whole, whole_today = _whole(setting), _whole(today)
    now = balance(situation, some, whole_today, whole_today)
    then = balance(situation, some, whole, whole_today)
    plain = replace(whole, spike=None)
    played = first_weeks(situation, some, plain, whole_today, weeks=_PLAYED)
    run = _Run(
        situation=situation,
        seed=seed,
        contacts=contacts,
        replications=replications,
        workers=workers,
        level=level,
        progress=progress,
    )
    pairs = run.pairs("today", now, 1, _last(played.today, played, now, today=True))
    if setting is not today:
        carried = _last(played.after, played, then, today=False)
        for i, name in enumerate(("low", "middle", "high")):
            pairs += run.pairs(name, then, i, carried)
    parted = not all(each.agrees for each in pairs)
    return SideBySide(
        pairs=tuple(pairs),
        why=_why(situation, setting, then, tuple(pairs)) if parted else (),
        seed=seed,
    )


def _three(curves: Curves, setting: Setting) -> npt.NDArray[np.int64]:
    """The curves nearest to the median and to the ends of the interval of what comes back."""
    share = curves.pace.at(setting.handle_s)
    if np.ptp(share) == 0:  # no change of pace: today's share tells curves apart
        share = curves.pace.share
    ends = np.quantile(share, [0.1, 0.5, 0.9])
    return np.array([int(np.argmin(np.abs(share - each))) for each in ends], dtype=np.int64)


def _whole(setting: Setting) -> Setting:
    """With whole agents, at least one where there were any."""
    agents = np.where(setting.agents > 0, np.maximum(np.round(setting.agents), 1.0), 0.0)
    return replace(setting, agents=agents)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    situation: Situation
    seed: int
    contacts: int
    replications: int
    workers: int | None
    level: float
    progress: Progress | None

    def pairs(self, name: str, rest: Balance, curve: int, carried: dict[str, Floats]) -> list[Pair]:
        """One curve both ways."""
        found, weeks = self._played(rest, curve)
        overall, staff = found.overall, found.staff
        setting = rest.setting
        both: list[tuple[str, float, Estimate | Unknown]] = [
            ("contacts", float(rest.contacts[curve]), _scaled(overall.offered, 1 / weeks)),
            ("gives_up", float(rest.gives_up[curve]), overall.abandoned),
            ("mean_wait_s", float(rest.mean_wait_s[curve]), overall.mean_wait_s),
            (
                "work_h",
                float(rest.cost.work_h[curve]),
                _scaled(overall.answered, setting.work_s / HOUR_S / weeks),
            ),
            ("occupancy", min(float(rest.occupancy[curve]), 1.0), staff.occupancy),
        ]
        if setting.chats > 1:  # busy with one chat or with all: another measure
            both.pop()
        return [
            Pair(
                name=what,
                curve=name,
                formula=a,
                carried=float(carried[what][curve]),
                simulated=b,
                agrees=_agrees(a, b),
                carried_agrees=_agrees(float(carried[what][curve]), b),
            )
            for what, a, b in both
        ]

    def _played(self, rest: Balance, curve: int) -> tuple[Simulation, float]:
        """Simulate, and tell how many weeks were measured."""
        situation, setting = self.situation, rest.setting
        open_ = (situation.contacts > 0) | (setting.agents > 0)
        length = situation.interval_s
        cycle = int(open_.sum())
        again = float(rest.returns[curve] / max(rest.answered[curve], 1e-12))
        chance = max(again, float(rest.redials[curve] / max(rest.gave_up[curve], 1e-12)) / 2)
        chance = min(max(chance, 0.05), 0.95)
        warm = min(math.ceil(math.log(_SETTLED) / math.log(chance)) + 1, _MOST_WARM_UP) * cycle
        in_cycle = max(float(rest.contacts[curve]) * situation.weeks, 1.0)
        cycles = math.ceil(self.contacts / self.replications / in_cycle)
        cycles = min(max(cycles, 1), _MOST_CYCLES)
        # One week of a large operation tells much; two of them tell its doubt.
        replications = self.replications if in_cycle < self.contacts else 2
        model = _model(situation, rest, curve, open_, days=(warm + cycles * cycle) * length / DAY_S)
        found = simulate(
            model,
            seed=self.seed,
            replications=replications,
            warm_up=float(warm * length),
            workers=self.workers,
            level=self.level,
            progress=self.progress,
        )
        return found, cycles * situation.weeks


def _model(
    situation: Situation, rest: Balance, curve: int, open_: npt.NDArray[np.bool_], *, days: float
) -> Model:
    """The open hours as the simulator plays them."""
    setting = rest.setting
    length = float(situation.interval_s)
    per_h = situation.contacts[open_] / situation.contacts_in_all * situation.weeks
    per_h = per_h * float(rest.matters[curve]) * HOUR_S / length
    answered = max(float(rest.answered[curve]), 1e-12)
    again = min(float(rest.returns[curve]) / answered, 0.99)
    gave_up = float(rest.gave_up[curve])
    redials = float(rest.redials[curve]) / gave_up if gave_up > 0 else 0.0
    loop = Loop(
        resolves=Curve.flat(1 - again),
        recontact_after=Fixed(value_s=int(open_.sum()) * length),
        redials=redials,
        redial_after=Exponential(mean_s=situation.redial_after_s),
        most_attempts=_ATTEMPTS,
    )
    patience: Law = (
        Exponential(mean_s=setting.patience_s) if math.isfinite(setting.patience_s) else Never()
    )
    offer = setting.callback
    queue = Queue(
        name=situation.queue or "queue",
        handle=_handle(setting.handle_s, situation.handle_cv),
        arrivals=Arrivals(per_h=tuple(per_h.tolist()), interval_s=length),
        patience=patience,
        channel=situation.channel,
        loop=loop,
        callback=None
        if offer is None or situation.channel != "voice"
        else Callback(offer_over_s=offer.offer_over_s, accepts=offer.accepts),
        answer_within_s=situation.answer_within_s,
    )
    agents = [int(each) for each in setting.agents[open_]]
    pool = Pool(
        name="agents",
        schedule=Schedule.by_interval(agents, interval_s=length),
        routes=(Route(queue=queue.name),),
        chats=setting.chats,
        speed=tuple(situation.speed[: setting.chats]),
    )
    return Model(queues=(queue,), pools=(pool,), days=days, interval_s=length)


def _handle(mean_s: float, cv: float) -> Law:
    if cv <= 0:
        return Fixed(value_s=mean_s)
    if math.isclose(cv, 1.0, abs_tol=0.02):
        return Exponential(mean_s=mean_s)
    return Lognormal.from_mean(mean_s=mean_s, cv=cv)


def _scaled(figure: Estimate | Unknown, by: float) -> Estimate | Unknown:
    if isinstance(figure, Unknown):
        return figure
    return replace(figure, value=figure.value * by, low=figure.low * by, high=figure.high * by)


def _agrees(formula: float, simulated: Estimate | Unknown) -> bool:
    if isinstance(simulated, Unknown):
        return False
    close = max(
        _CLOSE.get(simulated.unit, 0.0),
        _CLOSE_RELATIVE * abs(simulated.value) if simulated.unit != "share" else 0.0,
    )
    return simulated.low - close <= formula <= simulated.high + close


def _last(cost: FullCost, played: FirstWeeks, rest: Balance, *, today: bool) -> dict[str, Floats]:
    """The last week of those that were played, by the names of pairs."""
    days = slice(-played.cycle_days, None)
    per_week = 7 / played.cycle_days
    contacts = (played.contacts_today if today else played.contacts)[days].sum(axis=0) * per_week
    work = cost.work_h[days].sum(axis=0) * per_week
    waits = cost.waiting_h[days].sum(axis=0) * per_week * HOUR_S
    share = np.divide(waits, contacts, out=np.zeros_like(contacts), where=contacts > 0)
    answered = work * HOUR_S / rest.setting.work_s
    return {
        "contacts": contacts,
        "gives_up": np.clip(1 - answered / contacts, 0.0, 1.0),
        "mean_wait_s": share,
        "work_h": work,
        "occupancy": np.minimum(work / rest.duty_h, 1.0),
    }


def _why(
    situation: Situation, setting: Setting, rest: Balance, pairs: tuple[Pair, ...]
) -> tuple[str, ...]:
    """What the formulas leave out and the simulation has, as far as it is there."""
    found = []
    apart = [each for each in pairs if not each.agrees]
    if all(each.carried_agrees for each in apart):
        found.append(
            "Carried on from interval to interval, as in the first weeks, formula and simulation "
            "agree."
        )
    share = situation.contacts / situation.contacts_in_all
    load = share * float(np.median(rest.contacts)) * situation.weeks
    load = load * setting.contact_s / situation.interval_s
    over = int(np.sum(load > setting.places))
    if over:
        found.append(
            f"In {over} intervals of the week more work comes than agents can do; who waits is "
            "carried into the next interval, which the formula leaves out."
        )
    if situation.redial_after_s < situation.interval_s and float(np.median(rest.redials)) > 0:
        found.append(
            "Who gives up and calls again soon meets the same full queue again; the formula "
            "spreads them over the week."
        )
    if abs(situation.handle_cv - 1) > 0.25:
        found.append(
            "Handle times differ between contacts "
            f"{'more' if situation.handle_cv > 1 else 'less'} than the formula has it."
        )
    if situation.extra_returns_after_wait > 0:
        found.append(
            "That more come back after a wait is in the formula interval by interval, in the "
            "simulation only on average."
        )
    if setting.callback is not None:
        found.append(
            "The formula has callbacks as patience without end for those who accept; the "
            "simulation offers them to who would wait long, and calls them when an agent is free."
        )
    if setting.chats > 1:
        found.append(
            "The formula slows every chat as if agents were full; in the simulation a chat goes "
            "faster while the agent has fewer."
        )
    if not math.isfinite(situation.patience_s):
        found.append("Where nobody gives up, queues at nearly full load take long to settle.")
    found.append("Loads change within the day; the formula takes each interval as settled at once.")
    return tuple(found)
