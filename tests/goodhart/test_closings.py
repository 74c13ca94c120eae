"""Closings: followed once for several limits, with the answers of each limit asked alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import ibis
import pytest

from andon.errors import QuestionError
from andon.goodhart.battery import battery
from andon.goodhart.closing_early import closing_early
from andon.goodhart.closings import Closings
from andon.goodhart.limits import Limit
from ledgers import contacts_table

DAY_S = 86_400.0
LIMITS_S = (300.0, 420.0)


def operation(n: int = 4000) -> ibis.Table:
    """Calls of a few hundred customers, some of them twice within minutes."""
    rows = []
    for i in range(n):
        at = (i * 7919 % 60) * DAY_S + i * 37 % 28_800
        for second in (0, 240)[: 1 + (i % 11 == 0)]:
            lasts = 60.0 + (i * 613 + second) % 600
            rows.append(
                {
                    "arrived_at": at + second,
                    "answered_at": at + second,
                    "ended_at": at + second + lasts,
                    "customer": i * 31 % 500,
                    "queue": "Desk" if i % 3 else None,
                    "reason": f"r{i % 4}" if i % 5 else None,
                    "handled_by": "advisor",
                    "advisor_id": f"a{(i + second) % 7}" if i % 13 else None,
                    "talk_s": lasts,
                    "resolved": None if i % 6 == 0 else bool(i % 4),
                }
            )
    return contacts_table(rows)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from _leaves(getattr(value, each.name), f"{path}.{each.name}")
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield from _leaves(each, f"{path}[{i}]")
    else:
        yield path, value


def _kept(contacts: ibis.Table) -> list[str]:
    tables = contacts.get_backend().raw_sql("SHOW TABLES").fetchall()
    return [name for (name,) in tables if "cache" in name]


def test_followed_once_every_limit_and_clock_is_answered_as_if_asked_alone() -> None:
    contacts = operation()
    with Closings(contacts) as closings:
        for limit_s in LIMITS_S:
            for closed_on in ("handle", "open"):
                shared, alone = (
                    closing_early(contacts, limit_s=limit_s, closed_on=closed_on, closings=given)
                    for given in (closings, None)
                )
                assert alone.split.pairs > 300
                for (path, got), (_, want) in zip(_leaves(shared), _leaves(alone), strict=True):
                    if isinstance(want, float):
                        assert got == pytest.approx(want, rel=1e-9, nan_ok=True), path
                    else:
                        assert got == want, path


def test_what_was_followed_is_let_go_at_the_end() -> None:
    contacts = operation(400)
    with Closings(contacts) as closings:
        assert closings.rows.count().to_pyarrow().as_py() == 437
        assert _kept(contacts)
        assert closings.whole is closings.whole
    assert not _kept(contacts)


def test_a_battery_tells_the_split_once_and_refuses_each_limit_by_itself() -> None:
    limits = [Limit(measure="handle_time", at_s=at_s) for at_s in (*LIMITS_S, 90_000.0)]
    found = battery(operation(), limits=limits, only=["closing_early"])
    assert [look.about for look in found.looks].count("one matter opened several times") == 1
    refused = [name for name, each in found.results.items() if not hasattr(each, "split")]
    assert refused == ["closing_early:handle_time:90000"]


def test_other_lengths_of_time_than_the_closings_have_are_refused() -> None:
    contacts = operation(200)
    with Closings(contacts, again_s=DAY_S) as closings:
        with pytest.raises(QuestionError, match="other lengths of time") as told:
            closing_early(contacts, limit_s=300.0, closings=closings)
        assert "again_s: 86400" in told.value.found
        assert told.value.todo
    with pytest.raises(QuestionError, match="Split must"):
        Closings(contacts, split_s=2 * DAY_S)
    with pytest.raises(QuestionError, match="recognised"):
        Closings(contacts.mutate(customer_key=ibis.null("int64"))).rows  # noqa: B018
