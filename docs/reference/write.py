"""Write the reference pages from what the code declares; ``make docs`` runs it.

Each page below is made of rows and help texts that the program itself uses. A test fails when a
page is not what this script would write.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import click

from andon import errors
from andon.capacity.lever_keys import LEVERS as WHATIF_KEYS
from andon.capacity.planning_file import KEYS as PLAN_KEYS
from andon.cli.exits import CODES
from andon.cli.main import COMMANDS, andon_command
from andon.cli.questions import QUESTIONS
from andon.goodhart.goal import KEYS as GOAL_KEYS
from andon.goodhart.goal import REWARDED
from andon.goodhart.measures import MEASURES, bent_as
from andon.goodhart.signatures import SIGNATURES, Signature
from andon.ledger.checks import CHECKS
from andon.ledger.mapping import KEYS as MAPPING_KEYS
from andon.ledger.tables import TABLES
from andon.operation import FILE, KEYS
from andon.proving.reading import KEYS as SCENARIO_KEYS
from andon.proving.reading import sections_of
from andon.proving.scenario import LEVERS
from andon.queueing.simulator.reading import KEYS as MODEL_KEYS

DOCS: Final = Path(__file__).parents[1]
_MADE: Final = (
    "<!-- Written by docs/reference/write.py (`make docs`): change the code, not this page. -->"
)
_WIDTH: Final = 96


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        print(f"wrote docs/{name}")


def cli_page() -> str:
    """The command line, from each command's own help."""
    os.environ.pop("ANDON_OPERATION", None)  # help shows it where it is set
    parts = [
        _head("The command line"),
        "Exit codes stand in [their own page](exit-codes.md). Every command takes `--json`; errors "
        "then come as JSON on standard error. `NO_COLOR` is respected.",
    ]
    settings = andon_command.context_settings
    with click.Context(
        andon_command, info_name="andon", terminal_width=_WIDTH, **settings
    ) as context:
        parts.append(_block(andon_command.get_help(context)))
        for name in COMMANDS:
            command = andon_command.get_command(context, name)
            assert command is not None
            parts += _help(command, name, context)
    return _joined(parts)


def _help(command: click.Command, name: str, parent: click.Context) -> list[str]:
    """A command's help under its heading; and that of those below it."""
    with click.Context(command, info_name=name, parent=parent) as context:
        parts = [f"## {context.command_path}", _block(command.get_help(context))]
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                one = command.get_command(context, below)
                assert one is not None
                parts += _help(one, below, context)
    return parts


def exit_codes_page() -> str:
    """The exit codes, from the table of codes and from the exceptions."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.AndonError)
    ]
    rows = [(str(code), "", says) for code, says in CODES.items()]
    rows += [
        (str(kind.exit_code), f"`{kind.code}`", _first_line(kind))
        for kind in kinds
        if kind is not errors.AndonError
    ]
    example = errors.LedgerBusy("Another run is writing.", found="a lock", todo="Wait.").as_json()
    return _joined(
        [
            _head("Exit codes"),
            "What a script can trust `andon` to leave with. An error is three lines on standard "
            "error: what was wrong, what was found, what to do. With `--json` it is one object:",
            _block(json.dumps(example, indent=2), "json"),
            _table(("code", "error", "meaning"), sorted(rows, key=lambda row: int(row[0]))),
        ]
    )


def andon_yaml_page() -> str:
    """The operation's file, from its keys."""
    rows = [
        (
            f"`{key.name}`",
            key.says,
            f"{key.expects}",
            "needed" if key.required else _shown(key.default),
        )
        for key in KEYS
    ]
    return _joined(
        [
            _head(FILE),
            f"`{FILE}` describes one operation. `andon init` writes one. A dot stands for one "
            "level of indent. Every key is checked on reading; an error names the file, the line, "
            "the key, what was found and what was expected.",
            _table(("key", "meaning", "holds", "without it"), rows),
        ]
    )


