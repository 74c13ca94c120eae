"""At a limit: contacts that pile up on its good side, beyond what a smooth run would put there.

Where a limit is set on a time, work can be made to fit it: a call is ended, a caller taken off the
queue, a case closed, just before; or a case opened again just after. Each reading of the clock is
counted by the engine, and only the counts come here. A pile is what the counts a little further
from the limit, on its own side, do not lead one to expect. Whatever else happens at the limit (an
announcement after which many give up, another team that joins in) may break the run of the counts
there, and makes no pile by itself.

What is told to all is about the limit and the measure. Single advisors stand apart, for roles that
the operation allows, and only with many contacts near the limit, a pile of their own, and more of
it than colleagues have in the same queues and months.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import ibis.expr.types as ir

from andon.estimate import Estimate, Unknown
from andon.goodhart.bunching import Side
from andon.goodhart.change_points import Change, changed_share
from andon.goodhart.excess_mass import Bunching
from andon.goodhart.limit_clocks import Clock, on_the_clock
from andon.goodhart.piled_up.advisors import AdvisorAtALimit, ForRoles, for_roles
from andon.goodhart.piled_up.bend import bent
from andon.goodhart.piled_up.counts import Counts
from andon.goodhart.piled_up.days import MonthAtALimit, Stretch, by_month, stretches
from andon.goodhart.piled_up.groups import GroupAtALimit, by_group
from andon.goodhart.piled_up.pile import Pile
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.piled_up.readings import counted, lean, summed
from andon.goodhart.piled_up.rhythm import rhythm
from andon.goodhart.piled_up.words import caveats
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows

__all__ = [
    "AdvisorAtALimit",
    "AtALimit",
    "ForRoles",
    "GroupAtALimit",
    "MonthAtALimit",
    "Stretch",
    "at_a_limit",
]

_DAYS: Final = 70
"""So many days are looked at one by one; of more, weeks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AtALimit:
    """Whether contacts pile up at a limit, and what that does to the measure.

    Attributes
    ----------
    clock : str
        One of :data:`andon.goodhart.limit_clocks.CLOCKS`.
    limit_s, pile_s, gap_s : float
        The limit, how near to it a pile was looked for, and from how far beyond it may come.
    side : {"below", "above"}
        Where it is good to be.
    others_s : tuple of float
        Other limits on the clock, around which nothing was looked at.
    contacts : int
        That the limit judges, whether their clock stopped or not.
    excess : Estimate or Unknown
        Share of contacts in the pile, beyond what would be there anyhow.
    missing : Estimate or Unknown
        Share of contacts missing beyond the limit. About as many as the excess where they were
        moved; none where they only pile up for another reason.
    times : Estimate or Unknown
        How many times what would be there anyhow, the pile holds.
    reads, without, bend : Estimate or Unknown
        The share of contacts within the limit as it reads, as it would without the pile, and the
        first less the second.
    mean_s, mean_without_s, mean_bend_s : Estimate or Unknown
        The same of the clock's mean; unknown for returns, whose mean is no measure.
    p : float
        The chance of so large an excess where nothing piles up, 1 where it is too small to matter;
        NaN where it cannot be told.
    stands_out : bool or None
        Whether there is a pile; None where it cannot be told, for which ``why_not`` says why.
    why_not : str
        Empty where it can be told.
    change : Change or Unknown
        When there were more in the pile, of those near the limit, over ``stretches``.
    stretches : tuple of Stretch
        Days, or weeks where there are more than 70 days.
    by_month : tuple of MonthAtALimit
    groups : tuple of GroupAtALimit
    bunching : Bunching or Unknown
        The counts around the limit and their counterfactual, for a chart.
    caveats : tuple of str
    for_roles : ForRoles
        The only part that speaks of single advisors.
    """

    clock: Clock
    limit_s: float
    pile_s: float
    gap_s: float
    side: Side
    others_s: tuple[float, ...]
    contacts: int
    excess: Estimate | Unknown
    missing: Estimate | Unknown
    times: Estimate | Unknown
    reads: Estimate | Unknown
    without: Estimate | Unknown
    bend: Estimate | Unknown
    mean_s: Estimate | Unknown
    mean_without_s: Estimate | Unknown
    mean_bend_s: Estimate | Unknown
    p: float
    stands_out: bool | None
    why_not: str
    change: Change | Unknown
    stretches: tuple[Stretch, ...] = field(repr=False)
    by_month: tuple[MonthAtALimit, ...] = field(repr=False)
    groups: tuple[GroupAtALimit, ...]
    bunching: Bunching | Unknown = field(repr=False)
    caveats: tuple[str, ...]
    for_roles: ForRoles

    @property
    def since(self) -> dt.date | None:
        """The day or week in which it began; None where that was not seen."""
        if isinstance(self.change, Unknown) or not self.change.begins:
            return None
        return self.stretches[self.change.start].first_day

    @property
    def until(self) -> dt.date | None:
        """The first day or week after it ended; None where that was not seen."""
        if isinstance(self.change, Unknown) or not self.change.ends:
            return None
        return self.stretches[self.change.end].first_day


