"""Goals for tests, whole unless something is taken away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from andon.goodhart.goal import Change, Goal, Twin
from andon.goodhart.measures import MEASURES

__all__ = ["goal", "twin"]


def twin(key: str, floor: float | None = None) -> Twin:
    return Twin(measure=MEASURES[key], floor=floor)


def goal(measure: str = "recontact", **other: Any) -> Goal:
    """Ten per cent off what customers come back for, with a twin, for nobody's reward."""
    said: dict[str, Any] = {
        "name": "A goal",
        "level": None,
        "change": Change(amount=-0.1, relative=True),
        "by": dt.date(2027, 12, 31),
        "rewarded": ("nobody",),
        "behind": "Matters that are settled.",
        "harmed": ("customers who do come back",),
        "twins": (twin("abandonment", 0.06),),
        "scope": {},
    }
    said |= other
    if said["level"] is not None:
        said["change"] = None
    return Goal(measure=MEASURES[measure], **said)
