"""The warm-up: how much of a run still remembers that it began empty.

A run begins with an empty queue and idle agents. Where an operation never closes, that start is an
invention, and what was counted before it is forgotten must be cut. MSER-5 finds the cut (White
1997, *An effective truncation heuristic for bias reduction in simulation output*,
https://doi.org/10.1177/003754979706900601; White, Cobb and Spratt 2000, *A comparison of five
steady-state truncation heuristics*, https://doi.org/10.1109/WSC.2000.899841): means of five
intervals are averaged over replications (as Welch does), and the cut is where what is left tells
its mean most sharply. A cut in the second half means that the run is too short to tell (Hoad,
Robinson and Davies 2010, *Automating warm-up length estimation*,
https://doi.org/10.1057/jors.2009.87).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing._kernels import columns
from andon.queueing.inputs import at_least_zero
from andon.queueing.simulator.counts import Counts
from andon.queueing.simulator.model import Model
from andon.units import spoken

__all__ = ["WarmUp", "cut_after", "cycle", "detect", "is_steady"]

_Floats = npt.NDArray[np.float64]

_BATCH: Final = 5
_IGNORED: Final = 5
"""Means at the end that are too few to tell a spread from."""
_LEAST: Final = 4 * _IGNORED
_ROUNDING: Final = 1e-12
"""Spreads that differ by so small a part of the whole are alike; the first is taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmUp:
    """What was cut from the beginning of every run, and why.

    Attributes
    ----------
    cut_s : float
        Results count from here on, seconds after the start.
    how : str
        ``none``: each run is counted from its start; ``asked``: as was asked for; ``detected``:
        found by MSER-5; ``too short``: it could not be found, and half the run was cut.
    """

    cut_s: float
    how: Literal["none", "asked", "detected", "too short"]

    @property
    def says(self) -> str:
        """One sentence for people.

        >>> WarmUp(cut_s=7200.0, how="detected").says
        'The first 2 h of each run were left out: until then it remembers its empty start (MSER-5).'
        """
        cut = spoken(self.cut_s, "s")
        if self.how == "too short":
            return (
                f"The runs are too short to tell when they have forgotten their empty start; the "
                f"first {cut} of each were left out. Simulate more days."
            )
        if self.how == "asked":
            return f"The first {cut} of each run were left out, as was asked for."
        if self.how == "none":
            return "Each run is counted from its start, when nobody is there yet."
        if self.cut_s == 0:
            return "The runs forget their empty start at once: nothing was left out (MSER-5)."
        return (
            f"The first {cut} of each run were left out: until then it remembers its empty start "
            "(MSER-5)."
        )


def is_steady(model: Model) -> bool:
    """Whether nothing in ``model`` changes with the time of day: arrivals and staffing are level.

    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals, Schedule
    >>> is_steady(Model.one_pool(arrivals=Arrivals.steady(60), handle=Exponential(mean_s=180),
    ...                          schedule=Schedule.level(5)))
    True
    """
    return cycle(model) == 1


def cycle(model: Model) -> int:
    """After how many intervals the model's arrivals and staffing begin again; 1 where steady.

    0 where they do not begin again within a whole number of intervals.
    """
    lengths = [1]
    for queue in model.queues:
        arrivals = queue.arrivals
        if arrivals is not None and len(set(arrivals.per_h)) > 1:
            lengths.append(round(len(arrivals.per_h) * arrivals.interval_s / model.interval_s))
    for pool in model.pools:
        schedule = pool.schedule
        if schedule.changes or schedule.again:
            times = schedule.cycle_s / model.interval_s
            if not math.isclose(times, round(times), rel_tol=1e-9):
                return 0
            lengths.append(round(times))
    return math.lcm(*lengths)


def cut_after(seconds: float, model: Model) -> WarmUp:
    """A cut that was asked for, moved to the next border of intervals.

    Raises
    ------
    QueueingError
        If nothing would be left.
    """
    at_least_zero("warm_up", seconds)
    intervals = math.ceil(seconds / model.interval_s - 1e-9)
    if intervals >= model.intervals:
        raise QueueingError(
            "Nothing is left of the runs after their warm-up.",
            found=f"warm_up = {spoken(seconds, 's')}, days = {model.days:g}",
            todo="Simulate more days, or cut less.",
        )
    return WarmUp(cut_s=intervals * model.interval_s, how="asked" if intervals else "none")


def detect(counts: Counts, model: Model) -> WarmUp:
    """Find how much of each run still remembers that it began empty.

    Parameters
    ----------
    counts : Counts
        Of runs counted from their start. What is watched is how many are there, waiting or being
        served; where customers come back also how many contacts are not the first. The longer cut
        of the two is taken.
    model : Model
    """
    steps = cycle(model)
    watched = [
        counts.queues[..., columns.QUEUE].sum(axis=1) + counts.pools[..., columns.BUSY].sum(axis=1)
    ]
    if any(queue.loop is not None for queue in model.queues):
        watched.append(counts.queues[..., [columns.REDIAL, columns.RECONTACT]].sum(axis=(1, 3)))
    cuts = [_mser(_steps(each.mean(axis=0), steps)) if steps else None for each in watched]
    found = [each for each in cuts if each is not None]
    if len(found) < len(cuts):
        half = model.intervals // 2
        return WarmUp(cut_s=half * model.interval_s, how="too short")
    return WarmUp(cut_s=max(found) * steps * model.interval_s, how="detected")


def _steps(series: _Floats, length: int) -> _Floats:
    """Sums of whole cycles; what is over at the end is left out."""
    count = len(series) // length
    return np.asarray(series[: count * length].reshape(count, length).sum(axis=1), dtype=np.float64)


def _mser(series: _Floats) -> int | None:
    """How many values MSER-5 cuts; None if the series is too short to tell."""
    batch = _BATCH if len(series) >= _BATCH * _LEAST else 1
    count = len(series) // batch
    if count < _LEAST:
        return None
    z = series[: count * batch].reshape(count, batch).mean(axis=1)
    # Sums from the end on give every truncation's spread in one go.
    z = z - z.mean()
    left = np.arange(count, 0, -1)
    ends = np.cumsum(z[::-1])[::-1]
    squares = np.cumsum((z * z)[::-1])[::-1]
    spread = np.maximum(squares - ends * ends / left, 0.0) / (left * left)
    looked_at = spread[: count - _IGNORED]
    cut = int(np.argmax(looked_at <= looked_at.min() + _ROUNDING * spread[0]))
    return cut * batch if cut <= count / 2 else None
