"""How long contacts waited: quantiles and tails, from histograms, one for each replication.

A histogram has one bin for no wait, then 32 for each doubling of the wait: a bin's width is 1/64 to
1/32 of the wait itself, and within it waits are taken to be spread evenly. So a quantile is right
within 1 part in 32, whatever the doubt from chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.estimate import Estimate, Unknown
from andon.queueing.inputs import at_least_zero, between
from andon.queueing.simulator.raw import BINS
from andon.queueing.simulator.replications import along, estimate
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

        Its interval holds every wait whose own share, with its interval, may be ``share``: that of
        Woodruff (1952, *Confidence intervals for medians and other position measures*,
        https://doi.org/10.1080/01621459.1952.10483443).
        """
        at = float(between("share", share, 0.0, 1.0))
        if self.n == 0:
            return Unknown(unit="s", why="nobody left the queue", needs="a longer run")
        if len(self.counts) < 2:
            why = "one run alone does not tell its doubt"
            return Unknown(unit="s", why=why, needs="two replications or more")
        reached = np.cumsum(self.counts, axis=1)
        ends = along(
            reached,
            np.repeat(reached[:, -1:], BINS, axis=1),
            unit="share",
            kind="contacts",
            from_s=_EDGES_S[1:],
            interval_s=0.0,
            level=self.level,
        )
        if not ends.low[-1] > at:
            return Unknown(
                unit="s",
                why=f"too few waits to tell how long the longest {100 * (1 - at):g} % are",
                needs="more replications",
            )
        value = _first(ends.value, at)
        return Estimate(
            value=value,
            low=min(_first(ends.high, at), value),
            high=max(_first(np.minimum.accumulate(ends.low[::-1])[::-1], at), value),
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


def _first(reached: _Floats, share: float) -> float:
    """The first wait at which a curve, known at the bins' ends, reaches ``share``."""
    i = int(np.argmax(reached >= share))
    if i == 0:
        return 0.0
    step = reached[i] - reached[i - 1]
    inside = (share - reached[i - 1]) / step if step > 0 else 1.0
    return float(_EDGES_S[i] + inside * (_EDGES_S[i + 1] - _EDGES_S[i]))
