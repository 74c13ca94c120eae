"""The battery: all signatures at once, on the bank and under its one bound on false ones."""

from __future__ import annotations

import math
from dataclasses import replace

import ibis.expr.types as ir
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.battery import Battery, battery, held_together
from andon.goodhart.limits import Limit
from andon.goodhart.looks import Look
from andon.goodhart.measures import MEASURES
from andon.goodhart.signatures import SIGNATURES

_UNTOLD = Unknown(unit="share", why="it is a test", needs="nothing")


def _look(p: float, *, about: str = "", queue: str = "") -> Look:
    return Look(
        signature="short_contacts",
        measure="handle_time",
        says="",
        p=p,
        effect=_UNTOLD,
        reads=_UNTOLD,
        without=_UNTOLD,
        about=about,
        scope=(("queue", queue),) if queue else (),
    )


@pytest.fixture(scope="module")
def banks(bank: ir.Table) -> Battery:
    return battery(bank, limits=[Limit(measure="handle_time", at_s=300)])


def test_on_the_banks_calls_short_contacts_show_and_bend_the_mean(banks: Battery) -> None:
    assert {look.signature for look in banks.shown} == {"short_contacts"}
    (bent,) = banks.measures
    assert bent.measure == "handle_time"
    assert isinstance(bent.reads, Estimate)
    assert isinstance(bent.without, Estimate)
    assert bent.without.value - bent.reads.value == pytest.approx(13.5, abs=1)
    (seen,) = (each for each in banks.seen("handle_time").values() if each.shows)
    assert "back within 10 min" in seen.says


def test_no_word_of_a_look_names_an_advisor(banks: Battery, bank: ir.Table) -> None:
    advisors = bank.select("advisor_id").distinct().to_pyarrow()["advisor_id"].to_pylist()
    words = {
        word.strip(".,;:()") for look in banks.looks for word in f"{look.says} {look.about}".split()
    }
    assert not words & {each for each in advisors if each}


def test_each_look_is_of_a_known_signature_and_a_known_measure(banks: Battery) -> None:
    assert {look.signature for look in banks.looks} <= set(SIGNATURES)
    assert {look.measure for look in banks.looks} <= set(MEASURES)


def test_a_question_that_cannot_be_put_says_why_and_is_no_test(banks: Battery) -> None:
    untold = [each for each in banks.results.values() if isinstance(each, Unknown)]
    assert all(each.why and each.needs for each in untold)
    assert banks.tested == sum(not look.scope and not math.isnan(look.p) for look in banks.looks)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_looks_show_as_one_control_over_all_of_them_finds(chances: list[float]) -> None:
    looks = [_look(p, about=str(i)) for i, p in enumerate(chances)]
    found = held_together(looks, {}, false_discoveries=0.05)
    # Benjamini and Yekutieli, step by step.
    m = len(chances)
    at = 0.05 / sum(1 / i for i in range(1, m + 1))
    kept = [i for i, p in enumerate(sorted(chances), start=1) if p <= i * at / m]
    expected = sorted(chances)[: max(kept)] if kept else []
    assert sorted(look.p for look in found.looks if look.shows) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1) | st.just(math.nan), min_size=1, max_size=20))
def test_what_could_not_be_told_changes_nothing(chances: list[float]) -> None:
    looks = [_look(p, about=str(i)) for i, p in enumerate(chances)]
    told = [look for look in looks if not math.isnan(look.p)]
    both = [held_together(each, {}, false_discoveries=0.05) for each in (looks, told)]
    shown = [[look.about for look in each.looks if look.shows] for each in both]
    assert shown[0] == shown[1]
    assert both[0].tested == both[1].tested == len(told)


def test_a_group_shows_only_where_its_signature_does_and_at_a_stricter_level() -> None:
    roots = [_look(1e-9, about="a"), *(_look(0.9, about=str(i)) for i in range(9))]
    groups = [_look(0.01, about="a", queue="Loans"), _look(1e-6, about="a", queue="Cards")]
    other = _look(1e-9, about="3", queue="Loans")
    found = held_together([*roots, *groups, other], {}, false_discoveries=0.05)
    assert found.within == pytest.approx(0.05 / 10)
    shown = {(look.about, look.scope) for look in found.looks if look.shows}
    assert shown == {("a", ()), ("a", (("queue", "Cards"),))}


def test_with_nothing_bent_anything_shows_as_seldom_as_was_asked_for() -> None:
    rng = np.random.default_rng(1)
    flagged = 0
    for _ in range(1000):
        # Looks at one operation hang together: half of each is common to all.
        z = 0.5**0.5 * (rng.normal() + rng.normal(size=12))
        chances = [math.erfc(each / 2**0.5) / 2 for each in z]
        looks = [_look(p, about=str(i)) for i, p in enumerate(chances)]
        flagged += bool(held_together(looks, {}, false_discoveries=0.05).shown)
    assert flagged <= 50 + 2 * math.sqrt(1000 * 0.05 * 0.95)


def test_the_surest_look_comes_first_and_a_measure_reads_what_a_look_can_tell() -> None:
    known = Estimate(value=200, low=199, high=201, unit="s", n=10, method="test")
    sure = replace(_look(1e-9, about="sure"))
    tells = replace(_look(1e-6, about="tells"), reads=known, without=known)
    found = held_together([tells, sure], {}, false_discoveries=0.05)
    (bent,) = found.measures
    assert [look.about for look in bent.looks] == ["sure", "tells"]
    assert bent.without == known
    assert bent.telling.about == "tells"


def test_a_goal_on_another_measure_is_told_of_practices_alone(banks: Battery) -> None:
    assert "short_contacts" in banks.seen("occupancy")
    assert "twins_parting" not in banks.seen("occupancy")


def test_a_signature_that_cannot_be_told_is_told_as_that_with_the_reason(banks: Battery) -> None:
    told = banks.seen("handle_time")
    for key in ("passing_on", "shedding"):
        assert told[key].shows is None
        assert told[key].why_not
    assert told["short_contacts"].shows
    assert told["bunching"].shows is False
    # No target changed and nobody was asked for a score, so neither was looked for.
    assert not {"around_a_date", "chosen_surveys"} & set(told)
    assert "silent_targets" not in told


def test_a_question_that_could_not_be_put_tells_of_its_own_measures_alone() -> None:
    gap = Unknown(unit="share", why="Too short", needs="more months")
    results = {"silent_targets": gap, "around_a_date:answered_in_time": gap, "passing_on": gap}
    found = held_together([], results, false_discoveries=0.05)
    assert set(found.seen("abandonment")) == {"silent_targets", "passing_on"}
    assert set(found.seen("service_level")) == {"around_a_date", "passing_on"}
    assert found.seen("stars")["passing_on"].why_not == "too short"


def test_only_the_signatures_asked_for_are_looked_for(bank: ir.Table) -> None:
    found = battery(bank, only=["silent_targets"])
    assert set(found.results) == {"silent_targets"}


@pytest.mark.parametrize("option", ["level", "false_discoveries"])
def test_an_option_out_of_its_range_is_refused(bank: ir.Table, option: str) -> None:
    asked = {option: 1.0}
    with pytest.raises(QuestionError, match="between 0 and 1"):
        battery(bank, **asked)  # type: ignore[arg-type]
