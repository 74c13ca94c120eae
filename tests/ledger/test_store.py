"""The store: versions that go together, one writer at a time, and disks that say no."""

from __future__ import annotations

import contextlib
import errno
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import deltalake
import pytest

from andon.errors import LedgerBusy, LedgerError, LedgerFull, VersionGone
from andon.ledger.mapping import load_mapping
from andon.ledger.store import QUARANTINE, RUNS, Ledger, arrow_schema, told_of_space
from andon.ledger.tables import TABLES
from ingesting import LEAST, Rig, mapping_of

CALLS = "id,at\n1,2024-01-01 09:00:00\n2,soon\n"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(folder=tmp_path)


# --- reading ------------------------------------------------------------------------------------


def test_a_ledger_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "deep" / "ledger")
    assert (ledger.versions(), ledger.runs(), ledger.files("contacts")) == ({}, [], ())
    assert ledger.rows("contacts") == 0
    assert not ledger.folder.exists()


def test_versions_are_those_of_the_last_run(rig: Rig) -> None:
    first = rig.load(LEAST, CALLS)
    second = rig.load(LEAST, "id,at\n3,2024-01-01\n")
    assert rig.ledger.versions() == second.versions
    assert second.versions["contacts"] == first.versions["contacts"] + 1
    assert second.versions["quarantine"] == first.versions["quarantine"]
    assert rig.ledger.rows("contacts") == 2
    assert rig.ledger.rows("contacts", version=first.versions["contacts"]) == 1
    assert sorted(run["read"] for run in rig.ledger.runs()) == [1, 2]


