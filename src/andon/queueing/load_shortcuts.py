"""The shortcuts that planners take for a load that changes, and how far each is from the load.

Most tools staff each interval as if its arrivals had always been what they are now. The load that
is really there, R(t) of :mod:`andon.queueing.changing_load`, lags behind and swings less. Whether
that matters depends on how fast arrivals change within a handle time, against the noise that any
load has of itself: its square root. Half a square root too few turns a wait for one caller in
five into a wait for one in two (Halfin and Whitt's limit at 1 and at 1/2).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.changing_load import load_lag_s, offered_load
from andon.queueing.inputs import Floats, positive
from andon.queueing.intervals import Before, edges, known_before, length, one, row
from andon.units import HOUR_S, number, spoken

if TYPE_CHECKING:
    from andon.queueing.laws import Law

__all__ = [
    "LoadShortcuts",
    "Shortcut",
    "ShortcutError",
    "compare_load_shortcuts",
    "shortcut_load",
]

Shortcut = Literal[
    "interval_mean", "interval_most", "lagged_mean", "lagged_most", "peak_hour", "pointwise"
]
"""What a shortcut takes for the arrival rate of an interval of staffing.

``pointwise`` the rate in its middle (PSA); ``interval_mean`` and ``interval_most`` the mean and the
highest rate within it (SIPP); ``lagged_mean`` and ``lagged_most`` the same, one mean remainder of a
handle time earlier (lag SIPP); ``peak_hour`` the busiest hour's mean, all day long.
"""

_SHORTCUTS: Final[tuple[Shortcut, ...]] = get_args(Shortcut)
_MISLED: Final = 0.5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShortcutError:
    """One shortcut's load beside the load that is there.

    Attributes
    ----------
    shortcut : str
        Its name.
    load_erlangs : array, shape (k,)
        The load it would staff for, by interval of staffing.
    error_erlangs : array, shape (k,)
        That load less the true one: below 0 is too few.
    error_roots : array, shape (k,)
        The same in square roots of the true load (of 1 erlang where the load is below that).
    short_at_s, over_at_s : float
        Start of the interval in which it is worst short, and worst over, seconds.
    short_share, over_share : float
        Share of the time in which it is off by more than ``misled_by``, 0 to 1.
    short_agent_h, over_agent_h : float
        Agent-hours too few, and too many, over the whole stretch.
    misled_by : float
        How many square roots of the load count as misleading.
    """

    shortcut: str
    load_erlangs: Floats
    error_erlangs: Floats
    error_roots: Floats
    short_at_s: float
    over_at_s: float
    short_share: float
    over_share: float
    short_agent_h: float
    over_agent_h: float
    misled_by: float

    @classmethod
    def beside(
        cls,
        true_erlangs: Floats,
        *,
        shortcut: str,
        load_erlangs: Floats,
        step_s: float,
        misled_by: float,
    ) -> Self:
        """The error of a shortcut's load beside the true one, both by steps of ``step_s``."""
        error = load_erlangs - true_erlangs
        roots = error / np.sqrt(np.maximum(true_erlangs, 1.0))
        agent_h = error * step_s / HOUR_S
        return cls(
            shortcut=shortcut,
            load_erlangs=load_erlangs,
            error_erlangs=error,
            error_roots=roots,
            short_at_s=float(roots.argmin() * step_s),
            over_at_s=float(roots.argmax() * step_s),
            short_share=float((roots < -misled_by).mean()),
            over_share=float((roots > misled_by).mean()),
            short_agent_h=float(-agent_h[agent_h < 0].sum()),
            over_agent_h=float(agent_h[agent_h > 0].sum()),
            misled_by=misled_by,
        )

    @property
    def short_roots(self) -> float:
        """How far short it is at worst, in square roots of the load; 0 where it never is."""
        return max(0.0, -float(self.error_roots.min()))

    @property
    def over_roots(self) -> float:
        """How far over it is at worst, in square roots of the load; 0 where it never is."""
        return max(0.0, float(self.error_roots.max()))

    @property
    def misleads(self) -> bool:
        """Whether it is ever short or over by more than ``misled_by``."""
        return max(self.short_roots, self.over_roots) > self.misled_by

    @property
    def says(self) -> str:
        """What it gets wrong, in one sentence."""
        name = self.shortcut.replace("_", " ")
        if not self.misleads:
            worst = max(self.short_roots, self.over_roots)
            return f"{name}: safe here, off by {number(worst, step=0.01)} roots of load at most."
        parts = []
        for word, roots, at, agent_h in (
            ("short", self.short_roots, self.short_at_s, self.short_agent_h),
            ("over", self.over_roots, self.over_at_s, self.over_agent_h),
        ):
            if roots > self.misled_by:
                i = int(self.error_roots.argmin() if word == "short" else self.error_roots.argmax())
                size = number(abs(float(self.error_erlangs[i])), step=0.1)
                parts.append(
                    f"{word} by {size} erlangs ({number(roots, step=0.1)} roots of load) at "
                    f"{spoken(at, 's')}, {number(agent_h, step=0.1)} agent-hours in all"
                )
        return f"{name}: misleads; " + "; ".join(parts) + "."


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LoadShortcuts:
    """All shortcuts beside the load that is there.

    Attributes
    ----------
    start_s : array, shape (k,)
        Where each interval of staffing begins, seconds.
    load_erlangs : array, shape (k,)
        The true load R(t), its mean over each interval of staffing (modified offered load).
    lag_s : float
        By how long the load lags behind arrivals: the mean remainder of a handle time, seconds.
    change_in_lag : array, shape (k,)
        By what share arrivals change within ``lag_s``: ``lag_s |lambda'| / lambda``.
    rule_roots : array, shape (k,)
        ``change_in_lag`` times the square root of the load: about the error, in roots of load, of
        taking the present rate for one that has always been.
    shortcuts : tuple of ShortcutError
    """

    start_s: Floats
    load_erlangs: Floats
    lag_s: float
    change_in_lag: Floats
    rule_roots: Floats
    shortcuts: tuple[ShortcutError, ...]

    def __getitem__(self, shortcut: str) -> ShortcutError:
        """The error of one shortcut."""
        for each in self.shortcuts:
            if each.shortcut == shortcut:
                return each
        raise _unknown(shortcut)

    @property
    def says(self) -> str:
        """How fast arrivals change within a handle time, and what follows, in plain words."""
        i = int(self.rule_roots.argmax())
        change, roots = float(self.change_in_lag[i]), float(self.rule_roots[i])
        fast = (
            f"Arrivals change by up to {spoken(change, 'share', step=0.001)} in "
            f"{spoken(self.lag_s, 's')}, the time by which the load lags behind them: at "
            f"{number(float(self.load_erlangs[i]), step=1)} erlangs that is "
            f"{number(roots, step=0.01)} roots of load."
        )
        misled = [each.shortcut.replace("_", " ") for each in self.shortcuts if each.misleads]
        if not misled:
            return f"{fast} Every shortcut is safe here."
        return f"{fast} These mislead: {', '.join(misled)}."


