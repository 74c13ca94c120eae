"""YAML values that know their file and line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
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


def test_an_emoji_may_be_written_as_json_writes_it(read: Read) -> None:
    top = read(r'{"say \ud83d\ude00": "\ud83d\ude00!", b: "\U0001F600"}')
    assert only(top, "say 😀").text() == "😀!"
    assert only(top, "b").text() == "😀"


@pytest.mark.parametrize("text", [r'a: "\ud83d"', r'"\ud83d": a', r'a: ["\ude00\ud83d"]'])
def test_half_a_character_is_told(read: Read, text: str) -> None:
    with pytest.raises(MappingError, match="half a character") as told:
        read(text)
    assert "line 1" in told.value.found
    assert r"\ud83d" in told.value.found


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


@pytest.mark.parametrize(
    "written", ["1.0e+400", "-1.0e+400", "1" + "0" * 400], ids=["large", "below", "long"]
)
def test_a_number_that_nothing_can_hold_is_told(read: Read, written: str) -> None:
    with pytest.raises(MappingError, match="is too large a number"):
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


# --- every value names its line -----------------------------------------------------------------

WORDS = st.one_of(
    st.sampled_from(["yes", "null", "007", "1:30", "a: b", "# no remark", "- x", "&a", "<<", ""]),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=8),
)
TREES: st.SearchStrategy[Any] = st.dictionaries(
    WORDS,
    st.recursive(
        st.one_of(WORDS, st.lists(WORDS, min_size=2, max_size=3).map("\n".join)),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(WORDS, inner, min_size=1, max_size=3)
        ),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)
BETWEEN = st.lists(st.sampled_from(["", "# a remark", "# key: value", "  "]), max_size=2)


def written(tree: Any, draw: Callable[[Any], Any]) -> Iterator[tuple[str, tuple[Any, ...] | None]]:
    """The lines of a tree as people write them, each with the keys that lead to what begins there.

    Remarks and empty lines stand between; texts of several lines are blocks; an item's section
    begins beside its dash.
    """
    pairs = list(tree.items() if isinstance(tree, dict) else enumerate(tree))
    for place, (name, value) in enumerate(pairs):
        if place:
            yield from ((remark, None) for remark in draw(BETWEEN))
        start = f"{json.dumps(name, ensure_ascii=False)}:" if isinstance(tree, dict) else "-"
        if isinstance(value, str) and "\n" in value and value.strip() and value[-1] != "\n":
            yield f"{start} |2-", (name,)
            yield from ((f"  {line}", None) for line in value.split("\n"))
        elif isinstance(value, str) or draw(st.booleans()):
            yield f"{start} {json.dumps(value, ensure_ascii=False)}", (name,)
        else:
            inner = list(written(value, draw))
            if isinstance(tree, list):
                yield f"- {inner[0][0]}", (name,)
            else:
                yield start, (name,)
            for at, (line, keys) in enumerate(inner):
                if at or isinstance(tree, dict):
                    yield f"  {line}", None if keys is None else (name, *keys)


@settings(deadline=None)
@given(data=st.data(), tree=TREES)
def test_every_value_names_the_line_that_a_person_sees_it_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, tree: dict[str, Any]
) -> None:
    lines = list(written(tree, data.draw))
    path = tmp_path_factory.getbasetemp() / "tree.yaml"
    path.write_text("\n".join(line for line, _ in lines) + "\n", encoding="utf-8")
    top = read_marked(path, error=MappingError)
    for number, (_, keys) in enumerate(lines, start=1):
        if keys is not None:
            marked, value = top, cast("Any", tree)
            for key in keys:
                marked, value = cast("Any", marked.value)[key], value[key]
            assert marked.line == number
            assert f"line {number}, key '{marked.key}'" in marked.wrong("Wrong.").found
            if isinstance(value, str):
                assert marked.text() == value
