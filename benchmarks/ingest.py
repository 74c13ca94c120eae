"""Ingest, whole process: ``python -m benchmarks.ingest andon|plain FILE LEDGER``.

``plain`` is the baseline: DuckDB reads the same file and writes the same columns as Parquet, with
nothing checked, compared, hidden or set aside.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.sources import MAPPING


def andon(file: Path, folder: Path) -> dict[str, object]:
    from andon.ledger.ingest import ingest
    from andon.ledger.mapping import load_mapping
    from andon.ledger.store import Ledger

    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as mapping:
        mapping.write(MAPPING)
        mapping.flush()
        run = ingest(
            Ledger.open(folder),
            [file],
            load_mapping(mapping.name),
            zone="Europe/London",
            pseudonym_key=b"a benchmark's key",
        )
    return {
        "read": run.read,
        "added": run.added,
        "unchanged": run.unchanged,
        "quarantined": run.quarantined,
    }


def plain(file: Path, folder: Path) -> dict[str, object]:
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    scan = f"read_csv('{file}')" if file.suffix == ".csv" else f"read_parquet('{file}')"
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '1600MiB'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(
            f"COPY (SELECT * FROM {scan}) TO '{folder / 'plain.parquet'}' "
            "(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
    return {}


if __name__ == "__main__":
    way, file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps({"andon": andon, "plain": plain}[way](file, folder)))