def shortcut_load(
    *,
    shortcut: Shortcut,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle: Law,
    staffing_interval_s: float | None = None,
    before: Before = "periodic",
) -> Floats:
    """The load that a shortcut would staff for, in erlangs, by interval of staffing.

    Parameters
    ----------
    shortcut : Shortcut
        Which one; see :data:`Shortcut`.
    arrivals_per_h : array_like, shape (k,)
        Arrivals an hour in each interval, 0 or more.
    interval_s : float
        Length of an interval of arrivals, seconds (> 0).
    handle : Law
        Of handle times, seconds. A shortcut sees only its mean, and a lagged one its variation.
    staffing_interval_s : float, optional
        For how long a number of agents stays, seconds: a whole number of intervals of arrivals;
        one of them by default.
    before : {"nobody", "steady", "periodic"}
        What went before.

    Returns
    -------
    array, shape (k * interval_s / staffing_interval_s,)

    Raises
    ------
    QueueingError
        If there is no such shortcut, or intervals of staffing do not hold whole ones of arrivals.

    Notes
    -----
    Sources: Green and Kolesar 1991 (pointwise), https://doi.org/10.1287/mnsc.37.1.84; Green,
    Kolesar and Soares 2001 (by interval, lagged; their lag is the mean handle time, which for
    exponential ones is the mean remainder), https://doi.org/10.1287/opre.49.4.549.11228; Green and
    Kolesar 1995 (peak hour), https://doi.org/10.1287/mnsc.41.8.1353.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> shortcut_load(
    ...     shortcut="lagged_mean",
    ...     arrivals_per_h=[60, 120],
    ...     interval_s=1800,
    ...     handle=Exponential(mean_s=600),
    ... ).tolist()
    [13.333333333333334, 16.666666666666668]
    """
    rate, step, per = _door(arrivals_per_h, interval_s, staffing_interval_s)
    known_before(before)
    if shortcut not in _SHORTCUTS:
        raise _unknown(shortcut)
    lag = load_lag_s(handle=handle) if shortcut.startswith("lagged") else 0.0
    return _rate(shortcut, rate, step, per, lag, before) * handle.mean_s / HOUR_S


