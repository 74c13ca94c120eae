from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.capacity.contracts import Contract
from andon.capacity.cover import Cover, cover
from andon.capacity.horizon import Horizon
from andon.capacity.roster import Roster, roster
from andon.capacity.shifts import Break, Template
from andon.errors import PlanError
from oracles import roster as oracle

H = 3600.0
LUNCH = (Break(length_s=1800, after_s=3 * H, before_s=5 * H),)


def shift(name: str, length_h: float, first_h: float, last_h: float, **more: Any) -> Template:
    return Template(
        name=name,
        length_s=length_h * H,
        first_start_s=first_h * H,
        last_start_s=last_h * H,
        **{"step_s": H, **more},
    )


def day_of_work(
    horizon: Horizon, peak: float, *, opens: float = 8.0, closes: float = 20.0, seed: int = 1
) -> np.ndarray:
    hour = horizon.slot * horizon.interval_s / H
    shape = np.exp(-(((hour - 12) / 4) ** 2))
    noise = np.random.default_rng(seed).uniform(0.8, 1.2, len(hour))
    return np.where((hour >= opens) & (hour < closes), np.ceil(peak * shape * noise), 0.0)


def made(
    horizon: Horizon, asked: np.ndarray, templates: list[Template], contracts: list[Contract]
) -> tuple[Cover, Roster]:
    found = cover(horizon, asked, templates=templates, contracts=contracts)
    given_out = roster(found)
    assert (
        oracle.faults(given_out.lines, horizon=horizon, templates=templates, contracts=contracts)
        == []
    )
    there = oracle.on_duty(given_out.lines, horizon)
    np.testing.assert_allclose(there, given_out.cover.covered - given_out.cover.carried)
    assert (there >= asked - 1e-6).all()
    return found, given_out


@settings(max_examples=8)
@given(
    peak=st.integers(2, 9),
    seed=st.integers(0, 99),
    first=st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 1)),
    days=st.integers(1, 16),
    weekends_off=st.integers(0, 1),
    run=st.integers(4, 6),
)
def test_every_line_keeps_every_rule(
    peak: int, seed: int, first: dt.date, days: int, weekends_off: int, run: int
) -> None:
    horizon = Horizon.of(first, days=days, zone="Europe/Berlin", interval_s=3600)
    asked = day_of_work(horizon, peak, opens=7, closes=22, seed=seed)
    templates = [
        shift("early", 8, 7, 9, breaks=(Break(length_s=H, after_s=3 * H, before_s=4 * H),)),
        shift("late", 8, 13, 14, breaks=(Break(length_s=H, after_s=3 * H, before_s=4 * H),)),
        shift("short", 4, 7, 18, contracts=("part",)),
    ]
    contracts = [
        Contract(
            name="full", cost_per_h=2, least_shifts=4, days_in_a_row=run, weekends_off=weekends_off
        ),
        Contract(name="part", cost_per_h=2.2, most_hours=24, weekends_off=weekends_off),
    ]
    made(horizon, asked, templates, contracts)


def test_the_night_of_the_clock_change_is_covered_to_the_hour() -> None:
    for first, hours in ((dt.date(2024, 3, 30), 23), (dt.date(2024, 10, 26), 25)):
        horizon = Horizon.of(first, days=2, zone="Europe/Berlin", interval_s=1800)
        asked = np.full(len(horizon.slot), 2.0)
        templates = [
            shift("day", 8, 6, 6),
            shift("evening", 8, 14, 14),
            shift("night", 8, 22, 22),
        ]
        found, given_out = made(horizon, asked, templates, [Contract(name="all", most_shifts=6)])
        assert found.over_h == 0
        # The evening before is in the plan, so the first night is covered too.
        assert any(duty.day == -1 for line in given_out.lines for duty in line.duties)
        night = [
            duty.paid_s / H
            for line in given_out.lines
            for duty in line.duties
            if duty.day == 0 and duty.template == "night"
        ]
        assert night == [8.0 - (24 - hours)] * 2


def test_nobody_works_late_and_then_early() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=7, zone="UTC", interval_s=3600)
    hour = horizon.slot
    asked = np.where((hour >= 6) & (hour < 22), 3.0, 0.0)
    templates = [shift("early", 8, 6, 6), shift("late", 8, 14, 14)]
    _, given_out = made(horizon, asked, templates, [Contract(name="all", most_shifts=5)])
    assert len(given_out.lines) >= 9  # 42 shifts of at most 5 each


