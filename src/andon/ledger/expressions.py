"""A mapping as SQL: the expressions that turn a file's rows into the ledger's.

The SQL is layered, each layer a subquery of the next, so that every expression is written once:

1. texts, parsed values, and the case of each rule that holds; instants as UTC microseconds;
2. a few layers for each depth of ``near``, ``after`` and ``before``;
3. checks: values that cannot be right are blanked, times put in order;
4. what is kept of a row: ``k_`` its values, ``t_`` its instants, ``_key``, ``_bad``, ``_notes``
   and what quarantine needs.

:func:`ledger_columns` then makes the ledger's columns of these.

``_bad`` is 0, or the position (from 1) in :attr:`RowSql.reasons` of the first check that the row
breaks; ``_notes`` has one bit for each of :attr:`RowSql.notes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Final

from andon.errors import MappingError
from andon.ledger.cells import Cells, settled
from andon.ledger.checks import CHECKS
from andon.ledger.mapping import Mapping, Rule
from andon.ledger.staged import Staged, literal, quoted
from andon.ledger.tables import Column, Table
from andon.ledger.zones import Zone

__all__ = ["DOUBLED", "Reason", "RowSql", "kept", "ledger_columns", "main_instant", "row_sql"]

SLACK_US: Final = 5_000_000
"""Clocks of one system differ by seconds: up to this, a time that comes too early is set equal."""

LONGEST_S: Final = 86_400.0
"""The longest duration taken as possible where the mapping does not say."""

_DAY_US: Final = 86_400_000_000
_ORDERED: Final = ("arrived_at", "queued_at", "answered_at", "ended_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a row goes to quarantine.

    Attributes
    ----------
    check : str
        A name from :data:`andon.ledger.checks.CHECKS`.
    about : str
        The ledger column, or the filter's own reason.
    detail : str
        SQL for what was found, over the file's columns.
    """

    check: str
    about: str
    detail: str


