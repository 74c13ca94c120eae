"""Signatures are put to operations that are calm or bent; whoever cries wolf is found out."""

from __future__ import annotations

from collections.abc import Mapping

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from andon.errors import QuestionError
from andon.proving.alarms import ALARMS, Alarm, Operation, parks
from andon.proving.build import Made, make
from andon.proving.calm import CALM, honest_operations
from andon.proving.lines import line
from andon.proving.scenario import ShortContacts, Target

CALMLY = line(days=2, size=0.3)
BENT = line(days=2, size=0.3, levers=(ShortContacts(name="hang-ups", by=0.4, share=0.2),))


def wolf(_: Mapping[str, ir.Table], made: Made) -> Alarm:
    return Alarm(shows=True, p=0.001, named=frozenset({"made-up-advisor-001"}))


def silence(_: Mapping[str, ir.Table], made: Made) -> Alarm:
    return Alarm(shows=False, p=0.9, named=frozenset())


def knows(_: Mapping[str, ir.Table], made: Made) -> Alarm:
    doers = frozenset(made.truth["levers"][0]["people"])
    return Alarm(shows=True, p=0.001, named=doers)


def refuses(_: Mapping[str, ir.Table], made: Made) -> Alarm:
    raise QuestionError("There is too little.", found="2 days", todo="Load more.")


def test_whoever_cries_wolf_where_nobody_does_anything_is_missed() -> None:
    shows, low, people = Operation(scenario=CALMLY, ask=wolf).count(6, 1)
    assert (shows.times, low.times, people.times) == (6, 6, 6)
    assert [shows.met, low.met, people.met] == [False, False, False]


def test_silence_is_right_where_it_is_calm_and_missed_where_much_is_bent() -> None:
    assert all(each.met for each in Operation(scenario=CALMLY, ask=silence).count(6, 1))
    bent = Operation(scenario=BENT, ask=silence, calm=False, strong=True).count(6, 1)
    assert not bent[0].met


def test_advisors_who_are_spoken_of_rightly_are_no_false_ones() -> None:
    _, _, wrong, found = Operation(scenario=BENT, ask=knows, calm=False).count(4, 1)
    assert wrong.times == 0
    assert wrong.of == found.times == found.of > 0


def test_a_refusal_is_said_and_not_counted() -> None:
    [count] = Operation(scenario=CALMLY, ask=refuses).count(3, 1)
    assert (count.of, count.says) == (0, "3 times refused: There is too little.")


def test_only_those_who_park_end_in_hold_what_would_have_been_talk() -> None:
    made = make(line(days=10))
    bent, who = parks(share=1.0, by=0.3)(made, np.random.default_rng(1))
    before, after = (each.tables["contacts"] for each in (made, bent))
    moved = pc.subtract(after["hold_s"], before["hold_s"])
    parked = pc.greater(pc.fill_null(moved, 0.0), 0.0)
    names = set(before["advisor_id"].filter(parked).to_pylist())
    assert names
    assert names <= who
    whole = [
        pc.sum(each["talk_s"]).as_py() + pc.sum(each["hold_s"]).as_py() for each in (before, after)
    ]
    assert whole[0] == pytest.approx(whole[1])
    mine = after.filter(pc.is_in(after["advisor_id"], value_set=pa.array(sorted(who))))
    assert not [each for each in mine["talk_s"].drop_null().to_pylist() if 240 < each <= 300]


def test_every_signature_has_a_calm_operation_and_one_in_which_it_must_be_found() -> None:
    for proof in ALARMS:
        assert any(case.full >= 60 for case in proof.cases)
        assert len(proof.cases) >= 3


def test_nobody_bends_anything_in_the_calm_operations() -> None:
    kinds = honest_operations()
    assert sum(case.full for case in CALM) == 500
    for _, scenario, _ in kinds:
        for lever in scenario.levers:
            harmless = isinstance(lever, Target) and lever.handle == 1.0
            assert harmless or not lever.bends
