"""Patience: how long customers are ready to wait in the queue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon.answer import Answer, Group, Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown
from andon.ledger.replicates import replicate_of
from andon.metrics.doubt import Bools, Floats, Ints, added, groups_for, joined, products, scopes_of
from andon.metrics.waits import KINDS, bin_of, waits
from andon.queueing.patience import HazardBin, Peak, Survival, hazard, kaplan_meier, peak
from andon.units import US

__all__ = ["Patience", "StillWaiting", "patience"]

_EDGES_S: Final = (0, 5, *range(15, 126, 10), 150, 180, 240, 300, 420, 600, 1200, 3600)
"""Ten seconds wide around round tens, where announcements fall, then wider."""
_SETTLED_S: Final = 35.0
_FEW_WAITING: Final = 50
"""A mean within a time needs so many who waited that long."""
_SOME: Final = 0.01
"""A peak is looked for as long as this share still waits."""
_CURVE_S: Final = (*range(61), *range(65, 301, 5), *range(315, 901, 15), *range(960, 3601, 60))


@dataclass(frozen=True, kw_only=True, slots=True)
class StillWaiting:
    """One point of the curve of patience.

    Attributes
    ----------
    at_s : float
        After so many seconds in the queue
    share : float
        so many, 0 to 1, would still be waiting if nobody had been answered,
    low, high : float
        with this interval.
    at_risk : int
        Contacts that were seen to wait longer than that.
    """

    at_s: float
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long customers are ready to wait in the queue.

    Attributes
    ----------
    queued : int
        Contacts that joined a queue and whose wait is known.
    gave_up : int
        How many of them abandoned: what happened, and not yet a measure of patience.
    up_to_s : float
        Longer waits count as still waiting then.
    longer : int
        How many waits were longer.
    left_out : int
        Contacts that joined a queue and whose wait is not known, or below zero.
    after_30_s, after_60_s, after_180_s, after_300_s : Estimate or Unknown
        The share that would still be waiting then, if nobody had been answered.
    median_s : Estimate or Unknown
        When half would have given up.
    mean_s : Estimate or Unknown
        All seconds waited over all who gave up: the mean patience if customers gave up equally fast
        at all times (exponential patience, as Erlang A takes it).
    restricted_mean_s : Estimate or Unknown
        The mean time that customers would wait within the first ``restricted_to_s`` seconds,
        whatever the shape of the hazard.
    restricted_to_s : float
        The last time at which enough were still waiting to tell.
    first_peak : Peak or Unknown
        Where they give up fastest within the first 35 s: those who leave as soon as they learn
        that there is a queue.
    peak : Peak or Unknown
        Where they give up fastest after that, as long as 1 in 100 still wait; Unknown where no
        later peak stands out.
    hazard : tuple of HazardBin
        How fast customers give up, by how long they have waited.
    curve : tuple of StillWaiting
        Kaplan and Meier's, at times that grow apart.
    """

    queued: int
    gave_up: int
    up_to_s: float
    longer: int
    left_out: int
    after_30_s: Estimate | Unknown
    after_60_s: Estimate | Unknown
    after_180_s: Estimate | Unknown
    after_300_s: Estimate | Unknown
    median_s: Estimate | Unknown
    mean_s: Estimate | Unknown
    restricted_mean_s: Estimate | Unknown
    restricted_to_s: float
    first_peak: Peak | Unknown
    peak: Peak | Unknown
    hazard: tuple[HazardBin, ...]
    curve: tuple[StillWaiting, ...]


def patience(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    up_to_s: float = 3600.0,
    level: float = 0.95,
) -> Answer[Patience]:
    """How long are customers ready to wait in the queue?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty. Those that joined a queue count: who abandoned showed
        their patience, who was answered had more than they waited. Contacts that failed are left
        out: nobody knows whether they would have waited on.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    up_to_s : float
        Longer waits count as still waiting then, seconds (> 0).
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Answer of Patience

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by, or ``up_to_s`` is not above 0.

    Notes
    -----
    The curve and the hazard are those of :mod:`andon.queueing.patience`. How much customers who
    call often and bad days widen their intervals is measured on the hazard: with ``z`` the events
    of a customer (or day) in a bin less the rate times the seconds waited in it, the variance over
    customers and days is set against that over single contacts (:mod:`andon.metrics.doubt`).
    """
    if not (math.isfinite(up_to_s) and up_to_s > 0):
        raise QuestionError(
            "Patience must be looked at up to a time above 0.",
            found=f"up_to_s: {up_to_s!r}",
            todo="Use 3600 for an hour.",
        )
    edges_s = np.array([*(each for each in _EDGES_S if each < up_to_s), up_to_s], dtype=np.float64)
    spine = _queued(waits(contacts, by=by), by, edges_s).cache()
    lengths = _Lengths.of(spine, by)
    groups = groups_for(lengths.scopes, lengths.known)
    if groups:
        spine = spine.mutate(group=replicate_of(spine.customer_key, groups))
    customers = _Cells.of(spine, "group" if groups else "customer_key", by)
    days = _Cells.of(spine, "local_day", by)
    found = {
        scope: _patience(
            _Doubt(
                edges_s=edges_s,
                seen=seen,
                customers=customers.units(scope, edges_s, groups=groups),
                days=days.units(scope, edges_s),
                level=level,
            )
        )
        for scope, seen in lengths.by_scope()
    }
    return Answer(
        overall=found[()],
        groups=tuple(Group(scope, found[scope]) for scope in in_order(s for s in found if s)),
    )


