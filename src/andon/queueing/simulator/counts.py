"""The counts of all replications, side by side, and what became of everybody in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing._kernels import columns
from andon.queueing.simulator.raw import Raw

__all__ = ["Counts", "Fates"]

_Integers = npt.NDArray[np.int64]

_CAME: Final = [columns.FRESH, columns.REDIAL, columns.RECONTACT, columns.PASSED_IN]
_LEFT: Final = [
    columns.ANSWERED,
    columns.GAVE_UP,
    columns.STILL,
    columns.MISSED,
    columns.PASSED_ON,
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fates:
    """What became of every contact and every customer, added up over all replications.

    Attributes
    ----------
    arrived : int
        Contacts that joined a queue; one that is passed on joins two.
    answered, gave_up, still_waiting, missed, passed_on : int
        How they left it: served; hung up; had not left it at the end; called back and not reached;
        passed on while they waited. They add up to ``arrived``.
    customers : int
        Customers who came.
    settled, gone_quietly, gave_up_for_good, out_of_attempts, unreached : int
        Whose matter is over: they need nothing more (or the model asks no further); were not
        helped, and ask no more; hung up, and call no more; asked as often as anybody may; were
        called back in vain.
    coming_back, in_service, waiting : int
        Whose matter is open at the end: they will come back later; are being served; wait. With
        those above they add up to ``customers``.

    Raises
    ------
    QueueingError
        If somebody is lost or doubled: that would be a fault in the simulator.
    """

    arrived: int
    answered: int
    gave_up: int
    still_waiting: int
    missed: int
    passed_on: int
    customers: int
    settled: int
    gone_quietly: int
    gave_up_for_good: int
    out_of_attempts: int
    unreached: int
    coming_back: int
    in_service: int
    waiting: int

    def __post_init__(self) -> None:
        left = self.answered + self.gave_up + self.still_waiting + self.missed + self.passed_on
        over = self.settled + self.gone_quietly + self.gave_up_for_good
        over += self.out_of_attempts + self.unreached
        open_still = self.coming_back + self.in_service + self.waiting
        if self.arrived != left or self.customers != over + open_still:
            raise _lost(f"{self!r}")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Counts:
    """The tables of :class:`~andon.queueing.simulator.raw.Raw`, one row for each replication.

    Attributes
    ----------
    queues : array of int, shape (replications, queues, intervals, QUEUE_COLUMNS)
    pools : array of int, shape (replications, pools, intervals, POOL_COLUMNS)
    waits : array of int, shape (replications, queues, BINS, 2)
    fates : array of int, shape (replications, queues, FATES)
    """

    queues: _Integers
    pools: _Integers
    waits: _Integers
    fates: _Integers

    @classmethod
    def of(cls, raws: Sequence[Raw], *, first: int) -> Counts:
        """Put replications side by side, once it is sure that nobody is lost or doubled.

        Parameters
        ----------
        raws : sequence of Raw
        first : int
            The first interval after the warm-up, from which waits are counted.

        Raises
        ------
        QueueingError
            If somebody is.
        """
        for replication, raw in enumerate(raws):
            _check(raw, replication, first)
        return cls(
            queues=np.stack([raw.queues for raw in raws]),
            pools=np.stack([raw.pools for raw in raws]),
            waits=np.stack([raw.waits for raw in raws]),
            fates=np.stack([raw.fates for raw in raws]),
        )

    def __len__(self) -> int:
        """How many replications."""
        return len(self.queues)

    def of_all(self) -> Fates:
        """What became of everybody, added up."""
        contacts = self.queues.sum(axis=(0, 1, 2))
        customers = self.fates.sum(axis=(0, 1))
        return Fates(
            arrived=int(contacts[_CAME].sum()),
            answered=int(contacts[columns.ANSWERED]),
            gave_up=int(contacts[columns.GAVE_UP]),
            still_waiting=int(contacts[columns.STILL]),
            missed=int(contacts[columns.MISSED]),
            passed_on=int(contacts[columns.PASSED_ON]),
            customers=int(customers[columns.CUSTOMERS]),
            settled=int(customers[columns.SETTLED]),
            gone_quietly=int(customers[columns.GONE_QUIETLY]),
            gave_up_for_good=int(customers[columns.GAVE_UP_FOR_GOOD]),
            out_of_attempts=int(customers[columns.OUT_OF_ATTEMPTS]),
            unreached=int(customers[columns.UNREACHED]),
            coming_back=int(customers[columns.COMING_BACK]),
            in_service=int(customers[columns.IN_SERVICE]),
            waiting=int(customers[columns.WAITING]),
        )


def _check(raw: Raw, replication: int, first: int) -> None:
    """Every contact that came has left or is there still, and so has every customer."""
    came = raw.queues[:, :, _CAME].sum(axis=2)
    left = raw.queues[:, :, _LEFT].sum(axis=2)
    fresh = raw.queues[:, :, columns.FRESH].sum(axis=1)
    customers = raw.fates[:, columns.CUSTOMERS]
    told = raw.fates[:, : columns.CUSTOMERS].sum(axis=1)
    waited = raw.queues[:, first:][:, :, [columns.ANSWERED, columns.GAVE_UP]].sum(axis=1)
    for what, one, other in (
        ("contacts", came, left),
        ("new customers", fresh, customers),
        ("customers", customers, told),
        ("waits", waited, raw.waits.sum(axis=1)),
    ):
        if not np.array_equal(one, other):
            at = tuple(int(i) for i in np.argwhere(one != other)[0])
            raise _lost(
                f"replication {replication}, {what} {at}: {int(one[at])}, "
                f"accounted for {int(other[at])}"
            )


def _lost(found: str) -> QueueingError:
    return QueueingError(
        "The simulator lost somebody, or counted somebody twice.",
        found=found,
        todo="This is a fault in Andon: please report it with the model and the seed.",
    )
