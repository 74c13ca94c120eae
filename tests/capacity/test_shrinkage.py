from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from andon.capacity.horizon import Horizon
from andon.capacity.shrinkage import Shrinkage, shrinkage
from andon.errors import PlanError
from andon.estimate import Unknown

US = 1_000_000
HOUR = 3600 * US
BEGIN = int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp()) * US


def staffing(rows: list[tuple[str | None, str, float, float, float | None]]) -> ir.Table:
    """Rows of advisor, state, beginning and end in hours, and people."""
    table = pa.table(
        {
            "advisor_id": pa.array([row[0] for row in rows], pa.string()),
            "state": pa.array([row[1] for row in rows], pa.string()),
            "from_us": pa.array([BEGIN + round(row[2] * HOUR) for row in rows], pa.int64()),
            "to_us": pa.array([BEGIN + round(row[3] * HOUR) for row in rows], pa.int64()),
            "people": pa.array([row[4] for row in rows], pa.float64()),
        }
    )
    made: ir.Table = ibis.duckdb.connect(threads=1).create_table("staffing", table, temp=True)
    return made


def days(n: int) -> list[tuple[str | None, str, float, float, float | None]]:
    """Eight hours from 08:00 of ten people: day d has d of 10 in training for all of it."""
    rows: list[tuple[str | None, str, float, float, float | None]] = []
    for d in range(n):
        for person in range(10):
            state = "training" if person < d % 5 else "busy"
            rows.append((f"p{person}", state, 24 * d + 8, 24 * d + 16, None))
    return rows


def test_the_share_and_its_spread_are_those_of_the_days() -> None:
    found = shrinkage(staffing(days(10)), zone="UTC")
    assert isinstance(found, Shrinkage)
    shares = np.array([d % 5 / 10 for d in range(10)])
    assert found.mean.value == pytest.approx(shares.mean())
    assert found.sd == pytest.approx(shares.std(ddof=1))
    assert found.days == 10
    assert found.mean.low < shares.mean() < found.mean.high


def test_hours_of_the_wall_have_means_of_their_own() -> None:
    rows: list[tuple[str | None, str, float, float, float | None]] = []
    for d in range(40):
        rows += [
            ("a", "available", 24 * d + 7, 24 * d + 9, None),
            ("a", "break", 24 * d + 9, 24 * d + 10, None),
            ("a", "busy", 24 * d + 10, 24 * d + 15, None),
        ]
    found = shrinkage(staffing(rows), zone="Europe/Berlin")
    assert isinstance(found, Shrinkage)
    assert found.by_hour[0, 10] == 1.0  # 09:00 UTC in winter
    assert found.by_hour[0, 12] == 0.0
    assert found.by_hour[0, 3] == pytest.approx(1 / 8)
    left_out = shrinkage(staffing(rows), zone="Europe/Berlin", planned=("break",))
    assert isinstance(left_out, Unknown)


def test_stretches_that_overlap_count_once_and_counts_of_people_count_as_many() -> None:
    rows: list[tuple[str | None, str, float, float, float | None]] = []
    for d in range(6):
        rows += [
            ("a", "available", 24 * d + 8, 24 * d + 12, None),
            ("a", "training", 24 * d + 10, 24 * d + 16, None),
            ("a", "off", 24 * d, 24 * d + 8, None),
            (None, "meeting", 24 * d + 8, 24 * d + 9, 4.0),
        ]
    found = shrinkage(staffing(rows), zone="UTC")
    assert isinstance(found, Shrinkage)
    assert found.mean.value == pytest.approx(1 - 4 / 12)
    assert found.sd == pytest.approx(0.0, abs=1e-9)


def test_what_is_not_recorded_is_unknown() -> None:
    for table in (
        None,
        staffing([]),
        staffing([("a", "busy", 24 * d + 8, 24 * d + 16, None) for d in range(20)]),
        staffing(days(4)),
    ):
        assert isinstance(shrinkage(table, zone="UTC"), Unknown)


@given(mean=st.floats(0.05, 0.6), spread=st.floats(0.1, 0.9))
def test_drawn_days_have_the_stated_mean_and_spread(mean: float, spread: float) -> None:
    sd = spread * 0.3 * np.sqrt(mean * (1 - mean))
    horizon = Horizon.of(dt.date(2024, 3, 31), days=2, zone="Europe/Berlin")
    there = Shrinkage.given(mean, sd=sd).sample(horizon, 4000, np.random.default_rng(7))
    assert there.shape == (4000, 94)
    assert there[:, 0].mean() == pytest.approx(1 - mean, abs=5 * sd / np.sqrt(4000))
    assert there[:, 0].std() == pytest.approx(sd, rel=0.1)
    assert (there >= 0).all()
    assert (there <= 1).all()
    # One day is bad as a whole; two days have nothing to do with each other.
    np.testing.assert_array_equal(there[:, 0], there[:, 45])
    assert abs(np.corrcoef(there[:, 0], there[:, 50])[0, 1]) < 0.1


@given(agents=st.floats(1, 200), mean=st.floats(0.05, 0.5), days=st.floats(0.5, 0.99))
def test_enough_are_at_work_on_the_asked_share_of_days_and_one_fewer_would_not_do(
    agents: float, mean: float, days: float
) -> None:
    sd = 0.05
    people = Shrinkage.given(mean, sd=sd).rostered(agents, days=days)
    strength = mean * (1 - mean) / sd**2 - 1
    away = stats.beta(mean * strength, (1 - mean) * strength)
    assert away.cdf(1 - agents / people) >= days - 1e-4
    assert away.cdf(max(0.0, 1 - agents / (people - 1))) <= days + 1e-4 if people > 1 else True


def test_dividing_by_one_minus_the_mean_is_short_on_about_half_of_the_days() -> None:
    given_ = Shrinkage.given(0.3, sd=0.04)
    horizon = Horizon.of(dt.date(2024, 6, 3), days=1, zone="UTC")
    there = given_.sample(horizon, 20000, np.random.default_rng(3))[:, 0]
    naive, safe = 70 / 0.7, given_.rostered(70.0, days=0.9)
    assert np.mean(there * naive >= 70) == pytest.approx(0.5, abs=0.05)
    assert np.mean(there * safe >= 70) >= 0.9 - 0.01
    assert given_.rostered_over(horizon, np.full(48, 70.0), days=0.9).tolist() == [safe] * 48


@given(low=st.floats(0.5, 0.98), more=st.floats(0.0, 0.01))
def test_more_days_never_take_fewer_people(low: float, more: float) -> None:
    given_ = Shrinkage.given(0.25, sd=0.06)
    assert given_.rostered(50.0, days=low + more) >= given_.rostered(50.0, days=low)


def test_shares_outside_their_range_are_refused() -> None:
    for mean, sd in ((30.0, 0.02), (-0.1, 0.02), (0.3, -0.1), (0.3, 0.5), (1.0, 0.0)):
        with pytest.raises(PlanError):
            Shrinkage.given(mean, sd=sd)
    with pytest.raises(PlanError, match="share of days"):
        Shrinkage.given(0.3, sd=0.02).rostered(10.0, days=90)
    assert Shrinkage.given(0.3, sd=0.0).rostered(7.0, days=0.99) == 10
    assert Shrinkage.given(0.0, sd=0.0).rostered(7.0, days=0.99) == 7
