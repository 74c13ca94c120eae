"""The promise: what customers, and the people who serve them, are to find on most days."""

from __future__ import annotations

from dataclasses import dataclass

from andon.errors import PlanError

__all__ = ["Promise"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """What is promised of each day, and on what share of days it is to be kept.

    What is None is not promised. Each is counted over the day as a whole, contact by contact.

    Attributes
    ----------
    answer_within_s : float
        The time of ``service_level``, seconds, 0 or more.
    service_level : float or None
        Share answered within that time, of all offered but those who gave up within
        ``short_abandon_s``; 0 to 1.
    short_abandon_s : float
        0 or more.
    abandoned : float or None
        At most this share gives up, later than ``short_abandon_s``; 0 to 1.
    mean_wait_s : float or None
        All contacts wait at most this long on average, seconds, 0 or more.
    occupancy : float or None
        For people's sake: at most this share of their time on duty with contacts, 0 to 1.
    days : float
        On this share of days all of it holds, above 0 and below 1.

    Raises
    ------
    PlanError
        If nothing is promised, or a number lies outside its range.

    Examples
    --------
    >>> Promise(service_level=0.8).days
    0.9
    """

    answer_within_s: float = 20.0
    service_level: float | None = None
    short_abandon_s: float = 5.0
    abandoned: float | None = None
    mean_wait_s: float | None = None
    occupancy: float | None = None
    days: float = 0.9

    def __post_init__(self) -> None:
        for name in ("service_level", "abandoned", "occupancy", "days"):
            value: float | None = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise PlanError(
                    f"{name} must lie between 0 and 1.",
                    found=f"{name} = {value:g}",
                    todo="Write 80 % as 0.8; all and nothing cannot be promised.",
                )
        for name in ("answer_within_s", "short_abandon_s", "mean_wait_s"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise PlanError(
                    f"{name} must be 0 or more.",
                    found=f"{name} = {value:g}",
                    todo="Give seconds.",
                )
        if all(
            each is None
            for each in (self.service_level, self.abandoned, self.mean_wait_s, self.occupancy)
        ):
            raise PlanError(
                "Nothing is promised, so any number of people would do.",
                found="service_level, abandoned, mean_wait_s and occupancy are all left out",
                todo="Promise at least one of them, such as service_level=0.8.",
            )
