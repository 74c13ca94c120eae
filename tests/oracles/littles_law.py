"""A slow, plain twin of presence: every stay is laid over every hour."""

from __future__ import annotations

from collections.abc import Sequence

HOUR_US = 3_600_000_000


def present_us(stays: Sequence[tuple[int, int | None]], hour: int) -> int:
    """Microseconds that anybody was present within an hour since 1970."""
    start, end = hour * HOUR_US, (hour + 1) * HOUR_US
    return sum(
        max(0, min(end, to_us) - max(start, from_us))
        for from_us, to_us in stays
        if to_us is not None and to_us >= from_us
    )


def stayed_us(stays: Sequence[tuple[int, int | None]], hour: int) -> int:
    """Microseconds that those who came within an hour stayed, whenever that was."""
    return sum(
        to_us - from_us
        for from_us, to_us in stays
        if to_us is not None and to_us >= from_us and from_us // HOUR_US == hour
    )
