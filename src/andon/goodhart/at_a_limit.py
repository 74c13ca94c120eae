"""At a limit: contacts that pile up on its good side, beyond what a smooth run would put there.

Where a limit is set on a time, work can be made to fit it: a call is ended, a caller taken off the
queue, a case closed, just before; or a case opened again just after. Each reading of the clock is
counted by the engine, and only the counts come here. A pile is what the counts a little further
from the limit, on its own side, do not lead one to expect. Whatever else happens at the limit (an
announcement after which many give up, another team that joins in) may break the run of the counts
there, and makes no pile by itself.

What is told to all is about the limit and the measure. Single advisors stand apart, for roles that
the operation allows, and only with many contacts near the limit, a pile of their own, and more of
it than colleagues have in the same queues and months.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from andon.answer import Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown, times
from andon.goodhart.bunching import Beyond, Side, bunching
from andon.goodhart.chances import Pairs
from andon.goodhart.change_points import Change, changed_share
from andon.goodhart.excess_mass import Bunching
from andon.goodhart.false_discovery import controlled
from andon.goodhart.limit_clocks import CLOCKS, Clock, LimitClock, on_the_clock
from andon.goodhart.peers import Matched, standing
from andon.goodhart.rounding import STEPS_S
from andon.goodhart.tally import Tally, tally
from andon.goodhart.unbent import Unbent, unbent
from andon.ledger.kept import kept
from andon.ledger.periods import month_names, month_number, with_groups
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, US, spoken

__all__ = [
    "AdvisorAtALimit",
    "AtALimit",
    "ForRoles",
    "GroupAtALimit",
    "MonthAtALimit",
    "Stretch",
    "at_a_limit",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_DAY_US: Final = DAY_S * US
_STEPS_S: Final = (0.1, 0.2, *STEPS_S)
_FINEST: Final = 300
"""Readings are counted in steps of the limit over this, or finer."""
_REACH: Final = 4
"""Readings from the limit over this to so many times the limit are counted one by one."""
_DAYS: Final = 70
"""So many days are looked at one by one; of more, weeks."""
_BLOCKS: Final = 60
_NEAR: Final = 4
"""The pile's stretch and three more like it, on its own side, are near the limit."""
_LEAST: Final = 0.05
"""An excess of less than this share of what would be there anyhow is no matter."""
_MACHINE: Final = 0.9
"""With so much of a pile on one value, nobody can have done it by hand;"""
_MOSTLY: Final = 0.7
"""or with so much, and no more on the other values than chance would put there."""
_MOST: Final = 0.5
"""More than half of all contacts are never missing from a gap."""
_TIMES: Final = 1.25
"""Who has not so many times the colleagues' share in the pile does not stand out."""
_SLOTS: Final = 400_000
"""Of time, in which starts and ends are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """One day or week near the limit.

    Attributes
    ----------
    first_day : datetime.date
        On the operation's wall.
    near, piled : int
        Contacts near the limit on its good side, and those of them in the stretch of the pile: a
        quarter of them, more or less, where nothing piles up.
    """

    first_day: dt.date
    near: int
    piled: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthAtALimit:
    """One month.

    Attributes
    ----------
    month : str
        Such as ``1999-02``.
    contacts : int
    excess : Estimate or Unknown
        Share of contacts that are in the pile beyond what would be there anyhow.
    p : float
        NaN where it cannot be told.
    """

    month: str
    contacts: int
    excess: Estimate | Unknown
    p: float


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupAtALimit:
    """One group of contacts.

    Attributes
    ----------
    scope : Scope
    contacts : int
    excess : Estimate or Unknown
        Share of the group's contacts.
    p, p_adjusted : float
        Alone, and beside all other groups; NaN where it cannot be told.
    stands_out : bool or None
        None where it cannot be told.
    why_not : str
    """

    scope: Scope
    contacts: int
    excess: Estimate | Unknown
    p: float
    p_adjusted: float
    stands_out: bool | None
    why_not: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorAtALimit:
    """One advisor's contacts near the limit, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    near, piled : int
        Contacts near the limit on its good side, and those of them in the stretch of the pile.
    share, colleagues : float
        The second over the first; and the colleagues' in the same channels, queues and months.
    excess : Estimate
        Share of this advisor's contacts around the limit (from a quarter of it to four times it)
        that are in the pile beyond what their own other contacts lead one to expect.
    p_adjusted : float
        The share of false ones to expect among advisors shown with a ``p`` as low as this.
    """

    advisor_id: str
    near: int
    piled: int
    share: float
    colleagues: float
    excess: Estimate
    p_adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose contacts stand out, in the order of their ids: it is no ranking, and
    who is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorAtALimit
        Not printed with the result.
    tested, left_out : int
        Advisors who could be compared, and those with too few contacts near the limit.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorAtALimit, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(repr=False)

    def of(self, advisor_id: str) -> AdvisorAtALimit | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class AtALimit:
    """Whether contacts pile up at a limit, and what that does to the measure.

    Attributes
    ----------
    clock : str
        One of :data:`andon.goodhart.limit_clocks.CLOCKS`.
    limit_s, pile_s, gap_s : float
        The limit, how near to it a pile was looked for, and from how far beyond it may come.
    side : {"below", "above"}
        Where it is good to be.
    others_s : tuple of float
        Other limits on the clock, around which nothing was looked at.
    contacts : int
        That the limit judges, whether their clock stopped or not.
    excess : Estimate or Unknown
        Share of contacts in the pile, beyond what would be there anyhow.
    missing : Estimate or Unknown
        Share of contacts missing beyond the limit. About as many as the excess where they were
        moved; none where they only pile up for another reason.
    times : Estimate or Unknown
        How many times what would be there anyhow, the pile holds.
    reads, without, bend : Estimate or Unknown
        The share of contacts within the limit as it reads, as it would without the pile, and the
        first less the second.
    mean_s, mean_without_s, mean_bend_s : Estimate or Unknown
        The same of the clock's mean; unknown for returns, whose mean is no measure.
    p : float
        The chance of so large an excess where nothing piles up, 1 where it is too small to matter;
        NaN where it cannot be told.
    stands_out : bool or None
        Whether there is a pile; None where it cannot be told, for which ``why_not`` says why.
    why_not : str
        Empty where it can be told.
    change : Change or Unknown
        When there were more in the pile, of those near the limit, over ``stretches``.
    stretches : tuple of Stretch
        Days, or weeks where there are more than 70 days.
    by_month : tuple of MonthAtALimit
    groups : tuple of GroupAtALimit
    bunching : Bunching or Unknown
        The counts around the limit and their counterfactual, for a chart.
    caveats : tuple of str
    for_roles : ForRoles
        The only part that speaks of single advisors.
    """

    clock: Clock
    limit_s: float
    pile_s: float
    gap_s: float
    side: Side
    others_s: tuple[float, ...]
    contacts: int
    excess: Estimate | Unknown
    missing: Estimate | Unknown
    times: Estimate | Unknown
    reads: Estimate | Unknown
    without: Estimate | Unknown
    bend: Estimate | Unknown
    mean_s: Estimate | Unknown
    mean_without_s: Estimate | Unknown
    mean_bend_s: Estimate | Unknown
    p: float
    stands_out: bool | None
    why_not: str
    change: Change | Unknown
    stretches: tuple[Stretch, ...] = field(repr=False)
    by_month: tuple[MonthAtALimit, ...] = field(repr=False)
    groups: tuple[GroupAtALimit, ...]
    bunching: Bunching | Unknown = field(repr=False)
    caveats: tuple[str, ...]
    for_roles: ForRoles

    @property
    def since(self) -> dt.date | None:
        """The day or week in which it began; None where that was not seen."""
        if isinstance(self.change, Unknown) or not self.change.begins:
            return None
        return self.stretches[self.change.start].first_day

    @property
    def until(self) -> dt.date | None:
        """The first day or week after it ended; None where that was not seen."""
        if isinstance(self.change, Unknown) or not self.change.ends:
            return None
        return self.stretches[self.change.end].first_day


def at_a_limit(
    contacts: ir.Table,
    *,
    clock: Clock,
    limit_s: float,
    others: Sequence[float] = (),
    by: Sequence[str] = (),
    side: Side | None = None,
    pile_s: float | None = None,
    gap_s: float | None = None,
    least_contacts: int = 100,
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> AtALimit:
    """Do contacts pile up on the good side of a target or limit, and how far does that bend it?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    clock : {"handle", "talk", "wait", "closing", "reopening", "silence"}
        What the limit counts; see :func:`andon.goodhart.limit_clocks.on_the_clock`.
    limit_s : float
        The target or limit (> 0), seconds, in whole tenths. It must be one that people work to.
    others : sequence of float
        Other limits on the same clock, seconds. What lies around them is taken for no part of the
        smooth run; ask about each of them in turn.
    by : sequence of str
        Groups to look at as well, from :data:`andon.ledger.periods.GROUPS`.
    side : {"below", "above"}, optional
        Where it is good to be; below, but for returns, which are good when they come too late to
        be counted.
    pile_s, gap_s : float, optional
        How near to the limit a pile is looked for, and from how far beyond it may come, seconds,
        less than a quarter of the limit and less than half of it: 5 % and 25 % of it unless told,
        of waits 15 % and 45 %.
    least_contacts : int
        Nothing is said about an advisor with fewer contacts near the limit (>= 30).
    level : float
        Of the intervals, above 0 and below 1; one less it is the chance of a false alarm.
    false_discoveries : float
        The share of false ones put up with among advisors and among groups, above 0 and below 1.

    Returns
    -------
    AtALimit
        With figures unknown, and the reason in words, where there are too few contacts, all have
        one length, nothing lies on one side of the limit, or a pile cannot be told from rounding,
        from another limit or from what a system does.

    Raises
    ------
    QuestionError
        If there is no such clock or group, or an option is out of its range.

    Notes
    -----
    The figures are those of :func:`andon.goodhart.bunching.bunching`, by two curves: one that may
    break off at the limit, and one that sees the pile's own side only. ``p`` is the larger of the
    two; the figures are the first one's, unless the second sees no pile. Doubt is over days, or
    weeks. Of clocks that run through nights the counts are
    taken per chance (:func:`andon.goodhart.chances.chances`).

    There, more must also lie on the good side of the limit than on the bad one: customers come
    back at the hour, and on the weekday, at which they mostly come.

    Where the density of waits has a kink for an honest reason, the fit is poor there and the
    interval wider: it grows with how much the counts scatter around the curve away from the limit.
    """
    asked = _Asked.of(
        clock,
        limit_s,
        others,
        by,
        side=side,
        pile_s=pile_s,
        gap_s=gap_s,
        least_contacts=least_contacts,
        level=level,
        false_discoveries=false_discoveries,
    )
    timed = on_the_clock(with_groups(contacts, asked.by), asked.clock.key, limit_s=asked.limit_s)
    with kept(_lean(timed, asked)) as lean:
        return _answer(lean, timed, contacts, asked)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    clock: LimitClock
    limit_s: float
    others_s: tuple[float, ...]
    by: tuple[str, ...]
    side: Side
    pile_s: float
    gap_s: float
    step_s: float
    least_contacts: int
    level: float
    false_discoveries: float

    @classmethod
    def of(
        cls,
        clock: Clock,
        limit_s: float,
        others: Sequence[float],
        by: Sequence[str],
        *,
        side: Side | None,
        pile_s: float | None,
        gap_s: float | None,
        least_contacts: int,
        level: float,
        false_discoveries: float,
    ) -> _Asked:
        """Check what was asked, once."""
        if clock not in CLOCKS:
            raise QuestionError(
                f"There is no clock {clock!r}.",
                found=f"clock: {clock!r}",
                todo=f"Use any of: {', '.join(CLOCKS)}.",
            )
        row = CLOCKS[clock]
        for each in (limit_s, *others):
            if not (math.isfinite(each) and each > 0 and _whole(each, 0.1)):
                raise QuestionError(
                    "A limit must be a time above 0, in whole tenths of a second.",
                    found=f"{each!r} s",
                    todo="Give the limit that people work to, such as 20 or 300.",
                )
        near = row.pile * limit_s if pile_s is None else pile_s
        far = row.gap * limit_s if gap_s is None else gap_s
        if not (0 < near < limit_s / _NEAR and 0 < far < limit_s / 2):
            raise QuestionError(
                "A pile reaches less than a quarter of the limit, and its gap less than half.",
                found=f"pile_s: {near:g}, gap_s: {far:g}, limit_s: {limit_s:g}",
                todo="Leave them out, or give a few per cent of the limit.",
            )
        if side not in (None, "below", "above"):
            raise QuestionError(
                "It is good to be below a limit or above it.",
                found=f"side: {side!r}",
                todo="Leave it out, or use 'below' or 'above'.",
            )
        if not (0 < level < 1 and 0 < false_discoveries < 1) or least_contacts < 30:
            raise QuestionError(
                "A level and a share lie between 0 and 1, and nobody is judged by a few contacts.",
                found=f"level: {level!r}, false_discoveries: {false_discoveries!r}, "
                f"least_contacts: {least_contacts!r}",
                todo="Use 0.95, 0.05 and 100; 30 is the least.",
            )
        return cls(
            clock=row,
            limit_s=float(limit_s),
            others_s=tuple(sorted({float(each) for each in others} - {float(limit_s)})),
            by=tuple(by),
            side=row.side if side is None else side,
            pile_s=near,
            gap_s=far,
            step_s=_step(limit_s),
            least_contacts=least_contacts,
            level=level,
            false_discoveries=false_discoveries,
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """Columns that hold the group, under names that nothing else has."""
        return tuple(f"by_{name}" for name in self.by)

    @property
    def sign(self) -> float:
        """1 where it is good to be below, else -1."""
        return 1.0 if self.side == "below" else -1.0

    @property
    def step_us(self) -> int:
        """The step in microseconds."""
        return round(self.step_s * US)

    @property
    def around(self) -> tuple[int, int]:
        """From where to where readings are counted one by one, in steps."""
        return round(self.limit_s / _REACH / self.step_s), round(
            self.limit_s * _REACH / self.step_s
        )

    @property
    def near_s(self) -> tuple[float, float]:
        """From where to where it is near the limit, on its good side."""
        end = self.limit_s - self.sign * _NEAR * self.pile_s
        return min(self.limit_s, end), max(self.limit_s, end)

    @property
    def crossed(self) -> float:
        """Another limit whose pile or gap lies in this one's gap; 0 where there is none."""
        for other in self.others_s:
            away = self.sign * (other - self.limit_s)
            if -self.gap_s < away < self.gap_s + self.pile_s:
                return other
        return 0.0

    def muddled(self) -> str:
        """Why this limit cannot be told from another; empty where it can."""
        for other in self.others_s:
            if abs(other - self.limit_s) < 2 * self.pile_s:
                return (
                    f"another limit, at {spoken(other, 's')}, lies so near that a pile at one "
                    "cannot be told from a pile at the other"
                )
        return ""


