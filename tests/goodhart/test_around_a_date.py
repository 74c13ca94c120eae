"""Around a date: a target that moves its measure is found; other dates hold it to account."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from andon.errors import QuestionError
from andon.estimate import Unknown
from andon.goodhart.around_a_date import AroundADate, Placebo, around_a_date, moved
from andon.goodhart.change_points import Change
from andon.goodhart.level_shifts import Shift
from goodhart.test_level_shifts import days, noise

DAY = 86_400
START = dt.date(2024, 1, 1)
CHANGES = {"kind": "string", "what": "string", "changed_us": "int64"}


def operation(
    seed: int,
    *,
    periods: int = 252,
    a_day: int = 40,
    at: int = 140,
    falls_s: float = 0.0,
    short: float = 0.0,
) -> ir.Table:
    """Contacts of some months; from day ``at`` on shorter, or more of them very short."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(periods), rng.poisson(a_day, periods))
    level = 200 + 8 * noise(rng, periods, 0.4) - falls_s * (np.arange(periods) >= at)
    talk = rng.gamma(4.0, level[day] / 4)
    cut = rng.random(len(day)) < 0.02 + short * (day >= at)
    talk = np.where(cut, rng.uniform(1, 9, len(day)), np.maximum(talk, 10.5))
    at_us = (1_704_067_200 + day * DAY + rng.uniform(8, 18, len(day)) * 3600) * 1e6
    n = len(day)
    return ibis.memtable(
        pa.table(
            {
                "local_arrived_us": at_us.astype(np.int64),
                "arrived_us": at_us.astype(np.int64),
                "answered_us": at_us.astype(np.int64) + 5_000_000,
                "ended_us": at_us.astype(np.int64) + 300_000_000,
                "outcome": ["handled"] * n,
                "talk_s": talk,
                "hold_s": pa.nulls(n, pa.float64()),
                "wrapup_s": pa.nulls(n, pa.float64()),
                "transfers": pa.nulls(n, pa.int64()),
            }
        )
    )


def changes(*told: tuple[str, dt.date, str]) -> ir.Table:
    made = [
        {"kind": kind, "what": what, "changed_us": (day - dt.date(1970, 1, 1)).days * DAY * 10**6}
        for kind, day, what in told
    ]
    return ibis.memtable(made, schema=CHANGES)


def test_a_target_that_moves_its_measure_is_found_with_its_size() -> None:
    date = START + dt.timedelta(days=140)
    found = around_a_date(operation(1, falls_s=30), measure="handle_time", date=date)
    (one,) = found.dates
    assert one.found
    assert isinstance(one.shift, Shift)
    assert one.shift.difference.low < -30 < one.shift.difference.high
    assert isinstance(one.placebo, Placebo)
    assert one.placebo.as_large == 0
    assert "fell on 20 May 2024" in one.says
    assert "none shows as much" in one.says
    assert found.looked_for is None


def test_a_date_on_which_nothing_happened_is_not_found() -> None:
    date = START + dt.timedelta(days=130)
    flagged = 0
    for seed in range(12):
        (one,) = around_a_date(operation(seed), measure="handle_time", date=date).dates
        flagged += one.found
    assert flagged <= 2


def test_false_alarms_are_few_and_power_is_there_where_days_resemble_one_another() -> None:
    rng = np.random.default_rng(4)
    alarms = finds = 0
    for _ in range(40):
        for step in (0.0, 0.06):
            y, x = days(rng, 300, memory=0.5, step=step, at=150)
            seen = moved(y, x, at=150, unit="share")
            assert isinstance(seen.shift, Shift)
            found = seen.shift.p <= 0.05 and seen.stands_out()
            alarms += bool(found and not step)
            finds += bool(found and step)
    assert alarms <= 5  # at most 5 % in truth: 40 runs pass it with a chance of 1 %
    assert finds >= 34


def drifting(seed: int) -> ir.Table:
    """Handle time that falls by a tenth of a second every day, for no date's sake."""
    rng = np.random.default_rng(seed)
    place = np.repeat(np.arange(300), 30)
    at = 1_704_067_200 + place * DAY + rng.uniform(8, 18, len(place)) * 3600
    table = operation(seed, periods=300, a_day=1).to_pyarrow().slice(0, 1)
    made = pa.concat_tables([table] * len(place)).to_pydict()
    made["local_arrived_us"] = (at * 1e6).astype(np.int64)
    made["talk_s"] = 300 - 0.2 * place + rng.normal(0, 20, len(place))
    return ibis.memtable(pa.table(made, schema=table.schema))


