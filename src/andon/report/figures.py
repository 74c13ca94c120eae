"""Figures: every estimate in an answer, by a name that says where it stands.

``reach.giving_up.of_reached.share`` is the field of a field of the result; members of a list are
named by what tells them apart (``repeat_work.retrials.windows[600].rate``), groups by their scope
(``reach[queue=Loans].wait_mean_s``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from andon.answer import Answer
from andon.estimate import Estimate, Unknown

__all__ = ["LABELS", "figures_in", "figures_of", "label"]

LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reach.giving_up.of_reached.share": "gave up before service",
        "reach.service_level.without_short_abandons.share": "answered in time",
        "reach.wait_quantiles[0.9].seconds": "9 in 10 waited at most",
        "repeat_work.recontacts.windows[604800].excess": "came back beyond habit",
    }
)
"""What the figures that a report shows large are called."""

_FOR_ROLES: Final = "for_roles"
"""What a result says of single advisors: no figure of a report that all may read."""

_NAMES: Final = ("key", "window_s", "on", "cause", "p", "month", "hour", "weekday", "name", "value")
"""Fields that tell the members of a list apart: the first that a member has."""


def figures_of(question: str, answer: Answer[Any]) -> dict[str, Estimate | Unknown]:
    """Every figure of an answer, overall and in each group.

    Parameters
    ----------
    question : str
        The name that all figures begin with.
    answer : Answer
        Its results are dataclasses.
    """
    found = figures_in(question, answer.overall)
    for group in answer.groups:
        scope = ",".join(f"{name}={value}" for name, value in group.scope)
        found |= figures_in(f"{question}[{scope}]", group.result)
    return found


def figures_in(place: str, result: object) -> dict[str, Estimate | Unknown]:
    """Every figure of a result, but for what is for roles.

    Parameters
    ----------
    place : str
        The name that all figures begin with.
    result : object
        A dataclass, or a figure itself.
    """
    return dict(_walk(result, place))


def label(name: str) -> str:
    """A figure's name as people read it.

    >>> label("reach.giving_up.of_reached.share")
    'gave up before service'
    >>> label("coming_back.within_7_days")
    'within 7 days'
    """
    if name in LABELS:
        return LABELS[name]
    parts = name.split(".")
    return ", ".join(part.replace("_", " ") for part in (parts[1:] or parts))


def _walk(value: Any, place: str) -> Iterator[tuple[str, Estimate | Unknown]]:
    if isinstance(value, Estimate | Unknown):
        yield place, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name == _FOR_ROLES:
                continue
            yield from _walk(getattr(value, field.name), f"{place}.{field.name}")
    elif isinstance(value, tuple):
        names = [_name(each, i) for i, each in enumerate(value)]
        if len(set(names)) < len(names):
            names = [str(i) for i in range(len(value))]
        for name, each in zip(names, value, strict=True):
            yield from _walk(each, f"{place}[{name}]")


def _name(member: object, i: int) -> str:
    scope = getattr(member, "scope", None)
    if scope and isinstance(scope, tuple):
        return ",".join(f"{name}={value}" for name, value in scope)
    return next((str(getattr(member, name)) for name in _NAMES if hasattr(member, name)), str(i))
