"""The review of a goal: each reason by itself, the examples' verdicts, and no word of blame."""

from __future__ import annotations

import datetime as dt
import doctest
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andon.errors import GoalError
from andon.estimate import Estimate, Unknown
from andon.goodhart import review as module
from andon.goodhart.goal import REWARDED, Change, read_goal
from andon.goodhart.measures import MEASURES
from andon.goodhart.review import Review, Seen, review
from andon.marked import read_marked
from andon.verdict import Reason, Ruling
from goodhart.goals import goal, twin
from goodhart.weeks import weeks

EXAMPLES = Path(__file__).parents[2] / "examples" / "goals"
VERDICTS = {
    "aht-minus-25": "stop",
    "beat-the-competitors-rating": "stop",
    "containment-70": "stop",
    "fcr-85": "watch",
    "fewer-come-back": "go",
    "five-star-average": "stop",
    "occupancy-92": "stop",
}
TODAY = dt.date(2026, 11, 1)


def said(found: Review, about: str) -> Reason | None:
    return next((each for each in found.verdict.reasons if about in each.says), None)


def ruling_of(found: Review, about: str) -> str:
    reason = said(found, about)
    assert reason is not None, [each.says for each in found.verdict.reasons]
    return str(reason.ruling)


# The examples ------------------------------------------------------------------------------------


def test_every_example_has_a_verdict_that_is_held() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.yaml")} == set(VERDICTS)
    table = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for name, ruling in VERDICTS.items():
        assert f"| `{name}.yaml` | {ruling} |" in table


@pytest.mark.parametrize(("name", "ruling"), VERDICTS.items())
def test_an_example_gets_its_verdict(name: str, ruling: str) -> None:
    path = EXAMPLES / f"{name}.yaml"
    found = review(read_goal(read_marked(path, error=GoalError)), today=TODAY)
    assert found.verdict.ruling == ruling
    assert found.better
    assert found.invited
    assert found.past == ()


# The reasons, one by one -------------------------------------------------------------------------


def test_a_whole_goal_on_a_sound_measure_goes() -> None:
    found = review(goal(), today=TODAY)
    assert found.verdict.ruling == "go"
    assert {gap.why for gap in found.unknown} == {
        "what such a move did before was not asked",
        "whether it is bent already was not looked for",
    }


@pytest.mark.parametrize(
    ("changed", "about", "ruling"),
    [
        ({"twins": ()}, "Nothing watches over it", "stop"),
        ({"twins": (twin("abandonment"),)}, "has no floor", "watch"),
        ({"twins": (twin("stars", 4.0),)}, "does not tell how", "watch"),
        ({"twins": (twin("abandonment", 0.06),)}, "at most 6 %", "go"),
        ({"change": Change(amount=0.1, relative=False)}, "asks for the worse", "stop"),
        ({"level": 0.3, "now": 0.2}, "asks for the worse", "stop"),
        ({"level": 0.2, "now": 0.2}, "what is there already", "watch"),
        ({"level": 0.0}, "the end of the scale", "stop"),
        ({"rewarded": ("advisors",)}, "advisors one by one. Luck", "watch"),
        ({"rewarded": ("teams", "leads")}, "for teams and for leads or managers", "go"),
        ({"harmed": ("Nobody.",)}, "nobody could be harmed", "watch"),
        ({"behind": "Repeat calls"}, "is a number again", "watch"),
        ({"by": dt.date(2026, 1, 1)}, "Its day has passed: 1 January 2026", "watch"),
    ],
)
def test_one_thing_changed_gives_its_reason(
    changed: dict[str, Any], about: str, ruling: str
) -> None:
    found = review(goal(**changed), today=TODAY)
    assert ruling_of(found, about) == ruling
    assert found.verdict.ruling == ruling


@pytest.mark.parametrize("key", sorted(MEASURES))
def test_no_target_on_a_measure_that_is_neither_good_nor_bad_goes(key: str) -> None:
    natural = next(iter(MEASURES[key].twins))
    found = review(goal(key, twins=(twin(natural, 0.5),), rewarded=("nobody",)))
    neither = said(found, "neither good nor bad")
    assert (neither is not None) == (MEASURES[key].better == "neither")
    if neither:
        assert found.verdict.ruling == "stop"


@pytest.mark.parametrize("key", REWARDED)
def test_a_reward_for_a_number_that_bends_easily_weighs_by_whom_it_is_for(key: Any) -> None:
    found = review(goal("fcr", change=Change(amount=0.1, relative=True), rewarded=(key,)))
    about = "Nobody is rewarded" if key == "nobody" else REWARDED[key]
    expected = {"nobody": "go", "everyone": "go", "advisors": "stop"}.get(key, "watch")
    assert ruling_of(found, about) == expected


def test_nothing_at_all_is_the_end_of_a_scale_too() -> None:
    found = review(goal("wait", level=0.0, twins=(twin("abandonment", 0.05),)))
    assert ruling_of(found, "0 s is the end of the scale") == "stop"