def at_a_limit(
    contacts: ir.Table,
    *,
    clock: Clock,
    limit_s: float,
    others: Sequence[float] = (),
    by: Sequence[str] = (),
    side: Side | None = None,
    pile_s: float | None = None,
    gap_s: float | None = None,
    least_contacts: int = 100,
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> AtALimit:
    """Do contacts pile up on the good side of a target or limit, and how far does that bend it?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    clock : {"handle", "talk", "wait", "closing", "reopening", "silence"}
        What the limit counts; see :func:`andon.goodhart.limit_clocks.on_the_clock`.
    limit_s : float
        The target or limit (> 0), seconds, in whole tenths. It must be one that people work to.
    others : sequence of float
        Other limits on the same clock, seconds. What lies around them is taken for no part of the
        smooth run; ask about each of them in turn.
    by : sequence of str
        Groups to look at as well, from :data:`andon.ledger.periods.GROUPS`.
    side : {"below", "above"}, optional
        Where it is good to be; below, but for returns, which are good when they come too late to
        be counted.
    pile_s, gap_s : float, optional
        How near to the limit a pile is looked for, and from how far beyond it may come, seconds,
        less than a quarter of the limit and less than half of it: 5 % and 25 % of it unless told,
        of waits 15 % and 45 %.
    least_contacts : int
        Nothing is said about an advisor with fewer contacts near the limit (>= 30).
    level : float
        Of the intervals, above 0 and below 1; one less it is the chance of a false alarm.
    false_discoveries : float
        The share of false ones put up with among advisors and among groups, above 0 and below 1.

    Returns
    -------
    AtALimit
        With figures unknown, and the reason in words, where there are too few contacts, all have
        one length, nothing lies on one side of the limit, or a pile cannot be told from rounding,
        from another limit or from what a system does.

    Raises
    ------
    QuestionError
        If there is no such clock or group, or an option is out of its range.

    Notes
    -----
    The figures are those of :func:`andon.goodhart.bunching.bunching`, by two curves: one that may
    break off at the limit, and one that sees the pile's own side only. ``p`` is the larger of the
    two; the figures are the first one's, unless the second sees no pile. Doubt is over days, or
    weeks. Of clocks that run through nights the counts are taken per chance
    (:func:`andon.goodhart.chances.chances`).

    There, more must also lie on the good side of the limit than on the bad one: customers come
    back at the hour, and on the weekday, at which they mostly come.

    Where the density of waits has a kink for an honest reason, the fit is poor there and the
    interval wider: it grows with how much the counts scatter around the curve away from the limit.
    """
    asked = Asked.of(
        clock,
        limit_s,
        others,
        by,
        side=side,
        pile_s=pile_s,
        gap_s=gap_s,
        least_contacts=least_contacts,
        level=level,
        false_discoveries=false_discoveries,
    )
    timed = on_the_clock(with_groups(contacts, asked.by), asked.clock.key, limit_s=asked.limit_s)
    with kept(lean(timed, asked)) as held:
        return _answer(held, timed, contacts, asked)


def _answer(held: ir.Table, timed: ir.Table, contacts: ir.Table, asked: Asked) -> AtALimit:
    span = rows(held.aggregate(first=held.day.min(), last=held.day.max()))[0]
    days = 0 if span["first"] is None else int(span["last"]) - int(span["first"]) + 1
    length = 1 if days <= _DAYS else 7
    near, every = counted(held, asked, length), summed(held, asked, length)
    counts = Counts.of(near, every, asked)
    had = rhythm(held, contacts, asked) if asked.clock.rhythm and days else None
    blocks = counts.blocks()
    pile = Pile.of(counts.by_blocks(), counts.contacts, asked, had)
    measure = bent(pile, blocks, asked)
    days_or_weeks = stretches(counts, asked, length)
    told = isinstance(pile.bunching, Bunching)
    return AtALimit(
        clock=asked.clock.key,
        limit_s=asked.limit_s,
        pile_s=asked.pile_s,
        gap_s=asked.gap_s,
        side=asked.side,
        others_s=asked.others_s,
        contacts=counts.contacts,
        excess=pile.excess,
        missing=pile.missing(counts.contacts, asked),
        times=pile.times(),
        reads=measure.reads,
        without=measure.without,
        bend=measure.bend,
        mean_s=measure.mean_reads,
        mean_without_s=measure.mean_without,
        mean_bend_s=measure.mean_bend,
        p=pile.p,
        stands_out=bool(pile.p <= 1 - asked.level) if told else None,
        why_not=pile.why_not,
        change=changed_share(
            [each.near for each in days_or_weeks],
            [each.piled for each in days_or_weeks],
            direction="higher",
            level=asked.level,
        ),
        stretches=days_or_weeks,
        by_month=by_month(counts, asked, had),
        groups=by_group(near, every, counts, asked, had),
        bunching=pile.bunching,
        caveats=caveats(pile, asked),
        for_roles=for_roles(timed, asked, had)
        if told and asked.clock.in_hand
        else ForRoles(advisors=(), tested=0, left_out=0, explanations=asked.clock.explanations),
    )
