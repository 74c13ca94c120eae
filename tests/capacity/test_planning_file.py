from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from andon.capacity.planning import GivenShrinkage, Holidays, Planning
from andon.capacity.planning_file import KEYS, read_planning
from andon.capacity.promise import Promise
from andon.errors import PlanError
from andon.marked import read_marked

USUAL = Promise(service_level=0.8, answer_within_s=20)


def read(folder: Path, text: str) -> Planning:
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return read_planning(read_marked(file, error=PlanError), promise=USUAL, cost_per_h=30.0)


WHOLE = """\
promise: {within: 30s, service_level: 85%, abandoned: 3%, days: 95%}
calendar:
  country: IL
  categories: [public, optional]
  file: days.csv
  days:
    - {name: Festival week, on: [1999-04-02 to 1999-04-05, 1999-09-26], kind: half}
    - {name: Letters go out, on: 1999-09-08, volume: +40%}
    - {name: Moving house, on: 1999-09-10, kind: closed}
shrinkage: {share: 28%, spread: 4 points}
queues:
  calls: {patience: 3m, redials: 40%, callback: {offer_over: 3m, accepts: 50%, window: 2h}}
  post: {channel: email, deadline: 1 day, promise: {mean_wait: 4h}}
  old: {planned: false}
teams:
  all-round: {serves: [calls, {queue: post, rank: 2}], contracts: full}
  chats: {serves: chat, chats: 3, speed: [1, 0.8, 0.6], cost_per_hour: 28}
shifts:
  early:
    length: 8h30m
    start: 07:00 to 09:00
    breaks: [{length: 30m, between: 3h to 5h}, {length: 15m, between: 6h to 7h, paid: true}]
    days: [mon, tue, wed, thu, fri]
  night: {length: 8h, start: "22:00", cost: 1.25, cost_on: {sun: 1.5}, contracts: [full]}
contracts:
  full: {people: 8 to 14, hours_a_week: 36 to 40, shifts_a_week: 5, weekends_off: 1 of 2}
  part: {people: 6, shifts_a_week: 2 to 4, rest: 12h, days: [sat, sun], cost_per_hour: 25}
under_cover: false
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("date,name,factor\n1999-09-15,Pay day,1.2\n")
    found = read(tmp_path, WHOLE)
    assert found.promise == Promise(
        answer_within_s=30, service_level=0.85, abandoned=0.03, days=0.95
    )
    assert found.holidays == Holidays(country="IL", categories=("public", "optional"))
    assert [each.name for each in found.calendar.on(dt.date(1999, 4, 3))] == ["Festival week"]
    assert found.calendar.on(dt.date(1999, 9, 8))[0].factor == pytest.approx(1.4)
    assert found.calendar.on(dt.date(1999, 9, 10))[0].kind == "closed"
    assert found.calendar.on(dt.date(1999, 9, 15))[0].factor == 1.2
    assert found.shrinkage is not None
    assert found.shrinkage.share == pytest.approx(0.28)
    assert found.shrinkage.spread == pytest.approx(0.04)
    assert found.of("calls").patience_s == 180
    assert found.promise_of("calls") == found.promise
    assert found.promise_of("post") == Promise(answer_within_s=30, mean_wait_s=4 * 3600, days=0.95)
    assert found.of("post").deadline_s == 86_400
    assert not found.of("old").planned
    assert found.of("never named").planned
    all_round, chats = found.teams
    assert [(each.queue, each.rank) for each in all_round.serves] == [("calls", 1), ("post", 2)]
    assert all_round.contracts == ("full",)
    assert chats.chats == 3
    assert list(chats.speed) == [1, 0.8, 0.6]
    assert chats.cost_per_h == 28
    early, night = found.templates
    assert list(early.starts_s) == [25200, 27000, 28800, 30600, 32400]
    assert [each.paid for each in early.breaks] == [False, True]
    assert night.weekday_cost_factors[6] == 1.5
    full, part = found.contracts
    assert (full.least_people, full.most_people, full.weekends_off) == (8, 14, 1)
    assert (full.least_hours, full.most_hours, full.cost_per_h) == (36, 40, 30)
    assert (part.least_people, part.most_people, part.weekdays) == (0, 6, (5, 6))
    assert not found.under_cover


def test_an_empty_file_leaves_everything_as_it_is(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Planning(promise=USUAL)


@pytest.mark.parametrize("said", ["25%", "25 %", "0.25"])
def test_a_share_may_be_written_as_people_write_it(tmp_path: Path, said: str) -> None:
    found = read(tmp_path, f"shrinkage: {said}\n").shrinkage
    assert found == GivenShrinkage(share=0.25)


WRONG = {
    "a share without its sign": ("shrinkage: 25\n", 1, "Write 25%, with its sign."),
    "a share of all": ("promise: {service_level: 100%}\n", 1, "Write it as 80%."),
    "a slip in a key": ("promise: {servicelevel: 80%}\n", 1, "Did you mean 'service_level'?"),
    "a day that is none": (
        "calendar:\n  days:\n    - {name: a, on: 2026-02-30}\n",
        3,
        "Write 2026-12-24",
    ),
    "days the wrong way round": (
        "calendar:\n  days: [{name: a, on: 2026-12-31 to 2026-12-24}]\n",
        2,
        "2026-12-24 to 2026-12-31",
    ),
    "a volume that takes everything": (
        "calendar:\n  days: [{name: a, on: 2026-12-31, volume: -100%}]\n",
        2,
        "kind: closed",
    ),
    "a country for categories": ("calendar: {categories: bank}\n", 1, "Add country:"),
    "contracts without shifts": ("contracts:\n  full: {}\n", 1, "Add shifts:"),
    "a contract that is not there": (
        "shifts:\n  a: {length: 8h, start: 08:00, contracts: fulll}\ncontracts:\n  full: {}\n",
        2,
        "Did you mean 'full'?",
    ),
    "breaks longer than the shift": (
        "shifts:\n  a: {length: 1h, start: 08:00, breaks: {length: 2h, between: 0h to 0h}}\n",
        2,
        "Shorten the breaks",
    ),
    "a start that ends before it begins": (
        "shifts:\n  a: {length: 8h, start: 10:00 to 08:00}\n",
        2,
        "Put the smaller one first.",
    ),
    "a team that serves nobody": ("teams:\n  a: {serves: []}\n", 2, "Name each once."),
    "chats without speeds that fall": (
        "teams:\n  a: {serves: chat, chats: 2, speed: [1, 1.2]}\n",
        2,
        "chats: 3 and speed: [1, 0.8, 0.6]",
    ),
    "weekends in other words": (
        "shifts:\n  a: {length: 8h, start: 08:00}\ncontracts:\n  b: {weekends_off: every other}\n",
        4,
        "1 of 2",
    ),
    "people that are no number": (
        "shifts:\n  a: {length: 8h, start: 08:00}\ncontracts:\n  b: {people: many}\n",
        4,
        "8 to 14",
    ),
    "a cost of nothing": (
        "shifts:\n  a: {length: 8h, start: 08:00, cost: 0}\n",
        2,
        "Leave it out",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_met_with_its_place_and_a_remedy(tmp_path: Path, case: str) -> None:
    text, line, todo = WRONG[case]
    with pytest.raises(PlanError) as told:
        read(tmp_path, text)
    assert f"plan.yaml, line {line}" in told.value.found
    assert todo in told.value.todo


def test_every_key_says_what_it_holds_and_what_holds_without_it() -> None:
    for key in KEYS:
        assert key.holds
        assert key.says.endswith(".")
        assert key.without
