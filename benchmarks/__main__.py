"""``make bench``: every speed that we claim, measured beside its baseline in one run.

``make bench BENCH_ARGS="--rows 10"`` takes 10 million contacts only; ``--rows 1 10 50`` is the
default, ``--rows 1 10 50 100`` adds what needs an hour and 60 GB of disk. ``--only waiting
simulation`` measures the mathematics of waiting alone, in minutes. The tables are printed, and
``--write`` puts each that was measured into ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.measure import Measured, measured
from benchmarks.plan import plan
from benchmarks.price import alike as same_slope
from benchmarks.repeat_work import alike
from benchmarks.simulation import simulation
from benchmarks.sources import make_source
from benchmarks.table import Table, markdown, written
from benchmarks.waiting import waiting
from benchmarks.whatif import what_if

MILLION = 1_000_000
LARGE = 50
"""Millions of contacts from which on one run is enough: noise evens out in minutes."""
_MOST_MADE_UP = 1
"""Millions of contacts above which no operation is made up: it is in memory as a whole."""
HEAD = ("what", "contacts", "wall, s", "CPU, s", "peak, GB", "which is")
README = Path(__file__).parent / "README.md"
Row = tuple[str, str, str, str, str, str]
_INSIDE = "inside a process, on one core, warm; the best run counts."


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 10, 50], metavar="MILLIONS")
    parser.add_argument(
        "--only",
        choices=(
            "ingest",
            "repeat",
            "diagnosis",
            "battery",
            "price",
            "proving",
            "waiting",
            "simulation",
            "plan",
            "whatif",
        ),
        nargs="+",
    )
    parser.add_argument(
        "--best-of", type=int, default=1, help=f"Runs of each; below {LARGE} million, pandas aside."
    )
    parser.add_argument("--folder", type=Path, help="Where the made-up files are kept.")
    parser.add_argument("--write", action="store_true", help="Write benchmarks/README.md.")
    asked = parser.parse_args(words)
    sized: dict[str, Callable[[int, Path, int], list[Row]]] = {
        "ingest": _ingest,
        "repeat": _repeat,
        "diagnosis": _diagnosis,
        "battery": _battery,
        "price": _price,
        "proving": _proving,
    }
    beside: dict[str, tuple[Callable[[], Table], str]] = {
        "waiting": (waiting, _INSIDE),
        "simulation": (simulation, _INSIDE),
        "plan": (plan, "inside a process, on two cores, warm; the best run counts."),
        "whatif": (what_if, "all cores, compiled before; the best run counts."),
    }
    wanted = asked.only or (*sized, *beside)
    rows = _by_size([part for name, part in sized.items() if name in wanted], asked)
    if rows:
        machine = f"{_machine()}; whole process, imports included."
        _told("measured", f"{machine}\n\n{markdown(HEAD, rows)}", write=asked.write)
    for name, (part, how) in beside.items():
        if name in wanted:
            machine = f"{_machine()}; {how}"
            _told(name, f"{machine}\n\n{part()}", write=asked.write)


def _by_size(
    parts: Sequence[Callable[[int, Path, int], list[Row]]], asked: argparse.Namespace
) -> list[Row]:
    """What depends on how many contacts there are."""
    rows: list[Row] = []
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="andon-bench-"))
    try:
        for millions in asked.rows:
            for part in parts:
                rows += part(millions, folder, asked.best_of if millions < LARGE else 1)
    finally:
        if asked.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return rows


def _ingest(millions: int, folder: Path, best_of: int) -> list[Row]:
    """Into an empty ledger, and again: Parquet and CSV, beside a plain copy by DuckDB."""
    rows: list[Row] = []
    for kind in ("parquet", "csv"):
        file = _source(folder, millions, kind)
        ledger, plain = folder / f"ledger-{kind}-{millions}", folder / f"plain-{kind}"
        base = _best(best_of, f"plain copy, {kind}", "benchmarks.ingest", "plain", file, plain)
        words = ("benchmarks.ingest", "andon", file, ledger)
        first = _best(best_of, f"ingest {kind}", *words, anew=ledger)
        again = _best(best_of, f"the same {kind} again", *words)
        shutil.rmtree(plain)
        for name, run in ((f"ingest {kind}", first), (f"the same {kind} again", again)):
            speed = f"{millions * MILLION / run.wall_s:,.0f} contacts/s"
            ratio = f"{run.cpu_s / base.cpu_s:.1f} x the CPU of a plain DuckDB copy"
            rows.append((name, f"{millions} M", *_figures(run), f"{speed}; {ratio}"))
        if kind == "csv":
            shutil.rmtree(ledger)
            file.unlink()
    return rows


def _repeat(millions: int, folder: Path, best_of: int) -> list[Row]:
    """Repeat work beside hand-written SQL and pandas, all with the same answer."""
    file = folder / f"contacts-{millions}.parquet"
    if not file.exists():
        _say(f"making {millions} M contacts")
        measured("benchmarks.repeat_work", "make", str(file), str(millions * MILLION))
    ways = ["andon", "sql", *(["pandas"] if millions <= 50 else [])]
    runs = {
        way: _best(
            1 if way == "pandas" else best_of,
            f"repeat work, {way}",
            "benchmarks.repeat_work",
            way,
            file,
        )
        for way in ways
    }
    mine = runs["andon"]
    for way in ways[1:]:
        if differ := alike(mine.said["answer"], runs[way].said["answer"]):
            raise SystemExit(f"andon and {way} do not agree on {', '.join(differ[:5])}")
    ratio = f"{mine.cpu_s / runs['sql'].cpu_s:.2f} x the CPU of hand-written SQL"
    if "pandas" in runs:
        ratio += f"; {runs['pandas'].wall_s / mine.wall_s:.1f} x as fast as pandas"
    rows = [("repeat work", f"{millions} M", *_figures(mine), ratio)]
    rows += [(f"the same by {way}", f"{millions} M", *_figures(runs[way]), "") for way in ways[1:]]
    return rows


def _diagnosis(millions: int, folder: Path, best_of: int) -> list[Row]:
    """The whole of ``andon diagnose``, from the ledger to the page."""
    run = _best(best_of, "diagnosis", "benchmarks.diagnosis", _ledger(folder, millions))
    each = f"{run.wall_s / millions:.2f} s a million contacts"
    return [("the whole diagnosis", f"{millions} M", *_figures(run), each)]


def _battery(millions: int, folder: Path, best_of: int) -> list[Row]:
    """Every signature of a bent measure at once."""
    run = _best(best_of, "battery", "benchmarks.battery", _advisors(folder, millions))
    said = f"{run.said['looks']} looks, {run.said['tested']} held against each other"
    return [("every signature", f"{millions} M", *_figures(run), said)]


def _proving(millions: int, folder: Path, best_of: int) -> list[Row]:
    """An operation made up, written and loaded."""
    if millions > _MOST_MADE_UP:
        return []
    place = folder / "made-up"
    run = _best(best_of, "proving ground", "benchmarks.proving", place, str(millions))
    said = f"{run.said['contacts']:,} contacts; made in {run.said['made_s']:.1f} s, then loaded"
    return [("a made-up operation", f"{millions} M", *_figures(run), said)]


def _advisors(folder: Path, millions: int) -> Path:
    file = folder / f"advisors-{millions}.parquet"
    if not file.exists():
        _say(f"making {millions} M contacts of 2,000 advisors")
        measured("benchmarks.price", "make", str(file), str(millions * MILLION))
    return file


def _ledger(folder: Path, millions: int) -> Path:
    ledger = folder / f"ledger-parquet-{millions}"
    if not ledger.exists():
        file = _source(folder, millions, "parquet")
        _best(1, "ingest parquet", "benchmarks.ingest", "andon", file, ledger)
    return ledger


def _price(millions: int, folder: Path, best_of: int) -> list[Row]:
    """The price of a second with all its checks, beside the naive slope in hand-written SQL."""
    file = _advisors(folder, millions)
    mine, naive = (
        _best(best_of, f"price of a second, {way}", "benchmarks.price", way, file)
        for way in ("andon", "sql")
    )
    if differ := same_slope(mine.said["answer"], naive.said["answer"]):
        raise SystemExit(f"andon and SQL do not agree on {', '.join(differ)}")
    ratio = f"{mine.cpu_s / naive.cpu_s:.1f} x the CPU of the naive slope, which is no price"
    said = ("price of a second, 2,000 advisors", f"{millions} M", *_figures(mine), ratio)
    return [said, ("the naive slope by sql", f"{millions} M", *_figures(naive), "")]


def _source(folder: Path, millions: int, kind: str) -> Path:
    file = folder / f"calls-{millions}.{kind}"
    if not file.exists():
        _say(f"making {file.name}")
        make_source(file, millions * MILLION)
    return file


def _best(
    best_of: int, says: str, module: str, *words: Path | str, anew: Path | None = None
) -> Measured:
    """The quickest of some runs, each with ``anew`` removed before it."""
    runs = []
    for _ in range(best_of):
        if anew is not None:
            shutil.rmtree(anew, ignore_errors=True)
        _say(says)
        run = measured(module, *map(str, words))
        _say(f"{says}: {run.wall_s:.1f} s, {run.cpu_s:.1f} s CPU, {run.peak_mb:,.0f} MB")
        runs.append(run)
    return min(runs, key=lambda run: run.wall_s)


def _figures(run: Measured) -> tuple[str, str, str]:
    return f"{run.wall_s:.1f}", f"{run.cpu_s:.1f}", f"{run.peak_mb / 1000:.2f}"


def _told(name: str, table: str, *, write: bool) -> None:
    """Print a table as soon as it is there, and write it where it belongs if that was asked for."""
    print(f"{table}\n", flush=True)
    if write:
        written(README, name, table)


def _machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
