"""``andon goal``: question a target before it is set, keep it, and see when it begins to bend."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from andon.cli.exits import BENDS, OK
from andon.cli.figures import counted
from andon.cli.options import folder_option, json_option, operation_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, say_wrapped, short
from andon.errors import GoalError, QuestionError
from andon.estimate import Estimate, Unknown, times
from andon.goodhart.begun import apart
from andon.goodhart.goal import REWARDED, Goal, day_said, goal_text, read_answer, read_goal
from andon.goodhart.limits import limits_of
from andon.goodhart.measures import MEASURES, Measure
from andon.goodhart.moves import Move, Past
from andon.goodhart.review import Review, review
from andon.goodhart.watch import Bending, Watched, watch
from andon.ledger.coverage import observed
from andon.ledger.window import Window, open_window
from andon.marked import read_marked
from andon.operation import FILE, Operation
from andon.report.files import put
from andon.units import spoken
from andon.verdict import Ruling

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from andon.goodhart.battery import Battery
    from andon.goodhart.signatures import SignatureKey

__all__ = ["goal_command"]

_FOLDER: Final = "goals"
_SHAPES: Final = {
    Ruling.GO: ("●", "cyan"),
    Ruling.WATCH: ("▲", "yellow"),
    Ruling.STOP: ("■", "red"),
}


@click.group(
    name="goal",
    invoke_without_command=True,
    epilog="Each of them takes --json, and explains itself with --help.",
)
@click.pass_context
def goal_command(context: click.Context) -> None:
    """Question a target before it is set, and watch it afterwards."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@goal_command.command(name="review", short_help="Say go, watch or stop, and why.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--keep", is_flag=True, help="Keep the goal in the operation's goals folder.")
@folder_option
@json_option
def _review(*, file: Path | None, keep: bool, folder: Path, as_json: bool) -> None:
    """Review a goal: go, watch or stop, with the reasons and a better-shaped goal.

    FILE is a YAML file; see docs/reference/goal-yaml.md. Without it, andon asks one question at a
    time and writes the file. In an operation's folder the ledger is asked as well.
    """
    operation = _operation(folder)
    written = None
    if file is None:
        file = written = _asked(operation)
    goal = _read(file)
    if keep and written is None:
        written = _kept(file, _home(operation, keep=True), goal)
    found = _reviewed(goal, operation, quiet=as_json)
    if as_json:
        say_json(_as_json(found, file))
        return
    _show(found)
    if written is not None:
        say()
        say_wrapped(f"Wrote {short(written)}")


@goal_command.command(name="list")
@operation_option
@json_option
def _list(*, operation: Operation, as_json: bool) -> None:
    """List the goals that are kept."""
    goals = [(path, _read(path)) for path in _files(operation)]
    if as_json:
        say_json([{"file": str(path), **_goal_json(goal)} for path, goal in goals])
        return
    if not goals:
        say_wrapped(_NONE)
        return
    say(f"{counted(len(goals), 'goal is', 'goals are')} kept.")
    for path, goal in goals:
        force = f"in force since {day_said(goal.since)}" if goal.since else "not in force"
        twins = "; ".join(twin.says for twin in goal.twins) or "none"
        one = "Its twins" if len(goal.twins) > 1 else "Its twin"
        say()
        say(click.style(goal.name, bold=True))
        for line in (goal.says, f"It is {force}. {one}: {twins}.", f"File: {short(path)}"):
            say_wrapped(line, indent="  ")


@goal_command.command(name="watch")
@operation_option
@json_option
def _watch(*, operation: Operation, as_json: bool) -> int:
    """Say when a kept goal begins to bend its measure.

    Each kept goal is compared with the ledger's newest data: did its measure move its way since it
    holds, while a twin got worse? Does a sign of bending show that was not there before it? Leaves
    with exit code 16 where one bends.
    """
    goals = [(path, _read(path)) for path in _files(operation)]
    found: list[tuple[Path, Watched]] = []
    with Progress("Reading the ledger", quiet=as_json) as progress, _ledger(operation) as window:
        if goals and window is None:
            raise QuestionError(
                "The ledger is empty: nothing was loaded yet.",
                found=str(operation.ledger),
                todo="andon ingest FILE loads contacts.",
            )
        force = [goal for _, goal in goals if goal.since is not None]
        looked = _looked_for(force, operation, window, progress) if window and force else None
        around = _Around(operation=operation, window=window, looked=looked, goals=force)
        for i, (path, goal) in enumerate(goals):
            progress.step(f"Watching {goal.name}", i, len(goals))
            assert window is not None
            found.append((path, _watched(goal, operation, window, around, progress)))
    if as_json:
        say_json([_watched_json(path, each) for path, each in found])
    else:
        _show_watched(found)
    return BENDS if any(each.state == "bends" for _, each in found) else OK


