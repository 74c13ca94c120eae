"""Reach: did customers get through, and how long did they wait?

How long they are ready to wait is :func:`andon.metrics.patience.patience`, named here as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis.expr.types as ir
import numpy as np

from andon.answer import Answer, Group, Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.doubt import (
    Bools,
    Crossed,
    Flag,
    Fraction,
    Ints,
    crossed_sums,
)
from andon.metrics.lengths import Lengths, Quantile, lengths
from andon.metrics.parts import Part
from andon.metrics.patience import Patience, StillWaiting, patience
from andon.metrics.waits import KINDS, bin_of, waits
from andon.units import US

__all__ = [
    "Abandonment",
    "GivingUp",
    "Part",
    "Patience",
    "Quantile",
    "Reach",
    "ServiceLevel",
    "StillWaiting",
    "patience",
    "reach",
]

_QUANTILES: Final = (0.5, 0.8, 0.9, 0.95)
_LADDER_S: Final = (0, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600)
"""Waits at which the doubt of shares is measured, for the doubt of quantiles near them."""
_MINUTE_US: Final = 60 * US
_HOUR_US: Final = 3600 * US
_DAY_US: Final = 24 * _HOUR_US

_NO_QUEUE: Final = Unknown(
    unit="share",
    why="no queueing times are recorded for these contacts",
    needs="when each contact joined the queue and when it was answered",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceLevel:
    """The share answered in time, by the three definitions in use. Never compare across them.

    Attributes
    ----------
    within_s : float
        What counts as in time: an answer after at most so many seconds in the queue.
    short_abandon_s : float
        Who gave up after at most so many seconds counts as a short abandon.
    of_offered : Part
        Answered in time, of all that were handled or abandoned.
    without_short_abandons : Part
        Answered in time, of those but the short abandons: the definition that Andon adopts.
    of_answered : Part
        Answered in time, of those that were answered; blind to everyone who gave up.
    """

    within_s: float
    short_abandon_s: float
    of_offered: Part
    without_short_abandons: Part
    of_answered: Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Abandonment:
    """Customers who left a queue, by what they are compared with.

    Attributes
    ----------
    of_queued : Part
        Of all that joined a queue and were handled or abandoned.
    of_offered : Part
        Of all handled or abandoned, those answered without queueing too.
    of_queued_without_short, of_offered_without_short : Part
        The same with short abandons left out above and below the line.
    short : int
        Short abandons.
    """

    of_queued: Part
    of_offered: Part
    of_queued_without_short: Part
    of_offered_without_short: Part
    short: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GivingUp:
    """Customers who gave up anywhere, in a queue or before it.

    Attributes
    ----------
    of_reached : Part
        Abandoned or left self-service, of those and the handled.
    before_queueing : Part
        Of those who gave up, the ones who left self-service before any queue.
    """

    of_reached: Part
    before_queueing: Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Whether customers got through, and how long they waited.

    Attributes
    ----------
    contacts : int
        All attempts.
    handled, abandoned, left_self_service, self_served, failed, open : int
        How they ended.
    queued : int
        Handled or abandoned contacts that joined a queue.
    service_level : ServiceLevel
    wait_mean_s : Estimate or Unknown
        Mean wait of all that were handled or abandoned; 0 for those who did not have to queue.
    wait_answered_mean_s : Estimate or Unknown
        Mean wait of the answered only (ASA). It hides those who gave up.
    wait_quantiles : tuple of Quantile
        Of the wait of all that were handled or abandoned.
    abandonment : Abandonment
    giving_up : GivingUp
    wait_not_known : int
        Handled or abandoned contacts without a wait; left out of waits and service levels.
    wait_impossible : int
        Of these, the ones whose wait would be below zero.
    """

    contacts: int
    handled: int
    abandoned: int
    left_self_service: int
    self_served: int
    failed: int
    open: int
    queued: int
    service_level: ServiceLevel
    wait_mean_s: Estimate | Unknown
    wait_answered_mean_s: Estimate | Unknown
    wait_quantiles: tuple[Quantile, ...]
    abandonment: Abandonment
    giving_up: GivingUp
    wait_not_known: int
    wait_impossible: int


