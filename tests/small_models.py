"""Small models of every kind, drawn by Hypothesis: few agents, short runs, and many ties.

Every time in a model is a multiple of ``unit_s``. With one second, two things hardly ever happen
at once, but for what fixed laws and schedules bring about; with a microsecond, the tick of the
engines, they do so all the time.
"""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

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
    Channel,
    Curve,
    Loop,
    Model,
    Overflow,
    Pool,
    Queue,
    Route,
    Transfer,
)
from andon.queueing.simulator.schedule import Schedule, Shift

__all__ = ["models", "one_team"]

INTERVAL = 900.0
DAY = 86_400.0
CHANNELS: list[Channel] = ["voice", "chat", "messaging", "email", "case"]
UNITS = st.sampled_from([1.0, 1e-6])
CLOCKS = st.sampled_from([(), (), (0.0, 2.5), (1.0, 0.3, 0.0, 0.0)])
FACTORS = st.sampled_from([(), (1.3,), (0.7, 1.0, 2.1)])


def laws(mean: float, unit_s: float) -> st.SearchStrategy[Law]:
    """Laws of about this mean, of all kinds but those that never end."""
    mean_s = mean * unit_s
    return st.sampled_from(
        [
            Fixed(value_s=mean_s),
            Exponential(mean_s=mean_s),
            Lognormal(median_s=mean_s, sigma=0.8),
            Weibull(scale_s=mean_s, shape=0.7),
            Gamma(mean_s=mean_s, cv=1.4),
            Empirical(at_s=[0, mean_s / 2, mean_s, 3 * mean_s], share=[0, 0.2, 0.7, 1]),
        ]
    )


def patience(unit_s: float) -> st.SearchStrategy[Law]:
    """Patience from none to speak of to endless."""
    some = st.sampled_from([30.0, 60.0, 300.0]).flatmap(lambda mean: laws(mean, unit_s))
    return st.one_of(some, st.sampled_from([Never(), Fixed(value_s=1e-9)]))


@st.composite
def schedules(draw: st.DrawFn, most: int, length: float, unit_s: float) -> Schedule:
    """Level, by interval, or shifts with breaks that may touch; sometimes nobody is there."""
    kind = draw(st.sampled_from(["level", "interval", "shifts"]))
    if kind == "level":
        return Schedule.level(draw(st.integers(1, most)))
    if kind == "interval":
        agents = draw(st.lists(st.integers(0, most), min_size=1, max_size=6).filter(any))
        each = draw(st.sampled_from([450.0, 900.0, 1350.0]))
        return Schedule.by_interval(agents, interval_s=each * unit_s)
    step = length / 24 * unit_s
    found = []
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, 11))
        end = begin + draw(st.integers(1, 11))
        inside = sorted(draw(st.lists(st.integers(begin, end), max_size=4)))
        pairs = zip(inside[::2], inside[1::2], strict=False)
        found.append(
            Shift(
                agents=draw(st.integers(1, most)),
                from_s=begin * step,
                to_s=end * step,
                breaks=tuple((a * step, b * step) for a, b in pairs),
            )
        )
    schedule = Schedule.of_shifts(found, cycle_s=length / 2 * unit_s)
    assume(schedule.most > 0)
    return schedule


@st.composite
def loops(draw: st.DrawFn, unit_s: float) -> Loop | None:
    """Returns of all kinds, some at once."""
    if draw(st.booleans()):
        return None
    delays = st.one_of(laws(120, unit_s), laws(900, unit_s), st.just(Fixed(value_s=0)))
    return Loop(
        resolves=draw(
            st.sampled_from(
                [
                    Curve.flat(0.5),
                    Curve(handle_s=(30 * unit_s, 200 * unit_s), share=(0.2, 0.9)),
                ]
            )
        ),
        comes_back=draw(st.sampled_from([0.5, 1.0])),
        recontact_after=draw(delays),
        recontact_clock=draw(CLOCKS),
        redials=draw(st.sampled_from([0.0, 0.5, 1.0])),
        redial_after=draw(delays),
        redial_patience=draw(st.one_of(st.none(), laws(60, unit_s))),
        most_attempts=draw(st.integers(1, 5)),
    )


@st.composite
def arrivals(draw: st.DrawFn, unit_s: float) -> Arrivals:
    """Level or by interval, up to 200 an hour."""
    rates = draw(st.lists(st.sampled_from([0.0, 20.0, 60.0, 200.0]), min_size=1, max_size=4))
    return Arrivals(
        per_h=tuple(rate / unit_s for rate in rates),
        interval_s=INTERVAL * unit_s,
        day_cv=draw(st.sampled_from([0.0, 0.3])),
    )


