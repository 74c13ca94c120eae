"""A scenario in plain words: every key is read, and an error says where it is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from andon.errors import QueueingError
from andon.keys import Key
from andon.proving import reading
from andon.proving.reading import KEYS, read_scenario, sections_of
from andon.proving.scenario import (
    LEVERS,
    Advisors,
    Bunching,
    Customers,
    PassingOn,
    Reason,
    Scenario,
    Seen,
    ShortContacts,
    Target,
)
from andon.units import DAY_S, seconds_said, share_said

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"
BASE = """
base:
  queues:
    calls: {arrivals: {per_hour: 60}, handle: 4m, patience: 2m}
  pools:
    team: {serves: calls, agents: 6}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Scenario:
    return read_scenario(written(folder, "name: A test" + BASE + text))


SCENARIOS = [path for path in sorted(EXAMPLES.glob("*.yaml")) if path.stem != "service-line"]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name)
def test_every_example_is_read(path: Path) -> None:
    said = read_scenario(path)
    assert said.base.days == said.days
    assert said.name


def test_the_examples_use_every_key_but_those_whose_default_is_seldom_left() -> None:
    used: set[str] = set()
    for path in EXAMPLES.glob("*.yaml"):
        waiting: list[Any] = [yaml.safe_load(path.read_text(encoding="utf-8"))]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                used |= {str(key) for key in part}
                waiting += part.values()
            elif isinstance(part, list):
                waiting += part
    assert {key.name for key in KEYS} - used == {"when_open", "side", "who"}


def test_what_is_said_is_what_is_made(tmp_path: Path) -> None:
    said = read(
        tmp_path,
        """
days: 20
starts: 2024-03-01
zone: Europe/Madrid
seed: 9
resolves_per_minute: 4%
advisors: {team: 30, pace: 0.2, skill: 3%, skill_with_pace: -0.5, steering: 20%}
customers: {number: 500, habitual: 2%, times: 8, when_open: false}
seen: {ids_missing: 1%, ids_by_congestion: 20%, advisors_missing: 2%, rounded_to: 1m}
complaints: 5%
levers:
  cut: {kind: short_contacts, by: 10%, share: 20%, lasts: 5s, from: 2024-03-06, to: 15}
  five minutes: {kind: bunching, at: 5m, side: over, reach: 1m, announced: true}
  away: {kind: passing_on, onto: calls}
  faster: {kind: target, handle: 70%, ramp: 36h}
""",
    )
    assert (said.days, said.starts_on, said.zone, said.seed) == (
        20,
        dt.date(2024, 3, 1),
        "Europe/Madrid",
        9,
    )
    assert said.resolves_per_minute == 0.04
    assert said.advisors == Advisors(
        team=30, pace_cv=0.2, skill_sd=0.03, skill_with_pace=-0.5, steering=0.2
    )
    assert said.customers == Customers(number=500, habitual=0.02, times=8, when_open=False)
    assert said.seen == Seen(
        ids_missing=0.01, ids_by_congestion=0.2, advisors_missing=0.02, rounded_to_s=60
    )
    assert said.complaints == 0.05
    assert said.levers == (
        ShortContacts(name="cut", by=0.1, share=0.2, lasts_s=5, from_day=5, to_day=15),
        Bunching(name="five minutes", at_s=300, side="over", reach_s=60, announced=True),
        PassingOn(name="away", to="calls"),
        Target(name="faster", handle=0.7, ramp_days=1.5),
    )


def test_a_base_is_looked_for_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text(
        yaml.safe_dump(yaml.safe_load(BASE)["base"]), encoding="utf-8"
    )
    assert read_scenario(written(tmp_path, "name: A\nbase: model.yaml\n")).base.queues


