"""Keys of a file: every one is known, the nearest is offered, and an error has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import GoalError, QueueingError
from andon.keys import Key, known_keys, meant, needed, one_of
from andon.marked import Marked, read_marked

KEYS = Key.rows(
    ("pool", "agents", "a whole number", "How many.", "needed"),
    ("pool", "speed", "a number", "How fast.", "1", "speed"),
    ("team", "name", "a text", "What it is called."),
)


@pytest.fixture
def marked(tmp_path: Path) -> Marked:
    path = tmp_path / "file.yaml"
    path.write_text("agents: 2.5\nspeed: fast\nname: night\nlast: 90%\n", encoding="utf-8")
    return read_marked(path, error=GoalError)


def test_a_row_fills_a_key_in_order_and_leaves_the_rest_empty() -> None:
    assert [key.without for key in KEYS] == ["needed", "1", ""]
    assert [key.field for key in KEYS] == ["", "speed", ""]


def test_keys_of_all_the_sections_named_may_stand(marked: Marked) -> None:
    with pytest.raises(GoalError, match="'last' is not known") as told:
        known_keys(marked, KEYS, "pool", "team")
    assert "line 4" in told.value.found
    assert told.value.todo == "One of: agents, speed, name."
    with pytest.raises(GoalError, match="'name' is not known"):
        known_keys(marked, KEYS, "pool")


def test_what_is_no_section_is_told(marked: Marked) -> None:
    with pytest.raises(GoalError, match="'agents' is not a section"):
        known_keys(marked.section(())["agents"], KEYS, "pool")


def test_a_slip_meets_the_nearest_key() -> None:
    assert meant("agnets", ("agents", "speed")).startswith("Did you mean 'agents'?")
    assert meant("x", ("agents", "speed")) == "One of: agents, speed."


def test_a_key_that_must_be_there_is_asked_for(marked: Marked) -> None:
    keys = marked.section(())
    assert needed(marked, keys, "speed").text() == "fast"
    with pytest.raises(GoalError, match="The key 'after' is missing") as told:
        needed(marked, keys, "after")
    assert told.value.todo == "Add after: ..."
    with pytest.raises(GoalError, match="The key 'after' of 'speed' is missing"):
        needed(keys["speed"], {}, "after")


def test_a_name_is_one_of_those_there_are(marked: Marked) -> None:
    speed = marked.section(())["speed"]
    assert one_of(speed, ("slow", "fast")) == "fast"
    assert one_of(speed, ("slow", "fast"), "slow") == "slow"
    with pytest.raises(GoalError, match="'fast' is not a choice for 'speed'") as told:
        one_of(speed, ("faster", "slow"))
    assert told.value.todo == "Did you mean 'faster'? One of: faster, slow."


def test_a_value_is_a_duration_a_share_or_a_whole_number_or_says_how_to_write_one(
    marked: Marked,
) -> None:
    keys = marked.section(())
    assert keys["agents"].seconds() == 2.5
    assert keys["agents"].seconds("3m") == 180
    assert keys["last"].share() == pytest.approx(0.9)
    with pytest.raises(GoalError, match="'agents' must be a whole number"):
        keys["agents"].whole()
    with pytest.raises(GoalError, match="'fast' is not a duration") as told:
        keys["speed"].seconds()
    assert "2m30s" in told.value.todo
    with pytest.raises(GoalError, match="'fast' is not a share"):
        keys["speed"].share()


def test_an_error_without_a_place_is_given_that_of_the_value(marked: Marked) -> None:
    speed = marked.section(())["speed"]
    with pytest.raises(GoalError) as told, speed.placed():
        raise GoalError("Too fast.", found="9", todo="Slow down.")
    assert told.value.found.endswith("file.yaml, line 2, key 'speed': 9")
    with pytest.raises(GoalError) as again, marked.placed(), speed.placed():
        raise GoalError("Too fast.", found="9", todo="Slow down.")
    assert again.value.found == told.value.found
    with pytest.raises(QueueingError) as other, speed.placed():
        raise QueueingError("Another matter.", found="9", todo="See.")
    assert other.value.found == "9"
