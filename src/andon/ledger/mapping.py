"""A mapping: which column of a file becomes what in the ledger.

A mapping is a YAML file. It is data, never code: each ledger column has one rule, and a rule says
where its value comes from, how to read it, and what to do when it cannot be read. Every key is a
row of :data:`KEYS`; the page ``docs/reference/mappings.md`` shows each at work.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from andon.errors import MappingError
from andon.ledger.tables import TABLES, Column, Table
from andon.marked import Marked, read_marked

__all__ = [
    "KEYS",
    "LINKS",
    "PSEUDONYMS",
    "UNITS_S",
    "Condition",
    "FileShape",
    "Filter",
    "Key",
    "Mapping",
    "Rule",
    "Section",
    "Updates",
    "built_in",
    "built_in_names",
    "load_mapping",
]

UNITS_S: Final = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "days": 86400.0,
    "clock": 1.0,
}
"""Units of durations, in seconds; ``clock`` reads ``1:02:03`` or ``02:03``."""

PSEUDONYMS: Final = ("customer_id", "advisor_id")
"""Columns that hold people: keyed hashes take their place unless that is turned off."""

LINKS: Final = ("contact_id", "previous_contact_id")
"""Columns that hold the id of a contact, with its source in front."""

Beyond = Literal["missing", "quarantine"]
Otherwise = Literal["quarantine", "missing", "keep"]
Section = Literal["mapping", "file", "rule", "test", "filter", "updates", "replace"]

_FORMATS: Final = ("csv", "tsv", "xlsx", "json", "jsonl", "parquet")
_TIMES: Final = ("iso", "epoch_s", "epoch_ms", "epoch_us")


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One key that a mapping may say.

    Attributes
    ----------
    name : str
    section : str
        Where it stands: ``mapping`` (the top), ``file``, ``rule`` (below a column), ``test`` (below
        a column of the file in ``when``), ``filter``, ``updates`` or ``replace``.
    says : str
        What it means.
    fits : str
        For rules, the kinds of ledger column that it is for; empty for every kind.
    """

    name: str
    section: Section
    says: str
    fits: str = ""