def test_a_number_that_is_partly_others_work_is_stopped() -> None:
    found = review(goal("rating_lead", level=0.1, twins=(twin("complaints", 0.02),)))
    assert ruling_of(found, "the work of others") == "stop"


def test_the_most_urgent_reason_comes_first() -> None:
    found = review(goal(twins=(), harmed=("nobody",)))
    urgency = [reason.ruling.urgency for reason in found.verdict.reasons]
    assert urgency == sorted(urgency, reverse=True)
    assert found.verdict.ruling is Ruling.STOP


# The hooks ---------------------------------------------------------------------------------------


def seen(*, shows: bool) -> Seen:
    share = Estimate(value=0.1, low=0.08, high=0.12, unit="share", n=900, method="-")
    return Seen(shows=shows, says="Customers who left try elsewhere.", estimate=share)


def test_a_signature_that_shows_stops_and_one_not_looked_at_is_said() -> None:
    found = review(goal(), signatures={"silent_targets": seen(shows=True)})
    assert ruling_of(found, "bent already. Customers who left") == "stop"
    assert [each.state for each in found.invited] == ["shows", "not looked for"]


def test_signatures_looked_at_and_not_seen_are_a_good_sign() -> None:
    looked: dict[str, Seen] = {key: seen(shows=False) for key in MEASURES["recontact"].bent_by}
    found = review(goal(), signatures=looked)
    assert ruling_of(found, "None of the ways") == "go"
    assert {each.state for each in found.invited} == {"not seen"}
    assert len(found.unknown) == 1


def test_what_cannot_be_told_is_said_with_its_reason_and_is_no_good_sign() -> None:
    gap = Unknown(unit="share", why="No reason is recorded", needs="reasons")
    told = Seen(shows=None, says=gap.says(), estimate=gap)
    keys = [str(key) for key in MEASURES["fcr"].bent_by]
    easy = goal("fcr", change=Change(amount=0.1, relative=True), rewarded=("everyone",))
    looked = dict.fromkeys(keys, seen(shows=False)) | {keys[0]: told, keys[1]: told}
    found = review(easy, signatures=looked)
    assert [each.state for each in found.invited][:3] == [
        *("cannot be told: no reason is recorded",) * 2,
        "not seen",
    ]
    assert ruling_of(found, "2 more ways of bending it. Whether they show already cannot") == (
        "watch"
    )
    assert said(found, "None of the ways") is None
    # Part was looked for, part was not, and part shows: nothing says that nobody has looked.
    del looked[keys[1]]
    looked[keys[2]] = seen(shows=True)
    mixed = review(easy, signatures=looked)
    assert ruling_of(mixed, "bent already") == "stop"
    assert said(mixed, "cannot be told for one of them, and the other was not looked for")
    (gap_said,) = (gap.why for gap in mixed.unknown if "looked" in gap.why)
    assert gap_said == "whether it is bent in one more way was not looked for"


def test_what_may_be_a_rule_is_watched_and_not_called_bent() -> None:
    unsure = "contacts differ by advisor, and whether that is a rule or a habit cannot be told"
    differs = replace(seen(shows=True), unsure=unsure)
    found = review(
        goal("stars", change=Change(amount=0.1, relative=True)), signatures={"shedding": differs}
    )
    assert ruling_of(found, "Contacts differ by advisor") == "watch"
    assert said(found, "bent already") is None
    (each,) = (each for each in found.invited if each.key == "shedding")
    assert each.state == unsure


def test_a_signature_that_the_measure_does_not_invite_weighs_nothing() -> None:
    found = review(goal(), signatures={"chosen_surveys": seen(shows=True)})
    assert found.verdict.ruling == "go"


def test_a_measure_that_bends_easily_is_watched_until_somebody_has_looked() -> None:
    easy = goal("fcr", change=Change(amount=0.1, relative=True), rewarded=("everyone",))
    assert ruling_of(review(easy), "It invites 4 ways") == "watch"


class Curve:
    """All the work is so many times what it was."""

    def __init__(self, low: float, high: float) -> None:
        self.asked: list[tuple[float, float]] = []
        self.found = Estimate(
            value=(low + high) / 2, low=low, high=high, unit="ratio", n=99, method="-"
        )

    def __call__(self, *, from_s: float, to_s: float) -> Estimate:
        self.asked.append((from_s, to_s))
        return self.found


@pytest.mark.parametrize(
    ("low", "high", "ruling"), [(1.02, 1.10, "stop"), (0.98, 1.1, "watch"), (0.8, 0.9, "go")]
)
def test_the_trap_curve_is_asked_where_it_is_about_pace(
    low: float, high: float, ruling: str
) -> None:
    curve = Curve(low, high)
    pace = goal(
        "handle_time",
        change=Change(amount=-0.25, relative=True),
        now=240.0,
        twins=(twin("recontact", 0.15),),
    )
    found = review(pace, trap=curve)
    assert curve.asked == [(240, 180)]
    assert found.work == curve.found
    assert ruling_of(found, "ll the work") == ruling


def test_without_a_curve_or_without_a_start_pace_is_not_known() -> None:
    pace = goal("handle_time", twins=(twin("recontact", 0.15),))
    assert isinstance(review(pace).work, Unknown)
    assert isinstance(review(pace, trap=Curve(1, 2)).work, Unknown)
    assert review(goal()).work is None


