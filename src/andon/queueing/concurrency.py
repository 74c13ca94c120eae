"""Several chats at once: how much slower each goes, and where more of them get less done.

An agent with k chats serves each at speed s(k), relative to one alone: k chats together get
k s(k) done. That rises with k at first, for while one customer types another is read; then it
falls, for switching costs. The customer sees only the slowing: a handle time of h / s(k).

Models: Luo and Zhang 2013, *Staffing and control of instant messaging contact centers*,
https://doi.org/10.1287/opre.1120.1151; Tezcan and Zhang 2014, *Routing and staffing in customer
service chat systems with impatient customers*, https://doi.org/10.1287/opre.2014.1284.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, between, positive, share
from andon.queueing.intervals import one
from andon.units import HOUR_S, number, spoken

__all__ = [
    "ConcurrencyLimits",
    "Slowdown",
    "concurrency_limits",
    "quality",
]

_MOST_CHATS: Final = 1_000
"""An agent with more is no agent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slowdown:
    """How fast each of k chats goes, relative to one alone.

    Parameters
    ----------
    speeds : sequence of float
        For 1, 2, ... chats at once: 1 first, above 0, and never rising.

    Raises
    ------
    QueueingError
        If it does not begin with 1, rises, or falls to 0.

    Examples
    --------
    >>> Slowdown(speeds=(1, 0.8, 0.6)).work(3)
    1.7999999999999998
    """

    speeds: tuple[float, ...]

    def __post_init__(self) -> None:
        array = positive("speeds", self.speeds)
        if array.ndim != 1 or not 1 <= len(array) <= _MOST_CHATS:
            raise QueueingError(
                "speeds must be a row: one number for each number of chats at once.",
                found=f"speeds of shape {array.shape}",
                todo=f"Give 1 to {_MOST_CHATS:,} numbers.",
            )
        if array[0] != 1 or np.any(np.diff(array) > 0):
            raise QueueingError(
                "speeds must begin with 1, for a chat alone, and never rise.",
                found=f"speeds = {', '.join(f'{each:g}' for each in array[:8])}",
                todo="Divide the handle time alone by the handle time at so many chats.",
            )
        object.__setattr__(self, "speeds", tuple(float(each) for each in array))

    @classmethod
    def per_chat(cls, *, extra: float, most: int) -> Slowdown:
        """Each chat more makes all take ``extra`` (0 or more) of a handle time longer.

        s(k) = 1 / (1 + extra (k - 1)), for up to ``most`` chats. 0 slows nobody; 1 is a processor
        that is simply shared.

        >>> [round(each, 3) for each in Slowdown.per_chat(extra=0.25, most=3).speeds]
        [1.0, 0.8, 0.667]
        """
        slower = float(at_least_zero("extra", extra))
        chats = int(between("most", most, 1, _MOST_CHATS))
        return cls(speeds=tuple(1 / (1 + slower * k) for k in range(chats)))

    @classmethod
    def from_handle_times(cls, handle_s: Sequence[float]) -> Slowdown:
        """From mean handle times (seconds, above 0) while 1, 2, ... chats ran at once.

        >>> Slowdown.from_handle_times([600, 750, 1000]).speeds
        (1.0, 0.8, 0.6)
        """
        times = positive("handle_s", handle_s).ravel()
        return cls(speeds=tuple((times[:1] / times).tolist()))

    @property
    def most(self) -> int:
        """How many chats at once it tells of."""
        return len(self.speeds)

    def work(self, at_once: int) -> float:
        """How much an agent with so many chats gets done, relative to one chat after another."""
        if not 0 <= at_once <= self.most:
            raise QueueingError(
                "The slow-down does not tell of so many chats at once.",
                found=f"at_once = {at_once}, speeds for {self.most}",
                todo="Give a speed for each number of chats.",
            )
        return at_once * self.speeds[at_once - 1] if at_once else 0.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ConcurrencyLimits:
    """What an agent who is never short of customers gets done, by chats at once.

    Attributes
    ----------
    at_once : array, shape (k,)
        1, 2, ...
    handle_s : array, shape (k,)
        Handle time that a customer sees, seconds.
    handled_per_h : array, shape (k,)
        Chats an agent ends in an hour.
    resolved_per_h : array, shape (k,)
        Those among them that settle the matter; NaN if that was not given.
    most_handled_at : int
        Chats at once beyond which an agent ends fewer in an hour.
    most_resolved_at : int or None
        Chats at once beyond which an agent settles fewer matters in an hour; None if not given.
    """

    at_once: npt.NDArray[np.int64]
    handle_s: Floats
    handled_per_h: Floats
    resolved_per_h: Floats
    most_handled_at: int
    most_resolved_at: int | None

    @property
    def says(self) -> str:
        """Where the limits lie, in plain words."""
        i = self.most_handled_at - 1
        text = (
            f"An agent handles most at {self.most_handled_at} chats at once: "
            f"{number(float(self.handled_per_h[i]), step=0.1)} an hour, each of "
            f"{spoken(float(self.handle_s[i]), 's')}."
        )
        if self.most_resolved_at is not None:
            j = self.most_resolved_at - 1
            text += (
                f" Most matters are settled at {self.most_resolved_at}: "
                f"{number(float(self.resolved_per_h[j]), step=0.1)} an hour."
            )
        return text


