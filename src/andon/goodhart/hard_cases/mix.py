"""The mix: whether hard reasons reach everybody alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis.expr.types as ir

from andon.answer import Scope
from andon.estimate import Estimate, Unknown
from andon.goodhart.case_mix import Even, even
from andon.goodhart.columns import Floats
from andon.goodhart.false_discovery import controlled
from andon.goodhart.hard_cases.cells import Beside, Score
from andon.goodhart.hard_cases.compared import Compared
from andon.goodhart.hard_cases.hard_reasons import Kinds
from andon.goodhart.hard_cases.lightest import Lightest
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.routed import Routed

__all__ = ["Fact", "InQueue", "Mix"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Whether something known before the contact is dealt out evenly.

    Attributes
    ----------
    name : str
    p : float
        The chance that advisors differ as much where contacts are dealt by chance; NaN if not
        known.
    adjusted : float
        The same beside the other facts.
    uneven : bool or None
    """

    name: str
    p: float
    adjusted: float
    uneven: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InQueue:
    """Whether hard reasons are dealt out evenly in one group of contacts.

    Attributes
    ----------
    scope : Scope
    contacts, advisors : int
        That were compared.
    p, adjusted : float
        That advisors differ as much by chance; and beside the other groups. NaN if not known.
    uneven : bool or None
    spread_s : Estimate or Unknown
        How much advisors' work differs: standard deviation of their mean hardness, seconds.
    """

    scope: Scope
    contacts: int
    advisors: int
    p: float
    adjusted: float
    uneven: bool | None
    spread_s: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """Whether hard reasons reach everybody alike.

    Attributes
    ----------
    contacts, advisors, cells : int
        What was compared; cells are groups in one interval, among those who are sent the same.
    dealt_p : float
        The chance that advisors differ so where contacts are dealt out by chance; NaN if not known.
    uneven : bool or None
        Whether they differ beyond that. None where it cannot be told.
    spread_s : Estimate or Unknown
        Standard deviation of advisors' true mean hardness, seconds a contact.
    p : float
        The chance that both hold where contacts are dealt by chance: they differ, and somebody has
        work as light beside honest differences; NaN likewise.
    stands_out : bool or None
        Whether some get lighter work than all the others. Uneven work where nobody does is rather
        work that is sent.
    lighter_s : Estimate or Unknown
        By how much theirs is lighter than that of all others in the same cells: seconds a contact
        by which its reasons take less.
    went_elsewhere : Estimate or Unknown
        Of hard contacts that chance would have brought them, the share that they did not have.
    why_not : str
        Why nothing can be told; empty where it can.
    groups : tuple of InQueue
    routed : tuple of Routed
    facts : tuple of Fact
    """

    contacts: int
    advisors: int
    cells: int
    dealt_p: float
    uneven: bool | None
    spread_s: Estimate | Unknown
    p: float
    stands_out: bool | None
    lighter_s: Estimate | Unknown
    went_elsewhere: Estimate | Unknown
    why_not: str
    groups: tuple[InQueue, ...]
    routed: tuple[Routed, ...]
    facts: tuple[Fact, ...]

    @classmethod
    def of(
        cls,
        cells: ir.Table,
        compared: Compared,
        lightest: Lightest,
        names: Names,
        kinds: Kinds,
        asked: Asked,
        *,
        stands_out: bool | None,
    ) -> Mix:
        """What the comparison came to."""
        beside, across, days = compared.beside, compared.across, lightest.days
        if beside is None:
            return cls.unknown(compared.why_not, kinds.not_sent.routed)
        shared = cells.filter(cells.n < cells.all_n).select("group", "pattern", "slot").distinct()
        nobody = compared.why_not or "nobody stands out"
        return cls(
            contacts=compared.contacts - compared.alone,
            advisors=across.advisors,
            cells=int(shared.count().to_pyarrow().as_py()),
            dealt_p=across.p,
            uneven=None if math.isnan(across.p) else across.p <= asked.false_discoveries,
            spread_s=_spread(across, beside.total("n"), asked),
            p=compared.looked.p_any,
            stands_out=stands_out,
            lighter_s=days.lighter_s(asked)
            if days
            else Unknown(unit="s", why=nobody, needs="somebody who does"),
            went_elsewhere=days.went_elsewhere("hard", asked)
            if days
            else Unknown(unit="share", why=nobody, needs="somebody who does"),
            why_not=compared.why_not,
            groups=_queues(beside, names, asked),
            routed=kinds.not_sent.routed,
            facts=_facts(beside, asked),
        )

    @classmethod
    def unknown(cls, why: str, routed: tuple[Routed, ...] = ()) -> Mix:
        """Nobody can be compared."""
        needs = "several advisors, and reasons"
        seconds = Unknown(unit="s", why=why, needs=needs)
        return cls(
            contacts=0,
            advisors=0,
            cells=0,
            dealt_p=math.nan,
            uneven=None,
            spread_s=seconds,
            p=math.nan,
            stands_out=None,
            lighter_s=seconds,
            went_elsewhere=Unknown(unit="share", why=why, needs=needs),
            why_not=why,
            groups=(),
            routed=routed,
            facts=(),
        )


def _queues(beside: Beside, names: Names, asked: Asked) -> tuple[InQueue, ...]:
    tests = [
        even(beside.dealt("h", group), level=asked.level) for group in range(len(names.scopes))
    ]
    across = controlled(
        [each.p for each in tests], level=asked.false_discoveries, dependence="positive"
    )
    return tuple(
        InQueue(
            scope=scope,
            contacts=round(float(beside.total("n", group).sum())),
            advisors=tests[group].advisors,
            p=tests[group].p,
            adjusted=float(across.adjusted[group]),
            uneven=None if math.isnan(tests[group].p) else bool(across.found[group]),
            spread_s=_spread(tests[group], beside.total("n", group), asked),
        )
        for group, scope in enumerate(names.scopes)
    )


def _facts(beside: Beside, asked: Asked) -> tuple[Fact, ...]:
    """What was known before the contact, and whether that is dealt out evenly."""
    named: dict[Score, str] = {"came": "the customer came within the window before"}
    if asked.needs:
        named["need"] = "the customer is known to need support"
    p = [even(beside.dealt(score)).p for score in named]
    across = controlled(p, level=asked.false_discoveries)
    return tuple(
        Fact(
            name=says,
            p=chance,
            adjusted=float(across.adjusted[i]),
            uneven=None if math.isnan(chance) else bool(across.found[i]),
        )
        for i, (says, chance) in enumerate(zip(named.values(), p, strict=True))
    )


def _spread(found: Even, n: Floats, asked: Asked) -> Estimate | Unknown:
    if math.isnan(found.spread):
        return Unknown(
            unit="s", why="nobody can be compared", needs="advisors who share an interval"
        )
    return Estimate(
        value=found.spread,
        low=min(found.spread, found.spread_low),
        high=found.spread_high,
        unit="s",
        n=round(float(n.sum())),
        method="contacts dealt out within cells, non-central chi-squared",
        level=asked.level,
    )