def test_four_weeks_with_every_second_weekend_off() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=28, zone="Europe/Berlin", interval_s=3600)
    asked = day_of_work(horizon, 6)
    templates = [shift("day", 8, 8, 12)]
    contracts = [Contract(name="full", least_shifts=5, most_shifts=5, weekends_off=1)]
    found, given_out = made(horizon, asked, templates, contracts)
    assert {len(line.duties) for line in given_out.lines} == {20}
    assert found.cost == pytest.approx(found.paid_h)


def test_shifts_of_several_lengths_fill_the_hours_of_a_contract() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=14, zone="UTC", interval_s=3600)
    asked = day_of_work(horizon, 7)
    templates = [shift("long", 10, 8, 10), shift("six", 6, 8, 14), shift("eight", 8, 8, 12)]
    contracts = [
        Contract(name="forty", least_hours=36, most_hours=40, least_shifts=4, most_shifts=6)
    ]
    made(horizon, asked, templates, contracts)


def test_the_same_input_makes_the_same_roster() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=7, zone="UTC", interval_s=1800)
    asked = day_of_work(horizon, 5)
    templates = [replace(shift("day", 8.5, 8, 11.5, step_s=1800), breaks=LUNCH)]
    contracts = [Contract(name="all")]
    one, two = (made(horizon, asked, templates, contracts)[1] for _ in range(2))
    assert one.lines == two.lines


def test_the_walk_sees_what_is_wrong() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=7, zone="UTC", interval_s=3600)
    asked = day_of_work(horizon, 3)
    templates = [shift("day", 8, 8, 12)]
    contracts = [Contract(name="all", days_in_a_row=3)]
    _, given_out = made(horizon, asked, templates, contracts)
    line = next(each for each in given_out.lines if len(each.duties) > 1)
    first, second = line.duties[:2]
    close = replace(second, from_us=first.to_us + 9 * 3_600_000_000)
    strict = [replace(contracts[0], most_shifts=1, rest_s=11 * H)]
    for lines, rules in (
        ([replace(line, duties=(first, close))], contracts),
        ([line], strict),
        ([replace(line, duties=(first, first))], contracts),
        ([replace(line, duties=(replace(first, paid_s=0.0),))], contracts),
    ):
        assert oracle.faults(lines, horizon=horizon, templates=templates, contracts=rules)


def test_a_team_of_its_own_name_is_named_in_what_goes_wrong() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=7, zone="UTC", interval_s=3600)
    with pytest.raises(PlanError, match="Team 'billing'"):
        cover(
            horizon,
            day_of_work(horizon, 3),
            templates=[shift("day", 8, 8, 12, weekdays=(0, 1, 2, 3, 4))],
            contracts=[Contract(name="all")],
            team="billing",
        )


@pytest.mark.slow
def test_four_weeks_of_half_hours_with_three_contracts_come_within_one_per_cent() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=28, zone="Europe/Berlin")
    hour = horizon.slot / 2
    shape = 0.35 + 0.65 * np.exp(-(((hour - 11) / 2.5) ** 2))
    shape += 0.35 * np.exp(-(((hour - 16.5) / 2) ** 2))
    of_day = np.array([1.1, 1, 0.98, 0.95, 0.95, 0.55, 0.4])[horizon.weekday]
    noise = np.random.default_rng(1).uniform(0.93, 1.07, len(hour))
    asked = np.where((hour >= 7) & (hour < 22), np.ceil(40 * shape * of_day * noise), 0.0)
    short = (Break(length_s=1800, after_s=2.5 * H, before_s=4 * H),)
    half = {"step_s": 1800}
    full = {**half, "breaks": LUNCH, "contracts": ("full",)}
    part = {**half, "breaks": short, "contracts": ("part",)}
    few = {**half, "contracts": ("few",)}
    templates = [
        shift("early", 8.5, 7, 8.5, **full),
        shift("day", 8.5, 9, 10.5, **full),
        shift("mid", 8.5, 11, 12, **full),
        shift("late", 8.5, 12.5, 13.5, cost_factor=1.1, **full),
        shift("part early", 6.5, 7, 9, **part),
        shift("part noon", 6.5, 10, 13, **part),
        shift("part late", 6.5, 13.5, 15.5, cost_factor=1.1, **part),
        shift("few early", 4, 7, 10, **few),
        shift("few noon", 4, 11, 14, **few),
        shift("few late", 4, 15, 18, cost_factor=1.1, **few),
    ]
    contracts = [
        Contract(name="full", cost_per_h=30, least_shifts=5, weekends_off=1),
        Contract(name="part", cost_per_h=29, least_shifts=3, most_shifts=4, weekends_off=1),
        Contract(name="few", cost_per_h=27, most_shifts=4, most_people=15),
    ]
    found, _ = made(horizon, asked, templates, contracts)
    assert found.gap <= 0.01
    assert not found.early
