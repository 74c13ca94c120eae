"""What ``make demo`` runs: a real bank's calls, from the file to the report."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Final

from andon.cli.main import andon_command
from andon.cli.terminal import error
from andon.errors import AndonError
from andon.operation import FILE

HERE: Final = Path(__file__).parent
CALLS: Final = HERE / "calls_1999_01_to_07_and_09.parquet"
DEMO: Final = Path("demo")
REPORT: Final = DEMO / "reports" / "diagnosis.html"


def main() -> int:
    """Make the operation, load the calls, write the report; say how long each step took."""
    steps = [
        ("ingest", shown(CALLS), "--as", "anonymous-bank", "-o", str(DEMO)),
        ("diagnose", str(DEMO), "--html", str(REPORT)),
    ]
    if not (DEMO / FILE).exists():
        bank = ("--name", "Anonymous Bank", "--zone", "Asia/Jerusalem", "--currency", "ILS")
        steps.insert(0, ("init", str(DEMO), *bank))
    began = time.perf_counter()
    for step in steps:
        print(f"$ andon {shlex.join(step)}")
        at = time.perf_counter()
        try:
            andon_command.main(step, standalone_mode=False)
        except AndonError as problem:
            error(problem, as_json=False)
            return problem.exit_code
        print(f"({time.perf_counter() - at:.1f} s)\n", flush=True)
    print(f"Done in {time.perf_counter() - began:.1f} s. Open the report in a browser:")
    print(f"  {REPORT.resolve()}")
    return 0


def shown(path: Path) -> str:
    """The path as a person in this folder would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
