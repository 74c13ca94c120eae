"""Nobody is lost or doubled: conservation is checked in every run, and a breach is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing._kernels import columns as c
from andon.queueing.simulator.counts import Counts, Fates
from andon.queueing.simulator.first_come import run_first_come
from andon.queueing.simulator.plan import Plan
from andon.queueing.simulator.raw import Raw
from simulated import LOOP, day, team


def raw() -> Raw:
    return run_first_come(Plan.of(team(loop=LOOP)), seed=3, replication=0)


@given(agents=st.integers(1, 9), seed=st.integers(0, 1000), loops=st.booleans())
@settings(deadline=None, max_examples=25)
def test_whoever_came_has_left_or_is_there(agents: int, seed: int, loops: bool) -> None:
    plan = Plan.of(team(agents, loop=LOOP if loops else None))
    raws = [run_first_come(plan, seed=seed, replication=i) for i in range(3)]
    fates = Counts.of(raws, first=0).of_all()
    assert fates.arrived == (
        fates.answered + fates.gave_up + fates.still_waiting + fates.missed + fates.passed_on
    )
    assert fates.customers >= fates.settled


def test_staff_that_comes_and_goes_loses_nobody() -> None:
    plan = Plan.of(day(days=2, day_cv=0.3))
    raws = [run_first_come(plan, seed=8, replication=i) for i in range(4)]
    counts = Counts.of(raws, first=0)
    assert len(counts) == 4
    assert counts.of_all().arrived > 4000


@pytest.mark.parametrize(
    ("column", "what"), [(c.ANSWERED, "contacts"), (c.FRESH, "contacts"), (c.STILL, "contacts")]
)
def test_a_contact_that_is_lost_is_told(column: int, what: str) -> None:
    good = raw()
    queues = good.queues.copy()
    queues[0, 3, column] += 1
    with pytest.raises(QueueingError, match="lost somebody") as caught:
        Counts.of([replace(good, queues=queues)], first=0)
    assert what in caught.value.found
    assert "(0, 3)" in caught.value.found
    assert "report it" in caught.value.todo


def test_a_customer_who_is_doubled_is_told() -> None:
    good = raw()
    fates = good.fates.copy()
    fates[0, c.SETTLED] += 1
    with pytest.raises(QueueingError, match="lost somebody") as caught:
        Counts.of([good, replace(good, fates=fates)], first=0)
    assert "replication 1, customers" in caught.value.found


def test_a_wait_that_is_not_counted_is_told() -> None:
    good = raw()
    waits = good.waits.copy()
    waits[0, np.argmax(waits[0, :, 0]), 0] -= 1
    with pytest.raises(QueueingError, match="lost somebody") as caught:
        Counts.of([replace(good, waits=waits)], first=0)
    assert "waits" in caught.value.found


def test_fates_that_do_not_add_up_cannot_be_made() -> None:
    fates = Counts.of([raw()], first=0).of_all()
    with pytest.raises(QueueingError, match="lost somebody"):
        replace(fates, settled=fates.settled + 1)
    with pytest.raises(QueueingError, match="lost somebody"):
        replace(fates, arrived=fates.arrived + 1)
    assert isinstance(fates, Fates)
