"""A mapping as SQL: what each rule makes of a row, and which check the row breaks."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from andon.errors import MappingError
from andon.ledger.checks import CHECKS
from andon.ledger.expressions import LONGEST_S, row_sql
from andon.ledger.staged import Staged, quoted
from andon.ledger.tables import TABLES
from andon.ledger.zones import zone_between
from ingesting import at, mapping_of, with_columns

NOW_US = 1_893_456_000_000_000  # 2030
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
PLAIN = {"id": "1", "at": "2024-05-06 07:08:09"}


@dataclass(frozen=True)
class Judged:
    """What became of one row."""

    values: dict[str, Any]
    broken: tuple[str, str] | None
    notes: frozenset[str]
    found: str | None

    def __getitem__(self, name: str) -> Any:
        value = self.values[name]
        column = TABLES["contacts"].column(name)
        if column is not None and column.one_of and value is not None:
            return column.one_of[value]
        if name.endswith("_at") and value is not None:
            return EPOCH + dt.timedelta(microseconds=value)
        return value


Judge = Callable[..., Judged]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def judge(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> Judge:
    """Judge one row of texts or typed cells, beside a plain id and time."""

    def judged(rules: str, *, top: str = "", home: str = "UTC", **cells: object) -> Judged:
        mapping = mapping_of(tmp_path, with_columns(rules, top=top))
        row = {**PLAIN, **cells}
        engine.register("one_row", pa.table({name: [cell] for name, cell in row.items()}))
        described = engine.execute("DESCRIBE one_row").fetchall()
        staged = Staged(
            name="f.csv",
            relation="(SELECT *, 0 AS file_row_number FROM one_row)",
            columns={name: (quoted(name), kind) for name, kind, *_ in described},
            rows=1,
        )
        sql = row_sql(
            mapping,
            staged,
            zones=lambda name: zone_between(name, 0, NOW_US),
            home=home,
            now_us=NOW_US,
        )
        result = engine.execute(sql.sql)
        names = [each[0] for each in result.description]
        (values,) = result.fetchall()
        found = dict(zip(names, values, strict=True))
        reason = sql.reasons[found["_bad"] - 1] if found["_bad"] else None
        return Judged(
            values={name[2:]: value for name, value in found.items() if name[:2] in {"k_", "t_"}},
            broken=(reason.check, reason.about) if reason else None,
            notes=frozenset(n for i, n in enumerate(sql.notes) if found["_notes"] >> i & 1),
            found=found["_found"],
        )

    return judged


# --- texts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cells", "value"),
    [
        ("q", {"q": " Loans "}, "Loans"),
        ("q", {"q": "\u00a0 \u2003"}, None),
        ("{from: [a, b]}", {"a": "", "b": "two"}, "two"),
        ("{from: [a, b], join: '-'}", {"a": "1", "b": "2"}, "1-2"),
        ("{from: [a, b], join: '-'}", {"a": "1", "b": None}, None),
        ("{constant: it's}", {}, "it's"),
        ("{from: q, missing: ['0', '']}", {"q": "0"}, None),
        ("{from: q, missing: ['0']}", {"q": "00"}, "00"),
        ("{from: q, missing_like: '0+'}", {"q": "000"}, None),
        ("{from: q, missing_like: '0+'}", {"q": "1000"}, "1000"),
        ("{from: q, replace: [{pattern: 'a(.)', with: '\\1-'}]}", {"q": "abac"}, "b-c-"),
        ("{from: q, replace: [{pattern: 'x', with: y}, {pattern: y, with: z}]}", {"q": "x"}, "z"),
        ("{from: q, replace: [{pattern: '^0+', with: ''}], missing: ['7']}", {"q": "007"}, None),
        ("{from: q, replace: [{pattern: '.*', with: ' '}]}", {"q": "all"}, None),
        ("{from: q, values: {a: Loans, b: Cards}}", {"q": "b"}, "Cards"),
        ("{from: q, values: {a: Loans}, otherwise: keep}", {"q": "b"}, "b"),
        ("{from: q, values: {a: Loans}, otherwise: missing}", {"q": "b"}, None),
        ("{from: nowhere, optional: true}", {}, None),
        ("[{when: {nowhere: x}, from: q, optional: true}, q]", {"q": "b"}, "b"),
        ("q", {"q": 7}, "7"),
        ("q", {"q": 7.0}, "7"),
        ("q", {"q": 7.5}, "7.5"),
        ("q", {"q": float("nan")}, None),
        ("q", {"q": True}, "true"),
        ("q", {"q": decimal.Decimal("7.10")}, "7.10"),
        ("'the \"order\" no'", {'the "order" no': "x"}, "x"),
        ("order", {"order": "x"}, "x"),
    ],
)
def test_texts_are_read(judge: Judge, rule: str, cells: dict[str, object], value: str) -> None:
    row = judge(f"queue: {rule}", **cells)
    assert row["queue"] == value
    assert row.broken is None


def test_a_value_that_is_not_listed_is_set_aside(judge: Judge) -> None:
    row = judge("queue: {from: q, values: {a: Loans}}", q="b")
    assert row.broken == ("known_value", "queue")
    assert row.found == "queue: b"


# --- cases --------------------------------------------------------------------------------------

TESTS = [
    ("{q: a}", "a", True),
    ("{q: a}", " a ", True),
    ("{q: a}", "A", False),
    ("{q: a}", None, False),
    ("{q: [a, b]}", "b", True),
    ("{q: {not: a}}", "b", True),
    ("{q: {not: a}}", "a", False),
    ("{q: {not: a}}", None, True),
    ("{q: {missing: true}}", "", True),
    ("{q: {missing: yes}}", "a", False),
    ("{q: {missing: false}}", "a", True),
    ("{q: {below: 3}}", "2.5", True),
    ("{q: {below: 3}}", "3", False),
    ("{q: {below: 3}}", "many", False),
    ("{q: {above: 3}}", "4", True),
    ("{q: {above: 1, below: 3}}", "2", True),
    ("{q: {above: 1, below: 3}}", "4", False),
    ("{q: {like: '^a.$'}}", "ab", True),
    ("{q: {like: b}}", "abc", True),
    ("{q: {like: '^b'}}", "abc", False),
    ("{q: a, id: '1'}", "a", True),
    ("{q: a, id: '2'}", "a", False),
]


@pytest.mark.parametrize(("when", "cell", "holds"), TESTS)
def test_the_first_case_that_holds_is_used(
    judge: Judge, when: str, cell: str | None, holds: bool
) -> None:
    row = judge(f"reason: [{{when: {when}, constant: yes}}, {{constant: no}}]", q=cell)
    assert row["reason"] == ("yes" if holds else "no")


@pytest.mark.parametrize(("when", "cell", "holds"), TESTS)
def test_filters_set_rows_aside(judge: Judge, when: str, cell: str | None, holds: bool) -> None:
    row = judge("queue: q", top=f"filters: [{{when: {when}, reason: not ours}}]", q=cell)
    assert row.broken == (("filter", "not ours") if holds else None)


def test_where_no_case_holds_nothing_is_said(judge: Judge) -> None:
    assert judge("queue: [{when: {q: a}, constant: x}]", q="b")["queue"] is None
    row = judge("outcome: [{when: {q: a}, constant: handled}]", q="b")
    assert row.broken == ("required_present", "outcome")


def test_each_case_has_its_own_limits_table_and_zone(judge: Judge) -> None:
    rules = """
        talk_s:
          - {when: {q: call}, from: x, unit: min, at_most: 120}
          - {from: x, at_most: 10, beyond: quarantine}
        handled_by:
          - {when: {q: call}, from: w, values: {a: advisor}}
          - {from: w, values: {a: bot}, otherwise: missing}
        arrived_at:
          - {when: {q: call}, from: at, zone: Asia/Tokyo}
          - {from: at, zone: America/New_York}
        """
    call = judge(rules, q="call", x="2", w="a")
    assert (call["talk_s"], call["handled_by"]) == (120.0, "advisor")
    assert call["arrived_at"] == at("2024-05-06T07:08:09+09:00")
    chat = judge(rules, q="chat", x="2", w="b")
    assert (chat["talk_s"], chat["handled_by"], chat.broken) == (2.0, None, None)
    assert chat["arrived_at"] == at("2024-05-06T07:08:09-04:00")
    assert judge(rules, q="call", x="3", w="a")["talk_s"] is None
    assert judge(rules, q="chat", x="11", w="a").broken == ("in_range", "talk_s")
    assert judge(rules, q="call", x="2", w="b").broken == ("known_value", "handled_by")


# --- words that are known -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cell", "value", "broken"),
    [
        ("q", "chat", "chat", None),
        ("q", "fax", None, ("known_value", "channel")),
        ("{from: q, values: {f: chat}, otherwise: keep}", "email", "email", None),
        ("{from: q, values: {f: chat}, otherwise: keep}", "fax", None, ("known_value", "channel")),
        (
            "{from: q, values: {f: chat}, otherwise: missing}",
            "fax",
            None,
            ("required_present", "channel"),
        ),
        ("q", None, None, ("required_present", "channel")),
    ],
)
def test_channels_are_known_ones(
    judge: Judge, rule: str, cell: str | None, value: str | None, broken: tuple[str, str] | None
) -> None:
    row = judge(f"channel: {rule}", q=cell)
    assert (row["channel"], row.broken) == (value, broken)


@pytest.mark.parametrize(
    ("cell", "flag"),
    [
        ("yes", True),
        ("Y", True),
        ("TRUE", True),
        ("1", True),
        ("No", False),
        ("f", False),
        ("", None),
    ],
)
def test_flags_are_read(judge: Judge, cell: str, flag: bool | None) -> None:
    row = judge("resolved: q", q=cell)
    assert (row["resolved"], row.broken) == (flag, None)


def test_a_flag_that_is_none_is_set_aside(judge: Judge) -> None:
    assert judge("resolved: q", q="perhaps").broken == ("known_value", "resolved")
    assert (
        judge("resolved: {from: q, values: {done: true, left: false}}", q="left")["resolved"]
        is False
    )


# --- numbers and durations ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cell", "value"),
    [
        ("q", "3", 3),
        ("q", "3.0", 3),
        ("q", "-2", -2),
        ("q", 3.0, 3),
        ("q", 3, 3),
        ("{from: q, values: {High: 3, Low: 1}}", "High", 3),
        ("{from: q, values: {High: 3}, otherwise: keep}", "2", 2),
        ("{from: q, values: {High: 3}, otherwise: missing}", "Odd", None),
        ("{from: q, at_most: 9}", "10", None),
        ("{from: q, at_least: 0}", "-1", None),
        ("{from: q, decimal: ','}", "1.000", 1000),
    ],
)
def test_whole_numbers_are_read(judge: Judge, rule: str, cell: object, value: int | None) -> None:
    row = judge(f"priority: {rule}", q=cell)
    assert (row["priority"], row.broken) == (value, None)


@pytest.mark.parametrize(
    ("rule", "cell", "check"),
    [
        ("q", "3.5", "is_a_number"),
        ("q", "high", "is_a_number"),
        ("q", "99999999999999999999", "is_a_number"),
        ("q", "1e400", "is_a_number"),
        ("q", "nan", "is_a_number"),
        ("{from: q, values: {High: 3}}", "Odd", "known_value"),
        ("{from: q, values: {High: 3}, otherwise: keep}", "Odd", "is_a_number"),
        ("{from: q, at_most: 9, beyond: quarantine}", "10", "in_range"),
    ],
)
def test_what_is_no_whole_number_is_set_aside(
    judge: Judge, rule: str, cell: str, check: str
) -> None:
    assert judge(f"priority: {rule}", q=cell).broken == (check, "priority")


@pytest.mark.parametrize(
    ("rule", "cell", "seconds"),
    [
        ("q", "61.5", 61.5),
        ("{from: q, unit: ms}", "1500", 1.5),
        ("{from: q, unit: us}", "1500000", 1.5),
        ("{from: q, unit: min}", "1.5", 90.0),
        ("{from: q, unit: h}", "0.5", 1800.0),
        ("{from: q, unit: days}", "0.25", 21_600.0),
        ("{from: q, unit: clock}", "1:02:03", 3723.0),
        ("{from: q, unit: clock}", "02:03", 123.0),
        ("{from: q, unit: clock}", "02:03.5", 123.5),
        ("{from: q, unit: clock}", "23:59:59.25", 86_399.25),
        ("{from: q, unit: min, decimal: ','}", "1,5", 90.0),
        ("{from: q, decimal: ','}", "1.234,5", 1234.5),
        ("q", 61, 61.0),
        ("{from: q, unit: ms}", decimal.Decimal("1500.5"), 1.5005),
        ("{from: q, missing: ['-']}", "-", None),
        ("q", None, None),
    ],
)
def test_durations_are_seconds(judge: Judge, rule: str, cell: object, seconds: float) -> None:
    row = judge(f"talk_s: {rule}", q=cell)
    assert row["talk_s"] == pytest.approx(seconds)
    assert row.broken is None


@pytest.mark.parametrize(
    ("rule", "cell"),
    [
        ("q", "1:00"),
        ("q", "1 min"),
        ("{from: q, unit: clock}", "61"),
        ("{from: q, unit: clock}", "1:60"),
        ("{from: q, unit: clock}", "1:2:3:4"),
        ("{from: q, unit: clock}", "1234567890:00:00"),
        ("q", "1,5"),
    ],
)
def test_text_where_seconds_belong_is_set_aside(judge: Judge, rule: str, cell: str) -> None:
    row = judge(f"talk_s: {rule}", q=cell)
    assert row.broken == ("is_a_number", "talk_s")
    assert row.found == f"talk_s: {cell}"


@pytest.mark.parametrize(
    ("rule", "cell", "note"),
    [
        ("q", "-1", "duration_not_negative:talk_s"),
        ("q", str(LONGEST_S + 1), "duration_plausible:talk_s"),
        ("{from: q, at_most: 60}", "61", "duration_plausible:talk_s"),
        ("{from: q, at_least: 5}", "4", "duration_not_negative:talk_s"),
        ("{from: q, unit: clock}", "-0:00:05", "duration_not_negative:talk_s"),
        ("q", "1e300", "duration_plausible:talk_s"),
    ],
)
def test_a_duration_that_cannot_be_right_is_left_out_and_counted(
    judge: Judge, rule: str, cell: str, note: str
) -> None:
    row = judge(f"talk_s: {rule}", q=cell)
    assert (row["talk_s"], row.broken) == (None, None)
    assert row.notes == {note}


# --- instants -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "cell", "instant"),
    [
        ("t", "2024-05-06 07:08:09", "2024-05-06T07:08:09+02:00"),
        ("t", "2024-05-06T07:08", "2024-05-06T07:08:00+02:00"),
        ("t", "2024-05-06", "2024-05-06T00:00:00+02:00"),
        ("t", "2024-05-06 07:08:09.123456", "2024-05-06T07:08:09.123456+02:00"),
        ("t", "2024-05-06T07:08:09Z", "2024-05-06T07:08:09+00:00"),
        ("t", "2024-05-06 07:08:09 UTC", "2024-05-06T07:08:09+00:00"),
        ("t", "2024-05-06T07:08:09.000+0000", "2024-05-06T07:08:09+00:00"),
        ("t", "2024-05-06T07:08:09-03:30", "2024-05-06T10:38:09+00:00"),
        ("t", "2024-05-06 07:08:09+05", "2024-05-06T02:08:09+00:00"),
        ("{from: t, zone: Asia/Tokyo}", "2024-05-06 07:08", "2024-05-06T07:08:00+09:00"),
        ("{from: t, format: '%d.%m.%Y %H:%M'}", "6.5.2024 7:08", "2024-05-06T07:08:00+02:00"),
        (
            "{from: t, format: '%m/%d/%Y %I:%M:%S %p'}",
            "05/06/2024 07:08:09 PM",
            "2024-05-06T19:08:09+02:00",
        ),
        (
            "{from: t, format: '%a, %d %b %Y %H:%M:%S'}",
            "Mon, 06 May 2024 07:08:09",
            "2024-05-06T07:08:09+02:00",
        ),
        (
            "{from: t, format: '%Y-%m-%d %H:%M:%S %z'}",
            "2024-05-06 07:08:09 +0500",
            "2024-05-06T02:08:09+00:00",
        ),
        ("{from: t, format: ['%d/%m/%Y', iso]}", "06/05/2024", "2024-05-06T00:00:00+02:00"),
        (
            "{from: t, format: ['%d/%m/%Y', iso]}",
            "2024-05-06T07:08:09Z",
            "2024-05-06T07:08:09+00:00",
        ),
        (
            "{from: t, format: ['%d/%m/%Y %z', '%d/%m/%Y']}",
            "06/05/2024",
            "2024-05-06T00:00:00+02:00",
        ),
        ("{from: t, format: epoch_s}", "1714972089.5", "2024-05-06T05:08:09.5+00:00"),
        ("{from: t, format: epoch_ms}", "1714972089500", "2024-05-06T05:08:09.5+00:00"),
        ("{from: t, format: epoch_us}", "1714972089500000", "2024-05-06T05:08:09.5+00:00"),
        ("{from: t, format: [epoch_s, iso]}", "2024-05-06 07:08", "2024-05-06T07:08:00+02:00"),
        ("{from: t, format: epoch_s}", 1714972089, "2024-05-06T05:08:09+00:00"),
        ("{from: t, format: '%Y%m%d'}", 20240506, "2024-05-06T00:00:00+02:00"),
        ("t", dt.datetime(2024, 5, 6, 7, 8, 9), "2024-05-06T07:08:09+02:00"),  # noqa: DTZ001
        ("t", dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC), "2024-05-06T07:08:09+00:00"),
        ("t", dt.date(2024, 5, 6), "2024-05-06T00:00:00+02:00"),
        (
            "{from: t, missing: ['0']}",
            dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC),
            "2024-05-06T07:08:09+00:00",
        ),
        (
            "{from: t, replace: [{pattern: ' h$', with: ''}]}",
            "2024-05-06 07:08 h",
            "2024-05-06T07:08:00+02:00",
        ),
        ("{from: [s, t]}", "2024-05-06 07:08", "2024-05-06T07:08:00+02:00"),
        ("{constant: '2024-05-06 07:08'}", "", "2024-05-06T07:08:00+02:00"),
    ],
)
def test_instants_are_read(judge: Judge, rule: str, cell: object, instant: str) -> None:
    row = judge(f"arrived_at: {rule}", top="zone: Europe/Berlin", home="Asia/Kolkata", t=cell, s="")
    assert row["arrived_at"] == at(instant)
    assert row.broken is None


@pytest.mark.parametrize(
    ("rule", "cell", "check"),
    [
        ("t", "yesterday", "is_a_time"),
        ("t", "06/05/2024 07:08", "is_a_time"),
        ("t", "2024-13-06 07:08", "is_a_time"),
        ("t", "2024-05-06 25:08", "is_a_time"),
        ("t", "2024-05-06 07:08:09 PM", "is_a_time"),
        ("t", "2024-05-06 07:08:09 Mars/Base", "is_a_time"),
        ("t", "infinity", "is_a_time"),
        ("t", "290000-01-01 00:00:00", "is_a_time"),
        ("{from: t, format: '%d/%m/%Y'}", "2024-05-06", "is_a_time"),
        ("{from: t, format: epoch_s}", "soon", "is_a_time"),
        ("{from: t, format: epoch_s}", "1714972089000000", "is_a_time"),
        ("{from: t, format: epoch_s}", "1e30", "is_a_time"),
        ("t", "", "required_present"),
        ("t", "2030-01-03", "not_in_future"),
        ("t", "2999-01-01", "not_in_future"),
        ("t", "1969-12-30", "after_1970"),
        ("t", "1900-01-01", "after_1970"),
    ],
)
def test_what_is_no_time_is_set_aside(judge: Judge, rule: str, cell: str, check: str) -> None:
    assert judge(f"arrived_at: {rule}", t=cell).broken == (check, "arrived_at")


def test_a_time_that_never_was_is_set_aside_and_one_that_was_twice_is_the_first(
    judge: Judge,
) -> None:
    rule = "arrived_at: {from: t, zone: Europe/London}"
    never = judge(rule, t="2024-03-31 01:30:00")
    assert never.broken == ("time_existed", "arrived_at")
    twice = judge(rule, t="2024-10-27 01:30:00")
    assert twice["arrived_at"] == at("2024-10-27T01:30:00+01:00")
    assert twice.notes == {"time_was_once:arrived_at"}
    told = judge(rule, t="2024-10-27T01:30:00+00:00")
    assert told["arrived_at"] == at("2024-10-27T01:30:00+00:00")
    assert told.notes == frozenset()
    assert judge(rule, t="2024-03-31T01:30:00Z").broken is None


@pytest.mark.parametrize(
    ("more", "clock", "instant"),
    [
        ("", "7:08:09", "2024-05-06T07:08:09"),
        ("", "07:08", "2024-05-06T07:08:00"),
        ("", "07:08:09.25", "2024-05-06T07:08:09.25"),
        ("", "24:00:00", "2024-05-07T00:00:00"),
        (", format: '%I:%M %p'", "07:08 PM", "2024-05-06T19:08:00"),
        (", format: ['%H.%M', iso]", "07.08", "2024-05-06T07:08:00"),
        (", format: ['%H.%M', iso]", "07:08", "2024-05-06T07:08:00"),
    ],
)
def test_a_clock_time_has_its_date_beside_it(
    judge: Judge, more: str, clock: str, instant: str
) -> None:
    rule = f"arrived_at: {{date: d, date_format: '%d %b %y', clock: c{more}}}"
    row = judge(rule, d="06 May 24", c=clock)
    assert row["arrived_at"] == at(instant)
    typed = judge(f"arrived_at: {{date: d, clock: c{more}}}", d=dt.date(2024, 5, 6), c=clock)
    assert typed["arrived_at"] == at(instant)


@pytest.mark.parametrize("clock", ["07:08 PM", "7", "07:08+02", "25:00", "07:61", "noon"])
def test_what_is_no_clock_time_is_set_aside(judge: Judge, clock: str) -> None:
    """The engine itself would read the first as eight minutes past seven in the morning."""
    row = judge("arrived_at: {date: d, clock: c}", d="2024-05-06", c=clock)
    assert row.broken == ("is_a_time", "arrived_at")


def test_the_first_clock_that_is_there_is_used(judge: Judge) -> None:
    rule = "arrived_at: {date: d, clock: [a, b], missing: ['0:00:00']}"
    row = judge(rule, d="2024-05-06", a="0:00:00", b="9:00:00")
    assert row["arrived_at"] == at("2024-05-06T09:00:00")
    assert judge(rule, d="2024-05-06", a="0:00:00", b="").broken == (
        "required_present",
        "arrived_at",
    )
    assert judge(rule, d="", a="8:00:00", b="").broken == ("is_a_time", "arrived_at")


NEAR = """
    arrived_at: {date: d, clock: a}
    queued_at: {date: d, clock: q, near: arrived_at}
    answered_at: {date: d, clock: s, near: queued_at}
    """


def test_a_call_over_midnight_ends_on_the_next_day(judge: Judge) -> None:
    row = judge(NEAR, d="2024-05-06", a="23:58:00", q="23:59:30", s="00:01:00")
    assert row["queued_at"] == at("2024-05-06T23:59:30")
    assert row["answered_at"] == at("2024-05-07T00:01:00")
    assert row.notes == frozenset()


def test_a_clock_time_just_before_midnight_may_belong_to_the_day_before(judge: Judge) -> None:
    row = judge(NEAR, d="2024-05-06", a="00:00:02", q="23:59:59", s="0:00:05")
    assert row["queued_at"] == at("2024-05-06T00:00:02"), "3 s too early: set equal"
    assert row["answered_at"] == at("2024-05-06T00:00:05")


def test_a_clock_time_near_nothing_stays_on_its_date(judge: Judge) -> None:
    row = judge(NEAR, d="2024-05-06", a="23:58:00", q=None, s="00:01:00")
    assert row["queued_at"] is None
    assert row.notes == {"times_in_order:answered_at"}


def test_over_midnight_and_a_change_of_clocks(judge: Judge) -> None:
    row = judge(NEAR, top="zone: Europe/London", d="2024-03-30", a="23:59:00", q="2:30:00", s=None)
    assert row["queued_at"] == at("2024-03-31T02:30:00+01:00")


AFTER = """
    queued_at: {after: arrived_at, from: [ivr, ring], unit: clock}
    answered_at: {after: queued_at, from: wait, unit: min, missing: ['-']}
    ended_at: {after: answered_at, from: talk, unit: ms, decimal: ","}
    """


def test_durations_lead_from_one_instant_to_the_next(judge: Judge) -> None:
    row = judge(AFTER, ivr="0:00:30", ring="0:00:10", wait="1.5", talk="1.000,5")
    assert row["queued_at"] == at("2024-05-06T07:08:49")
    assert row["answered_at"] == at("2024-05-06T07:10:19")
    assert row["ended_at"] == at("2024-05-06T07:10:20.000500")


def test_parts_that_are_missing_count_for_nothing_if_one_is_there(judge: Judge) -> None:
    assert judge(AFTER, ivr=None, ring="0:00:10", wait="1", talk="1")["queued_at"] == at(
        "2024-05-06T07:08:19"
    )
    row = judge(AFTER, ivr=None, ring=None, wait="1", talk="1")
    assert (row["queued_at"], row["answered_at"], row["ended_at"]) == (None, None, None)
    assert row.broken is None
    assert judge(AFTER, ivr="0:30", ring=None, wait="-", talk="1")["ended_at"] is None


@pytest.mark.parametrize("cell", ["soon", "1e300", "60"])
def test_a_part_that_is_no_duration_sets_the_row_aside(judge: Judge, cell: str) -> None:
    row = judge(AFTER, ivr=cell, ring="0:10", wait="1", talk="1")
    assert row.broken == ("is_a_number", "queued_at")
    assert row.found == f"queued_at: {cell} and 0:10"


def test_a_log_that_knows_only_the_end_is_counted_back(judge: Judge) -> None:
    rules = """
        ended_at: {from: at, zone: Europe/London}
        arrived_at: {before: ended_at, from: total}
        """
    row = judge(rules, total="69")
    assert row["ended_at"] == at("2024-05-06T07:08:09+01:00")
    assert row["arrived_at"] == at("2024-05-06T07:07:00+01:00")
    assert judge(rules, total="").broken == ("required_present", "arrived_at")
    assert judge(rules, total="69", at="").broken == ("required_present", "arrived_at")


def test_each_case_may_hang_on_another_instant(judge: Judge) -> None:
    rules = """
        answered_at: {from: s, optional: true}
        ended_at:
          - {when: {talk: {missing: false}}, after: answered_at, from: talk}
          - {when: {clock: {missing: false}}, date: at, clock: clock, near: arrived_at}
          - {from: end}
        """
    base = {"s": "2024-05-06 07:09:00", "talk": "", "clock": "", "end": ""}
    assert judge(rules, **{**base, "talk": "30"})["ended_at"] == at("2024-05-06T07:09:30")
    assert judge(rules, **{**base, "clock": "07:10"})["ended_at"] == at("2024-05-06T07:10:00")
    assert judge(rules, **{**base, "end": "2024-05-07"})["ended_at"] == at("2024-05-07T00:00:00")


# --- order of times -----------------------------------------------------------------------------

ORDER_RULES = "queued_at: q\nanswered_at: a\nended_at: e"


def ordered(judge: Judge, **times: str) -> tuple[Judged, list[str | None]]:
    full = {name: f"2024-05-06 {times[name]}" if times.get(name) else None for name in "qae"}
    row = judge(ORDER_RULES, **full)
    named = ("queued_at", "answered_at", "ended_at")
    return row, [row[name] and row[name].strftime("%H:%M:%S") for name in named]


def test_times_in_order_stay_as_they_are(judge: Judge) -> None:
    row, times = ordered(judge, q="07:08:10", a="07:09:00", e="07:10:00")
    assert (times, row.notes) == (["07:08:10", "07:09:00", "07:10:00"], frozenset())


def test_a_few_seconds_too_early_are_set_equal(judge: Judge) -> None:
    row, times = ordered(judge, q="07:08:04", a="07:08:05", e="07:08:03")
    assert times == ["07:08:09", "07:08:09", None]
    assert row.notes == {"times_in_order:ended_at"}


def test_what_comes_far_too_early_is_left_out_and_the_rest_is_kept(judge: Judge) -> None:
    row, times = ordered(judge, q="06:00:00", a="07:09:00", e="07:08:30")
    assert times == [None, "07:09:00", None]
    assert row.notes == {"times_in_order:queued_at", "times_in_order:ended_at"}


def test_an_end_in_the_future_stands_for_not_yet(judge: Judge) -> None:
    row = judge("ended_at: e", e="9999-12-31 23:59:59")
    assert (row["ended_at"], row.broken) == (None, None)
    assert row.notes == {"known_by_now:ended_at"}


# --- which check, and missing columns -----------------------------------------------------------


def test_of_several_breaches_the_first_in_the_list_of_checks_is_told(judge: Judge) -> None:
    rules = """
        talk_s: {from: x}
        channel: {from: c, values: {v: voice}}
        arrived_at: t
        """
    assert judge(rules, x="x", c="x", t="x", id="").broken == ("id_present", "contact_id")
    assert judge(rules, x="x", c="", t="x").broken == ("required_present", "channel")
    assert judge(rules, x="x", c="x", t="x").broken == ("is_a_time", "arrived_at")
    assert judge(rules, x="x", c="x", t="2024-01-01").broken == ("is_a_number", "talk_s")
    assert judge(rules, x="1", c="x", t="2024-01-01").broken == ("known_value", "channel")
    order = [check.name for check in CHECKS]
    met = ["filter", "id_present", "required_present", "is_a_time", "is_a_number", "known_value"]
    assert met == [name for name in order if name in met]


def test_a_column_that_is_not_there_refuses_the_file(judge: Judge) -> None:
    with pytest.raises(MappingError) as told:
        judge("queue: skill\nreason: why\ntext: {from: body, optional: true}")
    assert "no column 'skill', 'why'" in told.value.wrong
    assert told.value.found == "f.csv: id, at"


def test_links_have_their_source_in_front(judge: Judge) -> None:
    assert judge("previous_contact_id: p", p="7")["previous_contact_id"] == "phone:7"
    assert judge("previous_contact_id: p", p="a:7")["previous_contact_id"] == "phone:a:7"
    row = judge("previous_contact_id: {from: p, of: mail}", p="7")
    assert row["previous_contact_id"] == "mail:7"
    assert judge("previous_contact_id: p", p="")["previous_contact_id"] is None
