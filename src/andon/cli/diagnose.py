"""``andon diagnose``: write the report of a first diagnosis."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import ibis.expr.types as ir

from andon.cli.options import by_option, from_option, json_option, to_option
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_wrapped, short
from andon.errors import GoalError, MappingError, QuestionError
from andon.goodhart.battery import Battery
from andon.goodhart.goal import Goal, read_goal
from andon.goodhart.limits import limits_of
from andon.ledger.ingest import ingest
from andon.ledger.mapping import Mapping, built_in, built_in_names, load_mapping
from andon.ledger.store import Ledger
from andon.ledger.sums import rows
from andon.ledger.window import between_days, open_window
from andon.marked import read_marked
from andon.operation import Operation
from andon.report import machine, words
from andon.report.diagnosis import Diagnosis, diagnose
from andon.report.files import put
from andon.report.own_figures import own_figures
from andon.report.runs import quality_of
from andon.report.views import report_view

__all__ = ["diagnose_command", "kept_goals"]

_READ = ("contacts", "staffing", "surveys", "changes", "values", "needs")


@click.command(name="diagnose")
@click.argument("target", default=".", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="For a FILE: how to read it.")
@click.option("--as", "source", metavar="SOURCE", help="For a FILE: a ready mapping.")
@click.option("--zone", help="For a FILE: its time zone.  [default: the mapping's, else UTC]")
@from_option
@to_option
@by_option
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    help="Where to write the page.  [default: the operation's reports folder]",
)
@click.option("--pdf", type=click.Path(path_type=Path), help="Also write a PDF there.")
@click.option(
    "--for-roles",
    "own",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Also write there, as a page apart, what stands out in contacts with each --advisor.",
)
@click.option(
    "--advisor",
    "advisors",
    metavar="ID",
    multiple=True,
    help="For --for-roles: an advisor's id as the ledger has it. May be given several times.",
)
@json_option
def diagnose_command(
    *,
    target: Path,
    mapping: Path | None,
    source: str | None,
    zone: str | None,
    first: dt.date | None,
    last: dt.date | None,
    by: tuple[str, ...],
    html: Path | None,
    pdf: Path | None,
    own: Path | None,
    advisors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write the report of a first diagnosis.

    TARGET is an operation's folder, or a file to look at once with --mapping or --as. The page
    needs no network and carries its own figures; andon replay makes them again. With --json the
    findings are printed, and a page is written only where --html names one.

    Nothing in the report speaks of a single advisor. --for-roles writes a page apart, for the
    advisor concerned or their lead, about the advisors whose ids are given and nobody else.
    """
    _refuse_half(own, advisors)
    _refuse_one_file(own, html, pdf)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(Progress(f"Opening {target}", quiet=as_json))
        if target.is_file():
            rules = _mapping(source=source, file=mapping)
            operation = stack.enter_context(_looked_at(target, rules, zone, progress))
        else:
            operation = Operation.open(target)
        handed: list[tuple[Battery, dict[str, int]]] = []
        diagnosis = _diagnosis(
            operation,
            progress,
            first=first,
            last=last,
            by=by,
            advisors=advisors,
            for_roles=lambda *seen: handed.append(seen),
        )
        if html is None and not as_json:
            folder = Path() if target.is_file() else operation.reports
            html = folder / f"{diagnosis.last_day}-diagnosis.html"
            _refuse_one_file(own, html)
        _write(diagnosis, progress, html=html, pdf=pdf)
        if own is not None:
            progress.step(f"Writing {own.name}")
            _write_own(own, diagnosis, *handed[0], advisors)
    if as_json:
        click.echo(machine.write(diagnosis), nl=False)
    else:
        _show(diagnosis, [path for path in (html, pdf) if path is not None], own)


def _mapping(*, source: str | None, file: Path | None) -> Mapping:
    if source and not file:
        return built_in(source)
    if file and not source:
        return load_mapping(file)
    raise MappingError(
        "To look at a file, Andon needs to know how to read it.",
        found=f"--as {source}, --mapping {file}",
        todo=f"Give --mapping FILE (andon map drafts one), or --as one of: "
        f"{', '.join(built_in_names())}.",
    )


