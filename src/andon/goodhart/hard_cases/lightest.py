"""Those whose work is lighter than that of all others: since when, and their handle time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import ibis.expr.types as ir

from andon.estimate import Estimate, Unknown
from andon.goodhart.hard_cases.compared import Compared
from andon.goodhart.hard_cases.days import Days
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.when import NEVER, When

__all__ = ["Lightest"]

_FEW_PEOPLE: Final = 3
"""Of fewer, a mean would point at somebody."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lightest:
    """Those whose work is lighter than that of all others.

    Attributes
    ----------
    who : tuple of int
    days : Days or None
        None where there is nobody.
    when : When
    """

    who: tuple[int, ...]
    days: Days | None
    when: When

    @classmethod
    def of(
        cls, cells: ir.Table, compared: Compared, asked: Asked, *, stands_out: bool | None
    ) -> Lightest:
        """Ask the engine about them, where the mix stands out."""
        who = compared.looked.found(asked.false_discoveries) if stands_out else []
        if not who:
            return cls(who=(), days=None, when=NEVER)
        days = Days.of(cells, who)
        return cls(
            who=tuple(who), days=days, when=days.changed(compared.first, compared.last, asked)
        )

    def reads_s(self, asked: Asked) -> Estimate | Unknown:
        """Their handle time as it was recorded."""
        return self._told(lambda total: total["x"] / total["timed"], asked)

    def without_s(self, asked: Asked) -> Estimate | Unknown:
        """Their handle time with the others' mix."""
        return self._told(
            lambda total: total["x"] / total["timed"] + total["lighter"] / total["n"], asked
        )

    def _told(self, figure: Any, asked: Asked) -> Estimate | Unknown:
        if self.days is None:
            return Unknown(unit="s", why="nobody stands out", needs="somebody who does")
        if len(self.who) < _FEW_PEOPLE:
            return Unknown(
                unit="s",
                why="it is about fewer than three people, and is theirs to see",
                needs="the part for their roles",
            )
        return self.days.told(figure, "s", asked)
