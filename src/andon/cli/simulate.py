"""``andon simulate``: run a model of an operation, and say what would happen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import click

from andon.cli.durations import DURATION, SHARE
from andon.cli.options import json_option
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, say_wrapped, short, table
from andon.errors import QueueingError
from andon.finding import Evidence
from andon.marked import read_marked
from andon.queueing.simulator.comparison import compare
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.precision import Precision
from andon.queueing.simulator.reading import read_model
from andon.queueing.simulator.runs import simulate
from andon.report import simulated
from andon.report.simulated import SimulationView

__all__ = ["simulate_command"]


class _WarmUp(click.ParamType[float | Literal["detect"]]):
    """A duration, or detect."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | Literal["detect"]:
        return "detect" if value == "detect" else DURATION.convert(value, param, ctx)


class _Picture(click.ParamType[Path]):
    """A file for a chart."""

    name = "file"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        path = Path(str(value))
        if path.suffix.lower() not in {".svg", ".png", ".html"}:
            self.fail(f"{str(value)!r} must end in .svg, .png or .html.", param, ctx)
        return path


@click.command(name="simulate")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--replications",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many runs, each with other random numbers.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed gives the same figures, on any number of cores.",
)
@click.option(
    "--precision",
    type=SHARE,
    help="Go on until the figure named by --of is right to such a share of itself, such as 1%.",
)
@click.option(
    "--of",
    default="service_level.of_offered",
    show_default=True,
    help="The figure that --precision is about, as --json names it.",
)
@click.option(
    "--most",
    type=click.IntRange(min=2),
    default=1000,
    show_default=True,
    help="With --precision: how many runs at most.",
)
@click.option(
    "--warm-up",
    type=_WarmUp(),
    help="What to leave out of each run's beginning: 2h, 1 day, or detect.  [default: detect where "
    "nothing changes with the time of day, else nothing]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="How many runs at a time.  [default: as many as there are cores]",
)
@click.option(
    "--engine",
    type=click.Choice(["fast", "general"]),
    help="Which engine runs it.  [default: the fast one where it can]",
)
@click.option(
    "--level",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="How sure the intervals are to be.",
)
@click.option(
    "--compare",
    "other",
    type=click.Path(path_type=Path),
    metavar="OTHER",
    help="Another model: say what it changes, with the same customers and the same luck.",
)
@click.option("--chart", type=_Picture(), help="Draw a chart: a file in .svg, .png or .html.")
@click.option(
    "--queue",
    help="With --chart: which queue to draw.  [default: the busiest whose customers wait on the "
    "line]",
)
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    help="Write every contact of the first run to a Parquet file, and the mapping that andon "
    "ingest takes beside it.",
)
@click.option(
    "--starts",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With --trace: the day on which the run begins.  [default: 2024-01-01, a Monday]",
)
@click.option("--zone", default="UTC", show_default=True, help="With --trace: the time zone.")
@json_option
def simulate_command(
    *,
    model: Path,
    replications: int,
    seed: int,
    precision: float | None,
    of: str,
    most: int,
    warm_up: float | Literal["detect"] | None,
    workers: int | None,
    engine: Literal["fast", "general"] | None,
    level: float,
    other: Path | None,
    chart: Path | None,
    queue: str | None,
    trace: Path | None,
    starts: dt.datetime | None,
    zone: str,
    as_json: bool,
) -> None:
    """Run a model of an operation, and say what would happen.

    MODEL is a YAML file that says who comes, who serves, and what happens when nobody is free; see
    docs/reference/model-yaml.md. It is run several times, each time with other random numbers: the
    spread between runs is the doubt that stands beside every figure.
    """
    if other is not None and (precision is not None or trace is not None):
        raise QueueingError(
            "A comparison runs both models alike, and writes no trace.",
            found="--compare beside --precision or --trace",
            todo="Give --replications; write the trace of one model alone.",
        )
    base = _read(model)
    asked = _Asked(
        seed=seed,
        replications=replications,
        warm_up=warm_up,
        workers=workers,
        engine=engine,
        level=level,
        queue=queue,
    )
    with Progress(_STARTING, quiet=as_json) as progress:
        if other is not None:
            shown = _compared(base, _read(other), asked, progress, (model, other), chart)
        else:
            wanted = None
            if precision is not None:
                wanted = Precision(of=of, relative=precision, most_replications=most)
            shown = _simulated(
                base, asked, wanted, progress, model.name, chart, trace, starts, zone
            )
    if as_json:
        say_json(shown.data)
    else:
        _show(shown)


