"""Begun: whether a practice began with a target, or was there before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.goal import day_said
from andon.goodhart.review import Seen
from andon.ledger.coverage import Observed
from andon.units import DAY_S, US

__all__ = ["LEAST_DAYS", "Apart", "Begun", "apart", "begun"]

LEAST_DAYS: Final = 28
"""Days that were seen on each side of a day, for a look at each by itself."""
_DOUBT: Final = dt.timedelta(days=7)
"""A beginning is known to the week; and people begin when a target is announced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """Whether what a signature shows began with a target.

    Attributes
    ----------
    with_target : bool or None
        False where it was there before as strongly, or is over; None where it cannot be told.
    says : str
        When it began, in a sentence.
    """

    with_target: bool | None
    says: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Apart:
    """Contacts before a day, the nearest of them, and from it on.

    Attributes
    ----------
    before, since : ibis.Table
    """

    before: ir.Table
    since: ir.Table


def apart(contacts: ir.Table, day: dt.date, *, seen: Observed) -> Apart | None:
    """Part contacts at a day; None where either side is too short to be looked at by itself.

    No more days before it are taken than since: a practice that came long after the data begin, and
    before the day, is then seen as strong as it was.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's.
    day : datetime.date
        By the operation's clock.
    seen : Observed
        The time that the contacts cover.
    """
    if seen.first_day is None or seen.last_day is None:
        return None
    if min((day - seen.first_day).days, (seen.last_day - day).days + 1) < LEAST_DAYS:
        return None
    days = max(LEAST_DAYS, (seen.last_day - day).days + 1)
    at = contacts.local_arrived_us
    midnight_us = (day - dt.date(1970, 1, 1)).days * DAY_S * US
    return Apart(
        before=contacts.filter((at < midnight_us) & (at >= midnight_us - days * DAY_S * US)),
        since=contacts.filter(at >= midnight_us),
    )


def begun(
    key: str,
    seen: Seen,
    day: dt.date,
    *,
    before: Mapping[str, Seen] | None = None,
    after: Mapping[str, Seen] | None = None,
) -> Begun:
    """Did what a signature shows begin when a target did?

    Parameters
    ----------
    key : str
        The signature.
    seen : Seen
        What the look over all contacts found; it shows.
    day : datetime.date
        From which the target holds.
    before, after : mapping of str to Seen, optional
        The same looks at the contacts before that day and from it on, where both are long enough.

    Returns
    -------
    Begun

    Notes
    -----
    Where the look saw a beginning, that counts, with a week's doubt. Else the two stretches are set
    against each other: it began with the target, or grew with it, if it shows since and is larger
    than before beyond doubt.

    Examples
    --------
    >>> share = Estimate.exact(0.1, unit="share", n=900)
    >>> shows = Seen(shows=True, says="-", estimate=share, since=dt.date(2024, 1, 1))
    >>> begun("passing_on", shows, dt.date(2024, 2, 12)).says
    'It began about 1 January 2024, before the target.'
    """
    if seen.until is not None and seen.until <= day:
        return Begun(
            with_target=False, says=f"It was over about {day_said(seen.until)}, before the target."
        )
    if seen.since is not None:
        about = f"It began about {day_said(seen.since)}"
        if seen.since >= day - _DOUBT:
            return Begun(with_target=True, says=f"{about}.")
        return Begun(with_target=False, says=f"{about}, before the target.")
    held = day_said(day)
    if before is None or after is None:
        return _untold(f"that takes {LEAST_DAYS} days before {held}, and as many since")
    early, late = before.get(key), after.get(key)
    for each, when in ((early, f"before {held}"), (late, f"since {held}")):
        if each is None or each.shows is None:
            why = "it was not looked for" if each is None else each.why_not
            return _untold(f"{when}, {why}")
    assert early is not None
    assert late is not None
    return _beside(early, late, held)


def _beside(early: Seen, late: Seen, held: str) -> Begun:
    """Two stretches by themselves, set against each other."""
    if not late.shows:
        return Begun(with_target=False, says=f"Since {held} it is not seen by itself.")
    first, second = early.estimate, late.estimate
    if isinstance(first, Unknown) or isinstance(second, Unknown) or first.unit != second.unit:
        if early.shows:
            return Begun(
                with_target=False,
                says="It was there before the target as well. Whether it has grown since cannot be "
                "told.",
            )
        return _untold("how large it is, before the target and since, is not known")
    change = estimate.difference(second, first)
    said = f"before {held}, {second} since"
    if isinstance(change, Estimate) and change.low > 0:
        grew = "It was there before, and has grown" if early.shows else "It came with the target"
        return Begun(with_target=True, says=f"{grew}: {first} {said}.")
    if early.shows:
        return Begun(
            with_target=False, says=f"It was there before the target as well: {first} {said}."
        )
    return _untold(f"{first} {said} may differ by chance")


def _untold(why: str) -> Begun:
    return Begun(with_target=None, says=f"Whether it began with the target cannot be told: {why}.")
