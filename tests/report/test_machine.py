"""The report for machines: what is written reads back, and equal findings give equal bytes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import ReportError
from andon.estimate import Estimate
from andon.report import machine
from report.samples import HOSTILE, diagnosis


def test_a_diagnosis_reads_back_as_it_was() -> None:
    written = machine.write(diagnosis(HOSTILE))
    assert machine.read(written) == diagnosis(HOSTILE)
    assert machine.write(machine.read(written)) == written


@given(
    ends=st.tuples(*[st.floats(-1e12, 1e12)] * 3).map(sorted),
    n=st.integers(0, 10**9),
    name=st.text(min_size=1),
)
def test_any_estimate_reads_back_to_the_last_bit(ends: list[float], n: int, name: str) -> None:
    low, value, high = ends
    figure = Estimate(value=value, low=low, high=high, unit="h", n=n, method=name)
    given_one = replace(diagnosis(), figures={name: figure})
    assert machine.read(machine.write(given_one)).figures == {name: figure}


def test_keys_come_in_one_order_whatever_order_they_were_given_in() -> None:
    one = diagnosis()
    turned = replace(one, figures=dict(reversed(list(one.figures.items()))))
    assert machine.write(one) == machine.write(turned)


def test_names_and_units_are_those_of_python() -> None:
    document = json.loads(machine.write(diagnosis()))
    figure = document["figures"]["reach.wait_mean"]
    assert set(figure) == {"value", "low", "high", "level", "unit", "n", "method"}
    assert figure["unit"] == "s"
    unknown = document["figures"]["coverage.all"]
    assert set(unknown) == {"unknown", "unit", "why", "needs"}
    assert document["schema"] == machine.SCHEMA
    assert document["quality"]["runs"][0]["law_holds"] is True


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("not json", "cannot be read"),
        ("[]", "not a diagnosis"),
        ('{"schema": "andon.diagnosis/99"}', "not a diagnosis"),
        ('{"schema": "andon.diagnosis/1"}', "lacks a part"),
    ],
)
def test_what_is_no_report_is_an_error_that_says_so(text: str, wrong: str) -> None:
    with pytest.raises(ReportError, match=wrong):
        machine.read(text)
