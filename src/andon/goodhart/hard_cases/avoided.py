"""Reasons that are avoided: which are dealt out unevenly, and who lacks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from andon.answer import Scope
from andon.estimate import Estimate, Unknown
from andon.goodhart.case_mix import Dealt, even
from andon.goodhart.columns import floats, ints
from andon.goodhart.false_discovery import controlled
from andon.goodhart.hard_cases.cells import theirs
from andon.goodhart.hard_cases.compared import Compared
from andon.goodhart.hard_cases.days import over_days
from andon.goodhart.hard_cases.hard_reasons import Kinds
from andon.goodhart.hard_cases.lightest import Lightest
from andon.goodhart.hard_cases.mix import Mix
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.question import Asked
from andon.ledger.replicates import Replicates

__all__ = ["Avoided", "avoided"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Avoided:
    """One reason in one group whose contacts are uneven.

    Attributes
    ----------
    scope : Scope
    reason : str
    contacts : int
    harder_s : float
        How much longer it takes than the group's mean, whoever takes it, seconds.
    p, adjusted : float
        That advisors differ as much by chance; and beside the other reasons.
    uneven : bool
    went_elsewhere : Estimate or Unknown
        Of what chance would have brought to those whose work stands out as light, the share that
        they did not have; below 0 where they had more.
    """

    scope: Scope
    reason: str
    contacts: int
    harder_s: float
    p: float
    adjusted: float
    uneven: bool
    went_elsewhere: Estimate | Unknown


def avoided(
    cells: ir.Table,
    dealt: ir.Table,
    compared: Compared,
    mix: Mix,
    lightest: Lightest,
    names: Names,
    kinds: Kinds,
    asked: Asked,
) -> tuple[Avoided, ...]:
    """Each reason of the groups whose work is uneven: is it dealt out evenly, and who lacks it?"""
    groups = [
        i
        for i, each in enumerate(mix.groups)
        if (each.uneven or mix.stands_out) and each.p <= asked.false_discoveries
    ]
    if not groups or compared.beside is None:
        return ()
    cell = ["group", "pattern", "slot"]
    some = dealt.filter(dealt.group.isin(list(groups)))
    there = some.group_by(*cell, "kind").aggregate(k_all=some.count().cast("float64"))
    shared = cells.filter(cells.group.isin(list(groups)))
    both = shared.select(*cell, "advisor", "n", "all_n").join(there, cell)
    n, every, k = both.n, both.all_n, both.k_all
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    spread = k * (every - k) / every / less
    wide = both.select(
        "kind",
        "advisor",
        due=n * k / every,
        dealt=n * (every - n) / every * spread,
        alone=n * spread,
        weight=n * (every - n) / every,
    )
    sums = (
        wide.group_by("kind", "advisor")
        .aggregate(**{name: wide[name].sum() for name in ("due", "dealt", "alone", "weight")})
        .to_pyarrow()
    )
    own = some.group_by("kind", "advisor").aggregate(k=some.count().cast("float64")).to_pyarrow()
    shape = (len(names.reasons), len(names.ids))
    table = {name: np.zeros(shape) for name in ("due", "dealt", "alone", "weight", "k")}
    for source, columns in ((sums, ("due", "dealt", "alone", "weight")), (own, ("k",))):
        at = ints(source, "kind"), ints(source, "advisor")
        for name in columns:
            table[name][at] = floats(source, name)
    overall = compared.beside.dealt("h")
    wider = np.divide(
        overall.variance, overall.dealt, out=np.ones(shape[1]), where=overall.dealt > 0
    )
    of = np.isin(names.group, groups)
    asked_of = [kind for kind in np.flatnonzero(of).tolist() if names.reasons[kind]]
    tests = [
        even(
            Dealt(
                n=table["weight"][kind],
                weight=table["weight"][kind],
                away=table["k"][kind] - table["due"][kind],
                dealt=table["dealt"][kind],
                alone=table["alone"][kind],
                variance=table["dealt"][kind] * wider,
            ),
            level=asked.level,
        ).p
        for kind in asked_of
    ]
    across = controlled(tests, level=asked.false_discoveries)
    lacking = _lacking(cells, some, lightest.who, asked)
    found = [
        Avoided(
            scope=names.scopes[int(names.group[kind])],
            reason=names.reasons[kind],
            contacts=round(float(table["k"][kind].sum())),
            harder_s=float(kinds.harder_s[kind]),
            p=float(tests[i]),
            adjusted=float(across.adjusted[i]),
            uneven=bool(across.found[i]),
            went_elsewhere=lacking.get(
                int(kind),
                Unknown(unit="share", why="nobody stands out", needs="somebody who does"),
            ),
        )
        for i, kind in enumerate(asked_of)
    ]
    return tuple(sorted(found, key=lambda each: (-each.harder_s, str(each.scope), each.reason)))


def _lacking(
    cells: ir.Table, some: ir.Table, who: Sequence[int], asked: Asked
) -> dict[int, Estimate | Unknown]:
    """By kind, what those who stand out did not have of what was due."""
    if not who:
        return {}
    cell = ["group", "pattern", "slot"]
    shared = theirs(cells, who).select(*cell, "advisor", "n", "rest_n", "day")
    rest = some.filter(~some.advisor.isin(list(who)))
    rest = rest.group_by(*cell, "kind").aggregate(k_rest=rest.count().cast("float64"))
    both = shared.join(rest, cell)
    due = both.mutate(due=both.n * both.k_rest / both.rest_n)
    due = due.group_by("kind", "day").aggregate(due=due.due.sum())
    mine = some.filter(some.advisor.isin(list(who))).select(*cell, "advisor", "kind")
    mine = mine.join(shared.drop("n", "rest_n"), [*cell, "advisor"])
    had = mine.group_by("kind", "day").aggregate(k=mine.count().cast("float64"))
    found: dict[int, Estimate | Unknown] = {}
    tables = [(name, each.to_pyarrow()) for name, each in (("due", due), ("k", had))]
    days = np.unique(np.concatenate([ints(each, "day") for _, each in tables]))
    for kind in np.unique(ints(tables[0][1], "kind")):
        sums = {}
        for name, each in tables:
            mine_ = ints(each, "kind") == kind
            place = np.searchsorted(days, ints(each, "day")[mine_])
            sums[name] = np.bincount(place, floats(each, name)[mine_], len(days)).astype(np.float64)
        found[int(kind)] = over_days(
            Replicates(sums=sums).estimate(
                lambda total: 1 - total["k"] / total["due"],
                unit="share",
                n=round(float(sums["due"].sum())),
                level=asked.level,
                most=1.0,
            )
        )
    return found
