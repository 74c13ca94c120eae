"""Dates with their doubt: when something began or ended, as far as the weeks or days show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from andon.estimate import Unknown
from andon.goodhart.change_points import Change

__all__ = ["Dates", "stretch_said"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dates:
    """A date with its doubt: the first day of the period in which something began or ended.

    Attributes
    ----------
    earliest, likeliest, latest : datetime.date

    Examples
    --------
    >>> day = dt.date(2024, 1, 1)
    >>> Dates(earliest=day, likeliest=day, latest=dt.date(2024, 1, 8)).says()
    '2024-01-01 (between 2024-01-01 and 2024-01-08)'
    """

    earliest: dt.date
    likeliest: dt.date
    latest: dt.date

    @classmethod
    def of_start(
        cls, change: Change | Unknown, first_day: Callable[[int], dt.date]
    ) -> Dates | None:
        """When a change began, given the first day of a period; None where that was not seen."""
        if isinstance(change, Unknown) or not change.begins:
            return None
        return cls(
            earliest=first_day(change.start_low),
            likeliest=first_day(change.start),
            latest=first_day(change.start_high),
        )

    @classmethod
    def of_end(cls, change: Change | Unknown, first_day: Callable[[int], dt.date]) -> Dates | None:
        """When a change was over, given the first day of a period; None where it was not seen."""
        if isinstance(change, Unknown) or not change.ends:
            return None
        return cls(
            earliest=first_day(change.end_low),
            likeliest=first_day(change.end),
            latest=first_day(change.end_high),
        )

    def says(self) -> str:
        """A date, and between which others it lies."""
        if self.earliest == self.latest:
            return f"{self.likeliest}"
        return f"{self.likeliest} (between {self.earliest} and {self.latest})"


def stretch_said(rose: Dates | None, fell: Dates | None, *, more: str) -> str:
    """From which week to which there was more of something, in a sentence.

    Parameters
    ----------
    rose, fell : Dates or None
        None where it was not seen.
    more : str
        What there was more of, as the start of a sentence that compares.

    Examples
    --------
    >>> stretch_said(None, None, more="more was passed on")[:49]
    'From the first week that we have to the last that'
    """
    since = f"From the week of {rose.says()}" if rose else "From the first week that we have"
    until = f"until the week of {fell.says()}" if fell else "to the last that we have"
    if not rose and not fell:
        return f"{since} {until}, no change from week to week stands out."
    return f"{since} {until}, {more} than in the other weeks."
