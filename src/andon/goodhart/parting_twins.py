"""Parting twins: a measure that improves while its twin gets worse, with the mix held even.

Handle time falls when easy contacts become more frequent, and nobody has gained or lost. So each
week is first read as if it had the mix of all weeks: what moves then moved *within* the queues, and
the rest lies *between* them. Then both twins are compared, early with late, and if they parted, the
week it began is looked for in the gap between them.

The twins themselves, and what they mean, are those of :mod:`andon.metrics.twins`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon import estimate
from andon.answer import Answer
from andon.demand.followed import Followed
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.change_points import Change, changed_mean
from andon.goodhart.level_shifts import SHORTEST_WAVE, Shift, level_shift
from andon.metrics.twins import Pair, Parting, Point, Twins, twins, way
from andon.units import Unit

__all__ = ["Cells", "Movement", "Parted", "PartingTwins", "parted", "parting_twins"]

Floats = npt.NDArray[np.float64]

Payer = Literal["twin", "measure", "nobody seen"]
"""Who pays where they part: the twin for the measure, the measure for the twin, or none is seen."""

_THIRDS: Final = 3
_FEW: Final = 10
"""A group with fewer contacts in some week is read together with others like it."""
_MIXES: Final = ("queue", "channel", "journey", "reason", "priority", "source", "weekday", "hour")
_NORMAL: Final = 0.6744897501960817
"""Half of a normal law lies nearer to its middle, in standard deviations."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cells:
    """One measure by group and period.

    Attributes
    ----------
    n : array
        Contacts it is over (groups by periods, >= 0).
    mean : array
        The measure among them, same shape; anything where ``n`` is 0.
    unit : Unit
    """

    n: Floats
    mean: Floats
    unit: Unit


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """How far a measure moved, and how much of it was mix.

    Attributes
    ----------
    total : Shift or Unknown
        As it is usually read: the last third of the weeks less the first.
    within : Shift or Unknown
        The same with the mix of groups held even.
    between : Shift or Unknown
        What the change of mix did; ``within`` and ``between`` add up to ``total`` but for the
        weighting of weeks.
    way : int
        -1 if it went down within groups beyond doubt, 1 if it went up, else 0.
    groups : int
        Groups compared.
    pooled : float
        Share of contacts, 0 to 1, in groups too small to compare alone.
    contacts, even : tuple of float
        By period: contacts, and the measure with the mix of groups held even (NaN where there are
        none), for a picture.
    """

    total: Shift | Unknown
    within: Shift | Unknown
    between: Shift | Unknown
    way: int
    groups: int
    pooled: float
    contacts: tuple[float, ...] = field(repr=False)
    even: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parted:
    """Whether two twins parted, and when that began. Both are better when they are lower.

    Attributes
    ----------
    first, second : Movement
        The measure and its twin.
    parting : Parting
        parted, together, or cannot tell.
    pays : Payer
    gap : Change or Unknown
        The gap between the twins, each in steps of its own ordinary spread from week to week: the
        stretch of weeks in which it differs most. Unknown unless they parted.
    """

    first: Movement
    second: Movement
    parting: Parting
    pays: Payer
    gap: Change | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class PartingTwins:
    """Whether a measure improved at the cost of its twin.

    Attributes
    ----------
    measure : str
        ``handle_time`` or ``abandonment``.
    first_says, second_says : str
        What the measure and its twin are.
    mix : tuple of str
        What was held even.
    weeks : tuple of datetime.date
        The Mondays of the weeks compared.
    found : Parted
    began, began_low, began_high : datetime.date or None
        The week from which they parted, and the earliest and latest that agree with the data; None
        where none was seen.
    says : str
        The same in plain sentences.
    caveats : tuple of str
    """

    measure: str
    first_says: str
    second_says: str
    mix: tuple[str, ...]
    weeks: tuple[dt.date, ...]
    found: Parted
    began: dt.date | None
    began_low: dt.date | None
    began_high: dt.date | None
    says: str
    caveats: tuple[str, ...]


