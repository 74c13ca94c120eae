"""Proved figures: kept one file for each proof, and written as tables into the page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import andon
from andon.errors import ReportError
from andon.estimate import Unknown
from andon.proving.proof import Case, Count, Proof, pooled

__all__ = ["BEGIN", "END", "SEED", "Kept", "page_of", "tables_of"]

SEED: Final = 4
"""Of every figure in the reference."""
BEGIN: Final = "<!-- Figures, written by `make proving`: change the proofs, not these tables. -->"
END: Final = "<!-- End of the figures. -->"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What came of a proof's cases, as it stands in its file.

    Attributes
    ----------
    proof : Proof
    file : Path
    cases : mapping of str to (runs, counts)
        Of the cases that were run.
    seed : int
    version : str
        Of Andon, when the last of them was run.
    """

    proof: Proof
    file: Path
    cases: Mapping[str, tuple[int, tuple[Count, ...]]]
    seed: int
    version: str

    @classmethod
    def of(cls, proof: Proof, folder: Path, *, seed: int = SEED) -> Kept:
        """What the folder holds of a proof; nothing where it was run with another seed.

        Raises
        ------
        ReportError
            If the file is not one of kept figures.
        """
        file = folder / f"{proof.name}.json"
        empty = cls(proof=proof, file=file, cases={}, seed=seed, version=andon.__version__)
        if not file.exists():
            return empty
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
            cases = {
                name: (int(case["runs"]), tuple(map(Count.from_json, case["counts"])))
                for name, case in held["cases"].items()
                if name in {each.name for each in proof.cases}
            }
            kept = cls(
                proof=proof, file=file, cases=cases, seed=held["seed"], version=held["version"]
            )
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ReportError(
                f"The figures of the proof {proof.name!r} cannot be read.",
                found=f"{file}: {problem}",
                todo=f"Run it again: make proving PROVING_ARGS='--only {proof.name}'.",
            ) from problem
        return kept if kept.seed == seed else empty

    def missing(self) -> tuple[Case, ...]:
        """The cases that were not run, or not as often as they are shown."""
        return tuple(
            case
            for case in self.proof.cases
            if case.name not in self.cases or self.cases[case.name][0] != case.full
        )

    def put(self, case: Case, runs: int, counts: Sequence[Count]) -> Kept:
        """Keep what came of a case, in the order of the proof; what it no longer has is dropped."""
        held = {**self.cases, case.name: (runs, tuple(counts))}
        kept = Kept(
            proof=self.proof,
            file=self.file,
            cases={each.name: held[each.name] for each in self.proof.cases if each.name in held},
            seed=self.seed,
            version=andon.__version__,
        )
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(
            json.dumps(kept.as_json(), indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
        return kept

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "proof": self.proof.name,
            "generated": "operations made up by andon.proving: nobody in them is real",
            "seed": self.seed,
            "version": self.version,
            "cases": {
                name: {"runs": runs, "counts": [each.as_json() for each in counts]}
                for name, (runs, counts) in self.cases.items()
            },
        }


def tables_of(kept: Iterable[Kept]) -> str:
    """Every proof with its table; first of all what is not as it is wanted.

    Parameters
    ----------
    kept : iterable of Kept
    """
    every = tuple(kept)
    parts = ["## What was found", _summary(every)]
    for each in every:
        parts += [f"### {each.proof.title}", each.proof.tests, f"*Wanted:* {each.proof.wanted}"]
        told = [name for name in each.cases if each.cases[name][1]]
        parts.append(_table(each) if told else "Not run yet.")
        rest = [case.name for case in each.missing()]
        if told and rest:
            parts.append(f"Not run yet: {'; '.join(rest)}.")
    return "\n\n".join(parts)


def page_of(text: str, kept: Iterable[Kept]) -> str:
    """The page with its tables anew.

    Parameters
    ----------
    text : str
        The page; what stands between :data:`BEGIN` and :data:`END` is replaced.
    kept : iterable of Kept

    Raises
    ------
    ReportError
        If the page does not say where its tables stand.
    """
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ReportError(
            "The page does not say where its figures stand.",
            found="no line that begins them, or none that ends them",
            todo=f"Put these two lines into it: {BEGIN} and {END}",
        )
    return f"{before}{BEGIN}\n\n{tables_of(kept)}\n\n{END}{after}"


def _summary(kept: Sequence[Kept]) -> str:
    asked = [
        (each, name, count)
        for each in kept
        for name, (_, counts) in _shown(each).items()
        for count in counts
        if str(count.wanted)
    ]
    missed = [
        f"- {each.proof.title}, {name}: {count.what}: {_percent(count)}, wanted {count.wanted}."
        for each, name, count in asked
        if not count.met
    ]
    cases = sum(len(each.proof.cases) for each in kept)
    ran = cases - sum(len(each.missing()) for each in kept)
    so_far = "" if ran == cases else f"{ran} of {cases} kinds of operations were run so far. "
    said = (
        f"{so_far}{len(asked) - len(missed)} of {len(asked)} figures are as they are wanted, as "
        "far as chance lets anybody tell (a figure is missed where a count so far beyond its limit "
        "has a chance below 1 in 1,000)."
    )
    return said + (" Missed:\n\n" + "\n".join(missed) if missed else "")


def _table(kept: Kept) -> str:
    lines = ["| operations | figure | share | wanted | more |", "| --- | --- | --- | --- | --- |"]
    for name, (runs, counts) in _shown(kept).items():
        said = f"{name} ({runs:,} times)"
        for count in counts:
            wanted = str(count.wanted) + ("" if count.met else ", **missed**")
            cells = (said, count.what, _percent(count), wanted, count.says)
            lines.append("| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |")
            said = ""
    return "\n".join(lines)


def _shown(kept: Kept) -> dict[str, tuple[int, tuple[Count, ...]]]:
    """The cases; and first of all those that are added up, where that is asked for."""
    shown: dict[str, tuple[int, tuple[Count, ...]]] = {}
    for among in dict.fromkeys(case.among for case in kept.proof.cases if case.among):
        names = {case.name for case in kept.proof.cases if case.among == among}
        held = [each for name, each in kept.cases.items() if name in names]
        if held:
            together = pooled(counts for _, counts in held)
            shown[f"**{among}**"] = (sum(runs for runs, _ in held), together)
    return {**shown, **kept.cases}


def _percent(count: Count) -> str:
    share = count.share
    if isinstance(share, Unknown):
        return "-"
    low, value, high = (f"{100 * each:.1f}" for each in (share.low, share.value, share.high))
    return f"{value} % ({low} to {high})"
