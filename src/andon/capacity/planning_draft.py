"""A draft of ``plan.yaml``: what the data show, for a planner to begin from.

It says what is taken anyway where nothing is said, so a plan made with the draft as it is is the
plan that would be made without it. What the data cannot know stands there as a comment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import numpy as np

from andon.capacity.lines import Past, seen_teams
from andon.capacity.promise import Promise
from andon.capacity.shrinkage import Shrinkage
from andon.keys import WEEKDAYS
from andon.units import number

__all__ = ["draft", "opening_hours"]

_RECENT_DAYS: Final = 56
_OPEN: Final = 0.05
"""An interval is open if it has at least this share of the busiest one's contacts."""
_DEFERRED: Final = {"email": "1 day", "case": "3 days"}

_NOT_TEXT: Final = ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
"""What YAML takes for something else than a text."""

_CALENDAR: Final = """\
# Days that are not like others. The more of the past is named, the more a plan learns from it.
# calendar:
#   country: DE                 # whose public holidays
#   days:
#     - {name: Sale, on: 2026-07-01 to 2026-07-04}
#     - {name: Outing, on: 2026-09-11, kind: closed}
#     - {name: Letter to all, on: 2026-10-05, volume: +40%}
"""
_SHIFTS: Final = """\
# Shifts and the rules for people. With them a plan has a roster, and says what it costs.
# shifts:
#   early: {length: 8h30m, start: 07:00 to 09:00, breaks: {length: 30m, between: 3h to 5h}}
#   late: {length: 8h30m, start: 12:00 to 14:00, breaks: {length: 30m, between: 3h to 5h}}
# contracts:
#   full time: {people: 20, hours_a_week: 40, shifts_a_week: 5, rest: 11h}
#   part time: {people: 8, hours_a_week: 20 to 25, shifts_a_week: 4}
"""


def draft(
    pasts: Sequence[Past],
    seen: Sequence[Sequence[str]],
    *,
    promise: Promise,
    shrinkage: Shrinkage | None = None,
) -> str:
    """The text of a ``plan.yaml`` that says what the data show.

    Parameters
    ----------
    pasts : sequence of Past
    seen : sequence of sequences of str
        Queues by team, as they were seen.
    promise : Promise
        What is usual, with the operation's standard time.
    shrinkage : Shrinkage, optional
        As the ledger's staffing shows it.
    """
    known = {past.queue: past for past in pasts}
    first = min(past.history.first_date for past in pasts)
    last = max(past.history.last_date for past in pasts)
    parts = [
        "# What a planner decides; `andon plan` reads it. Every key may be left out.\n"
        f"# Drafted from the contacts of {first} to {last}.\n",
        _promise(promise),
        _CALENDAR,
        _shrinkage(shrinkage),
        _queues(pasts),
    ]
    lines = ["# Who serves what, as far as it could be seen; rank: 2 for what a team helps with."]
    lines.append("teams:")
    for team in seen_teams(known, seen):
        names = [each.queue for each in team.serves]
        lines.append(f"  {_text(team.name)}:")
        lines.append(f"    # open: {opening_hours([known[name] for name in names])}")
        lines.append(f"    serves: [{', '.join(_text(name) for name in names)}]")
        if any(known[name].channel in ("chat", "messaging") for name in names):
            lines.append("    # chats: 2                  # at once at most")
            lines.append("    # speed: [1, 0.8]           # of each of them")
    parts.append("\n".join(lines) + "\n")
    parts.append(_SHIFTS)
    return "\n".join(part for part in parts if part)


def opening_hours(pasts: Sequence[Past]) -> str:
    """When queues are open, as their last eight weeks show it.

    Examples
    --------
    An empty past has none:

    >>> opening_hours([])
    'not known'
    """
    if not pasts:
        return "not known"
    interval_s = pasts[0].history.interval_s
    usual = np.zeros((len(WEEKDAYS), pasts[0].history.slots))
    for past in pasts:
        counts, weekday = past.history.counts[-_RECENT_DAYS:], past.history.weekday[-_RECENT_DAYS:]
        for day in range(len(WEEKDAYS)):
            if (weekday == day).any():
                usual[day] += counts[weekday == day].mean(axis=0)
    hours: dict[str, list[str]] = {}
    for name, row in zip(WEEKDAYS, usual, strict=True):
        some = np.flatnonzero((row >= _OPEN * usual.max()) & (row > 0))
        if len(some):
            said = f"{_clock(some[0] * interval_s)}-{_clock((some[-1] + 1) * interval_s)}"
            hours.setdefault(said, []).append(name)
    return "; ".join(f"{', '.join(days)} {said}" for said, days in hours.items()) or "not known"


def _promise(promise: Promise) -> str:
    lines = ["promise:"]
    if promise.service_level is not None:
        lines.append(f"  service_level: {_per_cent(promise.service_level)}")
    lines.append(f"  within: {promise.answer_within_s:g}s")
    lines.append(f"  days: {_per_cent(promise.days)}                   # on so many it is to hold")
    lines.append("  # abandoned: 5%             # at most so many give up")
    lines.append("  # occupancy: 85%            # for people's sake: busy at most so much")
    return "\n".join(lines) + "\n"


def _shrinkage(found: Shrinkage | None) -> str:
    if found is None:
        return (
            "# Paid time away from contacts; without it agents on duty are planned, not people.\n"
            "# shrinkage: {share: 30%, spread: 4 points}\n"
        )
    share, spread = (number(100 * each, step=0.1) for each in (found.mean.value, found.sd))
    return (
        f"# Paid time away from contacts, {found.says}.\n"
        f"shrinkage: {{share: {share}%, spread: {spread} points}}\n"
    )


def _queues(pasts: Sequence[Past]) -> str:
    waiting = [past for past in pasts if past.channel in _DEFERRED]
    if not waiting:
        return ""
    lines = ["# Work that can wait fills the quiet hours; the oldest item waits at most so long."]
    lines.append("queues:")
    lines += [f"  {_text(past.queue)}: {{deadline: {_DEFERRED[past.channel]}}}" for past in waiting]
    return "\n".join(lines) + "\n"


def _per_cent(share: float) -> str:
    return f"{100 * share:.6g}%"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) % 3600 // 60:02}"


def _text(name: str) -> str:
    """A name as YAML takes it, whatever stands in it."""
    plain = name.replace(" ", "").replace("-", "").replace("_", "")
    said = plain.isascii() and plain.isalpha() and name == name.strip()
    return name if said and name.lower() not in _NOT_TEXT else json.dumps(name, ensure_ascii=False)
