"""Planning: what a planner decides before a plan is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andon.capacity.calendar import Calendar
from andon.capacity.contracts import Contract
from andon.capacity.promise import Promise
from andon.capacity.shifts import Template
from andon.queueing.simulator.model import Callback, Channel

__all__ = ["GivenShrinkage", "Holidays", "Planning", "QueueRules", "Serves", "TeamRules"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Holidays:
    """Which public holidays there are.

    Attributes
    ----------
    country : str
        ISO code of two letters.
    subdivision : str or None
        ISO code of a state or province.
    categories : tuple of str
        As the holidays library has them.
    """

    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = ("public",)


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenShrinkage:
    """Paid time away from contacts, as the planner says.

    Attributes
    ----------
    share : float
        Of paid time on a mean day, 0 to below 1.
    spread : float
        Standard deviation between days, as a share of paid time, 0 or more.
    """

    share: float
    spread: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueRules:
    """What a planner says of one queue.

    Attributes
    ----------
    promise : Promise or None
        None: the plan's own.
    channel : str or None
        None: as the ledger has it.
    planned : bool
        Whether it is planned at all.
    callback : Callback or None
    deadline_s : float or None
        The oldest item waits at most so long: work that can be put off.
    handle_s : float or None
        Handle time where the data have none, seconds.
    patience_s : float or None
        Mean patience where the data have none, seconds.
    redials : float or None
        Share of those who give up that call again, where the data do not tell.
    """

    promise: Promise | None = None
    channel: Channel | None = None
    planned: bool = True
    callback: Callback | None = None
    deadline_s: float | None = None
    handle_s: float | None = None
    patience_s: float | None = None
    redials: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Serves:
    """A queue that a team serves, and in which rank: 1 for what it is there for."""

    queue: str
    rank: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamRules:
    """People who can do the same.

    Attributes
    ----------
    name : str
    serves : tuple of Serves
    chats : int
        Chats or messages at once at most.
    speed : tuple of float
        Of each chat with 1, 2, ... at once, from 1 down.
    contracts : tuple of str or None
        Who may be in it; None for everybody.
    cost_per_h : float or None
    """

    name: str
    serves: tuple[Serves, ...]
    chats: int = 1
    speed: tuple[float, ...] = (1.0,)
    contracts: tuple[str, ...] | None = None
    cost_per_h: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Planning:
    """What a planner decides.

    Attributes
    ----------
    promise : Promise
    holidays : Holidays or None
    calendar : Calendar
        The operation's own days.
    shrinkage : GivenShrinkage or None
        None: from the ledger where it tells, else agents on duty are planned, and not people.
    queues : mapping of str to QueueRules
    teams : tuple of TeamRules
        Empty: told from who served whom.
    templates : tuple of Template
    contracts : tuple of Contract
    under_cover : bool
        Whether shifts may leave an interval short where that is much cheaper.
    """

    promise: Promise
    holidays: Holidays | None = None
    calendar: Calendar = field(default_factory=Calendar)
    shrinkage: GivenShrinkage | None = None
    queues: Mapping[str, QueueRules] = field(default_factory=dict)
    teams: tuple[TeamRules, ...] = ()
    templates: tuple[Template, ...] = ()
    contracts: tuple[Contract, ...] = ()
    under_cover: bool = True

    def of(self, queue: str) -> QueueRules:
        """What is said of a queue, or of any that nothing is said of."""
        return self.queues.get(queue, QueueRules())

    def promise_of(self, queue: str) -> Promise:
        """What is promised to a queue's customers."""
        return self.of(queue).promise or self.promise
