"""What a staffing does while arrivals change: a day of M(t)/M/n(t)+M, solved in time.

The number of customers present is a chain whose distribution follows Kolmogorov's forward
equations. They are solved from interval to interval without approximation (uniformisation), so
this is the truth by which stationary formulas and staffing rules are judged, as Ingolfsson and
others 2007 do, https://doi.org/10.1287/ijoc.1050.0157.

When agents leave at the end of an interval their calls are taken on by those who stay, or go to
the head of the queue. That agents finish their call first, the simulator can do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError, UnstableQueue
from andon.queueing.inputs import Floats, at_least_zero
from andon.queueing.intervals import Before, known_before, length, one, row
from andon.units import HOUR_S

__all__ = ["StaffedDay", "staffed_day"]

_LOST: Final = 1e-13
"""The share of arrivals that a cut of the states may lose; else more states are taken."""
_SAME: Final = 1e-12
"""How closely a day's end must meet its beginning for the day to repeat."""
_MOST_STATES: Final = 200_000
_MOST_CELLS: Final = 50_000_000
"""States times intervals that are kept at once."""
_MOST_DAYS: Final = 1_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StaffedDay:
    """How a day goes, by interval.

    Attributes
    ----------
    arrivals_per_h : array, shape (k,)
        Arrivals an hour.
    agents : array, shape (k,)
        Agents there.
    p_wait : array, shape (k,)
        Share of arrivals that find all agents busy, 0 to 1.
    answered_within : array, shape (k,)
        Share of all arrivals that are answered within ``answer_within_s``, 0 to 1.
    mean_wait_s : array, shape (k,)
        Mean wait of all arrivals, answered or not, seconds. This and ``answered_within`` take it
        that the interval's agents stay for as long as its last arrivals wait.
    arrived, answered, abandoned : array, shape (k,)
        Expected counts within the interval: who came, who was helped to the end, who gave up.
    waiting, in_service : array, shape (k,)
        Mean numbers present.
    occupancy : array, shape (k,)
        Share of agents' time spent on contacts, 0 to 1; NaN without agents.
    present : array, shape (k + 1,)
        Expected number present at the edges of the intervals.
    answer_within_s : float
        The answering time that ``answered_within`` counts by, seconds.
    interval_s : float
        Length of an interval, seconds.
    """

    arrivals_per_h: Floats
    agents: Floats
    p_wait: Floats
    answered_within: Floats
    mean_wait_s: Floats
    arrived: Floats
    answered: Floats
    abandoned: Floats
    waiting: Floats
    in_service: Floats
    occupancy: Floats
    present: Floats
    answer_within_s: float
    interval_s: float

    @property
    def p_wait_overall(self) -> float:
        """Share of the day's arrivals that wait, 0 to 1; NaN if nobody comes."""
        return self._over_arrivals(self.p_wait)

    @property
    def answered_within_overall(self) -> float:
        """Share of the day's arrivals that are answered in time, 0 to 1; NaN if nobody comes."""
        return self._over_arrivals(self.answered_within)

    @property
    def abandoned_share(self) -> float:
        """Those who gave up over those who came, the whole day; NaN if nobody comes."""
        came = float(self.arrived.sum())
        return float(self.abandoned.sum()) / came if came > 0 else math.nan

    def _over_arrivals(self, share: Floats) -> float:
        came = float(self.arrived.sum())
        some = self.arrived > 0
        return float((share[some] * self.arrived[some]).sum() / came) if came > 0 else math.nan