def reach(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    answer_within_s: float = 20.0,
    short_abandon_s: float = 5.0,
    level: float = 0.95,
) -> Answer[Reach]:
    """Did customers get through, and how long did they wait?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    answer_within_s : float
        What counts as answered in time, seconds in the queue (0 or more).
    short_abandon_s : float
        Up to how many seconds a customer who gave up counts as a short abandon (0 or more).
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Answer of Reach

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by, or a limit is negative.

    Notes
    -----
    All customers of one congested hour wait together, so the day is a unit of doubt beside the
    customer: see :mod:`andon.metrics.doubt`. Quantiles have Woodruff's interval (1952,
    https://doi.org/10.1080/01621459.1952.10483443). Contacts that failed are attempts, and neither
    handled nor abandoned.
    """
    for name, limit in (("answer_within_s", answer_within_s), ("short_abandon_s", short_abandon_s)):
        if not (math.isfinite(limit) and limit >= 0):
            raise QuestionError(
                "A limit on the wait must be a number of seconds, 0 or more.",
                found=f"{name}: {limit!r}",
                todo="Use 20 for 'answered within 20 s'.",
            )
    edges = sorted({round(each * US) for each in (*_LADDER_S, answer_within_s, short_abandon_s)})
    spine = waits(contacts, by=by)
    spine = spine.mutate(wait=bin_of(spine.wait_us, edges)).cache()
    wait_s = spine.wait_us.cast("float64") / float(US)
    seen = lengths(spine.filter(spine.kind.isin((_HANDLED, _ABANDONED))), wait_s, by=by)
    found = crossed_sums(
        spine,
        _FRACTIONS
        | {f"under_{i}": Fraction(top=f"under_{i}", bottom="timed") for i in range(len(edges))},
        classes={
            "kind": spine.kind,
            "queued": spine.queued.cast("int32"),
            "wait": spine.wait,
            "impossible": spine.impossible.cast("int32"),
        },
        flags={
            **{name: _kind(number) for name, number in KINDS.items()},
            "queued": lambda c: _offered(c) & (c["queued"] == 1),
            "abandoned_queued": lambda c: (c["kind"] == _ABANDONED) & (c["queued"] == 1),
            "timed": lambda c: _offered(c) & (c["wait"] >= 0),
            "timed_handled": lambda c: (c["kind"] == _HANDLED) & (c["wait"] >= 0),
            "in_time": lambda c: (
                (c["kind"] == _HANDLED) & _within(c["wait"], edges, answer_within_s)
            ),
            "short": lambda c: (
                (c["kind"] == _ABANDONED) & _within(c["wait"], edges, short_abandon_s)
            ),
            "impossible": lambda c: _offered(c) & (c["impossible"] == 1),
            **{f"under_{i}": _under(i) for i in range(len(edges))},
        },
        amounts={"wait": wait_s},
        by=by,
    )
    results = {
        scope: _reach(
            each,
            seen.get(scope, Lengths.none()),
            len(edges),
            answer_within_s=answer_within_s,
            short_abandon_s=short_abandon_s,
            level=level,
        )
        for scope, each in found.items()
    }
    return _answer(results)


_HANDLED: Final = KINDS["handled"]
_ABANDONED: Final = KINDS["abandoned"]

_FRACTIONS: Final = {
    "sl of offered": Fraction(top="in_time", bottom="timed"),
    "sl without short": Fraction(top="in_time", bottom="timed - short"),
    "sl of answered": Fraction(top="in_time", bottom="timed_handled"),
    "wait": Fraction(top="timed", bottom="timed", amount="wait"),
    "wait of answered": Fraction(top="timed_handled", bottom="timed_handled", amount="wait"),
    "abandoned of queued": Fraction(top="abandoned_queued", bottom="queued"),
    "abandoned of offered": Fraction(top="abandoned", bottom="handled + abandoned"),
    "abandoned of queued, long": Fraction(top="abandoned_queued - short", bottom="queued - short"),
    "abandoned of offered, long": Fraction(
        top="abandoned - short", bottom="handled + abandoned - short"
    ),
    "gave up": Fraction(
        top="abandoned + left_self_service", bottom="handled + abandoned + left_self_service"
    ),
    "gave up before queueing": Fraction(
        top="left_self_service", bottom="abandoned + left_self_service"
    ),
}


def _offered(c: Mapping[str, Ints]) -> Bools:
    return np.isin(c["kind"], (_HANDLED, _ABANDONED))


def _kind(number: int) -> Flag:
    return lambda c: c["kind"] == number


def _under(i: int) -> Flag:
    return lambda c: _offered(c) & (c["wait"] >= 0) & (c["wait"] <= i)


def _within(bins: Ints, edges: Sequence[int], limit_s: float) -> Bools:
    return (bins >= 0) & (bins <= edges.index(round(limit_s * US)))


def _reach(
    found: Crossed,
    seen: Lengths,
    edges: int,
    *,
    answer_within_s: float,
    short_abandon_s: float,
    level: float,
) -> Reach:
    counts, ratios = found.counts, found.ratios
    offered = counts["handled"] + counts["abandoned"]
    untimed = offered > 0 and counts["timed"] == 0

    def part(name: str) -> Part:
        sums = ratios[name].sums
        share = ratios[name].share(level=level)
        return Part(
            count=round(sums.y),
            out_of=round(sums.x),
            share=_NO_QUEUE if untimed and isinstance(share, Unknown) else share,
        )

    def mean(name: str) -> Estimate | Unknown:
        if untimed:
            return replace(_NO_QUEUE, unit="s")
        return ratios[name].mean(unit="s", level=level, at_least=0.0)

    return Reach(
        contacts=found.contacts,
        handled=counts["handled"],
        abandoned=counts["abandoned"],
        left_self_service=counts["left_self_service"],
        self_served=counts["self_served"],
        failed=counts["failed"],
        open=counts["open"],
        queued=counts["queued"],
        service_level=ServiceLevel(
            within_s=answer_within_s,
            short_abandon_s=short_abandon_s,
            of_offered=part("sl of offered"),
            without_short_abandons=part("sl without short"),
            of_answered=part("sl of answered"),
        ),
        wait_mean_s=mean("wait"),
        wait_answered_mean_s=mean("wait of answered"),
        wait_quantiles=tuple(
            Quantile(p=p, seconds=replace(_NO_QUEUE, unit="s"))
            if untimed
            else seen.quantile(p, [ratios[f"under_{i}"] for i in range(edges)], level=level)
            for p in _QUANTILES
        ),
        abandonment=Abandonment(
            of_queued=part("abandoned of queued"),
            of_offered=part("abandoned of offered"),
            of_queued_without_short=part("abandoned of queued, long"),
            of_offered_without_short=part("abandoned of offered, long"),
            short=counts["short"],
        ),
        giving_up=GivingUp(
            of_reached=part("gave up"), before_queueing=part("gave up before queueing")
        ),
        wait_not_known=offered - counts["timed"],
        wait_impossible=counts["impossible"],
    )


def _answer(results: dict[Scope, Reach]) -> Answer[Reach]:
    return Answer(
        overall=results[()],
        groups=tuple(Group(scope, results[scope]) for scope in in_order(s for s in results if s)),
    )
