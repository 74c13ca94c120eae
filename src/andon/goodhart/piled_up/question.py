"""What is asked about contacts that pile up at a limit, checked once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andon.errors import QuestionError
from andon.goodhart.bunching import Side
from andon.goodhart.limit_clocks import CLOCKS, Clock, LimitClock
from andon.goodhart.rounding import STEPS_S
from andon.units import US, spoken

__all__ = ["Asked"]

_STEPS_S: Final = (0.1, 0.2, *STEPS_S)
_FINEST: Final = 300
"""Readings are counted in steps of the limit over this, or finer."""
_REACH: Final = 4
"""Readings from the limit over this to so many times the limit are counted one by one."""
_NEAR: Final = 4
"""The pile's stretch and three more like it, on its own side, are near the limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question, as :func:`andon.goodhart.at_a_limit.at_a_limit` takes it."""

    clock: LimitClock
    limit_s: float
    others_s: tuple[float, ...]
    by: tuple[str, ...]
    side: Side
    pile_s: float
    gap_s: float
    step_s: float
    least_contacts: int
    level: float
    false_discoveries: float

    @classmethod
    def of(
        cls,
        clock: Clock,
        limit_s: float,
        others: Sequence[float],
        by: Sequence[str],
        *,
        side: Side | None,
        pile_s: float | None,
        gap_s: float | None,
        least_contacts: int,
        level: float,
        false_discoveries: float,
    ) -> Asked:
        """Check what was asked, once."""
        if clock not in CLOCKS:
            raise QuestionError(
                f"There is no clock {clock!r}.",
                found=f"clock: {clock!r}",
                todo=f"Use any of: {', '.join(CLOCKS)}.",
            )
        row = CLOCKS[clock]
        for each in (limit_s, *others):
            if not (math.isfinite(each) and each > 0 and _whole(each, 0.1)):
                raise QuestionError(
                    "A limit must be a time above 0, in whole tenths of a second.",
                    found=f"{each!r} s",
                    todo="Give the limit that people work to, such as 20 or 300.",
                )
        near = row.pile * limit_s if pile_s is None else pile_s
        far = row.gap * limit_s if gap_s is None else gap_s
        if not (0 < near < limit_s / _NEAR and 0 < far < limit_s / 2):
            raise QuestionError(
                "A pile reaches less than a quarter of the limit, and its gap less than half.",
                found=f"pile_s: {near:g}, gap_s: {far:g}, limit_s: {limit_s:g}",
                todo="Leave them out, or give a few per cent of the limit.",
            )
        if side not in (None, "below", "above"):
            raise QuestionError(
                "It is good to be below a limit or above it.",
                found=f"side: {side!r}",
                todo="Leave it out, or use 'below' or 'above'.",
            )
        if not (0 < level < 1 and 0 < false_discoveries < 1) or least_contacts < 30:
            raise QuestionError(
                "A level and a share lie between 0 and 1, and nobody is judged by a few contacts.",
                found=f"level: {level!r}, false_discoveries: {false_discoveries!r}, "
                f"least_contacts: {least_contacts!r}",
                todo="Use 0.95, 0.05 and 100; 30 is the least.",
            )
        return cls(
            clock=row,
            limit_s=float(limit_s),
            others_s=tuple(sorted({float(each) for each in others} - {float(limit_s)})),
            by=tuple(by),
            side=row.side if side is None else side,
            pile_s=near,
            gap_s=far,
            step_s=_step(limit_s),
            least_contacts=least_contacts,
            level=level,
            false_discoveries=false_discoveries,
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """Columns that hold the group, under names that nothing else has."""
        return tuple(f"by_{name}" for name in self.by)

    @property
    def sign(self) -> float:
        """1 where it is good to be below, else -1."""
        return 1.0 if self.side == "below" else -1.0

    @property
    def step_us(self) -> int:
        """The step in microseconds."""
        return round(self.step_s * US)

    @property
    def around(self) -> tuple[int, int]:
        """From where to where readings are counted one by one, in steps."""
        least, most = self.limit_s / _REACH, self.limit_s * _REACH
        return round(least / self.step_s), round(most / self.step_s)

    @property
    def near_s(self) -> tuple[float, float]:
        """From where to where it is near the limit, on its good side."""
        end = self.limit_s - self.sign * _NEAR * self.pile_s
        return min(self.limit_s, end), max(self.limit_s, end)

    @property
    def crossed(self) -> float:
        """Another limit whose pile or gap lies in this one's gap; 0 where there is none."""
        for other in self.others_s:
            away = self.sign * (other - self.limit_s)
            if -self.gap_s < away < self.gap_s + self.pile_s:
                return other
        return 0.0

    def muddled(self) -> str:
        """Why this limit cannot be told from another; empty where it can."""
        for other in self.others_s:
            if abs(other - self.limit_s) < 2 * self.pile_s:
                return (
                    f"another limit, at {spoken(other, 's')}, lies so near that a pile at one "
                    "cannot be told from a pile at the other"
                )
        return ""


def _step(limit_s: float) -> float:
    """The widest step, of those that people use, of which there are enough in the limit."""
    return max(
        (each for each in _STEPS_S if each <= limit_s / _FINEST and _whole(limit_s, each)),
        default=max(
            each for each in _STEPS_S if each <= max(0.1, limit_s / 20) and _whole(limit_s, each)
            and each <= 1
        ),
    )  # fmt: skip


def _whole(wider: float, finer: float) -> bool:
    return abs(wider / finer - round(wider / finer)) < 1e-6
