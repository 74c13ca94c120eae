"""A file's cells as SQL: one value read from text, or from what the file has typed already.

Each expression is null where the file says nothing, and where what it says cannot be read. What is
read is brought into its range by :func:`settled`, one layer later, so that it is written once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from andon.ledger.mapping import LINKS, UNITS_S, Condition, Mapping, Rule
from andon.ledger.staged import Staged, literal
from andon.ledger.tables import Column

__all__ = ["Cells", "settled"]

_FLOATS: Final = ("FLOAT", "DOUBLE")
_NUMBERS: Final = (
    *_FLOATS,
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "DECIMAL",
)
_ZONED: Final = "TIMESTAMP WITH TIME ZONE"
_EPOCHS: Final = {"epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0}
_DAY_US: Final = 86_400_000_000
_YEARS_1_TO_9999_US: Final = (-62_135_596_800_000_000, 253_402_300_799_999_999)
_LONGEST_US: Final = 10**17
"""Three thousand years: no duration that is added to an instant is longer."""
_CLOCK: Final = r"\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?"
_DURATION: Final = r"-?(\d{1,9}:)?[0-5]?\d:[0-5]?\d(\.\d+)?"


class Cells:
    """The cells of one staged file, as a mapping reads them.

    Parameters
    ----------
    staged : Staged
    mapping : Mapping
    """

    def __init__(self, staged: Staged, mapping: Mapping) -> None:
        self.staged = staged
        self.mapping = mapping

    def probes(self) -> Iterator[tuple[Rule, str]]:
        """For each pattern and time format, SQL that fails if the engine cannot use it."""
        for rule in self.mapping.rules:
            for case in rule.alternatives:
                patterns = [test.values[0] for test in case.when if test.test == "like"]
                patterns += [case.missing_like] if case.missing_like is not None else []
                for pattern in patterns:
                    yield case, f"regexp_matches('', {literal(pattern)})"
                for pattern, replacement in case.replace:
                    yield case, f"regexp_replace('', {literal(pattern)}, {literal(replacement)})"
                for each in (*case.formats, *case.date_formats):
                    if "%" in each:
                        yield case, f"try_strptime('', {literal(each)})"

    # Texts ------------------------------------------------------------------------------------

    def plain(self, name: str) -> str:
        """A column as text, trimmed; null where it is empty, or where the file lacks it."""
        column, kind = self._typed(name)
        if kind == "VARCHAR":
            return _trimmed(column)
        if kind in _FLOATS:  # whole numbers beside missing ones are often kept as 123.0
            whole = f"CAST(CAST({column} AS BIGINT) AS VARCHAR)"
            return (
                f"CASE WHEN isnan({column}) THEN NULL WHEN {column} = trunc({column}) "
                f"AND abs({column}) < 1e15 THEN {whole} ELSE CAST({column} AS VARCHAR) END"
            )
        return f"CAST({column} AS VARCHAR)"

    def said(self, column: Column, case: Rule) -> str:
        """What the file says for a case of a rule, or null where it says nothing.

        A column that the file has typed already is passed through as it is, if it stands alone.
        """
        if case.constant is not None:
            return literal(case.constant)
        if self.kind(column, case) != "VARCHAR":
            name, kind = self._typed(case.sources[0])
            return f"CASE WHEN NOT isnan({name}) THEN {name} END" if kind in _FLOATS else name
        texts = [self.clean(name, case) for name in case.clocks or case.sources]
        if case.join is not None:
            return f" || {literal(case.join)} || ".join(texts)
        return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"

    def clean(self, name: str, case: Rule) -> str:
        """A column as text, after replacements, and null where it stands for nothing."""
        text = self.plain(name)
        for pattern, replacement in case.replace:
            text = f"regexp_replace({text}, {literal(pattern)}, {literal(replacement)}, 'g')"
        if case.replace:
            text = f"nullif(trim({text}), '')"
        if case.missing:
            gone = ", ".join(map(literal, case.missing))
            text = f"CASE WHEN {text} NOT IN ({gone}) THEN {text} END"
        if case.missing_like is not None:
            pattern = literal(case.missing_like)
            text = f"CASE WHEN NOT regexp_full_match({text}, {pattern}) THEN {text} END"
        return text

    def kind(self, column: Column, case: Rule) -> str:
        """The type of :meth:`said`: text, unless one typed column is passed through."""
        changed = case.missing or case.missing_like or case.replace or case.values or case.join
        keeps = column.kind in {"instant", "int", "float"} and not (case.after or case.before)
        if len(case.sources) != 1 or changed or not keeps:
            return "VARCHAR"
        return self._typed(case.sources[0])[1]

    def _typed(self, name: str) -> tuple[str, str]:
        return self.staged.columns.get(name, ("CAST(NULL AS VARCHAR)", "VARCHAR"))

    # Conditions -------------------------------------------------------------------------------

    def all_hold(self, conditions: Sequence[Condition]) -> str:
        """Whether every condition holds; never null."""
        tests = " AND ".join(self._holds(each) for each in conditions)
        return f"({tests})" if tests else "true"

    def _holds(self, condition: Condition) -> str:
        text = self.plain(condition.column)
        listed = ", ".join(map(literal, condition.values))
        value = condition.values[0]
        tests = {
            "is": f"coalesce({text} IN ({listed}), false)",
            "not": f"coalesce({text} NOT IN ({listed}), true)",
            "missing": f"{text} IS {'NULL' if value == 'true' else 'NOT NULL'}",
            "below": f"coalesce(TRY_CAST({text} AS DOUBLE) < {value}, false)",
            "above": f"coalesce(TRY_CAST({text} AS DOUBLE) > {value}, false)",
            "like": f"coalesce(regexp_matches({text}, {literal(value)}), false)",
        }
        return tests[condition.test]

    # Values -----------------------------------------------------------------------------------

    def value(self, column: Column, case: Rule, text: str) -> str:
        """A value that is no instant, from what was said; one of a list as its place in it."""
        if column.one_of:
            return _code(column, case, text)
        if case.values:
            whens = " ".join(f"WHEN {literal(a)} THEN {literal(b)}" for a, b in case.values)
            text = f"CASE {text} {whens} {f'ELSE {text}' if case.otherwise == 'keep' else ''} END"
        if column.kind == "string":
            if column.name in LINKS and column.name != self.mapping.table.key:
                return f"{literal((case.of or self.mapping.source) + ':')} || {text}"
            return text
        if column.kind == "bool":
            return (
                f"CASE WHEN lower({text}) IN ('true', 't', 'yes', 'y', '1') THEN true "
                f"WHEN lower({text}) IN ('false', 'f', 'no', 'n', '0') THEN false END"
            )
        number = self._number(case, text, self.kind(column, case))
        scale = UNITS_S[case.unit] if column.unit == "s" else 1.0
        return number if scale == 1.0 else f"{number} * {scale!r}"

    def _number(self, case: Rule, text: str, kind: str) -> str:
        if kind.startswith(_NUMBERS):
            return f"CAST({text} AS DOUBLE)"
        if case.unit == "clock":
            return _clock_s(text)
        if case.decimal == ",":
            text = f"replace(replace({text}, '.', ''), ',', '.')"
        return f"TRY_CAST({text} AS DOUBLE)"

    # Instants ---------------------------------------------------------------------------------

    def shift_us(self, case: Rule, text: str) -> str:
        """Microseconds, as a fraction, of a duration that ``after`` or ``before`` goes by."""
        return f"{self._number(case, text, 'VARCHAR')} * {UNITS_S[case.unit] * 1e6!r}"

    def wall_us(self, column: Column, case: Rule, text: str, date: str) -> str | None:
        """Wall-clock microseconds of a time without an offset; of a clock time, on its ``date``."""
        if case.clocks:
            stamp = _stamp(date, case.date_formats or ("iso",), date_only=True)
            day = f"epoch_us(date_trunc('day', {stamp}))"
            return f"{day} + {_clock_us(text, case.formats)}"
        kind = self.kind(column, case)
        if kind == _ZONED:
            return None
        if kind.startswith("TIMESTAMP") or kind == "DATE":
            return f"epoch_us(CAST({text} AS TIMESTAMP))"
        formats = [each for each in case.formats or ("iso",) if not _tells_utc(each)]
        if not formats:
            return None
        if kind != "VARCHAR":
            text = f"CAST({text} AS VARCHAR)"
        return f"epoch_us({_stamp(text, formats)})"

    def utc_us(self, column: Column, case: Rule, text: str) -> str | None:
        """UTC microseconds of a time that has an offset, or counts from 1970."""
        if case.clocks:
            return None
        kind = self.kind(column, case)
        if kind == _ZONED:
            return f"epoch_us({text})"
        ways = [
            way
            for each in case.formats or ("iso",)
            if (way := self._utc_way(case, text, kind, each))
        ]
        if not ways:
            return None
        return ways[0] if len(ways) == 1 else f"coalesce({', '.join(ways)})"

    def _utc_way(self, case: Rule, text: str, kind: str, each: str) -> str | None:
        """UTC microseconds by one format, or None if that format never tells them."""
        if each in _EPOCHS:
            return (
                f"TRY_CAST(round({self._number(case, text, kind)} * {_EPOCHS[each]!r}) AS BIGINT)"
            )
        if kind != "VARCHAR":
            return None
        if each == "iso":
            instant = f"epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))"
            return f"CASE WHEN {_has_offset(text)} THEN {instant} END"
        if _tells_utc(each):
            return f"epoch_us(try_strptime({text}, {literal(each)}))"
        return None


def settled(column: Column, name: str, *, shift: bool = False) -> str:
    """What was read, named by ``name``, within the range that later steps can hold; else null.

    ``shift`` says that it is what :meth:`Cells.shift_us` reads, and not an instant.
    """
    if shift:
        return f"CASE WHEN abs({name}) < {_LONGEST_US} THEN CAST(round({name}) AS BIGINT) END"
    if column.kind == "instant":
        low, high = _YEARS_1_TO_9999_US
        return f"CASE WHEN {name} BETWEEN {low} AND {high} THEN {name} END"
    if column.kind == "float":
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    if column.kind == "int":
        return f"CASE WHEN {name} = trunc({name}) THEN TRY_CAST({name} AS BIGINT) END"
    return name


def _code(column: Column, case: Rule, text: str) -> str:
    """The place in :attr:`Column.one_of` of what was said, from 0."""
    said = dict(case.values)
    if not said or case.otherwise == "keep":
        said = {**{name: name for name in column.one_of}, **said}
    whens = " ".join(
        f"WHEN {literal(a)} THEN CAST({column.one_of.index(b)} AS UTINYINT)"
        for a, b in said.items()
    )
    return f"CASE {text} {whens} END"


def _trimmed(text: str) -> str:
    """A text without spaces around it; null where nothing is left.

    Trimming looks at every character, and takes longer than reading the file. Nearly all texts
    are ASCII, and neither begin with a space nor end with one: they are told cheaply.
    """
    return (
        f"CASE WHEN {text} >= '!' AND NOT ends_with({text}, ' ') "
        f"AND strlen({text}) = length({text}) THEN {text} ELSE nullif(trim({text}), '') END"
    )


def _tells_utc(each: str) -> bool:
    """Whether a format counts from 1970 or holds an offset."""
    return each in _EPOCHS or "%z" in each or "%Z" in each


def _stamp(text: str, formats: Sequence[str], *, date_only: bool = False) -> str:
    """A wall-clock timestamp by the first format that fits; ISO times with an offset do not."""
    patterns = [each for each in formats if each != "iso"]
    ways = []
    if "iso" in formats:
        iso = f"TRY_CAST({text} AS TIMESTAMP)"
        alone = date_only or not patterns
        ways.append(iso if alone else f"CASE WHEN NOT {_has_offset(text)} THEN {iso} END")
    if patterns:
        ways.append(f"try_strptime({text}, [{', '.join(map(literal, patterns))}])")
    return ways[0] if len(ways) == 1 else f"coalesce({', '.join(ways)})"


def _clock_us(text: str, formats: Sequence[str]) -> str:
    """Microseconds since midnight of a clock time.

    The engine would read ``9:05 PM`` and ``9:05+02`` as 9:05, so the shape is looked at first.
    """
    ways = []
    if "iso" in (formats or ("iso",)):
        shaped = f"regexp_full_match({text}, {literal(_CLOCK)})"
        ways.append(f"CASE WHEN {shaped} THEN epoch_us(TRY_CAST({text} AS TIME)) END")
    patterns = [each for each in formats if each != "iso"]
    if patterns:
        stamp = f"epoch_us(try_strptime({text}, [{', '.join(map(literal, patterns))}]))"
        ways.append(f"(({stamp} % {_DAY_US}) + {_DAY_US}) % {_DAY_US}")
    return ways[0] if len(ways) == 1 else f"coalesce({', '.join(ways)})"


def _clock_s(text: str) -> str:
    """Seconds of ``1:02:03``, ``02:03`` (minutes and seconds), either with a fraction or a sign."""
    parts = f"string_split(ltrim({text}, '-'), ':')"
    size = (
        f"CASE WHEN len({parts}) = 3 THEN CAST({parts}[1] AS DOUBLE) * 3600 "
        f"+ CAST({parts}[2] AS DOUBLE) * 60 + CAST({parts}[3] AS DOUBLE) "
        f"ELSE CAST({parts}[1] AS DOUBLE) * 60 + CAST({parts}[2] AS DOUBLE) END"
    )
    signed = f"CASE WHEN starts_with({text}, '-') THEN -1 ELSE 1 END * ({size})"
    return f"CASE WHEN regexp_full_match({text}, {literal(_DURATION)}) THEN {signed} END"


def _has_offset(text: str) -> str:
    """Whether an ISO time ends in Z, UTC or an offset such as +02:00.

    The plain ``2024-05-06 07:08:09`` is told first and cheaply: nearly all times look like it.
    """
    return (
        f"CASE WHEN strlen({text}) = 19 AND substr({text}, 17, 1) = ':' THEN false "
        f"ELSE regexp_matches(substr({text}, 12), '[^0-9:.]') END"
    )
