"""Passing on: teams whose truth is known, customers by hand, and what cannot be told."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.passing_on import PassingOn, passing_on
from andon.proving.build import Made, make
from andon.proving.reading import read_scenario
from andon.proving.scenario import PassingOn as Lever
from ledgers import contacts_table
from passing import Team, contacts_of

SCENARIO = Path(__file__).parents[2] / "examples" / "scenarios" / "passing-on.yaml"
MORE = 0.35
HABIT = Team(days=84, advisors=24, an_hour=48, habit=((3, MORE), (7, MORE)), from_day=28, to_day=63)


def _known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate), figure
    return figure


def _named(found: PassingOn) -> list[str]:
    return [each.advisor_id for each in found.for_roles.advisors]


# Teams whose truth is known.


@pytest.fixture(scope="module")
def practice() -> PassingOn:
    return passing_on(HABIT.contacts(2))


def test_two_who_pass_on_for_some_weeks_are_found_with_the_weeks(practice: PassingOn) -> None:
    assert practice.stands_out
    assert practice.p == 2 * min(practice.p_concentrated, practice.p_rose) < 0.05
    assert _named(practice) == ["a003", "a007"]
    assert practice.rose is not None
    assert practice.fell is not None
    assert practice.rose.earliest <= dt.date(2024, 1, 29) <= practice.rose.latest
    assert practice.fell.earliest <= dt.date(2024, 3, 4) <= practice.fell.latest
    assert str(practice.rose.likeliest) in practice.when


def test_how_much_went_beyond_the_mix_is_what_the_two_did(practice: PassingOn) -> None:
    table = HABIT.arrow(2)
    theirs = pc.is_in(table["advisor_id"], pa.array(["a003", "a007"]))
    day = np.asarray(table["local_arrived_us"]) // 86_400_000_000
    day -= day.min()
    there = theirs.to_numpy(zero_copy_only=False) & (day >= 28) & (day < 63)
    excess = _known(practice.excess)
    assert excess.low <= MORE * there.sum() / len(table) <= excess.high


def test_what_is_said_to_all_speaks_of_nobody(practice: PassingOn) -> None:
    public = repr(practice) + practice.says + practice.when + "".join(practice.caveats)
    for advisor in _named(practice):
        assert advisor not in public
    assert "beyond what the mix explains" in practice.says
    assert practice.for_roles.of("a003") is practice.for_roles.advisors[0]
    assert practice.for_roles.of("somebody else") is None
    words = " ".join(practice.for_roles.explanations)
    for explanation in ("Routing", "skill", "New people", "ids were changed"):
        assert explanation in words
    concentration = practice.concentration
    assert not isinstance(concentration, Unknown)
    assert 3 <= concentration.half_by < concentration.half_of_all_by


def test_an_advisor_is_shown_with_colleagues_of_the_same_work(practice: PassingOn) -> None:
    one = practice.for_roles.advisors[0]
    assert 0.03 < one.colleagues < 0.07
    assert one.own > 0.12
    assert one.own_opened > 2 * one.colleagues_opened
    assert one.kinds >= 3
    share = _known(one.share)
    assert share.value == pytest.approx(one.passed / one.contacts)


def test_an_honest_team_is_left_in_peace() -> None:
    found = passing_on(Team(differ=0.3, misrouted=0.3, returned=0.1).contacts(11))
    assert found.stands_out is False
    assert _named(found) == []
    assert found.for_roles.tested == 24
    assert "explains it" in found.says


def test_people_who_get_misrouted_customers_must_pass_them_on_and_nobody_is_named() -> None:
    """The back passes on a third of what comes, the front one in twenty."""
    found = passing_on(Team(misrouted=0.4).contacts(5))
    by_queue = {
        queue: sum(each.passed for each in found.groups if dict(each.scope)["queue"] == queue)
        / sum(each.contacts for each in found.groups if dict(each.scope)["queue"] == queue)
        for queue in ("front", "back")
    }
    assert by_queue["back"] > 4 * by_queue["front"]
    assert (found.stands_out, _named(found)) == (False, [])


def test_one_person_alone_with_the_misrouted_customers_is_compared_with_nobody() -> None:
    """The team's one member who serves a queue of their own, where every second one is lost."""
    team = Team(days=28).arrow(3)
    mine = pc.equal(team["advisor_id"], "a020")
    queue = pc.if_else(mine, "strangers", team["queue"])
    rng = np.random.default_rng(1)
    passed = pc.if_else(mine, pa.array(rng.integers(0, 2, len(team))), team["transfers"])
    found = passing_on(_with(_arrow(team, "queue", queue), "transfers", passed))
    assert _named(found) == []
    assert found.for_roles.left_out >= 1


