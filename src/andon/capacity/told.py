"""Told: the answer to a what-if in plain words, sentence by sentence, from its figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from andon.capacity.assumption import Assumption
from andon.capacity.influence import Influence
from andon.capacity.levers import Levers, Setting
from andon.capacity.outcome import Change, Promise, Rest, Turned
from andon.capacity.pace import Pace
from andon.capacity.side_by_side import SideBySide
from andon.capacity.situation import Situation
from andon.capacity.trap import TrapCurve
from andon.capacity.weeks import FirstWeeks
from andon.estimate import Estimate, Unknown
from andon.units import Unit, number, spoken

__all__ = ["About", "Told", "caveats", "sentences"]

About = Literal[
    "promise",
    "really",
    "returns",
    "waits",
    "customers",
    "cost",
    "when",
    "jam",
    "spike",
    "least",
    "break_even",
    "matters_most",
    "basis",
    "simulated",
]

_SMALL_SHARE: Final = 0.005
_SURE: Final = 0.975
_LIKELY: Final = (
    (0.95, "all but sure"),
    (0.8, "likely"),
    (0.6, "more likely than not"),
    (0.4, "about as likely as not"),
    (0.2, "less likely than not"),
    (0.05, "unlikely"),
    (0.0, "all but ruled out"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One sentence, or two that belong together.

    Attributes
    ----------
    about : str
    text : str
    main : bool
        Whether it belongs into the one paragraph; the others are for those who read on.
    """

    about: About
    text: str
    main: bool = True


def sentences(
    *,
    situation: Situation,
    levers: Levers,
    pace: Pace,
    promise: Promise,
    today: Rest,
    after: Rest,
    change: Change,
    work_rises: Estimate,
    customers_h_rise: Estimate,
    jams: Estimate,
    weeks: FirstWeeks,
    turned: tuple[Turned, ...],
    trap: TrapCurve | None,
    simulated: SideBySide | None,
    matters_for_work: tuple[Influence, ...],
    matters_for_customers_h: tuple[Influence, ...],
    assumptions: tuple[Assumption, ...],
    names: Mapping[str, str],
) -> tuple[Told, ...]:
    """The answer, sentence by sentence; parameters as the fields of :class:`WhatIf`."""
    del assumptions
    if levers.none:
        return (Told(about="really", text="Nothing is changed, so nothing changes."),)
    told: list[Told | None] = [
        _promise(levers, promise),
        _returns(today, after, change),
        _really(promise, after, change, work_rises, measured=_measured(levers, pace)),
        _waits(today, after, change),
        _customers(change, customers_h_rise),
        _when(turned, weeks),
        _cost(situation, change),
        _spike(weeks),
        _jam(jams),
        _matters_most(matters_for_work, matters_for_customers_h, names),
        _basis(levers, pace),
        _least(levers, trap),
        _break_even(levers, pace, trap),
        _simulated(simulated),
    ]
    return tuple(each for each in told if each is not None)


def caveats(situation: Situation, levers: Levers, pace: Pace, setting: Setting) -> tuple[str, ...]:
    """What the answer takes for granted, where it matters for these levers."""
    found = []
    if setting.handle_s != situation.handle_s:
        if pace.basis == "measured":
            found.append(
                "The slope compares advisors of different pace. Whether the same advisor would do "
                "as well in less time is known only where pace itself was changed."
            )
        if _far(setting.handle_s, pace):
            found.append(
                "So far from today's handle time nobody has seen what happens: the shapes of the "
                "curve part there, and the interval is wide for that reason."
            )
    if levers.deflect is not None:
        found.append(
            "A bot settles easy matters first. Those left for people may take longer than today's, "
            "which is not in these figures."
        )
    if levers.concurrency is not None:
        found.append(
            "Several chats at once divide attention. Whether fewer are settled then was not "
            "measured, and is not in these figures."
        )
    if levers.callback is not None:
        found.append(
            "Callbacks are taken as patience without end for those who accept, and all are reached."
        )
    if situation.extra_returns_after_wait == 0:
        found.append("Customers are taken to come back as often after a long wait as after none.")
    if levers.agents is not None or levers.occupancy is not None:
        found.append("What busier people do - leave, fall ill, take less care - is not in here.")
    return tuple(found)


