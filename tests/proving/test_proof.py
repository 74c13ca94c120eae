"""A count is missed where chance does not explain it, and only there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Unknown
from andon.proving.proof import Case, Count, Wanted, pooled


@pytest.mark.parametrize(
    ("times", "of", "wanted", "met"),
    [
        (285, 300, Wanted(low=0.93, high=0.975), True),
        (260, 300, Wanted(low=0.93, high=0.975), False),
        (200, 200, Wanted(low=0.93, high=0.975), True),
        (300, 300, Wanted(low=0.93, high=0.975), False),
        (25, 500, Wanted(high=0.05), True),
        (42, 500, Wanted(high=0.05), False),
        (3, 10, Wanted(low=0.8), False),
        (8, 10, Wanted(low=0.8), True),
        (0, 0, Wanted(high=0.05), True),
        (7, 10, Wanted(), True),
    ],
)
def test_a_count_is_missed_only_beyond_chance(
    times: int, of: int, wanted: Wanted, met: bool
) -> None:
    assert Count(what="-", times=times, of=of, wanted=wanted).met is met


@given(st.integers(1, 400), st.data())
def test_what_is_within_its_limits_is_never_missed(of: int, data: st.DataObject) -> None:
    times = data.draw(st.integers(0, of))
    share = times / of
    assert Count(what="-", times=times, of=of, wanted=Wanted(low=share, high=share)).met


def test_limits_are_said_in_words() -> None:
    said = [str(each) for each in (Wanted(), Wanted(high=0.05), Wanted(low=0.8))]
    assert said == ["", "at most 5 %", "at least 80 %"]
    assert str(Wanted(low=0.93, high=0.975)) == "93 to 97.5 %"


def test_of_nothing_no_share_is_known() -> None:
    assert isinstance(Count(what="-", times=0, of=0).share, Unknown)


def test_a_count_is_read_back_as_it_was_kept() -> None:
    count = Count(what="shows", times=2, of=50, wanted=Wanted(high=0.05), says="seed 4")
    assert Count.from_json(count.as_json()) == count


def test_pooled_counts_add_up_over_the_cases_that_have_them() -> None:
    one, two = Count(what="shows", times=1, of=50), Count(what="names", times=0, of=50)
    assert [(each.what, each.times, each.of) for each in pooled([[one, two], [one]])] == [
        ("shows", 2, 100),
        ("names", 0, 50),
    ]


def test_no_runs_are_no_proof() -> None:
    case = Case(name="calm", count=lambda *_: (), full=10)
    with pytest.raises(QuestionError, match="something to simulate"):
        case.counted(0, 1)
