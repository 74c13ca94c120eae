"""Ended: queues to which nobody comes any more, so that nobody is planned for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from andon.capacity.lines import Past
from andon.capacity.planning import Planning

__all__ = ["ended", "without"]

_QUIET_DAYS: Final = 28
_EXPECTED: Final = 20.0
"""So many contacts at least would have come in the quiet days, had it gone on as before."""


def ended(pasts: Sequence[Past]) -> dict[str, dt.date]:
    """The queues that ended, each with the last day on which anybody came.

    A queue has ended if nobody came for four weeks in which others had contacts, and at least 20
    would have come at its former pace. Of what comes that seldom it cannot be told.

    Parameters
    ----------
    pasts : sequence of Past
    """
    last = {past.queue: _last(past) for past in pasts}
    known = [day for day in last.values() if day is not None]
    newest = max(known, default=None)
    found: dict[str, dt.date] = {}
    for past in pasts:
        day = last[past.queue]
        if day is None or newest is None:
            continue
        quiet = (newest - day).days
        before = past.history.totals[: (day - past.history.first_date).days + 1]
        lived = len(before) - int(np.flatnonzero(before > 0)[0])
        if quiet >= _QUIET_DAYS and quiet * before.sum() / lived >= _EXPECTED:
            found[past.queue] = day
    return found


def without(planning: Planning, queues: Sequence[str]) -> Planning:
    """The same decisions without these queues, and without teams that served nothing else."""
    teams = (
        replace(team, serves=tuple(each for each in team.serves if each.queue not in queues))
        for team in planning.teams
    )
    return replace(planning, teams=tuple(team for team in teams if team.serves))


def _last(past: Past) -> dt.date | None:
    days = np.flatnonzero(past.history.totals > 0)
    return past.history.dates[int(days[-1])] if days.size else None
