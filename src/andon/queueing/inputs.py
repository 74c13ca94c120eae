"""What comes in at the door: each number is checked once, and an error names the field.

Every check returns a contiguous array of float64, so that what follows compiles once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError

__all__ = [
    "MOST_ERLANGS",
    "Floats",
    "Numbers",
    "agents",
    "as_given",
    "at_least_zero",
    "between",
    "flat",
    "handle_and_patience",
    "handle_time",
    "load",
    "positive",
    "share",
    "together",
    "whole",
]

Floats = npt.NDArray[np.float64]
Numbers = float | Floats
"""A number where single numbers were given, an array where arrays were."""
MOST_ERLANGS: Final = 1e7
"""The largest load that is taken."""
_MOST_AGENTS: Final = 1e9
_SHORTEST_S: Final = 1e-6
_LONGEST_S: Final = 1e9
_MOST_PATIENT: Final = 1e7
"""Handle times that callers may wait on average; beyond it nobody hangs up that one could count."""


def at_least_zero(field: str, value: npt.ArrayLike, *, todo: str = "") -> Floats:
    """Finite numbers of 0 or more."""
    array = _numbers(field, value)
    _stop(field, array, ~(np.isfinite(array) & (array >= 0)), "must be 0 or more", todo)
    return array


def positive(field: str, value: npt.ArrayLike, *, todo: str = "") -> Floats:
    """Finite numbers above 0."""
    array = _numbers(field, value)
    _stop(field, array, ~(np.isfinite(array) & (array > 0)), "must be above 0", todo)
    return array


def share(field: str, value: npt.ArrayLike, *, todo: str = "") -> Floats:
    """Shares, 0 to 1."""
    return between(field, value, 0.0, 1.0, todo=todo or "Write 80 in 100 as 0.8.")


def between(
    field: str, value: npt.ArrayLike, least: float, most: float, *, todo: str = ""
) -> Floats:
    """Numbers from ``least`` to ``most``, both allowed."""
    array = _numbers(field, value)
    outside = ~((array >= least) & (array <= most))
    _stop(field, array, outside, f"must lie between {least:g} and {most:g}", todo)
    return array


def together(**fields: Floats) -> tuple[Floats, ...]:
    """All fields in one shape, by the rules of broadcasting.

    Raises
    ------
    QueueingError
        If their shapes do not fit together.
    """
    try:
        arrays = np.broadcast_arrays(*fields.values())
    except ValueError as problem:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in fields.items())
        raise QueueingError(
            "The shapes of what was given do not fit together.",
            found=shapes,
            todo="Give single numbers, or arrays whose shapes broadcast as NumPy's do.",
        ) from problem
    # A single number would come back as a list of one.
    return tuple(
        np.ascontiguousarray(array, dtype=np.float64).reshape(array.shape) for array in arrays
    )


def load(value: npt.ArrayLike) -> Floats:
    """Offered loads in erlangs."""
    todo = "A load is calls a second times the mean handle time in seconds."
    return between("load_erlangs", value, 0.0, MOST_ERLANGS, todo=todo)


def agents(value: npt.ArrayLike) -> Floats:
    """Agents, whole or not."""
    return between("agents", value, 0.0, _MOST_AGENTS, todo="Agents are a number of 0 or more.")


def handle_time(value: npt.ArrayLike) -> Floats:
    """Mean handle times in seconds."""
    array = positive("handle_s", value, todo="A handle time is in seconds, such as 180.")
    return between("handle_s", array, _SHORTEST_S, _LONGEST_S)


def handle_and_patience(
    handle_s: npt.ArrayLike, patience_s: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Mean handle times and mean patience in seconds."""
    handle = handle_time(handle_s)
    todo = (
        "Callers without patience never wait: use erlang_b. "
        "Callers who never hang up: use erlang_c."
    )
    patience = positive("patience_s", patience_s, todo=todo)
    patience = between("patience_s", patience, _SHORTEST_S, _LONGEST_S, todo=todo)
    handle_, patience_ = together(handle_s=handle, patience_s=patience)
    endless = patience_ > _MOST_PATIENT * handle_
    rule = f"must be at most {_MOST_PATIENT:,.0f} times handle_s"
    _stop("patience_s", patience_, endless, rule, "Nobody would hang up: use erlang_c.")
    return handle, patience


def flat(array: Floats) -> Floats:
    """All numbers in a row, writeable, so that kernels meet one kind of array and compile once."""
    row = array.reshape(-1)
    # NumPy warns whoever asks a stretched array, which has at most one number if it is contiguous.
    return row if row.size > 1 and row.flags.writeable else row.copy()


def as_given(array: npt.NDArray[np.float64]) -> Numbers:
    """A plain number for an array without dimensions, else the array."""
    return array if array.ndim else float(array)


def _numbers(field: str, value: npt.ArrayLike) -> Floats:
    try:
        return np.ascontiguousarray(value, dtype=np.float64).reshape(np.shape(value))
    except (TypeError, ValueError) as problem:
        raise QueueingError(
            f"{field} must be a number, or an array of numbers.",
            found=f"{field} = {value!r}",
            todo="Durations are seconds, loads are erlangs.",
        ) from problem


def _stop(field: str, array: Floats, wrong: npt.NDArray[np.bool_], rule: str, todo: str) -> None:
    if not wrong.any():
        return
    where = np.unravel_index(int(np.argmax(wrong)), array.shape) if array.ndim else ()
    place = f"[{', '.join(str(int(i)) for i in where)}]" if array.ndim else ""
    raise QueueingError(
        f"{field} {rule}.",
        found=f"{field}{place} = {float(array[where]):g}",
        todo=todo or f"Correct {field}.",
    )


def whole(field: str, value: float, *, least: int) -> int:
    """A whole number of ``least`` or more."""
    if isinstance(value, bool) or not np.isfinite(value) or value != int(value) or value < least:
        raise QueueingError(
            f"{field} must be a whole number, {least} or more.",
            found=f"{field} = {value!r}",
            todo=f"Correct {field}.",
        )
    return int(value)