_ROWS: Final[tuple[tuple[Section, str, str, str], ...]] = (
    ("mapping", "source", "", "Name of the source; every contact id begins with it. Needed."),
    ("mapping", "table", "", "The ledger table that it fills; contacts where it is not said."),
    ("mapping", "says", "", "What the source is, for people."),
    ("mapping", "file", "", "How to read the file, where its name and first bytes do not tell."),
    ("mapping", "zone", "", "The zone of times without an offset; else the operation's."),
    ("mapping", "columns", "", "A rule for each column of the ledger that it fills. Needed."),
    ("mapping", "filters", "", "Rows to set aside on purpose, each with a reason."),
    ("mapping", "updates", "", "For logs with several rows a contact: the last one counts."),
    ("file", "format", "", "csv, tsv, xlsx, json, jsonl or parquet."),
    ("file", "delimiter", "", "One character; found by looking where it is not said."),
    ("file", "quote", "", 'One character, or "" where the file quotes nothing.'),
    ("file", "encoding", "", "utf-8 where it is not said and no byte-order mark tells."),
    ("file", "header", "", "false where the first line is a row: columns are then column_1, ..."),
    ("file", "header_rows", "", "How many rows the header has; names stand in the first."),
    ("file", "skip", "", "How many lines stand before the header."),
    ("file", "sheet", "", "Of a workbook; the first where it is not said."),
    ("file", "records", "", "Of a JSON document: the path to its list of records, with dots."),
    ("rule", "from", "", "The column of the file; of several, the first that is not missing."),
    ("rule", "join", "", "What to put between several columns, to make one text of them."),
    ("rule", "constant", "", "The same value for every row."),
    ("rule", "when", "", "Tests on the file's columns; the case counts where all hold."),
    ("rule", "optional", "", "true where the file may lack the column."),
    ("rule", "replace", "", "Patterns, and what to put in their place, in order."),
    ("rule", "missing", "", "Values that stand for nothing."),
    ("rule", "missing_like", "", "A pattern, for the whole value, that stands for nothing."),
    ("rule", "values", "plain", "A table from the file's values to the ledger's."),
    ("rule", "otherwise", "plain", "What becomes of other values: quarantine, missing or keep."),
    ("rule", "unit", "duration", "us, ms, s, min, h, days, or clock for 1:02:03."),
    ("rule", "decimal", "amount", "The decimal mark: a point, or a comma."),
    ("rule", "at_least", "number", "The least value that is possible; durations in seconds."),
    ("rule", "at_most", "number", "The greatest value that is possible; durations in seconds."),
    ("rule", "beyond", "number", "What becomes of a value out of range: missing or quarantine."),
    ("rule", "format", "instant", "iso, epoch_s, epoch_ms, epoch_us or a pattern; or several."),
    ("rule", "zone", "instant", "The zone of this time, where it is not the mapping's."),
    ("rule", "date", "instant", "The column with the date of a clock time."),
    ("rule", "date_format", "instant", "How that date is written; iso where it is not said."),
    ("rule", "clock", "instant", "The column with a clock time; of several, the first there."),
    ("rule", "near", "instant", "The day is chosen to bring the clock time near this instant."),
    ("rule", "after", "instant", "This instant, and the durations in from after it."),
    ("rule", "before", "instant", "This instant, and the durations in from before it."),
    ("rule", "pseudonym", "people", "false where the ids are pseudonyms already."),
    ("rule", "of", "link", "The source of the contact that is meant, where it is another."),
    ("test", "is", "", "Any of these values."),
    ("test", "not", "", "None of these values."),
    ("test", "missing", "", "true where there is nothing, false where there is something."),
    ("test", "below", "", "A number below this."),
    ("test", "above", "", "A number above this."),
    ("test", "like", "", "A pattern that is found somewhere in the value."),
    ("filter", "when", "", "Tests on the file's columns; all must hold."),
    ("filter", "reason", "", "Why, for people."),
    ("updates", "order_by", "", "Columns that put a contact's rows in order. Needed."),
    ("updates", "keep_first", "", "Columns of the ledger that keep their first value."),
    ("updates", "follow", "", "A column: contacts alike in it are linked, each to the last."),
    ("replace", "pattern", "", "A regular expression."),
    ("replace", "with", "", r"What takes its place; \1 is the first group."),
)
KEYS: Final = tuple(
    Key(section=section, name=name, fits=fits, says=says) for section, name, fits, says in _ROWS
)
"""Every key that a mapping may say."""

_KINDS: Final[dict[str, tuple[str, Callable[[Table, Column], bool]]]] = {
    "plain": ("columns without instants", lambda _, column: column.kind != "instant"),
    "number": ("numbers", lambda _, column: column.kind in {"int", "float"}),
    "duration": ("durations", lambda _, column: column.unit == "s"),
    "amount": ("numbers", lambda _, column: column.kind in {"int", "float"}),
    "instant": ("instants", lambda _, column: column.kind == "instant"),
    "people": (" and ".join(PSEUDONYMS), lambda _, column: column.name in PSEUDONYMS),
    "link": ("links", lambda table, column: column.name in LINKS and column.name != table.key),
}
"""Kinds of ledger column that a key may be for: their name, and which columns they are."""

