"""The law: read = added + changed + unchanged + quarantined, whatever the file holds.

A slow twin in plain Python (``oracles/ingest.py``) reads the same random files; the ledger must
hold its rows, and quarantine its lines, with their right numbers and whole content.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andon.ledger.ingest import IngestRun
from andon.ledger.mapping import Mapping
from ingesting import Rig, mapping_of
from oracles.ingest import Counts, PlainLedger, Reader

ZONE = "Europe/Berlin"
KEY = b"a key for tests only"

MAPPING = """\
source: phone
zone: America/New_York
columns:
  contact_id: id
  customer_id: {from: who, missing: ["0"]}
  channel: {from: how, values: {v: voice, c: chat, e: email}}
  queue: {from: queue, values: {L: Loans}, otherwise: keep}
  priority: {from: prio, at_least: 0, at_most: 9}
  arrived_at: {from: at, format: ["%d/%m/%Y %H:%M", iso]}
  answered_at: {date: at, date_format: ["%d/%m/%Y %H:%M", iso], clock: clock, near: arrived_at}
  ended_at: {after: answered_at, from: [talk, hold], unit: clock}
  outcome:
    - when: {queue: Menu}
      constant: left_self_service
    - when: {prio: {above: 7}}
      constant: failed
    - from: how
      values: {v: handled, c: abandoned}
      otherwise: quarantine
  talk_s: {from: talk, unit: clock, at_most: 3600}
  hold_s: {from: hold, unit: clock, at_most: 50, beyond: quarantine}
  resolved: {from: done, missing_like: "-+"}
filters:
  - when: {queue: Test}
    reason: a test
"""
HEADER = "id,who,how,queue,prio,at,clock,talk,hold,done"
GOOD = "1,ann,v,Loans,3,2024-05-06 07:08:09,07:09,0:01:00,00:20,yes"

CELLS: dict[str, Sequence[str]] = {
    "id": ("1", "2", "3", "4", "5", "6", " 1 ", "", "a b"),
    "who": ("ann", "bob", "0", "", " ann"),
    "how": ("v", "v", "v", "c", "e", "fax", ""),
    "queue": ("L", "Cards", "Menu", "Test", "", "é"),
    "prio": ("3", "0", "9", "8", "10", "-1", "2.0", "2.5", "x", "", "1e3", "99999999999999999999"),
    "at": (
        "2024-05-06 07:08:09",
        "2024-05-06 07:08",
        "06/05/2024 07:08",
        "2024-05-06T07:08:09Z",
        "2024-05-06T07:08:09.25+02:00",
        "2024-05-06 07:08:09 UTC",
        "2024-05-06 23:59:58",
        "2024-03-10 02:30:00",  # the clocks of New York jump over it
        "2024-11-03 01:30:00",  # and show this twice
        "2024-11-03T01:30:00-05:00",
        "2031-01-01 00:00:00",
        "1969-12-31 00:00:00",
        "13/13/2024 07:08",
        "yesterday",
        "",
    ),
    "clock": (
        "07:09",
        "07:09:30",
        "00:00:10",
        "23:59:59",
        "7:9",
        "7:09 PM",
        "25:00",
        "",
        "24:00:00",
    ),
    "talk": ("0:01:00", "01:30", "2:00:00", "1:00:00", "-0:00:05", "60", "", "0:00:01.5"),
    "hold": ("00:20", "00:50", "00:51", "", "0:20:00", "x"),
    "done": ("yes", "N", "TRUE", "0", "--", "perhaps", ""),
}
FIRST = {name: cells[0] for name, cells in CELLS.items()}
"""A row of first cells breaks no check, so a row with one odd cell breaks just one."""


def line_of(cells: dict[str, str]) -> str:
    return ",".join(
        f'"{cell}"' if cell.startswith(" ") else cell for cell in (cells[name] for name in CELLS)
    )


ODD_CELL = st.sampled_from(list(CELLS)).flatmap(
    lambda name: st.sampled_from(CELLS[name]).map(lambda cell: {**FIRST, name: cell})
)
ROWS = st.builds(
    lambda cells, id_: line_of({**cells, "id": id_}),
    st.one_of(
        ODD_CELL, ODD_CELL, st.fixed_dictionaries({n: st.sampled_from(c) for n, c in CELLS.items()})
    ),
    st.sampled_from(CELLS["id"]),
)
WHOLE = st.one_of(ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, st.just(GOOD)).map(str.encode)
RAGGED = st.sampled_from([b"7,ann", b"", b"7,ann,v,x,3,a,b,c,d,e,f", b"   ", GOOD.encode() + b",,"])
NOT_TEXT = st.sampled_from([GOOD.encode().replace(b"ann", b"\xe9"), b"\xff\xfe"])
RUNS_ON = st.sampled_from(
    [
        GOOD.encode().replace(b"Loans", b'"two\nlines"').replace(b"1,", b"8,"),
        GOOD.encode().replace(b"Loans", b'"say ""x"", \r\nthen"').replace(b"1,", b"9,"),
    ]
)
OPEN = st.sampled_from([GOOD.encode().replace(b"Loans", b'"Loans'), b'7,"', b'"7"x,8'])
LINES = st.one_of(WHOLE, WHOLE, WHOLE, WHOLE, RAGGED, NOT_TEXT, RUNS_ON)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n"])


def file_of(lines: Sequence[bytes], end: bytes = b"\n") -> bytes:
    return end.join([HEADER.encode(), *lines, b""])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    return mapping_of(tmp_path_factory.mktemp("mapping"), MAPPING)


def new_rig() -> Rig:
    return Rig(folder=Path(tempfile.mkdtemp()), zone=ZONE, key=KEY)


def plain_rows(rig: Rig) -> dict[str, dict[str, Any]]:
    """The ledger's rows as the twin keeps them: instants in microseconds."""
    rules = [name for name in _columns_of_twin() if not name.endswith("_at")]
    instants = [name for name in _columns_of_twin() if name.endswith("_at")]
    return {
        key: {name: row[name] for name in rules}
        | {name: row[name.removesuffix("_at") + "_us"] for name in instants}
        | {"local_arrived_us": row["local_arrived_us"]}
        for key, row in rig.rows().items()
    }