@st.composite
def one_team(draw: st.DrawFn) -> Model:
    """One queue and one pool, such as the fast engine runs."""
    unit_s = draw(UNITS)
    length = INTERVAL * draw(st.sampled_from([8, 20]))
    queue = Queue(
        name="calls",
        handle=draw(st.one_of(laws(60, unit_s), laws(240, unit_s), st.just(Fixed(value_s=1e-6)))),
        arrivals=draw(arrivals(unit_s)),
        patience=draw(patience(unit_s)),
        loop=draw(loops(unit_s)),
        answer_within_s=draw(st.sampled_from([0.0, 20.0])) * unit_s,
        short_abandon_s=draw(st.sampled_from([0.0, 5.0])) * unit_s,
        handle_factors=draw(FACTORS),
        deadline_s=draw(st.sampled_from([None, 100.0 * unit_s])),
    )
    schedule = draw(schedules(6, length, unit_s))
    pool = Pool(name="agents", schedule=schedule, routes=(Route(queue="calls"),))
    return Model(
        queues=(queue,),
        pools=(pool,),
        days=length * unit_s / DAY,
        interval_s=INTERVAL * unit_s,
    )


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Some queues and some pools, with anything that a model can say."""
    unit_s = draw(UNITS)
    length = INTERVAL * draw(st.sampled_from([3, 6]))
    names = [f"queue {i}" for i in range(draw(st.integers(1, 4)))]
    # Queues pass on only to those after them, in one order or the other.
    order = names if draw(st.booleans()) else names[::-1]
    queues = tuple(
        draw(some_queue(name, order[order.index(name) + 1 :], unit_s, name == names[0]))
        for name in names
    )
    pools = []
    for p in range(draw(st.integers(1, 3))):
        served = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        if p == 0:
            served += [name for name in names if name not in served]
        pools.append(draw(some_pool(f"pool {p}", queues, served, length, unit_s)))
    return Model(
        queues=queues,
        pools=tuple(pools),
        days=length * unit_s / DAY,
        interval_s=INTERVAL * unit_s,
    )


@st.composite
def some_queue(draw: st.DrawFn, name: str, others: list[str], unit_s: float, first: bool) -> Queue:
    """A queue that may pass on to ``others``."""
    after = st.sampled_from([0.0, 30.0, 60.0, 200.0]).map(lambda seconds: seconds * unit_s)
    channel: Channel = draw(st.sampled_from(CHANNELS))
    priority = draw(st.integers(-1, 1))
    promote_after_s = draw(st.one_of(st.none(), after))
    overflow = transfer = callback = None
    if others:
        to = draw(st.tuples(*[st.sampled_from([None, *others])] * 2))
        overflow = Overflow(to=to[0], after_s=draw(after)) if to[0] else None
        transfer = Transfer(to=to[1], share=0.4) if to[1] else None
    if channel == "voice" and draw(st.booleans()):
        callback = Callback(
            offer_over_s=draw(after),
            accepts=draw(st.sampled_from([0.5, 1.0])),
            window_s=draw(st.sampled_from([60.0, 600.0])) * unit_s,
            answers=draw(st.sampled_from([0.0, 0.5, 1.0])),
            ring_s=draw(st.sampled_from([5.0, 30.0])) * unit_s,
            tries=draw(st.integers(1, 3)),
            retry_after_s=draw(st.sampled_from([60.0, 600.0])) * unit_s,
        )
    return Queue(
        name=name,
        handle=draw(st.one_of(laws(60, unit_s), laws(240, unit_s))),
        arrivals=draw(arrivals(unit_s)) if first or draw(st.booleans()) else None,
        patience=draw(patience(unit_s)),
        channel=channel,
        priority=priority,
        promote_after_s=promote_after_s,
        promoted_priority=priority + draw(st.integers(0, 2)),
        loop=draw(loops(unit_s)),
        callback=callback,
        overflow=overflow,
        transfer=transfer,
        answer_within_s=20.0 * unit_s,
        short_abandon_s=5.0 * unit_s,
        handle_factors=draw(FACTORS),
        deadline_s=draw(st.sampled_from([None, 100.0 * unit_s])),
    )


@st.composite
def some_pool(
    draw: st.DrawFn,
    name: str,
    queues: tuple[Queue, ...],
    served: list[str],
    length: float,
    unit_s: float,
) -> Pool:
    """A pool that serves these queues; with several chats at once where it can."""
    after = st.sampled_from([0.0, 0.0, 30.0, 60.0]).map(lambda seconds: seconds * unit_s)
    writes = any(q.channel in {"chat", "messaging"} for q in queues if q.name in served)
    chats = draw(st.integers(1, 4)) if writes else 1
    return Pool(
        name=name,
        schedule=draw(schedules(4, length, unit_s)),
        routes=tuple(
            Route(
                queue=each,
                rank=draw(st.integers(1, 2)),
                after_s=draw(after),
                keep_free=draw(st.sampled_from([0, 0, 1, 3])),
            )
            for each in served
        ),
        chats=chats,
        speed=draw(st.sampled_from([(1.0, 0.8, 0.55, 0.55), (1.0, 1.0, 1.0, 0.3)]))[:chats],
    )
