"""Short contacts: customers cut off, which rests the line and lowers the mean, and who call again.

A contact of a few seconds may be a quick answer. The proof that it is not is the customer, who is
back within minutes. So four things must come together before anything is said about anybody: more
short contacts than those who do the same work in the same hours have; more customers who were cut
off and came back; customers who come back after short contacts far oftener than after usual ones;
and a heap of short contacts, more than a quick pace could make. What is told to all is the
practice, and what it does to the measure that invites it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon.answer import Scope, in_order
from andon.estimate import Estimate, Sums, Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.columns import count, floats
from andon.goodhart.concentration import Concentration
from andon.goodhart.cut_off.advisors import EXPLANATIONS, AdvisorsContacts, ForRoles, shown
from andon.goodhart.cut_off.clocks import Clocks, classed
from andon.goodhart.cut_off.compared import Advisors, compared, known_back
from andon.goodhart.cut_off.days import Days, Week, by_day, changed
from andon.goodhart.cut_off.in_person import Names, in_person
from andon.goodhart.cut_off.question import Asked
from andon.goodhart.cut_off.returns import Returns
from andon.goodhart.cut_off.words import caveats, untold
from andon.goodhart.dates import Dates, stretch_said
from andon.goodhart.false_discovery import controlled
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.units import US, spoken

__all__ = [
    "EXPLANATIONS",
    "AdvisorsContacts",
    "ForRoles",
    "InGroup",
    "ShortContacts",
    "Week",
    "short_contacts",
]


_ODD_HOUR: Final = 0.01
"""The chance that any hour at all is taken for odd where calls are short at random."""
_FEW_ADVISORS: Final = 3
_MOST_SHORT: Final = 0.5
"""Of contacts; where more are short, the limit does not tell short ones from usual ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InGroup:
    """Short contacts in one group of comparable contacts.

    Attributes
    ----------
    scope : Scope
    contacts, short : int
    back_after_short, back_after_usual : Estimate or Unknown
        Share of identified customers who are back within the time.
    p : float
        As for the whole operation, with the contacts of this group alone; NaN where it cannot be
        told.
    p_adjusted : float
        Beside all other groups; NaN likewise.
    stands_out : bool or None
        None where it cannot be told.
    """

    scope: Scope
    contacts: int
    short: int
    back_after_short: Estimate | Unknown
    back_after_usual: Estimate | Unknown
    p: float
    p_adjusted: float
    stands_out: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortContacts:
    """Short contacts: how many, what customers do next, and what they do to the mean.

    Attributes
    ----------
    limit_s, within_s : float
        The limits that were asked for.
    contacts, short : int
        Handled in person and timed, and those of them under the limit; 0 s counts as short.
    share : Estimate or Unknown
        Short of all, its doubt over days.
    short_by_nobody : int
        Short contacts with no advisor recorded; nobody is compared by them.
    passed_on : int
        Contacts with a transfer, left out.
    identified : Estimate or Unknown
        Share of short contacts with a customer id, counted: only these can be followed.
    back_after_short, back_after_usual : Estimate or Unknown
        Share of identified customers back within the time, from arrival to next arrival, after
        short contacts and after those of usual length: the middle half of their group.
    excess : Estimate or Unknown
        The first less the second, both with the short contacts' mix of groups, clustered by
        customer.
    mean_s, mean_without_s, bend_s : Estimate or Unknown
        Mean handle time, the same without short contacts, and the first less the second: how far
        short contacts pull the measure down.
    concentration : Concentration or Unknown
    p : float
        The chance that some advisor would stand out as far in all four ways that must come
        together, were nothing going on; NaN where it cannot be told.
    stands_out : bool or None
        Whether the practice is there; None where it cannot be told, for which ``why_not`` says why.
    why_not : str
        Empty where it can be told.
    change : Change or Unknown
        When the share of short contacts was higher, over ``weeks``.
    weeks : tuple of Week
    odd_hours, short_in_odd_hours : int
        Hours in which contacts of several advisors were short far oftener than usual, as when a
        system fails, and the short contacts in them.
    groups : tuple of InGroup
    caveats : tuple of str
    for_roles : ForRoles
        The only part that speaks of single advisors.
    """

    limit_s: float
    within_s: float
    contacts: int
    short: int
    share: Estimate | Unknown
    short_by_nobody: int
    passed_on: int
    identified: Estimate | Unknown
    back_after_short: Estimate | Unknown
    back_after_usual: Estimate | Unknown
    excess: Estimate | Unknown
    mean_s: Estimate | Unknown
    mean_without_s: Estimate | Unknown
    bend_s: Estimate | Unknown
    concentration: Concentration | Unknown
    p: float
    stands_out: bool | None
    why_not: str
    change: Change | Unknown
    weeks: tuple[Week, ...] = field(repr=False)
    odd_hours: int
    short_in_odd_hours: int
    groups: tuple[InGroup, ...]
    caveats: tuple[str, ...]
    for_roles: ForRoles

    @property
    def rose(self) -> Dates | None:
        """The week in which there began to be more of them; None where that was not seen."""
        return Dates.of_start(self.change, lambda i: self.weeks[i].monday)

    @property
    def fell(self) -> Dates | None:
        """The week in which that was over; None where it was not seen."""
        return Dates.of_end(self.change, lambda i: self.weeks[i].monday)

    @property
    def when(self) -> str:
        """From when to when there were more of them, in words."""
        if not self.weeks:
            return "Nobody can say when: there is no contact to look at."
        return stretch_said(self.rose, self.fell, more="more contacts were short")


