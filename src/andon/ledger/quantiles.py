"""Clustered quantiles: the engine finds them exactly, and customers say how sure they are.

After Woodruff (1952, `doi:10.1080/01621459.1952.10483443
<https://doi.org/10.1080/01621459.1952.10483443>`_): the share of contacts at or below the quantile
has an interval, clustered by customer, and the quantiles at its two ends hold the quantile sought.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import ibis.expr.types as ir
from scipy import special

from andon.answer import Scope
from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown, effective_n
from andon.ledger.sums import clustered_sums, rows
from andon.units import Unit

__all__ = ["clustered_quantiles"]

_MOST: Final = 300
"""How many different probabilities the engine is asked for at once; many groups share rounded
ones beyond that."""
_RATIO: Final = 1.05
"""Rounded probabilities lie this factor apart, counted from the quantile outward."""


def clustered_quantiles(
    contacts: ir.Table,
    value: ir.NumericValue,
    probabilities: Sequence[float],
    *,
    by: Sequence[str] = (),
    unit: Unit = "s",
    level: float = 0.95,
    cluster: str = "customer_key",
) -> dict[Scope, tuple[Estimate | Unknown, ...]]:
    """Exact quantiles of a value, each with its interval, clustered by customer.

    Three passes over the contacts: the quantiles, the sums of who lies at or below them, and the
    ends of the intervals. The ends are values that were seen. With very many groups they are taken
    a little further out (at most a twentieth, counted in contacts), so that groups can share them.

    Parameters
    ----------
    contacts : ibis.Table
        One row a contact, with the ``cluster`` column and the columns of ``by``.
    value : ibis value
        A number for each contact; null does not count.
    probabilities : sequence of float
        Each above 0 and below 1: 0.5 for the median.
    by : sequence of str
        Columns to group by.
    unit : Unit
        Of ``value``.
    level : float
        Above 0 and below 1.

    Returns
    -------
    dict
        Scope to one figure for each probability. ``Unknown`` where too few customers are there for
        the interval to have two ends. Without ``by`` the empty scope is always there.

    Raises
    ------
    QuestionError
        If a probability or the level does not lie between 0 and 1.
    """
    for each in (*probabilities, level):
        if not 0 < each < 1:
            raise QuestionError(
                "A quantile's probability and its level lie between 0 and 1.",
                found=f"{each!r}",
                todo="Use 0.5 for the median, 0.9 for what nine in ten stay below.",
            )
    wanted = [float(each) for each in probabilities]
    lean = contacts.select(cluster, *by, v_=value.cast("float64"))
    lean = lean.filter(lean.v_.notnull())
    with _quantiles(lean, wanted, by).cache() as middles:
        found = {_scope(row, by): row for row in rows(middles)}
        sums = _below(lean, middles, len(wanted), by, cluster)
    ends: dict[tuple[Scope, int], tuple[float, float]] = {}
    for scope, row in found.items():
        for i, p in enumerate(wanted):
            ranks = _ranks(sums[scope][f"q{i}"], p, level=level) if row["n_"] else None
            if ranks is not None:
                last = max(1, row["n_"] - 1)
                ends[scope, i] = (ranks[0] - 1) / last, (ranks[1] - 1) / last
    ends = _shared(ends, wanted)
    asked = sorted({each for pair in ends.values() for each in pair})
    if asked:
        outer = {
            _scope(row, by): dict(zip(asked, row["q_"], strict=True))
            for row in rows(_quantiles(lean, asked, by))
        }
    return {
        scope: tuple(
            _figure(
                row["q_"][i],
                tuple(outer[scope][end] for end in ends[scope, i]),
                n=row["n_"],
                unit=unit,
                level=level,
            )
            if (scope, i) in ends
            else _unbounded(p, row["n_"], unit=unit, level=level)
            for i, p in enumerate(wanted)
        )
        for scope, row in found.items()
    }


def _quantiles(lean: ir.Table, probabilities: Sequence[float], by: Sequence[str]) -> ir.Table:
    wanted = {"n_": lean.count(), "q_": lean.v_.quantile(list(probabilities))}
    return lean.group_by(list(by)).aggregate(**wanted) if by else lean.aggregate(**wanted)


def _below(
    lean: ir.Table, middles: ir.Table, many: int, by: Sequence[str], cluster: str
) -> dict[Scope, dict[str, Sums]]:
    """For each group and quantile: the sums of which contacts lie at or below it."""
    marks = middles.select(
        **{f"g{i}_": middles[name] for i, name in enumerate(by)},
        **{f"q{i}_": middles.q_[i] for i in range(many)},
    )
    if by:
        joined = lean.join(
            marks, [lean[name].identical_to(marks[f"g{i}_"]) for i, name in enumerate(by)]
        )
    else:
        joined = lean.cross_join(marks)
    counted = joined.v_.notnull()
    return clustered_sums(
        joined,
        {f"q{i}": (joined.v_ <= joined[f"q{i}_"], counted) for i in range(many)},
        by=by,
        cluster=cluster,
    )


def _ranks(sums: Sums, p: float, *, level: float) -> tuple[int, int] | None:
    """Ranks of the lowest and highest value that the quantile may be; None if there is no such.

    The number of contacts below the quantile is binomial in as many contacts as would leave the
    same doubt if each came from another customer. For such contacts these are the ranks of the
    classical interval between order statistics.
    """
    n, alike = sums.n, effective_n(sums)
    tail = (1 - level) / 2
    if (1 - p) ** alike > tail or p**alike > tail:
        return None
    scale = n / alike
    low = math.floor((float(special.bdtrik(tail, alike, p)) + 1) * scale + 1e-9)
    high = math.ceil((float(special.bdtrik(1 - tail, alike, p)) + 1) * scale - 1e-9)
    return (low, high) if low >= 1 and high <= n else None


def _shared(
    ends: Mapping[tuple[Scope, int], tuple[float, float]], wanted: Sequence[float]
) -> dict[tuple[Scope, int], tuple[float, float]]:
    """The same ends, or a little further out if they are too many to ask for."""
    if len({each for pair in ends.values() for each in pair}) <= _MOST:
        return dict(ends)
    return {
        key: (max(0.0, p - _further(p - low)), min(1.0, p + _further(high - p)))
        for key, (low, high) in ends.items()
        for p in (wanted[key[1]],)
    }


def _further(distance: float) -> float:
    """The next power of the ratio: at most a twentieth more."""
    if distance <= 0:
        return 0.0
    return float(_RATIO ** math.ceil(math.log(distance) / math.log(_RATIO)))


def _figure(value: float, ends: tuple[float, ...], *, n: int, unit: Unit, level: float) -> Estimate:
    low, high = ends
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        unit=unit,
        n=n,
        method="quantile, clustered by customer",
        level=level,
    )


def _unbounded(p: float, n: int, *, unit: Unit, level: float) -> Unknown:
    """Why so few contacts cannot say between which values the quantile lies."""
    least = math.ceil(math.log((1 - level) / 2) / math.log(max(p, 1 - p)))
    return Unknown(
        unit=unit,
        why="too few customers to say between which values it lies" if n else "no such contact",
        needs=f"contacts of {least} customers or more",
    )


def _scope(row: Mapping[str, Any], by: Sequence[str]) -> Scope:
    return tuple((name, row[name]) for name in by)