WRONG = {
    "levers: {x: {kind: short_calls}}": ("no kind of lever", "levers.x.kind", "short_contacts"),
    "levers: {x: {share: 10%}}": ("does not say its kind", "levers.x", "One of"),
    "levers: {x: {kind: bunching}}": ("'at' of 'levers.x' is missing", "levers.x", "Add at"),
    "levers: {x: {kind: bunching, at: 5m, last: 3s}}": ("not known", "levers.x.last", "One of"),
    "levers: {x: {kind: mix_shift, reason: problem, by: 10%}}": ("not known", "x.by", "One of"),
    "levers: {x: {kind: short_contacts, by: many}}": ("not a share", "levers.x.by", "80%"),
    "levers: {x: {kind: short_contacts, by: 120%}}": ("by", "levers.x", "0.8"),
    "levers: {x: {kind: short_contacts, by: 0}}": ("Nobody pulls", "levers.x", "above 0"),
    "levers: {x: {kind: short_contacts, lasts: soon}}": ("not a duration", "x.lasts", "180s"),
    "levers: {x: {kind: short_contacts, from: May}}": ("not a date", "levers.x.from", "2024"),
    "levers: {x: {kind: short_contacts, from: 2023-05-01}}": ("before the start", "x.from", "2024"),
    "levers: {x: {kind: short_contacts, from: 5, to: 3}}": ("ends before", "levers.x", "later"),
    "levers: {x: {kind: short_contacts, from: 90}}": ("after the end", "levers", "earlier"),
    "levers: {x: {kind: parking, state: nap}}": ("not a choice", "levers.x.state", "wrapup"),
    "levers: {x: {kind: parking, queue: cals}}": ("does not exist", "levers", "calls"),
    "levers: {x: {kind: passing_on, onto: nobody}}": ("does not exist", "levers", "calls"),
    "levers: {x: {kind: mix_shift, reason: rain}}": ("does not exist", "levers", "problem"),
    "levers: {x: {kind: just_in_time, at: 2s}}": ("before the customer", "levers.x", "shorter"),
    "advisors: {speed: 0.2}": ("not known", "advisors.speed", "One of"),
    "advisors: {team: 2.5}": ("whole number", "advisors.team", "Round"),
    "advisors: {team: 0}": ("team", "advisors", ""),
    "customers: {habitual: 5%}": ("share of a number", "customers", "how many"),
    "difficulty: {resolution: 5}": ("resolution", "difficulty", "0.8"),
    "work: {hold: 30%, wrapup: 40%}": ("more than half", "work", "half"),
    "reasons: {question: {harder: 1}}": ("'share' of 'reasons.question'", "reasons", "Add share"),
    "seed: -1": ("seed", "'seed'", ""),
    "complaints: 5": ("complaints", "'complaints'", ""),
    "zone: Mars/North": ("time zone", "'zone'", "IANA"),
    "starts: soon": ("not a date", "starts", "2024"),
    "dais: 3": ("not known", "dais", "Did you mean 'days'"),
    "days: 0.3": ("interval", "'days'", ""),
    "days: 0": ("days", "'days'", ""),
    "days: -3": ("days", "'days'", ""),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_slip_is_met_with_its_place_and_a_remedy(tmp_path: Path, text: str) -> None:
    what, key, todo = WRONG[text]
    with pytest.raises(QueueingError) as caught:
        read(tmp_path, text)
    problem = caught.value
    assert what in problem.wrong
    assert "scenario.yaml" in problem.found
    assert "line " in problem.found
    assert key in problem.found
    assert todo in problem.todo
    assert problem.todo


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (BASE, "'name' is missing"),
        ("name: A", "'base' is missing"),
        ("name: A\nbase: nowhere.yaml", "no such model"),
        ("name: ' '" + BASE, "has a name"),
        ("- a list", "not a section"),
    ],
)
def test_a_scenario_without_its_beginnings_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(QueueingError, match=what):
        read_scenario(written(tmp_path, text))


def test_a_model_is_no_scenario_and_is_told_where_it_belongs(tmp_path: Path) -> None:
    for model in sorted((EXAMPLES.parent / "models").glob("*.yaml")):
        with pytest.raises(QueueingError, match="a model, and no scenario") as told:
            read_scenario(model)
        assert model.name in told.value.found
        assert f"base: {model.name}" in told.value.todo
    with pytest.raises(QueueingError, match="'base' is missing"):
        read_scenario(written(tmp_path, "name: A"))


@pytest.mark.parametrize(
    "held",
    [
        "callback: {offer_over: 1m, accepts: 50%}",
        "priority: 5",
        "promote_after: 1h",
    ],
)
def test_a_base_with_more_than_first_come_first_served_is_refused(
    tmp_path: Path, held: str
) -> None:
    text = "name: A" + BASE.replace("patience: 2m}", "patience: 2m, " + held + "}")
    with pytest.raises(QueueingError, match="first come first served"):
        read_scenario(written(tmp_path, text))


# --- the rows and the classes agree -----------------------------------------------------------

CLASSES: dict[str, type] = {"scenario": Scenario, "reasons": Reason, **reading._SECTIONS}


@pytest.mark.parametrize(
    "key", [key for key in KEYS if key.field], ids=lambda k: f"{k.section}.{k.name}"
)
def test_a_key_fills_a_field_and_its_default_is_the_one_told(key: Key) -> None:
    kinds = (
        [CLASSES[key.section]]
        if key.section in CLASSES
        else [kind for name, kind in LEVERS.items() if key.section in sections_of(name)]
    )
    assert kinds
    for kind in kinds:
        field = next(each for each in dataclasses.fields(kind) if each.name == key.field)
        if key.without == "needed":
            assert field.default is dataclasses.MISSING
            continue
        told = {
            "never": math.inf,
            "drawn by lot": (),
            "the start": 0.0,
            "true": True,
            "false": False,
            "2024-01-01": dt.date(2024, 1, 1),
        }.get(key.without, key.without)
        if field.default is None:
            assert not str(told)[0].isdigit()
        elif key.holds == "a share":
            assert share_said(str(told)) == pytest.approx(field.default)
        elif key.holds == "a duration":
            days = DAY_S if key.field.endswith("_days") else 1
            assert seconds_said(str(told)) / days == pytest.approx(field.default)
        elif key.holds in {"a number", "a whole number"}:
            assert float(str(told)) == pytest.approx(field.default)
        else:
            assert told == field.default


def test_every_lever_and_field_can_be_said() -> None:
    for kind, lever in LEVERS.items():
        said = {key.field for key in KEYS if key.section in sections_of(kind)}
        assert {each.name for each in dataclasses.fields(lever)} - {"name"} <= said, kind
    for section, made in CLASSES.items():
        if section in {"scenario", "reasons"}:
            continue
        said = {key.field for key in KEYS if key.section == section}
        assert said == {each.name for each in dataclasses.fields(made)}
