"""What is asked about hard cases, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from andon.errors import QuestionError

__all__ = ["Asked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question, as :func:`andon.goodhart.shedding.shedding` takes it.

    Attributes
    ----------
    needs, complaints : bool
        Whether customers' needs, and complaints, are there to be asked about.
    """

    by: tuple[str, ...]
    interval_s: int
    complaint_s: int
    least_contacts: int
    level: float
    false_discoveries: float
    needs: bool
    complaints: bool

    def __post_init__(self) -> None:
        for name, length in (("interval_s", self.interval_s), ("complaint_s", self.complaint_s)):
            if not (math.isfinite(length) and length > 0 and length == int(length)):
                raise QuestionError(
                    "A length of time must be a whole number of seconds above 0.",
                    found=f"{name}: {length!r}",
                    todo="Use interval_s=1800 and complaint_s=604800.",
                )
        if "reason" in self.by:
            raise QuestionError(
                "Reasons are what is compared, so contacts cannot be grouped by them.",
                found=f"by: {', '.join(self.by)}",
                todo="Use by=('channel', 'queue').",
            )
        if self.least_contacts < 1 or not (0 < self.level < 1 and 0 < self.false_discoveries < 1):
            raise QuestionError(
                "An advisor needs at least one contact, and a level and a share lie between 0 and"
                " 1.",
                found=f"least_contacts: {self.least_contacts!r}, level: {self.level!r}, "
                f"false_discoveries: {self.false_discoveries!r}",
                todo="Use 100, 0.95 and 0.05.",
            )

    @property
    def keys(self) -> list[str]:
        """Columns that hold the group, under names that nothing else has."""
        return [f"by_{name}" for name in self.by]
