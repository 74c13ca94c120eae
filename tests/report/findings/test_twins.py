"""Twins: the sentence says which way each moved, and never more than that."""

from __future__ import annotations

from typing import Any

import pytest

from andon.answer import Answer
from andon.estimate import Estimate, Unknown
from andon.metrics.twins import Pair, Parting, Point, Twins
from andon.report import words
from andon.report.findings.told import Told
from andon.report.findings.twins import gave_up_by_month, twins
from report.samples import estimate

TOLD = Told(
    nouns=words.nouns(["voice"]),
    period="1 January to 30 June 2024",
    zone="UTC",
    contacts=9_000,
    code_version="0",
)
STILL = (0.2, 1.0)
UNKNOWN = Unknown(unit="points", why="two months are too few", needs="three whole months")


def pair(key: str, first: Any, second: Any, parting: Parting = "cannot tell") -> Pair:
    def change(side: Any, unit: str) -> Estimate | Unknown:
        return side if isinstance(side, Unknown) else estimate(*side, unit=unit)  # type: ignore[arg-type]

    return Pair(
        key=key,
        first_says="the first",
        second_says="the second",
        points=tuple(
            Point(
                period=f"2024-0{i}",
                first=estimate(0.2 + i / 100, 0.01),
                second=estimate(0.3, 0.01),
                contacts=1_500,
                identified=estimate(0.9, 0.0),
                whole=True,
            )
            for i in range(1, 7)
        ),
        first_change=change(first, "s" if key == "handle_time" else "points"),
        second_change=change(second, "points"),
        identified_change=estimate(0.0, 0.0, unit="points"),
        parting=parting,
        says="Something moved.",
        caveats=("It may be something else.",),
    )


def answer(handle_time: Pair, abandonment: Pair) -> Answer[Twins]:
    return Answer(overall=Twins(period="month", handle_time=handle_time, abandonment=abandonment))


@pytest.mark.parametrize(
    ("handle_time", "abandonment", "headline", "value"),
    [
        (
            pair("handle_time", (-20.0, 5.0), (6.0, 2.0), "parted"),
            pair("abandonment", STILL, STILL),
            "6 in 100 more callers rang back within a day, while callers were served 20 s shorter.",
            6.0,
        ),
        (
            pair("handle_time", STILL, STILL),
            pair("abandonment", (-4.0, 1.0), (3.0, 1.0), "parted"),
            "3 in 100 more of the callers who gave up tried again at once, while 4 in 100 fewer "
            "callers gave up.",
            3.0,
        ),
        (
            pair("handle_time", STILL, (5.0, 2.0)),
            pair("abandonment", STILL, STILL),
            "5 in 100 more callers rang back within a day than in the first months.",
            5.0,
        ),
        (
            pair("handle_time", STILL, STILL),
            pair("abandonment", (-3.0, 1.0), STILL),
            "3 in 100 fewer callers gave up than in the first months.",
            -3.0,
        ),
        (
            pair("handle_time", STILL, STILL),
            pair("abandonment", STILL, STILL),
            "No measure moved much, or beyond doubt: callers were served as long as before.",
            0.2,
        ),
    ],
)
def test_the_headline_says_what_moved(
    handle_time: Pair, abandonment: Pair, headline: str, value: float
) -> None:
    found = twins(TOLD, answer(handle_time, abandonment))
    assert found.headline == headline
    assert isinstance(found.estimate, Estimate)
    assert found.estimate.value == value
    parted = "parted" in {handle_time.parting, abandonment.parting}
    assert found.key == ("twins.parted" if parted else "twins.together")
    assert [each.kind for each in found.evidence] == ["twins", "twins"]


def test_too_few_months_are_said_to_be() -> None:
    found = twins(
        TOLD, answer(pair("handle_time", UNKNOWN, UNKNOWN), pair("abandonment", UNKNOWN, UNKNOWN))
    )
    assert found.headline.startswith("We cannot tell")
    assert isinstance(found.estimate, Unknown)


def test_the_share_who_gave_up_is_drawn_by_month_with_its_ends_named() -> None:
    found = gave_up_by_month(
        TOLD, answer(pair("handle_time", STILL, STILL), pair("abandonment", STILL, STILL))
    )
    assert found is not None
    assert found.title == "From 21 in 100 in January 2024 to 26 in 100 in June 2024 gave up"
    assert len(found.rows) == 6
