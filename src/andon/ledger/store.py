"""The store: Delta tables in one folder, and the one commit that makes a run count.

A run may touch several tables (contacts, quarantine), and each Delta table commits on its own. So
the last thing a run does is to add itself to the table ``runs``, with the version that every table
then has. Readers take the versions of the last run; what a run that died left behind is never seen,
and the next run clears it away.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import deltalake
import filelock
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from andon.errors import AndonError, LedgerBusy, LedgerError, LedgerFull, VersionGone
from andon.ledger.tables import TABLES, Column, Table

__all__ = ["QUARANTINE", "RUNS", "Change", "Ledger", "arrow_schema", "told_of_space"]

QUARANTINE: Final = Table(
    name="quarantine",
    says="A row that broke a check, whole, until a mended mapping lets it in.",
    key="quarantine_id",
    columns=(
        Column(name="quarantine_id", kind="string", says="Unique.", required=True),
        Column(name="source", kind="string", says="The source.", required=True),
        Column(name="table", kind="string", says="The table it was meant for.", required=True),
        Column(name="file", kind="string", says="The file's name.", required=True),
        Column(name="line", kind="int", says="Its line in the file.", required=True),
        Column(name="check", kind="string", says="The check that it broke.", required=True),
        Column(name="about", kind="string", says="The column, or the filter's reason."),
        Column(name="found", kind="string", says="What was found."),
        Column(name="row_id", kind="string", says="Its id in the ledger, where it has one."),
        Column(name="content", kind="string", says="The whole row as it came.", required=True),
        Column(name="run_id", kind="string", says="The run that put it here.", required=True),
    ),
)

RUNS: Final = Table(
    name="runs",
    says="One ingest run: what it read, and what became of every row.",
    key="run_id",
    columns=(
        Column(name="run_id", kind="string", says="Unique.", required=True),
        Column(name="at", kind="instant", says="When it began.", required=True),
        Column(name="source", kind="string", says="The source.", required=True),
        Column(name="table", kind="string", says="The table it filled.", required=True),
        Column(name="read", kind="int", says="Rows read.", required=True),
        Column(name="added", kind="int", says="Rows that were new.", required=True),
        Column(name="changed", kind="int", says="Rows that changed what was there.", required=True),
        Column(name="unchanged", kind="int", says="Rows that were there already.", required=True),
        Column(name="quarantined", kind="int", says="Rows set aside.", required=True),
        Column(name="drained", kind="int", says="Earlier quarantined rows let in.", required=True),
        Column(name="details", kind="string", says="Files, mapping and counts, as JSON."),
    ),
)

_ARROW: Final = {
    "string": pa.string(),
    "int": pa.int64(),
    "key": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "local": pa.timestamp("us"),
}
_ALL: Final = {**TABLES, QUARANTINE.name: QUARANTINE, RUNS.name: RUNS}
_KEEP: Final = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
"""A report may be replayed years later, so no version is ever cleaned away on its own."""

_LOCK_WAIT_S: Final = 30.0
_STAGING: Final = ".staging"


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a ledger table."""
    return pa.schema([pa.field(column.name, _ARROW[column.kind]) for column in table.columns])


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Files that a run adds to a table, and files that it takes out.

    Attributes
    ----------
    table : str
    add : tuple of Path
        Parquet files in the run's staging folder, in the table's schema.
    remove : tuple of str
        Names of files of the table, as :meth:`Ledger.files` gives them.
    """

    table: str
    add: tuple[Path, ...] = ()
    remove: tuple[str, ...] = ()


class Ledger:
    """The ledger in one folder: its tables, their versions, and the lock for writing.

    Parameters
    ----------
    folder : Path
        The folder of the tables; :meth:`open` makes it.

    Examples
    --------
    >>> import tempfile
    >>> ledger = Ledger.open(Path(tempfile.mkdtemp()) / "ledger")
    >>> ledger.versions()
    {}
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, folder: Path | str) -> Ledger:
        """Open the ledger in ``folder``; an empty one if nothing is there yet.

        Raises
        ------
        LedgerError
            If the folder is an address that this version cannot write to.
        """
        if "://" in str(folder):
            raise LedgerError(
                "The ledger must be in a folder of this machine.",
                found=str(folder),
                todo="Name a folder; docs/how-to/use-your-warehouse.md says how others read it.",
            )
        return cls(Path(folder).expanduser().absolute())

    # Reading ---------------------------------------------------------------------------------

    def versions(self) -> dict[str, int]:
        """The version of each table as of the last run that finished; empty before the first."""
        runs = self._delta(RUNS.name)
        if runs is None:
            return {}
        log = self.folder / RUNS.name / "_delta_log" / f"{runs.version():020}.json"
        said: dict[str, Any] = next(
            (each["commitInfo"] for each in _actions(log) if "commitInfo" in each), {}
        )
        return dict(json.loads(said.get("andon_versions", "{}")))

    def files(self, table: str, *, version: int | None = None) -> tuple[Path, ...]:
        """The Parquet files that make up a table at a version (the last run's where None).

        Raises
        ------
        VersionGone
            If that version, or one of its files, is no longer there.
        """
        if version is None:
            version = self.versions().get(table)
        if version is None:
            return ()
        try:
            delta = deltalake.DeltaTable(str(self.folder / table), version=version)
            files = tuple(self.folder / table / path for path in _active(delta))
        except (DeltaError, OSError) as bad:
            raise VersionGone(
                f"Version {version} of the table '{table}' is no longer there.",
                found=f"{self.folder / table}: {_said(bad)}",
                todo="Restore the ledger's folder from a backup that holds it.",
            ) from None
        gone = [path for path in files if not path.exists()]
        if gone:
            raise VersionGone(
                f"Version {version} of the table '{table}' has lost a file.",
                found=str(gone[0]),
                todo="Restore the ledger's folder from a backup that holds it.",
            )
        return files

    def runs(self) -> list[dict[str, Any]]:
        """Every run, oldest first: the counts of the law, and ``details`` as a dict."""
        files = self.files(RUNS.name, version=self._last(RUNS.name)) if self.versions() else ()
        rows = [row for path in files for row in pq.read_table(path).to_pylist()]
        for row in rows:
            row["details"] = json.loads(row["details"])
        return sorted(rows, key=lambda row: row["at"])

    def rows(self, table: str, *, version: int | None = None) -> int:
        """How many rows a table has, from its files' footers."""
        files = self.files(table, version=version)
        return sum(pq.read_metadata(path).num_rows for path in files)

    def left_behind(self) -> tuple[Path, ...]:
        """What a run that died left in staging; the next run clears it. Empty while one writes."""
        left = tuple(sorted((self.folder / _STAGING).glob("*")))
        if not left:
            return ()
        try:
            with filelock.FileLock(self.folder / ".lock").acquire(timeout=0):
                return left
        except filelock.Timeout:
            return ()

    # Writing ---------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self, run_id: str, *, wait_s: float = _LOCK_WAIT_S) -> Iterator[Path]:
        """Hold the ledger for one run, and lend it a staging folder that is gone afterwards.

        Raises
        ------
        LedgerBusy
            If another run holds the ledger for longer than ``wait_s`` seconds.
        LedgerFull
            If the folder may not be written, or has no space.
        """
        with told_of_space(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.folder / ".lock")
            try:
                lock.acquire(timeout=wait_s)
            except filelock.Timeout:
                raise LedgerBusy(
                    "Another run is writing to this ledger.",
                    found=f"{self.folder / '.lock'} was held for {wait_s:.0f} s",
                    todo="Wait until it has finished, then run this again; nothing was changed.",
                ) from None
            staging = self.folder / _STAGING / run_id
            try:
                self._clear()
                staging.mkdir(parents=True)
                yield staging
            finally:
                shutil.rmtree(self.folder / _STAGING, ignore_errors=True)
                lock.release()

    def commit(self, run_id: str, changes: Sequence[Change], run: Mapping[str, Any]) -> None:
        """Make a run count: each table's change, then the run itself.

        Until the last of these commits readers see the versions before it, all of them.
        """
        versions = self.versions()
        for change in changes:
            if change.add or change.remove:
                versions[change.table] = self._apply(run_id, change, {})
        row = pa.Table.from_pylist([dict(run)], schema=arrow_schema(RUNS))
        target = self.folder / _STAGING / run_id / "run.parquet"
        pq.write_table(row, target)
        said = {"andon_versions": json.dumps(versions, sort_keys=True)}
        self._apply(run_id, Change(table=RUNS.name, add=(target,)), said)

    def _apply(self, run_id: str, change: Change, said: dict[str, str]) -> int:
        schema = arrow_schema(_ALL[change.table])
        uri = self.folder / change.table
        delta = self._delta(change.table)
        if delta is None:
            delta = deltalake.DeltaTable.create(str(uri), schema=schema, configuration=_KEEP)
        now_ms = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = []
        for i, path in enumerate(change.add):
            name = f"part-{run_id}-{i:05d}.parquet"
            size = path.stat().st_size
            stats = json.dumps({"numRecords": pq.read_metadata(path).num_rows})
            _settle(path)
            path.replace(uri / name)
            actions.append(AddAction(name, size, {}, now_ms, True, stats))
        actions += [RemoveAction(name, True, now_ms) for name in change.remove]
        delta.create_write_transaction(
            actions,
            "append",
            schema,
            commit_properties=deltalake.CommitProperties(custom_metadata=said),
            post_commithook_properties=deltalake.PostCommitHookProperties(
                cleanup_expired_logs=False
            ),
        )
        return int(deltalake.DeltaTable(str(uri)).version())

    def _clear(self) -> None:
        """Undo what a run that died may have left: staging, loose files, tables ahead of it."""
        shutil.rmtree(self.folder / _STAGING, ignore_errors=True)
        versions = self.versions()
        for name in _ALL:
            delta = self._delta(name)
            if delta is None:
                continue
            if name != RUNS.name and name not in versions and _active(delta):
                self._forget(name, delta)
                continue
            if name in versions and delta.version() > versions[name]:
                self._roll_back(name, delta, versions[name])
            known = _ever(self.folder / name)
            for path in (self.folder / name).glob("part-*.parquet"):
                if path.name not in known:
                    path.unlink()

    def _forget(self, name: str, delta: deltalake.DeltaTable) -> None:
        """Take away a table that only a run which died has written to."""
        if delta.version() > 1:  # made, and written to once: no run that died gets further
            raise LedgerError(
                f"No finished run knows the table '{name}', and it is not empty.",
                found=f"{self.folder / name}, version {delta.version()}",
                todo="Restore the ledger's folder from a backup.",
            )
        # Moved first, for moving happens at once: a table half taken away could not be opened.
        gone = self.folder / _STAGING / "gone"
        gone.mkdir(parents=True, exist_ok=True)
        (self.folder / name).rename(gone / name)
        shutil.rmtree(gone)

    def _roll_back(self, name: str, delta: deltalake.DeltaTable, version: int) -> None:
        """Bring a table that is ahead of the last run back to the files which that run saw."""
        held = set(_active(deltalake.DeltaTable(str(self.folder / name), version=version)))
        ahead = set(_active(delta))
        if held != ahead:
            delta.restore(version)

    def _delta(self, name: str) -> deltalake.DeltaTable | None:
        try:
            return deltalake.DeltaTable(str(self.folder / name))
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as bad:
            raise LedgerError(
                f"The table '{name}' cannot be read.",
                found=f"{self.folder / name}: {_said(bad)}",
                todo="Restore the ledger's folder from a backup.",
            ) from None

    def _last(self, name: str) -> int | None:
        delta = self._delta(name)
        return None if delta is None else int(delta.version())


