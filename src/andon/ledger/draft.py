"""Drafting a mapping: look at a file, guess, and say beside each guess why.

A draft is a start for a person, not a decision. It loads as it stands where the guesses suffice,
and every line that needs a look says so.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
        "call.?id|(conversation|interaction|session|chat).?id|(ticket|case|incident).?(id|number)",
        "contact.?id|^number$|^id$|uniqueid|linkedid|segment.?id|^uuid$",
    ),
    "customer_id": (
        "(customer|caller|client|requester|account|member|subscriber|user).?(id|key|no|number)$",
        "customer|caller|client|requester|contact_?key|member|subscriber|^contact.?id$",
        "phone|ani$|^(from|src)$|msisdn|email",
    ),
    "channel": ("channel|media.?type|medium|via$|contact.?type", "origin|source"),
    "queue": (
        "(queue|skill|group|team).?name$|^(queue|skill|group|department|team|vdn)s?$",
        "queue|skill|group|department|team|vdn",
        "^type$",
    ),
    "journey": ("journey|product|process",),
    "reason": (
        "^(?!.*(disconnect|hang.?up|release|end|abandon|transfer)).*reason|categor|topic|intent",
        "disposition|wrap.?up|subject.?code",
    ),
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
    "ended_at": ("end(ed)?|solved|hang.?up|disconnect|completed|finish|terminat", "closed"),
    "outcome": ("outcome|result|status|abandon|answered\\?", "state$|call.?type|disposition"),
    "advisor_id": (
        "advisor|agent|operator|handled.?by|assignee|assigned.?to|owner|server|staff",
        "^users?$",
    ),
    "talk_s": (
        "talk|(conversation|interaction).?(time|duration)|service.?time|ser.?time|billsec",
        "handle",
    ),
    "hold_s": ("hold.*(time|dur|sec|_s$|_ms$)|on.?hold", "hold(?!s)"),
    "wrapup_s": ("wrap|acw|after.?(call|contact)|post.?call",),
    "transfers": ("transfer|reassign|handoff|hand.?over",),
    "resolved": ("^resolved$|is.?resolved|fcr|solved$",),
    "previous_contact_id": ("parent|previous|original|related|reopen.?of|follow.?up",),
    "text": ("subject|transcript|description|message|body|comment|^text$",),
}

_DATES: Final = (
    ("%Y-%m-%d", r"\d{4}-\d\d-\d\d"),
    ("%Y/%m/%d", r"\d{4}/\d\d/\d\d"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"),
    ("%d/%m/%y", r"\d{1,2}/\d{1,2}/\d\d"),
    ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.\d{4}"),
    ("%d.%m.%y", r"\d{1,2}\.\d{1,2}\.\d\d"),
    ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-\d{4}"),
    ("%d-%b-%Y", r"\d{1,2}-[A-Za-z]{3}-\d{4}"),
    ("%a, %d %b %Y", r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4}"),
)
_CLOCKS: Final = (
    ("%H:%M:%S", r"\d{1,2}:\d\d:\d\d"),
    ("%H:%M", r"\d{1,2}:\d\d"),
    ("%I:%M:%S %p", r"\d{1,2}:\d\d:\d\d [AaPp][Mm]"),
    ("%I:%M %p", r"\d{1,2}:\d\d [AaPp][Mm]"),
)
_FORMATS: Final = (
    *(
        (f"{date}{between}{clock}", f"{shape}{between}{clock_shape}")
        for date, shape in _DATES
        for between in (" ", ", ")
        for clock, clock_shape in _CLOCKS
    ),
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
_OPPOSITES: Final = dict(
    pair
    for yes, no in (("true", "false"), ("yes", "no"), ("y", "n"), ("1", "0"))
    for pair in ((yes, no), (no, yes))
)
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?")
_NOTHING: Final = re.compile(
    r"-+|\?+|[\[(<]?(n/?a|nil|none|null|blank|unknown|anonymous|unavailable|restricted|private"
    r"|withheld|unassigned|nobody|not.?(set|available|provided|assigned)"
    r"|no.?(agent|server|owner|one))[\])>]?",
    re.IGNORECASE,
)
"""What systems write where they know nothing; taken for a customer, it would call all day."""
_LENGTH: Final = re.compile(r"duration|(minutes|seconds|hours|(^|[_ ])(time|ms|s))$")
"""The end of a column's name that holds how long something took, whoever else it names."""
_OUTCOMES: Final = (
    (
        "abandoned",
        re.compile(
            r"aband|hang|(no|not|un).?answer|missed|lost|gave up|canceled|cancelled", re.IGNORECASE
        ),
    ),
    ("open", re.compile(r"(un|not.?)(re)?solved|incomplete|re.?open", re.IGNORECASE)),
    ("failed", re.compile(r"delet|spam|unhandled|not.?handled", re.IGNORECASE)),
    (
        "self_served",
        re.compile(r"self|contain|bot.?(done|resolved)|ivr.?(done|complete)", re.IGNORECASE),
    ),
    (
        "handled",
        re.compile(
            r"answer|agent|handled|solved|resolved|closed|complete|served|ok$", re.IGNORECASE
        ),
    ),
    ("failed", re.compile(r"fail|error|phantom|busy|congest|block|reject", re.IGNORECASE)),
    ("open", re.compile(r"open|pending|new|progress|wait|active|hold", re.IGNORECASE)),
)
_CHANNELS: Final = (
    ("callback", re.compile(r"call.?back|outbound", re.IGNORECASE)),
    ("voice", re.compile(r"voice|phone|call|telephon|inbound", re.IGNORECASE)),
    ("email", re.compile(r"mail", re.IGNORECASE)),
    ("messaging", re.compile(r"sms|whats|messag|telegram|messenger", re.IGNORECASE)),
    ("chat", re.compile(r"chat", re.IGNORECASE)),
    ("social", re.compile(r"social|twitter|facebook|insta", re.IGNORECASE)),
    ("bot", re.compile(r"bot|ivr|virtual", re.IGNORECASE)),
    ("visit", re.compile(r"visit|branch|in.?person|counter|walk.?in", re.IGNORECASE)),
    (
        "case",
        re.compile(r"case|ticket|task|form|web|portal|self.?service|direct|api", re.IGNORECASE),
    ),
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
        values=_most_common(top),
    )


