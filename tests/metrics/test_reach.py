"""Reach: small ledgers against the slow twin, and the bank against what its README says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.parts import Part
from andon.metrics.reach import Reach, reach
from bank import bank, needs_bank
from ledgers import contacts_table
from oracles import reach as oracle

seconds = st.one_of(st.none(), st.integers(0, 60))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "arrived_at": st.just(0),
            "queued_at": seconds,
            "answered_at": seconds,
            "ended_at": seconds,
            "customer": st.one_of(st.none(), st.integers(0, 3)),
            "channel": st.sampled_from(["voice", "chat"]),
            "queue": st.sampled_from(["a", "b", None]),
            "outcome": st.sampled_from(
                ["handled", "abandoned", "left_self_service", "failed", "open", "self_served"]
            ),
        }
    ),
    max_size=30,
)


def _part(part: Part) -> tuple[int, int]:
    if part.out_of:
        assert isinstance(part.share, Estimate)
        assert part.share.value == pytest.approx(part.count / part.out_of)
        assert part.share.n == part.out_of
    else:
        assert isinstance(part.share, Unknown)
    return part.count, part.out_of


def _parts(found: Reach) -> dict[str, tuple[int, int]]:
    service, abandonment = found.service_level, found.abandonment
    return {
        "of_offered": _part(service.of_offered),
        "without_short_abandons": _part(service.without_short_abandons),
        "of_answered": _part(service.of_answered),
        "abandoned_of_queued": _part(abandonment.of_queued),
        "abandoned_of_offered": _part(abandonment.of_offered),
        "abandoned_of_queued_without_short": _part(abandonment.of_queued_without_short),
        "abandoned_of_offered_without_short": _part(abandonment.of_offered_without_short),
        "gave_up": _part(found.giving_up.of_reached),
        "gave_up_before_queueing": _part(found.giving_up.before_queueing),
    }


@given(
    contacts=rows, within_s=st.sampled_from([0.0, 5.0, 20.0]), short_s=st.sampled_from([0.0, 5.0])
)
@settings(deadline=None, max_examples=60)
def test_every_figure_agrees_with_its_definition(
    contacts: list[dict[str, Any]], within_s: float, short_s: float
) -> None:
    answer = reach(
        contacts_table(contacts), by=("queue",), answer_within_s=within_s, short_abandon_s=short_s
    )
    recorded = [row for row in contacts if row["queued_at"] is not None]
    scopes = {None: contacts} | {
        group.scope: [row for row in contacts if row["queue"] == group.scope[0][1]]
        for group in answer.groups
    }
    assert sum(len(mine) for scope, mine in scopes.items() if scope) == len(contacts)
    results = {None: answer.overall} | {group.scope: group.result for group in answer.groups}
    for scope, mine in scopes.items():
        found = results[scope]
        # Which channels record queues is known from all contacts, not from one group's.
        marks = [dict(row, outcome="open") for row in recorded]
        expected = oracle.figures([*mine, *marks], within_s=within_s, short_s=short_s)
        assert found.contacts == len(mine)
        for name, part in _parts(found).items():
            assert part == expected[name], (scope, name)
        assert found.wait_not_known == expected["wait_not_known"]
        assert found.abandonment.short == expected["short"]
        for name, figure in (
            ("wait", found.wait_mean_s),
            ("wait_of_answered", found.wait_answered_mean_s),
        ):
            total, n = expected[name]
            if isinstance(figure, Estimate):
                assert figure.value == pytest.approx(total / n)
        for quantile in found.wait_quantiles:
            if expected["waits"]:
                assert isinstance(quantile.seconds, Estimate)
                assert quantile.seconds.value == np.quantile(
                    expected["waits"], quantile.p, method="inverted_cdf"
                )
            else:
                assert isinstance(quantile.seconds, Unknown)


def test_the_three_service_levels_differ_and_say_their_limits() -> None:
    contacts = [
        {"arrived_at": 0, "queued_at": 0, "answered_at": 10, "outcome": "handled"},
        {"arrived_at": 0, "queued_at": 0, "answered_at": 30, "outcome": "handled"},
        {"arrived_at": 0, "queued_at": 0, "ended_at": 3, "outcome": "abandoned"},
        {"arrived_at": 0, "queued_at": 0, "ended_at": 60, "outcome": "abandoned"},
        {"arrived_at": 0, "queued_at": 0, "ended_at": 1, "outcome": "failed"},
    ]
    level = reach(contacts_table(contacts)).overall.service_level
    assert (level.within_s, level.short_abandon_s) == (20, 5)
    assert _part(level.of_offered) == (1, 4)
    assert _part(level.without_short_abandons) == (1, 3)
    assert _part(level.of_answered) == (1, 2)


def test_failed_contacts_are_attempts_and_nothing_else() -> None:
    contacts = [{"arrived_at": 0, "queued_at": 0, "ended_at": 9, "outcome": "failed"}] * 3
    found = reach(contacts_table(contacts)).overall
    assert (found.contacts, found.failed, found.handled, found.abandoned) == (3, 3, 0, 0)
    assert isinstance(found.wait_mean_s, Unknown)
    assert found.giving_up.of_reached.out_of == 0


def test_without_queueing_times_waits_and_service_levels_are_not_known() -> None:
    contacts = [
        {"arrived_at": 60 * i, "channel": "case", "answered_at": 60 * i + 5, "customer": i}
        for i in range(5)
    ]
    found = reach(contacts_table(contacts)).overall
    level = found.service_level.of_offered.share
    assert isinstance(level, Unknown)
    assert "no queueing times" in level.why
    assert isinstance(found.wait_mean_s, Unknown)
    assert found.wait_mean_s.unit == "s"
    assert all(isinstance(each.seconds, Unknown) for each in found.wait_quantiles)
    assert found.wait_not_known == 5
    assert isinstance(found.abandonment.of_offered.share, Estimate)


def test_an_empty_ledger_is_answered_without_a_number() -> None:
    answer = reach(contacts_table([]), by=("queue",))
    assert answer.groups == ()
    assert answer.overall.contacts == 0
    assert isinstance(answer.overall.wait_mean_s, Unknown)


@pytest.mark.parametrize("by", [("day",), ("hour",), ("weekday", "month"), ("priority", "outcome")])
def test_every_group_can_be_asked_for(by: tuple[str, ...]) -> None:
    contacts = [
        {"arrived_at": 86_400 * i, "queued_at": 86_400 * i, "answered_at": 86_400 * i + i}
        for i in range(40)
    ]
    answer = reach(contacts_table(contacts), by=by)
    assert sum(group.result.contacts for group in answer.groups) == 40


def test_bad_days_widen_the_interval_more_than_customers_do() -> None:
    rng = np.random.default_rng(1)
    contacts = []
    for day in range(30):
        slow = rng.random() < 0.5
        for i in range(30):
            start = 86_400 * day + 60 * i
            wait = int(rng.integers(30, 90) if slow else rng.integers(0, 30))
            contacts.append({"arrived_at": start, "queued_at": start, "answered_at": start + wait})
    share = reach(contacts_table(contacts)).overall.service_level.of_offered.share
    assert isinstance(share, Estimate)
    assert share.method == "Wilson, clustered by customer and day"
    assert share.high - share.low > 0.2  # 900 independent contacts would leave about 0.06


@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_no_wait_is_refused(limit: float) -> None:
    with pytest.raises(QuestionError, match="limit"):
        reach(contacts_table([]), answer_within_s=limit)
    with pytest.raises(QuestionError, match="limit"):
        reach(contacts_table([]), short_abandon_s=limit)


# ---------------------------------------------------------------- the bank of 1999


@needs_bank
def test_the_bank_gives_the_figures_of_its_readme() -> None:
    answer = reach(bank(), by=("queue",))
    found = answer.overall
    assert found.contacts == 283_661
    assert found.giving_up.of_reached.out_of == 223_426 + 57_724
    share = found.giving_up.of_reached.share
    assert isinstance(share, Estimate)
    assert round(share.value, 3) == 0.205
    before = found.giving_up.before_queueing.share
    assert isinstance(before, Estimate)
    assert round(before.value, 2) == 0.26
    queued = found.abandonment.of_queued.share
    assert isinstance(queued, Estimate)
    assert round(queued.value, 3) == 0.248
    shares = {}
    for group in answer.groups:
        each = group.result.abandonment.of_queued.share
        if isinstance(each, Estimate):
            shares[group.label] = round(100 * each.value, 1)
    assert {name: shares[name] for name in ("PS", "NE", "IN", "TT", "NW")} == {
        "PS": 20.2,
        "NE": 13.4,
        "IN": 41.4,
        "TT": 21.1,
        "NW": 46.4,
    }
