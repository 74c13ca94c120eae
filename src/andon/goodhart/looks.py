"""A look: what one signature shows of one measure, in the same few words for all of them.

Each function here turns a question's own result into looks. What a result says of single advisors
is never read here, so that no look can hold it.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Final

from andon import estimate
from andon.answer import Scope
from andon.estimate import Estimate, Unknown
from andon.goodhart.around_a_date import AroundADate
from andon.goodhart.at_a_limit import AtALimit
from andon.goodhart.chosen_surveys import ChosenSurveys
from andon.goodhart.closing_early import ClosingEarly
from andon.goodhart.level_shifts import Shift
from andon.goodhart.measures import MEASURES
from andon.goodhart.near_limit import NearLimit
from andon.goodhart.parked_work import ParkedWork
from andon.goodhart.parting_twins import PartingTwins
from andon.goodhart.passing_on import PassingOn
from andon.goodhart.shedding import Shedding
from andon.goodhart.short_contacts import ShortContacts
from andon.goodhart.signatures import SignatureKey
from andon.goodhart.silent_targets import SilentTargets, moved_apart
from andon.units import Unit, spoken

__all__ = [
    "OF_DATES",
    "Look",
    "around_a_date_looks",
    "at_a_limit_looks",
    "chosen_surveys_looks",
    "closing_early_looks",
    "measured",
    "parked_work_looks",
    "parting_twins_looks",
    "passing_on_looks",
    "shedding_looks",
    "short_contacts_looks",
    "silent_targets_looks",
]


_OF_ANSWERS: Final = frozenset({"csat", "nps"})
"""Measures that count answers by their height; a look at who was asked reads the answers' mean."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one signature shows of one measure.

    Attributes
    ----------
    signature : str
        A key of :data:`~andon.goodhart.signatures.SIGNATURES`.
    measure : str
        The measure that it bends, a key of :data:`~andon.goodhart.measures.MEASURES`.
    about : str
        Which of several: the limit, the survey, the date; empty where there is but one.
    scope : Scope
        The group of contacts that it is about; empty for all.
    p : float
        How often chance alone would show so much, 0 to 1; NaN where it could not be told.
    adjusted : float
        The least share of false discoveries, over everything that was looked at, at which it is
        one; NaN where ``p`` is, or before it was held against the rest.
    shows : bool
        Whether it is there beyond doubt.
    says : str
        What was found, in plain sentences about the practice and the incentive.
    effect : Estimate or Unknown
        How large it is.
    reads, without : Estimate or Unknown
        The measure as it stands, and as it would read without the bending.
    since, until : datetime.date or None
        When it began and ended, where that was seen.
    unsure : str
        What shows, and why it need not be a sign that anybody bends the measure, as a part of a
        sentence; empty where it is one.
    """

    signature: SignatureKey
    measure: str
    says: str
    p: float
    effect: Estimate | Unknown
    reads: Estimate | Unknown
    without: Estimate | Unknown
    about: str = ""
    scope: Scope = ()
    adjusted: float = math.nan
    shows: bool = False
    since: dt.date | None = None
    until: dt.date | None = None
    unsure: str = ""

    @property
    def bends(self) -> bool:
        """Whether the measure can no longer be trusted by itself.

        What need not be a sign that anybody bends it counts where it tells what the measure would
        read: work that is dealt out unevenly bends a mean, whoever dealt it.
        """
        return self.shows and (not self.unsure or isinstance(self.without, Estimate))


def measured(measure: str, reads: Estimate | Unknown) -> str:
    """What a look reads, in words: the measure, or the mean answer behind a score of a survey.

    Parameters
    ----------
    measure : str
        A key of :data:`~andon.goodhart.measures.MEASURES`.
    reads : Estimate or Unknown
        The measure as it stands.

    Examples
    --------
    >>> measured("handle_time", Estimate.exact(200, unit="s", n=9))
    'mean handle time'
    >>> measured("csat", Estimate.exact(3.8, unit="ratio", n=9))
    'the mean answer to a survey'
    """
    if measure in _OF_ANSWERS and reads.unit not in ("share", "points"):
        return "the mean answer to a survey"
    return MEASURES[measure].says


def short_contacts_looks(found: ShortContacts) -> tuple[Look, ...]:
    """Contacts cut short: over all, and in each group."""
    rose, fell = found.rose, found.fell
    limit, within = spoken(found.limit_s, "s"), spoken(found.within_s, "s")
    if found.why_not:
        says = f"Whether customers are cut off cannot be told: {found.why_not}."
    else:
        says = (
            f"Contacts under {limit} {_moves(found.bend_s, 'the mean handle time')}. Customers are "
            f"back within {within} after {_said(found.back_after_short)} of them, and after "
            f"{_said(found.back_after_usual)} of usual length."
        )
    overall = Look(
        signature="short_contacts",
        measure="handle_time",
        says=says,
        p=found.p,
        effect=found.excess,
        reads=found.mean_s,
        without=found.mean_without_s,
        since=rose.likeliest if rose else None,
        until=fell.likeliest if fell else None,
    )
    return (
        overall,
        *(
            Look(
                signature="short_contacts",
                measure="handle_time",
                scope=group.scope,
                says=(
                    f"Of {group.contacts:,} contacts, {group.short:,} were under {limit}; after "
                    f"{_said(group.back_after_short)} of them the customer was back within "
                    f"{within}."
                ),
                p=group.p,
                effect=group.back_after_short,
                reads=_not_by_group("s"),
                without=_not_by_group("s"),
            )
            for group in found.groups
            if group.scope
        ),
    )


def at_a_limit_looks(found: AtALimit, *, measure: str) -> tuple[Look, ...]:
    """Contacts that pile up on the good side of a limit."""
    limit = spoken(found.limit_s, "s")
    own_mean = measure == "handle_time"
    return (
        Look(
            signature="bunching",
            measure=measure,
            about=f"a limit of {limit}",
            says=_piled(found, limit),
            p=found.p,
            effect=found.excess,
            reads=found.mean_s if own_mean else found.reads,
            without=found.mean_without_s if own_mean else found.without,
            since=found.since,
            until=found.until,
        ),
        *(
            Look(
                signature="bunching",
                measure=measure,
                about=f"a limit of {limit}",
                scope=group.scope,
                says=f"{_capital(_said(group.excess))} contacts pile up on the good side of "
                f"{limit}.",
                p=group.p,
                effect=group.excess,
                reads=_not_by_group("s" if own_mean else "share"),
                without=_not_by_group("s" if own_mean else "share"),
            )
            for group in found.groups
        ),
    )


def _piled(found: AtALimit, limit: str) -> str:
    if found.why_not:
        return f"Whether contacts pile up at {limit} cannot be told: {found.why_not}."
    if not found.stands_out:
        return f"No more contacts end on the good side of {limit} than would anyhow."
    return (
        f"{_capital(_said(found.excess))} contacts pile up on the good side of {limit}, beyond "
        "what would be there anyhow."
    )


def passing_on_looks(found: PassingOn) -> tuple[Look, ...]:
    """Contacts passed on beyond what the mix explains."""
    rose, fell = found.rose, found.fell
    return (
        Look(
            signature="passing_on",
            measure="handle_time",
            says=found.says,
            p=found.p,
            effect=found.excess,
            reads=found.reads,
            without=found.without,
            since=rose.likeliest if rose else None,
            until=fell.likeliest if fell else None,
        ),
    )


def shedding_looks(found: Shedding) -> tuple[Look, ...]:
    """Hard cases that end up with somebody else, or come back as complaints."""
    return (
        Look(
            signature="shedding",
            measure="handle_time",
            says=found.says,
            p=found.p,
            effect=found.effect,
            reads=found.reads_s,
            without=found.without_s,
            since=found.since.likeliest if found.since else None,
            until=found.until.likeliest if found.until else None,
            unsure=(
                "contacts differ by advisor, and whether that is a rule or a habit cannot be told"
            ),
        ),
    )


def parked_work_looks(found: ParkedWork) -> tuple[Look, ...]:
    """Time parked near a limit on a clock."""
    where = {"hold": "on hold", "wrapup": "in wrap-up"}.get(found.parked, "on hold or in wrap-up")
    return (
        Look(
            signature="parked_work",
            measure="handle_time",
            about=f"a limit of {spoken(found.share.limit_s, 's')}",
            says=_near_says(
                found.share,
                f"of the time of contacts that end just within {spoken(found.share.limit_s, 's')} "
                f"is {where}",
            ),
            p=found.share.p_value,
            effect=found.share.excess,
            reads=found.reading.kept,
            without=found.reading.without_parking,
        ),
    )


def closing_early_looks(
    found: ClosingEarly, *, measure: str, split: bool = True
) -> tuple[Look, ...]:
    """Closed and back; and, with ``split``, one matter opened several times."""
    limit = spoken(found.beyond_habit.limit_s, "s")
    soon = spoken(found.split.within_s, "s")
    back = Look(
        signature="closing_early",
        measure=measure,
        about=f"a limit of {limit}",
        says=_near_says(
            found.beyond_habit,
            f"of the customers whose contact was closed just within {limit} are back, beyond "
            "their habit",
        ),
        p=found.beyond_habit.p_value,
        effect=found.beyond_habit.excess,
        reads=found.matters.resolved_contacts,
        without=found.matters.settled_matters,
    )
    several = Look(
        signature="closing_early",
        measure="handle_time",
        about="one matter opened several times",
        says=_told(
            found.split.excess,
            f"{_capital(_said(found.split.same_hand))} of contacts of one customer with one reason "
            f"opened within {soon} of each other were opened by the same hand; chance would make "
            f"that {_said(found.split.by_chance)}.",
        ),
        p=found.split.p_value,
        effect=found.split.excess,
        reads=found.matters.handle_per_contact_s,
        without=found.matters.handle_per_matter_s,
    )
    return (back, several) if split else (back,)


def chosen_surveys_looks(found: ChosenSurveys) -> tuple[Look, ...]:
    """Invitations that follow the likely score."""
    passed = found.overall
    leans = isinstance(passed.shift, Estimate) and passed.shift.value > 0
    half = passed.p_value / 2
    return (
        Look(
            signature="chosen_surveys",
            measure="nps" if found.instrument.lower() == "nps" else "csat",
            about=found.instrument,
            says=_told(
                passed.shift,
                f"Of contacts whose customers were likely to be content, "
                f"{_share(passed.invited_high)} were asked for {found.instrument}; of the others "
                f"{_share(passed.invited_low)}. That adds {_said(passed.shift)} to the mean "
                f"answer, {_said(passed.score)}.",
            ),
            p=half if leans else 1 - half,
            effect=passed.shift,
            reads=passed.score,
            without=passed.weighted,
        ),
    )


def silent_targets_looks(found: SilentTargets) -> tuple[Look, ...]:
    """Targets that look better while what they cannot silence gets worse."""
    return tuple(
        Look(
            signature="silent_targets",
            measure="containment" if each.key.startswith("containment") else "abandonment",
            about=each.companion.says,
            says=each.says,
            p=each.p,
            effect=_difference(each.companion.shift, each.companion.unit),
            reads=_after(each.target.shift, each.target.unit),
            without=_no_counterfactual(each.target.unit),
        )
        for each in found.targets
    )


def around_a_date_looks(found: AroundADate) -> tuple[Look, ...]:
    """A measure that moved on the day a target began or ended.

    One that got worse is what the target did to customers, and no sign that it was bent.
    """
    measure = OF_DATES.get(found.measure, found.measure)
    own = found.measure != "short_contacts"  # their share is a sign of handle time, and not it
    return tuple(
        Look(
            signature="around_a_date",
            measure=measure,
            about=f"{found.says}, {each.date.isoformat()}",
            says=each.says,
            # What other dates show as well is no news, however small its own p.
            p=each.adjusted if each.found or math.isnan(each.adjusted) else 1.0,
            effect=_difference(each.shift, found.unit),
            reads=_after(each.shift, found.unit) if own else _another(found.says),
            without=(
                _not_bent(found.unit)
                if _unlike_a_target(found.measure, each.shift)
                else _before(each.shift, found.unit)
                if own
                else _another(found.says)
            ),
            since=each.date if each.found else None,
            unsure=(
                "it moved on that day, and not the way a target pushes it"
                if _unlike_a_target(found.measure, each.shift)
                else ""
            ),
        )
        for each in found.dates
    )


def parting_twins_looks(found: PartingTwins) -> tuple[Look, ...]:
    """A measure that improves while its twin worsens, the mix held even."""
    first, second = found.found.first, found.found.second
    unit: Unit = "s" if found.measure == "handle_time" else "share"
    return (
        Look(
            signature="twins_parting",
            measure=found.measure,
            about=found.second_says,
            says=found.says,
            p=moved_apart(first.within, second.within, better="lower"),
            effect=_difference(second.within, "share"),
            reads=_after(first.within, unit),
            without=_no_counterfactual(unit),
            since=found.began,
        ),
    )


OF_DATES: Final = {
    "short_contacts": "handle_time",
    "passed_on": "transfers",
    "answered_in_time": "service_level",
}
"""Measures of a date that the rows of measures call otherwise."""


def _near_says(near: NearLimit, what: str) -> str:
    if isinstance(near.excess, Unknown):
        return near.excess.says()
    return (
        f"{_capital(_said(near.near))} {what}; those around it make one expect "
        f"{_said(near.expected)}."
    )


def _moves(bend: Estimate | Unknown, what: str) -> str:
    if isinstance(bend, Unknown):
        return f"move {what} by an amount that is not known"
    if bend.low <= 0 <= bend.high:
        return f"do not move {what} beyond doubt"
    down = estimate.times(bend, -1) if bend.value < 0 else bend
    return f"pull {what} {'down' if bend.value < 0 else 'up'} by {down.says()}"


def _told(effect: Estimate | Unknown, says: str) -> str:
    """What was found, or why it cannot be told."""
    return effect.says() if isinstance(effect, Unknown) else says


def _said(value: Estimate | Unknown) -> str:
    return value.says() if isinstance(value, Estimate) else "a share that is not known"


def _share(value: float) -> str:
    return "a share that is not known" if math.isnan(value) else spoken(value, "share")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _difference(shift: Shift | Unknown, unit: Unit) -> Estimate | Unknown:
    return shift.difference if isinstance(shift, Shift) else _as(shift, unit)


def _after(shift: Shift | Unknown, unit: Unit) -> Estimate | Unknown:
    return shift.after if isinstance(shift, Shift) else _as(shift, unit)


def _before(shift: Shift | Unknown, unit: Unit) -> Estimate | Unknown:
    return shift.before if isinstance(shift, Shift) else _as(shift, unit)


def _unlike_a_target(measure: str, shift: Shift | Unknown) -> bool:
    """Whether a measure of a date moved away from where targets push it."""
    if isinstance(shift, Unknown):
        return False
    return shift.difference.value * _PUSHED.get(measure, -1) < 0


_PUSHED: Final = {"short_contacts": 1, "answered_in_time": 1}
"""Measures of a date that targets push up; the others they push down."""


def _not_bent(unit: Unit) -> Unknown:
    return Unknown(
        unit=unit,
        why="it did not move the way a target pushes it, which is no sign of bending",
        needs="a move the other way",
    )


def _another(says: str) -> Unknown:
    return Unknown(unit="s", why=f"what moved is another measure: {says}", needs="its own date")


def _as(unknown: Unknown, unit: Unit) -> Unknown:
    return Unknown(unit=unit, why=unknown.why, needs=unknown.needs)


def _not_by_group(unit: Unit) -> Unknown:
    return Unknown(
        unit=unit, why="the measure was read over all groups", needs="the same question by group"
    )


def _no_counterfactual(unit: Unit) -> Unknown:
    return Unknown(
        unit=unit,
        why="nothing tells what the measure would read had nobody gone elsewhere",
        needs="the matters of those who left",
    )
