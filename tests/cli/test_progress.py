"""Progress is silent for a second, then says what is being done and how much is left."""

from __future__ import annotations

import io
import time

import pytest

from andon.cli import progress as module
from andon.cli.progress import Progress


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def wait_for(stream: io.StringIO, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert text in stream.getvalue()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BEGINS_S", 0.05)
    monkeypatch.setattr(module, "_TICK_S", 0.01)
    monkeypatch.setenv("TERM", "xterm")


def test_work_under_a_second_says_nothing() -> None:
    screen = Screen()
    with Progress("Reading", stream=screen):
        pass
    assert screen.getvalue() == ""


def test_a_terminal_sees_one_line_that_is_wiped_at_the_end(quick: None) -> None:
    screen = Screen()
    with Progress("Reading calls.csv", stream=screen) as progress:
        wait_for(screen, "Reading calls.csv")
        progress.step("Writing", 1200, 5000)
        wait_for(screen, "Writing · 1,200 of 5,000 · ")
    assert screen.getvalue().endswith("\r\x1b[2K")
    assert "\n" not in screen.getvalue()


def test_a_pipe_sees_whole_lines_and_no_control_codes(quick: None) -> None:
    pipe = io.StringIO()
    with Progress("Reading", stream=pipe) as progress:
        progress.step("Reading", 70)
        wait_for(pipe, "Reading · 70 · ")
    assert "\x1b" not in pipe.getvalue()
    assert pipe.getvalue().count("\n") == 1


def test_a_stream_that_is_closed_does_not_stop_the_work(quick: None) -> None:
    screen = Screen()
    with Progress("Reading", stream=screen):
        wait_for(screen, "Reading")
        screen.close()
        time.sleep(0.05)


def test_a_problem_inside_passes_through(quick: None) -> None:
    with pytest.raises(ValueError, match="odd"), Progress("Reading", stream=Screen()):
        raise ValueError("odd")


def test_a_machine_sees_nothing(quick: None) -> None:
    pipe = io.StringIO()
    with Progress("Reading", stream=pipe, quiet=True):
        time.sleep(0.2)
    assert pipe.getvalue() == ""