@pytest.mark.parametrize(
    ("change", "lever"),
    [
        (Change(amount=-0.25, relative=True), "-25%"),
        (Change(amount=-30.0, relative=False), "-30s"),
        (Change(amount=0.1, relative=True), "+10%"),
    ],
)
def test_where_pace_was_not_looked_at_the_command_that_tells_is_named(
    change: Change, lever: str
) -> None:
    found = review(goal("handle_time", change=change, twins=(twin("recontact", 0.15),)))
    assert isinstance(found.work, Unknown)
    assert f"andon whatif --handle-time {lever}" in found.work.needs
    said = " ".join(reason.says for reason in found.verdict.reasons)
    assert f"Ask andon whatif --handle-time {lever}." in said


# The ledger --------------------------------------------------------------------------------------

SEESAW = weeks([240, 180] * 5, [0.10, 0.35] * 5)
STEADY = weeks([200] * 8, [0.2] * 8)


def shorter(floor: float | None) -> Any:
    return goal(
        "handle_time",
        change=Change(amount=-60.0, relative=False),
        twins=(twin("recontact", floor),),
    )


def test_what_such_a_move_did_before_stops_a_target() -> None:
    found = review(shorter(0.9), SEESAW)
    reason = said(found, "of about that size")
    assert reason is not None
    assert reason.ruling is Ruling.STOP
    assert re.search(r"In \d moves .* rose by \d+ points .* worse for customers", reason.says)
    assert isinstance(reason.estimate, Estimate)
    assert found.past[0].moves


@pytest.mark.slow
def test_a_twin_that_swings_by_itself_hardly_ever_stops_a_target() -> None:
    """Pace goes up and down, and who comes back does not care: 1 in 40 is what 95 in 100 means."""
    stops = 0
    for seed in range(14):
        swings = np.random.default_rng(1000 + seed).normal(0.2, 0.04, 10)
        contacts = weeks([240, 180] * 5, [max(0.02, each) for each in swings], seed=seed)
        stops += said(review(shorter(0.9), contacts), "worse for customers") is not None
    assert stops <= 3


def test_a_twin_beyond_its_floor_already_stops_a_target() -> None:
    assert ruling_of(review(shorter(0.05), STEADY), "beyond the floor already") == "stop"
    assert said(review(shorter(0.9), STEADY), "beyond the floor") is None


def test_a_move_never_seen_is_watched_and_said_to_be_unknown() -> None:
    found = review(shorter(0.9), STEADY)
    assert ruling_of(found, "we cannot tell: the measure never moved") == "watch"


def test_a_twin_that_kept_its_floor_in_such_moves_lets_it_go() -> None:
    """Fewer come back in turns, and the wait does not move at all."""
    contacts = weeks([200] * 10, [0.4, 0.1] * 5)
    fewer = goal(change=Change(amount=-0.2, relative=False), twins=(twin("wait", 30.0),))
    found = review(fewer, contacts)
    assert found.past[0].moves
    assert ruling_of(found, "of about that size") == "go"
    assert found.verdict.ruling == "go"


def test_without_a_twin_a_natural_one_is_looked_at_all_the_same() -> None:
    bare = goal("handle_time", change=Change(amount=-60.0, relative=False), twins=())
    found = review(bare, SEESAW)
    assert [each.twin for each in found.past] == ["recontact"]
    assert ruling_of(found, "of about that size") == "stop"


def test_a_ledger_that_holds_nothing_of_it_says_so() -> None:
    found = review(goal("nps", level=40.0, twins=(twin("response_rate", 0.2),)), STEADY)
    assert ruling_of(found, "we cannot tell: the ledger has no surveys") == "watch"


def test_a_scope_without_contacts_is_not_known() -> None:
    found = review(goal(scope={"queue": "Mars"}), STEADY)
    assert found.verdict.ruling == "watch"
    assert isinstance(found.past[0].now, Unknown)


# Words -------------------------------------------------------------------------------------------


def everything_said() -> str:
    found = [
        review(
            goal(
                key,
                twins=twins,
                rewarded=("leads", "advisors"),
                harmed=("nobody",),
                by=dt.date(2026, 1, 1),
            ),
            today=TODAY,
        )
        for key, row in MEASURES.items()
        for twins in ((), (twin(next(iter(row.twins))),))
    ]
    return " ".join(
        sentence
        for each in found
        for sentence in (*(reason.says for reason in each.verdict.reasons), *each.better)
    )


def test_no_person_is_blamed_in_any_review() -> None:
    words = everything_said()
    assert not re.search(r"cheat|fail|worst|lazy|offender|guilty|dishonest", words)
    for sentence in re.findall(r"[^.]*\bfault\b[^.]*", words):
        assert "would be the incentive's, not theirs" in sentence


def test_sentences_are_short() -> None:
    long = [each for each in re.split(r"(?<=[.?!]) ", everything_said()) if len(each.split()) > 25]
    assert long == []


def test_the_examples_run() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0
