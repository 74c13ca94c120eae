"""Periods cut contacts by the clock on the operation's wall; each contact is in one of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.ledger.periods import GROUPS, PERIODS, month_names, month_number, with_groups
from andon.ledger.tables import table
from ingesting import at
from ledgers import contacts_table

EPOCH = at("1970-01-01")
US = dt.timedelta(microseconds=1)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # where summer time began at midnight: some days began at one
    "Australia/Lord_Howe",  # whose clocks change by half an hour
    "Asia/Kathmandu",
    "Pacific/Apia",  # which left out a whole day in 2011
)
NAMED: dict[str, Callable[[dt.datetime], object]] = {
    "month": lambda wall: f"{wall:%Y-%m}",
    "week": lambda wall: (wall - dt.timedelta(days=wall.weekday())).date().isoformat(),
    "day": lambda wall: wall.date().isoformat(),
    "weekday": lambda wall: wall.isoweekday(),
    "hour": lambda wall: wall.hour,
}
"""Each period from its definition, for a time on the wall."""


def cut(instants: Sequence[dt.datetime], zone: str) -> list[dict[str, Any]]:
    """The contacts that arrived then, with a column for each period, in order of arrival."""
    contacts = contacts_table([{"arrived_at": each} for each in instants], zone=zone)
    cut = with_groups(contacts, PERIODS).order_by("arrived_us")
    rows: list[dict[str, Any]] = cut.to_pyarrow().to_pylist()
    assert len(rows) == len(instants)
    return rows


def around(instant: dt.datetime, *, days: int = 1, minutes: int = 15) -> list[dt.datetime]:
    """Instants from some days before to some days after, at even steps."""
    steps = days * 1440 // minutes
    return [instant + dt.timedelta(minutes=minutes) * i for i in range(-steps, steps)]


def test_every_period_has_a_definition_here() -> None:
    assert tuple(NAMED) == PERIODS


@settings(deadline=None, max_examples=25)
@given(
    instants=st.lists(
        st.integers(0, 230 * 365 * 86_400_000_000).map(lambda us: EPOCH + us * US),
        min_size=1,
        max_size=30,
    ),
    zone=st.sampled_from(ZONES),
)
@example(instants=[at("1970-01-01T00:00")], zone="America/New_York")  # 1969 on the wall
@example(instants=[at("2024-12-30T12:00"), at("2027-01-03T12:00")], zone="UTC")
@example(instants=[at("2024-02-29T23:59:59.999999"), at("2100-02-28T23:59")], zone="UTC")
def test_each_contact_is_in_the_period_of_its_wall_time(
    instants: list[dt.datetime], zone: str
) -> None:
    for row in cut(instants, zone):
        wall = row["arrived_at"].astimezone(ZoneInfo(zone))
        assert {name: row[name] for name in PERIODS} == {
            name: named(wall) for name, named in NAMED.items()
        }


def test_a_months_number_tells_its_name() -> None:
    instants = [at("1969-12-31T23:00"), at("1999-01-01"), at("2024-02-29"), at("2100-12-31T23:59")]
    contacts = contacts_table([{"arrived_at": each} for each in instants], zone="Asia/Kathmandu")
    told = with_groups(contacts, ("month",)).mutate(number=month_number(contacts)).to_pyarrow()
    assert month_names(told["number"].to_numpy()).tolist() == told["month"].to_pylist()
    assert "2101-01" in told["month"].to_pylist()
    assert month_names([]).tolist() == []


CHANGES = [
    ("Europe/Berlin", "2024-03-31T01:00", 23.0),
    ("Europe/Berlin", "2024-10-27T01:00", 25.0),
    ("America/New_York", "2024-03-10T07:00", 23.0),
    ("America/New_York", "2024-11-03T06:00", 25.0),
    ("America/Sao_Paulo", "2018-11-04T03:00", 23.0),
    ("America/Sao_Paulo", "2018-02-18T02:00", 25.0),
    ("Australia/Lord_Howe", "2024-10-05T15:30", 23.5),
    ("Asia/Kathmandu", "2024-03-31T01:00", 24.0),
]


@pytest.mark.parametrize(("zone", "change", "hours"), CHANGES)
def test_days_never_overlap_and_leave_no_gap_when_clocks_change(
    zone: str, change: str, hours: float
) -> None:
    rows = cut(around(at(change), days=3), zone)
    for name in ("day", "week", "month"):
        labels = [row[name] for row in rows]
        assert None not in labels
        # In order of time each label is one stretch: once left it never comes back.
        stretches = [labels[0], *(b for a, b in pairwise(labels) if a != b)]
        assert stretches == sorted(set(labels))
    of_day = [row["day"] for row in rows]
    whole = sorted(set(of_day))[1:-1]
    # In Sao Paulo clocks went back at midnight: the hour that came again is the day before's.
    lengths = {day: of_day.count(day) / 4 for day in whole}
    assert max(lengths.values(), key=lambda h: abs(h - 24)) == hours
    assert sum(abs(h - 24) > 0 for h in lengths.values()) == (hours != 24)


def test_an_hour_that_came_twice_holds_the_contacts_of_both() -> None:
    rows = cut(around(at("2024-10-27T01:00")), "Europe/Berlin")
    on_the_day = [row["hour"] for row in rows if row["day"] == "2024-10-27"]
    assert on_the_day.count(2) == 8
    assert {on_the_day.count(hour) for hour in range(24)} == {4, 8}


def test_an_hour_that_never_was_holds_none() -> None:
    rows = cut(around(at("2024-03-31T01:00")), "Europe/Berlin")
    on_the_day = [row["hour"] for row in rows if row["day"] == "2024-03-31"]
    assert set(range(24)) - set(on_the_day) == {2}


def test_a_day_that_a_country_left_out_holds_none() -> None:
    days = [row["day"] for row in cut(around(at("2011-12-30T10:00"), days=2), "Pacific/Apia")]
    assert "2011-12-29" in days
    assert "2011-12-30" not in days
    assert "2011-12-31" in days


@pytest.mark.parametrize("by", [(name,) for name in PERIODS])
def test_the_groups_of_a_period_add_up_to_the_whole(by: tuple[str, ...]) -> None:
    rows = [{"arrived_at": each} for each in around(at("2024-12-31T12:00"), days=20, minutes=97)]
    contacts = contacts_table(rows, zone="Europe/Berlin")
    grouped = with_groups(contacts, by)
    counts = grouped.group_by(*by).agg(n=grouped.count()).to_pyarrow().to_pylist()
    assert sum(each["n"] for each in counts) == len(rows)
    assert len({each[by[0]] for each in counts}) == len(counts) > 1


def test_a_day_lies_in_one_week_one_month_and_one_weekday() -> None:
    rows = cut(around(at("2025-01-01T00:00"), days=60, minutes=251), "America/New_York")
    for name in ("week", "month", "weekday"):
        assert len({(row["day"], row[name]) for row in rows}) == len({row["day"] for row in rows})
    starts = {row["week"] for row in rows}
    assert {dt.date.fromisoformat(each).isoweekday() for each in starts} == {1}


def test_only_what_is_asked_for_is_added() -> None:
    contacts = contacts_table([{"arrived_at": 0}])
    assert with_groups(contacts, ()) is contacts
    assert with_groups(contacts, ("queue", "channel")) is contacts
    added = set(with_groups(contacts, ("queue", "day")).columns) - set(contacts.columns)
    assert added == {"day"}


@pytest.mark.parametrize("name", ["advisor", "advisor_id", "customer_id", "year", "Day", ""])
def test_what_contacts_cannot_be_grouped_by_is_told(name: str) -> None:
    contacts = contacts_table([{"arrived_at": 0}])
    with pytest.raises(QuestionError, match="cannot be grouped by") as told:
        with_groups(contacts, ("queue", name))
    assert repr(name) in told.value.wrong
    assert told.value.found == f"by: queue, {name}"
    assert told.value.todo == f"Use any of: {', '.join(GROUPS)}."


def test_one_thing_named_twice_is_told() -> None:
    contacts = contacts_table([{"arrived_at": 0}])
    with pytest.raises(QuestionError, match="by one thing twice") as told:
        with_groups(contacts, ("day", "day"))
    assert told.value.found == "by: day, day"


def test_every_group_is_a_period_or_a_column_and_none_a_person() -> None:
    for name in GROUPS:
        column = table("contacts").column(name)
        assert (column is None) == (name in PERIODS)
        assert not name.startswith(("advisor", "customer"))
    contacts = contacts_table([{"arrived_at": 0}])
    assert set(GROUPS) <= set(with_groups(contacts, GROUPS).columns)
