"""What was counted, run by run and interval by interval: days that can be judged one by one.

Here nothing is a mean yet. A row is a run, a column an interval after the warm-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels import columns as c
from andon.queueing._kernels.laws import TICKS

__all__ = ["ContactTallies", "StaffTallies"]

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

_CAME: Final = [c.FRESH, c.REDIAL, c.RECONTACT, c.PASSED_IN]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ContactTallies:
    """Contacts of one queue, or of all, each array of shape (runs, intervals).

    All but the last two count by the interval in which the contact arrived, whenever the rest
    happened. Over all queues one that moves on while it waits counts in each that it joined.

    Attributes
    ----------
    arrived : array of int
        All that joined.
    fresh, redials, recontacts, passed_in : array of int
        How they came: for the first time; again after giving up; again after being served; from
        another queue. They add up to ``arrived``.
    answered, answered_in_time, late : array of int
        Served; within the queue's ``answer_within_s``; after its ``deadline_s``.
    abandoned, abandoned_short : array of int
        Gave up; within the queue's ``short_abandon_s``.
    still_waiting, missed, passed_on : array of int
        Waited at the end of the run; called back in vain; moved on while they waited. With answered
        and abandoned they add up to ``arrived``.
    callbacks, callbacks_in_window : array of int
        Accepted; first called within the window.
    waited_s, waited_of_answered_s : array of float
        Seconds waited by all, and by those answered.
    handled_s : array of float
        Seconds of handling.
    waiting_s : array of float
        By the interval in which it passes: the time that all who wait have waited there.
    backlog : array of int
        How many wait when the interval ends.
    """

    arrived: _Integers
    fresh: _Integers
    redials: _Integers
    recontacts: _Integers
    passed_in: _Integers
    answered: _Integers
    answered_in_time: _Integers
    late: _Integers
    abandoned: _Integers
    abandoned_short: _Integers
    still_waiting: _Integers
    missed: _Integers
    passed_on: _Integers
    callbacks: _Integers
    callbacks_in_window: _Integers
    waited_s: _Floats
    waited_of_answered_s: _Floats
    handled_s: _Floats
    waiting_s: _Floats
    backlog: _Integers

    @classmethod
    def of(cls, counts: _Integers, *, first: int = 0) -> ContactTallies:
        """Name the columns of counts, shape (runs, intervals, QUEUE_COLUMNS), from ``first`` on."""
        come_and_gone = counts[..., _CAME].sum(axis=-1) - counts[..., c.DEPARTED]
        backlog = np.cumsum(come_and_gone, axis=-1)[:, first:]
        counts = counts[:, first:]
        arrived = counts[..., _CAME].sum(axis=-1)
        waited = counts[..., c.WAITED_ANSWERED]
        return cls(
            arrived=arrived,
            fresh=counts[..., c.FRESH],
            redials=counts[..., c.REDIAL],
            recontacts=counts[..., c.RECONTACT],
            passed_in=counts[..., c.PASSED_IN],
            answered=counts[..., c.ANSWERED],
            answered_in_time=counts[..., c.IN_TIME],
            late=counts[..., c.LATE],
            abandoned=counts[..., c.GAVE_UP],
            abandoned_short=counts[..., c.BRIEF],
            still_waiting=counts[..., c.STILL],
            missed=counts[..., c.MISSED],
            passed_on=counts[..., c.PASSED_ON],
            callbacks=counts[..., c.ACCEPTED_CALLBACK],
            callbacks_in_window=counts[..., c.CALLED_IN_WINDOW],
            waited_s=(waited + counts[..., c.WAITED_OTHER]) / TICKS,
            waited_of_answered_s=waited / TICKS,
            handled_s=counts[..., c.HANDLED] / TICKS,
            waiting_s=counts[..., c.QUEUE] / TICKS,
            backlog=backlog,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StaffTallies:
    """Agents of one pool, or of all, each array of shape (runs, intervals), seconds.

    Attributes
    ----------
    busy_s : array of float
        With a contact, on duty or finishing one after it.
    in_hand_s : array of float
        Of contacts in hand: more than busy where an agent has several chats.
    staffed_s : array of float
        On duty.
    overtime_s : array of float
        Finishing a contact after duty.
    """

    busy_s: _Floats
    in_hand_s: _Floats
    staffed_s: _Floats
    overtime_s: _Floats

    @classmethod
    def of(cls, counts: _Integers) -> StaffTallies:
        """Name the columns of counts, shape (runs, intervals, POOL_COLUMNS)."""
        return cls(
            busy_s=counts[..., c.BUSY] / TICKS,
            in_hand_s=counts[..., c.IN_HAND] / TICKS,
            staffed_s=counts[..., c.STAFFED] / TICKS,
            overtime_s=counts[..., c.OVERTIME] / TICKS,
        )
