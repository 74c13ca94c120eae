"""Passing on by its definitions, one contact at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def handovers(contacts: Sequence[Row], *, within_s: float) -> dict[int, dict[str, Any]]:
    """For each contact that took over from another: the first of all, and where it had been."""
    by_id = {row["contact_id"]: row for row in contacts}
    before: dict[int, Row] = {}
    for row in contacts:
        parent = by_id.get(row["previous_contact_id"])
        if parent is None or parent["outcome"] != "handled" or parent["handled_by"] == "bot":
            continue
        when, then = ((each["arrived_us"], each["contact_key"]) for each in (parent, row))
        if when >= then or parent["transfers"] == 0:
            continue
        if parent["ended_us"] is None:
            soon = parent["transfers"] is not None
        else:
            soon = abs(row["arrived_us"] - parent["ended_us"]) <= within_s * 1e6
        if soon:
            before[row["contact_key"]] = parent
    rows = {row["contact_key"]: row for row in contacts}
    found = {}
    for key, parent in before.items():
        had = [parent]
        while had[-1]["contact_key"] in before:
            had.append(before[had[-1]["contact_key"]])
        mine = rows[key]
        found[key] = {
            "parent": parent["contact_key"],
            "root": had[-1]["contact_key"],
            "passes": len(had),
            "back_queue": (mine["queue"] or "") in {each["queue"] or "" for each in had},
            "back_advisor": mine["advisor_id"] is not None
            and mine["advisor_id"] in {each["advisor_id"] for each in had},
        }
    return found


def same_work(
    contacts: Sequence[Row], aside: frozenset[str] = frozenset()
) -> dict[tuple[str, int], dict[str, float]]:
    """Each advisor's sums of each kind of work, from the definition of Mantel and Haenszel."""
    cells: dict[tuple[int, int], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in contacts:
        if row["advisor"] is not None:
            cells[row["work"], row["hour"]][row["advisor"]].append(row["counts"])
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (work, _), people in cells.items():
        for advisor, mine in people.items():
            others = [
                each
                for other, theirs in people.items()
                if other != advisor and other not in aside
                for each in theirs
            ]
            n, k, rest, rest_k = len(mine), sum(mine), len(others), sum(others)
            every, every_k = n + rest, k + rest_k
            sums = found[advisor, work]
            sums["n"] += n
            sums["k"] += k
            sums["beside"] += n if rest else 0
            sums["weight"] += n * rest / every
            sums["own"] += k * rest / every
            sums["others"] += rest_k * n / every
            if every > 1:
                odd = every_k * (every - every_k)
                sums["variance"] += n * rest * odd / (every * every * (every - 1))
    return found
