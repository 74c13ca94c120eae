"""Days of those who stand out, beside all who do not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import ibis.expr.types as ir
import numpy as np

from andon.estimate import Estimate, Unknown
from andon.goodhart.change_points import changed_mean
from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.hard_cases.cells import theirs
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.when import When
from andon.ledger.replicates import Replicates
from andon.units import Unit

__all__ = ["Days", "over_days"]

_SHARED: Final = ("n", "x", "timed", "lighter", "hard", "due_hard", "need", "due_need")
_WEEKLY_FROM: Final = 126
"""From so many days on, what changed when is told by week, and not by day."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Days:
    """Sums by advisor and day of those who stand out."""

    advisor: Ints
    day: Ints
    sums: Mapping[str, Floats]

    @classmethod
    def of(cls, cells: ir.Table, who: Sequence[int]) -> Days:
        """Ask the engine."""
        shared = theirs(cells, who)
        part = shared.n / shared.rest_n
        wide = shared.mutate(
            lighter=part * shared.rest_h - shared.h,
            due_hard=part * shared.rest_hard,
            due_need=part * shared.rest_need,
        )
        found = (
            wide.group_by("advisor", "day")
            .aggregate(**{name: wide[name].sum() for name in _SHARED})
            .to_pyarrow()
        )
        return cls(
            advisor=ints(found, "advisor"),
            day=ints(found, "day"),
            sums={name: floats(found, name) for name in _SHARED},
        )

    def only(self, who: Sequence[int]) -> Days:
        """Some of the advisors."""
        mine = np.isin(self.advisor, np.asarray(who, dtype=np.int64))
        return Days(
            advisor=self.advisor[mine],
            day=self.day[mine],
            sums={name: values[mine] for name, values in self.sums.items()},
        )

    def told(
        self, figure: Any, unit: Unit, asked: Asked, *, most: float = math.inf
    ) -> Estimate | Unknown:
        """A figure made of the sums, a day the unit of doubt."""
        if not len(self.day):
            return Unknown(unit=unit, why="nobody stands out", needs="somebody who does")
        _, place = np.unique(self.day, return_inverse=True)
        sums = {
            name: np.bincount(place, values).astype(np.float64)
            for name, values in self.sums.items()
        }
        return over_days(
            Replicates(sums=sums).estimate(
                figure,
                unit=unit,
                n=round(float(self.sums["n"].sum())),
                level=asked.level,
                most=most,
            )
        )

    def lighter_s(self, asked: Asked) -> Estimate | Unknown:
        """By how much their reasons take less than the others'."""
        return self.told(lambda total: total["lighter"] / total["n"], "s", asked)

    def went_elsewhere(self, score: Literal["hard", "need"], asked: Asked) -> Estimate | Unknown:
        """Of such contacts that chance would have brought, those that they did not have."""
        return self.told(
            lambda total: 1 - total[score] / total[f"due_{score}"], "share", asked, most=1.0
        )

    def had(self, score: Literal["hard", "need"], asked: Asked) -> Estimate | Unknown:
        """The share of theirs that are hard, or of customers who need support."""
        return self.told(lambda total: total[score] / total["n"], "share", asked, most=1.0)

    def others_had(self, score: Literal["hard", "need"]) -> float:
        """The same of the others in the same cells."""
        n = float(self.sums["n"].sum())
        return float(self.sums[f"due_{score}"].sum()) / n if n else math.nan

    def changed(self, first: int, last: int, asked: Asked) -> When:
        """When their work was lighter than in the rest of the time."""
        length = 7 if last - first >= _WEEKLY_FROM else 1
        begin = first - first % 7 if length == 7 else first
        periods = (last - begin) // length + 1
        place = (self.day - begin) // length
        n = np.bincount(place, self.sums["n"], periods)
        lighter_by = np.bincount(place, self.sums["lighter"], periods)
        mean = np.divide(-lighter_by, n, out=np.zeros(periods), where=n > 0)
        return When(
            change=changed_mean(n, mean, unit="s", direction="lower", level=asked.level),
            begin=begin,
            length=length,
        )


def over_days(found: Estimate | Unknown) -> Estimate | Unknown:
    """An answer of :class:`Replicates` in words of days, which are the replicates here."""
    if isinstance(found, Unknown):
        return Unknown(
            unit=found.unit, why=found.why.replace("customers", "days"), needs="more days"
        )
    return Estimate(
        value=found.value,
        low=found.low,
        high=found.high,
        unit=found.unit,
        n=found.n,
        method="jackknife over days",
        level=found.level,
    )
