"""The report on paper."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from andon.errors import MissingExtra, ReportError
from andon.report import pdf
from andon.report.views import ReportView
from report.samples import HOSTILE, diagnosis


@pytest.fixture(scope="module")
def document(view: ReportView) -> bytes:
    pytest.importorskip("weasyprint", reason="the extra andon[pdf] is not installed")
    try:
        return pdf.render(diagnosis(HOSTILE), view=view)
    except ReportError as problem:
        pytest.skip(problem.wrong)


def unpacked(document: bytes) -> bytes:
    """The PDF with its streams unpacked."""
    parts = [document]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        with contextlib.suppress(zlib.error):
            parts.append(zlib.decompress(packed))
    return b"\n".join(parts)


def test_a_pdf_has_pages_a_language_and_tags(document: bytes) -> None:
    assert document.startswith(b"%PDF-")
    inside = unpacked(document)
    assert len(re.findall(rb"/Type\s*/Page\b", inside)) >= 4
    assert re.search(rb"/Lang\s*\(en\)", inside)
    assert b"/MarkInfo" in inside
    assert b"/StructTreeRoot" in inside


def test_a_pdf_holds_the_words_of_the_report(document: bytes, tmp_path: Path) -> None:
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext, which reads a PDF's text, is not installed")
    file = tmp_path / "report.pdf"
    file.write_bytes(document)
    done = subprocess.run([reader, str(file), "-"], capture_output=True, check=True)
    text = " ".join(done.stdout.decode().split())
    for finding in diagnosis().findings:
        assert finding.headline in text
    assert text.count("\x0c") == 0
    assert "1 of " in text
    assert "<script>alert(1)</script>" in text


def test_without_weasyprint_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingExtra) as caught:
        pdf.render(diagnosis())
    assert "andon[pdf]" in caught.value.todo


def test_without_pango_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load 'libpango-1.0-0'\")\n")
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ReportError) as caught:
        pdf.render(diagnosis())
    assert "libpango" in caught.value.found
    assert "apt install" in caught.value.todo


def test_colours_are_put_in_for_paper() -> None:
    assert "var(" not in pdf.styles()
