"""What was seen and what was not: gaps, missing ids, and what they do to the figures."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Coverage, Gap, Observed, coverage, observed
from ledgers import contacts_table

DAY = 86_400
US = 1_000_000
MONDAY = dt.date(2024, 1, 1)


def days(numbers: Sequence[int], *, each: int = 12) -> list[dict[str, Any]]:
    """Contacts spread over some days, counted from Monday 1 January 2024."""
    return [
        {"arrived_at": number * DAY + (i + 1) * DAY / (each + 2)}
        for number in numbers
        for i in range(each)
    ]


def gaps_of(numbers: Sequence[int], *, each: int = 12) -> list[tuple[int, int]]:
    found = observed(contacts_table(days(numbers, each=each)))
    return [((gap.first_day - MONDAY).days, (gap.last_day - MONDAY).days) for gap in found.gaps]


# --- gaps -------------------------------------------------------------------------------------


def test_two_lost_days_are_a_gap() -> None:
    assert gaps_of([day for day in range(60) if day not in (30, 31)]) == [(30, 31)]


def test_closed_weekends_are_no_gaps() -> None:
    assert gaps_of([day for day in range(60) if day % 7 < 5]) == []


def test_a_lost_monday_does_not_take_the_closed_weekend_with_it() -> None:
    assert gaps_of([day for day in range(60) if day % 7 < 5 and day != 28]) == [(28, 28)]


def test_a_lost_week_reaches_from_monday_to_friday_where_weekends_are_closed() -> None:
    open_days = [day for day in range(80) if day % 7 < 5]
    assert gaps_of([day for day in open_days if not 28 <= day < 35]) == [(28, 32)]


def test_a_quiet_day_of_a_small_queue_is_no_gap() -> None:
    assert gaps_of([day for day in range(60) if day != 30], each=3) == []


def test_a_queue_that_starts_small_has_no_gaps_before_it_grew() -> None:
    early = days(range(0, 60, 2), each=1)
    late = days(range(60, 120), each=50)
    assert observed(contacts_table([*early, *late])).gaps == ()


def test_a_gap_is_cut_at_local_midnights() -> None:
    rows = [
        {"arrived_at": dt.datetime(1999, 7, 1, 5, tzinfo=dt.UTC) + dt.timedelta(hours=i)}
        for i in range(24 * 90)
        if not 30 * 24 <= i < 61 * 24
    ]
    found = observed(contacts_table(rows, zone="Asia/Jerusalem"))
    (gap,) = found.gaps
    assert (gap.first_day, gap.last_day) == (dt.date(1999, 8, 1), dt.date(1999, 8, 30))
    start, end = (
        dt.datetime.fromtimestamp(instant / US, dt.UTC) for instant in (gap.from_us, gap.to_us)
    )
    assert start == dt.datetime(1999, 7, 31, 21, tzinfo=dt.UTC)
    assert end == dt.datetime(1999, 8, 30, 21, tzinfo=dt.UTC)


def test_nothing_was_observed_in_an_empty_ledger() -> None:
    found = observed(contacts_table([]))
    assert found == Observed(contacts=0)
    assert found.stretches == ()
    assert found.seconds == 0.0


def test_one_contact_is_one_instant() -> None:
    found = observed(contacts_table([{"arrived_at": 60}]))
    assert (found.contacts, found.days, found.gaps) == (1, 1, ())
    assert found.first_us == found.last_us
    assert found.seconds == 0.0


def test_ten_years_of_silence_are_one_gap() -> None:
    found = observed(contacts_table([{"arrived_at": 0}, {"arrived_at": 3_653 * DAY}]))
    (gap,) = found.gaps
    assert gap.days > 3_600
    assert found.seconds < 30 * DAY


def test_a_contact_before_1970_falls_on_its_own_day() -> None:
    at = dt.datetime(1969, 12, 31, 12, tzinfo=dt.UTC)
    assert observed(contacts_table([{"arrived_at": at}])).first_day == dt.date(1969, 12, 31)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_every_contact_lies_in_a_stretch_and_stretches_are_in_order(seed: int) -> None:
    rng = random.Random(seed)
    numbers = sorted(rng.sample(range(120), rng.randrange(2, 100)))
    rows = [row for number in numbers for row in days([number], each=rng.choice([1, 8, 30]))]
    table = contacts_table(rows)
    found = observed(table)
    flat = [instant for stretch in found.stretches for instant in stretch]
    assert flat == sorted(flat)
    for row in table.to_pyarrow().to_pylist():
        assert any(start <= row["arrived_us"] <= end for start, end in found.stretches)
        assert not any(gap.from_us <= row["arrived_us"] < gap.to_us for gap in found.gaps)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), gaps=st.integers(0, 9))
def test_how_long_one_could_watch_agrees_with_its_definition(seed: int, gaps: int) -> None:
    rng = random.Random(seed)
    cuts = sorted(rng.sample(range(1, 1_000), 2 * gaps))
    day = MONDAY
    seen = Observed(
        contacts=1,
        first_us=0,
        last_us=1_000,
        gaps=tuple(
            Gap(first_day=day, last_day=day, from_us=start, to_us=end, expected=20.0)
            for start, end in zip(cuts[::2], cuts[1::2], strict=True)
        ),
    )
    instants = list(range(-50, 1_050))
    table = ibis.memtable({"instant": instants})
    found = table.select(
        "instant", ahead=seen.ahead_us(table.instant), behind=seen.behind_us(table.instant)
    )
    for row in found.to_pyarrow().to_pylist():
        at = row["instant"]
        holding = [(start, end) for start, end in seen.stretches if start <= at <= end]
        if holding:
            start, end = holding[-1]
            assert row["ahead"] == end - at
            assert row["behind"] == at - start
        else:
            assert row["ahead"] < 0


# --- missing ids ------------------------------------------------------------------------------


def covered(rows: Sequence[Any]) -> Coverage:
    return coverage(contacts_table(rows)).overall


def mixed(rng: random.Random, *, queued: float, not_queued: float, n: int = 2_000) -> list[Any]:
    """Contacts whose id is there with a chance that depends on whether they queued."""
    rows = []
    for i in range(n):
        at = rng.uniform(0, 90 * DAY)
        waits = rng.random() < 0.6
        known = rng.random() < (queued if waits else not_queued)
        rows.append(
            {
                "arrived_at": at,
                "queued_at": at if waits else None,
                "ended_at": at + 60,
                "talk_s": 60.0,
                "customer": i % 400 if known else None,
            }
        )
    return rows


def test_ids_that_depend_on_queueing_are_not_missing_at_random() -> None:
    found = covered(mixed(random.Random(1), queued=0.8, not_queued=0.05))
    assert found.missing == "not at random"
    by = {each.on: each for each in found.dependence}
    assert by["queueing"].holds is True
    assert by["month"].holds is not True
    assert by["queueing"].p < 1e-6
    assert isinstance(by["queueing"].spread, Estimate)
    assert by["queueing"].spread.value == pytest.approx(0.75, abs=0.05)
    (effect,) = [each for each in found.effects if each.cause == "no customer id"]
    assert "queueing" in effect.says


def test_ids_that_depend_on_nothing_show_no_pattern() -> None:
    found = covered(mixed(random.Random(2), queued=0.5, not_queued=0.5, n=4_000))
    assert found.missing == "no sign of a pattern"
    assert all(each.p > 1e-4 for each in found.dependence)


def test_a_few_contacts_cannot_tell_how_ids_are_missing() -> None:
    assert covered(mixed(random.Random(3), queued=0.6, not_queued=0.4, n=20)).missing == (
        "cannot tell"
    )


def test_complete_ids_need_no_caveat() -> None:
    found = covered(mixed(random.Random(4), queued=1.0, not_queued=1.0, n=200))
    assert found.missing == "nothing missing"
    assert found.dependence == ()
    assert not [each for each in found.effects if each.cause == "no customer id"]


def test_no_id_at_all_is_said() -> None:
    found = covered(mixed(random.Random(5), queued=0.0, not_queued=0.0, n=50))
    assert found.missing == "everything missing"
    assert str(found.identified) == "0 %"


def test_an_empty_ledger_is_unknown_and_has_no_effects() -> None:
    found = covered([])
    assert found.contacts == 0
    assert isinstance(found.identified, Unknown)
    assert found.effects == ()


def test_what_else_is_missing_is_counted() -> None:
    rows = [
        {"arrived_at": 0, "ended_at": 100, "talk_s": 0.0},
        {"arrived_at": 1, "ended_at": 100, "talk_s": 50.0},
        {"arrived_at": 2, "ended_at": 100},
        {"arrived_at": 3, "outcome": "failed"},
    ]
    found = covered(rows)
    assert isinstance(found.no_handle_time, Estimate)
    assert (found.no_handle_time.value, found.no_handle_time.n) == (1 / 3, 3)
    assert isinstance(found.zero_handle_time, Estimate)
    assert found.zero_handle_time.value == 1 / 3
    assert isinstance(found.no_end, Estimate)
    assert found.no_end.value == 1 / 4
    assert isinstance(found.fate_unknown, Estimate)
    assert found.fate_unknown.value == 1 / 4
    assert {effect.cause for effect in found.effects} == {
        "no customer id",
        "no end time",
        "handled without a handle time",
        "handled in 0 seconds",
        "fate not known",
    }


def test_groups_add_up_and_carry_their_own_figures() -> None:
    rows = [
        {**row, "queue": "A" if i % 3 else None}
        for i, row in enumerate(mixed(random.Random(6), queued=0.8, not_queued=0.1, n=300))
    ]
    answer = coverage(contacts_table(rows), by=("queue", "month"))
    assert sum(group.result.contacts for group in answer.groups) == 300
    assert answer.groups[-1].scope[0] == ("queue", None)
    assert len({group.scope for group in answer.groups}) == len(answer.groups)


def test_a_group_that_does_not_exist_is_refused() -> None:
    with pytest.raises(QuestionError, match="advisor"):
        coverage(contacts_table([]), by=("advisor",))


@pytest.mark.parametrize("v", [0.0, 0.05, 0.3])
def test_the_interval_of_cramers_v_holds_the_truth_95_times_in_100(v: float) -> None:
    """Two equal halves whose shares differ by v have exactly that Cramér's V."""
    from andon.ledger.coverage import _chi_square, _cramers_v

    rng = stats.binom(1_000, 0.5 + v / 2), stats.binom(1_000, 0.5 - v / 2)
    draws = [each.rvs(2_000, random_state=i) for i, each in enumerate(rng)]
    held = 0
    for a, b in zip(*draws, strict=True):
        found = _cramers_v(
            _chi_square([(int(a), 1_000), (int(b), 1_000)], (int(a) + int(b)) / 2_000),
            1,
            2_000,
            0.95,
        )
        assert isinstance(found, Estimate)
        held += found.low <= v <= found.high
    assert 0.93 <= held / 2_000 <= (1.0 if v == 0 else 0.97)


