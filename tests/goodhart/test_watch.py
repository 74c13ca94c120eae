"""The watch: a goal that bends its measure is seen, and one that does not is left in peace."""

from __future__ import annotations

import datetime as dt
import doctest
from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pytest
from scipy import stats

from andon.estimate import Estimate, Unknown
from andon.goodhart import watch as module
from andon.goodhart.goal import Change
from andon.goodhart.review import Seen
from andon.goodhart.watch import Since, since, watch
from goodhart.goals import goal, twin
from goodhart.weeks import MONDAY, monday, weeks


def week(value: float, *, by: float = 0.01, level: float = 0.99) -> Estimate:
    return Estimate(
        value=value, low=value - by, high=value + by, unit="share", n=900, method="-", level=level
    )


def of(values: Sequence[float], *, by: float = 0.01) -> list[Estimate]:
    return [week(each, by=by) for each in values]


# Before and since --------------------------------------------------------------------------------


def test_the_change_agrees_with_welchs_test_where_weeks_swing() -> None:
    before, after = [0.10, 0.14, 0.12, 0.11], [0.20, 0.27, 0.22]
    found = since(of(before, by=1e-6), of(after, by=1e-6), unit="share", level=0.95).change
    assert isinstance(found, Estimate)
    told = stats.ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    assert found.low == pytest.approx(100 * told.low)
    assert found.high == pytest.approx(100 * told.high)


def test_quiet_weeks_keep_the_doubt_of_their_contacts() -> None:
    found = since(of([0.1] * 4, by=0.02), of([0.2] * 4, by=0.02), unit="share").change
    assert isinstance(found, Estimate)
    assert found.high - found.value == pytest.approx(100 * 0.02 / 2 * 2**0.5)


@pytest.mark.parametrize(("before", "after"), [(2, 9), (9, 2), (0, 0)])
def test_fewer_than_three_weeks_cannot_tell(before: int, after: int) -> None:
    found = since(of([0.1] * before), of([0.2] * after), unit="share")
    assert isinstance(found.change, Unknown)
    assert found.change.unit == "points"
    assert found.way == 0


def test_a_change_too_small_to_tell_goes_no_way() -> None:
    tiny = since(of([0.1] * 9, by=1e-7), of([0.1005] * 9, by=1e-7), unit="share")
    assert isinstance(tiny.change, Estimate)
    assert tiny.change.low > 0
    assert tiny.way == 0
    assert since(of([0.1] * 9, by=1e-7), of([0.11] * 9, by=1e-7), unit="share").way == 1


def ran(rng: np.random.Generator, n: int, *, shift: float, swing: float) -> Since:
    """Weeks of 900 customers whose own share swings; ``shift`` is what the goal did."""
    before = 0.15 + rng.normal(0, swing, n) + rng.normal(0, 0.012, n)
    after = 0.15 + shift + rng.normal(0, swing, n) + rng.normal(0, 0.012, n)
    return since(of(list(before), by=0.031), of(list(after), by=0.031), unit="share")


