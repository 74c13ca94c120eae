"""How long contacts waited: quantiles and tails, from histograms, one for each replication.

A histogram has one bin for no wait, then 32 for each doubling of the wait: a bin's width is 1/64 to
1/32 of the wait itself, and within it waits are taken to be spread evenly. So a quantile is right
within 1 part in 32, whatever the doubt from chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.estimate import Estimate, Unknown
from andon.queueing.inputs import at_least_zero, between
from andon.queueing.simulator.raw import BINS
from andon.queueing.simulator.replications import estimate
from andon.units import US

__all__ = ["Waits", "Whose"]

_Floats = npt.NDArray[np.float64]

Whose = Literal["all", "answered", "gave_up"]

_PARTS: Final = 32
_EDGES_S: Final = np.concatenate(
    (
        [0.0, 1 / US],
        np.ldexp(1 + (np.arange(1, BINS) % _PARTS) / _PARTS, np.arange(1, BINS) // _PARTS) / US,
    )
)
"""Where each bin begins, seconds; the first holds those who did not wait."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Waits:
    """The waits of all replications, counted.

    Contacts that waited still at the end of a run, were missed or passed on are not among them.

    Attributes
    ----------
    counts : array of float, shape (replications, bins)
    whose : str
        ``answered``, ``gave_up`` or ``all``, which is both.
    level : float
        Of the intervals.
    """

    counts: _Floats
    whose: Whose
    level: float

    @property
    def n(self) -> int:
        """Waits in all."""
        return int(self.counts.sum())

    def longer_than(self, seconds: float) -> Estimate | Unknown:
        """The share who waited longer than ``seconds`` (0 or more)."""
        at = float(at_least_zero("seconds", seconds))
        longer = np.array([total - below for total, below in self._below(at)])
        return estimate(
            longer,
            self.counts.sum(axis=1),
            unit="share",
            kind="contacts",
            n=self.n,
            level=self.level,
            said=f"{len(self.counts)} replications, waits counted in bins of 1/32 of a doubling",
        )

    def quantile(self, share: float) -> Estimate | Unknown:
        """The wait that ``share`` (0 to 1) of them did not exceed.

        The interval is Woodruff's (1952, *Confidence intervals for medians and other position
        measures*, https://doi.org/10.1080/01621459.1952.10483443): that of the share itself, turned
        into waits.
        """
        at = float(between("share", share, 0.0, 1.0))
        if self.n == 0:
            return Unknown(unit="s", why="nobody waited or was served", needs="a longer run")
        value = self._inverse(at)
        below = np.array([part for _, part in self._below(value)])
        # Where many did not wait at all the curve jumps, and its share is above the one asked for.
        reached = estimate(
            below,
            self.counts.sum(axis=1),
            unit="share",
            kind="contacts",
            n=self.n,
            level=self.level,
        )
        if isinstance(reached, Unknown):
            return Unknown(unit="s", why=reached.why, needs=reached.needs)
        low = at - (reached.value - reached.low)
        high = at + (reached.high - reached.value)
        if high >= 1.0 or math.isnan(value):
            return Unknown(
                unit="s",
                why=f"too few waits to tell the longest 1 in {1 / max(1 - at, 1e-12):,.0f}",
                needs="more replications",
            )
        return Estimate(
            value=value,
            low=min(self._inverse(max(low, 0.0)), value),
            high=max(self._inverse(high), value),
            unit="s",
            n=self.n,
            method=f"Woodruff, over {len(self.counts)} replications; waits counted in bins of 1/32 "
            "of a doubling",
            level=self.level,
        )

    def _below(self, at: float) -> list[tuple[float, float]]:
        """For each replication: all waits, and those of ``at`` seconds at most."""
        return [
            (float(row.sum()), float(np.interp(at, _EDGES_S[1:], np.cumsum(row), left=row[0])))
            for row in self.counts
        ]

    def _inverse(self, share: float) -> float:
        """The wait that this share of all does not exceed."""
        reached = np.cumsum(self.counts.sum(axis=0))
        wanted = share * reached[-1]
        i = int(np.searchsorted(reached, wanted, side="left"))
        if i == 0:
            return 0.0
        i = min(i, len(reached) - 1)
        inside = (wanted - reached[i - 1]) / max(reached[i] - reached[i - 1], 1.0)
        return float(_EDGES_S[i] + min(inside, 1.0) * (_EDGES_S[i + 1] - _EDGES_S[i]))
