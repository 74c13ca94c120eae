"""``andon diagnose``, whole process: ``python -m benchmarks.diagnosis LEDGER``."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path


def main(ledger: Path) -> dict[str, object]:
    from andon.cli.main import main as andon
    from andon.operation import Operation

    folder = Path(tempfile.mkdtemp(prefix="andon-bench-"))
    try:
        operation = Operation.create(folder, name="Bench", zone="Europe/London")
        shutil.rmtree(operation.ledger, ignore_errors=True)
        operation.ledger.symlink_to(ledger.absolute())
        report = folder / "report.html"
        try:
            andon(["diagnose", str(folder), "--html", str(report)])
        except SystemExit as left:
            if left.code:
                raise
        return {"report_bytes": report.stat().st_size}
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    print("\n" + json.dumps(main(Path(sys.argv[1]))))
