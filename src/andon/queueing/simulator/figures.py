"""The figures of a simulation: what each is called, what it is a ratio of, and what it means.

Each figure is a row of :data:`CONTACTS`, :data:`STAFF` or :data:`CUSTOMERS`: a ratio of two sums of
the engines' counts. The classes hold one value for each row: an estimate, a series by interval, or
a difference between two models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, TypeVar

from andon.queueing._kernels import columns as c
from andon.queueing.laws import Never
from andon.queueing.simulator.model import Model, Queue
from andon.queueing.simulator.replications import Kind
from andon.units import HOUR_S, US, Unit

__all__ = [
    "CONTACTS",
    "CUSTOMERS",
    "STAFF",
    "ContactFigures",
    "CustomerFigures",
    "Figure",
    "Levels",
    "Needs",
    "StaffFigures",
    "can_happen",
]

T = TypeVar("T")

_Weights = Mapping[int, float]

Needs = Literal[
    "", "patience", "loop", "redials", "callback", "passing", "deadline", "shifts", "chats"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure as a ratio of sums.

    Attributes
    ----------
    name : str
    label : str
        As people read it in a table.
    unit : Unit
    kind : str
        Which interval suits it: see :mod:`andon.queueing.simulator.replications`.
    top, below : mapping of int to float
        Columns of the counts, each with its weight.
    per : str
        What stands below where no column does: ``run`` for the mean of runs (of days or weeks,
        where these are laid over each other), ``time`` for the mean over time.
    needs : str
        What a model must have for this to happen at all: see :func:`can_happen`.
    otherwise : float or None
        What it is where the model has none of that; None where it has no meaning then.
    """

    name: str
    label: str
    unit: Unit
    kind: Kind
    top: _Weights
    below: _Weights = field(default_factory=dict)
    per: Literal["column", "run", "time"] = "column"
    needs: Needs = ""
    otherwise: float | None = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels(Generic[T]):
    """The service level by three definitions, as :mod:`andon.queueing.service_level` has them.

    Attributes
    ----------
    of_offered : T
        Answered in time, of all offered.
    of_offered_less_short : T
        Answered in time, of all offered save those who gave up within that time.
    of_answered : T
        Answered in time, of those who were answered at all.
    """

    of_offered: T
    of_offered_less_short: T
    of_answered: T


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactFigures(Generic[T]):
    """What happened to contacts: over all queues, or in one of them.

    Over all queues a contact that moved on while it waited counts once, where it ended; in one
    queue all that joined it count.

    Attributes
    ----------
    offered, fresh, redials, recontacts, passed_in : T
        Contacts in a run: all; of customers who come for the first time; again after they gave up;
        again after they were served; from another queue.
    answered, gave_up : T
        Contacts in a run that were served, and whose customer gave up.
    still_waiting : T
        Contacts in a run that waited still when it ended.
    service_level : Levels
        Share answered within the queue's ``answer_within_s``, by three definitions.
    abandoned : T
        Share of those offered who gave up.
    mean_wait_s : T
        Over all who were offered, answered or not.
    mean_wait_of_answered_s : T
        Over those answered: the average speed of answer.
    waited : T
        Share of those offered who had to wait at all.
    queue_length : T
        Mean number waiting, over time.
    mean_handle_s : T
        Mean handle time of those answered.
    resolved : T
        Share of those answered whose customer needs nothing more.
    repeated : T
        Share of those offered who came again: redials and recontacts.
    contacts_per_customer : T
        Contacts offered for each that was a first one.
    callback_accepted : T
        Share of the callbacks offered that were accepted.
    callback_kept : T
        Share of the callbacks accepted that were begun within their window.
    missed : T
        Share of those offered who were called back and not reached.
    late : T
        Share of those answered who were answered after their queue's deadline; queues without one
        are left out.
    """

    offered: T
    fresh: T
    redials: T
    recontacts: T
    passed_in: T
    answered: T
    gave_up: T
    still_waiting: T
    service_level: Levels[T]
    abandoned: T
    mean_wait_s: T
    mean_wait_of_answered_s: T
    waited: T
    queue_length: T
    mean_handle_s: T
    resolved: T
    repeated: T
    contacts_per_customer: T
    callback_accepted: T
    callback_kept: T
    missed: T
    late: T

    @classmethod
    def of(cls, found: Mapping[str, T]) -> ContactFigures[T]:
        """Put figures in their places, by the names of :data:`CONTACTS`."""
        plain = {name: each for name, each in found.items() if "." not in name}
        levels = {
            name.removeprefix("service_level."): each
            for name, each in found.items()
            if name.startswith("service_level.")
        }
        return cls(service_level=Levels(**levels), **plain)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffFigures(Generic[T]):
    """What agents did: over all pools, or in one of them.

    Attributes
    ----------
    occupancy : T
        Share of their time at work, on duty or finishing a call after it, that agents had a
        contact.
    on_duty : T
        Mean number of agents on duty.
    busy_h, overtime_h : T
        Hours in a run that agents had a contact, and that they finished calls after duty.
    at_once : T
        Contacts that a busy agent has in hand, mean.
    """

    occupancy: T
    on_duty: T
    busy_h: T
    overtime_h: T
    at_once: T


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerFigures(Generic[T]):
    """What became of customers in a whole run: of all, or of those who first came to one queue.

    Shares but the last are of customers whose matter is over. In a run that is short beside the
    time until customers come back, those who need another contact are not among them.

    Attributes
    ----------
    customers : T
        Customers in a run.
    settled : T
        Share who were helped, or of whom the model asks no further.
    gave_up_for_good : T
        Share who hung up and do not call again.
    gone_quietly : T
        Share who were served, not helped, and do not ask again.
    out_of_attempts : T
        Share who asked as often as anybody may.
    unreached : T
        Share who were called back in vain.
    lost : T
        Share of these four together.
    still_open : T
        Share of all customers whose matter is open when the run ends.
    """

    customers: T
    settled: T
    gave_up_for_good: T
    gone_quietly: T
    out_of_attempts: T
    unreached: T
    lost: T
    still_open: T


