"""Bent measures: the practice and the incentive are told, with what the measure would read."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from andon.cli.told import battery as told_at_a_terminal
from andon.estimate import Estimate, Unknown
from andon.finding import Finding
from andon.goodhart.battery import Battery
from andon.goodhart.looks import Look
from andon.goodhart.short_contacts import ShortContacts
from andon.report import charts, words
from andon.report.findings.bent_measures import battery_figures, bent_measures, bent_note
from andon.report.findings.told import Told
from andon.units import Unit
from report.bent import told


@pytest.fixture(scope="module")
def found() -> Finding:
    diagnosis, _ = told()
    return next(each for each in diagnosis.findings if each.key == "goodhart.bent_measures")


@pytest.fixture(scope="module")
def seen() -> Battery:
    return told()[1]


@pytest.fixture(scope="module")
def short(seen: Battery) -> ShortContacts:
    result = seen.results["short_contacts"]
    assert isinstance(result, ShortContacts)
    return result


def setting() -> Told:
    return Told(
        nouns=words.nouns(["voice"]), period="2024", zone="UTC", contacts=9_000, code_version="0"
    )


def test_the_headline_says_how_far_the_measure_is_pulled(
    found: Finding, short: ShortContacts
) -> None:
    assert isinstance(short.bend_s, Estimate)
    assert isinstance(found.estimate, Estimate)
    assert found.estimate.value == pytest.approx(-short.bend_s.value)
    assert words.say(found.estimate).value in found.headline
    assert found.headline.startswith("Mean handle time")
    assert "callers" in found.headline


def test_the_meaning_tells_what_customers_did_and_both_readings(found: Finding) -> None:
    assert re.search(r"\d+ in 100 callers rang back within 10 min", found.meaning)
    assert re.search(
        r"The measure reads .* and would read .* without the calls cut short\.", found.meaning
    )


def test_the_next_step_is_about_the_target(found: Finding) -> None:
    assert "rewarded" in found.next_step
    assert not re.search(r"\b(advisor|agent|who)\b", found.next_step)


def test_what_customers_pay_is_told_once_and_with_the_measure(found: Finding) -> None:
    diagnosis, _ = told()
    assert found.cost_h is not None
    assert "repeat_work.cut_short" not in {each.key for each in diagnosis.findings}
    assert {"weeks", "reads", "coming_back", "distribution"} == {
        each.kind for each in found.evidence
    }
    assert "cut_short.came_back" in found.figures


def test_the_weeks_show_when_it_was_and_how_sure_that_is(
    found: Finding, short: ShortContacts
) -> None:
    chart = next(each for each in found.evidence if each.kind == "weeks")
    inside = [row["week"] for row in chart.rows if row["inside"]]
    # From the fifth week to the twelfth.
    assert (inside[0], inside[-1]) == ("2024-01-29", "2024-03-18")
    assert "29 January to 24 March 2024" in chart.title
    levels = {row["level"] for row in chart.rows}
    assert len(levels) == 2
    for row in chart.rows:
        assert float(row["low"] or 0) <= float(row["level"] or 0) <= float(row["high"] or 0)
    assert sum(int(row["n"] or 0) for row in chart.rows) == short.contacts
    assert charts.draw(chart)


def test_both_readings_stand_side_by_side(found: Finding, short: ShortContacts) -> None:
    chart = next(each for each in found.evidence if each.kind == "reads")
    assert isinstance(short.mean_s, Estimate)
    assert isinstance(short.mean_without_s, Estimate)
    assert [row["value"] for row in chart.rows] == [short.mean_s.value, short.mean_without_s.value]
    assert [row["point"] for row in chart.rows] == [False, True]


def test_every_figure_has_a_name_and_none_is_of_one_advisor(seen: Battery) -> None:
    figures = battery_figures(seen)
    assert "goodhart.short_contacts.bend_s" in figures
    assert "goodhart.look.short_contacts.handle_time.effect" in figures
    assert not [name for name in figures if "for_roles" in name or "pseudonym" in name]


def test_nothing_bent_is_no_finding_but_a_note_that_says_how_often_we_looked(
    seen: Battery,
) -> None:
    calm = replace(seen, looks=tuple(replace(look, shows=False) for look in seen.looks))
    assert bent_measures(setting(), calm) is None
    note = bent_note(calm)
    assert note.fine
    assert f"{seen.tested} looks, none shows" in note.says
    assert not bent_note(seen).fine
    assert "mean handle time" in bent_note(seen).says
    assert not bent_note(replace(calm, tested=0)).fine


def test_a_measure_whose_other_reading_is_not_known_says_the_sign() -> None:
    unknown = Unknown(unit="share", why="nobody can say", needs="the matters of those who left")
    look = Look(
        signature="silent_targets",
        measure="abandonment",
        says="Fewer customers gave up while more of them tried again.",
        p=0.001,
        adjusted=0.01,
        shows=True,
        effect=unknown,
        reads=unknown,
        without=unknown,
    )
    found = bent_measures(
        setting(),
        Battery(looks=(look,), tested=3, false_discoveries=0.05, within=0.02, results={}),
    )
    assert found is not None
    assert "The sign: a number that falls because callers leave or try elsewhere." in found.headline
    assert "Fewer callers gave up" in found.meaning
    assert found.cost_h is None
    assert len(found.caveats) <= 3


def test_a_share_that_was_lifted_is_said_so() -> None:
    def share(value: float) -> Estimate:
        return Estimate(
            value=value, low=value - 0.01, high=value + 0.01, unit="share", n=900, method="-"
        )

    look = Look(
        signature="closing_early",
        measure="closed_in_time",
        says="More customers are back.",
        p=0.001,
        adjusted=0.01,
        shows=True,
        effect=share(0.1),
        reads=share(0.9),
        without=share(0.7),
    )
    found = bent_measures(
        setting(),
        Battery(looks=(look,), tested=3, false_discoveries=0.05, within=0.02, results={}),
    )
    assert found is not None
    assert "It reads 9 in 10, and would read" in found.headline
    assert found.estimate == share(0.7)


def shown(look: Look) -> Finding:
    found = bent_measures(
        setting(),
        Battery(looks=(look,), tested=3, false_discoveries=0.05, within=0.02, results={}),
    )
    assert found is not None
    return found


def test_a_mean_of_answers_is_not_called_a_share() -> None:
    def answer(value: float) -> Estimate:
        return Estimate(
            value=value, low=value - 0.01, high=value + 0.01, unit="ratio", n=900, method="-"
        )

    look = Look(
        signature="chosen_surveys",
        measure="csat",
        says="The contented were asked more often.",
        p=0.001,
        adjusted=0.01,
        shows=True,
        effect=answer(0.06),
        reads=answer(3.84),
        without=answer(3.77),
    )
    found = shown(look)
    assert found.headline.startswith("The mean answer to a survey")
    assert "reads 3.84, and would read 3.77" in found.headline
    assert not any("share" in str(each.title) for each in found.evidence)
    battery = Battery(looks=(look,), tested=3, false_discoveries=0.05, within=0.02, results={})
    assert bent_note(battery).says.endswith(": the mean answer to a survey.")
    assert told_at_a_terminal(battery).endswith(": the mean answer to a survey.")


def test_hands_counted_together_are_not_called_too_many() -> None:
    def time(value: float) -> Estimate:
        return Estimate(value=value, low=value - 1, high=value + 1, unit="s", n=900, method="-")

    found = shown(
        Look(
            signature="passing_on",
            measure="handle_time",
            says="More is passed on than the mix explains.",
            p=0.001,
            adjusted=0.01,
            shows=True,
            effect=time(9),
            reads=time(280),
            without=time(293),
        )
    )
    assert found.headline.endswith(
        "would read 4 min 50 s with all hands on a matter counted together."
    )


def dated(measure: str, reads: Estimate, without: Estimate) -> Look:
    return Look(
        signature="around_a_date",
        measure=measure,
        says="It moved.",
        p=0.001,
        adjusted=0.01,
        shows=True,
        effect=reads,
        reads=reads,
        without=without,
    )


def test_what_only_moved_on_a_targets_day_is_told_as_before_it_and_not_as_bent() -> None:
    def of(value: float, unit: Unit) -> Estimate:
        return Estimate(value=value, low=value, high=value, unit=unit, n=900, method="-")

    waits = dated("abandonment", of(0.1, "share"), of(0.2, "share"))
    practice = replace(
        dated("handle_time", of(280, "s"), of(293, "s")), signature="passing_on", adjusted=0.02
    )
    both = Battery(
        looks=(waits, practice), tested=3, false_discoveries=0.05, within=0.02, results={}
    )
    assert bent_note(both).says == "Not to be trusted without its twin: mean handle time."
    assert told_at_a_terminal(both).endswith(
        "trusted by itself: mean handle time. On the day of a target moved as well: the share who "
        "give up in the queue."
    )
    found = bent_measures(setting(), both)
    assert found is not None
    assert found.headline.startswith("Mean handle time")
    assert "and read 1 in 5 before the target. That may be no more" in found.meaning
    (chart,) = (each for each in found.evidence if each.kind == "reads")
    assert {row["measure"] for row in chart.rows} == {"Mean handle time"}

    alone = shown(waits)
    assert "moved on the day of a target, and may no longer tell" in alone.headline
    assert "reads 1 in 10, and read 1 in 5 before the target." in alone.headline
    (chart,) = (each for each in alone.evidence if each.kind == "reads")
    assert chart.title.endswith("read before the target")
    assert "without" not in f"{chart.title} {chart.subtitle}".lower()
