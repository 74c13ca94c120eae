"""Durations, shares and targets are read as people write them, and nothing else is."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.cli import durations, pocket
from andon.cli.durations import duration_s, share, target


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("180", 180),
        ("180s", 180),
        ("180 s", 180),
        ("3m", 180),
        ("3 min", 180),
        ("3 minutes", 180),
        ("1.5m", 90),
        (".5s", 0.5),
        ("2m30s", 150),
        ("2 min 30 s", 150),
        ("1h", 3600),
        ("1h5m", 3900),
        ("1 hour 2 minutes 3 seconds", 3723),
        ("0:03:00", 180),
        ("10:00:00.5", 36000.5),
        (" 20 ", 20),
        ("0", 0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "m", "3x", "-3", "2:30", "0:75:00", "30s2m", "3m 20", "nan", "inf", "1e3", "5ms", "3m3m"],
)
def test_what_is_no_duration_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="Write it as 180s, 3m, 2m30s or 0:03:00"):
        duration_s(text)


@given(hours=st.integers(0, 99), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_a_clock_and_words_say_the_same(hours: int, minutes: int, seconds: int) -> None:
    clock = f"{hours}:{minutes:02}:{seconds:02}"
    assert duration_s(clock) == duration_s(f"{hours}h{minutes}m{seconds}s")
    assert duration_s(clock) == 3600 * hours + 60 * minutes + seconds


def test_shares_are_read() -> None:
    assert [share(each) for each in ("5%", "0.05", "5 %", "1", "100%", "0")] == [
        0.05,
        0.05,
        0.05,
        1,
        1,
        0,
    ]


@pytest.mark.parametrize("text", ["5", "120%", "-1", "%", "", "five", "5%%", "nan"])
def test_what_is_no_share_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write 5 in 100 as 5% or 0\.05"):
        share(text)


def test_targets_are_read() -> None:
    assert target("80/20") == target("80%/20s") == target("0.8/0:00:20") == (0.8, 20)
    assert target("90/1m") == (0.9, 60)


@pytest.mark.parametrize("text", ["80", "80/", "/20", "180/20", "a/20", "80/20/5", ""])
def test_what_is_no_target_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="as 80/20, or 80%/20s"):
        target(text)


@pytest.mark.parametrize("module", [durations, pocket], ids=lambda module: module.__name__)
def test_the_examples_run(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