_ADDED: Final = ("duration", "amount")
"""Kinds of key that ``after`` and ``before`` let an instant have too, for they add durations."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A test on one column of the file, as the file has it.

    Attributes
    ----------
    column : str
    test : str
        ``is`` and ``not`` (any of ``values``), ``missing`` (``values`` is ``("true",)`` or
        ``("false",)``), ``below``, ``above`` (numbers), ``like`` (a regular expression).
    values : tuple of str
    """

    column: str
    test: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How one ledger column gets its value; the first case whose conditions hold is used.

    Attributes
    ----------
    column : str
        The ledger's column.
    sources : tuple of str
        Columns of the file. Joined by ``join``, or the first that is not missing.
    constant : str, optional
    missing, missing_like
        Values, and a regular expression, that stand for "not recorded".
    values : tuple of pairs
        A table from the file's value to the ledger's; ``otherwise`` says what becomes of others.
    replace : tuple of pairs
        Regular expressions and what to put in their place, in order.
    unit : str
        For durations, a key of :data:`UNITS_S`.
    decimal : str
        The decimal mark, ``.`` or ``,``.
    formats : tuple of str
        For instants: ``iso``, ``epoch_s``, ``epoch_ms``, ``epoch_us`` or a strptime pattern.
    zone : str
        For instants without an offset.
    date, date_formats, clocks
        An instant in two parts: a date and a clock time (the first clock that is not missing).
    near : str
        An instant of the same row: the day is chosen so that the clock time lies nearest to it,
        which carries calls over midnight.
    after, before : str
        An instant of the same row: the durations in ``sources`` are added to it, or taken off.
    at_least, at_most, beyond
        The plausible range (durations in seconds), and what becomes of a value outside.
    pseudonym : bool
        For columns that hold people: whether a keyed hash takes the value's place, where the
        operation has a key. False keeps the value, for ids that are pseudonyms already.
    of : str
        For links: the source of the contact that is meant; the mapping's own where None.
    optional : bool
        Whether the file may lack the columns.
    when : tuple of Condition
        All must hold for this case.
    cases : tuple of Rule
        If not empty, the alternatives, in order.
    line : int
        Where in the mapping file.
    """

    column: str
    sources: tuple[str, ...] = ()
    join: str | None = None
    constant: str | None = None
    missing: tuple[str, ...] = ()
    missing_like: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    otherwise: Otherwise = "quarantine"
    replace: tuple[tuple[str, str], ...] = ()
    unit: str = "s"
    decimal: str = "."
    formats: tuple[str, ...] = ()
    zone: str | None = None
    date: str | None = None
    date_formats: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    near: str | None = None
    after: str | None = None
    before: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    beyond: Beyond = "missing"
    pseudonym: bool = True
    of: str | None = None
    optional: bool = False
    when: tuple[Condition, ...] = ()
    cases: tuple[Rule, ...] = ()
    line: int = 0

    @property
    def alternatives(self) -> tuple[Rule, ...]:
        """The cases, or the rule itself where it has none."""
        return self.cases or (self,)

    @property
    def anchors(self) -> tuple[str, ...]:
        """The instants of the row that must be known before this one."""
        named = [
            each for case in self.alternatives for each in (case.near, case.after, case.before)
        ]
        return tuple(dict.fromkeys(each for each in named if each is not None))

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column of the file that the rule looks at."""
        return tuple(dict.fromkeys(name for case in self.alternatives for name in case.looks_at))

    @property
    def looks_at(self) -> tuple[str, ...]:
        """Every column of the file that this case looks at."""
        tested = [condition.column for condition in self.when]
        return (*tested, *self.sources, *self.clocks, *([self.date] if self.date else []))


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Rows that are set aside on purpose, and why."""

    when: tuple[Condition, ...]
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Updates:
    """For logs with several rows a contact: the last one is its state.

    Attributes
    ----------
    order_by : tuple of str
        Columns of the file that put the rows of one contact in order (numbers or ISO times).
    keep_first : tuple of str
        Ledger columns that keep the first value that is not missing.
    follow : str or None
        A column of the file: contacts alike in it follow each other in that order, and each is
        linked to the one before (``previous_contact_id``).
    """

    order_by: tuple[str, ...]
    keep_first: tuple[str, ...] = ()
    follow: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FileShape:
    """How a file is to be read, where its name and first bytes do not tell."""

    format: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    header: bool = True
    header_rows: int = 1
    sheet: str | None = None
    records: str | None = None
    skip: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """A whole mapping file, checked.

    Attributes
    ----------
    source : str
        Name of the source; every contact id begins with it.
    table : Table
        The ledger table that it fills.
    rules : tuple of Rule
        One for each ledger column that it fills.
    zone : str or None
        For clock times without an offset; the operation's zone where None.
    digest : str
        SHA-256 of the file, so that a run says which mapping it used.
    """

    source: str
    table: Table
    rules: tuple[Rule, ...]
    file: FileShape = field(default_factory=FileShape)
    zone: str | None = None
    filters: tuple[Filter, ...] = ()
    updates: Updates | None = None
    says: str = ""
    path: str = ""
    digest: str = ""

    def rule(self, column: str) -> Rule | None:
        """The rule for a ledger column, or None."""
        return next((rule for rule in self.rules if rule.column == column), None)

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column of the file that the mapping looks at."""
        names = [name for rule in self.rules for name in rule.reads]
        names += [test.column for each in self.filters for test in each.when]
        if self.updates:
            names += [
                *self.updates.order_by,
                *([self.updates.follow] if self.updates.follow else []),
            ]
        return tuple(dict.fromkeys(names))

    @property
    def may_lack(self) -> frozenset[str]:
        """Columns that the file may lack: only optional rules look at them."""
        cases = [case for rule in self.rules for case in rule.alternatives]
        needed = {name for case in cases if not case.optional for name in case.looks_at}
        needed |= {test.column for each in self.filters for test in each.when}
        if self.updates:
            needed |= {*self.updates.order_by, self.updates.follow or ""}
        return frozenset(self.reads) - needed


