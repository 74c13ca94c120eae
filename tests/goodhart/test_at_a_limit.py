"""At a limit: a pile is found with its size, and honest kinks and habits are none."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.at_a_limit import AtALimit, at_a_limit
from andon.goodhart.limit_clocks import CLOCKS
from andon.proving.build import Made, make
from andon.proving.scenario import Bunching, JustInTime, LateCases, Lever
from bank import bank, needs_bank
from kinked_waits import KinkedQueue
from limits import aimed, contacts_of, unlike
from made_up import model, scenario
from oracles.at_a_limit import near_counts

DAY_S = 86_400.0


def made(*levers: Lever, days: float = 60.0) -> Made:
    return make(scenario(*levers, days=days, base=model(agents=14, per_h=150)))


def ledger_of(built: Made) -> Any:
    import ibis

    return ibis.duckdb.connect(threads=1).create_table(
        "contacts", built.ledger("contacts"), temp=True
    )


def holds(figure: Estimate | Unknown, truth: float) -> bool:
    assert isinstance(figure, Estimate)
    return figure.low <= truth <= figure.high


# ------------------------------------------------ counting


@settings(max_examples=12)
@given(
    clocks=st.lists(st.integers(1, 4000), min_size=12, max_size=60),
    whole=st.booleans(),
)
def test_the_engine_counts_as_the_definition_does(clocks: list[int], whole: bool) -> None:
    talk = [each / (1 if whole else 10) for each in clocks]
    limit_s, pile_s = (400.0, 20.0) if whole else (40.0, 2.0)
    table = contacts_of(DAY_S * np.arange(len(talk)), talk_s=np.array(talk))
    found = at_a_limit(table, clock="handle", limit_s=limit_s, pile_s=pile_s)
    told = near_counts(talk, limit_s=limit_s, pile_s=pile_s, below=True)
    assert found.contacts == told.contacts
    assert sum(each.near for each in found.stretches) == told.near
    assert sum(each.piled for each in found.stretches) == told.piled


def test_what_it_reads_is_what_was_counted() -> None:
    rng = np.random.default_rng(2)
    talk = np.round(rng.gamma(4, 70, 5000), 1)
    found = at_a_limit(
        contacts_of(DAY_S * rng.integers(0, 30, 5000), talk_s=talk), clock="talk", limit_s=300
    )
    told = near_counts(talk.tolist(), limit_s=300, pile_s=15, below=True)
    assert isinstance(found.reads, Estimate)
    assert isinstance(found.mean_s, Estimate)
    assert found.reads.value == pytest.approx(told.within / told.contacts)
    assert found.mean_s.value == pytest.approx(told.mean_s)
    assert sum(each.near for each in found.stretches) == told.near


# ------------------------------------------------ piles, on the proving ground


@pytest.mark.slow
def test_calls_ended_before_a_target_are_found_with_their_size_and_their_day() -> None:
    lever = Bunching(name="b", at_s=300, reach_s=80, spread_s=20, by=0.4, share=0.7, from_day=20)
    built = made(lever)
    found = at_a_limit(ledger_of(built), clock="handle", limit_s=300, pile_s=20, by=("queue",))
    assert found.stands_out is True
    assert holds(found.excess, built.truth["levers"][0]["contacts"] / found.contacts)
    honest = at_a_limit(ledger_of(made()), clock="handle", limit_s=300)
    assert honest.stands_out is False
    assert isinstance(honest.reads, Estimate)
    assert isinstance(honest.mean_s, Estimate)
    assert holds(found.without, honest.reads.value)
    assert holds(found.mean_without_s, honest.mean_s.value)
    assert found.since is not None
    assert abs(found.since - dt.date(2024, 1, 21)) <= dt.timedelta(days=2)
    assert found.until is None
    assert [each.stands_out for each in found.groups] == [True]
    assert [each.month for each in found.by_month] == ["2024-01", "2024-02"]
    # Seven of eighteen do it: it is how the team works, and nobody stands out from it.
    assert not found.for_roles.advisors


@pytest.mark.slow
def test_callers_answered_just_in_time_are_found_and_routing_is_named_first() -> None:
    built = made(JustInTime(name="j", at_s=20, reach_s=40, by=0.4, share=0.5))
    found = at_a_limit(ledger_of(built), clock="wait", limit_s=20)
    assert found.stands_out is True
    assert holds(found.excess, built.truth["levers"][0]["contacts"] / found.contacts)
    assert found.caveats[0].startswith("Routing that serves those about to wait too long")


@pytest.mark.slow
def test_cases_closed_before_a_deadline_and_opened_after_it_are_found() -> None:
    built = made(LateCases(name="l", within_s=900, spread_s=60, by=0.5, share=0.5))
    table = ledger_of(built)
    closed = at_a_limit(table, clock="closing", limit_s=900)
    opened = at_a_limit(table, clock="reopening", limit_s=900)
    assert closed.stands_out is True
    assert opened.stands_out is True
    assert opened.side == "above"
    assert isinstance(opened.without, Estimate)
    assert isinstance(opened.reads, Estimate)
    assert opened.without.value > opened.reads.value
    assert isinstance(opened.mean_s, Unknown)


# ------------------------------------------------ honest waits


@pytest.mark.slow
def test_honest_waits_with_kinks_raise_no_alarm() -> None:
    queues = (
        (KinkedQueue(days=20), 20),
        (KinkedQueue(days=20, opens_late=True), 60),
        (KinkedQueue(days=20, announced_s=60), 60),
        (KinkedQueue(days=20, announced_s=20, whole_seconds=False), 20),
        (KinkedQueue(days=20, overflow_s=30, opens_late=True), 20),
        (KinkedQueue(days=20, overflow_s=20), 20),
    )
    found = [
        at_a_limit(queue.contacts(seed), clock="wait", limit_s=limit_s)
        for seed in (1, 2)
        for queue, limit_s in queues
    ]
    # 5 % of 12 are 0.6; 3 and more have a chance of 1 in 50.
    assert sum(each.stands_out is True for each in found) <= 2
    assert sum(each.stands_out is False for each in found) >= 8
    assert not any(each.for_roles.advisors for each in found)


def test_who_overflows_at_the_limit_was_not_answered_just_in_time() -> None:
    found = at_a_limit(KinkedQueue(days=20, overflow_s=20).contacts(1), clock="wait", limit_s=20)
    assert found.stands_out is None
    assert "a system does that, and not a person" in found.why_not
    assert math.isnan(found.p)


def test_in_the_same_queue_answers_just_in_time_are_found() -> None:
    found = at_a_limit(
        KinkedQueue(days=20, announced_s=30, in_time_s=20).contacts(1), clock="wait", limit_s=20
    )
    assert found.stands_out is True


# ------------------------------------------------ honest handle times


def test_where_nobody_aims_nothing_is_found_and_nobody_is_named() -> None:
    found = [at_a_limit(aimed(seed), clock="handle", limit_s=300) for seed in range(4)]
    assert sum(each.stands_out is True for each in found) <= 1
    assert not any(each.for_roles.advisors for each in found)
    assert all(each.for_roles.tested == 20 for each in found)


@pytest.mark.parametrize("rounded_s", [15.0, 60.0, 300.0])
def test_rounding_is_no_gaming(rounded_s: float) -> None:
    found = at_a_limit(aimed(1, rounded_s=rounded_s), clock="handle", limit_s=300)
    assert not found.stands_out
    if found.stands_out is None:
        assert "round" in found.why_not or "edge" in found.why_not
    assert not found.for_roles.advisors


def test_a_system_that_ends_calls_at_the_limit_is_no_person() -> None:
    rng = np.random.default_rng(3)
    talk = np.minimum(np.round(rng.gamma(4, 70, 20_000)), 300.0)
    talk[:400] = rng.uniform(301, 600, 400)  # a few are let go on
    table = contacts_of(DAY_S * rng.integers(0, 40, 20_000), talk_s=talk)
    found = at_a_limit(table, clock="handle", limit_s=300)
    assert found.stands_out is None
    assert "system" in found.why_not
    assert found.for_roles.tested == 0


# ------------------------------------------------ two limits


def test_a_pile_at_one_limit_is_not_taken_for_one_at_another() -> None:
    table = aimed(5, by=tuple(range(8)), limit_s=240.0, n=30_000)
    asked = at_a_limit(table, clock="handle", limit_s=240, others=(300,))
    other = at_a_limit(table, clock="handle", limit_s=300, others=(240,))
    assert asked.stands_out is True
    assert not other.stands_out
    assert isinstance(asked.missing, Unknown)
    assert isinstance(asked.mean_without_s, Unknown)


def test_limits_too_near_to_be_told_apart_are_said_to_be() -> None:
    found = at_a_limit(aimed(5), clock="handle", limit_s=300, others=(310.0,))
    assert found.stands_out is None
    assert "another limit" in found.why_not


# ------------------------------------------------ advisors


def test_an_advisor_who_aims_at_it_is_found_and_nobody_else() -> None:
    found = at_a_limit(aimed(7, by=(3,), part=1.0, n=40_000), clock="handle", limit_s=300)
    assert [each.advisor_id for each in found.for_roles.advisors] == ["a03"]
    one = found.for_roles.advisors[0]
    assert one.share > 1.25 * one.colleagues
    assert one.near >= 100
    assert found.for_roles.of("a03") is one
    assert found.for_roles.of("a04") is None
    assert "a03" not in repr(found)


@pytest.mark.slow
@pytest.mark.parametrize("by_hand", [0, 8])
def test_who_is_slow_or_rounds_by_hand_is_not_named(by_hand: int) -> None:
    for seed in range(3):
        found = at_a_limit(unlike(seed, by_hand=by_hand), clock="handle", limit_s=300)
        assert not found.stands_out
        assert not found.for_roles.advisors
        assert found.for_roles.tested >= 30 or by_hand


def test_nobody_is_judged_by_few_contacts() -> None:
    found = at_a_limit(aimed(7, by=(3,), part=1.0, n=4000), clock="handle", limit_s=300)
    assert found.for_roles.tested == 0
    assert found.for_roles.left_out == 20


def test_where_all_do_it_nobody_stands_out() -> None:
    found = at_a_limit(aimed(7, by=tuple(range(20)), part=0.6), clock="handle", limit_s=300)
    assert found.stands_out is True
    assert not found.for_roles.advisors


@pytest.mark.parametrize("advisors", [0, 1])
def test_one_advisor_or_none_is_compared_with_nobody(advisors: int) -> None:
    table = aimed(7, by=(0,), advisors=1, known=bool(advisors))
    found = at_a_limit(table, clock="handle", limit_s=300)
    assert found.stands_out is True
    assert found.for_roles.tested == 0


# ------------------------------------------------ customers who come back


def returning(seed: int, *, bent: bool) -> Any:
    """Customers of weekdays who come back at their own hour; some are put off past seven days."""
    rng = np.random.default_rng(seed)
    first = 5000
    day = rng.integers(0, 12, first) * 7 + rng.integers(0, 5, first)
    hour: npt.NDArray[np.float64] = rng.uniform(8, 17, first)
    later = np.maximum(1, np.round(rng.exponential(9, first)))
    later += np.where((day + later) % 7 >= 5, 2, 0)  # nobody comes at the weekend
    again = np.clip(np.where(rng.random(first) < 0.5, hour, rng.uniform(8, 17, first))
                    + 0.4 * rng.standard_normal(first), 8, 17)  # fmt: skip
    begins, returns = day * DAY_S + hour * 3600, (day + later) * DAY_S + again * 3600
    if bent:
        soon = (returns - begins > 5 * DAY_S) & (returns - begins < 7 * DAY_S)
        soon &= rng.random(first) < 0.8
        returns[soon] = begins[soon] + 7 * DAY_S + 6 * 3600 * rng.random(int(soon.sum()))
    customer = np.arange(first)
    return contacts_of(
        np.concatenate((begins, returns)),
        customer_key=np.concatenate((customer, customer)),
        ended_s=np.full(2 * first, 300.0),
    )


def test_coming_back_on_the_same_weekday_is_no_gaming() -> None:
    found = [
        at_a_limit(returning(seed, bent=False), clock=clock, limit_s=7 * DAY_S)
        for seed in range(2)
        for clock in ("reopening", "silence")
    ]
    assert not any(each.stands_out for each in found)
    assert all(each.for_roles.tested == 0 for each in found)


def test_customers_put_off_past_the_window_are_found() -> None:
    found = at_a_limit(returning(1, bent=True), clock="reopening", limit_s=7 * DAY_S)
    assert found.stands_out is True


# ------------------------------------------------ bad input


def asked(table: Any, **said: Any) -> AtALimit:
    options: dict[str, Any] = {"clock": "handle", "limit_s": 300.0} | said
    return at_a_limit(table, **options)


@pytest.mark.parametrize(
    ("talk", "says"),
    [
        ([], "no contact lies"),
        ([280.0, 290.0, 310.0], "only 3 contacts"),
        ([280.0], "only 1 contact was seen"),
        ([200.0] * 500, "all values are 3 min 20 s"),
        (list(np.linspace(900, 1100, 500)), "outside the data"),
        (list(np.linspace(5000, 9000, 500)), "no contact lies"),
    ],
)
def test_what_cannot_be_told_is_said_in_words(talk: list[float], says: str) -> None:
    table = contacts_of(3600.0 * np.arange(len(talk)), talk_s=np.array(talk, dtype=np.float64))
    found = asked(table)
    assert found.stands_out is None
    assert says in found.why_not
    for figure in (found.excess, found.missing, found.reads, found.without, found.mean_s):
        assert isinstance(figure, Unknown)
    assert found.since is None
    assert found.until is None


@pytest.mark.parametrize(
    "said",
    [
        {"clock": "patience"},
        {"limit_s": 0.0},
        {"limit_s": math.inf},
        {"limit_s": 12.34},
        {"others": (-3.0,)},
        {"side": "left"},
        {"pile_s": 100.0},
        {"gap_s": 200.0},
        {"level": 1.0},
        {"false_discoveries": 0.0},
        {"least_contacts": 5},
        {"by": ("advisor",)},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(QuestionError):
        asked(aimed(1, n=50), **said)


def test_ids_that_were_changed_in_between_change_nothing_about_the_limit() -> None:
    table = aimed(9, by=tuple(range(6)))
    renamed = table.mutate(advisor_id=table.advisor_id + table.local_arrived_at.month().cast("str"))
    before, after = asked(table), asked(renamed)
    assert before.excess == after.excess
    assert before.p == after.p


def test_every_clock_says_what_else_it_could_be() -> None:
    assert all(each.explanations and each.says and each.within for each in CLOCKS.values())


# ------------------------------------------------ the bank


@needs_bank
@pytest.mark.slow
@pytest.mark.parametrize(
    ("clock", "limit_s"), [("handle", 180.0), ("wait", 20.0), ("wait", 60.0), ("silence", DAY_S)]
)
def test_at_limits_that_the_bank_never_had_nothing_is_found(clock: Any, limit_s: float) -> None:
    import ibis

    calls = bank()
    for name in ("reason", "journey", "handled_by"):
        if name not in calls.columns:
            calls = calls.mutate(**{name: ibis.null("string")})
    calls = calls.mutate(contact_key=ibis.row_number())
    found = at_a_limit(calls, clock=clock, limit_s=limit_s)
    assert found.stands_out is False
    assert not found.for_roles.advisors
