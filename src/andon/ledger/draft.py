"""Drafting a mapping: look at a file, guess, and say beside each guess why.

A draft is a start for a person, not a decision. It loads as it stands where the guesses suffice,
and every line that needs a look says so.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from andon.ledger.mapping import FileShape
from andon.ledger.reading import stage
from andon.ledger.staged import Staged
from andon.ledger.tables import OUTCOMES, TABLES, Table

__all__ = ["Glance", "draft", "glance"]

_SAMPLE: Final = 5_000
_SHOWN: Final = 12

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "contact_id": (
        "contact.?id|call.?id|conversation.?id|interaction.?id|ticket.?id|session.?id|chat.?id",
        "case.?(id|number)|incident.?(id|number)|^number$|^id$|uniqueid|linkedid|segment.?id|^uuid$",
    ),
    "customer_id": (
        "customer|caller|client|requester|contact_?key|account.?(id|no)|member|subscriber|user.?id",
        "phone|ani$|^from$|msisdn|email|customerendpoint",
    ),
    "channel": ("channel|media.?type|medium|via$|contact.?type",),
    "queue": ("queue|skill|group|department|team|vdn|^type$",),
    "journey": ("journey|product|process",),
    "reason": ("reason|categor|topic|intent|disposition|wrap.?up.?code|subject.?code",),
    "priority": ("priorit|urgency",),
    "arrived_at": (
        "arriv|initiat|created|opened|offered|start(ed)?.?(at|time|date|stamp)?$",
        "call.?(date|time)|^date|^time|timestamp|begin",
    ),
    "queued_at": ("en.?queue|(?<!de)queue.?(start|enter|time)|queued",),
    "answered_at": (
        "answer|(connect|accept).*agent|agent.*(connect|accept)",
        "connected|first.?(reply|response|agent)|accepted|picked",
    ),
    "ended_at": ("end(ed)?|closed|hang.?up|disconnect|completed|finish|resolved.?at|terminat",),
    "outcome": ("outcome|result|status|abandon|answered\\?", "state$|call.?type"),
    "advisor_id": ("advisor|agent|operator|handled.?by|assignee|assigned.?to|owner|server|staff",),
    "talk_s": ("talk|conversation.?(time|duration)|service.?time|ser.?time|handle|billsec",),
    "hold_s": ("hold.*(time|dur|sec|_s$|_ms$)|on.?hold", "hold"),
    "wrapup_s": ("wrap|acw|after.?(call|contact)|post.?call",),
    "transfers": ("transfer|reassign|handoff|hand.?over",),
    "resolved": ("^resolved$|is.?resolved|fcr|solved$",),
    "previous_contact_id": ("parent|previous|original|related|reopen.?of|follow.?up",),
    "text": ("subject|transcript|description|message|body|comment|^text$",),
}

_FORMATS: Final = (
    ("%Y-%m-%d %H:%M:%S", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    ("%d/%m/%Y %H:%M:%S", r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d"),
    ("%d/%m/%Y %H:%M", r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d"),
    ("%d.%m.%Y %H:%M:%S", r"\d{1,2}\.\d{1,2}\.\d{4} \d{1,2}:\d\d:\d\d"),
    ("%d.%m.%Y %H:%M", r"\d{1,2}\.\d{1,2}\.\d{4} \d{1,2}:\d\d"),
    ("%d/%m/%Y %I:%M:%S %p", r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d:\d\d [AaPp][Mm]"),
    ("%d/%m/%Y %I:%M %p", r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d [AaPp][Mm]"),
    ("%Y/%m/%d %H:%M:%S", r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"),
    ("%d-%b-%Y %H:%M:%S", r"\d{1,2}-[A-Za-z]{3}-\d{4} \d{1,2}:\d\d:\d\d"),
    ("%a, %d %b %Y %H:%M:%S", r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d{1,2}:\d\d:\d\d"),
    ("%Y%m%d%H%M%S", r"(19|20)\d{12}"),
)
_EPOCHS: Final = (("epoch_s", r"1\d{9}(\.\d+)?"), ("epoch_ms", r"1\d{12}"))
"""From 2001 to 2033; other numbers of that length are likelier to be ids or telephone numbers."""
_PRIORITIES: Final = (
    ("4", re.compile(r"urgent|critical|highest|emergency|^p?1\b", re.IGNORECASE)),
    ("3", re.compile(r"high|important|vip", re.IGNORECASE)),
    ("2", re.compile(r"medium|normal|moderate|standard", re.IGNORECASE)),
    ("1", re.compile(r"low|minor|planning", re.IGNORECASE)),
)
_FLAGS: Final = {
    "true": True,
    "yes": True,
    "y": True,
    "1": True,
    "false": False,
    "no": False,
    "n": False,
    "0": False,
}
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")
_OUTCOMES: Final = (
    (
        "abandoned",
        re.compile(r"aband|hang|no.?answer|missed|lost|gave up|canceled|cancelled", re.IGNORECASE),
    ),
    (
        "handled",
        re.compile(
            r"answer|agent|handled|solved|resolved|closed|complete|served|ok$", re.IGNORECASE
        ),
    ),
    ("failed", re.compile(r"fail|error|phantom|busy|congest|block|reject", re.IGNORECASE)),
    (
        "self_served",
        re.compile(r"self|contain|bot.?(done|resolved)|ivr.?(done|complete)", re.IGNORECASE),
    ),
    ("open", re.compile(r"open|pending|new|progress|wait|active|hold", re.IGNORECASE)),
)
_CHANNELS: Final = (
    ("callback", re.compile(r"call.?back|outbound", re.IGNORECASE)),
    ("voice", re.compile(r"voice|phone|call|telephon|inbound", re.IGNORECASE)),
    ("email", re.compile(r"e-?mail", re.IGNORECASE)),
    ("messaging", re.compile(r"sms|whats|messag|telegram|messenger", re.IGNORECASE)),
    ("chat", re.compile(r"chat|web", re.IGNORECASE)),
    ("social", re.compile(r"social|twitter|facebook|insta", re.IGNORECASE)),
    ("bot", re.compile(r"bot|ivr|virtual", re.IGNORECASE)),
    ("visit", re.compile(r"visit|branch|in.?person|counter", re.IGNORECASE)),
    ("case", re.compile(r"case|ticket|form|portal|self.?service|direct|api", re.IGNORECASE)),
)
_TABLES: Final = {
    "outcome": (_OUTCOMES, "handled"),
    "channel": (_CHANNELS, "case"),
    "priority": (_PRIORITIES, "2"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Glance:
    """What a look at one column of a file shows.

    Attributes
    ----------
    name : str
    filled : float
        Share of the sampled rows that have a value, 0 to 1.
    distinct : int
        Different values in the sample.
    values : tuple of str
        The most common ones, most common first.
    """

    name: str
    filled: float
    distinct: int
    values: tuple[str, ...]


def glance(path: Path | str, shape: FileShape | None = None) -> tuple[Glance, ...]:
    """Look at the first rows of a file, column by column.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    shape = shape or FileShape()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        staged = stage(connection, Path(path), Path(folder), shape=shape)
        return tuple(_glance(connection, staged, name) for name in staged.columns)


