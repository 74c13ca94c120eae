"""The report as one HTML file that opens without a network and holds its own JSON.

Nothing is loaded from anywhere, and the page says so to the browser: its policy allows only the
scripts that it carries, by their hashes. Whatever comes from data is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from andon.report import machine
from andon.report.bundle import bundle
from andon.report.diagnosis import Diagnosis
from andon.report.palette import DARK, LIGHT, css
from andon.report.views import ReportView, escaped_json, report_view
from andon.units import unbroken

__all__ = ["render", "styles", "templates"]

_TEMPLATES: Final = Path(__file__).parent / "templates"


def render(
    diagnosis: Diagnosis,
    *,
    view: ReportView | None = None,
    cache_folder: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> str:
    """The diagnosis as HTML text.

    Parameters
    ----------
    diagnosis : Diagnosis
    view : ReportView, optional
        What :func:`~andon.report.views.report_view` made of it, where it is at hand.
    cache_folder : Path, optional
        Where the chart script is kept between runs; the user's cache folder unless given.
    progress : callable, optional
        Told what is being drawn.
    """
    shown = view or report_view(diagnosis, progress=progress)
    charts_script = bundle(folder=cache_folder)
    own_script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    page = templates().get_template("report.html.j2")
    return page.render(
        report=shown,
        styles=styles(),
        script=own_script,
        bundle=charts_script,
        data=escaped_json(machine.write(diagnosis)),
        policy=_policy(charts_script, own_script),
    )


def styles() -> str:
    """The page's style sheet: the palette for light, dark and print, then the rules."""
    rules = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    return (
        f":root {{ color-scheme: light dark; {css(LIGHT)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {css(DARK)} }} }}\n"
        f"{rules}"
    )


@cache
def templates() -> jinja2.Environment:
    """The templates; a name that a template was not given is an error, not an empty place."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_kept,
    )


def _kept(value: object) -> object:
    """A text whose numbers stay on one line with their units; markup is left as it is."""
    return unbroken(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _policy(*scripts: str) -> str:
    """What the browser may run and load: these scripts, inline styles, and nothing else."""
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
