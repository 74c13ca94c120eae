"""Mappings and files written by hand, and a ledger to load them into."""

from __future__ import annotations

import datetime as dt
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from andon.ledger.ingest import IngestRun, ingest
from andon.ledger.mapping import Mapping, load_mapping
from andon.ledger.quarantine import entries
from andon.ledger.store import QUARANTINE, Ledger
from andon.ledger.tables import TABLES

LEAST = """\
source: phone
columns:
  contact_id: id
  channel: {constant: voice}
  arrived_at: at
  outcome: {constant: handled}
"""
"""The least that a mapping of contacts can say."""


def mapping_of(folder: Path, text: str, *, name: str = "mapping.yaml") -> Mapping:
    """Write a mapping to a folder and read it."""
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_mapping(path)


def with_columns(more: str, *, top: str = "", source: str = "phone") -> str:
    """The least mapping, with more rules (they win) and more keys at the top."""
    rules = {
        "contact_id": "  contact_id: id",
        "channel": "  channel: {constant: voice}",
        "arrived_at": "  arrived_at: at",
        "outcome": "  outcome: {constant: handled}",
    }
    said = textwrap.indent(textwrap.dedent(more).strip("\n"), "  ")
    for name in rules:
        if any(line.startswith(f"  {name}:") for line in said.splitlines()):
            rules[name] = ""
    kept = "\n".join(rule for rule in rules.values() if rule)
    return f"source: {source}\n{textwrap.dedent(top)}\ncolumns:\n{kept}\n{said}\n"


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A folder with files, a mapping and a ledger."""

    folder: Path
    zone: str = "UTC"
    key: bytes | None = None
    now: dt.datetime = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)

    @property
    def ledger(self) -> Ledger:
        """The folder's ledger, as whoever opens it now would see it."""
        return Ledger.open(self.folder / "ledger")

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, mapping: Mapping | str, *files: Path, wait_s: float = 30.0) -> IngestRun:
        """One run, which keeps the law."""
        if isinstance(mapping, str):
            mapping = mapping_of(self.folder, mapping)
        run = ingest(
            self.ledger,
            files,
            mapping,
            zone=self.zone,
            pseudonym_key=self.key,
            now=self.now,
            wait_s=wait_s,
        )
        assert run.read == run.added + run.changed + run.unchanged + run.quarantined
        return run

    def load(self, mapping: Mapping | str, content: str | bytes, name: str = "f.csv") -> IngestRun:
        """Write one file and ingest it."""
        return self.ingest(mapping, self.file(name, content))

    def rows(self, table: str = "contacts") -> dict[str, dict[str, Any]]:
        """The rows of a table by their id, instants with their zone."""
        key = {**TABLES, QUARANTINE.name: QUARANTINE}[table].key
        files = self.ledger.files(table)
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
        found = {row[key]: row for row in rows}
        assert len(found) == len(rows), "an id is there twice"
        return found

    def row(self, table: str = "contacts") -> dict[str, Any]:
        """The only row of a table."""
        (only,) = self.rows(table).values()
        return only

    def set_aside(self) -> list[tuple[str, int, str, str]]:
        """File, line, check and content of each row in quarantine."""
        return [(each.file, each.line, each.check, each.content) for each in entries(self.ledger)]

    def state(self) -> object:
        """All that a reader can see, alike whichever files it is spread over."""
        hidden = {"batch_id", "quarantine_id", "run_id"}
        return {
            name: sorted(
                repr(sorted((k, v) for k, v in row.items() if k not in hidden))
                for file in self.ledger.files(name)
                for row in pq.read_table(file).to_pylist()
            )
            for name in (*TABLES, QUARANTINE.name)
        }


def at(text: str) -> dt.datetime:
    """An instant, from its ISO text; UTC where it has no offset."""
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
