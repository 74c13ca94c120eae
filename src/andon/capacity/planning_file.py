"""What a planner decides, as the file ``plan.yaml`` says it.

Every key is a row of :data:`KEYS`; the page ``docs/reference/plan-yaml.md`` is written from them.
Without the file a plan is made all the same, from the ledger and what is usual. An error names the
file, the line, the key, what was found and what to do.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from andon.capacity.calendar import Calendar, Event, own_events
from andon.capacity.contracts import Contract
from andon.capacity.planning import (
    GivenShrinkage,
    Holidays,
    Planning,
    QueueRules,
    Serves,
    TeamRules,
)
from andon.capacity.promise import Promise
from andon.capacity.shifts import Break, Template
from andon.keys import WEEKDAYS, Key, known_keys, needed, one_of, weekdays
from andon.marked import Marked
from andon.queueing.simulator.model import Callback
from andon.units import HOUR_S

__all__ = ["FILE", "KEYS", "Section", "read_planning"]

FILE: Final = "plan.yaml"
"""Where an operation's folder keeps it."""

Section = Literal[
    "plan",
    "promise",
    "calendar",
    "day",
    "shrinkage",
    "queue",
    "callback",
    "team",
    "serves",
    "shift",
    "break",
    "contract",
]

_CHANNELS: Final = ("voice", "chat", "messaging", "email", "case")
_MOST_DAYS: Final = 366

# --- the keys of the file ------------------------------------------------------------------------

