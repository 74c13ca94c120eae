"""Handling: small ledgers against the slow twin, and the bank against what its README says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.handling import handling
from bank import bank, needs_bank
from ledgers import contacts_table
from oracles import handling as oracle

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
seconds = st.one_of(st.none(), st.integers(-1, 40).map(float))
rows = st.lists(
    st.fixed_dictionaries(
        {
            "arrived_at": st.integers(0, 4).map(lambda day: 86_400 * day),
            "customer": st.one_of(st.none(), st.integers(0, 3)),
            "queue": st.sampled_from(["a", "b"]),
            "outcome": st.sampled_from(["handled", "handled", "abandoned"]),
            "talk_s": seconds,
            "hold_s": seconds,
            "wrapup_s": seconds,
            "advisor_id": st.sampled_from(["x", "y", None]),
        }
    ),
    max_size=30,
)


@given(contacts=rows)
@settings(deadline=None, max_examples=25)
def test_every_figure_agrees_with_its_definition(contacts: list[dict[str, Any]]) -> None:
    answer = handling(contacts_table(contacts), by=("queue",), very_short_s=10, very_long_s=60)
    results = {None: answer.overall} | {group.label: group.result for group in answer.groups}
    for name, found in results.items():
        mine = [row for row in contacts if name is None or row["queue"] == name]
        handled = [row for row in mine if row["outcome"] == "handled"]
        times = oracle.timed(mine)
        assert (found.handled, found.timed) == (len(handled), len(times))
        took = [oracle.handle_s(row) for row in handled]
        assert found.implausible.untimed == took.count(None)
        assert found.implausible.zero == took.count(0.0)
        assert found.implausible.negative == sum(each is not None and each < 0 for each in took)
        assert found.implausible.not_handled == sum(
            row["outcome"] != "handled" and (oracle.handle_s(row) or 0) > 0 for row in mine
        )
        assert found.very_short.count == sum(time < 10 for time in times)
        assert found.very_long.count == sum(time >= 60 for time in times)
        assert sum(each.n for each in found.distribution) == len(times)
        for each in found.distribution:
            assert each.n == sum(
                each.from_s <= t < each.to_s or t == each.to_s == max(times) > 1e4 for t in times
            )
            assert each.low <= each.share <= each.high
        if times:
            assert isinstance(found.work_h, Estimate)
            assert found.work_h.value == pytest.approx(sum(times) / 3600)
            assert isinstance(found.implausible.longest_s, Estimate)
            assert found.implausible.longest_s.value == max(times)
        else:
            assert isinstance(found.work_h, Unknown)
        if isinstance(found.mean_s, Estimate):
            assert found.mean_s.value == pytest.approx(np.mean(times))
        for quantile in found.quantiles:
            if times:
                assert isinstance(quantile.seconds, Estimate)
                assert quantile.seconds.value == np.quantile(
                    times, quantile.p, method="inverted_cdf"
                )


def test_nothing_is_capped_and_the_very_long_are_told_apart() -> None:
    contacts = [
        {"arrived_at": i, "talk_s": 100.0 if i else 61_437.0, "customer": i} for i in range(10)
    ]
    found = handling(contacts_table(contacts)).overall
    assert isinstance(found.mean_s, Estimate)
    assert found.mean_s.value == pytest.approx((9 * 100 + 61_437) / 10)
    assert isinstance(found.mean_without_very_long_s, Estimate)
    assert found.mean_without_very_long_s.value == 100
    assert found.very_long.count == 1
    last = found.distribution[-1]
    assert (last.from_s, last.to_s, last.n) == (10_000, 61_437, 1)


def test_other_advisors_would_leave_more_doubt_than_these_do() -> None:
    rng = np.random.default_rng(1)
    pace = {f"a{i}": rng.uniform(100, 300) for i in range(8)}
    contacts = [
        {
            "arrived_at": 86_400 * (i % 30) + i,
            "customer": i,
            "advisor_id": (who := f"a{i % 8}"),
            "talk_s": rng.exponential(pace[who]),
        }
        for i in range(2000)
    ]
    found = handling(contacts_table(contacts)).overall
    these, others = found.mean_s, found.mean_other_advisors_s
    assert isinstance(these, Estimate)
    assert isinstance(others, Estimate)
    assert these.value == others.value
    assert found.advisors == 8
    assert others.high - others.low > 3 * (these.high - these.low)


def test_without_handle_times_nothing_is_guessed() -> None:
    found = handling(contacts_table([{"arrived_at": 0}] * 2)).overall
    assert (found.handled, found.timed, found.implausible.untimed) == (2, 0, 2)
    for figure in (found.mean_s, found.work_h, found.mean_other_advisors_s):
        assert isinstance(figure, Unknown)
    assert found.distribution == ()


def test_limits_must_ascend() -> None:
    with pytest.raises(QuestionError, match="ascend"):
        handling(contacts_table([]), very_short_s=60, very_long_s=10)


# ---------------------------------------------------------------- occupancy


def _staffing(stretches: list[dict[str, Any]]) -> ir.Table:
    us = int(START.timestamp()) * 1_000_000
    table = pa.table(
        {
            "advisor_id": pa.array([each.get("advisor_id") for each in stretches], pa.string()),
            "queue": pa.array([each.get("queue") for each in stretches], pa.string()),
            "state": pa.array([each.get("state", "available") for each in stretches], pa.string()),
            "people": pa.array([each.get("people") for each in stretches], pa.float64()),
            "from_us": pa.array(
                [us + each["from_s"] * 1_000_000 for each in stretches], pa.int64()
            ),
            "to_us": pa.array([us + each["to_s"] * 1_000_000 for each in stretches], pa.int64()),
        }
    )
    made: ir.Table = ibis.duckdb.connect().create_table("staffing", table)
    return made


def test_without_staffing_occupancy_is_not_known_and_says_what_it_takes() -> None:
    found = handling(contacts_table([{"arrived_at": 0, "talk_s": 60.0}])).overall.occupancy
    assert isinstance(found, Unknown)
    assert "staffing" in found.needs


stretch = st.tuples(st.integers(0, 20_000), st.integers(1, 9_000))


@given(
    calls=st.lists(st.tuples(st.sampled_from(["x", "y"]), stretch), min_size=1, max_size=12),
    shifts=st.lists(st.tuples(st.sampled_from(["x", "y"]), stretch), min_size=1, max_size=6),
)
@settings(deadline=None, max_examples=25)
def test_occupancy_is_time_handling_over_time_at_work(
    calls: list[tuple[str, tuple[int, int]]], shifts: list[tuple[str, tuple[int, int]]]
) -> None:
    contacts = [
        {"arrived_at": at, "answered_at": at, "talk_s": float(long), "advisor_id": who}
        for who, (at, long) in calls
    ]
    staffing = [
        {"advisor_id": who, "from_s": at, "to_s": at + long, "state": ["available", "busy"][i % 2]}
        for i, (who, (at, long)) in enumerate(shifts)
    ]
    breaks = [{"advisor_id": "x", "from_s": 0, "to_s": 9999, "state": "break"}]
    served, staffed = (
        {
            who: [(float(at), float(at + long)) for name, (at, long) in some if name == who]
            for who in ("x", "y")
        }
        for some in (calls, shifts)
    )
    arrivals = [at // 3600 for _, (at, _) in calls]
    expected = oracle.occupancy(served, staffed, range(min(arrivals), max(arrivals) + 1))
    found = handling(
        contacts_table(contacts), staffing=_staffing([*staffing, *breaks])
    ).overall.occupancy
    if expected is None:
        assert isinstance(found, Unknown)
    elif expected > 1:
        assert isinstance(found, Unknown)
        assert "more time" in found.why
    else:
        assert isinstance(found, Estimate)
        assert found.value == pytest.approx(expected)


def test_occupancy_by_queue_needs_staffing_by_queue() -> None:
    contacts = contacts_table(
        {
            "arrived_at": 3600 * i,
            "answered_at": 3600 * i,
            "talk_s": 900.0 if i % 2 else 1800.0,
            "queue": "ab"[i % 2],
            "advisor_id": "xy"[i % 2],
        }
        for i in range(96)
    )
    shift = {"from_s": 0, "to_s": 96 * 3600}
    apart = handling(
        contacts,
        by=("queue",),
        staffing=_staffing(
            [
                {**shift, "advisor_id": "x", "queue": "a"},
                {**shift, "queue": "b", "people": 2.0},
            ]
        ),
    )
    found = {group.label: group.result.occupancy for group in apart.groups}
    assert isinstance(found["a"], Estimate)
    assert found["a"].value == pytest.approx(0.25)
    assert isinstance(found["b"], Estimate)
    assert found["b"].value == pytest.approx(0.0625)
    assert isinstance(apart.overall.occupancy, Estimate)
    assert apart.overall.occupancy.value == pytest.approx((0.25 + 0.125) / 3)
    assert apart.overall.occupancy.method.endswith("clustered by day")
    together = handling(contacts, by=("queue",), staffing=_staffing([{**shift, "advisor_id": "x"}]))
    assert all(isinstance(group.result.occupancy, Unknown) for group in together.groups)
    by_channel = handling(
        contacts, by=("channel",), staffing=_staffing([{**shift, "advisor_id": "x"}])
    )
    assert all(isinstance(group.result.occupancy, Unknown) for group in by_channel.groups)


@needs_bank
def test_the_bank_gives_the_figures_of_its_readme() -> None:
    found = handling(bank()).overall
    assert isinstance(found.mean_s, Estimate)
    assert round(found.mean_s.value, 1) == 190.7
    assert isinstance(found.mean_without_very_long_s, Estimate)
    assert round(found.mean_without_very_long_s.value, 1) == 189.0
    median = next(each.seconds for each in found.quantiles if each.p == 0.5)
    assert isinstance(median, Estimate)
    assert median.value == 115
    assert isinstance(found.very_short.share, Estimate)
    assert round(100 * found.very_short.share.value, 2) == 6.37
    assert isinstance(found.implausible.longest_s, Estimate)
    assert found.implausible.longest_s.value == 30_278