def short_contacts(
    contacts: ir.Table,
    *,
    by: Sequence[str] = ("channel", "queue", "reason"),
    limit_s: float = 10.0,
    within_s: float = 600.0,
    least_contacts: int = 100,
    observed: Observed | None = None,
    level: float = 0.95,
) -> ShortContacts:
    """Are customers cut off, so that short contacts bend the mean handle time?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty. Handled in person and timed ones count, but for those
        that were passed on.
    by : sequence of str
        What makes contacts comparable, from :data:`andon.ledger.periods.GROUPS`.
    limit_s : float
        Shorter handle times are short, seconds (> 0).
    within_s : float
        A customer who is back that soon was not served, seconds (> 0).
    least_contacts : int
        Nothing is said about an advisor with fewer contacts that can be compared (>= 1).
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1; one less it is the share of false ones put up with.

    Returns
    -------
    ShortContacts

    Raises
    ------
    QuestionError
        If a limit is not above 0, or ``by`` names something contacts cannot be grouped by.

    Notes
    -----
    An advisor's ``p`` is the largest of four, so that all four must hold (an intersection-union
    test: Berger 1982, *Technometrics* 24, 295).

    1. The share of short contacts is set against the other advisors' in the same group and the same
       hour of the same day, honest advisors differing too (:mod:`andon.goodhart.peers`). A system
       that drops calls drops everybody's. Who seems to stand out is nobody's yardstick.
    2. The share of customers who were cut off and came back is more than twice the others' in the
       same groups and hours, beyond chance.
    3. The share of customers who are back after this advisor's short contacts is set against the
       one after contacts of usual length, with the n of independent contacts that would leave the
       same doubt (:func:`andon.estimate.effective_n`).
    4. Short contacts are set against brief ones, of one to three times the limit: whoever is only
       quick has more brief ones than short ones. Where durations are lognormal, as they mostly
       are, with a median of six times the limit or more and a spread of 1.3 or less, there are at
       most 0.4 short ones for each brief one; more than half is taken for a heap.

    Each covers for what the others cannot know: quick work makes no heap, and is not followed by
    returns; drops at random do not depend on the advisor. What none of them can tell from hanging
    up is one person's faulty line. How much honest advisors differ is learnt from the advisors
    themselves: where most of them hang up, nobody stands out, and only the returns and the mean
    show it.

    False discovery is controlled over groups, and more strictly over advisors, whatever the
    dependence, by :func:`andon.goodhart.false_discovery.controlled`: a practice can be there
    without anybody being spoken of.
    """
    asked = Asked(
        by=tuple(by),
        limit_s=limit_s,
        within_s=within_s,
        least_contacts=least_contacts,
        level=level,
    )
    seen = coverage.observed(contacts) if observed is None else observed
    dated = with_groups(contacts, by)
    names = Names.of(dated, asked)
    with kept(in_person(dated, names, asked, seen)) as there:
        clocks = Clocks.of(there, names.groups, asked)
        return _answer(classed(there, asked, clocks), names, asked, clocks)


