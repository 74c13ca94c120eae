"""A pile at a limit, or none: what two curves through the counts both call one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import special

from andon.estimate import Estimate, Unknown, times
from andon.goodhart.bunching import Beyond, Side, bunching
from andon.goodhart.excess_mass import Bunching
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.piled_up.rhythm import Chances
from andon.goodhart.tally import Tally
from andon.units import spoken

__all__ = ["Pile"]

_LEAST: Final = 0.05
"""An excess of less than this share of what would be there anyhow is no matter."""
_MACHINE: Final = 0.9
"""With so much of a pile on one value, nobody can have done it by hand;"""
_MOSTLY: Final = 0.7
"""or with so much, and no more on the other values than chance would put there."""
_MOST: Final = 0.5
"""More than half of all contacts are never missing from a gap."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pile:
    """A pile or none, in some contacts."""

    bunching: Bunching | Unknown
    excess: Estimate | Unknown
    p: float
    why_not: str

    @classmethod
    def of(cls, seen: Tally, n: int, asked: Asked, had: Chances | None) -> Pile:
        """Look for one in a tally of ``n`` contacts, most of them away from the limit."""
        why = asked.muddled()
        found: Bunching | Unknown
        if why:
            found = Unknown(unit="share", why=why, needs="a limit that stands alone")
        elif not seen.values.size:
            found = Unknown(
                unit="share",
                why=f"no contact lies anywhere near the limit of {spoken(asked.limit_s, 's')}",
                needs="a limit inside the data",
            )
        else:
            found = _least(seen, asked, had)
        if isinstance(found, Bunching) and _by_machine(found, seen, asked):
            found = Unknown(
                unit="share",
                why="nearly all of what piles up lies on one value, the limit itself: a system "
                "does that, and not a person",
                needs="to know which rule ends contacts at the limit",
            )
        if isinstance(found, Unknown):
            unknown = Unknown(unit="share", why=found.why, needs=found.needs)
            return cls(bunching=unknown, excess=unknown, p=math.nan, why_not=unknown.why)
        here = float(found.bins.expected[found.bins.pile].sum())
        small = found.excess.value < _LEAST * here
        return cls(
            bunching=found,
            excess=_out_of(found.excess, n),
            p=1.0 if small else found.p,
            why_not="",
        )

    def missing(self, n: int, asked: Asked) -> Estimate | Unknown:
        """The share of ``n`` contacts missing beyond the limit."""
        if isinstance(self.bunching, Unknown):
            return self.bunching
        missing = self.bunching.missing
        if asked.crossed:
            return Unknown(
                unit="share",
                why=f"another limit, at {spoken(asked.crossed, 's')}, lies where they would be "
                "missing",
                needs="limits that lie further apart",
            )
        if isinstance(missing, Unknown):
            return missing
        share = _out_of(missing, n)
        if share.low < -_MOST or share.high > _MOST:
            return Unknown(
                unit="share",
                why="what lies beyond the limit follows no run from which some could be missing",
                needs="more contacts beyond the limit",
            )
        return share

    def times(self) -> Estimate | Unknown:
        """How many times what would be there anyhow, the pile holds."""
        if isinstance(self.bunching, Unknown):
            return Unknown(unit="ratio", why=self.bunching.why, needs=self.bunching.needs)
        each = self.bunching.relative
        bins = int(self.bunching.bins.pile.sum())
        return Estimate(
            value=1 + each.value / bins,
            low=1 + each.low / bins,
            high=1 + each.high / bins,
            unit="ratio",
            n=each.n,
            method=each.method,
            level=each.level,
        )


def _out_of(count: Estimate, n: int) -> Estimate:
    """A number of contacts as a share of all of them."""
    return times(count, 1 / max(n, 1), unit="share")


def _least(seen: Tally, asked: Asked, had: Chances | None) -> Bunching | Unknown:
    """The pile by two curves, each of which can be misled by what the other does not see.

    A curve that sees both sides bends to whatever happens beyond the limit; one that sees only the
    pile's own side takes it to run on as it came. Only what both call a pile is one.
    """

    def by(beyond: Beyond, *, turned: bool = False) -> Bunching | Unknown:
        other: Side = "above" if asked.side == "below" else "below"
        # A step's counts stand at its end on the side where it is good to be.
        shift = asked.sign * asked.step_s if turned else 0.0
        return bunching(
            seen.values - shift,
            seen.counts if seen.grouped else seen.counts[0],
            threshold=asked.limit_s,
            side=other if turned else asked.side,
            pile=asked.pile_s,
            gap=asked.gap_s,
            others=asked.others_s,
            beyond=beyond,
            chances=had,
            level=asked.level,
        )

    both, own = by("broken"), by("unseen")
    if isinstance(own, Unknown):
        return own
    p = own.p if isinstance(both, Unknown) else max(own.p, both.p)
    if asked.clock.rhythm:
        p = max(p, _less_habit(own, by("unseen", turned=True)))
    told = own if isinstance(both, Unknown) or own.p > 1 - asked.level else both
    return replace(told, p=p)


def _less_habit(found: Bunching, mirrored: Bunching | Unknown) -> float:
    """The chance that no more lies on the good side of the limit than on the bad one.

    Who calls in the lunch hour calls in the lunch hour again: a day or a week later there is a pile
    on both sides alike, which no limit has made.
    """
    if isinstance(mirrored, Unknown):
        return 0.0
    more = found.excess.value - max(0.0, mirrored.excess.value)
    far = math.hypot(
        found.excess.high - found.excess.low, mirrored.excess.high - mirrored.excess.low
    )
    quantile = float(special.ndtri(0.5 + found.excess.level / 2))
    return float(special.ndtr(-more / (far / 2 / quantile))) if far > 0 else 1.0


def _by_machine(found: Bunching, seen: Tally, asked: Asked) -> bool:
    """Whether the limit's own value holds nearly all that is too much."""
    if asked.pile_s < 3 * asked.step_s or not found.excess.low > 0:
        return False
    if found.rounding is not None and found.rounding.coarsest is not None:
        return False
    on = float(seen.totals[np.abs(seen.values - asked.limit_s) < asked.step_s / 2].sum())
    here = float(found.bins.expected[found.bins.pile].sum())
    beyond = on - here * asked.step_s / asked.pile_s
    rest = found.excess.value - beyond
    sure = rest > found.excess.value - found.excess.low
    return beyond > _MACHINE * found.excess.value or (
        beyond > _MOSTLY * found.excess.value and not sure
    )
