"""Scores: what customers answered when they were asked, and how many of them were asked at all.

Each instrument and item stands by itself: a five of CSAT is no five of anything else. An invitation
without an answer counts for the response only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.answer import Answer, Group, Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown, effective_n, proportion
from andon.ledger.coverage import Observed, observed
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.metrics.doubt import Crossed, Doubt, Fraction, crossed_sums, day_of
from andon.metrics.parts import Part
from andon.units import DAY_S, US, Unit

__all__ = ["Score", "Scores", "scores"]

_SCALES: Final[Mapping[str, tuple[float, float]]] = {
    **dict.fromkeys(("nps", "net promoter", "net promoter score"), (0.0, 10.0)),
    **dict.fromkeys(("csat", "csat score", "customer satisfaction", "satisfaction"), (1.0, 5.0)),
    **dict.fromkeys(("ces", "customer effort", "effort score"), (1.0, 7.0)),
    **dict.fromkeys(("stars", "star rating", "rating", "reviews", "average rating"), (1.0, 5.0)),
}
"""The least and the most that can be answered to instruments that everybody knows, by their name in
small letters."""
_PROMOTES: Final = (0.0, 10.0)
_LOW, _MIDDLE, _TOP = range(3)
_SERVED: Final = ("handled", "self_served")
_NO_SURVEYS: Final = Unknown(
    unit="share",
    why="no survey asks about these contacts",
    needs="surveys that name the contact they ask about",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What was answered to one item of one instrument.

    Attributes
    ----------
    instrument : str
        As the ledger has it.
    item : str or None
    scale : tuple of float or None
        The least and the most that can be answered; None where it is not known, or where answers
        lie outside it.
    invited, answered : int
        Invitations, and those of them that have an answer.
    mean : Estimate or Unknown
        Mean answer, on the instrument's own scale.
    top_box : Estimate or Unknown
        Share of answers in the two highest values of the scale: 4 and 5 of 5.
    net_promoters : Estimate or Unknown
        Share that answered 9 or 10 less the share that answered 0 to 6, in points (-100 to 100);
        for a scale from 0 to 10 only.
    """

    instrument: str
    item: str | None
    scale: tuple[float, float] | None
    invited: int
    answered: int
    mean: Estimate | Unknown
    top_box: Estimate | Unknown
    net_promoters: Estimate | Unknown

    @property
    def name(self) -> str:
        """The instrument, and its item where it has one."""
        return self.instrument if self.item is None else f"{self.instrument}: {self.item}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """What customers answered, and how many were asked.

    Attributes
    ----------
    within_s : float
        How soon an answer must come to count for the response, seconds from the contact's arrival.
    contacts : int
        Served contacts, from the first that any survey names, that were watched for so long.
    response : Part
        Of them, those whose customers answered within that time.
    invited : Part
        Of them, those whose customers were asked.
    of_invited : Part
        Of those asked, those who answered within that time.
    instruments : tuple of Score
        By name; all answers, however late.
    unplaced : int
        Survey rows that name no contact, or one that is not among those asked about. They are in no
        figure. Counted overall only, and 0 in groups.
    """

    within_s: float
    contacts: int
    response: Part
    invited: Part
    of_invited: Part
    instruments: tuple[Score, ...]
    unplaced: int


def scores(
    contacts: ir.Table,
    surveys: ir.Table,
    *,
    by: Sequence[str] = (),
    scales: Mapping[str, tuple[float, float]] | None = None,
    within_s: float = 7 * DAY_S,
    seen: Observed | None = None,
    level: float = 0.95,
) -> Answer[Scores]:
    """What did customers answer when they were asked, and how many were asked?

    Parameters
    ----------
    contacts, surveys : ibis.Table
        The ledger's; either may be empty. An answer counts in the group of the contact that it is
        about.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    scales : mapping of str to (float, float), optional
        The least and the most that can be answered, by instrument. NPS (0 to 10), CSAT and stars
        (1 to 5) and CES (1 to 7) are known.
    within_s : float
        How soon an answer must come to count for the response, seconds from the contact's arrival,
        above 0. Contacts that were not watched for so long are left out of it.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Answer of Scores

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by, ``within_s`` is not above 0,
        or a scale is empty.

    Notes
    -----
    Scores are means over those who were asked and answered, and of nobody else:
    :func:`andon.goodhart.chosen_surveys.chosen_surveys` tells whether that leans. Units of doubt
    are the customer and the day (:mod:`andon.metrics.doubt`). Where all answers are alike there is
    no spread to go by: then as many unseen answers as Wilson's interval allows may lie anywhere on
    the scale.
    """
    if not (within_s > 0 and math.isfinite(within_s)):
        raise QuestionError(
            "An answer needs time to come.",
            found=f"within_s: {within_s!r}",
            todo="Use within_s=7 * 86400 for a week.",
        )
    _check(scales or {})
    grouped = with_groups(contacts, by)
    placed = _placed(grouped, surveys, by).cache()
    kinds = _kinds(placed, scales or {})
    (all_rows,) = rows(surveys.aggregate(n=surveys.count()))
    unplaced = int(all_rows["n"]) - sum(kind.rows for kind in kinds.values())
    said = _said(placed, kinds, (), level) | (_said(placed, kinds, by, level) if by else {})
    time = observed(contacts) if seen is None else seen
    watched = _watched(grouped, surveys, by, within_s, time).cache()
    asked = crossed_sums(
        watched,
        {
            "response": Fraction(top="answered", bottom="contacts"),
            "invited": Fraction(top="invited", bottom="contacts"),
            "of_invited": Fraction(top="answered", bottom="invited"),
        },
        classes={"fate": watched.fate},
        flags={
            "contacts": lambda c: c["fate"] >= 0,
            "invited": lambda c: c["fate"] >= 1,
            "answered": lambda c: c["fate"] == 2,
        },
        by=by,
    )
    results = {
        scope: _result(
            asked[scope],
            said.get(scope, ()),
            within_s=within_s,
            unplaced=0 if scope else unplaced,
            level=level,
        )
        for scope in asked
    }
    return Answer(
        overall=results[()],
        groups=tuple(Group(scope, results[scope]) for scope in in_order(s for s in results if s)),
    )


def _check(scales: Mapping[str, tuple[float, float]]) -> None:
    for name, (least, most) in scales.items():
        if not (math.isfinite(least) and math.isfinite(most) and least < most):
            raise QuestionError(
                f"The scale of {name} is empty.",
                found=f"from {least:g} to {most:g}",
                todo="Give the least and the most that can be answered, such as (1, 5).",
            )


# --- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """One item of one instrument, as it was answered overall."""

    rows: int
    low: float | None
    high: float | None
    scale: tuple[float, float] | None = field(default=None)


_Named = tuple[str, str | None]


def _placed(grouped: ir.Table, surveys: ir.Table, by: Sequence[str]) -> ir.Table:
    """Survey rows with the group, the day and the customer of the contact that they ask about."""
    theirs = grouped.select(
        "contact_id", *by, contact_customer=grouped.customer_key, local_day=day_of(grouped)
    )
    asked = surveys.select(
        "contact_id",
        "score",
        of=surveys.instrument,
        item=surveys.item,
        survey_customer=surveys.customer_key,
    )
    both = asked.join(theirs, "contact_id")
    return both.select(
        *by,
        "local_day",
        "of",
        "score",
        about=both.item,
        customer_key=ibis.coalesce(both.contact_customer, both.survey_customer),
    )


def _kinds(placed: ir.Table, scales: Mapping[str, tuple[float, float]]) -> dict[_Named, _Kind]:
    found = rows(
        placed.group_by("of", "about").aggregate(
            n=placed.count(), low=placed.score.min(), high=placed.score.max()
        )
    )
    given = {name.lower(): scale for name, scale in scales.items()}
    return {
        (row["of"], row["about"]): _Kind(
            rows=int(row["n"]),
            low=row["low"],
            high=row["high"],
            scale=_holding(given.get(row["of"].lower()) or _SCALES.get(row["of"].lower()), row),
        )
        for row in found
    }


def _holding(
    scale: tuple[float, float] | None, row: Mapping[str, float | None]
) -> tuple[float, float] | None:
    """The scale, if all answers lie on it."""
    low, high = row["low"], row["high"]
    if scale is None or low is None or high is None or low < scale[0] or high > scale[1]:
        return None
    return scale


def _said(
    placed: ir.Table, kinds: Mapping[_Named, _Kind], by: Sequence[str], level: float
) -> dict[Scope, tuple[Score, ...]]:
    """What was answered, by scope."""
    if not kinds:
        return {}
    boxes = _box(placed, kinds)
    promotes = ibis.cases((boxes == _TOP, 100.0), (boxes == _LOW, -100.0), else_=0.0)
    found = crossed_sums(
        placed,
        {
            "mean": Fraction(top="answered", bottom="answered", amount="score"),
            "top": Fraction(top="top", bottom="answered"),
            "promoters": Fraction(top="answered", bottom="answered", amount="promotes"),
        },
        classes={"box": boxes},
        flags={
            "answered": lambda c: c["box"] >= 0,
            "top": lambda c: c["box"] == _TOP,
        },
        amounts={"score": placed.score, "promotes": promotes},
        by=("of", "about", *by),
    )
    said: dict[Scope, list[Score]] = {}
    for scope in in_order(scope for scope in found if scope):
        (_, instrument), (_, item), *group = scope
        named = str(instrument), None if item is None else str(item)
        said.setdefault(tuple(group), []).append(_score(named, kinds[named], found[scope], level))
    return {scope: tuple(each) for scope, each in said.items()}


def _box(placed: ir.Table, kinds: Mapping[_Named, _Kind]) -> ir.IntegerValue:
    """Whether an answer is in the two highest values, among the low ones, or between them.

    On a scale from 0 to 10: promoters (9, 10), detractors (0 to 6) and those between.
    """
    told = []
    for (instrument, item), kind in kinds.items():
        if kind.scale is not None:
            most = kind.scale[1]
            this = placed.of == instrument
            this &= placed.about.isnull() if item is None else placed.about == item
            told += [
                (this & (placed.score >= most - 1), _TOP),
                (this & (placed.score <= most - 4), _LOW),
            ]
    box: ir.IntegerValue = ibis.cases(
        (placed.score.isnull(), ibis.null("int16")),
        *((when, ibis.literal(value, type="int16")) for when, value in told),
        else_=ibis.literal(_MIDDLE, type="int16"),
    )
    return box


def _score(named: _Named, kind: _Kind, found: Crossed, level: float) -> Score:
    answered = found.counts["answered"]
    instrument, item = named
    nothing = Unknown(unit="ratio", why=f"nobody answered {instrument}", needs="answers")
    mean: Estimate | Unknown = nothing
    top: Estimate | Unknown = replace(nothing, unit="share")
    net: Estimate | Unknown = replace(nothing, unit="points")
    if answered:
        mean = _mean(found.ratios["mean"], kind.scale, unit="ratio", level=level)
        top, net = _untold_boxes(instrument, kind)
    if answered and kind.scale is not None:
        top = found.ratios["top"].share(level=level)
        if kind.scale == _PROMOTES:
            net = _mean(found.ratios["promoters"], (-100.0, 100.0), unit="points", level=level)
    return Score(
        instrument=instrument,
        item=item,
        scale=kind.scale,
        invited=found.contacts,
        answered=answered,
        mean=mean,
        top_box=top,
        net_promoters=net,
    )


def _untold_boxes(instrument: str, kind: _Kind) -> tuple[Unknown, Unknown]:
    why = f"what can be answered to {instrument} is not known"
    if kind.low is not None and kind.high is not None and kind.scale is None:
        why += f": answers lie between {kind.low:g} and {kind.high:g}"
    return (
        Unknown(unit="share", why=why, needs="the scale of this instrument"),
        Unknown(
            unit="points",
            why=f"{instrument} is not answered on a scale from 0 to 10",
            needs="answers from 0 to 10",
        ),
    )


def _mean(
    doubt: Doubt, scale: tuple[float, float] | None, *, unit: Unit, level: float
) -> Estimate | Unknown:
    """A mean answer, within its scale."""
    found = doubt.mean(unit=unit, level=level)
    if isinstance(found, Unknown) or scale is None:
        return found
    least, most = scale
    low, high = found.low, found.high
    if doubt.sums.spread <= 0:  # all answers are alike
        unseen = _unseen(doubt, level)
        low = found.value + unseen * (least - found.value)
        high = found.value + unseen * (most - found.value)
    return replace(
        found,
        low=min(max(low, least), found.value),
        high=max(min(high, most), found.value),
    )


def _unseen(doubt: Doubt, level: float) -> float:
    """How large a share of other answers may be, if none of them was seen."""
    alike = proportion(0, max(1, round(effective_n(doubt.sums))), level=level)
    return alike.high if isinstance(alike, Estimate) else 1.0


# --- response ------------------------------------------------------------------------------------


def _watched(
    grouped: ir.Table, surveys: ir.Table, by: Sequence[str], within_s: float, seen: Observed
) -> ir.Table:
    """Served contacts with their fate: not asked (0), asked (1), answered in time (2)."""
    window_us = round(within_s * US)
    served = grouped.select(
        "contact_id",
        "customer_key",
        *by,
        at=grouped.arrived_us,
        local_day=day_of(grouped),
        counts=grouped.outcome.isin(_SERVED)
        & (seen.ahead_us(grouped.arrived_us) >= window_us).fill_null(False),
    )
    named = surveys.filter(surveys.contact_id.notnull())
    dated = named.join(served.select("contact_id", "at"), "contact_id")
    (first,) = rows(dated.aggregate(at=dated["at"].min()))
    in_time = dated.score.notnull() & (
        dated.answered_us.isnull() | (dated.answered_us - dated["at"] <= window_us)
    )
    each = dated.group_by("contact_id").aggregate(
        fate=1 + in_time.cast("int32").max(), asked=dated.count()
    )
    both = served.left_join(each, "contact_id")
    begun = both["at"] >= first["at"] if first["at"] is not None else ibis.literal(value=False)
    return both.select(
        "customer_key",
        *by,
        "local_day",
        fate=ibis.ifelse(both.counts & begun, ibis.coalesce(both.fate, 0), ibis.null("int32")).cast(
            "int16"
        ),
    )


def _result(
    asked: Crossed,
    instruments: tuple[Score, ...],
    *,
    within_s: float,
    unplaced: int,
    level: float,
) -> Scores:
    def part(name: str) -> Part:
        sums = asked.ratios[name].sums
        share = asked.ratios[name].share(level=level) if sums.x else _NO_SURVEYS
        return Part(count=round(sums.y), out_of=round(sums.x), share=share)

    return Scores(
        within_s=within_s,
        contacts=asked.counts["contacts"],
        response=part("response"),
        invited=part("invited"),
        of_invited=part("of_invited"),
        instruments=instruments,
        unplaced=unplaced,
    )