def built_in_names() -> tuple[str, ...]:
    """Sources whose mapping comes with Andon."""
    folder = resources.files("andon.ledger.adapters")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def built_in(source: str) -> Mapping:
    """The mapping that comes with Andon for ``source``.

    Raises
    ------
    MappingError
        If there is none of that name.
    """
    if source not in built_in_names():
        raise MappingError(
            f"Andon has no ready mapping called '{source}'.",
            found=f"--as {source}",
            todo=f"Use one of: {', '.join(built_in_names())}; or write one: andon map FILE.",
        )
    with resources.as_file(resources.files("andon.ledger.adapters") / f"{source}.yaml") as path:
        return load_mapping(path)


def load_mapping(path: Path | str) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    MappingError
        With file, line, key, what was found and what was expected.
    """
    path = Path(path)
    top = read_marked(path, error=MappingError)
    if not isinstance(top.value, dict):
        raise MappingError(
            "The mapping does not hold keys and values.",
            found=f"{path}, line 1",
            todo="Begin with 'source:'. andon map FILE drafts a whole mapping.",
        )
    keys = top.section(_known("mapping"))
    for needed in ("source", "columns"):
        if needed not in keys:
            raise MappingError(
                f"The mapping does not say '{needed}'.",
                found=f"{path}: {', '.join(keys) or 'nothing'}",
                todo=f"Add '{needed}:'. andon map FILE drafts a whole mapping.",
            )
    table = TABLES[keys["table"].choice(tuple(TABLES))] if "table" in keys else TABLES["contacts"]
    updates = _updates(keys["updates"], table) if "updates" in keys else None
    rules = _rules(keys["columns"], table)
    if updates is not None:
        _check_updates(keys["updates"], updates, rules)
    return Mapping(
        source=_source(keys["source"]),
        table=table,
        rules=rules,
        file=_file(keys["file"]) if "file" in keys else FileShape(),
        zone=_zone(keys["zone"]) if "zone" in keys else None,
        filters=tuple(map(_filter, keys["filters"].items())) if "filters" in keys else (),
        updates=updates,
        says=keys["says"].text() if "says" in keys else "",
        path=str(path),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _known(section: Section) -> tuple[str, ...]:
    return tuple(key.name for key in KEYS if key.section == section)


def _source(marked: Marked) -> str:
    source = marked.text()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", source):
        raise marked.wrong(
            "A source's name has letters, digits, dots and dashes only.", expected="such a name"
        )
    return source


# Columns -----------------------------------------------------------------------------------------


def _rules(marked: Marked, table: Table) -> tuple[Rule, ...]:
    names = tuple(column.name for column in table.mapped if column.name != "source")
    keys = marked.section(names)
    for column in table.mapped:
        if column.required and column.name != "source" and column.name not in keys:
            raise marked.wrong(
                f"The mapping has no rule for '{column.name}', which every row needs.",
                todo=f"Add '{column.name}:' under columns.",
            )
    rules = tuple(_Reader(table, name, each).rule() for name, each in keys.items())
    _check_anchors(rules, keys)
    return rules


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rule of one ledger column."""

    table: Table
    name: str
    marked: Marked

    @property
    def column(self) -> Column:
        """The ledger's column."""
        return next(each for each in self.table.mapped if each.name == self.name)

    def rule(self) -> Rule:
        if not isinstance(self.marked.value, list):
            return self._case(self.marked)
        cases: list[Rule] = []
        for item in self.marked.items():
            if cases and not cases[-1].when:
                raise item.wrong(
                    f"No row gets to this case of '{self.name}': the one before has no 'when'.",
                    todo="Give that one a 'when', or put it last.",
                )
            cases.append(self._case(item))
        if not cases:
            raise self.marked.wrong(f"'{self.name}' has no case.", expected="at least one")
        return Rule(column=self.name, cases=tuple(cases), line=self.marked.line)

    def _case(self, marked: Marked) -> Rule:
        if not isinstance(marked.value, dict):
            return Rule(column=self.name, sources=(marked.text(),), line=marked.line)
        keys = marked.section(_known("rule"))
        given = [key for key in ("from", "constant", "clock") if key in keys]
        if len(given) != 1:
            raise marked.wrong(
                f"The rule for '{self.name}' does not say where its value comes from.",
                expected="exactly one of: from, constant, clock",
            )
        self._check_kinds(keys)
        self._check_instant(marked, keys)
        if "join" in keys and len(keys.get("from", keys["join"]).texts()) < 2:
            raise keys["join"].wrong("'join' joins several columns.", expected="from: [ONE, TWO]")
        return Rule(
            column=self.name,
            sources=_columns(keys["from"]) if "from" in keys else (),
            join=keys["join"].text() if "join" in keys else None,
            constant=self._constant(keys["constant"]) if "constant" in keys else None,
            missing=keys["missing"].texts() if "missing" in keys else (),
            missing_like=_pattern(keys["missing_like"]) if "missing_like" in keys else None,
            values=self._values(keys["values"]) if "values" in keys else (),
            otherwise=_otherwise(keys),
            replace=_replace(keys["replace"]) if "replace" in keys else (),
            unit=keys["unit"].choice(tuple(UNITS_S)) if "unit" in keys else "s",
            decimal=keys["decimal"].choice((".", ",")) if "decimal" in keys else ".",
            formats=_formats(keys["format"], clock="clock" in keys) if "format" in keys else (),
            zone=_zone(keys["zone"]) if "zone" in keys else None,
            date=keys["date"].text() if "date" in keys else None,
            date_formats=_formats(keys["date_format"]) if "date_format" in keys else (),
            clocks=_columns(keys["clock"]) if "clock" in keys else (),
            near=self._anchor(keys["near"]) if "near" in keys else None,
            after=self._anchor(keys["after"]) if "after" in keys else None,
            before=self._anchor(keys["before"]) if "before" in keys else None,
            at_least=keys["at_least"].number() if "at_least" in keys else None,
            at_most=keys["at_most"].number() if "at_most" in keys else None,
            beyond=_beyond(keys),
            pseudonym=keys["pseudonym"].flag() if "pseudonym" in keys else True,
            of=_source(keys["of"]) if "of" in keys else None,
            optional=keys["optional"].flag() if "optional" in keys else False,
            when=_conditions(keys["when"]) if "when" in keys else (),
            line=marked.line,
        )

    def _check_kinds(self, keys: dict[str, Marked]) -> None:
        """Refuse a key that means nothing for this column."""
        added = "after" in keys or "before" in keys
        for key in KEYS:
            if key.section != "rule" or not key.fits or key.name not in keys:
                continue
            called, fits = _KINDS[key.fits]
            if not fits(self.table, self.column) and not (added and key.fits in _ADDED):
                raise keys[key.name].wrong(
                    f"'{key.name}' means nothing for '{self.name}'.",
                    todo=f"Take it out; it is for {called}.",
                )

    def _check_instant(self, marked: Marked, keys: dict[str, Marked]) -> None:
        """Refuse half an instant, or one that is told in two ways."""
        if ("clock" in keys) != ("date" in keys) or ("date_format" in keys and "date" not in keys):
            raise marked.wrong(
                f"The rule for '{self.name}' has half an instant.", expected="date and clock"
            )
        for key in ("near", "after", "before"):
            needs = "clock" if key == "near" else "from"
            if key in keys and needs not in keys:
                raise keys[key].wrong(f"'{key}' goes with '{needs}'.", expected=f"{needs} as well")
        ways = [key for key in ("after", "before", "format", "join", "zone") if key in keys]
        if len(ways) > 1 and ("after" in ways or "before" in ways):
            raise keys[ways[1]].wrong(
                f"'{ways[0]}' and '{ways[1]}' do not go together.", expected="one of the two"
            )

    def _anchor(self, marked: Marked) -> str:
        instants = [each.name for each in self.table.mapped if each.kind == "instant"]
        others = [each for each in instants if each != self.name]
        if marked.text() not in others:
            raise marked.wrong(
                f"'{marked.text()}' is not another instant of the same row.",
                expected=f"one of: {', '.join(others)}",
            )
        return marked.text()

    def _constant(self, marked: Marked) -> str:
        if self.column.one_of:
            return marked.choice(self.column.one_of)
        if self.column.kind in {"int", "float"}:
            if not re.fullmatch(r"[+-]?\d+(\.\d+)?", marked.text()):
                raise marked.wrong(f"'{self.name}' is a number.", expected="a number")
        elif self.column.kind == "bool":
            marked.flag()
        return marked.text()

    def _values(self, marked: Marked) -> tuple[tuple[str, str], ...]:
        pairs = marked.section(())
        return tuple((given, self._constant(said)) for given, said in pairs.items())


