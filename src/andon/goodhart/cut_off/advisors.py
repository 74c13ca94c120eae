"""What speaks of single advisors, for themselves and for roles that the operation allows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

import ibis.expr.types as ir
import numpy as np

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.columns import ints
from andon.goodhart.cut_off.compared import Advisors, Tested
from andon.goodhart.cut_off.days import Days, Week, by_day, changed
from andon.goodhart.cut_off.question import Asked
from andon.goodhart.dates import Dates

__all__ = ["EXPLANATIONS", "AdvisorsContacts", "ForRoles", "shown"]

EXPLANATIONS: Final = (
    "A headset, a softphone or a line that drops calls does this too, and drops one person's calls"
    " alone: have them checked first.",
    "Where the system drops everybody's calls at the same time, it does not count here: the"
    " comparison is within the hour.",
    "Calls that were passed on are left out; a transfer that the system does not record looks like"
    " a short contact.",
    "Calls back that reach nobody are short by their nature: they are compared with each other.",
    "Some work is quick, and some people are. Then customers do not come back within minutes, and"
    " there are more brief contacts than short ones: that is not what stands here.",
    "If ids were changed, one person may stand here as two, or two as one.",
)
"""What else can make contacts short, to be looked at before anybody is spoken to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorsContacts:
    """One advisor's short contacts, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    first_day, last_day : datetime.date
        Between which this id has contacts.
    contacts, short : int
    part_of_contacts, part_of_short : float
        This advisor's part of all contacts, and of all short ones, that have an advisor recorded.
    brief : int
        Contacts from the limit to three times as long: whoever is only quick has more of them than
        short ones.
    share : Estimate or Unknown
        Of this advisor's contacts that are short.
    colleagues : float
        The share of the others, in the same groups and the same hours.
    cut_off, colleagues_cut_off : float
        Share of identified contacts that were short and whose customer was back within the time:
        the advisor's, and the others' in the same groups and hours.
    back_after_short : Estimate or Unknown
        Share of this advisor's identified short contacts whose customer was back.
    back_after_usual : float
        What contacts of usual length of the same groups would give.
    p_adjusted : float
        The share of false ones to expect among advisors shown with a ``p`` as low as this.
    change : Change or Unknown
        Over the weeks of ``weeks``.
    weeks : tuple of Week
    """

    advisor_id: str
    first_day: dt.date
    last_day: dt.date
    contacts: int
    short: int
    part_of_contacts: float
    part_of_short: float
    brief: int
    share: Estimate | Unknown
    colleagues: float
    cut_off: float
    colleagues_cut_off: float
    back_after_short: Estimate | Unknown
    back_after_usual: float
    p_adjusted: float
    change: Change | Unknown
    weeks: tuple[Week, ...] = field(repr=False)

    @property
    def rose(self) -> Dates | None:
        """The week in which there began to be more of them; None where that was not seen."""
        return Dates.of_start(self.change, lambda i: self.weeks[i].monday)

    @property
    def fell(self) -> Dates | None:
        """The week in which that was over; None where it was not seen."""
        return Dates.of_end(self.change, lambda i: self.weeks[i].monday)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose contacts stand out, in the order of their ids: it is no ranking, and
    who is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorsContacts
        Not printed with the result.
    tested : int
        Advisors who could be compared.
    left_out : int
        Advisors with too few contacts to say anything.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorsContacts, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(default=EXPLANATIONS, repr=False)

    def of(self, advisor_id: str) -> AdvisorsContacts | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


def shown(
    timed: ir.Table, table: Advisors, tested: Tested, asked: Asked
) -> tuple[AdvisorsContacts, ...]:
    """Those whose contacts stand out, in the order of their ids."""
    who = [i for i in range(len(table.names)) if tested.found[i]]
    if not who:
        return ()
    numbers = table.numbers[who]
    each = by_day(timed.filter(timed.advisor.isin(numbers.tolist())), by=("advisor",)).to_pyarrow()
    advisor = ints(each, "advisor")
    days = Days.of(each)
    return tuple(
        _one(i, table, tested, days.only(np.asarray(advisor == table.numbers[i])), asked)
        for i in who
    )


def _one(i: int, table: Advisors, tested: Tested, days: Days, asked: Asked) -> AdvisorsContacts:
    weeks, effective = days.weeks()
    back = tested.back[i]
    return AdvisorsContacts(
        advisor_id=table.names[i],
        first_day=dt.date.fromordinal(int(days.day.min()) + 1),
        last_day=dt.date.fromordinal(int(days.day.max()) + 1),
        contacts=round(float(days.n.sum())),
        short=round(float(days.k.sum())),
        part_of_contacts=float(days.n.sum() / table.total("n").sum()),
        part_of_short=float(days.k.sum() / table.k.sum()),
        brief=round(float(table.total("brief")[i])),
        share=days.share(asked),
        colleagues=float(tested.short.others[i]),
        cut_off=float(tested.cut_off.share[i]),
        colleagues_cut_off=float(tested.cut_off.others[i]),
        back_after_short=estimate.share(back, level=asked.level)
        if back
        else Unknown(unit="share", why="no customer is known", needs="customers' ids"),
        back_after_usual=float(tested.usual[i]),
        p_adjusted=float(tested.adjusted[i]),
        change=changed(weeks, effective, asked),
        weeks=weeks,
    )
