"""Quarantine keeps every row whole, says why and where, and adds up."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andon.ledger.quarantine import Entry, Reason, entries, reasons
from ingesting import LEAST, Rig, with_columns

CODES = with_columns("outcome: {from: x, values: {ok: handled}}\ntalk_s: y")
FIRST = "id,at,x,y\n1,2024-01-01,ok,5\n2,soon,ok,5\n3,2024-01-01,odd,5\n4\n5,2024-01-01,strange,5\n"
SECOND = "id,at,x,y\n6,2024-01-01,ok,long\n7,2024-01-01,odd,5\n8,2024-01-01,odd,5\n"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(folder=tmp_path)


@pytest.fixture
def waiting(rig: Rig) -> Rig:
    """Two files of one source and one of another, each with rows that wait."""
    rig.load(CODES, FIRST, "b.csv")
    rig.load(CODES, SECOND, "a.csv")
    rig.load(LEAST.replace("source: phone", "source: mail"), "id,at\n1,soon\n", "c.csv")
    return rig


def test_nothing_waits_in_a_new_ledger(rig: Rig) -> None:
    assert reasons(rig.ledger) == ()
    assert entries(rig.ledger) == ()
    rig.load(LEAST, "id,at\n1,2024-01-01\n")
    assert reasons(rig.ledger) == ()


def test_reasons_come_by_source_check_and_column_most_rows_first(waiting: Rig) -> None:
    assert reasons(waiting.ledger) == (
        Reason(
            source="phone",
            check="known_value",
            about="outcome",
            rows=4,
            files=2,
            example="a.csv, line 3: outcome: odd",
        ),
        Reason(
            source="mail",
            check="is_a_time",
            about="arrived_at",
            rows=1,
            files=1,
            example="c.csv, line 2: arrived_at: soon",
        ),
        Reason(
            source="phone",
            check="is_a_number",
            about="talk_s",
            rows=1,
            files=1,
            example="a.csv, line 2: talk_s: long",
        ),
        Reason(
            source="phone",
            check="is_a_time",
            about="arrived_at",
            rows=1,
            files=1,
            example="b.csv, line 3: arrived_at: soon",
        ),
        Reason(
            source="phone",
            check="whole_row",
            about="",
            rows=1,
            files=1,
            example="b.csv, line 5: 1 fields where the header has 4",
        ),
    )


def test_an_example_is_the_first_line_of_the_first_file(rig: Rig) -> None:
    rig.load(LEAST, "id,at\n1,soon\n", "b.csv")
    rig.load(LEAST, "id,at\n2,2024-01-01\n3,later\n4,never\n", "a.csv")
    (reason,) = reasons(rig.ledger)
    assert (reason.rows, reason.files) == (3, 2)
    assert reason.example == "a.csv, line 3: arrived_at: later"


def test_entries_come_by_source_file_and_line(waiting: Rig) -> None:
    found = [(each.source, each.file, each.line) for each in entries(waiting.ledger)]
    assert found == [
        ("mail", "c.csv", 2),
        ("phone", "a.csv", 2),
        ("phone", "a.csv", 3),
        ("phone", "a.csv", 4),
        ("phone", "b.csv", 3),
        ("phone", "b.csv", 4),
        ("phone", "b.csv", 5),
        ("phone", "b.csv", 6),
    ]


def test_an_entry_says_all_that_it_takes_to_find_and_mend_the_row(rig: Rig) -> None:
    run = rig.load(CODES, FIRST, "b.csv")
    assert entries(rig.ledger, check="is_a_time") == (
        Entry(
            source="phone",
            table="contacts",
            file="b.csv",
            line=3,
            check="is_a_time",
            about="arrived_at",
            found="arrived_at: soon",
            content='{"id":"2","at":"soon","x":"ok","y":"5"}',
            run_id=run.run_id,
        ),
    )
    (cut,) = entries(rig.ledger, check="whole_row")
    assert (cut.about, cut.content) == ("", "4")


def test_one_source_one_check_and_a_few_rows_can_be_picked(waiting: Rig) -> None:
    ledger = waiting.ledger
    assert {each.source for each in reasons(ledger, source="phone")} == {"phone"}
    assert len(entries(ledger, source="phone")) == 7
    assert len(entries(ledger, check="is_a_time")) == 2
    (one,) = entries(ledger, source="mail", check="is_a_time")
    assert one.file == "c.csv"
    assert entries(ledger, source="mail", check="known_value") == ()
    assert entries(ledger, limit=3) == entries(ledger)[:3]
    assert entries(ledger, limit=0) == ()
    assert entries(ledger, limit=99) == entries(ledger)


@pytest.mark.parametrize("name", ["it's", "' OR '1'='1", '"', "phone'; DROP VIEW quarantine; --"])
def test_a_name_that_nothing_has_finds_nothing(waiting: Rig, name: str) -> None:
    assert reasons(waiting.ledger, source=name) == ()
    assert entries(waiting.ledger, source=name) == ()
    assert entries(waiting.ledger, check=name) == ()


def test_a_filter_shows_under_its_own_reason(rig: Rig) -> None:
    filters = """filters:
  - {when: {id: "1"}, reason: it's a test call}
  - {when: {id: "2"}, reason: not ours}
"""
    rig.load(LEAST + filters, "id,at\n1,2024-01-01\n2,2024-01-01\n3,2024-01-01\n")
    told = {each.about: (each.check, each.example) for each in reasons(rig.ledger)}
    assert told == {
        "it's a test call": ("filter", "f.csv, line 2: it's a test call"),
        "not ours": ("filter", "f.csv, line 3: not ours"),
    }


def test_what_a_mended_mapping_lets_in_no_longer_waits(waiting: Rig) -> None:
    mended = CODES.replace("{ok: handled}", "{ok: handled, odd: failed}")
    run = waiting.load(mended, SECOND, "a.csv")
    assert run.drained == 2
    assert [each.line for each in entries(waiting.ledger, source="phone")] == [2, 3, 4, 5, 6]
    (codes,) = [each for each in reasons(waiting.ledger) if each.check == "known_value"]
    assert (codes.rows, codes.files) == (2, 1)


def test_rows_of_every_table_wait_in_one_place(rig: Rig) -> None:
    rig.load(LEAST, "id,at\n1,soon\n")
    needs = "source: crm\ntable: needs\ncolumns: {need_id: id, kind: kind, since_at: since}\n"
    rig.load(needs, "id,kind,since\n1,large print,long ago\n", "n.csv")
    assert {each.table: each.check for each in entries(rig.ledger)} == {
        "contacts": "is_a_time",
        "needs": "is_a_time",
    }


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"]),
    max_size=20,
)


@settings(deadline=None, max_examples=12)
@given(cells=st.lists(CELLS, min_size=1, max_size=12))
@example(cells=["'", '"', "\\", "a\nb", ",", "\t", "{", '{"a": 1}', "\u2028", "😀", "é", "\x07"])
def test_whatever_a_cell_holds_waits_unchanged(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    rig = Rig(folder=tmp_path_factory.mktemp("any"))
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["id", "at", "x"], *([str(i), "soon", cell] for i, cell in enumerate(cells))])
    run = rig.load(LEAST, text.getvalue())
    kept = [json.loads(each.content) for each in entries(rig.ledger)]
    assert run.quarantined == len(cells)
    assert [(row["id"], row["x"] or "") for row in kept] == [
        (str(i), cell) for i, cell in enumerate(cells)
    ]


ROWS = st.sampled_from(
    ["{},2024-01-01", "{},soon", "{}", "{},2024-01-01,more", ",2024-01-01", "{},", "{},1950-01-01"]
)


@settings(deadline=None, max_examples=12)
@given(files=st.lists(st.lists(ROWS, min_size=1, max_size=15), min_size=1, max_size=3))
def test_reasons_add_up_to_the_entries_and_both_to_what_runs_set_aside(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[str]]
) -> None:
    rig = Rig(folder=tmp_path_factory.mktemp("sums"))
    set_aside, number = 0, 0
    for i, rows in enumerate(files):
        lines = ["id,at"]
        for row in rows:
            number += 1
            lines.append(row.format(number))
        set_aside += rig.load(LEAST, "\n".join(lines) + "\n", f"{i}.csv").quarantined
    waiting, why = entries(rig.ledger), reasons(rig.ledger)
    assert len(waiting) == sum(each.rows for each in why) == set_aside
    assert Counter((each.source, each.check, each.about) for each in waiting) == {
        (each.source, each.check, each.about): each.rows for each in why
    }
    assert len({(each.file, each.line) for each in waiting}) == len(waiting)
    assert [each.rows for each in why] == sorted((each.rows for each in why), reverse=True)
