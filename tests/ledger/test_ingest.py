"""Ingest: from files to rows of the ledger, and what a second run makes of a first."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.errors import AndonError, LedgerError, MappingError, SourceError
from andon.ledger.checks import check
from andon.ledger.ingest import IngestRun, ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.store import Ledger
from andon.ledger.tables import TABLES
from ingesting import LEAST, Rig, at, mapping_of, with_columns

CALLS = "id,at\n1,2024-01-01 09:00:00\n2,2024-01-01 10:00:00\n"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(folder=tmp_path)


# --- a first run --------------------------------------------------------------------------------


def test_rows_become_contacts_with_all_that_derives_from_them(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path, zone="Asia/Tokyo")
    mapping = with_columns("customer_id: who\nended_at: {from: end}", top="zone: Europe/London")
    run = rig.load(mapping, "id,at,who,end\n7,2024-07-01 09:00:00,ann,2024-07-01 09:05:00\n")
    row = rig.row()
    assert run.law == "1 read = 1 added + 0 changed + 0 unchanged + 0 quarantined"
    assert row["contact_id"] == "phone:7"
    assert row["source"] == "phone"
    assert row["batch_id"] == run.run_id
    assert row["arrived_at"] == at("2024-07-01T08:00:00")
    assert row["arrived_us"] == int(at("2024-07-01T08:00:00").timestamp()) * 1_000_000
    assert row["ended_us"] - row["arrived_us"] == 300_000_000
    assert row["local_arrived_at"] == dt.datetime(2024, 7, 1, 17)  # noqa: DTZ001 - a wall's
    assert row["local_arrived_us"] - row["arrived_us"] == 9 * 3_600_000_000
    assert row["customer_id"] == "ann"
    assert row["customer_key"] > 0
    assert row["queue"] is None


def test_the_ledger_has_the_columns_and_types_that_are_declared(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    (file,) = rig.ledger.files("contacts")
    schema = pq.read_schema(file)
    assert schema.names == [column.name for column in TABLES["contacts"].columns]
    assert schema.field("arrived_at").type == pa.timestamp("us", "UTC")
    assert schema.field("local_arrived_at").type == pa.timestamp("us")
    assert schema.field("arrived_us").type == pa.int64()
    assert schema.field("talk_s").type == pa.float64()


def test_a_run_is_kept_with_its_counts_its_mapping_and_its_reasons(rig: Rig) -> None:
    run = rig.load(LEAST, CALLS + "3,soon\n4\n")
    (kept,) = rig.ledger.runs()
    assert kept["run_id"] == run.run_id
    assert (kept["read"], kept["added"], kept["quarantined"]) == (4, 2, 2)
    assert kept["at"] == rig.now
    details = kept["details"]
    assert details["files"] == [{"name": "f.csv", "rows": 3, "rejected": 1}]
    assert details["mapping"]["name" if "name" in details["mapping"] else "path"] == "mapping.yaml"
    assert details["mapping"]["sha256"] == load_mapping(rig.folder / "mapping.yaml").digest
    assert {(each["check"], each["rows"]) for each in details["reasons"]} == {
        ("is_a_time", 1),
        ("whole_row", 1),
    }
    assert run.versions == rig.ledger.versions()
    assert set(run.versions) == {"contacts", "quarantine"}


def test_reasons_name_a_check_the_column_and_an_example(rig: Rig) -> None:
    run = rig.load(LEAST, CALLS + "3,soon\n4,later\n5\n")
    first, second = run.reasons
    assert (first.check, first.about, first.rows) == ("is_a_time", "arrived_at", 2)
    assert first.example == "f.csv, line 4: arrived_at: soon"
    assert (second.check, second.rows) == ("whole_row", 1)
    assert second.example == "f.csv, line 6: 1 fields where the header has 2"
    assert all(check(each.check).severity == "quarantine" for each in run.reasons)


def test_progress_is_told(rig: Rig) -> None:
    told: list[str] = []
    path = rig.file("calls.csv", CALLS)
    ingest(rig.ledger, path, mapping_of(rig.folder, LEAST), progress=told.append)
    assert told[0] == "Reading calls.csv"
    assert told[-1] == "Committing"


def test_one_file_may_be_named_alone(rig: Rig) -> None:
    path = rig.file("calls.csv", CALLS)
    run = ingest(rig.ledger, str(path), mapping_of(rig.folder, LEAST))
    assert (run.files, run.added) == ((str(path),), 2)


def test_no_file_is_told(rig: Rig) -> None:
    with pytest.raises(SourceError, match="No file was named"):
        ingest(rig.ledger, [], mapping_of(rig.folder, LEAST))


def test_a_run_that_does_not_add_up_cannot_be(rig: Rig) -> None:
    with pytest.raises(LedgerError, match="lost or doubled"):
        IngestRun(
            run_id="r",
            source="s",
            table="contacts",
            files=(),
            read=3,
            added=1,
            changed=0,
            unchanged=0,
            quarantined=1,
        )


# --- the next runs ------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing(rig: Rig) -> None:
    first = rig.load(LEAST, CALLS + "3,soon\n4\n")
    before = rig.state()
    again = rig.load(LEAST, CALLS + "3,soon\n4\n")
    assert (again.added, again.changed, again.unchanged, again.quarantined) == (0, 0, 2, 2)
    assert rig.state() == before
    assert again.versions == first.versions


def test_a_row_that_changed_takes_the_old_ones_place(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    run = rig.load(LEAST, "id,at\n2,2024-01-01 11:00:00\n3,2024-01-01 12:00:00\n")
    assert (run.added, run.changed, run.unchanged) == (1, 1, 0)
    rows = rig.rows()
    assert rows["phone:2"]["arrived_at"] == at("2024-01-01T11:00:00")
    assert rows["phone:2"]["batch_id"] == run.run_id
    assert rows["phone:1"]["batch_id"] != run.run_id
    assert len(rows) == 3


def test_an_earlier_version_can_still_be_read(rig: Rig) -> None:
    first = rig.load(LEAST, CALLS)
    rig.load(LEAST, "id,at\n2,2024-01-01 11:00:00\n")
    files = rig.ledger.files("contacts", version=first.versions["contacts"])
    rows = {row["contact_id"]: row for file in files for row in pq.read_table(file).to_pylist()}
    assert rows["phone:2"]["arrived_at"] == at("2024-01-01T10:00:00")
    assert rig.ledger.rows("contacts", version=first.versions["contacts"]) == 2


def test_of_rows_with_one_id_the_first_counts(rig: Rig) -> None:
    run = rig.load(LEAST, CALLS + "1,2024-01-01 09:00:00\n1,2024-01-01 09:30:00\n")
    assert (run.added, run.unchanged, run.quarantined) == (2, 1, 1)
    assert rig.rows()["phone:1"]["arrived_at"] == at("2024-01-01T09:00:00")
    assert rig.set_aside() == [
        ("f.csv", 5, "one_row_an_id", '{"id":"1","at":"2024-01-01 09:30:00"}')
    ]


def test_of_rows_in_several_files_the_first_files_count(rig: Rig) -> None:
    first, second = (
        rig.file("b.csv", CALLS),
        rig.file("a.csv", "id,at\n1,2024-02-02\n9,2024-02-02\n"),
    )
    run = rig.ingest(LEAST, first, second)
    assert (run.read, run.added, run.quarantined) == (4, 3, 1)
    assert [each[:3] for each in rig.set_aside()] == [("a.csv", 2, "one_row_an_id")]


def test_one_file_named_twice_is_there_once(rig: Rig) -> None:
    path = rig.file("a.csv", CALLS)
    run = rig.ingest(LEAST, path, path)
    assert (run.read, run.added, run.unchanged) == (4, 2, 2)


def test_two_sources_do_not_share_ids(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    run = rig.load(LEAST.replace("source: phone", "source: mail"), CALLS)
    assert run.added == 2
    assert sorted(rig.rows()) == ["mail:1", "mail:2", "phone:1", "phone:2"]


def test_another_zone_of_the_operation_moves_the_clock_on_its_wall(rig: Rig) -> None:
    rig.load(LEAST + "zone: UTC\n", CALLS)
    moved = Rig(folder=rig.folder, zone="Asia/Tokyo")
    assert moved.load(LEAST + "zone: UTC\n", CALLS).changed == 2
    row = moved.rows()["phone:1"]
    assert row["local_arrived_us"] - row["arrived_us"] == 9 * 3_600_000_000


# --- quarantine and how it drains ---------------------------------------------------------------

BAD = CALLS + "3,01/02/2024\n4,soon\n"
MENDED = LEAST.replace("arrived_at: at", 'arrived_at: {from: at, format: [iso, "%d/%m/%Y"]}')


def test_a_mended_mapping_lets_rows_in(rig: Rig) -> None:
    rig.load(LEAST, BAD)
    run = rig.load(MENDED, BAD)
    assert (run.added, run.unchanged, run.quarantined, run.drained) == (1, 2, 1, 1)
    assert [each[1] for each in rig.set_aside()] == [5]
    assert rig.load(MENDED, BAD).drained == 0


def test_a_row_mended_in_its_source_drains(rig: Rig) -> None:
    rig.load(LEAST, BAD)
    run = rig.load(LEAST, "id,at\n4,2024-02-02 09:00:00\n", "next.csv")
    assert (run.added, run.drained) == (1, 1)
    assert [each[1] for each in rig.set_aside()] == [4]


def test_another_file_of_the_same_name_does_not_drain(rig: Rig) -> None:
    """An export that is overwritten each night: what waits from yesterday still waits."""
    rig.load(LEAST, BAD + "5\n", "calls.csv")
    run = rig.load(
        LEAST, "id,at\n" + "".join(f"{i},2024-03-03\n" for i in range(10, 20)), "calls.csv"
    )
    assert run.drained == 0
    assert [each[1] for each in rig.set_aside()] == [4, 5, 6]


def test_a_row_set_aside_for_another_reason_now_is_there_once(rig: Rig) -> None:
    rig.load(LEAST, BAD)
    run = rig.load(LEAST + "filters: [{when: {id: '4'}, reason: not ours}]\n", BAD)
    assert (run.quarantined, run.drained) == (2, 0)
    assert [each[1:3] for each in rig.set_aside()] == [(4, "is_a_time"), (5, "filter")]


def test_lines_that_were_no_rows_drain_when_the_file_is_read_rightly(rig: Rig) -> None:
    data = "id,at,who\n1,2024-01-01,café\n2,2024-01-01,ann\n".encode("latin-1")
    first = rig.load(LEAST, data)
    assert rig.set_aside() == [("f.csv", 2, "utf8", "1,2024-01-01,caf\\xe9")]
    run = rig.load(LEAST + "file: {encoding: latin-1}\n", data)
    assert (first.quarantined, run.added, run.drained, rig.set_aside()) == (1, 1, 1, [])


def test_lines_with_another_quote_drain_when_it_is_named(rig: Rig) -> None:
    data = "id,at,who\n1,2024-01-01,'a, b'\n2,2024-01-01,ann\n3\n"
    rig.load(LEAST, data)
    run = rig.load(LEAST + 'file: {quote: "\'"}\n', data)
    assert (run.added, run.quarantined, run.drained) == (1, 1, 1)
    assert [each[1:3] for each in rig.set_aside()] == [(4, "whole_row")]


def test_quarantine_keeps_what_other_sources_and_tables_left_there(rig: Rig) -> None:
    rig.load(LEAST, BAD)
    rig.load(LEAST.replace("source: phone", "source: mail"), BAD)
    changes = "source: phone\ntable: changes\ncolumns: {change_id: id, what: id, changed_at: at}\n"
    rig.load(changes, BAD)
    assert len(rig.set_aside()) == 6
    run = rig.load(MENDED, BAD)
    assert run.drained == 1
    assert len(rig.set_aside()) == 5


def test_a_doubled_row_waits_until_its_rival_is_gone(rig: Rig) -> None:
    data = "id,at\n1,2024-01-01\n1,2024-01-02\n"
    rig.load(LEAST, data)
    assert rig.load(LEAST, data).quarantined == 1
    assert len(rig.set_aside()) == 1
    filtered = LEAST + "filters: [{when: {at: '2024-01-01'}, reason: wrong day}]\n"
    run = rig.load(filtered, data)
    assert (run.changed, run.drained) == (1, 1)
    assert [each[1:3] for each in rig.set_aside()] == [(2, "filter")]


def test_many_rows_wait_and_drain_without_delay(rig: Rig) -> None:
    lines = [
        f"{i},{'soon' if i % 3 else '2024-01-01'}{',x' if i % 5 == 0 else ''}" for i in range(9_000)
    ]
    data = "\n".join(["id,at", *lines, ""])
    run = rig.load(LEAST, data)
    assert run.quarantined == len(rig.set_aside()) == 9_000 - run.added
    better = LEAST.replace(
        "arrived_at: at", "arrived_at: [{when: {at: soon}, constant: '2024-01-01'}, at]"
    )
    second = rig.load(better, data)
    assert second.drained == second.added == 4_800
    assert {each[2] for each in rig.set_aside()} == {"whole_row"}


# --- people -------------------------------------------------------------------------------------

KEY = bytes(range(32))
PEOPLE = with_columns("customer_id: who\nadvisor_id: {from: agent, optional: true}")
FOLK = """\
id,at,who,agent
1,2024-01-01, ann ,Zoë
2,2024-01-02,bob,Zoë
3,2024-01-03,,
4,2024-01-04,ann,
"""


@pytest.mark.parametrize("key", [KEY, b"short", b"long " * 50])
def test_people_are_keyed_hashes(tmp_path: Path, key: bytes) -> None:
    rig = Rig(folder=tmp_path, key=key)
    run = rig.load(PEOPLE, FOLK)
    rows = rig.rows()

    def pseudonym(name: str) -> str:
        prefix = hashlib.sha256(key).hexdigest()[:32]
        return hashlib.sha256((prefix + name).encode()).hexdigest()[:16]

    assert rows["phone:1"]["customer_id"] == rows["phone:4"]["customer_id"] == pseudonym("ann")
    assert rows["phone:2"]["advisor_id"] == pseudonym("Zoë")
    assert rows["phone:3"]["customer_id"] is None
    assert rows["phone:3"]["customer_key"] is None
    assert rows["phone:1"]["customer_key"] == rows["phone:4"]["customer_key"] != 0
    assert rows["phone:2"]["customer_key"] != rows["phone:1"]["customer_key"]
    assert run.notes["customer_known:customer_id"] == 1


def test_a_person_is_alike_in_every_run_and_source(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path, key=KEY)
    rig.load(PEOPLE, FOLK)
    rig.load(PEOPLE.replace("source: phone", "source: mail"), FOLK)
    rows = rig.rows()
    for name in ("customer_id", "customer_key", "advisor_id"):
        assert rows["mail:1"][name] == rows["phone:1"][name]
    table = pa.table({"id": ["9"], "at": ["2024-01-09"], "who": ["ann"]})
    pq.write_table(table, rig.folder / "p.parquet")
    rig.ingest(PEOPLE, rig.folder / "p.parquet")
    assert rig.rows()["phone:9"]["customer_key"] == rows["phone:1"]["customer_key"]


def test_the_customers_key_is_made_of_the_id_that_the_ledger_shows(tmp_path: Path) -> None:
    for key in (None, KEY):
        rig = Rig(folder=tmp_path / str(key is None), key=key)
        rig.folder.mkdir()
        rig.load(PEOPLE, FOLK)
        row = rig.rows()["phone:1"]
        shown = row["customer_id"]
        digest = hashlib.md5(shown.encode(), usedforsecurity=False).digest()
        number = int(shown, 16) if key else int.from_bytes(digest[8:], "little")
        assert row["customer_key"] == number >> 1


def test_pseudonyms_can_be_turned_off_for_the_operation_or_a_column(tmp_path: Path) -> None:
    plain = Rig(folder=tmp_path)
    plain.load(PEOPLE, FOLK)
    assert plain.rows()["phone:1"]["customer_id"] == "ann"
    rig = Rig(folder=tmp_path / "b", key=KEY)
    rig.folder.mkdir()
    rig.load(PEOPLE.replace("customer_id: who", "customer_id: {from: who, pseudonym: false}"), FOLK)
    row = rig.rows()["phone:1"]
    assert row["customer_id"] == "ann"
    assert row["advisor_id"] != "Zoë"


def test_all_ids_missing_is_loaded_and_counted(rig: Rig) -> None:
    run = rig.load(PEOPLE, "id,at,who,agent\n1,2024-01-01,,\n2,2024-01-02,,\n")
    assert run.added == 2
    assert dict(run.notes) == {"customer_known:customer_id": 2}


# --- logs of updates ----------------------------------------------------------------------------

CASES = """\
source: desk
columns:
  contact_id: {from: [ticket, round], join: "#"}
  channel: {constant: case}
  arrived_at: at
  ended_at: done
  outcome: {from: state, values: {o: open, d: handled}}
