"""The first weeks: interval by interval from the day of the change, so that one sees when it turns.

A cut in handle time shows at once; the customers who come back because of it come days later. So
the first days look good. Here each interval is an Erlang A queue with what arrives in it, what is
left over from overload is carried on as a fluid, redials come soon and returns after their days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.balance import Curves
from andon.capacity.full_cost import FullCost, full_cost
from andon.capacity.levers import Setting, Spike
from andon.capacity.served import queue_of
from andon.capacity.situation import Situation
from andon.errors import PlanError
from andon.units import HOUR_S

__all__ = ["FirstWeeks", "Measure", "Turn", "first_weeks"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Measure = Literal["work_h", "customers_h", "staff_h", "money"]

_SOON_S: Final = 3 * HOUR_S
"""Who comes back on the same day does so after about this long."""
_GRID: Final = 256
_DEEPEST: Final = 3.0
"""Beyond so many times the places, only the rate of giving up counts."""
_SUMS: Final = ("answered", "returns", "redials", "lost", "wait_h", "sessions", "contacts")
_HAIR: Final = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Turn:
    """When a measure is worse than it would have been without the change.

    Attributes
    ----------
    measure : str
    worse_from_day : array of float, shape (curves,)
        The first day of the first week as a whole that is worse and is followed by no better one;
        infinite where that does not happen.
    lost_by_day : array of float, shape (curves,)
        The day by which all that was gained is lost again, and remains so; infinite likewise.
    """

    measure: Measure
    worse_from_day: Floats
    lost_by_day: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FirstWeeks:
    """Day by day from the change on, on each curve.

    Attributes
    ----------
    days : int
        The first is day 1.
    cycle_days : int
        Days after which the week repeats.
    after, today : FullCost
        What each day costs with the change, and without it; arrays of shape (days, curves).
    contacts, contacts_today : array of float, shape (days, curves)
    lost, lost_today : array of float, shape (days, curves)
        Customers who give up for good.
    wait_s : array of float, shape (intervals, curves)
        Mean wait in every interval, seconds; NaN where nobody's contact ends.
    wait_calm_s : array of float, shape (intervals, curves)
        The same with the change but without its spike; as ``wait_s`` where there is none.
    lost_calm : array of float, shape (days, curves)
        Likewise for ``lost``.
    left_over : array of float, shape (days, curves)
        Contacts that wait still when the day ends.
    spike_at : int or None
        The interval in which a spike begins.
    interval_s : int
    """

    days: int
    cycle_days: int
    after: FullCost
    today: FullCost
    contacts: Floats
    contacts_today: Floats
    lost: Floats
    lost_today: Floats
    wait_s: Floats
    wait_calm_s: Floats
    lost_calm: Floats
    left_over: Floats
    spike_at: int | None
    interval_s: int

    def change(self, measure: Measure) -> Floats:
        """With the change less without it, shape (days, curves)."""
        now, then = getattr(self.after, measure), getattr(self.today, measure)
        if now is None:
            raise PlanError(
                "What an hour costs was not told, so nothing is known in money.",
                found="per_hour is left out",
                todo="Give per_hour in the rates, or ask for staff_h.",
            )
        return np.asarray(now - then)

    def turn(self, measure: Measure) -> Turn:
        """When it turns."""
        change = self.change(measure)
        scale = _HAIR * np.abs(getattr(self.today, measure)).sum(axis=0)
        sums = np.cumsum(change, axis=0)
        trailing = sums.copy()
        trailing[self.cycle_days :] -= sums[: -self.cycle_days]
        # Days before the first whole week are judged by what has been so far.
        return Turn(
            measure=measure,
            worse_from_day=_from(trailing > scale),
            lost_by_day=_from(sums > scale),
        )

    def recovery_h(self, *, within: float = 0.1) -> Floats:
        """Hours from a spike's beginning until waits are as without it (within a tenth and 5 s).

        Shape (curves,); infinite where that does not happen, NaN where there was no spike.
        """
        if self.spike_at is None:
            return np.full(self.wait_s.shape[1], np.nan)
        worse = self.wait_s > self.wait_calm_s * (1 + within) + 5.0
        after = worse[self.spike_at :]
        last = len(after) - np.argmax(after[::-1], axis=0)
        last = np.where(after.any(axis=0), last, 0)
        hours = last * self.interval_s / HOUR_S
        return np.asarray(np.where(last >= len(after), np.inf, hours))


def first_weeks(
    situation: Situation,
    curves: Curves,
    setting: Setting,
    today: Setting,
    *,
    weeks: int = 8,
) -> FirstWeeks:
    """Play the first weeks after a change, beside the same weeks without it.

    Parameters
    ----------
    situation, curves, setting, today
        As for :func:`andon.capacity.balance.balance`.
    weeks : int
        1 to 52.

    Returns
    -------
    FirstWeeks

    Raises
    ------
    PlanError
        If there are no weeks, or too many.

    Notes
    -----
    Everything that is due today - who will come back tomorrow because of last week - comes in both.
    Who comes back follows the shape of the day and is likelier on days on which many come. Carrying
    over is that of a fluid: with patience of mean ``p`` a queue ``q`` moves towards
    ``(arrivals - capacity) p`` as ``exp(-t / p)``.
    """
    if not 1 <= weeks <= 52:
        raise PlanError("The first weeks are 1 to 52.", found=f"weeks = {weeks}", todo="Ask for 8.")
    loop = _Loop.of(situation, curves, today)
    days = max(weeks * 7 // situation.days, 1) * situation.days
    spike_at = _busiest(situation, setting.spike) if setting.spike else None
    now = loop.play(today, days=days, spike_at=None)
    then = now if setting is today else loop.play(setting, days=days, spike_at=spike_at)
    calm = then
    if spike_at is not None:
        calm = loop.play(replace(setting, spike=None), days=days, spike_at=None)
    paid = None
    if setting.paid_changes:  # at the price of handling, as busy as agents are today
        part = float(setting.agents.sum() / today.agents.sum())
        paid = now.sums["answered"] * today.work_s / HOUR_S * part
    return FirstWeeks(
        days=days,
        cycle_days=situation.days,
        after=_cost(curves, then, setting, paid),
        today=_cost(curves, now, today),
        contacts=then.sums["contacts"],
        contacts_today=now.sums["contacts"],
        lost=then.sums["lost"],
        lost_today=now.sums["lost"],
        wait_s=then.wait_s,
        wait_calm_s=calm.wait_s,
        lost_calm=calm.sums["lost"],
        left_over=then.left_over,
        spike_at=spike_at,
        interval_s=situation.interval_s,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Played:
    """Sums by day, and waits by interval."""

    sums: dict[str, Floats]
    wait_s: Floats
    left_over: Floats


@dataclass(kw_only=True, slots=True, eq=False)
class _State:
    """Who is on the way: waiting, redialling, back today, and due on later days."""

    queue: Floats
    redials: Floats
    soon: Floats
    due: Floats

    def copy(self) -> _State:
        return _State(
            queue=self.queue.copy(),
            redials=self.redials.copy(),
            soon=self.soon.copy(),
            due=self.due.copy(),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Table:
    """What customers meet with so many places, on an even grid of loads."""

    places: float
    step: float
    gives_up: Floats
    has_to_wait: Floats
    wait_s: Floats
    on_line: Floats
    deep_wait_s: float

    @classmethod
    def of(cls, places: float, setting: Setting, interval_s: float) -> _Table:
        most = _DEEPEST * places + 10.0
        load = np.linspace(0.0, most, _GRID + 1)
        queue = queue_of(load, places, setting, interval_s=interval_s)
        patience = setting.held_patience_s
        return cls(
            places=places,
            step=most / _GRID,
            gives_up=queue.gives_up,
            has_to_wait=queue.has_to_wait,
            wait_s=queue.wait_s,
            on_line=queue.on_line,
            deep_wait_s=patience if math.isfinite(patience) else 0.0,
        )

    def at(self, load: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Who gives up, who has to wait, how long all wait on average, and the part on the line."""
        place = load / self.step
        i = np.minimum(place.astype(np.int64), _GRID - 1)
        part = np.minimum(place - i, 1.0)
        gives, waits, wait, line = (
            row[i] + part * (row[i + 1] - row[i])
            for row in (self.gives_up, self.has_to_wait, self.wait_s, self.on_line)
        )
        deep = place > _GRID
        if self.deep_wait_s and deep.any():
            # The more there are, the fewer get through: one in places / load.
            gives = np.where(deep, 1 - (1 - gives) * _GRID / np.maximum(place, _GRID), gives)
            wait = np.where(deep, gives * self.deep_wait_s, wait)
        return gives, waits, wait, line


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Loop:
    """The operation with everything that is on the way today."""

    situation: Situation
    curves: Curves
    fresh: Floats
    start: _State
    sharing: Floats

    @classmethod
    def of(cls, situation: Situation, curves: Curves, today: Setting) -> _Loop:
        """Let today's contacts come until all who return do so as ever; the rest is fresh."""
        sharing = _sharing(situation)
        lanes = curves.pace.curves
        state = _State(
            queue=np.zeros(lanes),
            redials=np.zeros(lanes),
            soon=np.zeros(lanes),
            due=np.zeros((sharing.shape[1], lanes)),
        )
        empty = np.zeros((len(situation.contacts), lanes))
        bare = cls(situation=situation, curves=curves, fresh=empty, start=state, sharing=sharing)
        cycles = 2 + math.ceil(sharing.shape[1] / situation.days)
        landed, state = bare._settle(today, cycles)
        fresh = np.maximum(situation.contacts[:, None] - landed, 0.0)
        return cls(situation=situation, curves=curves, fresh=fresh, start=state, sharing=sharing)

    def _settle(self, today: Setting, cycles: int) -> tuple[Floats, _State]:
        """Who comes back in each interval while contacts are what they are today."""
        state = self.start.copy()
        landed = np.zeros(self.fresh.shape)
        step = _Step.of(self, today)
        for _ in range(cycles):
            for day in range(self.situation.days):
                back = np.zeros(self.fresh.shape[1])
                for i in self._of_day(day):
                    comes = step.coming(state, i, back_today=state.due[0])
                    landed[i] = comes.returns + comes.redials
                    step.serve(state, i, np.broadcast_to(self.situation.contacts[i], back.shape))
                    back += step.back
                step.next_day(state, day, back)
        return landed, state

    def play(self, setting: Setting, *, days: int, spike_at: int | None) -> _Played:
        """Every interval of so many days from today on."""
        state, step = self.start.copy(), _Step.of(self, setting)
        lanes, a_day = self.fresh.shape[1], len(self.fresh) // self.situation.days
        sums = {name: np.zeros((days, lanes)) for name in _SUMS}
        wait_s = np.full((days * a_day, lanes), np.nan)
        left_over = np.zeros((days, lanes))
        for day in range(days):
            back = np.zeros(lanes)
            for i in self._of_day(day % self.situation.days):
                at = day * a_day + i % a_day
                times = setting.volume * _surge(setting.spike, spike_at, at, self.situation)
                comes = step.coming(state, i, back_today=state.due[0])
                fresh = self.fresh[i] * times
                bot = setting.bot
                inflow = fresh * (1 - bot.share * bot.settles) + comes.returns + comes.redials
                ended = step.serve(state, i, inflow)
                back += step.back
                wait_s[at] = np.where(ended > _HAIR, step.wait_s, np.nan)
                for name, each in (
                    ("answered", step.answered),
                    ("returns", comes.returns),
                    ("redials", comes.redials),
                    ("lost", step.gave_up * (1 - self.curves.redials)),
                    ("wait_h", step.wait_h),
                    ("sessions", fresh * bot.share),
                    ("contacts", inflow),
                ):
                    sums[name][day] += each
            step.next_day(state, day % self.situation.days, back)
            left_over[day] = state.queue
        return _Played(sums=sums, wait_s=wait_s, left_over=left_over)

    def _of_day(self, day: int) -> list[int]:
        """Intervals of the day in which anything can happen."""
        a_day = len(self.fresh) // self.situation.days
        here = range(day * a_day, (day + 1) * a_day)
        open_ = (self.situation.contacts > 0) | (self.situation.agents > 0)
        # And the one after closing, in which those who wait still give up.
        return [i for i in here if open_[i] or open_[i - 1]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Coming:
    returns: Floats
    redials: Floats


@dataclass(kw_only=True, slots=True, eq=False)
class _Step:
    """One interval after the other, with one setting."""

    loop: _Loop
    setting: Setting
    tables: dict[float, _Table]
    profile: Floats
    again: Floats
    extra: Floats
    redials_now: float
    soon_now: float
    patience_s: float
    answered: Floats
    gave_up: Floats
    back: Floats
    wait_s: Floats
    wait_h: Floats

    @classmethod
    def of(cls, loop: _Loop, setting: Setting) -> _Step:
        situation, curves = loop.situation, loop.curves
        again = curves.pace.at(setting.handle_s)
        nothing = np.zeros(curves.pace.curves)
        by_day = np.bincount(situation.day, situation.contacts)[situation.day]
        return cls(
            loop=loop,
            setting=setting,
            tables={
                float(n): _Table.of(float(n), setting, situation.interval_s)
                for n in np.unique(setting.places)
            },
            profile=np.divide(
                situation.contacts, by_day, out=np.zeros(len(by_day)), where=by_day > 0
            ),
            again=again,
            extra=np.minimum(situation.extra_returns_after_wait, 0.99 - again),
            redials_now=-math.expm1(-situation.interval_s / situation.redial_after_s),
            soon_now=-math.expm1(-situation.interval_s / _SOON_S),
            patience_s=setting.held_patience_s,
            answered=nothing,
            gave_up=nothing,
            back=nothing,
            wait_s=nothing,
            wait_h=nothing,
        )

    def coming(self, state: _State, i: int, *, back_today: Floats) -> _Coming:
        """Who comes again in interval ``i``; they are no longer on the way."""
        if self.loop.situation.contacts[i] <= 0:
            return _Coming(returns=np.zeros_like(state.soon), redials=np.zeros_like(state.soon))
        soon = state.soon * self.soon_now
        redials = state.redials * self.redials_now
        state.soon = state.soon - soon
        state.redials = state.redials - redials
        return _Coming(returns=back_today * self.profile[i] + soon, redials=redials)

    def serve(self, state: _State, i: int, inflow: Floats) -> Floats:
        """What becomes of who comes, and of who waits already; how many contacts end."""
        length = self.loop.situation.interval_s
        places = float(self.setting.places[i])
        able = places * length / self.setting.contact_s
        if math.isfinite(self.patience_s):
            towards = (inflow - able) / length * self.patience_s
            stays = math.exp(-length / self.patience_s)
            left = np.maximum(towards + (state.queue - towards) * stays, 0.0)
        else:
            left = np.maximum(state.queue + inflow - able, 0.0)
        left = np.minimum(left, state.queue + inflow)
        ended = inflow + state.queue - left
        gives, waits, wait, line = self.tables[places].at(ended * self.setting.contact_s / length)
        self.gave_up = ended * gives
        self.answered = ended - self.gave_up
        waited = ended * np.maximum(waits - gives, 0.0)
        self.back = self.again * self.answered + self.extra * waited
        self.wait_s = wait
        self.wait_h = ended * wait * line / HOUR_S
        if not math.isfinite(self.patience_s):
            backlog_h = (state.queue + left) / 2 * length / HOUR_S
            self.wait_h = self.wait_h + backlog_h
            self.wait_s = wait + np.divide(
                backlog_h * HOUR_S, ended, out=np.zeros_like(ended), where=ended > 0
            )
        day = int(self.loop.situation.day[i])
        state.soon = state.soon + self.back * self.loop.sharing[day, 0]
        state.redials = state.redials + self.gave_up * self.loop.curves.redials
        state.queue = left
        return ended

    def next_day(self, state: _State, day: int, back: Floats) -> None:
        """Those due tomorrow are due today now; who was served today is due later."""
        state.due[:-1] = state.due[1:]
        state.due[-1] = 0.0
        state.due[:-1] += self.loop.sharing[day, 1:, None] * back


def _sharing(situation: Situation) -> Floats:
    """For each day of the cycle, the share of its returns that come so many days later.

    Shape (days, most days + 1); likelier on days on which more come, and none on closed ones.
    """
    volume = np.bincount(situation.day, situation.contacts, minlength=situation.days)
    lags = np.asarray(situation.days_to_return)
    if len(lags) < situation.days + 1:  # room for the next open day
        lags = np.concatenate([lags, np.full(situation.days + 1 - len(lags), 1e-9)])
    on = (np.arange(situation.days)[:, None] + np.arange(len(lags))) % situation.days
    weights = lags * volume[on]
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0))


