"""What comes in at the door: each number is checked once, and an error names the field.

Every check returns a contiguous array of float64, so that what follows compiles once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError

__all__ = ["Floats", "at_least_zero", "between", "positive", "share", "together", "whole"]

Floats = npt.NDArray[np.float64]


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
    return tuple(np.ascontiguousarray(array, dtype=np.float64) for array in arrays)


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
