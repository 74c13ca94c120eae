"""Errors: one tree, drawn as it is, and each says what was wrong, what was found, what to do."""

from __future__ import annotations

import json
import pickle
import re

import pytest

from andon import errors
from andon.errors import AndonError, MissingExtra

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, AndonError)
]


def drawn() -> dict[str, str]:
    """Each name in the docstring's tree, and the name it hangs from."""
    assert errors.__doc__ is not None
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in errors.__doc__.splitlines():
        found = re.match(r"    (?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)", line)
        if found is None:
            continue
        depth = len(found["branch"]) // 4
        path[depth:] = [found["name"]]
        parents[found["name"]] = path[depth - 1] if depth else ""
    return parents


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    parents = {
        kind.__name__: "" if kind is AndonError else kind.__bases__[0].__name__ for kind in KINDS
    }
    assert drawn() == parents


def test_every_error_is_public() -> None:
    assert sorted(errors.__all__) == sorted(kind.__name__ for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_from_another_process_as_it_was(kind: type[AndonError]) -> None:
    error = kind("The queue has no name.", found="queues: ['']", todo="Give it one.")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (back.wrong, back.found, back.todo) == (error.wrong, error.found, error.todo)
    assert str(back) == str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_one_shape_for_machines(kind: type[AndonError]) -> None:
    shape = kind("It was wrong.", found="this", todo="Do that.").as_json()
    assert shape == {
        "error": kind.code,
        "wrong": "It was wrong.",
        "found": "this",
        "todo": "Do that.",
    }
    assert json.loads(json.dumps(shape)) == shape
    assert kind("It was wrong.").as_json() == {
        "error": kind.code,
        "wrong": "It was wrong.",
        "found": "",
        "todo": "",
    }


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_errors_of_one_family_leave_with_one_exit_code() -> None:
    families: dict[type, set[int]] = {}
    for kind in KINDS:
        family = next((base for base in kind.__mro__ if AndonError in base.__bases__), AndonError)
        families.setdefault(family, set()).add(kind.exit_code)
    assert all(len(codes) == 1 for codes in families.values())
    first = [next(iter(codes)) for codes in families.values()]
    assert len(set(first)) == len(first)
    assert 0 not in first


def test_an_error_reads_as_three_lines_or_fewer() -> None:
    assert str(AndonError("A.", found="b", todo="C.")).splitlines() == [
        "A.",
        "Found: b",
        "To do: C.",
    ]
    assert str(AndonError("A.")) == "A."
    assert str(AndonError("A.", todo="C.")).splitlines() == ["A.", "To do: C."]


def test_a_missing_extra_names_itself_and_how_to_get_it() -> None:
    error = MissingExtra.named("pdf", needs="weasyprint", purpose="Writing PDF")
    assert error.wrong == "Writing PDF needs weasyprint, which is not installed."
    assert "andon[pdf]" in error.todo
    assert isinstance(error, AndonError)
