"""The battery: every signature looked for at once, with one bound on how many are false."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import ibis.expr.types as ir

from andon.demand.followed import Followed
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.around_a_date import MEASURES as DATED
from andon.goodhart.around_a_date import around_a_date
from andon.goodhart.at_a_limit import at_a_limit
from andon.goodhart.chosen_surveys import chosen_surveys
from andon.goodhart.closing_early import ClosedOn, closing_early
from andon.goodhart.closings import Closings
from andon.goodhart.false_discovery import controlled
from andon.goodhart.limit_clocks import Clock
from andon.goodhart.limits import Limit
from andon.goodhart.looks import (
    OF_DATES,
    Look,
    around_a_date_looks,
    at_a_limit_looks,
    chosen_surveys_looks,
    closing_early_looks,
    parked_work_looks,
    parting_twins_looks,
    passing_on_looks,
    shedding_looks,
    short_contacts_looks,
    silent_targets_looks,
)
from andon.goodhart.measures import MEASURES
from andon.goodhart.parked_work import parked_work
from andon.goodhart.parting_twins import parting_twins
from andon.goodhart.passing_on import passing_on
from andon.goodhart.review import Seen
from andon.goodhart.shedding import shedding
from andon.goodhart.short_contacts import short_contacts
from andon.goodhart.signatures import SignatureKey
from andon.goodhart.silent_targets import silent_targets
from andon.ledger.coverage import Observed, observed
from andon.ledger.sums import rows

__all__ = ["Battery", "Bent", "battery", "held_together"]

_OF_ONE_MEASURE: Final = frozenset({"bunching", "silent_targets", "around_a_date", "twins_parting"})
"""Signatures that tell of the measure they were seen on; the others are practices, which bend every
measure that invites them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bent:
    """A measure that can no longer be trusted by itself.

    Attributes
    ----------
    measure : str
        A key of :data:`~andon.goodhart.measures.MEASURES`.
    looks : tuple of Look
        Why: the looks over all contacts that show, the surest first.
    """

    measure: str
    looks: tuple[Look, ...]

    @property
    def telling(self) -> Look:
        """The look that tells what the measure would read, else the surest.

        A practice goes before a mere move on the day of a target.
        """
        tells = [
            look
            for look in self.looks
            if isinstance(look.without, Estimate) and isinstance(look.reads, Estimate)
        ]
        return min(tells or self.looks, key=lambda look: look.signature == "around_a_date")

    @property
    def only_moved(self) -> bool:
        """Whether all that shows is that it moved on the day of a target, be it its own or not."""
        return all(look.signature == "around_a_date" for look in self.looks)

    @property
    def paces(self) -> bool:
        """Whether it is about how fast people work, which other measures follow."""
        return MEASURES[self.measure].pace

    @property
    def reads(self) -> Estimate | Unknown:
        """The measure as it stands, where a look tells."""
        return self.telling.reads

    @property
    def without(self) -> Estimate | Unknown:
        """The measure as it would read without what the telling look saw."""
        return self.telling.without


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Battery:
    """What a look for every signature found.

    Attributes
    ----------
    looks : tuple of Look
        Every look, whether it shows or not, in the order of the signatures.
    tested : int
        Looks over all contacts that could be told, and were held against each other.
    false_discoveries : float
        The share of false ones among those that show, on average; where nothing at all is bent,
        the chance that anything shows.
    within : float
        The share of false discoveries that is put up with among the groups and the advisors of one
        signature that shows.
    results : mapping of str to object
        Each question's own result, by a name; Unknown where it could not be put.
    """

    looks: tuple[Look, ...]
    tested: int
    false_discoveries: float
    within: float
    results: Mapping[str, object] = field(repr=False)

    @property
    def shown(self) -> tuple[Look, ...]:
        """The looks that show, the surest first; those over all contacts before their groups."""
        shown = [look for look in self.looks if look.shows]
        return tuple(sorted(shown, key=lambda look: (bool(look.scope), look.adjusted)))

    @property
    def measures(self) -> tuple[Bent, ...]:
        """The measures that can no longer be trusted by themselves, the surest first.

        Those that only moved on a target's day come last, and among them handle time first: shorter
        contacts make shorter queues.
        """
        found: dict[str, list[Look]] = {}
        for look in self.shown:
            if not look.scope and look.bends:
                found.setdefault(look.measure, []).append(look)
        bent = [Bent(measure=each, looks=tuple(looks)) for each, looks in found.items()]
        bent.sort(key=lambda each: (each.only_moved, each.only_moved and not each.paces))
        return tuple(bent)

    def seen(self, measure: str) -> dict[str, Seen]:
        """What the review of a goal on a measure is told: the signatures that were looked for.

        Of several looks for one signature, one that shows goes before one that does not, and that
        before one that cannot be told.

        Parameters
        ----------
        measure : str
            A key of :data:`~andon.goodhart.measures.MEASURES`.
        """
        told: dict[str, Seen] = {}
        for look in sorted(
            self.looks,
            key=lambda each: (not each.shows, bool(each.unsure), math.isnan(each.p), each.adjusted),
        ):
            if look.scope or look.signature in told:
                continue
            if look.signature not in _OF_ONE_MEASURE or look.measure == measure:
                told[look.signature] = Seen(
                    shows=None if math.isnan(look.p) else look.shows,
                    says=look.says,
                    estimate=look.effect,
                    since=look.since,
                    until=look.until,
                    unsure=look.unsure,
                )
        for name, result in self.results.items():
            signature = name.partition(":")[0]
            if (
                isinstance(result, Unknown)
                and signature not in told
                and (signature not in _OF_ONE_MEASURE or measure in _measures_of(name))
            ):
                told[signature] = Seen(shows=None, says=result.says(), estimate=result)
        return told


