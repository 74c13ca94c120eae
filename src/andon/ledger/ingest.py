"""Ingest: files become rows of the ledger, and every row is accounted for.

The law: **read = added + changed + unchanged + quarantined**, for every run. A row that breaks a
check goes to quarantine whole. Running the same files twice changes nothing. A run that dies, at
any moment, leaves the ledger as it was.

The rows are never held in Python: one DuckDB connection with bounded memory reads, checks, compares
and writes, and spills what does not fit.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from andon import __version__
from andon.errors import LedgerError, MappingError, SourceError
from andon.ledger.cells import Cells
from andon.ledger.delimited import lines_at
from andon.ledger.expressions import DOUBLED, RowSql, kept, ledger_columns, row_sql
from andon.ledger.mapping import PSEUDONYMS, Mapping, Updates
from andon.ledger.reading import scan, stage
from andon.ledger.staged import Staged, literal, quoted
from andon.ledger.store import QUARANTINE, Change, Ledger, told_of_space
from andon.ledger.tables import Column
from andon.ledger.zones import Zone, zone_between

__all__ = ["IngestRun", "Quarantined", "ingest"]

Progress = Callable[[str], None]

_MEMORY: Final = "1600MiB"
"""What the engine may hold; with what Python and Arrow need, a run stays under 3 GB."""
_FILE_BYTES: Final = 256 << 20
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_US: Final = dt.timedelta(microseconds=1)
_DAY_US: Final = 86_400_000_000
_PARQUET: Final = (
    "FORMAT parquet, PARQUET_VERSION v2, WRITE_BLOOM_FILTER false, DICTIONARY_SIZE_LIMIT 4096"
)
"""Ids are no dictionary: the engine is to give that up soon, and not to look for them in files."""
_FAST: Final = f"({_PARQUET}, COMPRESSION uncompressed)"
"""How rows are kept on the way: quick to write and to read. Version 2 is dense as it is."""
_SMALL: Final = f"{_PARQUET}, COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""How rows are kept for good."""
_REJECTED: Final = ("whole_row", "closed_quotes", "utf8", "valid_json")
"""Checks that a line breaks before it is a row; quarantine keeps the line itself."""
_PREFIX: Final = 32
"""128 bits in hexadecimal; beside them, an id of 23 characters fits into one block of SHA-256."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarantined:
    """How many rows of a run broke one check.

    Attributes
    ----------
    check : str
        A name from :data:`andon.ledger.checks.CHECKS`.
    about : str
        The ledger column, the filter's own reason, or empty.
    rows : int
    example : str
        File, line and what was found, for one of them.
    """

    check: str
    about: str
    rows: int
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestRun:
    """What one run read, and what became of every row.

    Attributes
    ----------
    run_id : str
    source, table : str
    files : tuple of str
    read, added, changed, unchanged, quarantined : int
        The law: ``read == added + changed + unchanged + quarantined``.
    drained : int
        Rows quarantined by earlier runs that this run let in.
    reasons : tuple of Quarantined
        Why rows were set aside, most rows first.
    notes : mapping of str to int
        ``check:column`` to how many rows were loaded with that remark.
    versions : mapping of str to int
        The tables' versions after the run.
    """

    run_id: str
    source: str
    table: str
    files: tuple[str, ...]
    read: int
    added: int
    changed: int
    unchanged: int
    quarantined: int
    drained: int = 0
    reasons: tuple[Quarantined, ...] = ()
    notes: MappingOf[str, int] = field(default_factory=dict)
    versions: MappingOf[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accounted = self.added + self.changed + self.unchanged + self.quarantined
        if self.read != accounted:
            raise LedgerError(
                "Rows would have been lost or doubled; nothing was changed.",
                found=f"read {self.read}, accounted for {accounted}: {self!r}",
                todo="This is a fault in Andon: please report it with the mapping.",
            )

    @property
    def law(self) -> str:
        """The law with this run's numbers."""
        return (
            f"{self.read:,} read = {self.added:,} added + {self.changed:,} changed "
            f"+ {self.unchanged:,} unchanged + {self.quarantined:,} quarantined"
        )


