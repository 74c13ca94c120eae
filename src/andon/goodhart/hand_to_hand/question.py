"""What is asked about passing on, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from andon.errors import QuestionError

__all__ = ["Asked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The question, as :func:`andon.goodhart.passing_on.passing_on` takes it."""

    by: tuple[str, ...]
    handover_s: float
    least_contacts: int
    level: float
    false_discoveries: float

    def __post_init__(self) -> None:
        if self.least_contacts < 1 or not 0 < self.level < 1 or not 0 < self.false_discoveries < 1:
            raise QuestionError(
                "An advisor needs at least one contact, and levels lie between 0 and 1.",
                found=f"least_contacts: {self.least_contacts!r}, level: {self.level!r}, "
                f"false_discoveries: {self.false_discoveries!r}",
                todo="Use 100, 0.95 and 0.05.",
            )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Columns that tell a contact's group and its queue."""
        return tuple(dict.fromkeys((*self.by, "queue")))
