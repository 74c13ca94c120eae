"""The review of a goal: what a target will do, asked before it is set.

A verdict with its reasons. It is about the target and the incentive, and never about those who
follow it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import ibis.expr.types as ir

from andon.estimate import Estimate, Unknown, times
from andon.goodhart.goal import REWARDED, Goal, Rewarded, Twin, day_said
from andon.goodhart.held import HELD, Scoped
from andon.goodhart.measures import MEASURES, Measure, measure_named
from andon.goodhart.moves import ENOUGH, Past, past
from andon.goodhart.signatures import SIGNATURES, SignatureKey
from andon.operation import Standards
from andon.verdict import Reason, Ruling, Verdict

__all__ = ["Invited", "Review", "Seen", "Trap", "review"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a look for one signature found.

    Attributes
    ----------
    shows : bool or None
        Whether it is there beyond doubt; None where that cannot be told, for which ``estimate``
        says why.
    says : str
        What was found, in one sentence about the practice and the incentive; no person in it.
    estimate : Estimate or Unknown
    since, until : datetime.date or None
        When it began and ended, where that was seen.
    unsure : str
        What shows, and why it need not be a sign that anybody bends the measure, as a part of a
        sentence; empty where it is one.
    """

    shows: bool | None
    says: str
    estimate: Estimate | Unknown
    since: dt.date | None = None
    until: dt.date | None = None
    unsure: str = ""

    @property
    def why_not(self) -> str:
        """Why it cannot be told, as a part of a sentence; empty where it can."""
        if self.shows is not None:
            return ""
        if isinstance(self.estimate, Unknown):
            return self.estimate.why[:1].lower() + self.estimate.why[1:]
        return "it can neither be seen nor ruled out"


