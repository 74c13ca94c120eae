"""Whether hard contacts are dealt out evenly, from the definition: one contact after another."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

__all__ = ["dealt_p", "shuffled_p"]

Floats = npt.NDArray[np.float64]
Contact = tuple[Hashable, str, int, Any, float]
"""The cell, the advisor, the day, the customer, and the score of one contact."""


def dealt_p(contacts: Iterable[Contact]) -> float:
    """The chance that advisors' scores differ so where contacts are dealt by chance."""
    cells: dict[Hashable, list[Contact]] = defaultdict(list)
    of_customer: dict[tuple[str, Any], list[float]] = defaultdict(list)
    every = list(contacts)
    centre = float(np.mean([score for *_, score in every]))
    for contact in every:
        cells[contact[0]].append(contact)
        of_customer[contact[1], contact[3]].append(contact[4] - centre)
    away: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    weight: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    dealt: dict[str, float] = defaultdict(float)
    alone: dict[str, float] = defaultdict(float)
    for those in cells.values():
        scores = np.array([score for *_, score in those])
        size = len(those)
        variance = float(scores.var(ddof=1)) if size > 1 else 0.0
        for who in {advisor for _, advisor, *_ in those}:
            mine = [contact for contact in those if contact[1] == who]
            n, day = len(mine), mine[0][2]
            away[who][day] += sum(score for *_, score in mine) - n * float(scores.mean())
            weight[who][day] += n * (size - n) / size
            dealt[who] += n * (size - n) / size * variance
            alone[who] += n * variance
    form = freedom = 0.0
    for who, fair in dealt.items():
        total, reach = sum(away[who].values()), sum(weight[who].values())
        days = len(away[who])
        if fair <= 0:
            continue
        rest = [away[who][day] - total / reach * weight[who][day] for day in sorted(away[who])]
        by_day = float(np.square(np.diff(rest)).sum()) / 2 * days / (days - 1)
        groups = [scores for (advisor, _), scores in of_customer.items() if advisor == who]
        alike = sum(sum(each) ** 2 for each in groups) / sum(
            score * score for each in groups for score in each
        )
        wider = max(1.0, max(fair, by_day) * max(1.0, alike) / fair)
        form += total**2 / (alone[who] * wider)
        freedom += fair / alone[who]
    return float(stats.chi2.sf(form, freedom))


def shuffled_p(
    cell: Sequence[int], advisor: Sequence[int], score: Sequence[float], *, seed: int, times: int
) -> float:
    """How often shuffling the scores within cells makes advisors differ as much."""
    rng = np.random.default_rng(seed)
    cells, advisors = np.asarray(cell), np.asarray(advisor)
    scores = np.asarray(score, dtype=np.float64)
    order = np.lexsort((rng.random(len(cells)), cells))

    def form(values: Floats) -> float:
        found = 0.0
        for who in np.unique(advisors):
            away = alone = 0.0
            for each in np.unique(cells[advisors == who]):
                inside = values[cells == each]
                mine = values[(cells == each) & (advisors == who)]
                away += float(mine.sum() - len(mine) * inside.mean())
                alone += len(mine) * (float(inside.var(ddof=1)) if len(inside) > 1 else 0.0)
            found += away * away / alone if alone else 0.0
        return found

    seen = form(scores)
    more = 0
    for _ in range(times):
        order = np.lexsort((rng.random(len(cells)), cells))
        shuffled = np.empty_like(scores)
        shuffled[np.argsort(cells, kind="stable")] = scores[order]
        more += form(shuffled) >= seen - 1e-9
    return (1 + more) / (1 + times) if not math.isnan(seen) else math.nan
