"""Words about contacts at a limit."""

from __future__ import annotations

from andon.goodhart.excess_mass import Bunching
from andon.goodhart.piled_up.pile import Pile
from andon.goodhart.piled_up.question import Asked
from andon.units import spoken

__all__ = ["caveats"]


def caveats(pile: Pile, asked: Asked) -> tuple[str, ...]:
    """What else to know, and what else it could be."""
    said = []
    if isinstance(pile.bunching, Bunching) and pile.bunching.rounding is not None:
        known = pile.bunching.rounding.coarsest
        if known is not None and known > asked.step_s:
            said.append(
                f"Some times are rounded to {spoken(known, 's')}. That is taken out; the pile is "
                "then a floor, as times from just beyond the limit are written down as on it."
            )
    if asked.clock.rhythm:
        said.append(
            "This clock runs through nights and weekends; how often things end at such a time at "
            "all is taken into account."
        )
    return (*said, *asked.clock.explanations)