@dataclass(kw_only=True, slots=True)
class _Around:
    """Looks for signatures over all contacts, and around each day on which a goal began."""

    operation: Operation
    window: Window | None
    looked: Battery | None
    goals: Sequence[Goal]
    parted: dict[dt.date, tuple[Battery, Battery] | None] = field(default_factory=dict)

    def __call__(self, day: dt.date, progress: Progress) -> tuple[Battery, Battery] | None:
        """The looks before a day and since, for signatures that show and have no date."""
        if day not in self.parted:
            self.parted[day] = self._parted(day, progress)
        return self.parted[day]

    def _parted(self, day: dt.date, progress: Progress) -> tuple[Battery, Battery] | None:
        if self.window is None or self.looked is None:
            return None
        undated = {look.signature for look in self.looked.shown if look.since is None}
        sides = apart(self.window.contacts, day, seen=observed(self.window.contacts))
        if sides is None or not undated:
            return None
        before, since = (
            _looked_for(
                self.goals, self.operation, self.window, progress, contacts=side, only=undated
            )
            for side in (sides.before, sides.since)
        )
        return before, since


def _watched(
    goal: Goal, operation: Operation, window: Window, around: _Around, progress: Progress
) -> Watched:
    looked, key = around.looked, goal.measure.key
    parted = None if goal.since is None else around(goal.since, progress)
    return watch(
        goal,
        window.contacts,
        staffing=_table(window, "staffing"),
        surveys=_table(window, "surveys"),
        values=_table(window, "values"),
        standards=operation.standards,
        signatures=looked.seen(key) if looked else None,
        before=parted[0].seen(key) if parted else None,
        after=parted[1].seen(key) if parted else None,
    )


def _table(window: Window, name: str) -> ir.Table | None:
    return window.tables[name] if window.has(name) else None


def _looked_for(
    goals: Sequence[Goal],
    operation: Operation,
    window: Window,
    progress: Progress,
    *,
    contacts: ir.Table | None = None,
    only: Collection[SignatureKey] | None = None,
) -> Battery:
    """Look for every signature that any of the goals invites, or for some of them."""
    from andon.goodhart.battery import battery  # noqa: PLC0415  # heavy, and needs a ledger

    return battery(
        window.contacts if contacts is None else contacts,
        surveys=_table(window, "surveys"),
        changes=_table(window, "changes"),
        values=_table(window, "values"),
        needs=_table(window, "needs"),
        limits=limits_of(goals, operation.standards),
        only={signature for goal in goals for signature in goal.measure.bent_by}
        if only is None
        else only,
        progress=progress.step,
    )


def _watched_json(path: Path, found: Watched) -> dict[str, Any]:
    return {**_row(plain(found)), "goal": _goal_json(found.goal), "file": str(path)}


_STATES: Final[dict[Bending, tuple[str, str]]] = {
    "bends": ("■", "red"),
    "beyond floor": ("▲", "yellow"),
    "cannot tell": ("▲", "yellow"),
    "not in force": ("▲", "yellow"),
    "holds": ("●", "cyan"),
}


