"""A goal: a target on a measure, and the questions that must be answered before it is set.

Every key of a goal's file is a row of :data:`KEYS`; the page ``docs/reference/goal-yaml.md`` is
written from them. An error names the file, the line, the key, what was found and what to do.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import yaml

from andon.errors import GoalError
from andon.goodhart.measures import MEASURES, Measure, measure_named
from andon.keys import Key, known_keys, meant, one_of
from andon.marked import Marked
from andon.units import HOUR_S, Unit, seconds_said, share_said, spoken

__all__ = [
    "KEYS",
    "REWARDED",
    "Change",
    "Goal",
    "Rewarded",
    "Twin",
    "day_said",
    "goal_text",
    "read_answer",
    "read_goal",
]

Rewarded = Literal["nobody", "everyone", "leads", "teams", "advisors", "supplier", "owner"]
"""Whom the incentive is for."""

REWARDED: Final[Mapping[Rewarded, str]] = {
    "nobody": "nobody",
    "everyone": "everyone in the operation alike",
    "leads": "leads or managers",
    "teams": "teams",
    "advisors": "advisors one by one",
    "supplier": "a supplier or partner",
    "owner": "the owner of a bot or a system",
}
"""Who can be rewarded, and what that means."""

_SCOPE: Final = ("queue", "channel", "journey")
_LONGEST: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """By how much a measure is to move.

    Attributes
    ----------
    amount : float
        Above or below 0. Relative: a share of today's value, -0.25 for a quarter less. Otherwise in
        the measure's unit.
    relative : bool
    """

    amount: float
    relative: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Twin:
    """The measure that must not get worse while the target is met.

    Attributes
    ----------
    measure : Measure
    floor : float or None
        How bad it may get at most, in the measure's unit. For a measure that is better when it is
        lower, this is its highest value.
    """

    measure: Measure
    floor: float | None = None

    @property
    def says(self) -> str:
        """The twin and its floor, as a part of a sentence."""
        if self.floor is None:
            return self.measure.says
        side = "at most" if self.measure.better == "lower" else "at least"
        return f"{self.measure.says}, {side} {self.measure.shown(self.floor)}"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Goal:
    """A target on one measure, with what stands around it.

    Attributes
    ----------
    name : str
        What people call it.
    measure : Measure
    level : float or None
        What the measure is to reach, in its unit.
    change : Change or None
        By how much it is to move. One of the two is there.
    by : datetime.date
        The day on which it is to be met.
    rewarded : tuple of str
        Whom the incentive is for, from :data:`REWARDED`.
    behind : str
        The goal behind the goal.
    harmed : tuple of str
        Who could be harmed.
    twins : tuple of Twin
        Empty where nothing watches over the measure.
    reward : str
        What the reward is; empty where it is not said.
    now : float or None
        Where the measure stands, in its unit, as the file says.
    since : datetime.date or None
        The day from which the target holds; None while it is only thought of.
    scope : mapping of str to str
        The queue, channel or journey that it is about; empty for all.
    """

    name: str
    measure: Measure
    level: float | None
    change: Change | None
    by: dt.date
    rewarded: tuple[Rewarded, ...]
    behind: str
    harmed: tuple[str, ...]
    twins: tuple[Twin, ...] = ()
    reward: str = ""
    now: float | None = None
    since: dt.date | None = None
    scope: Mapping[str, str]

    @property
    def says(self) -> str:
        """The target in one sentence."""
        where = "".join(f", {name} {value}" for name, value in self.scope.items())
        subject = _begun(self.measure.says)
        return f"{subject}{where}: {self._aim()} by {day_said(self.by)}."

    def _aim(self) -> str:
        if self.change is None:
            return f"to reach {self.measure.shown(cast('float', self.level))}"
        way = "down" if self.change.amount < 0 else "up"
        return f"{way} {_size(self.change, self.measure.unit)}"

    def wanted(self, now: float | None) -> float | None:
        """By how much the measure is to move, in its unit; None where today's value is needed.

        Parameters
        ----------
        now : float or None
            Where the measure stands today.
        """
        if self.change is not None and not self.change.relative:
            return self.change.amount
        if now is None:
            return None
        if self.change is not None:
            return now * self.change.amount
        return cast("float", self.level) - now


def day_said(day: dt.date) -> str:
    """A day as people write it.

    >>> day_said(dt.date(2026, 6, 30))
    '30 June 2026'
    """
    return f"{day.day} {day:%B %Y}"


def _size(change: Change, unit: Unit) -> str:
    amount = abs(change.amount)
    if change.relative:
        return spoken(amount, "share")
    return spoken(amount * 100, "points") if unit == "share" else spoken(amount, unit)


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the keys of the file ------------------------------------------------------------------------

Section = Literal["goal", "twin", "scope"]


_ROWS: Final[tuple[tuple[Section, str, str, str, str], ...]] = (
    ("goal", "name", "a text", "What people call it.", "the file's name"),
    ("goal", "measure", "a measure from the list below", "What the target is on.", "needed"),
    (
        "goal",
        "level",
        "a value in the measure's unit: `4m30s`, `85%`, `4.5`",
        "What it is to reach.",
        "one of `level` and `change` is needed",
    ),
    (
        "goal",
        "change",
        "`-25%` of today's value, `+3 points`, `-30s`; always with its sign",
        "By how much it is to move.",
        "one of `level` and `change` is needed",
    ),
    ("goal", "by", "a day such as `2026-06-30`", "When it is to be met.", "needed"),
    (
        "goal",
        "since",
        "a day",
        "From when the target holds. `andon goal watch` compares before and after.",
        "it is only thought of",
    ),
    (
        "goal",
        "now",
        "a value in the measure's unit",
        "Where the measure stands. The ledger's own figure is used where it has one.",
        "nobody says",
    ),
    (
        "goal",
        "rewarded",
        f"one or a list of: {', '.join(REWARDED)}",
        "Whom the incentive is for.",
        "needed",
    ),
    ("goal", "reward", "a text", "What the reward is.", "nothing is said"),
    ("goal", "behind", "a text", "The goal behind the goal: what it is really for.", "needed"),
    ("goal", "harmed", "a text or a list", "Who could be harmed.", "needed"),
    (
        "goal",
        "twin",
        "a section, or a list of sections; or a measure alone",
        "The measure that must not get worse meanwhile.",
        "none: the verdict is stop",
    ),
    ("goal", "scope", "a section", "The part of the operation that it is about.", "all of it"),
    ("twin", "measure", "a measure from the list below", "Which one.", "needed"),
    (
        "twin",
        "floor",
        "a value in the twin's unit",
        "How bad it may get at most. Where lower is better, this is its highest value.",
        "none: nobody knows when it is too much",
    ),
    ("scope", "queue", "a text", "As the ledger has it.", "all"),
    ("scope", "channel", "a text", "As the ledger has it.", "all"),
    ("scope", "journey", "a text", "As the operation names it.", "all"),
)

KEYS: Final = Key.rows(*_ROWS)
"""Every key that a goal may say."""


# --- reading -------------------------------------------------------------------------------------


def read_goal(marked: Marked, *, name: str = "") -> Goal:
    """Read a goal from a marked YAML mapping.

    Parameters
    ----------
    marked : Marked
        From :func:`andon.marked.read_marked`, with ``error=GoalError``.
    name : str
        What to call it where the file does not say; the file's own name unless given.

    Raises
    ------
    GoalError
        Naming file, line, key, value and remedy.
    """
    if not isinstance(marked.value, dict):
        raise marked.error(
            "A goal is written as keys with values.",
            found=f"{marked.file}, line {marked.line}",
            todo="Begin with measure: and level: or change:, one on each line.",
        )
    keys = _keys(marked, "goal")
    values: dict[str, Any] = {}
    for key in ("measure", "by", "rewarded", "behind", "harmed"):
        _needed(marked, keys, key)
    for key, read in _READ.items():
        if key in keys:
            values[key] = read(keys[key], values)
    _one_aim(marked, keys)
    _leaves_something(keys, values)
    if "since" in values and values["since"] > values["by"]:
        raise keys["since"].wrong(
            "The target begins after the day on which it is to be met.",
            todo=f"Give a day up to {values['by']}, or a later 'by'.",
        )
    stem = re.split(r"[/\\]", marked.file)[-1].rpartition(".")[0] or marked.file
    return Goal(
        name=values.get("name") or name or stem,
        measure=values["measure"],
        level=values.get("level"),
        change=values.get("change"),
        by=values["by"],
        rewarded=values["rewarded"],
        behind=values["behind"],
        harmed=values["harmed"],
        twins=values.get("twin", ()),
        reward=values.get("reward", ""),
        now=values.get("now"),
        since=values.get("since"),
        scope=values.get("scope", {}),
    )


def read_answer(key: str, said: str, values: Mapping[str, Any]) -> object:
    """Read one answer to one question, as the file's key of that name.

    Parameters
    ----------
    key : str
        A key of the section ``goal``, or ``twin.measure`` or ``twin.floor``.
    said : str
        What was answered.
    values : mapping
        What earlier answers gave, by key: the measure gives a level its unit.

    Raises
    ------
    GoalError
        If the answer cannot be used.

    Examples
    --------
    >>> aht = read_answer("measure", "AHT", {})
    >>> read_answer("level", "4m30s", {"measure": aht})
    270.0
    """
    marked = Marked(said, "your answer", 1, key, GoalError, said)
    if not said.strip():
        raise marked.wrong("There is no answer.", todo="Write one, in a few words.")
    return _ANSWERS.get(key, _READ.get(key, _text))(marked, values)


def _one_aim(marked: Marked, keys: Mapping[str, Marked]) -> None:
    if "level" in keys and "change" in keys:
        raise keys["change"].wrong(
            "A goal has a level or a change, not both.",
            todo="Keep one of the two; set the other in a goal of its own.",
        )
    if "level" not in keys and "change" not in keys:
        raise marked.error(
            "The goal does not say how much.",
            found=f"{marked.file}: no key 'level' and no key 'change'",
            todo="Add level: 85%, or change: -25%.",
        )


def _leaves_something(keys: Mapping[str, Marked], values: Mapping[str, Any]) -> None:
    """A change from where the file says that the measure stands must not lead to nothing."""
    change, now, measure = values.get("change"), values.get("now"), values["measure"]
    if change is None or now is None or change.relative or measure.scale is not None:
        return
    if now + change.amount <= 0:
        raise keys["change"].wrong(
            f"From {measure.shown(now)}, that would leave nothing of {measure.says}.",
            todo="Give a smaller change.",
        )


_SEVERAL: Final = re.compile(r"\s*(?:,|;|&|\+|/|\band\b)\s*", re.IGNORECASE)


def _measure(marked: Marked, values: Mapping[str, Any]) -> Measure:
    del values
    if isinstance(marked.value, list):
        raise _two_targets(marked, [each.text() for each in marked.items()])
    said = _one_text(marked)
    try:
        return measure_named(said)
    except KeyError as problem:
        parts = [part for part in _SEVERAL.split(said) if part]
        if len(parts) > 1 and any(_is_measure(part) for part in parts):
            raise _two_targets(marked, parts) from None
        near = str(problem.args[0])
        listed = f"One of: {', '.join(MEASURES)}."
        raise marked.wrong(
            f"The measure '{said}' is not known.",
            todo=f"Did you mean '{near}'? {listed}" if near else listed,
        ) from None


def _is_measure(said: str) -> bool:
    try:
        measure_named(said)
    except KeyError:
        return False
    return True


def _two_targets(marked: Marked, names: Sequence[str]) -> Exception:
    return marked.error(
        "A goal is about one measure, and this one names several.",
        found=f"{marked.file}, line {marked.line}, key '{marked.key}': {', '.join(names)}",
        todo="Write a file for each target; the other measure may be its twin.",
    )


def _level(marked: Marked, values: Mapping[str, Any]) -> float:
    """A level; where no end of it is good, it cannot be nothing at all."""
    measure = cast("Measure", values["measure"])
    value = _value(marked, measure)
    if measure.better == "neither" and measure.scale is None and value <= 0:
        raise marked.wrong(
            f"{_begun(measure.says)} cannot be {measure.shown(value)}: that is nothing at all.",
            todo="Give a value above 0.",
        )
    return value


def _value(marked: Marked, measure: Measure) -> float:
    """A value of a measure, in its unit and inside its scale."""
    said = _one_text(marked).replace("\N{MINUS SIGN}", "-")
    try:
        value = _VALUES.get(measure.unit, _number)(said)
    except ValueError:
        raise marked.wrong(
            f"'{said}' is not a value of {measure.key}.", todo=_HOW.get(measure.unit, _NUMBER)
        ) from None
    low, high = measure.scale or (0.0, math.inf)
    if not low <= value <= high:
        inside = f"{measure.shown(low)} to {measure.shown(high)}"
        raise marked.wrong(
            f"'{said}' lies outside what {measure.key} can be.",
            todo=f"Give a value from {inside}." if math.isfinite(high) else "Give one above 0.",
        )
    return value


def _number(said: str) -> float:
    found = re.fullmatch(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*(?:(?:of 5\s*)?stars?|points?)?", said)
    if not found:
        raise ValueError(said)
    return float(found[1])


def _share(said: str) -> float:
    value = share_said(said)
    if value > 1 and not said.endswith("%"):
        raise ValueError(said)
    return value


_VALUES: Final[Mapping[Unit, Callable[[str], float]]] = {
    "s": seconds_said,
    "h": lambda said: seconds_said(said) / HOUR_S,
    "share": _share,
}
_NUMBER: Final = "Write it as a number, such as 4.5."
_HOW: Final[Mapping[Unit, str]] = {
    "s": "Write it as 180s, 4m30s, 1h or 2 days.",
    "h": "Write it as 30m, 1h or 2h 30m.",
    "share": "Write it as a share: 85% or 0.85 for 85 in 100.",
}


def _change(marked: Marked, values: Mapping[str, Any]) -> Change:
    measure: Measure = values["measure"]
    said = _one_text(marked).replace("\N{MINUS SIGN}", "-")
    found = re.fullmatch(r"([+-])\s*(.+)", said)
    if not found:
        raise marked.wrong(
            f"'{said}' does not say up or down.", todo="Write a change with its sign: -25% or +10%."
        )
    sign, size = (-1 if found[1] == "-" else 1), found[2].strip()
    try:
        relative = size.endswith("%")
        amount = share_said(size) if relative else _absolute(size, measure.unit)
    except ValueError:
        raise marked.wrong(
            f"'{said}' is not a change of {measure.key}.", todo=_CHANGES.get(measure.unit, _BY)
        ) from None
    if amount == 0:
        raise marked.wrong("A change of nothing is no target.", todo="Say by how much.")
    if relative and sign < 0 and amount >= 1:
        raise marked.wrong(
            f"A fall of {size} would leave nothing.", todo="Give less than 100 % down."
        )
    return Change(amount=sign * amount, relative=relative)


def _absolute(size: str, unit: Unit) -> float:
    if unit in {"s", "h"} and _is_number(size):  # -25 may be meant as seconds, or as per cent
        raise ValueError(size)
    if unit != "share":
        return _VALUES.get(unit, _number)(size)
    if not re.search(r"points?$", size):
        raise ValueError(size)
    return _number(size) / 100


def _is_number(size: str) -> bool:
    return re.fullmatch(r"[\d.]+", size) is not None


_BY: Final = "Write it as -25% or -0.5."
_CHANGES: Final[Mapping[Unit, str]] = {
    "s": "Write it as -25%, -30s or +1m.",
    "h": "Write it as -25% or -30m.",
    "share": "Write it as -25% of today's value, or as +3 points.",
}


def _aim(marked: Marked, values: Mapping[str, Any]) -> float | Change:
    """A level, or a change where there is a sign and the measure cannot be below 0."""
    measure: Measure = values["measure"]
    said = _one_text(marked)
    signed = said[0] in "+-\N{MINUS SIGN}"
    below_zero = measure.scale is not None and measure.scale[0] < 0
    if signed and not (below_zero and not said.endswith("%") and said[0] != "+"):
        return _change(marked, values)
    return _level(marked, values)


def _day(marked: Marked, values: Mapping[str, Any]) -> dt.date:
    del values
    said = _one_text(marked)
    try:
        return dt.date.fromisoformat(said)
    except ValueError:
        raise marked.wrong(f"'{said}' is not a day.", todo="Write it as 2026-06-30.") from None


def _rewarded(marked: Marked, values: Mapping[str, Any]) -> tuple[Rewarded, ...]:
    del values
    said = [each.text().strip().lower() for each in marked.items()]
    if len(said) == 1:  # people write lists with commas
        said = [part for part in _SEVERAL.split(said[0]) if part]
    for each in said:
        one_of(marked, tuple(REWARDED), each)
    if not said:
        raise marked.wrong("Nobody is named.", todo=meant("", tuple(REWARDED)))
    if "nobody" in said and len(said) > 1:
        raise marked.wrong(
            "Somebody is rewarded, or nobody is.", todo="Take 'nobody' out, or the others."
        )
    return cast("tuple[Rewarded, ...]", tuple(dict.fromkeys(said)))


def _text(marked: Marked, values: Mapping[str, Any]) -> str:
    del values
    return _one_text(marked)


def _texts(marked: Marked, values: Mapping[str, Any]) -> tuple[str, ...]:
    del values
    found = tuple(_one_text(each) for each in marked.items())
    if not found:
        raise marked.wrong(f"'{marked.key}' is empty.", todo="Name at least one.")
    return found


def _one_text(marked: Marked) -> str:
    said = " ".join(marked.text().split())
    if not said:
        raise marked.wrong(f"'{marked.key}' is empty.", todo="Say it in a few words.")
    if len(said) > _LONGEST:
        raise marked.error(
            f"'{marked.key}' is too long.",
            found=f"{marked.file}, line {marked.line}: {len(said):,} characters",
            todo="Say it in one or two sentences.",
        )
    return said


def _twins(marked: Marked, values: Mapping[str, Any]) -> tuple[Twin, ...]:
    found: list[Twin] = []
    for each in marked.items():
        twin = _twin(each, values)
        if any(twin.measure is other.measure for other in found):
            raise each.wrong(f"The twin '{twin.measure.key}' is there twice.", todo="Keep one.")
        found.append(twin)
    return tuple(found)


def _twin(marked: Marked, values: Mapping[str, Any]) -> Twin:
    if not isinstance(marked.value, dict):
        return Twin(measure=_twin_measure(marked, values))
    keys = _keys(marked, "twin")
    measure = _twin_measure(_needed(marked, keys, "measure"), values)
    floor = _value(keys["floor"], measure) if "floor" in keys else None
    return Twin(measure=measure, floor=floor)


def _twin_measure(marked: Marked, values: Mapping[str, Any]) -> Measure:
    measure = _measure(marked, values)
    if measure is values["measure"]:
        natural = ", ".join(measure.twins)
        raise marked.wrong(
            "A measure cannot watch over itself.", todo=f"Take a twin, such as: {natural}."
        )
    return measure


def _floor(marked: Marked, values: Mapping[str, Any]) -> float:
    return _value(marked, cast("Measure", values["twin.measure"]))


def _scope(marked: Marked, values: Mapping[str, Any]) -> dict[str, str]:
    del values
    return {name: _one_text(each) for name, each in _keys(marked, "scope").items()}


_Read = Callable[[Marked, Mapping[str, Any]], object]

_READ: Final[dict[str, _Read]] = {
    "name": _text,
    "measure": _measure,
    "level": _level,
    "change": _change,
    "by": _day,
    "since": _day,
    "now": _level,
    "rewarded": _rewarded,
    "reward": _text,
    "behind": _text,
    "harmed": _texts,
    "twin": _twins,
    "scope": _scope,
}
"""How each key is read, in this order: a level needs its measure."""

_ANSWERS: Final[dict[str, _Read]] = {
    "aim": _aim,
    "twin.measure": _twin_measure,
    "twin.floor": _floor,
}
"""Answers that are not read as a key of the file is."""


def _keys(marked: Marked, section: Section) -> dict[str, Marked]:
    """The keys of a section, every one of them known; several targets in one file are told."""
    if section == "goal":
        for name, each in marked.section(()).items():
            if name in {"measures", "targets", "goals"}:
                raise each.wrong(
                    "A goal is about one measure.",
                    todo="Write a file for each target; the other measure may be its twin.",
                )
    return known_keys(marked, KEYS, section)


def _needed(marked: Marked, keys: Mapping[str, Marked], name: str) -> Marked:
    if name not in keys:
        where = f" of '{marked.key}'" if marked.key else ""
        row = next(key for key in KEYS if key.name == name)
        raise marked.error(
            f"The key '{name}'{where} is missing. {row.says}",
            found=f"{marked.file}, line {marked.line}: no key '{name}'",
            todo=f"Add {name}: with {row.holds.replace('`', '')}.",
        )
    return keys[name]


# --- writing -------------------------------------------------------------------------------------


def goal_text(answers: Mapping[str, str | Sequence[str]]) -> str:
    """The file of a goal, from what was answered.

    Parameters
    ----------
    answers : mapping
        What was said, by key; ``twin.measure`` and ``twin.floor`` for the twin, ``level`` or
        ``change`` for the aim. Keys that are not there are left out.

    Examples
    --------
    >>> print(goal_text({"name": "Fewer returns", "measure": "recontact", "harmed": ["a", "b"]}))
    name: "Fewer returns"
    measure: "recontact"
    # since: 2026-01-01   # the day from which it holds; then andon goal watch can see it
    harmed:
      - "a"
      - "b"
    <BLANKLINE>
    """
    first = ("name", "measure", "level", "change", "now", "by")
    lines = [f"{key}: {_quoted(answers[key])}" for key in first if key in answers]
    if "since" in answers:
        lines.append(f"since: {_quoted(answers['since'])}")
    else:
        lines.append(
            "# since: 2026-01-01   # the day from which it holds; then andon goal watch can see it"
        )
    for key in ("rewarded", "reward", "behind", "harmed"):
        if key not in answers:
            continue
        said = answers[key]
        if isinstance(said, str):
            lines.append(f"{key}: {_quoted(said)}")
        else:
            lines += [f"{key}:", *(f"  - {_quoted(each)}" for each in said)]
    if "twin.measure" in answers:
        lines += ["twin:", f"  measure: {_quoted(answers['twin.measure'])}"]
        if "twin.floor" in answers:
            lines.append(f"  floor: {_quoted(answers['twin.floor'])}")
    return "\n".join(lines) + "\n"


def _quoted(said: object) -> str:
    return yaml.safe_dump(str(said), default_style='"', allow_unicode=True, width=math.inf).strip()