def _far(handle_s: float, pace: Pace) -> bool:
    """Whether paces like this one were not seen."""
    if pace.reach_s is not None:
        return abs(handle_s - pace.handle_s) > pace.reach_s
    return abs(math.log(handle_s / pace.handle_s)) > math.log(1.25)


# --- the sentences -------------------------------------------------------------------------------


def _promise(levers: Levers, promise: Promise) -> Told:
    saved, today = promise.saves_h, promise.work_today_h
    said = _begun(levers.says)
    if abs(saved) > _SMALL_SHARE * today:
        way = "saves" if saved > 0 else "adds"
        text = (
            f"{said}: on paper that {way} {_two(abs(saved), 'h')} of handling a week, "
            f"of the {_two(today, 'h')} today."
        )
    else:
        text = f"{said}: on paper the work stays as it is, {_two(today, 'h')} of handling a week."
    fewer = promise.duty_today_h - promise.duty_h
    if abs(fewer) > _SMALL_SHARE * promise.duty_today_h:
        way = "fewer" if fewer > 0 else "more"
        text += f" Agents are on duty {_two(abs(fewer), 'h')} {way}."
    return Told(about="promise", text=text)


def _returns(today: Rest, after: Rest, change: Change) -> Told | None:
    moved = change.returns_share
    if (
        isinstance(moved, Unknown)
        or isinstance(after.returns_share, Unknown)
        or isinstance(today.returns_share, Unknown)
        or max(abs(moved.low), abs(moved.high)) < 0.05
    ):
        return None
    now = _in_hundred(today.returns_share.value)
    text = (
        f"But customers would come back after {_shares(after.returns_share, of='contacts')}, today "
        f"after {now}."
    )
    if moved.value <= 0:
        text = text.replace("But customers", "Customers")
    return Told(about="returns", text=text)


def _measured(levers: Levers, pace: Pace) -> bool:
    """Whether the answer is more than what an assumption says."""
    return levers.handle_time is None or pace.basis == "measured"


def _really(
    promise: Promise, after: Rest, change: Change, work_rises: Estimate, *, measured: bool
) -> Told:
    really = change.work_h
    if isinstance(after.mean_wait_s, Unknown):
        text = "More work comes than these agents can do: the backlog grows from week to week."
        return Told(about="really", text=text)
    if isinstance(really, Unknown):
        return Told(about="really", text=f"What comes of it cannot be told: {really.why}.")
    today = promise.work_today_h
    if max(abs(really.low), abs(really.high)) < _SMALL_SHARE * today:
        return Told(about="really", text="The work stays as it is.")
    saved = _less(really)
    paper = promise.saves_h > _SMALL_SHARE * today
    if saved.high <= 0:
        text = f"In truth there are {_range(really, 'h')} of work more a week."
    elif paper and saved.low < -_SMALL_SHARE * today:
        text = _either_way(saved, measured)
    elif paper:
        text = f"In truth {_range(saved, 'h')} are saved."
    elif saved.low >= 0:
        text = f"In truth {_range(saved, 'h')} of work go away a week."
    else:
        text = f"In truth the work changes by {_range(really, 'h')} a week."
    return Told(
        about="really", text=text + (_backfires(work_rises.value, measured) if paper else "")
    )


def _either_way(saved: Estimate, measured: bool) -> str:
    """A saving that may be none."""
    ends = (
        f"anything from {_two(saved.high, 'h')} saved to {_two(-saved.low, 'h')} of work more a "
        "week"
    )
    if not measured:
        return f"What really happens we cannot tell: {ends}."
    way = "saved" if saved.value > 0 else "of work more"
    return (
        f"In truth it may be about {_two(abs(saved.value), 'h')} {way}, but {ends} fits what is "
        "known: which it is we cannot tell."
    )


