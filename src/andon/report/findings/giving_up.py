"""Giving up: customers who leave before anyone serves them, when, and what they do next."""

from __future__ import annotations

from andon.answer import Answer
from andon.demand.recontact import RepeatWork
from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Finding, Row
from andon.metrics.reach import Patience, Reach
from andon.queueing.patience import HazardBin, Peak
from andon.report import words
from andon.report.findings.told import Told

__all__ = ["giving_up"]

_WINDOW_S = 3_600
_FEW = 100
_CURVE_STEP_S = 5.0
_CURVE_TO_S = 600.0
_HAZARD_TO_S = 300.0


def giving_up(
    told: Told,
    reach: Answer[Reach],
    patience: Answer[Patience],
    repeat_work: Answer[RepeatWork],
    *,
    lost_h: Estimate | Unknown,
    by_month: Evidence | None,
) -> Finding:
    """How many gave up, when they lose patience, and how many try again.

    Parameters
    ----------
    told : Told
    reach, patience, repeat_work : Answer
        ``repeat_work`` asked with a window of one hour.
    lost_h : Estimate or Unknown
        Hours that those who gave up had spent, over the period.
    by_month : Evidence, optional
        The share who gave up, month by month.
    """
    found, ready = reach.overall, patience.overall
    gave_up = found.giving_up.of_reached.share
    if not found.abandoned + found.left_self_service:
        gave_up = Unknown(
            unit="share",
            why="no contact is recorded as given up",
            needs="a source that records those who gave up",
        )
    back = repeat_work.overall.retrials.within(_WINDOW_S).rate
    people = told.nouns.people
    if isinstance(gave_up, Unknown):
        headline = f"We cannot tell how many {people} gave up: {told.nouns.put(gave_up.why)}."
    else:
        headline = f"About {words.simple(gave_up)} {people} gave up before anyone served them."
    return told.finding(
        key="reach.gave_up",
        question="andon.metrics.reach.reach",
        headline=headline,
        estimate=gave_up,
        meaning=" ".join(_meaning(told, found, back)),
        next_step=_next_step(told, ready),
        cost_h=lost_h,
        evidence=(by_month, _patience(told, ready), _hazard(told, ready)),
        caveats=tuple(_caveats(told, found, ready)),
        method="Those who left a queue or the menu before service, over these and those served. "
        "Contacts that the system lost count as neither. Patience is the Kaplan-Meier curve of "
        "waits in the queue; whoever was served first waited at least that long. How fast people "
        "leave is counted per second of waiting. The cost is the time from arrival to leaving.",
        figures={
            "reach.gave_up": gave_up,
            "reach.abandoned_of_queued": found.abandonment.of_queued.share,
            "reach.gave_up_before_queueing": found.giving_up.before_queueing.share,
            "reach.answered_in_time": found.service_level.without_short_abandons.share,
            "patience.after_1_min": ready.after_60_s,
            "patience.after_3_min": ready.after_180_s,
            "patience.median": ready.median_s,
            "giving_up.came_back_within_1_h": back,
        },
    )


def _meaning(told: Told, found: Reach, back: Estimate | Unknown) -> list[str]:
    said = []
    if isinstance(back, Estimate):
        said.append(
            f"It rarely ends the matter: {words.say(back).value} of those we know try again within "
            "the hour."
        )
    level = found.service_level
    in_time = level.of_answered.share
    if isinstance(in_time, Estimate):
        said.append(
            f"The speed of answer, {words.say(in_time).value} within "
            f"{words.duration(level.within_s)}, leaves these {told.nouns.people} out and looks "
            "better for it."
        )
    return said or ["Whoever gave up got nothing, and waited for it."]


def _next_step(told: Told, ready: Patience) -> str:
    if isinstance(ready.peak, Unknown):
        return (
            "Look at the hours in which most give up, and staff those first. Judge the queue by "
            "who got through."
        )
    about = words.duration(ready.peak.at_s.value)
    return (
        f"Listen to what {told.nouns.people} hear about {about} into the wait, where patience "
        "breaks. Then staff the hours in which most give up."
    )


