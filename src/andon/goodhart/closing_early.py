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
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.closings import Closings
from andon.goodhart.columns import Floats, floats, ints
from andon.goodhart.near_limit import BANDS, NEAR, NearLimit, near_limit, refuse_no_sides, width_of
from andon.goodhart.parked_work import OfAdvisors, advisors_near, in_bands
from andon.ledger.replicates import MANY, Replicates
from andon.ledger.sums import as_float
from andon.units import DAY_S, spoken

__all__ = ["ClosedOn", "ClosingEarly", "Matters", "Split", "closing_early"]

ClosedOn = Literal["open", "handle"]
"""What the limit counts: the time from arrival to the end, or handle time."""

_FEWEST_PAIRS: Final = 30
_FEWEST_AMONG: Final = 10
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
    closings: Closings | None = None,
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
    closings : Closings, optional
        The same contacts, followed already with the same lengths of time, for several limits.
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
        on one side of the limit, or the bands are finer than the clock is recorded; or if the
        contacts were followed with other lengths of time.

    Notes
    -----
    A contact whose time after it was not wholly seen is left out. A return is looked for from the
    end of a contact on; a contact opened while another is open is no return, but may be a split. A
    contact without a reason has the journey in its place, else none.
    """
    width = width_of(limit_s, near_s)
    if closed_on not in ("open", "handle"):
        raise QuestionError(
            f"There is no clock {closed_on!r}.",
            found=f"closed_on: {closed_on!r}",
            todo="Use 'open' for the time to the end, or 'handle' for handle time.",
        )
    asked = _Asked(
        limit_s=limit_s,
        near_s=width,
        closed_on=closed_on,
        level=level,
        false_discoveries=false_discoveries,
    )
    if closings is None:
        with Closings(contacts, again_s=again_s, split_s=split_s) as made:
            return _answer(made, asked)
    if (again_s, split_s) != (closings.again_s, closings.split_s):
        raise QuestionError(
            "The contacts were followed with other lengths of time.",
            found=f"again_s: {closings.again_s:g}, split_s: {closings.split_s:g}",
            todo="Ask with the same lengths as the closings have.",
        )
    return _answer(closings, asked)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What is asked about one limit."""

    limit_s: float
    near_s: float
    closed_on: ClosedOn
    level: float
    false_discoveries: float


def _answer(closings: Closings, asked: _Asked) -> ClosingEarly:
    census, level = closings.census, asked.level
    limit_s, near_s = asked.limit_s, asked.near_s
    banded = _banded(closings, asked)
    cells = _cells(banded)
    counts = np.round(cells["n"].sum(axis=0)).astype(np.int64)
    refuse_no_sides(counts, limit_s=limit_s, near_s=near_s)
    tested = banded.mutate(y=as_float(banded.again), x=ibis.literal(1.0))
    tested = tested.join(closings.advisors, "advisor")
    return ClosingEarly(
        closed_on=asked.closed_on,
        again_s=closings.again_s,
        contacts=census.contacts,
        unidentified=census.contacts - census.identified,
        again=near_limit(
            cells["again"], cells["n"], counts, limit_s=limit_s, near_s=near_s, level=level
        ),
        beyond_habit=near_limit(
            cells["beyond"],
            cells["of"],
            cells["of"].sum(axis=0),
            limit_s=limit_s,
            near_s=near_s,
            signed=True,
            whose="that were seen for long enough before and after to know the customers' habit",
            level=level,
        ),
        split=_split(closings, level=level),
        matters=_matters(closings.whole, level=level),
        for_roles=advisors_near(tested, level=level, false_discoveries=asked.false_discoveries),
        caveats=_OTHER_REASONS,
    )


def _banded(closings: Closings, asked: _Asked) -> ir.Table:
    """Contacts near the limit that were watched long enough, with their band."""
    table = closings.rows
    watched = table.filter(table.seen_after).select(
        "replicate",
        "advisor",
        "again",
        "habit",
        clock=table.open_s if asked.closed_on == "open" else table.handle_s,
    )
    # One band more on either side than there are; few are left to be banded.
    reach = (NEAR + 2) * asked.near_s
    about = watched.filter(
        (watched.clock >= asked.limit_s - reach) & (watched.clock <= asked.limit_s + reach)
    )
    banded = in_bands(about, limit_s=asked.limit_s, near_s=asked.near_s)
    return banded.filter((banded.band >= 0) & (banded.band < BANDS))


def _cells(banded: ir.Table) -> dict[str, Floats]:
    """Sums by random group of customers and band.

    Contacts ``n`` and those back ``again``; and ``of`` those whose habit is known, those back less
    how often they come anyhow, ``beyond``.
    """
    again = banded.again.cast("int32")
    found = (
        banded.group_by("replicate", "band")
        .aggregate(
            n=banded.count(),
            again=again.sum(),
            of=banded.habit.count(),
            # Whole numbers: the habit is counted in two times.
            twice=ibis.coalesce((2 * again - banded.habit).sum(), 0),
        )
        .to_pyarrow()
    )
    at = ints(found, "replicate") * BANDS + ints(found, "band")
    sums: dict[str, Floats] = {
        name: np.bincount(at, floats(found, name), MANY * BANDS)
        .reshape(MANY, BANDS)
        .astype(np.float64)
        for name in ("n", "again", "of", "twice")
    }
    return {**sums, "beyond": sums["twice"] / 2}


def _split(closings: Closings, *, level: float) -> Split:
    """Pairs within minutes: by one hand more often than chance brings them there?"""
    split_s, sums = closings.split_s, closings.pairs
    pairs_n = round(sums.total("pairs"))
    share = _share(closings.whole, "split", "known", level=level)
    if pairs_n < _FEWEST_PAIRS or np.count_nonzero(sums.sums["pairs"]) < _FEWEST_AMONG:
        few = Unknown(
            unit="share",
            why=f"only {pairs_n:,} {'pair' if pairs_n == 1 else 'pairs'} within "
            f"{spoken(split_s, 's')} whose advisors are known",
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
