"""Sentences that answer a look for bending: what was found, of the practice and of the target.

Each takes a result of :mod:`andon.goodhart` and says what a reader wants to know first, with its
number and its doubt. None of them speaks of anybody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from andon.estimate import Estimate, Unknown, times
from andon.goodhart.looks import measured
from andon.units import spoken

if TYPE_CHECKING:  # a question is imported when it is put, so that help answers at once
    from andon.goodhart.around_a_date import AroundADate
    from andon.goodhart.at_a_limit import AtALimit
    from andon.goodhart.battery import Battery
    from andon.goodhart.chosen_surveys import ChosenSurveys
    from andon.goodhart.closing_early import ClosingEarly
    from andon.goodhart.near_limit import NearLimit
    from andon.goodhart.parked_work import ParkedWork
    from andon.goodhart.passing_on import PassingOn
    from andon.goodhart.price_of_a_second import PriceOfASecond
    from andon.goodhart.short_contacts import ShortContacts
    from andon.goodhart.silent_targets import SilentTargets

__all__ = [
    "around_a_date",
    "at_a_limit",
    "battery",
    "chosen_surveys",
    "closing_early",
    "parked_work",
    "passing_on",
    "price_of_a_second",
    "short_contacts",
    "silent_targets",
]

_FOLLOWS: Final = {
    "recontact": "customers contact us again within {}",
    "transfer": "contacts are passed on",
    "complaint": "customers complain within {}",
    "later_handle": "the handle time of what follows within {}",
}
_MOVES: Final = {1: ("lengthens", "more"), -1: ("shortens", "fewer")}


def battery(found: Battery) -> str:
    """Which measures can no longer be trusted by themselves."""
    every = found.measures
    bent = [measured(each.measure, each.reads) for each in every if not each.only_moved]
    moved = [measured(each.measure, each.reads) for each in every if each.only_moved]
    if not found.tested:
        return "Whether any measure is bent, we cannot tell."
    if not every:
        looks = "look" if found.tested == 1 else "looks"
        return f"We see no sign that a measure is bent, in {found.tested} {looks}."
    said = []
    if len(bent) == 1:
        said.append(f"One measure can no longer be trusted by itself: {bent[0]}.")
    elif bent:
        said.append(
            f"{len(bent)} measures can no longer be trusted by themselves: {'; '.join(bent)}."
        )
    if moved:
        as_well = " as well" if bent else ""
        said.append(f"On the day of a target moved{as_well}: {'; '.join(moved)}.")
    return " ".join(said)


def short_contacts(found: ShortContacts) -> str:
    """Whether customers are cut off, and what that does to the mean."""
    limit, within = spoken(found.limit_s, "s"), spoken(found.within_s, "s")
    if found.stands_out is None:
        return f"Whether customers are cut off, we cannot tell: {found.why_not}."
    if not found.stands_out:
        return (
            f"We see no sign that customers are cut off: {_said(found.share)} of contacts are "
            f"shorter than {limit}."
        )
    return (
        f"Customers are cut off: of those whose contact took less than {limit}, "
        f"{_said(found.back_after_short)} are back within {within}. {_bend(found.bend_s)} "
        f"{found.when}"
    )


def at_a_limit(found: AtALimit) -> str:
    """Whether contacts pile up at a limit, and what the measure would read without."""
    limit = spoken(found.limit_s, "s")
    if found.stands_out is None:
        return f"Whether contacts pile up at {limit}, we cannot tell: {found.why_not}."
    if not found.stands_out:
        return f"Contacts do not pile up at {limit} beyond what a smooth run would put there."
    return (
        f"Contacts pile up at {limit}: {_said(found.excess)} of them are there beyond what a "
        f"smooth run would put there. Within the limit it reads {_said(found.reads)}; without the "
        f"pile {_said(found.without)}."
    )


def passing_on(found: PassingOn) -> str:
    """Whether more is passed on than the mix explains."""
    if found.stands_out is None:
        return f"Whether more is passed on than the mix explains, we cannot tell: {found.why_not}."
    if not found.stands_out:
        return f"No more is passed on than the mix explains: {_said(found.share)} contacts are."
    return (
        f"More is passed on than the mix explains: {_said(found.excess)} contacts, where "
        f"{_said(found.share)} are passed on in all."
    )


def parked_work(found: ParkedWork) -> str:
    """Whether time is parked because of a limit."""
    what = {
        "hold": "time on hold",
        "wrapup": "time in wrap-up",
        "hold_and_wrapup": "time on hold and in wrap-up",
    }[found.parked]
    limit = spoken(found.share.limit_s, "s")
    way = _way(found.share)
    if way is None:
        return f"Whether {what} is used to keep a limit of {limit}, we cannot tell: " + _why(
            found.share
        )
    if not way:
        return f"Contacts that end just within {limit} have no more {what} than those around them."
    return (
        f"Contacts that end just within {limit} have more {what} than those around them: "
        f"{_said(found.share.near)} of their time, where {_said(found.share.expected)} is expected."
    )


def closing_early(found: ClosingEarly) -> str:
    """Whether more comes back of what was closed just before a limit, and whether it is split."""
    limit, again = spoken(found.again.limit_s, "s"), spoken(found.again_s, "s")
    back = found.beyond_habit
    way = _way(back)
    if way is None:
        said = (
            f"Whether more comes back of what is closed just before {limit}, we cannot tell: "
            + _why(back)
        )
    elif way:
        said = (
            f"More comes back of what is closed just before {limit}: {_said(back.near)} within "
            f"{again} beyond the customers' habit, where {_said(back.expected)} is expected."
        )
    else:
        said = f"No more comes back of what is closed just before {limit} than of what is near it."
    split = found.split.excess
    if isinstance(split, Estimate) and split.low > 0:
        within = spoken(found.split.within_s, "s")
        said += (
            f" And of contacts of one customer opened within {within}, {_said(split)} are opened "
            "by one hand beyond chance, as if one matter were split."
        )
    return said


def chosen_surveys(found: ChosenSurveys) -> str:
    """Whether invitations follow the likely score, and what the score would be otherwise."""
    shift, score = found.overall.shift, found.overall.score
    if isinstance(shift, Unknown):
        return f"Whether invitations follow the likely score, we cannot tell: {shift.why}."
    if shift.low <= 0 <= shift.high:
        return "We see no sign that those likely to be content are asked more often."
    if shift.value < 0:
        return "Those likely to be content are asked less often, and not more."
    return (
        f"Those likely to be content are asked more often. That adds {_said(shift)} to the mean "
        f"answer, {_said(score)}."
    )


def silent_targets(found: SilentTargets) -> str:
    """Whether a target looks better because those it counts have gone somewhere else."""
    silent = [target.says for target in found.targets if target.silent]
    if silent:
        return " ".join(silent)
    if all(target.p != target.p for target in found.targets):  # NaN is not itself
        return "Whether a target looks better while its companion gets worse, we cannot tell."
    return "No target is seen to look better while its companion gets worse."


def around_a_date(found: AroundADate) -> str:
    """Whether a measure moved around a date."""
    return " ".join([date.says for date in found.dates] or [found.says_looked_for])


def price_of_a_second(found: PriceOfASecond) -> str:
    """What one more second does."""
    what = _FOLLOWS[found.outcome].format(spoken(found.window_s, "s"))
    price = found.per_s
    if isinstance(price, Unknown):
        return f"What a second more of handle time does, we cannot tell: {price.why}."
    if price.low <= 0 <= price.high:
        return f"What a second more of handle time does is not beyond doubt: {price}."
    way = 1 if price.value > 0 else -1
    if found.outcome == "later_handle":
        seconds = times(price, way, unit="s")
        return f"Each second more of handle time {_MOVES[way][0]} {what} by {seconds}."
    # Of 10,000 people so many are whole numbers that can be seen: points are of 100.
    size = times(replace(price, unit="ratio"), 100 * way)
    return f"For each second more of handle time, {size} {_MOVES[way][1]} of 10,000 {what}."


def _bend(bend: Estimate | Unknown) -> str:
    if isinstance(bend, Unknown) or bend.low <= 0 <= bend.high:
        return "Whether such contacts move the mean handle time is not beyond doubt."
    size = bend if bend.value > 0 else times(bend, -1)
    return (
        f"Such contacts pull the mean handle time {'up' if bend.value > 0 else 'down'} by "
        f"{size.says()}."
    )


def _said(figure: Estimate | Unknown) -> str:
    return figure.says() if isinstance(figure, Estimate) else "we cannot tell how many"


def _way(near: NearLimit) -> bool | None:
    """Whether more happens near the limit than expected; None where it cannot be told."""
    if isinstance(near.excess, Unknown):
        return None
    return near.excess.low > 0


def _why(near: NearLimit) -> str:
    assert isinstance(near.excess, Unknown)
    return f"{near.excess.why}."
