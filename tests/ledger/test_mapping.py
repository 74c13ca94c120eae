"""Mapping files: every key is checked, and an error names file, line, key, found and expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import MappingError
from andon.ledger.mapping import (
    KEYS,
    UNITS_S,
    Condition,
    built_in,
    built_in_names,
    load_mapping,
)
from andon.ledger.tables import TABLES
from ingesting import LEAST, mapping_of, with_columns


def test_the_least_mapping_is_read(tmp_path: Path) -> None:
    mapping = mapping_of(tmp_path, LEAST)
    assert (mapping.source, mapping.table.name) == ("phone", "contacts")
    assert mapping.reads == ("id", "at")
    assert mapping.rule("queue") is None
    assert len(mapping.digest) == 64


def test_every_part_of_a_rule_is_read(tmp_path: Path) -> None:
    mapping = mapping_of(
        tmp_path,
        with_columns("""
            contact_id: {from: [line, call], join: "-"}
            customer_id: {from: caller, missing: ["0", NULL], pseudonym: false}
            queue:
              from: skill
              replace: [{pattern: "^x-", with: ""}]
              values: {a: Loans, "1": Cards}
              otherwise: keep
            arrived_at: {date: day, date_format: "%y%m%d", clock: [t1, t2], zone: Asia/Tokyo}
            answered_at: {date: day, clock: t3, format: "%I:%M %p", near: arrived_at}
            ended_at: {after: answered_at, from: [talk, hold], unit: clock}
            talk_s:
              {from: talk, unit: min, decimal: ",", at_least: 1, at_most: 2, beyond: quarantine}
            previous_contact_id: {from: parent, of: email, missing_like: "0+"}
            text: {from: subject, optional: true}
        """),
    )
    rules = {rule.column: rule for rule in mapping.rules}
    assert (rules["contact_id"].sources, rules["contact_id"].join) == (("line", "call"), "-")
    assert rules["customer_id"].missing == ("0", "NULL")
    assert rules["customer_id"].pseudonym is False
    assert rules["queue"].replace == (("^x-", ""),)
    assert rules["queue"].values == (("a", "Loans"), ("1", "Cards"))
    assert rules["queue"].otherwise == "keep"
    assert rules["arrived_at"].clocks == ("t1", "t2")
    assert (rules["arrived_at"].zone, rules["arrived_at"].date) == ("Asia/Tokyo", "day")
    assert (rules["answered_at"].near, rules["answered_at"].formats) == (
        "arrived_at",
        ("%I:%M %p",),
    )
    assert (rules["ended_at"].after, rules["ended_at"].sources) == ("answered_at", ("talk", "hold"))
    assert rules["ended_at"].anchors == ("answered_at",)
    talk = rules["talk_s"]
    assert (talk.unit, talk.decimal, talk.at_least, talk.at_most) == ("min", ",", 1.0, 2.0)
    assert talk.beyond == "quarantine"
    assert rules["previous_contact_id"].of == "email"
    assert rules["previous_contact_id"].missing_like == "0+"
    assert mapping.may_lack == {"subject"}


def test_conditions_come_short_and_long(tmp_path: Path) -> None:
    mapping = mapping_of(
        tmp_path,
        with_columns("""
            queue:
              - when:
                  {a: X, b: [Y, 007], c: {below: 3, above: 1}, d: {missing: no}, e: {like: "^z"}}
                from: f
              - {from: g, optional: true}
        """),
    )
    rule = mapping.rule("queue")
    assert rule is not None
    assert rule.cases[0].when == (
        Condition(column="a", test="is", values=("X",)),
        Condition(column="b", test="is", values=("Y", "007")),
        Condition(column="c", test="below", values=("3.0",)),
        Condition(column="c", test="above", values=("1.0",)),
        Condition(column="d", test="missing", values=("false",)),
        Condition(column="e", test="like", values=("^z",)),
    )
    assert rule.reads == ("a", "b", "c", "d", "e", "f", "g")
    assert mapping.may_lack == {"g"}


def test_file_filters_and_updates_are_read(tmp_path: Path) -> None:
    mapping = mapping_of(
        tmp_path,
        with_columns(
            "queue: q",
            top="""
            table: contacts
            says: A telephone system.
            zone: Europe/Berlin
            file: {format: csv, delimiter: \\t, quote: "'", encoding: cp1252, header: true,
                   header_rows: 2, skip: 3, sheet: Calls, records: data.calls}
            filters: [{when: {q: Test}, reason: test calls}]
            updates: {order_by: seq, keep_first: [arrived_at], follow: thread}
            """,
        ),
    )
    shape = mapping.file
    assert (shape.format, shape.delimiter, shape.quote, shape.encoding) == (
        "csv",
        "\t",
        "'",
        "cp1252",
    )
    assert (shape.header_rows, shape.skip, shape.sheet, shape.records) == (
        2,
        3,
        "Calls",
        "data.calls",
    )
    assert mapping.zone == "Europe/Berlin"
    assert mapping.filters[0].reason == "test calls"
    assert mapping.updates is not None
    assert (mapping.updates.order_by, mapping.updates.follow) == (("seq",), "thread")
    assert mapping.reads == ("id", "at", "q", "seq", "thread")


WRONG = [
    ("source: phone\n", "does not say 'columns'", "source"),
    ("columns: {}\n", "does not say 'source'", "columns"),
    ("- a\n", "does not hold keys and values", "line 1"),
    (LEAST + "colums: {}\n", "The key 'colums' is not known.", "line 7, key 'colums'"),
    (LEAST.replace("phone", '"a b"'), "A source's name has letters", "key 'source': 'a b'"),
    (LEAST + "table: calls\n", "'calls' is not a choice for 'table'", "line 7"),
    (LEAST + "zone: Mars/Base\n", "There is no time zone called 'Mars/Base'.", "line 7"),
    (LEAST + "zone: ../etc\n", "There is no time zone called '../etc'.", "line 7"),
    (LEAST.replace("  arrived_at: at\n", ""), "no rule for 'arrived_at'", "key 'columns'"),
    (LEAST + "  arived_at: at\n", "The key 'columns.arived_at' is not known.", "line 7"),
    (LEAST + "  contact_key: k\n", "'columns.contact_key' is not known", "line 7"),
    (LEAST + "  source: s\n", "'columns.source' is not known", "line 7"),
    (LEAST + "  queue: {form: q}\n", "'columns.queue.form' is not known", "line 7"),
    (LEAST + "  queue: {missing: [x]}\n", "does not say where its value comes from", "line 7"),
    (LEAST + "  queue: {from: a, constant: b}\n", "does not say where", "line 7"),
    (LEAST + "  queue: []\n", "'queue' has no case", "line 7"),
    (LEAST + "  queue: {from: []}\n", "names no column", "line 7"),
    (LEAST + "  queue: {from: a, join: '-'}\n", "'join' joins several columns", "line 7"),
    (LEAST + "  queue: [a, b]\n", "No row gets to this case of 'queue'", "line 7"),
    (LEAST + "  queue: {from: a, when: {}}\n", "tests nothing", "line 7"),
    (LEAST + "  queue: {from: a, when: {b: {over: 3}}}\n", "when.b.over' is not known", "line 7"),
    (LEAST + "  queue: {from: a, when: {b: {above: x}}}\n", "is not a number", "line 7"),
    (LEAST + "  queue: {from: a, when: {b: {missing: maybe}}}\n", "neither true nor", "line 7"),
    (LEAST + "  queue: {from: a, unit: s}\n", "'unit' means nothing for 'queue'", "line 7"),
    (LEAST + "  transfers: {from: a, unit: s}\n", "'unit' means nothing for", "line 7"),
    (LEAST + "  queue: {from: a, format: iso}\n", "'format' means nothing for", "line 7"),
    (LEAST + "  queue: {from: a, at_most: 3}\n", "'at_most' means nothing", "line 7"),
    (LEAST + "  queue: {from: a, pseudonym: true}\n", "'pseudonym' means nothing", "line 7"),
    (LEAST + "  queue: {from: a, of: email}\n", "'of' means nothing", "line 7"),
    (LEAST + "  ended_at: {from: a, unit: s}\n", "'unit' means nothing", "line 7"),
    (LEAST + "  ended_at: {from: a, values: {b: c}}\n", "'values' means nothing", "line 7"),
    (LEAST + "  talk_s: {from: a, unit: hours}\n", "'hours' is not a choice", "line 7"),
    (LEAST + "  talk_s: {constant: long}\n", "'talk_s' is a number", "line 7"),
    (LEAST + "  talk_s: {from: a, at_most: long}\n", "is not a number", "line 7"),
    (LEAST + "  talk_s: {from: a, beyond: keep}\n", "'keep' is not a choice", "line 7"),
    (LEAST + "  priority: {from: a, values: {High: top}}\n", "'priority' is a number", "line 7"),
    (LEAST + "  resolved: {from: a, values: {Y: sure}}\n", "neither true nor false", "line 7"),
    (LEAST + "  handled_by: {from: a, values: {b: robot}}\n", "'robot' is not a choice", "line 7"),
    (LEAST + "  handled_by: {constant: robot}\n", "'robot' is not a choice", "line 7"),
    (LEAST + "  ended_at: {date: a}\n", "where its value comes from", "line 7"),
    (LEAST + "  ended_at: {clock: a}\n", "half an instant", "line 7"),
    (LEAST + "  ended_at: {from: a, date_format: iso}\n", "half an instant", "line 7"),
    (LEAST + "  ended_at: {from: a, near: arrived_at}\n", "'near' goes with 'clock'", "line 7"),
    (LEAST + "  ended_at: {constant: a, after: arrived_at}\n", "goes with 'from'", "line 7"),
    (LEAST + "  ended_at: {from: a, after: talk_s}\n", "not another instant", "line 7"),
    (LEAST + "  ended_at: {from: a, after: ended_at}\n", "not another instant", "line 7"),
    (LEAST + "  ended_at: {from: a, after: queued_at}\n", "'queued_at', which has no", "line 7"),
    (
        LEAST + "  ended_at: {from: a, after: arrived_at, format: iso}\n",
        "'after' and 'format' do not go together",
        "line 7",
    ),
    (
        LEAST
        + "  ended_at: {from: a, after: answered_at}\n  answered_at: {from: a, before: ended_at}\n",
        "'ended_at' hangs on itself, by way of 'answered_at'",
        "line 7",
    ),
    (LEAST + "  ended_at: {from: a, format: ISO8601}\n", "'ISO8601' is not a way", "line 7"),
    (LEAST + "  ended_at: {from: a, format: '%Q'}\n", "'%Q' in a time pattern", "line 7"),
    (
        LEAST + "  ended_at: {date: d, clock: a, format: epoch_s}\n",
        "is not a way to write a clock time",
        "line 7",
    ),
    (LEAST + "  queue: {from: a, missing_like: '('}\n", "not a regular expression", "line 7"),
    (LEAST + "  queue: {from: a, replace: [{pattern: a}]}\n", "has two parts", "line 7"),
    (
        LEAST + "  queue: {from: a, replace: [{pattern: '(a)', with: '\\2'}]}\n",
        "The pattern has no group 2",
        "line 7",
    ),
    (LEAST + "filters: [{when: {a: b}}]\n", "which rows, and why", "line 7"),
    (LEAST + "updates: {keep_first: [arrived_at]}\n", "Updates need an order", "line 7"),
    (LEAST + "updates: {order_by: a, keep_first: [queue]}\n", "'queue' is not a choice", "line 7"),
    (
        LEAST + "  previous_contact_id: p\nupdates: {order_by: a, follow: b}\n",
        "'follow' fills previous_contact_id",
        "line 8",
    ),
    (LEAST + "file: {delimiter: ';;'}\n", "is one character", "line 7"),
    (LEAST + "file: {skip: -1}\n", "counts rows", "line 7"),
    (LEAST + "file: {header_rows: 0}\n", "counts rows", "line 7"),
    (LEAST + "file: {skip: 1.5}\n", "counts rows", "line 7"),
    (LEAST + "file: {format: xls}\n", "'xls' is not a choice", "line 7"),
    (LEAST + "file: {header: maybe}\n", "neither true nor false", "line 7"),
]


@pytest.mark.parametrize(("text", "wrong", "found"), WRONG, ids=[each[1] for each in WRONG])
def test_what_is_wrong_is_told_with_file_line_and_key(
    tmp_path: Path, text: str, wrong: str, found: str
) -> None:
    with pytest.raises(MappingError) as told:
        mapping_of(tmp_path, text)
    assert wrong in told.value.wrong
    assert "mapping.yaml" in told.value.found
    assert found in told.value.found
    assert told.value.todo


def test_an_unknown_key_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as told:
        mapping_of(tmp_path, LEAST + "  queue: {form: q}\n")
    known = told.value.todo.removeprefix("Expected one of: ").removesuffix(".").split(", ")
    assert known == [key.name for key in KEYS if key.section == "rule"]


def test_a_follow_is_only_for_contacts(tmp_path: Path) -> None:
    text = """\
        source: s
        table: surveys
        updates: {order_by: a, follow: b}
        columns: {survey_id: i, instrument: {constant: NPS}}
        """
    with pytest.raises(MappingError, match="do not follow each other"):
        mapping_of(tmp_path, text)


@pytest.mark.parametrize("name", built_in_names())
def test_ready_mappings_load_and_say_what_they_are(name: str) -> None:
    mapping = built_in(name)
    assert mapping.source == name
    assert mapping.says


def test_a_ready_mapping_that_is_not_there_names_the_others() -> None:
    with pytest.raises(MappingError) as told:
        built_in("our-bank")
    for name in built_in_names():
        assert name in told.value.todo


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_mapped(tmp_path: Path, name: str) -> None:
    table = TABLES[name]
    needed = [column.name for column in table.mapped if column.required and column.name != "source"]
    rules = "\n".join(f"  {column}: {column}" for column in needed)
    mapping = mapping_of(tmp_path, f"source: s\ntable: {name}\ncolumns:\n{rules}\n")
    assert mapping.table is table
    assert sorted(mapping.reads) == sorted(needed)


def test_a_mapping_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no such file"):
        load_mapping(tmp_path / "gone.yaml")


def test_each_key_is_there_once_in_its_section_and_says_what_it_means() -> None:
    named = [(key.section, key.name) for key in KEYS]
    assert len(named) == len(set(named))
    for key in KEYS:
        assert re.fullmatch(r"[^\n|]{10,90}\.", key.says), key


def test_units_are_in_seconds() -> None:
    assert UNITS_S["ms"] * 1000 == UNITS_S["s"] == UNITS_S["min"] / 60 == UNITS_S["days"] / 86400


@given(
    st.recursive(
        st.sampled_from(["from", "x", "1", "true", "%Y", "arrived_at", "", "~", "["]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
            st.dictionaries(
                st.sampled_from([key.name for key in KEYS if key.section == "rule"]),
                inner,
                max_size=3,
            ).map(lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"),
        ),
        max_leaves=6,
    ),
    st.sampled_from([column.name for column in TABLES["contacts"].mapped]),
)
def test_any_rule_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, rule: str, column: str
) -> None:
    try:
        mapping_of(tmp_path_factory.getbasetemp(), with_columns(f"{column}: {rule}"))
    except MappingError as told:
        assert told.found
        assert told.todo
