"""Advisors compared: each beside the others of the same group and hour, in four ways."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy import special

from andon import estimate
from andon.estimate import Sums, Unknown
from andon.goodhart.columns import Floats, Ints, count, floats, ints
from andon.goodhart.concentration import Concentration
from andon.goodhart.cut_off.in_person import Names
from andon.goodhart.cut_off.question import Asked
from andon.goodhart.false_discovery import controlled
from andon.goodhart.peers import Matched, Standing, standing
from andon.ledger.kept import kept
from andon.ledger.sums import clustered_sums

__all__ = ["Advisors", "Tested", "compared", "known_back"]

Bools = npt.NDArray[np.bool_]
_FEWEST_KNOWN: Final = 30
_DAY_H: Final = 24
_ODD: Final = 0.1
_ROUNDS: Final = 3
_HEAP: Final = 0.5
"""More short contacts than so many for each brief one are a heap."""
_AMOUNTS: Final = ("n", "k", "followed", "cut_off", "short_followed", "brief")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Advisors:
    """Rows of advisors and groups: counts and matched sums, and whose row each is.

    ``numbers`` are the advisors' own among all who handled contacts; ``who`` are places in
    ``names``.
    """

    names: tuple[str, ...]
    numbers: Ints
    who: Ints
    group: Ints
    sums: Mapping[str, Floats]

    @classmethod
    def of(cls, table: ir.Table, names: Names) -> Advisors:
        """Ask the engine."""
        found = table.order_by(["advisor", "group"]).to_pyarrow()
        numbers, who = np.unique(ints(found, "advisor"), return_inverse=True)
        return cls(
            names=tuple(names.advisor(number) for number in numbers),
            numbers=numbers,
            who=who,
            group=ints(found, "group"),
            sums={
                name: floats(found, name)
                for name in found.column_names
                if name not in {"advisor", "group"}
            },
        )

    def only(self, group: int) -> Advisors:
        """The rows of one group; all names stay."""
        mine = self.group == group
        return replace(
            self,
            who=self.who[mine],
            group=self.group[mine],
            sums={name: values[mine] for name, values in self.sums.items()},
        )

    @property
    def k(self) -> Floats:
        """Short contacts of each advisor."""
        return self.total("k")

    def total(self, name: str) -> Floats:
        """One number for each advisor."""
        summed = np.bincount(self.who, weights=self.sums[name], minlength=len(self.names))
        return summed.astype(np.float64)

    def matched(self, k: str) -> Matched:
        """Beside the others; contacts of one day may be alike, so the wider variance counts."""
        names = ("weight", "own", "others", "variance", "yy", "yw", "ww")
        return Matched.over_days({name: self.total(f"{k}_{name}") for name in names})

    def heaps(self) -> tuple[Sums, ...]:
        """Short of short and brief contacts of each advisor, a day the unit of doubt."""
        names = ("k", "brief", "heap_yy", "heap_yx", "heap_xx", "heap_days")
        totals = {name: self.total(name) for name in names}
        return tuple(self._heap(i, totals) for i in range(len(self.names)))

    def _heap(self, i: int, totals: Mapping[str, Floats]) -> Sums:
        short, brief = (float(totals[name][i]) for name in ("k", "brief"))
        return Sums(
            clusters=round(float(totals["heap_days"][i])),
            n=round(short + brief),
            y=short,
            x=short + brief,
            yy=float(totals["heap_yy"][i]),
            yx=float(totals["heap_yx"][i]),
            xx=float(totals["heap_xx"][i]),
        )

    def of_short(self, asked: Asked) -> Standing:
        """The share of short contacts beside the others'."""
        return standing(self.matched("k"), compared=self.total("n") >= asked.least_contacts)

    def tested(
        self, asked: Asked, usual: Floats, known: Mapping[tuple[object, ...], Sums]
    ) -> Tested:
        """All four comparisons of each advisor."""
        back = tuple(known.get((number,)) for number in self.numbers.tolist())
        followed = self.total("short_followed")
        expected = np.bincount(
            self.who,
            weights=self.sums["short_followed"] * usual[self.group],
            minlength=len(self.names),
        )
        expected = np.divide(
            expected, followed, out=np.full(len(followed), np.nan), where=followed > 0
        )
        short = self.of_short(asked)
        cut_off = standing(
            self.matched("cut_off"), compared=self.total("followed") >= _FEWEST_KNOWN
        )
        returned = np.array(
            [_beyond(sums, share) for sums, share in zip(back, expected, strict=True)]
        )
        heap = np.array([_heaped(sums) for sums in self.heaps()])
        p = short.p.copy()
        told = short.p <= 1 - asked.level  # who has no more than others is in no need of the rest
        for other in (cut_off.p_chance, returned, heap):
            p[told] = np.maximum(p[told], other[told])  # what cannot be told stays untold
        across = controlled(p, level=1 - asked.level)
        return Tested(
            short=short,
            cut_off=cut_off,
            back=back,
            usual=expected,
            p=p,
            adjusted=across.adjusted,
            found=across.found,
            p_any=controlled(p, dependence="positive").p_any,
        )

    def concentration(self) -> Concentration | Unknown:
        """How few have half of the short contacts."""
        if not self.names or not self.k.any():
            return Unknown(
                unit="count",
                why="no short contact has an advisor recorded",
                needs="advisors' ids with short contacts",
            )
        return Concentration.of(self.k, contacts=self.total("n"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tested:
    """Each advisor's comparisons and what they come to."""

    short: Standing
    cut_off: Standing
    back: tuple[Sums | None, ...]
    usual: Floats
    p: Floats
    adjusted: Floats
    found: Bools
    p_any: float


def compared(timed: ir.Table, names: Names, asked: Asked) -> Advisors:
    """Each advisor beside the others; those who seem to stand out are nobody's yardstick.

    They would make the colleagues of their own hours look better than they are, and so honest
    advisors more different than they are.
    """
    with kept(_cells(timed)) as cells:
        table = _by_advisor(cells, names)
        aside: list[int] = []
        for _ in range(_ROUNDS):
            more = table.numbers[table.of_short(asked).p <= _ODD].tolist()
            if set(more) <= set(aside) or len({*aside, *more}) > len(table.names) / 3:
                break
            aside = sorted({*aside, *more})
            table = _by_advisor(cells, names, aside)
        return table


def _cells(timed: ir.Table) -> ir.Table:
    """What each advisor did in each group and hour."""
    named = timed.filter(timed.advisor.notnull())
    return named.group_by(["group", "hour", "advisor"]).aggregate(
        n=named.count(),
        k=count(named.short),
        brief=count(named.brief),
        followed=count(named.followed),
        cut_off=count(named.short & named.back),
        short_followed=count(named.short & named.followed),
    )


def _beside(cells: ir.Table, aside: Sequence[int] = ()) -> ir.Table:
    """Each cell with what the others did in the same group and hour.

    Nobody is compared with those who stand aside, who are compared with the rest.
    """
    here = ibis.window(group_by=["group", "hour"])
    counts = cells.advisor.notin(list(aside)) if aside else ibis.literal(value=True)
    return cells.mutate(
        **{
            f"others_{name}": ibis.ifelse(counts, cells[name], 0).sum().over(here)
            - ibis.ifelse(counts, cells[name], 0)
            for name in ("n", "k", "followed", "cut_off")
        }
    )


def _by_advisor(cells: ir.Table, names: Names, aside: Sequence[int] = ()) -> Advisors:
    """For each group and advisor: counts, and sums that match the others in the same hours."""
    # Kept, or the engine would work out the windows again for each sum that uses them.
    with kept(_beside(cells, aside)) as beside:
        return Advisors.of(_matched(beside), names)


def _matched(cells: ir.Table) -> ir.Table:
    def matched(n: str, k: str) -> dict[str, ir.FloatingValue]:
        mine, mine_k = cells[n].cast("float64"), cells[k].cast("float64")
        rest, rest_k = cells[f"others_{n}"].cast("float64"), cells[f"others_{k}"].cast("float64")
        every, every_k = mine + rest, mine_k + rest_k
        some = ibis.ifelse(every > 0, every, 1.0)
        less = ibis.ifelse(every > 1, every - 1, 1.0)
        return {
            f"{k}_weight": mine * rest / some,
            f"{k}_own": mine_k * rest / some,
            f"{k}_others": rest_k * mine / some,
            f"{k}_variance": mine * rest * every_k * (every - every_k) / (some * some * less),
        }

    sums = matched("n", "k") | matched("followed", "cut_off")
    day = ((cells.hour - cells.hour % _DAY_H) / _DAY_H).cast("int32")
    wide = cells.select("group", "advisor", *_AMOUNTS, day=day, **sums)
    days = wide.group_by(["group", "day", "advisor"]).aggregate(
        **{name: wide[name].sum() for name in (*_AMOUNTS, *sums)}
    )
    squares = {}
    for k in ("k", "cut_off"):
        away = days[f"{k}_own"] - days[f"{k}_others"]
        squares[f"{k}_yy"] = (away * away).sum()
        squares[f"{k}_yw"] = (away * days[f"{k}_weight"]).sum()
        squares[f"{k}_ww"] = (days[f"{k}_weight"] * days[f"{k}_weight"]).sum()
    both = (days.k + days.brief).cast("float64")
    squares |= {
        "heap_yy": (days.k.cast("float64") * days.k).sum(),
        "heap_yx": (both * days.k).sum(),
        "heap_xx": (both * both).sum(),
        "heap_days": count(both > 0),
    }
    return days.group_by(["group", "advisor"]).aggregate(
        **{name: days[name].sum() for name in (*_AMOUNTS, *sums)},
        **squares,
        first=days.day.min(),
        last=days.day.max(),
    )


def known_back(shorts: ir.Table, by: Sequence[str]) -> dict[tuple[object, ...], Sums]:
    """Returns after each advisor's short contacts, clustered by customer."""
    everyone = ibis.literal(value=True)
    found = clustered_sums(shorts, {"back": (shorts.back, everyone)}, by=by, strangers="left out")
    return {tuple(value for _, value in scope): each["back"] for scope, each in found.items()}


def _beyond(sums: Sums | None, usual: float) -> float:
    """The chance that so many are back, were it no more than after contacts of usual length."""
    if sums is None or math.isnan(usual):
        return math.nan
    n = estimate.effective_n(sums)
    back = n * sums.y / sums.x
    if back <= 0 or usual <= 0:
        return 1.0 if back <= 0 else 0.0
    return float(special.betainc(back, n - back + 1, min(usual, 1.0)))


def _heaped(sums: Sums) -> float:
    """The chance that so many are short, were they only the quick end of brief ones."""
    if sums.y <= 0:
        return 1.0
    n = estimate.effective_n(sums)
    short = n * sums.y / sums.x
    return float(special.betainc(short, n - short + 1, _HEAP / (1 + _HEAP)))
