"""Clustered sums: what a question brings from the engine into Python, and nothing more.

A contact whose customer is unknown is a cluster of its own, unless one asks otherwise, so its part
of the sums needs no grouping: only identified contacts are grouped by customer.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from andon.answer import Scope
from andon.estimate import Paired, Sums, shared

__all__ = ["Measure", "Strangers", "as_float", "clustered_pairs", "clustered_sums", "rows"]

Measure = tuple[ir.Value, ir.Value]
"""Numerator and denominator, one value for each contact (numbers or booleans); the denominator is
0 where the contact does not count."""

Strangers = Literal["alone", "shared", "left out"]
"""What to make of contacts whose customer is unknown."""

_Product = tuple[str, ...]
"""Names of the columns that are multiplied within a cluster, in order; one name is a plain sum."""


def rows(expr: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small result as plain Python values."""
    return list(expr.to_pyarrow().to_pylist())


def as_float(value: ir.Value) -> ir.FloatingValue:
    """A number, or a yes or no as 1 or 0, in floating point on every engine.

    PostgreSQL casts a boolean to a 32-bit integer and to no other number.

    Examples
    --------
    >>> import ibis
    >>> ibis.memtable({"late": [True, False]}).select(n=lambda t: as_float(t.late)).n.type()
    Float64(nullable=True)
    """
    number = value.cast("int32") if value.type().is_boolean() else value
    return number.cast("float64")


def clustered_sums(
    contacts: ir.Table,
    measures: Mapping[str, Measure],
    *,
    by: Sequence[str] = (),
    cluster: str = "customer_key",
    skew: bool | None = None,
    strangers: Strangers = "alone",
) -> dict[Scope, dict[str, Sums]]:
    """Sums for each measure and group, clustered by customer.

    Put all measures of a question into one call: contacts are then grouped by customer once, and a
    numerator or denominator that several measures share is added up once. Leave yes-or-no values
    boolean: the engine counts them in half the memory of a number.

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
    skew : bool, optional
        Whether to bring the products of three that a skewness correction needs. Unless given, for
        every measure whose numerator is an amount, and not a yes or no.
    strangers : {"alone", "shared", "left out"}
        What to make of contacts whose customer is unknown: each is a customer of its own; they are
        :func:`~andon.estimate.shared` among the known customers, as where ids are missing by
        accident and not because these people are new; or they do not count, which saves a pass.

    Returns
    -------
    dict
        Scope to measure name to :class:`~andon.estimate.Sums`. Groups without contacts are absent;
        without ``by`` there is always exactly one, the empty scope.
    """
    values = _Values()
    sides = {name: (values.name(y), values.name(x)) for name, (y, x) in measures.items()}
    cubed = {
        name: skew if skew is not None else y not in values.flags for name, (y, _) in sides.items()
    }
    totals = _Totals(values)
    for name, (y, x) in sides.items():
        totals.want(y, x, cubed=cubed[name])
    lean = contacts.select(cluster, *by, **values.columns)
    known, unknown = lean.filter(lean[cluster].notnull()), lean.filter(lean[cluster].isnull())

    def sums(*parts: ir.Table) -> dict[Scope, dict[str, Sums]]:
        return {
            scope: {name: found.sums(y, x, cubed=cubed[name]) for name, (y, x) in sides.items()}
            for scope, found in totals.found(by, parts).items()
        }

    customers = totals.over_customers(known, by, cluster)
    if strangers == "left out":
        return sums(customers)
    if strangers == "alone":
        return sums(customers, totals.over_contacts(unknown, by))
    return _shared(
        sums(customers),
        known_single=sums(totals.over_contacts(known, by)),
        single=sums(totals.over_contacts(lean, by)),
    )