def _step(limit_s: float) -> float:
    """The widest step, of those that people use, of which there are enough in the limit."""
    return max(
        (each for each in _STEPS_S if each <= limit_s / _FINEST and _whole(limit_s, each)),
        default=max(
            each for each in _STEPS_S if each <= max(0.1, limit_s / 20) and _whole(limit_s, each)
            and each <= 1
        ),
    )  # fmt: skip


def _whole(wider: float, finer: float) -> bool:
    return abs(wider / finer - round(wider / finer)) < 1e-6


# ---------------------------------------------------------------- what is asked of the engine


def _lean(timed: ir.Table, asked: _Asked) -> ir.Table:
    """One narrow row a contact: when, and its reading. Names are dear to keep: asked for apart."""
    local = timed.local_arrived_us + AGES_US
    began = {"from_us": timed.from_us} if asked.clock.rhythm else {}
    return timed.select(
        **{cell: timed[name] for name, cell in zip(asked.by, asked.cells, strict=True)},
        **began,
        month=month_number(timed),
        clock_us=timed.clock_us,
        day=((local - local % _DAY_US) / _DAY_US).cast("int32"),
    )


def _place(timed: ir.Table, asked: _Asked) -> ir.IntegerValue:
    """The reading in whole steps, rounded to the side where it is bad to be."""
    step = asked.step_us
    lifted = timed.clock_us + (step - 1 if asked.side == "below" else 0)
    return ((lifted - lifted % step) / step).cast("int64")


