"""Findings: what the questions found, said in sentences that a head of service can act on.

One file a finding. Each takes answers and gives a finding, or None where the data show none; each
sentence has the customer as its subject, and each next step is about a measure, a target or a
system, never about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["NAMES"]

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reach.gave_up": "Giving up",
        "repeat_work.cut_short": "Cut short",
        "repeat_work.coming_back": "Coming back",
        "goodhart.bent_measures": "Bent measures",
        "price.recontact": "The price of a second",
        "effort.waiting": "Waiting",
        "volatility.days": "Uneven days",
        "twins.parted": "Twins that part",
        "twins.together": "Twins",
        "coverage.unknown": "What we cannot see",
    }
)
"""Each finding's name in two or three words, for lists and charts."""