def clustered_pairs(
    contacts: ir.Table,
    pairs: Mapping[str, tuple[Measure, Measure]],
    *,
    by: Sequence[str] = (),
    cluster: str = "customer_key",
) -> dict[Scope, dict[str, Paired]]:
    """Two measures each, and what they share because the same customers stand behind both.

    For :func:`~andon.estimate.difference_of`: handle time before a date and after it, say.

    Parameters
    ----------
    contacts, by, cluster
        As in :func:`clustered_sums`.
    pairs : mapping
        Name to (first measure, second measure).

    Returns
    -------
    dict
        Scope to name to :class:`~andon.estimate.Paired`.
    """
    values = _Values()
    sides = {
        name: tuple(values.name(side) for measure in pair for side in measure)
        for name, pair in pairs.items()
    }
    totals = _Totals(values)
    cubed = {
        name: (y not in values.flags, v not in values.flags) for name, (y, _, v, _) in sides.items()
    }
    for name, (y, x, v, u) in sides.items():
        totals.want(y, x, cubed=cubed[name][0])
        totals.want(v, u, cubed=cubed[name][1])
        totals.products.update(dict.fromkeys(map(_product, ((y, v), (y, u), (x, v), (x, u)))))
    lean = contacts.select(cluster, *by, **values.columns)
    parts = (
        totals.over_customers(lean.filter(lean[cluster].notnull()), by, cluster),
        totals.over_contacts(lean.filter(lean[cluster].isnull()), by),
    )
    return {
        scope: {
            name: Paired(
                first=found.sums(y, x, cubed=cubed[name][0]),
                second=found.sums(v, u, cubed=cubed[name][1]),
                yy=found.product(y, v),
                yx=found.product(y, u),
                xy=found.product(x, v),
                xx=found.product(x, u),
            )
            for name, (y, x, v, u) in sides.items()
        }
        for scope, found in totals.found(by, parts).items()
    }


def _shared(
    known: Mapping[Scope, Mapping[str, Sums]],
    *,
    known_single: Mapping[Scope, Mapping[str, Sums]],
    single: Mapping[Scope, Mapping[str, Sums]],
) -> dict[Scope, dict[str, Sums]]:
    """Strangers' contacts among the known customers, group by group."""
    return {
        scope: {
            name: shared(known[scope][name], known_single=known_single[scope][name], single=sums)
            if scope in known
            else sums
            for name, sums in measures.items()
        }
        for scope, measures in single.items()
    }


class _Values:
    """The distinct values of a contact, by short names."""

    def __init__(self) -> None:
        self.names: dict[ops.Node, str] = {}
        self.columns: dict[str, ir.Value] = {}
        self.flags: set[str] = set()

    def name(self, value: ir.Value) -> str:
        """The name of a value; a new one if it was not met before."""
        plain = _as_flag(value)
        node = plain.op()
        if node not in self.names:
            name = f"v{len(self.names)}"
            self.names[node] = name
            if plain.type().is_boolean():
                self.flags.add(name)
                self.columns[name] = plain
            else:
                self.columns[name] = plain.cast("float64")
        return self.names[node]


def _as_flag(value: ir.Value) -> ir.Value:
    """A yes or no that was cast to a number, and the numbers 0 and 1, as the boolean they are."""
    node = value.op()
    if isinstance(node, ops.Cast) and node.arg.dtype.is_boolean():
        return node.arg.to_expr()
    if isinstance(node, ops.Literal) and node.value in {0, 1}:
        return ibis.literal(bool(node.value))
    return value