def can_happen(needs: Needs, model: Model, at: int | None = None) -> bool:
    """Whether ``model`` has what a figure needs: anywhere, or in its queue or pool ``at``."""
    if needs in {"shifts", "chats"}:
        pools = model.pools if at is None else model.pools[at : at + 1]
        if needs == "chats":
            return any(pool.chats > 1 for pool in pools)
        return any(pool.schedule.changes or pool.schedule.again for pool in pools)
    if needs == "passing":
        return any(queue.overflow or queue.transfer for queue in model.queues)
    queues = model.queues if at is None else model.queues[at : at + 1]
    return any(_has(queue, needs) for queue in queues)


def _has(queue: Queue, needs: Needs) -> bool:
    return {
        "patience": not isinstance(queue.patience, Never),
        "loop": queue.loop is not None,
        "redials": queue.loop is not None and queue.loop.redials > 0,
        "callback": queue.callback is not None,
        "deadline": queue.deadline_s is not None,
    }.get(needs, True)


def _sum(*names: int, scale: float = 1.0) -> _Weights:
    return dict.fromkeys(names, scale)


def _count(name: str, label: str, top: _Weights, needs: Needs = "") -> Figure:
    """A mean count in a run."""
    return Figure(
        name=name, label=label, unit="count", kind="amount", top=top, per="run", needs=needs
    )


def _share(
    name: str,
    label: str,
    top: _Weights,
    below: _Weights,
    needs: Needs = "",
    *,
    otherwise: float | None = 0.0,
) -> Figure:
    """A share of contacts or customers."""
    return Figure(
        name=name,
        label=label,
        unit="share",
        kind="contacts",
        top=top,
        below=below,
        needs=needs,
        otherwise=otherwise,
    )


def _mean(name: str, label: str, unit: Unit, top: _Weights, below: _Weights) -> Figure:
    """A mean over contacts, or another ratio."""
    return Figure(name=name, label=label, unit=unit, kind="amount", top=top, below=below)


def _level(name: str, label: str, top: _Weights) -> Figure:
    """A mean over time of how many there were; the weights turn ticks into seconds."""
    return Figure(name=name, label=label, unit="count", kind="amount", top=top, per="time")


_OFFERED: Final = _sum(c.FRESH, c.REDIAL, c.RECONTACT, c.PASSED_IN)
_ANSWERED: Final = _sum(c.ANSWERED)
_AGAIN: Final = _sum(c.REDIAL, c.RECONTACT)

