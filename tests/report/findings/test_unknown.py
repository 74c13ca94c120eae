"""What we cannot see: said where it matters, and silent where everything is known."""

from __future__ import annotations

from typing import Any

from andon.demand.recontact import repeat_work
from andon.estimate import Estimate
from andon.finding import Finding
from andon.ledger.coverage import coverage
from andon.report import words
from andon.report.findings.told import Told
from andon.report.findings.unknown import unknown
from ledgers import contacts_table

TOLD = Told(nouns=words.nouns(["voice"]), period="2024", zone="UTC", contacts=9, code_version="0")
DAY_S = 86_400


def found(rows: list[dict[str, Any]]) -> Finding | None:
    contacts = contacts_table(rows)
    return unknown(TOLD, coverage(contacts), repeat_work(contacts))


def calls(days: range, *, known: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "arrived_at": day * DAY_S + i * 600,
            "queued_at": day * DAY_S + i * 600 + 5,
            "answered_at": day * DAY_S + i * 600 + 30,
            "ended_at": day * DAY_S + i * 600 + 90,
            "customer": i if known else None,
        }
        for day in days
        for i in range(20)
    ]


def test_where_everything_is_known_nothing_is_said() -> None:
    assert found(calls(range(21))) is None


def test_silent_days_are_said_where_everybody_is_known() -> None:
    said = found([*calls(range(21)), *calls(range(24, 45))])
    assert said is not None
    assert said.headline == "We saw no caller on 3 days that should have some."
    assert isinstance(said.estimate, Estimate)
    assert said.estimate.value == 3 / 45


def test_missing_ids_leave_bounds() -> None:
    said = found([*calls(range(21)), *calls(range(21), known=False)])
    assert said is not None
    assert said.headline.startswith("We do not know the caller in 1 in 2 calls")
    bounds = said.figures["repeat_work.bounds_within_7_days"]
    assert isinstance(bounds, Estimate)
    assert bounds.bounded
    assert {each.kind for each in said.evidence} == {"bounds"}


def test_no_id_at_all_is_said_plainly() -> None:
    said = found(calls(range(21), known=False))
    assert said is not None
    assert said.headline == "We know none of the callers, so we cannot tell who came back."