def test_who_lacks_one_skill_is_not_named_but_the_work_is() -> None:
    found = passing_on(Team(unskilled=((3, 1, 0.5), (9, 2, 0.4))).contacts(6))
    assert found.stands_out is False
    assert _named(found) == []
    odd = {dict(each.scope)["reason"] for each in found.groups if each.stands_out}
    assert odd <= {"move", "offer"}
    assert odd


def test_new_people_are_compared_with_new_people() -> None:
    found = passing_on(Team(days=84, began=((5, 40), (7, 40), (11, 45))).contacts(4))
    assert _named(found) == []
    assert not found.p_concentrated < 0.05


def test_a_rule_that_makes_all_pass_on_more_is_dated_and_nobody_named() -> None:
    found = passing_on(Team(days=84, all_more=0.04, from_day=42).contacts(7))
    assert found.stands_out
    assert found.p_rose < 0.05 < found.p_concentrated
    assert found.rose is not None
    assert found.rose.earliest <= dt.date(2024, 2, 12) <= found.rose.latest
    assert found.fell is None
    assert _named(found) == []
    excess = _known(found.excess)
    # Seven in ten contacts are in front, and six weeks of twelve are after it.
    assert excess.low <= 0.04 * 0.7 * 0.5 <= excess.high


def test_a_mix_that_shifts_is_no_rise() -> None:
    found = passing_on(Team(days=84, moving_mix=True).contacts(8))
    first, *_, last = found.months
    assert _known(last.share).value > 1.25 * _known(first.share).value
    assert last.by_mix > 1.25 * first.by_mix
    assert found.p_rose > 0.05
    assert found.stands_out is False


def test_customers_who_are_sent_back_are_more_than_the_mix_would_send() -> None:
    found = passing_on(Team(returned=0.15, days=84).contacts(9)).hand_overs
    beyond = _known(found.back_beyond)
    assert beyond.low <= 0.15 <= beyond.high
    assert beyond.low > 0.08
    calm = _known(passing_on(Team(days=84).contacts(9)).hand_overs.back_beyond)
    assert calm.low <= 0 <= calm.high
    assert found.lost == 0
    assert found.matters[0] > found.matters[1] > 0


@pytest.mark.slow
def test_intervals_of_ping_pong_beyond_the_mix_hold_the_truth() -> None:
    held = 0
    for seed in range(8):
        found = passing_on(Team(returned=0.1).contacts(100 + seed)).hand_overs
        beyond = _known(found.back_beyond)
        held += beyond.low <= 0.1 <= beyond.high
    assert held >= 6  # of 8 at 95 %: 5 or fewer have a chance of 6 in 1,000


@pytest.mark.slow
@pytest.mark.parametrize(
    "team",
    [
        Team(differ=0.4),
        Team(misrouted=0.3, returned=0.15),
        Team(unskilled=((3, 0, 0.4), (8, 2, 0.4))),
        Team(days=84, began=((5, 40), (6, 50))),
    ],
    ids=["people differ", "misrouted and returned", "skills that are missing", "new people"],
)
def test_honest_teams_are_left_in_peace(team: Team) -> None:
    found = [passing_on(team.contacts(200 + seed)) for seed in range(4)]
    assert [_named(each) for each in found] == [[]] * 4
    assert sum(each.stands_out is not False for each in found) <= 1


@pytest.mark.slow
def test_one_contact_in_four_passed_on_is_found_and_nobody_else() -> None:
    team = Team(differ=0.2, habit=((5, 0.22),))
    found = [passing_on(team.contacts(300 + seed)) for seed in range(5)]
    assert sum(bool(each.stands_out) for each in found) >= 4
    assert sum(_named(each) == ["a005"] for each in found) >= 3
    assert {advisor for each in found for advisor in _named(each)} == {"a005"}


# The proving ground, from the lever to the answer.


def _asked(made: Made) -> PassingOn:
    connection = ibis.duckdb.connect(threads=1)
    return passing_on(connection.create_table("c", made.ledger("contacts"), temp=True))


@pytest.mark.slow
def test_the_lever_is_found_with_its_people_date_and_size() -> None:
    made = make(read_scenario(SCENARIO))
    found = _asked(made)
    (lever,) = made.truth["levers"]
    assert _named(found) == sorted(lever["people"])
    assert found.stands_out
    assert found.rose is not None
    assert found.rose.earliest <= dt.date(2024, 1, 29) <= found.rose.latest
    assert found.fell is None
    was, honest = made.truth["as_it_was"], made.truth["without_bending"]
    assert _known(found.share).value == pytest.approx(was["passed_on_share"], abs=1e-6)
    # Some of whom they pass on would have been passed on anyhow.
    more = was["passed_on_share"] - honest["passed_on_share"]
    assert _known(found.excess).low - 0.002 < more < _known(found.excess).high + 0.002
    assert _known(found.reads).value == pytest.approx(was["handle_mean_s"], rel=1e-3)
    assert _known(found.without).low > honest["handle_mean_s"] > was["handle_mean_s"]
    queues = {dict(each.scope)["queue"] for each in found.groups if each.stands_out}
    assert queues == {"contracts"}