def _queued(spine: ir.Table, by: Sequence[str], edges_s: Floats) -> ir.Table:
    """Contacts that joined a queue: how long they waited, in which bin, whether they gave up.

    A second belongs to the waits that end with it, so that bins cut at whole seconds are exact.
    """
    spine = spine.filter(spine.queued & (spine.kind != KINDS["failed"]))
    edges_us = [round(float(edge) * US) for edge in edges_s[1:]]
    wait = ibis.ifelse(spine.wait_us > edges_us[-1], edges_us[-1], spine.wait_us)
    last = wait + (US - 1)
    return spine.select(
        "customer_key",
        "local_day",
        *by,
        second=((last - last % US) / US).cast("int32"),
        waited_us=wait,
        bin=bin_of(wait, edges_us),
        gave_up=ibis.coalesce(
            (spine.kind == KINDS["abandoned"]) & (spine.wait_us <= edges_us[-1]),
            ibis.literal(value=False),
        ),
        longer=ibis.coalesce((spine.wait_us > edges_us[-1]).cast("int32"), 0),
    )


# ---------------------------------------------------------------- what leaves the engine


@dataclass(frozen=True, kw_only=True, slots=True)
class _Lengths:
    """Waits counted by length, by whether they ended in giving up, and by known customer."""

    scopes: tuple[Scope, ...]
    scope: Ints
    at_s: Floats
    """The mean of the waits of one second; NaN where they are not known."""
    gave_up: Floats
    """1 where these waits ended in giving up."""
    unknown: Bools
    n: Floats
    longer: Floats

    @classmethod
    def of(cls, spine: ir.Table, by: Sequence[str]) -> _Lengths:
        cut = spine.mutate(unknown=spine.customer_key.isnull())
        table = (
            cut.group_by([*by, "second", "gave_up", "unknown"])
            .aggregate(
                n=cut.count(), total_us=cut.waited_us.cast("float64").sum(), longer=cut.longer.sum()
            )
            .to_pyarrow()
        )
        scopes, scope = scopes_of(table, by)
        n, total, longer = (
            np.asarray(table[name].to_numpy(), dtype=np.float64)
            for name in ("n", "total_us", "longer")
        )
        return cls(
            scopes=scopes,
            scope=scope,
            at_s=total / n / US,
            gave_up=np.asarray(table["gave_up"].to_numpy(), dtype=np.float64),
            unknown=np.asarray(table["unknown"].to_numpy(), dtype=np.bool_),
            n=n,
            longer=longer,
        )

    @property
    def known(self) -> int:
        """Contacts of known customers."""
        return round(float(self.n[~self.unknown].sum()))

    def by_scope(self) -> Iterator[tuple[Scope, _Lengths]]:
        """Each scope with its own waits, all contacts first."""
        yield (), self
        for i, scope in enumerate(self.scopes[1:], start=1):
            yield scope, self.those(np.asarray(self.scope == i))

    def those(self, mine: Bools) -> _Lengths:
        """Some of the waits."""
        return replace(
            self,
            scope=self.scope[mine],
            at_s=self.at_s[mine],
            gave_up=self.gave_up[mine],
            unknown=self.unknown[mine],
            n=self.n[mine],
            longer=self.longer[mine],
        )

    def sums(self, y: Floats, x: Floats) -> Sums:
        """Each contact its own unit of doubt, with these values for the waits of one length."""
        n = self.n
        return Sums(
            clusters=round(float(n.sum())),
            n=round(float((n * x).sum())),
            y=float((n * y).sum()),
            x=float((n * x).sum()),
            yy=float((n * y * y).sum()),
            yx=float((n * y * x).sum()),
            xx=float((n * x * x).sum()),
            yyy=float((n * y**3).sum()),
            yyx=float((n * y * y * x).sum()),
            yxx=float((n * y * x * x).sum()),
            xxx=float((n * x**3).sum()),
        )

    def moments(self, edges_s: Floats, rates: Floats) -> Floats:
        """Products of residuals between bins, each contact its own unit of doubt."""
        start, end = edges_s[:-1], edges_s[1:]
        at = self.at_s[:, None]
        exposure = np.clip(at, start, end) - start
        inside = (at > start) & (at <= end)
        inside[:, 0] |= self.at_s <= start[0]
        residuals = self.gave_up[:, None] * inside - rates * exposure
        return _squared(residuals * np.sqrt(self.n)[:, None])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cells:
    """Waits counted by scope, unit of doubt, bin, and whether they ended in giving up."""

    scopes: tuple[Scope, ...]
    scope: Ints
    unit: Ints
    bin: Ints
    gave_up: Floats
    n: Floats
    waited_s: Floats

    @classmethod
    def of(cls, spine: ir.Table, unit: str, by: Sequence[str]) -> _Cells:
        timed = spine.filter(spine[unit].notnull() & spine.waited_us.notnull())
        table = (
            timed.group_by([*by, unit, "bin", "gave_up"])
            .aggregate(n=timed.count(), total_us=timed.waited_us.cast("float64").sum())
            .to_pyarrow()
        )
        scopes, scope = scopes_of(table, by)
        n, total, gave_up = (
            np.asarray(table[name].to_numpy(), dtype=np.float64)
            for name in ("n", "total_us", "gave_up")
        )
        return cls(
            scopes=scopes,
            scope=scope,
            unit=np.asarray(table[unit].to_numpy(), dtype=np.int64),
            bin=np.asarray(table["bin"].to_numpy(), dtype=np.int64),
            gave_up=gave_up,
            n=n,
            waited_s=total / US,
        )

    def units(self, scope: Scope, edges_s: Floats, *, groups: int = 0) -> _Units:
        """The units of one scope; ``groups`` of them where they are random groups."""
        here = self.scopes.index(scope) if scope in self.scopes else -1
        mine = np.asarray(self.scope == here) if scope else np.ones(len(self.n), dtype=np.bool_)
        _, unit = np.unique(self.unit[mine], return_inverse=True)
        bins = len(edges_s) - 1
        units = max(groups, int(unit.max()) + 1 if len(unit) else 0)
        cell, n = unit * bins + self.bin[mine], self.n[mine]

        def table(weights: Floats) -> Floats:
            return added(cell, weights, units * bins).reshape(units, bins)

        leaving = table(n)
        later = leaving[:, ::-1].cumsum(axis=1)[:, ::-1] - leaving
        return _Units(
            events=table(n * self.gave_up[mine]),
            exposure=table(self.waited_s[mine]) - edges_s[:-1] * leaving + np.diff(edges_s) * later,
            contacts=leaving.sum(axis=1),
            groups=groups,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Units:
    """For each unit of doubt (row) and bin (column): events and seconds waited."""

    events: Floats
    exposure: Floats
    contacts: Floats
    groups: int

    @property
    def mean(self) -> Sums:
        """Seconds waited over events."""
        return products(self.exposure.sum(axis=1), self.events.sum(axis=1), groups=self.groups)

    def moments(self, rates: Floats) -> Floats:
        """Products of residuals between bins, summed over units."""
        residuals = self.events - rates * self.exposure
        if not self.groups:
            return _squared(residuals)
        return _squared(residuals - residuals.mean(axis=0)) * self.groups / (self.groups - 1)


def _squared(residuals: Floats) -> Floats:
    return np.asarray(np.einsum("ui,uj->ij", residuals, residuals), dtype=np.float64)


# ---------------------------------------------------------------- the answer


@dataclass(frozen=True, kw_only=True, slots=True)
class _Doubt:
    """Waits of one scope, over single contacts, customers and days."""

    edges_s: Floats
    seen: _Lengths
    customers: _Units
    days: _Units
    level: float


def _patience(doubt: _Doubt) -> Patience:
    timed = doubt.seen.those(np.isfinite(doubt.seen.at_s))
    events, others = timed.n * timed.gave_up, timed.n * (1 - timed.gave_up)
    edges, level = doubt.edges_s, doubt.level
    wider = _Wider.of(replace(doubt, seen=timed))
    curve = kaplan_meier(
        timed.at_s, events, others, level=level, design_effect=(edges[1:], wider.curve())
    )
    bins = hazard(
        timed.at_s, events, others, edges_s=edges, level=level, design_effect=wider.bins()
    )
    ends = [each.to_s for each in bins if curve.waiting(each.to_s) >= _FEW_WAITING]
    some = tuple(each for each in bins if each.at_risk >= _SOME * curve.n)
    restricted_to_s = ends[-1] if ends else curve.longest_s
    alone = timed.those(timed.unknown)
    mean = joined(
        doubt.customers.mean + alone.sums(alone.at_s, alone.gave_up),
        doubt.days.mean,
        timed.sums(timed.at_s, timed.gave_up),
    )
    return Patience(
        queued=curve.n,
        gave_up=round(float(events.sum())),
        up_to_s=float(edges[-1]),
        longer=round(float(timed.longer.sum())),
        left_out=round(float(doubt.seen.n.sum() - timed.n.sum())),
        after_30_s=curve.at(30),
        after_60_s=curve.at(60),
        after_180_s=curve.at(180),
        after_300_s=curve.at(300),
        median_s=curve.quantile(0.5),
        mean_s=mean.mean(unit="s", level=level, at_least=0.0),
        restricted_mean_s=curve.restricted_mean(
            restricted_to_s, design_effect=wider.area(curve, restricted_to_s)
        ),
        restricted_to_s=restricted_to_s,
        first_peak=peak(some, to_s=_SETTLED_S, level=level),
        peak=peak(some, from_s=_SETTLED_S, level=level),
        hazard=bins,
        curve=_points(curve, float(edges[-1])),
    )


def _points(curve: Survival, up_to_s: float) -> tuple[StillWaiting, ...]:
    """The curve at times that grow apart, as far as anybody waited."""
    found = []
    for at_s in _CURVE_S:
        share = curve.at(at_s) if at_s <= up_to_s else None
        if isinstance(share, Estimate):
            found.append(
                StillWaiting(
                    at_s=float(at_s),
                    share=share.value,
                    low=share.low,
                    high=share.high,
                    at_risk=curve.waiting(at_s),
                )
            )
    return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wider:
    """By how much customers and days widen what is estimated from the hazard (1 or more)."""

    edges_s: Floats
    exposure: Floats
    """Seconds that all contacts waited in each bin."""
    single: Floats
    """Products of residuals between bins, over single contacts,"""
    customers: Floats
    """over customers,"""
    joined: Floats
    """and over customers and days."""
    student: float
    """How much wider Student's interval is than the normal one, squared, for so few days."""

    @classmethod
    def of(cls, doubt: _Doubt) -> _Wider:
        edges, seen = doubt.edges_s, doubt.seen
        start = edges[:-1]
        at = seen.at_s[:, None]
        exposure = (seen.n[:, None] * (np.clip(at, start, edges[1:]) - start)).sum(axis=0)
        inside = (at > start) & (at <= edges[1:])
        inside[:, 0] |= seen.at_s <= start[0]
        events = ((seen.n * seen.gave_up)[:, None] * inside).sum(axis=0)
        rates = np.divide(events, exposure, out=np.zeros(len(start)), where=exposure > 0)
        alone = seen.those(seen.unknown)
        single = seen.moments(edges, rates)
        customers = doubt.customers.moments(rates) + alone.moments(edges, rates)
        days = int((doubt.days.contacts > 0).sum())
        if days < 2:
            return cls(
                edges_s=edges,
                exposure=exposure,
                single=single,
                customers=customers,
                joined=customers,
                student=1.0,
            )
        tail = 0.5 + doubt.level / 2
        student = float(special.stdtrit(days - 1, tail) / special.ndtri(tail)) ** 2
        return cls(
            edges_s=edges,
            exposure=exposure,
            single=single,
            customers=customers,
            joined=customers + doubt.days.moments(rates) - single,
            student=student,
        )

    def bins(self) -> Floats:
        """For the rate in each bin."""
        return np.array([self._by(row) for row in np.eye(len(self.exposure))])

    def curve(self) -> Floats:
        """For the share still waiting at the end of each bin: its logarithm sums the hazard."""
        weights = self._weights()
        return np.array(
            [
                self._by(np.where(np.arange(len(weights)) <= i, weights, 0.0))
                for i in range(len(weights))
            ]
        )

    def area(self, curve: Survival, to_s: float) -> float:
        """For the area under the curve up to ``to_s``: a change in a bin moves all behind it."""
        grid = np.unique(np.concatenate((self.edges_s, [to_s])))
        areas = np.array([curve.area(float(each)) for each in grid])
        middle = (self.edges_s[:-1] + np.minimum(self.edges_s[1:], to_s)) / 2
        ahead = np.clip(curve.area(to_s) - np.interp(middle, grid, areas), 0.0, None)
        return self._by(self._weights() * np.where(self.edges_s[1:] <= to_s, ahead, 0.0))

    def _weights(self) -> Floats:
        width = np.diff(self.edges_s)
        return np.divide(width, self.exposure, out=np.zeros(len(width)), where=self.exposure > 0)

    def _by(self, weights: Floats) -> float:
        """For a weighted sum of the bins' residuals."""
        alone, customers, both = (
            float((weights @ each) @ weights) for each in (self.single, self.customers, self.joined)
        )
        if alone <= 0:
            return 1.0
        return max(1.0, customers / alone, self.student * both / alone)
