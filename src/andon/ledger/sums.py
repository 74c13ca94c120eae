"""Clustered sums: what a question brings from the engine into Python, and nothing more.

A contact whose customer is unknown is a cluster of its own, so its part of the sums needs no
grouping: only identified contacts are grouped by customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from andon.answer import Scope
from andon.estimate import Sums

__all__ = ["Measure", "clustered_sums", "rows"]

Measure = tuple[ir.Value, ir.Value]
"""Numerator and denominator, one value for each contact (numbers or booleans); the denominator is
0 where the contact does not count."""


def rows(expr: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small result as plain Python values."""
    return list(expr.to_pyarrow().to_pylist())


def clustered_sums(
    contacts: ir.Table,
    measures: Mapping[str, Measure],
    *,
    by: Sequence[str] = (),
    cluster: str = "customer_key",
) -> dict[Scope, dict[str, Sums]]:
    """Sums for each measure and group, clustered by customer.

    Parameters
    ----------
    contacts : ibis.Table
        One row a contact, with the ``cluster`` column (64-bit integers, null where unknown) and
        the columns of ``by``.
    measures : mapping
        Name to (numerator, denominator), expressions on ``contacts``. A contact counts where the
        denominator is not 0; null counts as 0.
    by : sequence of str
        Columns to group by.

    Returns
    -------
    dict
        Scope to measure name to :class:`~andon.estimate.Sums`. Groups without contacts are absent;
        without ``by`` there is always exactly one, the empty scope.
    """
    each: dict[str, ir.Value] = {}
    for i, (y, x) in enumerate(measures.values()):
        each[f"y{i}"] = ibis.coalesce(y.cast("float64"), 0.0)
        each[f"x{i}"] = ibis.coalesce(x.cast("float64"), 0.0)
    lean = contacts.select(cluster, *by, **each)
    known = lean.filter(lean[cluster].notnull())
    grouped = known.group_by([cluster, *by]).aggregate(
        **{f"n{i}": (known[f"x{i}"] != 0).cast("int64").sum() for i in range(len(measures))},
        **{f"{v}{i}": known[f"{v}{i}"].sum() for i in range(len(measures)) for v in "yx"},
    )
    alone = lean.filter(lean[cluster].isnull())
    alone = alone.select(
        *by,
        **{f"n{i}": (alone[f"x{i}"] != 0).cast("int64") for i in range(len(measures))},
        **{f"{v}{i}": alone[f"{v}{i}"] for i in range(len(measures)) for v in "yx"},
    )
    totals: dict[Scope, dict[str, Sums]] = {}
    for part in (grouped, alone):
        for row in rows(_over_clusters(part, len(measures), by)):
            scope = tuple((name, row[name]) for name in by)
            found = totals.setdefault(scope, {})
            for i, name in enumerate(measures):
                sums = _sums_of(row, i)
                found[name] = found[name] + sums if name in found else sums
    return totals


def _over_clusters(part: ir.Table, measures: int, by: Sequence[str]) -> ir.Table:
    """One row a group: the sums over its clusters."""
    wanted: dict[str, ir.Value] = {}
    for i in range(measures):
        y, x, n = part[f"y{i}"], part[f"x{i}"], part[f"n{i}"]
        wanted |= {
            f"clusters{i}": ((x != 0) | (y != 0)).cast("int64").sum(),
            f"n{i}_": n.sum(),
            f"y{i}_": y.sum(),
            f"x{i}_": x.sum(),
            f"yy{i}": (y * y).sum(),
            f"yx{i}": (y * x).sum(),
            f"xx{i}": (x * x).sum(),
        }
    return part.group_by(list(by)).aggregate(**wanted) if by else part.aggregate(**wanted)


def _sums_of(row: Mapping[str, Any], i: int) -> Sums:
    """Read measure ``i`` from a row; an empty part gives null, which is nothing."""
    return Sums(
        clusters=int(row[f"clusters{i}"] or 0),
        n=int(row[f"n{i}_"] or 0),
        y=float(row[f"y{i}_"] or 0.0),
        x=float(row[f"x{i}_"] or 0.0),
        yy=float(row[f"yy{i}"] or 0.0),
        yx=float(row[f"yx{i}"] or 0.0),
        xx=float(row[f"xx{i}"] or 0.0),
    )
