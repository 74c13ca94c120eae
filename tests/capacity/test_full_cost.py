"""Full cost: it adds up, and money is named only where it is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from andon.capacity.full_cost import FullCost, Rates, full_cost
from andon.errors import PlanError

ONES = np.ones(3)


def _cost(rates: Rates, **changes: float) -> FullCost:
    counts = {"answered": 900.0, "returns": 200.0, "redials": 50.0, "lost": 50.0} | changes
    return full_cost(
        rates.draw(3, np.random.default_rng(1)),
        answered=counts["answered"] * ONES,
        returns=counts["returns"] * ONES,
        redials=counts["redials"] * ONES,
        lost=counts["lost"] * ONES,
        waiting_h=10.0 * ONES,
        handle_s=360.0,
        work_s=360.0,
        bot_sessions=counts.get("bot", 0.0),
    )


def test_every_part_is_what_it_says() -> None:
    rates = Rates(per_hour=40.0)
    found = _cost(rates)
    drawn = rates.draw(3, np.random.default_rng(1)).drawn
    assert found.work_h == pytest.approx(90 * ONES)
    assert found.repeat_h == pytest.approx(90 * 0.2 * ONES)
    assert found.talking_h == pytest.approx(90 * drawn["on_the_line"])
    assert found.coming_back_h == pytest.approx(250 * drawn["effort_s"] / 3600)
    assert found.complaints == pytest.approx(250 * drawn["complaints"])
    assert found.customers_h == pytest.approx(
        10 + found.talking_h + found.coming_back_h + found.bot_h
    )
    assert found.money == pytest.approx(40 * found.staff_h)


def test_customers_who_leave_count_where_their_worth_is_told() -> None:
    without, with_ = _cost(Rates(per_hour=40.0)), _cost(Rates(per_hour=40.0, customer_worth=100.0))
    assert with_.money is not None
    assert without.money is not None
    assert with_.money - without.money == pytest.approx(100 * with_.customers_leaving)


def test_without_the_cost_of_an_hour_there_is_no_money() -> None:
    assert _cost(Rates(customer_worth=100.0)).money is None


def test_every_default_is_an_assumption_with_doubt_and_a_reason() -> None:
    for each in Rates().assumptions:
        assert each.source == "assumed"
        assert each.low < each.value < each.high
        assert each.why


def test_rates_below_nothing_are_refused() -> None:
    with pytest.raises(PlanError, match="0 or more"):
        Rates(effort_s=replace(Rates().effort_s, low=-1.0))
    with pytest.raises(PlanError, match="above 0"):
        Rates(per_hour=0.0)
