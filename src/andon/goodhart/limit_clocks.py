"""Clocks that a limit can be set on: what each counts, who is on it, and what else makes a pile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import ibis
import ibis.expr.types as ir

from andon.errors import QuestionError
from andon.goodhart.bunching import Side
from andon.ledger import coverage
from andon.ledger.durations import handle_s
from andon.metrics.waits import queue_recorded
from andon.units import HOUR_S, US

__all__ = ["CLOCKS", "Clock", "LimitClock", "on_the_clock"]

Clock = Literal["handle", "talk", "wait", "closing", "reopening", "silence"]
"""Handle time; talk time; the wait until the answer; from a contact's arrival to its end; from its
arrival to the same customer's next contact in the same matter; and from its end to that."""

_SHORT_ABANDON_US: Final = 5 * US
_RHYTHM_S: Final = HOUR_S


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitClock:
    """One clock.

    Attributes
    ----------
    key : str
    says, within : str
        The clock and what its limit is for, in words.
    side : {"below", "above"}
        Where it is good to be.
    pile, gap : float
        How near to the limit contacts pile up, and from how far beyond they come, unless said
        otherwise; shares of the limit.
    in_hand : bool
        Whether an advisor can have it in hand. Otherwise the figures are never about one.
    rhythm : bool
        Whether it runs through nights and weekends, where hardly anything happens.
    measured : bool
        Whether its mean is a measure.
    explanations : tuple of str
        What else makes a pile, to be looked at first.
    """

    key: Clock
    says: str
    within: str
    side: Side
    pile: float
    gap: float
    in_hand: bool
    rhythm: bool
    measured: bool
    explanations: tuple[str, ...]


_ENDS: Final = (
    "A system that ends or logs out contacts at the limit makes a pile too, nearly all of it at one"
    " value: look at its settings first.",
    "A script or a reminder that sounds just before the limit brings contacts to an end there. Then"
    " the reminder is to be questioned, and not who heeds it.",
)
CLOCKS: Final[Mapping[Clock, LimitClock]] = {
    each.key: each
    for each in (
        LimitClock(
            key="handle",
            says="handle time",
            within="contacts handled within the limit",
            side="below",
            pile=0.05,
            gap=0.25,
            in_hand=True,
            rhythm=False,
            measured=True,
            explanations=_ENDS,
        ),
        LimitClock(
            key="talk",
            says="talk time",
            within="contacts with no more talk than the limit",
            side="below",
            pile=0.05,
            gap=0.25,
            in_hand=True,
            rhythm=False,
            measured=True,
            explanations=_ENDS,
        ),
        LimitClock(
            key="wait",
            says="the wait until the answer",
            within="contacts answered within the limit",
            side="below",
            pile=0.15,
            gap=0.45,
            in_hand=True,
            rhythm=False,
            measured=True,
            explanations=(
                "Routing that serves those about to wait too long first makes the same pile,"
                " without any advisor's doing: look at its rules. It moves the wait to others.",
                "A callback offer, an overflow or a message that comes just before the limit does"
                " so too.",
                "Who gave up is not in the pile: only answered contacts are counted on this clock.",
            ),
        ),
        LimitClock(
            key="closing",
            says="the time from arrival to closing",
            within="cases closed within the limit",
            side="below",
            pile=0.05,
            gap=0.25,
            in_hand=True,
            rhythm=True,
            measured=True,
            explanations=(
                "A rule that closes cases by itself at a certain age, as after a customer's"
                " silence, makes a pile too.",
                "Working on what is due next is what a promise asks for. Whether the customer was"
                " served is told by what comes back (closing_early), and not by the pile.",
            ),
        ),
        LimitClock(
            key="reopening",
            says="the time from a contact's arrival to the customer's next in the same matter",
            within="contacts followed by another within the limit",
            side="above",
            pile=0.05,
            gap=0.25,
            in_hand=False,
            rhythm=True,
            measured=False,
            explanations=(
                "An appointment, a bill or a delivery that is due after as long a time brings"
                " customers back then.",
                "A call that the operation itself has promised for that day counts as a return.",
            ),
        ),
        LimitClock(
            key="silence",
            says="the time from a contact's end to the customer's next in the same matter",
            within="contacts followed by another within the limit",
            side="above",
            pile=0.05,
            gap=0.25,
            in_hand=False,
            rhythm=True,
            measured=False,
            explanations=(
                "An appointment, a bill or a delivery that is due after as long a time brings"
                " customers back then.",
                "A call that the operation itself has promised for that day counts as a return.",
            ),
        ),
    )
}
"""Every clock, by its key."""


