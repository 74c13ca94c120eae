"""Recontact: which contacts are followed by another one of the same customer, and how soon.

*Retrials* follow giving up; *recontacts* follow being served; what follows a contact that the
system lost stands apart from both. Some customers call every day whatever happens, so each rate
comes with its *excess*: how much likelier a customer is to call just after a contact than in the
same window five weeks before and five weeks after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy import special

from andon import estimate
from andon.answer import Answer, Group, Scope, in_order
from andon.demand.followed import KINDS, WINDOWS_S, Followed, Kind, follow
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Observed
from andon.ledger.replicates import FEW, MANY, Replicates
from andon.ledger.sums import rows
from andon.units import DAY_S, HOUR_S, US, Unit

__all__ = [
    "KINDS",
    "WINDOWS_S",
    "After",
    "CameBack",
    "CurvePoint",
    "Kind",
    "RepeatWork",
    "Repeats",
    "repeat_work",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_UNEVEN: Final = 0.1
"""Identified shares that differ by this much are not alike by chance."""

_SERVED: Final = tuple(i for i, kind in enumerate(KINDS) if kind.group == "served")
_GAVE_UP: Final = tuple(i for i, kind in enumerate(KINDS) if kind.group == "gave_up")
_FAILED: Final = tuple(i for i, kind in enumerate(KINDS) if kind.group == "failed")
_ENDED: Final = tuple(i for i, kind in enumerate(KINDS) if kind.group != "open")


@dataclass(frozen=True, kw_only=True, slots=True)
class CameBack:
    """How many customers came back within one window.

    Attributes
    ----------
    window_s : int
        From the arrival of the first contact to the arrival of the next, seconds.
    rate : Estimate or Unknown
        Share that came back, of identified contacts whose window was wholly seen.
    bounds : Estimate or Unknown
        The same share of all contacts of this kind, identified or not, whatever the missing ids
        are; level 1, no sampling error.
    excess : Estimate or Unknown
        ``rate`` less the customer's own habit, -1 to 1 (see :func:`repeat_work`).
    contacts : int
        Identified contacts whose window was wholly seen.
    came_back : int
        How many of them were followed by another contact within the window.
    censored : int
        Identified contacts left out, because their window was not wholly seen.
    """

    window_s: int
    rate: Estimate | Unknown
    bounds: Estimate | Unknown
    excess: Estimate | Unknown
    contacts: int
    came_back: int
    censored: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """One point of the curve of coming back.

    Attributes
    ----------
    time_s : int
        Since the first contact arrived, seconds.
    share, low, high : float
        Share that has come back by then (Kaplan-Meier, silence cut short counted as censored), 0
        to 1, and its interval.
    at_risk : int
        Contacts that had not come back before this point's interval, and were still seen.
    """

    time_s: int
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, kw_only=True, slots=True)
class After:
    """What followed contacts of one kind.

    Attributes
    ----------
    key, says : str
        The kind, for machines and for people.
    contacts : int
        Identified contacts of the kind.
    unidentified : int
        Contacts of the kind without a customer id, for whom nothing is known.
    windows : tuple of CameBack
        One for each window, shortest first.
    curve : tuple of CurvePoint
        Empty for groups, which have no curve, and where no contact counts.
    """

    key: str
    says: str
    contacts: int
    unidentified: int
    windows: tuple[CameBack, ...]
    curve: tuple[CurvePoint, ...]

    def within(self, window_s: int) -> CameBack:
        """The window of that length.

        Raises
        ------
        QuestionError
            If the question was not asked for that window.
        """
        return _of_window(self.windows, window_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeats:
    """Repeat contacts as a part of all contacts and of all work.

    A repeat contact has a contact of the same customer within the window before it. All but
    ``bounds`` is over identified contacts only, and a floor for the whole operation.

    Attributes
    ----------
    window_s : int
    share : Estimate or Unknown
        Of contacts.
    bounds : Estimate or Unknown
        Of all contacts, identified or not, whatever the missing ids are; level 1.
    share_of_work : Estimate or Unknown
        Of handle time.
    hours : Estimate or Unknown
        Handle time of repeat contacts, hours over the time observed.
    erlangs : Estimate or Unknown
        The same as people kept busy round the clock.
    money : Estimate or Unknown
        The same at the operation's cost for an hour.
    of_excess : Estimate or Unknown
        Part of the returns that exceeds the customers' habit; below 0 where people return less
        than their habit.
    excess_share, excess_share_of_work, excess_hours, excess_erlangs, excess_money
        The figures above times ``of_excess``: it takes for granted that a return beyond habit is
        as long as another.
    contacts : int
        Identified contacts with the window before them wholly seen.
    repeats : int
        How many of them are repeat contacts.
    censored : int
        Identified contacts left out, because the window before them was not wholly seen.
    """

    window_s: int
    share: Estimate | Unknown
    bounds: Estimate | Unknown
    share_of_work: Estimate | Unknown
    hours: Estimate | Unknown
    erlangs: Estimate | Unknown
    money: Estimate | Unknown
    of_excess: Estimate | Unknown
    excess_share: Estimate | Unknown
    excess_share_of_work: Estimate | Unknown
    excess_hours: Estimate | Unknown
    excess_erlangs: Estimate | Unknown
    excess_money: Estimate | Unknown
    contacts: int
    repeats: int
    censored: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RepeatWork:
    """What part of the work is repeat work.

    Attributes
    ----------
    contacts : int
        All contacts, identified or not.
    identified, identified_queued, identified_not_queued : Estimate or Unknown
        Share of contacts with a customer id: of all, of those that queued, of those that did not.
        Counted, without sampling error.
    observed : Observed
        The time that was seen.
    control_days : int
        How far before and after a contact the customer's habit was looked at, days.
    retrials : After
        What followed giving up.
    recontacts : After
        What followed being served.
    after_failed : After
        What followed contacts that the system lost.
    by_first : tuple of After
        The same by what happened in the first contact, kinds without contacts left out.
    repeats : tuple of Repeats
        Repeat contacts as a part of volume and work, shortest window first.
    caveats : tuple of str
        What a reader must know before using these figures.
    """

    contacts: int
    identified: Estimate | Unknown
    identified_queued: Estimate | Unknown
    identified_not_queued: Estimate | Unknown
    observed: Observed
    control_days: int
    retrials: After
    recontacts: After
    after_failed: After
    by_first: tuple[After, ...]
    repeats: tuple[Repeats, ...]
    caveats: tuple[str, ...]

    def after(self, key: str) -> After:
        """What followed contacts of one kind, by the kind's key.

        Raises
        ------
        QuestionError
            If no contact is of that kind.
        """
        for each in (*self.by_first, self.retrials, self.recontacts, self.after_failed):
            if each.key == key:
                return each
        raise QuestionError(
            f"No contact is of the kind {key!r}.",
            found=", ".join(each.key for each in self.by_first),
            todo="Use one of these.",
        )

    def repeats_within(self, window_s: int) -> Repeats:
        """Repeat contacts within that window.

        Raises
        ------
        QuestionError
            If the question was not asked for that window.
        """
        return _of_window(self.repeats, window_s)


_Windowed = TypeVar("_Windowed", CameBack, Repeats)


def _of_window(found: Iterable[_Windowed], window_s: int) -> _Windowed:
    each = next((each for each in found if each.window_s == window_s), None)
    if each is None:
        raise QuestionError(
            f"Nothing was asked about a window of {window_s} s.", todo="Ask with windows_s=(...)."
        )
    return each


def repeat_work(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    windows_s: Sequence[int] = WINDOWS_S,
    cost_per_h: float | None = None,
    observed: Observed | None = None,
    followed: Followed | None = None,
    level: float = 0.95,
) -> Answer[RepeatWork]:
    """What part of the work is repeat work, and what it follows.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`. A return counts in
        the group of the first contact; a repeat contact's volume and work in its own.
    windows_s : sequence of int
        Windows in whole seconds, above 0.
    cost_per_h : float, optional
        What an hour of handling costs, in the operation's currency.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    followed : Followed, optional
        The same contacts, followed already (:func:`andon.demand.followed.follow`); its windows,
        its groups and the time it saw are then taken, and ``windows_s`` and ``observed`` are not.
    level : float
        Level of the intervals, 0 to 1.

    Returns
    -------
    Answer of RepeatWork

    Raises
    ------
    QuestionError
        If a window is not above 0, or ``by`` names something contacts cannot be grouped by, or
        that ``followed`` did not carry along.

    Notes
    -----
    Only identified contacts can be followed. Time runs from arrival to the customer's next
    arrival, whatever it was about; contacts of one instant are taken in the order of their keys. A
    contact counts for a window only if all of that window was seen: otherwise it is censored, and
    not taken as silent.

    The excess compares each contact with its own customer (Maclure 1991, *The case-crossover
    design*): did the customer contact us in the window after this contact, and did he in windows
    of the same length that begin whole weeks earlier and whole weeks later, so at the same hour of
    the same weekday? The distance is the smallest number of whole weeks that is at least four and
    longer than the longest window. The mean of the two takes out a habit that grows or shrinks
    evenly; where only one of them was seen it is used alone, and where none was the contact is
    left out. The excess is the mean of the differences.

    It is too high for customers who joined or left within the distance, whose control windows are
    empty for another reason; too low where control windows hold returns that were themselves
    failures; and too low, even below 0, for those who call once a day like clockwork, in windows
    near a day long: the call that was made stands for that day's, but not in the controls.

    Intervals take the customer as the unit, in random groups (:mod:`andon.ledger.replicates`).
    """
    if followed is None:
        with follow(contacts, by=by, windows_s=windows_s, observed=observed) as made:
            return _asked_of(made, by, cost_per_h, level)
    if not set(by) <= set(followed.by):
        raise QuestionError(
            "The contacts were followed without a column to group by.",
            found=f"by: {', '.join(by)}; followed with {', '.join(followed.by) or 'none'}",
            todo="Call follow(contacts, by=...) with the same columns.",
        )
    return _asked_of(followed, by, cost_per_h, level)


def _asked_of(
    followed: Followed, by: Sequence[str], cost_per_h: float | None, level: float
) -> Answer[RepeatWork]:
    counts = _counts(followed, by)
    overall = _Cube.of(followed, groups=MANY, by=())
    curves = _Curves.of(followed)
    grouped = _Cube.of(followed, groups=FEW, by=by) if by else {}
    unseen = sum(count.n for count in counts if not count.identified)
    scopes: dict[Scope, list[_Count]] = {}
    for count in counts:
        scopes.setdefault(count.scope, []).append(count)
    asked = _Asked(followed=followed, cost_per_h=cost_per_h, level=level, unidentified=unseen)
    nothing = _Cube.empty(followed)
    return Answer(
        overall=_result(asked, overall.get((), nothing), counts, curves),
        groups=tuple(
            Group(scope, _result(asked, grouped.get(scope, nothing), scopes[scope], None))
            for scope in in_order(scopes)
        )
        if by
        else (),
    )


# What the engine adds up.


@dataclass(frozen=True, kw_only=True, slots=True)
class _Count:
    """Contacts alike in group, kind, queueing, identification and how long they were watched."""

    scope: Scope
    what: int
    queued: bool
    identified: bool
    ahead: int
    behind: int
    n: int
    handle_h: float


def _counts(followed: Followed, by: Sequence[str]) -> list[_Count]:
    """Count all contacts, the unidentified too."""
    columns = [*(f"by_{name}" for name in by), "what", "queued", "handle_us"]
    known = followed.rows.select(
        *columns, ahead=followed.window_of(followed.rows.ripe), behind=followed.rows.seen_back
    )
    unknown = followed.others.select(*columns, "ahead", "behind")
    keys = [*(f"by_{name}" for name in by), "what", "queued", "ahead", "behind"]
    return [
        _Count(
            scope=tuple((name, row[f"by_{name}"]) for name in by),
            what=row["what"],
            queued=row["queued"],
            identified=identified,
            ahead=row["ahead"],
            behind=row["behind"],
            n=row["n"],
            handle_h=float(row["us"]) / US / HOUR_S,
        )
        for identified, table in ((True, known), (False, unknown))
        for row in rows(table.group_by(keys).aggregate(n=table.count(), us=table.handle_us.sum()))
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cube:
    """Sums by random group of customers, kind, and windows that came true or were seen.

    Attributes
    ----------
    first : array
        Axes: amount, random group, kind, gap code, ripe code. Amounts are the count of contacts;
        then for each window the count of those with an observed control; then for each window
        twice the share of their control windows that hold a contact.
    again : array
        Axes: count and handle microseconds, random group, gap code, seen code, of contacts seen
        as a possible repeat of the one before.
    """

    first: Floats
    again: Floats

    @classmethod
    def empty(cls, followed: Followed) -> _Cube:
        """No contact at all."""
        codes = len(followed.windows_s) + 1
        return cls(
            first=np.zeros((2 * codes - 1, 1, len(KINDS), codes, codes)),
            again=np.zeros((2, 1, codes, codes)),
        )

    @classmethod
    def of(cls, followed: Followed, *, groups: int, by: Sequence[str]) -> dict[Scope, _Cube]:
        """A cube for each group of contacts, or one for the empty scope."""
        firsts = _first_cells(followed, groups=groups, by=by)
        agains = _again_cells(followed.rows, groups=groups, by=by)
        codes = len(followed.windows_s) + 1
        return {
            scope: cls(
                first=_dense(firsts.get(scope), (groups, len(KINDS), codes, codes), 2 * codes - 1),
                again=_dense(agains.get(scope), (groups, codes, codes), 2),
            )
            for scope in {**firsts, **agains}
        }

    def sums(self, whats: Sequence[int], window: int) -> Replicates:
        """What followed first contacts of these kinds, within one window."""
        windows = (len(self.first) - 1) // 2
        amounts = self.first[[0, 1 + window, 1 + windows + window]]
        seen = amounts[:, :, list(whats), :, window + 1 :].sum(axis=(2, 4))
        controlled, control = seen[1], seen[2] / 2
        returned = controlled[:, : window + 1].sum(axis=1)
        return Replicates(
            sums={
                "seen": seen[0].sum(axis=1),
                "came_back": seen[0][:, : window + 1].sum(axis=1),
                "controlled": controlled.sum(axis=1),
                "controlled_came_back": returned,
                "excess": returned - control.sum(axis=1),
            }
        )

    def repeats(self, window: int) -> Replicates:
        """Repeat contacts within one window, beside what the excess needs."""
        seen = self.again[:, :, :, window + 1 :].sum(axis=3)
        repeat = seen[:, :, : window + 1].sum(axis=2)
        followed = self.sums(_ENDED, window)
        return Replicates(
            sums={
                "seen": seen[0].sum(axis=1),
                "repeat": repeat[0],
                "seen_us": seen[1].sum(axis=1),
                "repeat_us": repeat[1],
                "excess": followed.sums["excess"],
                "returned": followed.sums["controlled_came_back"],
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cells:
    """Rows of a small result: where in an array each belongs, and its amounts."""

    at: tuple[Ints, ...]
    amounts: tuple[Floats, ...]


def _dense(cells: _Cells | None, shape: tuple[int, ...], amounts: int) -> Floats:
    """The cells' amounts added up in an array: amounts first, then the shape."""
    if cells is None:
        return np.zeros((amounts, *shape))
    flat = np.ravel_multi_index(cells.at, shape)
    size = int(np.prod(shape))
    summed = [np.bincount(flat, weights=each, minlength=size) for each in cells.amounts]
    dense: Floats = np.stack(summed).reshape(amounts, *shape).astype(np.float64)
    return dense


def _first_cells(followed: Followed, *, groups: int, by: Sequence[str]) -> dict[Scope, _Cells]:
    keys = [*(f"by_{name}" for name in by), "replicate", "what", "gap", "ripe"]
    each = followed.rows
    # Alike contacts are counted first: the many sums then run over far fewer rows.
    alike = (
        each.mutate(
            replicate=each.replicate % groups,
            gap=followed.window_of(each.gap),
            ripe=followed.window_of(each.ripe),
        )
        .group_by([*keys, "after", "seen_after", "before", "seen_before"])
        .aggregate(n=ibis._.count())
    )
    both: list[ir.Value] = []
    controls: list[ir.Value] = []
    for i in range(len(followed.windows_s)):
        after, before = alike.seen_after > i, alike.seen_before > i
        hits = (after & (alike.after <= i)).cast("int32") + (before & (alike.before <= i)).cast(
            "int32"
        )
        both.append(((after | before).cast("int32") * alike.n).sum())
        controls.append((hits * (2 - (after & before).cast("int32")) * alike.n).sum())
    found = alike.group_by(keys).aggregate(
        n=alike.n.sum(),
        **{f"both{i}": each for i, each in enumerate(both)},
        **{f"control{i}": each for i, each in enumerate(controls)},
    )
    return _by_scope(
        found,
        by,
        keys=("replicate", "what", "gap", "ripe"),
        amounts=(
            "n",
            *(f"both{i}" for i in range(len(both))),
            *(f"control{i}" for i in range(len(controls))),
        ),
    )


def _again_cells(each: ir.Table, *, groups: int, by: Sequence[str]) -> dict[Scope, _Cells]:
    found = each.group_by(
        *(f"by_{name}" for name in by),
        replicate=each.replicate % groups,
        back=each.back,
        seen_back=each.seen_back,
    ).aggregate(n=each.count(), us=each.handle_us.sum())
    return _by_scope(found, by, keys=("replicate", "back", "seen_back"), amounts=("n", "us"))


def _by_scope(
    found: ir.Table, by: Sequence[str], *, keys: Sequence[str], amounts: Sequence[str]
) -> dict[Scope, _Cells]:
    """Split a small result by group, its columns as arrays."""
    table = found.to_pyarrow()
    if not len(table):
        return {}
    at = [table[key].to_numpy().astype(np.int64) for key in keys]
    values = [table[amount].to_numpy().astype(np.float64) for amount in amounts]
    if not by:
        return {(): _Cells(at=tuple(at), amounts=tuple(values))}
    names = list(zip(*(table[f"by_{name}"].to_pylist() for name in by), strict=True))
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    of = np.fromiter((number[name] for name in names), dtype=np.int64, count=len(names))
    order = np.argsort(of, kind="stable")
    ends = np.searchsorted(of[order], np.arange(len(number) + 1))
    return {
        tuple(zip(by, name, strict=True)): _Cells(
            at=tuple(each[rows] for each in at), amounts=tuple(each[rows] for each in values)
        )
        for name, i in number.items()
        for rows in (order[ends[i] : ends[i + 1]],)
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Curves:
    """Counts behind the curves: by random group, kind and edge.

    ``events`` came back between the edge before and this one; ``at_risk`` were still silent at the
    edge before, and seen up to this one. A stretch seen in part is left out of its interval.
    """

    edges_s: tuple[int, ...]
    events: Floats
    at_risk: Floats

    @classmethod
    def of(cls, followed: Followed) -> _Curves:
        """Count by all edges."""
        edges, each = len(followed.edges_s), followed.rows
        found = each.group_by("replicate", "what", "gap", "ripe").aggregate(n=each.count())
        cells = _by_scope(found, (), keys=("replicate", "what", "gap", "ripe"), amounts=("n",))
        events = np.zeros((MANY, len(KINDS), edges))
        at_risk = np.zeros((MANY, len(KINDS), edges))
        if cells:
            ((replicate, what, gap, ripe), (n,)) = cells[()].at, cells[()].amounts
            came = gap < ripe
            np.add.at(events, (replicate[came], what[came], gap[came]), n[came])
            last = np.minimum(gap, ripe - 1)
            seen = last >= 0
            np.add.at(at_risk, (replicate[seen], what[seen], last[seen]), n[seen])
            at_risk = np.cumsum(at_risk[:, :, ::-1], axis=2)[:, :, ::-1]
        return cls(edges_s=followed.edges_s, events=events, at_risk=at_risk)

    def after(self, whats: Sequence[int], *, level: float) -> tuple[CurvePoint, ...]:
        """The curve of coming back after contacts of these kinds, with bands."""
        events: Floats = self.events[:, list(whats)].sum(axis=1)
        at_risk: Floats = self.at_risk[:, list(whats)].sum(axis=1)
        present = at_risk.any(axis=1)
        events, at_risk = events[present], at_risk[present]
        risk: Floats = at_risk.sum(axis=0)
        points = int(np.count_nonzero(risk))
        if not points or len(events) < 2:
            return ()
        share = _came_back(events.sum(axis=0), risk)
        others = _came_back(events.sum(axis=0) - events, risk - at_risk)
        low, high = _band(share, others, level=level)
        return tuple(
            CurvePoint(
                time_s=self.edges_s[i],
                share=float(share[i]),
                low=float(low[i]),
                high=float(high[i]),
                at_risk=round(float(risk[i])),
            )
            for i in range(points)
        )


def _came_back(events: Floats, at_risk: Floats) -> Floats:
    """One minus the product-limit estimate of silence (Kaplan and Meier 1958), along the edges."""
    hazard: Floats = np.zeros(events.shape)
    np.divide(events, at_risk, out=hazard, where=at_risk > 0)
    return np.asarray(1.0 - np.cumprod(1.0 - hazard, axis=-1), dtype=np.float64)


def _band(share: Floats, others: Floats, *, level: float) -> tuple[Floats, Floats]:
    """A band by leaving out one group at a time, on the logit scale, where it is symmetric.

    Where nobody (or everybody) came back, it reaches to the share that would make that unlikely.
    """
    groups = len(others)
    t = float(special.stdtrit(groups - 1, 0.5 + level / 2))
    inside = (share > 0) & (share < 1)
    logits = special.logit(np.clip(others, 1e-12, 1 - 1e-12))
    spread = ((logits - logits.mean(axis=0)) ** 2).sum(axis=0)
    half = t * np.sqrt(spread * (groups - 1) / groups)
    middle = special.logit(np.where(inside, share, 0.5))
    rare = 1 - (1 - level) ** (1 / groups)
    low = np.where(inside, special.expit(middle - half), np.where(share > 0, 1 - rare, 0.0))
    high = np.where(inside, special.expit(middle + half), np.where(share > 0, 1.0, rare))
    return np.minimum(low, share), np.maximum(high, share)


# From sums to the answer.


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """How the question was put, and what holds for every group."""

    followed: Followed
    cost_per_h: float | None
    level: float
    unidentified: int


def _result(
    asked: _Asked, cube: _Cube, counts: Sequence[_Count], curves: _Curves | None
) -> RepeatWork:
    def after(key: str, says: str, whats: Sequence[int]) -> After:
        return _after(asked, cube, counts, curves, key=key, says=says, whats=whats)

    present = {count.what for count in counts}
    return RepeatWork(
        contacts=sum(count.n for count in counts),
        identified=_identified(counts),
        identified_queued=_identified([count for count in counts if count.queued]),
        identified_not_queued=_identified([count for count in counts if not count.queued]),
        observed=asked.followed.observed,
        control_days=asked.followed.control_us // (DAY_S * US),
        retrials=after("retrials", "after giving up", _GAVE_UP),
        recontacts=after("recontacts", "after being served", _SERVED),
        after_failed=after("after_failed", "after the system lost them", _FAILED),
        by_first=tuple(
            after(kind.key, kind.says, (what,))
            for what, kind in enumerate(KINDS)
            if what in present and what in _ENDED
        ),
        repeats=tuple(
            _repeats(asked, cube.repeats(i), counts, i)
            for i in range(len(asked.followed.windows_s))
        ),
        caveats=_caveats(asked, counts),
    )


def _identified(counts: Sequence[_Count]) -> Estimate | Unknown:
    return _counted(sum(count.n for count in counts if count.identified), counts)


def _counted(part: int, counts: Sequence[_Count]) -> Estimate | Unknown:
    whole = sum(count.n for count in counts)
    if not whole:
        return Unknown(unit="share", why="there is no such contact", needs="such contacts")
    return Estimate.exact(part / whole, unit="share", n=whole)


def _after(
    asked: _Asked,
    cube: _Cube,
    counts: Sequence[_Count],
    curves: _Curves | None,
    *,
    key: str,
    says: str,
    whats: Sequence[int],
) -> After:
    mine = [count for count in counts if count.what in whats]
    known = sum(count.n for count in mine if count.identified)
    return After(
        key=key,
        says=says,
        contacts=known,
        unidentified=sum(count.n for count in mine if not count.identified),
        windows=tuple(
            _window(asked, cube.sums(whats, i), mine, i, known=known)
            for i in range(len(asked.followed.windows_s))
        ),
        curve=curves.after(whats, level=asked.level) if curves else (),
    )


def _window(
    asked: _Asked, sums: Replicates, mine: Sequence[_Count], i: int, *, known: int
) -> CameBack:
    seen, came_back = round(sums.total("seen")), round(sums.total("came_back"))
    unseen = _why_not(asked, i, identified=known)
    unidentified = sum(each.n for each in mine if not each.identified and each.ahead > i)
    excess = estimate.ratio(sums.ratio("excess", "controlled"), unit="share", level=asked.level)
    return CameBack(
        window_s=asked.followed.windows_s[i],
        rate=estimate.share(sums.ratio("came_back", "seen"), level=asked.level) if seen else unseen,
        bounds=_worst_case(came_back, seen, unidentified, elsewhere=asked.unidentified)
        if seen
        else unseen,
        excess=excess if sums.total("controlled") else _no_control(asked),
        contacts=seen,
        came_back=came_back,
        censored=known - seen,
    )


def _repeats(asked: _Asked, sums: Replicates, counts: Sequence[_Count], i: int) -> Repeats:
    seen, repeats = round(sums.total("seen")), round(sums.total("repeat"))
    known = [count for count in counts if count.identified]
    contacts = sum(count.n for count in known)
    hours = sum(count.handle_h for count in known)
    unidentified = sum(each.n for each in counts if not each.identified and each.behind > i)
    missing = _why_not(asked, i, identified=contacts)
    no_time = Unknown(unit="share", why="no handle time is recorded", needs="handle times")

    def share(top: str, bottom: str) -> Estimate | Unknown:
        if not sums.total(bottom):
            return no_time if seen else missing
        return estimate.share(sums.ratio(top, bottom, n="seen"), level=asked.level)

    def beyond(top: str, bottom: str) -> Estimate | Unknown:
        if not sums.total(bottom):
            return no_time if seen else missing
        if not sums.total("returned"):
            return _no_control(asked)
        return sums.estimate(
            lambda each: each[top] / each[bottom] * each["excess"] / each["returned"],
            unit="share",
            n=seen,
            level=asked.level,
            most=1.0,
        )

    def work(found: Estimate | Unknown, unit: Unit) -> Estimate | Unknown:
        if unit == "h":
            return estimate.times(found, hours, unit=unit)
        if unit == "erlang":
            if not asked.followed.observed.seconds:
                return Unknown(unit=unit, why="only one instant was seen", needs="a longer time")
            return estimate.times(
                found, hours * HOUR_S / asked.followed.observed.seconds, unit=unit
            )
        if asked.cost_per_h is None:
            return Unknown(
                unit="money",
                why="what an hour of handling costs is not known",
                needs="the cost of an hour, in the operation's file",
            )
        return estimate.times(found, hours * asked.cost_per_h, unit=unit)

    of_work, beyond_of_work = share("repeat_us", "seen_us"), beyond("repeat_us", "seen_us")
    return Repeats(
        window_s=asked.followed.windows_s[i],
        share=share("repeat", "seen"),
        bounds=_worst_case(repeats, seen, unidentified, elsewhere=asked.unidentified)
        if seen
        else missing,
        share_of_work=of_work,
        hours=work(of_work, "h"),
        erlangs=work(of_work, "erlang"),
        money=work(of_work, "money"),
        of_excess=estimate.ratio(sums.ratio("excess", "returned"), unit="share", level=asked.level)
        if sums.total("returned")
        else _no_control(asked),
        excess_share=beyond("repeat", "seen"),
        excess_share_of_work=beyond_of_work,
        excess_hours=work(beyond_of_work, "h"),
        excess_erlangs=work(beyond_of_work, "erlang"),
        excess_money=work(beyond_of_work, "money"),
        contacts=seen,
        repeats=repeats,
        censored=contacts - seen,
    )


def _worst_case(hits: int, seen: int, unidentified: int, *, elsewhere: int) -> Estimate:
    """The share over all contacts, whatever the missing ids are (Manski 1989).

    At least the ``hits`` that were seen. At most all unidentified contacts as well, and as many of
    the silent ones as there are unidentified contacts anywhere, any of which may be the missing
    link.
    """
    everyone = seen + unidentified
    low = hits / everyone
    high = min(1.0, (hits + unidentified + min(seen - hits, elsewhere)) / everyone)
    value = min(high, max(low, hits / seen))
    return estimate.bounds(low, high, unit="share", n=everyone, value=value)


def _why_not(asked: _Asked, i: int, *, identified: int) -> Unknown:
    if not identified:
        return Unknown(
            unit="share",
            why="no such contact carries a customer id",
            needs="customer ids",
        )
    return Unknown(
        unit="share",
        why=f"no window of {asked.followed.windows_s[i]} s was wholly seen",
        needs="a longer stretch of days without a gap",
    )


def _no_control(asked: _Asked) -> Unknown:
    days = asked.followed.control_us // (DAY_S * US)
    return Unknown(
        unit="share",
        why="the customers' habit could not be seen",
        needs=f"identified contacts for more than {days} days",
    )


def _caveats(asked: _Asked, counts: Sequence[_Count]) -> tuple[str, ...]:
    said = []
    total = sum(count.n for count in counts)
    known = sum(count.n for count in counts if count.identified)
    if total and not known:
        return ("No contact carries a customer id: nobody can be recognised when they return.",)
    if known < total:
        said.append(
            f"{_in_100(1 - known / total)} contacts carry no customer id. A return without an id "
            "looks like silence, so these rates are floors for those whom we can recognise."
        )
    queued, not_queued = (
        _identified([count for count in counts if count.queued is which]) for which in (True, False)
    )
    if (
        isinstance(queued, Estimate)
        and isinstance(not_queued, Estimate)
        and abs(queued.value - not_queued.value) >= _UNEVEN
    ):
        said.append(
            f"Ids are not missing by chance: {_in_100(queued.value)} contacts that queued carry "
            f"one, {_in_100(not_queued.value)} of those that did not. When queues grow, more "
            "customers can be recognised, and these rates move for that reason alone."
        )
    if asked.followed.observed.gaps:
        days = sum(gap.days for gap in asked.followed.observed.gaps)
        said.append(
            f"On {days} days there are no contacts, closed or lost. Contacts whose window reaches "
            "into them are left out."
        )
    return tuple(said)


def _in_100(share: float) -> str:
    return f"{share * 100:.0f} in 100"
