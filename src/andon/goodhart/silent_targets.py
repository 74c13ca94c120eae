"""Silent targets: a figure that looks better because those it counts have gone somewhere else.

Abandonment falls when fewer are counted as having given up, and those who were not counted ring
again. Containment rises when people leave the self-service, and come back for a person. What is
counted got better; what happened to the customer did not. So each such target is watched beside
what it cannot silence: redials, complaints, and who comes by another way.

A finding is about how a target is counted. No advisor appears here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon import estimate
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.false_discovery import controlled
from andon.goodhart.level_shifts import Shift, level_shift
from andon.ledger.coverage import Observed, observed
from andon.ledger.sums import rows
from andon.metrics.doubt import products
from andon.units import AGES_US, DAY_S, US, Unit

__all__ = [
    "Month",
    "SilentTarget",
    "SilentTargets",
    "Watched",
    "moved_apart",
    "silent_targets",
]

Floats = npt.NDArray[np.float64]

_REDIAL_S: Final = 600
_ANOTHER_WAY_S: Final = DAY_S
_THIRDS: Final = 3
_WHOLE: Final = 0.9
_SHIFT_POINTS: Final = 5.0
_DAY_US: Final = DAY_S * US
_EPOCH: Final = dt.date(1970, 1, 1)
_DAY: Final = dt.timedelta(days=1)
_LEFT_ALONE: Final = ("self_served", "left_self_service")

Better = Literal["lower", "higher"]
"""Which way a target looks better."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A measure in one month.

    Attributes
    ----------
    month : str
        ``1999-02``.
    value : Estimate or Unknown
        Its interval takes days as the unit of doubt.
    """

    month: str
    value: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """One measure, month by month.

    Attributes
    ----------
    key, says : str
        Which measure, and what it measures.
    unit : Unit
    by_month : tuple of Month
        Whole months, in order.
    shift : Shift or Unknown
        The last third of the months against the first.
    """

    key: str
    says: str
    unit: Unit
    by_month: tuple[Month, ...]
    shift: Shift | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentTarget:
    """A target beside what it cannot silence.

    Attributes
    ----------
    key : str
        ``abandonment_and_redials``, ``abandonment_and_complaints`` or
        ``containment_and_another_way``.
    target, companion : Watched
    better : Better
        Which way the target looks better; the companion is better when it is lower.
    p : float
        The chance that the less sure of the two movements is none, 0 to 1; NaN if not known.
    adjusted : float
        The same once it is counted how many pairs were looked at.
    silent : bool
        Whether the target looks better while its companion gets worse, both beyond chance.
    says : str
        The same in plain sentences.
    """

    key: str
    target: Watched
    companion: Watched
    better: Better
    p: float
    adjusted: float
    silent: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentTargets:
    """Whether targets look better because those they count have gone somewhere else.

    Attributes
    ----------
    months : tuple of str
        Whole months, in order; those without any contact are none that was seen.
    targets : tuple of SilentTarget
    identified : Watched
        Share of contacts with a customer id: where it moves, who is recognised moves.
    caveats : tuple of str
        What else could explain it.
    """

    months: tuple[str, ...]
    targets: tuple[SilentTarget, ...]
    identified: Watched
    caveats: tuple[str, ...]


def moved_apart(target: Shift | Unknown, companion: Shift | Unknown, *, better: Better) -> float:
    """The p-value of a target that looks better *and* a companion, better when lower, that rises.

    Parameters
    ----------
    target, companion : Shift or Unknown
    better : {"lower", "higher"}
        Which way the target looks better.

    Returns
    -------
    float
        The larger of the two one-sided p-values (an intersection-union test, Berger 1982,
        *Technometrics* 24, 295), so that one movement alone is never enough; NaN if either is not
        known.

    Examples
    --------
    >>> import numpy as np
    >>> wave = 5 * np.cos(np.arange(120))
    >>> late = np.arange(120) >= 60
    >>> falls, rises = (
    ...     level_shift(100 + wave + move * late, np.ones(120), before=60, unit="s")
    ...     for move in (-9, 9)
    ... )
    >>> both, one = (moved_apart(falls, other, better="lower") for other in (rises, falls))
    >>> both < 0.01, one > 0.99
    (True, True)
    """
    if isinstance(target, Unknown) or isinstance(companion, Unknown):
        return float("nan")
    return max(_one_sided(target, -1 if better == "lower" else 1), _one_sided(companion, 1))


def _one_sided(shift: Shift, way: int) -> float:
    """The chance of so large a movement that way where nothing changed."""
    if shift.difference.value == 0:
        return 1.0
    return shift.p / 2 if shift.difference.value * way > 0 else 1 - shift.p / 2


def silent_targets(
    contacts: ir.Table,
    values: ir.Table | None = None,
    *,
    seen: Observed | None = None,
    level: float = 0.95,
) -> SilentTargets:
    """Do fewer give up, or more stay in self-service, while more have to come back or complain?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's.
    values : ibis.Table, optional
        The ledger's, for complaints.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1; ``1 - level`` bounds the chance that any target is
        called silent where none is.

    Returns
    -------
    SilentTargets

    Raises
    ------
    QuestionError
        If fewer than three whole months were seen, or ``level`` is out of its range.

    Notes
    -----
    Redials: known customers' contacts that are not counted as given up, and are followed by another
    within 10 minutes. Coming by another way: known customers whom no person served, and who ask for
    one within 24 hours, on any channel. Days are compared by
    :func:`andon.goodhart.level_shifts.level_shift`, the last third of the months with the first.
    Complaints are counted on their day in UTC, against all contacts of the day.
    """
    if not 0 < level < 1:
        raise QuestionError(
            "A level must lie between 0 and 1.",
            found=f"level: {level!r}",
            todo="Use 0.95.",
        )
    time = observed(contacts) if seen is None else seen
    calendar = _Calendar.of(time)
    days = _Days.of(contacts, values, time, calendar)
    months = days.seen(calendar)
    _enough(len(months))
    watched = {each.key: _watched(each, days, calendar, level) for each in _SERIES}
    p = [
        moved_apart(watched[pair.target].shift, watched[pair.companion].shift, better=pair.better)
        for pair in _PAIRS
    ]
    tests = controlled(p, level=1 - level)
    targets = tuple(
        SilentTarget(
            key=pair.key,
            target=watched[pair.target],
            companion=watched[pair.companion],
            better=pair.better,
            p=float(chance),
            adjusted=float(adjusted),
            silent=bool(found),
            says=_says(pair, watched[pair.target], watched[pair.companion], silent=bool(found)),
        )
        for pair, chance, adjusted, found in zip(
            _PAIRS, p, tests.adjusted, tests.found, strict=True
        )
    )
    return SilentTargets(
        months=months,
        targets=targets,
        identified=watched["identified"],
        caveats=_caveats(watched["identified"]),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Calendar:
    """Whole months one after another: their names and first days, since 1970; one start more."""

    names: tuple[str, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, time: Observed) -> _Calendar:
        """The months from the first whole one to the last."""
        starts: list[dt.date] = []
        if time.first_day is not None and time.last_day is not None:
            starts.append(time.first_day.replace(day=1))
            while starts[-1] <= time.last_day:
                starts.append((starts[-1] + 31 * _DAY).replace(day=1))
            first, last = time.first_day, time.last_day
            starts = [
                start
                for i, start in enumerate(starts)
                if (i + 1 < len(starts) and _part(start, starts[i + 1], first, last) >= _WHOLE)
                or (i > 0 and _part(starts[i - 1], start, first, last) >= _WHOLE)
            ]
        _enough(max(0, len(starts) - 1))
        return cls(
            names=tuple(f"{start:%Y-%m}" for start in starts[:-1]),
            starts=tuple((start - _EPOCH).days for start in starts),
        )

    @property
    def thirds(self) -> tuple[int, int]:
        """Days in the first third of the months, and days before the last third."""
        third = len(self.names) // _THIRDS
        return self.starts[third] - self.starts[0], self.starts[-1 - third] - self.starts[0]


def _enough(months: int) -> None:
    if months < _THIRDS:
        raise QuestionError(
            "Whether a target is silent cannot be told from so few months.",
            found="1 whole month" if months == 1 else f"{months} whole months",
            todo="Load three whole months or more.",
        )


def _part(start: dt.date, end: dt.date, first: dt.date, last: dt.date) -> float:
    """The part of a month's days that lie between the first and the last day seen."""
    inside = (min(end, last + _DAY) - max(start, first)).days
    return max(0, inside) / (end - start).days


