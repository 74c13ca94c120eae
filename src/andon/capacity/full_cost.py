"""Full cost: what an operation costs its owner and its customers, not only what it is measured by.

Staff hours, work done twice, hours of customers' lives, complaints, and customers who leave. Each
rate is an :class:`Assumption`: the operation's own where it told one, else stated and wide. Money
is only named where the operation told what an hour costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.assumption import Assumption
from andon.errors import PlanError
from andon.units import HOUR_S, Unit

__all__ = ["CostDraws", "FullCost", "Rates", "full_cost"]

Floats = npt.NDArray[np.float64]


def _taken(
    name: str, says: str, numbers: tuple[float, float, float], unit: Unit, why: str
) -> Assumption:
    value, low, high = numbers
    return Assumption(
        name=name, says=says, value=value, low=low, high=high, unit=unit, why=why, source="assumed"
    )


_ON_THE_LINE: Final = _taken(
    "on_the_line",
    "part of handle time that the customer is there",
    (0.85, 0.7, 0.95),
    "share",
    "The rest is wrap-up; take the ledger's own share where talk and wrap-up are recorded.",
)
_EFFORT: Final = _taken(
    "effort_s",
    "customer's own time for coming back once more",
    (300.0, 120.0, 900.0),
    "s",
    "Noticing, looking up the number, the menu, saying it all again; nobody counted it.",
)
_BOT: Final = _taken(
    "bot_s",
    "customer's time with the bot",
    (180.0, 60.0, 420.0),
    "s",
    "Lost for those who need a person afterwards; take the bot's own log where there is one.",
)
_COMPLAINTS: Final = _taken(
    "complaints",
    "complaints for each matter that was not settled at once, or never",
    (0.01, 0.002, 0.04),
    "ratio",
    "Not counted here.",
)
_COMPLAINT_H: Final = _taken(
    "complaint_h",
    "staff hours for a complaint",
    (2.0, 0.5, 5.0),
    "h",
    "Not counted here.",
)
_LEAVE_AFTER_RETURN: Final = _taken(
    "leave_after_return",
    "customers who leave for each time that they had to come back",
    (0.002, 0.0, 0.01),
    "ratio",
    "Not counted here; zero is not ruled out.",
)
_LEAVE_AFTER_GIVING_UP: Final = _taken(
    "leave_after_giving_up",
    "customers who leave for each who gives up for good",
    (0.01, 0.0, 0.05),
    "ratio",
    "Not counted here; zero is not ruled out.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """What things cost.

    Attributes
    ----------
    on_the_line : Assumption
        Part of handle time that the customer is there too, 0 to 1.
    effort_s : Assumption
        The customer's own time for each return or redial, besides waiting and talking, seconds.
    bot_s : Assumption
        The customer's time with a bot, seconds.
    complaints : Assumption
        Complaints for each return, and for each who gives up for good.
    complaint_h : Assumption
        Staff hours for a complaint.
    leave_after_return, leave_after_giving_up : Assumption
        Customers who leave for each of these.
    per_hour : float or None
        What an hour of handling costs, in ``currency``; None where nobody told: no money is named.
    customer_worth : float or None
        What a customer who leaves takes along, in ``currency``; None: not in the money.
    complaint_costs : float or None
        What settling a complaint costs, in ``currency``; None: the staff hours for it, at
        ``per_hour``.
    customer_hour : float or None
        At what an hour of customers' own time is counted, in ``currency``; None: not in the money.
    currency : str

    Raises
    ------
    PlanError
        If a rate is below 0.
    """

    on_the_line: Assumption = _ON_THE_LINE
    effort_s: Assumption = _EFFORT
    bot_s: Assumption = _BOT
    complaints: Assumption = _COMPLAINTS
    complaint_h: Assumption = _COMPLAINT_H
    leave_after_return: Assumption = _LEAVE_AFTER_RETURN
    leave_after_giving_up: Assumption = _LEAVE_AFTER_GIVING_UP
    per_hour: float | None = None
    customer_worth: float | None = None
    complaint_costs: float | None = None
    customer_hour: float | None = None
    currency: str = "EUR"

    def __post_init__(self) -> None:
        for each in self.assumptions:
            if each.low < 0:
                raise PlanError(
                    f"{each.name} must be 0 or more.",
                    found=f"{each.name} = {each.value:g} ({each.low:g} to {each.high:g})",
                    todo="Give a rate of 0 or more.",
                )
        for name in ("per_hour", "customer_worth", "complaint_costs", "customer_hour"):
            value: float | None = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise PlanError(
                    f"{name} must be above 0.",
                    found=f"{name} = {value:g}",
                    todo="Leave it out where it is not known: then no money is named.",
                )

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Every rate that has a doubt."""
        return tuple(self.named.values())

    @property
    def named(self) -> Mapping[str, Assumption]:
        """Every rate that has a doubt, by the field that holds it."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: each for name, each in found.items() if isinstance(each, Assumption)}

    def draw(self, curves: int, rng: np.random.Generator) -> CostDraws:
        """Each rate once for each curve."""
        rows = {
            name: each.draw(
                (rng.permutation(curves) + rng.random(curves)) / curves,
                least=0.0,
                most=1.0 if each.unit == "share" else np.inf,
            )
            for name, each in self.named.items()
        }
        return CostDraws(rates=self, drawn=rows)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CostDraws:
    """Rates as they were drawn.

    Attributes
    ----------
    rates : Rates
    drawn : mapping of str to array of float, shape (curves,)
        By the names of the rates.
    """

    rates: Rates
    drawn: Mapping[str, Floats]

    def money(
        self,
        *,
        hours: Floats | float,
        complaints: Floats,
        complaint_h: Floats,
        leaving: Floats,
        customers_h: Floats,
    ) -> Floats | None:
        """What these cost together; None where nobody told what an hour of handling costs.

        Parameters
        ----------
        hours : float or array
            Hours that are paid at the price of handling, without those for complaints.
        complaints, complaint_h : array of float
            How many, and the staff hours that they take.
        leaving : array of float
            Customers who leave.
        customers_h : array of float
            Hours of customers' own time.
        """
        rates = self.rates
        if rates.per_hour is None:
            return None
        found = rates.per_hour * hours + (rates.customer_worth or 0.0) * leaving
        if rates.complaint_costs is None:
            found = found + rates.per_hour * complaint_h
        else:
            found = found + rates.complaint_costs * complaints
        if rates.customer_hour is not None:  # infinite where a backlog grows: not times 0
            found = found + rates.customer_hour * customers_h
        return np.asarray(found)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FullCost:
    """What a week costs, on each curve; every array has the shape (..., curves).

    Attributes
    ----------
    work_h : array of float
        Hours of handling.
    repeat_h : array of float
        Those of them that went to customers who came back.
    complaint_h : array of float
        Staff hours for complaints.
    waiting_h, talking_h, coming_back_h, bot_h : array of float
        Customers' hours: in the queue, on the line, for coming back and redialling, with a bot.
    complaints, customers_leaving : array of float
        How many.
    money : array of float or None
        Handling (or, where there are more or fewer agents, those on duty) and complaints, and
        customers who leave and customers' own time where their worth is told; None where the cost
        of an hour is not.
    """

    work_h: Floats
    repeat_h: Floats
    complaint_h: Floats
    waiting_h: Floats
    talking_h: Floats
    coming_back_h: Floats
    bot_h: Floats
    complaints: Floats
    customers_leaving: Floats
    money: Floats | None

    @property
    def staff_h(self) -> Floats:
        """Hours of staff: handling and complaints."""
        return self.work_h + self.complaint_h

    @property
    def customers_h(self) -> Floats:
        """Hours of customers' lives."""
        return self.waiting_h + self.talking_h + self.coming_back_h + self.bot_h