def ledger_page() -> str:
    """The ledger's tables, from their columns."""
    parts = [
        _head("The ledger's tables"),
        "Delta Lake tables in the operation's `ledger/` folder. Instants are UTC with "
        "microseconds; each has a twin in whole microseconds. `local_*` is the wall clock in the "
        "operation's zone. Durations are seconds. What is missing is null, never 0 or an empty "
        "text. "
        "*Derived* columns are filled by Andon; a mapping fills the others.",
    ]
    for table in TABLES.values():
        rows = [
            (
                f"`{column.name}`",
                column.kind,
                "needed" if column.required else "",
                column.says
                + (f" One of: {', '.join(column.one_of)}." if column.one_of else "")
                + (" *Derived.*" if column.derived else ""),
            )
            for column in table.columns
        ]
        parts += [f"## {table.name}", table.says, _table(("column", "type", "", "meaning"), rows)]
    return _joined(parts)


def checks_page() -> str:
    """The checks on the way in, from their rows."""
    rows = [(f"`{each.name}`", each.severity, each.asserts, each.why) for each in CHECKS]
    return _joined(
        [
            _head("Checks on the way in"),
            "*refuse*: the whole file is refused and nothing of it is loaded. *quarantine*: the "
            "row is set aside whole. *blank*: the row is loaded without the one value that cannot "
            "be right. *note*: the row is loaded as it is. All are counted.",
            _table(("check", "severity", "asserts", "why"), rows),
        ]
    )


def mappings_page() -> str:
    """Mappings: every key by where it stands, and three whole mappings that use them all."""
    titles = {
        "mapping": "At the top",
        "file": "Below `file`",
        "rule": "Below a column of the ledger",
        "test": "Below a column of the file, in `when`",
        "filter": "Below `filters`",
        "updates": "Below `updates`",
        "replace": "Below `replace`",
    }
    parts = [
        _head("Mappings"),
        "A mapping says which column of a file becomes what in the ledger. It is data and never "
        "code. `andon map FILE` drafts one; [bring your own data](../how-to/bring-your-own-data.md)"
        " shows the way. An error names the file, the line, the key, what was found and what was "
        "expected.",
        "A rule is a column's name, or a section with keys, or a list of sections: then the first "
        "whose `when` holds is used, and the last may go without. Values are looked at in this "
        "order: trimmed, `replace`, `missing`, `values`, read by kind, range.",
    ]
    for section, title in titles.items():
        rows = [
            (f"`{key.name}`", _KINDS_SAID.get(key.fits, key.fits), key.says)
            for key in MAPPING_KEYS
            if key.section == section
        ]
        parts.append(f"## {title}")
        if section == "rule":
            parts.append(_table(("key", "for", "meaning"), rows))
        else:
            parts.append(_table(("key", "meaning"), [(name, says) for name, _, says in rows]))
    parts.append("## Three mappings")
    parts += [
        _block(path.read_text(encoding="utf-8").rstrip(), "yaml")
        for path in sorted((DOCS / "reference" / "mappings").glob("*.yaml"))
    ]
    return _joined(parts)


_KINDS_SAID: Final = {
    "": "any",
    "plain": "all but instants",
    "number": "numbers",
    "amount": "numbers",
    "duration": "durations",
    "instant": "instants",
    "people": "people's ids",
    "link": "links",
}