def concurrency_limits(
    *, slowdown: Slowdown, handle_s: float, resolved_share: Sequence[float] | None = None
) -> ConcurrencyLimits:
    """The number of chats at once beyond which an agent gets less done, and less settled.

    Parameters
    ----------
    slowdown : Slowdown
    handle_s : float
        Mean handle time of a chat alone, seconds (> 0).
    resolved_share : sequence of float, optional
        Share of chats that settle the matter, 0 to 1, for 1, 2, ... chats at once.

    Returns
    -------
    ConcurrencyLimits
        Of several numbers with the same yield, the smallest is told.

    Raises
    ------
    QueueingError
        If a number lies outside its range, or the two curves differ in length.

    Notes
    -----
    A matter that is not settled comes back as another chat, so what counts is matters settled an
    hour: k s(k) q(k) / h. It peaks no later than chats handled, if quality falls with k.

    Examples
    --------
    >>> found = concurrency_limits(
    ...     slowdown=Slowdown.from_handle_times([600, 720, 900, 1260, 1800]),
    ...     handle_s=600,
    ...     resolved_share=[0.82, 0.80, 0.70, 0.60, 0.45],
    ... )
    >>> found.handled_per_h.round(1).tolist()
    [6.0, 10.0, 12.0, 11.4, 10.0]
    >>> found.most_handled_at, found.most_resolved_at
    (3, 3)
    """
    mean = one("handle_s", handle_s)
    k = np.arange(1, slowdown.most + 1)
    speeds = np.array(slowdown.speeds)
    handled = k * speeds * HOUR_S / mean
    resolved = np.full(len(k), math.nan)
    most_resolved = None
    if resolved_share is not None:
        resolved = handled * quality(resolved_share, chats=slowdown.most)
        most_resolved = int(k[_first_highest(resolved)])
    return ConcurrencyLimits(
        at_once=k,
        handle_s=mean / speeds,
        handled_per_h=handled,
        resolved_per_h=resolved,
        most_handled_at=int(k[_first_highest(handled)]),
        most_resolved_at=most_resolved,
    )


def quality(resolved_share: Sequence[float], *, chats: int) -> Floats:
    """Shares of chats that settle the matter, for 1 to ``chats`` at once."""
    settled = share("resolved_share", resolved_share)
    if settled.ndim != 1 or len(settled) < chats:
        raise QueueingError(
            "resolved_share must tell of each number of chats at once.",
            found=f"resolved_share of shape {settled.shape}, {chats} chats at once",
            todo="Give one share for each.",
        )
    return settled[:chats]


def _first_highest(values: Floats) -> int:
    """The first that no later one exceeds by more than rounding."""
    return int(np.argmax(values >= values.max() * (1 - 1e-12)))