@pytest.mark.parametrize("swing", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("n", [3, 8])
def test_with_no_change_a_way_is_seen_in_at_most_one_of_a_hundred(n: int, swing: float) -> None:
    """2,000 operations; 1 in 100 is expected where weeks swing, fewer where they do not."""
    rng = np.random.default_rng(11)
    alarms = sum(ran(rng, n, shift=0.0, swing=swing).way != 0 for _ in range(2000))
    assert alarms / 2000 <= 0.016


def test_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(12)
    hits = 0
    for _ in range(2000):
        found = ran(rng, 6, shift=0.04, swing=0.02).change
        assert isinstance(found, Estimate)
        hits += found.low <= 4.0 <= found.high
    assert hits / 2000 >= 0.98


def test_a_worsening_of_five_in_a_hundred_is_seen_in_eight_weeks() -> None:
    rng = np.random.default_rng(13)
    seen = sum(ran(rng, 8, shift=0.05, swing=0.01).way == 1 for _ in range(500))
    assert seen / 500 >= 0.95


# The ledger --------------------------------------------------------------------------------------

BEFORE, AFTER = 6, 6
TURN = monday(BEFORE)


def ledger(handle_s: tuple[float, float], back: tuple[float, float], *, seed: int = 1) -> ir.Table:
    """Six weeks, and seven after them; the last one's returns are not wholly seen."""
    first, second = BEFORE, AFTER + 1
    return weeks(
        [handle_s[0]] * first + [handle_s[1]] * second,
        [back[0]] * first + [back[1]] * second,
        seed=seed,
    )


def shorter(floor: float | None = 0.9, **other: Any) -> Any:
    return goal(
        "handle_time",
        change=Change(amount=-0.25, relative=True),
        twins=(twin("recontact", floor),),
        **{"since": TURN, **other},
    )


HASTE = ledger((240, 180), (0.10, 0.35))
CALM = ledger((240, 240), (0.20, 0.20))


def test_a_measure_that_improves_while_its_twin_worsens_bends() -> None:
    found = watch(shorter(), HASTE)
    assert found.state == "bends"
    assert found.measure.way == -1
    assert found.twins[0].worse
    assert "fell by 1 min" in found.says[0]
    assert "rose by" in found.says[0]
    assert "Since 12 February 2024" in found.says[0]


def test_a_calm_operation_holds() -> None:
    found = watch(shorter(), CALM)
    assert found.state == "holds"
    assert found.measure.weeks == 6
    assert found.twins[0].beyond_floor is False


def test_an_honest_gain_holds() -> None:
    assert watch(shorter(), ledger((240, 180), (0.20, 0.20))).state == "holds"


def test_a_twin_that_falls_through_its_floor_bends_even_if_the_measure_stays() -> None:
    contacts = ledger((240, 240), (0.10, 0.45))
    assert watch(shorter(0.9), contacts).state == "holds"
    found = watch(shorter(0.15), contacts)
    assert found.state == "bends"
    assert "fell through its floor" in found.says[0]


def test_a_twin_that_was_beyond_its_floor_before_is_not_the_goals_doing() -> None:
    found = watch(shorter(0.05), CALM)
    assert found.state == "beyond floor"
    assert "did not get worse" in found.says[0]


def test_a_goal_not_in_force_is_left_alone() -> None:
    share = Estimate(value=0.1, low=0.08, high=0.12, unit="share", n=900, method="-")
    shows = Seen(shows=True, says="Contacts are cut short.", estimate=share)
    found = watch(shorter(since=None), HASTE, signatures={"short_contacts": shows})
    assert found.state == "not in force"
    assert found.twins == ()
    later = watch(shorter(since=dt.date(2025, 1, 6)), HASTE, signatures={"short_contacts": shows})
    assert later.state == "not in force"
    assert later.says == ("It holds from 6 January 2025, and the data end on 2 April 2024.",)


def test_a_goal_without_a_twin_cannot_be_told() -> None:
    bare = goal("handle_time", since=TURN, twins=())
    found = watch(bare, HASTE)
    assert found.state == "cannot tell"
    assert "names no twin" in found.says[0]


@pytest.mark.parametrize("day", [MONDAY, monday(2), monday(12)])
def test_too_few_weeks_on_one_side_cannot_be_told(day: dt.date) -> None:
    found = watch(shorter(since=day), HASTE)
    assert found.state == "cannot tell"
    assert "3 whole weeks" in found.says[0]


def test_what_the_ledger_does_not_hold_cannot_be_told() -> None:
    blind = goal("nps", level=40.0, since=TURN, twins=(twin("complaints", 0.02),))
    found = watch(blind, HASTE)
    assert found.state == "cannot tell"
    assert "the ledger has no surveys" in found.says[0]
    assert "the ledger has no complaints" in found.says[1]


def test_a_signature_that_shows_bends_at_once() -> None:
    share = Estimate(value=0.1, low=0.08, high=0.12, unit="share", n=900, method="-")
    shows = Seen(shows=True, says="Contacts are cut short.", estimate=share, since=TURN)
    found = watch(shorter(), CALM, signatures={"short_contacts": shows})
    assert found.state == "bends"
    assert found.says == ("Contacts are cut short. It began about 12 February 2024.",)
    assert watch(shorter(), CALM, signatures={"chosen_surveys": shows}).state == "holds"


def of_signature(value: float, *, shows: bool = True, **other: Any) -> dict[str, Seen]:
    share = Estimate(
        value=value, low=value - 0.02, high=value + 0.02, unit="share", n=900, method="-"
    )
    return {
        "short_contacts": Seen(shows=shows, says="Contacts are cut short.", estimate=share, **other)
    }


def test_a_practice_that_was_there_before_the_goal_is_not_its_doing() -> None:
    long_ago = of_signature(0.1, since=MONDAY)
    assert watch(shorter(), CALM, signatures=long_ago).state == "holds"
    undated = of_signature(0.1)
    found = watch(
        shorter(), CALM, signatures=undated, before=of_signature(0.1), after=of_signature(0.11)
    )
    assert found.state == "holds"
    assert found.notes == (
        "Contacts are cut short. It was there before the target as well: 10 % (8 to 12 %) before "
        "12 February 2024, 11 % (9 to 13 %) since.",
    )


def test_a_practice_that_came_or_grew_with_the_goal_bends_and_says_since_when() -> None:
    for early, words in ((False, "It came with the target"), (True, "and has grown")):
        found = watch(
            shorter(),
            CALM,
            signatures=of_signature(0.1),
            before=of_signature(0.02, shows=early),
            after=of_signature(0.15),
        )
        assert found.state == "bends"
        assert words in found.says[0]
        assert "12 February 2024" in found.says[0]


def test_a_practice_of_which_nobody_knows_when_it_began_cannot_be_told() -> None:
    found = watch(shorter(), CALM, signatures=of_signature(0.1))
    assert found.state == "cannot tell"
    assert "28 days before 12 February 2024" in found.notes[0]


def test_what_may_be_a_rule_is_noted_and_no_reason() -> None:
    rule = of_signature(0.1, since=TURN, unsure="contacts differ by advisor")
    found = watch(shorter(), CALM, signatures=rule)
    assert found.state == "holds"
    assert found.notes[0].startswith("Contacts differ by advisor. Contacts are cut short. It began")


def test_without_contacts_nothing_can_be_told() -> None:
    assert watch(shorter(), None).state == "cannot tell"
    assert watch(shorter(), HASTE.limit(0)).state == "cannot tell"


@pytest.mark.slow
def test_over_many_calm_operations_hardly_any_is_said_to_bend() -> None:
    bends = sum(
        watch(shorter(), ledger((240, 240), (0.2, 0.2), seed=seed)).state == "bends"
        for seed in range(12)
    )
    assert bends == 0


def test_the_examples_run() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0
