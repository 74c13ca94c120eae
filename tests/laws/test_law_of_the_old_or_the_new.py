"""A run that is killed, at any moment, leaves the old ledger or the new one; never one between.

Each kill is a real SIGKILL of a process that ingests: at least 18 before each step on the disk and
7 at random, for each of two stories. After each, the ledger is read as it is, and the next run must
succeed and make it what a run that nobody disturbed makes of it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingesting import LEAST, Rig
from nursery import Nursery

pytestmark = pytest.mark.slow

OLD = "id,at\n" + "".join(f"{i},2024-01-01 09:00:0{i}\n" for i in range(5)) + "7,noon\n8,later\n"
NEW = """\
id,at
0,2024-01-01 09:00:00
1,2024-02-02 09:00:00
7,2024-01-01 12:00:00
9
10,x
11,2024-01-01
"""
"""One row as it was, one that changed, one that drains, two that are set aside, one that is new."""


@dataclass
class Story:
    """A ledger before a run and after it, and the folder to run it in again and again."""

    nursery: Nursery
    before: Path
    old: object
    new: object
    scratch: Path

    def begin(self) -> Rig:
        """A fresh copy of the ledger as it was before the run."""
        folder = self.scratch / "here"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.before, folder)
        return Rig(folder=folder)

    def check(self, rig: Rig) -> bool:
        """What a reader sees is old or new; whether it is new."""
        seen = rig.state()
        assert seen in (self.old, self.new)
        runs = rig.ledger.runs()
        assert all(
            run["read"] == run["added"] + run["changed"] + run["unchanged"] + run["quarantined"]
            for run in runs
        )
        return bool(seen == self.new)

    def recover(self, rig: Rig) -> None:
        """The next run succeeds, and everything adds up."""
        assert self.nursery.run(rig.folder, "f.csv") == 0
        assert rig.state() == self.new
        assert len(rig.rows()) == sum(run["added"] for run in rig.ledger.runs())
        assert not (rig.folder / "ledger" / ".staging").exists()
        for table in ("contacts", "quarantine", "runs"):
            known = {path.name for path in rig.ledger.files(table)} | _logged(rig, table)
            held = {path.name for path in (rig.folder / "ledger" / table).glob("*.parquet")}
            assert held <= known, "a file that no version knows was left behind"


def _logged(rig: Rig, table: str) -> set[str]:
    names = set()
    for log in (rig.folder / "ledger" / table / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        names |= {action["add"]["path"] for action in actions if "add" in action}
    return names


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(params=["into an empty ledger", "into one that holds rows"])
def story(request: pytest.FixtureRequest, tmp_path: Path, nursery: Nursery) -> Story:
    before = Rig(folder=tmp_path / "before")
    before.folder.mkdir()
    before.file("m.yaml", LEAST)
    if request.param == "into one that holds rows":
        before.file("f.csv", OLD)
        assert nursery.run(before.folder, "f.csv") == 0
    before.file("f.csv", NEW)
    after = Rig(folder=tmp_path / "after")
    shutil.copytree(before.folder, after.folder)
    assert nursery.run(after.folder, "f.csv") == 0
    old, new = before.state(), after.state()
    assert old != new
    return Story(nursery=nursery, before=before.folder, old=old, new=new, scratch=tmp_path)


def test_killed_before_every_step(story: Story) -> None:
    """Until a run gets to its end: every step has been a last one."""
    seen = []
    moment = 0
    while True:
        moment += 1
        rig = story.begin()
        ended = story.nursery.run(rig.folder, "f.csv", kill_at=moment)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        seen.append(story.check(rig))
        story.recover(rig)
    assert moment > 18
    assert seen == sorted(seen), "once new, a run that dies later leaves it new"
    assert seen[0] is False
    assert seen[-1] is True


def test_killed_again_while_clearing_up(story: Story) -> None:
    dice = random.Random(5)
    for _ in range(5):
        rig = story.begin()
        for _ in range(3):
            if story.nursery.run(rig.folder, "f.csv", kill_at=dice.randint(2, 20)) == 0:
                break
            story.check(rig)
        story.recover(rig)


def test_killed_at_any_moment(story: Story) -> None:
    dice = random.Random(7)
    rig = story.begin()
    started = time.monotonic()
    assert story.nursery.run(rig.folder, "f.csv") == 0
    lasts_s = time.monotonic() - started
    killed = 0
    for attempt in range(10):
        rig = story.begin()
        child = story.nursery.start(rig.folder, "f.csv")
        if attempt % 2:  # around the commit
            while story.nursery.told().get("doing") != "Committing":
                pass
            time.sleep(dice.uniform(0, lasts_s / 8))
        else:
            time.sleep(dice.uniform(0, lasts_s * 0.8))
        os.kill(child, signal.SIGKILL)
        killed += story.nursery.end() == -signal.SIGKILL
        story.check(rig)
        story.recover(rig)
    assert killed >= 7
