"""Silent targets: found where those who are no longer counted come back, and not elsewhere."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.level_shifts import Shift, level_shift
from andon.goodhart.silent_targets import (
    SilentTarget,
    SilentTargets,
    Watched,
    moved_apart,
    silent_targets,
)
from goodhart.test_level_shifts import days, noise
from ledgers import contacts_table

DAY = 86_400
START = 1_704_067_200  # Monday 1 January 2024
VALUES = {"kind": "string", "happened_us": "int64"}


def operation(
    seed: int,
    *,
    periods: int = 182,
    a_day: int = 70,
    hidden: float = 0.0,
    fewer_give_up: float = 0.0,
    contained: float = 0.3,
    leavers: float = 0.1,
    more_contained: float = 0.0,
    complaints: float = 0.02,
    more_complaints: float = 0.0,
    known: float = 1.0,
) -> tuple[ir.Table, ir.Table]:
    """Half a year of contacts; what changes, changes from the middle on.

    ``hidden`` of those who give up are recorded as handled from then on. All who give up ring again
    within minutes half of the time. ``leavers`` of those in self-service leave, and ask for a
    person an hour later; ``more_contained`` of all contacts join them.
    """
    rng = np.random.default_rng(seed)
    at: list[float] = []
    who: list[int | None] = []
    how: list[str] = []
    calm = 0.2 * np.exp(0.15 * noise(rng, periods, 0.4))
    for day in range(periods):
        late = day >= periods // 2
        for _ in range(rng.poisson(a_day * (1.0 if day % 7 < 5 else 0.5))):
            name = int(rng.integers(1, 2**50)) if rng.random() < known else None
            when = START + day * DAY + rng.uniform(8, 18) * 3600
            again = 0.0
            more = late and rng.random() < more_contained
            if more or rng.random() < contained:
                fate = "left_self_service" if more or rng.random() < leavers else "self_served"
                again = 3600.0 if fate == "left_self_service" else 0.0
            elif rng.random() < calm[day] * (1 - fewer_give_up * late):
                fate = "handled" if late and rng.random() < hidden else "abandoned"
                again = 200.0 if rng.random() < 0.5 else 0.0
            else:
                fate = "handled"
            at.append(when)
            who.append(name)
            how.append(fate)
            if again:
                at.append(when + again)
                who.append(name)
                how.append("handled")
    us = (np.array(at) * 1e6).astype(np.int64)
    n = len(at)
    upset = rng.random(n) < complaints + more_complaints * (
        us >= (START + periods // 2 * DAY) * 1e6
    )
    contacts = ibis.memtable(
        pa.table(
            {
                "contact_key": np.arange(n),
                "customer_key": pa.array(who, type=pa.int64()),
                "arrived_us": us,
                "local_arrived_us": us,
                "outcome": how,
                "handled_by": pa.nulls(n, pa.string()),
            }
        )
    )
    values = ibis.memtable(
        pa.table(
            {
                "kind": ["complaint"] * int(upset.sum()) + ["refund"],
                "happened_us": np.append(us[upset] + 3_600_000_000, 0),
            }
        )
    )
    return contacts, values


def asked(seed: int, **options: Any) -> dict[str, SilentTarget]:
    found = silent_targets(*operation(seed, **options))
    return {each.key: each for each in found.targets}


def shift_of(watched: Watched) -> Shift:
    assert isinstance(watched.shift, Shift), watched.shift
    return watched.shift


def test_those_who_give_up_and_are_not_counted_are_found_by_their_redials() -> None:
    pair = asked(1, hidden=0.7)["abandonment_and_redials"]
    assert pair.silent
    assert "fewer are counted as giving up" in pair.says
    assert "more of the others ring again within 10 minutes" in pair.says
    assert "Check how giving up is recorded" in pair.says
    assert pair.adjusted >= pair.p
    # Of 100 who ask for a person 14 are hidden now, and 7 of them ring again. Those not counted as
    # giving up are 80, these 14, 10 who rang again, and 4 who came from self-service: 6.5 in 100.
    move = shift_of(pair.companion).difference
    assert move.low < 6.5 < move.high
    assert 4 < move.value < 9


def test_fewer_who_really_give_up_are_no_silent_target() -> None:
    pair = asked(2, fewer_give_up=0.7)["abandonment_and_redials"]
    assert shift_of(pair.target).way == -1
    assert not pair.silent
    assert "but" not in pair.says


def test_containment_that_is_only_leaving_is_found() -> None:
    pair = asked(3, more_contained=0.2)["containment_and_another_way"]
    assert pair.silent
    assert shift_of(pair.target).way == 1
    assert "leave and come another way" in pair.says


def test_complaints_that_rise_while_fewer_give_up_are_found() -> None:
    found = asked(4, fewer_give_up=0.6, more_complaints=0.05)
    assert found["abandonment_and_complaints"].silent
    assert "for every 100 contacts" in found["abandonment_and_complaints"].says
    assert not found["abandonment_and_redials"].silent


def test_where_nothing_happens_nothing_is_said_to_be_silent() -> None:
    assert not any(pair.silent for seed in range(6) for pair in asked(seed + 30, a_day=40).values())


@pytest.mark.parametrize("falls", [0.0, 0.08])
def test_one_movement_alone_or_none_is_seldom_enough(falls: float) -> None:
    rng = np.random.default_rng(7)
    p = []
    for _ in range(300):
        y, x = days(rng, 120, memory=0.5, step=-falls, at=60)
        v, u = days(rng, 120, memory=0.5, step=0.0, at=60)
        target, other = (
            level_shift(top, below, before=60, unit="share") for top, below in ((y, x), (v, u))
        )
        p.append(moved_apart(target, other, better="lower"))
    assert np.mean(np.array(p) <= 0.05) <= 0.09  # 5 % at most, in truth
    assert np.mean(np.array(p) <= 0.025) <= 0.05


def test_each_month_is_counted_as_it_is() -> None:
    contacts, values = operation(5, periods=91)  # January, February and March 2024
    found = silent_targets(contacts, values)
    assert found.months == ("2024-01", "2024-02", "2024-03")
    table = contacts.to_pyarrow().to_pydict()
    march = [
        fate
        for fate, us in zip(table["outcome"], table["arrived_us"], strict=True)
        if us >= (START + 60 * DAY) * 1e6
    ]
    told = found.targets[0].target.by_month[2].value
    assert isinstance(told, Estimate)
    served, lost = march.count("handled"), march.count("abandoned")
    assert told.value == pytest.approx(lost / (served + lost))
    assert told.n == served + lost


def test_a_customer_is_followed_to_a_person_and_not_past_the_end_of_the_data() -> None:
    """Three quiet months; each day one leaves, tries the machine again, and then asks a person."""
    rows: list[dict[str, Any]] = []
    for day in range(91):
        for hour, fate in ((10, "left_self_service"), (11, "self_served"), (12, "handled")):
            rows.append(
                {
                    "arrived_at": day * DAY + hour * 3600.0,
                    "ended_at": day * DAY + hour * 3600.0 + 60,
                    "customer": day,
                    "outcome": fate,
                }
            )
        rows.append({"arrived_at": day * DAY + 9 * 3600.0, "customer": f"x{day}"})
    found = silent_targets(contacts_table(rows))
    came = next(each for each in found.targets if each.companion.key == "another_way").companion
    months = [each.value for each in came.by_month]
    assert all(isinstance(each, Estimate) and each.value == 1 for each in months)
    assert [each.n for each in months if isinstance(each, Estimate)] == [62, 58, 60]
    complaints = next(each for each in found.targets if each.companion.key == "complaints")
    assert isinstance(complaints.companion.shift, Unknown)
    assert "no complaint is recorded" in complaints.says
    assert np.isnan(complaints.p)
    assert not complaints.silent


def test_complaints_that_begin_to_be_recorded_have_not_begun() -> None:
    contacts, _ = operation(6, fewer_give_up=0.6)
    late = [
        {"kind": "complaint", "happened_us": (START + day * DAY) * 10**6} for day in range(91, 182)
    ]
    found = silent_targets(contacts, ibis.memtable(late, schema=VALUES))
    pair = next(each for each in found.targets if each.companion.key == "complaints")
    assert not pair.silent
    assert "recorded only from 2024-04-01" in pair.says


def test_without_customer_ids_who_comes_back_is_unknown() -> None:
    pair = asked(8, known=0.0, periods=100)["abandonment_and_redials"]
    assert isinstance(pair.companion.shift, Unknown)
    assert not pair.silent


def without(contacts: ir.Table, first: int, last: int) -> ir.Table:
    """The contacts but those of some days, counted from the first."""
    day = (contacts.arrived_us - START * 1_000_000) // (DAY * 1_000_000)
    return contacts.filter((day < first) | (day >= last))


def test_a_month_without_contacts_is_no_month_that_was_seen() -> None:
    contacts, values = operation(5, periods=121)  # January to April 2024
    found = silent_targets(without(contacts, 31, 60), values)
    assert found.months == ("2024-01", "2024-03", "2024-04")
    with pytest.raises(QuestionError, match="so few months") as told:
        silent_targets(without(contacts, 31, 91), values)
    assert "2 whole months" in told.value.found


def test_bad_questions_are_refused_in_words() -> None:
    two_months, values = operation(9, periods=60)

    def refused(contacts: ir.Table, match: str, **options: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            silent_targets(contacts, values, **options)
        assert told.value.found
        assert told.value.todo

    refused(two_months, "so few months")
    refused(contacts_table([]), "so few months")
    refused(two_months, "level must lie", level=1.5)


def test_no_advisor_appears() -> None:
    fields = (
        set(SilentTargets.__dataclass_fields__)
        | set(SilentTarget.__dataclass_fields__)
        | set(Watched.__dataclass_fields__)
    )
    assert not any("advisor" in name for name in fields)
