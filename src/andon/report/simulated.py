"""What a simulation found, in words, tables and a picture; and two simulations side by side.

Everything that the terminal shows is worked out here: the answer in a sentence or two, the figures
that matter for this model, what to keep in mind, and the chart as evidence.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Row
from andon.queueing.simulator.comparison import Comparison, Difference
from andon.queueing.simulator.figures import CONTACTS, CUSTOMERS, STAFF
from andon.queueing.simulator.model import Model, Queue
from andon.queueing.simulator.replications import Series
from andon.queueing.simulator.results import FIGURES, Fold, Simulation
from andon.queueing.simulator.warm_up import is_steady
from andon.report import words
from andon.units import DAY_S, number, spoken

__all__ = [
    "SimulationView",
    "Table",
    "as_json",
    "comparison_as_json",
    "comparison_picture",
    "comparison_view",
    "picture",
    "view",
]

_Known = Estimate | Unknown

_QUANTILES: Final = (0.5, 0.8, 0.9, 0.95, 0.99)
_LABELS: Final = {figure.name: figure.label for figure in (*CONTACTS, *STAFF, *CUSTOMERS)}
_POINTS: Final = 60
"""So many times at which a curve of waits is drawn."""
_DAYS_SHOWN: Final = 7
"""Longer runs tell machines the figures of a day, interval by interval."""
_STRAY: Final = 0.01
"""Intervals with fewer contacts than such a part of the busiest one's are not drawn."""
_BUSY: Final = 0.2
"""An interval counts as a busy one with so large a part of the busiest one's contacts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table for the terminal.

    Attributes
    ----------
    title : str
        Empty where the answer above says it.
    columns : tuple of str
    rows : tuple of tuple of str
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulationView:
    """What the terminal shows.

    Attributes
    ----------
    answer : tuple of str
        A sentence or two.
    tables : tuple of Table
    notes : tuple of str
        What to keep in mind.
    """

    answer: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


# One simulation ----------------------------------------------------------------------------------


def view(found: Simulation) -> SimulationView:
    """The answer, the figures that matter, and what to keep in mind."""
    tables = [Table(title="", columns=("figure", "value"), rows=tuple(_rows(found)))]
    if len(found.model.queues) > 1:
        tables.append(_by_queue(found))
    if len(found.model.pools) > 1:
        tables.append(_by_pool(found))
    return SimulationView(
        answer=tuple(_answer(found)), tables=tuple(tables), notes=tuple(_notes(found))
    )


def _answer(found: Simulation) -> Iterator[str]:
    overall, staff = found.overall, found.staff
    nouns = words.nouns(sorted({queue.channel for queue in found.model.queues}))
    level = overall.service_level.of_offered
    if isinstance(level, Unknown):
        yield f"We cannot tell how many {nouns.people} are answered in time: {level.why}."
        return
    served = f"{words.capital(_share(level, nouns.people))} are answered {_promise(found.model)}"
    if isinstance(overall.abandoned, Estimate) and overall.abandoned.high > 0:
        served += f", and {_share(overall.abandoned)} give up"
    yield f"{served}."
    if isinstance(staff.occupancy, Estimate):
        said = number(100 * staff.occupancy.value, step=max(1.0, 100 * _step(staff.occupancy)))
        yield f"Agents are busy {said} % of their time at work."
    lost, again = found.customers.lost, overall.contacts_per_customer
    if (
        isinstance(again, Estimate)
        and again.high > 1.005
        and isinstance(lost, Estimate)
        and lost.high > 0
    ):
        yield (
            f"Customers ask {number(again.value, step=0.01)} times on average, and "
            f"{_share(lost)} are lost: they give up for good, or go quietly."
        )


def _share(figure: Estimate, people: str = "") -> str:
    """``about 74 in 100 callers (73 to 75)``."""
    said = words.say(figure)
    noun = f" {people}" if people else ""
    return f"about {said.value}{noun}" + (f" ({said.between})" if said.between else "")


def _promise(model: Model) -> str:
    within = {queue.answer_within_s for queue in model.queues}
    if len(within) == 1:
        return f"within {spoken(within.pop(), 's')}"
    return "within the time promised in their queue"


def _rows(found: Simulation) -> Iterator[tuple[str, str]]:
    """The figures that this model can have, in the order in which people ask for them."""
    of = {**found.figures("contacts"), **found.figures("staff"), **found.figures("customers")}
    for name in _SHOWN:
        figure = of[name]
        if _worth_showing(found, name, figure):
            yield _label(name, found.model), _cell(_a_day(name, figure, found))
        if name == "waited":
            yield from _waits(found)


_SHOWN: Final = (
    "service_level.of_offered",
    "service_level.of_offered_less_short",
    "service_level.of_answered",
    "abandoned",
    "mean_wait_s",
    "mean_wait_of_answered_s",
    "waited",
    "queue_length",
    "occupancy",
    "at_once",
    "on_duty",
    "overtime_h",
    "offered",
    "repeated",
    "contacts_per_customer",
    "resolved",
    "callback_accepted",
    "callback_kept",
    "late",
    "still_waiting",
    "lost",
    "still_open",
)


def _worth_showing(found: Simulation, name: str, figure: _Known) -> bool:
    """Leave out what the model has none of; that a run was too short to tell is worth saying."""
    if name in _OF_THE_LOOP and not _loops(found.model):
        return False
    if isinstance(figure, Estimate):
        return figure.level < 1.0 or name == "on_duty"
    of, row = next((of, row) for of, rows in FIGURES.items() for row in rows if row.name == name)
    return found.tells(row, of)


_OF_THE_LOOP: Final = ("lost", "still_open")


def _a_day(name: str, figure: _Known, found: Simulation) -> _Known:
    """What is counted over a run, as a mean of its days."""
    if name not in _PER_RUN:
        return figure
    counted_s = (found.model.intervals - found.first_interval) * found.model.interval_s
    return times(figure, DAY_S / counted_s)


_PER_RUN: Final = ("offered", "overtime_h")


def _label(name: str, model: Model) -> str:
    label = _LABELS[name] + (" a day" if name in _PER_RUN else "")
    if "in time" in label:
        within = {queue.answer_within_s for queue in model.queues}
        promise = f"within {spoken(within.pop(), 's')}" if len(within) == 1 else "in time"
        label = label.replace("in time", promise)
    return label


def _waits(found: Simulation) -> Iterator[tuple[str, str]]:
    waits = found.waits()
    for share, said in ((0.5, "half wait no longer than"), (0.9, "9 in 10 wait no longer than")):
        yield said, _cell(waits.quantile(share))


def _cell(figure: _Known) -> str:
    return "not known" if isinstance(figure, Unknown) else str(figure)


def _by_queue(found: Simulation) -> Table:
    rows = []
    for queue in found.model.queues:
        each = found.of_queue(queue.name)
        rows.append(
            (
                queue.name,
                spoken(queue.answer_within_s, "s"),
                _cell(each.service_level.of_offered),
                _cell(each.abandoned),
                _cell(each.mean_wait_s),
            )
        )
    columns = ("queue", "promised", "answered in that time", "gave up", "mean wait of all")
    return Table(title="By queue:", columns=columns, rows=tuple(rows))


def _by_pool(found: Simulation) -> Table:
    rows = []
    for pool in found.model.pools:
        each = found.of_pool(pool.name)
        rows.append(
            (
                pool.name,
                _cell(each.on_duty),
                _cell(each.occupancy),
                _cell(each.at_once),
            )
        )
    columns = ("pool", "agents on duty", "occupancy", "contacts at once")
    return Table(title="By pool:", columns=columns, rows=tuple(rows))


def _notes(found: Simulation) -> Iterator[str]:
    days = number(found.model.days)
    runs = f"{found.replications:,} {'run' if found.replications == 1 else 'runs'}"
    yield (
        f"{runs} of {days} {'day' if found.model.days == 1 else 'days'}, seed {found.seed}, "
        f"{found.engine} engine. Intervals hold the truth {100 * found.level:g} times in 100."
    )
    yield found.warm_up.says
    reached = found.precision
    if reached is not None:
        of = _label(reached.wanted.of, found.model)
        if reached.reached:
            yield f"It went on until this was as sharp as was asked for: {of}."
        else:
            yield (
                f"It stopped at {found.replications:,} runs, before this was as sharp as was asked "
                f"for: {of}."
            )
    still_open = found.customers.still_open
    if isinstance(still_open, Estimate) and still_open.value > 0.02 and _loops(found.model):
        yield (
            f"{words.capital(_share(still_open, 'customers'))} are on their way back or being "
            "served when the runs end: what they do then is not counted. Simulate more days."
        )
    if found.replications == 1 and isinstance(found.overall.mean_wait_s, Unknown):
        yield "One run so short does not tell its doubt: ask for more with --replications."


def _loops(model: Model) -> bool:
    return any(queue.loop is not None for queue in model.queues)


# Two simulations ---------------------------------------------------------------------------------


def comparison_view(found: Comparison, *, names: tuple[str, str]) -> SimulationView:
    """What the other model changes, with the doubt of the change.

    Parameters
    ----------
    found : Comparison
    names : pair of str
        What to call the two.
    """
    of = _differences(found)
    rows = []
    for name in _SHOWN:
        each = _difference_a_day(name, of[name], found.other)
        if _worth_showing(found.base, name, each.base) or _worth_showing(
            found.other, name, each.other
        ):
            rows.append(
                (
                    _label(name, found.other.model),
                    _value(each.base),
                    _value(each.other),
                    _changed(each.change),
                )
            )
    table = Table(title="", columns=("figure", *names, "change"), rows=tuple(rows))
    return SimulationView(
        answer=tuple(_answers(found, of, names)),
        tables=(table,),
        notes=(*_notes(found.other), *_paired(of)),
    )


def _answers(
    found: Comparison, of: Mapping[str, Difference], names: tuple[str, str]
) -> Iterator[str]:
    nouns = words.nouns(sorted({queue.channel for queue in found.other.model.queues}))
    level = of["service_level.of_offered"]
    if not (
        isinstance(level.base, Estimate)
        and isinstance(level.other, Estimate)
        and isinstance(level.change, Estimate)
    ):
        yield f"We cannot tell what {names[1]} changes for {nouns.people}."
        return
    one, other = (words.share_of(each, of=100).value for each in (level.base, level.other))
    change = level.change
    if change.low <= 0 <= change.high:
        yield (
            f"{names[1]} makes no difference that can be seen: about {other} {nouns.people} are "
            f"answered {_promise(found.other.model)}, as with {names[0]}."
        )
        return
    yield (
        f"With {names[1]} about {other} {nouns.people} are answered "
        f"{_promise(found.other.model)}, instead of {one} with {names[0]}."
    )
    more = "more" if change.value > 0 else "fewer"
    size = abs(change.value)
    step = max(_step(change), 10.0 ** (math.floor(math.log10(size)) - 1))
    low, high = sorted((abs(change.low), abs(change.high)))
    # Rounded outward, so that we do not look surer than we are.
    low, high = step * math.floor(low / step), step * math.ceil(high / step)
    yield (
        f"That is {number(size, step=step)} in 100 {more} "
        f"({number(low, step=step)} to {number(high, step=step)})."
    )


def _step(change: Estimate) -> float:
    reach = max(change.high - change.value, change.value - change.low)
    return float(10.0 ** math.floor(math.log10(reach / 2) + 1e-9)) if reach > 0 else 0.0


def _paired(of: Mapping[str, Difference]) -> Iterator[str]:
    sharper = of["service_level.of_offered"].sharper
    if sharper > 1.05:
        yield (
            "Both had the same customers with the same luck. Had they been independent, the "
            f"interval of the change would be {number(sharper, step=0.1)} times as wide."
        )


def _value(figure: _Known) -> str:
    """A figure without its interval: that of the change stands beside it."""
    if isinstance(figure, Unknown):
        return "not known"
    return spoken(figure.value, figure.unit, step=_step(figure))


def _difference_a_day(name: str, of: Difference, found: Simulation) -> Difference:
    return dataclasses.replace(
        of,
        base=_a_day(name, of.base, found),
        other=_a_day(name, of.other, found),
        change=_a_day(name, of.change, found),
    )


def _changed(change: _Known) -> str:
    """A change with its sign and its interval; points are named once."""
    if isinstance(change, Unknown):
        return "not known"
    sign = "+" if change.value > 0 else ""
    if change.unit != "points":
        return sign + str(change)
    step = _step(change)
    value, low, high = (number(each, step=step) for each in (change.value, change.low, change.high))
    between = f" ({low} to {high})" if change.low < change.high else ""
    return f"{sign}{value}{between} points"


def _differences(found: Comparison) -> dict[str, Difference]:
    return {
        **found.differences("contacts"),
        **found.differences("staff"),
        **found.differences("customers"),
    }


# Pictures ----------------------------------------------------------------------------------------


def picture(found: Simulation, *, name: str, queue: str | None = None) -> Evidence:
    """What the simulation found as a chart: through the day, or the waits where nothing changes.

    Parameters
    ----------
    found : Simulation
    name : str
        What to call the model.
    queue : str, optional
        Which queue to draw; unless given the busiest of those whose customers wait on the line.

    Raises
    ------
    QueueingError
        If there is only one run, which shows no doubt, or no such queue.
    """
    return _picture([(name, found)], queue)


def comparison_picture(
    found: Comparison, *, names: tuple[str, str], queue: str | None = None
) -> Evidence:
    """Both simulations as one chart; as :func:`picture`."""
    return _picture([(names[0], found.base), (names[1], found.other)], queue)


_Lines = Sequence[tuple[str, Simulation]]


def _picture(lines: _Lines, queue: str | None) -> Evidence:
    found = lines[-1][1]
    if found.replications < 2:
        raise QueueingError(
            "One run shows no doubt, and so makes no chart.",
            found="replications = 1",
            todo="Simulate two replications or more.",
        )
    for _, each in lines:
        if queue is not None:
            each.of_queue(queue)  # says which there are
    chosen = _chosen(found.model, queue)
    if all(is_steady(each.model) for _, each in lines):
        return _of_waits(lines, chosen)
    return _of_the_day(lines, chosen)


def _chosen(model: Model, queue: str | None) -> Queue:
    """The queue to draw."""
    if queue is not None:
        return next(each for each in model.queues if each.name == queue)
    live = [each for each in model.queues if each.channel not in {"email", "case"}]

    def busy(each: Queue) -> float:
        return sum(each.arrivals.per_h) / len(each.arrivals.per_h) if each.arrivals else 0.0

    return max(live or list(model.queues), key=busy)


def _of_waits(lines: _Lines, queue: Queue) -> Evidence:
    """The share who wait longer than each time; the promise is marked."""
    within_s = queue.answer_within_s
    longest = max(_longest(found, queue) for _, found in lines)
    times_s = np.unique(np.append(np.linspace(0.0, max(longest, 2 * within_s), _POINTS), within_s))
    rows: list[Row] = []
    for i, (name, found) in enumerate(lines):
        waits = found.waits(queue.name)
        for wait_s in times_s:
            longer = waits.longer_than(float(wait_s))
            known = longer if isinstance(longer, Estimate) else None
            rows.append(
                {
                    "line": name,
                    "wait_s": float(wait_s),
                    "longer": None if known is None else known.value,
                    "low": None if known is None else known.low,
                    "high": None if known is None else known.high,
                    "point": i == len(lines) - 1,
                    "marked": bool(wait_s == within_s) and len(lines) == 1,
                }
            )
    nouns = words.nouns([queue.channel])
    said = [
        words.say(longer).value if isinstance(longer, Estimate) else "some"
        for longer in (found.waits(queue.name).longer_than(within_s) for _, found in lines)
    ]
    title = words.capital(f"{said[-1]} {nouns.people} wait longer than {spoken(within_s, 's')}")
    if len(lines) == 2:
        title += f" with {lines[1][0]}, and {said[0]} with {lines[0][0]}"
    return Evidence(
        kind="waited_longer",
        title=title,
        subtitle=f"Share of {nouns.contacts} that wait longer than each time, answered or not. "
        + _drawn(lines[-1][1], queue),
        rows=tuple(rows),
        alt=f"{title}. The share falls from the first second on.",
    )


def _longest(found: Simulation, queue: Queue) -> float:
    longest = found.waits(queue.name).quantile(0.98)
    return longest.value if isinstance(longest, Estimate) else 0.0


def _of_the_day(lines: _Lines, queue: Queue) -> Evidence:
    """Contacts and service through the day; the interval with the worst service is marked."""
    found = lines[-1][1]
    within: Fold = "day" if _has_whole_day(found) else "run"
    nouns = words.nouns([queue.channel])
    promise = f"within {spoken(queue.answer_within_s, 's')}"
    series = [(name, each.by_interval(queue.name, within=within)) for name, each in lines]
    offered, share = series[-1][1].offered, series[-1][1].service_level.of_offered
    lowest = _lowest(offered, share)
    rows: list[Row] = []
    for measure, of in (
        (words.capital(f"{nouns.contacts} offered by interval"), "offered"),
        (f"Answered {promise}", "share"),
    ):
        for i, (name, each) in enumerate(series):
            rows += _series_rows(
                measure,
                name,
                each.offered if of == "offered" else each.service_level.of_offered,
                np.nan_to_num(offered.value) > _STRAY * np.nanmax(offered.value),
                point=i == len(lines) - 1,
                marked=lowest if of == "share" and len(lines) == 1 else None,
            )
    title = _day_title(lines, queue, share, lowest, promise)
    return Evidence(
        kind="through_the_day",
        title=title,
        subtitle=f"{words.capital(nouns.contacts)} offered, and the share answered {promise}, by "
        f"interval of {spoken(found.model.interval_s, 's')}. " + _drawn(found, queue),
        rows=tuple(rows),
        alt=f"{title}. Two lines through the day: how many come, and how many of them are answered "
        "in time.",
    )


def _day_title(lines: _Lines, queue: Queue, share: Series, lowest: int | None, promise: str) -> str:
    people = words.nouns([queue.channel]).people
    if len(lines) == 2:
        of = [each.of_queue(queue.name).service_level.of_offered for _, each in lines]
        said = [words.share_of(each, of=100).value for each in of if isinstance(each, Estimate)]
        if len(said) < 2:
            return "Service through the day with both"
        return (
            f"{words.capital(said[1])} {people} are answered {promise} with {lines[1][0]}, and "
            f"{said[0]} with {lines[0][0]}"
        )
    if lowest is None:
        return f"Answered {promise}: much the same through the day"
    figure = Estimate(
        value=float(share.value[lowest]),
        low=float(share.low[lowest]),
        high=float(share.high[lowest]),
        unit="share",
        n=0,
        method=share.method,
        level=share.level,
    )
    at = share.from_s[lowest] % DAY_S
    return (
        f"From {int(at // 3600)}:{int(at % 3600 // 60):02d} service is at its lowest: "
        f"{words.say(figure).value} {people} are answered {promise}"
    )


def _has_whole_day(found: Simulation) -> bool:
    step = found.model.interval_s
    counted_s = (found.model.intervals - found.first_interval) * step
    return counted_s >= DAY_S and math.isclose(DAY_S / step, round(DAY_S / step))


def _lowest(offered: Series, share: Series) -> int | None:
    """The busy interval with the worst service; None where none stands out."""
    busy = np.nan_to_num(offered.value) >= _BUSY * np.nanmax(offered.value)
    known = busy & np.isfinite(share.high)
    if not known.any():
        return None
    place = int(np.argmin(np.where(known, share.value, np.inf)))
    usual = float(np.median(share.value[known]))
    return place if share.high[place] < usual else None


def _series_rows(
    measure: str,
    line: str,
    series: Series,
    busy: Any,
    *,
    point: bool,
    marked: int | None,
) -> Iterator[Row]:
    for i in np.flatnonzero(busy):
        known = math.isfinite(series.high[i])
        yield {
            "measure": measure,
            "line": line,
            "from_s": float(series.from_s[i]),
            "unit": series.unit,
            "value": float(series.value[i]) if known else None,
            "low": float(series.low[i]) if known else None,
            "high": float(series.high[i]) if known else None,
            "point": point,
            "marked": bool(i == marked),
        }


def _drawn(found: Simulation, queue: Queue) -> str:
    which = f"Queue {queue.name}. " if len(found.model.queues) > 1 else ""
    days = f"{number(found.model.days)} {'day' if found.model.days == 1 else 'days'}"
    return (
        f"{which}Simulated: {found.replications:,} runs of {days}, with "
        f"{100 * found.level:g} % intervals."
    )


# For machines ------------------------------------------------------------------------------------


def as_json(found: Simulation, *, model: str) -> dict[str, Any]:
    """Everything that was found, as plain values.

    Parameters
    ----------
    found : Simulation
    model : str
        The name of the model's file.
    """
    waits = found.waits()
    return {
        "model": model,
        "seed": found.seed,
        "replications": found.replications,
        "engine": found.engine,
        "level": found.level,
        "days": found.model.days,
        "interval_s": found.model.interval_s,
        "warm_up": {
            "cut_s": found.warm_up.cut_s,
            "how": found.warm_up.how,
            "says": found.warm_up.says,
        },
        "precision": None
        if found.precision is None
        else {
            "of": found.precision.wanted.of,
            "reached": found.precision.reached,
            "half_width": _plain(found.precision.half_width),
            "rounds": found.precision.rounds,
        },
        "contacts": _figures(found.figures("contacts")),
        "staff": _figures(found.figures("staff")),
        "customers": _figures(found.figures("customers")),
        "waits": {f"{share:g}": waits.quantile(share).as_json() for share in _QUANTILES},
        "queues": {
            queue.name: {
                "contacts": _figures(found.figures("contacts", queue.name)),
                "customers": _figures(found.figures("customers", queue.name)),
            }
            for queue in found.model.queues
        },
        "pools": {
            pool.name: _figures(found.figures("staff", pool.name)) for pool in found.model.pools
        },
        "fates": dataclasses.asdict(found.fates),
        "by_interval": _by_interval(found),
    }


def comparison_as_json(found: Comparison, *, models: tuple[str, str]) -> dict[str, Any]:
    """Both simulations and every difference, as plain values."""
    return {
        "base": as_json(found.base, model=models[0]),
        "other": as_json(found.other, model=models[1]),
        "changes": {
            name: {**each.change.as_json(), "sharper": _plain(each.sharper)}
            for name, each in _differences(found).items()
        },
    }


def _figures(found: Mapping[str, _Known]) -> dict[str, Any]:
    return {name: figure.as_json() for name, figure in found.items()}


def _by_interval(found: Simulation) -> dict[str, Any]:
    """Every series with the start of its intervals; not known is null.

    Long runs are laid over each other by the day.
    """
    days = found.model.days
    within: Fold = "day" if days > _DAYS_SHOWN and _has_whole_day(found) else "run"
    contacts, staff = found.by_interval(within=within), found.staff_by_interval(within=within)
    series = {
        "offered": contacts.offered,
        "answered": contacts.answered,
        "gave_up": contacts.gave_up,
        "service_level.of_offered": contacts.service_level.of_offered,
        "abandoned": contacts.abandoned,
        "mean_wait_s": contacts.mean_wait_s,
        "queue_length": contacts.queue_length,
        "occupancy": staff.occupancy,
        "on_duty": staff.on_duty,
    }
    return {
        "within": within,
        "from_s": contacts.offered.from_s.tolist(),
        **{
            name: {
                "unit": each.unit,
                "value": _plains(each.value),
                "low": _plains(each.low),
                "high": _plains(each.high),
            }
            for name, each in series.items()
        },
    }


def _plains(values: Iterable[float]) -> list[float | None]:
    return [_plain(float(value)) for value in values]


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