DOUBLED: Final = Reason(
    check="one_row_an_id",
    about="",
    detail="'another row of this run has the same id and other content'",
)
"""What happens to a later row with an id that was there before; only the whole run can tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowSql:
    """A mapping compiled for one staged file.

    Attributes
    ----------
    sql : str
        A SELECT with one row for each row of the file, in the file's order: a value ``k_NAME`` for
        each plain column with a rule (of a value from :attr:`Column.one_of`, its place there) and
        UTC microseconds ``t_NAME`` for each instant; ``_key``, ``_bad``, ``_notes``; and for rows
        that break a check ``_found``, ``_content`` and, where rows and lines do not run together,
        ``_line``.
    reasons : tuple of Reason
        What ``_bad`` counts into, from 1.
    notes : tuple of str
        What the bits of ``_notes`` stand for: ``check:column``.
    """

    sql: str
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]


def main_instant(table: Table) -> str | None:
    """The instant that places a row in time: its first required one."""
    return next(
        (each.name for each in table.columns if each.kind == "instant" and each.required), None
    )


def row_sql(
    mapping: Mapping,
    staged: Staged,
    *,
    zones: Callable[[str], Zone],
    home: str,
    now_us: int,
) -> RowSql:
    """Compile a mapping for one file.

    Parameters
    ----------
    mapping : Mapping
    staged : Staged
    zones : callable
        From a zone's name to its clock changes over the data's range.
    home : str
        The operation's zone: wall times are kept in it, and read in it where the mapping is silent.
    now_us : int
        The time of the run, UTC.

    Raises
    ------
    MappingError
        If the mapping names a column that the file does not have.
    """
    compiler = _Compiler(mapping, staged, zones, home, now_us)
    return compiler.compiled()


def kept(column: Column) -> str:
    """What a kept row calls the value of a ledger column."""
    return f"t_{column.name}" if column.kind == "instant" else f"k_{column.name}"


def ledger_columns(
    mapping: Mapping, *, home: Zone, batch_id: str, keys: MappingOf[str, str]
) -> str:
    """The SELECT list that makes the ledger's columns of kept rows.

    Parameters
    ----------
    mapping : Mapping
    home : Zone
        The operation's zone, in which wall times are kept.
    batch_id : str
        The run's name, written to every row.
    keys : mapping of str to str
        For each column that holds people, the relation joined for it, with columns ``id`` (what
        takes the value's place) and ``key`` (its integer).
    """
    table = mapping.table
    ruled = {rule.column for rule in mapping.rules}
    main = main_instant(table)
    local = home.local_sql(f"t_{main}") if main in ruled else "CAST(NULL AS BIGINT)"
    made = {
        "source": _constant(mapping.source, (mapping.source,)),
        "batch_id": _constant(batch_id, (batch_id,)),
        "contact_key": "CAST(_key >> 1 AS BIGINT)",
        "local_arrived_at": f"make_timestamp({local})",
        "local_arrived_us": local,
    }
    made |= {name: f"{relation}.id" for name, relation in keys.items()}
    if "customer_id" in keys:
        made["customer_key"] = f"{keys['customer_id']}.key"
    for column in table.columns:
        name = column.name
        if name not in ruled or name in made:
            continue
        if column.kind == "instant":
            made[name] = f"make_timestamptz(t_{name})"
            made[name.removesuffix("_at") + "_us"] = f"t_{name}"
        elif column.one_of:
            whens = " ".join(
                f"WHEN {i} THEN {_constant(value, column.one_of)}"
                for i, value in enumerate(column.one_of)
            )
            made[name] = f"CASE k_{name} {whens} END"
        else:
            made[name] = _id_sql(mapping) if name == table.key else f"k_{name}"
    return ", ".join(
        f"{made.get(column.name, f'CAST(NULL AS {_SQL_TYPES[column.kind]})')} "
        f"AS {quoted(column.name)}"
        for column in table.columns
    )


def _constant(value: str, values: Sequence[str]) -> str:
    """One of a few texts as SQL: the engine writes an enumeration without looking at each row."""
    return f"CAST({literal(value)} AS ENUM ({', '.join(map(literal, values))}))"


def _id_sql(mapping: Mapping) -> str:
    """The row's id with its source in front."""
    return f"{literal(mapping.source + ':')} || k_{mapping.table.key}"


class _Compiler:
    """Builds the layers for one mapping and one file."""

    def __init__(
        self,
        mapping: Mapping,
        staged: Staged,
        zones: Callable[[str], Zone],
        home: str,
        now_us: int,
    ) -> None:
        self.mapping = mapping
        self.table = mapping.table
        self.staged = staged
        self.cells = Cells(staged, mapping)
        self.zones = zones
        self.home = home
        self.now_us = now_us
        self.broken: list[tuple[Reason, str]] = []
        self.noted: list[tuple[str, str]] = []
        self.rules = {rule.column: rule for rule in mapping.rules}
        self.main = main_instant(self.table)
        _refuse_missing_columns(mapping, staged)

    def compiled(self) -> RowSql:
        sql = self._values()
        for depth in range(1 + max(map(self._depth, self.rules), default=0)):
            sql = self._instants(sql, depth)
        checked = self._checked(sql)
        order = [check.name for check in CHECKS]
        self.broken.sort(key=lambda each: order.index(each[0].check))
        return RowSql(
            sql=self._kept(checked),
            reasons=tuple(reason for reason, _ in self.broken),
            notes=tuple(note for note, _ in self.noted),
        )

    # Layer 1: values ----------------------------------------------------------------------------

    def _values(self) -> str:
        """Texts, then what each case of a rule makes of them, then the case that holds."""
        texts = [f"{name} AS {quoted('_raw_' + name)}" for name in self.staged.raw_columns]
        if self.staged.line_column:
            texts.append(f"{self.staged.line_column} AS _line")
        updates = self.mapping.updates
        for i, name in enumerate(updates.order_by if updates else ()):
            text = self.cells.plain(name)
            texts += [f"TRY_CAST({text} AS DOUBLE) AS _order{i}", f"{text} AS _said{i}"]
        if updates and updates.follow:
            texts.append(f"{self.cells.plain(updates.follow)} AS _thread")
        for i, each in enumerate(self.mapping.filters):
            texts.append(f"{self.cells.all_hold(each.when)} AS _filter{i}")
        parsed, chosen = ["*"], ["*"]
        for name, rule in self.rules.items():
            if _has_choice(rule):
                texts.append(f"{self._which(rule)} AS w_{name}")
            for i, case in enumerate(rule.alternatives):
                texts += self._texts(self._column(name), case, i)
                parsed += self._parsed(self._column(name), case, i)
            chosen += self._chosen(self._column(name), rule)
        sql = f"SELECT {', '.join(texts)} FROM {self.staged.relation}"
        for columns in (parsed, chosen):
            sql = f"SELECT {', '.join(columns)} FROM ({sql})"
        return sql

    def _which(self, rule: Rule) -> str:
        """The number of the first case whose conditions hold."""
        whens = [
            f"WHEN {self.cells.all_hold(case.when)} THEN {i}"
            for i, case in enumerate(rule.alternatives)
        ]
        return f"CASE {' '.join(whens)} END"

    def _texts(self, column: Column, case: Rule, i: int) -> list[str]:
        """``r`` what a case says, beside ``date`` or the parts ``p`` of a duration."""
        end = f"_{column.name}_{i}"
        if _is_shift(case):
            parts = [self.cells.clean(name, case) for name in case.sources]
            said = f"nullif(concat_ws(' and ', {', '.join(parts)}), '') AS r{end}"
            return [said, *(f"{part} AS p{end}_{j}" for j, part in enumerate(parts))]
        texts = [f"{self.cells.said(column, case)} AS r{end}"]
        if case.date:
            texts.append(f"{self.cells.plain(case.date)} AS date{end}")
        return texts

    def _parsed(self, column: Column, case: Rule, i: int) -> list[str]:
        """``v`` a value, or of an instant ``l`` its wall time, ``o`` its UTC, ``s`` its shift."""
        end = f"_{column.name}_{i}"
        if column.kind != "instant":
            return [f"{self.cells.value(column, case, f'r{end}')} AS v{end}"]
        nothing = "CAST(NULL AS BIGINT)"
        if _is_shift(case):
            parts = []
            for j in range(len(case.sources)):
                part = f"p{end}_{j}"
                shift = self.cells.shift_us(case, part)
                parts.append(f"CASE WHEN {part} IS NULL THEN 0.0 ELSE {shift} END")
            return [
                f"{nothing} AS l{end}",
                f"{nothing} AS o{end}",
                f"CASE WHEN r{end} IS NOT NULL THEN {' + '.join(parts)} END AS s{end}",
            ]
        wall = self.cells.wall_us(column, case, f"r{end}", f"date{end}")
        utc = self.cells.utc_us(column, case, f"r{end}")
        return [f"{wall or nothing} AS l{end}", f"{utc or nothing} AS o{end}", f"0.0 AS s{end}"]

    def _chosen(self, column: Column, rule: Rule) -> list[str]:
        """What the case that holds makes of the row: ``g`` is what was given, as it was read."""
        name = column.name
        given = f"{_case_of(rule, 'r')} AS g_{name}"
        if column.kind != "instant":
            return [given, f"{settled(column, _case_of(rule, 'v'))} AS v_{name}"]
        chosen = [
            given,
            f"{settled(column, _case_of(rule, 'l'))} AS n_{name}",
            f"{settled(column, _case_of(rule, 'o'))} AS o_{name}",
        ]
        if any(map(_is_shift, rule.alternatives)):
            chosen.append(f"{settled(column, _case_of(rule, 's'), shift=True)} AS s_{name}")
        return chosen

    # Layer 2: instants --------------------------------------------------------------------------

    def _instants(self, sql: str, depth: int) -> str:
        """``l`` wall times on the day they belong to, then ``u`` UTC, of one depth of anchors."""
        days, walls, utcs = ["*"], ["*"], ["*"]
        for name, rule in self.rules.items():
            if self._column(name).kind != "instant" or self._depth(name) != depth:
                continue
            wall = f"n_{name}"
            near = next((case.near for case in rule.alternatives if case.near), None)
            if near is not None:
                days.append(f"{self._by_case(rule, self._day)} AS d_{name}")
                wall = f"n_{name} + coalesce(d_{name}, 0) * {_DAY_US}"
            walls.append(f"{wall} AS l_{name}")
            utcs.append(f"{self._by_case(rule, self._utc)} AS u_{name}")
        for columns in (days, walls, utcs):
            if len(columns) > 1:
                sql = f"SELECT {', '.join(columns)} FROM ({sql})"
        return sql

    def _day(self, rule: Rule, case: Rule) -> str:
        """How many days lie between a clock time's date and the instant that it is to lie near."""
        if case.near is None:
            return "0"
        anchor = self._zone(case).local_sql(f"u_{case.near}")
        return f"CAST(round((({anchor}) - n_{rule.column}) / {_DAY_US}.0) AS BIGINT)"

    def _utc(self, rule: Rule, case: Rule) -> str:
        name = rule.column
        if case.after:
            return f"u_{case.after} + s_{name}"
        if case.before:
            return f"u_{case.before} - s_{name}"
        return f"coalesce(o_{name}, {self._zone(case).utc_sql(f'l_{name}')})"

    def _depth(self, name: str) -> int:
        """How many instants must be known, one after the other, before this one."""
        return max((1 + self._depth(each) for each in self.rules[name].anchors), default=0)

    # Layer 3: checks ----------------------------------------------------------------------------

    def _checked(self, sql: str) -> str:
        columns = ["*"]
        for i, each in enumerate(self.mapping.filters):
            self._quarantine("filter", each.reason, f"_filter{i}", literal(each.reason))
        for name, rule in self.rules.items():
            column = self._column(name)
            if column.kind == "instant":
                columns.append(self._check_instant(column, rule))
            else:
                columns.append(self._check_value(column, rule))
        for column in self.table.mapped:
            if column.required and column.name != "source":
                self._check_required(column)
        if "customer_id" in self.rules:
            self._note("customer_known", "customer_id", "k_customer_id IS NULL")
        return self._in_order(f"SELECT {', '.join(columns)} FROM ({sql})")

    def _check_required(self, column: Column) -> None:
        name = column.name
        missing = literal(f"{name} is missing")
        if name == self.table.key:
            self._quarantine("id_present", name, f"k_{name} IS NULL", missing)
        elif column.kind != "instant":
            unreadable = [c for reason, c in self.broken if reason.about == name]
            absent = " AND ".join(
                [f"k_{name} IS NULL", *(f"NOT coalesce({each}, false)" for each in unreadable)]
            )
            self._quarantine("required_present", name, absent, missing)
        else:
            unanchored = self._where(self.rules[name], _is_shift, f"u_{name} IS NULL")
            absent = f"g_{name} IS NULL OR {unanchored}"
            self._quarantine("required_present", name, absent, missing)

    def _check_instant(self, column: Column, rule: Rule) -> str:
        name, shown = column.name, self._shown(column.name)
        unread = f"g_{name} IS NOT NULL AND u_{name} IS NULL"
        is_time = self._where(rule, lambda case: not _is_shift(case), unread)
        self._quarantine("is_a_time", name, is_time, shown)
        unread = f"g_{name} IS NOT NULL AND s_{name} IS NULL"
        self._quarantine("is_a_number", name, self._where(rule, _is_shift, unread), shown)
        late = f"u_{name} > {self.now_us + _DAY_US}"
        if column.required:
            self._quarantine("not_in_future", name, late, shown)
        else:
            self._note("known_by_now", name, late)
        if name == self.main:
            self._quarantine("after_1970", name, f"u_{name} < 0", shown)
            told = f"o_{name} IS NULL"
            never = self._by_case(rule, lambda _, case: self._hands(case, "never"))
            self._quarantine("time_existed", name, _both(told, never), shown)
            twice = self._by_case(rule, lambda _, case: self._hands(case, "twice"))
            self._note("time_was_once", name, _both(told, twice))
        if column.required:
            return f"u_{name} AS k_{name}"
        return f"CASE WHEN u_{name} <= {self.now_us + _DAY_US} THEN u_{name} END AS k_{name}"

    def _hands(self, case: Rule, when: str) -> str:
        """Whether the clock on the wall never showed a case's time, or showed it twice."""
        if _is_shift(case):
            return "false"
        zone, wall = self._zone(case), f"l_{case.column}"
        return zone.never_sql(wall) if when == "never" else zone.twice_sql(wall)

    def _check_value(self, column: Column, rule: Rule) -> str:
        name, shown = column.name, self._shown(column.name)
        unread = f"g_{name} IS NOT NULL AND v_{name} IS NULL"
        is_text = column.kind == "string"
        listed = self._where(
            rule, lambda case: case.otherwise == "quarantine" and bool(case.values), unread
        )
        self._quarantine("known_value", name, listed, shown)
        unlisted = self._where(
            rule,
            lambda case: not case.values and not (is_text and case.otherwise == "missing"),
            unread,
        )
        kept = self._where(
            rule, lambda case: case.otherwise == "keep" and bool(case.values), unread
        )
        for condition in (unlisted, kept):
            check = "known_value" if column.kind in {"string", "bool"} else "is_a_number"
            if not is_text or column.one_of:
                self._quarantine(check, name, condition, shown)
        if column.kind not in {"int", "float"}:
            return f"v_{name} AS k_{name}"
        return self._check_range(column, rule)

    def _check_range(self, column: Column, rule: Rule) -> str:
        """Values out of range go to quarantine, or are blanked."""
        name, seconds = column.name, column.unit == "s"
        least = self._by_case(rule, lambda _, case: _limit(case.at_least, 0.0 if seconds else None))
        most = self._by_case(
            rule, lambda _, case: _limit(case.at_most, LONGEST_S if seconds else None)
        )
        low = f"v_{name} < {least}" if least != "NULL" else "false"
        high = f"v_{name} > {most}" if most != "NULL" else "false"
        if low == high == "false":
            return f"v_{name} AS k_{name}"
        beyond = f"({low} OR {high})"
        strict = self._where(rule, lambda case: case.beyond == "quarantine", beyond)
        self._quarantine("in_range", name, strict, self._shown(name))

        def lenient(condition: str) -> str:
            return self._where(rule, lambda case: case.beyond == "missing", condition)

        if seconds:
            self._note("duration_plausible", name, lenient(high))
            self._note("duration_not_negative", name, lenient(low))
        else:
            self._note("number_plausible", name, lenient(beyond))
        if lenient(beyond) == beyond and {least, most}.isdisjoint({"NULL"}):
            return f"CASE WHEN v_{name} BETWEEN {least} AND {most} THEN v_{name} END AS k_{name}"
        return _unless(lenient(beyond), f"v_{name}", name)

    def _in_order(self, sql: str) -> str:
        """Put the instants of a contact in order; what comes far too early is blanked."""
        named = [name for name in self.rules if self._column(name).kind == "instant"]
        if self.table.name != "contacts":
            instants = [f"k_{name} AS t_{name}" for name in named]
            return f"SELECT {', '.join(['*', *instants])} FROM ({sql})"
        before: list[str] = []
        for name in (each for each in _ORDERED if each in named):
            value = f"k_{name}"
            if before:
                floor = f"coalesce({', '.join(reversed(before))})"
                early = f"k_{name} < {floor} - {SLACK_US}"
                self._note("times_in_order", name, early)
                value = f"CASE WHEN NOT ({early}) THEN greatest(k_{name}, {floor}) END"
            sql = f"SELECT *, {value} AS t_{name} FROM ({sql})"
            before.append(f"t_{name}")
        return sql

    # Layer 4: what is kept ----------------------------------------------------------------------

    def _kept(self, sql: str) -> str:
        bad = " ".join(f"WHEN {condition} THEN {i}" for i, (_, condition) in _numbered(self.broken))
        notes = " + ".join(
            f"CASE WHEN {condition} THEN {1 << i} ELSE 0 END"
            for i, (_, condition) in enumerate(self.noted)
        )
        judged = (
            f"SELECT *, CAST({f'CASE {bad} ELSE 0 END' if bad else '0'} AS SMALLINT) AS _bad, "
            f"CAST({notes or '0'} AS BIGINT) AS _notes FROM ({sql})"
        )
        # What quarantine needs is made for the few rows that go there, and for no others.
        found = " ".join(
            f"WHEN {i} THEN {reason.detail}" for i, (reason, _) in _numbered(self.broken)
        )
        content = self.staged.content_sql(prefix="_raw_")
        updates = self.mapping.updates
        columns = [
            *(kept(self._column(name)) for name in self.rules),
            *(f"_order{i}, _said{i}" for i in range(len(updates.order_by) if updates else 0)),
            *(["_thread"] if updates and updates.follow else []),
            f"hash({_id_sql(self.mapping)}) AS _key",
            "_bad",
            "_notes",
            f"CASE _bad {found or 'WHEN -1 THEN NULL'} END AS _found",
            f"CASE WHEN _bad <> 0 THEN {content} END AS _content",
            *(["_line"] if self.staged.line_column else []),
        ]
        return f"SELECT {', '.join(columns)} FROM ({judged})"

    # Rules and their cases ----------------------------------------------------------------------

    def _by_case(self, rule: Rule, made: Callable[[Rule, Rule], str]) -> str:
        """What is made of each case, chosen by the case that holds."""
        each = [made(rule, case) for case in rule.alternatives]
        if len(set(each)) == 1:
            return each[0]
        whens = " ".join(f"WHEN {i} THEN {sql}" for i, sql in enumerate(each))
        return f"CASE w_{rule.column} {whens} END"

    def _where(self, rule: Rule, chosen: Callable[[Rule], bool], condition: str) -> str:
        """The condition, for rows whose case is one of the chosen; never for others."""
        numbers = [str(i) for i, case in enumerate(rule.alternatives) if chosen(case)]
        if not numbers or condition == "false":
            return "false"
        if len(numbers) == len(rule.alternatives):
            return condition
        return f"w_{rule.column} IN ({', '.join(numbers)}) AND ({condition})"

    def _column(self, name: str) -> Column:
        column = self.table.column(name)
        if column is None:
            raise MappingError(f"The ledger's {self.table.name} have no column '{name}'.")
        return column

    def _zone(self, case: Rule) -> Zone:
        return self.zones(case.zone or self.mapping.zone or self.home)

    def _shown(self, name: str) -> str:
        return f"{literal(name + ': ')} || coalesce(CAST(g_{name} AS VARCHAR), 'nothing')"

    def _quarantine(self, check: str, about: str, condition: str, detail: str) -> None:
        if condition != "false":
            self.broken.append((Reason(check=check, about=about, detail=detail), condition))

    def _note(self, check: str, about: str, condition: str) -> None:
        if condition != "false":
            self.noted.append((f"{check}:{about}", condition))


_SQL_TYPES: Final = {
    "string": "VARCHAR",
    "int": "BIGINT",
    "key": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "instant": "TIMESTAMPTZ",
    "local": "TIMESTAMP",
}


def _has_choice(rule: Rule) -> bool:
    """Whether the row decides which case holds, or whether any does."""
    return len(rule.alternatives) > 1 or bool(rule.alternatives[0].when)


def _case_of(rule: Rule, part: str) -> str:
    """One part, by its letter, of the case that holds."""
    cases = rule.alternatives
    if not _has_choice(rule):
        return f"{part}_{rule.column}_0"
    whens = " ".join(f"WHEN {i} THEN {part}_{rule.column}_{i}" for i in range(len(cases)))
    return f"CASE w_{rule.column} {whens} END"


def _is_shift(case: Rule) -> bool:
    """Whether a case is so much after or before another instant."""
    return bool(case.after or case.before)


def _limit(said: float | None, otherwise: float | None) -> str:
    limit = otherwise if said is None else said
    return "NULL" if limit is None else repr(limit)


def _both(one: str, other: str) -> str:
    return "false" if other == "false" else f"{one} AND {other}"


def _unless(condition: str, value: str, name: str) -> str:
    """The value, or nothing where the condition holds."""
    if condition == "false":
        return f"{value} AS k_{name}"
    return f"CASE WHEN NOT coalesce({condition}, false) THEN {value} END AS k_{name}"


def _numbered(broken: Sequence[tuple[Reason, str]]) -> Sequence[tuple[int, tuple[Reason, str]]]:
    return list(enumerate(broken, start=1))


def _refuse_missing_columns(mapping: Mapping, staged: Staged) -> None:
    may_lack = mapping.may_lack
    missing = [n for n in mapping.reads if n not in staged.columns and n not in may_lack]
    if not missing:
        return
    named = ", ".join(f"'{name}'" for name in missing[:5])
    found = ", ".join(list(staged.columns)[:20])
    only = len(staged.columns) == 1
    raise MappingError(
        f"The file has no column {named}, which the mapping reads.",
        found=f"{staged.name}: {found}",
        todo="The delimiter may be another: say file: {delimiter: ';'} in the mapping."
        if only
        else f"Mend the mapping {mapping.path}: andon map drafts one for this file. A column that "
        "is not always there is 'optional: true'.",
    )