def model_page() -> str:
    """Models: every key by where it stands, and the examples that use them."""
    titles = {
        "model": "At the top",
        "queue": "A queue: below `queues`, under its name",
        "arrivals": "Below `arrivals`",
        "law": "A law of time: below `handle`, `patience` and others",
        "loop": "Below `loop`",
        "callback": "Below `callback`",
        "overflow": "Below `overflow`",
        "transfer": "Below `transfer`",
        "pool": "A pool: below `pools`, under its name",
        "serves": "An item of `serves`, where it is more than a queue's name",
        "shift": "An item of `shifts`",
    }
    parts = [
        _head("Models"),
        "A model says who comes, who serves, and what happens when nobody is free. `andon simulate "
        "MODEL.yaml` runs it; [simulate a team](../how-to/simulate-a-team.md) shows the way. It is "
        "data and never code. An error names the file, the line, the key, what was found and what "
        "to do; a key with a slip meets the nearest that is known.",
        "**Durations** are written as `180s`, `3m`, `2m30s`, `1h` or `1 day`; a number alone "
        "counts seconds. **Shares** are `80%` or `0.8`. **Times of day** are `08:00`; day 1 is a "
        "Monday. A **law** is a section as below, `never`, or a duration alone: the exponential "
        "law with this mean.",
    ]
    for section, title in titles.items():
        rows = [
            (f"`{key.name}`", key.holds, key.says, key.without)
            for key in MODEL_KEYS
            if key.section == section
        ]
        parts += [f"## {title}", _table(("key", "holds", "meaning", "without it"), rows)]
    parts.append("## Four models")
    parts += [
        _block(path.read_text(encoding="utf-8").rstrip(), "yaml")
        for path in sorted((DOCS.parent / "examples" / "models").glob("*.yaml"))
    ]
    return _joined(parts)


def scenario_page() -> str:
    """Scenarios: every key by where it stands, and the examples that use them."""
    titles = {
        "scenario": "At the top",
        "advisors": "Below `advisors`",
        "customers": "Below `customers`",
        "difficulty": "Below `difficulty`",
        "reasons": "A reason: below `reasons`, under its name",
        "work": "Below `work`",
        "seen": "Below `seen`",
        "surveys": "Below `surveys`",
        "vulnerable": "Below `vulnerable`",
        "decisions": "Below `decisions`",
        "lever": "A lever: below `levers`, under its name",
        "habit": "A lever in the hands of advisors",
    }
    parts = [
        _head("Scenarios"),
        "A scenario is an operation that is made up, with its truth known: see [the proving ground]"
        "(proving.md). `andon prove build SCENARIO.yaml --into FOLDER` makes it. Nobody in it is "
        "real, and everything that is written says so. It is data and never code. An error names "
        "the file, the line, the key, what was found and what to do.",
        "**Durations** are written as `180s`, `3m`, `2m30s`, `1h` or `1 day`; a number alone "
        "counts seconds. **Shares** are `80%` or `0.8`. **Dates** are `2024-01-31`; a number "
        "counts days from the start.",
    ]
    for section, title in titles.items():
        parts += [f"## {title}", _scenario_keys(section)]
    for kind, lever in LEVERS.items():
        also = "as a lever, and as one in the hands of advisors"
        named = also if "habit" in sections_of(kind) else "as a lever"
        held = "" if lever.bends else " No measure is bent by it."
        parts += [
            f"## The lever `{kind}`",
            f"{_first_line(lever)}{held} Keys {named}"
            + (", and:" if any(key.section == kind for key in SCENARIO_KEYS) else "."),
        ]
        if any(key.section == kind for key in SCENARIO_KEYS):
            parts.append(_scenario_keys(kind))
    parts.append("## Scenarios that are ready")
    examples = sorted((DOCS.parent / "examples" / "scenarios").glob("*.yaml"))
    parts += [
        f"`{path.name}`\n\n{_block(path.read_text(encoding='utf-8').rstrip(), 'yaml')}"
        for path in examples
    ]
    return _joined(parts)


def _scenario_keys(section: str) -> str:
    rows = [
        (f"`{key.name}`", key.holds, key.says, key.without)
        for key in SCENARIO_KEYS
        if key.section == section
    ]
    return _table(("key", "holds", "meaning", "without it"), rows)