@pytest.mark.slow
def test_without_the_lever_nothing_is_found_though_a_queue_gets_the_wrong_customers() -> None:
    found = _asked(make(dataclasses.replace(read_scenario(SCENARIO), levers=())))
    assert found.stands_out is False
    assert _named(found) == []
    assert not any(each.stands_out for each in found.groups)


@pytest.mark.slow
def test_passing_on_to_a_colleague_of_the_same_queue_is_ping_pong() -> None:
    scenario = read_scenario(SCENARIO)
    lever = Lever(name="not me", by=0.2, share=0.15, queue="contracts", after_s=40)
    made = make(dataclasses.replace(scenario, days=56, levers=(lever,)))
    found = _asked(made)
    assert found.stands_out
    assert set(_named(found)) <= set(made.truth["levers"][0]["people"])
    assert _named(found)
    assert _known(found.hand_overs.same_queue).low > 0.1
    assert _known(found.hand_overs.back_beyond).low > 0


# Customers by hand.


def _hand(
    i: int, at: float, queue: str, who: str, after: int | None, passed: int
) -> dict[str, Any]:
    return {
        "contact_id": f"t:{i}",
        "arrived_at": at,
        "ended_at": at + 60,
        "queue": queue,
        "advisor_id": who,
        "customer": i if after is None else after,
        "previous_contact_id": None if after is None else f"t:{after}",
        "talk_s": 100.0,
        "transfers": passed,
    }


def _round_trip(day: int) -> list[dict[str, Any]]:
    """One customer a day who goes from A to B, back to A and to C; one who is helped at once."""
    i, at = 10 * day, day * 86_400.0 + 30_000
    return [
        _hand(i, at, "A", "ann", None, 1),
        _hand(i + 1, at + 60, "B", "bob", i, 1),
        _hand(i + 2, at + 120, "A", "ali", i + 1, 1),
        _hand(i + 3, at + 180, "C", "ann", i + 2, 0),
        _hand(i + 4, at, "A", "ann", None, 0),
    ]


def test_figures_are_those_of_a_plain_reading() -> None:
    found = passing_on(contacts_table([row for day in range(40) for row in _round_trip(day)]))
    assert (found.contacts, found.passed, found.not_told) == (200, 120, 0)
    assert _known(found.share).value == pytest.approx(0.6)
    assert _known(found.opened).value == pytest.approx(0.5)
    assert _known(found.received).value == pytest.approx(2 / 3)
    overs = found.hand_overs
    assert (overs.followed, overs.lost, overs.matters) == (120, 0, (0, 0, 40))
    assert _known(overs.same_queue).value == 0
    assert _known(overs.back_to_queue).value == pytest.approx(1 / 3)
    assert _known(overs.back_to_advisor).value == pytest.approx(1 / 3)
    assert _known(found.handle_per_contact_s).value == pytest.approx(100)
    assert _known(found.handle_per_matter_s).value == pytest.approx(250)
    assert _known(found.contacts_per_matter).value == pytest.approx(2.5)
    assert [month.month for month in found.months] == ["2024-01", "2024-02"]
    assert sum(month.passed for month in found.months) == 120
    assert sum(week.contacts for week in found.weeks) == 200


def test_where_only_links_are_recorded_they_tell_what_was_passed_on() -> None:
    rows = [row | {"transfers": None} for day in range(40) for row in _round_trip(day)]
    found = passing_on(contacts_table(rows))
    assert (found.contacts, found.passed) == (200, 120)
    assert _known(found.contacts_per_matter).value == pytest.approx(2.5)


def test_where_only_transfers_are_counted_nobody_knows_where_customers_went() -> None:
    rows = [row | {"previous_contact_id": None} for day in range(40) for row in _round_trip(day)]
    found = passing_on(contacts_table(rows))
    assert (found.passed, found.hand_overs.lost) == (120, 120)
    assert isinstance(found.without, Unknown)
    assert isinstance(found.received, Unknown)
    assert isinstance(found.hand_overs.back_beyond, Unknown)
    assert any("names the one" in each for each in found.caveats)


def test_a_source_that_tells_nothing_is_left_out_and_said() -> None:
    rows = [row for day in range(40) for row in _round_trip(day)]
    rows += [
        {"arrived_at": 3_600.0 * i, "talk_s": 60.0, "source": "paper", "advisor_id": "zoe"}
        for i in range(50)
    ]
    found = passing_on(contacts_table(rows))
    assert (found.contacts, found.not_told) == (200, 50)
    assert any(each.startswith("paper:") for each in found.caveats)