def _backfires(rises: float, measured: bool) -> str:
    if rises >= _SURE:
        return " It backfires: more work, not less."
    if rises <= 1 - _SURE:
        return ""
    fits = "what is known" if measured else "the assumption"
    return f" In {_of_hundred(rises)} cases that fit {fits} it backfires: more work than today."


def _waits(today: Rest, after: Rest, change: Change) -> Told | None:
    parts = []
    if isinstance(after.mean_wait_s, Unknown):
        return Told(about="waits", text=f"Waits have no end: {after.mean_wait_s.why}.")
    if isinstance(today.mean_wait_s, Unknown):
        text = f"Today's own waits have no end: {today.mean_wait_s.why}."
        return Told(about="waits", text=text)
    moved = change.mean_wait_s
    if not isinstance(moved, Unknown) and max(abs(moved.low), abs(moved.high)) >= 1.0:
        parts.append(
            f"customers would wait {_range(after.mean_wait_s, 's')} on average, today "
            f"{_two(today.mean_wait_s.value, 's')}"
        )
    gives, now = after.gives_up, today.gives_up
    lost = change.lost
    shift = change.gives_up
    if (
        not isinstance(shift, Unknown)
        and not isinstance(gives, Unknown)
        and not isinstance(now, Unknown)
        and max(abs(shift.low), abs(shift.high)) >= 0.5
    ):
        parts.append(f"{_shares(gives)} would give up, today {_in_hundred(now.value)}")
    if not parts:
        return None
    text = _begun("; ".join(parts)) + "."
    if not isinstance(lost, Unknown) and (lost.low >= 1 or lost.high <= -1):
        way = "More" if lost.low > 0 else "Fewer"
        size = lost if lost.low > 0 else _less(lost)
        text += f" {way} would give up for good: {_range(size, 'count')} a week."
    return Told(about="waits", text=text)


def _customers(change: Change, rises: Estimate) -> Told | None:
    moved = change.customers_h
    if isinstance(moved, Unknown):
        return None
    if max(abs(moved.low), abs(moved.high)) < 1.0:
        return None
    if moved.low > 0:
        text = f"It takes {_range(moved, 'h')} more of customers' own time a week"
    elif moved.high < 0:
        text = f"It spares customers {_range(_less(moved), 'h')} of their own time a week"
    else:
        text = (
            f"Customers' own time changes by {_range(moved, 'h')} a week: that it grows is "
            f"{_how_likely(rises.value)}"
        )
    return Told(about="customers", text=text + ".")


def _cost(situation: Situation, change: Change) -> Told | None:
    moved = change.money
    if isinstance(moved, Unknown):
        return Told(
            about="cost",
            text="What that is in money is not told, for nobody said what an hour of handling "
            "costs.",
            main=False,
        )
    currency = situation.rates.currency
    if moved.low > 0:
        text = f"In all it costs {_range(moved, 'money', currency)} more a week"
    elif moved.high < 0:
        text = f"In all it saves {_range(_less(moved), 'money', currency)} a week"
    elif moved.low == moved.high:
        text = "It costs what it costs today"
    else:
        text = f"In all it changes the cost by {_range(moved, 'money', currency)} a week"
    rates = situation.rates
    parts = ["complaints"]
    if rates.customer_worth:
        parts.append("customers who leave")
    if rates.customer_hour:
        parts.append("customers' own time")
    listed = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    text += f", {listed} included"
    if not rates.customer_worth:
        text += "; what is lost with customers who leave is not"
    return Told(about="cost", text=f"{text}.")