def _glance(connection: duckdb.DuckDBPyConnection, staged: Staged, name: str) -> Glance:
    column = staged.columns[name][0]
    sample = f"SELECT CAST({column} AS VARCHAR) AS v FROM {staged.relation} LIMIT {_SAMPLE}"
    top = connection.execute(
        f"SELECT v, count(*) FROM ({sample}) WHERE trim(v) <> '' GROUP BY v ORDER BY 2 DESC, 1"
    ).fetchall()
    rows = connection.execute(f"SELECT count(*) FROM ({sample})").fetchone()
    filled = sum(count for _, count in top)
    return Glance(
        name=name,
        filled=filled / rows[0] if rows and rows[0] else 0.0,
        distinct=len(top),
        values=tuple(value for value, _ in top[:_SHOWN]),
    )


def draft(path: Path | str, *, source: str | None = None, zone: str = "UTC") -> str:
    """Draft the mapping of a file, with a comment on each guess.

    Parameters
    ----------
    path : Path
    source : str, optional
        Name of the source; from the file's name where None.
    zone : str
        The operation's zone.

    Returns
    -------
    str
        YAML that :func:`andon.ledger.mapping.load_mapping` reads.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    path = Path(path)
    columns = glance(path)
    table = TABLES["contacts"]
    chosen = _chosen(columns, table)
    named = (
        source or re.sub(r"[^A-Za-z0-9._-]+", "-", path.name.split(".")[0]).strip("-.") or "source"
    )
    lines = [
        f"# A draft for {path.name}, made by looking at its first {_SAMPLE:,} rows.",
        "# Read each line; what says CHECK needs your eye. Then: andon ingest FILE --mapping THIS",
        f"source: {named}",
        f"zone: {zone}            # CHECK: the zone of times that carry no offset",
        "",
        "columns:",
    ]
    for column in table.mapped:
        if column.name == "source":
            continue
        lines += _lines_for(column.name, chosen, columns)
    left = [each for each in columns if each.name not in {g.name for g in chosen.values()}]
    if left:
        lines += ["", "# Not used:"]
        lines += [f"#   {_short(each.name, 80)}: {_examples(each)}" for each in left]
    return "\n".join(lines) + "\n"


def _chosen(columns: Sequence[Glance], table: Table) -> dict[str, Glance]:
    """The best column of the file for each of the ledger's, each used once."""
    scores: list[tuple[float, int, str, Glance]] = []
    for i, each in enumerate(columns):
        for name, patterns in _NAMES.items():
            score = _score(each, patterns, _FITS.get(name))
            if score > 0:
                scores.append((-score, i, name, each))
    chosen: dict[str, Glance] = {}
    used: set[str] = set()
    for _, _, name, each in sorted(scores, key=lambda s: s[:3]):
        if name not in chosen and each.name not in used and table.column(name):
            chosen[name] = each
            used.add(each.name)
    # A row must be placed in time: where no name tells, the first column that holds times does.
    times = (each for each in columns if each.values and _is_time(each) and each.name not in used)
    if "arrived_at" not in chosen and (first := next(times, None)) is not None:
        chosen["arrived_at"] = first
    return chosen