CONTACTS: Final = (
    _count("offered", "contacts offered", _OFFERED),
    _count("fresh", "first contacts", _sum(c.FRESH)),
    _count("redials", "again after giving up", _sum(c.REDIAL), "redials"),
    _count("recontacts", "again after being served", _sum(c.RECONTACT), "loop"),
    _count("passed_in", "from another queue", _sum(c.PASSED_IN), "passing"),
    _count("answered", "answered", _ANSWERED),
    _count("gave_up", "gave up", _sum(c.GAVE_UP), "patience"),
    _count("still_waiting", "waiting at the end", _sum(c.STILL)),
    _share(
        "service_level.of_offered", "answered in time, of those offered", _sum(c.IN_TIME), _OFFERED
    ),
    _share(
        "service_level.of_offered_less_short",
        "the same without short abandons",
        _sum(c.IN_TIME),
        {**_OFFERED, c.SHORT: -1.0},
    ),
    _share(
        "service_level.of_answered",
        "answered in time, of those answered",
        _sum(c.IN_TIME),
        _ANSWERED,
    ),
    _share("abandoned", "gave up, of those offered", _sum(c.GAVE_UP), _OFFERED, "patience"),
    _mean(
        "mean_wait_s",
        "mean wait of all",
        "s",
        _sum(c.WAITED_ANSWERED, c.WAITED_OTHER, scale=1 / US),
        _OFFERED,
    ),
    _mean(
        "mean_wait_of_answered_s",
        "mean wait of those answered",
        "s",
        _sum(c.WAITED_ANSWERED, scale=1 / US),
        _ANSWERED,
    ),
    _share("waited", "had to wait", _sum(c.DELAYED), _OFFERED),
    _level("queue_length", "waiting at a time", _sum(c.QUEUE, scale=1 / US)),
    _mean("mean_handle_s", "mean handle time", "s", _sum(c.HANDLED, scale=1 / US), _ANSWERED),
    _share(
        "resolved",
        "resolved, of those answered",
        _sum(c.RESOLVED),
        _ANSWERED,
        "loop",
        otherwise=None,
    ),
    _share("repeated", "came again, of those offered", _AGAIN, _OFFERED, "loop"),
    Figure(
        name="contacts_per_customer",
        label="contacts per customer",
        unit="ratio",
        kind="amount",
        top=_sum(c.FRESH, c.REDIAL, c.RECONTACT),
        below=_sum(c.FRESH),
        needs="loop",
        otherwise=1.0,
    ),
    _share(
        "callback_accepted",
        "callbacks accepted, of those offered",
        _sum(c.ACCEPTED_CALLBACK),
        _sum(c.OFFERED_CALLBACK),
        "callback",
        otherwise=None,
    ),
    _share(
        "callback_kept",
        "callbacks in their window",
        _sum(c.CALLED_IN_WINDOW),
        _sum(c.ACCEPTED_CALLBACK),
        "callback",
        otherwise=None,
    ),
    _share("missed", "called back and not reached", _sum(c.MISSED), _OFFERED, "callback"),
    _share(
        "late", "answered after the deadline", _sum(c.LATE), _ANSWERED, "deadline", otherwise=None
    ),
)
"""A row for each attribute of :class:`ContactFigures`."""

STAFF: Final = (
    Figure(
        name="occupancy",
        label="occupancy",
        unit="share",
        kind="time",
        top=_sum(c.BUSY),
        below=_sum(c.STAFFED, c.OVERTIME),
    ),
    _level("on_duty", "agents on duty", _sum(c.STAFFED, scale=1 / US)),
    Figure(
        name="busy_h",
        label="busy hours",
        unit="h",
        kind="amount",
        top=_sum(c.BUSY, scale=1 / (US * HOUR_S)),
        per="run",
    ),
    Figure(
        name="overtime_h",
        label="hours of finishing calls",
        unit="h",
        kind="amount",
        top=_sum(c.OVERTIME, scale=1 / (US * HOUR_S)),
        per="run",
        needs="shifts",
    ),
    Figure(
        name="at_once",
        label="contacts at once",
        unit="ratio",
        kind="amount",
        top=_sum(c.IN_HAND),
        below=_sum(c.BUSY),
        needs="chats",
        otherwise=1.0,
    ),
)
"""A row for each attribute of :class:`StaffFigures`."""

_LOST: Final = (c.GAVE_UP_FOR_GOOD, c.GONE_QUIETLY, c.OUT_OF_ATTEMPTS, c.UNREACHED)
_OVER: Final = _sum(c.SETTLED, *_LOST)

CUSTOMERS: Final = (
    _count("customers", "customers", _sum(c.CUSTOMERS)),
    _share("settled", "settled", _sum(c.SETTLED), _OVER),
    _share("gave_up_for_good", "gave up for good", _sum(c.GAVE_UP_FOR_GOOD), _OVER, "patience"),
    _share("gone_quietly", "not helped, and gone quietly", _sum(c.GONE_QUIETLY), _OVER, "loop"),
    _share("out_of_attempts", "out of attempts", _sum(c.OUT_OF_ATTEMPTS), _OVER, "loop"),
    _share("unreached", "called back in vain", _sum(c.UNREACHED), _OVER, "callback"),
    _share("lost", "customers lost", _sum(*_LOST), _OVER),
    _share(
        "still_open",
        "open at the end",
        _sum(c.COMING_BACK, c.IN_SERVICE, c.WAITING),
        _sum(c.CUSTOMERS),
    ),
)
"""A row for each attribute of :class:`CustomerFigures`."""
