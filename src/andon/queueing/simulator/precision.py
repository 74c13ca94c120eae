"""Precision: how sharp a figure is to be, and how many replications that takes.

Replications go on until the interval is narrow enough (Chow and Robbins 1965, *On the asymptotic
theory of fixed-width sequential confidence intervals*, https://doi.org/10.1214/aoms/1177700156). A
rule that stops when the spread looks small stops a little too early now and then: its intervals
hold the truth as often as their level says only as they get narrow. A dozen replications at least
keep that small; ``docs/reference/simulated-intervals.md`` says what was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing.inputs import positive, whole
from andon.queueing.simulator.figures import CONTACTS, STAFF

__all__ = ["Precision", "Reached"]

_GROWTH: Final = 2.0
"""No round more than doubles what there is: early guesses of the spread are poor."""
_LEAST: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Precision:
    """How sharp one figure is to be.

    Attributes
    ----------
    of : str
        A figure of :class:`~andon.queueing.simulator.figures.ContactFigures` or
        :class:`~andon.queueing.simulator.figures.StaffFigures`, over all queues or pools; with a
        dot where it has parts.
    relative : float, optional
        How far the figure may be from the truth, as a share of the truth: 0.01 is one in a
        hundred. Half the interval's width is compared with it as Law and Kelton do (section 9.4):
        the interval may reach ``relative / (1 + relative)`` of the figure to each side.
    absolute : float, optional
        How far the interval may reach to each side, in the figure's unit. Give one of the two.
    most_replications : int
        Where to stop, sharp enough or not.
    """

    of: str = "service_level.of_offered"
    relative: float | None = None
    absolute: float | None = None
    most_replications: int = 1000

    def __post_init__(self) -> None:
        if (self.relative is None) == (self.absolute is None):
            raise QueueingError(
                "A precision is either relative or absolute.",
                found=f"relative = {self.relative}, absolute = {self.absolute}",
                todo="Give one of the two: relative=0.01 is one in a hundred.",
            )
        names = [figure.name for figure in (*CONTACTS, *STAFF)]
        if self.of not in names:
            raise QueueingError(
                "There is no such figure.",
                found=f"of = {self.of!r}",
                todo=f"Use one of: {', '.join(names)}.",
            )
        positive("precision", self.relative if self.relative is not None else self.absolute or 0.0)
        whole("most_replications", self.most_replications, least=2)

    @property
    def first(self) -> int:
        """How many replications to begin with, at least."""
        return min(_LEAST, self.most_replications)

    def half_width(self, figure: Estimate) -> float:
        """How far the interval may reach to each side of ``figure``."""
        if self.absolute is not None:
            return self.absolute
        assert self.relative is not None
        return self.relative / (1 + self.relative) * abs(figure.value)

    def more(self, figure: Estimate | Unknown, replications: int) -> int:
        """How many more replications to run now; 0 once it is sharp enough, or at the end.

        >>> rough = Estimate(value=0.8, low=0.78, high=0.82, unit="share", n=1, method="-")
        >>> Precision(absolute=0.01).more(rough, 20), Precision(absolute=0.02).more(rough, 20)
        (20, 0)
        """
        left = self.most_replications - replications
        if isinstance(figure, Unknown):
            return max(0, min(left, replications))
        reach = max(figure.high - figure.value, figure.value - figure.low)
        wanted = self.half_width(figure)
        if reach <= wanted * (1 + 1e-12):
            return 0
        needed = math.inf if wanted <= 0 else replications * (reach / wanted) ** 2
        grown = min(needed, _GROWTH * replications)
        return max(0, min(left, math.ceil(grown) - replications))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """How sharp the figure became.

    Attributes
    ----------
    wanted : Precision
    reached : bool
    half_width : float
        How far the interval reaches to each side, in the figure's unit; NaN if it is not known.
    rounds : int
        How many rounds of replications it took.
    """

    wanted: Precision
    reached: bool
    half_width: float
    rounds: int
