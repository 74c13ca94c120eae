"""``make demo`` goes from the file to a report, and does so again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from andon.report.replay import open_report

DEMO = Path(__file__).parents[2] / "examples" / "anonymous-bank" / "demo.py"


@pytest.mark.slow
def test_the_demo_prints_the_path_of_its_report_and_can_be_run_again(tmp_path: Path) -> None:
    for line in ("283,661 added", "283,661 unchanged"):
        done = subprocess.run(
            [sys.executable, str(DEMO)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        assert line in done.stdout
        report = Path(done.stdout.splitlines()[-1].strip())
        assert report == (tmp_path / "demo" / "reports" / "diagnosis.html").resolve()
        assert len(re.findall(r"^\(\d+\.\d s\)$", done.stdout, re.MULTILINE)) >= 2
    diagnosis = open_report(report)
    assert diagnosis.contacts == 283_661
    assert 5 <= len(diagnosis.findings) <= 7


def test_the_demo_says_plainly_what_stops_it(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("in the way")
    done = subprocess.run(
        [sys.executable, str(DEMO)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Done in" not in done.stdout