def compare_load_shortcuts(
    *,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle: Law,
    staffing_interval_s: float | None = None,
    before: Before = "periodic",
    misled_by: float = _MISLED,
) -> LoadShortcuts:
    """What each shortcut would staff for, how far that is from the load, and whether it misleads.

    Parameters
    ----------
    arrivals_per_h : array_like, shape (k,)
        Arrivals an hour in each interval, 0 or more.
    interval_s : float
        Length of an interval of arrivals, seconds (> 0).
    handle : Law
        Of handle times, seconds.
    staffing_interval_s : float, optional
        For how long a number of agents stays, seconds: a whole number of intervals of arrivals;
        one of them by default.
    before : {"nobody", "steady", "periodic"}
        What went before.
    misled_by : float
        How many square roots of the load, too few or too many, count as misleading (> 0).

    Returns
    -------
    LoadShortcuts

    Raises
    ------
    QueueingError
        If a rate is negative, or intervals of staffing do not hold whole ones of arrivals.

    Notes
    -----
    The truth is R(t), exact; so are the errors. That a load followed by R(t) and a fixed number of
    its roots keeps the probability of waiting nearly constant is Jennings, Mandelbaum, Massey and
    Whitt 1996, https://doi.org/10.1287/mnsc.42.10.1383.

    Examples
    --------
    Handle times of an hour, on a day that swells and ebbs: staffing for the present rate is far
    short in the afternoon and over in the morning, and a lag mends it.

    >>> import numpy as np
    >>> from andon.queueing.laws import Exponential
    >>> hour = np.arange(24) + 0.5
    >>> day = compare_load_shortcuts(
    ...     arrivals_per_h=200 - 150 * np.cos(hour * np.pi / 12),
    ...     interval_s=3600,
    ...     handle=Exponential(mean_s=3600),
    ... )
    >>> round(day["interval_mean"].short_roots, 2), round(day["lagged_mean"].short_roots, 2)
    (2.94, 0.76)
    """
    rate, step, per = _door(arrivals_per_h, interval_s, staffing_interval_s)
    known_before(before)
    limit = one("misled_by", misled_by)
    lag = load_lag_s(handle=handle)
    true = offered_load(arrivals_per_h=rate, interval_s=step, handle=handle, before=before)
    load = true.interval_erlangs.reshape(-1, per).mean(axis=-1)
    start = edges(len(load), step * per)[:-1]
    change = _change(rate, step, before).reshape(-1, per).max(axis=-1) * lag
    mean = handle.mean_s / HOUR_S
    errors = tuple(
        ShortcutError.beside(
            load,
            shortcut=each,
            load_erlangs=_rate(each, rate, step, per, lag, before) * mean,
            step_s=step * per,
            misled_by=limit,
        )
        for each in _SHORTCUTS
    )
    return LoadShortcuts(
        start_s=start,
        load_erlangs=load,
        lag_s=lag,
        change_in_lag=change,
        rule_roots=change * np.sqrt(load),
        shortcuts=errors,
    )


