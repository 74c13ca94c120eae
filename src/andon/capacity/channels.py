"""Channels: what a queue asks of the people who serve it, by how its customers come.

A caller waits on the line, and may take a callback instead. A chat shares its agent with others, up
to the number at which they still settle most: beyond it attention is spent on switching. An e-mail
or a case waits for a quiet moment, but not longer than its limit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.courses import Courses
from andon.capacity.promise import Promise
from andon.errors import PlanError
from andon.queueing.concurrency import Slowdown, concurrency_limits
from andon.queueing.laws import Exponential, Fixed, Law, Lognormal, Never
from andon.queueing.simulator.model import Callback, Channel, Loop

__all__ = ["PlannedQueue"]

_Floats = npt.NDArray[np.float64]

_CHATS: Final = frozenset({"chat", "messaging"})
_DEFERRED: Final = frozenset({"email", "case"})


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlannedQueue:
    """One queue of a plan: what comes, what is promised, and how its customers behave.

    Attributes
    ----------
    courses : Courses
        Drawn days. Who comes to voice, chat or messaging while it is closed is told so, and does
        not wait; e-mails and cases wait.
    channel : str
    promise : Promise, optional
        For voice, chat and messaging. Who accepts a callback is left out of its service level and
        has a promise of their own, ``callback_kept``.
    patience : Law
        How long customers are willing to wait.
    loop : Loop, optional
        Who comes back, and when. The courses hold past returns too: what the simulation lets come
        back by itself is taken out of them.
    past_abandoned : float
        Share who gave up in the days that the courses were learnt from, 0 to below 1; with the loop
        it tells how many of the courses' contacts are returns.
    callback : Callback, optional
        For voice.
    callback_kept : float
        At least this share of a day's callbacks begins within the callback's window, 0 to 1.
    slowdown : Slowdown, optional
        For chat and messaging: how much slower each of several at once goes. One at a time unless
        given.
    settled : tuple of float
        Share of chats that settle the matter, 0 to 1, by how many are in hand, from 1 on; as many
        as the slow-down tells of, or none if that was not measured.
    at_once : int, optional
        Chats at once, where the operation sets fewer than the slow-down would.
    measured_at : int
        Chats in hand when the courses' handle times were measured; they are of a chat alone then.
    deadline_s : float, optional
        For e-mail and cases: to be begun within this time, seconds.
    on_time : float
        At least this share of a day's e-mails or cases is, above 0 and below 1.
    old_at : float
        From this share of the deadline on an e-mail goes before whoever waits, 0 to 1.
    start_items : float
        E-mails or cases that wait when the first day begins, 0 or more; they count as new.
    priority : int
        Higher is served first by who serves several; below all others where work can wait.

    Raises
    ------
    PlanError
        If what was given does not suit the channel, or a number lies outside its range.

    Examples
    --------
    >>> import datetime as dt
    >>> from andon.capacity.horizon import Horizon
    >>> day = Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC")
    >>> some = Courses(queue="chat", horizon=day, contacts=np.full((3, 48), 20.0),
    ...     handle_s=np.full((3, 48), 750.0), handle_cv=1.0, open=np.full(48, True))
    >>> chat = PlannedQueue(courses=some, channel="chat", promise=Promise(service_level=0.8),
    ...     slowdown=Slowdown.from_handle_times([600, 750, 1000, 1500]), measured_at=2)
    >>> chat.chats, chat.handle_alone_s, round(chat.work_a_place, 2)
    (3, 600.0, 1.8)
    """

    courses: Courses
    channel: Channel = "voice"
    promise: Promise | None = None
    patience: Law = field(default_factory=Never)
    loop: Loop | None = None
    past_abandoned: float = 0.0
    callback: Callback | None = None
    callback_kept: float = 0.95
    slowdown: Slowdown | None = None
    settled: tuple[float, ...] = ()
    at_once: int | None = None
    measured_at: int = 1
    deadline_s: float | None = None
    on_time: float = 0.95
    old_at: float = 0.8
    start_items: float = 0.0
    priority: int | None = None

    def __post_init__(self) -> None:
        for name in ("callback_kept", "on_time"):
            if not 0 < getattr(self, name) < 1:
                raise self._wrong(
                    f"{name} must lie between 0 and 1.",
                    f"{name} = {getattr(self, name):g}",
                    "Write 95 % as 0.95.",
                )
        for name, below in (("past_abandoned", False), ("old_at", True)):
            value = getattr(self, name)
            if not (0 <= value < 1 or (below and value == 1)):
                raise self._wrong(
                    f"{name} is a share.", f"{name} = {value:g}", "Write 5 % as 0.05."
                )
        if not 0 <= self.start_items < float("inf"):
            raise self._wrong(
                "start_items must be 0 or more.", f"start_items = {self.start_items:g}", "Count."
            )
        self._suits_its_channel()
        if self.chatty:
            self._chats_fit()

    def _suits_its_channel(self) -> None:
        if self.deferred and self.deadline_s is None:
            raise self._wrong(
                f"How old may an item of {self.channel} become?",
                "deadline_s is left out",
                "Give the limit, such as deadline_s=86400.",
            )
        if not self.deferred and self.promise is None:
            raise self._wrong(
                "Nothing is promised to those who wait.",
                "promise is left out",
                "Give a Promise, such as Promise(service_level=0.8).",
            )
        wrong = {
            "promise": self.deferred and self.promise is not None,
            "deadline_s": not self.deferred and self.deadline_s is not None,
            "start_items": not self.deferred and self.start_items > 0,
            "callback": self.channel != "voice" and self.callback is not None,
            "slowdown": not self.chatty and self.slowdown is not None,
            "at_once": not self.chatty and self.at_once is not None,
            "measured_at": not self.chatty and self.measured_at != 1,
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                raise self._wrong(
                    f"{name} has no meaning for the channel {self.channel}.",
                    f"{name} = {getattr(self, name)!r}",
                    "Leave it out, or give the queue its right channel.",
                )
        if self.deadline_s is not None and not 0 < self.deadline_s < float("inf"):
            raise self._wrong(
                "deadline_s must be above 0.", f"deadline_s = {self.deadline_s:g}", "Give seconds."
            )

    def _chats_fit(self) -> None:
        most = self.slowdown.most if self.slowdown is not None else 1
        for name, chats in (("at_once", self.at_once or 1), ("measured_at", self.measured_at)):
            if not 1 <= chats <= most:
                raise self._wrong(
                    f"The slow-down does not tell of {name} = {chats}.",
                    f"speeds for {most} chats at once",
                    "Give a speed for each number of chats at once, or fewer chats.",
                )
        if self.settled and len(self.settled) < most:
            raise self._wrong(
                "settled must tell of each number of chats at once.",
                f"{len(self.settled)} shares, {most} chats at once",
                "Give one share for each.",
            )

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.courses.queue

    @property
    def chatty(self) -> bool:
        """Whether an agent may have several at once."""
        return self.channel in _CHATS

    @property
    def deferred(self) -> bool:
        """Whether it can wait for a quiet moment."""
        return self.channel in _DEFERRED

    @property
    def chats(self) -> int:
        """The cap: beyond so many at once less is settled, or handled; 1 but for chats."""
        if self.slowdown is None:
            return 1
        found = concurrency_limits(
            slowdown=self.slowdown,
            handle_s=self.handle_alone_s,
            resolved_share=self.settled or None,
        )
        cap = found.most_resolved_at or found.most_handled_at
        return cap if self.at_once is None else min(cap, self.at_once)

    @property
    def speed(self) -> tuple[float, ...]:
        """Speed of each of 1, 2, ... up to the cap."""
        return self.slowdown.speeds[: self.chats] if self.slowdown is not None else (1.0,)

    @property
    def work_a_place(self) -> float:
        """What an agent with as many as the cap allows gets done, in contacts alone."""
        return self.chats * self.speed[-1]

    @property
    def handle_alone_s(self) -> float:
        """Mean handle time over the courses, of a contact alone, seconds."""
        came = self.courses.contacts
        weights = came if came.sum() > 0 else np.ones_like(came)
        mean = float((self.courses.handle_s * weights).sum() / weights.sum())
        return mean * self._pace

    @property
    def handle_factors(self) -> _Floats:
        """Handle time in each interval of each course, over :attr:`handle_alone_s`."""
        return self.courses.handle_s * (self._pace / self.handle_alone_s)

    @property
    def handle(self) -> Law:
        """The law of handle times, of a contact alone."""
        mean_s, cv = self.handle_alone_s, self.courses.handle_cv
        if cv == 0:
            return Fixed(value_s=mean_s)
        return Exponential(mean_s=mean_s) if cv == 1 else Lognormal.from_mean(mean_s=mean_s, cv=cv)

    @property
    def comes(self) -> _Floats:
        """Contacts that join the queue, by course and interval; none where it is closed."""
        came = self.courses.contacts
        if self.deferred:
            if self.start_items:
                came = came.copy()
                came[:, 0] += self.start_items
            return came
        return np.asarray(np.where(self.courses.open, came, 0.0))

    @property
    def load(self) -> _Floats:
        """Work that joins, in agents with a full hand, by course and interval."""
        seconds = self.comes * self.courses.handle_s * self._pace
        return np.asarray(seconds / (self.courses.horizon.interval_s * self.work_a_place))

    @property
    def order(self) -> int:
        """The priority: as given, or below all others where work can wait."""
        return self.priority if self.priority is not None else (-10 if self.deferred else 0)

    @property
    def _pace(self) -> float:
        """Handle time alone over handle time as measured."""
        return self.slowdown.speeds[self.measured_at - 1] if self.slowdown is not None else 1.0

    def _wrong(self, wrong: str, found: str, todo: str) -> PlanError:
        return PlanError(f"Queue {self.name!r}: {wrong}", found=found, todo=todo)