def _show_watched(found: Sequence[tuple[Path, Watched]]) -> None:
    if not found:
        say_wrapped(_NONE)
        return
    bending = sum(each.state == "bends" for _, each in found)
    waiting = sum(each.state == "not in force" for _, each in found)
    begin = "begin to bend their measures" if bending > 1 else "begins to bend its measure"
    of = counted(len(found), "kept goal", "kept goals")
    beyond = sum(each.state == "beyond floor" for _, each in found)
    also = (
        f" {beyond} {'has' if beyond == 1 else 'have'} a twin beyond its floor." if beyond else ""
    )
    if waiting == len(found):
        say_wrapped(f"None of {of} is in force yet, so none can bend its measure.")
    else:
        later = f" {waiting} {'is' if waiting == 1 else 'are'} not in force yet." if waiting else ""
        say_wrapped(f"{bending or 'None'} of {of} {begin}.{also}{later}")
    for _, each in sorted(found, key=lambda one: list(_STATES).index(one[1].state)):
        shape, colour = _STATES[each.state]
        say()
        say(click.style(f"{shape} {_begun(each.state)}: {each.goal.name}", fg=colour, bold=True))
        for sentence in (each.goal.says, *each.says, *each.notes):
            say_wrapped(sentence, indent="  ")
    if bending:
        say()
        say_wrapped(
            "Look at the target first: take it back, or shape it anew. andon goal review FILE says "
            "how. Mix and season can move both as well."
        )


_NONE: Final = (
    "No goal is kept here yet. andon goal review asks the questions of one and keeps it; "
    "andon goal review FILE --keep keeps a file."
)


def _operation(folder: Path) -> Operation | None:
    """The operation, where there is one; a folder that was named must hold one."""
    if folder == Path() and not (folder / FILE).exists():
        return None
    return Operation.open(folder)


def _home(operation: Operation | None, *, keep: bool = False) -> Path:
    """Where goals are kept; without an operation, the folder goals beside us."""
    if operation is not None:
        return operation.folder / _FOLDER
    if keep:
        raise GoalError(
            "There is no operation to keep the goal in.",
            found=f"no {FILE} in {Path().absolute()}",
            todo="Name the operation's folder with --operation, or leave --keep out.",
        )
    return Path(_FOLDER)


def _files(operation: Operation) -> list[Path]:
    return sorted((operation.folder / _FOLDER).glob("*.yaml"))


def _read(path: Path) -> Goal:
    return read_goal(read_marked(path, error=GoalError))


def _kept(file: Path, home: Path, goal: Goal) -> Path:
    """Keep a file as it stands; one that is there already must be the same."""
    there = home / f"{_stem(goal.name)}.yaml"
    if file.resolve().parent == home.resolve():
        return file
    content = file.read_bytes()
    if there.exists() and there.read_bytes() != content:
        raise GoalError(
            "Another goal of that name is kept already.",
            found=str(there),
            todo="Give this one another name, or change that file by hand.",
        )
    put(there, content, what="The goal", todo="Choose a folder that you may write to.")
    return there