def _check_anchors(rules: Sequence[Rule], keys: dict[str, Marked]) -> None:
    """Refuse an instant that hangs on one without a rule, or in a circle on itself."""
    by_name = {rule.column: rule for rule in rules}
    for rule in rules:
        for anchor in rule.anchors:
            if anchor not in by_name:
                raise keys[rule.column].wrong(
                    f"'{rule.column}' hangs on '{anchor}', which has no rule.",
                    todo=f"Add a rule for '{anchor}'.",
                )
        waiting, seen = list(rule.anchors), set[str]()
        while waiting:
            name = waiting.pop()
            if name == rule.column:
                raise keys[rule.column].wrong(
                    f"'{rule.column}' hangs on itself, by way of '{rule.anchors[0]}'.",
                    todo="Let one of the two stand on its own.",
                )
            if name not in seen:
                seen.add(name)
                waiting += by_name[name].anchors


def _columns(marked: Marked) -> tuple[str, ...]:
    names = marked.texts()
    if not names:
        raise marked.wrong(f"'{marked.key}' names no column.", expected="at least one")
    return names


def _formats(marked: Marked, *, clock: bool = False) -> tuple[str, ...]:
    for item in marked.items():
        said = item.text()
        if said in _TIMES and not (clock and said != "iso"):
            continue
        if "%" not in said:
            raise item.wrong(
                f"'{said}' is not a way to write a {'clock time' if clock else 'time'}.",
                expected="iso, or a pattern such as %H:%M:%S"
                if clock
                else f"one of: {', '.join(_TIMES)}; or a pattern such as %d/%m/%Y %H:%M",
            )
        unknown = [each for each in re.findall(r"%-?(.?)", said) if each not in _DIRECTIVES]
        if unknown:
            raise item.wrong(
                f"'%{unknown[0]}' in a time pattern is not known.",
                expected="those of strptime: %Y %m %d %H %M %S %f %p %z and more",
            )
    return marked.texts()


