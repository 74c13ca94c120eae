"""An operation whose measures are bent, for tests of the questions that look for it: made up."""

from __future__ import annotations

from pathlib import Path

from andon.operation import Operation
from andon.proving.build import build
from andon.proving.reading import read_scenario

SCENARIO = """\
name: Bent
days: 133
starts: 2024-01-01
zone: Europe/Madrid
seed: 4
base:
  queues:
    calls:
      arrivals: {from: 08:00, interval: 8h, per_hour: [14]}
      handle: {law: lognormal, mean: 4m, cv: 0.5}
      patience: 3m
      loop: {resolves: 70%, comes_back: 60%, recontact_after: 2 days}
    loans:
      arrivals: {from: 08:00, interval: 8h, per_hour: [8]}
      handle: {law: lognormal, mean: 4m, cv: 0.5}
      patience: 3m
      loop: {resolves: 70%, comes_back: 60%, recontact_after: 2 days}
  pools:
    team: {serves: [calls, loans], agents: 3, from: 08:00, interval: 8h}
advisors: {team: 9}
surveys: {invited: 50%, answered: 50%}
levers:
  a bonus for short calls:
    kind: short_contacts
    by: 12%
    share: 30%
    from: 40
    lasts: 6s
    calls_back: 60%
    back_after: 3m
  five stars: {kind: chosen_surveys, by: 60%, share: 80%, below: 3.5, from: 30}
  wrap-up as a rest: {kind: parking, state: hold, extra: 2m, by: 20%, share: 30%}
  a quicker service: {kind: target, handle: 85%, from: 2024-03-04, announced: true}
"""


def made_bent(folder: Path) -> Operation:
    """An operation in ``folder``, made from :data:`SCENARIO`: some 25,000 calls of 19 weeks."""
    scenario = folder / "bent.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    build(read_scenario(scenario), folder / "made")
    return Operation.open(folder / "made")