def _stem(name: str) -> str:
    """A file's name for a goal's name."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:60] or "goal"


# --- the review ----------------------------------------------------------------------------------


@contextlib.contextmanager
def _ledger(operation: Operation | None) -> Iterator[Window | None]:
    """The ledger, where the operation has one with contacts in it."""
    if operation is None or not (operation.ledger.exists() or "://" in operation.engine):
        yield None
        return
    with open_window(operation) as window:
        yield window if window.has("contacts") else None


def _reviewed(goal: Goal, operation: Operation | None, *, quiet: bool) -> Review:
    with (
        Progress(f"Reviewing {goal.name}", quiet=quiet) as progress,
        _ledger(operation) as window,
    ):
        if window is None or operation is None:
            return review(goal, today=_today(dt.UTC))
        looked = _looked_for([goal], operation, window, progress)
        progress.step(f"Reviewing {goal.name}")
        return review(
            goal,
            window.contacts,
            staffing=_table(window, "staffing"),
            surveys=_table(window, "surveys"),
            values=_table(window, "values"),
            standards=operation.standards,
            signatures=looked.seen(goal.measure.key),
            today=_today(operation.timezone),
        )


def _today(zone: dt.tzinfo) -> dt.date:
    return dt.datetime.now(zone).date()


def _as_json(found: Review, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "goal": _goal_json(found.goal),
        "ruling": str(found.verdict.ruling),
        "reasons": plain(found.verdict.reasons),
        "invited": [{**_row(plain(each)), "state": each.state} for each in found.invited],
        "past": plain(found.past),
        "work": plain(found.work),
        "customer": found.customer,
        "organisation": found.organisation,
        "both_gain": found.both_gain,
        "better": list(found.better),
        "unknown": plain(found.unknown),
    }


def _row(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def _goal_json(goal: Goal) -> dict[str, Any]:
    said = _row(plain(goal))
    said["measure"] = goal.measure.key
    said["unit"] = goal.measure.unit
    said["twins"] = [
        {"measure": twin.measure.key, "unit": twin.measure.unit, "floor": twin.floor}
        for twin in goal.twins
    ]
    return {**said, "says": goal.says}


def _show(found: Review) -> None:
    ruling = found.verdict.ruling
    shape, colour = _SHAPES[ruling]
    say(click.style(f"{shape} {ruling.capitalize()}: {found.goal.name}", fg=colour, bold=True))
    say_wrapped(found.goal.says)
    say_wrapped(f"Behind it: {found.goal.behind}")
    say()
    say("Why")
    for reason in found.verdict.reasons:
        shape, colour = _SHAPES[reason.ruling]
        mark = f"  {shape} {reason.ruling:5}  "
        say_wrapped(reason.says, first=mark, indent=" " * len(mark))
    if found.invited:
        say()
        states = {each.state for each in found.invited}
        alike = f" ({min(states)})" if len(states) == 1 and len(min(states)) <= _BRIEF else ""
        say(f"How it can be bent{alike}")
        for each in found.invited:
            state = "" if alike else f" ({each.state})"
            say_wrapped(f"- {_begun(each.how)}{state}.", first="  ", indent="    ")
    if found.past:
        _show_past(found.goal, found.past)
    say()
    say("Who gains")
    say_wrapped(f"- Customers: {found.customer}.", first="  ", indent="    ")
    say_wrapped(f"- The organisation: {found.organisation}.", first="  ", indent="    ")
    if found.unknown:
        say()
        say("Not known")
        for gap in found.unknown:
            said = f"- {_begun(gap.why)}. It would take {gap.needs}."
            say_wrapped(said, first="  ", indent="    ")
    say()
    say("A better-shaped goal")
    for sentence in found.better:
        say_wrapped(sentence, indent="  ")
    say()
    say("All of it: --json. How it is judged: docs/how-to/review-a-goal.md")


_BRIEF: Final = 20
"""A longer state stands beside each, and not in the heading."""


def _show_past(goal: Goal, found: Sequence[Past]) -> None:
    now, wanted = found[0].now, found[0].wanted
    say()
    say("What the ledger says")
    if isinstance(now, Estimate) and isinstance(wanted, Estimate):
        way = "less" if wanted.value < 0 else "more"
        size = spoken(abs(wanted.value), wanted.unit, step=_step(wanted.value))
        when = (
            f"in the last whole {found[0].period}" if found[0].periods else "over all that was seen"
        )
        say_wrapped(
            f"{_begun(goal.measure.says)} is {now.says()} {when}. "
            f"The target asks for {size} {way}.",
            indent="  ",
        )
    else:
        say_wrapped(now.says(), indent="  ")
    moves: dict[tuple[str, str], list[tuple[str, Move]]] = {}
    for each in found:
        for move in each.moves:
            moves.setdefault((move.start, move.end), []).append((each.twin, move))
    if not moves:
        return
    say_wrapped("When it moved by about that much before:", indent="  ")
    weeks = "weeks of " if found[0].period == "week" else ""
    for (start, end), both in sorted(moves.items()):
        said = [f"it {_changed(both[0][1].measure)}"]
        said += [f"{MEASURES[twin].says} {_changed(move.twin)}" for twin, move in both]
        line = f"- {_begun(weeks)}{start} to {end}: {'; '.join(said)}."
        say_wrapped(line, first="  ", indent="    ")
    say_wrapped("A change in who calls, or why, moves both as well.", indent="  ")


def _changed(change: Estimate | Unknown) -> str:
    if isinstance(change, Unknown):
        return f"is {change}"
    if change.low <= 0 <= change.high:
        return f"hardly moved, or not beyond doubt: {change}"
    return f"fell by {times(change, -1)}" if change.value < 0 else f"rose by {change}"


def _step(value: float) -> float:
    """The step that leaves two significant digits."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.0


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- the questions -------------------------------------------------------------------------------

_QUESTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("name", "What do you call this goal?"),
    ("measure", "Which measure is the target on? Such as AHT, service level, FCR, NPS."),
    ("aim", "What is it to reach, or by how much is it to move? Such as {example}."),
    ("by", "By which day? Such as 2027-06-30."),
    ("rewarded", "Who is rewarded for it? One or more of: {rewarded}."),
    ("behind", "What is the goal behind the goal? What is it really for?"),
    ("harmed", "Who could be harmed by it? With a semicolon between several."),
    ("twin.measure", "Which measure tells when this one is bent? Such as {twins}. Or: none."),
    ("twin.floor", "How bad may {twin} get at most? Such as {floor}. Or: none."),
)
"""One question at a time, in plain words."""

_EXAMPLES: Final = {
    "s": ("4m30s, or -25%", "40s"),
    "h": ("30m, or -10%", "1h"),
    "share": ("85%, or +3 points", "15%"),
    "points": ("40, or +5", "35"),
    "ratio": ("4.5, or +0.2", "4.2"),
}
_OTHER: Final = ("12, or -10%", "10")


def _asked(operation: Operation | None) -> Path:
    """Ask for a goal, write its file, and say where it is."""
    home = _home(operation)
    values: dict[str, Any] = {}
    said: dict[str, str | Sequence[str]] = {}
    click.echo("One question at a time. Ctrl-C leaves and writes nothing.", err=True)
    for key, question in _QUESTIONS:
        if key == "twin.floor" and "twin.measure" not in values:
            continue
        words = question.format(**_filled(values))
        answer = _answer(key, words, values, home)
        if answer is None:
            continue
        said[_place(key, values[key])] = answer
    path = home / f"{_stem(str(said['name']))}.yaml"
    put(
        path,
        goal_text(said).encode(),
        what="The goal",
        todo="Choose a folder that you may write to.",
    )
    return path


def _place(key: str, value: object) -> str:
    """The key of the file that an answer belongs to."""
    if key != "aim":
        return key
    return "level" if isinstance(value, float) else "change"


def _answer(key: str, words: str, values: dict[str, Any], home: Path) -> str | Sequence[str] | None:
    """Ask until the answer can be used; None for a twin that is not there."""
    while True:
        click.echo(err=True)
        said: str = click.prompt(_wrapped(words), prompt_suffix="\n> ", err=True)
        if key.startswith("twin.") and said.strip().lower() in {"none", "no", "-"}:
            return None
        try:
            values[key] = read_answer(key, said, values)
        except GoalError as problem:
            _again(problem.wrong, problem.todo)
            continue
        if key == "name" and (home / f"{_stem(said)}.yaml").exists():
            _again("A goal of that name is kept already.", "Give this one another name.")
            continue
        return _written(key, said, values[key])


def _again(*lines: str) -> None:
    for line in lines:
        click.echo(_wrapped(line), err=True)


def _wrapped(text: str) -> str:
    return click.wrap_text(text, width=shutil.get_terminal_size((80, 24)).columns)


def _written(key: str, said: str, value: object) -> str | Sequence[str]:
    """An answer as the file says it."""
    if isinstance(value, Measure):
        return value.key
    if key == "rewarded":
        assert isinstance(value, tuple)
        return [str(each) for each in value]
    if key == "harmed":
        return [part for each in said.split(";") if (part := each.strip())]
    return said.strip()


def _filled(values: Mapping[str, Any]) -> dict[str, str]:
    """What the questions need from earlier answers."""
    measure, twin = values.get("measure"), values.get("twin.measure")
    return {
        "rewarded": ", ".join(REWARDED),
        "example": _EXAMPLES.get(measure.unit, _OTHER)[0] if measure else "",
        "twins": ", ".join(measure.twins) if measure else "",
        "twin": twin.says if twin else "",
        "floor": _EXAMPLES.get(twin.unit, _OTHER)[1] if twin else "",
    }