class Trap(Protocol):
    """The trap curve: what a change of pace does to all the work, returns included."""

    def __call__(self, *, from_s: float, to_s: float) -> Estimate | Unknown:
        """All work at ``to_s`` of handle time over that at ``from_s``: a ratio, 1 for no change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """One way in which a target invites its measure to be bent.

    Attributes
    ----------
    key : str
        The signature, from :data:`~andon.goodhart.signatures.SIGNATURES`.
    looks : str
        What it looks like.
    how : str
        What is done, for this measure.
    seen : Seen or None
        What a look for it found; None where nobody has looked.
    """

    key: SignatureKey
    looks: str
    how: str
    seen: Seen | None

    @property
    def state(self) -> str:
        """In a few words."""
        if self.seen is None:
            return "not looked for"
        if self.seen.shows is None:
            return f"cannot be told: {self.seen.why_not}"
        if self.seen.shows:
            return self.seen.unsure or "shows"
        return "not seen"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Review:
    """What a review of a goal found.

    Attributes
    ----------
    goal : Goal
    verdict : Verdict
        go, watch or stop, with its reasons, the most urgent first.
    invited : tuple of Invited
        How the target invites its measure to be bent.
    past : tuple of Past
        What a move of that size did to each twin before; empty without a ledger.
    work : Estimate or Unknown or None
        All the work after the change, over that before: from the trap curve. None where the goal
        is not about pace.
    customer, organisation : str
        What each has from it.
    both_gain : bool
    better : tuple of str
        A better-shaped goal, in sentences.
    unknown : tuple of Unknown
        What was not asked or looked at, and does not weigh in the verdict.
    """

    goal: Goal
    verdict: Verdict
    invited: tuple[Invited, ...]
    past: tuple[Past, ...]
    work: Estimate | Unknown | None
    customer: str
    organisation: str
    both_gain: bool
    better: tuple[str, ...]
    unknown: tuple[Unknown, ...] = ()


def review(
    goal: Goal,
    contacts: ir.Table | None = None,
    *,
    staffing: ir.Table | None = None,
    surveys: ir.Table | None = None,
    values: ir.Table | None = None,
    standards: Standards | None = None,
    signatures: Mapping[str, Seen] | None = None,
    trap: Trap | None = None,
    today: dt.date | None = None,
    level: float = 0.95,
) -> Review:
    """Question a goal before it is set.

    Parameters
    ----------
    goal : Goal
    contacts : ibis.Table, optional
        The ledger's contacts. Without them the goal is reviewed by itself.
    staffing, surveys, values : ibis.Table, optional
        The ledger's, for occupancy, scores and complaints.
    standards : Standards, optional
        What counts as answered in time, and as closed in time.
    signatures : mapping of str to Seen, optional
        What looks for signatures found, by :data:`~andon.goodhart.signatures.SIGNATURES`' keys; one
        that is not there was not looked for.
    trap : Trap, optional
        The trap curve, for goals about pace.
    today : datetime.date, optional
        To say whether the goal's day has passed.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Review

    Raises
    ------
    QuestionError
        If the contacts cannot be asked.

    Examples
    --------
    >>> from andon.goodhart.measures import MEASURES
    >>> goal = Goal(
    ...     name="Five stars",
    ...     measure=MEASURES["stars"],
    ...     level=5.0,
    ...     change=None,
    ...     by=dt.date(2027, 12, 31),
    ...     rewarded=("teams",),
    ...     behind="Customers who trust us.",
    ...     harmed=("customers in trouble",),
    ...     scope={},
    ... )
    >>> found = review(goal)
    >>> print(found.verdict.ruling, "-", found.verdict.reasons[0].says)
    stop - Nothing watches over it. The mean rating in stars can rise while customers pay for it.
    """
    asked = None
    if contacts is not None:
        asked = Scoped(
            contacts=contacts,
            scope=goal.scope,
            staffing=staffing,
            surveys=surveys,
            values=values,
            standards=standards or Standards(),
            level=level,
        )
    looked = signatures or {}
    measure = goal.measure
    invited = tuple(
        Invited(key=key, looks=SIGNATURES[key].looks, how=how, seen=looked.get(key))
        for key, how in measure.bent_by.items()
    )
    watched = _watched(goal)
    before = tuple(past(goal, twin, asked) for twin in watched) if asked else ()
    case = _Case(
        goal=goal,
        invited=invited,
        twins=watched,
        past=before,
        asked=asked is not None,
        now=_now(goal, before),
        today=today,
    )
    work = _work(case, trap) if measure.pace else None
    reasons = [reason for check in _CHECKS for reason in check(case)]
    reasons += [] if work is None else [_of_pace(work)]
    reasons.sort(key=lambda reason: -reason.ruling.urgency)
    return Review(
        goal=goal,
        verdict=Verdict(subject=goal.name, reasons=tuple(reasons)),
        invited=invited,
        past=before,
        work=work,
        customer=measure.customer,
        organisation=measure.organisation,
        both_gain=measure.both_gain,
        better=tuple(_better(goal)),
        unknown=tuple(_gaps(case)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """What the checks look at."""

    goal: Goal
    invited: tuple[Invited, ...]
    twins: tuple[Twin, ...]
    past: tuple[Past, ...]
    asked: bool
    now: Estimate | Unknown
    today: dt.date | None = field(default=None)

    @property
    def measure(self) -> Measure:
        return self.goal.measure

    @property
    def today_value(self) -> float | None:
        return self.now.value if isinstance(self.now, Estimate) else None


def _watched(goal: Goal) -> tuple[Twin, ...]:
    """The twins to look at in the ledger: the goal's own, and a natural one if it holds none."""
    if any(twin.measure.key in HELD for twin in goal.twins):
        return goal.twins
    natural = next((key for key in goal.measure.twins if key in HELD), None)
    if natural is None or goal.measure.key not in HELD:
        return goal.twins
    return (*goal.twins, Twin(measure=MEASURES[natural]))


def _now(goal: Goal, before: tuple[Past, ...]) -> Estimate | Unknown:
    """Where the measure stands: as the ledger says, else as the file does."""
    unit = goal.measure.unit
    found = next((each.now for each in before if isinstance(each.now, Estimate)), None)
    if found is not None:
        return found
    if goal.now is not None:
        return Estimate.exact(goal.now, unit=unit, n=1, method="as the goal says")
    if before:
        return before[0].now
    return Unknown(unit=unit, why="nobody says where it stands", needs="the ledger, or 'now'")


