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

from andon.goodhart.peers import Matched, Standing, standing
from andon.ledger.kept import kept

__all__ = ["SameWork", "same_work"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_ODD: Final = 0.1
_ROUNDS: Final = 3
_SUMS: Final = ("n", "k", "beside", "weight", "own", "others", "variance")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SameWork:
    """Each advisor's contacts of each kind of work, beside the others' in the same hours.

    Attributes
    ----------
    names : tuple of str
        The advisors, in order.
    who, work : array
        Whose row it is, and of which kind of work.
    sums : mapping of str to array
        One value for each row: ``n`` contacts, ``k`` of them that count; ``beside``, contacts in
        hours in which somebody else did the same work; ``weight``, ``own``, ``others`` and
        ``variance`` as in :class:`andon.goodhart.peers.Matched`; ``yy``, ``yw`` and ``ww``, the
        products of ``own - others`` and ``weight``, day by day; ``first`` and ``last`` day.
    """

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


def same_work(contacts: ir.Table, *, least_contacts: int, least_times: float) -> SameWork:
    """Put each advisor beside the others; who seems to stand out is nobody's yardstick.

    Those who do would make the colleagues of their own hours look better than they are, and so
    honest advisors more different from one another than they are.

    Parameters
    ----------
    contacts : ibis.Table
        With ``work``, ``hour`` and ``day`` (integers; one hour lies in one day), ``advisor`` (null
        where unknown, and left out) and ``counts`` (boolean).
    least_contacts, least_times
        As for :meth:`SameWork.standing`.
    """
    known = contacts.filter(contacts.advisor.notnull())
    cells = known.group_by(["work", "day", "hour", "advisor"]).aggregate(
        n=known.count(), k=known.counts.cast("int32").sum()
    )
    with kept(cells) as held:
        found = _beside(held)
        aside: list[str] = []
        for _ in range(_ROUNDS):
            p = found.standing(least_contacts=least_contacts, least_times=least_times).p
            more = [name for name, each in zip(found.names, p, strict=True) if each <= _ODD]
            if set(more) <= set(aside) or len({*aside, *more}) > len(found.names) / 3:
                break
            aside = sorted({*aside, *more})
            found = _beside(held, aside)
    return found


def _beside(cells: ir.Table, aside: Sequence[str] = ()) -> SameWork:
    """Sums for each kind of work and advisor; nobody is compared with those who stand aside."""
    here = ibis.window(group_by=["work", "hour"])
    counts = cells.advisor.notin(list(aside)) if aside else ibis.literal(value=True)
    told = cells.mutate(
        rest=ibis.ifelse(counts, cells.n, 0).sum().over(here) - ibis.ifelse(counts, cells.n, 0),
        rest_k=ibis.ifelse(counts, cells.k, 0).sum().over(here) - ibis.ifelse(counts, cells.k, 0),
    )
    n, k, rest, rest_k = (told[name].cast("float64") for name in ("n", "k", "rest", "rest_k"))
    every, every_k = n + rest, k + rest_k
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    wide = told.select(
        "work",
        "day",
        "advisor",
        n=n,
        k=k,
        beside=ibis.ifelse(rest > 0, n, 0.0),
        weight=n * rest / every,
        own=k * rest / every,
        others=rest_k * n / every,
        variance=n * rest * every_k * (every - every_k) / (every * every * less),
    )
    days = wide.group_by(["work", "day", "advisor"]).aggregate(
        **{name: wide[name].sum() for name in _SUMS}
    )
    away = days.own - days.others
    found = (
        days.group_by(["work", "advisor"])
        .aggregate(
            **{name: days[name].sum() for name in _SUMS},
            yy=(away * away).sum(),
            yw=(away * days.weight).sum(),
            ww=(days.weight * days.weight).sum(),
            first=days.day.min(),
            last=days.day.max(),
        )
        .order_by(["advisor", "work"])
        .to_pyarrow()
    )
    advisors = found["advisor"].to_pylist()
    names = tuple(sorted(set(advisors)))
    place = {name: i for i, name in enumerate(names)}
    return SameWork(
        names=names,
        who=np.array([place[name] for name in advisors], dtype=np.int64),
        work=np.array(found["work"].to_pylist(), dtype=np.int64),
        sums={
            name: np.array(found[name].to_pylist(), dtype=np.float64)
            for name in found.column_names
            if name not in {"advisor", "work"}
        },
    )