@contextlib.contextmanager
def _looked_at(
    file: Path, mapping: Mapping, zone: str | None, progress: Progress
) -> Iterator[Operation]:
    """An operation for one look at a file; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="andon-") as folder:
        operation = Operation.create(folder, name=file.stem, zone=zone or mapping.zone or "UTC")
        ingest(
            Ledger.open(operation.ledger),
            [file],
            mapping,
            zone=operation.zone,
            pseudonym_key=operation.pseudonym_key(),
            progress=progress.step,
        )
        yield operation


def _diagnosis(
    operation: Operation,
    progress: Progress,
    *,
    first: dt.date | None,
    last: dt.date | None,
    by: tuple[str, ...],
    advisors: tuple[str, ...],
    for_roles: Callable[[Battery, dict[str, int]], None],
) -> Diagnosis:
    runs = Ledger.open(operation.ledger).runs()
    now = dt.datetime.now(operation.timezone)
    with open_window(operation) as window:
        _refuse_strangers(window.contacts, advisors)
        served = _served(between_days(window.contacts, first, last), advisors)
        versions = {name: window.versions[name] for name in _READ if name in window.versions}
        return diagnose(
            window.contacts,
            **{name: window.tables[name] for name in _READ[1:] if window.has(name)},
            limits=limits_of(kept_goals(operation), operation.standards),
            by=by,
            first=first,
            last=last,
            operation=operation.name,
            zone=operation.zone,
            cost_per_h=operation.costs.per_hour,
            currency=operation.costs.currency,
            answer_within_s=operation.standards.answer_within_s,
            short_abandon_s=operation.standards.short_abandon_s,
            tables=versions,
            quality=quality_of(runs),
            made=f"{words.day(now.date())}, {now:%H:%M}",
            for_roles=lambda found: for_roles(found, served),
            progress=progress.step,
        )


def kept_goals(operation: Operation) -> list[Goal]:
    """The goals that the operation keeps: what people work to."""
    files = sorted((operation.folder / "goals").glob("*.yaml"))
    return [read_goal(read_marked(path, error=GoalError)) for path in files]


def _write(
    diagnosis: Diagnosis, progress: Progress, *, html: Path | None, pdf: Path | None
) -> None:
    if html is None and pdf is None:
        return
    view = report_view(diagnosis, progress=progress.step)
    if html is not None:
        from andon.report import html as page  # noqa: PLC0415  # heavy, and not for --json

        progress.step(f"Writing {html.name}")
        text = page.render(diagnosis, view=view, progress=progress.step)
        _put(html, text.encode("utf-8"))
    if pdf is not None:
        from andon.report import pdf as paper  # noqa: PLC0415  # heavy, and an extra

        progress.step(f"Writing {pdf.name}")
        _put(pdf, paper.render(diagnosis, view=view, progress=progress.step))


def _refuse_half(own: Path | None, advisors: tuple[str, ...]) -> None:
    if (own is None) == (not advisors):
        return
    raise QuestionError(
        "A page for roles is about advisors who are named, and about nobody else.",
        found=f"--for-roles {own}" if own else f"--advisor {', '.join(advisors)}",
        todo="Give both --for-roles FILE and --advisor ID, the latter once for each advisor.",
    )


def _refuse_one_file(own: Path | None, *others: Path | None) -> None:
    """Refuse to write what is for a few where everybody looks for the report."""
    if own is None:
        return
    if own.resolve() in {other.resolve() for other in others if other is not None}:
        raise QuestionError(
            "The page for roles and the report cannot be one file.",
            found=f"--for-roles {own}, and the report in the same place",
            todo="Name another file with --for-roles, in a place that others do not see.",
        )


def _refuse_strangers(contacts: ir.Table, advisors: tuple[str, ...]) -> None:
    if not advisors:
        return
    theirs = contacts.filter(contacts.advisor_id.isin(advisors)).select("advisor_id").distinct()
    known = {row["advisor_id"] for row in rows(theirs)}
    strangers = [each for each in advisors if each not in known]
    if strangers:
        raise QuestionError(
            "No contact is with this advisor.",
            found=f"--advisor {', '.join(strangers)}",
            todo="Give the id as the ledger's column advisor_id has it.",
        )


def _served(contacts: ir.Table, advisors: tuple[str, ...]) -> dict[str, int]:
    """How many contacts each of the advisors served; who served none is not in it."""
    if not advisors:
        return {}
    theirs = contacts.filter(contacts.advisor_id.isin(advisors) & (contacts.outcome == "handled"))
    counted = theirs.group_by("advisor_id").aggregate(contacts=theirs.count())
    return {str(row["advisor_id"]): int(row["contacts"]) for row in rows(counted)}


def _write_own(
    path: Path,
    diagnosis: Diagnosis,
    found: Battery,
    served: dict[str, int],
    advisors: tuple[str, ...],
) -> None:
    from andon.report import own_page  # noqa: PLC0415  # draws, and is seldom asked for

    nouns = words.nouns(diagnosis.channels)
    tables = ", ".join(
        f"{name} (version {v})" for name, v in sorted(diagnosis.provenance.tables.items())
    )
    page = own_page.render(
        own_figures(found, advisors, nouns=nouns, contacts=served),
        operation=diagnosis.operation,
        first_day=diagnosis.first_day,
        last_day=diagnosis.last_day,
        zone=diagnosis.zone,
        source=f"Source: {tables or 'contacts, not versioned'}",
        nouns=nouns,
    )
    own_page.write(path, page)


def _put(path: Path, content: bytes) -> None:
    todo = "Name another place with --html or --pdf, on a disk with space."
    put(path, content, what="The report", todo=todo)


def _show(diagnosis: Diagnosis, written: list[Path], own: Path | None) -> None:
    for sentence in diagnosis.summary:
        say_wrapped(sentence)
    say()
    for i, finding in enumerate(diagnosis.findings, start=1):
        say_wrapped(finding.headline, indent="   ", first=f"{i}. ")
        say_wrapped(finding.next_step, indent="   ", first="   To do: ")
    say()
    for path in written:
        say(f"Wrote {short(path)}")
    if own is not None:
        say(f"Wrote {short(own)}, for those named and their lead: keep it from all others.")
