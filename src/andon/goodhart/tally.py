"""A tally: how often each value was seen, in all and by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError

__all__ = ["Tally", "tally"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tally:
    """How often each value was seen.

    Attributes
    ----------
    values : array of shape (m,)
        Distinct values, ascending, in the unit of what was measured.
    counts : array of shape (g, m)
        Contacts at each value, a row for each group (day, advisor); one row where there are none.
    grouped : bool
        Whether the rows are groups whose contacts may be alike.
    """

    values: _Floats
    counts: _Floats
    grouped: bool

    @property
    def totals(self) -> _Floats:
        """Contacts at each value, all groups together."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.float64)

    @property
    def n(self) -> int:
        """Contacts in all."""
        return round(float(self.counts.sum()))

    def between(self, low: float, high: float) -> Tally:
        """Those values from ``low`` to ``high``, both included."""
        inside = (self.values >= low) & (self.values <= high)
        return Tally(
            values=self.values[inside], counts=self.counts[:, inside], grouped=self.grouped
        )


def tally(values: npt.ArrayLike, counts: npt.ArrayLike | None = None) -> Tally:
    """Values one by one, or counts at distinct values, as one tally.

    Parameters
    ----------
    values : array_like
        Measured values, in any order; each once or more, at least one.
    counts : array_like, optional
        How often each value was seen, whole numbers of 0 or more: one for each value, or a row of
        them for each group (a day, an advisor). Without it each value counts once.

    Returns
    -------
    Tally
        Values seen in no group are left out, groups with no contact too.

    Raises
    ------
    QuestionError
        If a value is not finite, a count is no count, the shapes do not fit, or nothing was seen.

    Examples
    --------
    >>> seen = tally([30, 10, 10, 20], [1, 2, 3, 0])
    >>> seen.values.tolist(), seen.totals.tolist(), seen.n
    ([10.0, 30.0], [5.0, 1.0], 6)
    """
    at = _numbers(values, "values")
    if at.ndim != 1:
        raise _bad("Values must be one row of numbers.", f"shape {at.shape}", "Flatten them.")
    if not np.isfinite(at).all():
        raise _bad(
            "A value is missing or infinite.",
            f"{int((~np.isfinite(at)).sum()):,} of {at.size:,} values",
            "Leave out what was not measured, and say how much that was.",
        )
    seen = np.ones(at.shape) if counts is None else _numbers(counts, "counts")
    if seen.ndim not in {1, 2} or seen.shape[-1] != at.size:
        raise _bad(
            "Counts do not fit the values.",
            f"counts of shape {seen.shape} for {at.size:,} values",
            "Give one count for each value, or a row of them for each group.",
        )
    if not (np.isfinite(seen).all() and (seen >= 0).all() and (seen == np.rint(seen)).all()):
        raise _bad(
            "Counts must be whole numbers of 0 or more.",
            "a count that is negative, broken or missing",
            "Count contacts at each value; do not weight them.",
        )
    rows = np.atleast_2d(seen)
    distinct, place = np.unique(at, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(distinct.size))
    if distinct.size < at.size:
        rows = np.add.reduceat(rows[:, order], starts, axis=1)
    else:
        rows = rows[:, order]
    met, there = rows.sum(axis=0) > 0, rows.sum(axis=1) > 0
    if not met.any():
        raise _bad("Nothing was counted.", "0 contacts", "Give values that were seen.")
    return Tally(
        values=distinct[met],
        counts=np.asarray(rows[there][:, met], dtype=np.float64),
        grouped=seen.ndim == 2,
    )


def _numbers(given: npt.ArrayLike, name: str) -> _Floats:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise _bad(
            f"The {name} are no numbers.", repr(given)[:60], "Give numbers, in one unit."
        ) from None


def _bad(wrong: str, found: str, todo: str) -> QuestionError:
    return QuestionError(wrong, found=found, todo=todo)