def _score(each: Glance, patterns: Sequence[str], fits: Callable[[Glance], bool] | None) -> float:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each.name).lower()
    for rank, pattern in enumerate(patterns):
        found = re.search(pattern, name)
        if found and each.values and (fits is None or fits(each)):
            return 2.0 - rank * 0.5 + len(found.group()) / max(1, len(name)) + each.filled * 0.2
    return 0.0


def _lines_for(name: str, chosen: Mapping[str, Glance], columns: Sequence[Glance]) -> list[str]:
    each = chosen.get(name)
    if each is None:
        return _fallback(name, columns)
    seen = f"# {each.filled:.0%} filled; {_examples(each)}"
    quoted = _yaml(each.name)
    if name.endswith("_at"):
        return _instant_lines(name, each, quoted, seen)
    if name in _TABLES and not (name == "priority" and _is_amount(each)):
        guesses, otherwise = _TABLES[name]
        guess = _flagged if name == "outcome" and _is_flag(each) else _guess(guesses, otherwise)
        return _table_lines(name, each, quoted, seen, guess)
    rule, remark = quoted, ""
    if name == "contact_id" and each.filled < 1:
        remark = ". CHECK: it must be there and unique on every row"
    if name.endswith("_s"):
        rule, remark = f"{{from: {quoted}, unit: {_unit(each)}}}", ". CHECK: the unit"
    return [f"  {name}: {rule}   {seen}{remark}"]


def _fallback(name: str, columns: Sequence[Glance]) -> list[str]:
    """What to say of a ledger column that nothing in the file seems to fill."""
    names = ", ".join(_short(each.name) for each in columns[:8])
    if name == "channel":
        return ["  channel: {constant: voice}   # CHECK: no column says; voice is a guess"]
    if name == "outcome":
        return ["  outcome: {constant: handled}   # CHECK: no column says how contacts ended"]
    if name in {"contact_id", "arrived_at"}:
        first = _yaml(columns[0].name) if columns else "''"
        return [f"  {name}: {first}   # CHECK: no column looks like it; the file has {names}"]
    return []