def staffed_day(
    *,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle_s: float,
    agents: npt.ArrayLike,
    patience_s: float | None = None,
    answer_within_s: float = 20.0,
    before: Before = "periodic",
) -> StaffedDay:
    """What follows through a day from these arrivals and these agents, exactly.

    Parameters
    ----------
    arrivals_per_h : array_like, shape (k,)
        Arrivals an hour in each interval, 0 or more; Poisson.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle_s : float
        Mean handle time, seconds (> 0); exponential.
    agents : array_like, shape (k,)
        Agents in each interval, whole numbers of 0 or more.
    patience_s : float, optional
        Mean patience, seconds (> 0); exponential. Without it nobody hangs up.
    answer_within_s : float
        For ``answered_within``, seconds (0 or more).
    before : {"nobody", "steady", "periodic"}
        What went before: an empty service, the first interval for ever, or this same day for ever.

    Returns
    -------
    StaffedDay

    Raises
    ------
    UnstableQueue
        If nobody hangs up and more comes in than can be done, over the day that repeats or in the
        first interval that is to have held for ever.
    QueueingError
        If an input is out of range, or the queue grows beyond 200,000 customers.

    Notes
    -----
    Uniformisation of the forward equations; states are cut where fewer than 1 in 10^13 arrivals
    would be lost. Its cost grows with the square of the load: a day of 1,000 erlangs takes seconds.

    Examples
    --------
    Ten erlangs, then twenty, and agents to match; the second hour still finds the calm of the
    first.

    >>> day = staffed_day(
    ...     arrivals_per_h=[120, 240],
    ...     interval_s=3600,
    ...     handle_s=300,
    ...     agents=[13, 23],
    ...     patience_s=120,
    ...     before="steady",
    ... )
    >>> day.p_wait.round(3).tolist(), round(day.abandoned_share, 4)
    ([0.175, 0.197], 0.0428)
    """
    lam = row("arrivals_per_h", arrivals_per_h) / HOUR_S
    staff = row("agents", agents, intervals=len(lam))
    _whole("agents", staff)
    step, mean = length(interval_s), one("handle_s", handle_s)
    theta = 0.0 if patience_s is None else 1 / one("patience_s", patience_s)
    within = float(at_least_zero("answer_within_s", answer_within_s))
    known_before(before)
    model = _Model(lam=lam, n=staff.astype(np.int64), mu=1 / mean, theta=theta, step=step)
    model.must_have_an_end(before)
    areas, ends = model.solved(before)
    return _day(model, areas, ends, within)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Model:
    """Rates a second, by interval; the paper's letters."""

    lam: Floats
    n: npt.NDArray[np.int64]
    mu: float
    theta: float
    step: float

    def must_have_an_end(self, before: Before) -> None:
        """Refuse a queue that grows without end."""
        if self.theta > 0 or before == "nobody":
            return
        lam, n = (
            (float(self.lam[0]), float(self.n[0]))
            if before == "steady"
            else (float(self.lam.mean()), float(self.n.mean()))
        )
        load = lam / self.mu
        if lam > 0 and load >= n * (1 - 1e-12):
            raise UnstableQueue.from_load(max(load, n), n)

    def solved(self, before: Before) -> tuple[Floats, Floats]:
        """The time spent in each state in each interval, and the distribution at each edge."""
        states = self._enough()
        while True:
            areas, ends = self._through(states, before)
            full = areas[:, -1] * self.lam
            if full.sum() <= _LOST * max(1.0, (self.lam * self.step).sum()):
                return areas, ends
            states = self._allowed(2 * states)

    def _enough(self) -> int:
        """A first guess at the states: what would flow through without chance, and chance."""
        x = most = float(self.lam[0] / self.mu if self.theta > 0 else 0.0)
        for lam, n in zip(self.lam, self.n, strict=True):
            for _ in range(64):
                away = self.mu * min(x, n) + self.theta * max(x - n, 0)
                x = max(0.0, x + (lam - away) * self.step / 64)
                most = max(most, x)
            most = max(most, min(lam / self.mu, most + lam * self.step))
        return self._allowed(round(most + 10 * math.sqrt(most) + 30))

    def _allowed(self, states: int) -> int:
        most = min(_MOST_STATES, _MOST_CELLS // len(self.lam))
        if states > most:
            raise QueueingError(
                "The queue grows too long to follow each number of customers.",
                found=f"{states:,} states would be needed, {most:,} are allowed for "
                f"{len(self.lam):,} intervals",
                todo="Give more agents or patience_s, fewer intervals at once, or simulate.",
            )
        return states

    def _through(self, states: int, before: Before) -> tuple[Floats, Floats]:
        from andon.queueing._kernels.staffed_day import pass_interval  # noqa: PLC0415 - compiles

        k = len(self.lam)
        areas, ends = np.empty((k, states)), np.empty((k + 1, states))
        ends[0] = self._start(states, before)
        for _ in range(_MOST_DAYS):
            for i in range(k):
                ends[i + 1] = ends[i]
                pass_interval(
                    ends[i + 1],
                    areas[i],
                    float(self.lam[i]),
                    int(self.n[i]),
                    self.mu,
                    self.theta,
                    self.step,
                )
                # Rounding must not make or lose customers, day after day.
                ends[i + 1] /= ends[i + 1].sum()
                areas[i] *= self.step / areas[i].sum()
            if before != "periodic" or np.abs(ends[k] - ends[0]).sum() <= _SAME:
                return areas, ends
            ends[0] = ends[k]
        raise QueueingError(
            "The day has not settled into a repeating one.",
            found=f"{_MOST_DAYS:,} days, and its end still differs from its beginning",
            todo="Give more agents or patience_s, or say before='nobody' with a longer stretch.",
        )

    def _start(self, states: int, before: Before) -> Floats:
        start = np.zeros(states)
        lam, n = float(self.lam[0]), int(self.n[0])
        if before == "nobody" or lam == 0:
            start[0] = 1.0
            return start
        if before == "periodic" and self.theta == 0 and lam >= n * self.mu:
            # No steady state to begin with; the day itself has one.
            start[min(states - 1, n)] = 1.0
            return start
        j = np.arange(1, states)
        away = self.mu * np.minimum(j, n) + self.theta * np.maximum(j - n, 0)
        start[1:] = np.cumsum(np.log(lam) - np.log(away))
        start = np.exp(start - start.max())
        return np.asarray(start / start.sum())


def _day(model: _Model, areas: Floats, ends: Floats, within: float) -> StaffedDay:
    k, states = areas.shape
    share = areas / model.step
    j = np.arange(states)
    over = np.maximum(j - model.n[:, None], 0)
    waiting = (share * over).sum(axis=1)
    in_service = (share * np.minimum(j, model.n[:, None])).sum(axis=1)
    p_wait, in_time, mean_wait = np.empty(k), np.empty(k), np.empty(k)
    known: dict[int, Floats] = {}
    for i, n in enumerate(model.n.tolist()):
        busy = share[i, n:]
        p_wait[i] = busy.sum()
        if n not in known:
            known[n] = _answered_in_time(n * model.mu, model.theta, states, within)
        in_time[i] = share[i, :n].sum() + busy @ known[n][: len(busy)]
        ahead = np.arange(1, len(busy) + 1)
        out = n * model.mu + ahead * model.theta
        mean_wait[i] = busy @ (ahead / out) if n or model.theta else math.inf
    occupancy = np.divide(in_service, model.n, out=np.full(k, np.nan), where=model.n > 0)
    return StaffedDay(
        arrivals_per_h=model.lam * HOUR_S,
        agents=model.n.astype(np.float64),
        p_wait=np.clip(p_wait, 0.0, 1.0),
        answered_within=np.clip(in_time, 0.0, 1.0),
        mean_wait_s=mean_wait,
        arrived=model.lam * model.step,
        answered=in_service * model.mu * model.step,
        abandoned=waiting * model.theta * model.step,
        waiting=waiting,
        in_service=in_service,
        occupancy=occupancy,
        present=ends @ j.astype(np.float64),
        answer_within_s=within,
        interval_s=model.step,
    )


def _answered_in_time(out: float, theta: float, states: int, within: float) -> Floats:
    """The probability that a customer with i others waiting ahead is answered in time.

    Those ahead leave one by one at rate ``out + i theta``; meanwhile the customer may hang up. The
    same uniformisation, backwards: no agents, no answer.
    """
    found = np.zeros(states)
    if out == 0 or within == 0:
        return found
    i = np.arange(states)
    leave = out + i * theta
    rate = float(leave[-1] + theta)
    pieces = math.ceil(rate * within / 500)
    a = rate * within / pieces
    stay = 1 - (leave + theta) / rate
    for _ in range(pieces):
        weight, left, k, v = math.exp(-a), 1.0 - math.exp(-a), 0, found
        found = weight * v
        while k < a or weight > 1e-17:
            ahead = np.concatenate(([1.0], v[:-1]))
            v = stay * v + leave / rate * ahead
            k += 1
            weight *= a / k
            left -= weight
            found = found + weight * v
    return found


def _whole(field: str, numbers: Floats) -> None:
    broken = numbers != np.round(numbers)
    if np.any(broken):
        raise QueueingError(
            f"{field} must be whole numbers.",
            found=f"{field} = {float(numbers[np.argmax(broken)]):g}",
            todo="Round up: half an agent cannot take a call.",
        )
