"""The record of the price of a second in its small form: it fails when interval or refusal do."""

from __future__ import annotations

import numpy as np
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.proving.price import FULL, SMALL, PriceSetting, price_record


def share(figure: object) -> float:
    assert isinstance(figure, Estimate)
    return figure.value


@pytest.mark.slow
def test_intervals_hold_the_truth_and_the_naive_slope_does_not() -> None:
    """Of 16 intervals at 95 %, fewer than 13 hold it once in 150 times."""
    [found] = price_record(SMALL[:1])
    assert found.told >= 13
    assert share(found.refused) <= 3 / 16
    assert share(found.held) >= 13 / 16
    assert found.truth < 0
    assert found.naive - found.truth > 2 * abs(found.mean - found.truth)


@pytest.mark.slow
@pytest.mark.parametrize("setting", SMALL[1:], ids=lambda each: each.name)
def test_where_the_design_does_not_hold_no_price_is_told(setting: PriceSetting) -> None:
    [found] = price_record([setting])
    assert share(found.refused) == 1
    assert found.told == 0
    assert np.isnan(found.mean)


def test_the_same_seed_gives_the_same_record_whatever_else_is_asked() -> None:
    quick = PriceSetting(name="few", holds=False, seats=3, per_h=20.0, days=8.0, runs=2)
    other = PriceSetting(name="others", holds=False, seats=3, per_h=20.0, days=8.0, runs=1)
    [alone] = price_record([quick])
    _, beside = price_record([other, quick])
    assert alone.reasons == beside.reasons
    assert alone.refused == beside.refused


def test_every_kind_of_the_full_form_has_a_name_of_its_own() -> None:
    names = [each.name for each in (*FULL, *SMALL)]
    assert len(set(names)) >= len(FULL)
    assert sum(each.runs for each in FULL if each.holds) >= 300
    assert sum(each.runs for each in FULL if each.holds is False) >= 300


def test_no_runs_are_no_record() -> None:
    with pytest.raises(QuestionError, match="something to simulate"):
        price_record(runs=0)
