"""What is said of short contacts, in words."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np

from andon.goodhart.cut_off.clocks import Clocks
from andon.goodhart.cut_off.compared import Advisors, Tested
from andon.goodhart.cut_off.question import Asked
from andon.goodhart.cut_off.returns import Returns

__all__ = ["caveats", "untold"]

_FEW_ADVISORS: Final = 3


def untold(clocks: Clocks, table: Advisors, tested: Tested, returns: Returns, asked: Asked) -> str:
    """Why nothing can be told; empty where it can."""
    if not clocks.fine:
        return next(
            iter(clocks.coarse.values()), "no contact was handled in person with its time recorded"
        )
    if not table.names:
        return "no advisor is recorded, so nobody can be compared"
    if not tested.short.peers or not np.isfinite(tested.short.p).any():
        return (
            f"fewer than five advisors have {asked.least_contacts:,} contacts that can be compared "
            "with others' in the same hour"
        )
    if not returns.n.any():
        return (
            "no customer is known, so a quick answer cannot be told from a customer who was cut off"
        )
    if not np.isfinite(tested.p).any():
        return "too few customers are known to tell quick answers from customers who were cut off"
    return ""


def caveats(
    clocks: Clocks, table: Advisors, returns: Returns, *, short: int, identified: float
) -> tuple[str, ...]:
    """What to bear in mind."""
    said = []
    if short and 0 < identified < 0.95 * short:
        said.append(
            f"{100 * identified / short:.0f} in 100 short contacts have a customer id; what "
            "followed the others is not known."
        )
    nobody = short - round(float(table.k.sum()))
    if short and nobody > 0.05 * short:
        said.append(
            f"{100 * nobody / short:.0f} in 100 short contacts have no advisor recorded; they may "
            "never have reached one."
        )
    for scope, why in clocks.coarse.items():
        label = ", ".join("not recorded" if value is None else str(value) for _, value in scope)
        said.append(f"{label or 'All contacts'}: left out, because {why}.")
    day = _renamed_on(table)
    if day is not None:
        said.append(
            f"About {day} most ids of advisors were replaced by new ones: what is told about one "
            "id is not all that is to be told about one person."
        )
    if returns.n.any():
        said.append(
            "A customer who was cut off by the system calls again as well: compare with the hours "
            "in which everybody's contacts were short."
        )
    return tuple(said)


def _renamed_on(table: Advisors) -> dt.date | None:
    """The day about which at least half of the ids ended, and as many others began."""
    if len(table.names) < 2 * _FEW_ADVISORS:
        return None
    first = np.full(len(table.names), np.inf)
    last = np.full(len(table.names), -np.inf)
    np.minimum.at(first, table.who, table.sums["first"])
    np.maximum.at(last, table.who, table.sums["last"])
    for day in np.unique(last):
        if day >= last.max() - 7 or day <= first.min() + 7:
            continue
        ended = np.count_nonzero((last > day - 7) & (last <= day))
        began = np.count_nonzero((first > day - 7) & (first <= day + 7))
        there = np.count_nonzero((first <= day - 7) & (last > day - 7))
        if ended >= max(_FEW_ADVISORS, there / 2) and began >= ended / 2:
            return dt.date.fromordinal(int(day) + 2)
    return None
