"""One's own figures: told to whom they concern, with what else it may be, never in the report."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from andon.errors import ReportError
from andon.estimate import Estimate
from andon.goodhart.battery import Battery
from andon.report import html as page_of
from andon.report import machine, own_page, pdf, words
from andon.report.diagnosis import Diagnosis, diagnose_again
from andon.report.own_figures import FEWEST, OwnFigures, _beside, own_figures
from andon.report.replay import compare
from andon.report.views import report_view
from report.bent import CUT_OFF, HONEST, contacts, told
from report.pages import Node, parse

CALLS = words.nouns(["voice"])
STANDS_OUT = CUT_OFF[2]


@pytest.fixture(scope="module")
def diagnosis() -> Diagnosis:
    return told()[0]


@pytest.fixture(scope="module")
def seen() -> Battery:
    return told()[1]


@pytest.fixture(scope="module")
def own(seen: Battery) -> tuple[OwnFigures, ...]:
    many = dict.fromkeys((STANDS_OUT, HONEST), 1_000)
    return own_figures(seen, [STANDS_OUT, HONEST, STANDS_OUT], nouns=CALLS, contacts=many)


@pytest.fixture(scope="module")
def page(own: tuple[OwnFigures, ...], diagnosis: Diagnosis) -> str:
    return page_with(own, diagnosis)


def page_with(own: tuple[OwnFigures, ...], diagnosis: Diagnosis) -> str:
    return own_page.render(
        own,
        operation="Small & Bank",
        first_day=diagnosis.first_day,
        last_day=diagnosis.last_day,
        zone="UTC",
        source="Source: contacts (version 3)",
        nouns=CALLS,
    )


def words_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from words_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from words_in(each)
    elif isinstance(value, str):
        yield value


def test_no_pseudonym_is_in_the_json(diagnosis: Diagnosis) -> None:
    text = machine.write(diagnosis)
    assert "pseudonym" not in text
    said = " ".join(words_in(json.loads(text)["findings"]))
    assert not any(advisor in said for advisor in CUT_OFF)


def test_no_pseudonym_is_in_the_page_or_in_any_drawing(diagnosis: Diagnosis) -> None:
    assert "pseudonym" not in page_of.render(diagnosis)
    for finding in report_view(diagnosis).findings:
        for chart in finding.charts:
            for panel in chart.panels:
                assert "pseudonym" not in panel.svg
                assert "pseudonym" not in panel.spec


def test_no_pseudonym_is_in_the_pdf(diagnosis: Diagnosis, tmp_path: Path) -> None:
    pytest.importorskip("weasyprint", reason="the extra andon[pdf] is not installed")
    try:
        document = pdf.render(diagnosis)
    except ReportError as problem:
        pytest.skip(problem.wrong)
    assert b"pseudonym" not in document
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext, which reads a PDF's text, is not installed")
    file = tmp_path / "report.pdf"
    file.write_bytes(document)
    said = subprocess.run([reader, str(file), "-"], capture_output=True, check=True).stdout
    assert b"handle time" in said
    assert b"pseudonym" not in said


def test_the_same_diagnosis_comes_out_again(diagnosis: Diagnosis) -> None:
    again = diagnose_again(diagnosis, tables={"contacts": contacts()})
    compared, differences = compare(diagnosis, again)
    assert differences == ()
    assert compared > 1_000


def test_only_those_asked_for_are_told_of_each_once_and_in_that_order(
    own: tuple[OwnFigures, ...], page: str
) -> None:
    assert [each.advisor_id for each in own] == [STANDS_OUT, HONEST]
    assert not any(advisor in page for advisor in CUT_OFF if advisor != STANDS_OUT)


def test_who_stands_out_is_told_what_else_it_may_be_and_what_to_do_about_the_target(
    own: tuple[OwnFigures, ...],
) -> None:
    (sign,) = own[0].signs
    assert sign.signature == "short_contacts"
    assert len(sign.otherwise) >= 4
    assert "headset" in sign.otherwise[0]
    assert "rewarded" in sign.target
    assert "do not say who or what ended a call" in sign.says
    assert sign.chart is not None
    assert "pseudonym" not in str(sign.chart)
    first = sign.figures[0]
    assert "in 1,000" in first.own
    assert "in 1,000" in first.others  # in one row, of one number
    assert first.beside == "colleagues in the same work and hours"


def test_who_does_not_stand_out_is_told_so(own: tuple[OwnFigures, ...], page: str) -> None:
    assert own[1].signs == ()
    assert own[1].looked_for
    assert "Nothing stands out." in page


def test_a_sign_that_does_not_show_over_all_is_told_of_nobody(seen: Battery) -> None:
    calm = replace(seen, looks=tuple(replace(look, shows=False) for look in seen.looks))
    assert all(each.signs == () for each in own_figures(calm, CUT_OFF, nouns=CALLS, contacts={}))


@pytest.mark.parametrize(
    ("served", "says"),
    [
        ({HONEST: 3}, "There are 3 calls that this advisor served, too few to compare"),
        ({HONEST: 1}, "There is 1 call that this advisor served, too few to compare"),
        ({}, "There are 0 calls that this advisor served, too few to compare"),
    ],
)
def test_who_has_too_few_contacts_is_not_told_that_nothing_stands_out(
    seen: Battery, diagnosis: Diagnosis, served: dict[str, int], says: str
) -> None:
    (own,) = own_figures(seen, [HONEST], nouns=CALLS, contacts=served)
    assert says in own.too_few
    text = " ".join(parse(page_with((own,), diagnosis)).text.split())
    assert says in text
    assert "Nothing stands out" not in text
    assert "We looked for" not in text
    (enough,) = own_figures(seen, [HONEST], nouns=CALLS, contacts={HONEST: FEWEST})
    assert enough.too_few == ""


@pytest.mark.parametrize(
    ("own", "others", "said"),
    [
        (
            Estimate(value=0.21, low=0.18, high=0.24, unit="share", n=900, method="-"),
            0.011,
            ("210 in 1,000 (180 to 240)", "11 in 1,000"),
        ),
        (0.21, 0.19, ("21 in 100", "19 in 100")),
        (0.21, 0.0, ("21 in 100", "none")),
        (0.21, float("nan"), ("21 in 100", "not known")),
    ],
)
def test_a_row_sets_shares_of_one_round_number_beside_each_other(
    own: Estimate | float, others: float, said: tuple[str, str]
) -> None:
    row = _beside(what="Passed on", own=own, others=others, beside="colleagues")
    assert (row.own, row.others) == said


def test_the_page_shows_no_pace_and_ranks_nobody(page: str) -> None:
    text = parse(page).text.lower()
    assert "it is no verdict" in text
    for word in ("handle time per", "rank ", "slowest", "fastest", "worst", "guilty", "offend"):
        assert word not in text


def test_the_page_runs_nothing_loads_nothing_and_escapes_names(page: str) -> None:
    tree: Node = parse(page)
    assert not tree.find("script")
    assert not tree.find("img")
    assert "script-src" not in page
    assert "default-src 'none'" in html.unescape(page)
    assert "Small &amp; Bank" in page
    assert len(tree.find("div", _class="narrow")) == len(tree.find("div", _class="wide"))


def test_only_its_owner_may_read_the_file(page: str, tmp_path: Path) -> None:
    path = tmp_path / "own.html"
    own_page.write(path, page)
    assert path.read_text(encoding="utf-8") == page
    if path.stat().st_mode & 0o777 != 0o666:  # a system without such rights
        assert path.stat().st_mode & 0o077 == 0
