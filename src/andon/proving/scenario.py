"""A scenario: an operation that is made up, with everything known that is hidden in real ones.

It says who advises and how, what makes contacts hard, what a second of handle time really does, who
is seen and who is not; and, as levers, who bends which measure from when to when. The proving
ground makes contacts of it, and a sealed file with the truth.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from andon.errors import QueueingError
from andon.queueing.inputs import at_least_zero, between, positive, share, whole
from andon.queueing.simulator.model import Model, Queue

__all__ = [
    "LEVERS",
    "MOST_LEVERS",
    "Advisors",
    "Bunching",
    "ChosenSurveys",
    "ClosingEarly",
    "Customers",
    "Decisions",
    "Difficulty",
    "FailureDemand",
    "Habit",
    "JustInTime",
    "LateCases",
    "Lever",
    "MixShift",
    "Parking",
    "PassingOn",
    "Reason",
    "Renaming",
    "RiskyPromises",
    "Scenario",
    "Seen",
    "Shedding",
    "ShortContacts",
    "SilentTarget",
    "Splitting",
    "Surveys",
    "Target",
    "Vulnerable",
    "Work",
]

MOST_LEVERS: Final = 48
"""So many levers have random numbers of their own."""

_STARTS_ON: Final = dt.date(2024, 1, 1)
_SHARE: Final = "A share lies between 0 and 1: write 80 % as 0.8."


@dataclass(frozen=True, kw_only=True, slots=True)
class Advisors:
    """The people who serve.

    Attributes
    ----------
    team : int, optional
        How many belong to each pool; enough for every shift, and a quarter more, if not given.
    pace_cv : float
        How much they differ in pace: standard deviation over mean of what handle times are
        multiplied by, 0 or more.
    skill_sd : float
        How much they differ in what they settle at the same handle time: standard deviation of a
        share.
    skill_with_pace : float
        Correlation of skill with slowness, -1 to 1. Other than 0, the fast are also better or worse
        at the work, and no comparison of advisors tells what a second does.
    steering : float
        Share of contacts whose difficulty decides who of those free takes them: hard ones go to the
        slower. 0: whoever has been free for longest, whatever the contact.
    """

    team: int | None = None
    pace_cv: float = 0.15
    skill_sd: float = 0.0
    skill_with_pace: float = 0.0
    steering: float = 0.0

    def __post_init__(self) -> None:
        if self.team is not None:
            whole("team", self.team, least=1)
        at_least_zero("pace_cv", self.pace_cv)
        at_least_zero("skill_sd", self.skill_sd)
        between("skill_with_pace", self.skill_with_pace, -1.0, 1.0, todo="0 is none.")
        share("steering", self.steering, todo=_SHARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Customers:
    """Those who ask.

    Attributes
    ----------
    number : int, optional
        How many there are. If not given, each matter has a customer of its own, and whoever comes
        twice comes for the same matter.
    habitual : float
        Share of them who call by habit.
    times : float
        How many times as often those call.
    when_open : bool
        Whether those who would return by phone or chat while nobody is on duty wait for the next
        opening, and come in the two hours after it. The simulator's own customers do not.
    """

    number: int | None = None
    habitual: float = 0.0
    times: float = 10.0
    when_open: bool = True

    def __post_init__(self) -> None:
        if self.number is not None:
            whole("number", self.number, least=1)
        share("habitual", self.habitual, todo=_SHARE)
        positive("times", self.times)
        if self.habitual > 0 and self.number is None:
            raise QueueingError(
                "Habitual callers are a share of a number of customers.",
                found=f"habitual = {self.habitual:g}, number not given",
                todo="Say how many customers there are.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Difficulty:
    """What makes a matter hard makes it long, and leaves it unsettled: it confounds the two.

    Attributes
    ----------
    handle : float
        By how much the logarithm of handle time grows with one standard deviation of difficulty.
    resolution : float
        By how much the share settled falls with it, at the same handle time.
    """

    handle: float = 0.3
    resolution: float = 0.08

    def __post_init__(self) -> None:
        at_least_zero("handle", self.handle)
        share("resolution", self.resolution, todo=_SHARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """A reason to ask, which is known before the contact.

    Attributes
    ----------
    name : str
    share : float
        Of all matters, relative to the other reasons.
    harder : float
        How much harder than the average matter it is, in standard deviations of what is hidden.
    handle : float
        How many times as long it takes, and needs to: a quick matter is settled as often.
    """

    name: str
    share: float
    harder: float = 0.0
    handle: float = 1.0

    def __post_init__(self) -> None:
        positive("share", self.share)
        positive("handle", self.handle)


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """How handle time is made up: hold and wrap-up, as shares of it on average."""

    hold: float = 0.05
    wrapup: float = 0.15

    def __post_init__(self) -> None:
        share("hold", self.hold, todo=_SHARE)
        share("wrapup", self.wrapup, todo=_SHARE)
        if self.hold + self.wrapup > 0.5:
            raise QueueingError(
                "Hold and wrap-up take up more than half of handle time.",
                found=f"hold = {self.hold:g}, wrapup = {self.wrapup:g}",
                todo="Give shares that leave time to talk: half of it at least.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the records show of what happened.

    Attributes
    ----------
    ids_missing : float
        Share of contacts whose customer is not known, by chance alone.
    ids_by_congestion : float
        As many more where everybody in the same half-hour had to wait; in proportion where fewer.
    advisors_missing : float
        Share of served contacts whose advisor is not known.
    rounded_to_s : float
        Durations are recorded in steps of so many seconds; 0 for exactly.
    """

    ids_missing: float = 0.0
    ids_by_congestion: float = 0.0
    advisors_missing: float = 0.0
    rounded_to_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("ids_missing", "ids_by_congestion", "advisors_missing"):
            share(name, getattr(self, name), todo=_SHARE)
        at_least_zero("rounded_to_s", self.rounded_to_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Surveys:
    """Who is asked how it went, and who answers, from 1 to 5.

    Attributes
    ----------
    invited : float
        Share of served contacts that are followed by an invitation, whatever the likely score.
    answered : float
        Share of invitations that are answered.
    """

    invited: float = 0.3
    answered: float = 0.3

    def __post_init__(self) -> None:
        share("invited", self.invited, todo=_SHARE)
        share("answered", self.answered, todo=_SHARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vulnerable:
    """Customers who need support, and get less of what they came for.

    Attributes
    ----------
    share : float
        Of all customers.
    resolves_less : float
        By how much the share settled is lower, at the same difficulty and handle time.
    known : float
        Share of them whose need the operation has on record.
    """

    share: float = 0.0
    resolves_less: float = 0.0
    known: float = 0.6

    def __post_init__(self) -> None:
        share("share", self.share, todo=_SHARE)
        share("resolves_less", self.resolves_less, todo=_SHARE)
        share("known", self.known, todo=_SHARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """A rule that proposes what to do, in a share of served contacts.

    Attributes
    ----------
    share : float
        Of served contacts.
    right : float
        Share of its proposals that are right.
    overridden : float
        Share of its wrong ones that the advisor puts right.
    """

    share: float = 0.0
    right: float = 0.9
    overridden: float = 0.5

    def __post_init__(self) -> None:
        for name in ("share", "right", "overridden"):
            share(name, getattr(self, name), todo=_SHARE)


# Levers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Lever:
    """Something that happens from one day to another.

    Attributes
    ----------
    name : str
    from_day, to_day : float
        When it begins and ends, days after the start; infinity for never.
    announced : bool
        Whether the ledger's changes tell of it.
    """

    kind: ClassVar[str] = ""
    bends: ClassVar[bool] = True
    """Whether it bends a measure; the truth says what would be without it."""

    name: str
    from_day: float = 0.0
    to_day: float = math.inf
    announced: bool = False

    def __post_init__(self) -> None:
        at_least_zero("from_day", self.from_day)
        if self.to_day <= self.from_day:
            raise QueueingError(
                f"The lever {self.name!r} ends before it begins.",
                found=f"from_day = {self.from_day:g}, to_day = {self.to_day:g}",
                todo="Give a later end.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Habit(Lever):
    """A lever in the hands of some advisors, or of all.

    Attributes
    ----------
    by : float
        Share of the advisors who do so, above 0; at least one does.
    share : float
        Share of the contacts for which it is possible in which they do so.
    queue : str, optional
        In this queue only.
    who : tuple of int
        The numbers of the advisors who do so, from 1, instead of a share of them drawn by lot.
    """

    by: float = 1.0
    share: float = 1.0
    queue: str | None = None
    who: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        Lever.__post_init__(self)
        share("by", self.by, todo=_SHARE)
        share("share", self.share, todo=_SHARE)
        for each in self.who:
            whole("who", each, least=1)
        if self.by == 0:
            raise QueueingError(
                f"Nobody pulls the lever {self.name!r}.",
                found="by = 0",
                todo="Give a share above 0, or take the lever out.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ShortContacts(Habit):
    """Hanging up on customers, to rest or to lower the mean.

    Attributes
    ----------
    lasts_s : float
        How long such a contact lasts on average, seconds; from half to one and a half of it.
    calls_back : float
        Share of those cut off who call again at once; others come back as anybody who was not
        helped.
    back_after_s : float
        How soon, on average, exponential.
    """

    kind: ClassVar[str] = "short_contacts"

    lasts_s: float = 6.0
    calls_back: float = 0.5
    back_after_s: float = 180.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("lasts_s", self.lasts_s)
        share("calls_back", self.calls_back, todo=_SHARE)
        positive("back_after_s", self.back_after_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bunching(Habit):
    """Ending contacts just before a limit of handle time, or holding them until just after it.

    What is cut from a contact is missing for the customer: it is settled as one of that length is.

    Attributes
    ----------
    at_s : float
        The limit, seconds.
    reach_s : float
        Contacts that would end within so many seconds beyond the limit are ended before it (or
        within so many before it, and are held until it).
    spread_s : float
        They end within so many seconds of the limit, most of them close to it.
    side : 'under' or 'over'
        On which side of the limit it is good to be.
    """

    kind: ClassVar[str] = "bunching"

    at_s: float
    reach_s: float = 60.0
    spread_s: float = 15.0
    side: Literal["under", "over"] = "under"

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("at_s", self.at_s)
        positive("reach_s", self.reach_s)
        positive("spread_s", self.spread_s)
        if self.spread_s >= self.at_s or (self.side == "over" and self.reach_s > self.at_s):
            raise QueueingError(
                f"The lever {self.name!r} would end contacts before they begin.",
                found=f"at_s = {self.at_s:g}, reach_s = {self.reach_s:g}, "
                f"spread_s = {self.spread_s:g}",
                todo="Give a shorter spread and reach.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class JustInTime(Habit):
    """Answering just before a limit of waiting, only to put the customer on hold.

    Attributes
    ----------
    at_s : float
        The limit, seconds.
    reach_s : float
        Those who would wait so much longer than the limit at most.
    spread_s : float
        They are answered within so many seconds before the limit.
    """

    kind: ClassVar[str] = "just_in_time"

    at_s: float = 20.0
    reach_s: float = 60.0
    spread_s: float = 3.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("at_s", self.at_s)
        positive("reach_s", self.reach_s)
        positive("spread_s", self.spread_s)
        if self.spread_s >= self.at_s:
            raise QueueingError(
                f"The lever {self.name!r} would answer before the customer has come.",
                found=f"at_s = {self.at_s:g}, spread_s = {self.spread_s:g}",
                todo="Give a shorter spread.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class LateCases(Habit):
    """Closing cases unsettled just before their deadline, which are opened again just after it.

    Attributes
    ----------
    within_s : float
        The deadline, seconds after the case came.
    spread_s : float
        Closed within so many seconds before it, and opened within as many after.
    """

    kind: ClassVar[str] = "late_cases"

    within_s: float
    spread_s: float = 1800.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("within_s", self.within_s)
        positive("spread_s", self.spread_s)
        if self.spread_s >= self.within_s:
            raise QueueingError(
                f"The lever {self.name!r} would close cases before they come.",
                found=f"within_s = {self.within_s:g}, spread_s = {self.spread_s:g}",
                todo="Give a shorter spread.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Parking(Habit):
    """Staying in hold or in wrap-up with nothing to do, to stop the clock.

    Attributes
    ----------
    extra_s : float
        How much longer, on average, seconds; from half to one and a half of it.
    state : 'hold' or 'wrapup'
    """

    kind: ClassVar[str] = "parking"

    extra_s: float = 90.0
    state: Literal["hold", "wrapup"] = "wrapup"

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("extra_s", self.extra_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class PassingOn(Habit):
    """Passing customers on instead of helping them.

    Attributes
    ----------
    to : str, optional
        The queue they go to; back to where they came from if not given.
    after_s : float
        After so many seconds, on average; from half to one and a half of it.
    """

    kind: ClassVar[str] = "passing_on"

    to: str | None = None
    after_s: float = 45.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("after_s", self.after_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shedding(Habit):
    """Letting hard matters go by, so that the next advisor has them.

    Attributes
    ----------
    harder_than : float
        Matters harder than this, in standard deviations of difficulty.
    pause_s : float
        How long the advisor is then away, seconds.
    """

    kind: ClassVar[str] = "shedding"

    harder_than: float = 0.8
    pause_s: float = 15.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("pause_s", self.pause_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskyPromises(Habit):
    """Promising what will not be kept: quick, recorded as resolved, and back as a complaint.

    Attributes
    ----------
    keeps : float
        Share of the handle time that is left.
    complains : float
        Share of those customers who complain.
    back_after_s : float
        When they come back, on average, exponential.
    """

    kind: ClassVar[str] = "risky_promises"

    keeps: float = 0.6
    complains: float = 0.4
    back_after_s: float = 5 * 86_400.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        share("keeps", self.keeps, todo=_SHARE)
        share("complains", self.complains, todo=_SHARE)
        positive("back_after_s", self.back_after_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosingEarly(Habit):
    """Closing contacts as resolved before they are; what is not settled is opened again.

    Attributes
    ----------
    keeps : float
        Share of the handle time that is left.
    reopened : float
        Share of those not settled that are opened again, with a link to what was closed.
    reopened_after_s : float
        How soon, on average, exponential.
    """

    kind: ClassVar[str] = "closing_early"

    keeps: float = 0.5
    reopened: float = 0.7
    reopened_after_s: float = 4 * 3_600.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        share("keeps", self.keeps, todo=_SHARE)
        share("reopened", self.reopened, todo=_SHARE)
        positive("reopened_after_s", self.reopened_after_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Splitting(Habit):
    """Recording one contact as two: the second begins when the first ends.

    Attributes
    ----------
    longer_than_s : float
        Only contacts that the customer spent so long in.
    """

    kind: ClassVar[str] = "splitting"

    longer_than_s: float = 120.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        at_least_zero("longer_than_s", self.longer_than_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenSurveys(Habit):
    """Inviting those who will be pleased: of the others, ``share`` are not asked.

    Attributes
    ----------
    below : float
        Likely scores below this are not asked about, 1 to 5.
    """

    kind: ClassVar[str] = "chosen_surveys"

    below: float = 4.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        between("below", self.below, 1.0, 6.0, todo="Scores run from 1 to 5.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target(Habit):
    """A target for handle time: everybody who is under it works so much faster.

    What is cut is missing for the customer, so that recontact, its twin, worsens.

    Attributes
    ----------
    handle : float
        What handle times are multiplied by, above 0.
    ramp_days : float
        How long it takes until they are; 0 for from one day to the next.
    """

    kind: ClassVar[str] = "target"

    handle: float = 0.8
    ramp_days: float = 0.0

    def __post_init__(self) -> None:
        Habit.__post_init__(self)
        positive("handle", self.handle)
        at_least_zero("ramp_days", self.ramp_days)


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentTarget(Lever):
    """Turning callers away who would wait long: not counted as abandoned, but as left.

    Nobody who serves does it: it is done to those who wait, whoever is on duty.

    Attributes
    ----------
    share : float
        Share of those who are turned away.
    queue : str, optional
        In this queue only.
    over_s : float
        Those who would wait longer than this, seconds.
    redials : float
        Share of those turned away who try again.
    redial_after_s : float
        How soon, on average, exponential.
    complains : float
        Share of them who complain.
    """

    kind: ClassVar[str] = "silent_target"

    share: float = 1.0
    queue: str | None = None
    over_s: float = 60.0
    redials: float = 0.6
    redial_after_s: float = 1_800.0
    complains: float = 0.05

    def __post_init__(self) -> None:
        Lever.__post_init__(self)
        share("share", self.share, todo=_SHARE)
        at_least_zero("over_s", self.over_s)
        share("redials", self.redials, todo=_SHARE)
        positive("redial_after_s", self.redial_after_s)
        share("complains", self.complains, todo=_SHARE)


@dataclass(frozen=True, kw_only=True, slots=True)
class MixShift(Lever):
    """More of one reason among new matters: no measure is bent, though it looks so.

    Attributes
    ----------
    reason : str
    times : float
        How many times as often it comes, 0 or more.
    """

    kind: ClassVar[str] = "mix_shift"
    bends: ClassVar[bool] = False

    reason: str
    times: float = 2.0

    def __post_init__(self) -> None:
        Lever.__post_init__(self)
        at_least_zero("times", self.times)


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureDemand(Lever):
    """A process change that makes customers ask who would not have had to.

    Attributes
    ----------
    more : float
        So many more matters for each that comes anyhow.
    reason : str
        What they ask about.
    harder : float
        How hard that is.
    """

    kind: ClassVar[str] = "failure_demand"
    bends: ClassVar[bool] = False

    more: float = 0.2
    reason: str = "where is my order"
    harder: float = 0.0

    def __post_init__(self) -> None:
        Lever.__post_init__(self)
        at_least_zero("more", self.more)


@dataclass(frozen=True, kw_only=True, slots=True)
class Renaming(Lever):
    """Some advisors have another id from a day on.

    Attributes
    ----------
    by : float
        Share of the advisors.
    """

    kind: ClassVar[str] = "renaming"
    bends: ClassVar[bool] = False

    by: float = 0.5

    def __post_init__(self) -> None:
        Lever.__post_init__(self)
        share("by", self.by, todo=_SHARE)


LEVERS: Final[dict[str, type[Lever]]] = {
    each.kind: each
    for each in (
        ShortContacts,
        Bunching,
        JustInTime,
        LateCases,
        Parking,
        PassingOn,
        Shedding,
        RiskyPromises,
        ClosingEarly,
        Splitting,
        ChosenSurveys,
        SilentTarget,
        Target,
        MixShift,
        FailureDemand,
        Renaming,
    )
}
"""Every lever by its kind."""

_REASONS: Final = (
    Reason(name="question", share=0.5, harder=-0.4),
    Reason(name="change", share=0.3, harder=0.2),
    Reason(name="problem", share=0.2, harder=0.7),
)


# The whole ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """An operation to make up.

    Attributes
    ----------
    name : str
    base : Model
        Who comes, who serves and what happens to those who were not helped. Each queue is served by
        one pool, first come first served; the length of the run is ``days``.
    days : float
        How long it lasts, days, a whole number of half-hours.
    seed : int
        0 or more: the same scenario with the same seed is the same to the last byte.
    starts_on : date
        The first day.
    zone : str
        The operation's time zone.
    resolves_per_minute : float, optional
        How much more often a contact settles the matter if it lasts a minute longer, as a share:
        a straight line through what the base's curve gives at the mean handle time. The curve
        itself if not given.
    advisors : Advisors
    customers : Customers
    difficulty : Difficulty
    reasons : tuple of Reason
    work : Work
    seen : Seen
    surveys : Surveys
    vulnerable : Vulnerable
    complaints : float
        Share of those not settled who complain.
    decisions : Decisions
    levers : tuple of Lever

    Raises
    ------
    QueueingError
        If the base needs more than the proving ground runs, or names do not fit.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals
    >>> from andon.queueing.simulator.schedule import Schedule
    >>> base = Model.one_pool(
    ...     arrivals=Arrivals.steady(per_h=60), handle=Exponential(mean_s=240),
    ...     patience=Exponential(mean_s=120), schedule=Schedule.level(5))
    >>> hang_ups = ShortContacts(name="hang-ups", by=0.2, share=0.1, from_day=5)
    >>> scenario = Scenario(name="Short calls", base=base, days=10, levers=(hang_ups,))
    >>> scenario.base.days, scenario.levers[0].kind
    (10, 'short_contacts')
    """

    name: str
    base: Model
    days: float = 30.0
    seed: int = 1
    starts_on: dt.date = _STARTS_ON
    zone: str = "UTC"
    resolves_per_minute: float | None = None
    advisors: Advisors = field(default_factory=Advisors)
    customers: Customers = field(default_factory=Customers)
    difficulty: Difficulty = field(default_factory=Difficulty)
    reasons: tuple[Reason, ...] = _REASONS
    work: Work = field(default_factory=Work)
    seen: Seen = field(default_factory=Seen)
    surveys: Surveys = field(default_factory=Surveys)
    vulnerable: Vulnerable = field(default_factory=Vulnerable)
    complaints: float = 0.02
    decisions: Decisions = field(default_factory=Decisions)
    levers: tuple[Lever, ...] = ()

    def __post_init__(self) -> None:
        whole("seed", self.seed, least=0)
        share("complaints", self.complaints, todo=_SHARE)
        if not self.name.strip():
            raise QueueingError("A scenario has a name.", found="name = ''", todo="Give it one.")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise QueueingError(
                "There is no such time zone.",
                found=f"zone = {self.zone!r}",
                todo="Use an IANA name such as Europe/London.",
            ) from None
        _one_each("reason", [each.name for each in self.reasons], least=1)
        _one_each("lever", [each.name for each in self.levers], least=0)
        if len(self.levers) > MOST_LEVERS:
            raise QueueingError(
                "There are more levers than have random numbers of their own.",
                found=f"{len(self.levers)} levers",
                todo=f"Keep {MOST_LEVERS} at most.",
            )
        object.__setattr__(self, "base", dataclasses.replace(self.base, days=self.days))
        _first_come(self.base)
        self._levers_fit()

    def without_bending(self) -> Scenario:
        """The same operation with nobody bending a measure."""
        kept = tuple(each for each in self.levers if not each.bends)
        return dataclasses.replace(self, levers=kept)

    def _levers_fit(self) -> None:
        queues = [queue.name for queue in self.base.queues]
        reasons = [each.name for each in self.reasons]
        for lever in self.levers:
            for what, name, known in (
                ("queue", getattr(lever, "queue", None), queues),
                ("to", getattr(lever, "to", None), queues),
                ("reason", lever.reason if isinstance(lever, MixShift) else None, reasons),
            ):
                if name is not None and name not in known:
                    raise QueueingError(
                        f"The lever {lever.name!r} names a {what} that does not exist.",
                        found=f"{what} = {name!r}",
                        todo=f"Use one of: {', '.join(known)}.",
                    )
            if lever.from_day >= self.days:
                raise QueueingError(
                    f"The lever {lever.name!r} begins after the end.",
                    found=f"from_day = {lever.from_day:g}, days = {self.days:g}",
                    todo="Let it begin earlier, or last longer: days.",
                )


def _one_each(what: str, names: Sequence[str], *, least: int) -> None:
    if len(set(names)) != len(names) or len(names) < least or not all(names):
        raise QueueingError(
            f"Every {what} needs a name of its own.",
            found=f"{list(names)}",
            todo="Name each once.",
        )


def _first_come(base: Model) -> None:
    """Refuse what the proving ground does not run."""
    for queue in base.queues:
        serving = [p for p in base.pools if any(r.queue == queue.name for r in p.routes)]
        more = _more_than_first_come(queue)
        if len(serving) > 1:
            more = [*more, f"{len(serving)} pools"]
        more += ["chats at once" for pool in serving if pool.chats > 1]
        more += ["help after a wait" for p in serving for r in p.routes if r.after_s > 0]
        if more:
            raise QueueingError(
                f"The proving ground serves each queue by one pool, first come first served; "
                f"queue {queue.name!r} has more.",
                found=", ".join(dict.fromkeys(more)),
                todo="Take it out of the base, or let each queue have a pool of its own.",
            )


def _more_than_first_come(queue: Queue) -> list[str]:
    held = {
        "a callback": queue.callback is not None,
        "an overflow": queue.overflow is not None,
        "a priority": queue.priority != 0,
        "a promotion": queue.promote_after_s is not None,
    }
    return [what for what, there in held.items() if there]
