"""A scenario in plain words: what a YAML file says becomes a :class:`Scenario`.

Every key is a row of :data:`KEYS`, with what reads it; the page ``docs/reference/scenario-yaml.md``
is written from them. An error names the file, the line, the key, the value and what to do.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from andon.errors import QueueingError
from andon.keys import Key, known_keys, meant, needed
from andon.marked import Marked, read_marked
from andon.proving.scenario import (
    LEVERS,
    Advisors,
    Customers,
    Decisions,
    Difficulty,
    Habit,
    Lever,
    Reason,
    Scenario,
    Seen,
    Surveys,
    Vulnerable,
    Work,
)
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.reading import read_model
from andon.units import DAY_S

__all__ = ["KEYS", "read_scenario", "sections_of"]


_SHARE, _TIME, _NUMBER, _WHOLE = "a share", "a duration", "a number", "a whole number"
_DAY, _TEXT, _FLAG, _QUEUE = "a date, or days from the start", "a text", "true or false", "a queue"

_ROWS: Final[tuple[tuple[str, str, str, str, str, str], ...]] = (
    ("scenario", "name", _TEXT, "What it is called.", "needed", ""),
    (
        "scenario",
        "base",
        "a file, or a section",
        "Who comes and who serves: a model as `andon simulate` takes it. Its `days` do not count.",
        "needed",
        "",
    ),
    ("scenario", "days", _NUMBER, "How long it lasts.", "30", "days"),
    ("scenario", "starts", "a date", "The first day.", "2024-01-01", "starts_on"),
    ("scenario", "zone", "a time zone", "On whose clocks.", "UTC", "zone"),
    ("scenario", "seed", _WHOLE, "The same seed gives the same bytes.", "1", "seed"),
    (
        "scenario",
        "resolves_per_minute",
        _SHARE,
        "How much more often a contact settles the matter if it lasts a minute longer.",
        "the base's own curve",
        "resolves_per_minute",
    ),
    ("scenario", "advisors", "a section", "The people who serve.", "as below", ""),
    ("scenario", "customers", "a section", "Those who ask.", "as below", ""),
    ("scenario", "difficulty", "a section", "What makes contacts long and hard.", "as below", ""),
    ("scenario", "reasons", "a name for each", "Why customers ask; known beforehand.", "three", ""),
    ("scenario", "work", "a section", "How handle time is made up.", "as below", ""),
    ("scenario", "seen", "a section", "What the records show.", "everything", ""),
    ("scenario", "surveys", "a section", "Who is asked how it went.", "as below", ""),
    ("scenario", "vulnerable", "a section", "Customers who need support.", "nobody", ""),
    (
        "scenario",
        "complaints",
        _SHARE,
        "Of those not settled, those who complain.",
        "2%",
        "complaints",
    ),
    ("scenario", "decisions", "a section", "A rule that proposes what to do.", "none", ""),
    ("scenario", "levers", "a name for each", "Who bends what, and what else changes.", "none", ""),
    ("advisors", "team", _WHOLE, "People in each pool.", "enough, and a quarter more", "team"),
    ("advisors", "pace", _NUMBER, "How they differ in pace: sd over mean.", "0.15", "pace_cv"),
    (
        "advisors",
        "skill",
        _SHARE,
        "How they differ in what they settle in the same time: sd.",
        "0",
        "skill_sd",
    ),
    (
        "advisors",
        "skill_with_pace",
        _NUMBER,
        "Correlation of skill with slowness, -1 to 1.",
        "0",
        "skill_with_pace",
    ),
    (
        "advisors",
        "steering",
        _SHARE,
        "Contacts whose difficulty decides who takes them: hard ones go to the slower.",
        "0",
        "steering",
    ),
    (
        "customers",
        "number",
        _WHOLE,
        "How many there are.",
        "each matter has its own customer",
        "number",
    ),
    ("customers", "habitual", _SHARE, "Those who call by habit.", "0", "habitual"),
    ("customers", "times", _NUMBER, "How many times as often they call.", "10", "times"),
    (
        "customers",
        "when_open",
        _FLAG,
        "Whether those who would return while it is closed come in the morning.",
        "true",
        "when_open",
    ),
    (
        "difficulty",
        "handle",
        _NUMBER,
        "What one sd of difficulty adds to the logarithm of handle time.",
        "0.3",
        "handle",
    ),
    (
        "difficulty",
        "resolution",
        _SHARE,
        "By how much it lowers the share settled.",
        "8%",
        "resolution",
    ),
    ("reasons", "share", _SHARE, "How many come for it.", "needed", "share"),
    ("reasons", "harder", _NUMBER, "How hard it is, in sd of difficulty.", "0", "harder"),
    ("reasons", "handle", _NUMBER, "How many times as long it takes, and needs to.", "1", "handle"),
    ("work", "hold", _SHARE, "Hold, of handle time.", "5%", "hold"),
    ("work", "wrapup", _SHARE, "Wrap-up, of handle time.", "15%", "wrapup"),
    ("seen", "ids_missing", _SHARE, "Contacts whose customer is not known.", "0", "ids_missing"),
    (
        "seen",
        "ids_by_congestion",
        _SHARE,
        "As many more where everybody in the half-hour had to wait.",
        "0",
        "ids_by_congestion",
    ),
    (
        "seen",
        "advisors_missing",
        _SHARE,
        "Served contacts whose advisor is not known.",
        "0",
        "advisors_missing",
    ),
    ("seen", "rounded_to", _TIME, "Durations are recorded in such steps.", "0s", "rounded_to_s"),
    ("surveys", "invited", _SHARE, "Of those served, whatever the likely score.", "30%", "invited"),
    ("surveys", "answered", _SHARE, "Of those invited.", "30%", "answered"),
    ("vulnerable", "share", _SHARE, "Of all customers.", "0", "share"),
    (
        "vulnerable",
        "resolves_less",
        _SHARE,
        "How much less often they are helped, all else alike.",
        "0",
        "resolves_less",
    ),
    ("vulnerable", "known", _SHARE, "Of them, those whose need is on record.", "60%", "known"),
    ("decisions", "share", _SHARE, "Of served contacts.", "0", "share"),
    ("decisions", "right", _SHARE, "Proposals that are right.", "90%", "right"),
    ("decisions", "overridden", _SHARE, "Wrong ones put right by a person.", "50%", "overridden"),
    ("lever", "kind", "one of the kinds below", "What it does.", "needed", ""),
    ("lever", "from", _DAY, "When it begins.", "the start", "from_day"),
    ("lever", "to", _DAY, "When it ends.", "never", "to_day"),
    ("lever", "announced", _FLAG, "Whether the ledger's changes tell of it.", "false", "announced"),
    ("habit", "by", _SHARE, "Of the advisors, those who do it; one at least.", "100%", "by"),
    ("habit", "share", _SHARE, "Of the contacts where they could, those where they do.", "100%",
     "share"),
    (
        "habit",
        "who",
        "whole numbers",
        "Instead of `by`: the numbers of those who do it, from 1.",
        "drawn by lot",
        "who",
    ),
    ("habit", "queue", _QUEUE, "In this queue only.", "in all", "queue"),
    ("short_contacts", "lasts", _TIME, "How long such a contact lasts.", "6s", "lasts_s"),
    ("short_contacts", "calls_back", _SHARE, "Who call again at once.", "50%", "calls_back"),
    ("short_contacts", "back_after", _TIME, "How soon, on average.", "3m", "back_after_s"),
    ("bunching", "at", _TIME, "The limit of handle time.", "needed", "at_s"),
    ("bunching", "reach", _TIME, "How far from it contacts are moved.", "1m", "reach_s"),
    ("bunching", "spread", _TIME, "How close to it they end.", "15s", "spread_s"),
    ("bunching", "side", "under or over", "On which side it is good to be.", "under", "side"),
    ("just_in_time", "at", _TIME, "The limit of waiting.", "20s", "at_s"),
    ("just_in_time", "reach", _TIME, "Who would wait so much longer at most.", "1m", "reach_s"),
    ("just_in_time", "spread", _TIME, "How close to it they are answered.", "3s", "spread_s"),
    ("late_cases", "within", _TIME, "The deadline, from when the case came.", "needed", "within_s"),
    ("late_cases", "spread", _TIME, "How close to it cases are closed and opened.", "30m",
     "spread_s"),
    ("parking", "extra", _TIME, "How much longer.", "90s", "extra_s"),
    ("parking", "state", "hold or wrapup", "In which state.", "wrapup", "state"),
    ("passing_on", "onto", _QUEUE, "Where they go.", "back to where they came from", "to"),
    ("passing_on", "after", _TIME, "After how long.", "45s", "after_s"),
    ("shedding", "harder_than", _NUMBER, "Matters harder than this, in sd.", "0.8", "harder_than"),
    ("shedding", "pause", _TIME, "How long the advisor is then away.", "15s", "pause_s"),
    ("risky_promises", "keeps", _SHARE, "Of handle time, what is left.", "60%", "keeps"),
    ("risky_promises", "complains", _SHARE, "Who complain.", "40%", "complains"),
    ("risky_promises", "back_after", _TIME, "When they come back, on average.", "5 days",
     "back_after_s"),
    ("closing_early", "keeps", _SHARE, "Of handle time, what is left.", "50%", "keeps"),
    ("closing_early", "reopened", _SHARE, "Of those not settled, those opened again.", "70%",
     "reopened"),
    ("closing_early", "reopened_after", _TIME, "How soon, on average.", "4h", "reopened_after_s"),
    ("splitting", "longer_than", _TIME, "Only contacts longer than this.", "2m", "longer_than_s"),
    ("chosen_surveys", "below", _NUMBER, "Likely scores that are not asked about.", "4", "below"),
    ("target", "handle", _SHARE, "What handle times are multiplied by.", "80%", "handle"),
    ("target", "ramp", _TIME, "How long until they are.", "0s", "ramp_days"),
    ("silent_target", "share", _SHARE, "Of those who would wait longer, those it is done to.",
     "100%", "share"),
    ("silent_target", "queue", _QUEUE, "In this queue only.", "in all", "queue"),
    ("silent_target", "over", _TIME, "Who would wait longer is turned away.", "1m", "over_s"),
    ("silent_target", "redials", _SHARE, "Of them, who try again.", "60%", "redials"),
    ("silent_target", "redial_after", _TIME, "How soon, on average.", "30m", "redial_after_s"),
    ("silent_target", "complains", _SHARE, "Of them, who complain.", "5%", "complains"),
    ("mix_shift", "reason", "a reason", "Which one.", "needed", "reason"),
    ("mix_shift", "times", _NUMBER, "How many times as often it comes.", "2", "times"),
    ("failure_demand", "more", _SHARE, "New matters for each that comes anyhow.", "20%", "more"),
    ("failure_demand", "reason", _TEXT, "What they ask about.", "where is my order", "reason"),
    ("failure_demand", "harder", _NUMBER, "How hard it is.", "0", "harder"),
    ("renaming", "by", _SHARE, "Of the advisors.", "50%", "by"),
)  # fmt: skip

KEYS: Final = Key.rows(*_ROWS)
"""Every key that a scenario may say.

