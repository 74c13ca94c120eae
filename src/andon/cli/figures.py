"""Figures in the terminal: how each value of a result is found and shown."""

from __future__ import annotations

import math
from typing import Any, Final

from andon.answer import Group
from andon.estimate import Unknown
from andon.units import UNITS, number, spoken

__all__ = ["at", "bare", "cell", "counted", "shown"]


_RARE: Final = 0.001
"""Nobody reads a chance more closely."""


def at(result: object, path: str) -> Any:
    """The value at a path of attributes; a whole number stands for a place in a list.

    >>> at((1, "four"), "1.__class__.__name__")
    'str'
    """
    value: Any = result
    for name in path.split("."):
        if value is None or isinstance(value, Unknown):  # and so is every part of it
            return value
        value = value[int(name)] if name.isdigit() else getattr(value, name)
        if callable(value):
            value = value()
    return value


def bare(path: str) -> str:
    """The path alone, without what it says of a unit.

    >>> bare("bands.0.rate as share")
    'bands.0.rate'
    """
    return path.partition(" as ")[0]


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun.

    >>> counted(1, "row", "rows"), counted(1200, "row", "rows")
    ('1 row', '1,200 rows')
    """
    return f"{count:,} {one if count == 1 else many}"


def cell(result: object, path: str) -> str:
    """The value at a path as a cell of a table; ``rate as share`` says a bare number's unit.

    Beside units it can be a ``chance``, or a ``group`` by its scope.

    >>> cell((0.25,), "0"), cell((0.25,), "0 as share"), cell((1e-9,), "0 as chance")
    ('0.25', '25 %', 'under 0.001')
    """
    where, unit = bare(path), path.partition(" as ")[2]
    value = at(result, where)
    if unit == "group" and isinstance(value, tuple):
        return Group(scope=value, result=None).label or "all"
    if unit == "chance" and isinstance(value, int | float) and 0 <= value < _RARE:
        return f"under {_RARE}"
    if unit in UNITS and isinstance(value, int | float) and math.isfinite(value):
        return spoken(value, unit)
    return shown(value, name=where)


def shown(value: object, *, name: str = "") -> str:
    """A value as a cell of a table; ``name`` tells the unit where it ends in ``_s`` or ``_h``.

    >>> from andon.estimate import Estimate
    >>> shown(Estimate(value=0.205, low=0.203, high=0.207, unit="share", n=9, method="Wilson"))
    '20.5 % (20.3 to 20.7 %)'
    >>> shown(600, name="window_s"), shown(283661), shown(None), shown(True)
    ('10 min', '283,661', '', 'yes')
    """
    if isinstance(value, Unknown):
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, name)
    if isinstance(value, tuple):
        return ", ".join(shown(each) for each in value)
    return "" if value is None else str(value)


def _number(value: float, name: str) -> str:
    if not math.isfinite(value):
        return "not known"
    if name.endswith("_s"):
        return spoken(value, "s")
    return spoken(value, "h") if name.endswith("_h") else number(value)