def _reason(ruling: Ruling, says: str, estimate: Estimate | Unknown) -> Reason:
    return Reason(ruling=ruling, says=says, estimate=estimate)


def _untold(measure: Measure, why: str, needs: str) -> Unknown:
    """A reason that rests on what the goal says, and on no number."""
    return Unknown(unit=measure.unit, why=why, needs=needs)


# --- the checks: each says what one look at the goal found ----------------------------------------


def _of_twins(case: _Case) -> Iterator[Reason]:
    measure = case.measure
    if not case.goal.twins:
        verb = "rise" if measure.better == "higher" else "improve"
        yield _reason(
            Ruling.STOP,
            f"Nothing watches over it. {_begun(measure.says)} can {verb} while customers pay for "
            "it.",
            _untold(measure, "the goal names no twin", f"a twin such as {_listed(measure.twins)}"),
        )
    for twin in case.goal.twins:
        yield _of_twin(measure, twin)
    for twin, before in zip(case.twins, case.past, strict=False):
        if twin.floor is not None and isinstance(before.twin_now, Estimate):
            yield from _of_floor(twin, twin.floor, before.twin_now)


def _of_twin(measure: Measure, twin: Twin) -> Reason:
    why = measure.twins.get(twin.measure.key)
    if why is None:
        return _reason(
            Ruling.WATCH,
            f"{_begun(twin.measure.says)} does not tell how {measure.says} is bent.",
            _untold(twin.measure, "it is no natural twin", f"one such as {_listed(measure.twins)}"),
        )
    if twin.floor is None:
        return _reason(
            Ruling.WATCH,
            f"Its twin, {twin.measure.says}, has no floor. Nobody knows when it is too much.",
            _untold(twin.measure, "the twin has no floor", "a floor, set before the target is"),
        )
    floor = Estimate.exact(twin.floor, unit=twin.measure.unit, n=1, method="as the goal says")
    return _reason(Ruling.GO, f"Its twin is {twin.says}. It tells, because {why}.", floor)


def _of_floor(twin: Twin, floor: float, now: Estimate) -> Iterator[Reason]:
    """Whether the twin is beyond its floor already."""
    sign = _worse(twin.measure)
    best = now.low if sign > 0 else now.high
    worst = now.high if sign > 0 else now.low
    said = now.says()
    if sign * (best - floor) > 0:
        yield _reason(
            Ruling.STOP,
            f"Its twin is beyond the floor already: {twin.measure.says} is {said}. "
            "Mend that first, or set a floor that holds.",
            now,
        )
    elif sign * (worst - floor) > 0:
        yield _reason(
            Ruling.WATCH,
            f"Its twin may be beyond the floor of {twin.measure.shown(floor)}: "
            f"{twin.measure.says} is {now}.",
            now,
        )


def _of_direction(case: _Case) -> Iterator[Reason]:
    measure = case.measure
    wanted = case.goal.wanted(case.today_value)
    if measure.better == "neither":
        yield _reason(
            Ruling.STOP,
            f"{_begun(measure.says)} is neither good nor bad by itself. A target on it asks for "
            "the number, not for what it is for.",
            case.now,
        )
    elif wanted is not None and wanted * (1 if measure.better == "higher" else -1) < 0:
        yield _reason(
            Ruling.STOP,
            f"It asks for the worse: {measure.better} is better for {measure.says}.",
            case.now,
        )
    elif wanted == 0:
        yield _reason(Ruling.WATCH, "It asks for what is there already.", case.now)


def _of_scale(case: _Case) -> Iterator[Reason]:
    measure, level = case.measure, case.goal.level
    if level is None or measure.better == "neither":
        return
    least, most = measure.scale or (0.0, math.inf)
    end = most if measure.better == "higher" else least
    if level == end:
        yield _reason(
            Ruling.STOP,
            f"{measure.shown(level)} is the end of the scale. One honest case short of it breaks "
            "the target, so it invites choosing what is counted.",
            Estimate.exact(level, unit=measure.unit, n=1, method="as the goal says"),
        )


