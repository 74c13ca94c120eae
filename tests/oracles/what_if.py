"""The slow, plain twin of the what-if's balance: one curve, interval by interval, by iteration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing.erlang import erlang_a

Floats = npt.NDArray[np.float64]


def week(
    contacts: Floats, agents: Floats, *, interval_s: float, handle_s: float, patience_s: float
) -> tuple[float, float]:
    """How many of a week's contacts are answered, and how many are given up."""
    answered = gave_up = 0.0
    for came, there in zip(contacts, agents, strict=True):
        if came == 0:
            continue
        load = came * handle_s / interval_s
        leaves = erlang_a(
            load_erlangs=load, handle_s=handle_s, patience_s=patience_s, agents=there
        ).p_abandon
        answered += came * (1 - float(leaves))
        gave_up += came * float(leaves)
    return answered, gave_up


def rest(
    contacts: Floats,
    agents_today: Floats,
    agents: Floats,
    *,
    interval_s: float,
    handle_today_s: float,
    handle_s: float,
    patience_s: float,
    again_today: float,
    again: float,
    redial: float,
    steps: int = 200,
) -> float:
    """Contacts a week after the change, by doing it week after week until nothing moves."""
    answered, gave_up = week(
        contacts,
        agents_today,
        interval_s=interval_s,
        handle_s=handle_today_s,
        patience_s=patience_s,
    )
    today = float(contacts.sum())
    matters = today - again_today * answered - redial * gave_up
    total = today
    for _ in range(steps):
        answered, gave_up = week(
            contacts * total / today,
            agents,
            interval_s=interval_s,
            handle_s=handle_s,
            patience_s=patience_s,
        )
        onward = matters + again * answered + redial * gave_up
        if abs(onward - total) < 1e-9 * total:
            break
        total = onward
    return total


def days_ahead(a_day: float, *, again_today: float, again: float, days: int) -> list[float]:
    """Contacts a day where all who come back do so the day after, and everybody is answered."""
    fresh = a_day * (1 - again_today)
    back = again_today * a_day
    found = []
    for _ in range(days):
        total = fresh + back
        found.append(total)
        back = again * total
    return found
