"""Customers who come back: the load of a service in which some return after a while (Erlang-R).

A contact takes a handle time; a share of contacts is followed, after a delay, by another one of the
same customer. With R1 customers in service ("needy") and R2 on their way back ("content"),

    R1' = lambda(t) + delta R2 - mu R1,        R2' = p mu R1 - delta R2,

the means of the infinite-server network (Yom-Tov and Mandelbaum 2014, *Erlang-R: a time-varying
queue with reentrant customers*, https://doi.org/10.1287/msom.2013.0474). Where arrivals never
change the loads are lambda / ((1 - p) mu) and p lambda / ((1 - p) delta), whatever the laws; where
they do, the delay carries today's work into tomorrow, and every shortcut swings too much or too
little.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, Numbers, as_given, at_least_zero, positive, together
from andon.queueing.inputs import share as shares
from andon.queueing.intervals import Before, by_interval, edges, known_before, length, moments, one
from andon.units import HOUR_S

__all__ = [
    "ReentrantLoad",
    "ReentrantSinusoid",
    "Swing",
    "reentrant_load",
    "reentrant_load_of_rate",
    "reentrant_sinusoid",
    "returning",
]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Swing:
    """A load that swings as a sine: ``mean + amplitude sin(2 pi t / period + phase)``.

    Attributes
    ----------
    mean_erlangs : float or array
        Mean load.
    amplitude_erlangs : float or array
        Half the way from trough to peak, 0 or more.
    phase_rad : float or array
        Phase against arrivals, -pi to pi; below 0 the load lags behind them.
    period_s : float or array
        Seconds.
    """

    mean_erlangs: Numbers
    amplitude_erlangs: Numbers
    phase_rad: Numbers
    period_s: Numbers

    @property
    def lag_s(self) -> Numbers:
        """By how long the peak comes after the peak of arrivals, seconds."""
        return as_given(-np.asarray(self.phase_rad) * self.period_s / (2 * math.pi))

    def at(self, at_s: npt.ArrayLike) -> Numbers:
        """The load, seconds after arrivals stood at their mean and rose."""
        turn = 2 * math.pi * np.asarray(at_s, dtype=np.float64) / self.period_s + self.phase_rad
        return as_given(self.mean_erlangs + self.amplitude_erlangs * np.sin(turn))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReentrantSinusoid:
    """The loads that sinusoidal arrivals bring where customers come back, beside three shortcuts.

    Attributes
    ----------
    needy : Swing
        Customers in service: the load to staff for.
    content : Swing
        Customers on their way back.
    one_long_service : Swing
        The shortcut that adds up a customer's contacts to one long one.
    extra_arrivals : Swing
        The shortcut that counts a return as an arrival at once.
    no_returns : Swing
        The shortcut that knows of no returns.
    """

    needy: Swing
    content: Swing
    one_long_service: Swing
    extra_arrivals: Swing
    no_returns: Swing


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReentrantLoad:
    """The loads where customers come back, through time.

    Attributes
    ----------
    at_s : array, shape (m,)
        Instants, seconds after the start.
    needy_erlangs : array, shape (..., m)
        Customers in service at each instant: the load to staff for.
    content : array, shape (..., m)
        Customers on their way back at each instant.
    interval_needy_erlangs, interval_content : array, shape (..., k)
        Their means over each interval.
    interval_s : float
        Length of an interval, seconds.
    """

    at_s: Floats
    needy_erlangs: Floats
    content: Floats
    interval_needy_erlangs: Floats
    interval_content: Floats
    interval_s: float


def reentrant_sinusoid(
    *,
    mean_per_h: npt.ArrayLike,
    relative_amplitude: npt.ArrayLike,
    period_s: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    delay_s: npt.ArrayLike,
    return_share: npt.ArrayLike,
) -> ReentrantSinusoid:
    """The loads of returning customers whose first contacts swell and ebb as a sine.

    First contacts come at ``mean_per_h (1 + relative_amplitude sin(2 pi t / period_s))``.

    Parameters
    ----------
    mean_per_h : array_like
        Mean first contacts an hour, 0 or more.
    relative_amplitude : array_like
        0 to 1.
    period_s : array_like
        Seconds, above 0; 86,400 for a day.
    handle_s : array_like
        Mean handle time, seconds, above 0; exponential.
    delay_s : array_like
        Mean time until a customer comes back, seconds, above 0; exponential.
    return_share : array_like
        Share of contacts that are followed by another, 0 to below 1.

    Returns
    -------
    ReentrantSinusoid
        In the common shape of all arguments.

    Raises
    ------
    QueueingError
        If a number lies outside its range, or shapes do not broadcast.

    Notes
    -----
    Exact, by complex amplitudes. Source: Yom-Tov and Mandelbaum 2014, section 4,
    https://doi.org/10.1287/msom.2013.0474.

    Examples
    --------
    Handle times of an hour, two in three come back after two hours on average: the shortcut of one
    long service swings 1.7 times as much as the load, that of extra arrivals 2.1 times.

    >>> found = reentrant_sinusoid(
    ...     mean_per_h=30,
    ...     relative_amplitude=0.5,
    ...     period_s=86_400,
    ...     handle_s=3600,
    ...     delay_s=7200,
    ...     return_share=2 / 3,
    ... )
    >>> round(found.needy.mean_erlangs, 6), round(found.needy.amplitude_erlangs, 6)
    (90.0, 20.915121)
    >>> long, extra = found.one_long_service, found.extra_arrivals
    >>> round(long.amplitude_erlangs, 6), round(extra.amplitude_erlangs, 6)
    (35.38976, 43.532874)
    """
    mean, relative, period, handle, delay, back = together(
        mean_per_h=at_least_zero("mean_per_h", mean_per_h),
        relative_amplitude=shares("relative_amplitude", relative_amplitude),
        period_s=positive("period_s", period_s),
        handle_s=positive("handle_s", handle_s),
        delay_s=positive("delay_s", delay_s),
        return_share=returning(return_share),
    )
    lam, mu, delta, p = mean / HOUR_S, 1 / handle, 1 / delay, back
    turn = 2j * math.pi / period
    swing = lam * relative
    # Where they never change, both stand still: turn = 0.
    around = (turn + mu) * (turn + delta) - p * mu * delta
    needy = swing * (turn + delta) / around
    return ReentrantSinusoid(
        needy=_swing(lam / ((1 - p) * mu), needy, period),
        content=_swing(p * lam / ((1 - p) * delta), swing * p * mu / around, period),
        one_long_service=_swing(lam / ((1 - p) * mu), swing / (turn + (1 - p) * mu), period),
        extra_arrivals=_swing(lam / ((1 - p) * mu), swing / (1 - p) / (turn + mu), period),
        no_returns=_swing(lam / mu, swing / (turn + mu), period),
    )


def reentrant_load(
    *,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle_s: float,
    delay_s: float,
    return_share: float,
    at_s: npt.ArrayLike | None = None,
    before: Before = "nobody",
) -> ReentrantLoad:
    """The loads of returning customers, for first contacts that come in steps.

    Parameters
    ----------
    arrivals_per_h : array_like, shape (..., k)
        First contacts an hour in each interval, 0 or more.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle_s : float
        Mean handle time, seconds (> 0); exponential.
    delay_s : float
        Mean time until a customer comes back, seconds (> 0); exponential.
    return_share : float
        Share of contacts that are followed by another, 0 to below 1.
    at_s : array_like, shape (m,), optional
        Instants at which to tell the loads, seconds after the start (0 or more); the edges of the
        intervals by default. After the last interval there are no first contacts, unless the past
        repeats.
    before : {"nobody", "steady", "periodic"}
        What went before: an empty service, the first rate for ever, or this same stretch for ever.

    Returns
    -------
    ReentrantLoad

    Raises
    ------
    QueueingError
        If a number lies outside its range, or there is no interval.

    Notes
    -----
    Exact up to rounding: within an interval the two equations have constant coefficients, and the
    exponential of their matrix carries the loads from edge to edge. The mean load of service over
    a repeating day is the mean rate times the handle time over 1 - p, always.

    Source: Yom-Tov and Mandelbaum 2014, section 4, https://doi.org/10.1287/msom.2013.0474.

    Examples
    --------
    Customers of one busy hour, half of whom ring again within two hours on average, are still felt
    in the fourth hour.

    >>> found = reentrant_load(
    ...     arrivals_per_h=[60, 0, 0, 0],
    ...     interval_s=3600,
    ...     handle_s=600,
    ...     delay_s=7200,
    ...     return_share=0.5,
    ... )
    >>> found.interval_needy_erlangs.round(2).tolist()
    [8.91, 3.51, 1.62, 1.27]
    """
    rate = by_interval("arrivals_per_h", arrivals_per_h) / HOUR_S
    step = length(interval_s)
    known_before(before)
    flow = _Flow.of(handle_s, delay_s, return_share)
    k = rate.shape[-1]
    ends = flow.through(rate, step, before)
    steady = flow.steady(rate)
    means = steady + _moved(flow.mean_of(step), ends[..., :-1, :] - steady)
    if at_s is None:
        instants, loads = edges(k, step), ends
    else:
        instants = moments("at_s", at_s)
        when = np.mod(instants, k * step) if before == "periodic" else instants
        last = k - 1 if before == "periodic" else k
        i = np.minimum((when // step).astype(np.int64), last)
        goal = np.concatenate((steady, np.zeros_like(steady[..., :1, :])), axis=-2)[..., i, :]
        loads = goal + _moved(flow.over(when - i * step), ends[..., i, :] - goal)
    loads, means = np.maximum(loads, 0.0), np.maximum(means, 0.0)
    return ReentrantLoad(
        at_s=instants,
        needy_erlangs=loads[..., 0],
        content=loads[..., 1],
        interval_needy_erlangs=means[..., 0],
        interval_content=means[..., 1],
        interval_s=step,
    )


def reentrant_load_of_rate(
    *,
    rate_per_h: Callable[[float], float],
    until_s: float,
    interval_s: float,
    handle_s: float,
    delay_s: float,
    return_share: float,
    needy_at_start: float = 0.0,
    content_at_start: float = 0.0,
) -> ReentrantLoad:
    """The loads of returning customers, for first contacts at any rate.

    Parameters
    ----------
    rate_per_h : callable
        First contacts an hour (0 or more), given seconds after the start. Where it jumps it should
        do so at an edge of the intervals; :func:`reentrant_load` is exact for steps.
    until_s : float
        How far to go, seconds: a whole number of intervals.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle_s : float
        Mean handle time, seconds (> 0); exponential.
    delay_s : float
        Mean time until a customer comes back, seconds (> 0); exponential.
    return_share : float
        Share of contacts that are followed by another, 0 to below 1.
    needy_at_start, content_at_start : float
        Customers in service, and on their way back, at the start (0 or more).

    Returns
    -------
    ReentrantLoad
        At the edges of the intervals.

    Raises
    ------
    QueueingError
        If a number lies outside its range, or the rate is negative or not finite somewhere.

    Notes
    -----
    Integrated numerically (Dormand and Prince, order 8) to a relative 1e-10 in each interval.
    Source: Yom-Tov and Mandelbaum 2014, section 4, https://doi.org/10.1287/msom.2013.0474.

    Examples
    --------
    >>> found = reentrant_load_of_rate(
    ...     rate_per_h=lambda t: t / 60,
    ...     until_s=3600,
    ...     interval_s=1800,
    ...     handle_s=600,
    ...     delay_s=7200,
    ...     return_share=0.5,
    ... )
    >>> found.needy_erlangs.round(3).tolist()
    [0.0, 3.496, 8.907]
    """
    from scipy.integrate import solve_ivp  # noqa: PLC0415 - slow to load, and seldom needed

    step, end = length(interval_s), one("until_s", until_s)
    k = round(end / step)
    if k < 1 or abs(k * step - end) > 1e-9 * end:
        raise QueueingError(
            "until_s must be a whole number of intervals.",
            found=f"until_s = {end:g}, interval_s = {step:g}",
            todo=f"Use a multiple of {step:g}.",
        )
    flow = _Flow.of(handle_s, delay_s, return_share)
    mu, delta, p = flow.mu, flow.delta, flow.p

    def slope(t: float, state: Floats) -> list[float]:
        lam = float(at_least_zero("rate_per_h", rate_per_h(float(t)))) / HOUR_S
        needy, content = state[0], state[1]
        return [
            lam + delta * content - mu * needy,
            p * mu * needy - delta * content,
            needy,
            content,
        ]

    ends, means = np.zeros((k + 1, 2)), np.zeros((k, 2))
    ends[0] = (
        float(at_least_zero("needy_at_start", needy_at_start)),
        float(at_least_zero("content_at_start", content_at_start)),
    )
    for i in range(k):
        solved = solve_ivp(
            slope,
            (i * step, (i + 1) * step),
            [ends[i, 0], ends[i, 1], 0.0, 0.0],
            method="DOP853",
            rtol=1e-10,
            atol=1e-12,
            max_step=step / 8,
        )
        ends[i + 1], means[i] = solved.y[:2, -1], solved.y[2:, -1] / step
    return ReentrantLoad(
        at_s=edges(k, step),
        needy_erlangs=ends[:, 0],
        content=ends[:, 1],
        interval_needy_erlangs=means[:, 0],
        interval_content=means[:, 1],
        interval_s=step,
    )


def returning(return_share: npt.ArrayLike) -> Floats:
    """Shares of contacts that are followed by another: 0 to below 1."""
    back = shares("return_share", return_share)
    if np.any(back == 1):
        raise QueueingError(
            "return_share must be below 1.",
            found="return_share = 1",
            todo="Give less than 1: were all to come back, none would ever be settled.",
        )
    return back


@dataclass(frozen=True, kw_only=True, slots=True)
class _Flow:
    """x' = A x + (lambda, 0), rates a second; the paper's letters."""

    mu: float
    delta: float
    p: float

    @classmethod
    def of(cls, handle_s: float, delay_s: float, return_share: float) -> _Flow:
        back = returning(return_share)
        if back.ndim:
            raise QueueingError(
                "return_share must be a single number.",
                found=f"return_share of shape {back.shape}",
                todo="Call once for each.",
            )
        return cls(
            mu=1 / one("handle_s", handle_s), delta=1 / one("delay_s", delay_s), p=float(back)
        )

    def steady(self, rate: Floats) -> Floats:
        """Where both would settle at each rate."""
        served = rate / (1 - self.p)
        return np.stack((served / self.mu, self.p * served / self.delta), axis=-1)

    def change(self, seconds: npt.ArrayLike) -> Floats:
        """exp(A t) - 1, without loss where t is short.

        A has two real eigenvalues, r1 > r2, both below 0, and for any function f of a matrix
        f(A) = f(r1) + (A - r1) (f(r1) - f(r2)) / (r1 - r2).
        """
        t = np.asarray(seconds, dtype=np.float64)[..., None, None]
        mu, delta, p = self.mu, self.delta, self.p
        gap = math.sqrt((mu - delta) ** 2 + 4 * p * mu * delta)
        fast = -(mu + delta + gap) / 2
        slow = mu * delta * (1 - p) / fast
        away = gap * t
        ratio = np.divide(-np.expm1(-away), away, out=np.ones_like(away), where=away > 0)
        matrix = np.array([[-mu - slow, delta], [p * mu, -delta - slow]])
        return np.asarray(np.expm1(slow * t) * np.eye(2) + matrix * (t * np.exp(slow * t) * ratio))

    def over(self, seconds: npt.ArrayLike) -> Floats:
        """exp(A t)."""
        return self.change(seconds) + np.eye(2)

    def mean_of(self, seconds: float) -> Floats:
        """The mean of exp(A s) for s from 0 to t: A^-1 (exp(A t) - 1) / t."""
        mu, delta, p = self.mu, self.delta, self.p
        inverse = -np.array([[delta, delta], [p * mu, mu]]) / (mu * delta * (1 - p))
        return np.asarray(inverse @ self.change(seconds) / seconds)

    def through(self, rate: Floats, step: float, before: Before) -> Floats:
        """Both at each edge."""
        k = rate.shape[-1]
        steady, over = self.steady(rate), self.over(step)
        out = np.zeros((*rate.shape[:-1], k + 1, 2))
        if before == "steady":
            out[..., 0, :] = steady[..., 0, :]
        for _ in range(2 if before == "periodic" else 1):
            for i in range(k):
                goal = steady[..., i, :]
                out[..., i + 1, :] = goal + _moved(over, out[..., i, :] - goal)
            if before == "periodic" and not out[..., 0, :].any():
                # From empty the day ends at c; from x it would end at c + exp(A T) x: x itself.
                out[..., 0, :] = np.linalg.solve(-self.change(k * step), out[..., k, :, None])[
                    ..., 0
                ]
        return out


def _moved(matrix: Floats, loads: Floats) -> Floats:
    return np.asarray((matrix @ loads[..., None])[..., 0])


def _swing(mean: Floats, amplitude: npt.NDArray[np.inexact], period: Floats) -> Swing:
    return Swing(
        mean_erlangs=as_given(np.asarray(mean)),
        amplitude_erlangs=as_given(np.asarray(np.abs(amplitude))),
        phase_rad=as_given(np.asarray(np.angle(amplitude))),
        period_s=as_given(period),
    )
