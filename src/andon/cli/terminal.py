"""What the terminal shows: the answer, then a table, and errors in three lines."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from andon.errors import AndonError
from andon.units import unbroken

__all__ = ["error", "say", "say_json", "say_wrapped", "short", "table", "unexpected"]

_GAP = "  "
_LEAST_WIDTH = 40


def say(text: str = "") -> None:
    """Print a line to standard output."""
    click.echo(text)


def short(path: Path) -> str:
    """A path as a person in this folder would type it."""
    whole = path.absolute()
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else path)


def say_wrapped(text: str, *, indent: str = "", first: str | None = None) -> None:
    """Print a sentence or two to standard output, in lines that fit; numbers keep their units."""
    begin = indent if first is None else first
    lines = textwrap.fill(unbroken(text), _width(), initial_indent=begin, subsequent_indent=indent)
    click.echo(lines.replace("\u00a0", " "))


def say_json(value: object) -> None:
    """Print a value as JSON to standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their headings: figures to the right, a long last column wrapped."""
    filled = [[str(cell) for cell in row] for row in rows]
    every = [list(columns), *filled]
    widths = [max(len(row[i]) for row in every) for i in range(len(columns))]
    right = [bool(filled) and all(_is_figure(row[i]) for row in filled) for i in range(len(widths))]
    indent = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    room = max(_LEAST_WIDTH, _width() - indent)
    for i, row in enumerate(every):
        cells = [
            cell.rjust(width) if figure else cell.ljust(width)
            for cell, width, figure in zip(row[:-1], widths, right, strict=False)
        ]
        last = row[-1].rjust(widths[-1]) if right[-1] else row[-1]
        wrapped = [last] if len(last) <= room else textwrap.wrap(last, room)
        line = _GAP.join([*cells, f"\n{' ' * indent}".join(wrapped)]).rstrip()
        say(click.style(line, bold=True) if i == 0 else line)


def _width() -> int:
    return max(_LEAST_WIDTH, shutil.get_terminal_size((100, 24)).columns)


def _is_figure(cell: str) -> bool:
    return not cell or cell[0].isdigit() or cell[0] == "-"


def error(problem: AndonError, *, as_json: bool) -> None:
    """Say on standard error what was wrong, what was found and what to do."""
    if as_json:
        click.echo(json.dumps(problem.as_json(), indent=2, ensure_ascii=False), err=True)
        return
    wrong, *more = str(problem).splitlines()
    click.echo(click.style(wrong, fg="red", bold=True), err=True)
    for line in more:
        click.echo(line, err=True)


def unexpected(problem: BaseException) -> AndonError:
    """Put the traceback in a log that only this user may read, and say where it is."""
    try:
        handle, path = tempfile.mkstemp(prefix="andon-", suffix=".log")  # for this user only
        with os.fdopen(handle, "w", encoding="utf-8") as log:
            log.write(f"andon {sys.argv[1:]}\nPython {sys.version}\n{platform.platform()}\n\n")
            log.write("".join(traceback.format_exception(problem)))
        where = f"The details are in {path}: please report them. Read the file before you share it."
    except OSError as refused:
        where = f"No log could be written ({refused.strerror}). Free some space, then try again."
    said = str(problem).strip().splitlines()
    kind = type(problem).__name__
    return AndonError(
        "Andon met something that it was not made for.",
        found=f"{kind}: {said[0][:200]}" if said else kind,
        todo=where,
    )