_DIRECTIVES: Final = tuple("aAwuduBbhmyYGHIpMSfgnzZjUWVcxX%")
"""Letters that may follow % in a time pattern."""


def _otherwise(keys: dict[str, Marked]) -> Otherwise:
    said = (
        keys["otherwise"].choice(("quarantine", "missing", "keep")) if "otherwise" in keys else ""
    )
    if said == "missing":
        return "missing"
    return "keep" if said == "keep" else "quarantine"


def _beyond(keys: dict[str, Marked]) -> Beyond:
    said = keys["beyond"].choice(("missing", "quarantine")) if "beyond" in keys else "missing"
    return "quarantine" if said == "quarantine" else "missing"


def _replace(marked: Marked) -> tuple[tuple[str, str], ...]:
    pairs = []
    for item in marked.items():
        keys = item.section(_known("replace"))
        if set(keys) != {"pattern", "with"}:
            raise item.wrong("A replacement has two parts.", expected="pattern and with")
        pattern, replacement = _pattern(keys["pattern"]), keys["with"].text()
        groups = [int(number) for number in re.findall(r"\\(\d)", replacement)]
        if max(groups, default=0) > re.compile(pattern).groups:
            raise keys["with"].wrong(
                f"The pattern has no group {max(groups)}.", expected="groups that are there"
            )
        pairs.append((pattern, replacement))
    return tuple(pairs)


