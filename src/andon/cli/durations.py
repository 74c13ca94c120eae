"""Durations, shares and targets as people write them: ``3m``, ``5%``, ``80/20``."""

from __future__ import annotations

import math
import re
from typing import Final

import click

from andon.units import seconds_said, share_said

__all__ = ["DURATION", "SHARE", "TARGET", "duration_s", "share", "target"]

_NUMBER: Final = r"\d+(?:\.\d+)?|\.\d+"
_CLOCK: Final = re.compile(r"(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)")


def duration_s(text: str) -> float:
    """Seconds in a duration; a number alone is seconds already.

    >>> [duration_s(each) for each in ("180", "3m", "2m30s", "1.5 h", "0:03:00", "20 s")]
    [180.0, 180.0, 150.0, 5400.0, 180.0, 20.0]

    Raises
    ------
    ValueError
        If it is not one.
    """
    if clock := _CLOCK.fullmatch(text.strip()):
        hours, minutes, seconds = (float(each) for each in clock.groups())
        return 3600 * hours + 60 * minutes + seconds
    try:
        return seconds_said(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a duration. Write it as 180s, 3m, 2m30s or 0:03:00."
        ) from None


def share(text: str) -> float:
    """A share of 0 to 1 from ``5%`` or ``0.05``.

    >>> share("5%"), share("0.05"), share("99.5 %")
    (0.05, 0.05, 0.995)

    Raises
    ------
    ValueError
        If it is neither.
    """
    try:
        value = share_said(text)
    except ValueError:
        value = math.inf
    if value > 1:
        raise ValueError(f"{text!r} is not a share. Write 5 in 100 as 5% or 0.05.")
    return value


def target(text: str) -> tuple[float, float]:
    """The share and the seconds of a service level, such as ``80/20``.

    >>> target("80/20"), target("90%/1m"), target("0.8/20s")
    ((0.8, 20.0), (0.9, 60.0), (0.8, 20.0))

    Raises
    ------
    ValueError
        If it is not one.
    """
    first, _, second = text.partition("/")
    number = first.strip()
    whole = re.fullmatch(_NUMBER, number) is not None and float(number) > 1
    try:
        return share(f"{number}%" if whole else number), duration_s(second)
    except ValueError as problem:
        raise ValueError(
            f"{text!r} is not a service level. Write 80 in 100 within 20 s as 80/20, or 80%/20s."
        ) from problem


class _Duration(click.ParamType[float]):
    """A duration such as 3m."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return value if isinstance(value, float) else duration_s(str(value))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


class _Share(click.ParamType[float]):
    """A share such as 5%."""

    name = "share"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            return value if isinstance(value, float) else share(str(value))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


class _Target(click.ParamType[tuple[float, float]]):
    """A service level such as 80/20."""

    name = "share/duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        try:
            return value if isinstance(value, tuple) else target(str(value))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


DURATION: Final = _Duration()
"""A click type: seconds."""
SHARE: Final = _Share()
"""A click type: 0 to 1."""
TARGET: Final = _Target()
"""A click type: 0 to 1, and seconds."""