def test_every_table_is_a_delta_table_that_others_can_read(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    for name, rows in (("contacts", 1), ("quarantine", 1), ("runs", 1)):
        table = deltalake.DeltaTable(str(rig.folder / "ledger" / name))
        assert table.to_pyarrow_table().num_rows == rows
        assert {Path(uri).name for uri in table.file_uris()} == {
            path.name for path in rig.ledger.files(name)
        } or name == "runs"


@pytest.mark.parametrize(
    "folder", ["a b", "it's", "100%", "[1]", "ä+ö", "a#b?c", 'say "hi"', "a*b"]
)
def test_a_ledger_may_lie_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    rig = Rig(folder=tmp_path / folder)
    rig.folder.mkdir()
    rig.load(LEAST, CALLS)
    assert rig.load(LEAST, CALLS.replace("09:00", "10:00")).changed == 1
    assert len(rig.set_aside()) == 1


def test_a_version_that_is_gone_is_told(rig: Rig) -> None:
    run = rig.load(LEAST, CALLS)
    with pytest.raises(VersionGone, match="Version 99 of the table 'contacts'"):
        rig.ledger.files("contacts", version=99)
    for file in rig.ledger.files("contacts"):
        file.unlink()
    with pytest.raises(VersionGone, match="has lost a file"):
        rig.ledger.files("contacts", version=run.versions["contacts"])


def test_a_table_that_cannot_be_read_is_told(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    log = rig.folder / "ledger" / "runs" / "_delta_log" / "00000000000000000000.json"
    log.write_text("{broken")
    with pytest.raises(LedgerError, match="The table 'runs' cannot be read") as told:
        rig.ledger.versions()
    assert "backup" in told.value.todo


def test_schemas_hold_every_declared_column() -> None:
    for table in (*TABLES.values(), QUARANTINE, RUNS):
        assert arrow_schema(table).names == [column.name for column in table.columns]


# --- after a run that died ----------------------------------------------------------------------


def test_a_list_of_runs_that_is_lost_costs_no_rows(rig: Rig) -> None:
    """It would look as if no run had ever finished: the tables must not be taken for litter."""
    rig.load(LEAST, CALLS)
    rig.load(LEAST, "id,at\n3,2024-01-01\n")
    shutil.rmtree(rig.folder / "ledger" / "runs")
    with pytest.raises(LedgerError, match="No finished run knows the table 'contacts'"):
        rig.load(LEAST, "id,at\n4,2024-01-01\n")
    assert len(list((rig.folder / "ledger" / "contacts").glob("*.parquet"))) == 2


def test_files_that_no_version_knows_are_taken_away(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    loose = rig.folder / "ledger" / "contacts" / "part-loose.parquet"
    shutil.copy(rig.ledger.files("contacts")[0], loose)
    rig.load(LEAST, CALLS)
    assert not loose.exists()
    assert len(rig.rows()) == 1


# --- one writer ---------------------------------------------------------------------------------


def test_a_second_writer_is_told_that_another_is_at_work(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    before = rig.state()
    with rig.ledger.writing("by-hand"), pytest.raises(LedgerBusy) as told:
        rig.ingest(LEAST, rig.file("g.csv", "id,at\n9,2024-01-01\n"), wait_s=0.1)
    assert told.value.code == "ledger_busy"
    assert "Wait until it has finished" in told.value.todo
    assert rig.state() == before
    assert rig.load(LEAST, "id,at\n9,2024-01-01\n", "g.csv").added == 1


def test_two_writers_at_once_both_get_their_rows_in(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    mapping = mapping_of(rig.folder, LEAST)
    paths = [rig.file(f"{i}.csv", f"id,at\nx{i},2024-01-01\n1,2024-01-01 09:00:00\n") for i in "ab"]
    threads = [threading.Thread(target=rig.ingest, args=(mapping, path)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rig.rows()) == ["phone:1", "phone:xa", "phone:xb"]
    assert [run["added"] for run in rig.ledger.runs()] == [1, 1, 1]


def test_readers_see_the_old_ledger_while_a_run_writes(rig: Rig) -> None:
    rig.load(LEAST, CALLS)
    before = rig.state()
    with rig.ledger.writing("by-hand") as staging:
        assert staging.is_dir()
        assert rig.state() == before
    assert not staging.exists()


def test_what_a_run_borrowed_is_gone_when_it_fails(rig: Rig) -> None:
    with pytest.raises(ZeroDivisionError), rig.ledger.writing("by-hand") as staging:
        1 / 0  # noqa: B018
    assert not staging.parent.exists()
    with rig.ledger.writing("again", wait_s=0):
        pass


# --- disks --------------------------------------------------------------------------------------


def _mounted(*words: str) -> bool:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder)], check=False, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a small ledger and no more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not _mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)):
        pytest.skip("no right to mount a small disk")
    yield folder
    _unmount(folder)


@pytest.mark.parametrize("rows", [150_000, 30_000], ids=["while reading", "while writing"])
def test_a_full_disk_is_told_and_nothing_is_lost(small_disk: Path, rows: int) -> None:
    rig = Rig(folder=small_disk)
    rig.load(LEAST, CALLS)
    before = rig.state()
    big = small_disk.parent / "big.csv"
    lines = (f"{i * 7919 % 999983}-{i},2024-01-01 {i % 24:02}:{i % 60:02}:00" for i in range(rows))
    big.write_text("\n".join(["id,at", *lines, ""]))
    ballast = small_disk / "ballast"
    with ballast.open("wb") as stream:
        stream.write(b"\0" * (700_000 if rows > 100_000 else 1_400_000))
    with pytest.raises(LedgerFull, match="The disk is full") as told:
        rig.ingest(LEAST, big)
    assert "MB free" in told.value.found
    assert "Make room" in told.value.todo
    assert rig.state() == before
    ballast.unlink()
    assert rig.load(LEAST, "id,at\n5,2024-01-01\n").added == 1


def test_a_disk_that_is_full_to_the_last_byte_is_told(small_disk: Path) -> None:
    rig = Rig(folder=small_disk)
    rig.load(LEAST, CALLS)
    before = rig.state()
    path = small_disk.parent / "g.csv"
    path.write_text("id,at\n5,2024-01-01\n")
    with (small_disk / "ballast").open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while True:
            stream.write(b"\0" * 4096)
    with pytest.raises(LedgerFull, match="The disk is full"):
        rig.ingest(LEAST, path)
    assert rig.state() == before


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a ledger that nobody may write to, not even root."""
    rig = Rig(folder=tmp_path / "kept")
    rig.folder.mkdir()
    rig.load(LEAST, CALLS)
    folder = tmp_path / "seen"
    folder.mkdir()
    if not _mounted("--bind", str(rig.folder), str(folder)):
        pytest.skip("no right to mount a folder read-only")
    if not _mounted("-o", "remount,ro,bind", str(folder)):
        _unmount(folder)
        pytest.skip("no right to mount a folder read-only")
    yield folder
    _unmount(folder)


def test_a_folder_that_may_not_be_written_is_told_and_can_be_read(read_only: Path) -> None:
    rig = Rig(folder=read_only)
    before = rig.state()
    path = read_only.parent / "g.csv"
    path.write_text("id,at\n9,2024-01-01\n")
    mapping = read_only.parent / "kept" / "mapping.yaml"
    with pytest.raises(LedgerFull, match="may not be written") as told:
        rig.ingest(load_mapping(mapping), path)
    assert str(read_only) in told.value.found
    assert "right to write" in told.value.todo
    assert rig.state() == before


@pytest.mark.parametrize(
    ("bad", "wrong"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EDQUOT, "Quota"), "disk is full"),
        (OSError(errno.EFBIG, "File too large"), "disk is full"),
        (OSError(errno.EROFS, "Read-only"), "may not be written"),
        (PermissionError(errno.EACCES, "denied", "/x"), "may not be written"),
        (RuntimeError("Generic LocalFileSystem error: (os error 28)"), "disk is full"),
        (RuntimeError("Generic LocalFileSystem error: (os error 30)"), "may not be written"),
        (deltalake.exceptions.DeltaError("odd"), "could not be written"),
    ],
)
def test_what_the_system_says_is_told_plainly(tmp_path: Path, bad: Exception, wrong: str) -> None:
    with pytest.raises(LedgerError, match=wrong) as told, told_of_space(tmp_path):
        raise bad
    assert told.value.found
    assert told.value.todo


def test_other_errors_are_left_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(KeyError), told_of_space(tmp_path):
        raise KeyError
    with pytest.raises(LedgerBusy), told_of_space(tmp_path):
        raise LedgerBusy("Busy.")
