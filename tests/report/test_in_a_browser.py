"""The page in a real browser: every chart comes alive, and nothing is refused or loaded."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from andon.report.views import ReportView
from report.pages import parse

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def test_every_chart_comes_alive_and_the_page_breaks_none_of_its_own_rules(
    page: str, view: ReportView, tmp_path: Path
) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium is installed, so no chart can be drawn live")
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--window-size=1280,900",
            "--virtual-time-budget=20000",
            "--enable-logging=stderr",
            "--dump-dom",
            file.as_uri(),
        ],
        capture_output=True,
        check=True,
        timeout=120,
    )
    said = done.stderr.decode(errors="replace")
    assert "Refused to" not in said
    assert "Content Security Policy" not in said
    assert re.findall(r"CONSOLE.*", said) == []

    tree = parse(done.stdout.decode())
    plots = tree.find("div", _class="plot")
    panels = sum(
        len(chart.panels)
        for charts in (*(finding.charts for finding in view.findings), view.groups)
        for chart in charts
    )
    assert len(plots) == panels + 2
    assert [plot.attrs["data-drawn"] for plot in plots] == ["live"] * len(plots)
    assert all(plot.find("svg") for plot in plots)