def _instant_lines(name: str, each: Glance, quoted: str, seen: str) -> list[str]:
    values = each.values
    if all(_ISO.fullmatch(value) for value in values):
        return [f"  {name}: {quoted}   {seen}"]
    for likely, shape in _FORMATS:
        if all(re.fullmatch(shape, value) for value in values):
            pattern, note = _day_first(likely, values)
            return [f'  {name}: {{from: {quoted}, format: "{pattern}"}}   {seen}{note}']
    for epoch, shape in _EPOCHS:
        if all(re.fullmatch(shape, value) for value in values):
            return [f"  {name}: {{from: {quoted}, format: {epoch}}}   {seen}"]
    note = "CHECK: the format of these times was not recognised; write it as strptime does"
    return [f'  {name}: {{from: {quoted}, format: "%Y-%m-%d %H:%M:%S"}}   {seen}. {note}']


def _day_first(pattern: str, values: Sequence[str]) -> tuple[str, str]:
    """Whether 03/04 is the third of April or the fourth of March."""
    if not pattern.startswith("%d/"):
        return pattern, ""
    firsts = [int(value.split("/")[0]) for value in values]
    seconds = [int(value.split("/")[1]) for value in values]
    if max(seconds) > 12:
        return pattern.replace("%d/%m", "%m/%d"), ""
    if max(firsts) > 12:
        return pattern, ""
    return pattern, ". CHECK: day first or month first? These values do not tell"


def _table_lines(
    name: str, each: Glance, quoted: str, seen: str, guess: Callable[[str], str]
) -> list[str]:
    if each.distinct > _SHOWN:
        note = f"CHECK: {each.distinct} different values; list what each means"
        return [f"  {name}: {{constant: {guess('')}}}   {seen}. {note}"]
    lines = [f"  {name}:   {seen}", f"    from: {quoted}", "    values:   # CHECK: each line"]
    lines += [f"      {_yaml(value)}: {guess(value)}" for value in each.values]
    return lines


def _guess(table: Sequence[tuple[str, re.Pattern[str]]], otherwise: str) -> Callable[[str], str]:
    def guess(value: str) -> str:
        if value in OUTCOMES:
            return value
        return next((said for said, pattern in table if pattern.search(value)), otherwise)

    return guess


def _flagged(value: str) -> str:
    """Of a column such as ``Abandoned``: yes or no."""
    return "abandoned" if _FLAGS[value.lower()] else "handled"


def _unit(each: Glance) -> str:
    if any(":" in value for value in each.values):
        return "clock"
    name = each.name.lower()
    if re.search(r"(^|[^a-z])(ms|msec|millis?)([^a-z]|$)|milli", name):
        return "ms"
    return "min" if re.search(r"(^|[^a-z])min(ute)?s?([^a-z]|$)", name) else "s"


def _examples(each: Glance) -> str:
    shown = ", ".join(_short(value) for value in each.values[:3])
    return f"{each.distinct} different, such as {shown}" if shown else "always empty"


def _short(text: str, size: int = 24) -> str:
    """The beginning of a text, on one line."""
    seen = text[: 2 * size]
    return " ".join("".join(c if c.isprintable() else " " for c in seen).split())[:size]


def _yaml(text: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ +./-]*", text) and not re.fullmatch(
        r"(?i)true|false|yes|no|on|off|null|y|n|~", text
    )
    return text if plain and not text.endswith(" ") else json.dumps(text)


def _is_time(each: Glance) -> bool:
    shapes = [shape for _, shape in _FORMATS]
    return all(
        _ISO.fullmatch(value)
        or any(re.fullmatch(shape, value) for shape in shapes)
        or any(re.fullmatch(shape, value) for _, shape in _EPOCHS)
        for value in each.values
    )


def _is_amount(each: Glance) -> bool:
    return all(re.fullmatch(r"-?\d+([.,]\d+)?|\d+:\d\d(:\d\d)?", value) for value in each.values)


def _is_flag(each: Glance) -> bool:
    return all(value.lower() in _FLAGS for value in each.values)


def _is_code(each: Glance) -> bool:
    return each.distinct <= 60 and not _is_time(each)


def _is_name(each: Glance) -> bool:
    return not _is_time(each)


_FITS: Final[Mapping[str, Callable[[Glance], bool]]] = {
    **dict.fromkeys(("arrived_at", "queued_at", "answered_at", "ended_at"), _is_time),
    **dict.fromkeys(("talk_s", "hold_s", "wrapup_s", "transfers"), _is_amount),
    **dict.fromkeys(("channel", "outcome", "queue", "priority"), _is_code),
    "resolved": _is_flag,
    **dict.fromkeys(("contact_id", "customer_id", "advisor_id"), _is_name),
}