_STARTING: Final = "Starting"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """How to run a model."""

    seed: int
    replications: int
    warm_up: float | Literal["detect"] | None
    workers: int | None
    engine: Literal["fast", "general"] | None
    level: float
    queue: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """What is printed: for people, and for machines."""

    view: SimulationView
    data: dict[str, Any]
    written: tuple[str, ...]


def _simulated(
    model: Model,
    asked: _Asked,
    wanted: Precision | None,
    progress: Progress,
    name: str,
    chart: Path | None,
    trace: Path | None,
    starts: dt.datetime | None,
    zone: str,
) -> _Shown:
    found = simulate(
        model,
        seed=asked.seed,
        replications=asked.replications,
        warm_up=asked.warm_up,
        workers=asked.workers,
        engine=asked.engine,
        level=asked.level,
        precision=wanted,
        trace=trace is not None,
        progress=progress.step,
    )
    written = []
    if chart is not None:
        progress.step(f"Drawing {chart.name}")
        _draw(chart, simulated.picture(found, name=name, queue=asked.queue), name, asked)
        written.append(f"Wrote {short(chart)}")
    if trace is not None:
        from andon.proving.contacts import STARTS_ON, write  # noqa: PLC0415  # loads Arrow

        progress.step(f"Writing {trace.name}")
        files = write(found, trace, starts_at=starts or STARTS_ON, zone=zone)
        written.append(
            f"Wrote {files.rows:,} contacts. To load them: andon ingest {short(files.contacts)} "
            f"--mapping {short(files.mapping)}"
        )
    return _Shown(
        view=simulated.view(found),
        data=simulated.as_json(found, model=name),
        written=tuple(written),
    )


def _compared(
    base: Model,
    other: Model,
    asked: _Asked,
    progress: Progress,
    files: tuple[Path, Path],
    chart: Path | None,
) -> _Shown:
    stems = (files[0].stem, files[1].stem)
    names = stems if stems[0] != stems[1] else (str(files[0]), str(files[1]))
    found = compare(
        base,
        other,
        seed=asked.seed,
        replications=asked.replications,
        warm_up=asked.warm_up,
        workers=asked.workers,
        engine=asked.engine,
        level=asked.level,
        progress=progress.step,
    )
    written = []
    if chart is not None:
        progress.step(f"Drawing {chart.name}")
        _draw(
            chart,
            simulated.comparison_picture(found, names=names, queue=asked.queue),
            " and ".join(names),
            asked,
        )
        written.append(f"Wrote {short(chart)}")
    return _Shown(
        view=simulated.comparison_view(found, names=names),
        data=simulated.comparison_as_json(found, models=(files[0].name, files[1].name)),
        written=tuple(written),
    )


def _read(path: Path) -> Model:
    return read_model(read_marked(path, error=QueueingError))


def _draw(path: Path, evidence: Evidence, name: str, asked: _Asked) -> None:
    from andon.report import picture  # noqa: PLC0415  # heavy, and only for a chart

    picture.write(path, evidence, source=f"Source: andon simulate {name}, seed {asked.seed}.")


def _show(shown: _Shown) -> None:
    for sentence in shown.view.answer:
        say_wrapped(sentence)
    for each in shown.view.tables:
        say()
        if each.title:
            say(each.title)
        table(each.columns, each.rows)
    say()
    for note in shown.view.notes:
        say_wrapped(note)
    for line in shown.written:
        say_wrapped(line)
