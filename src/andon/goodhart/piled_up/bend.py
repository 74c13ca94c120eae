"""The bend of a measure: what it reads, less what it would read without the pile."""

from __future__ import annotations

from andon.estimate import Unknown
from andon.goodhart.piled_up.counts import Blocks
from andon.goodhart.piled_up.pile import Pile
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.unbent import Unbent, unbent

__all__ = ["bent"]


def bent(pile: Pile, blocks: Blocks | None, asked: Asked) -> Unbent:
    """The measure as it reads, and as it would without the pile."""
    if isinstance(pile.bunching, Unknown) or blocks is None:
        why, needs = pile.why_not, "contacts on both sides of the limit"
        if isinstance(pile.bunching, Unknown):
            needs = pile.bunching.needs
        share = Unknown(unit="share", why=why, needs=needs)
        mean = Unknown(unit="s", why=why, needs=needs)
        found = Unbent(
            reads=share,
            without=share,
            bend=share,
            mean_reads=mean,
            mean_without=mean,
            mean_bend=mean,
        )
    else:
        found = unbent(
            pile.bunching,
            blocks.seen,
            limit=asked.limit_s,
            side=asked.side,
            n=blocks.n,
            within=blocks.within,
            timed=blocks.timed,
            total=blocks.total_s,
            level=asked.level,
        )
    if asked.clock.measured and not asked.crossed:
        return found
    none = Unknown(
        unit="s",
        why="another limit lies so near that it is not known how far contacts were moved"
        if asked.crossed
        else "the mean of this clock is not what anybody is measured by",
        needs="the share within the limit",
    )
    return Unbent(
        reads=found.reads,
        without=found.without,
        bend=found.bend,
        mean_reads=none,
        mean_without=none,
        mean_bend=none,
    )