# What cannot be told is said.


@pytest.fixture(scope="module")
def gamed() -> pa.Table:
    return Team(habit=((3, 0.3),), days=63).arrow(1)


def _arrow(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _with(table: pa.Table, name: str, values: pa.Array) -> Any:
    return contacts_of(_arrow(table, name, values))


def test_without_advisors_ids_only_time_can_tell(gamed: pa.Table) -> None:
    found = passing_on(_with(gamed, "advisor_id", pa.nulls(len(gamed), pa.string())))
    assert np.isnan(found.p_concentrated)
    assert found.p == found.p_rose
    assert isinstance(found.concentration, Unknown)
    assert found.for_roles.advisors == ()
    assert any("Nobody could be compared" in each for each in found.caveats)
    assert _known(found.share).value > 0.03


def test_one_advisor_alone_is_not_judged(gamed: pa.Table) -> None:
    found = passing_on(contacts_of(gamed.filter(pc.equal(gamed["advisor_id"], "a003"))))
    assert np.isnan(found.p_concentrated)
    assert (found.for_roles.tested, found.for_roles.left_out) == (0, 1)
    assert _named(found) == []


def test_three_contacts_each_say_nothing_about_anybody() -> None:
    rows = [
        {"arrived_at": 600.0 * i, "advisor_id": f"a{i % 10}", "talk_s": 50.0, "transfers": i % 2}
        for i in range(30)
    ]
    found = passing_on(contacts_table(rows))
    assert found.stands_out is None
    assert "fewer than five advisors" in found.why_not
    assert "we cannot tell" in found.says
    assert _named(found) == []


def test_few_contacts_are_never_enough_to_be_named(gamed: pa.Table) -> None:
    found = passing_on(contacts_of(gamed), least_contacts=100_000)
    assert found.for_roles.tested == 0
    assert _named(found) == []


def test_without_customers_ids_it_can_be_told_and_the_doubt_is_said(gamed: pa.Table) -> None:
    found = passing_on(_with(gamed, "customer_key", pa.nulls(len(gamed), pa.int64())))
    assert _named(found) == ["a003"]
    assert any("No customer is known" in each for each in found.caveats)


def test_where_nothing_was_passed_on_nothing_stands_out(gamed: pa.Table) -> None:
    none = pa.array(np.zeros(len(gamed), dtype=np.int64))
    found = passing_on(_with(gamed, "transfers", none))
    assert (found.passed, found.stands_out) == (0, None)
    assert "no contact was passed on" in found.why_not
    assert isinstance(found.excess, Unknown)
    assert _named(found) == []


def test_where_transfers_are_not_recorded_the_question_is_refused(gamed: pa.Table) -> None:
    silent = _arrow(gamed, "transfers", pa.nulls(len(gamed), pa.int64()))
    silent = _arrow(silent, "previous_contact_id", pa.nulls(len(gamed), pa.string()))
    with pytest.raises(QuestionError, match="Nothing tells which contacts were passed on"):
        passing_on(contacts_of(silent))
    with pytest.raises(QuestionError, match="No contact was handled by a person"):
        passing_on(contacts_table([]))
    with pytest.raises(QuestionError, match="No contact was handled by a person"):
        passing_on(contacts_table([{"arrived_at": 0, "handled_by": "bot", "transfers": 1}]))


def test_of_the_bank_which_records_no_transfers_nothing_is_made_up(bank: ir.Table) -> None:
    with pytest.raises(QuestionError, match="Nothing tells") as caught:
        passing_on(bank)
    assert "none taken over by another" in caught.value.found


def test_options_that_cannot_be_are_refused(gamed: pa.Table) -> None:
    contacts = contacts_of(gamed.slice(0, 10))
    wrong: tuple[dict[str, Any], ...] = (
        {"least_contacts": 0},
        {"level": 1.0},
        {"false_discoveries": 0.0},
        {"handover_s": 0.0},
        {"by": ("advisor_id",)},
    )
    for options in wrong:
        with pytest.raises(QuestionError):
            passing_on(contacts, **options)


def test_advisors_renamed_in_mid_year_are_not_named_for_being_new() -> None:
    """From one day on all have other ids: they are all new, and compared with one another."""
    table = Team(days=98, differ=0.2).arrow(2)
    day = np.asarray(table["local_arrived_us"]) // 86_400_000_000
    later = pa.array(day - day.min() >= 49)
    renamed = pc.if_else(
        later, pc.binary_join_element_wise("new", table["advisor_id"], "-"), table["advisor_id"]
    )
    found = passing_on(_with(table, "advisor_id", renamed))
    assert _named(found) == []
    assert found.for_roles.tested == 48
    assert found.p_rose > 0.05