_ROWS: Final[tuple[tuple[Section, str, str, str, str], ...]] = (
    (
        "plan",
        "promise",
        "a section",
        "What customers, and those who serve them, are to find on most days.",
        "80% answered in the operation's standard time, on 90% of days",
    ),
    ("plan", "calendar", "a section", "Days that are not like others.", "no day is special"),
    (
        "plan",
        "shrinkage",
        "a share, or a section",
        "Paid time away from contacts.",
        "from the ledger's staffing; without that, agents on duty are planned and not people",
    ),
    ("plan", "queues", "for each queue a section", "What differs by queue.", "all alike"),
    (
        "plan",
        "teams",
        "for each team a section",
        "People who can do the same.",
        "told from who served whom",
    ),
    ("plan", "shifts", "for each shift a section", "The shifts there are.", "no shifts are made"),
    ("plan", "contracts", "for each contract a section", "The rules for people.", "none"),
    (
        "plan",
        "under_cover",
        "true or false",
        "Whether shifts may leave an interval short where that is much cheaper; it is shown.",
        "true",
    ),
    ("promise", "within", "a duration", "The time of service_level.", "`standards` of andon.yaml"),
    ("promise", "service_level", "a share", "Answered within that time.", "80%, if nothing else"),
    ("promise", "abandoned", "a share", "At most this share gives up.", "not promised"),
    ("promise", "mean_wait", "a duration", "The mean wait, at most.", "not promised"),
    (
        "promise",
        "occupancy",
        "a share",
        "For people's sake: at most this share of their time on duty with contacts.",
        "not promised",
    ),
    ("promise", "days", "a share", "On this share of days all of it holds.", "90%"),
    ("calendar", "country", "two letters, as `IL`", "Whose public holidays.", "none"),
    ("calendar", "subdivision", "letters, as `BY`", "The state or province.", "the country's"),
    (
        "calendar",
        "categories",
        "one or a list, as `[public, optional]`",
        "Which kinds of holiday count; those that are not public count as half ones.",
        "public",
    ),
    (
        "calendar",
        "file",
        "a CSV or .ics file, from this file's folder",
        "More days: date, name, until, factor, kind.",
        "none",
    ),
    ("calendar", "days", "a list of sections", "The operation's own days.", "none"),
    ("day", "name", "a text", "Days of one name are taken to be alike.", "needed"),
    (
        "day",
        "on",
        "a day, `2026-12-24 to 2026-12-31`, or a list",
        "When; name past days too, and the plan learns from them.",
        "needed",
    ),
    (
        "day",
        "volume",
        "`+40%`, `-10%` or `x1.4`",
        "What it does to the number of contacts.",
        "learnt from past days of that name",
    ),
    ("day", "kind", "own, closed, holiday or half", "What kind of day it is.", "own"),
    ("shrinkage", "share", "a share", "Of paid time, on a mean day.", "needed"),
    (
        "shrinkage",
        "spread",
        "a share, or `4 points`",
        "How much days differ: the standard deviation.",
        "0",
    ),
    ("queue", "promise", "a section", "What is promised here.", "the plan's promise"),
    ("queue", "channel", f"one of {', '.join(_CHANNELS)}", "How customers come.", "the ledger's"),
    ("queue", "planned", "true or false", "Whether it is planned.", "true"),
    ("queue", "callback", "a section", "An offer to be called back.", "none"),
    (
        "queue",
        "deadline",
        "a duration",
        "The oldest item waits at most so long: such work fills the quiet hours.",
        "a day for email, three for cases",
    ),
    ("queue", "handle", "a duration", "Handle time, where the data have none.", "the ledger's"),
    ("queue", "patience", "a duration", "Mean patience, where the data have none.", "the ledger's"),
    (
        "queue",
        "redials",
        "a share",
        "Of those who give up, how many call again.",
        "the ledger's, else half",
    ),
    ("callback", "offer_over", "a duration", "Offered when the wait will be longer.", "2m"),
    ("callback", "accepts", "a share", "Who accept.", "needed"),
    ("callback", "window", "a duration", "Called back within this time.", "1h"),
    ("callback", "answers", "a share", "Who answer when they are called.", "100%"),
    ("team", "serves", "queues, or sections with queue and rank", "What they can do.", "needed"),
    ("team", "chats", "a whole number", "Chats at once at most.", "1"),
    ("team", "speed", "a list of numbers", "Of each chat with 1, 2, ... at once.", "all 1"),
    ("team", "contracts", "names", "Who may be in it.", "everybody"),
    ("team", "cost_per_hour", "a number", "Of an agent's hour.", "`costs` of andon.yaml"),
    ("serves", "queue", "a queue", "Which.", "needed"),
    ("serves", "rank", "a whole number", "1 for what they are there for, 2 where they help.", "1"),
    ("shift", "length", "a duration", "From beginning to end, breaks included.", "needed"),
    ("shift", "start", "`07:00`, or `07:00 to 09:00`", "When it may begin.", "needed"),
    ("shift", "every", "a duration", "It may begin so often within that.", "30m"),
    ("shift", "breaks", "a section or a list", "Breaks in order.", "none"),
    ("shift", "days", ", ".join(WEEKDAYS), "On which days.", "every day"),
    ("shift", "contracts", "names", "Who may work it.", "everybody"),
    ("shift", "cost", "a number", "An hour costs so many times an ordinary one.", "1"),
    ("shift", "cost_on", "days with numbers, as `{sun: 1.5}`", "The same by weekday.", "1"),
    ("break", "length", "a duration", "How long.", "needed"),
    ("break", "between", "`3h to 5h`", "It begins so long after the shift's beginning.", "needed"),
    ("break", "paid", "true or false", "Whether it is paid.", "false"),
    ("contract", "people", "`12`, or `8 to 14`", "How many there are.", "as many as it takes"),
    ("contract", "hours_a_week", "`40`, or `20 to 30`", "Paid hours a week.", "at most 48"),
    ("contract", "shifts_a_week", "`5`, or `3 to 5`", "Shifts a week.", "at most 5"),
    ("contract", "days_in_a_row", "a whole number", "At most.", "6"),
    ("contract", "rest", "a duration", "Between two shifts at least.", "11h"),
    ("contract", "weekends_off", "`1 of 2`", "Weekends free of shifts.", "none"),
    ("contract", "days", ", ".join(WEEKDAYS), "Days on which they may work.", "every day"),
    ("contract", "cost_per_hour", "a number", "Of a paid hour.", "`costs` of andon.yaml, else 1"),
)

KEYS: Final = Key.rows(*_ROWS)
"""Every key that ``plan.yaml`` may say."""


# --- reading -------------------------------------------------------------------------------------


def read_planning(marked: Marked, *, promise: Promise, cost_per_h: float | None = None) -> Planning:
    """Read a planner's decisions from a marked YAML mapping.

    Parameters
    ----------
    marked : Marked
        From :func:`andon.marked.read_marked`, with ``error=PlanError``.
    promise : Promise
        What holds where the file promises nothing.
    cost_per_h : float, optional
        Of a paid hour, where a contract does not say.

    Raises
    ------
    PlanError
        Naming file, line, key, value and remedy.
    """
    keys = _keys(marked, "plan")
    own = _promise(keys["promise"], promise) if "promise" in keys else promise
    holidays, calendar = None, Calendar()
    if "calendar" in keys:
        holidays, calendar = _calendar(keys["calendar"])
    contracts = tuple(
        _contract(name, each, cost_per_h) for name, each in _section(keys, "contracts").items()
    )
    names = [each.name for each in contracts]
    templates = tuple(
        _template(name, each, names) for name, each in _section(keys, "shifts").items()
    )
    if templates and not contracts:
        contracts = (Contract(name="everybody", cost_per_h=cost_per_h or 1.0),)
    if contracts and not templates:
        raise keys["contracts"].wrong(
            "There are contracts, but no shifts that anybody could work.",
            todo="Add shifts:, with a length and a start for each.",
        )
    return Planning(
        promise=own,
        holidays=holidays,
        calendar=calendar,
        shrinkage=_shrinkage(keys["shrinkage"]) if "shrinkage" in keys else None,
        queues={name: _queue(each, own) for name, each in _section(keys, "queues").items()},
        teams=tuple(_team(name, each, names) for name, each in _section(keys, "teams").items()),
        templates=templates,
        contracts=contracts,
        under_cover=keys["under_cover"].flag() if "under_cover" in keys else True,
    )


