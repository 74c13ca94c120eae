"""The square-root rule against its tables, its limits, and the exact formulas."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.erlang import erlang_a, erlang_c
from andon.queueing.square_root import (
    garnett,
    garnett_beta,
    halfin_whitt,
    halfin_whitt_beta,
    square_root_agents,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "square_root_staffing.csv"
SIZES = np.array([1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5, 1e6])


def test_every_reference_row() -> None:
    with GOLDEN.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == {
        "halfin_whitt",
        "halfin_whitt_beta_for_alpha",
        "garnett",
    }
    for row in rows:
        x, value = float(row["x"]), float(row["value"])
        if row["kind"] == "halfin_whitt":
            found = halfin_whitt(x)
        elif row["kind"] == "garnett":
            found = garnett(x, handle_s=100 * float(row["theta_over_mu"]), patience_s=100)
        else:
            found = halfin_whitt_beta(x)
        assert found == pytest.approx(value, rel=1e-13), row


@given(beta=st.floats(0, 30))
@settings(deadline=None)
def test_halfin_and_whitts_function_agrees_with_its_definition(beta: float) -> None:
    with mpmath.workdps(40):
        ratio = mpmath.ncdf(beta) / mpmath.npdf(beta)
        truth = float(1 / (1 + beta * ratio))
    assert halfin_whitt(beta) == pytest.approx(truth, rel=1e-12)


@given(beta=st.floats(-8, 20), handle=st.floats(10, 1e3), patience=st.floats(10, 1e4))
@settings(deadline=None)
def test_garnetts_function_agrees_with_its_definition(
    beta: float, handle: float, patience: float
) -> None:
    with mpmath.workdps(60):

        def hazard(x: Any) -> Any:
            return mpmath.npdf(x) / mpmath.ncdf(-x)

        root = mpmath.sqrt(mpmath.mpf(handle) / patience)
        truth = float(1 / (1 + root * hazard(beta / root) / hazard(-mpmath.mpf(beta))))
    found = garnett(beta, handle_s=handle, patience_s=patience)
    assert found == pytest.approx(truth, rel=1e-11, abs=1e-300)


@given(p=st.floats(1e-12, 0.999999), handle=st.floats(10, 1e3), patience=st.floats(10, 1e4))
@settings(deadline=None)
def test_the_inverses_lead_back(p: float, handle: float, patience: float) -> None:
    assert halfin_whitt(halfin_whitt_beta(p)) == pytest.approx(p, rel=1e-9)
    times = {"handle_s": handle, "patience_s": patience}
    assert garnett(garnett_beta(p, **times), **times) == pytest.approx(p, rel=1e-9)


def test_ever_larger_queues_come_ever_nearer_to_the_limit() -> None:
    loads = np.array([1e2, 1e4, 1e6])
    agents = loads + np.sqrt(loads)
    exact = np.asarray(erlang_c(load_erlangs=loads, handle_s=1, agents=agents).p_wait)
    # Printed beside the reference table.
    assert exact == pytest.approx([0.237008, 0.224763, 0.223502], abs=5e-7)
    off = exact - halfin_whitt(1.0)
    assert off[:-1] / off[1:] == pytest.approx([10, 10], rel=0.05)
    patient = erlang_a(load_erlangs=loads, handle_s=300, patience_s=60, agents=loads)
    off = np.asarray(patient.p_wait) - garnett(0, handle_s=300, patience_s=60)
    assert off[:-1] / off[1:] == pytest.approx([10, 10], rel=0.05)


@pytest.mark.parametrize("p_wait", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("patience_s", [None, 30.0, 180.0, 1200.0])
def test_the_rule_is_good_at_every_size(p_wait: float, patience_s: float | None) -> None:
    handle_s = None if patience_s is None else 180.0
    rule = square_root_agents(
        load_erlangs=SIZES, p_wait=p_wait, handle_s=handle_s, patience_s=patience_s
    )
    assert np.all(np.asarray(rule.p_wait) == p_wait)
    difference = np.asarray(rule.difference)
    assert np.all(difference == np.asarray(rule.agents) - np.asarray(rule.agents_exact))
    assert np.all((difference >= -4) & (difference <= 0))
    assert np.mean(difference >= -1) > 0.9 or (p_wait > 0.8 and patience_s is not None)
    off = (np.asarray(rule.p_wait_exact) - p_wait) * np.sqrt(SIZES)
    assert np.all((off > 0) & (off < 0.5))
    assert np.all(off[SIZES >= 50] < 0.3)


def test_the_exact_number_is_the_fewest_with_which_so_few_wait() -> None:
    rule = square_root_agents(load_erlangs=40, p_wait=0.3, handle_s=200, patience_s=100)
    at = np.array([rule.agents_exact, int(rule.agents_exact) - 1])
    wait = erlang_a(load_erlangs=40, handle_s=200, patience_s=100, agents=at)
    few, many = np.asarray(wait.p_wait)
    assert few <= 0.3 < many


def test_beta_may_be_given_instead_and_numbers_stay_numbers() -> None:
    rule = square_root_agents(load_erlangs=100, beta=1)
    assert (rule.agents, rule.agents_unrounded) == (110, 110)
    assert type(rule.agents) is type(rule.agents_exact) is type(rule.difference) is int
    assert type(rule.p_wait) is type(rule.p_wait_exact) is float
    assert rule.p_wait == halfin_whitt(1)
    assert square_root_agents(load_erlangs=0, beta=1).agents == 0
    none = square_root_agents(load_erlangs=100, beta=0)
    assert (none.p_wait, none.p_wait_exact, none.agents_exact) == (1, 1, 101)
    few = square_root_agents(load_erlangs=100, beta=-2, handle_s=100, patience_s=100)
    assert few.agents == 80
    assert few.p_wait == pytest.approx(0.97725, abs=1e-5)
    fewer = square_root_agents(load_erlangs=4, beta=-9, handle_s=100, patience_s=100)
    assert (fewer.agents, fewer.p_wait_exact) == (0, 1)


Call = Callable[..., object]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: halfin_whitt(-0.1), "use garnett"),
        (lambda: halfin_whitt(math.nan), "beta must be 0 or more"),
        (lambda: halfin_whitt_beta(0), "Some callers always wait"),
        (lambda: halfin_whitt_beta(1.5), "p_wait must lie"),
        (lambda: garnett(1, handle_s=1, patience_s=0), "patience_s must be above 0"),
        (lambda: garnett(math.inf, handle_s=1, patience_s=1), "beta must lie"),
        (lambda: garnett_beta(1, handle_s=1, patience_s=1), "No staffing lets every caller wait"),
        (lambda: square_root_agents(load_erlangs=1), "neither is given"),
        (lambda: square_root_agents(load_erlangs=1, beta=1, p_wait=0.5), "both are given"),
        (lambda: square_root_agents(load_erlangs=1, beta=1, handle_s=9), "handle_s alone"),
        (lambda: square_root_agents(load_erlangs=1, beta=1, patience_s=9), "patience_s alone"),
        (lambda: square_root_agents(load_erlangs=1, beta=-1), "use garnett"),
        (lambda: square_root_agents(load_erlangs=-1, beta=1), "load_erlangs must lie"),
    ],
)
def test_numbers_that_cannot_be_are_refused(call: Call, says: str) -> None:
    with pytest.raises(QueueingError, match=says):
        call()
