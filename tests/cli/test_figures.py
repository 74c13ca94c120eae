"""Figures in the terminal: found by their path, shown with their doubt."""

from __future__ import annotations

import dataclasses

import pytest

from andon.cli.figures import at, shown
from andon.cli.plain import plain
from andon.estimate import Estimate, Unknown
from andon.verdict import Ruling

SHARE = Estimate(value=0.205, low=0.203, high=0.207, unit="share", n=9, method="Wilson")
NOTHING = Unknown(unit="h", why="nobody wrote it down", needs="staffing")


@dataclasses.dataclass(frozen=True)
class Part:
    share: Estimate | Unknown
    window_s: int = 600


@dataclasses.dataclass(frozen=True)
class Result:
    parts: tuple[Part, ...]
    peak: Part | Unknown = NOTHING


def test_a_path_goes_through_attributes_and_lists() -> None:
    result = Result(parts=(Part(NOTHING), Part(SHARE)))
    assert at(result, "parts.1.share") is SHARE
    assert at(result, "parts.1.window_s") == 600


def test_a_part_of_what_is_not_known_is_not_known() -> None:
    assert at(Result(parts=()), "peak.share.value") is NOTHING


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (SHARE, "", "20.5 % (20.3 to 20.7 %)"),
        (NOTHING, "", "not known"),
        (1234567, "", "1,234,567"),
        (0.5, "p", "0.5"),
        (86_400, "window_s", "1 day"),
        (2.0, "waiting_h", "2 h"),
        (True, "", "yes"),
        (None, "", ""),
        (("a", 2), "", "a, 2"),
        ("parted", "", "parted"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value: object, name: str, text: str) -> None:
    assert shown(value, name=name) == text


def test_json_keeps_names_units_and_what_is_not_known() -> None:
    assert plain(Result(parts=(Part(SHARE),))) == {
        "parts": [
            {
                "share": {
                    "value": 0.205,
                    "low": 0.203,
                    "high": 0.207,
                    "unit": "share",
                    "n": 9,
                    "method": "Wilson",
                    "level": 0.95,
                },
                "window_s": 600,
            }
        ],
        "peak": {
            "unknown": True,
            "unit": "h",
            "why": "nobody wrote it down",
            "needs": "staffing",
        },
    }


def test_json_of_a_figure_is_the_same_as_everywhere_else() -> None:
    assert plain(SHARE) == SHARE.as_json()
    assert plain(NOTHING) == NOTHING.as_json()


def test_json_has_no_number_that_is_none() -> None:
    assert plain({"a": float("inf"), "b": [float("nan")], "c": Ruling.STOP}) == {
        "a": None,
        "b": [None],
        "c": "stop",
    }
