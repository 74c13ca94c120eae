"""Closing early and splitting: one matter that counts as several, so that each looks better.

What is closed just before a limit and comes back was not settled, it was closed. And a matter that
is opened two or three times within minutes counts as several contacts, each of them short. Both
make a measure of contacts better and leave the customer's matter as it was; so at the end stands
what the measure reads when matters are counted instead.

What comes back after a closing near the limit is held against what comes back after closings a
little earlier and a little later, and against how often the same customers come with the same
reason anyhow. Whether two contacts within minutes were opened by one hand is held against how often
chance would bring the second to the same advisor, among those at work on that queue in that hour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.near_limit import BANDS, NearLimit, near_limit, refuse_no_sides, width_of
from andon.goodhart.parked_work import OfAdvisors, advisors_near, in_bands
from andon.ledger import coverage
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.replicates import MANY, Replicates, replicate_of
from andon.ledger.sums import as_float, rows
from andon.units import DAY_S, HOUR_S, US

__all__ = ["ClosedOn", "ClosingEarly", "Matters", "Split", "closing_early"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ClosedOn = Literal["open", "handle"]
"""What the limit counts: the time from arrival to the end, or handle time."""

_WEEK_S: Final = 7 * DAY_S
_FEWEST_PAIRS: Final = 30
_FEWEST_AMONG: Final = 10
_SUMS: Final = ("same", "chance", "pairs", "later_same", "later_chance", "later")
_WHOLE: Final = (
    "known",
    "split",
    "handled",
    "handle",
    "begun",
    "told",
    "resolved",
    "first",
    "settled",
)
_OTHER_REASONS: Final = (
    "A customer may come back for a good reason: a second question, or news that were promised. "
    "That is so away from the limit too, and only what is beyond that counts here.",
    "A rule that closes a case by itself at a fixed age, such as after a customer's silence, looks "
    "alike. Then the rule closes early, and not a person.",
    "Two contacts at once may be two matters that the reason does not tell apart, or a call that "
    "was cut off. Cut-off calls come to the same advisor only by chance.",
    "Where work is handed out so that a customer stays with one advisor, the same hand opens both. "
    "What later contacts show of that is taken out.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """Contacts of one customer with one reason opened within minutes of each other.

    Attributes
    ----------
    within_s : float
        How soon after the one before, seconds from arrival to arrival.
    share : Estimate or Unknown
        Of contacts of known customers, those opened so: by whatever hand, for whatever reason.
    pairs : int
        Of those, where both advisors are known and others were at work in that hour.
    same_hand : Estimate or Unknown
        Share of the pairs opened by one advisor.
    by_chance : Estimate or Unknown
        The share that chance would bring to the same advisor.
    excess : Estimate or Unknown
        What is beyond chance, less what is beyond chance in pairs up to a day apart as well; share
        of pairs.
    p_value : float
        How often chance alone would show so much more; NaN where unknown.
    """

    within_s: float
    share: Estimate | Unknown
    pairs: int
    same_hand: Estimate | Unknown
    by_chance: Estimate | Unknown
    excess: Estimate | Unknown
    p_value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Matters:
    """What measures of contacts read when matters are counted instead.

    Attributes
    ----------
    handle_per_contact_s, handle_per_matter_s : Estimate or Unknown
        Mean handle time, seconds: of contacts, and of all contacts of a matter together.
    resolved_contacts : Estimate or Unknown
        Share of contacts that the source calls resolved, of those where it says so.
    settled_matters : Estimate or Unknown
        Share of matters that took one contact: nobody came back with it.
    """

    handle_per_contact_s: Estimate | Unknown
    handle_per_matter_s: Estimate | Unknown
    resolved_contacts: Estimate | Unknown
    settled_matters: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosingEarly:
    """Whether contacts are closed early or split because of a limit.

    Attributes
    ----------
    closed_on : {"open", "handle"}
    again_s : float
        How soon after its end a contact counts as back, seconds.
    contacts, unidentified : int
        Handled contacts that ended, and those of them without a customer id, which are left out.
    again : NearLimit
        Share that is back, of contacts that ended near the limit and around it: followed by the
        same customer with the same reason, or by a contact that names it.
    beyond_habit : NearLimit
        The same less how often the same customer comes with that reason in as long a time some
        weeks before and after.
    split : Split
    matters : Matters
    for_roles : OfAdvisors
        Of ``again``, each advisor against their own contacts around the limit.
    caveats : tuple of str
    """

    closed_on: ClosedOn
    again_s: float
    contacts: int
    unidentified: int
    again: NearLimit
    beyond_habit: NearLimit
    split: Split
    matters: Matters
    for_roles: OfAdvisors
    caveats: tuple[str, ...]


def closing_early(
    contacts: ir.Table,
    *,
    limit_s: float,
    near_s: float | None = None,
    closed_on: ClosedOn = "open",
    again_s: float = 7.0 * DAY_S,
    split_s: float = 600.0,
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> ClosingEarly:
    """Does more come back of what is closed just before a limit, and is one matter split?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's. Handled contacts that ended count.
    limit_s : float
        The limit, seconds; a contact at the limit keeps it.
    near_s : float, optional
        How near is near, seconds; a twentieth of the limit if left out.
    closed_on : {"open", "handle"}
        What the limit counts: the time from arrival to end, or handle time.
    again_s : float
        How soon after its end a contact counts as back, and silence that ends a matter, seconds.
    split_s : float
        How soon after one another contacts of one matter count as split, seconds; below a day.
    level : float
        Of the intervals, above 0 and below 1.
    false_discoveries : float
        The share of false ones among the advisors named, above 0 and below 1.

    Returns
    -------
    ClosingEarly

    Raises
    ------
    QuestionError
        If no contact ended or none has a customer id, a length of time is not above 0, nothing lies
        on one side of the limit, or the bands are finer than the clock is recorded.

    Notes
    -----
    A contact whose time after it was not wholly seen is left out. A return is looked for from the
    end of a contact on; a contact opened while another is open is no return, but may be a split. A
    contact without a reason has the journey in its place, else none.
    """
    width = width_of(limit_s, near_s)
    _check(again_s, split_s, closed_on)
    ended = contacts.filter((contacts.outcome == "handled") & contacts.ended_us.notnull())
    whole = rows(
        ended.aggregate(n=ended.count(), identified=ended.customer_key.count()),
    )[0]
    _refuse_nobody(whole)
    followed = _followed(ended, contacts, closed_on, again_s=again_s, split_s=split_s)
    with kept(followed) as lean:
        banded = in_bands(lean.filter(lean.clock.notnull()), limit_s=limit_s, near_s=width)
        y, x = _cells(banded.filter(banded.seen_after), "again")
        counts = np.round(x.sum(axis=0)).astype(np.int64)
        refuse_no_sides(counts, limit_s=limit_s, near_s=width)
        habit = banded.filter(banded.seen_after & banded.habit.notnull())
        beyond, of = _cells(habit.mutate(left=habit.again - habit.habit), "left")
        tested = banded.filter(banded.seen_after).mutate(y=banded.again, x=ibis.literal(1.0))
        return ClosingEarly(
            closed_on=closed_on,
            again_s=again_s,
            contacts=int(whole["n"]),
            unidentified=int(whole["n"] - whole["identified"]),
            again=near_limit(y, x, counts, limit_s=limit_s, near_s=width, level=level),
            beyond_habit=near_limit(
                beyond,
                of,
                of.sum(axis=0),
                limit_s=limit_s,
                near_s=width,
                signed=True,
                level=level,
            ),
            split=_split(lean, split_s, level=level),
            matters=_matters(_by_group(lean, _WHOLE), level=level),
            for_roles=advisors_near(tested, level=level, false_discoveries=false_discoveries),
            caveats=_OTHER_REASONS,
        )


def _check(again_s: float, split_s: float, closed_on: ClosedOn) -> None:
    if closed_on not in ("open", "handle"):
        raise QuestionError(
            f"There is no clock {closed_on!r}.",
            found=f"closed_on: {closed_on!r}",
            todo="Use 'open' for the time to the end, or 'handle' for handle time.",
        )
    if not (0 < split_s < DAY_S and split_s <= again_s and math.isfinite(again_s)):
        raise QuestionError(
            "Split must be above 0, below a day, and no longer than coming back may take.",
            found=f"split_s: {split_s:g}, again_s: {again_s:g}",
            todo="Use for example split_s=600 and again_s=7 * 86400.",
        )


def _refuse_nobody(whole: Mapping[str, Any]) -> None:
    if not whole["n"]:
        raise QuestionError(
            "No handled contact has an end.",
            found="0 contacts with ended_at",
            todo="Map ended_at.",
        )
    if not whole["identified"]:
        raise QuestionError(
            "Nobody can be recognised when they come back.",
            found=f"{whole['n']:,} contacts, none with a customer id",
            todo="Map customer_id.",
        )


def _followed(
    ended: ir.Table, contacts: ir.Table, closed_on: ClosedOn, *, again_s: float, split_s: float
) -> ir.Table:
    """Each contact of a known customer with what came before and after it, of the same matter."""
    seen = coverage.observed(contacts)
    again_us = round(again_s * US)
    known = ended.filter(ended.customer_key.notnull())
    handled = handle_s(known)
    clock = (
        (known.ended_us - known.arrived_us).cast("float64") / US if closed_on == "open" else handled
    )
    lean = known.select(
        "advisor_id",
        customer=known.customer_key,
        replicate=replicate_of(known.customer_key, MANY),
        matter=ibis.coalesce(known.reason, known.journey, ""),
        queue=ibis.coalesce(known.queue, ""),
        at=known.arrived_us,
        # The hour on the clock: remainders of negative numbers differ between engines.
        hour=(known.arrived_us / (HOUR_S * US)).floor().cast("int64"),
        ended=known.ended_us,
        key=known.contact_key,
        id=known.contact_id,
        linked=known.previous_contact_id.notnull(),
        clock=clock,
        handle=handled,
        resolved_said=known.resolved,
    )
    named = contacts.filter(contacts.previous_contact_id.notnull())
    named = named.group_by(named_id=named.previous_contact_id).aggregate(
        named_at=named.arrived_us.max()
    )
    lean = lean.left_join(named, lean.id == named.named_id).drop("named_id")
    whose = {"group_by": ["customer", "matter"]}
    order = ibis.window(order_by=["at", "key"], **whose)
    far = max(4, int(again_s // _WEEK_S) + 1) * _WEEK_S * US
    at = lean["at"]

    follows = at.lead().over(order)
    timed = lean.mutate(
        gap=follows - lean.ended,
        since=at - at.lag().over(order),
        before_by=lean.advisor_id.lag().over(order),
        before_queue=lean.queue.lag().over(order),
        before_hour=lean.hour.lag().over(order),
        came_later=at.first().over(ibis.window(order_by="at", range=(far + 1, None), **whose)),
        came_before=at.first().over(ibis.window(order_by="at", range=(1 - far, None), **whose)),
        ahead=seen.ahead_us(lean.ended),
        behind=seen.behind_us(at),
        ahead_later=seen.ahead_us(at + far),
        ahead_before=seen.ahead_us(at - far),
    )
    later = (timed.came_later - timed["at"] - far <= again_us).fill_null(False)
    before = (timed.came_before - timed["at"] + far <= again_us).fill_null(False)
    seen_both = (timed.ahead_later >= again_us) & (timed.ahead_before >= again_us)
    back = ((timed.gap >= 0) & (timed.gap <= again_us)).fill_null(False)
    called = (timed.named_at - timed.ended <= again_us).fill_null(False)
    seen_after, seen_before = timed.ahead >= again_us, timed.behind >= again_us
    soon = (timed.since <= round(split_s * US)).fill_null(False)
    begins = ~timed.linked & (timed.since > again_us).fill_null(True)
    ends = ~back & ~called & ~(timed.gap < 0).fill_null(False)
    has_time = timed.handle.notnull()

    def flag(yes: ir.BooleanValue) -> ir.FloatingValue:
        return as_float(yes)

    return timed.select(
        "advisor_id",
        "replicate",
        "queue",
        "hour",
        "before_by",
        "before_queue",
        "before_hour",
        "clock",
        "since",
        seen_after=seen_after,
        again=flag(back | called),
        habit=ibis.ifelse(seen_both, (flag(later) + flag(before)) / 2, ibis.null("float64")),
        known=ibis.literal(1.0),
        split=flag(soon),
        handled=flag(has_time & seen_before),
        handle=ibis.ifelse(seen_before, ibis.coalesce(timed.handle, 0.0), 0.0),
        begun=flag(begins & seen_before),
        told=flag(timed.resolved_said.notnull()),
        resolved=flag(ibis.coalesce(timed.resolved_said, False)),
        first=flag(begins & seen_before & seen_after),
        settled=flag(begins & seen_before & seen_after & ends),
    )


def _cells(table: ir.Table, name: str) -> tuple[Floats, Floats]:
    """Sums and counts by random group of customers and band."""
    inside = table.filter((table.band >= 0) & (table.band < BANDS))
    told = (
        inside.group_by("replicate", "band")
        .aggregate(y=inside[name].sum(), n=inside.count())
        .to_pyarrow()
        .to_pydict()
    )
    cells = np.array(told["replicate"], dtype=np.int64) * BANDS + np.array(
        told["band"], dtype=np.int64
    )
    y, n = (
        np.bincount(cells, np.array(told[each], dtype=np.float64), MANY * BANDS)
        .astype(np.float64)
        .reshape(MANY, BANDS)
        for each in ("y", "n")
    )
    return y, n


def _by_group(table: ir.Table, names: tuple[str, ...]) -> Replicates:
    """Sums by random group of customers."""
    told = (
        table.group_by("replicate")
        .aggregate(**{name: table[name].sum() for name in names})
        .to_pyarrow()
        .to_pydict()
    )
    at = np.array(told["replicate"], dtype=np.int64)
    return Replicates(
        sums={
            name: np.bincount(at, np.array(told[name], dtype=np.float64), MANY).astype(np.float64)
            for name in names
        }
    )


def _split(lean: ir.Table, split_s: float, *, level: float) -> Split:
    """Pairs within minutes: by one hand more often than chance brings them there?"""
    known = lean.filter(lean.advisor_id.notnull())
    of_hour = known.group_by("queue", "hour").aggregate(all_there=known.count())
    of_one = known.group_by("queue", "hour", "advisor_id").aggregate(there=known.count())
    of_one = of_one.select(q="queue", h="hour", a="advisor_id", there="there")
    of_hour = of_hour.select(queue_="queue", hour_="hour", all_there="all_there")
    pairs = known.filter(known.before_by.notnull() & (known.since <= DAY_S * US))
    pairs = pairs.join(of_hour, [pairs.queue == of_hour.queue_, pairs.hour == of_hour.hour_])
    pairs = pairs.left_join(
        of_one, [pairs.queue == of_one.q, pairs.hour == of_one.h, pairs.before_by == of_one.a]
    )
    same = (pairs.advisor_id == pairs.before_by).cast("int32")
    # Others only: the pair itself says nothing about who else was there.
    first_too = ((pairs.before_queue == pairs.queue) & (pairs.before_hour == pairs.hour)).cast(
        "int32"
    )
    others = pairs.all_there - 1 - first_too
    chance = (ibis.coalesce(pairs.there, 0) - same - first_too).cast("float64") / others.nullif(0)
    soon = pairs.since <= round(split_s * US)
    drawn = pairs.select(
        "replicate", same=same.cast("float64"), chance=chance, soon=soon, others=others
    )
    drawn = drawn.filter(drawn.others > 0)

    def where(value: ir.FloatingValue | float, *, soon: bool) -> ir.FloatingValue:
        return ibis.ifelse(drawn.soon if soon else ~drawn.soon, value, 0.0)

    sums = _by_group(
        drawn.select(
            "replicate",
            same=where(drawn.same, soon=True),
            chance=where(drawn.chance, soon=True),
            pairs=where(1.0, soon=True),
            later_same=where(drawn.same, soon=False),
            later_chance=where(drawn.chance, soon=False),
            later=where(1.0, soon=False),
        ),
        _SUMS,
    )
    pairs_n = round(sums.total("pairs"))
    whole = _by_group(lean, ("split", "known"))
    share = _share(whole, "split", "known", level=level)
    if pairs_n < _FEWEST_PAIRS or np.count_nonzero(sums.sums["pairs"]) < _FEWEST_AMONG:
        few = Unknown(
            unit="share",
            why=f"only {pairs_n} pairs within {split_s:g} s whose advisors are known",
            needs=f"{_FEWEST_PAIRS} pairs, of {_FEWEST_AMONG} customers",
        )
        return Split(
            within_s=split_s,
            share=share,
            pairs=pairs_n,
            same_hand=few,
            by_chance=few,
            excess=few,
            p_value=math.nan,
        )
    # Later pairs tell whether customers are kept with one advisor; with few of them, nothing does.
    stay = round(sums.total("later")) >= _FEWEST_PAIRS

    def excess(each: Mapping[str, Floats]) -> Floats:
        beyond = (each["same"] - each["chance"]) / each["pairs"]
        if stay:
            beyond = beyond - (each["later_same"] - each["later_chance"]) / each["later"]
        return np.asarray(beyond)

    found = sums.estimate(excess, unit="share", n=pairs_n, level=level)
    return Split(
        within_s=split_s,
        share=share,
        pairs=pairs_n,
        same_hand=_share(sums, "same", "pairs", level=level),
        by_chance=_share(sums, "chance", "pairs", level=level),
        excess=found,
        p_value=_chance_of(found, sums, level=level),
    )


def _chance_of(found: Estimate | Unknown, sums: Replicates, *, level: float) -> float:
    groups = int(np.count_nonzero(np.any([each != 0 for each in sums.sums.values()], axis=0)))
    if not isinstance(found, Estimate) or found.high <= found.low:
        return math.nan
    error = (found.high - found.low) / 2 / float(special.stdtrit(groups - 1, 0.5 + level / 2))
    return float(special.stdtr(groups - 1, -found.value / error))


def _share(sums: Replicates, top: str, bottom: str, *, level: float) -> Estimate | Unknown:
    return sums.estimate(
        lambda each: each[top] / each[bottom],
        unit="share",
        n=round(sums.total(bottom)),
        level=level,
        least=0.0,
        most=1.0,
    )


def _matters(sums: Replicates, *, level: float) -> Matters:
    """Means and shares of contacts, and of matters."""

    def mean(bottom: str) -> Estimate | Unknown:
        if not sums.total("handled"):
            return Unknown(unit="s", why="no handle time is recorded", needs="handle times")
        return sums.estimate(
            lambda each: each["handle"] / each[bottom],
            unit="s",
            n=round(sums.total("handled")),
            level=level,
            least=0.0,
        )

    resolved: Estimate | Unknown = Unknown(
        unit="share",
        why="the source does not say what was resolved",
        needs="resolved, in the mapping",
    )
    if sums.total("told"):
        resolved = _share(sums, "resolved", "told", level=level)
    return Matters(
        handle_per_contact_s=mean("handled"),
        handle_per_matter_s=mean("begun"),
        resolved_contacts=resolved,
        settled_matters=_share(sums, "settled", "first", level=level),
    )