@dataclass(slots=True)
class _Totals:
    """The sums over clusters that are wanted, each named once."""

    values: _Values
    products: dict[_Product, None] = field(default_factory=dict)
    clusters: dict[_Product, None] = field(default_factory=dict)
    counts: dict[str, None] = field(default_factory=dict)
    """Denominators that are not flags: contacts where they are not 0."""

    def want(self, y: str, x: str, *, cubed: bool) -> None:
        """Ask for all that one measure needs."""
        self.clusters[_product((y, x))] = None
        if x not in self.values.flags:
            self.counts[x] = None
        for product in _products(y, x, cubed=cubed):
            self.products[product] = None

    def found(self, by: Sequence[str], parts: Sequence[ir.Table]) -> dict[Scope, _Found]:
        """The sums of each group, added up over parts that share no cluster."""
        found: dict[Scope, _Found] = {}
        for part in parts:
            for row in rows(part):
                scope = tuple((name, row.pop(name)) for name in by)
                found.setdefault(scope, _Found(self.values.flags)).add(row)
        return found

    def over_customers(self, known: ir.Table, by: Sequence[str], cluster: str) -> ir.Table:
        """One row a group: sums over its customers, after one row a customer and group."""
        each = known.group_by([cluster, *by]).aggregate(
            **{
                name: known.count(where=known[name])
                if name in self.values.flags
                else known[name].sum()
                for name in self.values.columns
            },
            **{_n(name): known.count(where=known[name] != 0) for name in self.counts},
        )
        # Doubles hold counts exactly up to 2**53, and their products are added three times as fast
        # as those of integers, which the engine widens to 128 bits.
        sized = each.select(
            *by,
            **{
                name: ibis.coalesce(each[name].cast("float64"), 0.0) for name in self.values.columns
            },
            **{_n(name): each[_n(name)] for name in self.counts},
        )
        wanted: dict[str, ir.Value] = {_n(name): sized[_n(name)].sum() for name in self.counts}
        for product in self.products:
            wanted[_p(product)] = _multiplied(sized[name] for name in product).sum()
        for pair in self.clusters:
            some = [sized[name] != 0 for name in dict.fromkeys(pair)]
            wanted[_c(pair)] = sized.count(where=functools.reduce(operator.or_, some))
        return _grouped(sized, by, wanted)

    def over_contacts(self, alone: ir.Table, by: Sequence[str]) -> ir.Table:
        """One row a group: sums over contacts, each a cluster.

        Contacts with the same flags are added up first: a flag's powers are the flag, and a few
        rows are then quick to multiply.
        """
        flags = [name for name in self.values.columns if name in self.values.flags]
        amounts = {product: self._amounts(product) for product in self.products}
        mixed = [pair for pair in self.clusters if not set(pair) <= self.values.flags]
        wanted: dict[str, ir.Value] = {"many": alone.count()}
        for amount in dict.fromkeys(amounts.values()):
            if amount:
                wanted[_a(amount)] = _multiplied(alone[name] for name in amount).sum()
        for name in self.counts:
            wanted[_n(name)] = alone.count(where=alone[name] != 0)
        for pair in mixed:
            wanted[_c(pair)] = alone.count(where=self._some(alone, pair))
        alike = _grouped(alone, [*by, *flags], wanted)
        sums: dict[str, ir.Value] = {_n(name): alike[_n(name)].sum() for name in self.counts}
        for product, amount in amounts.items():
            where = _all(alike[name] for name in dict.fromkeys(product) if name in flags)
            sums[_p(product)] = alike[_a(amount) if amount else "many"].sum(where=where)
        for pair in self.clusters:
            sums[_c(pair)] = (
                alike[_c(pair)].sum()
                if pair in mixed
                else alike.many.sum(where=self._some(alike, pair))
            )
        return _grouped(alike, by, sums)

    def _amounts(self, product: _Product) -> _Product:
        return tuple(name for name in product if name not in self.values.flags)

    def _some(self, table: ir.Table, pair: _Product) -> ir.BooleanValue:
        """Whether any of the two is not 0."""
        return functools.reduce(
            operator.or_,
            (
                table[name] if name in self.values.flags else table[name] != 0
                for name in dict.fromkeys(pair)
            ),
        )


class _Found:
    """The sums of one group, as they come in."""

    def __init__(self, flags: set[str]) -> None:
        self.flags = flags
        self.row: dict[str, float] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Add the sums of clusters that were not in before; a part without contacts is null."""
        for name, value in row.items():
            self.row[name] = self.row.get(name, 0) + (value or 0)

    def product(self, *names: str) -> float:
        """The sum over clusters of the product of these values."""
        return float(self.row[_p(_product(names))])

    def sums(self, y: str, x: str, *, cubed: bool) -> Sums:
        """What one measure needs."""
        return Sums(
            clusters=int(self.row[_c(_product((y, x)))]),
            n=round(self.product(x) if x in self.flags else self.row[_n(x)]),
            y=self.product(y),
            x=self.product(x),
            yy=self.product(y, y),
            yx=self.product(y, x),
            xx=self.product(x, x),
            yyy=self.product(y, y, y) if cubed else None,
            yyx=self.product(y, y, x) if cubed else None,
            yxx=self.product(y, x, x) if cubed else None,
            xxx=self.product(x, x, x) if cubed else None,
        )


def _products(y: str, x: str, *, cubed: bool) -> Iterable[_Product]:
    yield from map(_product, ((y,), (x,), (y, y), (y, x), (x, x)))
    if cubed:
        yield from map(_product, ((y, y, y), (y, y, x), (y, x, x), (x, x, x)))


def _product(names: Sequence[str]) -> _Product:
    return tuple(sorted(names))


def _multiplied(factors: Iterable[ir.NumericValue]) -> ir.NumericValue:
    return functools.reduce(operator.mul, factors)


def _all(flags: Iterable[ir.BooleanValue]) -> ir.BooleanValue | None:
    flags = list(flags)
    return functools.reduce(operator.and_, flags) if flags else None


def _grouped(table: ir.Table, by: Sequence[str], wanted: Mapping[str, ir.Value]) -> ir.Table:
    return table.group_by(list(by)).aggregate(**wanted) if by else table.aggregate(**wanted)


def _a(amount: _Product) -> str:
    return "a_" + "_".join(amount)


def _p(product: _Product) -> str:
    return "p_" + "_".join(product)


def _c(pair: _Product) -> str:
    return "c_" + "_".join(pair)


def _n(name: str) -> str:
    return f"n_{name}"