def _of_ownership(case: _Case) -> Iterator[Reason]:
    measure = case.measure
    if not measure.ours:
        yield _reason(
            Ruling.STOP,
            f"Part of {measure.says} is the work of others. Nobody here can mend it.",
            case.now,
        )


_EASY: Final[Mapping[Rewarded, Ruling]] = {
    "nobody": Ruling.GO,
    "everyone": Ruling.GO,
    "leads": Ruling.WATCH,
    "teams": Ruling.WATCH,
    "advisors": Ruling.STOP,
    "supplier": Ruling.WATCH,
    "owner": Ruling.WATCH,
}
"""What a reward on a measure that bends easily asks for, by whom it is for."""

_HARD: Final[Mapping[Rewarded, Ruling]] = {
    **dict.fromkeys(_EASY, Ruling.GO),
    "advisors": Ruling.WATCH,
}


def _of_reward(case: _Case) -> Iterator[Reason]:
    measure = case.measure
    rulings = _EASY if measure.bends == "easily" else _HARD
    unknown = _untold(measure, "rewards are not in the ledger", "what the reward did elsewhere")
    for ruling in Ruling:
        whom = [REWARDED[each] for each in case.goal.rewarded if rulings[each] is ruling]
        if whom:
            says = f"The reward is for {_joined(whom)}."
            if case.goal.rewarded == ("nobody",):
                says = "Nobody is rewarded for the number, so nobody has a reason to bend it."
            yield _reason(ruling, f"{says} {_REWARD_SAYS[measure.bends, ruling]}".strip(), unknown)


_REWARD_SAYS: Final[Mapping[tuple[str, Ruling], str]] = {
    ("easily", Ruling.STOP): (
        "Each of them alone can move it without any customer being better off. The fault would be "
        "the incentive's, not theirs."
    ),
    ("easily", Ruling.WATCH): "The number can be moved without any customer being better off.",
    ("easily", Ruling.GO): "",
    ("hardly", Ruling.WATCH): "Luck weighs much in one person's figures.",
    ("hardly", Ruling.GO): "",
}
"""What follows from a reward, by how the measure bends."""


def _of_signatures(case: _Case) -> Iterator[Reason]:
    for each in case.invited:
        if each.seen is None or not each.seen.shows:
            continue
        if each.seen.unsure:
            yield _reason(
                Ruling.WATCH, f"{_begun(each.seen.unsure)}. {each.seen.says}", each.seen.estimate
            )
        else:
            yield _reason(
                Ruling.STOP, f"The measure is bent already. {each.seen.says}", each.seen.estimate
            )
    unseen = [each for each in case.invited if each.seen is None]
    untold = [each for each in case.invited if each.seen is not None and each.seen.shows is None]
    open_ = len(unseen) + len(untold)
    if open_ and case.measure.bends == "easily" and case.goal.rewarded != ("nobody",):
        more = " more" if open_ < len(case.invited) else ""
        ways, they = (
            (f"{open_}{more} ways", "they show") if open_ > 1 else (f"one{more} way", "it shows")
        )
        yield _reason(
            Ruling.WATCH,
            f"It invites {ways} of bending it. "
            f"Whether {they} already {_left_open(unseen, untold)}.",
            _not_looked(case),
        )
    seen = [each.seen for each in case.invited if each.seen is not None]
    if seen and not open_ and not any(each.shows for each in seen):
        yield _reason(
            Ruling.GO, "None of the ways to bend it is seen in the data.", seen[0].estimate
        )


def _left_open(unseen: Sequence[Invited], untold: Sequence[Invited]) -> str:
    """What was not looked for and what cannot be told, as the rest of a sentence."""
    if not untold:
        return "was not looked for"
    if not unseen:
        return "cannot be told"
    some = f"{len(untold)} of them" if untold[1:] else "one of them"
    rest = "the others were" if unseen[1:] else "the other was"
    return f"cannot be told for {some}, and {rest} not looked for"