@contextlib.contextmanager
def told_of_space(folder: Path) -> Iterator[None]:
    """Turn a full disk or a folder that may not be written into an error that says so.

    Raises
    ------
    LedgerFull
    """
    try:
        yield
    except AndonError:
        raise
    except Exception as bad:
        number = bad.errno if isinstance(bad, OSError) else _number_in(str(bad))
        if number in _NO_SPACE:
            raise _full(folder) from None
        if number in _NO_RIGHT:
            raise LedgerFull(
                "The ledger's folder may not be written.",
                found=f"{getattr(bad, 'filename', None) or folder}: {os.strerror(number)}",
                todo="Give yourself the right to write there, or name another folder.",
            ) from None
        if isinstance(bad, DeltaError):
            raise LedgerError(
                "The ledger could not be written; it is as it was before.",
                found=f"{folder}: {_said(bad)}",
                todo="Run it again; if it fails again, restore the folder from a backup.",
            ) from None
        raise


_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_RIGHT: Final = (errno.EACCES, errno.EROFS, errno.EPERM)


def _number_in(said: str) -> int:
    """The system's error number in what a library says, which has its own kinds of error."""
    found = re.search(r"\(os error (\d+)\)", said)
    if found:
        return int(found[1])
    words = ((errno.ENOSPC, "No space left"), (errno.EFBIG, "File too large"))
    return next((number for number, word in words if word in said), 0)


def _full(folder: Path) -> LedgerFull:
    try:
        free = f"{shutil.disk_usage(folder).free / 1e6:,.0f} MB free in {folder}"
    except OSError:
        free = str(folder)
    return LedgerFull(
        "The disk is full; the ledger is as it was before.",
        found=free,
        todo="Make room (a run needs about twice the size of its files), then run it again.",
    )


def _said(bad: Exception) -> str:
    """The first line of an error."""
    return str(bad).strip().split("\n")[0]


def _active(delta: deltalake.DeltaTable) -> list[str]:
    """Names of a table's files at its version."""
    return [Path(uri).name for uri in delta.file_uris()]


def _ever(folder: Path) -> set[str]:
    """Names of files that any commit of a table added: time travel may still need them."""
    logs = (folder / "_delta_log").glob("*.json")
    actions = (action for log in logs for action in _actions(log))
    return {action["add"]["path"] for action in actions if "add" in action}


def _actions(log: Path) -> list[dict[str, Any]]:
    """What one commit of a Delta table did."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _settle(path: Path) -> None:
    """Have the file on disk before the log speaks of it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