def _placed(timed: ir.Table, low: int, high: int, asked: _Asked) -> ir.BooleanValue:
    """Whether a reading's place lies from ``low`` to ``high``, told without working it out."""
    clock, step = timed.clock_us, asked.step_us
    if asked.side == "below":
        return (clock > (low - 1) * step) & (clock <= high * step)
    return (clock >= low * step) & (clock < (high + 1) * step)


def _counted(lean: ir.Table, asked: _Asked, length: int) -> pa.Table:
    """How many have each reading around the limit, by group, month and stretch of days."""
    around = lean.filter(_placed(lean, *asked.around, asked))
    cut = around.select(
        *asked.cells,
        "month",
        slot=((around.day - around.day % length) / length).cast("int64"),
        place=_place(around, asked),
    )
    return (
        cut.group_by([*asked.cells, "month", "slot", "place"]).aggregate(n=cut.count()).to_pyarrow()
    )


def _summed(lean: ir.Table, asked: _Asked, length: int) -> pa.Table:
    """All contacts, near the limit and far from it."""
    cut = lean.mutate(slot=((lean.day - lean.day % length) / length).cast("int64"))
    limit = round(asked.limit_s * US)
    within = cut.clock_us <= limit if asked.side == "below" else cut.clock_us < limit
    return (
        cut.group_by([*asked.cells, "month", "slot"])
        .aggregate(
            n=cut.count(),
            timed=cut.clock_us.count(),
            within=ibis.coalesce(within, ibis.literal(value=False)).cast("int32").sum(),
            total_us=cut.clock_us.cast("float64").sum(),
        )
        .to_pyarrow()
    )