@dataclass(frozen=True, kw_only=True, slots=True)
class _Series:
    """A measure: which column is added up, over which, and its words."""

    key: str
    says: str
    y: str
    x: str
    unit: Unit
    down: str
    up: str


_SERIES: Final = (
    _Series(
        key="abandonment",
        says="contacts given up, of those handled or given up",
        y="gave_up",
        x="queued",
        unit="share",
        down="fewer are counted as giving up",
        up="more are counted as giving up",
    ),
    _Series(
        key="redials",
        says="customers who ring again within 10 minutes, of those not counted as giving up",
        y="redialled",
        x="not_given_up",
        unit="share",
        down="fewer of the others ring again within 10 minutes",
        up="more of the others ring again within 10 minutes",
    ),
    _Series(
        key="complaints",
        says="complaints for each contact",
        y="complaints",
        x="contacts",
        unit="ratio",
        down="fewer complain",
        up="more complain",
    ),
    _Series(
        key="containment",
        says="contacts that ended without a person, of all",
        y="contained",
        x="contacts",
        unit="share",
        down="fewer contacts end without a person",
        up="more contacts end without a person",
    ),
    _Series(
        key="another_way",
        says="customers who ask for a person within 24 hours, of those whom no person served",
        y="came_back",
        x="left_alone",
        unit="share",
        down="fewer of those customers ask for a person within 24 hours",
        up="more of those customers ask for a person within 24 hours",
    ),
    _Series(
        key="identified",
        says="contacts with a customer id",
        y="known",
        x="contacts",
        unit="share",
        down="fewer customers are recognised",
        up="more customers are recognised",
    ),
)
_BY_KEY: Final = {each.key: each for each in _SERIES}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """A target, and what it cannot silence."""

    key: str
    target: str
    companion: str
    better: Better
    meaning: str


