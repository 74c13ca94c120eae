"""Cases parked because of a limit: found with their size, and nothing found where none is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.near_limit import NEAR
from andon.goodhart.parked_cases import parked_cases

LIMIT_S, NEAR_S = 8 * 3600.0, 0.4 * 3600
VOLVO = Path(__file__).parents[2] / "../shared/data/bpi2013_volvo_incidents/vinst_incidents.parquet"


def histories(
    seed: int, *, n: int = 3000, parked: float = 0.0, rest: str = "over"
) -> dict[str, Any]:
    """Work of a gamma's length; honest waits, likelier early; parking in the band at the limit.

    Of the cases that come into that band, ``parked`` enter the state there once. The ``rest`` of
    the work is then "over" afterwards, with the clock on, or done "meanwhile".
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, bool, float, float]] = []
    for i in range(n):
        work, now, done = rng.gamma(2.5, 3.2) * 3600, rng.uniform(0, 90 * 86400), 0.0
        marks = list(work * rng.beta(1, 1.6, size=rng.poisson(0.9)))
        parks = work > LIMIT_S - NEAR_S and rng.random() < parked
        at = LIMIT_S - NEAR_S * rng.random()
        if parks and at < work:
            marks = [mark for mark in marks if mark < at or rest == "over"] + [at]
        for mark in [*sorted(marks), work]:
            rows.append((i, False, now, now + mark - done))
            now, done = now + mark - done, mark
            if mark < work:
                waits = rng.exponential(6 * 3600.0)
                ends_here = parks and mark == at and rest == "meanwhile"
                waits = max(waits, work - at) if ends_here else waits
                rows.append((i, True, now, now + waits))
                now += waits
                if ends_here:
                    break
    case, stops, begun, ended = (np.array(each) for each in zip(*rows, strict=True))
    return {
        "case": case,
        "stops": stops,
        "begun_s": begun,
        "ended_s": ended,
        "customer": case // 2,
        "limit_s": LIMIT_S,
        "near_s": NEAR_S,
    }


def test_customers_who_owe_an_answer_are_no_parking() -> None:
    found = [parked_cases(**histories(seed, n=1500)) for seed in range(12)]
    assert sum(each.entries.p_value < 0.05 for each in found) <= 2
    assert sum(each.time.p_value < 0.05 for each in found) <= 2


@pytest.mark.slow
def test_at_most_one_in_twenty_is_flagged_without_parking() -> None:
    found = [parked_cases(**histories(seed, n=1500)) for seed in range(100)]
    # 5 % of 100 are 5; 10 and more have a chance of 3 in 100.
    assert sum(each.entries.p_value < 0.05 for each in found) <= 9
    assert sum(each.time.p_value < 0.05 for each in found) <= 9


def test_parking_is_found_with_its_size() -> None:
    """One in ten of those who come into the band enter it: 0.1 entries in 0.4 hours."""
    found = [parked_cases(**histories(seed, parked=0.1)) for seed in range(8)]
    assert all(each.entries.p_value < 1e-4 for each in found)
    sizes = [e for f in found if isinstance(e := f.entries.excess, Estimate)]
    assert np.mean([each.value for each in sizes]) == pytest.approx(0.25, abs=0.03)
    assert sum(each.low <= 0.25 <= each.high for each in sizes) >= 6
    assert all(0 < each.on_one_day < 0.1 for each in found)


def test_the_clock_is_read_without_what_was_parked() -> None:
    """Work goes on in the parked state, and the clock does not see it."""
    truth = parked_cases(**histories(5, parked=0.0)).reading.kept
    found = parked_cases(**histories(5, parked=0.4, rest="meanwhile")).reading
    assert isinstance(truth, Estimate)
    assert isinstance(found.kept, Estimate)
    assert isinstance(found.without_parking, Estimate)
    assert isinstance(found.never_stopped, Estimate)
    assert found.kept.value > truth.high
    assert found.without_parking.low < truth.value + 0.03
    assert found.without_parking.value < found.kept.value - 0.05
    assert found.never_stopped.value < found.without_parking.value


