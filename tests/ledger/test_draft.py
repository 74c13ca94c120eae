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
        (["1/31/24 9:00:05 AM"], '{from: start, format: "%m/%d/%y %I:%M:%S %p"}'),
        (["31.1.24 09:00"], '{from: start, format: "%d.%m.%y %H:%M"}'),
        (["31-01-2024 09:00"], '{from: start, format: "%d-%m-%Y %H:%M"}'),
        (["01-31-2024 09:00"], '{from: start, format: "%m-%d-%Y %H:%M"}'),
        (["1/31/2024, 9:00 AM"], '{from: start, format: "%m/%d/%Y, %I:%M %p"}'),
        (["2024/01/31 09:00"], '{from: start, format: "%Y/%m/%d %H:%M"}'),
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


def test_one_column_of_times_tells_how_another_is_written(tmp_path: Path) -> None:
    text = "id,start,end\n1,03/04/2024 09:00,03/04/2024 09:05\n2,01/31/2024 09:00,\n"
    mapping = drafted(tmp_path, text)
    assert {name: mapping.rule(name).formats for name in ("arrived_at", "ended_at")} == {  # type: ignore[union-attr]
        "arrived_at": ("%m/%d/%Y %H:%M",),
        "ended_at": ("%m/%d/%Y %H:%M",),
    }


def test_days_are_looked_at_over_the_whole_month(tmp_path: Path) -> None:
    """In the order of their texts the first dozen times all lie on the first of a month."""
    days = [f"{day:02}/03/2024 {hour:02}:00" for day in range(1, 32) for hour in range(24)]
    mapping = drafted(tmp_path, "id,start\n" + "".join(f"{i},{d}\n" for i, d in enumerate(days)))
    rule = mapping.rule("arrived_at")
    assert rule is not None
    assert rule.formats == ("%d/%m/%Y %H:%M",)
    assert "CHECK: day first" not in (tmp_path / "draft.yaml").read_text()


def test_times_in_a_way_that_is_not_known_are_still_found_by_their_name(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, "kind,call date,id\nx,8th of Jan 2024,1\ny,9th of Jan 2024,2\n")
    assert source_of(mapping, "arrived_at") == "call date"
    assert (
        "CHECK: the format of these times was not recognised"
        in (tmp_path / "draft.yaml").read_text()
    )


def test_telephone_numbers_are_no_times(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, "id,call time,start\n5550100101,5550100102,2024-01-08 09:00\n")
    assert source_of(mapping, "arrived_at") == "start"


@pytest.mark.parametrize(
    "nobody", ["-", "anonymous", "Unknown", "N/A", "(blank)", "[None]", "Withheld", "?", "No Agent"]
)
def test_nobody_is_no_customer_and_no_advisor(tmp_path: Path, nobody: str) -> None:
    """One customer who calls all day would be most of the repeat work."""
    rows = f"1,2024-01-08,{nobody},{nobody}\n2,2024-01-08,{nobody},zoe\n3,2024-01-08,ann,max\n"
    mapping = drafted(tmp_path, f"id,start,caller,agent\n{rows}")
    rig = Rig(folder=tmp_path)
    rig.ingest(mapping, tmp_path / "calls.csv")
    people = {key: (row["customer_id"], row["advisor_id"]) for key, row in rig.rows().items()}
    assert people == {
        "calls:1": (None, None),
        "calls:2": (None, "zoe"),
        "calls:3": ("ann", "max"),
    }


@pytest.mark.parametrize(
    ("column", "header"),
    [
        ("Requester id", "Requester,Requester id"),
        ("Customer number", "Customer name,Customer number"),
        ("Contact ID", "Email,Contact ID"),
        ("caller", "account_id,caller"),  # one account for every row: the system's own
    ],
)
def test_a_customer_is_told_by_what_is_theirs_alone(
    tmp_path: Path, column: str, header: str
) -> None:
    lines = "1,2024-01-08,same,a\n2,2024-01-09,same,b\n"
    assert source_of(drafted(tmp_path, f"call id,start,{header}\n{lines}"), "customer_id") == column


def test_an_id_made_of_a_time_is_an_id(tmp_path: Path) -> None:
    text = "src,start,uniqueid\n555,2024-01-08,1704704400.1\n556,2024-01-08,1704704400.2\n"
    assert source_of(drafted(tmp_path, text), "contact_id") == "uniqueid"