def goal_page() -> str:
    """Goals: every key by where it stands, and the measures that a goal can be about."""
    titles = {"goal": "At the top", "twin": "Below `twin`", "scope": "Below `scope`"}
    parts = [
        _head("Goals"),
        "A goal is one target on one measure, with what stands around it. `andon goal review "
        "GOAL.yaml` questions it; [review a goal](../how-to/review-a-goal.md) shows the way. An "
        "error names the file, the line, the key, what was found and what to do.",
        "**Shares** are `85%` or `0.85`. **Durations** are `180s`, `4m30s` or `1 day`. "
        "**Changes** have a sign: `-25%` is a quarter of today's value, `+3 points` are three in "
        "100.",
    ]
    for section, title in titles.items():
        rows = [
            (f"`{key.name}`", key.holds, key.says, key.without)
            for key in GOAL_KEYS
            if key.section == section
        ]
        parts += [f"## {title}", _table(("key", "holds", "meaning", "without it"), rows)]
    parts += [
        "## Who can be rewarded",
        _table(("word", "for"), [(f"`{word}`", says) for word, says in REWARDED.items()]),
        "## Measures",
        "*Better*: which way is better for customers and operation alike. *Neither* is a measure "
        "that no target should be on: both ways from its sound place do harm. *Bends*: whether it "
        "can be moved without any customer being better off.",
        _table(
            ("measure", "meaning", "better", "bends", "natural twins", "in the ledger"),
            [
                (
                    f"`{row.key}`",
                    _upper(row.says) + ".",
                    row.better,
                    row.bends,
                    ", ".join(f"`{twin}`" for twin in row.twins),
                    row.ledger or "no",
                )
                for row in MEASURES.values()
            ],
        ),
        "## How each is bent, and what to aim at",
        _table(
            ("measure", "how it is bent", "a better-shaped goal"),
            [
                (
                    f"`{row.key}`",
                    " ".join(f"{_upper(how)} (`{key}`)." for key, how in row.bent_by.items()),
                    row.better_goal,
                )
                for row in MEASURES.values()
            ],
        ),
        "## What bending looks like",
        "What is tested for each, and what else could explain it: [signatures](signatures.md).",
        _table(
            ("signature", "what it looks like"),
            [(f"`{key}`", _upper(row.looks) + ".") for key, row in SIGNATURES.items()],
        ),
        "## Goals to look at",
    ]
    parts += [
        _block(path.read_text(encoding="utf-8").rstrip(), "yaml")
        for path in sorted((DOCS.parent / "examples" / "goals").glob("*.yaml"))
    ]
    return _joined(parts)


def plan_page() -> str:
    """Plans: every key of plan.yaml by where it stands."""
    titles = {
        "plan": "At the top",
        "promise": "Below `promise`, and below a queue's `promise`",
        "calendar": "Below `calendar`",
        "day": "Below `calendar: days`, for each",
        "shrinkage": "Below `shrinkage`",
        "queue": "Below `queues`, for each",
        "callback": "Below a queue's `callback`",
        "team": "Below `teams`, for each",
        "serves": "Below a team's `serves`, for each",
        "shift": "Below `shifts`, for each",
        "break": "Below a shift's `breaks`, for each",
        "contract": "Below `contracts`, for each",
    }
    parts = [
        _head("plan.yaml"),
        "What a planner decides. `andon plan` reads it from the operation's folder, or from "
        "`--file`. Every part may be left out: a plan is made all the same, from the ledger and "
        "what is usual. [Plan for volatility](../tutorials/plan-for-volatility.md) shows the way. "
        "An error names the file, the line, the key, what was found and what to do.",
        "**Shares** are `85%` or `0.85`. **Durations** are `180s`, `4m30s` or `1 day`. **Times** "
        "are those of the clock on the wall.",
    ]
    for section, title in titles.items():
        rows = [
            (f"`{key.name}`", key.holds, key.says, key.without)
            for key in PLAN_KEYS
            if key.section == section
        ]
        parts += [f"## {title}", _table(("key", "holds", "meaning", "without it"), rows)]
    parts.append("## Plans to look at")
    for path in (
        DOCS.parent / "examples" / "anonymous-bank" / "plan.yaml",
        *sorted((DOCS.parent / "examples" / "plans").glob("*.yaml")),
    ):
        parts.append(_block(path.read_text(encoding="utf-8").rstrip(), "yaml"))
    return _joined(parts)


