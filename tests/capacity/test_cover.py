from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.capacity.contracts import Contract
from andon.capacity.cover import Cover, cover
from andon.capacity.horizon import Horizon
from andon.capacity.shifts import Break, Template
from andon.errors import PlanError

H = 3600.0
MONDAY = dt.date(2024, 6, 3)
ANYBODY = [Contract(name="all", most_shifts=7, most_hours=80)]


def shift(name: str, length_h: float, first_h: float, last_h: float, **more: Any) -> Template:
    return Template(
        name=name,
        length_s=length_h * H,
        first_start_s=first_h * H,
        last_start_s=last_h * H,
        **{"step_s": H, **more},
    )


def days(n: int = 1, *, interval_s: int = 3600, first: dt.date = MONDAY) -> Horizon:
    return Horizon.of(first, days=n, zone="Europe/Berlin", interval_s=interval_s)


def asked_for(horizon: Horizon, hours: dict[int, float]) -> np.ndarray:
    at = horizon.slot * horizon.interval_s // 3600
    return np.array([hours.get(int(each), 0.0) for each in at])


needs = st.lists(st.integers(0, 3), min_size=10, max_size=10).filter(any)


def balanced(found: Cover) -> bool:
    return bool(np.allclose(found.covered + found.under - found.over, found.required))


@settings(max_examples=15)
@given(need=needs)
def test_a_day_costs_as_little_as_trying_everything_finds(need: list[int]) -> None:
    horizon = days()
    asked = asked_for(horizon, {8 + i: float(n) for i, n in enumerate(need)})
    templates = [shift("four", 4, 8, 14), shift("six", 6, 8, 12, cost_factor=0.9)]
    found = cover(horizon, asked, templates=templates, contracts=ANYBODY, gap=0.0)
    assert balanced(found)
    assert not found.under.any()
    assert found.cost == pytest.approx(cheapest(asked, templates))
    assert found.bound <= found.cost + 1e-6


def cheapest(asked: np.ndarray, templates: list[Template]) -> float:
    """Least cost by trying how many work each shift, from the first hour on."""
    starts = [
        (int(s / H), int((s + each.length_s) / H), each.paid_s / H * each.cost_factor)
        for each in templates
        for s in each.starts_s
    ]
    starts.sort()
    best: dict[tuple[int, ...], float] = {tuple([0] * 24): 0.0}
    for hour in range(24):
        here = [each for each in starts if each[0] == hour]
        after: dict[tuple[int, ...], float] = {}
        for cover_, cost in best.items():
            for counts in itertools.product(range(4), repeat=len(here)):
                now = list(cover_)
                for n, (begin, end, _) in zip(counts, here, strict=True):
                    for i in range(begin, end):
                        now[i] = min(now[i] + n, 3)
                if now[hour] < asked[hour]:
                    continue
                key = (*([0] * (hour + 1)), *now[hour + 1 :])
                total = cost + sum(n * each[2] for n, each in zip(counts, here, strict=True))
                if total < after.get(key, np.inf):
                    after[key] = total
        best = after
    return min(best.values())


@settings(max_examples=10)
@given(need=needs, more=st.integers(0, 9))
def test_more_asked_for_never_costs_less_and_another_template_never_more(
    need: list[int], more: int
) -> None:
    horizon = days()
    templates = [shift("four", 4, 8, 14)]
    low = asked_for(horizon, {8 + i: float(n) for i, n in enumerate(need)})
    high = low.copy()
    high[8 + more] += 1

    def cost(asked: np.ndarray, kinds: list[Template]) -> float:
        return cover(horizon, asked, templates=kinds, contracts=ANYBODY, gap=0.0).cost

    assert cost(high, templates) >= cost(low, templates) - 1e-6
    assert cost(low, [*templates, shift("six", 6, 8, 12)]) <= cost(low, templates) + 1e-6


def test_breaks_are_taken_within_their_windows_and_nobody_is_missing() -> None:
    horizon = days(interval_s=1800)
    asked = asked_for(horizon, dict.fromkeys(range(8, 17), 4.0))
    lunch = Break(length_s=1800, after_s=3 * H, before_s=5 * H)
    templates = [
        shift("day", 9, 8, 8, breaks=(lunch,)),
        shift("noon", 4, 11, 12),
    ]
    found = cover(horizon, asked, templates=templates, contracts=ANYBODY)
    assert balanced(found)
    assert not found.under.any()
    for each in found.breaks:
        assert 22 <= each.interval <= 26
    people = sum(each.people for each in found.counts if each.shift.template == 0)
    assert sum(each.people for each in found.breaks) == people


def test_a_break_of_half_an_interval_takes_half_a_person() -> None:
    horizon = days(interval_s=1800)
    asked = asked_for(horizon, dict.fromkeys(range(8, 16), 1.0))
    short = Break(length_s=900, after_s=2 * H, before_s=2 * H, paid=True)
    found = cover(
        horizon, asked, templates=[shift("day", 8, 8, 8, breaks=(short,))], contracts=ANYBODY
    )
    assert found.counts[0].people == 2
    assert found.covered[20] == 1.0  # both have it at once, half an interval each


def test_people_may_be_missing_at_a_price() -> None:
    horizon = days()
    asked = asked_for(horizon, {8: 5.0} | dict.fromkeys(range(9, 16), 1.0))
    templates = [shift("day", 8, 8, 8)]
    dear = cover(horizon, asked, templates=templates, contracts=ANYBODY, under_cost=1000.0)
    cheap = cover(horizon, asked, templates=templates, contracts=ANYBODY, under_cost=2.0)
    assert not dear.under.any()
    assert cheap.under.sum() == 4.0
    assert cheap.under_cost == pytest.approx(8.0)
    assert cheap.cost == pytest.approx(8.0)
    assert balanced(cheap)


