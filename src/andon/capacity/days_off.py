"""Days off: who works on which days, week after week, so that runs and weekends are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from andon.capacity.contracts import Contract, WeekPattern

__all__ = ["History", "fits", "given_days"]

_NEVER: Final = 1e7
_APART: Final = 1e3
_SHORT_OF_NEVER: Final = _NEVER / 2


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class History:
    """What a person has behind them.

    Attributes
    ----------
    run : int
        Days worked in a row up to the last day.
    weekends : tuple of bool
        Which of the last weekends were worked, the latest last; as many as the contract looks at.
    shifts, all_weekends : int
        Worked so far, to share them fairly.
    """

    run: int = 0
    weekends: tuple[bool, ...] = ()
    shifts: int = 0
    all_weekends: int = 0

    def after(self, pattern: WeekPattern, contract: Contract, *, weekend: bool) -> History:
        """What they have behind them after a week."""
        whole = pattern.trailing == len(pattern.on)
        kept = (*self.weekends, pattern.weekend) if weekend else self.weekends
        looked_at = contract.of_weekends - 1
        return History(
            run=self.run + pattern.trailing if whole else pattern.trailing,
            weekends=kept[-looked_at:] if looked_at else (),
            shifts=self.shifts + pattern.shifts,
            all_weekends=self.all_weekends + (weekend and pattern.weekend),
        )


def fits(
    run: int, weekends: Sequence[bool], contract: Contract, *, leading: int, weekend: bool
) -> bool:
    """Whether somebody may work such a week next."""
    if leading and run + leading > contract.days_in_a_row:
        return False
    if not (weekend and contract.weekends_off):
        return True
    return sum(weekends) < contract.weekends_worked


def given_days(
    contract: Contract,
    people: Sequence[History],
    patterns: Mapping[WeekPattern, int],
) -> tuple[WeekPattern, ...] | None:
    """A week for each person, or None where the rules leave no way.

    Parameters
    ----------
    contract : Contract
    people : sequence of History
    patterns : mapping
        How many are to work each week; as many as there are people.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - takes long

    kinds = sorted(patterns, key=lambda each: tuple(not on for on in each.on))
    of_slot = np.repeat(np.arange(len(kinds)), [patterns[each] for each in kinds])
    if len(of_slot) != len(people):
        return None
    if not people:
        return ()
    rows: dict[History, np.ndarray] = {}
    for person in people:
        if person not in rows:
            rows[person] = np.array(
                [
                    (
                        # Those who worked yesterday rather do not work tomorrow: it leaves more
                        # ways to rest. Shifts and weekends are shared.
                        _APART * (person.run > 0) * (each.leading > 0)
                        + 0.01 * person.shifts * each.shifts
                        + 0.05 * person.all_weekends * each.weekend
                    )
                    if fits(
                        person.run,
                        person.weekends,
                        contract,
                        leading=each.leading,
                        weekend=each.weekend,
                    )
                    else _NEVER
                    for each in kinds
                ]
            )
    cost = np.array([rows[person][of_slot] for person in people])
    who, slot = linear_sum_assignment(cost)
    if cost[who, slot].max() > _SHORT_OF_NEVER:
        return None
    return tuple(kinds[of_slot[each]] for each in slot)