def parted(first: Cells, second: Cells, *, level: float = 0.95, seed: int = 1) -> Parted:
    """Whether a measure and its twin, both better when lower, moved apart within groups.

    Parameters
    ----------
    first, second : Cells
        The measure and its twin, by the same groups and weeks; 18 weeks or more.
    level : float
        Above 0 and below 1.
    seed : int
        Of the draws that tell when it began.

    Returns
    -------
    Parted

    Raises
    ------
    QuestionError
        If the two do not fit one another, or an option is out of its range.

    Notes
    -----
    Each week's measure is standardised directly to the groups' shares over all weeks. Both twins
    must have moved beyond their own doubt, in opposite ways, from the first third of the weeks to
    the last: so where nothing happens, or only one of them moves, they are said to part at most as
    often as one interval misses. That the week is searched for has no part in it.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(2)
    >>> late = np.arange(30) >= 14
    >>> n = np.full((2, 30), 400.0)
    >>> handle = Cells(n=n, mean=200 - 30 * late + rng.normal(0, 4, (2, 30)), unit="s")
    >>> back = Cells(n=n, mean=0.1 + 0.05 * late + rng.normal(0, 0.01, (2, 30)), unit="share")
    >>> found = parted(handle, back)
    >>> found.parting, found.pays, found.gap.start
    ('parted', 'twin', 14)
    """
    if (
        first.n.shape != second.n.shape
        or first.n.ndim != 2
        or any(each.n.shape != each.mean.shape for each in (first, second))
    ):
        raise QuestionError(
            "Twins are compared in the same groups and weeks.",
            found=f"{first.n.shape} and {second.n.shape} groups and weeks",
            todo="Give both for every group and week, with 0 contacts where there were none.",
        )
    sides = [_Standardised.of(each) for each in (first, second)]
    moves = [each.movement(level) for each in sides]
    ways = moves[0].way * moves[1].way
    parting: Parting = "parted" if ways < 0 else "together" if ways > 0 else "cannot tell"
    if parting != "parted":
        return Parted(
            first=moves[0],
            second=moves[1],
            parting=parting,
            pays="nobody seen",
            gap=Unknown(
                unit="ratio", why="the twins were not seen to part", needs="twins that part"
            ),
        )
    apart = sides[1].steps - sides[0].steps
    return Parted(
        first=moves[0],
        second=moves[1],
        parting=parting,
        pays="twin" if moves[0].way < 0 else "measure",
        gap=changed_mean(
            np.minimum(sides[0].n, sides[1].n), apart, unit="ratio", level=level, seed=seed
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Standardised:
    """One measure by week: as it is read, and with the mix of all weeks."""

    n: Floats
    crude: Floats
    even: Floats
    unit: Unit
    groups: int
    pooled: float

    @classmethod
    def of(cls, cells: Cells) -> _Standardised:
        n, total = cells.n, np.where(cells.n > 0, cells.n * cells.mean, 0.0)
        weeks = n.sum(axis=0)
        seen = weeks > 0
        alone = np.asarray((n[:, seen] >= _FEW).all(axis=1), dtype=np.bool_)
        # The rest together must be there in every week as well, or its week could not be read.
        for small in np.argsort(n.sum(axis=1)):
            if (n[~alone][:, seen].sum(axis=0) > 0).all() or not (~alone).any():
                break
            alone[small] = False
        n_of, total_of = (
            np.vstack([each[alone], each[~alone].sum(axis=0)]) if (~alone).any() else each
            for each in (n, total)
        )
        mean = np.divide(total_of, n_of, out=np.zeros_like(n_of), where=n_of > 0)
        share = n_of.sum(axis=1) / max(n_of.sum(), 1.0)
        crude = np.divide(total.sum(axis=0), weeks, out=np.zeros_like(weeks), where=seen)
        return cls(
            n=weeks,
            crude=crude,
            even=np.where(seen, share @ mean, 0.0),
            unit=cells.unit,
            groups=len(n_of),
            pooled=float(n[~alone].sum() / max(n.sum(), 1.0)),
        )

    def movement(self, level: float) -> Movement:
        third = len(self.n) // _THIRDS

        def moved(values: Floats) -> Shift | Unknown:
            if third < SHORTEST_WAVE["week"]:
                return Unknown(
                    unit="points" if self.unit == "share" else self.unit,
                    why=f"only {len(self.n)} weeks were seen",
                    needs=f"{_THIRDS * SHORTEST_WAVE['week']} weeks",
                )
            return level_shift(
                values * self.n,
                self.n,
                before=third,
                after=len(self.n) - third,
                unit=self.unit,
                period="week",
                level=level,
            )

        within = moved(self.even)
        return Movement(
            total=moved(self.crude),
            within=within,
            between=moved(self.crude - self.even),
            way=way(within.difference) if isinstance(within, Shift) else 0,
            groups=self.groups,
            pooled=self.pooled,
            contacts=tuple(self.n.tolist()),
            even=tuple(np.where(self.n > 0, self.even, np.nan).tolist()),
        )

    @property
    def steps(self) -> Floats:
        """The even measure in steps of its ordinary spread, which a lasting change does not widen.

        Measured on what one week differs from the last.
        """
        seen = self.n > 0
        values = self.even[seen]
        spread = float(np.median(np.abs(np.diff(values)))) / (_NORMAL * np.sqrt(2.0))
        spread = spread or float(values.std()) or 1.0
        return np.asarray(np.where(seen, (self.even - values.mean()) / spread, 0.0))


# ---------------------------------------------------------------- the question


@dataclass(frozen=True, kw_only=True, slots=True)
class _Words:
    """How a pair of twins is spoken of."""

    down: tuple[str, str]
    up: tuple[str, str]
    twin_pays: str
    measure_pays: str


_WORDS: Final[Mapping[str, _Words]] = {
    "handle_time": _Words(
        down=("contacts got shorter", "fewer customers came back within 24 hours"),
        up=("contacts got longer", "more customers came back within 24 hours"),
        twin_pays="Shorter contacts are paid for by the customers who have to come back.",
        measure_pays="Fewer customers have to come back; handle time is what pays for it.",
    ),
    "abandonment": _Words(
        down=("fewer gave up", "fewer of those who gave up tried again within 10 minutes"),
        up=("more gave up", "more of those who gave up tried again within 10 minutes"),
        twin_pays="The lower abandonment is paid for by those who give up and have to try again.",
        measure_pays="Fewer have to try again; abandonment is what pays for it.",
    ),
}


def parting_twins(
    contacts: ir.Table,
    *,
    measure: str = "handle_time",
    mix: Sequence[str] = ("queue",),
    followed: Followed | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> PartingTwins:
    """Did a measure improve while its twin got worse, once the mix is taken out?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's.
    measure : {"handle_time", "abandonment"}
        The measures that have a twin, see :class:`andon.metrics.twins.Twins`.
    mix : sequence of str
        What is held even: queue, channel, journey, reason, priority, source, weekday, hour.
    followed : Followed, optional
        The same contacts, followed already by the columns of ``mix``.
    level : float
        Above 0 and below 1.
    seed : int
        Of the draws that tell when it began.

    Returns
    -------
    PartingTwins

    Raises
    ------
    QuestionError
        If the measure has no twin, or none in these data; fewer than 18 whole weeks were seen; or
        ``mix`` names something that is no mix.

    Notes
    -----
    See :func:`parted`. Only weeks from the first to the last that were wholly seen count.
    """
    if measure not in _WORDS:
        raise QuestionError(
            f"There is no twin for {measure!r}, so nobody can see what it costs.",
            found=f"measure: {measure!r}",
            todo=f"Use one that has a twin: {', '.join(_WORDS)}.",
        )
    odd = [name for name in mix if name not in _MIXES]
    if odd or not mix:
        raise QuestionError(
            "What is held even must be known before a contact begins.",
            found=f"mix: {', '.join(mix) or 'nothing'}",
            todo=f"Use any of: {', '.join(_MIXES)}.",
        )
    answer = twins(contacts, by=tuple(mix), period="week", followed=followed, level=level)
    overall = _pair(answer.overall, measure)
    weeks = _weeks(overall)
    first, second = (_cells(answer, measure, weeks, which) for which in ("first", "second"))
    if not second.n.sum() or not first.n.sum():
        which = overall.second_says if first.n.sum() else overall.first_says
        raise QuestionError(
            "The measure has no twin in these data.",
            found=f"nothing to tell: {which}",
            todo="Load customer ids, and two months or more, so that who comes back can be seen.",
        )
    found = parted(first, second, level=level, seed=seed)
    days = tuple(dt.date.fromisoformat(each) for each in weeks)
    gap = found.gap if isinstance(found.gap, Change) and found.gap.begins else None
    return PartingTwins(
        measure=measure,
        first_says=overall.first_says,
        second_says=overall.second_says,
        mix=tuple(mix),
        weeks=days,
        found=found,
        began=days[gap.start] if gap else None,
        began_low=days[gap.start_low] if gap else None,
        began_high=days[min(gap.start_high, len(days) - 1)] if gap else None,
        says=_says(found, _WORDS[measure], mix, days),
        caveats=_caveats(found, overall, mix),
    )


def _pair(found: Twins, measure: str) -> Pair:
    return next(pair for pair in found.pairs if pair.key == measure)


def _weeks(pair: Pair) -> tuple[str, ...]:
    """Weeks from the first to the last that were wholly seen."""
    names = [point.period for point in pair.points]
    whole = [i for i, point in enumerate(pair.points) if point.whole]
    least = _THIRDS * SHORTEST_WAVE["week"]
    kept = names[whole[0] : whole[-1] + 1] if whole else []
    if len(kept) < least:
        raise QuestionError(
            "There are too few weeks to tell a change from how a measure wanders by itself.",
            found=f"{len(kept)} whole weeks",
            todo=f"Load {least} weeks or more.",
        )
    return tuple(kept)


def _cells(
    answer: Answer[Twins], measure: str, weeks: Sequence[str], which: Literal["first", "second"]
) -> Cells:
    place = {week: i for i, week in enumerate(weeks)}
    n, mean = (np.zeros((len(answer.groups), len(weeks))) for _ in range(2))
    for row, group in enumerate(answer.groups):
        for point in _pair(group.result, measure).points:
            told = _side(point, which)
            if isinstance(told, Estimate) and point.period in place:
                n[row, place[point.period]] = told.n
                mean[row, place[point.period]] = told.value
    of: Unit = "s" if measure == "handle_time" and which == "first" else "share"
    return Cells(n=n, mean=mean, unit=of)


def _side(point: Point, which: Literal["first", "second"]) -> Estimate | Unknown:
    return point.first if which == "first" else point.second


def _says(found: Parted, words: _Words, mix: Sequence[str], weeks: Sequence[dt.date]) -> str:
    for movement in (found.first, found.second):
        if isinstance(movement.within, Unknown):
            return movement.within.says()
    moved = [
        _moved(movement, words.down[i], words.up[i])
        for i, movement in enumerate((found.first, found.second))
    ]
    held = f"With the mix of {' and '.join(mix)} held even"
    if found.parting == "cannot tell":
        return f"{held}, {moved[0]}, and {moved[1]}. Whether they part, we cannot tell."
    if found.parting == "together":
        return f"{held}, {moved[0]}, and {moved[1]}."
    said = [f"{held}, {moved[0]}, but {moved[1]}."]
    if isinstance(found.gap, Change) and found.gap.begins:
        low, high = weeks[found.gap.start_low], weeks[min(found.gap.start_high, len(weeks) - 1)]
        span = f" ({low} to {high})" if low != high else ""
        said.append(f"It began in about the week of {weeks[found.gap.start]}{span}.")
    said.append(words.twin_pays if found.pays == "twin" else words.measure_pays)
    return " ".join(said)


def _moved(movement: Movement, down: str, up: str) -> str:
    assert isinstance(movement.within, Shift)
    change = movement.within.difference
    if not movement.way:
        return f"whether {down if change.value < 0 else up} is not beyond doubt"
    size = change if movement.way > 0 else estimate.times(change, -1)
    return f"{up if movement.way > 0 else down}, by {size.says()}"


def _caveats(found: Parted, overall: Pair, mix: Sequence[str]) -> tuple[str, ...]:
    said = []
    for movement, name in ((found.first, overall.first_says), (found.second, overall.second_says)):
        if isinstance(movement.between, Shift) and movement.between.way:
            said.append(
                f"Part of what is read in {name} is a change of mix, by "
                f"{movement.between.difference.says()}. It is left out here."
            )
    said.append(
        f"Within one {' and '.join(mix)} the mix may have changed as well, and that alone can move "
        "both."
    )
    said.append(
        "Two things that part need not cause one another. A change of product or season may do "
        "both."
    )
    return tuple(said)
