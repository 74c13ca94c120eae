"""A model in YAML: what each key becomes, and how every mistake is met."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import yaml

from andon.errors import QueueingError
from andon.marked import read_marked
from andon.queueing.laws import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Law,
    Lognormal,
    Never,
    Weibull,
)
from andon.queueing.simulator.model import (
    Arrivals,
    Callback,
    Curve,
    Loop,
    Model,
    Overflow,
    Route,
    Transfer,
)
from andon.queueing.simulator.reading import KEYS, read_model
from andon.queueing.simulator.schedule import Schedule, Shift

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "models").glob("*.yaml"))
HOUR_S = 3600.0

LEAST = """\
queues:
  calls:
    arrivals: {per_hour: 60}
    handle: 3m
pools:
  team: {serves: calls, agents: 5}
"""


def model_of(folder: Path, text: str) -> Model:
    path = folder / "model.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return read_model(read_marked(path, error=QueueingError))


def law_of(folder: Path, said: str) -> Law:
    return model_of(folder, LEAST.replace("handle: 3m", f"handle: {said}")).queues[0].handle


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_read(path: Path) -> None:
    assert read_model(read_marked(path, error=QueueingError)).intervals > 0


def test_the_examples_show_every_key_at_work() -> None:
    """Laws that no example needs are shown on the page of keys alone."""
    used: set[str] = set()
    waiting: list[object] = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in EXAMPLES]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            used |= {str(key) for key in part}
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    spare = {"median", "sigma", "scale", "shape", "values"}
    assert {key.name for key in KEYS} - used == spare


def test_the_least_that_can_be_said(tmp_path: Path) -> None:
    model = model_of(tmp_path, LEAST)
    assert (model.days, model.interval_s) == (1.0, 1800.0)
    queue, pool = model.queues[0], model.pools[0]
    assert (queue.name, queue.channel, queue.handle) == ("calls", "voice", Exponential(mean_s=180))
    assert queue.arrivals == Arrivals.steady(per_h=60)
    assert (queue.patience, queue.answer_within_s, queue.loop) == (Never(), 20.0, None)
    assert pool.schedule == Schedule.level(5)
    assert pool.routes == (Route(queue="calls"),)


@pytest.mark.parametrize(
    ("said", "law"),
    [
        ("180", Exponential(mean_s=180)),
        ("2m30s", Exponential(mean_s=150)),
        ("{law: exponential, mean: 1h}", Exponential(mean_s=3600)),
        ("{law: fixed, value: 90s}", Fixed(value_s=90)),
        ("{law: lognormal, mean: 4m, cv: 1.1}", Lognormal.from_mean(mean_s=240, cv=1.1)),
        ("{law: lognormal, median: 3m, sigma: 0.9}", Lognormal(median_s=180, sigma=0.9)),
        ("{law: gamma, mean: 5 min, cv: 0.8}", Gamma(mean_s=300, cv=0.8)),
        ("{law: weibull, mean: 2m, cv: 1.5}", Weibull.from_mean(mean_s=120, cv=1.5)),
        ("{law: weibull, scale: 2m, shape: 0.7}", Weibull(scale_s=120, shape=0.7)),
        (
            "{law: empirical, at: [0s, 1m, 5m], share: [0, 60%, 1]}",
            Empirical(at_s=[0, 60, 300], share=[0, 0.6, 1]),
        ),
        (
            "{law: empirical, values: [30s, 45s, 45s, 60s, 4m]}",
            Empirical.of_values([30, 45, 45, 60, 240]),
        ),
    ],
)
def test_laws_are_read(tmp_path: Path, said: str, law: Law) -> None:
    assert law_of(tmp_path, said) == law


def test_never_is_a_patience(tmp_path: Path) -> None:
    for said in ("never", "{law: never}"):
        text = LEAST.replace("    handle: 3m", f"    handle: 3m\n    patience: {said}")
        assert model_of(tmp_path, text).queues[0].patience == Never()


def test_a_list_of_arrivals_covers_the_day_or_says_when_it_begins(tmp_path: Path) -> None:
    arrivals = "arrivals: {from: 08:00, interval: 1h, per_hour: [10, 20, 30], day_cv: 0.2}"
    model = model_of(tmp_path, LEAST.replace("arrivals: {per_hour: 60}", arrivals))
    assert model.queues[0].arrivals == Arrivals(
        per_h=(0.0,) * 8 + (10.0, 20.0, 30.0) + (0.0,) * 13, interval_s=3600, day_cv=0.2
    )
    half_hours = f"arrivals: {{per_interval: [{', '.join(['5'] * 48)}]}}"
    model = model_of(tmp_path, LEAST.replace("arrivals: {per_hour: 60}", half_hours))
    assert model.queues[0].arrivals == Arrivals(per_h=(10.0,) * 48)


def test_agents_by_interval_and_shifts_are_schedules(tmp_path: Path) -> None:
    by_hour = "agents: [2, 3], interval: 1h, from: 09:00"
    model = model_of(tmp_path, LEAST.replace("agents: 5", by_hour))
    day = [0] * 9 + [2, 3] + [0] * 13
    assert model.pools[0].schedule == Schedule.by_interval(day, interval_s=3600)
    shifts = """shifts: [
        {agents: 4, from: 08:00, to: 16:00, breaks: [12:00-12:30]},
        {agents: 2, from: 22:00, to: 06:00, breaks: 01:00-01:20}]"""
    model = model_of(tmp_path, LEAST.replace("agents: 5", shifts))
    assert model.pools[0].schedule == Schedule.of_shifts(
        [
            Shift(
                agents=4,
                from_s=8 * HOUR_S,
                to_s=16 * HOUR_S,
                breaks=((12 * HOUR_S, 12.5 * HOUR_S),),
            ),
            Shift(
                agents=2,
                from_s=22 * HOUR_S,
                to_s=30 * HOUR_S,
                breaks=((25 * HOUR_S, 25 * HOUR_S + 1200),),
            ),
        ]
    )


def test_days_of_the_week_make_a_week(tmp_path: Path) -> None:
    shifts = "shifts: [{agents: 3, from: 09:00, to: 17:00, days: [mon, sat]}]"
    model = model_of(tmp_path, "days: 7\n" + LEAST.replace("agents: 5", shifts))
    schedule = model.pools[0].schedule
    assert schedule.cycle_s == 7 * 86_400
    at_noon = schedule.counts(1800.0, 7 * 48)[24::48]
    assert at_noon.tolist() == [3, 0, 0, 0, 0, 3, 0]


def test_everything_else_a_queue_can_say(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        """\
        days: 2
        interval: 15m
        queues:
          calls:
            arrivals: {per_hour: 60}
            handle: 3m
            answer_within: 30s
            priority: 4
            promote_after: 10m
            promoted_priority: 9
            loop:
              resolves: {4m: 80%, 1m: 0.4}
              comes_back: 90 %
              recontact_after: 1 day
              redials: 50%
              redial_after: {law: fixed, value: 5m}
              redial_patience: 1m
              most_attempts: 4
            callback: {offer_over: 2m, accepts: 40%, window: 1h, answers: 80%, ring: 20s, tries: 3,
                       retry_after: 10m}
            overflow: {to: chat, after: 90s}
          chat:
            channel: chat
            handle: 6m
            deadline: 1 day
            transfer: {to: last, share: 5%}
          last: {handle: 1m}
        pools:
          team: {serves: [calls, {queue: last, rank: 2, after: 30s}], agents: 5}
          chats: {serves: chat, agents: 2, chats: 3, speed: [1, 0.8, 0.6]}
        """,
    )
    calls, chat, _ = model.queues
    assert (model.days, model.interval_s) == (2.0, 900.0)
    assert (calls.answer_within_s, calls.priority) == (30.0, 4)
    assert (calls.promote_after_s, calls.promoted_priority) == (600.0, 9)
    assert calls.loop == Loop(
        resolves=Curve(handle_s=(60.0, 240.0), share=(0.4, 0.8)),
        comes_back=0.9,
        recontact_after=Exponential(mean_s=86_400),
        redials=0.5,
        redial_after=Fixed(value_s=300),
        redial_patience=Exponential(mean_s=60),
        most_attempts=4,
    )
    assert calls.callback == Callback(
        offer_over_s=120,
        accepts=0.4,
        window_s=3600,
        answers=0.8,
        ring_s=20,
        tries=3,
        retry_after_s=600,
    )
    assert calls.overflow == Overflow(to="chat", after_s=90)
    assert chat.transfer == Transfer(to="last", share=0.05)
    assert (chat.channel, chat.deadline_s, chat.arrivals) == ("chat", 86_400, None)
    assert model.pools[0].routes[1] == Route(queue="last", rank=2, after_s=30)
    assert (model.pools[1].chats, model.pools[1].speed) == (3, (1.0, 0.8, 0.6))


# Mistakes ----------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[str, str, str, str, str]] = {
    # what: (in place of, say, the error, where it is found, the remedy)
    "a key with a slip": (
        "handle: 3m",
        "handel: 3m",
        "'queues.calls.handel' is not known",
        "line 4",
        "Did you mean 'handle'?",
    ),
    "a key that is not known": (
        "queues:",
        "teams: 1\nqueues:",
        "'teams' is not known",
        "line 1",
        "One of: days, interval",
    ),
    "a key of a law": (
        "3m",
        "{law: fixed, mean: 3m}",
        "The law fixed needs value",
        "line 4",
        "Give value",
    ),
    "no law": (
        "3m",
        "{law: normal, mean: 3m}",
        "'normal' is not a choice",
        "queues.calls.handle.law",
        "One of: exponential",
    ),
    "half a law": (
        "3m",
        "{law: lognormal, mean: 3m}",
        "needs mean and cv; or median and sigma",
        "line 4",
        "Give mean and cv",
    ),
    "no duration": (
        "3m",
        "3 parsecs",
        "'3 parsecs' is not a duration",
        "key 'queues.calls.handle'",
        "Write it as 180s, 3m",
    ),
    "nothing as a handle time": ("3m", "0", "mean_s must be above 0", "line 4", "Correct mean_s"),
    "no handle time": (
        "    handle: 3m\n",
        "",
        "The key 'handle' of 'queues.calls' is missing",
        "line 2",
        "Add handle",
    ),
    "a negative rate": (
        "per_hour: 60",
        "per_hour: -60",
        "per_h must be 0 or more",
        "-60",
        "Correct per_h",
    ),
    "rates twice": (
        "per_hour: 60",
        "per_hour: 60, per_interval: [1]",
        "per hour or per interval",
        "line 3",
        "one of the two",
    ),
    "part of a day": (
        "per_hour: 60",
        "per_hour: [1, 2, 3]",
        "are no whole days",
        "line 3",
        "from: 08:00",
    ),
    "past midnight": (
        "per_hour: 60",
        "per_hour: [1, 2, 3], from: 23:00",
        "run past midnight",
        "line 3",
        "Give fewer",
    ),
    "between intervals": (
        "per_hour: 60",
        "per_hour: [1, 2], from: 08:10",
        "does not begin between two intervals",
        "line 3",
        "multiple of the interval",
    ),
    "an interval of nothing": (
        "per_hour: 60",
        "per_hour: [1, 2], interval: 0s",
        "longer than nothing",
        "line 3",
        "Write 30m",
    ),
    "an empty schedule": (
        "agents: 5",
        "agents: []",
        "The schedule is empty",
        "key 'pools.team.agents'",
        "at least one interval",
    ),
    "no shifts": (
        "agents: 5",
        "shifts: []",
        "The schedule is empty",
        "key 'pools.team.shifts'",
        "at least one shift",
    ),
    "no agents at all": (
        ", agents: 5",
        "",
        "needs its agents, or its shifts",
        "line 6",
        "agents: 14",
    ),
    "half an agent": ("agents: 5", "agents: 5.5", "must be a whole number", "5.5", "Round it"),
    "a time that is none": (
        "agents: 5",
        "shifts: [{agents: 1, from: 8h, to: 16:00}]",
        "'8h' is not a time of day",
        "line 6",
        "Write it as 08:00",
    ),
    "a break that is none": (
        "agents: 5",
        "shifts: [{agents: 1, from: 08:00, to: 16:00, breaks: [noon]}]",
        "'noon' is not a break",
        "line 6",
        "12:00-12:30",
    ),
    "a break outside": (
        "agents: 5",
        "shifts: [{agents: 1, from: 08:00, to: 16:00, breaks: [17:00-17:30]}]",
        "times of a shift must be in order",
        "line 6",
        "one after the other",
    ),
    "a day that is none": (
        "agents: 5",
        "shifts: [{agents: 1, from: 08:00, to: 16:00, days: [tus]}]",
        "'tus' is not a choice",
        "line 6",
        "Did you mean 'tue'?",
    ),
    "a queue that is not there": (
        "serves: calls",
        "serves: call",
        "'call' is not a choice for 'pools.team.serves'",
        "line 6",
        "Did you mean 'calls'?",
    ),
    "a queue without service": (
        "    handle: 3m\n",
        "    handle: 3m\n  chat: {handle: 5m}\n",
        "Nobody serves queue 'chat'",
        "line 5",
        "Name it in the 'serves'",
    ),
    "nobody comes": (
        "    arrivals: {per_hour: 60}\n",
        "",
        "Nobody ever comes",
        "line 1",
        "at least one queue its arrivals",
    ),
    "a share above 1": (
        "handle: 3m",
        "handle: 3m\n    loop: {resolves: 120%}",
        "share must lie between 0 and 1",
        "line 5",
        "write 80 % as 0.8",
    ),
    "a probability above 1": (
        "handle: 3m",
        "handle: 3m\n    loop: {resolves: 80%, redials: 1.2}",
        "must lie between 0 and 1",
        "key 'queues.calls.loop.redials': 1.2",
        "80% or 0.8",
    ),
    "a curve outside": (
        "handle: 3m",
        "handle: 3m\n    loop: {resolves: {1m: 0.5, 2m: 1.5}}",
        "share must lie between 0 and 1",
        "key 'queues.calls.loop.resolves'",
        "80 % as 0.8",
    ),
    "no share": (
        "handle: 3m",
        "handle: 3m\n    loop: {resolves: most}",
        "'most' is not a share",
        "line 5",
        "80% or 0.8",
    ),
    "a circle of one": (
        "handle: 3m",
        "handle: 3m\n    transfer: {to: calls, share: 0.1}",
        "in a circle",
        "calls -> calls",
        "Take one",
    ),
    "an interval that does not fit": (
        "queues:",
        "interval: 7m\nqueues:",
        "does not fit",
        "line 2",
        "divides both",
    ),
    "no days": ("queues:", "days: 0\nqueues:", "days must be above 0", "line 2", "Correct days"),
    "too many chats for a voice": (
        "agents: 5",
        "agents: 5, chats: 2, speed: [1, 0.8]",
        "no chat to serve",
        "line 1",
        "channel chat",
    ),
    "no speed": ("agents: 5", "agents: 5, chats: 2", "needs one speed", "line 6", "speed=(1.0"),
    "a channel that is none": (
        "handle: 3m",
        "handle: 3m\n    channel: phone",
        "'phone' is not a choice",
        "line 5",
        "voice, chat",
    ),
    "a callback without an offer": (
        "handle: 3m",
        "handle: 3m\n    callback: {accepts: 0.5}",
        "'offer_over' of 'queues.calls.callback' is missing",
        "line 5",
        "Add offer_over",
    ),
    "an overflow to nowhere": (
        "handle: 3m",
        "handle: 3m\n    overflow: {to: mars, after: 1m}",
        "'mars' is not a choice",
        "line 5",
        "One of: calls",
    ),
    "a queue that is no section": (
        "  calls:\n    arrivals: {per_hour: 60}\n    handle: 3m\n",
        "  calls: many\n",
        "is not a section",
        "line 2",
        "keys with values",
    ),
    "no queues": (
        "queues:\n  calls:\n    arrivals: {per_hour: 60}\n    handle: 3m\n",
        "queues: {}\n",
        "'queues' is empty",
        "line 1",
        "Name at least one",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_met_with_its_place_and_a_remedy(tmp_path: Path, what: str) -> None:
    old, new, wrong, found, todo = MISTAKES[what]
    assert old in LEAST
    with pytest.raises(QueueingError) as caught:
        model_of(tmp_path, LEAST.replace(old, new, 1))
    problem = caught.value
    assert wrong in problem.wrong
    assert found in problem.found
    assert "model.yaml, line " in problem.found
    assert "key '" in problem.found
    assert todo in problem.todo


def test_days_without_end_are_too_many(tmp_path: Path) -> None:
    with pytest.raises(QueueingError, match="1,000,000 at most") as caught:
        model_of(tmp_path, f"days: 1.0e+306\n{LEAST}")
    assert "line 1, key 'days'" in caught.value.found


def test_a_circle_of_queues_is_shown(tmp_path: Path) -> None:
    text = """\
        queues:
          calls:
            arrivals: {per_hour: 60}
            handle: 3m
            overflow: {to: other, after: 1m}
          other: {handle: 1m, transfer: {to: calls, share: 0.1}}
        pools:
          team: {serves: [calls, other], agents: 5}
        """
    with pytest.raises(QueueingError, match="in a circle") as caught:
        model_of(tmp_path, text)
    assert "line 1, key 'queues': calls -> other -> calls" in caught.value.found
    assert "Take one of these" in caught.value.todo


def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(QueueingError, match="not valid YAML") as caught:
        model_of(tmp_path, "queues: [a, b\npools: {")
    assert "line 2" in caught.value.found
    with pytest.raises(QueueingError, match="no such file"):
        read_model(read_marked(tmp_path / "none.yaml", error=QueueingError))


def test_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(QueueingError, match="The key 'queues' is missing"):
        model_of(tmp_path, "")