def test_people_of_the_night_before_count_until_they_leave() -> None:
    horizon = days()
    asked = asked_for(horizon, dict.fromkeys(range(6), 2.0) | dict.fromkeys(range(6, 14), 1.0))
    templates = [shift("early", 8, 6, 6), shift("night", 8, 22, 22)]
    carried = asked_for(horizon, dict.fromkeys(range(6), 2.0))
    kept = cover(horizon, asked, templates=templates, contracts=ANYBODY, carried=carried)
    assert [each.shift.day for each in kept.counts] == [0]
    planned = cover(horizon, asked, templates=templates, contracts=ANYBODY)
    assert [(each.shift.day, each.people) for each in planned.counts] == [(-1, 2), (0, 1)]
    assert planned.covered[:6].tolist() == [2.0] * 6


def refused(horizon: Horizon, asked: np.ndarray, **rules: Any) -> str:
    with pytest.raises(PlanError) as told:
        cover(horizon, asked, **rules)
    return str(told.value)


def test_a_day_that_nobody_may_work_is_named() -> None:
    horizon = days(7)
    asked = asked_for(horizon, dict.fromkeys(range(8, 16), 1.0))
    weekdays = (0, 1, 2, 3, 4, 5)
    said = refused(
        horizon,
        asked,
        templates=[shift("day", 8, 8, 8)],
        contracts=[Contract(name="all", weekdays=weekdays)],
    )
    assert "no contract may work on that weekday" in said
    assert "Sunday 2024-06-09, between 08:00 and 16:00" in said
    said = refused(
        horizon,
        asked,
        templates=[shift("day", 8, 8, 8, weekdays=weekdays)],
        contracts=[Contract(name="all")],
    )
    assert "no shift may begin on that weekday" in said


def test_too_few_people_are_named_with_how_many_more_it_takes() -> None:
    horizon = days(7)
    asked = asked_for(horizon, dict.fromkeys(range(8, 16), 4.0))
    said = refused(
        horizon,
        asked,
        templates=[shift("day", 8, 8, 8)],
        contracts=[Contract(name="all", most_people=3)],
    )
    assert "at most 3 people of contract 'all': 3 more" in said  # 28 shifts of 5 each


def test_hours_that_no_shift_adds_up_to_are_named() -> None:
    horizon = days(7)
    asked = asked_for(horizon, dict.fromkeys(range(8, 12), 2.0))
    said = refused(
        horizon,
        asked,
        templates=[shift("short", 4, 8, 8)],
        contracts=[Contract(name="full", least_hours=38, least_people=2)],
    )
    assert "at least 38 hours a week for contract 'full'" in said


def test_what_is_asked_must_be_numbers_for_each_interval() -> None:
    horizon = days()
    templates = [shift("day", 8, 8, 8)]
    for asked in (np.ones(3), np.full(24, -1.0), np.full(24, np.nan)):
        with pytest.raises(PlanError, match="number of people"):
            cover(horizon, asked, templates=templates, contracts=ANYBODY)
    with pytest.raises(PlanError, match="no contract"):
        cover(horizon, np.ones(24), templates=templates, contracts=[])
    with pytest.raises(PlanError, match="share a name"):
        cover(horizon, np.ones(24), templates=templates, contracts=ANYBODY * 2)
    with pytest.raises(PlanError, match="no shift template"):
        cover(horizon, np.ones(24), templates=[], contracts=ANYBODY)


def test_nobody_asked_for_means_nobody_rostered() -> None:
    found = cover(days(7), np.zeros(168), templates=[shift("day", 8, 8, 8)], contracts=ANYBODY)
    assert found.counts == ()
    assert found.cost == 0
    assert found.gap == 0


def test_a_dear_sunday_is_worked_by_the_cheaper_contract() -> None:
    horizon = days(1, first=dt.date(2024, 6, 9))
    asked = asked_for(horizon, dict.fromkeys(range(8, 16), 1.0))
    template = shift("day", 8, 8, 8, weekday_cost_factors=(1, 1, 1, 1, 1, 1, 2))
    contracts = [Contract(name="dear", cost_per_h=3), Contract(name="cheap", cost_per_h=2)]
    found = cover(horizon, asked, templates=[template], contracts=contracts)
    assert [each.contract for each in found.counts] == [1]
    assert found.cost == pytest.approx(32.0)
    only = replace(template, contracts=("dear",))
    assert cover(horizon, asked, templates=[only], contracts=contracts).cost == pytest.approx(48.0)


def test_a_rest_that_reaches_over_a_day_is_refused() -> None:
    horizon = days(7)
    asked = asked_for(horizon, dict.fromkeys(range(8, 12), 1.0))
    said = refused(
        horizon,
        asked,
        templates=[shift("late", 12, 23, 23), shift("early", 8, 1, 8)],
        contracts=[Contract(name="all", rest_s=16 * H)],
    )
    assert "reach over the whole next day" in said


def test_one_rule_in_the_way_is_named_and_no_other() -> None:
    horizon = days(14)
    asked = asked_for(horizon, dict.fromkeys(range(8, 16), 4.0))
    rules = Contract(name="all", most_people=6, weekends_off=1)
    said = refused(horizon, asked, templates=[shift("day", 8, 8, 8)], contracts=[rules])
    assert "weekends" in said or "at most 6 people" in said
    assert said.count(";") == 0
    free = replace(rules, weekends_off=0)
    cover(horizon, asked, templates=[shift("day", 8, 8, 8)], contracts=[free])
