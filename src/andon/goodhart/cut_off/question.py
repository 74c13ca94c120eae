"""What is asked about customers who are cut off, checked once."""

from __future__ import annotations

import math
from dataclasses import dataclass

from andon.errors import QuestionError
from andon.units import US

__all__ = ["Asked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question, as :func:`andon.goodhart.short_contacts.short_contacts` takes it."""

    by: tuple[str, ...]
    limit_s: float
    within_s: float
    least_contacts: int
    level: float

    def __post_init__(self) -> None:
        for name, value in (("limit_s", self.limit_s), ("within_s", self.within_s)):
            if not (math.isfinite(value) and value > 0):
                raise QuestionError(
                    "A limit must be a time above 0.",
                    found=f"{name}: {value!r}",
                    todo="Use limit_s=10 and within_s=600.",
                )
        if self.least_contacts < 1 or not 0 < self.level < 1:
            raise QuestionError(
                "An advisor needs at least one contact, and a level lies between 0 and 1.",
                found=f"least_contacts: {self.least_contacts!r}, level: {self.level!r}",
                todo="Use 100 and 0.95.",
            )

    @property
    def limit_us(self) -> int:
        """Shorter contacts are short, microseconds."""
        return round(self.limit_s * US)

    @property
    def within_us(self) -> int:
        """Who is back that soon was not served, microseconds."""
        return round(self.within_s * US)
