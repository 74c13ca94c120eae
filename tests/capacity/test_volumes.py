from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from andon.capacity.volumes import volumes
from andon.errors import PlanError
from oracles import capacity_forecast as oracle


def _written(folder: Path, text: str) -> Path:
    path = folder / "volumes.csv"
    path.write_text(text)
    return path


def test_rows_are_counted_by_queue_day_and_interval(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        (queue, day, slot, float(rng.poisson(5)))
        for queue in ("calls", "chats")
        for day in range(8)
        for slot in range(16, 36)
    ]
    monday = dt.datetime.fromisoformat("2024-01-01")
    lines = [
        f"{queue},{monday + dt.timedelta(days=day, minutes=30 * slot)},{n:g},240"
        for queue, day, slot, n in rows
    ]
    path = _written(tmp_path, "\n".join(["queue,start,contacts,handle_s", *lines]))
    truth = oracle.volumes(rows, 8)
    found = volumes(path, zone="UTC")
    assert [each.queue for each in found] == sorted(
        truth, key=lambda queue: -float(truth[queue].sum())
    )
    for each in found:
        np.testing.assert_array_equal(each.counts, truth[each.queue])
        np.testing.assert_allclose(each.handle_total_s, 240 * each.counts)
        assert each.handle_cv is None
        assert each.seen.all()


@pytest.mark.parametrize(
    "text",
    [
        "Skill;Interval Start;Calls;AHT\nx;01.02.2024 08:00;12;245,5\nx;01.02.2024 08:30;3;\n",
        "date,time,offered,handle time\n2024-02-01,08:00,12,0:04:05.5\n",
        "\ufeffstart\tvolume\taht_s\n2024-02-01T08:00:00+00:00\t12\t245.5\n"
        "2024-02-01T08:30:00+00:00\t3\t\n",
    ],
)
def test_other_spellings_are_understood(tmp_path: Path, text: str) -> None:
    if ":05.5" in text:
        text = text.replace("0:04:05.5", "0:04:06")
    (found,) = volumes(_written(tmp_path, text), zone="UTC")
    assert found.first_date == dt.date(2024, 2, 1)
    assert found.counts[0, 16] == 12
    assert found.handle_total_s.sum() == pytest.approx(12 * 245.5, rel=0.01)


def test_instants_with_an_offset_are_put_on_the_operations_clock(tmp_path: Path) -> None:
    text = "start,contacts,handle_s\n2024-07-01T08:00:00Z,5,60\n"
    (found,) = volumes(_written(tmp_path, text), zone="Europe/Berlin")
    assert found.counts[0, 20] == 5


def test_finer_intervals_are_added_up(tmp_path: Path) -> None:
    text = "start,contacts,handle_s\n" + "".join(
        f"2024-07-01 08:{m:02},{m},60\n" for m in (0, 15, 30, 45)
    )
    (found,) = volumes(_written(tmp_path, text), zone="UTC")
    assert found.counts[0, 16:18].tolist() == [15, 75]


def test_the_hour_that_comes_twice_may_be_there_twice(tmp_path: Path) -> None:
    text = "start,contacts,handle_s\n" + "".join(
        f"2024-10-27 {h}:00,7,60\n2024-10-27 {h}:30,7,60\n" for h in ("01", "02", "02", "03")
    )
    (found,) = volumes(_written(tmp_path, text), zone="Europe/Berlin")
    assert found.counts[0, 4:6].tolist() == [14, 14]
    assert found.exposure[0, 4:6].tolist() == [2, 2]


def test_days_without_rows_are_missing_on_busy_weekdays_and_closed_on_others(
    tmp_path: Path,
) -> None:
    monday = dt.date(2024, 1, 1)
    lines = [
        f"{monday + dt.timedelta(days=i)} 09:{m},20,60"
        for i in range(42)
        for m in ("00", "30")
        if i % 7 < 6 and i != 15
    ]
    path = _written(tmp_path, "\n".join(["start,contacts,handle_s", *lines]))
    (found,) = volumes(path, zone="UTC")
    assert np.flatnonzero(~found.seen).tolist() == [15]


@pytest.mark.parametrize(
    ("text", "wrong", "where"),
    [
        ("", "no column start", "line 1: nothing"),
        ("start,contacts\n", "no column handle_s", "line 1: start, contacts"),
        ("start,calls,offered,aht\n", "Two columns could be contacts", "calls and offered"),
        ("start,contacts,handle_s\n", "has no rows", "start,contacts,handle_s"),
        (
            "start,contacts,handle_s\n2024-01-01 08:00,5,60\nmonday,5,60\n",
            "start",
            "line 3: monday",
        ),
        ("start,contacts,handle_s\n2024-01-01 08:00,many,60\n", "contacts must", "line 2: many"),
        ("start,contacts,handle_s\n2024-01-01 08:00,-1,60\n", "contacts must", "line 2: -1"),
        ("start,contacts,handle_s\n2024-01-01 08:00,,60\n", "no number of contacts", "line 2"),
        ("start,contacts,handle_s\n2024-01-01 08:00,5,4m\n", "handle_s must", "line 2: 4m"),
        ("start,contacts,handle_s\n2024-01-01 08:00,5,0:4:x\n", "neither seconds", "0:4:x"),
        (
            "start,contacts,handle_s\n2024-01-01 08:00,5,60\n2024-01-01 08:00,6,60\n",
            "there twice",
            "line 3: as in line 2",
        ),
        (
            "start,contacts,handle_s\n2024-01-01 08:00,5,60\n2024-01-01 09:00,6,60\n",
            "longer than the plan's",
            "60 minutes",
        ),
        ("start,contacts,handle_s\n2024-01-01 08:00:07,5,60\n", "whole minute", "line 2"),
    ],
)
def test_what_cannot_be_understood_is_named_by_its_line(
    tmp_path: Path, text: str, wrong: str, where: str
) -> None:
    with pytest.raises(PlanError, match=wrong) as raised:
        volumes(_written(tmp_path, text), zone="UTC")
    assert where in raised.value.found
    assert raised.value.todo