def _most_common(top: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """The most common values; of those that are equally common, some from their whole range.

    Times in the order of their texts begin with the first of the month, whichever month that is.
    """
    if len(top) <= _SHOWN:
        return tuple(value for value, _ in top)
    least = top[_SHOWN - 1][1]
    common = [value for value, count in top if count > least]
    ties = [value for value, count in top if count == least]
    room = _SHOWN - len(common)
    return (*common, *(ties[i * (len(ties) - 1) // max(1, room - 1)] for i in range(room)))


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
            score = _score(each, patterns, _FITS.get(name), _TABLES.get(name, ((), ""))[0])
            if name == "customer_id" and each.distinct == 1:
                score /= 2  # the same on every row: likelier the account of the system itself
            if score > 0:
                scores.append((-score, i, name, each))
    chosen: dict[str, Glance] = {}
    used: set[str] = set()
    for _, _, name, each in sorted(scores, key=lambda s: s[:3]):
        if name not in chosen and each.name not in used and table.column(name):
            chosen[name] = each
            used.add(each.name)
    # A row must be placed in time: where no name tells, the first column that holds times does,
    # or else the first that is called like one and may be written in a way that is not known here.
    free = [each for each in columns if each.values and each.name not in used]
    called = [each for each in free if _score(each, _NAMES["arrived_at"], _has_digits)]
    for first in [*filter(_is_time, free), *called][:1]:
        chosen.setdefault("arrived_at", first)
    return chosen


def _score(
    each: Glance,
    patterns: Sequence[str],
    fits: Callable[[Glance], bool] | None,
    words: Sequence[tuple[str, re.Pattern[str]]] = (),
) -> float:
    """How well a column's name and values suit; where the name says less, values must say more."""
    name = _plain(each)
    for rank, pattern in enumerate(patterns):
        found = re.search(pattern, name)
        if found and each.values and (fits is None or fits(each)):
            if words and rank and not _is_understood(each, words):
                continue
            return 2.0 - rank * 0.5 + len(found.group()) / max(1, len(name)) + each.filled * 0.2
    return 0.0


def _plain(each: Glance) -> str:
    """A column's name in small letters, its words apart."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each.name).lower()


def _lines_for(name: str, chosen: Mapping[str, Glance], columns: Sequence[Glance]) -> list[str]:
    each = chosen.get(name)
    if each is None:
        return _fallback(name, chosen, columns)
    seen = f"# {each.filled:.0%} filled; {_examples(each)}"
    quoted = _yaml(each.name)
    if name.endswith("_at"):
        return _instant_lines(name, each, chosen, seen)
    if name in _TABLES and not (name == "priority" and _is_amount(each)):
        guesses, otherwise = _TABLES[name]
        guess = _guess(guesses, otherwise)
        if name == "outcome" and _is_flag(each):
            each, guess = replace(each, values=_flags(each)), _flagged
        return _table_lines(name, each, quoted, seen, guess)
    keys, remark = "", ""
    if name == "contact_id" and each.filled < 1:
        remark = ". CHECK: it must be there and unique on every row"
    if name.endswith("_s"):
        keys, remark = f", unit: {_unit(each, chosen)}", ". CHECK: the unit"
    if name == "talk_s" and "handle" in _plain(each):
        remark += "; and whether hold and wrap-up are in it: then they would count twice"
    if name == "transfers" and not _is_amount(each):
        told = (f"{_yaml(value)}: {int(_FLAGS[value.lower()])}" for value in _flags(each))
        keys += f", values: {{{', '.join(told)}}}"
    if nothing := [] if name == "contact_id" else _nothings(each):
        keys += f", missing: [{', '.join(map(_yaml, nothing))}]"
    rule = f"{{from: {quoted}{keys}}}" if keys else quoted
    return [f"  {name}: {rule}   {seen}{remark}"]


def _fallback(name: str, chosen: Mapping[str, Glance], columns: Sequence[Glance]) -> list[str]:
    """What to say of a ledger column that nothing in the file seems to fill."""
    names = ", ".join(_short(each.name) for each in columns[:8])
    if name == "channel":
        return ["  channel: {constant: voice}   # CHECK: no column says; voice is a guess"]
    if name == "outcome":
        return _outcome_lines(chosen)
    if name in {"contact_id", "arrived_at"}:
        # Of the columns that are always filled, an id is likeliest the one that differs most.
        likely = max(columns, key=lambda c: (c.filled, c.distinct), default=None)
        first = _yaml(likely.name) if likely else "''"
        return [f"  {name}: {first}   # CHECK: no column looks like it; the file has {names}"]
    return []


def _outcome_lines(chosen: Mapping[str, Glance]) -> list[str]:
    """How contacts ended, from whether they were answered, where no column says it."""
    served = next((chosen[n] for n in ("answered_at", "advisor_id") if n in chosen), None)
    if served is None or served.filled == 1:
        return ["  outcome: {constant: handled}   # CHECK: no column says how contacts ended"]
    lines = [
        "  outcome:   # CHECK: no column says how contacts ended; this is told by what is filled",
        f"    - when: {{{_yaml(served.name)}: {_there(served)}}}",
        "      constant: handled",
    ]
    queued = chosen.get("queued_at")
    if queued is None or queued.filled == 1:
        return [*lines, "    - constant: abandoned"]
    return [
        *lines,
        f"    - when: {{{_yaml(queued.name)}: {_there(queued)}}}",
        "      constant: abandoned",
        "    - constant: left_self_service   # never in a queue",
    ]


def _there(each: Glance) -> str:
    """The test that a column holds something."""
    nothing = _nothings(each)
    said = f", not: [{', '.join(map(_yaml, nothing))}]" if nothing else ""
    return f"{{missing: false{said}}}"


def _nothings(each: Glance) -> list[str]:
    """The values of a column that only say that nothing is known."""
    return [value for value in each.values if _NOTHING.fullmatch(value.strip())]


def _instant_lines(name: str, each: Glance, chosen: Mapping[str, Glance], seen: str) -> list[str]:
    values, quoted = each.values, _yaml(each.name)
    if all(_ISO.fullmatch(value) for value in values):
        return [f"  {name}: {quoted}   {seen}"]
    for likely, shape in _FORMATS:
        if all(re.fullmatch(shape, value) for value in values):
            # One system writes all its times alike, so each column tells of the others.
            alike = (c.values for at, c in chosen.items() if at.endswith("_at"))
            told = [value for each in alike for value in each if re.fullmatch(shape, value)]
            pattern, note = _day_first(likely, told)
            return [f'  {name}: {{from: {quoted}, format: "{pattern}"}}   {seen}{note}']
    for epoch, shape in _EPOCHS:
        if all(re.fullmatch(shape, value) for value in values):
            return [f"  {name}: {{from: {quoted}, format: {epoch}}}   {seen}"]
    note = "CHECK: the format of these times was not recognised; write it as strptime does"
    return [f'  {name}: {{from: {quoted}, format: "%Y-%m-%d %H:%M:%S"}}   {seen}. {note}']


def _day_first(pattern: str, values: Sequence[str]) -> tuple[str, str]:
    """Whether 03/04 is the third of April or the fourth of March."""
    if pattern[:5] not in {"%d/%m", "%d-%m"}:
        return pattern, ""
    parts = [re.split("[/-]", value) for value in values]
    if max(int(second) for _, second, *_ in parts) > 12:
        return pattern.replace(pattern[:5], f"%m{pattern[2]}%d"), ""
    if max(int(first) for first, *_ in parts) > 12:
        return pattern, ""
    return pattern, ". CHECK: day first or month first? These values do not tell"


def _table_lines(
    name: str, each: Glance, quoted: str, seen: str, guess: Callable[[str], tuple[str, str]]
) -> list[str]:
    if each.distinct > _SHOWN:
        note = f"CHECK: {each.distinct} different values; list what each means"
        return [f"  {name}: {{constant: {guess('')[0]}}}   {seen}. {note}"]
    nothing = _nothings(each) if name == "priority" else []
    if len(nothing) == len(each.values):
        return []
    lines = [f"  {name}:   {seen}", f"    from: {quoted}"]
    if nothing:
        lines.append(f"    missing: [{', '.join(map(_yaml, nothing))}]")
    lines.append("    values:   # CHECK: each line")
    for value in each.values:
        if value not in nothing:
            said, remark = guess(value)
            lines.append(f"      {_yaml(value)}: {said}{remark}")
    return lines


def _guess(
    table: Sequence[tuple[str, re.Pattern[str]]], otherwise: str
) -> Callable[[str], tuple[str, str]]:
    """What a value may mean, and a remark where that is a shot in the dark."""

    def guess(value: str) -> tuple[str, str]:
        if value in OUTCOMES:
            return value, ""
        for said, pattern in table:
            if pattern.search(value):
                return said, ""
        return otherwise, "   # CHECK: not known"

    return guess


def _flagged(value: str) -> tuple[str, str]:
    """Of a column such as ``Abandoned``: yes or no."""
    return "abandoned" if _FLAGS[value.lower()] else "handled", ""


def _flags(each: Glance) -> tuple[str, ...]:
    """A column's words for yes and no; where it has shown one of them only, the other as well."""
    both = list(each.values)
    for value in each.values:
        other = _OPPOSITES[value.lower()]
        written = other.upper() if value.isupper() else other.title() if value.istitle() else other
        both.append(written)
    return tuple(dict.fromkeys(both))


def _unit(each: Glance, chosen: Mapping[str, Glance]) -> str:
    """A duration's unit by its values or its name, or by what its neighbours can be."""
    if any(":" in value for value in each.values):
        return "clock"
    if named := _named_unit(each):
        return named
    others = [chosen[name] for name in ("talk_s", "hold_s", "wrapup_s") if name in chosen]
    plain = [other for other in others if not _named_unit(other)]
    return "ms" if any(_is_over_a_day(other) for other in plain) else "s"


def _named_unit(each: Glance) -> str:
    name = _plain(each)
    if re.search(r"(^|[^a-z])(ms|msec|millis?)([^a-z]|$)|milli", name):
        return "ms"
    if re.search(r"(^|[^a-z])min(ute)?s?([^a-z]|$)", name):
        return "min"
    return "s" if re.search(r"(^|[^a-z])s(ec(ond)?s?)?([^a-z]|$)", name) else ""


def _is_over_a_day(each: Glance) -> bool:
    """Whether most of the values would be more than a day, were they seconds."""
    amounts = [float(value.replace(",", ".")) for value in each.values if ":" not in value]
    return sum(amount > 86_400 for amount in amounts) * 2 > len(amounts)


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
    if plain and not text.endswith(" "):
        return text
    # Not as JSON writes it: to YAML two halves of an emoji are no character.
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


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


def _is_sum(each: Glance) -> bool:
    """Whether a column may hold how long something took in all."""
    part = re.search("longest|shortest|max|average|avg|mean|number|count", _plain(each))
    return _is_amount(each) and not part


def _is_flag(each: Glance) -> bool:
    return all(value.lower() in _FLAGS for value in each.values)


def _has_digits(each: Glance) -> bool:
    return all(re.search(r"\d\D+\d", value) for value in each.values)


def _is_code(each: Glance) -> bool:
    return each.distinct <= 60 and _is_name(each)


def _is_name(each: Glance) -> bool:
    return not _is_time(each) and not _LENGTH.search(_plain(each))


def _is_understood(each: Glance, words: Sequence[tuple[str, re.Pattern[str]]]) -> bool:
    """Whether at least half of a column's values are words that are known."""
    known = sum(any(pattern.search(value) for _, pattern in words) for value in each.values)
    return known * 2 >= len(each.values)


def _is_label(each: Glance) -> bool:
    return _is_name(each) and not _is_amount(each)


_FITS: Final[Mapping[str, Callable[[Glance], bool]]] = {
    **dict.fromkeys(("arrived_at", "queued_at", "answered_at", "ended_at"), _is_time),
    **dict.fromkeys(("talk_s", "hold_s", "wrapup_s"), _is_sum),
    **dict.fromkeys(("outcome", "queue", "priority"), _is_code),
    **dict.fromkeys(("customer_id", "advisor_id"), _is_name),
    "channel": lambda each: _is_code(each) and _is_understood(each, _CHANNELS),
    "reason": _is_label,
    "resolved": _is_flag,
    "transfers": lambda each: _is_amount(each) or _is_flag(each),
}