def _not_looked(case: _Case) -> Unknown:
    unseen = [each for each in case.invited if each.seen is None]
    untold = [each.seen for each in case.invited if each.seen and each.seen.shows is None]
    if not unseen:
        gap = next((each.estimate for each in untold if isinstance(each.estimate, Unknown)), None)
        needs = gap.needs if gap else "more data"
        return _untold(case.measure, "whether it is bent in every way cannot be told", needs)
    why = "whether it is bent already was not looked for"
    if len(unseen) < len(case.invited):
        many = f"{len(unseen)} more ways" if unseen[1:] else "one more way"
        why = f"whether it is bent in {many} was not looked for"
    return _untold(case.measure, why, "a look for each signature")


def _of_gain(case: _Case) -> Iterator[Reason]:
    measure = case.measure
    unknown = _untold(measure, "who gains is a judgement, not a count", "a trial of the change")
    if measure.both_gain:
        yield _reason(
            Ruling.GO, "Customers and organisation both gain from an honest move.", unknown
        )
    else:
        yield _reason(
            Ruling.WATCH, "It is not said that customers gain when the number moves.", unknown
        )


_NOBODY: Final = frozenset({"nobody", "no one", "noone", "none", "no-one", "n/a", "-"})


def _of_harm(case: _Case) -> Iterator[Reason]:
    if {each.lower().strip(" .") for each in case.goal.harmed} <= _NOBODY:
        yield _reason(
            Ruling.WATCH,
            "It says that nobody could be harmed. Every target costs somebody something.",
            _untold(case.measure, "nobody was named", "a talk with advisors and customers"),
        )


def _of_what_is_behind(case: _Case) -> Iterator[Reason]:
    said = case.goal.behind.strip(" .")
    try:
        named = measure_named(said)
    except KeyError:
        return
    yield _reason(
        Ruling.WATCH,
        f"The goal behind the goal is a number again: {named.says}. What is it for?",
        _untold(
            case.measure, "the goal behind the goal is not said", "a sentence on what it is for"
        ),
    )


def _of_the_day(case: _Case) -> Iterator[Reason]:
    if case.today is not None and case.goal.by < case.today:
        yield _reason(
            Ruling.WATCH,
            f"Its day has passed: {day_said(case.goal.by)}. Was it met, and what did its twin do?",
            case.now,
        )


def _of_the_past(case: _Case) -> Iterator[Reason]:
    for twin, before in zip(case.twins, case.past, strict=False):
        yield _of_moves(twin, before)


def _of_moves(twin: Twin, before: Past) -> Reason:
    name, change = twin.measure.says, before.change
    if isinstance(change, Unknown):
        return _reason(
            Ruling.WATCH, f"What such a move does to {name}, we cannot tell: {change.why}.", change
        )
    sign = _worse(twin.measure)
    least, most = sorted((sign * change.low, sign * change.high))
    moves = f"{change.n} moves" if change.n > 1 else "the one move"
    said = f"In {moves} of about that size, {name} {_moved(change)}."
    if change.n < ENOUGH:
        return _reason(Ruling.WATCH, f"{said} So few may be chance.", change)
    if least > 0:
        return _reason(Ruling.STOP, f"{said} That is worse for customers.", change)
    if most <= 0 or _keeps_floor(twin, before, most):
        return _reason(Ruling.GO, said, change)
    return _reason(Ruling.WATCH, f"{said} Whether it worsens, we cannot tell.", change)


def _keeps_floor(twin: Twin, before: Past, most: float) -> bool:
    """Whether the twin stays on the good side of its floor at the worst end of the change."""
    if twin.floor is None or isinstance(before.twin_now, Unknown):
        return False
    sign = _worse(twin.measure)
    scale = 100 if twin.measure.unit == "share" else 1
    now = before.twin_now.high if sign > 0 else before.twin_now.low
    return sign * (now - twin.floor) * scale + most <= 0


