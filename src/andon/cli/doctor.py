"""``andon doctor``: check the machine and the operation, and say what to do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import click

from andon.cli.exits import OK, UNWELL
from andon.cli.figures import counted
from andon.cli.options import folder_option, json_option
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json
from andon.errors import AndonError
from andon.ledger.engines import open_engine
from andon.ledger.store import Ledger
from andon.ledger.sums import rows
from andon.ledger.tables import TABLES
from andon.operation import FILE, Operation

__all__ = ["Checkup", "doctor_command"]

State = Literal["well", "note", "wrong"]

_SHAPES: Final[dict[State, tuple[str, str]]] = {
    "well": ("●", "cyan"),
    "note": ("▲", "yellow"),
    "wrong": ("■", "red"),
}
_LITTLE_SPACE = 1_000_000_000
_NO_SPACE = 50_000_000
_JAVA_NEEDED = 17


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkup:
    """What one check found: well, a note, or wrong; and what to do."""

    name: str
    state: State
    says: str
    todo: str = ""


@click.command(name="doctor")
@folder_option
@json_option
def doctor_command(*, folder: Path, as_json: bool) -> int:
    """Check this machine and this operation.

    Looks at Python, the disk, what PDFs and Spark need, and, in an operation's folder, at its
    andon.yaml, its key, its engine and its ledger. Each line says whether all is well, and what to
    do if not. Leaves with 11 if something must be mended.
    """
    with Progress("Checking", quiet=as_json) as progress:
        found = []
        for check in _checks(folder):
            progress.step(f"Checking {check.__name__.strip('_').replace('_', ' ')}")
            found += list(check())
    wrong = [each for each in found if each.state == "wrong"]
    if as_json:
        say_json({"well": not wrong, "checks": [asdict(each) for each in found]})
    else:
        _show(found, wrong)
    return UNWELL if wrong else OK


def _show(found: list[Checkup], wrong: list[Checkup]) -> None:
    if wrong:
        say(f"{len(wrong)} of {len(found)} checks found something to mend.")
    else:
        say(f"All is well: {len(found)} checks.")
    say()
    width = max(len(each.name) for each in found)
    for each in found:
        shape, colour = _SHAPES[each.state]
        say(f"{click.style(shape, fg=colour)} {each.state:5}  {each.name:{width}}  {each.says}")
        if each.todo:
            say(f"{'':{width + 11}}To do: {each.todo}")


def _checks(folder: Path) -> list[Callable[[], Iterator[Checkup]]]:
    """The checks that fit: those of the machine, and those of the operation if there is one."""
    machine = [_python, _pdf]
    if not (folder / FILE).exists():
        return [*machine, lambda: _no_operation(folder)]
    try:
        operation = Operation.open(folder)
    except AndonError as problem:
        bad = _from_error(FILE, problem)
        return [*machine, lambda: iter((bad,))]
    return [*machine, *(_bound(check, operation) for check in _OF_OPERATION)]


def _bound(
    check: Callable[[Operation], Iterator[Checkup]], operation: Operation
) -> Callable[[], Iterator[Checkup]]:
    def run() -> Iterator[Checkup]:
        return check(operation)

    run.__name__ = check.__name__
    return run


def _from_error(name: str, problem: AndonError) -> Checkup:
    says = f"{problem.wrong} ({problem.found})" if problem.found else problem.wrong
    return Checkup(name=name, state="wrong", says=says, todo=problem.todo)


def _python() -> Iterator[Checkup]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Checkup(name="Python", state="well", says=f"{version}, andon {metadata.version('andon')}")


def _pdf() -> Iterator[Checkup]:
    name = "PDF"
    if importlib.util.find_spec("weasyprint") is None:
        yield Checkup(
            name=name,
            state="note",
            says="Reports come as HTML and JSON; PDF needs WeasyPrint.",
            todo="pip install 'andon[pdf]', if you want PDFs.",
        )
        return
    try:
        importlib.import_module("weasyprint")
    except OSError as problem:
        yield Checkup(
            name=name,
            state="note",
            says=f"WeasyPrint cannot load Pango ({str(problem).splitlines()[0][:80]}).",
            todo="Install Pango (Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0).",
        )
    else:
        yield Checkup(name=name, state="well", says="WeasyPrint and Pango are here")


def _no_operation(folder: Path) -> Iterator[Checkup]:
    yield Checkup(
        name="operation",
        state="note",
        says=f"There is no {FILE} in {folder.resolve()}.",
        todo="Run andon init there, or name the folder with --operation.",
    )


def _file(operation: Operation) -> Iterator[Checkup]:
    yield Checkup(
        name=FILE,
        state="well",
        says=f"{operation.name}, {operation.zone}, engine {operation.engine.partition('://')[0]}",
    )


def _disk(operation: Operation) -> Iterator[Checkup]:
    free = shutil.disk_usage(_existing(operation.ledger)).free
    shown = f"{free / 1e9:.1f} GB free where the ledger is"
    if free > _LITTLE_SPACE:
        yield Checkup(name="disk", state="well", says=shown)
    else:
        state: State = "wrong" if free < _NO_SPACE else "note"
        yield Checkup(name="disk", state=state, says=shown, todo="Free some space on that disk.")


def _rights(operation: Operation) -> Iterator[Checkup]:
    for folder in (operation.ledger, operation.reports):
        name = f"{folder.name}/"
        try:
            with tempfile.TemporaryFile(dir=_existing(folder)):
                yield Checkup(name=name, state="well", says="can be written")
        except OSError as problem:
            yield Checkup(
                name=name,
                state="wrong",
                says=f"cannot be written ({problem.strerror})",
                todo=f"Give yourself the right to write to {folder}.",
            )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def _key(operation: Operation) -> Iterator[Checkup]:
    name = "pseudonyms"
    path = operation.pseudonym_file
    if path is None:
        yield Checkup(
            name=name,
            state="note",
            says="off: ids are kept as they are.",
            todo="Turn them on before loading anyone's real ids.",
        )
        return
    try:
        operation.pseudonym_key()
    except AndonError as problem:
        yield _from_error(name, problem)
        return
    open_to = stat.S_IMODE(path.stat().st_mode) & 0o077 if os.name == "posix" else 0
    if open_to:
        yield Checkup(
            name=name,
            state="wrong",
            says="Others on this machine can read the key.",
            todo=f"chmod 600 {path}",
        )
    else:
        yield Checkup(
            name=name, state="well", says=f"on, with a key only you can read: {path.name}"
        )


def _engine(operation: Operation) -> Iterator[Checkup]:
    name = operation.engine.partition("://")[0]
    if name == "spark":
        yield from _spark()
        return
    try:
        engine = open_engine(operation.engine_address())
    except AndonError as problem:
        yield _from_error("engine", problem)
        return
    try:
        for each in TABLES:
            rows(engine.table(each, ()).limit(0))
        # Most questions keep a table of their own while they work.
        with engine.table("contacts", ()).limit(0).cache() as kept:
            rows(kept)
        yield Checkup(name="engine", state="well", says=f"{name} answers")
    except AndonError as problem:
        yield _from_error("engine", problem)
    except Exception as problem:  # noqa: BLE001 - each driver has its own errors
        yield Checkup(
            name="engine",
            state="wrong",
            says=f"{name} refuses: {str(problem).strip().splitlines()[0]}",
            todo="Let Andon's role read the ledger's tables and create temporary tables.",
        )
    finally:
        engine.close()


def _ledger(operation: Operation) -> Iterator[Checkup]:
    name = "ledger"
    ledger = Ledger.open(operation.ledger)
    try:
        versions = ledger.versions()
        for table in versions:
            ledger.files(table)
        contacts, runs = ledger.rows("contacts"), len(ledger.runs())
    except AndonError as problem:
        yield _from_error(name, problem)
        return
    if versions:
        says = f"{contacts:,} contacts after {counted(runs, 'run', 'runs')}; every file is there"
        yield Checkup(name=name, state="well", says=says)
    else:
        yield Checkup(
            name=name,
            state="note",
            says="empty: nothing was loaded yet",
            todo="andon ingest FILE loads contacts.",
        )
    if left := ledger.left_behind():
        yield Checkup(
            name="staging",
            state="note",
            says=f"A run that did not finish left {left[0].name} behind; nothing is lost.",
            todo="Nothing: the next andon ingest clears it away. Load that file again.",
        )


def _spark() -> Iterator[Checkup]:
    if importlib.util.find_spec("pyspark") is None:
        yield Checkup(
            name="engine",
            state="wrong",
            says="engine: spark needs PySpark, which is not installed.",
            todo="pip install 'andon[spark]'",
        )
        return
    version = _java_version()
    if version is None or version < _JAVA_NEEDED:
        yield Checkup(
            name="engine",
            state="wrong",
            says=f"Spark needs Java {_JAVA_NEEDED} or newer; found {version or 'none'}.",
            todo=f"Install Java {_JAVA_NEEDED} or newer (Debian: openjdk-17-jre-headless).",
        )
    else:
        yield Checkup(name="engine", state="well", says=f"spark, with Java {version}")


def _java_version() -> int | None:
    """The major version of the Java that Spark would use; None without one."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if java is None:
        return None
    try:
        done = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    _, _, told = done.stderr.partition('version "')
    parts = told.partition('"')[0].split(".")
    number = parts[1] if parts[0] == "1" and len(parts) > 1 else parts[0]
    return int(number) if number.isdigit() else None


_OF_OPERATION: Final = (_file, _disk, _rights, _key, _engine, _ledger)