def battery(
    contacts: ir.Table,
    *,
    surveys: ir.Table | None = None,
    changes: ir.Table | None = None,
    values: ir.Table | None = None,
    needs: ir.Table | None = None,
    limits: Sequence[Limit] = (),
    only: Collection[SignatureKey] | None = None,
    by: Sequence[str] = ("channel", "queue", "reason"),
    seen: Observed | None = None,
    followed: Followed | None = None,
    level: float = 0.95,
    false_discoveries: float = 0.05,
    progress: Callable[[str], None] | None = None,
) -> Battery:
    """Is any measure bent? Look for every signature, with one bound on how many are false.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's.
    surveys, changes, values, needs : ibis.Table, optional
        The ledger's; a signature that needs one that is not there is not looked for.
    limits : sequence of Limit, optional
        Targets and limits that people work to.
    only : collection of str, optional
        The signatures to look for; all if left out.
    by : sequence of str
        What makes contacts comparable.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    followed : Followed, optional
        The same contacts, followed already by queue.
    level : float
        Of the intervals, above 0 and below 1.
    false_discoveries : float
        The share of false ones among the looks that show, above 0 and below 1.
    progress : callable, optional
        Told what is being looked for.

    Returns
    -------
    Battery

    Raises
    ------
    QuestionError
        If there is no contact, or an option is out of its range.

    Notes
    -----
    The looks over all contacts, of all signatures, are held against each other by the procedure
    of Benjamini and Yekutieli (2001, *Annals of Statistics* 29, 1165), whatever their dependence:
    where nothing at all is bent, anything shows with at most the chance asked for. Groups and
    advisors are asked only where their signature shows, and at a level cut by the part of the
    signatures that do (Benjamini and Bogomolov 2014, *Journal of the Royal Statistical Society* B
    76, 297).
    A question that the data cannot answer is no test: its result says why.
    """
    _check(level, false_discoveries)
    tell = progress or _quiet
    time = observed(contacts) if seen is None else seen
    asked = _Asked(
        contacts=contacts,
        surveys=surveys,
        changes=changes,
        values=values,
        needs=needs,
        limits=tuple(limits),
        by=tuple(by),
        seen=time,
        followed=followed,
        level=level,
        false_discoveries=false_discoveries,
    )
    results: dict[str, object] = {}
    looks: list[Look] = []
    for name, put, told in _questions(asked):
        signature = name.partition(":")[0]
        if only is not None and signature not in only:
            continue
        tell(_WORDS[signature])
        try:
            result = put()
        except QuestionError as problem:
            results[name] = Unknown(unit="share", why=_reason(problem), needs=_needs(problem))
            continue
        results[name] = result
        looks += told(result)
    return held_together(looks, results, false_discoveries=false_discoveries)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What every question is put with."""

    contacts: ir.Table
    surveys: ir.Table | None
    changes: ir.Table | None
    values: ir.Table | None
    needs: ir.Table | None
    limits: tuple[Limit, ...]
    by: tuple[str, ...]
    seen: Observed
    followed: Followed | None
    level: float
    false_discoveries: float

    def at(self, measure: str) -> list[float]:
        """The limits on one clock, in order, each once."""
        return sorted({limit.at_s for limit in self.limits if limit.measure == measure})


_Put = Callable[[], Any]
_Told = Callable[[Any], tuple[Look, ...]]

_CLOCK: Final[Mapping[str, Clock]] = {
    "handle_time": "handle",
    "service_level": "wait",
    "closed_in_time": "closing",
    "reopen_rate": "reopening",
}
"""The clock that the limit of a measure is on."""

_CLOSED_ON: Final[Mapping[str, ClosedOn]] = {"handle_time": "handle", "closed_in_time": "open"}
"""What the limit of a measure counts."""

_WORDS: Final[Mapping[str, str]] = {
    "short_contacts": "Whether contacts are cut short",
    "bunching": "Whether contacts pile up at a limit",
    "parked_work": "Whether time is parked where no clock runs",
    "passing_on": "Whether more is passed on than the mix explains",
    "shedding": "Whether hard cases are shed",
    "closing_early": "Whether matters are closed early, or split",
    "chosen_surveys": "Who is asked for a score",
    "silent_targets": "Whether targets are met by silence",
    "around_a_date": "What moved when a target began or ended",
    "twins_parting": "Whether twins part",
}


def _questions(asked: _Asked) -> Iterator[tuple[str, _Put, _Told]]:
    """Every question that there is something to put to: a name, how to put it, what it tells."""
    contacts, level = asked.contacts, asked.level
    yield (
        "short_contacts",
        partial(short_contacts, contacts, by=asked.by, observed=asked.seen, level=level),
        short_contacts_looks,
    )
    for measure, clock in _CLOCK.items():
        limits = asked.at(measure)
        for at_s in limits:
            yield (
                f"bunching:{measure}:{at_s:g}",
                partial(
                    at_a_limit,
                    contacts,
                    clock=clock,
                    limit_s=at_s,
                    others=[each for each in limits if each != at_s],
                    level=level,
                ),
                partial(at_a_limit_looks, measure=measure),
            )
    for at_s in asked.at("handle_time"):
        yield (
            f"parked_work:{at_s:g}",
            partial(parked_work, contacts, limit_s=at_s, parked="hold_and_wrapup", level=level),
            parked_work_looks,
        )
    yield (
        "passing_on",
        partial(passing_on, contacts, by=asked.by, level=level),
        passing_on_looks,
    )
    yield (
        "shedding",
        partial(
            shedding,
            contacts,
            values=asked.values,
            needs=asked.needs,
            observed=asked.seen,
            level=level,
        ),
        shedding_looks,
    )
    split_told = False
    with Closings(contacts, observed=asked.seen) as closings:
        for measure, closed_on in _CLOSED_ON.items():
            for at_s in asked.at(measure):
                yield (
                    f"closing_early:{measure}:{at_s:g}",
                    partial(
                        closing_early,
                        contacts,
                        limit_s=at_s,
                        closed_on=closed_on,
                        closings=closings,
                        level=level,
                    ),
                    partial(closing_early_looks, measure=measure, split=not split_told),
                )
                split_told = True
    if asked.surveys is not None:
        for instrument, scale in _instruments(asked.surveys).items():
            yield (
                f"chosen_surveys:{instrument}",
                partial(
                    chosen_surveys,
                    contacts,
                    asked.surveys,
                    instrument=instrument,
                    scale=scale,
                    level=level,
                ),
                chosen_surveys_looks,
            )
    yield (
        "silent_targets",
        partial(silent_targets, contacts, asked.values, seen=asked.seen, level=level),
        silent_targets_looks,
    )
    if asked.changes is not None and _dated(asked.changes):
        for measure in DATED:
            yield (
                f"around_a_date:{measure}",
                partial(
                    around_a_date, contacts, measure=measure, changes=asked.changes, level=level
                ),
                around_a_date_looks,
            )
    yield (
        "twins_parting",
        partial(parting_twins, contacts, followed=asked.followed, level=level),
        parting_twins_looks,
    )


def _instruments(surveys: ir.Table) -> dict[str, tuple[float, float]]:
    """Each instrument that was answered in two ways or more, with the least and the most answer.

    A scale that is wider than what was answered would widen bounds that no look shows.
    """
    answered = surveys.filter(surveys.instrument.notnull() & surveys.score.notnull())
    told = rows(
        answered.group_by("instrument")
        .aggregate(low=answered.score.min(), high=answered.score.max())
        .order_by("instrument")
    )
    return {
        row["instrument"]: (float(row["low"]), float(row["high"]))
        for row in told
        if row["low"] < row["high"]
    }


def _dated(changes: ir.Table) -> bool:
    """Whether the ledger knows of a day on which a target changed."""
    targets = changes.filter(changes.kind == "target")
    return int(rows(targets.aggregate(n=targets.count()))[0]["n"]) > 0


def held_together(
    looks: Sequence[Look], results: Mapping[str, object], *, false_discoveries: float
) -> Battery:
    """Hold the looks over all contacts against each other, then the groups of those that show.

    Parameters
    ----------
    looks : sequence of Look
        As their questions found them.
    results : mapping of str to object
        The questions' own results, handed on.
    false_discoveries : float
        Above 0 and below 1.

    Returns
    -------
    Battery
        See :func:`battery` for the procedures.
    """
    roots = [i for i, look in enumerate(looks) if not look.scope]
    tests = controlled([looks[i].p for i in roots], level=false_discoveries)
    held = list(looks)
    showing = {}
    for i, adjusted, found in zip(roots, tests.adjusted, tests.found, strict=True):
        held[i] = replace(looks[i], adjusted=float(adjusted), shows=bool(found))
        showing[_family(looks[i])] = bool(found)
    within = false_discoveries * int(tests.found.sum()) / max(1, tests.tested)
    families: dict[tuple[str, str, str], list[int]] = {}
    for i, look in enumerate(looks):
        if look.scope:
            families.setdefault(_family(look), []).append(i)
    for family, members in families.items():
        inside = controlled([looks[i].p for i in members], level=false_discoveries)
        for i, adjusted in zip(members, inside.adjusted, strict=True):
            shows = showing.get(family, False) and bool(adjusted <= within)
            held[i] = replace(looks[i], adjusted=float(adjusted), shows=shows)
    return Battery(
        looks=tuple(held),
        tested=tests.tested,
        false_discoveries=false_discoveries,
        within=within,
        results=results,
    )


def _measures_of(name: str) -> Collection[str]:
    """The measures that a question would have told of, by its name among the results."""
    signature, _, rest = name.partition(":")
    of = rest.partition(":")[0]
    return _TELLS_OF.get(signature, (OF_DATES.get(of, of),))


_TELLS_OF: Final[Mapping[str, Collection[str]]] = {
    "silent_targets": ("abandonment", "containment"),
    "twins_parting": ("handle_time",),
}
"""What these questions tell of, whatever was asked."""


def _family(look: Look) -> tuple[str, str, str]:
    return look.signature, look.measure, look.about


def _reason(problem: QuestionError) -> str:
    """An error's first line as a part of a sentence."""
    return problem.wrong.removesuffix(".")


def _needs(problem: QuestionError) -> str:
    """What an error asks for as a part of a sentence."""
    return f"this: {problem.todo[:1].lower()}{problem.todo[1:].removesuffix('.')}"


def _check(level: float, false_discoveries: float) -> None:
    for name, value in (("level", level), ("false_discoveries", false_discoveries)):
        if not 0 < value < 1:
            raise QuestionError(
                f"{name} must lie between 0 and 1.",
                found=f"{name}: {value!r}",
                todo="Leave it out for what is usual.",
            )


def _quiet(_: str) -> None:
    """Tell nobody."""
