"""When work was lighter than in the rest of the time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from andon.estimate import Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.dates import Dates

__all__ = ["NEVER", "When"]


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """A change over days or weeks, and how to say its dates."""

    change: Change | Unknown
    begin: int
    length: int

    @property
    def since(self) -> Dates | None:
        """When it began; None where that was not seen."""
        return Dates.of_start(self.change, self._date)

    @property
    def until(self) -> Dates | None:
        """When it was over; None where that was not seen."""
        return Dates.of_end(self.change, self._date)

    def _date(self, period: int) -> dt.date:
        return dt.date.fromordinal(self.begin + period * self.length + 1)


NEVER: Final = When(
    change=Unknown(unit="s", why="nobody stands out", needs="somebody who does"), begin=0, length=1
)
