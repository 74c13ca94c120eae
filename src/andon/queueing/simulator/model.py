"""One operation as a simulation sees it: who asks, who serves, and what happens when it fails.

A model is a small frozen description. It is checked when it is made: an error names the field, the
value and the remedy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from andon.errors import QueueingError
from andon.queueing.inputs import at_least_zero, between, positive, share, whole
from andon.queueing.laws import Fixed, Law, Never
from andon.queueing.simulator.schedule import Schedule

__all__ = [
    "MOST_DAYS",
    "Arrivals",
    "Callback",
    "Channel",
    "Curve",
    "Loop",
    "Model",
    "Overflow",
    "Pool",
    "Queue",
    "Route",
    "Transfer",
]

Channel = Literal["voice", "chat", "messaging", "email", "case"]
"""Chats and messages may share an agent; emails and cases wait without giving up."""

MOST_DAYS: Final = 1e6
"""The longest run: its ticks are far from the last that can be counted."""
_MOST_QUEUES: Final = 1 << 12
_MOST_ATTEMPTS: Final = 1 << 14
_MOST_PRIORITY: Final = 1 << 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrivals:
    """How many customers come for the first time, by interval, over and over.

    Attributes
    ----------
    per_h : tuple of float
        Customers an hour in each interval, 0 or more; the pattern repeats to the end.
    interval_s : float
        Length of an interval, seconds.
    day_cv : float
        How much whole days differ from the forecast: standard deviation of a day's volume over its
        mean, beyond what chance alone does. 0 is a Poisson stream. Each day's rates are multiplied
        by one number, gamma with mean 1 (Jongbloed and Koole 2001, *Managing uncertainty in call
        centres using Poisson mixtures*, https://doi.org/10.1002/asmb.444).
    """

    per_h: tuple[float, ...]
    interval_s: float = 1800.0
    day_cv: float = 0.0

    def __post_init__(self) -> None:
        if len(self.per_h) == 0:
            raise QueueingError(
                "There are no arrivals: per_h is empty.",
                found="per_h = ()",
                todo="Give customers an hour for at least one interval.",
            )
        at_least_zero("per_h", self.per_h)
        positive("interval_s", self.interval_s)
        at_least_zero("day_cv", self.day_cv)

    @classmethod
    def steady(cls, per_h: float) -> Arrivals:
        """The same rate always, customers an hour.

        >>> Arrivals.steady(200).per_h
        (200,)
        """
        return cls(per_h=(per_h,))


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """The share of customers whose matter is settled, by how long the contact took.

    Attributes
    ----------
    handle_s : tuple of float
        Handle times, seconds, ascending.
    share : tuple of float
        The share at each, 0 to 1; straight lines between, level outside.

    Examples
    --------
    >>> Curve(handle_s=(60, 240), share=(0.4, 0.8)).at(150)
    0.6
    """

    handle_s: tuple[float, ...]
    share: tuple[float, ...]

    def __post_init__(self) -> None:
        at_least_zero("handle_s", self.handle_s)
        share("share", self.share, todo="A probability lies between 0 and 1: write 80 % as 0.8.")
        ascending = all(b > a for a, b in zip(self.handle_s, self.handle_s[1:], strict=False))
        if not self.handle_s or len(self.handle_s) != len(self.share) or not ascending:
            raise QueueingError(
                "A curve needs as many shares as handle times, and ascending handle times.",
                found=f"handle_s = {self.handle_s}, share = {self.share}",
                todo="Give one share for each handle time.",
            )

    @classmethod
    def flat(cls, share: float) -> Curve:
        """The same share whatever the handle time.

        >>> Curve.flat(0.8).at(1000)
        0.8
        """
        return cls(handle_s=(0.0,), share=(share,))

    def at(self, handle_s: float) -> float:
        """The share settled by a contact of ``handle_s`` seconds."""
        return round(float(np.interp(handle_s, self.handle_s, self.share)), 12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Loop:
    """What a customer does whose matter is not settled, or who gave up.

    Attributes
    ----------
    resolves : Curve
        The share settled, by handle time. The handle time of the contact itself is looked up: a
        target that cuts it cuts this.
    comes_back : float
        Of those who are not settled, the share who ask again. The others leave in silence.
    recontact_after : Law
        From the end of the contact to the next.
    recontact_clock : tuple of float
        How fast that time passes in each of the model's intervals, over and over: 0 while nobody
        asks, 1 as time itself does, and so always where none is given. Where it goes as demand does
        customers come back when customers come.
    redials : float
        Of those who give up, the share who try again.
    redial_after : Law
        From giving up to the next attempt.
    redial_patience : Law, optional
        Patience of those who try again after giving up; their first if not given.
    most_attempts : int
        Nobody asks more often than this.
    """

    resolves: Curve
    comes_back: float = 1.0
    recontact_after: Law = field(default_factory=lambda: Fixed(value_s=86_400))
    recontact_clock: tuple[float, ...] = ()
    redials: float = 0.0
    redial_after: Law = field(default_factory=lambda: Fixed(value_s=300))
    redial_patience: Law | None = None
    most_attempts: int = 10

    def __post_init__(self) -> None:
        share("comes_back", self.comes_back)
        share("redials", self.redials)
        if self.recontact_clock:
            at_least_zero("recontact_clock", self.recontact_clock)
        whole("most_attempts", self.most_attempts, least=1)
        if self.most_attempts > _MOST_ATTEMPTS:
            raise QueueingError(
                "most_attempts is more than a simulation keeps count of.",
                found=f"most_attempts = {self.most_attempts:,}",
                todo=f"Give {_MOST_ATTEMPTS:,} at most.",
            )
        _finite("recontact_after", self.recontact_after)
        _finite("redial_after", self.redial_after)


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """An offer to callers to be called back instead of waiting.

    Who accepts keeps the place in the queue, and neither gives up nor overflows. The wait lasts
    until they are reached, or until the last call in vain is over.

    Attributes
    ----------
    offer_over_s : float
        Offered to who has to wait, when the wait is expected to be longer, seconds. Expected is how
        many wait in the queue times the mean handle time, over the agents on duty who may serve
        them.
    accepts : float
        Share who accept.
    window_s : float
        The callback is promised within this time: the first call counts.
    answers : float
        Share who answer when they are called.
    ring_s : float
        How long an agent tries where nobody answers, seconds.
    tries : int
        So many calls in all.
    retry_after_s : float
        From the end of a call in vain until they are due again, at their old place.
    """

    offer_over_s: float
    accepts: float
    window_s: float = 3600.0
    answers: float = 1.0
    ring_s: float = 30.0
    tries: int = 1
    retry_after_s: float = 900.0

    def __post_init__(self) -> None:
        at_least_zero("offer_over_s", self.offer_over_s)
        share("accepts", self.accepts)
        positive("window_s", self.window_s)
        share("answers", self.answers)
        positive("ring_s", self.ring_s)
        positive("retry_after_s", self.retry_after_s)
        whole("tries", self.tries, least=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overflow:
    """Who has waited ``after_s`` seconds moves to the queue ``to``; wait and patience go on.

    The handle time is one of that queue. So long a wait is counted where it ends, and goes before
    shorter ones there.
    """

    to: str
    after_s: float

    def __post_init__(self) -> None:
        at_least_zero("after_s", self.after_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """The ``share`` of served contacts passed on to the queue ``to`` at once, before any result.

    Wait, patience and handle time begin anew there.
    """

    to: str
    share: float

    def __post_init__(self) -> None:
        share("share", self.share)


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """Customers who want the same thing in the same way.

    Attributes
    ----------
    name : str
    handle : Law
        Handle time, as it is when the agent does nothing else.
    arrivals : Arrivals, optional
        None for a queue that only others feed.
    patience : Law
        How long customers are willing to wait.
    channel : str
    priority : int
        Higher is served first.
    promote_after_s : float, optional
        After this wait ...
    promoted_priority : int
        ... the priority is this, not lower than before: deferrable work that grows old.
    loop : Loop, optional
        What those do who were not helped, or gave up, in this queue; they come back to the queue
        where they first came. None: a contact is the end of it.
    callback : Callback, optional
    overflow : Overflow, optional
    transfer : Transfer, optional
    answer_within_s : float
        The promise: answered within this time.
    short_abandon_s : float
        Who gives up within this time is counted apart.
    handle_factors : tuple of float
        By how much handle times differ in each of the model's intervals, over and over: those of
        contacts that arrive in it are multiplied. Above 0 each; none for always the same.
    deadline_s : float, optional
        For deferrable work: answered later than this is late.
    """

    name: str
    handle: Law
    arrivals: Arrivals | None = None
    patience: Law = field(default_factory=Never)
    channel: Channel = "voice"
    priority: int = 0
    promote_after_s: float | None = None
    promoted_priority: int = 0
    loop: Loop | None = None
    callback: Callback | None = None
    overflow: Overflow | None = None
    transfer: Transfer | None = None
    answer_within_s: float = 20.0
    short_abandon_s: float = 5.0
    handle_factors: tuple[float, ...] = ()
    deadline_s: float | None = None

    def __post_init__(self) -> None:
        at_least_zero("answer_within_s", self.answer_within_s)
        at_least_zero("short_abandon_s", self.short_abandon_s)
        if self.handle_factors:
            positive("handle_factors", self.handle_factors)
        if self.deadline_s is not None:
            positive("deadline_s", self.deadline_s)
        for name in ("priority", "promoted_priority"):
            value: int = getattr(self, name)
            if not isinstance(value, int | np.integer) or abs(value) > _MOST_PRIORITY:
                raise QueueingError(
                    f"The {name} of queue {self.name!r} must be a whole number.",
                    found=f"{name} = {value!r}",
                    todo="Higher is served first: 10 goes before 5, and 5 before 0.",
                )
        if self.promote_after_s is not None:
            at_least_zero("promote_after_s", self.promote_after_s)
            if self.promoted_priority < self.priority:
                raise QueueingError(
                    f"Contacts of queue {self.name!r} would lose their priority by waiting.",
                    found=f"priority = {self.priority}, "
                    f"promoted_priority = {self.promoted_priority}",
                    todo="Give a promoted_priority that is not lower.",
                )
        if self.callback is not None and self.channel != "voice":
            raise QueueingError(
                f"Only callers can be called back, and queue {self.name!r} has none.",
                found=f"channel = {self.channel!r}",
                todo='Take the callback out, or make the channel "voice".',
            )
        _finite("handle", self.handle)
        if self.handle.mean_s <= 0:
            raise QueueingError(
                f"The handle time of queue {self.name!r} must be longer than nothing.",
                found=f"handle = {self.handle}",
                todo="Give a law with a mean above 0.",
            )
        if self.patience.mean_s <= 0:
            raise QueueingError(
                f"Nobody in queue {self.name!r} has any patience.",
                found=f"patience = {self.patience}",
                todo="Give a law with a mean above 0: those who wait for nothing are lost, as "
                "erlang_b() has it.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A queue that a pool serves.

    Attributes
    ----------
    queue : str
    rank : int
        1 for what the pool is there for, 2 for where it helps out, and so on. A free agent takes
        the higher priority first, then the lower rank, then who waited longest; a customer goes to
        an agent of the pool with the lowest rank: the one with the least in hand, and of these the
        one who has been so for longest.
    after_s : float
        The pool helps those who have waited so long, seconds.
    keep_free : int
        The pool takes somebody only while more of its agents than this have nothing in hand: the
        others are kept for who cannot wait (Bhulai and Koole 2003, *A queueing model for call
        blending in call centers*, https://doi.org/10.1109/TAC.2003.815038). Where no more are on
        duty, all but one are kept.
    """

    queue: str
    rank: int = 1
    after_s: float = 0.0
    keep_free: int = 0

    def __post_init__(self) -> None:
        whole("rank", self.rank, least=1)
        whole("keep_free", self.keep_free, least=0)
        at_least_zero("after_s", self.after_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """Agents who can do the same.

    Attributes
    ----------
    name : str
    schedule : Schedule
    routes : tuple of Route
    chats : int
        How many chats or messages an agent has at most at once. Whatever else they serve takes all
        of them, and waits for an agent with nothing in hand.
    speed : tuple of float
        The speed of each chat with 1, 2, ... at once, 1 for the first; as many as ``chats``, above
        0 and none above the one before. (1, 0.8, 0.6): with three at once, each takes 1 / 0.6
        times as long.
    """

    name: str
    schedule: Schedule
    routes: tuple[Route, ...]
    chats: int = 1
    speed: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        whole("chats", self.chats, least=1)
        positive("speed", self.speed)
        falls = all(b <= a for a, b in zip(self.speed, self.speed[1:], strict=False))
        if len(self.speed) != self.chats or self.speed[0] != 1 or not falls:
            raise QueueingError(
                f"Pool {self.name!r} needs one speed for each number of chats, from 1 down.",
                found=f"chats = {self.chats}, speed = {self.speed}",
                todo="For three at once: chats=3, speed=(1.0, 0.8, 0.6).",
            )
        if not self.routes:
            raise QueueingError(
                f"Pool {self.name!r} serves no queue.",
                found="routes = ()",
                todo="Name at least one queue in its routes.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """An operation: its queues, its pools, and how long to watch.

    Attributes
    ----------
    queues : tuple of Queue
    pools : tuple of Pool
    days : float
        How long a run lasts, days; 1,000,000 at most.
    interval_s : float
        Results are counted by intervals of this length, seconds. It fits into every arrival
        pattern's interval and into the run a whole number of times.

    Raises
    ------
    QueueingError
        If names are missing, doubled or unknown, a queue is served by nobody, queues pass on to
        each other in a circle, or times do not fit.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> model = Model.one_pool(
    ...     arrivals=Arrivals.steady(per_h=1500), handle=Exponential(mean_s=240),
    ...     patience=Exponential(mean_s=120), schedule=Schedule.level(100), days=10)
    >>> model.intervals
    480
    """

    queues: tuple[Queue, ...]
    pools: tuple[Pool, ...]
    days: float = 1.0
    interval_s: float = 1800.0

    def __post_init__(self) -> None:
        positive("days", self.days)
        between("days", self.days, 0.0, MOST_DAYS, todo="Simulate fewer days, several times.")
        positive("interval_s", self.interval_s)
        _names("queue", [queue.name for queue in self.queues])
        _names("pool", [pool.name for pool in self.pools])
        self._times_fit()
        self._routes_lead_somewhere()
        self._no_circle()
        if all(queue.arrivals is None for queue in self.queues):
            raise QueueingError(
                "Nobody ever comes: no queue has arrivals.",
                found=f"queues = {[queue.name for queue in self.queues]}",
                todo="Give at least one queue its arrivals.",
            )

    @classmethod
    def one_pool(
        cls,
        *,
        arrivals: Arrivals,
        handle: Law,
        schedule: Schedule,
        patience: Law | None = None,
        loop: Loop | None = None,
        answer_within_s: float = 20.0,
        days: float = 1.0,
        interval_s: float = 1800.0,
    ) -> Model:
        """One queue, one pool of agents who can all do the same."""
        queue = Queue(
            name="calls",
            handle=handle,
            arrivals=arrivals,
            patience=patience or Never(),
            loop=loop,
            answer_within_s=answer_within_s,
        )
        pool = Pool(name="agents", schedule=schedule, routes=(Route(queue="calls"),))
        return cls(queues=(queue,), pools=(pool,), days=days, interval_s=interval_s)

    @property
    def horizon_s(self) -> float:
        """How long a run lasts, seconds."""
        return self.days * 86_400.0

    @property
    def intervals(self) -> int:
        """How many intervals a run has."""
        return round(self.horizon_s / self.interval_s)

    @property
    def first_come(self) -> bool:
        """Whether the fast engine can run it: one queue, one pool, first come first served."""
        if len(self.queues) != 1 or len(self.pools) != 1:
            return False
        queue, pool, route = self.queues[0], self.pools[0], self.pools[0].routes[0]
        return (
            pool.chats == 1
            and queue.callback is None
            and queue.overflow is None
            and queue.transfer is None
            and route.after_s == 0
            and route.keep_free == 0
        )

    def _times_fit(self) -> None:
        patterns = [
            (f"arrivals of queue {queue.name!r}", queue.arrivals.interval_s)
            for queue in self.queues
            if queue.arrivals is not None and len(queue.arrivals.per_h) > 1
        ]
        for what, length_s in [("run", self.horizon_s), *patterns]:
            times = length_s / self.interval_s
            if not math.isclose(times, round(times), rel_tol=1e-9) or round(times) < 1:
                raise QueueingError(
                    f"The interval does not fit into the {what} a whole number of times.",
                    found=f"interval_s = {self.interval_s:g}, the {what}: {length_s:g} s",
                    todo="Choose interval_s so that it divides both.",
                )

    def _routes_lead_somewhere(self) -> None:
        known = {queue.name: queue for queue in self.queues}
        served: dict[str, int] = {}
        for pool in self.pools:
            for route in pool.routes:
                _known("route", f"pool {pool.name!r}", route.queue, known)
                served[route.queue] = max(served.get(route.queue, 0), pool.schedule.most)
            _names("route of a pool", [route.queue for route in pool.routes])
            spoken = [known[each.queue].name for each in pool.routes if _alone(known[each.queue])]
            if pool.chats > 1 and len(spoken) == len(pool.routes):
                raise QueueingError(
                    f"Pool {pool.name!r} has several chats at once, but no chat to serve.",
                    found=f"chats = {pool.chats}, routes = {spoken}",
                    todo="Give one of its queues the channel chat or messaging, or set chats = 1.",
                )
        for queue in self.queues:
            for what, to in (("overflow", queue.overflow), ("transfer", queue.transfer)):
                if to is not None:
                    _known(what, f"queue {queue.name!r}", to.to, known)
            if queue.name not in served:
                raise QueueingError(
                    f"Nobody serves queue {queue.name!r}.",
                    found=f"pools = {[pool.name for pool in self.pools]}",
                    todo="Name it in the routes of a pool.",
                )
            if served[queue.name] == 0 and queue.overflow is None:
                raise QueueingError(
                    f"Nobody who serves queue {queue.name!r} is ever on duty.",
                    found="agents = 0 in the schedule of every pool that serves it",
                    todo="Schedule at least one agent, or let the queue overflow.",
                )

    def _no_circle(self) -> None:
        leads = {
            queue.name: [each.to for each in (queue.overflow, queue.transfer) if each is not None]
            for queue in self.queues
        }
        for begin in leads:
            path = _circle(begin, leads, (begin,))
            if path:
                raise QueueingError(
                    "Queues pass on to each other in a circle: a customer could go round for ever.",
                    found=" -> ".join(path),
                    todo="Take one of these overflows or transfers out.",
                )


def _circle(at: str, leads: dict[str, list[str]], path: tuple[str, ...]) -> tuple[str, ...]:
    """The way from the path's beginning back to it, if there is one."""
    for to in leads.get(at, []):
        if to == path[0]:
            return (*path, to)
        if to not in path:
            found = _circle(to, leads, (*path, to))
            if found:
                return found
    return ()


def _alone(queue: Queue) -> bool:
    """Whether a contact of this queue takes the whole agent."""
    return queue.channel not in {"chat", "messaging"}


def _known(what: str, whose: str, name: str, known: dict[str, Queue]) -> None:
    if name not in known:
        raise QueueingError(
            f"A {what} of {whose} leads to a queue that does not exist.",
            found=f"queue = {name!r}",
            todo=f"Use one of: {', '.join(known)}.",
        )


def _names(what: str, names: list[str]) -> None:
    if not names or len(set(names)) != len(names) or not all(names):
        raise QueueingError(
            f"Every {what} needs a name of its own, and there must be at least one.",
            found=f"{names}",
            todo="Name each once.",
        )
    if len(names) > _MOST_QUEUES:
        raise QueueingError(
            f"There are more than a simulation can hold: each {what} is one of {_MOST_QUEUES:,}.",
            found=f"{len(names):,}",
            todo="Join what is served alike.",
        )


def _finite(field_name: str, law: Law) -> None:
    if not math.isfinite(law.mean_s):
        raise QueueingError(
            f"{field_name} must come to an end.",
            found=f"{field_name} = {law}",
            todo="Give a law with a finite mean.",
        )
