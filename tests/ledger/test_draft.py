"""Drafts: a look at a file, a guess for each column, and a mapping that loads."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import SourceError
from andon.ledger.draft import draft, glance
from andon.ledger.mapping import Mapping, load_mapping
from ingesting import Rig, at

CALLS = """\
Call ID,Caller,Queue,Start Time,Answered,End Time,Result,Agent,Talk,ACW (min),Transfers,Priority,\
Notes
c1,ann,Loans,2024-01-08 09:00,2024-01-08 09:01,2024-01-08 09:05,Answered,zoe,0:04:40,1.5,0,High,hi
c2,bob,Loans,2024-01-08 09:01,,2024-01-08 09:03,Abandoned,,,,0,Low,"two
lines # here"
c3,,Cards,2024-01-08 09:02,2024-01-08 09:03,2024-01-08 09:09,Answered,max,0:06:55,0.5,1,Normal,
"""


def drafted(folder: Path, content: str, name: str = "calls.csv", **how: str) -> Mapping:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    (folder / "draft.yaml").write_text(draft(path, **how), encoding="utf-8")
    return load_mapping(folder / "draft.yaml")


def source_of(mapping: Mapping, column: str) -> str | None:
    rule = mapping.rule(column)
    return None if rule is None else ", ".join(rule.sources)


def test_a_glance_says_what_is_in_each_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,q,none\n1,x,\n2,x,\n3,y, \n4,,\n")
    ids, queues, none = glance(tmp_path / "a.csv")
    assert (ids.name, ids.filled, ids.distinct) == ("id", 1.0, 4)
    assert (queues.filled, queues.distinct, queues.values) == (0.75, 2, ("x", "y"))
    assert (none.filled, none.distinct, none.values) == (0.0, 0, ())


def test_each_column_of_the_ledger_gets_the_likeliest_column_of_the_file(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, CALLS)
    assert {rule.column: source_of(mapping, rule.column) for rule in mapping.rules} == {
        "contact_id": "Call ID",
        "customer_id": "Caller",
        "channel": "",
        "queue": "Queue",
        "priority": "Priority",
        "arrived_at": "Start Time",
        "answered_at": "Answered",
        "ended_at": "End Time",
        "outcome": "Result",
        "advisor_id": "Agent",
        "talk_s": "Talk",
        "wrapup_s": "ACW (min)",
        "transfers": "Transfers",
    }


def test_a_draft_of_a_plain_file_loads_it(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, CALLS)
    run = Rig(folder=tmp_path).ingest(mapping, tmp_path / "calls.csv")
    assert (run.read, run.added) == (3, 3)
    rows = Rig(folder=tmp_path).rows()
    first = rows["calls:c1"]
    assert first["answered_at"] == at("2024-01-08T09:01")
    assert (first["talk_s"], first["wrapup_s"], first["priority"]) == (280.0, 90.0, 3)
    assert rows["calls:c2"]["outcome"] == "abandoned"


def test_a_draft_says_what_it_saw_and_what_to_check(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(CALLS)
    text = draft(tmp_path / "calls.csv", source="our-phone", zone="Europe/Berlin")
    assert "source: our-phone" in text
    assert "zone: Europe/Berlin" in text
    assert "67% filled; 2 different, such as" in text
    assert "CHECK: no column says; voice is a guess" in text
    assert "# Not used:\n#   Notes: 2 different, such as hi, two lines # here" in text
    assert text.count("CHECK") >= 6


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (["2024-01-08T09:00:00Z", "2024-01-09T09:00:00+01:00"], "start"),
        (["8.1.2024 09:00", "31.12.2024 10:30"], '{from: start, format: "%d.%m.%Y %H:%M"}'),
        (
            ["31/01/2024 09:00:00", "01/02/2024 9:00:00"],
            '{from: start, format: "%d/%m/%Y %H:%M:%S"}',
        ),
        (["01/31/2024 09:00", "02/01/2024 9:00"], '{from: start, format: "%m/%d/%Y %H:%M"}'),
        (["01/31/2024 09:00 PM"], '{from: start, format: "%m/%d/%Y %I:%M %p"}'),
        (["08-Jan-2024 09:00:00"], '{from: start, format: "%d-%b-%Y %H:%M:%S"}'),
        (["Mon, 08 Jan 2024 09:00:00"], '{from: start, format: "%a, %d %b %Y %H:%M:%S"}'),
        (["1704704400", "1704704401.5"], "{from: start, format: epoch_s}"),
        (["1704704400000"], "{from: start, format: epoch_ms}"),
        (["20240108090000"], '{from: start, format: "%Y%m%d%H%M%S"}'),
    ],
)
def test_formats_of_times_are_recognised(tmp_path: Path, cells: list[str], rule: str) -> None:
    rows = "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells))
    (tmp_path / "a.csv").write_text(f"id,start\n{rows}")
    assert f"  arrived_at: {rule}   #" in draft(tmp_path / "a.csv")
    mapping = drafted(tmp_path, f"id,start\n{rows}", "a.csv")
    assert Rig(folder=tmp_path).ingest(mapping, tmp_path / "a.csv").added == len(cells)


def test_day_first_or_month_first_is_asked_where_values_do_not_tell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,start\n1,03/04/2024 09:00\n")
    assert "day first or month first? These values do not tell" in draft(tmp_path / "a.csv")


def test_telephone_numbers_are_no_times(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, "id,call time,start\n5550100101,5550100102,2024-01-08 09:00\n")
    assert source_of(mapping, "arrived_at") == "start"


def test_a_yes_or_no_column_of_abandons_is_understood(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, "id,start,Abandoned\n1,2024-01-08 09:00,0\n2,2024-01-08 09:00,1\n")
    rule = mapping.rule("outcome")
    assert rule is not None
    assert dict(rule.values) == {"0": "handled", "1": "abandoned"}


def test_values_inside_records_are_found_by_their_path(tmp_path: Path) -> None:
    lines = (
        '{"id": 1, "created_at": "2024-01-08T09:00:00Z", "agent": {"id": "z"}, "tags": [1]}\n'
        '{"id": 2, "created_at": "2024-01-08T09:00:00Z", "agent": null}\n'
    )
    mapping = drafted(tmp_path, lines, "tickets.jsonl")
    assert source_of(mapping, "advisor_id") == "agent.id"
    run = Rig(folder=tmp_path).ingest(mapping, tmp_path / "tickets.jsonl")
    assert run.added == 2
    assert [each.name for each in glance(tmp_path / "tickets.jsonl")] == [
        "id",
        "created_at",
        "agent.id",
        "tags",
    ]


def test_where_nothing_fits_the_draft_says_so(tmp_path: Path) -> None:
    text_mapping = drafted(tmp_path, "colour,shape\nred,round\n")
    assert source_of(text_mapping, "contact_id") == "colour"
    text = (tmp_path / "draft.yaml").read_text()
    assert "CHECK: no column looks like it; the file has colour, shape" in text
    assert "CHECK: no column says how contacts ended" in text


def test_many_outcomes_are_left_to_a_person(tmp_path: Path) -> None:
    rows = "".join(f"{i},2024-01-08 09:00,result {i % 30}\n" for i in range(60))
    (tmp_path / "a.csv").write_text(f"id,start,result\n{rows}")
    assert "CHECK: 30 different values; list what each means" in draft(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "source"),
    [("calls.csv", "calls"), ("Our calls (May).csv", "Our-calls-May"), ("---.csv", "source")],
)
def test_the_source_is_called_after_the_file(tmp_path: Path, name: str, source: str) -> None:
    assert drafted(tmp_path, CALLS, name).source == source


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(SourceError, match="empty"):
        draft(tmp_path / "a.csv")


NAMES = st.one_of(
    st.sampled_from(
        [
            "call id",
            "start_time",
            "status",
            "Priority",
            "talk",
            "hold",
            "resolved",
            "no",
            "a: b",
            "#x",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8),
)
CELLS = st.one_of(
    st.sampled_from(
        ["2024-01-08 09:00:00", "1", "0:01:00", "yes", "High", "voice", "", "1e5", "-3"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_draft_is_a_mapping(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever names and values a file has: quotes, colons, line breaks, words of YAML."""
    folder = tmp_path_factory.getbasetemp()
    header = data.draw(
        st.lists(NAMES, min_size=1, max_size=5, unique_by=lambda name: name.strip() or "column_1")
    )
    rows = data.draw(
        st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), min_size=1)
    )
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    try:
        mapping = drafted(folder, text.getvalue().replace("\r", " "), "any.csv")
    except SourceError:
        return
    assert {"contact_id", "channel", "arrived_at", "outcome"} <= {r.column for r in mapping.rules}
