"""The counterfactual: how many contacts each bin would hold if nothing piled up at a threshold."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

__all__ = ["Fit", "Scale", "counterfactual", "shape"]

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

Fit = Literal["poisson", "least_squares"]
"""A polynomial for the logarithm of the counts, by Poisson likelihood; or for the counts."""
Scale = Literal["log", "plain"]
"""What the polynomial runs in: the logarithm of the values, or the values."""

_ROUNDS: Final = 60
_CLOSE: Final = 1e-12


def shape(middles: npt.ArrayLike, *, degree: int, scale: Scale) -> _Floats:
    """Legendre polynomials of the bins' middles, drawn to -1 to 1: shape (bins, degree + 1).

    Parameters
    ----------
    middles : array_like of shape (bins,)
        In the values' unit; above 0 for the logarithm.
    degree : int
        0 or more.
    scale : {"log", "plain"}

    Examples
    --------
    >>> shape([1, 2, 4], degree=1, scale="log").tolist()
    [[1.0, -1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    at = np.asarray(middles, dtype=np.float64)
    if scale == "log":
        at = np.log(at)
    low, high = float(at.min()), float(at.max())
    return np.asarray(legendre.legvander((2 * at - low - high) / (high - low), degree))


def counterfactual(
    counts: _Floats,
    columns: _Floats,
    outside: _Bools,
    *,
    fit: Fit,
    chances: _Floats | None = None,
) -> _Floats:
    """What each bin would hold, for many sets of counts at once.

    Parameters
    ----------
    counts : array of shape (sets, bins)
    columns : array of shape (bins, terms)
        What the counterfactual is made of.
    outside : array of bool of shape (bins,)
        Bins that the fit may see.
    fit : {"poisson", "least_squares"}
    chances : array of shape (bins,), optional
        How many chances each bin had (> 0), up to a factor: counts are then taken per chance. For
        ``"poisson"`` only.

    Returns
    -------
    array of shape (sets, bins)
        NaN where a set has no fit.

    Notes
    -----
    Poisson: Newton's steps (iteratively reweighted least squares), each set with its own weights.

    Examples
    --------
    >>> bins = shape([1, 2, 3, 4], degree=1, scale="plain")
    >>> seen = np.array([[10.0, 20.0, 99.0, 40.0]])
    >>> counterfactual(seen, bins, np.array([1, 1, 0, 1], bool), fit="least_squares").round(6)
    array([[10., 20., 30., 40.]])
    """
    x, y = columns[outside], counts[:, outside]
    if fit == "least_squares":
        return np.asarray(y @ np.linalg.pinv(x).T @ columns.T, dtype=np.float64)
    terms = x.shape[1]
    offset = np.zeros(len(columns)) if chances is None else np.log(chances)
    start = offset[outside]
    pairs = (x[:, :, None] * x[:, None, :]).reshape(len(x), terms * terms)
    eta = np.log(y + 0.5)
    mu = y + 0.5
    beta: _Floats = np.zeros((len(y), terms))
    with np.errstate(all="ignore"):
        for turn in range(_ROUNDS):
            matrix = (mu @ pairs).reshape(-1, terms, terms)
            score = (mu * (eta - start) + y - mu) @ x
            try:
                solved = np.linalg.solve(matrix, score[:, :, None])
            except np.linalg.LinAlgError:
                return np.full(counts.shape, np.nan)
            new = np.asarray(solved[:, :, 0], dtype=np.float64)
            step = float(np.nanmax(np.abs(new - beta)))
            beta = new
            eta = np.clip(beta @ x.T + start, -30.0, 30.0)
            mu = np.exp(eta)
            if turn and step < _CLOSE * max(1.0, float(np.nanmax(np.abs(beta)))):
                break
        eta = np.clip(beta @ columns.T + offset, -40.0, 40.0)
        return np.asarray(np.exp(eta), dtype=np.float64)