def _promise(marked: Marked, default: Promise) -> Promise:
    keys = _keys(marked, "promise")
    measures: dict[str, Callable[[Marked], float]] = {
        "service_level": _part,
        "abandoned": _part,
        "mean_wait": Marked.seconds,
        "occupancy": _part,
    }
    fields = {"mean_wait": "mean_wait_s"}
    given: dict[str, Any] = {
        fields.get(name, name): read(keys[name]) for name, read in measures.items() if name in keys
    }
    if given:
        nothing = {fields.get(name, name): None for name in measures}
        given = {**nothing, **given}
    if "days" in keys:
        given["days"] = _part(keys["days"])
    if "within" in keys:
        given["answer_within_s"] = keys["within"].seconds()
    with marked.placed():
        return replace(default, **given)


def _calendar(marked: Marked) -> tuple[Holidays | None, Calendar]:
    keys = _keys(marked, "calendar")
    holidays = None
    if "country" in keys:
        holidays = Holidays(
            country=keys["country"].text().strip(),
            subdivision=keys["subdivision"].text().strip() if "subdivision" in keys else None,
            categories=keys["categories"].texts() if "categories" in keys else ("public",),
        )
    elif "subdivision" in keys or "categories" in keys:
        raise marked.wrong(
            "Holidays are told by country, and there is none.",
            todo="Add country: with two letters.",
        )
    found = Calendar()
    if "file" in keys:
        with keys["file"].placed():
            found += own_events(Path(marked.file).parent / keys["file"].text())
    if "days" in keys:
        for each in keys["days"].items():
            found += _day(each)
    return holidays, found


def _day(marked: Marked) -> Calendar:
    keys = _keys(marked, "day")
    name = needed(marked, keys, "name").text().strip()
    kind = one_of(keys["kind"], ("own", "closed", "holiday", "half")) if "kind" in keys else "own"
    factor = _volume(keys["volume"]) if "volume" in keys else None
    with marked.placed():
        event = Event(name=name, kind=kind, factor=factor)  # type: ignore[arg-type]  # checked
    days = [day for each in needed(marked, keys, "on").items() for day in _days(each)]
    return Calendar(events=dict.fromkeys(sorted(set(days)), (event,)))


def _days(marked: Marked) -> Sequence[dt.date]:
    said = marked.text().strip()
    parts = re.split(r"\s+to\s+|\s*\.\.\s*", said)
    try:
        first, last = dt.date.fromisoformat(parts[0]), dt.date.fromisoformat(parts[-1])
    except ValueError:
        first, last = dt.date.max, dt.date.min
    if len(parts) > 2 or not 0 <= (last - first).days < _MOST_DAYS:
        raise marked.wrong(
            f"'{said}' is no day, and no days from one to another.",
            todo="Write 2026-12-24, or 2026-12-24 to 2026-12-31.",
        )
    return [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]


def _volume(marked: Marked) -> float:
    said = marked.text().replace(" ", "").lower()
    times = re.fullmatch(r"[x\u00d7](\d+(?:\.\d+)?)", said)
    change = re.fullmatch(r"([+-])(\d+(?:\.\d+)?)%", said)
    factor = 0.0
    if times:
        factor = float(times[1])
    elif change:
        factor = 1 + float(f"{change[1]}{change[2]}") / 100
    if factor <= 0:
        raise marked.wrong(
            f"'{marked.text()}' does not say what the day does to the number of contacts.",
            todo="Write +40%, -10% or x1.4; a day on which nobody works has kind: closed.",
        )
    return factor