def ingest(
    ledger: Ledger,
    files: Sequence[Path | str] | Path | str,
    mapping: Mapping,
    *,
    zone: str = "UTC",
    pseudonym_key: bytes | None = None,
    progress: Progress = lambda _: None,
    now: dt.datetime | None = None,
    wait_s: float = 30.0,
    memory: str = _MEMORY,
) -> IngestRun:
    """Read files into the ledger.

    Parameters
    ----------
    ledger : Ledger
    files : path, or sequence of paths
        All of one mapping; together they are one run, and one commit.
    mapping : Mapping
    zone : str
        The operation's zone.
    pseudonym_key : bytes, optional
        Key of the pseudonyms, which are keyed hashes. Where None, ids are kept as they are.
    progress : callable
        Told what is being done.
    now : datetime, optional
        With a zone; the clock's where None.
    wait_s : float
        How long to wait for another run that is writing.
    memory : str
        What the engine may hold in memory, as DuckDB writes it.

    Returns
    -------
    IngestRun

    Raises
    ------
    SourceError, MappingError
        If a file or the mapping cannot be used; the ledger is as it was.
    LedgerBusy, LedgerFull
        If the ledger cannot be written; it is as it was.
    """
    paths = [Path(file) for file in ([files] if isinstance(files, Path | str) else files)]
    if not paths:
        raise SourceError("No file was named.", todo="andon ingest FILE...")
    now = now or dt.datetime.now(dt.UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    with (
        ledger.writing(run_id, wait_s=wait_s) as staging,
        told_of_space(ledger.folder),
        _engine(staging, memory) as connection,
    ):
        run = _Run(
            ledger=ledger,
            mapping=mapping,
            zone=zone,
            pseudonym_key=pseudonym_key,
            now_us=(now - _EPOCH) // _US,
            run_id=run_id,
            staging=staging,
            connection=connection,
            progress=progress,
        )
        try:
            return run.of(paths)
        except duckdb.Error as bad:
            raise _plain(bad) from None


@contextmanager
def _engine(staging: Path, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = staging / "spill"
    spill.mkdir()
    connection = duckdb.connect()
    try:
        connection.execute(f"SET memory_limit = {literal(memory)}")
        connection.execute(f"SET temp_directory = {literal(str(spill))}")
        connection.execute("SET TimeZone = 'UTC'")
        # A long IN list would become a join, and rows would leave it in another order than lines.
        connection.execute("SET disabled_optimizers = 'in_clause'")
        yield connection
    finally:
        connection.close()


def _plain(bad: duckdb.Error) -> Exception:
    """The engine's error in our words."""
    said = str(bad).strip().splitlines()[0]
    if _no_room(bad):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return LedgerError(
        "The files could not be read into the ledger.",
        found=said,
        todo="The ledger is as it was. Please report this with the mapping.",
    )


def _no_room(bad: duckdb.Error) -> bool:
    """Whether the disk was too small for what the engine writes on the way."""
    said = str(bad)
    return "No space left" in said or "max_temp_directory_size" in said


@dataclass(slots=True)
class _Run:
    """One run on its way; nothing of it is seen until it commits.

    On its connection it keeps:

    - ``mapped``: every row read, with the check that it breaks and its remarks;
    - ``judged``: of these, the rows that speak for a contact;
    - ``fates``: what becomes of rows whose key is there more than once, or in the ledger already:
      ``u`` unchanged, ``c`` changed, ``d`` doubled; all others are added;
    - ``rivals``: rows of the ledger with a key of those that are not plainly unchanged, and
      ``looked_at``, what became of these;
    - ``entries``: the rows for quarantine.
    """

    ledger: Ledger
    mapping: Mapping
    zone: str
    pseudonym_key: bytes | None
    now_us: int
    run_id: str
    staging: Path
    connection: duckdb.DuckDBPyConnection
    progress: Progress
    staged: list[Staged] = field(default_factory=list)
    rows: list[RowSql] = field(default_factory=list)

    def of(self, paths: Sequence[Path]) -> IngestRun:
        self._try_patterns()
        for i, path in enumerate(paths):
            self.progress(f"Reading {path.name}")
            self._map(i, path)
        self._view_mapped()
        self.progress("Checking")
        self._hide_people()
        if self.mapping.updates:
            self._collapse()
        else:
            self.connection.execute("CREATE VIEW judged AS SELECT * FROM mapped")
        self._compare()
        changes = [self._table_change()]
        quarantine, drained = self._quarantine()
        changes.append(quarantine)
        run = self._summary(paths, drained)
        self.progress("Committing")
        self.ledger.commit(self.run_id, changes, self._run_row(run))
        return replace(run, versions=self.ledger.versions())

    # Reading and judging ---------------------------------------------------------------------

    def _try_patterns(self) -> None:
        """Refuse a mapping with a pattern or a time format that the engine cannot use."""
        nothing = Staged(name="", relation="", columns={}, rows=0)
        for rule, probe in Cells(nothing, self.mapping).probes():
            try:
                self.connection.execute(f"SELECT {probe}")
            except duckdb.Error as bad:
                raise MappingError(
                    f"A pattern in the rule for '{rule.column}' cannot be used.",
                    found=f"{self.mapping.path}, line {rule.line}: {str(bad).splitlines()[0]}",
                    todo="Look-ahead and back-references are not supported.",
                ) from None

    def _map(self, i: int, path: Path) -> None:
        """Read a file and write its rows in the ledger's columns, each with its verdict."""
        folder = self.staging / f"file{i}"
        folder.mkdir()
        shape, wanted = self.mapping.file, self.mapping.reads
        staged, settle = scan(self.connection, path, folder, shape=shape, wanted=wanted)
        target = folder / "mapped.parquet"
        rows = self._write_mapped(staged, target, may_fail=settle is not None)
        if settle is not None:
            settled = settle(rows)
            if settled.relation != staged.relation:
                self._write_mapped(settled, target)
            staged = settled
        self.staged.append(staged)
        self.rows.append(self._row_sql(staged))

    def _write_mapped(self, staged: Staged, target: Path, *, may_fail: bool = False) -> int | None:
        """Write a file's rows as they are kept; how many, or None where the engine gave up."""
        sql = f"COPY ({self._row_sql(staged).sql}) TO {literal(str(target))} {_FAST}"
        try:
            return self._count(sql)
        except duckdb.Error as bad:
            if may_fail and not _no_room(bad):
                return None
            damaged = type(bad) is duckdb.Error or isinstance(bad, _DAMAGES)
            if staged.relation.startswith("read_parquet") and damaged and not _no_room(bad):
                raise SourceError(
                    "The file is damaged inside; nothing of it was loaded.",
                    found=f"{staged.name}: {str(bad).strip().splitlines()[0]}",
                    todo="Export it again, or copy it again whole.",
                ) from None
            raise

    def _row_sql(self, staged: Staged) -> RowSql:
        return row_sql(self.mapping, staged, zones=self._zone, home=self.zone, now_us=self.now_us)

    def _in_place(self, i: int) -> Staged:
        """A file with its rows' numbers; one that was read in one go is copied for it now."""
        staged = self.staged[i]
        if staged.relation.startswith("read_csv"):
            folder = self.staging / f"again{i}"
            folder.mkdir(exist_ok=True)
            self.connection.execute("SET preserve_insertion_order = true")
            staged = stage(self.connection, Path(staged.name), folder, shape=self.mapping.file)
            self.connection.execute("SET preserve_insertion_order = false")
        return staged

    def _zone(self, name: str) -> Zone:
        """A zone's clock changes from 1970 until after this run."""
        return zone_between(name, 0, (self.now_us // _DAY_US + 400) * _DAY_US)

    def _view_mapped(self) -> None:
        # Nothing below asks for the rows' order, and without it the engine holds far less.
        self.connection.execute("SET preserve_insertion_order = false")
        parts = " UNION ALL BY NAME ".join(
            f"SELECT {i} AS _file, file_row_number AS _row, * EXCLUDE (file_row_number) "
            f"FROM read_parquet({literal(str(self.staging / f'file{i}' / 'mapped.parquet'))}, "
            "file_row_number = true)"
            for i in range(len(self.staged))
        )
        self.connection.execute(f"CREATE VIEW mapped AS {parts}")

    def _hide_people(self) -> None:
        """For each column of people, a table from its values to pseudonyms and integers.

        A person's integer comes from what the ledger will show, so that it is the same in every
        run and every source.
        """
        for name in self._people():
            values = f"SELECT DISTINCT k_{name} AS raw FROM mapped WHERE k_{name} IS NOT NULL"
            said, number = "raw", "md5_number_lower(id)"
            if self.pseudonym_key is not None and self._hidden(name):
                said = _pseudonym_sql(self.pseudonym_key, "raw")
                number = "CAST('0x' || id AS UBIGINT)"
            self.connection.execute(
                f"""CREATE TEMP TABLE people_{name} AS
                    SELECT raw, id, CAST({number} >> 1 AS BIGINT) AS key
                    FROM (SELECT raw, {said} AS id FROM ({values}))"""
            )

    def _people(self) -> list[str]:
        """The columns of people that the mapping fills."""
        return [name for name in PSEUDONYMS if self.mapping.rule(name) is not None]

    def _hidden(self, name: str) -> bool:
        rule = self.mapping.rule(name)
        return rule is not None and all(case.pseudonym for case in rule.alternatives)

    def _collapse(self) -> None:
        """For a log of updates: keep each contact's last state, in the table ``states``."""
        updates = self.mapping.updates or Updates(order_by=())
        order = [f"_order{i}, _said{i}" for i in range(len(updates.order_by))]
        order += ["_file", "_row"]
        window = f"PARTITION BY _key ORDER BY {', '.join(order)}"
        whole = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
        columns = {
            rule.column: kept(column)
            for rule in self.mapping.rules
            if (column := self.mapping.table.column(rule.column)) is not None
        }
        firsts = [
            f"first_value({columns[name]} IGNORE NULLS) OVER ({window} {whole}) AS {columns[name]}"
            for name in updates.keep_first
        ]
        replaced = f"REPLACE ({', '.join(firsts)})" if firsts else ""
        state = f"hash({', '.join(v for k, v in columns.items() if k not in updates.keep_first)})"
        self.connection.execute(
            f"""CREATE TEMP TABLE states AS
                SELECT * {replaced},
                  row_number() OVER ({window}) AS _nth,
                  count(*) OVER (PARTITION BY _key) AS _of,
                  {state} IS DISTINCT FROM lag({state}) OVER ({window}) AS _news
                FROM mapped WHERE _bad = 0"""
        )
        self.connection.execute(
            """CREATE TEMP TABLE judged AS
               SELECT _file, _row, _key, _bad, _notes FROM mapped WHERE _bad <> 0
               UNION ALL SELECT _file, _row, _key, _bad, _notes FROM states WHERE _nth = _of"""
        )
        if updates.follow:
            self._follow(", ".join(order))

    def _follow(self, order: str) -> None:
        """Link each contact to the one before it in its thread; threads begin as they were seen."""
        source = literal(self.mapping.source + ":")
        self.connection.execute(
            f"""CREATE TEMP TABLE links AS
                SELECT _key, lag({source} || k_{self.mapping.table.key})
                  OVER (PARTITION BY _thread ORDER BY {order}) AS previous
                FROM states WHERE _nth = 1 AND _thread IS NOT NULL"""
        )

    # Comparing with the ledger ---------------------------------------------------------------

    def _compare(self) -> None:
        """Find what becomes of rows whose key is there more than once, or in the ledger already.

        Nearly always such a row is in the ledger as it is. That is found by two numbers a row, its
        key and its content's hash; only what is left is looked at closely.
        """
        self.connection.execute(
            "CREATE TEMP TABLE fates (_file INTEGER, _row BIGINT, _key UBIGINT, "
            "fate ENUM ('a', 'c', 'd', 'u'))"
        )
        self.connection.execute(
            """CREATE TEMP TABLE doubtful AS
               SELECT _key FROM judged WHERE _bad = 0 GROUP BY _key HAVING count(*) > 1"""
        )
        held = self._files_that_hold()
        if held:
            self.progress("Comparing with the ledger")
            self._set_apart_what_is_there(held)
        if self._count("SELECT count(*) FROM doubtful"):
            self._look_closely(held)

    def _set_apart_what_is_there(self, held: Sequence[Path]) -> None:
        """Rows that the ledger holds as they are; keys of others in the ledger are doubtful."""
        there = f"SELECT {self._content()} AS h, {self._ledger_key()} AS _key FROM {_parquet(held)}"
        self.connection.execute(
            f"""CREATE TEMP TABLE existing AS SELECT l._key, l.h FROM ({there}) l
                SEMI JOIN (SELECT _key FROM judged WHERE _bad = 0) j ON j._key = l._key"""
        )
        self.connection.execute(
            f"""INSERT INTO fates
                SELECT i._file, i._row, i._key, 'u'
                FROM (SELECT _file, _row, _key, {self._content()} AS h FROM ({self._good()}) g) i
                SEMI JOIN existing e ON e._key = i._key AND e.h = i.h
                ANTI JOIN doubtful d ON d._key = i._key"""
        )
        if self._count("SELECT count(*) FROM existing") > self._count("SELECT count(*) FROM fates"):
            self.connection.execute(
                """INSERT INTO doubtful
                   SELECT DISTINCT _key FROM
                     (SELECT _key FROM existing EXCEPT ALL SELECT _key FROM fates)
                   WHERE _key NOT IN (SELECT _key FROM doubtful)"""
            )
        self.connection.execute("DROP TABLE existing")

    def _look_closely(self, held: Sequence[Path]) -> None:
        """Judge the rows with a doubtful key by their ids and contents, in the files' order."""
        # Two ids may share a key; none will share its mirror image's key as well.
        identity = (
            f"_key, hash(reverse({quoted(self.mapping.table.key)})) AS id_hash, "
            f"{self._content()} AS h"
        )
        there = (
            f"SELECT *, {self._ledger_key()} AS _key FROM {_parquet(held, True)}"
            if held
            else f"SELECT *, '' AS filename FROM ({self._good()}) g WHERE false"
        )
        self.connection.execute(
            f"""CREATE TEMP TABLE rivals AS SELECT {identity}, filename FROM ({there}) l
                SEMI JOIN doubtful d ON d._key = l._key"""
        )
        self.connection.execute(
            f"""CREATE TEMP TABLE looked_at AS
                WITH ranked AS (
                  SELECT *,
                    row_number() OVER first AS nth,
                    first_value(h) OVER first AS first_h
                  FROM (SELECT _file, _row, {identity} FROM ({self._good()}) g
                    SEMI JOIN doubtful d ON d._key = g._key) i
                  ANTI JOIN fates f ON f._file = i._file AND f._row = i._row
                  WINDOW first AS (PARTITION BY _key, id_hash ORDER BY _file, _row))
                SELECT r._file, r._row, r._key, id_hash,
                  CASE WHEN r.nth > 1 AND r.h = r.first_h THEN 'u'
                       WHEN r.nth > 1 THEN 'd'
                       WHEN l.h = r.h THEN 'u'
                       WHEN l.h IS NOT NULL THEN 'c'
                       ELSE 'a' END AS fate
                FROM ranked r LEFT JOIN rivals l USING (_key, id_hash)"""
        )
        self.connection.execute("INSERT INTO fates SELECT _file, _row, _key, fate FROM looked_at")

    def _content(self) -> str:
        """SQL for the hash of all that a row says."""
        texts = ", ".join(
            f"CAST({quoted(column.name)} AS VARCHAR)"
            if column.kind == "string"
            else quoted(column.name)
            for column in self._stored()
        )
        return f"hash({texts})"

    def _files_that_hold(self) -> tuple[Path, ...]:
        """The ledger's files with at least one key of this run: only these need be read whole."""
        files = self.ledger.files(self.mapping.table.name)
        if not files:
            return ()
        found = self.connection.execute(
            f"""SELECT DISTINCT filename FROM {_parquet(files, True)} l
                SEMI JOIN (SELECT _key FROM judged WHERE _bad = 0) j
                  ON {self._ledger_key()} = j._key"""
        ).fetchall()
        return tuple(Path(name) for (name,) in found)

    def _ledger_key(self) -> str:
        """The key of ``judged``, from the ledger's own id.

        The engine's hash is fast, and need only agree with itself within this run.
        """
        return f"hash({quoted(self.mapping.table.key)})"

    def _stored(self) -> list[Column]:
        """Columns whose hash tells a changed row from an unchanged one."""
        columns = self.mapping.table.columns
        return [each for each in columns if not each.derived or each.name == "local_arrived_us"]

    def _good(self) -> str:
        """SQL for the rows that broke no check, in the ledger's columns."""
        rows = "states WHERE _nth = _of" if self.mapping.updates else "mapped WHERE _bad = 0"
        columns = ledger_columns(
            self.mapping,
            home=self._zone(self.zone),
            batch_id=self.run_id,
            keys={name: f"p_{name}" for name in self._people()},
        )
        joins = "".join(
            f" LEFT JOIN people_{name} p_{name} ON p_{name}.raw = m.k_{name}"
            for name in self._people()
        )
        good = f"SELECT _file, _row, m._key, {columns} FROM (SELECT * FROM {rows}) m{joins}"
        if self.mapping.updates and self.mapping.updates.follow:
            good = (
                "SELECT g.* REPLACE (k.previous AS previous_contact_id) "
                f"FROM ({good}) g LEFT JOIN links k ON k._key = g._key"
            )
        return good

    # Writing ---------------------------------------------------------------------------------

    def _table_change(self) -> Change:
        """The files that this run adds to its table, and those that it rewrites."""
        self.progress("Writing")
        table = self.mapping.table
        columns = ", ".join(quoted(column.name) for column in table.columns)
        good = f"SELECT {columns} FROM ({self._good()}) g"
        if self._count("SELECT count(*) FROM fates"):
            good += (
                " ANTI JOIN (SELECT _file, _row FROM fates WHERE fate IN ('u', 'd')) f"
                " ON f._file = g._file AND f._row = g._row"
            )
        kept = self._fate("u") + self._fate("d")
        added: tuple[Path, ...] = ()
        if self._count("SELECT count(*) FROM judged WHERE _bad = 0") > kept:
            added = self._copy(good, "added")
        rewritten: tuple[Path, ...] = ()
        removed: list[str] = []
        if self._fate("c"):
            found = self.connection.execute(
                """SELECT DISTINCT filename FROM rivals
                   SEMI JOIN (FROM looked_at WHERE fate = 'c') USING (_key, id_hash)"""
            ).fetchall()
            old = tuple(Path(name) for (name,) in found)
            removed = [path.name for path in old]
            rewritten = self._copy(
                f"""SELECT {columns} FROM {_parquet(old)} l
                    ANTI JOIN (FROM looked_at WHERE fate = 'c') gone
                    ON gone._key = {self._ledger_key()}
                      AND gone.id_hash = hash(reverse({quoted(table.key)}))""",
                "rewritten",
            )
        return Change(table=table.name, add=(*added, *rewritten), remove=tuple(removed))

    def _copy(self, sql: str, name: str, *, group_rows: int = 122_880) -> tuple[Path, ...]:
        """Write rows to new files; groups of rows are written side by side."""
        folder = self.staging / name
        self.connection.execute(
            f"""COPY ({sql}) TO {literal(str(folder))}
                ({_SMALL}, ROW_GROUP_SIZE {group_rows}, FILE_SIZE_BYTES {_FILE_BYTES},
                 FILENAME_PATTERN 'part_{{i}}')"""
        )
        return tuple(path for path in sorted(folder.glob("*.parquet")) if _has_rows(path))

    # Quarantine ------------------------------------------------------------------------------

    def _quarantine(self) -> tuple[Change, int]:
        """The quarantine's new files, and how many of its earlier rows this run lets in."""
        self.connection.execute(f"CREATE TEMP TABLE all_entries AS {self._entries()}")
        files = self.ledger.files(QUARANTINE.name)
        if not files:
            self.connection.execute("CREATE TEMP VIEW entries AS FROM all_entries")
            return self._new_entries(), 0
        self.connection.execute("CREATE TEMP TABLE entries AS FROM all_entries")
        drained = self._drained(files)
        self.connection.execute(
            f"""DELETE FROM entries e WHERE EXISTS (
                  SELECT 1 FROM {_parquet(files)} q
                  WHERE q.source = e.source AND q."table" = e."table" AND q.file = e.file
                    AND q.line = e.line AND q.content = e.content
                    AND q.quarantine_id NOT IN (SELECT quarantine_id FROM drained)
                    AND q."check" = e."check")"""
        )
        if drained == 0:
            return self._new_entries(), 0
        added = self._copy(
            f"""SELECT {_ENTRY} FROM {_parquet(files)} q
                ANTI JOIN drained d ON d.quarantine_id = q.quarantine_id
                UNION ALL SELECT {_ENTRY} FROM entries""",
            "quarantine",
        )
        removed = tuple(path.name for path in files)
        return Change(table=QUARANTINE.name, add=added, remove=removed), self._lifted()

    def _new_entries(self) -> Change:
        """What quarantine holds now, and what comes to it."""
        if self._count("SELECT count(*) FROM entries") == 0:
            return Change(table=QUARANTINE.name)
        added = self._copy(f"SELECT {_ENTRY} FROM entries", "quarantine", group_rows=20_480)
        return Change(table=QUARANTINE.name, add=added)

    def _entries(self) -> str:
        """SQL for this run's quarantined rows in the quarantine's columns."""
        parts = []
        for i, staged in enumerate(self.staged):
            # Several lines may be skipped before one row: the last count holds all of them.
            passed = dict(staged.skips)
            self._put(f"skips_{i}", before=list(passed), passed=list(passed.values()))
            parts.append(self._broken_rows(i))
            if self._fate("d"):
                parts.append(self._doubled_rows(i))
            if staged.rejects is not None:
                parts.append(
                    f"""SELECT {i} AS _file, line, "check", '' AS about, detail AS found,
                          NULL AS row_id, content
                        FROM read_parquet({literal(str(staged.rejects))})"""
                )
        names = ", ".join(
            f"({i}, {literal(Path(staged.name).name)})" for i, staged in enumerate(self.staged)
        )
        return f"""SELECT '{self.run_id}-' || row_number() OVER () AS quarantine_id,
                     {literal(self.mapping.source)} AS source,
                     {literal(self.mapping.table.name)} AS "table", n.name AS file, line, "check",
                     about, found, row_id, content, '{self.run_id}' AS run_id
                   FROM ({" UNION ALL ".join(parts)}) e JOIN (VALUES {names}) n(i, name)
                     ON n.i = e._file"""

    def _broken_rows(self, i: int) -> str:
        """SQL for the rows of a file that broke a check."""
        reasons = ", ".join(
            f"({bad}, {literal(reason.check)}, {literal(reason.about)})"
            for bad, reason in enumerate(self.rows[i].reasons, start=1)
        )
        broken = f"(SELECT * FROM mapped WHERE _file = {i} AND _bad <> 0)"
        return f"""SELECT b._file, {self._line(i, "b")} AS line, r."check", r.about,
                     b._found AS found, {self._row_id("b")} AS row_id,
                     b._content AS content
                   FROM {broken} b ASOF LEFT JOIN skips_{i} k ON b._row >= k.before
                   JOIN (VALUES {reasons}) r(bad, "check", about) ON r.bad = b._bad"""

    def _doubled_rows(self, i: int) -> str:
        """SQL for the rows of a file whose id an earlier row of the run has, with other content."""
        staged = self._in_place(i)
        doubled = f"(SELECT _row, _key FROM fates WHERE _file = {i} AND fate = 'd')"
        return f"""SELECT {i} AS _file, {self._line(i, "b")} AS line,
                     '{DOUBLED.check}' AS "check", '' AS about, {DOUBLED.detail} AS found,
                     {self._row_id("m")} AS row_id, b.content
                   FROM (SELECT *, {staged.content_sql()} AS content, file_row_number AS _row,
                           {staged.line_column or "0"} AS _line FROM {staged.relation}) b
                   JOIN {doubled} d ON d._row = b._row
                   JOIN (SELECT * FROM mapped WHERE _file = {i}) m ON m._row = b._row
                   ASOF LEFT JOIN skips_{i} k ON b._row >= k.before"""

    def _row_id(self, row: str) -> str:
        return f"{literal(self.mapping.source + ':')} || {row}.k_{self.mapping.table.key}"

    def _line(self, i: int, row: str) -> str:
        """SQL for the line of a row, with its file's ``skips`` joined as ``k``."""
        if self.staged[i].line_column:
            return f"{row}._line"
        return f"{row}._row + {self.staged[i].first_line} + coalesce(k.passed, 0)"

    def _drained(self, files: Sequence[Path]) -> int:
        """Find earlier quarantined rows that are no longer needed there.

        A row is drained when the same row of the same file was let in now, when it is set aside
        now for another reason (the new entry takes its place), or when a row with its id was let
        in: then it was mended in the source. In a log of updates many rows have one id, so there
        the id says nothing.
        """
        self.connection.execute(
            f"""CREATE TEMP TABLE earlier AS
                SELECT quarantine_id, file, line, "check", row_id, content
                FROM {_parquet(files)}
                WHERE source = {literal(self.mapping.source)}
                  AND "table" = {literal(self.mapping.table.name)}"""
        )
        self.connection.execute("CREATE TEMP TABLE drained (quarantine_id VARCHAR, lifted BOOLEAN)")
        self.connection.execute(
            """INSERT INTO drained
               SELECT e.quarantine_id, false FROM earlier e JOIN entries n
                 ON n.file = e.file AND n.line = e.line AND n.content = e.content
               WHERE n."check" <> e."check" """
        )
        for i, staged in enumerate(self.staged):
            self._drain_by_place(i, Path(staged.name).name)
        if not self.mapping.updates:
            self.connection.execute(
                f"""INSERT INTO drained
                    SELECT e.quarantine_id, true FROM ({_WAITING}) e
                    SEMI JOIN (SELECT _key FROM judged WHERE _bad = 0) j
                      ON j._key = hash(e.row_id)
                    WHERE e."check" <> '{DOUBLED.check}'"""
            )
        return self._count("SELECT count(*) FROM drained")

    def _drain_by_place(self, i: int, file: str) -> None:
        """Earlier rows of the same file whose line holds the same content now."""
        waiting = f"(SELECT * FROM ({_WAITING}) WHERE file = {literal(file)})"
        found = self.connection.execute(f'SELECT line, "check" FROM {waiting}').fetchall()
        if not found:
            return
        self._drain_lines(i, waiting, sorted({n for n, check in found if check in _REJECTED}))
        lines = sorted({n for n, check in found if check not in _REJECTED})
        if not lines:
            return
        staged = self._in_place(i)
        places = _rows_of(lines, staged)
        self._put(f"places_{i}", line=lines, place=places)
        place = staged.line_column or "file_row_number"
        self.connection.execute(
            f"""INSERT INTO drained
                SELECT e.quarantine_id, true
                FROM (SELECT {place} AS place, {staged.content_sql()} AS content,
                        file_row_number AS _row
                      FROM {staged.relation}) r
                JOIN places_{i} p ON p.place = r.place
                JOIN {waiting} e ON e.line = p.line AND e.content = r.content
                ANTI JOIN (SELECT _row FROM mapped WHERE _file = {i} AND _bad <> 0
                  UNION ALL SELECT _row FROM fates WHERE _file = {i} AND fate = 'd') s
                  ON s._row = r._row"""
        )

    def _drain_lines(self, i: int, waiting: str, lines: Sequence[int]) -> None:
        """Earlier lines that were no rows, and are parts of rows now."""
        for path in self.staged[i].lines_of if lines else ():
            held = lines_at(path, lines)
            table = pa.table({"line": list(held), "content": list(held.values())}, _LINES)
            self.connection.register("lines_now", table)
            self.connection.execute(
                f"""INSERT INTO drained SELECT e.quarantine_id, true FROM {waiting} e
                    SEMI JOIN lines_now n ON n.line = e.line AND n.content = e.content"""
            )

    def _lifted(self) -> int:
        return self._count("SELECT count(*) FROM drained WHERE lifted")

    # Summing up ------------------------------------------------------------------------------

    def _summary(self, paths: Sequence[Path], drained: int) -> IngestRun:
        rejected = sum(staged.rejected for staged in self.staged)
        rows = sum(staged.rows for staged in self.staged)
        broken = self._count("SELECT count(*) FROM mapped WHERE _bad <> 0")
        good = self._count("SELECT count(*) FROM judged WHERE _bad = 0")
        changed, unchanged = self._fate("c"), self._fate("u")
        added = good - changed - unchanged - self._fate("d")
        news, rest = self._superseded()
        return IngestRun(
            run_id=self.run_id,
            source=self.mapping.source,
            table=self.mapping.table.name,
            files=tuple(str(path) for path in paths),
            read=rows + rejected,
            added=added,
            changed=changed + news,
            unchanged=unchanged + rest,
            quarantined=broken + self._fate("d") + rejected,
            drained=drained,
            reasons=self._reasons(),
            notes=self._notes(),
        )

    def _superseded(self) -> tuple[int, int]:
        """Rows of an update log before the last: those that brought news, and the others.

        Where the ledger held the contact's last state already, none of them is news.
        """
        if not self.mapping.updates:
            return (0, 0)
        before = self._count("SELECT count(*) FROM states WHERE _nth < _of")
        news = self._count(
            """SELECT count(*) FROM states s WHERE _nth > 1 AND _news AND NOT EXISTS (
                 SELECT 1 FROM fates f WHERE f._key = s._key AND f.fate = 'u')"""
        )
        return (news, before - news)

    def _reasons(self) -> tuple[Quarantined, ...]:
        found = self.connection.execute(
            """SELECT "check", coalesce(about, ''), count(*),
                  arg_min(file || ', line ' || line || ': ' || coalesce(found, ''), (file, line))
                FROM all_entries GROUP BY ALL ORDER BY count(*) DESC, 1, 2"""
        ).fetchall()
        return tuple(
            Quarantined(check=check, about=about, rows=rows, example=example)
            for check, about, rows, example in found
        )

    def _notes(self) -> dict[str, int]:
        notes: dict[str, int] = {}
        for staged in self.staged:
            for name, count in staged.notes.items():
                notes[name] = notes.get(name, 0) + count
        loaded = "judged j WHERE _bad = 0"
        if self._fate("d"):
            loaded += (
                " AND NOT EXISTS (SELECT 1 FROM fates f WHERE f.fate = 'd' "
                "AND f._file = j._file AND f._row = j._row)"
            )
        found = self.connection.execute(
            f"SELECT _file, _notes, count(*) FROM {loaded} AND _notes <> 0 GROUP BY ALL"
        ).fetchall()
        for file, bits, count in found:
            for bit, name in enumerate(self.rows[file].notes):
                if bits >> bit & 1:
                    notes[name] = notes.get(name, 0) + count
        return notes

    def _run_row(self, run: IngestRun) -> dict[str, Any]:
        details = {
            "files": [
                {"name": Path(staged.name).name, "rows": staged.rows, "rejected": staged.rejected}
                for staged in self.staged
            ],
            "mapping": {"path": Path(self.mapping.path).name, "sha256": self.mapping.digest},
            "reasons": [
                {"check": each.check, "about": each.about, "rows": each.rows}
                for each in run.reasons
            ],
            "notes": dict(run.notes),
            "code_version": __version__,
        }
        return {
            "run_id": run.run_id,
            "at": _EPOCH + self.now_us * _US,
            "source": run.source,
            "table": run.table,
            "read": run.read,
            "added": run.added,
            "changed": run.changed,
            "unchanged": run.unchanged,
            "quarantined": run.quarantined,
            "drained": run.drained,
            "details": json.dumps(details, sort_keys=True),
        }

    def _put(self, name: str, **columns: Sequence[int]) -> None:
        """A small table of integers; as text, for the ways through Arrow take half a second."""
        made = ", ".join(
            f"unnest(CAST('{list(values)}' AS BIGINT[])) AS {quoted(key)}"
            for key, values in columns.items()
        )
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {made}")

    def _fate(self, fate: str) -> int:
        return self._count(f"SELECT count(*) FROM fates WHERE fate = '{fate}'")

    def _count(self, sql: str) -> int:
        return int(self._row(sql)[0])

    def _row(self, sql: str) -> tuple[Any, ...]:
        row = self.connection.execute(sql).fetchone()
        return row if row is not None else (None,)


def _parquet(files: Sequence[Path], filename: bool = False) -> str:
    listed = ", ".join(literal(str(path)) for path in files)
    return f"read_parquet([{listed}]{', filename = true' if filename else ''})"


def _has_rows(path: Path) -> bool:
    return bool(pq.read_metadata(path).num_rows)


def _rows_of(lines: Sequence[int], staged: Staged) -> list[int]:
    """Where lines of the file are now: their own numbers, or the rows that they became."""
    if staged.line_column:
        return list(lines)
    gaps = [staged.first_line + before + passed - 1 for before, passed in staged.skips]
    return [line - staged.first_line - bisect_left(gaps, line) for line in lines]


_LINES: Final = pa.schema([pa.field("line", pa.int64()), pa.field("content", pa.string())])
_DAMAGES: Final = (
    duckdb.InvalidInputException,
    duckdb.IOException,
    duckdb.SerializationException,
)
_ENTRY: Final = ", ".join(quoted(column.name) for column in QUARANTINE.columns)
_WAITING: Final = """SELECT * FROM earlier e
    WHERE quarantine_id NOT IN (SELECT quarantine_id FROM drained) AND NOT EXISTS (
      SELECT 1 FROM entries n
      WHERE n.file = e.file AND n.line = e.line AND n.content = e.content)"""
"""Earlier quarantined rows that this run has not met again."""


def _pseudonym_sql(key: bytes, text: str) -> str:
    """A keyed pseudonym of a text column: 64 bits of SHA-256, in hexadecimal.

    The key's own digest goes before the text. To try out ids one needs it; and as three quarters
    of the result are cut off, nothing can be appended to a text whose pseudonym is known.
    """
    prefix = hashlib.sha256(key).hexdigest()[:_PREFIX]
    return f"left(sha256({literal(prefix)} || {text}), 16)"
