"""The service level, by the three definitions that people mean by the one word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from andon.queueing.inputs import Numbers

__all__ = ["DEFINITIONS", "Definition", "ServiceLevel"]

Definition = Literal["of_offered", "of_offered_less_short", "of_answered"]
"""Which of the three is meant; the names are those of :class:`ServiceLevel`."""

DEFINITIONS: Final[tuple[Definition, ...]] = ("of_offered", "of_offered_less_short", "of_answered")
"""Every definition, the strictest first."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ServiceLevel:
    """The share of callers answered within a time, over three different bases.

    The three agree where nobody hangs up. Where callers do, each one flatters more than the one
    before it: never compare two figures without knowing the definition of both.

    Attributes
    ----------
    of_offered : float or array
        Answered in time, of all who called. 0 to 1.
    of_offered_less_short : float or array
        Answered in time, of all who called save those who hung up within that time. The project's
        adopted definition, with the short limit equal to the time to answer within.
    of_answered : float or array
        Answered in time, of those who were answered at all; NaN where nobody is.
    """

    of_offered: Numbers
    of_offered_less_short: Numbers
    of_answered: Numbers