def test_an_outage_shows_as_one_day() -> None:
    spread = histories(3, n=2000)
    case = spread["case"]
    first = np.append(True, case[1:] != case[:-1])
    start = spread["begun_s"][first][case]
    at_once = {name: spread[name] - start for name in ("begun_s", "ended_s")}
    busiest = parked_cases(**spread).on_one_day
    assert parked_cases(**{**spread, **at_once}).on_one_day > 5 * busiest


def test_the_walk_agrees_with_a_case_done_by_hand() -> None:
    """Ninety cases run 7.8 h, wait 10 h, run 0.1 h, wait again, and run to 9 h."""
    hours = np.array([0, 7.8, 17.8, 17.9, 20, 21.1]) * 3600
    n = 90
    found = parked_cases(
        case=np.repeat(np.arange(n), 5),
        stops=np.tile([False, True, False, True, False], n),
        begun_s=np.tile(hours[:-1], n),
        ended_s=np.tile(hours[1:], n),
        limit_s=LIMIT_S,
        near_s=NEAR_S,
    )
    assert found.cases == n
    band = found.entries.bands[NEAR]
    assert band.n == n
    assert band.rate == pytest.approx(2 / 0.4)
    assert found.time.bands[NEAR].rate == pytest.approx(12.1 / 12.5)
    assert found.entries.bands[NEAR + 1].rate == 0
    assert isinstance(found.reading.kept, Estimate)
    assert found.reading.kept.value == 0


def test_stretches_that_are_none_are_refused_in_words() -> None:
    fine: dict[str, Any] = {
        "case": [1, 1, 2],
        "stops": [False, True, False],
        "begun_s": [0.0, 10.0, 0.0],
        "ended_s": [10.0, 20.0, 5.0],
        "limit_s": 600.0,
    }

    def refused(match: str, **changed: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            parked_cases(**{**fine, **changed})
        assert told.value.found
        assert told.value.todo

    refused("one side of the limit")
    refused("one table", stops=[True])
    refused("must end", ended_s=[10.0, 5.0, 5.0])
    refused("must end", ended_s=[10.0, np.nan, 5.0])
    refused("one state at a time", begun_s=[0.0, 9.0, 0.0])
    refused("stop in some", stops=[False, False, False])
    refused("above 0", limit_s=-1.0)
    refused("no case", case=[], stops=[], begun_s=[], ended_s=[])


def test_with_few_cases_nothing_is_said() -> None:
    found = parked_cases(**histories(1, n=60))
    assert isinstance(found.entries.excess, Unknown)


def volvo() -> dict[str, Any]:
    """Stretches between changes of state, those after completion left out."""
    import duckdb

    told = duckdb.sql(
        f"""
        WITH e AS (
            SELECT "SR Number" AS sr, epoch("Change Date+Time"::TIMESTAMPTZ) AS t, Status,
                "Sub Status" LIKE 'Wait%' AS stops
            FROM '{VOLVO.resolve()}'
        )
        SELECT sr, stops, t, lead(t) OVER (PARTITION BY sr ORDER BY t) AS until, Status
        FROM e QUALIFY until IS NOT NULL AND Status != 'Completed' ORDER BY sr, t
        """
    ).fetchnumpy()
    return {
        "case": told["sr"].astype(str),
        "stops": np.asarray(told["stops"], dtype=bool),
        "begun_s": np.asarray(told["t"], dtype=float),
        "ended_s": np.asarray(told["until"], dtype=float),
    }


@pytest.mark.skipif(not VOLVO.exists(), reason="the log is not here")
def test_the_volvo_log_answers_with_its_doubt() -> None:
    """No limit is known for it, so nothing is claimed but that the answer hangs together."""
    found = parked_cases(**volvo(), limit_s=8 * 86_400, near_s=86_400)
    assert found.cases > 5_000
    assert isinstance(found.entries.near, Estimate)
    assert 0.002 < found.entries.near.value < 0.05
    kept, never = found.reading.kept, found.reading.never_stopped
    assert isinstance(kept, Estimate)
    assert isinstance(never, Estimate)
    assert never.value < kept.value