def _columns_of_twin() -> list[str]:
    rules = MAPPING.partition("columns:\n")[2].partition("filters:")[0]
    lines = rules.splitlines()
    return [line.strip().split(":")[0] for line in lines if line[2:3].isalpha()]


def agrees(run: IngestRun, told: Counts) -> None:
    """The law's counts, the reasons and the remarks are those of the twin."""
    assert (run.read, run.added, run.changed, run.unchanged, run.quarantined) == (
        told.read,
        told.added,
        told.changed,
        told.unchanged,
        told.quarantined,
    )
    reasons: dict[str, int] = {}
    for _, _, check, _ in told.set_aside:
        reasons[check] = reasons.get(check, 0) + 1
    counted: dict[str, int] = {}
    for each in run.reasons:
        counted[each.check] = counted.get(each.check, 0) + each.rows
    assert counted == reasons
    assert dict(run.notes) == dict(told.notes)


def has_rows(data: bytes) -> bool:
    return bool(data.split(b"\n", 1)[1].strip(b"\r\n"))


def test_every_kind_of_cell_is_judged_as_the_slow_twin_does(shared: Mapping) -> None:
    """Each odd cell in a row that is good otherwise, then thousands of rows of random cells."""
    dice = random.Random(20240506)
    rows = [{**FIRST, name: cell} for name, cells in CELLS.items() for cell in cells]
    rows += [{name: dice.choice(cells) for name, cells in CELLS.items()} for _ in range(3_000)]
    lines = [
        line_of(row if row["id"].strip() == "" else {**row, "id": f"n{i}"}).encode()
        for i, row in enumerate(rows)
    ]
    data = file_of(lines)
    rig, twin = new_rig(), PlainLedger()
    reader = Reader(mapping=shared, home=ZONE, key=KEY, now=rig.now)
    run, told = rig.load(shared, data), twin.ingest([("f.csv", data)], reader)
    found, expected = rig.set_aside(), sorted(told.set_aside)
    assert [each[:3] for each in found] == [each[:3] for each in expected]
    assert found == expected
    there = plain_rows(rig)
    for key, row in twin.rows.items():
        assert there[key] == row, data.decode().splitlines()[int(key.removeprefix("phone:n")) + 1]
    agrees(run, told)
    assert len({check for _, _, check, _ in found}) >= 9


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@example([GOOD.encode(), GOOD.encode(), GOOD.replace("ann", "bob").encode()], b"\n")
@example([OPEN_LINE := GOOD.replace("Loans", '"Loans').encode(), GOOD.encode()], b"\n")
@given(st.lists(st.one_of(LINES, LINES, LINES, OPEN), max_size=14), ENDS)
def test_every_row_is_where_the_slow_twin_puts_it(
    shared: Mapping, lines: list[bytes], end: bytes
) -> None:
    data = file_of(lines, end)
    if not has_rows(data):
        return
    rig, twin = new_rig(), PlainLedger()
    reader = Reader(mapping=shared, home=ZONE, key=KEY, now=rig.now)
    agrees(rig.load(shared, data), told := twin.ingest([("f.csv", data)], reader))
    assert plain_rows(rig) == twin.rows
    assert rig.set_aside() == sorted(told.set_aside)
    before = rig.state()
    again = rig.load(shared, data)
    assert (again.added, again.changed, again.quarantined) == (0, 0, told.quarantined)
    assert rig.state() == before


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_files_split_anywhere_make_the_same_ledger(shared: Mapping, data: st.DataObject) -> None:
    """In one run, in the same order: an id's first row wins, whichever file it is in."""
    records = data.draw(st.lists(LINES, min_size=1, max_size=12))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=3)))
    whole, parts = new_rig(), new_rig()
    if not has_rows(file_of(records)):
        return
    run = whole.load(shared, file_of(records))
    bounds = [0, *cuts, len(records)]
    files = [file_of(records[i:j]) for i, j in itertools.pairwise(bounds)]
    paths = [parts.file(f"f{i}.csv", each) for i, each in enumerate(files) if has_rows(each)]
    split = parts.ingest(shared, *paths)
    assert (split.read, split.added, split.unchanged, split.quarantined) == (
        run.read,
        run.added,
        run.unchanged,
        run.quarantined,
    )
    assert plain_rows(parts) == plain_rows(whole)
    assert sorted((check, content) for _, _, check, content in parts.set_aside()) == sorted(
        (check, content) for _, _, check, content in whole.set_aside()
    )


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(LINES, min_size=1, max_size=6), min_size=2, max_size=4))
def test_one_run_after_another_adds_up(shared: Mapping, files: list[list[bytes]]) -> None:
    """What is in the ledger is what was added; what changed or stayed was there before."""
    rig, twin = new_rig(), PlainLedger()
    reader = Reader(mapping=shared, home=ZONE, key=KEY, now=rig.now)
    for i, lines in enumerate(files):
        data = file_of(lines)
        if not has_rows(data):
            continue
        agrees(rig.load(shared, data, f"f{i}.csv"), twin.ingest([(f"f{i}.csv", data)], reader))
        assert plain_rows(rig) == twin.rows


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=10), st.sampled_from(["how", "prio", "done", "hold"]))
def test_a_mended_mapping_drains_what_it_lets_in(
    shared: Mapping, lines: list[bytes], mended: str
) -> None:
    """Quarantine then holds what the mended mapping alone would have set aside.

    That may be more than before: a row let in can stand against later ones with its id.
    """
    mends = {
        "how": ("e: email}}", "e: email, fax: callback}}"),
        "prio": (
            "prio, at_least: 0, at_most: 9}",
            "prio, missing: [x, '2.5', '99999999999999999999']}",
        ),
        "done": ('missing_like: "-+"', 'missing_like: "-+|perhaps"'),
        "hold": ("at_most: 50, beyond: quarantine", "at_most: 5000, missing: [x]"),
    }
    data = file_of(lines)
    if not has_rows(data):
        return
    rig, fresh = new_rig(), new_rig()
    first = rig.load(shared, data)
    better = mapping_of(rig.folder, MAPPING.replace(*mends[mended]), name="better.yaml")
    assert better.digest != shared.digest
    waiting = {line for _, line, _, _ in rig.set_aside()}
    second, alone = rig.load(better, data), fresh.load(better, data)
    assert plain_rows(rig) == plain_rows(fresh)
    assert rig.set_aside() == fresh.set_aside()
    assert second.quarantined == alone.quarantined
    assert second.drained == len(waiting - {line for _, line, _, _ in rig.set_aside()})
    assert len(waiting) == first.quarantined
    assert rig.load(better, data).drained == 0


