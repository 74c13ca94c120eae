"""A finding is one frozen record: its sentence, its number, and all that stands behind it."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Finding, Provenance

PROVENANCE = Provenance(
    tables={"contacts": 4},
    parameters={"windows_s": (600, 3_600), "level": 0.95},
    code_version="0.1.0",
    question="andon.demand.recontact.repeat_work",
)


def finding(**changed: object) -> Finding:
    parts: dict[str, object] = {
        "key": "repeat_work.after_hanging_up",
        "headline": "44 in 100 callers who were cut off rang back within ten minutes.",
        "estimate": Estimate(value=0.44, low=0.43, high=0.45, unit="share", n=8113, method="-"),
        "scope": "voice, January to July and September 1999",
        "meaning": "They had to explain themselves again.",
        "next_step": "Listen to ten of these calls.",
        "provenance": PROVENANCE,
    }
    return Finding(**(parts | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("thing", "field"),
    [
        (finding(), "headline"),
        (finding(), "estimate"),
        (PROVENANCE, "tables"),
        (Evidence(kind="bars", title="t", subtitle="s", rows=(), alt="a"), "rows"),
    ],
)
def test_nothing_in_a_finding_can_be_changed(thing: object, field: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, field, None)


def test_a_finding_is_named_part_by_part() -> None:
    """Positions would let a headline slip into the place of a caveat."""
    with pytest.raises(TypeError):
        Finding("key", "headline")  # type: ignore[call-arg]


def test_a_finding_needs_its_number_and_where_it_came_from() -> None:
    for needed in ("estimate", "provenance", "meaning", "next_step", "scope"):
        parts = {f.name: getattr(finding(), f.name) for f in dataclasses.fields(Finding)}
        del parts[needed]
        with pytest.raises(TypeError, match=needed):
            Finding(**parts)


def test_what_is_not_given_is_empty_and_not_shared() -> None:
    bare = finding()
    assert bare.cost_h is None
    assert not bare.evidence
    assert not bare.caveats
    assert bare.figures == {}
    assert bare.figures is not finding().figures


def test_that_something_cannot_be_told_is_a_finding() -> None:
    gap = Unknown(unit="share", why="the id was not stored", needs="ids for all callers")
    assert finding(estimate=gap).estimate is gap


def test_equal_findings_are_equal_and_travel() -> None:
    assert finding() == finding()
    assert finding() != finding(key="another")
    assert pickle.loads(pickle.dumps(finding())) == finding()
