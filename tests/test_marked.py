"""YAML values that know their file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import MappingError, OperationError
from andon.marked import Marked, read_marked

Read = Callable[[str], Marked]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def made(text: str) -> Marked:
        path = tmp_path / "file.yaml"
        path.write_text(text, encoding="utf-8")
        return read_marked(path, error=MappingError)

    return made


def only(marked: Marked, key: str) -> Marked:
    return marked.section(())[key]


def test_each_value_knows_its_line_and_the_keys_that_lead_to_it(read: Read) -> None:
    top = read("# a remark\n\nfile:\n  skip: 3\nlist:\n  - one\n  - two\n")
    skip = only(only(top, "file"), "skip")
    assert (skip.line, skip.key, skip.value) == (4, "file.skip", 3)
    assert [item.key for item in only(top, "list").items()] == ["list[0]", "list[1]"]
    assert [item.line for item in only(top, "list").items()] == [6, 7]


@pytest.mark.parametrize(
    "written", ["007", "1.50", "0x1f", "1:30:00", "1e3", "1_000", "No", "yes", "NULL", "2024-01-02"]
)
def test_texts_are_taken_as_they_are_written(read: Read, written: str) -> None:
    assert only(read(f"key: {written}\n"), "key").text() == written
    assert only(read(f"key: [{written}, x]\n"), "key").texts() == (written, "x")


@pytest.mark.parametrize("written", ["", "~", "{a: b}", "[a]"])
def test_nothing_and_sections_are_no_texts(read: Read, written: str) -> None:
    with pytest.raises(MappingError, match="is not a text"):
        only(read(f"key: {written}\n"), "key").text()


@pytest.mark.parametrize(("written", "flag"), [("true", True), ("no", False), ("off", False)])
def test_flags_are_read_in_the_words_of_yaml(read: Read, written: str, flag: bool) -> None:
    assert only(read(f"key: {written}"), "key").flag() is flag


@pytest.mark.parametrize("written", ["maybe", "1", '"true"'])
def test_other_words_are_no_flags(read: Read, written: str) -> None:
    with pytest.raises(MappingError, match="neither true nor false"):
        only(read(f"key: {written}"), "key").flag()


@pytest.mark.parametrize("written", ["many", "true", '"3"', "[3]"])
def test_a_number_is_a_number(read: Read, written: str) -> None:
    assert only(read("key: 2.5"), "key").number() == 2.5
    with pytest.raises(MappingError, match="is not a number"):
        only(read(f"key: {written}"), "key").number()


def test_a_choice_that_is_none_names_the_others(read: Read) -> None:
    assert only(read("key: a"), "key").choice(("a", "b")) == "a"
    with pytest.raises(MappingError) as wrong:
        only(read("\nkey: c"), "key").choice(("a", "b"))
    assert "line 2, key 'key': 'c'" in wrong.value.found
    assert wrong.value.todo == "Expected one of: a, b."


def test_an_unknown_key_names_file_line_key_and_what_is_known(read: Read) -> None:
    with pytest.raises(MappingError) as wrong:
        only(read("file:\n  format: csv\n  fromat: csv\n"), "file").section(("format", "skip"))
    assert wrong.value.wrong == "The key 'file.fromat' is not known."
    assert "file.yaml, line 3, key 'file.fromat': 'csv'" in wrong.value.found
    assert wrong.value.todo == "Expected one of: format, skip."


def test_a_list_is_no_section(read: Read) -> None:
    with pytest.raises(MappingError, match="is not a section"):
        only(read("key: [a]"), "key").section(())


def test_what_was_found_is_shown_as_it_was_written(read: Read) -> None:
    shown = [
        only(read(f"key: {written}"), "key").wrong("Wrong.").found.partition("'key': ")[2]
        for written in ("007", "off", "text", "~", "[a]", "{a: b}")
    ]
    assert shown == ["007", "off", "'text'", "nothing", "a list", "a section of keys"]


@pytest.mark.parametrize(
    ("text", "wrong", "found"),
    [
        ("a: 1\na: 2\n", "The key 'a' is there twice.", "line 2"),
        ("a: {b: 1, b: 2}", "The key 'a.b' is there twice.", "line 1"),
        ("a: [1\nb: 2\n", "The file is not valid YAML.", "line 2"),
        ("a: b: c\n", "The file is not valid YAML.", "line 1"),
        ("a: 1\n---\nb: 2\n", "The file is not valid YAML.", "line 2"),
        ("a: \x07\n", "The file is not valid YAML.", "file.yaml"),
        ("? [a, b]\n: c\n", "A key is a single word or text.", "line 1"),
        ("a: &x\n  b: *x\n", "The file holds itself without end.", "file.yaml"),
        ("a: *nothing\n", "The file is not valid YAML.", "line 1"),
    ],
)
def test_a_file_that_is_no_yaml_is_told(read: Read, text: str, wrong: str, found: str) -> None:
    with pytest.raises(MappingError) as told:
        read(text)
    assert told.value.wrong == wrong
    assert found in told.value.found
    assert told.value.todo


def test_aliases_stand_for_their_anchor(read: Read) -> None:
    top = read("a: &same {format: iso}\nb: *same\n")
    assert only(only(top, "b"), "format").text() == "iso"


@pytest.mark.parametrize("empty", ["", "# only a remark\n", "---\n"])
def test_an_empty_file_is_an_empty_section(read: Read, empty: str) -> None:
    top = read(empty)
    assert top.value in ({}, None)


def test_a_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(b"\xef\xbb\xbfkey: 1\n")
    assert read_marked(path, error=OperationError).section(("key",))["key"].value == 1


def test_a_file_that_cannot_be_read_is_told_in_the_callers_kind(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="no such file"):
        read_marked(tmp_path / "gone.yaml", error=OperationError)
    with pytest.raises(OperationError, match="cannot be read"):
        read_marked(tmp_path, error=OperationError)
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(OperationError, match="not text in UTF-8"):
        read_marked(tmp_path / "latin.yaml", error=OperationError)


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        read_marked(path, error=MappingError)
    except MappingError as told:
        assert told.wrong
        assert told.found
