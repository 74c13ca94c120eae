"""Integrals under a curve with one top that falls away on both sides, in logarithms.

The wait before an answer has such a density in every queue with patience: its logarithm is
concave. Its height may be e^100,000 or e^-100,000 and its width a millionth of its place, so it is
scaled by its top, cut where it has fallen to nothing, and integrated panel by panel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Integral", "integral"]

_Floats = npt.NDArray[np.float64]

_DROP: Final = 45.0
"""Beyond where the curve is e^-45 of its top, nothing that a double could hold is left."""
_FLAT: Final = 0.05
"""Nearer to the top than this fall, one panel will do."""
_TOLERANCE: Final = 1e-11
"""Panels on which nodes, and twice as many, differ by less are done; the latter are far nearer."""
_ROUNDS: Final = 60
_MOST: Final = 10_000
"""So many rough panels at once are a curve that is noise; more halving would not help."""
_EPS: Final = 2.0**-52
_MANY_PANELS: Final = 64
_FEW, _MORE = (np.polynomial.legendre.leggauss(nodes) for nodes in (8, 16))
_DOUBLINGS: Final = np.exp2(np.arange(-80.0, 81.0))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Integral:
    """What lies under a curve.

    Attributes
    ----------
    log_total : float
        The logarithm of the area under it.
    means : array
        The mean of each weight under it, in their order.
    """

    log_total: float
    means: _Floats


def integral(
    curve: Callable[[_Floats], Sequence[_Floats]],
    *,
    peak: float,
    scale: float,
    cuts: npt.ArrayLike = (),
    noise: float = 0.0,
) -> Integral:
    """Integrate a curve over 0 to infinity, and the means of weights under it.

    Parameters
    ----------
    curve : callable
        For an array of places, each 0 or more, a list of arrays of its shape: first the curve's
        logarithm, then each weight, if any. The curve rises to ``peak``, and falls to nothing
        after it.
    peak : float
        Where the curve is highest, 0 or more.
    scale : float
        A width to begin with, above 0; any within 24 powers of ten of the true one.
    cuts : array_like
        Places at which the curve or a weight jumps or bends.
    noise : float
        How exact the logarithm is, if less than its own size allows.

    Returns
    -------
    Integral

    Notes
    -----
    Panels double in width away from the top. Each is integrated with 16 nodes of Gauss and
    Legendre, or 8 where cuts make many, and halved until both halves together say the same.

    Examples
    --------
    >>> bell = integral(lambda x: [-((x - 3e6) ** 2) / 2, x], peak=3e6, scale=1.0)
    >>> round(bell.log_total, 9), round(float(bell.means[0]), 6)  # log of the root of 2 pi
    (0.918938533, 3000000.0)
    """
    top = float(curve(np.array([peak]))[0][0])
    edges = _edges(curve, top, peak, scale, np.asarray(cuts, dtype=np.float64))
    # Halving cannot resolve what is rounding; a panel's share of it is taken tenfold.
    nodes, node_weights = _FEW if edges.size > _MANY_PANELS else _MORE
    tolerance = max(_TOLERANCE, 10 * noise, 10 * _EPS * abs(top))

    def areas(a: _Floats, b: _Floats) -> _Floats:
        half = (b - a) / 2
        places = (a + half)[:, None] + half[:, None] * nodes
        logarithm, *weights = curve(places)
        height = np.exp(logarithm - top)
        rows = np.stack([height, *(height * each for each in weights)])
        return np.asarray((rows @ node_weights) * half, dtype=np.float64)

    a, b = edges[:-1], edges[1:]
    whole = areas(a, b)
    done, size = np.zeros((2, whole.shape[0]))
    for _ in range(_ROUNDS):
        middle = (a + b) / 2
        left, right = areas(a, middle), areas(middle, b)
        both = left + right
        all_in_all = size + np.abs(both).sum(axis=1)
        rough = (np.abs(both - whole) > tolerance * all_in_all[:, None]).any(axis=0)
        rough &= (middle > a) & (middle < b) & (rough.sum() < _MOST)
        done += both[:, ~rough].sum(axis=1)
        size += np.abs(both[:, ~rough]).sum(axis=1)
        if not rough.any():
            break
        a, b = (
            np.concatenate((a[rough], middle[rough])),
            np.concatenate((middle[rough], b[rough])),
        )
        whole = np.concatenate((left[:, rough], right[:, rough]), axis=1)
    else:  # what is still rough is narrower than any double can tell
        done += whole.sum(axis=1)
    return Integral(log_total=top + float(np.log(done[0])), means=done[1:] / done[0])


def _edges(
    curve: Callable[[_Floats], Sequence[_Floats]],
    top: float,
    peak: float,
    scale: float,
    cuts: _Floats,
) -> _Floats:
    """Panels that double away from the top, to where nothing is left."""
    away: _Floats = scale * _DOUBLINGS
    above = peak + _reach(away, top - curve(peak + away)[0])
    inwards: _Floats = np.minimum(away, peak)
    below = peak - _reach(inwards, top - curve(peak - inwards)[0])
    edges = np.concatenate((below, [peak], above))
    inside = cuts[(cuts > edges.min()) & (cuts < edges.max())]
    return np.unique(np.concatenate((edges, inside)))


def _reach(away: _Floats, fall: _Floats) -> _Floats:
    """Of distances from the top, those from where it begins to fall to where it has fallen."""
    fallen = fall >= _DROP
    last = int(np.argmax(fallen)) if fallen.any() else away.size - 1
    flat = np.flatnonzero(fall[: last + 1] <= _FLAT)
    first = min(int(flat[-1]) if flat.size else 0, last)
    return away[first : last + 1]