def test_a_measure_that_drifts_all_the_time_moved_on_no_date() -> None:
    date = START + dt.timedelta(days=150)
    for seed in range(6):
        (one,) = around_a_date(drifting(seed), measure="handle_time", date=date).dates
        assert isinstance(one.shift, Shift)
        assert one.shift.way == -1  # it did fall
        assert isinstance(one.placebo, Placebo)
        assert one.placebo.typical == pytest.approx(-11.2, abs=1)  # as around any date
        assert not one.found
        assert "hardly more" in one.says


def test_a_date_that_is_not_given_is_looked_for() -> None:
    found = around_a_date(operation(3, short=0.08, a_day=60), measure="short_contacts")
    assert found.dates == ()
    assert isinstance(found.looked_for, Change)
    assert found.since == START + dt.timedelta(days=140)
    assert found.until is None
    assert "higher from about 2024-05-20" in found.says_looked_for
    nothing = around_a_date(operation(4, a_day=60), measure="short_contacts")
    assert nothing.since is None
    assert "No week stands out" in nothing.says_looked_for


def test_targets_come_from_the_ledgers_changes_and_other_changes_do_not() -> None:
    day, late = START + dt.timedelta(days=140), START + dt.timedelta(days=190)
    told = changes(
        ("target", day, "handle time 170 s"),
        ("target", day, "occupancy 85 %"),
        ("target", late, "handle time 165 s"),
        ("release", START + dt.timedelta(days=60), "new screen"),
        ("target", dt.date(2031, 1, 1), "next decade"),
    )
    found = around_a_date(operation(5, falls_s=30), measure="handle_time", changes=told)
    assert [each.date for each in found.dates] == [day, late]
    assert found.dates[0].what == ("handle time 170 s", "occupancy 85 %")
    assert found.dates[0].found
    assert not found.dates[1].found
    assert any("Which of them" in said for said in found.caveats)
    assert any("50 days apart" in said for said in found.caveats)


def test_what_another_change_explains_better_is_not_laid_at_the_targets_door() -> None:
    day, invoice = START + dt.timedelta(days=122), START + dt.timedelta(days=140)
    target, release = ("target", day, "handle time 170 s"), ("release", invoice, "new invoice")
    contacts = operation(5, falls_s=60)
    told = around_a_date(contacts, measure="handle_time", changes=changes(target, release))
    assert not told.dates[0].found
    assert f"rather around {invoice.day} {invoice:%B %Y} (new invoice)" in told.dates[0].says
    same = around_a_date(
        contacts,
        measure="handle_time",
        changes=changes(("target", invoice, "handle time 170 s"), release),
    )
    assert same.dates[0].found
    assert any("something else changed as well (new invoice)" in said for said in same.caveats)


def test_a_target_from_midnight_on_begins_on_that_day_east_of_greenwich_too() -> None:
    day, ahead = START + dt.timedelta(days=140), 3 * 3600 * 10**6
    contacts = operation(5, falls_s=30)
    east = contacts.mutate(arrived_us=contacts.local_arrived_us - ahead)
    midnight = changes(("target", day, "handle time 170 s"))
    midnight = midnight.mutate(changed_us=midnight.changed_us - ahead)
    found = around_a_date(east, measure="handle_time", changes=midnight)
    assert [each.date for each in found.dates] == [day]


def test_too_little_before_a_date_is_unknown_and_said_so() -> None:
    (one,) = around_a_date(
        operation(6, periods=100), measure="handle_time", date=START + dt.timedelta(days=10)
    ).dates
    assert isinstance(one.shift, Unknown)
    assert isinstance(one.placebo, Unknown)
    assert not one.found
    assert one.says.startswith("We cannot tell: only 10 days")


def test_bad_questions_are_refused_in_words() -> None:
    contacts = operation(7, periods=60)

    def refused(match: str, **asked: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            around_a_date(contacts, **{"measure": "handle_time", **asked})
        assert told.value.found
        assert told.value.todo

    refused("no measure", measure="charm")
    refused("outside the data", date=dt.date(2023, 5, 1))
    refused("outside the data", date=START)
    refused("nothing to measure", measure="passed_on")
    refused("No change of a target", changes=changes(("release", START, "x")))
    refused("outside the data", changes=changes(("target", dt.date(2031, 1, 1), "x")))
    refused("not both", changes=changes(), date=START)
    refused("too short", date=START + dt.timedelta(days=30), window=7)


def test_no_advisor_appears() -> None:
    fields = set(AroundADate.__dataclass_fields__) | set(Change.__dataclass_fields__)
    assert not any("advisor" in name for name in fields)
