"""The command ``andon``: its commands, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

import andon
from andon.cli.exits import INTERRUPTED, OK, USAGE
from andon.cli.lazy import Lazy, LazyGroup
from andon.errors import AndonError

__all__ = ["COMMANDS", "andon_command", "main"]

COMMANDS: Final = {
    name: Lazy(module=f"andon.cli.{name}", name=f"{name}_command", says=says)
    for name, says in {
        "init": "Make a new operation: a folder with its andon.yaml.",
        "map": "Look at a file and draft the mapping that loads it.",
        "ingest": "Load files into the ledger.",
        "quarantine": "Show the rows that were set aside, and why.",
        "ask": "Put one question to the ledger.",
        "goal": "Question a target before it is set, and watch it afterwards.",
        "diagnose": "Write the report of a first diagnosis.",
        "replay": "Rebuild a report's figures and say whether they agree.",
        "wait": "Say what callers meet with so many agents.",
        "agents": "Say how few agents a target needs.",
        "simulate": "Run a model of an operation, and say what would happen.",
        "plan": "Plan how many people, when, with what buffer and at what risk.",
        "whatif": "Say what happens if a target is set, before anyone sets it.",
        "prove": "Make up an operation whose truth is known, to test questions on.",
        "doctor": "Check this machine and this operation.",
    }.items()
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="andon",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each command explains itself: andon COMMAND --help",
)
@click.version_option(andon.__version__, message="andon %(version)s")
def andon_command() -> None:
    """What efficiency in customer service really costs, said in plain language."""


class _UsageError(AndonError):
    """The command line says something that the command does not take."""

    code = "usage"
    exit_code = USAGE


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit code; see ``docs/reference/exit-codes.md``."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        code = _run(given)
    except AndonError as problem:
        from andon.cli.terminal import error  # noqa: PLC0415  # help does not need it

        error(problem, as_json="--json" in given)
        code = problem.exit_code
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    """The command's exit code; whatever goes wrong comes out as an AndonError."""
    done: object = OK
    plain: dict[str, Any] = {"color": False} if os.environ.get("NO_COLOR") else {}
    try:
        done = andon_command.main(arguments, prog_name="andon", standalone_mode=False, **plain)
        sys.stdout.flush()
    except click.exceptions.Exit as left:
        done = left.exit_code
    except click.ClickException as problem:
        raise _usage(problem) from problem
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        done = INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader has gone, as with `| head`; click leaves by SystemExit then. It is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except AndonError:
        raise
    except Exception as problem:
        from andon.cli.terminal import unexpected  # noqa: PLC0415  # only on this way out

        raise unexpected(problem) from problem
    return done if isinstance(done, int) else OK


def _usage(problem: click.ClickException) -> _UsageError:
    context = getattr(problem, "ctx", None)
    command = context.command_path if context else "andon"
    return _UsageError(
        "The command line cannot be understood.",
        found=problem.format_message(),
        todo=f"See {command} --help.",
    )


if __name__ == "__main__":
    main()