def _pattern(marked: Marked) -> str:
    try:
        re.compile(marked.text())
    except re.error as bad:
        raise marked.wrong(
            f"'{marked.key}' is not a regular expression: {bad}.", expected="one"
        ) from None
    return marked.text()


# Rows --------------------------------------------------------------------------------------------


def _conditions(marked: Marked) -> tuple[Condition, ...]:
    """``{outcome: AGENT}``, ``{outcome: [A, B]}`` or ``{wait: {above: 0}}``; all must hold."""
    conditions = tuple(
        condition
        for column, said in marked.section(()).items()
        for condition in _tests(column, said)
    )
    if not conditions:
        raise marked.wrong(f"'{marked.key}' tests nothing.", expected="a column and a value")
    return conditions


def _tests(column: str, said: Marked) -> Iterator[Condition]:
    if not isinstance(said.value, dict):
        yield Condition(column=column, test="is", values=said.texts())
        return
    for test, value in said.section(_known("test")).items():
        values = value.texts()
        if test == "like":
            values = (_pattern(value),)
        elif test == "missing":
            values = ("true" if value.flag() else "false",)
        elif test in {"below", "above"}:
            values = (repr(value.number()),)
        yield Condition(column=column, test=test, values=values)


def _filter(marked: Marked) -> Filter:
    keys = marked.section(_known("filter"))
    if set(keys) != {"when", "reason"}:
        raise marked.wrong("A filter says which rows, and why.", expected="when and reason")
    return Filter(when=_conditions(keys["when"]), reason=keys["reason"].text())


def _updates(marked: Marked, table: Table) -> Updates:
    keys = marked.section(_known("updates"))
    if "order_by" not in keys:
        raise marked.wrong("Updates need an order.", expected="order_by")
    if "follow" in keys and table.column("previous_contact_id") is None:
        raise keys["follow"].wrong(
            f"Rows of {table.name} do not follow each other.", expected="a mapping of contacts"
        )
    return Updates(
        order_by=_columns(keys["order_by"]),
        keep_first=keys["keep_first"].texts() if "keep_first" in keys else (),
        follow=keys["follow"].text() if "follow" in keys else None,
    )


def _check_updates(marked: Marked, updates: Updates, rules: Sequence[Rule]) -> None:
    keys, named = marked.section(()), [rule.column for rule in rules]
    if "keep_first" in keys:
        for item in keys["keep_first"].items():
            item.choice(named)
    if updates.follow is not None and "previous_contact_id" in named:
        raise keys["follow"].wrong(
            "'follow' fills previous_contact_id, which has a rule as well.",
            todo="Take one of the two out.",
        )


# The file ----------------------------------------------------------------------------------------


def _file(marked: Marked) -> FileShape:
    keys = marked.section(_known("file"))
    return FileShape(
        format=keys["format"].choice(_FORMATS) if "format" in keys else None,
        delimiter=_one_character(keys["delimiter"]) if "delimiter" in keys else None,
        quote=_quote(keys["quote"]) if "quote" in keys else '"',
        encoding=keys["encoding"].text() if "encoding" in keys else None,
        header=keys["header"].flag() if "header" in keys else True,
        header_rows=_count(keys["header_rows"], least=1) if "header_rows" in keys else 1,
        sheet=keys["sheet"].text() if "sheet" in keys else None,
        records=keys["records"].text() if "records" in keys else None,
        skip=_count(keys["skip"], least=0) if "skip" in keys else 0,
    )


def _count(marked: Marked, *, least: int) -> int:
    number = marked.number()
    if number < least or number != int(number):
        raise marked.wrong(
            f"'{marked.key}' counts rows.", expected=f"a whole number from {least} on"
        )
    return int(number)


def _quote(marked: Marked) -> str:
    return "" if marked.said == "" and marked.value == "" else _one_character(marked)


def _one_character(marked: Marked) -> str:
    said = marked.text().replace("\\t", "\t")
    if len(said) != 1 or said in "\r\n":
        raise marked.wrong(f"'{marked.key}' is one character.", expected="one character")
    return said


def _zone(marked: Marked) -> str:
    name = marked.text()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise marked.wrong(
            f"There is no time zone called '{name}'.",
            expected="an IANA name such as Europe/London or Asia/Jerusalem",
        ) from None
    return name
