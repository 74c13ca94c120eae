"""The report on paper: an A4 PDF that a board can be given.

WeasyPrint sets it (extra ``andon[pdf]``); it loads nothing but the pictures that the page carries.
The PDF is tagged (PDF/UA-1), so that it can be read aloud.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from andon.errors import MissingExtra, ReportError
from andon.report.diagnosis import Diagnosis
from andon.report.html import templates
from andon.report.palette import printed
from andon.report.views import ReportView, report_view

__all__ = ["render", "styles"]

_TEMPLATES: Final = Path(__file__).parent / "templates"


def render(
    diagnosis: Diagnosis,
    *,
    view: ReportView | None = None,
    progress: Callable[[str], None] | None = None,
) -> bytes:
    """The diagnosis as a PDF document.

    Parameters
    ----------
    diagnosis : Diagnosis
    view : ReportView, optional
        What :func:`~andon.report.views.report_view` made of it, where it is at hand.
    progress : callable, optional
        Told what is being drawn.

    Raises
    ------
    MissingExtra
        If WeasyPrint is not installed.
    ReportError
        If WeasyPrint is installed and a system library that it needs is not.
    """
    weasyprint = _weasyprint()
    shown = view or report_view(diagnosis, progress=progress)
    page = templates().get_template("print.html.j2").render(report=shown, styles=styles())
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=["data"])
    document = weasyprint.HTML(string=page, url_fetcher=fetcher)
    pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1", optimize_images=True)
    return pdf


def styles() -> str:
    """The style sheet for paper; colours are put in, as paper has no theme."""
    rules = (_TEMPLATES / "print.css").read_text(encoding="utf-8")
    return printed(rules)


def _weasyprint() -> Any:
    """WeasyPrint, or an error that says what to install."""
    try:
        import weasyprint  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as problem:
        raise MissingExtra.named("pdf", needs="WeasyPrint", purpose="Writing a PDF") from problem
    except OSError as problem:
        raise ReportError(
            "WeasyPrint is installed, but a system library that sets its text is not.",
            found=str(problem).splitlines()[0],
            todo="Install Pango: `apt install libpango-1.0-0 libpangoft2-1.0-0` on Debian and "
            "Ubuntu, `dnf install pango` on Fedora, `brew install pango` on macOS.",
        ) from problem
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    return weasyprint
