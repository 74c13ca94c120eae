from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.horizon import Horizon
from andon.errors import PlanError
from andon.units import US

ZONES = ["Asia/Jerusalem", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"]


@given(
    first=st.dates(dt.date(1999, 1, 1), dt.date(2030, 1, 1)),
    days=st.integers(1, 40),
    zone=st.sampled_from(ZONES),
    interval_s=st.sampled_from([900, 1800, 3600]),
)
def test_every_interval_says_what_the_clock_on_the_wall_says(
    first: dt.date, days: int, zone: str, interval_s: int
) -> None:
    horizon = Horizon.of(first, days=days, zone=zone, interval_s=interval_s)
    assert np.all(np.diff(horizon.starts_us) == interval_s * US)
    assert horizon.dates == tuple(first + dt.timedelta(days=i) for i in range(days))
    for i in (0, len(horizon.slot) // 2, len(horizon.slot) - 1):
        wall = dt.datetime.fromtimestamp(int(horizon.starts_us[i]) / US, tz=ZoneInfo(zone))
        assert horizon.says(i) == f"{wall:%Y-%m-%d %H:%M}"
        assert horizon.weekday[i] == wall.weekday()


def test_the_day_of_the_clock_change_has_23_or_25_hours() -> None:
    spring = Horizon.of(dt.date(2024, 3, 30), days=3, zone="Europe/Berlin")
    autumn = Horizon.of(dt.date(2024, 10, 26), days=3, zone="Europe/Berlin")
    assert np.bincount(spring.day_index).tolist() == [48, 46, 48]
    assert np.bincount(autumn.day_index).tolist() == [48, 50, 48]


def test_a_horizon_needs_a_day_and_a_fitting_interval() -> None:
    with pytest.raises(PlanError, match="no day to plan"):
        Horizon.of(dt.date(2024, 1, 1), days=0, zone="UTC")
    with pytest.raises(PlanError, match="quarter of an hour"):
        Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC", interval_s=1000)
