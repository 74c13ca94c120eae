"""Plain values: results as what JSON can hold, under the names and units of Python."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
from collections.abc import Mapping
from pathlib import Path

from andon.estimate import Unknown

__all__ = ["plain"]


def plain(value: object, *, for_roles: bool = False) -> object:
    """A result as lists, dicts, text, numbers and null.

    What is unknown says so, why, and what data would let us tell.

    Parameters
    ----------
    value : object
    for_roles : bool
        Whether to keep what speaks of single advisors: the parts of results called ``for_roles``.
        They are for roles that the operation allows, and left out unless this is said.

    Examples
    --------
    >>> plain(Unknown(unit="h", why="nobody wrote it down", needs="staffing"))["unknown"]
    True
    >>> plain((1, float("nan"), dt.date(1999, 1, 2)))
    [1, None, '1999-01-02']
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        each = {
            field.name: plain(getattr(value, field.name), for_roles=for_roles)
            for field in dataclasses.fields(value)
            if for_roles or field.name != "for_roles"
        }
        return {"unknown": True, **each} if isinstance(value, Unknown) else each
    if isinstance(value, Mapping):
        return {str(key): plain(item, for_roles=for_roles) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, for_roles=for_roles) for item in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str | None) else str(value)
