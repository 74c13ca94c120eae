"""What speaks of single advisors, for themselves and for roles that the operation allows."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Final

import ibis.expr.types as ir
import numpy as np

from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import ints
from andon.goodhart.hand_to_hand.compared import Tested
from andon.goodhart.hand_to_hand.days import Days, by_day
from andon.goodhart.hand_to_hand.numbers import Numbers
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.peers import Matched
from andon.goodhart.same_work import SameWork

__all__ = ["EXPLANATIONS", "AdvisorsPassing", "ForRoles", "shown"]

EXPLANATIONS: Final = (
    "Routing: whoever gets customers who belong elsewhere must pass them on. Within a queue and an"
    " hour all get the same; but where a rule sends some customers to one person, that person"
    " passes on more.",
    "A skill or a right that is missing: who may not refund must pass refunds on. Nobody stands"
    " here for one kind of matter alone; but kinds that the reason does not tell apart are one.",
    "New people pass on more. They are compared with one another for their first 30 days, and it"
    " may take longer.",
    "A role: some are asked to sort contacts, or to take what nobody else could pass on.",
    "Instructions: a team may have been told to keep to a time, and to pass on what takes longer.",
    "If ids were changed, one person may stand here as two, or two as one.",
)
"""What else can make an advisor pass on more, to be looked at before anybody is spoken to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorsPassing:
    """What one advisor passes on, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    first_day, last_day : datetime.date
        Between which this id has contacts.
    contacts, passed : int
    share : Estimate or Unknown
        Passed on of this advisor's contacts, its doubt over days.
    own, colleagues : float
        The share of this advisor's contacts, and of the others', in the same kinds of work and the
        same hours.
    own_opened, colleagues_opened : float
        The same, of customers who came to them first; NaN where there is nobody beside.
    own_received, colleagues_received : float
        The same, of customers whom somebody had passed on to them; NaN likewise.
    kinds : int
        Groups in which this advisor can be compared. With 1, a missing skill cannot be told from
        anything else.
    p_adjusted : float
        The share of false ones to expect among advisors shown with a ``p`` as low as this.
    """

    advisor_id: str
    first_day: dt.date
    last_day: dt.date
    contacts: int
    passed: int
    share: Estimate | Unknown
    own: float
    colleagues: float
    own_opened: float
    colleagues_opened: float
    own_received: float
    colleagues_received: float
    kinds: int
    p_adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose share stands out, in the order of their ids: it is no ranking, and who
    is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorsPassing
        Not printed with the result.
    tested : int
        Advisors who could be compared.
    left_out : int
        Advisors with too few contacts beside others to say anything.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorsPassing, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(default=EXPLANATIONS, repr=False)

    def of(self, advisor_id: str) -> AdvisorsPassing | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


def shown(
    counted: ir.Table, table: SameWork, tested: Tested, numbers: Numbers, asked: Asked
) -> tuple[AdvisorsPassing, ...]:
    """Those who stand out, in the order of their ids."""
    who = np.flatnonzero(tested.found).tolist()
    if not who:
        return ()
    theirs = counted.filter(counted.advisor.isin([table.numbers[i] for i in who]))
    found = by_day(theirs, "advisor").to_pyarrow()
    advisor, days = ints(found, "advisor"), Days.of(found)
    by_hand = numbers.received(table.work)
    parts = (table.only(~by_hand).matched(), table.only(by_hand).matched())
    return tuple(
        _one(i, table, tested, days.only(advisor == table.numbers[i]), parts, asked) for i in who
    )


def _one(
    i: int,
    table: SameWork,
    tested: Tested,
    days: Days,
    parts: tuple[Matched, Matched],
    asked: Asked,
) -> AdvisorsPassing:
    opened, received = parts
    return AdvisorsPassing(
        advisor_id=table.names[i],
        first_day=dt.date.fromordinal(int(days.day.min()) + 1),
        last_day=dt.date.fromordinal(int(days.day.max()) + 1),
        contacts=round(float(days.n.sum())),
        passed=round(float(days.k.sum())),
        share=days.share(asked.level),
        own=float(tested.standing.share[i]),
        colleagues=float(tested.standing.others[i]),
        own_opened=_over(opened.own[i], opened.weight[i]),
        colleagues_opened=_over(opened.others[i], opened.weight[i]),
        own_received=_over(received.own[i], received.weight[i]),
        colleagues_received=_over(received.others[i], received.weight[i]),
        kinds=int(tested.kinds[i]),
        p_adjusted=float(tested.adjusted[i]),
    )


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else math.nan