def _answer(timed: ir.Table, names: Names, asked: Asked, clocks: Clocks) -> ShortContacts:
    scopes = list(clocks.fine)
    days = Days.of(by_day(timed).to_pyarrow())
    returns = Returns.of(timed, len(scopes))
    table = compared(timed, names, asked)
    shorts = timed.filter(timed.short & timed.followed & timed.advisor.notnull())
    usual = returns.usual_by_group()
    overall = table.tested(asked, usual, known_back(shorts, ["advisor"]))
    why_not = untold(clocks, table, overall, returns, asked) or _usual(days, asked)
    groups = _groups(asked, scopes, days, returns, table, known_back(shorts, ["group", "advisor"]))
    weeks, effective = days.weeks()
    short = int(days.k.sum())
    tested = 0 if why_not else int(np.isfinite(overall.p).sum())
    odd_hours, short_in_odd_hours = _odd_hours(timed, short / max(1.0, days.n.sum()))
    return ShortContacts(
        limit_s=asked.limit_us / US,
        within_s=asked.within_us / US,
        contacts=int(days.n.sum()),
        short=short,
        share=days.share(asked),
        short_by_nobody=short - int(table.k.sum()),
        passed_on=clocks.passed_on,
        identified=Estimate.exact(float(days.identified.sum()) / short, unit="share", n=short)
        if short
        else Unknown(unit="share", why="no contact is short", needs="short contacts"),
        back_after_short=returns.after_short(asked),
        back_after_usual=returns.after_usual(asked),
        excess=returns.excess(asked),
        mean_s=days.mean(asked, "all"),
        mean_without_s=days.mean(asked, "without"),
        bend_s=days.mean(asked, "bend"),
        concentration=table.concentration(),
        p=math.nan if why_not else overall.p_any,
        stands_out=None if why_not else overall.p_any <= 1 - asked.level,
        why_not=why_not,
        change=changed(weeks, effective, asked),
        weeks=weeks,
        odd_hours=odd_hours,
        short_in_odd_hours=short_in_odd_hours,
        groups=groups,
        caveats=caveats(clocks, table, returns, short=short, identified=days.identified.sum()),
        for_roles=ForRoles(
            advisors=() if why_not else shown(timed, table, overall, asked),
            tested=tested,
            left_out=len(table.names) - tested,
        ),
    )


def _usual(days: Days, asked: Asked) -> str:
    """Why short contacts are no exception here; empty where they are one."""
    contacts, short = float(days.n.sum()), float(days.k.sum())
    if short <= _MOST_SHORT * contacts:
        return ""
    return (
        f"more than half of all contacts are shorter than {spoken(asked.limit_us / US, 's')}, so "
        "being short is usual and stands for nothing"
    )


def _groups(
    asked: Asked,
    scopes: Sequence[Scope],
    days: Days,
    returns: Returns,
    table: Advisors,
    known: Mapping[tuple[object, ...], Sums],
) -> tuple[InGroup, ...]:
    """The same for each group, its own contacts alone."""
    usual = returns.usual_by_group()
    by_group: dict[int, dict[tuple[object, ...], Sums]] = {}
    for (group, advisor), sums in known.items():
        by_group.setdefault(int(str(group)), {})[advisor,] = sums
    tests = [table.only(i).tested(asked, usual, by_group.get(i, {})) for i in range(len(scopes))]
    # Groups share no contact, so their tests are independent but for the advisors in several.
    across = controlled(
        [each.p_any for each in tests], level=1 - asked.level, dependence="positive"
    )
    found = {
        scope: InGroup(
            scope=scope,
            contacts=int(days.n[days.group == i].sum()),
            short=int(days.k[days.group == i].sum()),
            back_after_short=returns.after_short(asked, i),
            back_after_usual=returns.after_usual(asked, i),
            p=tests[i].p_any,
            p_adjusted=float(across.adjusted[i]),
            stands_out=None if math.isnan(tests[i].p_any) else bool(across.found[i]),
        )
        for i, scope in enumerate(scopes)
    }
    return tuple(found[scope] for scope in in_order(found))


def _odd_hours(timed: ir.Table, usual: float) -> tuple[int, int]:
    """Hours in which several advisors' contacts were short far oftener than usual."""
    hours = timed.group_by("hour").aggregate(
        n=timed.count(), k=count(timed.short), who=timed.advisor.nunique(where=timed.short)
    )
    some = hours.filter((hours.k >= 5) & (hours.who >= _FEW_ADVISORS)).to_pyarrow()
    n, k = floats(some, "n"), floats(some, "k")
    every = int(rows(timed.aggregate(n=timed.hour.nunique()))[0]["n"])
    odd = special.pdtrc(k - 1, n * usual) < _ODD_HOUR / max(1, every)
    return int(odd.sum()), int(k[odd].sum())
