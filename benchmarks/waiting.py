"""Agents for a year of half-hours, beside other tools that can work that out.

``python -m benchmarks.waiting erlang_c TIMES`` and ``erlang_a TIMES`` do our side in a process of
their own, after a first call that compiles or loads what was compiled; :func:`waiting` does both
sides and compares the head counts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure import measured, timed
from benchmarks.table import Line, Runs, Table, beside

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

__all__ = ["waiting", "year_of_loads"]

HANDLE_S: Final = 240.0
PATIENCE_S: Final = {"erlang_c": None, "erlang_a": 120.0}
SERVICE_LEVEL: Final = 0.8
WITHIN_S: Final = 20.0
GOAL_S: Final = {"erlang_c": 0.003, "erlang_a": 0.040}
TIMES: Final = 100
NAMES: Final = {"erlang_c": "Erlang C", "erlang_a": "Erlang A"}
PYWORKFORCE_WANTED: Final = 1000.0
PEERS: Final = (
    ("erlang_c", "pyworkforce", 1, 3),
    ("erlang_c", "turbotab", 1, 3),
    ("erlang_a", "pyworkforce", 109, 3),
    ("erlang_a", "turbotab", 1, 3),
)
"""Who is asked for what: of so many half-hours one, and how often. 109 shares no factor with the
48 half-hours of a day nor with the 336 of a week, so that all are met alike."""


def year_of_loads() -> NDArray[float64]:
    """Erlangs in each half-hour of a year, all different: 17,520, shape (17520,).

    Two peaks a day, quiet nights and weekends, busier winters, and chance; 50 erlangs on average,
    about 1 to 150.
    """
    import numpy as np

    rng = np.random.default_rng(17_520)
    half_hour = np.arange(365 * 48)
    hour = half_hour % 48 / 2
    day = half_hour // 48
    peaks = np.exp(-(((hour - 10.5) / 3.2) ** 2)) + 0.85 * np.exp(-(((hour - 17) / 4.0) ** 2))
    week = np.array([1.1, 1.05, 1.0, 1.0, 1.0, 0.7, 0.6])[day % 7]
    season = 1 + 0.08 * np.cos(2 * np.pi * day / 365)
    chance = np.exp(0.05 * rng.standard_normal(len(day)))
    shape = (0.02 + peaks) * week * season * chance
    loads: NDArray[float64] = shape * (50 / shape.mean())
    return loads


def waiting() -> Table:
    """Ours and theirs: rates, and whose head counts are whose."""
    lines: list[Line] = []
    notes: list[str] = []
    with TemporaryDirectory() as folder:
        for model, goal_s in GOAL_S.items():
            _say(f"{NAMES[model]}, ours")
            said = measured("benchmarks.waiting", model, str(TIMES), cores=1).said
            loads, heads = said["load_erlangs"], said["agents"]
            ours = Runs(count=len(loads), seconds=tuple(said["seconds"]))
            work = f"{NAMES[model]}: agents for 80/20, a year of half-hours"
            lines.append(
                beside(work, ours, goal=f"{goal_s * 1000:g} ms", met=ours.best_s <= goal_s)
            )
            if said["below_load"]:
                notes.append(
                    f"{NAMES[model]}: the fewest agents are fewer than the erlangs in "
                    f"{said['below_load']:,} of {len(loads):,} half-hours."
                )
            for asked, peer, every, times in PEERS:
                if asked == model:
                    line, note = _peer(
                        Path(folder), model, peer, every, times, ours=ours, loads=loads, heads=heads
                    )
                    lines.append(line)
                    notes += note
    return Table(lines=lines, notes=notes)


def _peer(
    folder: Path,
    model: str,
    peer: str,
    every: int,
    times: int,
    *,
    ours: Runs,
    loads: list[float],
    heads: list[int],
) -> tuple[Line, list[str]]:
    """A peer's line, and a sentence about its head counts."""
    loads, heads = loads[::every], heads[::every]
    file = folder / "asked.json"
    asked = {
        "load_erlangs": loads,
        "handle_s": HANDLE_S,
        "patience_s": PATIENCE_S[model],
        "service_level": SERVICE_LEVEL,
        "within_s": WITHIN_S,
        "least": heads,
    }
    file.write_text(json.dumps(asked))
    _say(f"{NAMES[model]}, {peer}, {len(loads):,} half-hours {times} times")
    said = measured("benchmarks.peers", peer, "agents", str(times), str(file), cores=1).said
    name = f"{peer} {said.get('version', '')}".strip()
    if "missing" in said:
        return beside("", ours, goal="", met=None, peer=f"{name}: {said['missing']}"), []
    theirs = Runs(count=len(loads), seconds=tuple(said["seconds"]))
    goal, met = "", None
    if (model, peer) == ("erlang_c", "pyworkforce"):
        goal = f"at least {PYWORKFORCE_WANTED:,.0f} x"
        met = ours.rate >= PYWORKFORCE_WANTED * theirs.rate
    sampled = f", {len(loads)} of the half-hours" if every > 1 else ""
    line = beside("", ours, goal=goal, met=met, peer=f"{name}{sampled}", theirs=theirs)
    more = sum(a > b for a, b in zip(said["agents"], heads, strict=True))
    fewer = sum(a < b for a, b in zip(said["agents"], heads, strict=True))
    note = (
        f"{NAMES[model]}, {name}: the least number in {len(loads) - more - fewer:,} of "
        f"{len(loads):,} half-hours, more in {more:,}, fewer than are needed in {fewer:,}."
    )
    if more:
        note += (
            f" Where it has more, the least number would do by its own service level as well in "
            f"{said['fewer_would_do']:,}."
        )
    return line, [note]


def _ours(model: str, times: int) -> dict[str, Any]:
    """Ours, warm; and whether every head count is enough, and one agent less is not."""
    import numpy as np

    from andon.queueing.erlang import erlang_a, erlang_c
    from andon.queueing.staffing import agents_needed

    loads = year_of_loads()
    patience_s = PATIENCE_S[model]

    def agents() -> NDArray[Any]:
        return np.asarray(
            agents_needed(
                load_erlangs=loads,
                handle_s=HANDLE_S,
                patience_s=patience_s,
                service_level=SERVICE_LEVEL,
                answer_within_s=WITHIN_S,
            ).agents
        )

    def reached(heads: NDArray[Any], load: NDArray[float64]) -> NDArray[Any]:
        asked: dict[str, Any] = {
            "load_erlangs": load,
            "agents": heads,
            "handle_s": HANDLE_S,
            "answer_within_s": WITHIN_S,
        }
        wait = erlang_c(**asked) if patience_s is None else erlang_a(**asked, patience_s=patience_s)
        return np.asarray(wait.service_level.of_offered)

    agents()
    seconds, given = timed(agents, times)
    heads = given[-1]
    # Where nobody hangs up, no more agents than erlangs are never enough, and no formula says so.
    able = heads - 1 > (loads if patience_s is None else 0)
    enough = (reached(heads, loads) >= SERVICE_LEVEL).all()
    if not enough or (reached(heads[able] - 1, loads[able]) >= SERVICE_LEVEL).any():
        raise SystemExit(f"{NAMES[model]}: agents_needed does not give the fewest that are enough")
    return {
        "seconds": seconds,
        "load_erlangs": loads.tolist(),
        "agents": heads.tolist(),
        "below_load": int((heads < loads).sum()),
    }


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    print(json.dumps(_ours(sys.argv[1], int(sys.argv[2]))))
