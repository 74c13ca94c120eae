"""The shortcuts that planners take where customers come back, and how far each is from the load.

Most tools know of no returns. Two shortcuts put them in without their delay: a customer's contacts
added up to one long one, or each return counted as an arrival at once. Both have the right mean
load over a repeating day. Both swing too much, for in truth the delay carries work from the peak
into the hours after it: they staff too many at the peak and too few behind it (Yom-Tov and
Mandelbaum 2014, https://doi.org/10.1287/msom.2013.0474).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.changing_load import offered_load
from andon.queueing.inputs import Floats
from andon.queueing.intervals import Before, by_interval, edges, one, row
from andon.queueing.laws import Exponential
from andon.queueing.load_shortcuts import ShortcutError
from andon.queueing.reentrant import reentrant_load, returning
from andon.units import number, spoken

__all__ = [
    "ReturnShortcut",
    "ReturnShortcutError",
    "ReturnShortcuts",
    "compare_return_shortcuts",
    "return_shortcut_load",
]

ReturnShortcut = Literal["one_long_service", "extra_arrivals", "no_returns"]
"""A customer's contacts as one long one; a return as an arrival at once; no returns at all."""

_SHORTCUTS: Final[tuple[ReturnShortcut, ...]] = get_args(ReturnShortcut)
_MISLED: Final = 0.5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReturnShortcutError:
    """One shortcut's load beside the load that is there.

    Attributes
    ----------
    error : ShortcutError
        By interval: too few and too many, where and how long.
    swing_ratio : float
        Its way from trough to peak over the true one; NaN where the true load stands still.
    early_s : float
        By how long its swing comes before the true one, seconds; NaN where either stands still.
    """

    error: ShortcutError
    swing_ratio: float
    early_s: float

    @property
    def says(self) -> str:
        """What it gets wrong, in plain words."""
        if not math.isfinite(self.swing_ratio):
            return self.error.says
        swing = f"It swings {number(self.swing_ratio, step=0.01)} times as much as the load"
        if math.isfinite(self.early_s) and abs(self.early_s) >= 1:
            when = "early" if self.early_s > 0 else "late"
            swing += f", {spoken(abs(self.early_s), 's', step=60)} too {when}"
        return f"{self.error.says} {swing}."


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReturnShortcuts:
    """All three beside the load that is there.

    Attributes
    ----------
    start_s : array, shape (k,)
        Where each interval begins, seconds.
    load_erlangs : array, shape (k,)
        The true load of service, its mean over each interval.
    shortcuts : tuple of ReturnShortcutError
    """

    start_s: Floats
    load_erlangs: Floats
    shortcuts: tuple[ReturnShortcutError, ...]

    def __getitem__(self, shortcut: str) -> ReturnShortcutError:
        """The error of one shortcut."""
        for each in self.shortcuts:
            if each.error.shortcut == shortcut:
                return each
        raise _unknown(shortcut)


def return_shortcut_load(
    *,
    shortcut: ReturnShortcut,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle_s: float,
    return_share: float,
    before: Before = "periodic",
) -> Floats:
    """The load that a shortcut would staff for where customers come back, by interval, erlangs.

    Parameters
    ----------
    shortcut : ReturnShortcut
        Which one; see :data:`ReturnShortcut`.
    arrivals_per_h : array_like, shape (..., k)
        First contacts an hour in each interval, 0 or more.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle_s : float
        Mean handle time, seconds (> 0); exponential.
    return_share : float
        Share of contacts that are followed by another, 0 to below 1.
    before : {"nobody", "steady", "periodic"}
        What went before.

    Returns
    -------
    array, shape (..., k)
        Mean load over each interval. No shortcut asks how long customers take to come back.

    Raises
    ------
    QueueingError
        If there is no such shortcut, or a number lies outside its range.

    Notes
    -----
    Source: Yom-Tov and Mandelbaum 2014, section 4, https://doi.org/10.1287/msom.2013.0474. That a
    geometric number of exponential handle times is one exponential time is exact; that nothing
    lies between them is the shortcut.

    Examples
    --------
    >>> load = return_shortcut_load(
    ...     shortcut="extra_arrivals",
    ...     arrivals_per_h=[60, 30],
    ...     interval_s=3600,
    ...     handle_s=600,
    ...     return_share=0.25,
    ... )
    >>> load.round(2).tolist()
    [12.23, 7.77]
    """
    if shortcut not in _SHORTCUTS:
        raise _unknown(shortcut)
    rate = by_interval("arrivals_per_h", arrivals_per_h)
    stay = 1 - _share(return_share)
    mean = one("handle_s", handle_s)
    if shortcut == "one_long_service":
        mean /= stay
    elif shortcut == "extra_arrivals":
        rate = rate / stay
    return offered_load(
        arrivals_per_h=rate,
        interval_s=interval_s,
        handle=Exponential(mean_s=mean),
        before=before,
    ).interval_erlangs