def _rate(
    shortcut: Shortcut, rate: Floats, step: float, per: int, lag: float, before: Before
) -> Floats:
    """The arrival rate that a shortcut takes for each interval of staffing."""
    blocks = rate.reshape(-1, per)
    count = len(blocks)
    if shortcut == "interval_mean":
        return np.asarray(blocks.mean(axis=1))
    if shortcut == "interval_most":
        return np.asarray(blocks.max(axis=1))
    if shortcut == "pointwise":
        return (blocks[:, (per - 1) // 2] + blocks[:, per // 2]) / 2
    if shortcut == "peak_hour":
        return np.full(count, _busiest_hour(rate, step, before))
    starts = edges(count, step * per) - lag
    if shortcut == "lagged_mean":
        came = _came(starts, rate, step, before)
        return np.diff(came) / (step * per)
    return np.array([_most(a, b, rate, step, before) for a, b in itertools.pairwise(starts)])


def _busiest_hour(rate: Floats, step: float, before: Before) -> float:
    """The highest mean rate over an hour that begins and ends with an interval."""
    wide = min(len(rate), max(1, round(HOUR_S / step)))
    day = np.concatenate((rate, rate[: wide - 1])) if before == "periodic" else rate
    return float(np.convolve(day, np.ones(wide) / wide, mode="valid").max())


def _came(at: Floats, rate: Floats, step: float, before: Before) -> Floats:
    """Rate times seconds up to each instant; instants before 0 count below 0."""
    marks = edges(len(rate), step)
    total = np.concatenate(([0.0], np.cumsum(rate))) * step
    if before == "periodic":
        days = np.floor(at / marks[-1])
        return np.asarray(days * total[-1] + np.interp(at - days * marks[-1], marks, total))
    early = rate[0] * at if before == "steady" else np.zeros_like(at)
    return np.where(at < 0, early, np.interp(at, marks, total))


def _most(start: float, end: float, rate: Floats, step: float, before: Before) -> float:
    """The highest rate between two instants."""
    first = math.floor(start / step + 1e-9)
    last = max(first, math.ceil(end / step - 1e-9) - 1)
    found = np.arange(first, last + 1)
    if before == "periodic":
        return float(rate[np.mod(found, len(rate))].max())
    old = rate[0] if before == "steady" else 0.0
    return float(np.where(found < 0, old, rate[np.maximum(found, 0)]).max())


def _change(rate: Floats, step: float, before: Before) -> Floats:
    """The share by which arrivals change per second, |lambda'| / lambda, across intervals."""
    if before == "periodic":
        around = np.concatenate((rate[-1:], rate, rate[:1]))
    else:
        first = 0.0 if before == "nobody" else rate[0]
        around = np.concatenate(([first], rate, rate[-1:]))
    slope = np.abs(around[2:] - around[:-2]) / (2 * step)
    return np.divide(slope, rate, out=np.zeros_like(rate), where=rate > 0)


def _door(
    arrivals_per_h: npt.ArrayLike, interval_s: float, staffing_interval_s: float | None
) -> tuple[Floats, float, int]:
    """The rates of one day, an interval's length, and how many make one of staffing."""
    rate, step = row("arrivals_per_h", arrivals_per_h), length(interval_s)
    if staffing_interval_s is None:
        return rate, step, 1
    wide = float(positive("staffing_interval_s", staffing_interval_s))
    per = round(wide / step)
    if per < 1 or abs(per * step - wide) > 1e-9 * wide or len(rate) % per:
        raise QueueingError(
            "Intervals of staffing must hold whole intervals of arrivals, and fill the stretch.",
            found=f"staffing_interval_s = {wide:g}, interval_s = {step:g}, {len(rate)} intervals",
            todo=f"Use a multiple of {step:g} that divides {len(rate) * step:g}.",
        )
    return rate, step, per


def _unknown(shortcut: str) -> QueueingError:
    return QueueingError(
        "There is no such shortcut.",
        found=f"shortcut = {shortcut!r}",
        todo=f"Use one of {', '.join(_SHORTCUTS)}.",
    )
