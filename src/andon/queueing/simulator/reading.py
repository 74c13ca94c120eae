"""A model in plain words: what a YAML file says about an operation becomes a :class:`Model`.

Every key is a row of :data:`KEYS`; the page ``docs/reference/model-yaml.md`` is written from them.
An error names the file, the line, the key, the value and what to do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, cast

from andon.keys import WEEKDAYS, Key, known_keys, needed, one_of, weekdays
from andon.marked import Marked
from andon.queueing.laws import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Law,
    Lognormal,
    Never,
    Weibull,
)
from andon.queueing.simulator.model import (
    MOST_DAYS,
    Arrivals,
    Callback,
    Channel,
    Curve,
    Loop,
    Model,
    Overflow,
    Pool,
    Queue,
    Route,
    Transfer,
)
from andon.queueing.simulator.schedule import Schedule, Shift
from andon.units import DAY_S, HOUR_S

__all__ = ["KEYS", "Section", "read_model"]

Section = Literal[
    "model",
    "queue",
    "arrivals",
    "law",
    "loop",
    "callback",
    "overflow",
    "transfer",
    "pool",
    "serves",
    "shift",
]


_ROWS: Final[tuple[tuple[Section, str, str, str, str], ...]] = (
    ("model", "days", "a number", "How long each run lasts, days.", "1"),
    ("model", "interval", "a duration", "Results are counted by intervals so long.", "30m"),
    ("model", "queues", "a name for each", "Customers who want the same thing.", "needed"),
    ("model", "pools", "a name for each", "Agents who can do the same.", "needed"),
    ("queue", "channel", "voice, chat, messaging, email or case", "How they come.", "voice"),
    (
        "queue",
        "arrivals",
        "a section",
        "How many come for the first time.",
        "only other queues feed it",
    ),
    ("queue", "handle", "a law", "Handle time, where an agent does nothing else.", "needed"),
    ("queue", "patience", "a law", "How long customers are willing to wait.", "never give up"),
    ("queue", "answer_within", "a duration", "The promise: answered within this time.", "20s"),
    ("queue", "deadline", "a duration", "Answered later than this is late.", "none"),
    ("queue", "priority", "a whole number", "Higher is served first.", "0"),
    ("queue", "promote_after", "a duration", "After this wait the priority changes ...", "never"),
    ("queue", "promoted_priority", "a whole number", "... to this one.", "0"),
    ("queue", "loop", "a section", "What those do who were not helped.", "nobody comes again"),
    ("queue", "callback", "a section", "An offer to be called back.", "none"),
    ("queue", "overflow", "a section", "Who waited too long moves to another queue.", "none"),
    ("queue", "transfer", "a section", "Some of those served go on to another queue.", "none"),
    ("arrivals", "per_hour", "a number or a list", "Customers an hour, by interval.", ""),
    ("arrivals", "per_interval", "a list", "The same, counted by interval.", ""),
    ("arrivals", "interval", "a duration", "Length of an interval in the list.", "30m"),
    (
        "arrivals",
        "from",
        "a time of day",
        "When the list begins; before it and after it nobody comes.",
        "the list covers whole days",
    ),
    (
        "arrivals",
        "day_cv",
        "a number",
        "How much whole days differ from the forecast: standard deviation over mean.",
        "0",
    ),
    (
        "law",
        "law",
        "exponential, fixed, lognormal, gamma, weibull, empirical or never",
        "Its shape.",
        "needed",
    ),
    ("law", "mean", "a duration", "The mean; not for fixed and empirical.", ""),
    ("law", "cv", "a number", "Standard deviation over mean: lognormal, gamma, weibull.", ""),
    ("law", "median", "a duration", "Lognormal, instead of mean; with sigma.", ""),
    ("law", "sigma", "a number", "Lognormal: standard deviation of the logarithm.", ""),
    ("law", "scale", "a duration", "Weibull, instead of mean; with shape.", ""),
    ("law", "shape", "a number", "Weibull.", ""),
    ("law", "value", "a duration", "Fixed.", ""),
    ("law", "values", "durations", "Empirical: times that were measured.", ""),
    ("law", "at", "durations", "Empirical, instead of values: points of its curve ...", ""),
    ("law", "share", "shares", "... and the share that lasts no longer than each.", ""),
    (
        "loop",
        "resolves",
        "a share, or handle times with their shares",
        "Share of those served whose matter is settled, by how long it took.",
        "needed",
    ),
    ("loop", "comes_back", "a share", "Of the others, those who ask again.", "all"),
    ("loop", "recontact_after", "a law", "When: from the end of the contact on.", "1 day, fixed"),
    ("loop", "redials", "a share", "Of those who give up, those who try again.", "none"),
    ("loop", "redial_after", "a law", "When: from giving up on.", "5m, fixed"),
    ("loop", "redial_patience", "a law", "Patience of those who try again.", "that of the queue"),
    ("loop", "most_attempts", "a whole number", "Nobody asks more often.", "10"),
    ("callback", "offer_over", "a duration", "Offered when a longer wait is expected.", "needed"),
    ("callback", "accepts", "a share", "Who accept.", "needed"),
    ("callback", "window", "a duration", "Promised within this time.", "1h"),
    ("callback", "answers", "a share", "Who answer when they are called.", "all"),
    ("callback", "ring", "a duration", "How long an agent tries in vain.", "30s"),
    ("callback", "tries", "a whole number", "Calls in all.", "1"),
    ("callback", "retry_after", "a duration", "From a call in vain to the next.", "15m"),
    ("overflow", "to", "a queue", "Where they go.", "needed"),
    ("overflow", "after", "a duration", "After how long a wait.", "needed"),
    ("transfer", "to", "a queue", "Where they go.", "needed"),
    ("transfer", "share", "a share", "How many of those served.", "needed"),
    ("pool", "serves", "a queue, or a list", "What they serve, first things first.", "needed"),
    ("pool", "agents", "a whole number or a list", "How many, always or by interval.", ""),
    ("pool", "interval", "a duration", "Length of an interval in the list.", "30m"),
    (
        "pool",
        "from",
        "a time of day",
        "When the list begins; before it and after it nobody is there.",
        "the list covers whole days",
    ),
    ("pool", "shifts", "a list of sections", "Instead of agents: who comes and goes when.", ""),
    ("pool", "chats", "a whole number", "Chats that one agent has at most at once.", "1"),
    ("pool", "speed", "numbers", "Speed of each chat with 1, 2, ... at once.", "1"),
    ("serves", "queue", "a queue", "What the pool serves.", "needed"),
    ("serves", "rank", "a whole number", "1 for what it is there for, 2 for helping out.", "1"),
    ("serves", "after", "a duration", "Only those who have waited so long.", "0s"),
    ("shift", "agents", "a whole number", "How many come and go together.", "needed"),
    ("shift", "from", "a time of day", "When they begin.", "needed"),
    ("shift", "to", "a time of day", "When they end; before from, it is the next day.", "needed"),
    ("shift", "breaks", "texts such as 12:00-12:30", "When they are away.", "none"),
    ("shift", "days", "mon, tue, wed, thu, fri, sat, sun", "On which days.", "every day"),
)

KEYS: Final = Key.rows(*_ROWS)
"""Every key that a model may say."""


def read_model(marked: Marked) -> Model:
    """Read a model from a marked YAML mapping.

    Parameters
    ----------
    marked : Marked
        From :func:`andon.marked.read_marked`, with ``error=QueueingError``.

    Raises
    ------
    QueueingError
        Naming file, line, key, value and remedy.
    """
    keys = _keys(marked, "model")
    queues, pools = (_named(marked, keys, name) for name in ("queues", "pools"))
    names = tuple(queues)
    read_queues = tuple(_queue(name, queues[name], names) for name in names)
    read_pools = tuple(_pool(name, pools[name], names) for name in pools)
    served = {route.queue for pool in read_pools for route in pool.routes}
    for name in names:
        if name not in served:
            raise queues[name].wrong(
                f"Nobody serves queue '{name}'.", todo="Name it in the 'serves' of a pool."
            )
    days = _number(keys, "days", 1.0)
    if days > MOST_DAYS:
        raise keys["days"].wrong(
            f"'days' must be {MOST_DAYS:,.0f} at most.", todo="Simulate fewer days, several times."
        )
    with keys["queues"].placed():
        return Model(
            queues=read_queues,
            pools=read_pools,
            days=days,
            interval_s=_duration(keys, "interval", 1800.0),
        )


# Sections ----------------------------------------------------------------------------------------


def _queue(name: str, marked: Marked, names: Sequence[str]) -> Queue:
    keys = _keys(marked, "queue")
    channel = "voice"
    if "channel" in keys:
        channel = keys["channel"].choice(("voice", "chat", "messaging", "email", "case"))
    with marked.placed():
        return Queue(
            name=name,
            handle=_law(needed(marked, keys, "handle")),
            arrivals=_arrivals(keys["arrivals"]) if "arrivals" in keys else None,
            patience=_law(keys["patience"]) if "patience" in keys else Never(),
            channel=cast("Channel", channel),
            priority=_whole(keys, "priority", 0),
            promote_after_s=_duration(keys, "promote_after", None),
            promoted_priority=_whole(keys, "promoted_priority", 0),
            loop=_loop(keys["loop"]) if "loop" in keys else None,
            callback=_callback(keys["callback"]) if "callback" in keys else None,
            overflow=_overflow(keys["overflow"], names) if "overflow" in keys else None,
            transfer=_transfer(keys["transfer"], names) if "transfer" in keys else None,
            answer_within_s=_duration(keys, "answer_within", 20.0),
            deadline_s=_duration(keys, "deadline", None),
        )


def _arrivals(marked: Marked) -> Arrivals:
    keys = _keys(marked, "arrivals")
    if ("per_hour" in keys) == ("per_interval" in keys):
        raise marked.wrong(
            "Arrivals are counted per hour or per interval.",
            todo="Give per_hour, or per_interval; one of the two.",
        )
    interval_s = _duration(keys, "interval", 1800.0)
    rates = keys.get("per_hour") or keys["per_interval"]
    per_h = [each.number() for each in rates.items()]
    if "per_interval" in keys and interval_s > 0:
        per_h = [each * HOUR_S / interval_s for each in per_h]
    if len(per_h) > 1 or "from" in keys or "per_interval" in keys:
        per_h = _through_the_day(per_h, rates, keys.get("from"), interval_s)
    with rates.placed():
        return Arrivals(
            per_h=tuple(per_h), interval_s=interval_s, day_cv=_number(keys, "day_cv", 0.0)
        )


def _loop(marked: Marked) -> Loop:
    keys = _keys(marked, "loop")
    resolves = needed(marked, keys, "resolves")
    with resolves.placed():
        curve = _curve(resolves)
    given: dict[str, Any] = {}
    for name in ("recontact_after", "redial_after", "redial_patience"):
        if name in keys:
            given[name] = _law(keys[name])
    with marked.placed():
        return Loop(
            resolves=curve,
            comes_back=_share(keys, "comes_back", 1.0),
            redials=_share(keys, "redials", 0.0),
            most_attempts=_whole(keys, "most_attempts", 10),
            **given,
        )


def _curve(marked: Marked) -> Curve:
    if not isinstance(marked.value, dict):
        return Curve.flat(marked.share())
    points = sorted((each.seconds(name), each.share()) for name, each in marked.value.items())
    return Curve(handle_s=tuple(at for at, _ in points), share=tuple(share for _, share in points))


def _callback(marked: Marked) -> Callback:
    keys = _keys(marked, "callback")
    for name in ("offer_over", "accepts"):
        needed(marked, keys, name)
    with marked.placed():
        return Callback(
            offer_over_s=_duration(keys, "offer_over", 0.0),
            accepts=_share(keys, "accepts", 0.0),
            window_s=_duration(keys, "window", 3600.0),
            answers=_share(keys, "answers", 1.0),
            ring_s=_duration(keys, "ring", 30.0),
            tries=_whole(keys, "tries", 1),
            retry_after_s=_duration(keys, "retry_after", 900.0),
        )


def _overflow(marked: Marked, names: Sequence[str]) -> Overflow:
    keys = _keys(marked, "overflow")
    needed(marked, keys, "after")
    with marked.placed():
        return Overflow(
            to=one_of(needed(marked, keys, "to"), names), after_s=_duration(keys, "after", 0.0)
        )


def _transfer(marked: Marked, names: Sequence[str]) -> Transfer:
    keys = _keys(marked, "transfer")
    needed(marked, keys, "share")
    with marked.placed():
        return Transfer(
            to=one_of(needed(marked, keys, "to"), names), share=_share(keys, "share", 0.0)
        )


def _pool(name: str, marked: Marked, names: Sequence[str]) -> Pool:
    keys = _keys(marked, "pool")
    routes = tuple(_route(each, names) for each in needed(marked, keys, "serves").items())
    if ("agents" in keys) == ("shifts" in keys):
        raise marked.wrong(
            f"Pool '{name}' needs its agents, or its shifts; one of the two.",
            todo="agents: 14, or a list by interval, or shifts with their times.",
        )
    speed = tuple(each.number() for each in keys["speed"].items()) if "speed" in keys else (1.0,)
    with marked.placed():
        return Pool(
            name=name,
            schedule=_of_shifts(keys["shifts"]) if "shifts" in keys else _of_agents(keys),
            routes=routes,
            chats=_whole(keys, "chats", 1),
            speed=speed,
        )


def _route(marked: Marked, names: Sequence[str]) -> Route:
    if not isinstance(marked.value, dict):
        return Route(queue=one_of(marked, names))
    keys = _keys(marked, "serves")
    with marked.placed():
        return Route(
            queue=one_of(needed(marked, keys, "queue"), names),
            rank=_whole(keys, "rank", 1),
            after_s=_duration(keys, "after", 0.0),
        )


def _of_agents(keys: dict[str, Marked]) -> Schedule:
    agents = keys["agents"]
    with agents.placed():
        if not isinstance(agents.value, list) and "from" not in keys:
            return Schedule.level(agents.whole())
        interval_s = _duration(keys, "interval", 1800.0)
        counts = [float(each.whole()) for each in agents.items()]
        if counts:
            counts = _through_the_day(counts, agents, keys.get("from"), interval_s)
        return Schedule.by_interval([int(each) for each in counts], interval_s=interval_s)


def _of_shifts(marked: Marked) -> Schedule:
    weekly = False
    read: list[tuple[Shift, tuple[int, ...]]] = []
    for each in marked.items():
        keys = _keys(each, "shift")
        from_s = needed(each, keys, "from").clock()
        to_s = _later(needed(each, keys, "to").clock(), from_s, least=from_s)
        breaks = []
        for pause in keys["breaks"].items() if "breaks" in keys else ():
            away, back = _as_span(pause)
            away = _later(away, from_s, least=from_s - 1)
            breaks.append((away, _later(back, away, least=away)))
        days: tuple[int, ...] = ()
        if "days" in keys:
            weekly = True
            days = weekdays(keys["days"])
        with each.placed():
            agents = needed(each, keys, "agents").whole()
            shift = Shift(agents=agents, from_s=from_s, to_s=to_s, breaks=tuple(breaks))
        read.append((shift, days))
    with marked.placed():
        if not weekly:
            return Schedule.of_shifts([shift for shift, _ in read])
        return Schedule.of_shifts(
            [_on_day(shift, day) for shift, days in read for day in (days or range(len(WEEKDAYS)))],
            cycle_s=len(WEEKDAYS) * DAY_S,
        )


def _on_day(shift: Shift, day: int) -> Shift:
    begin = day * DAY_S
    return Shift(
        agents=shift.agents,
        from_s=shift.from_s + begin,
        to_s=shift.to_s + begin,
        breaks=tuple((away + begin, back + begin) for away, back in shift.breaks),
    )


# Laws --------------------------------------------------------------------------------------------


def _law(marked: Marked) -> Law:
    """A law, a mean alone for the exponential one, or ``never``."""
    if not isinstance(marked.value, dict):
        if marked.text().strip().lower() == "never":
            return Never()
        with marked.placed():
            return Exponential(mean_s=marked.seconds())
    keys = _keys(marked, "law")
    kind = one_of(needed(marked, keys, "law"), tuple(_LAWS))
    choices = _LAWS[kind]
    given = set(keys) - {"law"}
    for names, make in choices:
        if given == set(names):
            with marked.placed():
                return make(keys)
    expected = "; or ".join(" and ".join(names) or "nothing more" for names, _ in choices)
    raise marked.wrong(f"The law {kind} needs {expected}.", todo=f"Give {expected}.")


def _seconds_of(keys: dict[str, Marked], name: str) -> float:
    return keys[name].seconds()


_Made = tuple[tuple[str, ...], Callable[[dict[str, Marked]], Law]]

_LAWS: Final[dict[str, tuple[_Made, ...]]] = {
    "exponential": ((("mean",), lambda k: Exponential(mean_s=_seconds_of(k, "mean"))),),
    "fixed": ((("value",), lambda k: Fixed(value_s=_seconds_of(k, "value"))),),
    "never": (((), lambda _: Never()),),
    "lognormal": (
        (
            ("mean", "cv"),
            lambda k: Lognormal.from_mean(mean_s=_seconds_of(k, "mean"), cv=k["cv"].number()),
        ),
        (
            ("median", "sigma"),
            lambda k: Lognormal(median_s=_seconds_of(k, "median"), sigma=k["sigma"].number()),
        ),
    ),
    "gamma": (
        (
            ("mean", "cv"),
            lambda k: Gamma(mean_s=_seconds_of(k, "mean"), cv=k["cv"].number()),
        ),
    ),
    "weibull": (
        (
            ("mean", "cv"),
            lambda k: Weibull.from_mean(mean_s=_seconds_of(k, "mean"), cv=k["cv"].number()),
        ),
        (
            ("scale", "shape"),
            lambda k: Weibull(scale_s=_seconds_of(k, "scale"), shape=k["shape"].number()),
        ),
    ),
    "empirical": (
        (
            ("values",),
            lambda k: Empirical.of_values([each.seconds() for each in k["values"].items()]),
        ),
        (
            ("at", "share"),
            lambda k: Empirical(
                at_s=[each.seconds() for each in k["at"].items()],
                share=[each.share() for each in k["share"].items()],
            ),
        ),
    ),
}
"""For each law, the keys it may be made of."""


# Values ------------------------------------------------------------------------------------------


def _through_the_day(
    values: list[float], marked: Marked, begins: Marked | None, interval_s: float
) -> list[float]:
    """Values by interval, from the time of day at which they begin, for whole days."""
    if not (math.isfinite(interval_s) and interval_s > 0):
        raise marked.wrong("An interval must be longer than nothing.", todo="Write 30m, or 1h.")
    a_day = DAY_S / interval_s
    if begins is None:
        if not math.isclose(len(values) / a_day, round(len(values) / a_day)) and len(values) > 1:
            raise marked.wrong(
                f"{len(values)} intervals of {interval_s:g} s are no whole days.",
                todo="Say with 'from' when they begin, such as from: 08:00, or give whole days.",
            )
        return values
    before = begins.clock() / interval_s
    if not (math.isclose(a_day, round(a_day)) and math.isclose(before, round(before))):
        raise begins.wrong(
            "The list does not begin between two intervals of the day.",
            todo=f"Begin at a multiple of the interval, {interval_s:g} s, and let it divide a day.",
        )
    after = round(a_day) - round(before) - len(values)
    if after < 0:
        raise marked.wrong(
            f"{len(values)} intervals of {interval_s:g} s run past midnight.",
            todo="Give fewer, or leave 'from' out and give a whole day.",
        )
    return [0.0] * round(before) + values + [0.0] * after


def _later(at_s: float, begin_s: float, *, least: float) -> float:
    """A time of day on the day of ``begin_s``, or the next where it would be too early."""
    while at_s <= least and at_s < begin_s + DAY_S:
        at_s += DAY_S
    return at_s


def _as_span(marked: Marked) -> tuple[float, float]:
    first, dash, last = marked.text().partition("-")
    if not dash:
        raise marked.wrong(
            f"'{marked.text()}' is not a break.", todo="Write it as 12:00-12:30, from when to when."
        )
    return marked.clock(first), marked.clock(last)


def _duration(keys: dict[str, Marked], name: str, default: Any) -> Any:
    return keys[name].seconds() if name in keys else default


def _share(keys: dict[str, Marked], name: str, default: float) -> float:
    if name not in keys:
        return default
    value = keys[name].share()
    if not 0 <= value <= 1:
        raise keys[name].wrong(
            f"'{keys[name].key}' must lie between 0 and 1.",
            todo="It is a share: write 80 in 100 as 80% or 0.8.",
        )
    return value


def _number(keys: dict[str, Marked], name: str, default: float) -> float:
    return keys[name].number() if name in keys else default


def _whole(keys: dict[str, Marked], name: str, default: int) -> int:
    return keys[name].whole() if name in keys else default


# Keys and places ---------------------------------------------------------------------------------


def _keys(marked: Marked, section: Section) -> dict[str, Marked]:
    return known_keys(marked, KEYS, section)


def _named(marked: Marked, keys: dict[str, Marked], name: str) -> dict[str, Marked]:
    found = needed(marked, keys, name).section(())
    if not found:
        raise keys[name].wrong(f"'{name}' is empty.", todo="Name at least one.")
    return found
