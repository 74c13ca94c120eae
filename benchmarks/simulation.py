"""The simulator's two engines, beside other tools and beside their goals.

Each of these is one process, warm after a short first run:
``python -m benchmarks.simulation time WORK CONTACTS TIMES``, ``... memory WORK CONTACTS``,
``... workers HOW_MANY TIMES``, and ``... shares CALLS RUNS``, which tells what short runs from an
empty office find, for the comparison with other tools. :func:`simulation` puts them together.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure import Measured, measured, timed
from benchmarks.peers import AGENTS, GAP_S, HANDLE_S, PATIENCE_S, WITHIN_S
from benchmarks.table import Line, Runs, Table, beside, judged

if TYPE_CHECKING:
    from andon.queueing.simulator.model import Model
    from andon.queueing.simulator.raw import Raw

__all__ = ["simulation"]

MILLION: Final = 1_000_000
HOUR_S: Final = 3600.0
TIMES: Final = 5
WORKS: Final = (
    ("pool", "M/M/100+M, half-hours and a histogram of waits: fast engine", 20, 20),
    ("loop", "the same with recontacts and redials: fast engine", 20, 12),
    ("general pool", "M/M/100+M: general engine", 5, 4),
    ("general skills", "3 skills, priorities, callbacks, chat, email: general engine", 5, 1.5),
)
"""What is measured, how it is called, millions of contacts in a run, and millions a second wanted.
"""
BEST_PEER: Final = 10.0
PEERS: Final = (
    ("simpy", "callers", 20_000, "a process a caller"),
    ("simpy", "events", 100_000, "only its calendar of events"),
    ("ciw", "callers", 10_000, "its node with reneging"),
    ("cimba", "callers", 50_000, "a process a caller"),
    ("cimba", "events", MILLION, "only its calendar of events, our method by hand"),
)
"""Who simulates the same office, in which way, and how many calls a run."""
PEER_RUNS: Final = 10
ERRORS: Final = 5.0
"""So many standard errors apart are not the same office. With ten runs chance goes that far once in
1,400 times; seeds are fixed."""
TOGETHER: Final = (16, 2, 1.8)
"""Replications, cores, and how many times as fast is wanted."""
MEMORY: Final = (("loop", 50), ("general pool", 20))
"""What is run for 1 million and for so many million contacts, with the same number of intervals."""
GROWS: Final = 1.05
COMPILED_S: Final = 15.0
COMMANDS: Final = (
    "wait --load 10 --handle 3m --agents 12 --patience 2m",
    "agents --load 10 --handle 3m --target 80/20 --patience 2m",
    "simulate examples/models/one-team.yaml --replications 2",
    "simulate examples/models/skills.yaml --replications 2",
)
"""What somebody may begin with."""


def simulation() -> Table:
    """Everything about the simulator: rates, agreement, cores, memory and first use."""
    lines: list[Line] = []
    notes: list[str] = []
    for work, says, millions, wanted in WORKS:
        _say(says)
        said = _measured("time", work, str(millions * MILLION), str(TIMES)).said
        ours = Runs(count=said["contacts"], seconds=tuple(said["seconds"]))
        met = ours.rate >= wanted * MILLION
        lines.append(beside(says, ours, goal=f"{wanted:g} M a second", met=met))
        if work == "pool":
            for peer in PEERS:
                line, agreement = _peer(*peer, ours=ours)
                lines.append(line)
                notes += agreement
        elif "shares" in said:
            notes.append(f"{says}: {said['shares']}.")
    first, note = _first_use()
    return Table(
        lines=[*lines, _together(), *_memory(), *_first_commands(), first], notes=[*notes, note]
    )


def _peer(peer: str, way: str, calls: int, says: str, *, ours: Runs) -> tuple[Line, list[str]]:
    """A peer's line, and whether it simulates the same office."""
    _say(f"{peer}: {says}, {calls:,} calls {PEER_RUNS} times")
    found = measured("benchmarks.peers", peer, way, str(PEER_RUNS), str(calls), cores=1).said
    if "missing" in found:
        return beside("", ours, goal="", met=None, peer=f"{peer}: {found['missing']}"), []
    name = f"{peer} {found['version']}, {says}"
    theirs = Runs(count=calls, seconds=tuple(found["seconds"]))
    # We run as long as they do, from empty as they do, until we know it ten times as well.
    same = _measured("shares", str(calls), str(max(100, 10 * MILLION // calls))).said
    told = []
    for what, key in (("answered in time", "in_time"), ("gave up", "gave_up")):
        shares = [run[key] / (run["answered"] + run["gave_up"]) for run in found["runs"]]
        mean, error = statistics.mean(shares), _error(shares)
        mine = statistics.mean(same[key])
        if abs(mean - mine) > ERRORS * math.hypot(error, _error(same[key])):
            raise SystemExit(
                f"{name} does not simulate the same: {what} {mean:.4f}, ours {mine:.4f}"
            )
        told.append(f"{what} {_share(mean)} (standard error {_share(error)}), ours {_share(mine)}")
    goal, met = f"at least {BEST_PEER:g} x", ours.rate >= BEST_PEER * theirs.rate
    line = beside("", ours, goal=goal, met=met, peer=name, theirs=theirs)
    return line, [f"{name}, {PEER_RUNS} runs of {calls:,} calls: {'; '.join(told)}."]


def _share(value: float) -> str:
    return f"{100 * value:.2f} %"


def _error(values: list[float]) -> float:
    return statistics.stdev(values) / math.sqrt(len(values))


def _together() -> Line:
    """Replications on two cores against one."""
    replications, cores, wanted = TOGETHER
    says = f"{replications} replications of 2 M calls on {cores} cores"
    if (os.cpu_count() or 1) < cores:
        return (says, "", "", "", f"{wanted:g} x", "this machine has one core", "", "", "")
    _say(says)
    one, two = (
        Runs(count=said["contacts"], seconds=tuple(said["seconds"]))
        for said in (
            _measured("workers", str(workers), str(3 * TIMES), cores=workers).said
            for workers in (1, cores)
        )
    )
    met = two.rate >= wanted * one.rate
    goal = f"at least {wanted:g} x"
    return beside(says, two, goal=goal, met=met, peer="the same on one core", theirs=one)


def _memory() -> list[Line]:
    """Whether more contacts take more memory."""
    lines: list[Line] = []
    for work, millions in MEMORY:
        says = next(f"memory, {text}" for name, text, *_ in WORKS if name == work)
        _say(says)
        few, many = (
            _measured("memory", work, str(count * MILLION)).peak_mb for count in (1, millions)
        )
        goal = judged("no more with more contacts", many <= GROWS * few)
        mine = f"{many:,.0f} MB"
        lines.append(
            (
                says,
                f"{millions} M",
                mine,
                "",
                goal,
                f"1 M: {few:,.0f} MB",
                "",
                f"{many / few:.2f} x",
                "",
            )
        )
    return lines


def _first_use() -> tuple[Line, str]:
    """Compiling every kernel, in a process that finds nothing compiled."""
    _say("first use of every kernel")
    with TemporaryDirectory() as folder:
        cache = {"NUMBA_CACHE_DIR": folder}
        cold, warm = (
            measured("benchmarks.first_use", cores=1, environment=cache).said for _ in range(2)
        )
    took = cold["seconds"] - warm["seconds"]
    goal = judged(f"under {COMPILED_S:g} s", took < COMPILED_S)
    cached = f"the same from the cache: {warm['seconds']:.1f} s"
    says = "first use: compile every kernel, nothing cached"
    longest = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in cold["slowest"].items())
    note = f"First use: the longest to compile, with what they call, are {longest}."
    if cold["unused"]:
        note += f" Not compiled, because nothing here uses them: {', '.join(cold['unused'])}."
    return (says, str(cold["kernels"]), f"{took:.1f}", "", goal, cached, "", "", ""), note


def _first_commands() -> list[Line]:
    """The first command of each kind that somebody gives, from its start to its end."""
    _say("first use of each command")
    lines: list[Line] = []
    for words in COMMANDS:
        with TemporaryDirectory() as folder:
            cold, warm = (
                measured(
                    "andon.cli.main",
                    *(*words.split(), "--json"),
                    cores=1,
                    environment={"NUMBA_CACHE_DIR": folder},
                ).wall_s
                for _ in range(2)
            )
        goal = judged(f"under {COMPILED_S:g} s", cold < COMPILED_S)
        says, again = f"first use: `andon {words}`, all of it", f"again: {warm:.1f} s"
        lines.append((says, "", f"{cold:.1f}", "", goal, again, "", "", ""))
    return lines


def _measured(*words: str, cores: int = 1) -> Measured:
    return measured("benchmarks.simulation", *words, cores=cores)


def office(contacts: int, *, loop: bool = False, interval_s: float = 1800.0) -> Model:
    """The office of the peers, for about so many contacts, all of them counted.

    With ``loop``, four in five are helped, the others ask again after a day on average, and half of
    those who give up try again after ten minutes on average; fresh customers are 80 erlangs.
    """
    from andon.queueing.laws import Exponential
    from andon.queueing.simulator.model import Arrivals, Curve, Loop, Model
    from andon.queueing.simulator.schedule import Schedule

    per_h = HOUR_S / GAP_S
    days = contacts / (per_h * 24)
    again = Loop(
        resolves=Curve.flat(0.8),
        recontact_after=Exponential(mean_s=86_400),
        redials=0.5,
        redial_after=Exponential(mean_s=600),
    )
    return Model.one_pool(
        arrivals=Arrivals.steady(per_h=0.8 * per_h if loop else per_h),
        handle=Exponential(mean_s=HANDLE_S),
        patience=Exponential(mean_s=PATIENCE_S),
        schedule=Schedule.level(AGENTS),
        loop=again if loop else None,
        answer_within_s=WITHIN_S,
        days=max(1, round(days * 86_400 / interval_s)) * interval_s / 86_400,
        interval_s=interval_s,
    )


def skills(contacts: int) -> Model:
    """Two voice queues, chat and email, and 150 agents in three pools that help each other.

    Orders go before support; support may be called back; two redial and recontact. Writers have
    three chats at once and are slower for it. An email that waited four hours goes before all else.
    """
    from andon.queueing.laws import Exponential, Gamma, Lognormal, Weibull
    from andon.queueing.simulator.model import (
        Arrivals,
        Callback,
        Curve,
        Loop,
        Model,
        Pool,
        Queue,
        Route,
    )
    from andon.queueing.simulator.schedule import Schedule

    def arrivals(per_h: float) -> Arrivals:
        """A day with a peak before noon, every half-hour another rate."""
        hours = (half / 2 for half in range(48))
        wave = [1 + 0.15 * math.sin((hour - 5) / 24 * 2 * math.pi) for hour in hours]
        return Arrivals(per_h=tuple(per_h * each for each in wave), day_cv=0.05)

    loop = Loop(
        resolves=Curve(handle_s=(60, 400), share=(0.6, 0.9)),
        comes_back=0.9,
        recontact_after=Lognormal(median_s=40_000, sigma=1.0),
        redials=0.5,
        redial_after=Exponential(mean_s=600),
    )
    queues = (
        Queue(
            name="orders",
            handle=Lognormal(median_s=200, sigma=0.7),
            arrivals=arrivals(600),
            patience=Exponential(mean_s=150),
            priority=2,
            loop=loop,
        ),
        Queue(
            name="support",
            handle=Gamma(mean_s=300, cv=0.8),
            arrivals=arrivals(425),
            patience=Weibull(scale_s=180, shape=0.8),
            priority=1,
            loop=loop,
            callback=Callback(offer_over_s=60, accepts=0.4, answers=0.8, tries=2),
        ),
        Queue(
            name="chat",
            handle=Lognormal(median_s=350, sigma=0.6),
            arrivals=arrivals(500),
            patience=Exponential(mean_s=180),
            channel="chat",
            priority=1,
            answer_within_s=60,
        ),
        Queue(
            name="email",
            handle=Lognormal(median_s=300, sigma=0.6),
            arrivals=arrivals(85),
            channel="email",
            answer_within_s=4 * HOUR_S,
            promote_after_s=4 * HOUR_S,
            promoted_priority=3,
            deadline_s=24 * HOUR_S,
        ),
    )
    pools = (
        Pool(
            name="first line",
            schedule=Schedule.level(56),
            routes=(Route(queue="orders"), Route(queue="support", rank=2, after_s=20)),
        ),
        Pool(
            name="second line",
            schedule=Schedule.level(63),
            routes=(
                Route(queue="support"),
                Route(queue="orders", rank=2, after_s=15),
                Route(queue="email", rank=3),
            ),
        ),
        Pool(
            name="writers",
            schedule=Schedule.level(31),
            routes=(
                Route(queue="chat"),
                Route(queue="email", rank=2),
                Route(queue="support", rank=3, after_s=60),
            ),
            chats=3,
            speed=(1.0, 0.8, 0.65),
        ),
    )
    days = contacts / (24 * 1.17 * (600 + 425 + 500 + 85))
    return Model(queues=queues, pools=pools, days=max(1, round(days)))


def model_of(work: str, contacts: int) -> Model:
    """The model of one of :data:`WORKS`."""
    if work == "general skills":
        return skills(contacts)
    return office(contacts, loop=work == "loop")


def engine_of(work: str) -> Callable[[Model, int], Raw]:
    """What runs it, given the model and the seed."""
    from andon.queueing.simulator.plan import Plan

    if work.startswith("general"):
        from andon.queueing.simulator.general import run_general

        return lambda model, seed: run_general(Plan.of(model), seed=seed, replication=0)
    from andon.queueing.simulator.first_come import run_first_come

    return lambda model, seed: run_first_come(Plan.of(model), seed=seed, replication=0)


def _contacts(raw: Raw) -> int:
    from andon.queueing._kernels import columns

    return int(raw.queues[:, :, columns.FRESH : columns.PASSED_IN + 1].sum())


def _time(work: str, contacts: int, times: int) -> dict[str, Any]:
    """Ours, warm; every run has the same seed, so that all do the same."""
    run, model = engine_of(work), model_of(work, contacts)
    run(model_of(work, 10_000), 0)
    seconds, raws = timed(lambda: run(model, 1), times)
    told: dict[str, Any] = {"seconds": seconds, "contacts": _contacts(raws[0])}
    if work == "general skills":
        told["shares"] = _described(model, raws[0])
    return told


def _described(model: Model, raw: Raw) -> str:
    """Service levels and occupancy, so that a reader sees that it is an ordinary operation."""
    from andon.queueing._kernels import columns as c

    told = []
    for queue, table in zip(model.queues, raw.queues.sum(axis=1), strict=True):
        came = table[c.FRESH : c.PASSED_IN + 1].sum()
        told.append(
            f"{queue.name} {100 * table[c.IN_TIME] / came:.0f} % within "
            f"{queue.answer_within_s:,.0f} s, {100 * table[c.GAVE_UP] / came:.0f} % gave up"
        )
    busy = raw.pools[:, :, c.BUSY].sum() / raw.pools[:, :, c.STAFFED].sum()
    return f"{'; '.join(told)}; occupancy {100 * busy:.0f} %"


def _memory_of(work: str, contacts: int) -> dict[str, Any]:
    """One run, of as many intervals whatever the contacts: they are longer instead."""
    interval_s = 1800.0 * contacts / MILLION
    model = office(contacts, loop=work == "loop", interval_s=interval_s)
    return {"contacts": _contacts(engine_of(work)(model, 1))}


def _workers(workers: int, times: int) -> dict[str, Any]:
    from andon.queueing.simulator.runs import simulate

    replications = TOGETHER[0]
    model = office(2 * MILLION)

    def run() -> int:
        found = simulate(model, seed=1, replications=replications, warm_up=0.0, workers=workers)
        return found.replications

    run()
    seconds, _ = timed(run, times)
    contacts = round(model.days * 24 * HOUR_S / GAP_S) * replications
    return {"seconds": seconds, "contacts": contacts}


def _shares(calls: int, runs: int) -> dict[str, Any]:
    """Shares of ended calls in short runs that begin empty, as other tools count them."""
    from andon.queueing._kernels import columns as c
    from andon.queueing.simulator.first_come import run_first_come
    from andon.queueing.simulator.plan import Plan

    # One interval, so that it is exactly as long as theirs.
    plan = Plan.of(office(calls, interval_s=calls * GAP_S))
    in_time, gave_up = [], []
    for replication in range(runs):
        raw = run_first_come(plan, seed=1, replication=replication)
        table = raw.queues[0].sum(axis=0)
        ended = table[c.ANSWERED] + table[c.GAVE_UP]
        in_time.append(float(table[c.IN_TIME] / ended))
        gave_up.append(float(table[c.GAVE_UP] / ended))
    return {"in_time": in_time, "gave_up": gave_up}


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    match sys.argv[1:]:
        case ["time", work, contacts, times]:
            told = _time(work, int(contacts), int(times))
        case ["memory", work, contacts]:
            told = _memory_of(work, int(contacts))
        case ["workers", workers, times]:
            told = _workers(int(workers), int(times))
        case ["shares", calls, runs]:
            told = _shares(int(calls), int(runs))
        case words:
            raise SystemExit(f"What is {' '.join(words)!r}? See the top of this file.")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