def _busiest(situation: Situation, spike: Spike) -> int:
    """The interval at which so long a spike meets the most contacts without a change of day."""
    length = max(math.ceil(spike.for_s / situation.interval_s), 1)
    load = np.concatenate([situation.contacts, situation.contacts])
    sums = np.convolve(load, np.ones(min(length, len(situation.contacts))), mode="valid")
    return int(np.argmax(sums[: len(situation.contacts)]))


def _surge(spike: Spike | None, begin: int | None, at: int, situation: Situation) -> float:
    """How many times as many come in this interval."""
    if spike is None or begin is None:
        return 1.0
    length = situation.interval_s
    inside = min((at + 1) * length, begin * length + spike.for_s) - max(at, begin) * length
    return 1.0 + (spike.times - 1.0) * max(inside, 0.0) / length


def _cost(
    curves: Curves, played: _Played, setting: Setting, paid_h: Floats | None = None
) -> FullCost:
    sums = played.sums
    return full_cost(
        curves.costs,
        answered=sums["answered"],
        returns=sums["returns"],
        redials=sums["redials"],
        lost=sums["lost"],
        waiting_h=sums["wait_h"],
        handle_s=setting.contact_s,
        work_s=setting.work_s,
        bot_sessions=sums["sessions"],
        paid_h=paid_h,
    )


def _from(worse: npt.NDArray[np.bool_]) -> Floats:
    """The first day, counted from 1, from which it is so for good; infinite where it never is."""
    last_good = np.where(worse.all(axis=0), 0, len(worse) - np.argmax(~worse[::-1], axis=0))
    return np.where(last_good >= len(worse), np.inf, last_good + 1.0)