def _shrinkage(marked: Marked) -> GivenShrinkage:
    if not isinstance(marked.value, dict):
        return GivenShrinkage(share=_part(marked))
    keys = _keys(marked, "shrinkage")
    spread = 0.0
    if "spread" in keys:
        said = keys["spread"].text().strip()
        points = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:points?|pts?)", said)
        spread = float(points[1]) / 100 if points else _part(keys["spread"])
    return GivenShrinkage(share=_part(needed(marked, keys, "share")), spread=spread)


def _queue(marked: Marked, promise: Promise) -> QueueRules:
    if marked.value is None:
        return QueueRules()
    keys = _keys(marked, "queue")
    return QueueRules(
        promise=_promise(keys["promise"], promise) if "promise" in keys else None,
        channel=one_of(keys["channel"], _CHANNELS) if "channel" in keys else None,  # type: ignore[arg-type]  # checked
        planned=keys["planned"].flag() if "planned" in keys else True,
        callback=_callback(keys["callback"]) if "callback" in keys else None,
        deadline_s=_some_time(keys, "deadline"),
        handle_s=_some_time(keys, "handle"),
        patience_s=_some_time(keys, "patience"),
        redials=_part(keys["redials"]) if "redials" in keys else None,
    )


def _callback(marked: Marked) -> Callback:
    keys = _keys(marked, "callback")
    with marked.placed():
        return Callback(
            offer_over_s=keys["offer_over"].seconds() if "offer_over" in keys else 120.0,
            accepts=_part(needed(marked, keys, "accepts")),
            window_s=keys["window"].seconds() if "window" in keys else float(HOUR_S),
            answers=keys["answers"].share() if "answers" in keys else 1.0,
        )


def _team(name: str, marked: Marked, contracts: Sequence[str]) -> TeamRules:
    keys = _keys(marked, "team")
    serves = tuple(_serves(each) for each in needed(marked, keys, "serves").items())
    names = [each.queue for each in serves]
    if len(set(names)) < len(names) or not names:
        raise keys["serves"].wrong(
            f"Team '{name}' must serve at least one queue, and each once.", todo="Name each once."
        )
    chats = keys["chats"].whole() if "chats" in keys else 1
    speed = tuple(each.number() for each in keys["speed"].items()) if "speed" in keys else ()
    falls = all(b <= a for a, b in itertools.pairwise(speed))
    if chats < 1 or (
        speed and (len(speed) != chats or speed[0] != 1 or not falls or speed[-1] <= 0)
    ):
        raise marked.wrong(
            f"Team '{name}' needs one speed for each number of chats, from 1 down.",
            todo="For three at once: chats: 3 and speed: [1, 0.8, 0.6].",
        )
    return TeamRules(
        name=name,
        serves=serves,
        chats=chats,
        speed=speed or (1.0,) * chats,
        contracts=_contracts(keys, contracts),
        cost_per_h=_above_zero(keys, "cost_per_hour"),
    )


def _serves(marked: Marked) -> Serves:
    if not isinstance(marked.value, dict):
        return Serves(queue=marked.text())
    keys = _keys(marked, "serves")
    rank = keys["rank"].whole() if "rank" in keys else 1
    if rank < 1:
        raise keys["rank"].wrong("A rank is 1 or more.", todo="1 is what they are there for.")
    return Serves(queue=needed(marked, keys, "queue").text(), rank=rank)


def _template(name: str, marked: Marked, contracts: Sequence[str]) -> Template:
    keys = _keys(marked, "shift")
    start = needed(marked, keys, "start")
    first, last = _two(start, Marked.clock)
    factors = [1.0] * len(WEEKDAYS)
    if "cost_on" in keys:
        for day, factor in keys["cost_on"].section(WEEKDAYS).items():
            factors[WEEKDAYS.index(day)] = factor.number()
    with marked.placed():
        return Template(
            name=name,
            length_s=needed(marked, keys, "length").seconds(),
            first_start_s=first,
            last_start_s=last,
            # One beginning alone fits intervals of any length.
            step_s=keys["every"].seconds()
            if "every" in keys
            else (HOUR_S if first == last else HOUR_S / 2),
            breaks=tuple(_break(each) for each in keys["breaks"].items())
            if "breaks" in keys
            else (),
            weekdays=weekdays(keys["days"]) if "days" in keys else tuple(range(len(WEEKDAYS))),
            contracts=_contracts(keys, contracts),
            cost_factor=_above_zero(keys, "cost") or 1.0,
            weekday_cost_factors=tuple(factors),
        )


