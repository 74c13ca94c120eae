"""Parked work, asked of a ledger: found with its size, and nobody named where there is none."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.parked_work import ParkedWork, parked_work
from ledgers import contacts_table

LIMIT_S, NEAR_S = 600.0, 30.0


def operation(
    seed: int,
    *,
    parkers: tuple[int, ...] = (),
    part: float = 0.6,
    n: int = 6000,
    advisors: int = 8,
    from_day: int = 0,
    round_s: float = 0.0,
) -> ir.Table:
    """Talk of a gamma's length; honest holds; parkers move what is over the limit to hold.

    Of the contacts that would be up to two minutes over the limit, they so treat ``part``.
    """
    rng = np.random.default_rng(seed)
    holds = rng.uniform(0.1, 0.5, advisors)
    rows: list[dict[str, Any]] = []
    for _ in range(n):
        who, day = int(rng.integers(advisors)), int(rng.integers(60))
        talk = rng.gamma(6, 95)
        hold = rng.exponential(0.12 * talk + 20) if rng.random() < holds[who] else 0.0
        parks = who in parkers and day >= from_day and rng.random() < part
        if parks and LIMIT_S < talk < LIMIT_S + 120:
            new = LIMIT_S - NEAR_S * rng.random()
            talk, hold = new, hold + talk - new
        if round_s:
            talk, hold = (round(each / round_s) * round_s for each in (talk, hold))
        rows.append(
            {
                "arrived_at": day * 86_400 + float(rng.uniform(0, 86_000)),
                "customer": int(rng.integers(n // 2)),
                "handled_by": "advisor",
                "advisor_id": f"a{who}",
                "talk_s": float(talk),
                "hold_s": float(hold),
                "wrapup_s": float(rng.exponential(60)),
            }
        )
    return contacts_table(rows)


def asked(*args: Any, **kwargs: Any) -> ParkedWork:
    return parked_work(operation(*args, **kwargs), limit_s=LIMIT_S, near_s=NEAR_S)


def test_where_nobody_parks_nothing_is_found_and_nobody_is_named() -> None:
    found = [asked(seed, n=6000) for seed in range(4)]
    assert sum(each.share.p_value < 0.05 for each in found) <= 1
    assert sum(len(each.for_roles.found) for each in found) == 0
    assert all(each.for_roles.tested >= 6 for each in found)


@pytest.mark.slow
def test_at_most_one_in_twenty_is_flagged_where_nobody_parks() -> None:
    found = [asked(seed, n=3000) for seed in range(100, 125)]
    # 5 % of 25 are 1.25; 5 and more have a chance of 1 in 100.
    assert sum(each.share.p_value < 0.05 for each in found) <= 4
    assert sum(bool(each.for_roles.found) for each in found) <= 2


def test_a_practice_of_all_is_found_and_the_limit_is_named_first() -> None:
    table = operation(1, parkers=tuple(range(8)))
    found = parked_work(table, limit_s=LIMIT_S, near_s=NEAR_S)
    assert found.share.p_value < 1e-4
    assert found.for_roles.above == found.for_roles.tested == 8
    honest = parked_work(operation(1), limit_s=LIMIT_S, near_s=NEAR_S)
    kept, without = found.reading.kept, found.reading.without_parking
    truth = honest.reading.kept
    assert isinstance(kept, Estimate)
    assert isinstance(without, Estimate)
    assert isinstance(truth, Estimate)
    assert kept.value > truth.value + 0.05
    assert without.value == pytest.approx(truth.value, abs=0.03)


def test_those_who_park_stand_out_from_their_own_habit_and_nobody_else() -> None:
    found = asked(2, parkers=(2, 5), n=16_000, part=0.9)
    assert [each.advisor_id for each in found.for_roles.found] == ["a2", "a5"]
    assert all(each.near > each.own and each.excess.low > 0 for each in found.for_roles.found)


def test_the_size_is_that_of_the_same_contacts_without_parking() -> None:
    """Each contact keeps its whole length, so what is beyond is what was moved."""
    found = [asked(seed, parkers=tuple(range(8)), n=5000) for seed in range(2)]
    plain = [asked(seed, n=5000) for seed in range(2)]
    for bent, honest in zip(found, plain, strict=True):
        assert isinstance(bent.share.expected, Estimate)
        assert isinstance(honest.share.near, Estimate)
        assert bent.share.expected.value == pytest.approx(honest.share.near.value, abs=0.04)


def test_it_shows_from_the_month_in_which_it_began() -> None:
    found = asked(3, parkers=tuple(range(8)), n=14_000, from_day=31)
    assert list(found.by_month) == ["2024-01", "2024-02"]
    assert found.by_month["2024-01"].p_value > 0.05
    assert found.by_month["2024-02"].p_value < 1e-3


def test_at_a_limit_that_nobody_works_to_nothing_is_there() -> None:
    table = operation(4, parkers=tuple(range(8)))
    assert parked_work(table, limit_s=450, near_s=20).share.p_value > 0.01
    wrap = parked_work(table, limit_s=LIMIT_S, near_s=NEAR_S, parked="wrapup")
    assert wrap.share.p_value > 0.01
    both = parked_work(table, limit_s=LIMIT_S, near_s=NEAR_S, parked="hold_and_wrapup")
    assert both.share.p_value < 0.01


def test_durations_rounded_to_minutes_are_no_parking() -> None:
    table = operation(5, round_s=60)
    with pytest.raises(QuestionError, match="finer than the clock"):
        parked_work(table, limit_s=LIMIT_S, near_s=NEAR_S)
    assert parked_work(table, limit_s=LIMIT_S, near_s=60).share.p_value > 0.05


def test_without_ids_the_practice_is_still_told_and_nobody_is_named() -> None:
    table = operation(6, parkers=tuple(range(8)))
    nameless = table.mutate(
        advisor_id=ibis.null("string"),
        customer_id=ibis.null("string"),
        customer_key=ibis.null("int64"),
    )
    found = parked_work(nameless, limit_s=LIMIT_S, near_s=NEAR_S)
    assert found.share.p_value < 0.01
    assert found.for_roles.tested == 0
    assert found.for_roles.found == ()


def test_what_cannot_be_told_is_refused_in_words() -> None:
    table = operation(7, n=400)

    def refused(match: str, what: ir.Table = table, **asked: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            parked_work(what, **{"limit_s": LIMIT_S, **asked})
        assert told.value.found
        assert told.value.todo

    refused("one side of the limit", limit_s=9_000.0)
    refused("one side of the limit", table.mutate(talk_s=ibis.literal(580.0)))
    refused("another time", clock="talk_and_hold", parked="hold")
    refused("another time", clock="steps")
    refused("above 0", limit_s=0.0)
    refused("talk time", table.mutate(talk_s=ibis.null("float64")))
    refused("not recorded", table.mutate(hold_s=ibis.null("float64")))
    few = parked_work(operation(8, n=300), limit_s=LIMIT_S, near_s=NEAR_S)
    assert isinstance(few.share.excess, Unknown)
    assert few.for_roles.tested == 0
