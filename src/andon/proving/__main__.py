"""Run the proofs and write their tables: ``make proving``, or ``python -m andon.proving``.

What was run is kept in a file for each proof, and only what is missing is run: a second time it
takes a moment, and a run that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from andon.errors import AndonError
from andon.proving.figures import SEED, Kept, page_of
from andon.proving.proof import Count
from andon.proving.proofs import PROOFS

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, and write the page."""
    said = _arguments().parse_args(arguments)
    unknown = [name for name in said.only if name not in PROOFS]
    if unknown:
        print(f"There is no proof {unknown[0]!r}. There are: {', '.join(PROOFS)}.", file=sys.stderr)
        return 2
    folder = said.page.with_suffix("")
    try:
        _run(said.only, folder, processes=said.processes)
        page_of_figures = page_of(
            said.page.read_text(encoding="utf-8"),
            [Kept.of(proof, folder) for proof in PROOFS.values()],
        )
        said.page.write_text(page_of_figures, encoding="utf-8")
    except AndonError as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    print(f"Wrote {said.page}")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m andon.proving", description=__doc__)
    parser.add_argument("page", type=Path, help="where the tables are written: docs/.../proving.md")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this proof, and all of it anew"
    )
    parser.add_argument("--processes", type=int, choices=(1, 2), default=2)
    return parser


def _run(only: Sequence[str], folder: Path, *, processes: int) -> None:
    kept = {name: Kept.of(proof, folder) for name, proof in PROOFS.items()}
    todo = [
        (name, number)
        for name in (only or PROOFS)
        for number, case in enumerate(PROOFS[name].cases)
        if only or case in kept[name].missing()
    ]
    if not todo:
        print("Every proof has been run; name one with --only to run it again.")
        return
    begun = time.monotonic()
    for done, (name, number, counts) in enumerate(_each(todo, processes), start=1):
        case = PROOFS[name].cases[number]
        kept[name] = kept[name].put(case, case.full, counts)
        minutes = (time.monotonic() - begun) / 60
        missed = sum(not count.met for count in counts)
        print(
            f"{done} of {len(todo)}, after {minutes:.0f} min: {name}: {case.name}"
            + (f": {missed} missed" if missed else ""),
            flush=True,
        )


_Done = tuple[str, int, tuple[Count, ...]]


def _each(todo: Sequence[tuple[str, int]], processes: int) -> Iterator[_Done]:
    """Every case with what came of it, as soon as it has."""
    if processes == 1:
        yield from ((name, number, _counted(name, number)) for name, number in todo)
        return
    with ProcessPoolExecutor(max_workers=processes) as pool:
        waiting = {pool.submit(_counted, *each): each for each in todo}
        for future in as_completed(waiting):
            yield (*waiting[future], future.result())


def _counted(name: str, number: int) -> tuple[Count, ...]:
    case = PROOFS[name].cases[number]
    return case.counted(case.full, SEED)


if __name__ == "__main__":
    sys.exit(main())