def compare_return_shortcuts(
    *,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle_s: float,
    delay_s: float,
    return_share: float,
    before: Before = "periodic",
    misled_by: float = _MISLED,
) -> ReturnShortcuts:
    """What each shortcut would staff for where customers come back, and how far that is from it.

    Parameters
    ----------
    arrivals_per_h : array_like, shape (k,)
        First contacts an hour in each interval, 0 or more.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle_s : float
        Mean handle time, seconds (> 0); exponential.
    delay_s : float
        Mean time until a customer comes back, seconds (> 0); exponential.
    return_share : float
        Share of contacts that are followed by another, 0 to below 1.
    before : {"nobody", "steady", "periodic"}
        What went before.
    misled_by : float
        How many square roots of the load, too few or too many, count as misleading (> 0).

    Returns
    -------
    ReturnShortcuts

    Raises
    ------
    QueueingError
        If a number lies outside its range.

    Notes
    -----
    Truth and shortcuts are exact means over intervals, and so are their differences. The swing's
    time is that of its first harmonic.

    Examples
    --------
    Two in three come back after two hours on average:

    >>> import numpy as np
    >>> hour = np.arange(24) + 0.5
    >>> found = compare_return_shortcuts(
    ...     arrivals_per_h=30 + 15 * np.sin(hour * np.pi / 12),
    ...     interval_s=3600,
    ...     handle_s=3600,
    ...     delay_s=7200,
    ...     return_share=2 / 3,
    ... )
    >>> round(found["extra_arrivals"].swing_ratio, 2), found["extra_arrivals"].error.misleads
    (2.07, True)
    >>> round(found["no_returns"].error.short_share, 2)
    1.0
    """
    rate = row("arrivals_per_h", arrivals_per_h)
    limit = one("misled_by", misled_by)
    true = reentrant_load(
        arrivals_per_h=rate,
        interval_s=interval_s,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
        before=before,
    )
    load, step = true.interval_needy_erlangs, true.interval_s
    found = []
    for each in _SHORTCUTS:
        theirs = return_shortcut_load(
            shortcut=each,
            arrivals_per_h=rate,
            interval_s=step,
            handle_s=handle_s,
            return_share=return_share,
            before=before,
        )
        error = ShortcutError.beside(
            load, shortcut=each, load_erlangs=theirs, step_s=step, misled_by=limit
        )
        ratio, early = _swing(load, theirs, step)
        found.append(ReturnShortcutError(error=error, swing_ratio=ratio, early_s=early))
    return ReturnShortcuts(
        start_s=edges(len(load), step)[:-1], load_erlangs=load, shortcuts=tuple(found)
    )


def _swing(true: Floats, theirs: Floats, step: float) -> tuple[float, float]:
    """How much more it swings, and by how many seconds its first harmonic comes earlier."""
    way = float(np.ptp(true))
    if way <= 1e-12 * max(1.0, float(true.max())):
        return math.nan, math.nan
    turn = np.exp(-2j * math.pi * np.arange(len(true)) / len(true))
    mine, other = (complex(((each - each.mean()) * turn).mean()) for each in (true, theirs))
    early = math.nan
    if min(abs(mine), abs(other)) > 1e-12 * way:
        angle = float(np.angle(other / mine))
        early = angle * len(true) * step / (2 * math.pi)
    return float(np.ptp(theirs)) / way, early


def _share(return_share: float) -> float:
    back = returning(return_share)
    if back.ndim:
        raise QueueingError(
            "return_share must be a single number.",
            found=f"return_share of shape {back.shape}",
            todo="Call once for each.",
        )
    return float(back)


def _unknown(shortcut: str) -> QueueingError:
    return QueueingError(
        "There is no such shortcut.",
        found=f"shortcut = {shortcut!r}",
        todo=f"Use one of {', '.join(_SHORTCUTS)}.",
    )