def full_cost(
    draws: CostDraws,
    *,
    answered: Floats,
    returns: Floats,
    redials: Floats,
    lost: Floats,
    waiting_h: Floats,
    handle_s: Floats | float,
    work_s: Floats | float,
    bot_sessions: Floats | float = 0.0,
    paid_h: Floats | float | None = None,
) -> FullCost:
    """What a week costs.

    Parameters
    ----------
    draws : CostDraws
    answered, returns, redials, lost : array of float, shape (..., curves)
        Contacts a week that were handled, that were returns, that were redials; and customers a
        week who gave up for good.
    waiting_h : array of float
        Hours a week that customers waited.
    handle_s, work_s : float or array
        Mean handle time as the customer sees it, and agents' time that it takes, seconds.
    bot_sessions : float or array
        Sessions a week with a bot.
    paid_h : float or array, optional
        Hours a week that are paid at the price of handling, where the number of agents is changed.
        Without it the hours of handling are: what is not needed for it is there for other work.
    """
    rate = draws.drawn
    unsettled = returns + lost
    complaints = rate["complaints"] * unsettled
    leaving = rate["leave_after_return"] * returns + rate["leave_after_giving_up"] * lost
    work = answered * work_s / HOUR_S
    came = answered + lost + redials
    part = np.divide(returns, came, out=np.zeros(np.shape(came)), where=came > 0)
    complaint_h = complaints * rate["complaint_h"]
    talking_h = answered * handle_s / HOUR_S * rate["on_the_line"]
    coming_back_h = (returns + redials) * rate["effort_s"] / HOUR_S
    bot_h = np.asarray(bot_sessions * rate["bot_s"] / HOUR_S)
    money = draws.money(
        hours=work if paid_h is None else paid_h,
        complaints=complaints,
        complaint_h=complaint_h,
        leaving=leaving,
        customers_h=waiting_h + talking_h + coming_back_h + bot_h,
    )
    return FullCost(
        work_h=work,
        repeat_h=work * part,
        complaint_h=complaint_h,
        waiting_h=np.asarray(waiting_h),
        talking_h=talking_h,
        coming_back_h=coming_back_h,
        bot_h=bot_h,
        complaints=complaints,
        customers_leaving=leaving,
        money=money,
    )
