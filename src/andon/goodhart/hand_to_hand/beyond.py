"""What goes beyond the mix, and how far it is in few hands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scipy import special

from andon.estimate import Estimate, Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.concentration import Concentration
from andon.goodhart.hand_to_hand.compared import Tested
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.hand_to_hand.times import Week
from andon.goodhart.same_work import SameWork

__all__ = ["concentration", "excess"]


def excess(
    table: SameWork,
    tested: Tested,
    change: Change | Unknown,
    weeks: Sequence[Week],
    contacts: int,
    asked: Asked,
) -> Estimate | Unknown:
    """Of all contacts, what was passed on beyond the mix, by those found or since it rose."""
    if tested.found.any():
        matched = table.matched()
        size = table.total("beside")[tested.found] / matched.weight[tested.found]
        beyond = float((size * (matched.own - matched.others)[tested.found]).sum())
        error = math.sqrt(float((size * size * matched.variance[tested.found]).sum()))
        half = float(special.ndtri(0.5 + asked.level / 2)) * error
        return Estimate(
            value=beyond / contacts,
            low=max(0.0, beyond - half) / contacts,
            high=min(contacts, beyond + half) / contacts,
            unit="share",
            n=contacts,
            method="those who stand out beside others in the same work and hour",
            level=asked.level,
        )
    if isinstance(change, Change) and change.found:
        inside = sum(week.contacts for week in weeks[change.start : change.end]) / contacts
        more = change.difference
        return replace(
            more,
            value=more.value * inside,
            low=more.low * inside,
            high=more.high * inside,
            n=contacts,
        )
    return Unknown(
        unit="share",
        why="nothing stands out from what the mix explains",
        needs="an excess that is larger than chance, or more contacts",
    )


def concentration(table: SameWork) -> Concentration | Unknown:
    """In how few hands it is."""
    n, k = table.total("n"), table.total("k")
    if not k.any():
        return Unknown(
            unit="count",
            why="nothing that was passed on has an advisor recorded",
            needs="advisors' ids",
        )
    return Concentration.of(k, contacts=n)
