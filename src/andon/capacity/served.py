"""Served: what becomes of a week's contacts at every volume, with the agents that are there.

The queue of each interval is Erlang A with that interval's load, agents and patience; the week adds
them up. Worked out once for a grid of volumes, it is read by thousands of curves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.levers import Setting
from andon.capacity.situation import Situation
from andon.queueing.erlang import erlang_a, erlang_c
from andon.units import HOUR_S

__all__ = ["Queue", "Served", "queue_of", "served"]

Floats = npt.NDArray[np.float64]

_FACTORS: Final = np.union1d(np.linspace(0.0, 2.0, 121), np.geomspace(2.0, 4.0, 16))
_NO_LOAD: Final = 1e-12
_NEARLY: Final = 0.999
"""Erlang C's wait has no end at full load; beyond this the backlog says how long it is."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Queue:
    """What customers meet in one interval, by load.

    Attributes
    ----------
    load : array of float, shape (n,)
        Erlangs, ascending.
    gives_up, has_to_wait : array of float, shape (n,)
        Shares of all contacts.
    wait_s : array of float, shape (n,)
        Mean wait of all contacts, seconds.
    on_line : array of float, shape (n,)
        Part of those who wait that do so on the line; the others wait for a callback.
    """

    load: Floats
    gives_up: Floats
    has_to_wait: Floats
    wait_s: Floats
    on_line: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Served:
    """A cycle's contacts by how many there are.

    Attributes
    ----------
    contacts : array of float, shape (n,)
        Contacts of a cycle, ascending from 0, all intervals grown alike.
    gave_up, answered, waited_and_answered : array of float, shape (n,)
        How many of them.
    wait_h, on_line_h : array of float, shape (n,)
        Hours that they waited in all, and on the line; infinite where the backlog would grow
        without end.
    """

    contacts: Floats
    gave_up: Floats
    answered: Floats
    waited_and_answered: Floats
    wait_h: Floats
    on_line_h: Floats


def queue_of(load: Floats, places: Floats | float, setting: Setting, *, interval_s: float) -> Queue:
    """What customers meet at these loads (erlangs), with so many places.

    Where nobody gives up, a queue at nearly full load would take days to settle. Its wait is that
    of Erlang C, but no longer than chance alone can pile up within the interval: at full load the
    queue is a Brownian motion kept above 0, with mean ``sqrt(2 v t / pi)`` after ``t`` and
    ``v = 2`` arrivals a second for exponential times.
    """
    load, places = np.broadcast_arrays(np.asarray(load, float), np.asarray(places, float))
    on_line = np.ones(load.shape)
    if math.isfinite(setting.patience_s):
        patience = np.full(load.shape, setting.patience_s)
        wait = erlang_a(
            load_erlangs=load, handle_s=setting.contact_s, patience_s=patience, agents=places
        )
        if setting.callback is not None:
            # Offered to who would wait longer; waits of those who wait are nearly exponential.
            usual = np.maximum(np.nan_to_num(np.asarray(wait.mean_wait_of_waiting_s)), 1e-9)
            offered = np.exp(-setting.callback.offer_over_s / usual)
            on_line = 1 - setting.callback.accepts * offered
            wait = erlang_a(
                load_erlangs=load,
                handle_s=setting.contact_s,
                patience_s=patience / on_line,
                agents=places,
            )
        return Queue(
            load=load,
            gives_up=np.asarray(wait.p_abandon),
            has_to_wait=np.asarray(wait.p_wait),
            wait_s=np.asarray(wait.mean_wait_s),
            on_line=on_line,
        )
    # Nobody gives up: chance alone up to nearly full load, and beyond it the backlog.
    there = places > 0
    held = np.where(there, np.minimum(load, _NEARLY * places), 0.0)
    wait = erlang_c(
        load_erlangs=held, handle_s=setting.contact_s, agents=np.where(there, places, 1.0)
    )
    per_s = np.maximum(load, _NO_LOAD) / setting.contact_s
    piled = 2 / 3 * np.sqrt(2 * 2 * per_s * interval_s / math.pi)  # the mean over the interval
    waits_s = np.minimum(np.asarray(wait.mean_wait_s), piled / per_s)
    return Queue(
        load=load,
        gives_up=np.zeros(load.shape),
        has_to_wait=np.where(there, np.asarray(wait.p_wait), 1.0),
        wait_s=np.where(there, waits_s, 0.0),
        on_line=on_line,
    )


def served(situation: Situation, setting: Setting, *, most: float) -> Served:
    """What becomes of a cycle's contacts, from none of them to ``most`` times today's.

    Each interval is in its own steady state; nothing is carried from one to the next (where nobody
    gives up, the backlog is).
    """
    grow = _FACTORS
    if most > grow[-1]:
        grow = np.union1d(grow, np.geomspace(grow[-1], most, 24))
    pairs, times = np.unique(
        np.stack([situation.contacts, setting.places]), axis=1, return_counts=True
    )
    some = pairs[0] > 0
    contacts = pairs[0][some] * grow[:, None]
    times = times[some]
    per_s = contacts / situation.interval_s
    queue = queue_of(
        per_s * setting.contact_s, pairs[1][some], setting, interval_s=situation.interval_s
    )
    waits = contacts * queue.wait_s * times / HOUR_S
    wait_h, on_line_h = waits.sum(axis=1), (waits * queue.on_line).sum(axis=1)
    if not math.isfinite(setting.patience_s):
        left = _backlog_h(situation, setting, grow)
        wait_h, on_line_h = wait_h + left, on_line_h + left
    stays = 1 - queue.gives_up
    return Served(
        contacts=grow * situation.contacts_in_all,
        gave_up=(contacts * queue.gives_up * times).sum(axis=1),
        answered=(contacts * stays * times).sum(axis=1),
        waited_and_answered=(
            contacts * np.maximum(queue.has_to_wait - queue.gives_up, 0.0) * times
        ).sum(axis=1),
        wait_h=wait_h,
        on_line_h=on_line_h,
    )


def _backlog_h(situation: Situation, setting: Setting, grow: Floats) -> Floats:
    """Hours that a fluid backlog waits in a cycle that repeats, for each volume."""
    able = setting.places * situation.interval_s / setting.contact_s
    left = np.zeros(len(grow))
    waited = np.zeros(len(grow))
    for _ in range(2):  # the first cycle brings the backlog that the second begins with
        waited = np.zeros(len(grow))
        for came, can in zip(situation.contacts, able, strict=True):
            after = np.maximum(left + came * grow - can, 0.0)
            waited += (left + after) / 2 * situation.interval_s / HOUR_S
            left = after
    return np.where(grow * situation.contacts_in_all < able.sum(), waited, np.inf)
