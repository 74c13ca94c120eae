"""Little's law: it holds in a simulated queue, and shows where data break it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import Estimate, Unknown
from andon.metrics.littles_law import Stage, littles_law
from bank import bank, needs_bank
from ledgers import contacts_table
from oracles import littles_law as oracle

START_HOUR = 473_352  # 1 January 2024, hours since 1970


def _known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate)
    return figure


def _queue(rng: np.random.Generator, *, days: int = 12) -> list[dict[str, Any]]:
    """Two weeks of M/M/4 with abandonment, busy by day and quiet by night."""
    free, now, contacts = [0.0] * 4, 0.0, []
    while now < 86_400 * days:
        hour = now / 3600 % 24
        now += rng.exponential(3600 / (60 if 8 <= hour < 18 else 6))
        first = min(range(4), key=free.__getitem__)
        offered, patience = max(0.0, free[first] - now), rng.exponential(120)
        contact: dict[str, Any] = {"arrived_at": now, "queued_at": now}
        if patience < offered:
            contact |= {"ended_at": now + patience, "outcome": "abandoned"}
        else:
            talk = rng.exponential(200)
            free[first] = now + offered + talk
            contact |= {"answered_at": now + offered, "ended_at": free[first], "talk_s": talk}
        contacts.append(contact)
    return contacts


def test_both_sides_agree_in_a_queue_whose_law_is_known() -> None:
    found = littles_law(contacts_table(_queue(np.random.default_rng(1)))).overall
    for stage in (found.stay, found.queue, found.service):
        assert stage.holds
        assert _known(stage.ratio).value == pytest.approx(1, abs=0.01)
        assert _known(stage.present).value == pytest.approx(
            _known(stage.arrivals_per_h).value * _known(stage.stay_s).value / 3600, rel=0.01
        )
        assert (stage.no_end, stage.backwards, stage.over_a_day) == (0, 0, 0)
        assert len(stage.by_hour) == 24
    assert _known(found.stay.present).value == pytest.approx(
        _known(found.queue.present).value + _known(found.service.present).value
    )
    noon = found.service.by_hour[12]
    assert 2 < noon.present < 60 * 200 / 3600  # some give up before they are served
    assert noon.low < noon.present < noon.high
    assert noon.present > 3 * found.service.by_hour[3].present


def test_missing_ends_and_clocks_that_ran_backwards_break_the_law_and_are_counted() -> None:
    contacts = _queue(np.random.default_rng(2))
    for i, contact in enumerate(contacts):
        if i % 5 == 0:
            contact["ended_at"] = None
        elif i % 5 == 1:
            contact["ended_at"] = contact["arrived_at"] - 10
    stay = littles_law(contacts_table(contacts)).overall.stay
    assert stay.no_end == len(contacts[::5])
    assert stay.backwards == len(contacts[1::5])
    assert stay.holds is False
    assert _known(stay.ratio).value == pytest.approx(0.6, abs=0.06)


def test_recorded_durations_are_checked_against_the_clock() -> None:
    contacts = _queue(np.random.default_rng(3))
    for contact in contacts:
        if "talk_s" in contact:
            contact["talk_s"] *= 0.8  # 40 s of each 200 s were never recorded
    found = littles_law(contacts_table(contacts)).overall
    assert found.stay.holds
    assert found.service.holds is False
    assert _known(found.service.ratio).value == pytest.approx(1.25, abs=0.02)


def test_an_hour_with_an_impossible_stay_is_named() -> None:
    contacts = _queue(np.random.default_rng(4))
    odd = next(each for each in contacts if each["arrived_at"] > 5 * 86_400 + 10 * 3600)
    odd |= {"answered_at": odd["arrived_at"], "ended_at": odd["arrived_at"] + 30 * 3600}
    odd["talk_s"] = 30 * 3600.0
    odd["outcome"] = "handled"
    stay = littles_law(contacts_table(contacts)).overall.stay
    assert stay.over_a_day == 1
    assert (str(stay.apart[0].day), stay.apart[0].hour) == ("2024-01-06", 10)
    assert stay.apart[0].arrivals_times_stay > stay.apart[0].present + 25
    assert stay.hours_apart >= 1


contact = st.fixed_dictionaries(
    {
        "arrived_at": st.integers(0, 3 * 86_400),
        "stay": st.one_of(st.none(), st.integers(-100, 100_000)),
        "queue": st.sampled_from(["a", "b"]),
    }
)


@given(rows=st.lists(contact, min_size=1, max_size=25))
@settings(deadline=None, max_examples=25)
def test_what_is_present_agrees_with_the_overlap_of_every_stay(rows: list[dict[str, Any]]) -> None:
    contacts = [
        {
            "arrived_at": row["arrived_at"],
            "queue": row["queue"],
            "ended_at": None if row["stay"] is None else row["arrived_at"] + row["stay"],
        }
        for row in rows
    ]
    answer = littles_law(contacts_table(contacts), by=("queue",))
    results = {None: answer.overall} | {group.label: group.result for group in answer.groups}
    for name, found in results.items():
        mine = [row for row in contacts if name is None or row["queue"] == name]
        assert found.stay.entered == len(mine)
        assert found.queue.entered == found.service.entered == 0
        stays = [
            (
                START_HOUR * oracle.HOUR_US + row["arrived_at"] * 1_000_000,
                None
                if row["ended_at"] is None
                else START_HOUR * oracle.HOUR_US + row["ended_at"] * 1_000_000,
            )
            for row in mine
        ]
        days = sorted({row["arrived_at"] // 86_400 for row in contacts})
        for hour in found.stay.by_hour:
            present = [
                oracle.present_us(stays, START_HOUR + 24 * day + hour.hour) / 3.6e9
                for day in range(days[0], days[-1] + 1)
            ]
            assert hour.present == pytest.approx(np.mean(present))


def test_an_empty_ledger_is_answered_without_a_number() -> None:
    answer = littles_law(contacts_table([]), by=("queue",))
    assert answer.groups == ()
    for stage in (answer.overall.stay, answer.overall.queue, answer.overall.service):
        assert isinstance(stage, Stage)
        assert stage.entered == 0
        assert stage.holds is None
        assert isinstance(stage.present, Unknown)


@needs_bank
def test_the_bank_obeys_the_law_but_for_some_hours() -> None:
    found = littles_law(bank()).overall
    assert (found.days, found.gap_days) == (240, 33)
    assert found.stay.entered == 283_661
    for stage in (found.stay, found.queue, found.service):
        assert stage.holds
        assert stage.hours_apart > 0
    # About two advisors busy on average, twice that at ten in the morning.
    assert 1.8 < _known(found.service.present).value < 2.4
    busiest = max(found.service.by_hour, key=lambda hour: hour.present)
    assert busiest.hour == 10