def test_how_long_a_queue_or_a_customer_took_is_neither(tmp_path: Path) -> None:
    text = "id,start,queue_duration_ms,customer_wait_s\n1,2024-01-08,900,4\n2,2024-01-08,800,5\n"
    mapping = drafted(tmp_path, text)
    assert mapping.rule("queue") is None
    assert mapping.rule("customer_id") is None


def test_talk_is_taken_before_handle_time_and_handle_time_is_warned_of(tmp_path: Path) -> None:
    text = "id,start,Handle Time,Talk Time\n1,2024-01-08,90,60\n"
    assert source_of(drafted(tmp_path, text), "talk_s") == "Talk Time"
    text = "id,start,Handle Time\n1,2024-01-08,90\n"
    assert source_of(drafted(tmp_path, text), "talk_s") == "Handle Time"
    assert "then they would count twice" in (tmp_path / "draft.yaml").read_text()


@pytest.mark.parametrize(
    ("header", "cells", "units"),
    [
        ("Talk,Hold,ACW", ["280000,15000,45000", "520000,,30000"], ["ms", "ms", "ms"]),
        ("Talk,Hold,ACW", ["280,15,45", "90000,,30"], ["s", "s", "s"]),
        ("Talk sec,Hold (ms),ACW minutes", ["280,15000,1.5"], ["s", "ms", "min"]),
        ("Talk,Hold,ACW", ["0:04:40,15,45"], ["clock", "s", "s"]),
        ("Talk_ms,Hold,ACW", ["280000,15,45"], ["ms", "s", "s"]),
    ],
)
def test_the_unit_of_a_duration_is_told_by_name_value_or_neighbours(
    tmp_path: Path, header: str, cells: list[str], units: list[str]
) -> None:
    rows = "".join(f"{i},2024-01-08,{cell}\n" for i, cell in enumerate(cells))
    mapping = drafted(tmp_path, f"id,start,{header}\n{rows}")
    rules = [mapping.rule(name) for name in ("talk_s", "hold_s", "wrapup_s")]
    assert [rule.unit if rule else None for rule in rules] == units


def test_the_longest_hold_and_how_many_there_were_are_no_hold_time(tmp_path: Path) -> None:
    names = "LongestHoldDuration,NumberOfHolds,Holds,CustomerHoldDuration"
    text = f"id,start,{names}\n1,2024-01-08,9,2,2,12\n"
    assert source_of(drafted(tmp_path, text), "hold_s") == "CustomerHoldDuration"
    assert drafted(tmp_path, "id,start,Holds\n1,2024-01-08,2\n").rule("hold_s") is None


def test_a_queue_is_known_by_its_name(tmp_path: Path) -> None:
    lines = (
        '{"id": 1, "at": "2024-01-08", "Queue": {"ARN": "arn:1", "Duration": 3, "Name": "Loans"}}\n'
    )
    assert source_of(drafted(tmp_path, lines, "calls.jsonl"), "queue") == "Queue.Name"


def test_transfers_may_be_counted_or_only_said(tmp_path: Path) -> None:
    text = "id,start,Transferred\n1,2024-01-08,NO\n2,2024-01-08,YES\n"
    rig = Rig(folder=tmp_path)
    rig.ingest(drafted(tmp_path, text), tmp_path / "calls.csv")
    assert {key: row["transfers"] for key, row in rig.rows().items()} == {
        "calls:1": 0,
        "calls:2": 1,
    }
    drafted(tmp_path, "id,start,Transfer\n1,2024-01-08,False\n")
    assert 'values: {"False": 0, "True": 1}' in (tmp_path / "draft.yaml").read_text()
    counted = drafted(tmp_path, "id,start,Transfers\n1,2024-01-08,0\n2,2024-01-08,1\n")
    rule = counted.rule("transfers")
    assert rule is not None
    assert rule.values == ()  # a 2 may come any day


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("Answered", "handled"),
        ("Unanswered", "abandoned"),
        ("Not answered", "abandoned"),
        ("NO ANSWER", "abandoned"),
        ("Solved", "handled"),
        ("Unresolved", "open"),
        ("Not solved", "open"),
        ("Reopened", "open"),
        ("Self-served", "self_served"),
        ("Deleted", "failed"),
        ("left_self_service", "left_self_service"),
    ],
)
def test_words_for_how_a_contact_ended_are_understood(
    tmp_path: Path, word: str, outcome: str
) -> None:
    mapping = drafted(tmp_path, f"id,start,status\n1,2024-01-08,{word}\n")
    rule = mapping.rule("outcome")
    assert rule is not None
    assert dict(rule.values) == {word: outcome}
    assert "not known" not in (tmp_path / "draft.yaml").read_text()


