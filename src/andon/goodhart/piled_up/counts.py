"""Counts of readings at a limit, by days and months."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.tally import Tally, tally
from andon.ledger.periods import month_names
from andon.units import US

__all__ = ["Blocks", "Bools", "Counts", "once"]

Bools = npt.NDArray[np.bool_]

_BLOCKS: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Counts:
    """Counts of readings, and sums over all contacts, in rows."""

    slot: Ints
    month: npt.NDArray[np.str_]
    value_s: Floats
    count: Floats
    all_slot: Ints
    all_month: npt.NDArray[np.str_]
    n: Floats
    timed: Floats
    within: Floats
    total_s: Floats

    @classmethod
    def of(cls, counted: pa.Table, summed: pa.Table, asked: Asked) -> Counts:
        """As the engine has counted."""
        return cls(
            slot=ints(counted, "slot"),
            month=month_names(counted["month"].to_numpy()),
            value_s=floats(counted, "place") * asked.step_s,
            count=floats(counted, "n"),
            all_slot=ints(summed, "slot"),
            all_month=month_names(summed["month"].to_numpy()),
            n=floats(summed, "n"),
            timed=floats(summed, "timed"),
            within=floats(summed, "within"),
            total_s=np.nan_to_num(floats(summed, "total_us")) / US,
        )

    def only(self, mine: Bools, all_mine: Bools) -> Counts:
        """Some of the rows."""
        return Counts(
            slot=self.slot[mine],
            month=self.month[mine],
            value_s=self.value_s[mine],
            count=self.count[mine],
            all_slot=self.all_slot[all_mine],
            all_month=self.all_month[all_mine],
            n=self.n[all_mine],
            timed=self.timed[all_mine],
            within=self.within[all_mine],
            total_s=self.total_s[all_mine],
        )

    @property
    def contacts(self) -> int:
        """That the limit judges."""
        return round(float(self.n.sum()))

    def as_one(self) -> Tally:
        """A tally without groups."""
        if not len(self.value_s):
            return Tally(values=np.zeros(0), counts=np.zeros((1, 0)), grouped=False)
        return once(self.value_s, self.count)

    def by_blocks(self) -> Tally:
        """A tally with a row for each block of days; without groups where there is one only."""
        blocks = self.blocks()
        return self.as_one() if blocks is None or len(blocks.n) < 2 else blocks.seen

    def blocks(self) -> Blocks | None:
        """Slots put together to at most sixty blocks, each with contacts around the limit."""
        if not len(self.slot):
            return None
        there = np.unique(self.slot)
        each = max(1, math.ceil(len(there) / _BLOCKS))
        block = np.arange(len(there)) // each

        def of(slots: Ints) -> Ints:
            place = np.clip(np.searchsorted(there, slots, side="right") - 1, 0, None)
            return np.asarray(block[place], dtype=np.int64)

        many = int(block[-1]) + 1
        values, column = np.unique(self.value_s, return_inverse=True)
        counts = np.zeros((many, values.size))
        np.add.at(counts, (of(self.slot), column.reshape(-1)), self.count)
        place = of(self.all_slot)
        return Blocks(
            seen=Tally(values=values, counts=counts, grouped=True),
            **{
                name: np.bincount(place, weights=each_sum, minlength=many).astype(np.float64)
                for name, each_sum in (
                    ("n", self.n),
                    ("timed", self.timed),
                    ("within", self.within),
                    ("total_s", self.total_s),
                )
            },
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Blocks:
    """A tally with a row for each block of days, and sums over all contacts of each."""

    seen: Tally
    n: Floats
    timed: Floats
    within: Floats
    total_s: Floats


def once(value_s: Floats, count: Floats) -> Tally:
    """A tally without groups, of values that come more than once."""
    values, column = np.unique(value_s, return_inverse=True)
    return tally(values, np.bincount(column.reshape(-1), weights=count))
