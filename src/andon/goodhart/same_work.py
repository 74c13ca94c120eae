"""Same work: each advisor beside those who did the same work in the same hours, as sums.

What reaches the engine is one row for each contact; what comes back is a few sums for each kind of
work and advisor. A system that fails, a letter that confuses everybody or a queue that gets the
wrong customers is there for all who work beside one another at that hour, and so drops out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.peers import Matched, Standing, standing
from andon.ledger.kept import kept

__all__ = ["SameWork", "cells", "same_work"]

Bools = npt.NDArray[np.bool_]

_ODD: Final = 0.1
_ROUNDS: Final = 3
_SUMS: Final = ("n", "k", "beside", "weight", "own", "others", "variance")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SameWork:
    """Each advisor's contacts of each kind of work, beside the others' in the same hours.

    Attributes
    ----------
    numbers : tuple of int
        The advisors, as they were numbered.
    names : tuple of str
        The same advisors, in order.
    who, work : array
        Whose row it is, and of which kind of work.
    sums : mapping of str to array
        One value for each row: ``n`` contacts, ``k`` of them that count; ``beside``, contacts in
        hours in which somebody else did the same work; ``weight``, ``own``, ``others`` and
        ``variance`` as in :class:`andon.goodhart.peers.Matched`; ``yy``, ``yw`` and ``ww``, the
        products of ``own - others`` and ``weight``, day by day.
    """

    numbers: tuple[int, ...]
    names: tuple[str, ...]
    who: Ints
    work: Ints
    sums: Mapping[str, Floats]

    def only(self, rows: Bools) -> SameWork:
        """Some of the rows; all names stay."""
        return replace(
            self,
            who=self.who[rows],
            work=self.work[rows],
            sums={name: values[rows] for name, values in self.sums.items()},
        )

    def total(self, name: str) -> Floats:
        """One number for each advisor."""
        summed = np.bincount(self.who, weights=self.sums[name], minlength=len(self.names))
        return np.asarray(summed, dtype=np.float64)

    def matched(self) -> Matched:
        """Each beside the others; contacts of one day may be alike, so the wider doubt counts."""
        names = ("weight", "own", "others", "variance", "yy", "yw", "ww")
        return Matched.over_days({name: self.total(name) for name in names})

    def standing(self, *, least_contacts: int, least_times: float) -> Standing:
        """How each stands among the others, whose shares may differ by factors.

        As :func:`andon.goodhart.peers.standing` tells, with long tails.
        """
        return standing(
            self.matched(),
            compared=self.total("beside") >= least_contacts,
            least_times=least_times,
            tails="long",
        )

    def without_most(self, kind: Ints) -> tuple[SameWork, Ints]:
        """The rows without the kind in which each advisor has most beyond the others.

        Parameters
        ----------
        kind : array
            Of each row.

        Returns
        -------
        SameWork
        array
            In how many kinds each advisor can be compared.
        """
        kinds = int(kind.max()) + 1 if len(kind) else 1
        place = self.who * kinds + kind
        size = len(self.names) * kinds
        beyond, weight = (
            np.bincount(place, weights=each, minlength=size).reshape(len(self.names), kinds)
            for each in (self.sums["own"] - self.sums["others"], self.sums["weight"])
        )
        there = weight > 0
        most = np.where(there, beyond, -np.inf).argmax(axis=1)
        return self.only(kind != most[self.who]), there.sum(axis=1).astype(np.int64)


def cells(contacts: ir.Table) -> ir.Table:
    """Count each advisor's contacts of each kind of work and hour.

    Parameters
    ----------
    contacts : ibis.Table
        With ``work`` and ``hour`` (integers; 24 hours from a multiple of 24 on are a day),
        ``advisor`` (a number, null where unknown) and ``counts`` (boolean).

    Returns
    -------
    ibis.Table
        ``work``, ``hour`` and ``advisor``; ``n`` contacts, ``k`` of them that count.
    """
    return contacts.group_by(["work", "hour", "advisor"]).aggregate(
        n=contacts.count().cast("int32"), k=contacts.count(where=contacts.counts).cast("int32")
    )


def same_work(
    cells: ir.Table, names: Sequence[str], *, least_contacts: int, least_times: float
) -> SameWork:
    """Put each advisor beside the others; who seems to stand out is nobody's yardstick.

    Those who do would make the colleagues of their own hours look better than they are, and so
    honest advisors more different from one another than they are.

    Parameters
    ----------
    cells : ibis.Table
        What :func:`cells` counts, kept in the engine; contacts without an advisor are left out.
    names : sequence of str
        The advisors by number, in order; who has no contact here is left out.
    least_contacts, least_times
        As for :meth:`SameWork.standing`.
    """
    known = cells.filter(cells.advisor.notnull())
    found = _beside(known, names)
    aside: set[int] = set()
    for _ in range(_ROUNDS):
        p = found.standing(least_contacts=least_contacts, least_times=least_times).p
        more = {found.numbers[i] for i in np.flatnonzero(p <= _ODD)}
        if more <= aside or len(aside | more) > len(found.names) / 3:
            break
        aside |= more
        found = _beside(known, names, sorted(aside))
    return found


def _beside(cells: ir.Table, names: Sequence[str], aside: Sequence[int] = ()) -> SameWork:
    """Sums for each kind of work and advisor; nobody is compared with those who stand aside."""
    n, k = cells.n, cells.k
    if aside:
        n, k = (ibis.ifelse(cells.advisor.isin(list(aside)), 0, each) for each in (n, k))
    yardstick = cells.mutate(yard=n, yard_k=k)
    hours = yardstick.group_by(["work", "hour"]).aggregate(
        every=yardstick.yard.sum().cast("int32"), every_k=yardstick.yard_k.sum().cast("int32")
    )
    with kept(hours) as held:
        return _summed(_side_by_side(yardstick, held), names)


def _side_by_side(yardstick: ir.Table, hours: ir.Table) -> ir.Table:
    """Each advisor beside the others in one hour of one work."""
    told = yardstick.join(hours, ["work", "hour"])
    told = told.select(
        "work",
        "hour",
        "advisor",
        n=told.n.cast("float64"),
        k=told.k.cast("float64"),
        rest=(told.every - told.yard).cast("float64"),
        rest_k=(told.every_k - told.yard_k).cast("float64"),
    )
    n, k, rest, rest_k = told.n, told.k, told.rest, told.rest_k
    every, every_k = n + rest, k + rest_k
    return told.select(
        "work",
        "hour",
        "advisor",
        n=n,
        k=k,
        beside=ibis.ifelse(rest > 0, n, 0.0),
        weight=n * rest / every,
        own=k * rest / every,
        others=rest_k * n / every,
        variance=n
        * rest
        * every_k
        * (every - every_k)
        / (every * every * ibis.greatest(every - 1, 1.0)),
    )


def _summed(wide: ir.Table, names: Sequence[str]) -> SameWork:
    """Hours added up; what is squared, day by day."""
    # Days of one advisor and work are many. So they carry only what is squared; whatever is just
    # added up is added up without them.
    found = (
        wide.group_by(["advisor", "work"])
        .aggregate(**{name: wide[name].sum() for name in _SUMS})
        .order_by(["advisor", "work"])
        .to_pyarrow()
    )
    days = wide.group_by(["advisor", "work", (wide.hour - wide.hour % 24).name("day")]).aggregate(
        away=(wide.own - wide.others).sum(), weight=wide.weight.sum()
    )
    squares = (
        days.group_by(["advisor", "work"])
        .aggregate(
            yy=(days.away * days.away).sum(),
            yw=(days.away * days.weight).sum(),
            ww=(days.weight * days.weight).sum(),
        )
        .order_by(["advisor", "work"])
        .to_pyarrow()
    )
    advisors, who = np.unique(ints(found, "advisor"), return_inverse=True)
    return SameWork(
        numbers=tuple(advisors.tolist()),
        names=tuple(names[number] for number in advisors.tolist()),
        who=who,
        work=ints(found, "work"),
        sums={name: floats(found, name) for name in _SUMS}
        | {name: floats(squares, name) for name in ("yy", "yw", "ww")},
    )