def test_names_and_values_may_hold_any_character(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, 'id,start,status 😀\n1,2024-01-08,"😀 ""solved"" \\"\n')
    rule = mapping.rule("outcome")
    assert rule is not None
    assert dict(rule.values) == {'😀 "solved" \\': "handled"}
    assert Rig(folder=tmp_path).ingest(mapping, tmp_path / "calls.csv").added == 1


def test_a_word_that_is_not_known_says_so_on_its_line(tmp_path: Path) -> None:
    drafted(tmp_path, "id,start,status\n1,2024-01-08,Solved\n2,2024-01-08,X9\n")
    lines = (tmp_path / "draft.yaml").read_text().splitlines()
    assert "      X9: handled   # CHECK: not known" in lines
    assert "      Solved: handled" in lines


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("Mail", "email"),
        ("Web form", "case"),
        ("Web chat", "chat"),
        ("Voicemail", "voice"),
        ("TASK", "case"),
        ("walk-in", "visit"),
        ("Facebook Messenger", "messaging"),
    ],
)
def test_words_for_channels_are_understood(tmp_path: Path, word: str, channel: str) -> None:
    mapping = drafted(tmp_path, f"id,start,via\n1,2024-01-08,{word}\n")
    rule = mapping.rule("channel")
    assert rule is not None
    assert dict(rule.values) == {word: channel}


def test_the_lines_of_a_switch_are_no_channels(tmp_path: Path) -> None:
    mapping = drafted(tmp_path, "id,start,channel\n1,2024-01-08,SIP/trunk-1\n2,2024-01-08,SIP/2\n")
    rule = mapping.rule("channel")
    assert rule is not None
    assert (rule.constant, rule.sources) == ("voice", ())


def test_where_no_column_says_how_contacts_ended_those_that_were_answered_tell(
    tmp_path: Path,
) -> None:
    text = (
        "id,start,queued_at,answered_at\n"
        "1,2024-01-08 09:00,2024-01-08 09:01,2024-01-08 09:02\n"
        "2,2024-01-08 09:00,2024-01-08 09:01,\n"
        "3,2024-01-08 09:00,,\n"
    )
    rig = Rig(folder=tmp_path)
    rig.ingest(drafted(tmp_path, text), tmp_path / "calls.csv")
    assert {key: row["outcome"] for key, row in rig.rows().items()} == {
        "calls:1": "handled",
        "calls:2": "abandoned",
        "calls:3": "left_self_service",
    }
    rig = Rig(folder=tmp_path / "b")
    rig.folder.mkdir()
    text = "id,start,agent\n1,2024-01-08,zoe\n2,2024-01-08,-\n3,2024-01-08,\n"
    rig.ingest(drafted(rig.folder, text), rig.folder / "calls.csv")
    assert {key: row["outcome"] for key, row in rig.rows().items()} == {
        "calls:1": "handled",
        "calls:2": "abandoned",
        "calls:3": "abandoned",
    }


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("0", {"0": "handled", "1": "abandoned"}),
        ("NO", {"NO": "handled", "YES": "abandoned"}),
        ("True", {"True": "abandoned", "False": "handled"}),
        ("n", {"n": "handled", "y": "abandoned"}),
    ],
)
def test_a_flag_may_change_after_the_rows_that_were_looked_at(
    tmp_path: Path, seen: str, meant: dict[str, str]
) -> None:
    rule = drafted(tmp_path, f"id,start,Abandoned\n1,2024-01-08,{seen}\n").rule("outcome")
    assert rule is not None
    assert dict(rule.values) == meant


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


@settings(max_examples=15, deadline=None)
@given(
    header=st.lists(NAMES, min_size=2, max_size=5, unique_by=str.strip),
    data=st.data(),
)
def test_every_draft_can_be_ingested_and_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, header: list[str], data: st.DataObject
) -> None:
    rows = data.draw(
        st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), min_size=1)
    )
    rig = Rig(folder=tmp_path_factory.mktemp("any"))
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    try:
        mapping = drafted(rig.folder, text.getvalue().replace("\r", " "), "any.csv")
    except SourceError:
        return
    assert rig.ingest(mapping, rig.folder / "any.csv").read == len(rows)
