"""Parting twins: found when they part within queues, and not when only the mix moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from andon.errors import QuestionError
from andon.estimate import Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.level_shifts import Floats, Shift
from andon.goodhart.parting_twins import Cells, Parted, PartingTwins, parted, parting_twins
from goodhart.test_level_shifts import noise
from metrics.test_twins import operation, table_of


def weeks(
    rng: np.random.Generator,
    *,
    periods: int = 39,
    shorter_s: float = 0.0,
    back: float = 0.0,
    at: int = 18,
    memory: float = 0.3,
    mix: float = 0.0,
) -> tuple[Cells, Cells]:
    """An easy queue and a hard one; ``mix`` is how much of the work moves to the easy one."""
    late = (np.arange(periods) >= at).astype(np.float64)
    easy = 0.5 + mix * late
    n = np.vstack([easy, 1 - easy]) * rng.poisson(1500, periods)
    base = np.array([[120.0], [300.0]])
    returns = np.array([[0.05], [0.12]])
    both: list[Floats] = [
        np.vstack([noise(rng, periods, memory) for _ in range(2)]) for _ in range(2)
    ]
    return (
        Cells(n=n, mean=base - shorter_s * late + 5 * both[0], unit="s"),
        Cells(n=n, mean=returns + back * late + 0.006 * both[1], unit="share"),
    )


def test_twins_that_part_are_found_with_their_size_and_their_week() -> None:
    rng = np.random.default_rng(21)
    found = [parted(*weeks(rng, shorter_s=20, back=0.02), seed=i) for i in range(25)]
    assert sum(each.parting == "parted" for each in found) >= 23
    began = [each.gap for each in found if isinstance(each.gap, Change)]
    assert np.mean([each.start_low <= 18 <= each.start_high for each in began]) >= 0.85
    assert np.mean([abs(each.start - 18) <= 1 for each in began]) >= 0.85
    assert all(each.pays == "twin" for each in found if each.parting == "parted")
    held = [_within(each.first) for each in found]
    assert np.mean([each.difference.low <= -20 <= each.difference.high for each in held]) >= 0.85


def _within(movement: Any) -> Shift:
    assert isinstance(movement.within, Shift)
    return movement.within


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_where_nothing_happens_twins_are_hardly_ever_said_to_part(memory: float) -> None:
    rng = np.random.default_rng(22)
    found = [parted(*weeks(rng, memory=memory)) for _ in range(400)]
    assert sum(each.parting == "parted" for each in found) <= 8


def test_where_only_one_twin_moves_they_are_seldom_said_to_part() -> None:
    rng = np.random.default_rng(23)
    found = [parted(*weeks(rng, shorter_s=25)) for _ in range(300)]
    assert np.mean([each.first.way == -1 for each in found]) > 0.9
    assert sum(each.parting == "parted" for each in found) <= 18  # 2.5 % in truth
    back = [parted(*weeks(rng, back=0.03)) for _ in range(300)]
    assert sum(each.parting == "parted" for each in back) <= 18


def test_a_change_of_mix_alone_is_no_parting_and_is_told_as_mix() -> None:
    rng = np.random.default_rng(24)
    parts = 0
    for _ in range(40):
        found = parted(*weeks(rng, mix=0.25))
        parts += found.parting == "parted"
        total, between = found.first.total, found.first.between
        assert isinstance(total, Shift)
        assert isinstance(between, Shift)
        assert total.difference.value < -35  # a quarter of the work, three minutes easier
        assert between.difference.value == pytest.approx(-45, abs=4)
        assert between.way == -1
    assert parts <= 3


def test_a_twin_that_improves_at_the_cost_of_the_measure_is_told_so() -> None:
    found = parted(*weeks(np.random.default_rng(25), shorter_s=-25, back=-0.025))
    assert found.parting == "parted"
    assert found.pays == "measure"


def test_small_groups_are_read_together() -> None:
    first, second = weeks(np.random.default_rng(26), shorter_s=20, back=0.02)
    few = np.zeros((3, 39))
    few[0, ::3], few[1, 1], few[2] = 2.0, 1.0, 9.0

    def with_few(cells: Cells, mean: float) -> Cells:
        return Cells(
            n=np.vstack([cells.n, few]),
            mean=np.vstack([cells.mean, np.full((3, 39), mean)]),
            unit=cells.unit,
        )

    found = parted(with_few(first, 200.0), with_few(second, 0.1))
    assert found.first.groups == 3
    assert 0 < found.first.pooled < 0.02
    assert found.parting == "parted"


def test_few_weeks_are_unknown_and_shapes_must_fit() -> None:
    first, second = weeks(np.random.default_rng(27), periods=17)
    found = parted(first, second)
    assert isinstance(found.first.within, Unknown)
    assert found.parting == "cannot tell"
    assert isinstance(found.gap, Unknown)
    with pytest.raises(QuestionError, match="same groups and weeks"):
        parted(first, weeks(np.random.default_rng(27), periods=18)[1])


def asked(contacts: pa.Table, **options: Any) -> PartingTwins:
    return parting_twins(table_of(contacts), **options)


def test_shorter_contacts_that_bring_customers_back_are_found_in_a_ledger() -> None:
    rng = np.random.default_rng(1)
    found = asked(operation(rng, talk_s=(260, 140), returns=(0.02, 0.25), a_day=90))
    assert found.found.parting == "parted"
    assert "contacts got shorter" in found.says
    assert "more customers came back" in found.says
    assert "paid for by the customers who have to come back" in found.says
    assert found.weeks[0].weekday() == 0
    if found.began is not None:
        assert found.began_low is not None
        assert found.began_high is not None
        assert found.began_low <= found.began <= found.began_high


def test_fewer_who_give_up_and_more_who_try_again_are_found_in_a_ledger() -> None:
    rng = np.random.default_rng(2)
    contacts = operation(rng, gives_up=(0.45, 0.2), tries_again=(0.05, 0.6), a_day=90)
    found = asked(contacts, measure="abandonment")
    assert found.found.pays == "twin"
    assert "have to try again" in found.says


def test_two_queues_whose_shares_move_do_not_part() -> None:
    rng = np.random.default_rng(3)
    slow = operation(rng, talk_s=(300, 300), returns=(0.05, 0.05), a_day=40, queue="Loans")
    fast = operation(rng, talk_s=(100, 100), returns=(0.2, 0.2), a_day=40, queue="Cards")
    keep = np.arange(slow.num_rows) / slow.num_rows < rng.random(slow.num_rows) + 0.2
    more = np.arange(fast.num_rows) / fast.num_rows > rng.random(fast.num_rows) - 0.2
    both = pa.concat_tables([slow.filter(pa.array(keep)), fast.filter(pa.array(more))])
    found = asked(both)
    assert isinstance(found.found.first.total, Shift)
    assert found.found.first.total.way == -1
    assert found.found.parting != "parted"
    assert any("a change of mix" in said for said in found.caveats)


def test_bad_questions_are_refused_in_words() -> None:
    rng = np.random.default_rng(4)
    two_months = operation(rng, days=60, a_day=20)
    nameless = operation(rng, known=(0.0, 0.0), a_day=15)

    def refused(contacts: pa.Table, match: str, **options: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            asked(contacts, **options)
        assert told.value.found
        assert told.value.todo

    refused(two_months, "no twin for 'charm'", measure="charm")
    refused(two_months, "too few weeks")
    refused(nameless, "no twin in these data")
    refused(two_months, "known before a contact begins", mix=("outcome",))
    refused(two_months, "known before a contact begins", mix=())


def test_no_advisor_appears() -> None:
    fields = set(PartingTwins.__dataclass_fields__) | set(Parted.__dataclass_fields__)
    assert not any("advisor" in name for name in fields)
