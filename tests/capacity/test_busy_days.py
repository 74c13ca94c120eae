"""Busy days: the correlation is found again, and put in without changing a drawn day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pytest

from andon.capacity.busy_days import BusyDays, busy_days, drawn_together
from andon.capacity.calendar import Calendar, Event
from andon.capacity.courses import Courses
from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.errors import PlanError

Floats = npt.NDArray[np.float64]

FIRST = (dt.date(2023, 1, 2) - dt.date(1970, 1, 1)).days
SWING = 0.15


def pasts(
    rho: float, *, a_day: tuple[float, float] = (600.0, 300.0), seed: int = 1
) -> list[Floats]:
    """Counts of 40 weeks of two lines whose log levels correlate by ``rho``; Sundays are quiet."""
    rng = np.random.default_rng(seed)
    common = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=280)
    week = np.tile([1.2, 1.0, 1.0, 0.9, 0.9, 0.5, 0.2], 40)
    return [
        rng.poisson(n * week * np.exp(SWING * common[:, i])).astype(np.float64)
        for i, n in enumerate(a_day)
    ]


def history(name: str, a_day: Floats) -> History:
    counts = np.zeros((len(a_day), 24))
    counts[:, 10] = a_day
    return History(
        queue=name,
        zone="UTC",
        interval_s=3600,
        first_day=FIRST,
        counts=counts,
        exposure=np.ones_like(counts),
        seen=np.full(len(a_day), True),
        handled=counts,
        handle_total_s=200 * counts,
    )


def found(rho: float, **more: object) -> BusyDays:
    made = pasts(rho, **more)  # type: ignore[arg-type]
    return busy_days(
        {name: history(name, row) for name, row in zip("ab", made, strict=True)}, Calendar()
    )


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.5, 0.8])
def test_how_days_hang_together_is_found_again(rho: float) -> None:
    told = [found(rho, seed=seed).correlation[0, 1] for seed in range(8)]
    assert np.mean(told) == pytest.approx(rho, abs=0.06)
    assert np.max(np.abs(np.subtract(told, rho))) < 0.25


def test_chance_between_few_contacts_does_not_hide_it() -> None:
    told = [found(0.8, a_day=(120.0, 120.0), seed=seed).correlation[0, 1] for seed in range(12)]
    raw = np.corrcoef(np.log(np.array(pasts(0.0, a_day=(120.0, 120.0))) + 0.5))
    assert np.mean(told) == pytest.approx(0.8, abs=0.1)
    assert raw[0, 1] > 0.8, "weekdays alone would have seemed to hang together"


def test_where_it_cannot_be_told_lines_are_left_alone() -> None:
    assert found(0.8, a_day=(3.0, 3.0)).correlation[0, 1] == 0
    short = {name: history(name, row[:21]) for name, row in zip("ab", pasts(0.8), strict=True)}
    assert np.array_equal(busy_days(short, Calendar()).correlation, np.eye(2))
    steady = {name: history(name, np.full(200, 50.0)) for name in "ab"}
    assert np.array_equal(busy_days(steady, Calendar()).correlation, np.eye(2))


def test_a_holiday_does_not_make_lines_hang_together() -> None:
    special = range(5, 280, 9)
    day = dt.date(1970, 1, 1) + dt.timedelta(days=FIRST)
    known = Calendar(
        events={day + dt.timedelta(days=i): (Event(name="Sale", kind="own"),) for i in special}
    )
    naive, told = [], []
    for seed in range(6):
        rows = pasts(0.0, seed=seed)
        for row in rows:
            row[list(special)] *= 4
        made = {name: history(name, row) for name, row in zip("ab", rows, strict=True)}
        naive.append(busy_days(made, Calendar()).correlation[0, 1])
        told.append(busy_days(made, known).correlation[0, 1])
    assert abs(np.mean(told)) < 0.08
    assert np.mean(naive) > 0.2


HORIZON = Horizon.of(dt.date(2024, 1, 1), days=6, zone="UTC", interval_s=3600)


def drawn(count: int = 200, lines: str = "ab", *, seed: int = 3) -> list[Courses]:
    """Days whose level wanders on from day to day, the last of them closed for all."""
    rng = np.random.default_rng(seed)
    made = []
    for name in lines:
        steps = rng.normal(size=(count, 6))
        level = np.empty_like(steps)
        level[:, 0] = steps[:, 0]
        for day in range(1, 6):
            level[:, day] = 0.8 * level[:, day - 1] + 0.6 * steps[:, day]
        day_level = 100 * np.exp(0.3 * level)
        day_level[:, 5] = 0
        shape = rng.dirichlet(np.ones(24), size=(count, 6)).reshape(count, -1)
        contacts = day_level[:, HORIZON.day_index] * shape
        made.append(
            Courses(
                queue=name,
                horizon=HORIZON,
                contacts=contacts,
                handle_s=200 + 50 * rng.random(contacts.shape),
                handle_cv=1.0,
                open=np.full(144, True),
            )
        )
    return made


def daily(courses: Courses) -> Floats:
    return np.array([courses.contacts[:, HORIZON.day_index == d].sum(axis=1) for d in range(6)])


def wanted(*rows: list[float]) -> BusyDays:
    return BusyDays(lines=tuple("abc"[: len(rows)]), correlation=np.array(rows), days=100)


def test_days_that_were_drawn_alone_come_together_as_wanted() -> None:
    alone = drawn()
    together = drawn_together(alone, wanted([1, 0.7], [0.7, 1]))
    for day in range(5):
        before, after = (
            np.corrcoef(np.log([daily(each)[day] for each in made]))[0, 1]
            for made in (alone, together)
        )
        assert abs(before) < 0.25
        assert after == pytest.approx(0.7, abs=0.04)


def test_every_line_keeps_every_day_that_was_drawn_for_it() -> None:
    alone = drawn(lines="abc")
    together = drawn_together(
        alone,
        wanted([1, 0.7, -0.2], [0.7, 1, 0.1], [-0.2, 0.1, 1]),
        parts=(slice(0, 150), slice(150, None)),
    )
    for before, after in zip(alone, together, strict=True):
        for part in (slice(0, 150), slice(150, None)):
            for day in range(6):
                today = HORIZON.day_index == day
                rows = [
                    sorted(
                        map(
                            tuple,
                            np.hstack([each.contacts, each.handle_s])[part][:, np.tile(today, 2)],
                        )
                    )
                    for each in (before, after)
                ]
                assert rows[0] == rows[1]
        assert np.array_equal(daily(before)[5], daily(after)[5])


def test_a_busy_day_is_still_followed_by_a_busy_day() -> None:
    alone = drawn(400)
    together = drawn_together(alone, wanted([1, 0.6], [0.6, 1]))
    for before, after in zip(alone, together, strict=True):
        for day in range(4):
            follows = [
                np.corrcoef(np.log(daily(each)[day : day + 2]))[0, 1] for each in (before, after)
            ]
            assert follows[1] == pytest.approx(follows[0], abs=0.12)


def test_lines_that_do_not_hang_together_stay_as_they_were_drawn() -> None:
    alone = drawn()
    kept = drawn_together(alone, wanted([1, 0], [0, 1]))
    assert all(a is b for a, b in zip(alone, kept, strict=True))


def test_pairs_that_contradict_each_other_are_still_possible() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 280))
    rows = {
        "a": history("a", 500 * np.exp(0.2 * a)),
        "b": history("b", 500 * np.exp(0.2 * b)),
        "c": history("c", 500 * np.exp(0.2 * (0.7 * a + 0.7 * b))),
    }
    correlation = busy_days(rows, Calendar()).correlation
    assert np.linalg.eigvalsh(correlation).min() > 0
    assert np.diag(correlation) == pytest.approx(np.ones(3))


def test_lines_drawn_for_other_days_are_refused() -> None:
    one, other = drawn(50)[0], drawn(60)[1]
    with pytest.raises(PlanError, match="as many courses"):
        drawn_together([one, other], wanted([1, 0.5], [0.5, 1]))
