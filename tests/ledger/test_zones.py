"""Time zones as arithmetic agree with the zone database, for every zone and at every change."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.ledger.zones import Zone, zone_between

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
US = dt.timedelta(microseconds=1)
HOUR_US = 3_600_000_000
END_US = (dt.datetime(2032, 1, 1, tzinfo=dt.UTC) - EPOCH) // US
ODD = (
    "Africa/Casablanca",
    "America/Recife",
    "Antarctica/Troll",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
)
"""Zones with half hours, days left out, winter time kept as summer time, or a week of it."""


def asked(zone: Zone, sql: str, values: Sequence[int]) -> list[object]:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(
            "CREATE TABLE t AS SELECT unnest(?) AS v, generate_subscripts(?, 1) AS i",
            [list(values), list(values)],
        )
        return [row[0] for row in engine.execute(f"SELECT {sql} FROM t ORDER BY i").fetchall()]


def local(utc_us: int, zone: ZoneInfo) -> int:
    return ((EPOCH + utc_us * US).astimezone(zone).replace(tzinfo=dt.UTC) - EPOCH) // US


def utc(local_us: int, zone: ZoneInfo, fold: int) -> int:
    wall = (EPOCH + local_us * US).replace(tzinfo=zone, fold=fold)
    return (wall.astimezone(dt.UTC) - EPOCH) // US


def near_changes(zone: Zone) -> list[int]:
    """Instants around each change of the clocks, and some in between."""
    steps = (-2 * HOUR_US, -HOUR_US, -HOUR_US // 2, -1, 0, 1, HOUR_US // 2, HOUR_US, 2 * HOUR_US)
    return [shift.at_us + step for shift in zone.shifts for step in steps] or [0, END_US // 2]


@pytest.mark.parametrize("name", ODD)
def test_wall_times_are_those_of_the_zone_database(name: str) -> None:
    zone, truth = zone_between(name, 0, END_US), ZoneInfo(name)
    instants = [each for each in near_changes(zone) if 0 <= each <= END_US]
    assert asked(zone, zone.local_sql("v"), instants) == [local(each, truth) for each in instants]


@pytest.mark.parametrize("name", ODD)
def test_instants_are_those_of_the_zone_database_the_first_of_two(name: str) -> None:
    zone, truth = zone_between(name, 0, END_US), ZoneInfo(name)
    walls = sorted({local(each, truth) for each in near_changes(zone) if 0 <= each <= END_US})
    walls += [wall + HOUR_US for wall in walls]
    assert asked(zone, zone.utc_sql("v"), walls) == [utc(wall, truth, 0) for wall in walls]


@pytest.mark.parametrize("name", ODD)
def test_walls_that_never_were_or_were_twice_are_told(name: str) -> None:
    zone, truth = zone_between(name, 0, END_US), ZoneInfo(name)
    walls = sorted({local(each, truth) for each in near_changes(zone) if 0 <= each <= END_US})
    walls += [wall + HOUR_US // 2 for wall in walls]
    never = [local(utc(wall, truth, 0), truth) != wall for wall in walls]
    twice = [
        utc(wall, truth, 0) != utc(wall, truth, 1) and not gap
        for wall, gap in zip(walls, never, strict=True)
    ]
    assert asked(zone, zone.never_sql("v"), walls) == never
    assert asked(zone, zone.twice_sql("v"), walls) == twice
    assert name == "Asia/Kathmandu" or any(never)


def test_a_zone_without_changes_is_one_offset() -> None:
    zone = zone_between("Asia/Tokyo", 0, END_US)
    assert zone.shifts == ()
    assert zone.never_sql("v") == zone.twice_sql("v") == "false"
    assert asked(zone, zone.local_sql("v"), [0]) == [9 * HOUR_US]


@pytest.mark.slow
def test_no_change_of_any_zone_is_overlooked() -> None:
    """One that is undone within the step of the search would be; the shortest lasted a week."""
    for name in sorted(zoneinfo.available_timezones()):
        zone, truth = zone_between(name, 0, END_US), ZoneInfo(name)
        at, offset = 0, zone.first_offset_us
        shifts = list(zone.shifts)
        while at < END_US:
            while shifts and shifts[0].at_us <= at:
                offset = shifts.pop(0).after_us
            assert local(at, truth) - at == offset, (name, EPOCH + at * US)
            at += 6 * 24 * HOUR_US + HOUR_US


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(ODD), st.lists(st.integers(0, END_US), min_size=1, max_size=20))
def test_there_and_back_is_where_one_was(name: str, instants: list[int]) -> None:
    """Except in the hour that is there twice, where the first is taken."""
    zone = zone_between(name, 0, END_US)
    walls = [wall for wall in asked(zone, zone.local_sql("v"), instants) if isinstance(wall, int)]
    back = asked(zone, zone.utc_sql("v"), walls)
    for instant, found in zip(instants, back, strict=True):
        assert isinstance(found, int)
        assert found == instant or 0 < instant - found <= 2 * HOUR_US


def test_before_1970_the_engine_is_asked() -> None:
    zone = zone_between("Europe/London", 0, END_US)
    instant = (dt.datetime(1950, 7, 1, tzinfo=dt.UTC) - EPOCH) // US
    assert asked(zone, zone.local_sql("v"), [instant]) == [instant + HOUR_US]
