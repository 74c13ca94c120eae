from __future__ import annotations

from dataclasses import replace

import numpy as np

from andon.capacity.history import History
from andon.capacity.holes import left_out
from made_days import made_history


def _with(history: History, day: int, start: int, end: int) -> History:
    counts = history.counts.copy()
    counts[day, start:end] = 0
    return replace(history, counts=counts)


def _found(history: History) -> list[int]:
    ordinary = np.ones(len(history.counts), dtype=bool)
    return [day - history.first_day for day in left_out(history, ordinary=ordinary).days]


def test_a_stretch_without_any_contact_is_a_hole() -> None:
    history = made_history(np.random.default_rng(1), days=60)
    assert _found(history) == []
    holed = _with(history, 30, 22, 28)
    assert _found(holed) == [30]
    exposure = left_out(holed, ordinary=np.ones(60, dtype=bool)).history.exposure
    assert exposure[30, 22:28].sum() == 0
    assert exposure.sum() == exposure.size - 6


def test_a_day_that_closed_early_is_no_hole_unless_the_data_end_there() -> None:
    history = made_history(np.random.default_rng(2), days=60)
    assert _found(_with(history, 30, 24, 48)) == []
    assert _found(_with(history, 59, 24, 48)) == [59]
    assert _found(_with(history, 0, 0, 24)) == [0]


def test_special_days_may_close_for_some_hours() -> None:
    holed = _with(made_history(np.random.default_rng(3), days=60), 30, 22, 28)
    ordinary = np.ones(60, dtype=bool)
    ordinary[30] = False
    assert left_out(holed, ordinary=ordinary).days == ()


def test_quiet_hours_of_a_small_queue_are_no_hole() -> None:
    assert _found(made_history(np.random.default_rng(4), days=60, mean=10)) == []