Its section is ``scenario`` (the top), one of its sections, ``lever`` (any lever) or a lever's kind.
"""

_SECTIONS: Final[dict[str, type]] = {
    "advisors": Advisors,
    "customers": Customers,
    "difficulty": Difficulty,
    "work": Work,
    "seen": Seen,
    "surveys": Surveys,
    "vulnerable": Vulnerable,
    "decisions": Decisions,
}


def read_scenario(path: Path) -> Scenario:
    """Read a scenario from a YAML file.

    A ``base`` that is a file is looked for beside the scenario.

    Raises
    ------
    QueueingError
        Naming file, line, key, value and remedy.
    """
    marked = read_marked(path, error=QueueingError)
    _refuse_a_model(marked)
    keys = known_keys(marked, KEYS, "scenario")
    given = _fields(keys, ("scenario",), starts_on=None)
    for name, kind in _SECTIONS.items():
        if name in keys:
            with keys[name].placed():
                given[name] = kind(
                    **_fields(known_keys(keys[name], KEYS, name), (name,), starts_on=None)
                )
    if "reasons" in keys:
        given["reasons"] = tuple(
            _reason(name, each) for name, each in keys["reasons"].section(()).items()
        )
    starts_on = given.get("starts_on", dt.date(2024, 1, 1))
    levers = keys["levers"].section(()) if "levers" in keys else {}
    given["levers"] = tuple(_lever(name, each, starts_on) for name, each in levers.items())
    name = needed(marked, keys, "name").text()
    base = _base(needed(marked, keys, "base"), path)
    _each_alone({"name": name, **given}, base, keys)
    with keys["levers" if "levers" in keys else "base"].placed():
        return Scenario(name=name, base=base, **given)


def _each_alone(given: Mapping[str, Any], base: Model, keys: Mapping[str, Marked]) -> None:
    """Refuse what is wrong by itself at its own line, before all is put together."""
    plain: dict[str, Any] = {"name": "-", "base": base, "days": base.days}
    with keys["base"].placed():
        Scenario(**plain)
    fields = {key.name: key.field or key.name for key in KEYS if key.section == "scenario"}
    for key, name in fields.items():
        if key in keys and key not in ("base", "levers") and name in given:
            with keys[key].placed():
                Scenario(**{**plain, name: given[name]})


def _refuse_a_model(marked: Marked) -> None:
    """A model says who comes and who serves, and is what a scenario stands on."""
    said = marked.value
    if isinstance(said, dict) and "base" not in said and {"queues", "pools"} & said.keys():
        raise marked.wrong(
            "This is a model, and no scenario.",
            todo="Write a scenario beside it, with a name of its own, and this one as its "
            f"base: {Path(marked.file).name}",
        )


def _base(marked: Marked, path: Path) -> Model:
    if isinstance(marked.value, dict):
        return read_model(marked)
    file = path.parent / marked.text()
    if not file.is_file():
        raise marked.wrong(
            "There is no such model.", todo=f"Name a file beside {path.name}, or write the model."
        )
    return read_model(read_marked(file, error=QueueingError))


def _reason(name: str, marked: Marked) -> Reason:
    keys = known_keys(marked, KEYS, "reasons")
    needed(marked, keys, "share")
    with marked.placed():
        return Reason(name=name, **_fields(keys, ("reasons",), starts_on=None))


def _lever(name: str, marked: Marked, starts_on: dt.date) -> Lever:
    said = marked.section(()).get("kind")
    if said is None:
        raise marked.wrong(
            f"The lever '{name}' does not say its kind.",
            todo=f"Add kind: ... One of: {', '.join(LEVERS)}.",
        )
    kind = said.text()
    if kind not in LEVERS:
        raise said.wrong(f"'{kind}' is no kind of lever.", todo=meant(kind, tuple(LEVERS)))
    sections = sections_of(kind)
    keys = known_keys(marked, KEYS, *sections)
    for key in KEYS:
        if key.section == kind and key.without == "needed":
            needed(marked, keys, key.name)
    with marked.placed():
        return LEVERS[kind](name=name, **_fields(keys, sections, starts_on=starts_on))


def sections_of(kind: str) -> tuple[str, ...]:
    """The sections whose keys a kind of lever may say."""
    return ("lever", "habit", kind) if issubclass(LEVERS[kind], Habit) else ("lever", kind)


# Values ------------------------------------------------------------------------------------------


def _fields(
    keys: dict[str, Marked], sections: tuple[str, ...], *, starts_on: dt.date | None
) -> dict[str, Any]:
    """The values of all keys that fill a field, read as their rows say."""
    found: dict[str, Any] = {}
    for key in KEYS:
        if key.section in sections and key.field and key.name in keys:
            marked = keys[key.name]
            if key.holds == _DAY:
                assert starts_on is not None
                value: Any = _as_day(marked, starts_on)
            else:
                value = _READ[key.holds](marked)
            found[key.field] = value / DAY_S if key.field.endswith("_days") else value
    return found


def _as_date(marked: Marked) -> dt.date:
    try:
        return dt.date.fromisoformat(marked.text())
    except ValueError:
        raise marked.wrong(
            f"'{marked.text()}' is not a date.", todo="Write it as 2024-01-31."
        ) from None


def _as_day(marked: Marked, starts_on: dt.date) -> float:
    """Days after the start; a date is its first moment."""
    if isinstance(marked.value, int | float) and not isinstance(marked.value, bool):
        days = marked.number()
    else:
        days = float((_as_date(marked) - starts_on).days)
    if days < 0 or not math.isfinite(days):
        raise marked.wrong(
            f"'{marked.key}' is before the start.", todo=f"It starts on {starts_on.isoformat()}."
        )
    return days


_READ: Final[dict[str, Callable[[Marked], Any]]] = {
    _SHARE: Marked.share,
    _TIME: Marked.seconds,
    _NUMBER: Marked.number,
    _WHOLE: Marked.whole,
    _TEXT: Marked.text,
    _FLAG: Marked.flag,
    _QUEUE: Marked.text,
    "whole numbers": lambda marked: tuple(each.whole() for each in marked.items()),
    "a date": _as_date,
    "a time zone": Marked.text,
    "a reason": Marked.text,
    "under or over": lambda marked: marked.choice(("under", "over")),
    "hold or wrapup": lambda marked: marked.choice(("hold", "wrapup")),
}
"""How each kind of value is read."""
