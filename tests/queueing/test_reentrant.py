"""Erlang-R: against the reference table, small steps, closed forms, and a plain simulation."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.changing_load import offered_load
from andon.queueing.intervals import Before
from andon.queueing.laws import Exponential
from andon.queueing.reentrant import (
    ReentrantSinusoid,
    reentrant_load,
    reentrant_load_of_rate,
    reentrant_sinusoid,
)
from oracles import reentrant as oracle

GOLDEN = Path(__file__).parents[1] / "golden" / "erlang_r_sinusoid.csv"
SHARED = Path(__file__).parents[2] / "../shared/reference/erlang_r_sinusoid.csv"

days = st.lists(st.floats(0, 200), min_size=1, max_size=6)
handles = st.floats(30, 6000)
delays = st.floats(30, 200_000)
returns = st.floats(0, 0.95)


def _rows(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8") as lines:
        return [
            {name: float(value) for name, value in row.items()} for row in csv.DictReader(lines)
        ]


def _sinusoid(row: dict[str, float]) -> ReentrantSinusoid:
    return reentrant_sinusoid(
        mean_per_h=row["lam_mean"],
        relative_amplitude=row["lam_rel_amplitude"],
        period_s=row["period"] * 3600,
        handle_s=3600 / row["mu"],
        delay_s=3600 / row["delta"],
        return_share=row["p"],
    )


@pytest.mark.parametrize("row", _rows(GOLDEN), ids=lambda row: f"{row['lam_mean']:g} per hour")
def test_every_column_of_every_reference_row_agrees(row: dict[str, float]) -> None:
    found = _sinusoid(row)
    for name in ("needy", "content", "one_long_service", "extra_arrivals"):
        swing = getattr(found, name)
        assert swing.amplitude_erlangs == pytest.approx(row[f"{name}_amplitude"], rel=1e-12)
        assert swing.phase_rad == pytest.approx(row[f"{name}_phase"], rel=1e-12)
    assert found.needy.mean_erlangs == pytest.approx(row["needy_mean"], rel=1e-12)
    assert found.content.mean_erlangs == pytest.approx(row["content_mean"], rel=1e-12)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared reference tables are not here")
def test_the_copy_is_the_reference_itself() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == SHARED.read_text(encoding="utf-8")


def test_rows_are_computed_together_as_one_by_one() -> None:
    rows = _rows(GOLDEN)
    together = _sinusoid({name: np.array([row[name] for row in rows]) for name in rows[0]})  # type: ignore[misc]
    for i, row in enumerate(rows):
        single = _sinusoid(row)
        for name in ("needy", "content", "no_returns"):
            swing = getattr(together, name)
            one = getattr(single, name)
            assert swing.amplitude_erlangs[i] == pytest.approx(one.amplitude_erlangs, rel=1e-14)
            assert swing.lag_s[i] == pytest.approx(one.lag_s, rel=1e-12)


@given(
    relative=st.floats(0.01, 1),
    period_s=st.floats(600, 10**6),
    handle_s=handles,
    delay_s=delays,
    return_share=st.floats(0.01, 0.95),
)
@settings(deadline=None)
def test_both_shortcuts_always_swing_more_than_the_load(
    relative: float, period_s: float, handle_s: float, delay_s: float, return_share: float
) -> None:
    found = reentrant_sinusoid(
        mean_per_h=50,
        relative_amplitude=relative,
        period_s=period_s,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
    )
    amplitude = found.needy.amplitude_erlangs
    assert found.one_long_service.amplitude_erlangs >= amplitude * (1 - 1e-12)
    assert found.extra_arrivals.amplitude_erlangs >= amplitude * (1 - 1e-12)
    assert found.extra_arrivals.amplitude_erlangs >= found.one_long_service.amplitude_erlangs * (
        1 - 1e-12
    )
    assert found.no_returns.mean_erlangs < found.needy.mean_erlangs
    assert found.needy.lag_s > 0


def test_a_return_without_delay_is_one_long_service_and_without_returns_all_are_one() -> None:
    asked = {
        "mean_per_h": 50.0,
        "relative_amplitude": 0.5,
        "period_s": 86_400.0,
        "handle_s": 1800.0,
    }
    at_once = reentrant_sinusoid(**asked, delay_s=1e-6, return_share=0.5)
    assert at_once.needy.amplitude_erlangs == pytest.approx(
        at_once.one_long_service.amplitude_erlangs, rel=1e-8
    )
    never = reentrant_sinusoid(**asked, delay_s=7200, return_share=0)
    for name in ("one_long_service", "extra_arrivals", "no_returns"):
        amplitude = getattr(never, name).amplitude_erlangs
        assert amplitude == pytest.approx(never.needy.amplitude_erlangs, rel=1e-14)
    assert never.content.amplitude_erlangs == 0


def test_a_swing_is_told_at_any_time() -> None:
    (row, *_) = _rows(GOLDEN)
    needy = _sinusoid(row).needy
    lag = float(needy.lag_s)
    peak = row["period"] * 900 + lag
    assert needy.at(peak) == pytest.approx(row["needy_mean"] + row["needy_amplitude"])
    assert needy.at(peak + row["period"] * 1800) == pytest.approx(
        row["needy_mean"] - row["needy_amplitude"]
    )


@given(day=days, handle_s=handles, delay_s=delays, return_share=returns, opens=st.booleans())
@settings(deadline=None, max_examples=30)
def test_steps_agree_with_small_steps_of_the_equations(
    day: list[float], handle_s: float, delay_s: float, return_share: float, opens: bool
) -> None:
    before: Before = "nobody" if opens else "steady"
    found = reentrant_load(
        arrivals_per_h=day,
        interval_s=300,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
        before=before,
    )
    first = 0.0 if opens else day[0] / 3600 / (1 - return_share)
    state = (first * handle_s, first * return_share * delay_s)
    for i, rate in enumerate(day):
        needy, content, mean_needy, mean_content = oracle.loads(
            lambda _, rate=rate: rate / 3600,  # type: ignore[misc]
            start=state,
            from_s=0,
            seconds=300,
            mu=1 / handle_s,
            delta=1 / delay_s,
            p=return_share,
        )
        assert found.needy_erlangs[i + 1] == pytest.approx(needy, rel=1e-6, abs=1e-7)
        assert found.content[i + 1] == pytest.approx(content, rel=1e-6, abs=1e-7)
        assert found.interval_needy_erlangs[i] == pytest.approx(mean_needy, rel=1e-6, abs=1e-7)
        assert found.interval_content[i] == pytest.approx(mean_content, rel=1e-6, abs=1e-7)
        state = (needy, content)


@given(day=days, handle_s=handles, delay_s=delays, return_share=returns)
@settings(deadline=None)
def test_a_repeating_days_means_are_those_of_constant_arrivals(
    day: list[float], handle_s: float, delay_s: float, return_share: float
) -> None:
    found = reentrant_load(
        arrivals_per_h=day,
        interval_s=1800,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
        before="periodic",
    )
    customers = np.mean(day) / 3600 / (1 - return_share)
    assert found.interval_needy_erlangs.mean() == pytest.approx(customers * handle_s, rel=1e-8)
    assert found.interval_content.mean() == pytest.approx(
        customers * return_share * delay_s, rel=1e-8, abs=1e-9
    )
    assert found.needy_erlangs[-1] == pytest.approx(found.needy_erlangs[0], rel=1e-9)


@given(day=days, handle_s=handles, delay_s=delays, return_share=returns)
@settings(deadline=None)
def test_who_came_is_settled_or_still_there(
    day: list[float], handle_s: float, delay_s: float, return_share: float
) -> None:
    found = reentrant_load(
        arrivals_per_h=day,
        interval_s=600,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
    )
    came = sum(day) / 3600 * 600
    settled = (1 - return_share) * found.interval_needy_erlangs.sum() * 600 / handle_s
    there = found.needy_erlangs[-1] + found.content[-1]
    assert settled + there == pytest.approx(came, rel=1e-8, abs=1e-9)


@given(
    day=days,
    handle_s=handles,
    delay_s=delays,
    return_share=returns,
    before=st.sampled_from(["nobody", "steady", "periodic"]),
)
@settings(deadline=None)
def test_any_instant_agrees_with_finer_intervals(
    day: list[float], handle_s: float, delay_s: float, return_share: float, before: Before
) -> None:
    at = np.arange(4 * len(day) + 1) * 150.0
    found = reentrant_load(
        arrivals_per_h=day,
        interval_s=600,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
        at_s=at,
        before=before,
    )
    finer = reentrant_load(
        arrivals_per_h=np.repeat(day, 4),
        interval_s=150,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
        before=before,
    )
    assert found.needy_erlangs == pytest.approx(finer.needy_erlangs, rel=1e-8, abs=1e-9)
    assert found.content == pytest.approx(finer.content, rel=1e-8, abs=1e-9)
    means = finer.interval_needy_erlangs.reshape(-1, 4).mean(axis=1)
    assert found.interval_needy_erlangs == pytest.approx(means, rel=1e-8, abs=1e-9)


@given(day=days, handle_s=handles, before=st.sampled_from(["nobody", "steady", "periodic"]))
@settings(deadline=None)
def test_without_returns_it_is_the_offered_load(
    day: list[float], handle_s: float, before: Before
) -> None:
    found = reentrant_load(
        arrivals_per_h=day,
        interval_s=600,
        handle_s=handle_s,
        delay_s=900,
        return_share=0,
        before=before,
    )
    plain = offered_load(
        arrivals_per_h=day, interval_s=600, handle=Exponential(mean_s=handle_s), before=before
    )
    assert found.needy_erlangs == pytest.approx(plain.load_erlangs, rel=1e-8, abs=1e-9)
    assert found.interval_needy_erlangs == pytest.approx(plain.interval_erlangs, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("row", _rows(GOLDEN), ids=lambda row: f"{row['lam_mean']:g} per hour")
def test_a_sine_carries_on_as_the_closed_form_says(row: dict[str, float]) -> None:
    period = row["period"] * 3600

    def rate(t: float) -> float:
        return row["lam_mean"] * (1 + row["lam_rel_amplitude"] * math.sin(2 * math.pi * t / period))

    closed = _sinusoid(row)
    found = reentrant_load_of_rate(
        rate_per_h=rate,
        until_s=period,
        interval_s=period / 4,
        handle_s=3600 / row["mu"],
        delay_s=3600 / row["delta"],
        return_share=row["p"],
        needy_at_start=float(closed.needy.at(0)),
        content_at_start=float(closed.content.at(0)),
    )
    needy, content = closed.needy.at(found.at_s), closed.content.at(found.at_s)
    assert found.needy_erlangs == pytest.approx(np.asarray(needy), rel=1e-9)
    assert found.content == pytest.approx(np.asarray(content), rel=1e-9)
    assert found.interval_needy_erlangs.mean() == pytest.approx(row["needy_mean"], rel=1e-9)
    assert found.interval_content.mean() == pytest.approx(row["content_mean"], rel=1e-9)


def test_a_constant_rate_from_empty_is_the_one_of_steps() -> None:
    asked = {"interval_s": 600.0, "handle_s": 500.0, "delay_s": 3000.0, "return_share": 0.4}
    found = reentrant_load_of_rate(rate_per_h=lambda _: 60.0, until_s=3000, **asked)
    steps = reentrant_load(arrivals_per_h=[60.0] * 5, before="nobody", **asked)
    assert found.needy_erlangs == pytest.approx(steps.needy_erlangs, rel=1e-9)
    assert found.interval_content == pytest.approx(steps.interval_content, rel=1e-9)


def test_days_are_told_apart_along_the_last_axis() -> None:
    rates = np.random.default_rng(2).uniform(0, 90, (2, 3, 5))
    asked = {"interval_s": 900.0, "handle_s": 700.0, "delay_s": 5000.0, "return_share": 0.4}
    befores: tuple[Before, ...] = ("nobody", "steady", "periodic")
    for before in befores:
        many = reentrant_load(arrivals_per_h=rates, before=before, at_s=[10, 4000], **asked)
        one = reentrant_load(arrivals_per_h=rates[1, 2], before=before, at_s=[10, 4000], **asked)
        assert many.needy_erlangs[1, 2] == pytest.approx(one.needy_erlangs)
        assert many.interval_content[1, 2] == pytest.approx(one.interval_content)


@pytest.mark.slow
def test_a_plain_simulation_with_endless_agents_finds_the_loads() -> None:
    rng = np.random.default_rng(3)
    day, step, handle_s, delay_s, back = [200.0, 40.0, 0.0], 1800.0, 900.0, 2400.0, 0.5
    at = np.array([900.0, 1800.0, 3600.0, 5000.0])
    found = reentrant_load(
        arrivals_per_h=day,
        interval_s=step,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=back,
        at_s=at,
    )
    runs, needy, content = 2000, np.zeros(4), np.zeros(4)
    for i, rate in enumerate(day):
        n = rng.poisson(runs * rate * step / 3600)
        now = rng.uniform(i * step, (i + 1) * step, n)
        while len(now):
            done = now + rng.exponential(handle_s, len(now))
            needy += ((now <= at[:, None]) & (at[:, None] < done)).sum(axis=1)
            done = done[rng.random(len(done)) < back]
            again = done + rng.exponential(delay_s, len(done))
            content += ((done <= at[:, None]) & (at[:, None] < again)).sum(axis=1)
            now = again
    # Counts of an infinite-server network are Poisson.
    for counted, exact in ((needy, found.needy_erlangs), (content, found.content)):
        assert np.all(np.abs(counted / runs - exact) < 4 * np.sqrt(exact / runs))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals_per_h": [-1.0]}, "arrivals_per_h"),
        ({"arrivals_per_h": 1.0}, "arrivals_per_h"),
        ({"interval_s": 0}, "interval_s"),
        ({"handle_s": 0}, "handle_s"),
        ({"handle_s": [60, 70]}, "handle_s"),
        ({"delay_s": math.nan}, "delay_s"),
        ({"return_share": 1}, "return_share"),
        ({"return_share": [0.1]}, "return_share"),
        ({"return_share": 1.2}, "return_share"),
        ({"before": "noon"}, "before"),
        ({"at_s": -1}, "at_s"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    asked: dict[str, object] = {
        "arrivals_per_h": [10.0, 20.0],
        "interval_s": 900.0,
        "handle_s": 60,
        "delay_s": 600,
        "return_share": 0.2,
    }
    with pytest.raises(QueueingError) as caught:
        reentrant_load(**(asked | wrong))  # type: ignore[arg-type]
    assert field in str(caught.value)


def test_a_rate_below_nothing_and_a_broken_last_interval_are_refused() -> None:
    asked = {"interval_s": 600.0, "handle_s": 60.0, "delay_s": 600.0, "return_share": 0.2}
    with pytest.raises(QueueingError, match="rate_per_h"):
        reentrant_load_of_rate(rate_per_h=lambda t: 100 - t, until_s=600, **asked)
    with pytest.raises(QueueingError, match="until_s"):
        reentrant_load_of_rate(rate_per_h=lambda _: 100.0, until_s=900, **asked)