def _moved(change: Estimate) -> str:
    if change.low <= 0 <= change.high:
        return f"hardly moved, or not beyond doubt: {change}"
    if change.value < 0:
        return f"fell by {times(change, -1)}"
    return f"rose by {change}"


_Check = Callable[[_Case], Iterator[Reason]]

_CHECKS: Final[tuple[_Check, ...]] = (
    _of_twins,
    _of_direction,
    _of_scale,
    _of_ownership,
    _of_reward,
    _of_signatures,
    _of_the_past,
    _of_gain,
    _of_harm,
    _of_what_is_behind,
    _of_the_day,
)
"""What is looked at, in the order in which reasons of one urgency are told."""


def _gaps(case: _Case) -> Iterator[Unknown]:
    """What nobody has asked or looked at."""
    if not case.asked:
        yield _untold(
            case.measure,
            "what such a move did before was not asked",
            "an operation whose ledger has contacts",
        )
    if any(each.seen is None for each in case.invited):
        yield _not_looked(case)


# --- pace ----------------------------------------------------------------------------------------


def _work(case: _Case, trap: Trap | None) -> Estimate | Unknown:
    """All the work after the change, over that before it."""
    now, wanted = case.today_value, case.goal.wanted(case.today_value)
    if trap is None:
        return Unknown(
            unit="ratio",
            why="what a change of pace does to all the work was not looked at",
            needs=_asks(case.goal),
        )
    if case.measure.unit != "s" or now is None or wanted is None:
        return Unknown(
            unit="ratio",
            why="the trap curve is about handle time, and where it stands is not known",
            needs="contacts with handle times",
        )
    return trap(from_s=now, to_s=now + wanted)


def _asks(goal: Goal) -> str:
    """What would tell: the command, where the target is one that it can be asked about."""
    if goal.measure.key != "handle_time":
        return "the price of a second, and the trap curve made of it"
    if goal.change is None:
        lever = f"{goal.level:g}s"
    elif goal.change.relative:
        lever = f"{100 * goal.change.amount:+g}%"
    else:
        lever = f"{goal.change.amount:+g}s"
    queue = f" --queue {goal.scope['queue']}" if "queue" in goal.scope else ""
    return f"andon whatif --handle-time {lever}{queue}, which works it out from the ledger"


def _of_pace(work: Estimate | Unknown) -> Reason:
    if isinstance(work, Unknown):
        said = f"It is about pace. {_begun(work.why)}."
        if work.needs.startswith("andon "):
            said += f" Ask {work.needs.partition(',')[0]}."
        return _reason(Ruling.WATCH, said, work)
    if work.low > 1:
        return _reason(
            Ruling.STOP, f"The trap: all the work would be {work} times what it is today.", work
        )
    said = f"All the work, returns included, would be {work} times what it is today."
    return _reason(Ruling.GO if work.high < 1 else Ruling.WATCH, said, work)


# --- words ---------------------------------------------------------------------------------------


def _better(goal: Goal) -> Iterator[str]:
    """A better-shaped goal, in sentences."""
    measure = goal.measure
    yield measure.better_goal
    natural = {twin.measure.key for twin in goal.twins if twin.floor is not None}
    if not natural & set(measure.twins):
        key, why = next(iter(measure.twins.items()))
        yield f"First set a floor for {MEASURES[key].says}. It tells, because {why}."
    if set(goal.rewarded) - {"nobody", "everyone"} and measure.bends == "easily":
        yield "Reward nobody for the number alone. Ask what was learned and mended."


def _worse(measure: Measure) -> int:
    """1 where a twin worsens as it rises, else -1."""
    return 1 if measure.better == "lower" else -1


def _listed(twins: Mapping[str, str]) -> str:
    return " or ".join(list(twins)[:2])


def _joined(parts: Sequence[str]) -> str:
    return ", for ".join(parts[:-1]) + " and for " + parts[-1] if parts[1:] else parts[0]


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
