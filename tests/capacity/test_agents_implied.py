from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.agents_implied import agents_implied
from andon.errors import PlanError
from andon.queueing.erlang import erlang_a

MANY = 1_000_000


@given(
    load=st.floats(0.5, 80),
    spare=st.floats(-0.25, 0.25),
    handle_s=st.floats(60, 900),
    patience_s=st.floats(60, 900),
)
def test_the_agents_that_were_there_come_back_from_what_they_did(
    load: float, spare: float, handle_s: float, patience_s: float
) -> None:
    agents = load * (1 + spare) + 0.5
    wait = erlang_a(load_erlangs=load, handle_s=handle_s, patience_s=patience_s, agents=agents)
    share = float(wait.p_abandon)
    per_interval = load / handle_s * 1800
    found = agents_implied(
        contacts=[per_interval * MANY],
        abandoned=[per_interval * MANY * max(share, 2e-4)],
        times=[MANY],
        interval_s=1800,
        handle_s=handle_s,
        patience_s=patience_s,
    )
    if share > 2e-4:
        assert found[0] == pytest.approx(agents, rel=1e-3)


def test_more_who_give_up_mean_fewer_agents_and_an_empty_interval_has_none() -> None:
    found = agents_implied(
        contacts=[600, 600, 0],
        abandoned=[30, 120, 0],
        times=[10, 10, 10],
        interval_s=1800,
        handle_s=240,
        patience_s=180,
    )
    assert found[0] > found[1] > 0
    assert found[2] == 0


def test_few_contacts_are_drawn_towards_the_whole_week() -> None:
    common = np.full(20, 4_000.0)
    alone = agents_implied(
        contacts=[*common, 2.0],
        abandoned=[*(0.05 * common), 2.0],
        times=np.full(21, 100.0),
        interval_s=1800,
        handle_s=240,
        patience_s=180,
    )[-1]
    assert alone > 0


def test_without_anybody_who_gave_up_it_says_what_to_do() -> None:
    with pytest.raises(PlanError, match="Nobody gave up"):
        agents_implied(
            contacts=[100],
            abandoned=[0],
            times=[1],
            interval_s=1800,
            handle_s=240,
            patience_s=180,
        )
