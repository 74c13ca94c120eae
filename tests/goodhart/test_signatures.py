"""Signatures: each row whole and plain, with a question that looks for it, and about nobody."""

from __future__ import annotations

import importlib
import inspect
import re
import typing

import pytest

from andon.goodhart.measures import MEASURES, bent_as
from andon.goodhart.signatures import SIGNATURES, Signature, SignatureKey

ROWS = list(SIGNATURES.values())
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)


def sentences(row: Signature) -> list[str]:
    told = " ".join([row.test, row.effect, *row.otherwise, row.target])
    return re.split(r"(?<=[.!?]) |; ", told)


def test_the_keys_are_those_that_types_allow() -> None:
    assert tuple(SIGNATURES) == typing.get_args(SignatureKey)
    assert all(key == row.key for key, row in SIGNATURES.items())


@each_row
def test_a_row_is_whole(row: Signature) -> None:
    assert row.looks[0].islower()
    assert not row.looks.endswith(".")
    for told in (row.test, row.effect, row.target, *row.otherwise):
        assert told[0].isupper()
        assert told.endswith(".")
    assert len(row.otherwise) >= 2
    assert len(set(row.otherwise)) == len(row.otherwise)


@each_row
def test_a_row_speaks_of_the_target_and_blames_nobody(row: Signature) -> None:
    told = " ".join([row.looks, *sentences(row)])
    assert not re.search(r"cheat|fail|worst|lazy|offender|blame|fraud|trick", told)
    assert not re.search(r"advisor|colleague|train|coach|disciplin|person who", row.target)


@each_row
def test_a_row_speaks_plainly(row: Signature) -> None:
    longest = max(sentences(row), key=lambda each: len(each.split()))
    assert len(longest.split()) <= 30, longest


@each_row
def test_a_row_bends_a_measure_and_says_so_there(row: Signature) -> None:
    bent = bent_as(row.key)
    assert bent
    assert all(row.key in measure.bent_by for measure in bent)
    assert len(bent) == sum(row.key in measure.bent_by for measure in MEASURES.values())


@each_row
def test_a_row_names_a_question_that_can_be_put(row: Signature) -> None:
    function = getattr(importlib.import_module(row.home), row.function)
    assert inspect.getdoc(function)
    assert next(iter(inspect.signature(function).parameters)) == "contacts"


def test_every_signature_has_a_home_of_its_own() -> None:
    assert len({row.home for row in ROWS}) == len(ROWS)
