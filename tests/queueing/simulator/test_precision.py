"""A wanted precision: how many more runs it takes, and when it is said to be out of reach."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing.simulator.precision import Precision
from andon.queueing.simulator.runs import simulate
from simulated import team


def rough(half: float, value: float = 0.8) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, unit="share", n=9, method="-")


@given(half=st.floats(1e-4, 0.2), wanted=st.floats(1e-4, 0.2), runs=st.integers(2, 500))
def test_each_round_goes_on_by_what_is_missing_and_never_more_than_doubles(
    half: float, wanted: float, runs: int
) -> None:
    more = Precision(absolute=wanted, most_replications=10_000).more(rough(half), runs)
    if half <= wanted:
        assert more == 0
    else:
        needed = runs * (half / wanted) ** 2
        assert 1 <= more <= runs
        assert runs + more <= math.ceil(needed) + 1


def test_relative_precision_is_about_the_truth_and_not_about_the_figure() -> None:
    """A figure within 10 % of the truth is within 9.09 % of itself."""
    assert Precision(relative=0.1).half_width(rough(0.1, value=1.0)) == pytest.approx(0.1 / 1.1)


def test_it_stops_at_the_most() -> None:
    precision = Precision(absolute=1e-9, most_replications=30)
    assert precision.more(rough(0.1), 20) == 10
    assert precision.more(rough(0.1), 30) == 0
    assert Precision(relative=0.1).more(rough(0.0, value=0.0), 20) == 0


def test_a_figure_that_is_not_known_needs_more_runs() -> None:
    unknown = Unknown(unit="s", why="all alike", needs="longer runs")
    assert Precision(relative=0.1, most_replications=100).more(unknown, 20) == 20


@pytest.mark.parametrize("of", ["service_level.of_offered", "mean_wait_s", "occupancy"])
def test_a_simulation_goes_on_until_it_is_sharp(of: str) -> None:
    precision = Precision(of=of, relative=0.05, most_replications=3000)
    found = simulate(team(), replications=4, precision=precision)
    assert found.precision is not None
    assert found.precision.reached
    assert found.precision.rounds >= 1
    figure = {**found.figures("contacts"), **found.figures("staff")}[of]
    assert isinstance(figure, Estimate)
    reach = max(figure.high - figure.value, figure.value - figure.low)
    assert reach <= 0.05 / 1.05 * figure.value
    assert found.precision.half_width == reach
    assert found.replications >= 12  # a dozen at least, however few were asked for


def test_what_is_out_of_reach_is_said_to_be() -> None:
    precision = Precision(relative=1e-6, most_replications=25)
    found = simulate(team(), replications=4, precision=precision)
    assert found.precision is not None
    assert not found.precision.reached
    assert found.replications == 25
    assert math.isfinite(found.precision.half_width)


def test_a_figure_without_a_meaning_in_this_model_is_never_reached() -> None:
    precision = Precision(of="late", relative=0.1, most_replications=24)
    found = simulate(team(), replications=4, precision=precision)
    assert found.precision is not None
    assert not found.precision.reached
    assert math.isnan(found.precision.half_width)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({}, "either relative or absolute"),
        ({"relative": 0.1, "absolute": 0.1}, "either relative or absolute"),
        ({"relative": 0.0}, "precision"),
        ({"absolute": math.nan}, "precision"),
        ({"relative": 0.1, "of": "service_level"}, "no such figure"),
        ({"relative": 0.1, "most_replications": 1}, "most_replications"),
    ],
)
def test_a_precision_that_means_nothing_is_an_error(said: dict[str, float], match: str) -> None:
    with pytest.raises(QueueingError, match=match) as caught:
        Precision(**said)  # type: ignore[arg-type]  # that is what is tested
    assert caught.value.todo