def _break(marked: Marked) -> Break:
    keys = _keys(marked, "break")
    after, before = _two(needed(marked, keys, "between"), Marked.seconds)
    with marked.placed():
        return Break(
            length_s=needed(marked, keys, "length").seconds(),
            after_s=after,
            before_s=before,
            paid=keys["paid"].flag() if "paid" in keys else False,
        )


def _contract(name: str, marked: Marked, cost_per_h: float | None) -> Contract:
    keys = {} if marked.value is None else _keys(marked, "contract")
    given: dict[str, Any] = {}
    for key, least, most in (
        ("people", "least_people", "most_people"),
        ("hours_a_week", "least_hours", "most_hours"),
        ("shifts_a_week", "least_shifts", "most_shifts"),
    ):
        if key in keys:
            low, high = _two(keys[key], _count)
            whole = key != "hours_a_week"
            given |= {least: int(low) if whole else low, most: int(high) if whole else high}
    if "people" in keys and " to " not in keys["people"].text():
        given["least_people"] = 0
    if "days_in_a_row" in keys:
        given["days_in_a_row"] = keys["days_in_a_row"].whole()
    if "rest" in keys:
        given["rest_s"] = keys["rest"].seconds()
    if "weekends_off" in keys:
        found = re.fullmatch(r"(\d+)\s*of\s*(\d+)", keys["weekends_off"].text().strip())
        if not found:
            raise keys["weekends_off"].wrong(
                f"'{keys['weekends_off'].text()}' does not say which weekends are off.",
                todo="Write 1 of 2 for every second weekend.",
            )
        given |= {"weekends_off": int(found[1]), "of_weekends": int(found[2])}
    if "days" in keys:
        given["weekdays"] = weekdays(keys["days"])
    with marked.placed():
        return Contract(
            name=name, cost_per_h=_above_zero(keys, "cost_per_hour") or cost_per_h or 1.0, **given
        )


# --- values --------------------------------------------------------------------------------------


def _part(marked: Marked) -> float:
    """A share above 0 and below 1; a bare 80 is met with what was probably meant."""
    value = marked.share()
    if not 0 < value < 1:
        meant = f"{marked.text().strip().removesuffix('%').strip()}%" if 1 < value < 100 else "80%"
        raise marked.wrong(
            f"'{marked.text()}' is no share between nothing and all.",
            todo=f"Write {meant}, with its sign." if 1 < value < 100 else f"Write it as {meant}.",
        )
    return value


def _count(marked: Marked, said: str) -> float:
    try:
        return float(said)
    except ValueError:
        raise marked.wrong(f"'{said}' is no number.", todo="Write 12, or 8 to 14.") from None


def _two(marked: Marked, read: Callable[[Marked, str], float]) -> tuple[float, float]:
    """From one value to another, or one that is both."""
    parts = [each.strip() for each in re.split(r"\s+to\s+", marked.text().strip())]
    if len(parts) > 2:
        raise marked.wrong(
            f"'{marked.text()}' is neither one value nor two.", todo="Write one, or one to another."
        )
    first, last = read(marked, parts[0]), read(marked, parts[-1])
    if last < first:
        raise marked.wrong(
            f"'{marked.text()}' ends before it begins.", todo="Put the smaller one first."
        )
    return first, last


def _some_time(keys: Mapping[str, Marked], name: str) -> float | None:
    if name not in keys:
        return None
    value = keys[name].seconds()
    if value <= 0:
        raise keys[name].wrong(
            f"'{name}' must be longer than nothing.", todo="Write 4m30s or 1 day."
        )
    return value


def _above_zero(keys: Mapping[str, Marked], name: str) -> float | None:
    if name not in keys:
        return None
    value = keys[name].number()
    if value <= 0:
        raise keys[name].wrong(
            f"'{keys[name].key}' must be above 0.", todo="Leave it out, or correct it."
        )
    return value


def _contracts(keys: Mapping[str, Marked], known: Sequence[str]) -> tuple[str, ...] | None:
    if "contracts" not in keys:
        return None
    return tuple(one_of(each, known) for each in keys["contracts"].items())


def _section(keys: Mapping[str, Marked], name: str) -> dict[str, Marked]:
    if name not in keys or keys[name].value is None:
        return {}
    return keys[name].section(())


def _keys(marked: Marked, section: Section) -> dict[str, Marked]:
    if not isinstance(marked.value, dict):
        raise marked.error(
            f"Here keys with values are needed: {'plan.yaml' if section == 'plan' else section}.",
            found=f"{marked.file}, line {marked.line}, key '{marked.key}'",
            todo="Write one `key: value` on each line.",
        )
    return known_keys(marked, KEYS, section)
