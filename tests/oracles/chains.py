"""Chains, restated from their definition: each contact follows at most one, found by looking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oracles.recontact import US, Stretches, watched, watched_before

Row = Mapping[str, Any]


def matters(rows: Sequence[Row], *, window_us: int) -> dict[int, str]:
    """The matter of each contact by its key; where none is recorded, a near neighbour's."""
    own = {row["contact_key"]: _own_matter(row) for row in rows}
    found = {}
    for row in rows:
        key = row["contact_key"]
        matter = own[key]
        if matter is None:
            named = [
                each
                for each in rows
                if own[each["contact_key"]] is not None and _whose(each) == _whose(row)
            ]
            later = sorted(
                (each for each in named if _order(each) > _order(row)),
                key=lambda each: (each["arrived_us"], own[each["contact_key"]]),
            )
            earlier = sorted(
                (each for each in named if _order(each) < _order(row)),
                key=lambda each: (each["arrived_us"], own[each["contact_key"]]),
            )
            near = [
                own[each["contact_key"]]
                for each in (*later[:1], *earlier[-1:])
                if abs(each["arrived_us"] - row["arrived_us"]) <= window_us
            ]
            matter = near[0] if near else ""
        found[key] = matter
    return {key: matter or "" for key, matter in found.items()}


def parents(rows: Sequence[Row], *, window_s: float) -> dict[int, int | None]:
    """The contact that each contact follows, by key."""
    window_us = round(window_s * US)
    by_id = {row["contact_id"]: row for row in rows}
    matter = matters(rows, window_us=window_us)
    found: dict[int, int | None] = {}
    for row in rows:
        named = by_id.get(row["previous_contact_id"])
        parent = named if named is not None and _order(named) < _order(row) else None
        if parent is None and row["customer_key"] is not None:
            before = [
                each
                for each in rows
                if each["customer_key"] == row["customer_key"]
                and matter[each["contact_key"]] == matter[row["contact_key"]]
                and _order(each) < _order(row)
            ]
            last = max(before, key=_order, default=None)
            if last is not None and row["arrived_us"] - last["arrived_us"] <= window_us:
                parent = last
        found[row["contact_key"]] = None if parent is None else parent["contact_key"]
    return found


def chain_of(rows: Sequence[Row], *, window_s: float) -> dict[int, int]:
    """The key of the first contact of each contact's chain."""
    parent = parents(rows, window_s=window_s)

    def root(key: int) -> int:
        above = parent[key]
        return key if above is None else root(above)

    return {key: root(key) for key in parent}


def members(rows: Sequence[Row], *, window_s: float) -> list[list[Row]]:
    """The chains, each in order, without contacts that nothing is known of."""
    chains: dict[int, list[Row]] = {}
    ids = chain_of(rows, window_s=window_s)
    for row in sorted(rows, key=_order):
        chains.setdefault(ids[row["contact_key"]], []).append(row)
    return [
        chain for chain in chains.values() if len(chain) > 1 or chain[0]["customer_key"] is not None
    ]


def finished(chain: Sequence[Row], stretches: Stretches, *, window_s: float) -> bool:
    """Whether a whole window before the first contact and after every one was seen."""
    window_us = round(window_s * US)
    return watched_before(chain[0]["arrived_us"], window_us, stretches) and all(
        watched(row["arrived_us"], window_us, stretches) for row in chain
    )


def _own_matter(row: Row) -> str | None:
    if row["journey"] is not None:
        return f"journey {row['journey']}"
    return None if row["reason"] is None else f"reason {row['reason']}"


def _whose(row: Row) -> tuple[bool, int]:
    known = row["customer_key"] is not None
    return known, row["customer_key"] if known else row["contact_key"]


def _order(row: Row) -> tuple[int, int]:
    return row["arrived_us"], row["contact_key"]