updates: {order_by: seq, keep_first: [arrived_at, ended_at], follow: ticket}
"""
STATES = """\
ticket,round,seq,at,done,state
A,0,2,2024-01-02,2024-01-02,d
A,0,1,2024-01-01,,o
A,0,10,2024-01-05,2024-01-05,d
B,0,1,2024-01-03,,o
A,2,11,2024-01-06,,o
"""


def test_the_last_state_counts_and_keeps_its_first_times(rig: Rig) -> None:
    run = rig.load(CASES, STATES)
    rows = rig.rows()
    assert (run.read, run.added, run.changed, run.unchanged) == (5, 3, 1, 1)
    first = rows["desk:A#0"]
    assert first["arrived_at"] == at("2024-01-01")
    assert first["ended_at"] == at("2024-01-02")
    assert first["outcome"] == "handled"
    assert first["local_arrived_at"] == dt.datetime(2024, 1, 1)  # noqa: DTZ001 - a wall's


def test_what_follows_is_linked_to_what_was_there_before_it(rig: Rig) -> None:
    """Though no row of the log says round 1."""
    rig.load(CASES, STATES)
    links = {key: row["previous_contact_id"] for key, row in rig.rows().items()}
    assert links == {"desk:A#0": None, "desk:B#0": None, "desk:A#2": "desk:A#0"}


def test_a_log_over_several_files_is_one_log(rig: Rig) -> None:
    header, *lines = STATES.splitlines()
    paths = [rig.file(f"{i}.csv", f"{header}\n{line}\n") for i, line in enumerate(lines)]
    other = Rig(folder=rig.folder / "other")
    other.folder.mkdir()
    other.load(CASES, STATES)
    rig.ingest(CASES, *paths)
    assert rig.state() == other.state()


def test_a_bad_state_waits_and_the_others_count(rig: Rig) -> None:
    run = rig.load(CASES, STATES + "B,0,2,2024-01-04,,x\n")
    assert run.quarantined == 1
    assert rig.load(CASES, STATES + "B,0,2,2024-01-04,,x\n").drained == 0
    better = CASES.replace("d: handled}", "d: handled, x: failed}")
    assert rig.load(better, STATES + "B,0,2,2024-01-04,,x\n").drained == 1
    assert rig.rows()["desk:B#0"]["outcome"] == "failed"


# --- other tables -------------------------------------------------------------------------------


def test_surveys_are_loaded(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path, key=KEY)
    mapping = """\
        source: forms
        table: surveys
        columns:
          survey_id: Response ID
          contact_id: {from: Custom Data 1, of: phone}
          customer_id: Email
          instrument: {constant: CES}
          item: {constant: how easy was it}
          score: {from: "How easy?", at_least: 1, at_most: 7}
          text: Anything else?
          invited_at: {from: Start, format: "%m/%d/%Y %I:%M:%S %p"}
          answered_at: {from: End, format: "%m/%d/%Y %I:%M:%S %p"}
        file: {header_rows: 2}
        """
    data = (
        "Response ID,Custom Data 1,Email,Start,End,How easy?,Anything else?\n"
        ",,,,,Response,Open-Ended Response\n"
        '1,7,ann,03/02/2026 09:10:00 AM,03/02/2026 09:11:05 PM,2,"Second time, same issue"\n'
        "2,8,,03/02/2026 09:10:00 AM,,,\n"
        "3,9,,03/02/2026 09:10:00 AM,,11,\n"
    )
    run = rig.load(mapping, data)
    rows = rig.rows("surveys")
    assert run.added == 3
    assert rows["forms:1"]["contact_id"] == "phone:7"
    assert rows["forms:1"]["score"] == 2.0
    assert rows["forms:1"]["answered_at"] == at("2026-03-02T21:11:05")
    assert rows["forms:2"]["score"] is rows["forms:2"]["answered_us"] is None
    assert rows["forms:2"]["invited_us"] > 0
    assert rows["forms:3"]["score"] is None
    assert run.notes["number_plausible:score"] == 1


def test_staffing_is_loaded(rig: Rig) -> None:
    mapping = """\
        source: rota
        table: staffing
        zone: Europe/Berlin
        columns:
          staffing_id: {from: [Agent, From], join: "@"}
          advisor_id: Agent
          state: {from: State, values: {Ready: available, Pause: break}, otherwise: keep}
          from_at: {date: Day, clock: From}
          to_at: {date: Day, clock: To, near: from_at}
        """
    data = "Agent,Day,From,To,State\nz1,2024-01-01,22:00,02:00,Ready\nz1,2024-01-02,02:00,,Lunch\n"
    run = rig.load(mapping, data)
    row = rig.rows("staffing")["rota:z1@22:00"]
    assert (run.added, run.quarantined) == (1, 1)
    assert row["to_us"] - row["from_us"] == 4 * 3_600_000_000
    assert row["state"] == "available"
    assert [each[2] for each in rig.set_aside()] == ["required_present"]


def test_changes_are_loaded(rig: Rig) -> None:
    mapping = """\
        source: releases
        table: changes
        columns:
          change_id: tag
          kind: {constant: release}
          what: title
          by: team
          changed_at: {from: when, format: epoch_s}
        """
    rig.load(mapping, "tag,title,team,when\nv2,New menu,IVR,1704067200\n")
    row = rig.row("changes")
    assert (row["what"], row["kind"], row["changed_at"]) == (
        "New menu",
        "release",
        at("2024-01-01"),
    )


def test_decisions_are_loaded(rig: Rig) -> None:
    mapping = """\
        source: bot
        table: decisions
        columns:
          decision_id: id
          contact_id: {from: session, of: chat}
          flow: flow.name
          version: flow.version
          decided: intent
          confidence: {from: score, at_least: 0, at_most: 1, beyond: quarantine}
          decided_at: at
        """
    records = (
        '{"id": 1, "session": 5, "flow": {"name": "bills", "version": "3"}, '
        '"intent": "pay", "score": 0.93, "at": "2024-01-01T09:00:00Z"}\n'
        '{"id": 2, "session": 6, "flow": {"name": "bills"}, "intent": "pay", "score": 93, '
        '"at": "2024-01-01T09:00:00Z"}\n'
    )
    run = rig.load(mapping, records, "d.jsonl")
    row = rig.row("decisions")
    assert (row["contact_id"], row["flow"], row["confidence"]) == ("chat:5", "bills", 0.93)
    assert [each.check for each in run.reasons] == ["in_range"]
    assert rig.set_aside()[0][3] == records.splitlines()[1]


def test_needs_are_loaded(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path, key=KEY)
    mapping = """\
        source: crm
        table: needs
        columns:
          need_id: id
          customer_id: who
          kind: need
          basis: {constant: told by the customer}
          since_at: {from: since, optional: true}
        """
    rig.load(mapping, "id,who,need,since\n1,ann,large print,2020-01-01\n2,bob,relay,\n")
    rows = rig.rows("needs")
    assert rows["crm:1"]["since_at"] == at("2020-01-01")
    assert rows["crm:2"]["since_at"] is None
    contacts = Rig(folder=tmp_path, key=KEY)
    contacts.load(PEOPLE, FOLK)
    assert rows["crm:1"]["customer_key"] == contacts.rows()["phone:1"]["customer_key"]


def test_values_are_loaded(rig: Rig) -> None:
    mapping = """\
        source: billing
        table: values
        columns:
          value_id: id
          customer_id: who
          kind: {from: type, values: {R: refund, C: complaint}}
          amount: {from: amount, decimal: ","}
          happened_at: {from: day, format: "%d.%m.%Y"}
        """
    run = rig.load(
        mapping, "id;who;type;amount;day\n1;ann;R;1.234,50;31.01.2024\n2;ann;X;1;01.02.2024\n"
    )
    row = rig.row("values")
    assert (row["kind"], row["amount"]) == ("refund", 1234.5)
    assert [each.check for each in run.reasons] == ["known_value"]


# --- what cannot be used ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("{from: q, replace: [{pattern: '(?!a)b', with: ''}]}", 7),
        ("{from: q, missing_like: '(a)\\1'}", 7),
        ("[{when: {q: {like: '(?<=a)b'}}, from: q}]", 7),
    ],
)
def test_a_pattern_that_the_engine_does_not_know_is_told(rig: Rig, rule: str, line: int) -> None:
    with pytest.raises(MappingError, match="pattern in the rule for 'queue'") as told:
        rig.load(LEAST + f"  queue: {rule}\n", "id,at,q\n1,2024-01-01,a\n")
    assert f"mapping.yaml, line {line}" in told.value.found
    assert rig.ledger.versions() == {}


def test_a_fault_in_one_file_loads_nothing_of_the_others(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    before = rig.state()
    good, bad = (
        rig.file("good.csv", "id,at\n9,2024-01-01\n"),
        rig.file("bad.csv", "number,at\n9,x\n"),
    )
    with pytest.raises(AndonError, match="no column 'id'"):
        rig.ingest(LEAST, good, bad)
    assert rig.state() == before
    assert len(rig.ledger.runs()) == 1


def test_an_address_is_no_ledger() -> None:
    with pytest.raises(LedgerError, match="in a folder of this machine"):
        Ledger.open("s3://bucket/ledger")