def _when(turned: tuple[Turned, ...], weeks: FirstWeeks) -> Told | None:
    said = {
        "work_h": "work looks better at first and is",
        "customers_h": "customers' hours look better at first and are",
        "money": "cost looks better at first and is",
    }
    parts = []
    for each in turned:
        day = each.from_day
        if each.turns.value < 0.1 or isinstance(day, Unknown):
            continue
        change = weeks.change(each.measure)
        if float(np.median(change[0])) >= 0:  # worse at once: nothing turns
            continue
        first = f"day {day.value:.0f}"
        if day.low < day.high:
            first += f" ({day.low:.0f} to {day.high:.0f})"
        often = "" if each.turns.value >= _SURE else f"in {_of_hundred(each.turns.value)} cases "
        parts.append(f"{often}{said.get(each.measure, each.measure)} worse from {first} on")
    if not parts:
        return None
    return Told(about="when", text=_begun("; ".join(parts)) + ".")


def _spike(weeks: FirstWeeks) -> Told | None:
    if weeks.spike_at is None:
        return None
    hours = weeks.recovery_h()
    finite = hours[[math.isfinite(each) for each in hours]]
    if not len(finite):
        return Told(about="spike", text="Waits do not recover from the spike in these weeks.")
    ordered = sorted(float(each) for each in finite)
    middle = ordered[len(ordered) // 2]
    more = sorted((weeks.lost - weeks.lost_calm).sum(axis=0))
    lost = float(more[len(more) // 2])
    text = f"Waits are as before {_two(middle, 'h')} after the spike began"
    if lost >= 1:
        text += f"; {_two(lost, 'count')} more customers give up for good"
    return Told(about="spike", text=text + ".")


def _jam(jams: Estimate) -> Told | None:
    if jams.value <= 0.025:
        return None
    return Told(
        about="jam",
        text=f"In {_in_hundred(jams.value)} cases the same week can also rest in a jam that feeds "
        "itself: a bad day may tip it over.",
    )


def _break_even(levers: Levers, pace: Pace, trap: TrapCurve | None) -> Told | None:
    if trap is None or levers.handle_time is None:
        return None
    at = trap.break_even
    more = -10 * at.points_per_s.value
    text = (
        "A small cut makes more work than it saves once ten seconds less make "
        f"{number(more, step=_step(more))} more of 100 customers come back"
    )
    effect = -10 * at.slope.value
    known = "measured" if pace.basis == "measured" else "assumed"
    ends = sorted((-10 * at.slope.low, -10 * at.slope.high))
    text += (
        f"; what is {known} is {number(effect, step=_step(effect))} "
        f"({number(ends[0], step=_step(ends[0]))} to {number(ends[1], step=_step(ends[1]))})"
    )
    if at.verdict == "cannot tell":
        text += (
            f". The two cannot be told apart: in {_of_hundred(at.backfires.value)} cases a small "
            "cut backfires"
        )
    return Told(about="break_even", text=text + ".", main=False)


def _least(levers: Levers, trap: TrapCurve | None) -> Told | None:
    if trap is None or levers.handle_time is None:
        return None
    least, now = trap.least_work.at_s, spoken(trap.today_s, "s", step=1)
    ends = trap.least_work.at_low_end + trap.least_work.at_high_end
    if isinstance(least, Unknown):
        text = f"Where work is least cannot be told: {least.why}. Today: {now}."
    elif ends > 0.5:
        text = (
            f"Where work is least cannot be told: in {_of_hundred(ends)} cases at an end of what "
            f"was looked at, {_two(trap.handle_s[0], 's')} or {_two(trap.handle_s[-1], 's')}, or "
            f"beyond. Today: {now}."
        )
    else:
        text = f"Work is least at a handle time of {_range(least, 's')}; today it is {now}."
        if ends > 1 - _SURE:
            text += (
                f" In {_of_hundred(ends)} cases it lies at an end of what was looked at, or beyond."
            )
    return Told(about="least", text=text, main=False)


def _matters_most(
    work: tuple[Influence, ...], customers: tuple[Influence, ...], names: Mapping[str, str]
) -> Told | None:
    for found, what in ((work, "work"), (customers, "customers' hours")):
        if found and found[0].share >= 0.1:
            first = found[0]
            return Told(
                about="matters_most",
                text=f"Most of the doubt about {what} comes from one thing that is not known: "
                f"{names.get(first.name, first.name)} ({first.share * 100:.0f} % of it)."
                if first.share >= 0.5
                else f"What matters most for the doubt about {what}: "
                f"{names.get(first.name, first.name)} ({first.share * 100:.0f} % of it).",
            )
    return None


def _basis(levers: Levers, pace: Pace) -> Told | None:
    if levers.handle_time is None:
        return None
    if pace.basis == "measured":
        text = (
            "How pace and returns hang together was measured in the ledger, as a cause: customers "
            "who reached slower or faster advisors by chance were compared."
        )
    elif levers.handle_time.of(pace.handle_s) > pace.handle_s:
        middle, low, high = (f"{each:.2g}" for each in pace.spares)
        text = (
            "How pace and returns hang together is an assumption, and the answer is no surer than "
            f"that. Nobody measured it here, so 1 % more time is taken to bring {middle} % fewer "
            f"returns ({low} to {high} %)."
        )
    else:
        text = (
            "How pace and returns hang together is an assumption, and the answer is no surer than "
            f"that. {pace.why}"
        )
    return Told(about="basis", text=text)


def _simulated(simulated: SideBySide | None) -> Told | None:
    if simulated is None:
        return None
    if simulated.agree:
        return Told(about="simulated", text="A simulation of the same week agrees.", main=False)
    apart = sum(not each.agrees for each in simulated.pairs)
    return Told(
        about="simulated",
        text=f"A simulation parts from the formulas in {apart} of {len(simulated.pairs)} figures. "
        f"{simulated.why[0]}",
        main=False,
    )


# --- numbers in words ----------------------------------------------------------------------------


def _less(figure: Estimate) -> Estimate:
    """The same with the other sign."""
    return Estimate(
        value=-figure.value,
        low=-figure.high,
        high=-figure.low,
        unit=figure.unit,
        n=figure.n,
        method=figure.method,
        level=figure.level,
    )


def _range(figure: Estimate, unit: Unit, currency: str = "") -> str:
    """A figure with its interval, to two digits of the larger side at most."""
    biggest = max(abs(figure.low), abs(figure.high))
    reach = max(figure.high - figure.value, figure.value - figure.low)
    step = max(_step(figure.value), _step(reach), _step(biggest) / 10)
    step = 10.0 ** math.floor(math.log10(step) + 1e-9) if step > 0 else 0.0
    middle, low, high = (
        spoken(each, unit, step=step, currency=currency)
        for each in (figure.value, figure.low, figure.high)
    )
    return middle if low == high else f"about {middle} ({low} to {high})"


def _two(value: float, unit: Unit) -> str:
    return spoken(value, unit, step=_step(value))


def _step(value: float) -> float:
    """The step that leaves two significant digits."""
    return 10.0 ** (math.floor(math.log10(abs(value)) + 1e-9) - 1) if value else 0.0


def _in_hundred(share: float) -> str:
    if 0 < share < 0.01:
        return f"{max(share * 1000, 1):,.0f} in 1,000"
    return f"{share * 100:,.0f} in 100"


def _of_hundred(share: float) -> str:
    return f"{share * 100:,.0f} of 100"


def _how_likely(share: float) -> str:
    return next(word for least, word in _LIKELY if share >= least)


def _shares(figure: Estimate, *, of: str = "") -> str:
    """A share as so many in a hundred, or in a thousand where it is rare."""
    base = 100 if figure.value >= 0.01 or figure.high >= 0.05 else 1000
    low, middle, high = (f"{each * base:,.0f}" for each in (figure.low, figure.value, figure.high))
    said = f"about {middle} in {base:,}" + (f" {of}" if of else "")
    return said + (f" ({low} to {high})" if low != high else "")


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