def test_the_normal_limit_meets_the_exact_noncentral_chi_square() -> None:
    from andon.ledger.coverage import _noncentral

    for p in (0.025, 0.5, 0.975):
        exact, limit = _noncentral(2_000.0, 3, p), _noncentral(2_000.1, 3, p)
        assert limit == pytest.approx(exact, rel=0.002)


# --- the bank ---------------------------------------------------------------------------------


def test_the_bank_agrees_with_its_readme(bank: ir.Table) -> None:
    found = coverage(bank).overall
    assert found.contacts == 283_661
    assert [(gap.first_day, gap.last_day) for gap in found.observed.gaps] == [
        (dt.date(1999, 1, 11), dt.date(1999, 1, 12)),
        (dt.date(1999, 8, 1), dt.date(1999, 8, 31)),
    ]
    by = {each.on: each for each in found.dependence}
    months = {each.value: each.identified.value for each in by["month"].levels}
    readme = (0.425, 0.413, 0.602, 0.568, 0.549, 0.472, 0.560, 0.328)
    names = [f"1999-{month:02d}" for month in (1, 2, 3, 4, 5, 6, 7, 9)]
    assert months == pytest.approx(dict(zip(names, readme, strict=True)), abs=0.001)
    assert found.missing == "not at random"
    assert by["queueing"].holds is True
