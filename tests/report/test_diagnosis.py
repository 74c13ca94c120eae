"""A diagnosis: what is found is said plainly, in order, and never more surely than it is known."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.report import html, machine, words
from andon.report.diagnosis import NAMES, Diagnosis, diagnose
from andon.report.views import report_view
from ledgers import contacts_table
from report.ledger import QUEUES, operation, rows
from report.pages import parse

BLAME = re.compile(r"\b(fail\w*|worst|offend\w*|lazy|guilty|blame\w*|bad|poor)\b", re.IGNORECASE)
PERSON = re.compile(r"\b(advisor|agent|employee|he|she|his|her)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def whole() -> Diagnosis:
    return diagnose(
        operation(), by=("queue",), operation="Small Bank", cost_per_h=30.0, currency="EUR"
    )


@pytest.fixture(scope="module")
def nameless() -> Diagnosis:
    """Nobody carries an id."""
    return diagnose(operation(known=0.0), operation="Small Bank")


def sentences(text: str) -> list[str]:
    return [each for each in re.split(r"(?<=[.;:?!])\s+", text) if each]


def test_five_to_seven_findings_come_in_the_order_of_what_they_cost(whole: Diagnosis) -> None:
    assert 5 <= len(whole.findings) <= 7
    costs = [each.cost_h.value if each.cost_h else -1.0 for each in whole.findings]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 0
    assert {each.key for each in whole.findings} <= set(NAMES)


def test_every_sentence_is_short_plain_and_blames_nobody(
    whole: Diagnosis, nameless: Diagnosis
) -> None:
    for finding in (*whole.findings, *nameless.findings):
        for text in (finding.headline, finding.meaning, finding.next_step):
            assert text[0].isupper() or text[0].isdigit(), text
            assert text.endswith("."), text
            assert BLAME.search(text) is None, text
            for sentence in sentences(text):
                assert len(sentence.split()) <= 25, sentence
        assert PERSON.search(finding.next_step) is None, finding.next_step
        assert 1 <= len(sentences(finding.headline)) <= 2


def test_the_customer_is_in_every_headline(whole: Diagnosis, nameless: Diagnosis) -> None:
    for finding in (*whole.findings, *nameless.findings):
        assert re.search(r"\bcallers?\b", finding.headline, re.IGNORECASE), finding.headline


def test_the_number_in_a_headline_is_that_of_its_estimate(whole: Diagnosis) -> None:
    for finding in whole.findings:
        if isinstance(finding.estimate, Estimate) and finding.estimate.unit == "share":
            assert words.simple(finding.estimate) in finding.headline


def test_every_figure_has_its_interval_or_says_why_it_is_not_known(whole: Diagnosis) -> None:
    assert len(whole.figures) > 100
    for finding in whole.findings:
        for figure in (finding.estimate, *finding.figures.values()):
            if isinstance(figure, Estimate):
                assert figure.low <= figure.value <= figure.high
                assert figure.method
            else:
                assert figure.why
                assert figure.needs


def test_each_finding_has_a_method_evidence_few_caveats_and_a_source(whole: Diagnosis) -> None:
    for finding in whole.findings:
        assert finding.method
        assert finding.evidence
        assert len(finding.caveats) <= 3
        assert finding.scope
        assert finding.provenance.question.startswith("andon.")


def test_what_was_built_in_is_found(whole: Diagnosis) -> None:
    found = {each.key: each for each in whole.findings}
    gave_up = found["reach.gave_up"].estimate
    assert isinstance(gave_up, Estimate)
    assert gave_up.low < 0.2 < gave_up.high
    cut = found["repeat_work.cut_short"].estimate
    assert isinstance(cut, Estimate)
    assert cut.low < 0.6 < cut.high
    known = found["coverage.unknown"].figures["coverage.identified"]
    assert isinstance(known, Estimate)
    assert known.value == pytest.approx(0.7, abs=0.03)
    back = found["repeat_work.coming_back"].figures["coming_back.beyond_habit_within_7_days"]
    assert isinstance(back, Estimate)
    assert back.low > 0


def test_money_is_told_where_the_cost_of_an_hour_is(whole: Diagnosis) -> None:
    back = next(each for each in whole.findings if each.key == "repeat_work.coming_back")
    money = back.figures["repeat_work.beyond_habit_money"]
    assert isinstance(money, Estimate)
    assert money.unit == "money"


def test_without_ids_coming_back_is_unknown_and_still_a_finding(nameless: Diagnosis) -> None:
    found = {each.key: each for each in nameless.findings}
    back = found["repeat_work.coming_back"]
    assert isinstance(back.estimate, Unknown)
    assert back.headline.startswith("We cannot tell")
    assert "repeat_work.cut_short" not in found
    assert "We know none of the callers" in found["coverage.unknown"].headline
    assert parse(html.render(nameless)).find("main")


def test_groups_are_shown_for_each_figure_and_their_names_stay_text(whole: Diagnosis) -> None:
    assert len(whole.groups) == 4
    labels = {row["group"] for row in whole.groups[0].rows}
    assert labels == set(QUEUES)
    page = html.render(whole)
    assert "alert(1)</script>" not in page
    assert "reach[queue=Loans].giving_up.of_reached.share" in whole.figures


def test_the_summary_and_the_key_figures_open_the_report(whole: Diagnosis) -> None:
    assert len(whole.summary) == 3
    assert re.match(r"Of 100 callers, about \d+ were served", whole.summary[0])
    assert len(whole.key_figures) == 4
    assert all(name in whole.figures for name in whole.key_figures)


def test_half_who_hardly_wait_have_no_digits_for_it() -> None:
    quick = [
        call | {"answered_at": call["queued_at"] + 0.003}
        if i % 3 and "answered_at" in call
        else call
        for i, call in enumerate(rows(days=10))
    ]
    said = diagnose(contacts_table(quick), operation="Small Bank").summary[1]
    assert said.startswith("Half of them waited less than a second; 1 in 10 waited longer than ")


def test_the_same_contacts_give_the_same_bytes(whole: Diagnosis) -> None:
    again = diagnose(
        operation(), by=("queue",), operation="Small Bank", cost_per_h=30.0, currency="EUR"
    )
    assert machine.write(again) == machine.write(whole)


def test_a_diagnosis_reads_back(whole: Diagnosis) -> None:
    read = machine.read(machine.write(whole))
    assert read.findings == whole.findings
    assert read.figures == whole.figures


def test_days_can_be_chosen() -> None:
    found = diagnose(operation(), first=dt.date(2024, 1, 8), last=dt.date(2024, 2, 18))
    assert (found.first_day, found.last_day) == (dt.date(2024, 1, 8), dt.date(2024, 2, 18))
    assert found.provenance.parameters["first"] == "2024-01-08"


def test_it_tells_what_is_being_asked() -> None:
    told: list[str] = []
    diagnose(operation(days=3), progress=told.append)
    assert len(told) >= 8


def test_one_contact_is_enough_for_a_report_that_says_little() -> None:
    one = contacts_table([{"arrived_at": 0, "answered_at": 5, "ended_at": 60, "talk_s": 55.0}])
    found = diagnose(one, operation="One")
    assert found.findings
    assert parse(html.render(found)).find("main")


def test_customers_who_write_are_not_called_callers() -> None:
    mails = [
        {
            "arrived_at": i * 4_000,
            "answered_at": i * 4_000 + 900,
            "ended_at": i * 4_000 + 1_000,
            "channel": "chat",
            "customer": i % 9,
        }
        for i in range(60)
    ]
    found = diagnose(contacts_table(mails), operation="Letters")
    said = " ".join(finding.headline for finding in found.findings)
    assert "caller" not in said
    assert "ustomer" in said


def test_nothing_to_look_at_is_an_error_that_says_so() -> None:
    with pytest.raises(QuestionError, match="no contact to look at"):
        diagnose(contacts_table([]))


def test_views_show_every_finding_of_a_real_diagnosis(whole: Diagnosis) -> None:
    shown = report_view(replace(whole, findings=whole.findings[:1], groups=(), data=()))
    assert shown.findings[0].headline == whole.findings[0].headline
    assert shown.people == "callers"
    assert [each.name for each in shown.key_figures][:2] == [
        "gave up before service",
        "answered within 20 s",
    ]