def on_the_clock(contacts: ir.Table, clock: Clock, *, limit_s: float) -> ir.Table:
    """The contacts that a limit on this clock judges, each with its reading.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's, with further columns if need be.
    clock : {"handle", "talk", "wait", "closing", "reopening", "silence"}
    limit_s : float
        Returns are looked for up to twice as far, and contacts not watched for so long left out.

    Returns
    -------
    ibis.Table
        The same columns, and

        - ``clock_us``: the reading, microseconds; null where it never stopped (nobody answered,
          nobody came back);
        - ``from_us``: when it began.

    Raises
    ------
    QuestionError
        If there is no such clock.

    Notes
    -----
    Handle and talk time: contacts that people handled and that were timed. Wait: answered, or given
    up after more than 5 s, as in the service level; who did not queue waited 0 s. Closing: handled
    and ended. The others: handled contacts of known customers, and of returns the same reason; a
    contact without a reason has the journey in its place, else none.
    """
    if clock not in get_args(Clock):
        raise QuestionError(
            f"There is no clock {clock!r}.",
            found=f"clock: {clock!r}",
            todo=f"Use any of: {', '.join(get_args(Clock))}.",
        )
    handled = contacts.outcome == "handled"
    people = ibis.coalesce(contacts.handled_by, "advisor") != "bot"
    if clock in ("handle", "talk"):
        lasted = handle_s(contacts) if clock == "handle" else contacts.talk_s
        timed = contacts.mutate(
            clock_us=(lasted * float(US)).round().cast("int64"),
            from_us=contacts.arrived_us,
        ).filter(handled & people)
        return timed.filter(timed.clock_us >= 0)
    if clock == "wait":
        return _waits(contacts)
    if clock == "closing":
        timed = contacts.mutate(
            clock_us=contacts.ended_us - contacts.arrived_us, from_us=contacts.arrived_us
        ).filter(handled)
        return timed.filter(timed.clock_us >= 0)
    return _returns(contacts, from_end=clock == "silence", limit_s=limit_s)


def _waits(contacts: ir.Table) -> ir.Table:
    handled = contacts.outcome == "handled"
    # The waits of those answered and of those who gave up stand apart: a choice (CASE) within a
    # choice is worked out anew wherever it is used.
    answered = ibis.ifelse(
        contacts.queued_us.notnull(),
        contacts.answered_us - contacts.queued_us,
        ibis.ifelse(queue_recorded(contacts), 0, None),
    ).cast("int64")
    gave_up = ibis.coalesce(contacts.answered_us, contacts.ended_us) - contacts.queued_us
    timed = contacts.mutate(
        clock_us=ibis.ifelse(handled, answered, None).cast("int64"),
        from_us=ibis.coalesce(contacts.queued_us, contacts.arrived_us),
    )
    return timed.filter(
        (handled & (answered >= 0))
        | ((contacts.outcome == "abandoned") & (gave_up > _SHORT_ABANDON_US))
    )


def _returns(contacts: ir.Table, *, from_end: bool, limit_s: float) -> ir.Table:
    seen = coverage.observed(contacts)
    known = contacts.filter(contacts.customer_key.notnull())
    matter = ibis.coalesce(known.reason, known.journey, "")
    told = known.mutate(matter=matter)
    later = ibis.window(group_by=["customer_key", "matter"], order_by=["arrived_us", "contact_key"])
    begun = told.ended_us if from_end else told.arrived_us
    timed = told.mutate(back_us=told.arrived_us.lead().over(later), from_us=begun)
    some = timed.filter(
        (timed.outcome == "handled")
        & timed.from_us.notnull()
        & (seen.ahead_us(timed.from_us) >= round(2 * limit_s * US))
    )
    lag = some.back_us - some.from_us
    return some.mutate(clock_us=ibis.ifelse(lag > 0, lag, None).cast("int64")).drop(
        "matter", "back_us"
    )