def whatif_page() -> str:
    """What-ifs: every lever, and how it is written."""
    rows = [(f"`{key.name}`", key.holds, key.says, key.without) for key in WHATIF_KEYS]
    parts = [
        _head("What-if files"),
        "What is to change. `andon whatif --scenario FILE` reads it; each lever is an option as "
        "well: `handle_time` is `--handle-time`. A file and options together are refused. [Try a "
        "target](../how-to/try-a-target.md) shows the way. An error names the file, the line, the "
        "key, what was found and what to do.",
        "**A change** has a sign and a unit: `-25%`, `+30s`. **A new level** has a unit and no "
        "sign: `240s`. What could mean two things is not guessed: `25` and `-25` are refused.",
        "## Levers",
        _table(("key", "holds", "meaning", "without it"), rows),
        "`occupancy` and `agents` set the same thing: give one of them.",
        "## What-ifs to look at",
    ]
    parts += [
        _block(path.read_text(encoding="utf-8").rstrip(), "yaml")
        for path in sorted((DOCS.parent / "examples" / "whatif").glob("*.yaml"))
    ]
    return _joined(parts)


def signatures_page() -> str:
    """Signatures: how a bent measure shows, from their rows."""
    parts = [
        _head("Signatures"),
        "How a bent measure shows, and what each look for it is worth. None of them is about "
        "anybody: it is the target that is looked at, and the target that something is to be done "
        "about. Each has other explanations, and they come first. Which signatures a target "
        "invites: [goals](goal-yaml.md).",
    ]
    for row in SIGNATURES.values():
        parts += [f"## {_upper(row.looks)}", *_signature(row)]
    return _joined(parts)


def _signature(row: Signature) -> list[str]:
    page = DOCS / "questions" / f"{row.function}.md"
    ask = next((name for name, each in QUESTIONS.items() if each.home == row.home), None)
    look = [f"`{row.home}.{row.function}`"]
    look += [f"`andon ask {ask}`"] if ask else []
    look += [f"[how it is found](../questions/{page.name})"] if page.exists() else []
    bent = ", ".join(f"`{measure.key}`" for measure in bent_as(row.key))
    return [
        f"`{row.key}`. It bends {bent}.",
        f"**What is tested.** {row.test}",
        f"**How large it is.** {row.effect}",
        "**What else it could be:**",
        "\n".join(f"- {each}" for each in row.otherwise),
        f"**What to do about the target.** {row.target}",
        f"**How to look.** {', '.join(look)}.",
    ]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def questions_page() -> str:
    """The questions, each with its page."""
    rows = []
    for name, question in QUESTIONS.items():
        page = DOCS / "questions" / f"{question.function}.md"
        asks = f"[{question.asks}]({page.name})" if page.exists() else question.asks
        rows.append((asks, f"`andon ask {name}`", f"`andon.{question.function}`"))
    return _joined(
        [
            _head("Questions"),
            "What each one answers, how, where the method comes from, and where it ends.",
            _table(("question", "in the terminal", "in Python"), rows),
        ]
    )


def decisions_page() -> str:
    """The decisions, by number."""
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    lines = [
        f"- [{page.read_text(encoding='utf-8').splitlines()[0].lstrip('# ')}]({page.name})"
        for page in pages
    ]
    return _joined(
        [
            _head("Decisions"),
            "Context, choice, alternatives, and what would change our mind.",
            "\n".join(lines),
        ]
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "reference/cli.md": cli_page,
    "reference/exit-codes.md": exit_codes_page,
    "reference/andon-yaml.md": andon_yaml_page,
    "reference/ledger.md": ledger_page,
    "reference/checks.md": checks_page,
    "reference/mappings.md": mappings_page,
    "reference/model-yaml.md": model_page,
    "reference/scenario-yaml.md": scenario_page,
    "reference/goal-yaml.md": goal_page,
    "reference/plan-yaml.md": plan_page,
    "reference/whatif-yaml.md": whatif_page,
    "reference/signatures.md": signatures_page,
    "questions/index.md": questions_page,
    "decisions/index.md": decisions_page,
}
"""Every page that is written, by its place in ``docs``."""


def _head(title: str) -> str:
    return f"# {title}\n\n{_MADE}"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _block(text: str, language: str = "text") -> str:
    return f"```{language}\n{text}\n```"


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")


def _shown(value: object) -> str:
    if value is None or value == ():
        return "nothing"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
