"""YAML files whose every value knows its line, so that an error can point at it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from andon.errors import AndonError
from andon.units import DAY_S, HOUR_S, seconds_said, share_said

__all__ = ["Marked", "read_marked"]


@dataclass(frozen=True, slots=True)
class Marked:
    """A value from a YAML file, with the place it was found.

    Attributes
    ----------
    value : object
        ``str``, ``int``, ``float``, ``bool``, ``None``; or a list or dict of ``Marked``.
    file : str
        The file as the reader named it.
    line : int
        Counted from 1.
    key : str
        The path of keys that leads here, with dots.
    error : type of AndonError
        What to raise when something here is wrong.
    said : str or None
        A single value as the file writes it: ``007``, ``1.50`` and ``No`` are what people wrote,
        whatever YAML makes of them.
    """

    value: object
    file: str
    line: int
    key: str
    error: type[AndonError]
    said: str | None = None

    def wrong(self, what: str, *, expected: str = "", todo: str = "") -> AndonError:
        """An error that names file, line, key, what was found and what was expected."""
        found = f"{self.file}, line {self.line}, key '{self.key}': {self._shown()}"
        return self.error(what, found=found, todo=todo or f"Expected {expected}.")

    def section(self, known: Sequence[str]) -> dict[str, Marked]:
        """The keys of a section, every one of them known."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"'{self.key}' is not a section.", expected="keys with values")
        keys: dict[str, Marked] = self.value
        for name, each in keys.items():
            if known and name not in known:
                raise each.wrong(
                    f"The key '{each.key}' is not known.", expected=f"one of: {', '.join(known)}"
                )
        return keys

    def items(self) -> Iterator[Marked]:
        """The items of a list; a single value is a list of one."""
        if isinstance(self.value, list):
            yield from self.value
        else:
            yield self

    def text(self) -> str:
        """The value as text, as the file writes it."""
        if isinstance(self.value, dict | list) or (self.value is None and self.said in _NOTHING):
            raise self.wrong(f"'{self.key}' is not a text.", expected="a text")
        return str(self.value) if self.said is None else self.said

    def number(self) -> float:
        """The value as a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong(f"'{self.key}' is not a number.", expected="a number")
        try:
            number = float(self.value)
        except OverflowError:  # a whole number with hundreds of digits
            number = math.inf
        if not math.isfinite(number):
            raise self.wrong(f"'{self.key}' is too large a number.", expected="a smaller number")
        return number

    def whole(self) -> int:
        """The value as a whole number."""
        number = self.number()
        if number != int(number):
            raise self.wrong(f"'{self.key}' must be a whole number.", todo="Round it.")
        return int(number)

    def share(self) -> float:
        """The value as a share: ``80%`` or ``0.8``."""
        said = self.text()
        try:
            return share_said(said)
        except ValueError:
            raise self.wrong(f"'{said}' is not a share.", todo="Write it as 80% or 0.8.") from None

    def seconds(self, said: str | None = None) -> float:
        """The value as a duration, seconds; or what a key above it said."""
        text = self.text() if said is None else said
        try:
            return seconds_said(text)
        except ValueError:
            raise self.wrong(
                f"'{text}' is not a duration.", todo="Write it as 180s, 3m, 2m30s, 1h or 2 days."
            ) from None

    def clock(self, said: str | None = None) -> float:
        """A time of day in seconds after midnight, 24:00 at most; or a part of the value as one."""
        text = (self.text() if said is None else said).strip()
        found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
        if found:
            hours, minutes, seconds = (int(each or 0) for each in found.groups())
            at_s = hours * HOUR_S + minutes * 60 + seconds
            if minutes < 60 and seconds < 60 and at_s <= DAY_S:
                return float(at_s)
        raise self.wrong(f"'{text}' is not a time of day.", todo="Write it as 08:00 or 16:30.")

    def flag(self) -> bool:
        """The value as true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong(f"'{self.key}' is neither true nor false.", expected="true or false")
        return self.value

    def choice(self, options: Sequence[str]) -> str:
        """The value as one of a few words."""
        said = self.text()
        if said not in options:
            raise self.wrong(
                f"'{said}' is not a choice for '{self.key}'.",
                expected=f"one of: {', '.join(options)}",
            )
        return said

    def texts(self) -> tuple[str, ...]:
        """The items of a list as texts; a single value is a list of one."""
        return tuple(item.text() for item in self.items())

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Give an error that knows no file the place of this value; one that has a place keeps it.

        What a section says is often checked by the object that is made of it.
        """
        try:
            yield
        except self.error as problem:
            if self.file in problem.found:
                raise
            raise self.error(
                problem.wrong,
                found=f"{self.file}, line {self.line}, key '{self.key}': {problem.found}",
                todo=problem.todo,
            ) from None

    def _shown(self) -> str:
        if isinstance(self.value, dict):
            return "a section of keys"
        if isinstance(self.value, list):
            return "a list"
        if self.value is None:
            return "nothing"
        return repr(self.value) if isinstance(self.value, str) or not self.said else self.said


_NOTHING: Final = (None, "", "~")
"""How a file writes a value that is not there; ``NULL`` is what some systems write for it."""


def read_marked(path: Path, *, error: type[AndonError]) -> Marked:
    """Read a YAML file, keeping the line of every value.

    Raises
    ------
    AndonError
        Of the given type: if the file cannot be read, is not YAML, or says a key twice.
    """
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise error("There is no such file.", found=name, todo="Check the path.") from None
    except UnicodeDecodeError as bad:
        raise error(
            "The file is not text in UTF-8.",
            found=f"{name}, byte {bad.start}",
            todo="Save as UTF-8.",
        ) from None
    except OSError as bad:
        raise error(
            "The file cannot be read.",
            found=f"{name}: {bad.strerror}",
            todo="Name a file that you may read.",
        ) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as bad:
        mark = getattr(bad, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise error(
            "The file is not valid YAML.",
            found=f"{name}, line {line}: {getattr(bad, 'problem', None) or bad}",
            todo="Check the indents, colons and quotes on that line and the one before.",
        ) from None
    if node is None:
        return Marked({}, name, 1, "", error)
    try:
        return _marked(node, name, "", error)
    except RecursionError:  # an alias inside its own anchor
        raise error(
            "The file holds itself without end.",
            found=f"{name}: an anchor (&) with its own alias (*) inside",
            todo="Write the value out.",
        ) from None


def _marked(node: yaml.Node, file: str, key: str, error: type[AndonError]) -> Marked:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        section: dict[str, Marked] = {}
        for key_node, value_node in node.value:
            below = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                held = Marked(None, file, below, key, error)
                raise held.wrong("A key is a single word or text.", expected="key: value")
            name = _said(key_node, file, key, error)
            at = f"{key}.{name}" if key else name
            child = _marked(value_node, file, at, error)
            here = Marked(child.value, file, below, at, error, child.said)
            if name in section:
                raise here.wrong(f"The key '{at}' is there twice.", todo="Keep one of the two.")
            section[name] = here
        return Marked(section, file, line, key, error)
    if isinstance(node, yaml.SequenceNode):
        each = [_marked(child, file, f"{key}[{i}]", error) for i, child in enumerate(node.value)]
        return Marked(each, file, line, key, error)
    said = _said(node, file, key, error)
    return Marked(_scalar(node, said), file, line, key, error, said)


def _said(node: yaml.Node, file: str, key: str, error: type[AndonError]) -> str:
    r"""What a scalar says; as in JSON, an emoji may be two halves, ``\ud83d\ude00``."""
    said = str(node.value)
    try:
        return said.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        shown = said.encode("ascii", "backslashreplace").decode()
        half = Marked(shown, file, node.start_mark.line + 1, key, error)
        raise half.wrong("There is half a character.", expected="text") from None


def _scalar(node: yaml.Node, said: str) -> object:
    """A plain value; dates and times stay text, for the mapping says how to read them."""
    tag = node.tag.rpartition(":")[2]
    if tag == "null":
        return None
    if tag == "bool":
        return said.lower() in {"true", "yes", "on"}
    if tag in {"int", "float"}:
        try:
            return int(said) if tag == "int" else float(said)
        except ValueError:  # 1:30:00 and 0x1f are numbers to YAML, and texts to people
            return said
    return said
