"""``andon simulate``: the answer, the chart, the trace, and every mistake in three lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from andon.operation import Operation
from andon.queueing.simulator import memory

MODELS = Path(__file__).parents[2] / "examples" / "models"
TEAM = """\
days: 0.5
queues:
  calls:
    arrivals: {per_hour: 60}
    handle: 4m
    patience: 2m
pools:
  team: {serves: calls, agents: 5}
"""
LOOP = """\
    loop: {resolves: 70%, comes_back: 80%, recontact_after: 6h, redials: 50%, most_attempts: 50}
"""
FAST = ("--replications", "4")


@pytest.fixture
def team(tmp_path: Path) -> Path:
    path = tmp_path / "team.yaml"
    path.write_text(TEAM)
    return path


@pytest.fixture
def more(tmp_path: Path) -> Path:
    path = tmp_path / "more.yaml"
    path.write_text(TEAM.replace("agents: 5", "agents: 7"))
    return path


# The answer --------------------------------------------------------------------------------------


def test_the_answer_comes_first_then_a_small_table(run: Any, team: Path) -> None:
    done = run("simulate", team, *FAST)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("About ")
    assert "in 100 callers" in lines[0]
    heading = next(i for i, line in enumerate(lines) if line.split() == ["figure", "value"])
    assert 2 <= heading <= 5
    assert "answered within 20 s, of those offered" in lines[heading + 1]
    assert any(line.startswith("4 runs of 0.5 days, seed 1") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["one-team", "day-with-shifts", "loop", "skills"])
def test_the_examples_run(run: Any, name: str) -> None:
    done = run("simulate", MODELS / f"{name}.yaml", "--replications", "3", "--json")
    assert done.code == 0
    assert done.err == ""
    assert done.json["contacts"]["offered"]["value"] > 500


def test_machines_get_the_names_and_units_of_the_python_api(run: Any, team: Path) -> None:
    done = run("simulate", team, *FAST, "--seed", "9", "--level", "0.9", "--json")
    assert done.code == 0
    assert done.err == ""
    said = done.json
    assert (said["model"], said["seed"], said["replications"]) == ("team.yaml", 9, 4)
    level = said["contacts"]["service_level.of_offered"]
    assert (level["unit"], level["level"]) == ("share", 0.9)


def test_the_seed_makes_the_answer(run: Any, team: Path) -> None:
    one, same, other = (
        run("simulate", team, *FAST, "--seed", seed).out for seed in ("3", "3", "4")
    )
    assert one == same
    assert one != other


def test_it_goes_on_until_it_is_sharp(run: Any, team: Path) -> None:
    done = run("simulate", team, *FAST, "--precision", "10%", "--of", "occupancy", "--json")
    assert done.json["precision"]["reached"] is True
    assert done.json["precision"]["of"] == "occupancy"
    short = run("simulate", team, *FAST, "--precision", "0.001%", "--most", "14")
    assert "before this was as sharp as was asked for" in " ".join(short.out.split())


def test_what_is_left_out_of_the_beginning_can_be_said(run: Any, team: Path) -> None:
    cut = run("simulate", team, *FAST, "--warm-up", "2h", "--json").json["warm_up"]
    assert (cut["cut_s"], cut["how"]) == (7200.0, "asked")
    found = run("simulate", team, *FAST, "--warm-up", "detect", "--json").json["warm_up"]
    assert found["how"] in {"detected", "too short"}


def test_both_engines_say_the_same(run: Any, team: Path) -> None:
    fast, general = (
        run("simulate", team, *FAST, "--engine", engine, "--workers", "1", "--json").json
        for engine in ("fast", "general")
    )
    assert fast.pop("engine") == "fast"
    assert general.pop("engine") == "general"
    assert fast == general


# Two models --------------------------------------------------------------------------------------


def test_two_models_are_compared(run: Any, team: Path, more: Path) -> None:
    done = run("simulate", team, *FAST, "--compare", more)
    assert done.code == 0
    said = " ".join(done.out.split())
    assert said.startswith("With more about ")
    assert "figure team more change" in said
    machine = run("simulate", team, *FAST, "--compare", more, "--json").json
    assert machine["changes"]["service_level.of_offered"]["low"] > 0


def test_models_of_one_name_are_told_apart_by_their_folders(
    run: Any, team: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "team.yaml"
    other.parent.mkdir()
    other.write_text(TEAM.replace("agents: 5", "agents: 7"))
    said = run("simulate", team, *FAST, "--compare", other).out
    assert str(other) in "".join(said.split("\n"))


def test_a_comparison_takes_no_precision_and_no_trace(run: Any, team: Path, more: Path) -> None:
    for option in (("--precision", "1%"), ("--trace", "t.parquet")):
        done = run("simulate", team, "--compare", more, *option, "--json")
        assert done.code == 14
        assert "runs both models alike" in done.error["wrong"]


# Files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["svg", "png", "html"])
def test_a_chart_is_written_where_it_was_asked_for(
    run: Any, team: Path, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"chart.{kind}"
    done = run("simulate", team, *FAST, "--chart", path)
    assert f"Wrote {path}" in done.out.replace("\n", "")
    assert path.stat().st_size > 5_000


def test_a_queue_can_be_named_for_the_chart(run: Any, team: Path, tmp_path: Path) -> None:
    path = tmp_path / "chart.svg"
    assert run("simulate", team, *FAST, "--chart", path, "--queue", "calls").code == 0
    done = run("simulate", team, *FAST, "--chart", path, "--queue", "post", "--json")
    assert done.code == 14
    assert done.error["todo"] == "Use one of: calls."


def test_two_models_make_one_chart(run: Any, team: Path, more: Path, tmp_path: Path) -> None:
    path = tmp_path / "both.svg"
    run("simulate", team, *FAST, "--compare", more, "--chart", path)
    drawn = path.read_text(encoding="utf-8")
    assert "with more" in drawn
    assert "andon simulate team and more" in drawn


def test_a_trace_is_loaded_and_asked_and_agrees(
    run: Any, tmp_path: Path, operation: Operation
) -> None:
    """Simulate, ingest, ask: what the questions find is what was simulated."""
    model, trace = tmp_path / "loop.yaml", tmp_path / "run.parquet"
    model.write_text(TEAM.replace("0.5", "20").replace("    patience", LOOP + "    patience"))
    done = run(
        "simulate", model, "--replications", "1", "--warm-up", "0", "--trace", trace,
        "--starts", "2024-03-04", "--zone", operation.zone, "--json",
    )  # fmt: skip
    assert done.code == 0
    fates = done.json["fates"]
    rows = pq.read_table(trace).num_rows
    assert rows == fates["arrived"]
    mapping = trace.with_suffix(".yaml")
    loaded = run("ingest", trace, "--mapping", mapping, "-o", operation.folder, "--json")
    assert (loaded.json["added"], loaded.json["quarantined"]) == (rows, 0)

    reach = run("ask", "reach", "-o", operation.folder, "--json").json["answer"]["overall"]
    assert reach["handled"] == fates["answered"]
    assert reach["abandoned"] == fates["gave_up"]
    in_time = reach["service_level"]["of_offered"]
    level = done.json["contacts"]["service_level.of_offered"]
    assert in_time["share"]["value"] == pytest.approx(level["value"], rel=1e-3)

    repeat = run("ask", "repeat-work", "-o", operation.folder, "--json").json["answer"]["overall"]
    week = next(each for each in repeat["recontacts"]["windows"] if each["window_s"] == 7 * 86_400)[
        "rate"
    ]
    # Of those served 3 in 10 are not helped, and 8 in 10 of them ask again, nearly all in a week.
    assert week["low"] - 0.01 < 0.24 < week["high"] + 0.01


def test_the_trace_says_how_to_load_it(run: Any, team: Path, tmp_path: Path) -> None:
    done = run("simulate", team, *FAST, "--trace", tmp_path / "run.parquet")
    said = " ".join(done.out.split())
    assert "To load them: andon ingest" in said
    assert "--mapping" in said


# Mistakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "wrong", "found"),
    [
        ("agents: 5", "agents: []", "The schedule is empty.", "line 8, key 'pools.team.agents'"),
        ("patience", "pateince", "not known", "line 6, key 'queues.calls.pateince'"),
        ("4m", "four minutes", "not a duration", "line 5, key 'queues.calls.handle'"),
        ("per_hour: 60", "per_hour: -1", "0 or more", "line 4"),
        ("serves: calls", "serves: call", "'call' is not a choice", "line 8"),
        (
            "patience: 2m",
            "loop: {resolves: 130%}",
            "must lie between 0 and 1",
            "key 'queues.calls.loop.resolves'",
        ),
        ("patience: 2m", "transfer: {to: calls, share: 0.1}", "in a circle", "calls -> calls"),
        ("queues:", "queues: [", "not valid YAML", "line"),
        ("days: 0.5", "days: 1000000000", "1,000,000 at most", "key 'days'"),
        ("per_hour: 60", "per_hour: 1.0e+12", "More customers would come", "in 0.5 days"),
    ],
)
def test_a_mistake_in_the_model_is_met_with_its_place(
    run: Any, team: Path, old: str, new: str, wrong: str, found: str
) -> None:
    team.write_text(TEAM.replace(old, new, 1))
    done = run("simulate", team, "--json")
    assert done.code == 14
    assert done.out == ""
    assert wrong in done.error["wrong"]
    assert found in done.error["found"]
    assert done.error["todo"]
    assert len(run("simulate", team).err.splitlines()) == 3


def test_a_file_that_is_not_there_is_named(run: Any, tmp_path: Path) -> None:
    done = run("simulate", tmp_path / "none.yaml", "--json")
    assert done.code == 14
    assert "none.yaml" in done.error["found"]


def test_what_would_not_fit_is_told_before_anything_starts(
    run: Any, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 100_000_000)
    done = run("simulate", team, "--replications", "20000", "--json")
    assert done.code == 14
    assert "replications = 20,000" in done.error["found"]


@pytest.mark.parametrize(
    "words",
    [
        ("--replications", "0"),
        ("--seed", "-1"),
        ("--precision", "often"),
        ("--warm-up", "soon"),
        ("--chart", "chart.jpg"),
        ("--engine", "quick"),
        ("--level", "95"),
        ("--starts", "Monday"),
    ],
)
def test_what_an_option_does_not_take_is_a_mistake_of_use(
    run: Any, team: Path, words: tuple[str, str]
) -> None:
    done = run("simulate", team, *words, "--json")
    assert done.code == 2
    assert words[0] in done.error["found"] or words[1] in done.error["found"]


def test_a_figure_that_is_not_there_is_met_with_those_that_are(run: Any, team: Path) -> None:
    done = run("simulate", team, "--precision", "1%", "--of", "happiness", "--json")
    assert done.code == 14
    assert "mean_wait_s" in done.error["todo"]


def test_a_zone_that_is_not_there_is_named(run: Any, team: Path, tmp_path: Path) -> None:
    done = run(
        "simulate", team, *FAST, "--trace", tmp_path / "t.parquet", "--zone", "Mars", "--json"
    )
    assert done.code == 14
    assert "Mars" in json.dumps(done.error)