def _caveats(told: Told, found: Reach, ready: Patience) -> list[str]:
    said = []
    menu = found.giving_up.before_queueing.share
    if isinstance(menu, Estimate) and menu.value > 0.01:
        said.append(
            f"{words.say(menu).value} of them left in the menu, before any queue; some may have "
            "found what they wanted there."
        )
    if found.failed:
        said.append(
            f"{words.whole(found.failed)} {told.nouns.contacts} that the system lost are not "
            "counted here."
        )
    if ready.left_out:
        said.append(
            f"{words.whole(ready.left_out)} waits are not recorded or cannot be right, and are "
            "left out of patience."
        )
    return said


def _patience(told: Told, ready: Patience) -> Evidence | None:
    """The curve of patience, thinned to what a chart can show."""
    rows: list[Row] = []
    next_s = 0.0
    for point in ready.curve:
        if point.at_s > _CURVE_TO_S or point.at_risk < _FEW:
            break
        if point.at_s >= next_s:
            rows.append(
                {
                    "wait_s": point.at_s,
                    "waiting": point.share,
                    "low": point.low,
                    "high": point.high,
                    "at_risk": point.at_risk,
                }
            )
            next_s = point.at_s + _CURVE_STEP_S
    if not rows:
        return None
    people = told.nouns.people
    minute = ready.after_180_s
    title = f"How long {people} are ready to wait"
    if isinstance(minute, Estimate):
        title = f"After three minutes, {words.say(minute).value} would still be waiting"
    return Evidence(
        kind="patience",
        title=title,
        subtitle=told.drawn(
            f"Share of {people} who would still wait after each time in the queue, if nobody were "
            "served (Kaplan-Meier), with 95 % band",
            n=ready.queued,
        ),
        rows=tuple(rows),
        alt="; ".join(
            f"after {words.duration(seconds)}: {words.cell(figure.value, 'share')}"
            for seconds, figure in (
                (30, ready.after_30_s),
                (60, ready.after_60_s),
                (180, ready.after_180_s),
                (300, ready.after_300_s),
            )
            if isinstance(figure, Estimate)
        ),
    )


def _hazard(told: Told, ready: Patience) -> Evidence | None:
    """How fast people leave, by how long they have waited."""
    bins = [each for each in ready.hazard if each.to_s <= _HAZARD_TO_S and each.at_risk >= _FEW]
    if len(bins) < 3:
        return None
    people = told.nouns.people
    later = None if isinstance(ready.peak, Unknown) else ready.peak.bin
    title = f"How fast {people} leave, by how long they have waited"
    if later is not None:
        stretch = f"{later.from_s:g} to {later.to_s:g} seconds"
        title = f"Patience breaks after {stretch}"
        if isinstance(ready.first_peak, Peak):
            title = f"Some leave at once; patience breaks again after {stretch}"
    return Evidence(
        kind="hazard",
        title=title,
        subtitle=told.drawn(
            "Of those still waiting, the share who leave in the next ten seconds, by time in the "
            "queue, with 95 % intervals",
            n=ready.queued,
        ),
        rows=tuple(_hazard_row(each, point=each == later) for each in bins),
        alt=f"{title}. "
        + "; ".join(
            f"{each.from_s:g} to {each.to_s:g} s: {words.cell(each.per_1000_s / 100, 'share')}"
            for each in bins
        ),
    )


def _hazard_row(each: HazardBin, *, point: bool) -> Row:
    """Per 1,000 s of waiting is ten in a thousand times the share that leaves in ten seconds."""
    return {
        "from_s": each.from_s,
        "to_s": each.to_s,
        "leaving": each.per_1000_s / 100,
        "low": each.low / 100,
        "high": each.high / 100,
        "at_risk": each.at_risk,
        "point": point,
    }