UPDATES = """\
source: desk
zone: UTC
columns:
  contact_id: {from: [ticket, round], join: "#"}
  customer_id: who
  channel: {constant: case}
  arrived_at: at
  ended_at: {from: done, optional: true}
  outcome: {from: state, values: {o: open, d: handled}}
  transfers: moves
updates: {order_by: [seq], keep_first: [arrived_at, ended_at], follow: ticket}
"""
STATES = st.lists(
    st.builds(
        lambda ticket, part, seq, minute, done, state, moves: (
            f"{ticket},{part},{seq},ann,2024-01-01 09:{minute:02},{done},{state},{moves}"
        ),
        st.sampled_from("AB"),
        st.sampled_from("012"),
        st.sampled_from(["1", "2", "3", "10", ""]),
        st.integers(0, 59),
        st.sampled_from(["", "2024-01-01 10:00", "2024-01-01 11:00", "2024-01-01 08:00"]),
        st.sampled_from(["o", "d", "x"]),
        st.sampled_from(["0", "1", "many"]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(STATES)
def test_a_log_of_updates_keeps_the_last_state_and_the_law(lines: list[str]) -> None:
    rig, twin = new_rig(), PlainLedger()
    mapping = mapping_of(rig.folder, UPDATES)
    data = "\n".join(["ticket,round,seq,who,at,done,state,moves", *lines, ""]).encode()
    reader = Reader(mapping=mapping, home=ZONE, key=KEY, now=rig.now)
    told = twin.ingest([("f.csv", data)], reader)
    run = rig.load(mapping, data)
    assert (run.read, run.added, run.changed, run.unchanged, run.quarantined) == (
        told.read,
        told.added,
        told.changed,
        told.unchanged,
        told.quarantined,
    )
    assert rig.set_aside() == sorted(told.set_aside)
    found = rig.rows()
    assert found.keys() == twin.rows.keys()
    for key, row in twin.rows.items():
        assert found[key]["previous_contact_id"] == row.get("previous_contact_id")
        assert found[key]["arrived_us"] == row["arrived_at"]
        assert found[key]["ended_us"] == row["ended_at"]
        assert (found[key]["outcome"], found[key]["transfers"]) == (
            row["outcome"],
            row["transfers"],
        )
        assert found[key]["local_arrived_us"] == row["local_arrived_us"]
    again = rig.load(mapping, data)
    assert (again.added, again.changed) == (0, 0)
