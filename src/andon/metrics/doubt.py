"""Doubt: contacts resemble one another, because of who called and because of what day it was.

Contacts by one customer resemble one another, and so do all contacts of one congested day (or of
one advisor). A sum over contacts is then less sure than its n suggests. With *c* for customers,
*d* for days and 0 for single contacts, the variance of a ratio is taken as ``V_c + V_d - V_0``
(Cameron, Gelbach and Miller 2011, *Robust inference with multiway clustering*, with the single
contact in place of customer within day, which errs on the wide side).

Customers stand in random groups of a few hundred (:mod:`andon.ledger.replicates`), so that two
short tables leave the engine, however many contacts there are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon import estimate
from andon.answer import Scope
from andon.estimate import Estimate, Sums, Unknown
from andon.ledger.replicates import FEW, MANY, replicate_of
from andon.units import Unit

__all__ = [
    "Bools",
    "Crossed",
    "Doubt",
    "Flag",
    "Floats",
    "Fraction",
    "Ints",
    "added",
    "crossed_sums",
    "day_of",
    "groups_for",
    "joined",
    "products",
    "scopes_of",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_DAY_US: Final = 86_400_000_000
_FEW_SCOPES: Final = 50
_FEW_CONTACTS: Final = 20_000
"""Up to so many contacts of known customers, each customer is brought into Python."""
_Term = tuple[int, str]
"""Sign and flag."""
Flag = Callable[[Mapping[str, Ints]], Bools]
"""Whether a contact has a flag, from its classes by name, as arrays."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fraction:
    """A ratio that is wanted, in the names of flags and amounts.

    Attributes
    ----------
    top, bottom : str
        Flags, added and taken away: ``"handled + abandoned - short"``. Which contacts count above
        and below the line; each contact must come out as 0 or 1.
    amount : str, optional
        What the contacts of ``top`` add up to; 1 for each where it is left out.
    """

    top: str
    bottom: str
    amount: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """The sums behind a ratio, and the units of doubt that they were summed over.

    Attributes
    ----------
    sums : Sums
        Squares and products already joined over the units of doubt.
    over : str
        The units, as people say them: ``"customer and day"``.
    """

    sums: Sums
    over: str

    def share(self, *, level: float = 0.95) -> Estimate | Unknown:
        """The ratio as a share of 0 to 1."""
        return self._named(estimate.share(self.sums, level=level))

    def mean(
        self, *, unit: Unit, level: float = 0.95, at_least: float | None = None
    ) -> Estimate | Unknown:
        """The ratio as a mean or a rate, in ``unit``."""
        return self._named(estimate.ratio(self.sums, unit=unit, level=level, at_least=at_least))

    def _named(self, found: Estimate | Unknown) -> Estimate | Unknown:
        if isinstance(found, Unknown):
            return found
        return replace(found, method=found.method.replace("by customer", f"by {self.over}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossed:
    """What was found in one scope.

    Attributes
    ----------
    contacts : int
        Contacts in the scope.
    counts : mapping
        Contacts with each flag.
    totals : mapping
        The sum of each amount.
    ratios : mapping
        Each fraction with its doubt over customers and days.
    others : mapping
        The same over customers and each other second unit, by the unit's name.
    units : mapping
        How many there are of each second unit.
    """

    contacts: int
    counts: Mapping[str, int]
    totals: Mapping[str, float]
    ratios: Mapping[str, Doubt]
    others: Mapping[str, Mapping[str, Doubt]]
    units: Mapping[str, int]


def day_of(contacts: ir.Table) -> ir.IntegerValue:
    """Days since 1 January 1970 on the operation's wall clock, as an integer."""
    at = contacts.local_arrived_us
    day: ir.IntegerValue = ((at - at % _DAY_US) / _DAY_US).cast("int64")
    return day


def scopes_of(table: pa.Table, by: Sequence[str]) -> tuple[tuple[Scope, ...], Ints]:
    """The scopes in a small result, all contacts first, and for each row the index of its own."""
    scopes: dict[Scope, int] = {(): 0}
    index = np.zeros(table.num_rows, dtype=np.int64)
    if by:
        keys = zip(*(table.column(name).to_pylist() for name in by), strict=True)
        for i, key in enumerate(keys):
            index[i] = scopes.setdefault(tuple(zip(by, key, strict=True)), len(scopes))
    return tuple(scopes), index


def groups_for(scopes: Sequence[Scope], known: int) -> int:
    """How many random groups of customers suit an answer; 0 where each may stand alone.

    Parameters
    ----------
    scopes : sequence of Scope
        That the answer has.
    known : int
        Contacts of known customers.
    """
    if known <= _FEW_CONTACTS:
        return 0
    return MANY if len(scopes) <= _FEW_SCOPES else FEW


def crossed_sums(
    contacts: ir.Table,
    fractions: Mapping[str, Fraction],
    *,
    classes: Mapping[str, ir.IntegerValue],
    flags: Mapping[str, Flag],
    amounts: Mapping[str, ir.NumericValue] | None = None,
    by: Sequence[str] = (),
    others: Mapping[str, ir.Value] | None = None,
) -> dict[Scope, Crossed]:
    """Sums for each fraction whose squares count customers and days, or another second unit.

    Contacts are first counted by their classes, so that the engine adds up a few numbers for each
    day and not fifty for each contact.

    Parameters
    ----------
    contacts : ibis.Table
        One row a contact, with the columns of ``by``, ``customer_key``, and ``local_day`` or
        ``local_arrived_us`` (:func:`day_of`).
    fractions : mapping
        Name to :class:`Fraction`.
    classes : mapping
        Name to a small integer on ``contacts``, null for none, that says of what class a contact
        is. All classes together should take a few dozen values.
    flags : mapping
        Name to a test on the classes, given as arrays by name (-1 where null).
    amounts : mapping, optional
        Name to a number on ``contacts``; null is 0.
    by : sequence of str
        Columns to group by.
    others : mapping, optional
        Name to another second unit of doubt that may stand in the day's place, such as the advisor.
        Few values: their sums come into Python. Contacts where it is null are units of their own.

    Returns
    -------
    dict
        Scope to :class:`Crossed`. The empty scope (all contacts) is always there. Where a second
        unit has one value only, or adds no doubt, customers alone count.
    """
    names = tuple(amounts or ())
    day = contacts.local_day if "local_day" in contacts.columns else day_of(contacts)
    units = {"day": day, **(others or {})}
    lean = contacts.select(
        "customer_key",
        *by,
        **{f"u_{name}": unit for name, unit in units.items()},
        **{f"c_{name}": value.cast("int16") for name, value in classes.items()},
        **{
            f"a_{name}": ibis.coalesce(value.cast("float64"), 0.0)
            for name, value in (amounts or {}).items()
        },
    )
    asked = _Asked(tuple(by), tuple(classes), names, flags)
    seconds = {name: _Counted.of(lean, f"u_{name}", asked) for name in units}
    days = seconds["day"]
    groups = groups_for(days.scopes, days.known)
    if groups:
        lean = lean.mutate(group=replicate_of(lean.customer_key, groups))
    customers = _Counted.of(lean, "group" if groups else "customer_key", asked)

    def doubts(scope: Scope, name: str) -> Mapping[str, Doubt]:
        second = seconds[name]
        i, mine = second.index[scope], customers.index[scope]

        def doubt(each: str) -> Doubt:
            fraction = fractions[each]
            return joined(
                customers.clustered(fraction, mine, groups=groups),
                second.clustered(fraction, i),
                second.single(fraction, i),
                name,
            )

        return _WhenAsked(tuple(fractions), doubt)

    return {
        scope: Crossed(
            contacts=days.count(i),
            counts={flag: days.count(i, flag) for flag in flags},
            totals={name: days.total(i, name) for name in names},
            ratios=doubts(scope, "day"),
            others={name: doubts(scope, name) for name in others or {}},
            units={name: each.units(each.index[scope]) for name, each in seconds.items()},
        )
        for i, scope in enumerate(days.scopes)
    }


class _WhenAsked(Mapping[str, Doubt]):
    """Doubts that are worked out when somebody asks for them, and then kept."""

    def __init__(self, names: Sequence[str], doubt: Callable[[str], Doubt]) -> None:
        self._names = names
        self._doubt = doubt
        self._known: dict[str, Doubt] = {}

    def __getitem__(self, name: str) -> Doubt:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._doubt(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How contacts are counted."""

    by: tuple[str, ...]
    classes: tuple[str, ...]
    amounts: tuple[str, ...]
    flags: Mapping[str, Flag]


@dataclass(frozen=True, slots=True)
class _Counted:
    """Contacts counted by scope, unit of doubt and class; amounts by their powers."""

    scopes: tuple[Scope, ...]
    index: Mapping[Scope, int]
    """Each scope's place among them."""
    within: tuple[slice, ...]
    """The rows of each scope; all of them for scope 0, all contacts."""
    unit: Ints
    """The unit's number, -1 where it is null: each contact is then a unit."""
    n: Floats
    known: int
    """Contacts of known customers."""
    bits: Mapping[str, Floats]
    """For each flag, 1 where it holds and 0 elsewhere."""
    powers: Mapping[str, tuple[Floats, Floats, Floats]]
    """For each amount its sums, sums of squares and of cubes."""

    @classmethod
    def of(cls, lean: ir.Table, unit: str, asked: _Asked) -> _Counted:
        wanted: dict[str, ir.Value] = {"n": lean.count(), "known": lean.customer_key.count()}
        for name in asked.amounts:
            value = lean[f"a_{name}"]
            wanted |= {
                f"1_{name}": value.sum(),
                f"2_{name}": (value * value).sum(),
                f"3_{name}": (value * value * value).sum(),
            }
        keys = [*asked.by, unit, *(f"c_{name}" for name in asked.classes)]
        table = lean.group_by(keys).aggregate(**wanted).to_pyarrow()
        scopes, scope = scopes_of(table, asked.by)
        order = np.argsort(scope, kind="stable")
        units: dict[Any, int] = {None: -1}
        unit_of = [units.setdefault(each, len(units) - 1) for each in table[unit].to_pylist()]

        def floats(name: str) -> Floats:
            return np.asarray(table[name].to_numpy(), dtype=np.float64)[order]

        classes = {
            name: np.asarray(table[f"c_{name}"].fill_null(-1).to_numpy(), dtype=np.int64)[order]
            for name in asked.classes
        }
        ends = np.searchsorted(scope[order], np.arange(len(scopes) + 1))
        return cls(
            scopes,
            {each: i for i, each in enumerate(scopes)},
            (slice(0, len(scope)), *itertools.starmap(slice, itertools.pairwise(ends[1:]))),
            np.array(unit_of, dtype=np.int64)[order],
            floats("n"),
            round(float(floats("known").sum())),
            {
                name: np.asarray(flag(classes), dtype=np.float64)
                for name, flag in asked.flags.items()
            },
            {
                name: (floats(f"1_{name}"), floats(f"2_{name}"), floats(f"3_{name}"))
                for name in asked.amounts
            },
        )

    def count(self, scope: int, flag: str | None = None) -> int:
        """Contacts in a scope, with a flag where one is named."""
        mine = self.within[scope]
        n = self.n[mine] if flag is None else self.n[mine] * self.bits[flag][mine]
        return round(float(n.sum()))

    def total(self, scope: int, amount: str) -> float:
        """The sum of an amount over a scope."""
        return float(self.powers[amount][0][self.within[scope]].sum())

    def units(self, scope: int) -> int:
        """How many units there are in a scope."""
        unit = self.unit[self.within[scope]]
        return len(np.unique(unit[unit >= 0]))

    def single(self, fraction: Fraction, scope: int) -> Sums:
        """Each contact its own cluster."""
        return self._alone(fraction, self.within[scope], None)

    def clustered(self, fraction: Fraction, scope: int, *, groups: int = 0) -> Sums:
        """Contacts of one unit are one cluster; those without a unit stand alone."""
        mine = self.within[scope]
        together = self.unit[mine] >= 0
        above, below = (
            self._bits(side, mine)[together] for side in (fraction.top, fraction.bottom)
        )
        n, unit = self.n[mine][together], self.unit[mine][together]
        amount = n if fraction.amount is None else self.powers[fraction.amount][0][mine][together]
        size = max(1, groups)
        return self._alone(fraction, mine, ~together) + products(
            added(unit, above * amount, size),
            added(unit, below * n, size),
            groups=groups,
        )

    def _alone(self, fraction: Fraction, mine: slice, only: Bools | None) -> Sums:
        """Each contact its own cluster; flags are 0 or 1, so their powers are themselves."""
        above, below = self._bits(fraction.top, mine), self._bits(fraction.bottom, mine)
        n = self.n[mine] if only is None else self.n[mine] * only
        powers = (
            (n, n, n)
            if fraction.amount is None
            else tuple(
                power[mine] if only is None else power[mine] * only
                for power in self.powers[fraction.amount]
            )
        )
        first, second, third = powers
        x = _dot(below, n)
        return Sums(
            clusters=round(_dot(n, (above != 0) | (below != 0))),
            n=round(x),
            y=_dot(above, first),
            x=x,
            yy=_dot(above, second),
            yx=_dot(above * below, first),
            xx=x,
            yyy=_dot(above, third),
            yyx=_dot(above * below, second),
            yxx=_dot(above * below, first),
            xxx=x,
        )

    def _bits(self, terms: str, mine: slice) -> Floats:
        """For each row, the value of ``"handled + abandoned - short"``."""
        total = np.zeros(mine.stop - mine.start, dtype=np.float64)
        for sign, flag in _terms(terms):
            total += sign * self.bits[flag][mine]
        return total


def _dot(a: Floats, b: Floats | Bools) -> float:
    """The sum of products; not BLAS, whose threads wait for one another on short arrays."""
    return float((a * b).sum())


def _terms(terms: str) -> list[_Term]:
    words = ["+", *terms.split()]
    signs = [{"+": 1, "-": -1}[word] for word in words[::2]]
    return list(zip(signs, words[1::2], strict=True))


def added(index: Ints, values: Floats, size: int = 0) -> Floats:
    """The values of each index added up, for indices from 0 to at least ``size`` - 1."""
    return np.asarray(np.bincount(index, weights=values, minlength=size), dtype=np.float64)


def products(y: Floats, x: Floats, *, groups: int = 0) -> Sums:
    """Sums over units of doubt, from each unit's numerator and denominator.

    Parameters
    ----------
    y, x : array
        One value a unit.
    groups : int, optional
        Where the units are so many random groups of customers, those without contacts too: what
        pairs of strangers within a group add to its products is then taken out again, so that the
        sums are, but for chance, those over customers.
    """
    there = int(((y != 0) | (x != 0)).sum())
    totals = (float(y.sum()), float(x.sum()))
    second = third = 1.0
    if groups:
        y, x = y - totals[0] / groups, x - totals[1] / groups
        second, third = groups / (groups - 1), groups**2 / ((groups - 1) * (groups - 2))
    return Sums(
        clusters=there,
        n=round(totals[1]),
        y=totals[0],
        x=totals[1],
        yy=second * _dot(y, y),
        yx=second * _dot(y, x),
        xx=second * _dot(x, x),
        yyy=third * _dot(y * y, y),
        yyx=third * _dot(y * y, x),
        yxx=third * _dot(y * x, x),
        xxx=third * _dot(x * x, x),
    )


def joined(customers: Sums, second: Sums, single: Sums, named: str = "day") -> Doubt:
    """The doubt from customers, a second unit and single contacts: ``V_c + V_d - V_0``.

    It is written on the sums themselves, since a variance is linear in them.
    """
    both = replace(
        customers,
        clusters=min(customers.clusters, second.clusters),
        **{
            name: getattr(customers, name) + getattr(second, name) - getattr(single, name)
            for name in ("yy", "yx", "xx", "yyy", "yyx", "yxx", "xxx")
        },
    )
    if second.clusters < 2 or _spread(both) <= _spread(customers):
        return Doubt(sums=customers, over="customer")
    return Doubt(sums=both, over=f"customer and {named}")


def _spread(sums: Sums) -> float:
    """The variance of y / x, but for what all units share."""
    if sums.x <= 0:
        return 0.0
    r = sums.y / sums.x
    return sums.yy - 2 * r * sums.yx + r * r * sums.xx
