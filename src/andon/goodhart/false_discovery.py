"""False discovery: how many of the things that look odd may be odd by chance alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError

__all__ = ["Dependence", "Discoveries", "controlled"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Dependence = Literal["positive", "arbitrary"]
"""How the tests hang together: not at all or positively (Benjamini and Hochberg's procedure), or
in any way at all (Benjamini and Yekutieli's)."""

_METHODS: Final[dict[Dependence, str]] = {"positive": "bh", "arbitrary": "by"}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Discoveries:
    """Which of many tests stand out, once it is counted how many there were.

    Attributes
    ----------
    p : array
        The p-values as they came, 0 to 1; NaN where a test could not be made.
    adjusted : array
        The least share of false discoveries at which each would be one; NaN where ``p`` is.
    found : array of bool
        Adjusted at or below ``level``.
    tested : int
        Tests that could be made.
    level : float
        The share of false ones among those found that is put up with on average, 0 to 1. Where
        nothing at all is going on, anything is found with at most this chance.
    dependence : Dependence
    """

    p: Floats
    adjusted: Floats
    found: Bools
    tested: int
    level: float
    dependence: Dependence

    @property
    def p_any(self) -> float:
        """The chance of anything this odd anywhere; NaN where nothing was tested.

        Simes (1986, *Biometrika* 73, 751), where the dependence is ``"positive"``.
        """
        return float(np.nanmin(self.adjusted)) if self.tested else math.nan


def controlled(
    p: npt.ArrayLike, *, level: float = 0.05, dependence: Dependence = "arbitrary"
) -> Discoveries:
    """Find what stands out among many tests, with few false ones among them.

    Put the tests of all advisors, queues and signatures into one call: control holds for what was
    put in together.

    Parameters
    ----------
    p : array_like
        One p-value for each test, 0 to 1; NaN where it could not be made, which counts as no test.
    level : float
        The share of false discoveries put up with, above 0 and below 1.
    dependence : {"arbitrary", "positive"}
        ``"positive"`` only where the tests are independent, or where a high value of one never
        makes low values of the others likelier. Advisors who are each compared with all the others
        are not: one who stands out lowers the rest.

    Returns
    -------
    Discoveries

    Raises
    ------
    QuestionError
        If a p-value lies outside 0 to 1, or ``level`` or ``dependence`` is not one of those said.

    Notes
    -----
    Benjamini and Hochberg (1995, `doi:10.1111/j.2517-6161.1995.tb02031.x
    <https://doi.org/10.1111/j.2517-6161.1995.tb02031.x>`_); Benjamini and Yekutieli (2001,
    `doi:10.1214/aos/1013699998 <https://doi.org/10.1214/aos/1013699998>`_), who divide the level by
    ``1 + 1/2 + ... + 1/m``. Both as SciPy has them. With no effect anywhere a discovery is a false
    one, so the share of operations with any is at most ``level``.

    Examples
    --------
    >>> found = controlled([0.001, 0.02, 0.03, 0.8], dependence="positive")
    >>> found.adjusted.round(3).tolist(), found.found.tolist()
    ([0.004, 0.04, 0.04, 0.8], [True, True, True, False])
    >>> controlled([0.001, 0.02, 0.03, 0.8]).found.tolist()
    [True, False, False, False]
    """
    values = np.array(p, dtype=np.float64).ravel()
    made = ~np.isnan(values)
    if np.any((values[made] < 0) | (values[made] > 1)):
        raise QuestionError(
            "A p-value lies between 0 and 1.",
            found=f"p: {values[made][(values[made] < 0) | (values[made] > 1)][0]:g}",
            todo="Give NaN where a test could not be made.",
        )
    if not 0 < level < 1:
        raise QuestionError(
            "The share of false discoveries must lie between 0 and 1.",
            found=f"level: {level!r}",
            todo="Use 0.05 to put up with 1 in 20.",
        )
    if dependence not in _METHODS:
        raise QuestionError(
            f"There is no dependence {dependence!r}.",
            found=f"dependence: {dependence!r}",
            todo="Use 'arbitrary', or 'positive' where you know that it is.",
        )
    adjusted = np.full(values.shape, np.nan)
    if made.any():
        from scipy.stats import false_discovery_control  # noqa: PLC0415 - slow to load

        adjusted[made] = false_discovery_control(values[made], method=_METHODS[dependence])
    return Discoveries(
        p=values,
        adjusted=adjusted,
        found=np.nan_to_num(adjusted, nan=np.inf) <= level,
        tested=int(made.sum()),
        level=level,
        dependence=dependence,
    )