_PAIRS: Final = (
    _Pair(
        key="abandonment_and_redials",
        target="abandonment",
        companion="redials",
        better="lower",
        meaning="Some who give up may no longer be counted. Check how giving up is recorded.",
    ),
    _Pair(
        key="abandonment_and_complaints",
        target="abandonment",
        companion="complaints",
        better="lower",
        meaning="Reaching somebody looks easier, and customers do not find it so.",
    ),
    _Pair(
        key="containment_and_another_way",
        target="containment",
        companion="another_way",
        better="higher",
        meaning="Part of what counts as contained is people who leave and come another way.",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Days:
    """Sums by day over the whole months, by column."""

    first: int
    sums: dict[str, Floats]
    complaints_from: int | None
    """The day of the first complaint; None where there is none."""

    @classmethod
    def of(
        cls, contacts: ir.Table, values: ir.Table | None, time: Observed, calendar: _Calendar
    ) -> _Days:
        first, size = calendar.starts[0], calendar.starts[-1] - calendar.starts[0]

        def daily(table: ir.Table) -> dict[str, Floats]:
            told = table.to_pyarrow()
            at = np.asarray(told["day"].to_numpy(), dtype=np.int64) - first
            inside = (at >= 0) & (at < size)
            found = {}
            for name in told.column_names:
                if name != "day":
                    column = np.zeros(size)
                    column[at[inside]] = np.asarray(told[name].to_numpy(), dtype=np.float64)[inside]
                    found[name] = column
            return found

        lean = _lean(contacts, time)
        sums = daily(_counts(lean))
        sums |= daily(_followed(lean, alone=bool(sums["left_alone"].any())))
        begin = None
        sums["complaints"] = np.zeros(size)
        if values is not None:
            complaints = values.filter(values.kind == "complaint")
            dated = complaints.select(day=_day(complaints.happened_us))
            by_day = dated.group_by("day").aggregate(complaints=dated.count())
            earliest = rows(by_day.aggregate(day=by_day.day.min()))[0]["day"]
            begin = None if earliest is None else int(earliest)
            sums.update(daily(by_day))
        return cls(first=first, sums=sums, complaints_from=begin)

    def seen(self, calendar: _Calendar) -> tuple[str, ...]:
        """The months that hold a contact."""
        counted = self.sums["contacts"]
        return tuple(
            name
            for name, (start, end) in zip(calendar.names, pairwise(calendar.starts), strict=True)
            if counted[start - self.first : end - self.first].any()
        )


def _lean(contacts: ir.Table, time: Observed) -> ir.Table:
    """What is asked of each contact; ``alone`` where no person served, nor was asked for.

    Of known customers who were watched long enough: ``not_given_up`` and ``left_alone``.
    """
    bot = ibis.coalesce(contacts.handled_by == "bot", ibis.literal(value=False))
    alone = contacts.outcome.isin(_LEFT_ALONE) | ((contacts.outcome == "handled") & bot)
    customer, ahead = contacts.customer_key, time.ahead_us(contacts.arrived_us)
    watched = contacts.outcome.isin(("handled", "failed")) & ~alone & (ahead >= _REDIAL_S * US)
    return contacts.select(
        "outcome",
        customer=customer,
        at=contacts.arrived_us,
        key=contacts.contact_key,
        day=_day(contacts.local_arrived_us),
        alone=alone,
        not_given_up=customer.notnull() & watched,
        left_alone=customer.notnull() & alone & (ahead >= _ANOTHER_WAY_S * US),
    )


def _counts(lean: ir.Table) -> ir.Table:
    """What is counted of every contact."""
    return lean.group_by("day").aggregate(
        contacts=lean.count(),
        known=lean.count(where=lean.customer.notnull()),
        queued=lean.count(where=lean.outcome.isin(("handled", "abandoned")) & ~lean.alone),
        gave_up=lean.count(where=lean.outcome == "abandoned"),
        contained=lean.count(where=lean.alone),
        not_given_up=lean.count(where=lean.not_given_up),
        left_alone=lean.count(where=lean.left_alone),
    )


def _followed(lean: ir.Table, *, alone: bool) -> ir.Table:
    """What became of known customers; whether those left alone came another way, if any were.

    Every contact goes through the windows, so it takes few and narrow columns along, and only those
    to whom something happened are counted.
    """
    known = lean.filter(lean.customer.notnull()).drop("outcome")
    in_order = ibis.window(group_by="customer", order_by=["at", "key"])
    later = ibis.window(group_by="customer", order_by=["at", "key"], rows=(1, None))
    at = known["at"]
    person_at = ibis.ifelse(known.alone, ibis.null("int64"), at)
    timed = known.select(
        "day",
        redialled=known.not_given_up & (at.lead().over(in_order) - at <= _REDIAL_S * US),
        came_back=known.left_alone & (person_at.min().over(later) - at <= _ANOTHER_WAY_S * US)
        if alone
        else ibis.literal(value=False),
    )
    happened = timed.filter(timed.redialled | timed.came_back)
    return happened.group_by("day").aggregate(
        redialled=happened.count(where=happened.redialled),
        came_back=happened.count(where=happened.came_back),
    )


def _day(us: ir.IntegerValue) -> ir.IntegerValue:
    """Days since 1970."""
    since = us + AGES_US
    return ((since - since % _DAY_US) / _DAY_US - AGES_US // _DAY_US).cast("int32")


def _watched(series: _Series, days: _Days, calendar: _Calendar, level: float) -> Watched:
    y, x = days.sums[series.y], days.sums[series.x]
    gap = _no_complaints(days, calendar) if series.key == "complaints" else None
    before, after = calendar.thirds
    tell = _share if series.unit == "share" else _ratio
    return Watched(
        key=series.key,
        says=series.says,
        unit=series.unit,
        by_month=tuple(
            Month(
                month=name,
                value=gap
                or tell(
                    *(each[start - days.first : end - days.first] for each in (y, x)), level=level
                ),
            )
            for name, (start, end) in zip(calendar.names, pairwise(calendar.starts), strict=True)
        ),
        shift=gap or level_shift(y, x, before=before, after=after, unit=series.unit, level=level),
    )


def _share(y: Floats, x: Floats, *, level: float) -> Estimate | Unknown:
    return estimate.share(products(y, x), level=level)


def _ratio(y: Floats, x: Floats, *, level: float) -> Estimate | Unknown:
    return estimate.ratio(products(y, x), unit="ratio", level=level, at_least=0.0)


def _no_complaints(days: _Days, calendar: _Calendar) -> Unknown | None:
    """Where complaints begin in the midst of the data, the record began, and not the complaints."""
    if days.complaints_from is None or not days.sums["complaints"].any():
        return Unknown(unit="ratio", why="no complaint is recorded", needs="complaints")
    if days.complaints_from >= calendar.starts[1]:
        began = _EPOCH + dt.timedelta(days=days.complaints_from)
        return Unknown(
            unit="ratio",
            why=f"complaints are recorded only from {began} on",
            needs="complaints from the first month on",
        )
    return None


def _says(pair: _Pair, target: Watched, companion: Watched, *, silent: bool) -> str:
    for each in (target, companion):
        if isinstance(each.shift, Unknown):
            return each.shift.says()
    said = f"From the first third of the months to the last, {_moved(target)}"
    if silent:
        return f"{said}, but {_moved(companion)}. {pair.meaning}"
    return f"{said}, and {_moved(companion)}."


def _moved(watched: Watched) -> str:
    assert isinstance(watched.shift, Shift)
    change, words = watched.shift.difference, _BY_KEY[watched.key]
    told = words.up if change.value > 0 else words.down
    if not watched.shift.way:
        return f"whether {told} is not beyond doubt"
    size = change if change.value > 0 else estimate.times(change, -1)
    if words.unit == "ratio":
        return f"{told}, by {estimate.times(size, 100).says()} for every 100 contacts"
    return f"{told}, by {size.says()}"


def _caveats(identified: Watched) -> tuple[str, ...]:
    said = [
        "A change in who calls or why moves both. Look at the same months a year before.",
        "A new way in, such as a call-back or a chat, lets people come back who would have waited.",
    ]
    shift = identified.shift
    if isinstance(shift, Shift) and abs(shift.difference.value) >= _SHIFT_POINTS:
        low, high = sorted((shift.before.value, shift.after.value))
        said.append(
            f"From {low * 100:.0f} to {high * 100:.0f} in 100 contacts carry a customer id, early "
            "and late. Who can be recognised changes, and that alone can move who is seen to come "
            "back."
        )
    return tuple(said)
