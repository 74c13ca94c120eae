"""Several chats at once: the curve, its limits, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.concurrency import Slowdown, concurrency_limits, quality

curves = st.lists(st.floats(0.01, 1), min_size=0, max_size=9).map(
    lambda rest: Slowdown(speeds=(1.0, *sorted(rest, reverse=True)))
)


@given(curve=curves, handle_s=st.floats(10, 5000))
@settings(deadline=None)
def test_an_agent_ends_so_many_chats_as_one_can_count(curve: Slowdown, handle_s: float) -> None:
    found = concurrency_limits(slowdown=curve, handle_s=handle_s)
    for i, k in enumerate(found.at_once):
        # k chats, each of which takes handle_s / s(k) seconds.
        takes = handle_s / curve.speeds[i]
        assert found.handle_s[i] == pytest.approx(takes)
        assert found.handled_per_h[i] == pytest.approx(k * 3600 / takes)
        assert curve.work(int(k)) == pytest.approx(k * curve.speeds[i])
    best = found.most_handled_at
    highest = found.handled_per_h.max()
    assert found.handled_per_h[best - 1] == pytest.approx(highest)
    assert np.all(found.handled_per_h[: best - 1] < highest)
    assert found.most_resolved_at is None
    assert np.all(np.isnan(found.resolved_per_h))


@given(curve=curves, fall=st.floats(0, 0.5))
@settings(deadline=None)
def test_where_quality_falls_with_more_chats_its_limit_comes_no_later(
    curve: Slowdown, fall: float
) -> None:
    settles = [0.9 * math.exp(-fall * k) for k in range(curve.most)]
    found = concurrency_limits(slowdown=curve, handle_s=600, resolved_share=settles)
    assert found.most_resolved_at is not None
    assert found.most_resolved_at <= found.most_handled_at
    assert found.resolved_per_h == pytest.approx(found.handled_per_h * np.array(settles))


def test_a_shared_processor_never_gains_and_no_slowing_always_does() -> None:
    shared = concurrency_limits(slowdown=Slowdown.per_chat(extra=1, most=6), handle_s=600)
    assert shared.most_handled_at == 1
    assert shared.handled_per_h == pytest.approx(np.full(6, 6.0))
    free = concurrency_limits(slowdown=Slowdown.per_chat(extra=0, most=6), handle_s=600)
    assert free.most_handled_at == 6
    assert free.handled_per_h == pytest.approx(6.0 * np.arange(1, 7))


def test_a_slowing_per_chat_gains_less_with_each() -> None:
    curve = Slowdown.per_chat(extra=0.3, most=8)
    work = [curve.work(k) for k in range(9)]
    gains = np.diff(work)
    assert np.all(gains > 0)
    assert np.all(np.diff(gains) < 0)
    assert work[8] < 1 / 0.3  # however many


def test_what_it_says_names_both_limits() -> None:
    found = concurrency_limits(
        slowdown=Slowdown.from_handle_times([600, 700, 850, 1200, 2000]),
        handle_s=600,
        resolved_share=[0.8, 0.78, 0.6, 0.4, 0.2],
    )
    assert found.says == (
        "An agent handles most at 3 chats at once: 12.7 an hour, each of 14 min 10 s. "
        "Most matters are settled at 2: 8.0 an hour."
    )


@pytest.mark.parametrize(
    "speeds", [(), (0.9, 0.8), (1, 1.1), (1, 0.0), (1, -1), (1, math.nan), ((1, 0.5),)]
)
def test_a_curve_that_cannot_be_is_refused(speeds: tuple[float, ...]) -> None:
    with pytest.raises(QueueingError, match="speeds"):
        Slowdown(speeds=speeds)


def test_what_the_curve_does_not_tell_is_refused() -> None:
    curve = Slowdown(speeds=(1, 0.8))
    for at_once in (-1, 3):
        with pytest.raises(QueueingError, match="so many chats"):
            curve.work(at_once)
    with pytest.raises(QueueingError, match="resolved_share"):
        concurrency_limits(slowdown=curve, handle_s=60, resolved_share=[0.5])
    with pytest.raises(QueueingError, match="resolved_share"):
        quality([0.5, 1.5], chats=2)
    with pytest.raises(QueueingError, match="extra"):
        Slowdown.per_chat(extra=-1, most=2)
    with pytest.raises(QueueingError, match="most"):
        Slowdown.per_chat(extra=1, most=0)
    with pytest.raises(QueueingError, match="handle_s"):
        concurrency_limits(slowdown=curve, handle_s=0)