def _column(found: pa.Table, name: str) -> Floats:
    column = found[name].to_numpy(zero_copy_only=False)
    return np.nan_to_num(np.asarray(column, dtype=np.float64))


def _scopes(found: pa.Table, asked: _Asked) -> list[Scope]:
    columns = [found[cell].to_pylist() for cell in asked.cells]
    return [tuple(zip(asked.by, values, strict=True)) for values in zip(*columns, strict=True)]


# ---------------------------------------------------------------- the tallies


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Counts:
    """Counts of readings, and sums over all contacts, in rows."""

    slot: Ints
    month: npt.NDArray[np.str_]
    value_s: Floats
    count: Floats
    all_slot: Ints
    all_month: npt.NDArray[np.str_]
    n: Floats
    timed: Floats
    within: Floats
    total_s: Floats

    @classmethod
    def of(cls, counted: pa.Table, summed: pa.Table, asked: _Asked) -> _Counts:
        return cls(
            slot=_column(counted, "slot").astype(np.int64),
            month=month_names(counted["month"].to_numpy()),
            value_s=_column(counted, "place") * asked.step_s,
            count=_column(counted, "n"),
            all_slot=_column(summed, "slot").astype(np.int64),
            all_month=month_names(summed["month"].to_numpy()),
            n=_column(summed, "n"),
            timed=_column(summed, "timed"),
            within=_column(summed, "within"),
            total_s=_column(summed, "total_us") / US,
        )

    def only(self, mine: Bools, all_mine: Bools) -> _Counts:
        """Some of the rows."""
        return _Counts(
            slot=self.slot[mine],
            month=self.month[mine],
            value_s=self.value_s[mine],
            count=self.count[mine],
            all_slot=self.all_slot[all_mine],
            all_month=self.all_month[all_mine],
            n=self.n[all_mine],
            timed=self.timed[all_mine],
            within=self.within[all_mine],
            total_s=self.total_s[all_mine],
        )

    @property
    def contacts(self) -> int:
        return round(float(self.n.sum()))

    def blocks(self) -> _Blocks:
        """Slots put together to at most sixty blocks, each with contacts around the limit."""
        there = np.unique(self.slot)
        each = max(1, math.ceil(len(there) / _BLOCKS))
        block = np.arange(len(there)) // each

        def of(slots: Ints) -> Ints:
            place = np.clip(np.searchsorted(there, slots, side="right") - 1, 0, None)
            return np.asarray(block[place], dtype=np.int64)

        many = int(block[-1]) + 1
        values, column = np.unique(self.value_s, return_inverse=True)
        counts = np.zeros((many, values.size))
        np.add.at(counts, (of(self.slot), column.reshape(-1)), self.count)
        place = of(self.all_slot)
        return _Blocks(
            seen=Tally(values=values, counts=counts, grouped=True),
            **{
                name: np.bincount(place, weights=each_sum, minlength=many).astype(np.float64)
                for name, each_sum in (
                    ("n", self.n),
                    ("timed", self.timed),
                    ("within", self.within),
                    ("total_s", self.total_s),
                )
            },
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Blocks:
    """A tally with a row for each block of days, and sums over all contacts of each."""

    seen: Tally
    n: Floats
    timed: Floats
    within: Floats
    total_s: Floats


_Chances = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Found:
    """A pile or none, in some contacts."""

    bunching: Bunching | Unknown
    excess: Estimate | Unknown
    p: float
    why_not: str


def _found(seen: Tally, n: int, asked: _Asked, had: _Chances | None) -> _Found:
    """Look for a pile in a tally of ``n`` contacts, most of them away from the limit."""
    why = asked.muddled()
    found: Bunching | Unknown
    if why:
        found = Unknown(unit="share", why=why, needs="a limit that stands alone")
    elif not seen.values.size:
        found = Unknown(
            unit="share",
            why=f"no contact lies anywhere near the limit of {spoken(asked.limit_s, 's')}",
            needs="a limit inside the data",
        )
    else:
        found = _least(seen, asked, had)
    if isinstance(found, Bunching) and _by_machine(found, seen, asked):
        found = Unknown(
            unit="share",
            why="nearly all of what piles up lies on one value, the limit itself: a system does "
            "that, and not a person",
            needs="to know which rule ends contacts at the limit",
        )
    if isinstance(found, Unknown):
        unknown = Unknown(unit="share", why=found.why, needs=found.needs)
        return _Found(bunching=unknown, excess=unknown, p=math.nan, why_not=unknown.why)
    here = float(found.bins.expected[found.bins.pile].sum())
    small = found.excess.value < _LEAST * here
    return _Found(
        bunching=found,
        excess=_out_of(found.excess, n),
        p=1.0 if small else found.p,
        why_not="",
    )


def _out_of(count: Estimate, n: int) -> Estimate:
    """A number of contacts as a share of all of them."""
    return times(count, 1 / max(n, 1), unit="share")


def _least(seen: Tally, asked: _Asked, had: _Chances | None) -> Bunching | Unknown:
    """The pile by two curves, each of which can be misled by what the other does not see.

    A curve that sees both sides bends to whatever happens beyond the limit; one that sees only the
    pile's own side takes it to run on as it came. Only what both call a pile is one.
    """

    def by(beyond: Beyond, *, turned: bool = False) -> Bunching | Unknown:
        other: Side = "above" if asked.side == "below" else "below"
        # A step's counts stand at its end on the side where it is good to be.
        shift = asked.sign * asked.step_s if turned else 0.0
        return bunching(
            seen.values - shift,
            seen.counts if seen.grouped else seen.counts[0],
            threshold=asked.limit_s,
            side=other if turned else asked.side,
            pile=asked.pile_s,
            gap=asked.gap_s,
            others=asked.others_s,
            beyond=beyond,
            chances=had,
            level=asked.level,
        )

    both, own = by("broken"), by("unseen")
    if isinstance(own, Unknown):
        return own
    p = own.p if isinstance(both, Unknown) else max(own.p, both.p)
    if asked.clock.rhythm:
        p = max(p, _less_habit(own, by("unseen", turned=True)))
    told = own if isinstance(both, Unknown) or own.p > 1 - asked.level else both
    return replace(told, p=p)


def _less_habit(found: Bunching, mirrored: Bunching | Unknown) -> float:
    """The chance that no more lies on the good side of the limit than on the bad one.

    Who calls in the lunch hour calls in the lunch hour again: a day or a week later there is a pile
    on both sides alike, which no limit has made.
    """
    if isinstance(mirrored, Unknown):
        return 0.0
    more = found.excess.value - max(0.0, mirrored.excess.value)
    far = math.hypot(
        found.excess.high - found.excess.low, mirrored.excess.high - mirrored.excess.low
    )
    quantile = float(special.ndtri(0.5 + found.excess.level / 2))
    return float(special.ndtr(-more / (far / 2 / quantile))) if far > 0 else 1.0


def _by_machine(found: Bunching, seen: Tally, asked: _Asked) -> bool:
    """Whether the limit's own value holds nearly all that is too much."""
    if asked.pile_s < 3 * asked.step_s or not found.excess.low > 0:
        return False
    if found.rounding is not None and found.rounding.coarsest is not None:
        return False
    on = float(seen.totals[np.abs(seen.values - asked.limit_s) < asked.step_s / 2].sum())
    here = float(found.bins.expected[found.bins.pile].sum())
    beyond = on - here * asked.step_s / asked.pile_s
    rest = found.excess.value - beyond
    sure = rest > found.excess.value - found.excess.low
    return beyond > _MACHINE * found.excess.value or (
        beyond > _MOSTLY * found.excess.value and not sure
    )


# ---------------------------------------------------------------- the answer


def _answer(lean: ir.Table, timed: ir.Table, contacts: ir.Table, asked: _Asked) -> AtALimit:
    span = rows(lean.aggregate(first=lean.day.min(), last=lean.day.max()))[0]
    days = 0 if span["first"] is None else int(span["last"]) - int(span["first"]) + 1
    length = 1 if days <= _DAYS else 7
    counted, summed = _counted(lean, asked, length), _summed(lean, asked, length)
    counts = _Counts.of(counted, summed, asked)
    had = _rhythm(lean, contacts, asked) if asked.clock.rhythm and days else None
    blocks = counts.blocks() if len(counts.slot) else None
    whole = Tally(values=np.zeros(0), counts=np.zeros((1, 0)), grouped=False)
    if blocks is not None:
        seen = blocks.seen
        whole = seen if len(seen.counts) > 1 else Tally(
            values=seen.values, counts=seen.counts, grouped=False
        )  # fmt: skip
    found = _found(whole, counts.contacts, asked, had)
    bent = _bent(found, blocks, asked)
    stretches = _stretches(counts, asked, length)
    told = isinstance(found.bunching, Bunching)
    return AtALimit(
        clock=asked.clock.key,
        limit_s=asked.limit_s,
        pile_s=asked.pile_s,
        gap_s=asked.gap_s,
        side=asked.side,
        others_s=asked.others_s,
        contacts=counts.contacts,
        excess=found.excess,
        missing=_missing(found, counts.contacts, asked),
        times=_times(found),
        reads=bent.reads,
        without=bent.without,
        bend=bent.bend,
        mean_s=bent.mean_reads,
        mean_without_s=bent.mean_without,
        mean_bend_s=bent.mean_bend,
        p=found.p,
        stands_out=bool(found.p <= 1 - asked.level) if told else None,
        why_not=found.why_not,
        change=changed_share(
            [each.near for each in stretches],
            [each.piled for each in stretches],
            direction="higher",
            level=asked.level,
        ),
        stretches=stretches,
        by_month=_by_month(counts, asked, had),
        groups=_groups(counted, summed, counts, asked, had),
        bunching=found.bunching,
        caveats=_caveats(found, asked),
        for_roles=_for_roles(timed, asked, had)
        if told and asked.clock.in_hand
        else ForRoles(advisors=(), tested=0, left_out=0, explanations=asked.clock.explanations),
    )


def _missing(found: _Found, n: int, asked: _Asked) -> Estimate | Unknown:
    if isinstance(found.bunching, Unknown):
        return found.bunching
    missing = found.bunching.missing
    if asked.crossed:
        return Unknown(
            unit="share",
            why=f"another limit, at {spoken(asked.crossed, 's')}, lies where they would be missing",
            needs="limits that lie further apart",
        )
    if isinstance(missing, Unknown):
        return missing
    share = _out_of(missing, n)
    if share.low < -_MOST or share.high > _MOST:
        return Unknown(
            unit="share",
            why="what lies beyond the limit follows no run from which some could be missing",
            needs="more contacts beyond the limit",
        )
    return share


def _times(found: _Found) -> Estimate | Unknown:
    if isinstance(found.bunching, Unknown):
        return Unknown(unit="ratio", why=found.bunching.why, needs=found.bunching.needs)
    each = found.bunching.relative
    bins = int(found.bunching.bins.pile.sum())
    return Estimate(
        value=1 + each.value / bins,
        low=1 + each.low / bins,
        high=1 + each.high / bins,
        unit="ratio",
        n=each.n,
        method=each.method,
        level=each.level,
    )


def _bent(found: _Found, blocks: _Blocks | None, asked: _Asked) -> Unbent:
    if isinstance(found.bunching, Unknown) or blocks is None:
        why, needs = found.why_not, "contacts on both sides of the limit"
        if isinstance(found.bunching, Unknown):
            needs = found.bunching.needs
        share = Unknown(unit="share", why=why, needs=needs)
        mean = Unknown(unit="s", why=why, needs=needs)
        bent = Unbent(
            reads=share,
            without=share,
            bend=share,
            mean_reads=mean,
            mean_without=mean,
            mean_bend=mean,
        )
    else:
        bent = unbent(
            found.bunching,
            blocks.seen,
            limit=asked.limit_s,
            side=asked.side,
            n=blocks.n,
            within=blocks.within,
            timed=blocks.timed,
            total=blocks.total_s,
            level=asked.level,
        )
    if asked.clock.measured and not asked.crossed:
        return bent
    none = Unknown(
        unit="s",
        why="another limit lies so near that it is not known how far contacts were moved"
        if asked.crossed
        else "the mean of this clock is not what anybody is measured by",
        needs="the share within the limit",
    )
    return Unbent(
        reads=bent.reads,
        without=bent.without,
        bend=bent.bend,
        mean_reads=none,
        mean_without=none,
        mean_bend=none,
    )


def _stretches(counts: _Counts, asked: _Asked, length: int) -> tuple[Stretch, ...]:
    """Day by day or week by week, those without contacts too."""
    if not len(counts.all_slot):
        return ()
    first, last = int(counts.all_slot.min()), int(counts.all_slot.max())
    low, high = asked.near_s
    slack = asked.step_s / 2
    shift = slack if asked.side == "below" else -slack
    near = (counts.value_s > low + shift) & (counts.value_s < high + shift)
    edge = asked.limit_s - asked.sign * asked.pile_s + shift
    piled = near & (counts.value_s > edge if asked.side == "below" else counts.value_s < edge)

    def by_slot(mine: Bools) -> Floats:
        found = np.bincount(
            counts.slot[mine] - first, weights=counts.count[mine], minlength=last - first + 1
        )
        return np.asarray(found, dtype=np.float64)

    return tuple(
        Stretch(
            first_day=dt.date.fromordinal((first + i) * length + 1),
            near=round(n),
            piled=round(k),
        )
        for i, (n, k) in enumerate(zip(by_slot(near), by_slot(piled), strict=True))
    )


def _by_month(counts: _Counts, asked: _Asked, had: _Chances | None) -> tuple[MonthAtALimit, ...]:
    months = []
    for month in np.unique(counts.all_month).tolist():
        mine = counts.only(counts.month == month, counts.all_month == month)
        found = _found(_as_one(mine), mine.contacts, asked, had)
        months.append(
            MonthAtALimit(month=month, contacts=mine.contacts, excess=found.excess, p=found.p)
        )
    return tuple(months)


def _as_one(counts: _Counts) -> Tally:
    """A tally without groups."""
    if not len(counts.value_s):
        return Tally(values=np.zeros(0), counts=np.zeros((1, 0)), grouped=False)
    return tally(*_once(counts.value_s, counts.count))


def _once(value_s: Floats, count: Floats) -> tuple[Floats, Floats]:
    values, column = np.unique(value_s, return_inverse=True)
    return values, np.bincount(column.reshape(-1), weights=count).astype(np.float64)


def _groups(
    counted: pa.Table, summed: pa.Table, counts: _Counts, asked: _Asked, had: _Chances | None
) -> tuple[GroupAtALimit, ...]:
    if not asked.by:
        return ()
    near, every = _scopes(counted, asked), _scopes(summed, asked)
    order = in_order(set(every))
    found = []
    for scope in order:
        mine = counts.only(
            np.array([each == scope for each in near], dtype=np.bool_),
            np.array([each == scope for each in every], dtype=np.bool_),
        )
        seen = _as_one(mine)
        if len(mine.slot):
            blocks = mine.blocks().seen
            seen = blocks if len(blocks.counts) > 1 else seen
        found.append((mine.contacts, _found(seen, mine.contacts, asked, had)))
    across = controlled(
        [each.p for _, each in found], level=asked.false_discoveries, dependence="positive"
    )
    return tuple(
        GroupAtALimit(
            scope=scope,
            contacts=contacts,
            excess=each.excess,
            p=each.p,
            p_adjusted=float(across.adjusted[i]),
            stands_out=None if math.isnan(each.p) else bool(across.found[i]),
            why_not=each.why_not,
        )
        for i, (scope, (contacts, each)) in enumerate(zip(order, found, strict=True))
    )


def _rhythm(lean: ir.Table, contacts: ir.Table, asked: _Asked) -> _Chances:
    """How many chances each reading had, given when clocks start and when things end."""
    started = lean.select(at=lean.from_us)
    if asked.clock.key == "closing":
        ended = lean.select(at=lean.from_us + lean.clock_us)
    else:
        ended = contacts.select(at=contacts.arrived_us)
    span = rows(started.aggregate(first=started.at.min(), last=started.at.max()))[0]
    reach = round(2 * asked.limit_s * US)
    first, last = int(span["first"]), int(span["last"]) + reach
    slot_s = max(60.0, math.ceil(asked.limit_s / 60), math.ceil((last - first) / US / _SLOTS))
    slots = math.ceil((last - first) / US / slot_s) + 1

    def by_slot(table: ir.Table) -> Floats:
        inside = table.filter((table.at >= first) & (table.at <= last))
        since = inside.at - first
        length = round(slot_s * US)
        cut = inside.select(slot=((since - since % length) / length).cast("int64"))
        found = cut.group_by("slot").aggregate(n=cut.count()).to_pyarrow()
        place = _column(found, "slot").astype(np.int64)
        return np.bincount(place, weights=_column(found, "n"), minlength=slots).astype(np.float64)

    starts, ends = by_slot(started), by_slot(ended)
    size = max(len(starts), len(ends))
    starts, ends = (np.pad(each, (0, size - len(each))) for each in (starts, ends))
    return Pairs.of(starts, ends, slot_s=slot_s).at


# ---------------------------------------------------------------- for roles


def _for_roles(timed: ir.Table, asked: _Asked, had: _Chances | None) -> ForRoles:
    """Advisors with a pile of their own, beyond their colleagues' in the same work and months."""
    low, high = (round(each / asked.step_s) for each in asked.near_s)
    edge = round((asked.limit_s - asked.sign * asked.pile_s) / asked.step_s)
    if asked.side == "below":
        near, piled = _placed(timed, low + 1, high, asked), timed.clock_us > edge * asked.step_us
    else:
        near, piled = _placed(timed, low, high - 1, asked), timed.clock_us < edge * asked.step_us
    named = timed.filter(near & timed.advisor_id.notnull()).select(
        "channel",
        "queue",
        month=month_number(timed),
        advisor="advisor_id",
        piled=piled.cast("int32"),
    )
    found = (
        named.group_by(["channel", "queue", "month", "advisor"])
        .aggregate(n=named.count(), k=named.piled.sum())
        .to_pyarrow()
    )
    who = found["advisor"].to_pylist()
    names = sorted(set(who))
    cells = list(
        zip(*(found[name].to_pylist() for name in ("channel", "queue", "month")), strict=True)
    )
    if not names:
        return ForRoles(advisors=(), tested=0, left_out=0, explanations=asked.clock.explanations)
    n, k = _column(found, "n"), _column(found, "k")
    place = {name: i for i, name in enumerate(names)}
    at = np.array([place[name] for name in who])
    cell_of = {cell: i for i, cell in enumerate(dict.fromkeys(cells))}
    cell = np.array([cell_of[each] for each in cells])
    matched = _matched(at, cell, n, k, len(names))
    contacts, in_pile = (np.bincount(at, weights=each) for each in (n, k))
    enough = contacts >= asked.least_contacts
    stands = standing(matched, compared=enough, least_times=_TIMES)
    p = np.where(enough, stands.p, np.nan)
    suspects = np.flatnonzero(np.nan_to_num(p, nan=1.0) <= asked.false_discoveries).tolist()
    own = _own(timed, [names[i] for i in suspects], asked, had)
    for i in suspects:
        each = own.get(names[i])
        p[i] = 1.0 if each is None or math.isnan(each.p) else max(float(p[i]), each.p)
    tests = controlled(p, level=asked.false_discoveries)
    shown = []
    for i in np.flatnonzero(tests.found).tolist():
        excess = own[names[i]].excess
        if isinstance(excess, Unknown):
            continue
        shown.append(
            AdvisorAtALimit(
                advisor_id=names[i],
                near=round(float(contacts[i])),
                piled=round(float(in_pile[i])),
                share=float(stands.share[i]),
                colleagues=float(stands.others[i]),
                excess=excess,
                p_adjusted=float(tests.adjusted[i]),
            )
        )
    return ForRoles(
        advisors=tuple(shown),
        tested=tests.tested,
        left_out=len(names) - tests.tested,
        explanations=asked.clock.explanations,
    )


def _matched(at: Ints, cell: Ints, n: Floats, k: Floats, advisors: int) -> Matched:
    """Each advisor beside the others in the same cells."""
    all_n, all_k = (np.bincount(cell, weights=each)[cell] for each in (n, k))
    rest, rest_k = all_n - n, all_k - k

    def by_advisor(values: Floats) -> Floats:
        return np.bincount(at, weights=values, minlength=advisors).astype(np.float64)

    return Matched(
        weight=by_advisor(n * rest / all_n),
        own=by_advisor(k * rest / all_n),
        others=by_advisor(rest_k * n / all_n),
        variance=by_advisor(
            n * rest * all_k * (all_n - all_k) / (all_n**2 * np.maximum(all_n - 1, 1))
        ),
    )


def _own(
    timed: ir.Table, names: Sequence[str], asked: _Asked, had: _Chances | None
) -> Mapping[str, _Found]:
    """The same for these advisors' own contacts alone."""
    if not names:
        return {}
    theirs = timed.filter(timed.advisor_id.isin(list(names)) & _placed(timed, *asked.around, asked))
    around = theirs.select(advisor=theirs.advisor_id, place=_place(theirs, asked))
    told = around.group_by(["advisor", "place"]).aggregate(n=around.count()).to_pyarrow()
    who = np.array(told["advisor"].to_pylist(), dtype=str)
    value_s, count = _column(told, "place") * asked.step_s, _column(told, "n")
    found = {}
    for name in names:
        mine = who == name
        if mine.any():
            seen = tally(*_once(value_s[mine], count[mine]))
            found[name] = _found(seen, seen.n, asked, had)
    return found


# ---------------------------------------------------------------- words


def _caveats(found: _Found, asked: _Asked) -> tuple[str, ...]:
    said = []
    if isinstance(found.bunching, Bunching) and found.bunching.rounding is not None:
        known = found.bunching.rounding.coarsest
        if known is not None and known > asked.step_s:
            said.append(
                f"Some times are rounded to {spoken(known, 's')}. That is taken out; the pile is "
                "then a floor, as times from just beyond the limit are written down as on it."
            )
    if asked.clock.rhythm:
        said.append(
            "This clock runs through nights and weekends; how often things end at such a time at "
            "all is taken into account."
        )
    return (*said, *asked.clock.explanations)
