from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from andon.capacity.calendar import Calendar, Event
from andon.capacity.special_days import Mark, SpecialDays, fit_special_days, marks_of

SHORT = np.array([False] * 5 + [True, True])
D = dt.date  # 1 January 2024 is a Monday


def _holiday(name: str = "a") -> Mark:
    return Mark(kind="holiday", name=name)


def _fit(
    marks: list[Mark | None], effects: list[float], *, shut: list[bool] | None = None
) -> SpecialDays:
    n = len(marks)
    return fit_special_days(
        marks,
        weekday=np.zeros(n, dtype=np.int64),
        log=7 + np.array(effects),
        noise=np.full(n, 0.001),
        expected=np.full(n, 7.0),
        shut=np.array(shut or [False] * n),
        short=SHORT,
        swing=0.1,
        quietest=-2.0,
    )


def _drawn(fit: SpecialDays, marks: list[Mark | None], *, weekday: int = 0) -> np.ndarray:
    shape = (4000, len(marks))
    made: np.ndarray = fit.drawn(
        marks,
        full=np.full(shape, 7.0),
        ordinary=np.full(shape, 7.0 if not SHORT[weekday] else 5.0),
        swing=np.zeros(shape),
        weekday=np.full(len(marks), weekday),
        rng=np.random.default_rng(1),
    )
    return made


def test_a_name_that_was_seen_is_drawn_as_it_was() -> None:
    fit = _fit([_holiday("a"), _holiday("a"), _holiday("b")], [-1.0, -1.1, -2.5])
    drawn = _drawn(fit, [_holiday("a"), _holiday("b"), _holiday("c"), None])
    middle = np.median(drawn, axis=0) - 7
    assert middle[0] == pytest.approx(-1.05, abs=0.15)
    assert middle[1] == pytest.approx(-2.4, abs=0.3)
    assert -2.5 < middle[2] < -1.0
    assert middle[3] == 0
    # A name that was never seen is drawn wider than one that was.
    assert drawn[:, 2].std() > 1.5 * drawn[:, 0].std()


def test_a_holiday_on_a_short_weekday_leaves_it_as_it_is_where_that_is_less() -> None:
    fit = _fit([_holiday("a"), _holiday("a")], [-1.0, -1.1])
    assert np.median(_drawn(fit, [_holiday("a")], weekday=5)) == pytest.approx(5.0, abs=0.01)


def test_a_holiday_where_none_was_ever_seen_lies_between_ordinary_and_quietest() -> None:
    drawn = _drawn(_fit([None], [0.0]), [_holiday()])[:, 0] - 7
    assert np.median(drawn) == pytest.approx(-1.0, abs=0.1)
    assert drawn.std() > 0.8


def test_an_event_that_was_never_seen_has_no_effect_and_a_wide_spread() -> None:
    mark = Mark(kind="own", name="", own=("sale",))
    drawn = _drawn(_fit([None], [0.0]), [mark])[:, 0] - 7
    assert np.median(drawn) == pytest.approx(0.0, abs=0.03)
    assert drawn.std() == pytest.approx(0.4, abs=0.03)


def test_events_of_ones_own_have_nothing_in_common() -> None:
    sale = Mark(kind="own", name="", own=("sale",))
    fit = _fit([sale, sale, sale], [1.0, 0.9, 1.1])
    other = Mark(kind="own", name="", own=("letter",))
    drawn = _drawn(fit, [sale, other]) - 7
    assert np.median(drawn[:, 0]) == pytest.approx(0.95, abs=0.15)
    assert abs(np.median(drawn[:, 1])) < 0.1


def test_a_stated_factor_counts_and_is_taken_out_of_the_past() -> None:
    known = Mark(kind=None, name="", log_factor=np.log(1.4))
    drawn = _drawn(_fit([None], [0.0]), [known])[:, 0]
    np.testing.assert_allclose(drawn, 7 + np.log(1.4))
    both = Mark(kind="holiday", name="a", log_factor=np.log(2))
    fit = _fit([both, both, both], [-0.3, -0.3, -0.3])
    assert fit.typical("holiday") == pytest.approx(-0.3 - np.log(2))


def test_holidays_on_which_nobody_came_are_closed() -> None:
    fit = _fit([_holiday("a"), _holiday("b")], [np.nan, np.nan], shut=[True, True])
    assert np.isneginf(_drawn(fit, [_holiday("c")])).all()
    mixed = _fit(
        [_holiday("a"), _holiday("b"), _holiday("c")], [np.nan, -1, -1], shut=[True, False, False]
    )
    assert mixed.closed(_holiday("a"))
    assert not mixed.closed(_holiday("b"))
    assert not mixed.closed(_holiday("new"))


def test_a_closed_day_is_closed_whatever_else_it_is() -> None:
    day = D(2024, 1, 1)
    events = (Event(name="New Year", kind="holiday"), Event(name="Stocktaking", kind="closed"))
    (mark,) = marks_of(Calendar(events={day: events}), [day], short=SHORT)
    assert mark is not None
    assert mark.kind == "closed"
    assert _fit([None], [0.0]).closed(mark)


def test_the_first_full_day_after_a_holiday_is_marked_over_a_short_weekend() -> None:
    friday = D(2024, 1, 5)
    calendar = Calendar(events={friday: (Event(name="a", kind="holiday"),)})
    days = [friday + dt.timedelta(days=i) for i in range(5)]
    kinds = [each.kind if each else None for each in marks_of(calendar, days, short=SHORT)]
    assert kinds == ["holiday", None, None, "after", None]


def test_the_day_after_counts_only_where_it_was_seen() -> None:
    after = Mark(kind="after", name="")
    np.testing.assert_allclose(_drawn(_fit([None], [0.0]), [after]), 7.0)
    fit = _fit([after] * 4, [0.3, 0.25, 0.35, 0.3])
    assert np.median(_drawn(fit, [after])) - 7 == pytest.approx(0.28, abs=0.06)
