"""A chat queue: what customers meet where each agent helps several at once.

Customers come at random; an agent takes up to so many chats, and each goes slower the more there
are. Only who finds every place taken waits, and may leave. Models: Luo and Zhang 2013,
https://doi.org/10.1287/opre.1120.1151; Tezcan and Zhang 2014,
https://doi.org/10.1287/opre.2014.1284. Here the chains themselves are solved, not their limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from andon.errors import QueueingError, UnstableQueue
from andon.queueing.concurrency import Slowdown, quality
from andon.queueing.inputs import Floats, at_least_zero, between, share
from andon.queueing.intervals import one
from andon.units import HOUR_S

__all__ = ["ChatAgents", "ChatQueue", "Placing", "chat_agents_needed", "chat_queue"]

Placing = Literal["fewest", "even"]
"""Where chats are: a new one goes to the agent with the fewest, and stays there; or all chats are
at every moment spread evenly over the agents."""

_MOST_STATES: Final = 12_500
"""Ways to share chats out that are followed one by one."""
_MOST_CODE: Final = 2**62
"""Each way has a number; it must fit."""
_MOST_PLACES: Final = 10_000_000
_MOST_AGENTS: Final = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatQueue:
    """What customers meet in a chat queue.

    Attributes
    ----------
    agents, at_once : int
        As given: each agent takes up to ``at_once`` chats.
    p_wait : float
        Share of customers who find every place taken, 0 to 1, as every share here.
    p_abandon : float
        Share of customers who leave before an agent takes them.
    mean_wait_s : float
        Mean wait of all customers, seconds.
    answered_within : float
        Share of all customers whom an agent takes within ``answer_within_s``.
    answer_within_s : float
        As given, seconds.
    mean_handle_s : float
        Mean handle time that customers see, slow-down included, seconds; NaN where nobody comes.
    handled_per_h : float
        Chats handled an hour.
    resolved_share : float
        Share of handled chats that settle the matter; NaN if that was not given.
    chats_per_busy_agent : float
        Mean number of chats of an agent who has any; NaN where nobody comes.
    occupancy : float
        Share of agents' time with a chat, one or several.
    places_taken : float
        Share of all places (agents times ``at_once``) that are taken.
    placing : "fewest" or "even"
        What was taken to happen to chats.
    """

    agents: int
    at_once: int
    p_wait: float
    p_abandon: float
    mean_wait_s: float
    answered_within: float
    answer_within_s: float
    mean_handle_s: float
    handled_per_h: float
    resolved_share: float
    chats_per_busy_agent: float
    occupancy: float
    places_taken: float
    placing: Placing


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatAgents:
    """The fewest agents that meet all targets.

    Attributes
    ----------
    agents : int
    queue : ChatQueue
        What customers meet with them.
    one_fewer : ChatQueue or None
        What they would meet with one agent fewer; None if the queue would then have no end.
    """

    agents: int
    queue: ChatQueue
    one_fewer: ChatQueue | None


def chat_queue(
    *,
    arrivals_per_h: float,
    handle_s: float,
    agents: int,
    slowdown: Slowdown,
    at_once: int,
    patience_s: float | None = None,
    answer_within_s: float = 20.0,
    resolved_share: Sequence[float] | None = None,
    placing: Placing | None = None,
) -> ChatQueue:
    """What customers meet where each agent takes up to so many chats at once.

    Parameters
    ----------
    arrivals_per_h : float
        Customers an hour, 0 or more; Poisson.
    handle_s : float
        Mean handle time of a chat alone, seconds (> 0); the work of a chat is exponential.
    agents : int
        1 or more.
    slowdown : Slowdown
        At least for ``at_once`` chats.
    at_once : int
        Chats that an agent takes at most, 1 or more.
    patience_s : float, optional
        Mean patience of those who wait, seconds (> 0); exponential. Without it nobody leaves.
    answer_within_s : float
        For ``answered_within``, seconds (0 or more).
    resolved_share : sequence of float, optional
        Share of chats that settle the matter, 0 to 1, for 1, 2, ... chats at once.
    placing : {"fewest", "even"}, optional
        What happens to chats. By default "fewest", while there are at most 12,500 ways to share
        them out (20 agents with 4 chats, 40 with 3, 156 with 2); beyond that "even".

    Returns
    -------
    ChatQueue

    Raises
    ------
    UnstableQueue
        If nobody leaves, and customers come faster than agents with all places taken can help.
    QueueingError
        If a number lies outside its range, or the slow-down does not tell of so many chats.

    Notes
    -----
    Both are exact for what they say. "even" is the simpler chain, over the number of customers; it
    flatters where k s(k) gains less with each chat, since evenly spread chats get most done. For 2
    to 30 agents with 2 or 3 chats, and a slow-down of 0.2 a chat, the tests found the share that
    waits at most 0.007 too low and the handle time at most 2 % too short; of 0.5, 0.025 and 6 %; of
    1, a processor that is simply shared, 0.1 and 15 %. In the limit of many agents the two are one
    (Cui and Tezcan 2016, https://doi.org/10.1287/moor.2015.0754).

    Examples
    --------
    >>> queue = chat_queue(
    ...     arrivals_per_h=90,
    ...     handle_s=600,
    ...     agents=9,
    ...     slowdown=Slowdown.from_handle_times([600, 720, 900]),
    ...     at_once=3,
    ...     patience_s=180,
    ... )
    >>> round(queue.p_wait, 3), round(queue.mean_handle_s), round(queue.chats_per_busy_agent, 2)
    (0.078, 779, 2.15)
    """
    lam = float(at_least_zero("arrivals_per_h", arrivals_per_h)) / HOUR_S
    mean = one("handle_s", handle_s)
    n, c = _count("agents", agents, _MOST_AGENTS), _count("at_once", at_once, slowdown.most)
    theta = 0.0 if patience_s is None else 1 / one("patience_s", patience_s)
    within = float(at_least_zero("answer_within_s", answer_within_s))
    how = _placing(placing, n, c)
    work = np.array([slowdown.work(k) for k in range(c + 1)]) / mean
    full = n * float(work[c])
    if theta == 0 and lam >= full * (1 - 1e-12):
        raise UnstableQueue(
            f"{n:,} agents with {c} chats each cannot carry so many: the queue grows without end.",
            found=f"arrivals_per_h = {lam * HOUR_S:g}; with all places taken they end "
            f"{full * HOUR_S:g} an hour",
            todo=f"Use at least {math.floor(lam / work[c]) + 1:,} agents, or give patience_s.",
        )
    settles = np.full(c + 1, math.nan)
    if resolved_share is not None:
        settles = work * np.concatenate(([0.0], quality(resolved_share, chats=c)))
    places = (_fewest if how == "fewest" else _even)(lam, n, work, settles)
    line = _Line.behind(places, lam=lam, out=full, theta=theta)
    chats = places.chats * line.without + n * c * line.beyond
    busy = places.busy * line.without + n * line.beyond
    done = places.done * line.without + full * line.beyond
    settled = places.settled * line.without + n * float(settles[c]) * line.beyond
    return ChatQueue(
        agents=n,
        at_once=c,
        p_wait=line.p_wait,
        p_abandon=line.p_abandon,
        mean_wait_s=line.mean_wait,
        answered_within=line.answered_within(within),
        answer_within_s=within,
        mean_handle_s=chats / done if done > 0 else math.nan,
        handled_per_h=lam * (1 - line.p_abandon) * HOUR_S,
        resolved_share=settled / done if done > 0 else math.nan,
        chats_per_busy_agent=chats / busy if busy > 0 else math.nan,
        occupancy=busy / n,
        places_taken=chats / (n * c),
        placing=how,
    )


def chat_agents_needed(
    *,
    arrivals_per_h: float,
    handle_s: float,
    slowdown: Slowdown,
    at_once: int,
    patience_s: float | None = None,
    answer_within_s: float = 20.0,
    service_level: float | None = None,
    mean_wait_s: float | None = None,
    abandon_share: float | None = None,
    mean_handle_s: float | None = None,
    placing: Placing | None = None,
) -> ChatAgents:
    """The fewest agents with whom a chat queue meets one target, or several at once.

    Parameters
    ----------
    arrivals_per_h : float
        Customers an hour, 0 or more; Poisson.
    handle_s : float
        Mean handle time of a chat alone, seconds (> 0).
    slowdown : Slowdown
        At least for ``at_once`` chats.
    at_once : int
        Chats that an agent takes at most, 1 or more.
    patience_s : float, optional
        Mean patience of those who wait, seconds (> 0). Without it nobody leaves.
    answer_within_s : float
        For ``service_level``, seconds (0 or more).
    service_level : float, optional
        Share of all customers whom an agent is to take within ``answer_within_s``, below 1.
    mean_wait_s : float, optional
        Longest mean wait, seconds (> 0).
    abandon_share : float, optional
        Largest share of customers who leave, above 0.
    mean_handle_s : float, optional
        Longest mean handle time that customers are to see, seconds (above ``handle_s``).
    placing : {"fewest", "even"}, optional
        As in :func:`chat_queue`.

    Returns
    -------
    ChatAgents

    Raises
    ------
    QueueingError
        If there is no target, or one that no number of agents meets.

    Notes
    -----
    Every agent more shortens waits and handle times, so halving over evenly spread chats finds the
    neighbourhood, and steps of one from there the answer. See :func:`chat_queue` for the model.

    Examples
    --------
    >>> needed = chat_agents_needed(
    ...     arrivals_per_h=90,
    ...     handle_s=600,
    ...     slowdown=Slowdown.from_handle_times([600, 720, 900]),
    ...     at_once=3,
    ...     patience_s=180,
    ...     service_level=0.9,
    ... )
    >>> needed.agents, round(needed.queue.answered_within, 3)
    (9, 0.938)
    """
    checks = _targets(
        handle_s=one("handle_s", handle_s),
        service_level=service_level,
        mean_wait_s=mean_wait_s,
        abandon_share=abandon_share,
        mean_handle_s=mean_handle_s,
    )

    def queue(agents: int, how: Placing) -> ChatQueue | None:
        try:
            return chat_queue(
                arrivals_per_h=arrivals_per_h,
                handle_s=handle_s,
                agents=agents,
                slowdown=slowdown,
                at_once=at_once,
                patience_s=patience_s,
                answer_within_s=answer_within_s,
                placing=how,
            )
        except UnstableQueue:
            return None

    def meets(agents: int, how: Placing) -> bool:
        found = queue(agents, how)
        return found is not None and all(check(found) for check in checks)

    low, high = 0, 1
    while not meets(high, "even"):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if meets(middle, "even") else (middle, high)
    evenly, how = high, placing or "fewest"
    # One placing for all that is compared: if some number of agents is too large, for none.
    while placing is not None or _followed(high, at_once):
        if meets(high, how):
            break
        high += 1
    else:
        high, how = evenly, "even"
    while high > 1 and meets(high - 1, how):
        high -= 1
    best = queue(high, how)
    assert best is not None
    return ChatAgents(agents=high, queue=best, one_fewer=queue(high - 1, how) if high > 1 else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Places:
    """Means over all places while nobody waits, and the chance that all are taken then.

    As if those who find all taken were sent away: whoever waits only prolongs that state.
    """

    log_full: float
    chats: float
    busy: float
    done: float
    settled: float


def _even(lam: float, n: int, work: Floats, settles: Floats) -> _Places:
    """Chats spread evenly: a birth-death chain over their number."""
    c = len(work) - 1
    x = np.arange(n * c + 1)
    each, more = np.divmod(x, n)
    above = np.minimum(each + 1, c)
    done = (n - more) * work[each] + more * work[above]
    settled = (n - more) * settles[each] + more * settles[above]
    logs = np.zeros(n * c + 1)
    with np.errstate(divide="ignore"):
        logs[1:] = np.cumsum(np.log(lam) - np.log(done[1:]))
    top = float(logs.max())
    chance = np.exp(logs - top)
    whole = float(chance.sum())
    chance /= whole
    return _Places(
        log_full=float(logs[-1]) - top - math.log(whole),
        chats=float(chance @ x),
        busy=float(chance @ np.minimum(x, n)),
        done=float(chance @ done),
        settled=float(chance @ settled),
    )


def _fewest(lam: float, n: int, work: Floats, settles: Floats) -> _Places:
    """A new chat goes to the agent with the fewest: a chain over how many agents have how many."""
    from scipy import sparse  # noqa: PLC0415 - slow to load
    from scipy.sparse.linalg import splu  # noqa: PLC0415

    c = len(work) - 1
    states = _shared_out(n, c)
    k = np.arange(c + 1)
    chats, done = states @ k, states @ work
    # A state's number in base n + 1 finds it again: they come in ascending order of it.
    unit = (n + 1) ** (c - k)
    code = states @ unit
    here, there, rate = [], [], []
    lowest = np.argmax(states > 0, axis=1)
    free = lowest < c
    here.append(np.flatnonzero(free))
    there.append(code[free] - unit[lowest[free]] + unit[lowest[free] + 1])
    rate.append(np.full(int(free.sum()), lam))
    for level in range(1, c + 1):
        some = np.flatnonzero(states[:, level] > 0)
        here.append(some)
        there.append(code[some] - unit[level] + unit[level - 1])
        rate.append(states[some, level] * work[level])
    start, end = np.concatenate(here), np.searchsorted(code, np.concatenate(there))
    rates = np.concatenate(rate)
    size = len(states)
    away = np.bincount(start, weights=rates, minlength=size)
    flow = sparse.coo_matrix((rates, (end, start)), shape=(size, size)).tocsc()
    balance = (flow - sparse.diags(away)).tocsc()
    # One state's weight is taken for 1, and the others follow; a likely one, lest they overflow.
    likely = _likeliest(lam, n, work, states, chats)
    rest = np.arange(size) != likely
    weight = np.ones(size)
    if size > 1:
        known = -balance[:, [likely]].toarray().ravel()[rest]
        # Its diagonal outweighs the rest of each column: no pivots are needed, and rows and
        # columns may keep one order, in which fewer zeros are filled.
        factors = splu(
            balance[rest][:, rest].tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        weight[rest] = factors.solve(known)
    chance = np.maximum(weight, 0.0) / np.maximum(weight, 0.0).sum()
    full = float(chance[0])  # the last level alone: the lowest code
    return _Places(
        log_full=math.log(full) if full > 0 else -math.inf,
        chats=float(chance @ chats),
        busy=float(chance @ (n - states[:, 0])),
        done=float(chance @ done),
        settled=float(chance @ (states @ settles)),
    )


def _shared_out(n: int, c: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Every way for n agents to have 0 to c chats: how many have each; in ascending order."""
    rows = np.zeros((1, 0), dtype=np.int64)
    for _ in range(c):
        left = n - rows.sum(axis=1)
        repeated = np.repeat(rows, left + 1, axis=0)
        first = np.repeat(np.cumsum(left + 1) - (left + 1), left + 1)
        counts = np.arange(len(repeated)) - first
        rows = np.column_stack((repeated, counts))
    return np.column_stack((rows, n - rows.sum(axis=1)))


def _likeliest(
    lam: float,
    n: int,
    work: Floats,
    states: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    chats: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> int:
    """An evenly spread state about where work done meets what comes."""
    c = len(work) - 1
    x = np.arange(n * c + 1)
    each, more = np.divmod(x, n)
    done = (n - more) * work[each] + more * work[np.minimum(each + 1, c)]
    busy = np.flatnonzero(done >= lam)
    at = int(busy[0]) if len(busy) else n * c
    spread = np.abs(states * (np.arange(c + 1) - at / n) ** 2).sum(axis=1)
    return int(np.argmin(np.abs(chats - at) * float(n * c * c + 1) + spread))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """Those who wait: a chain whose rates out are ``out + j theta`` with j waiting.

    ``log_last`` is the logarithm of the chance that all places are taken and nobody waits,
    ``without`` the chance that nobody waits. With c = out / theta, y = lam / theta and
    M(s, x) = sum of x^k / (s)_k, a line has Palm's form whatever stands before it.
    """

    lam: float
    out: float
    theta: float
    log_last: float
    without: float
    p_wait: float
    p_abandon: float
    mean_wait: float

    @classmethod
    def behind(cls, places: _Places, *, lam: float, out: float, theta: float) -> _Line:
        """The line that forms when all places are taken."""
        if lam == 0:
            log_line = 0.0
        elif theta > 0:
            log_line = _log_m(out / theta + 1, lam / theta)
        else:
            log_line = -math.log1p(-lam / out)
        # All places taken lasts so many times longer than if nobody could wait.
        log_full = places.log_full
        log_others = math.log(-math.expm1(log_full)) if log_full < 0 else -math.inf
        log_whole = float(np.logaddexp(log_others, log_full + log_line))
        p_wait = math.exp(log_full + log_line - log_whole)
        log_last = log_full - log_whole
        if theta == 0:
            leaves, mean_wait = 0.0, p_wait / (out - lam)
        else:
            leaves = _leaves(out / theta, lam / theta, log_last) if lam > 0 else 0.0
            mean_wait = leaves / theta
        return cls(
            lam=lam,
            out=out,
            theta=theta,
            log_last=log_last,
            without=math.exp(-log_whole),
            p_wait=min(p_wait, 1.0),
            p_abandon=leaves,
            mean_wait=mean_wait,
        )

    @property
    def beyond(self) -> float:
        """The chance that somebody waits."""
        return max(0.0, self.p_wait - math.exp(self.log_last))

    def answered_within(self, seconds: float) -> float:
        """The share of all that is taken within so many seconds."""
        if self.p_wait == 0:
            return 1.0
        if self.theta == 0:
            return 1 - self.p_wait * math.exp(-(self.out - self.lam) * seconds)
        c, y, z = self.out / self.theta, self.lam / self.theta, math.exp(-self.theta * seconds)
        at_all = math.exp(self.log_last + _log_m(c + 2, y))
        log_g = y * (1 - z) - c * self.theta * seconds
        later = z * math.exp(self.log_last + log_g + _log_m(c + 2, y * z))
        return min(1.0, 1 - self.p_wait + c / (c + 1) * (at_all - later))


def _leaves(c: float, y: float, log_last: float) -> float:
    """The share that leaves: theta times the mean number waiting, over lam.

    Term by term, since a balance of flows would cancel where hardly anybody leaves.
    """
    logs = _log_terms(c + 1, y)
    return float((np.arange(len(logs)) * np.exp(logs + log_last)).sum()) / y


def _log_terms(s: float, x: float) -> Floats:
    """Logarithms of x^k / (s (s + 1) ... (s + k - 1)), as far as they count."""
    peak = max(0.0, x - s)
    terms = math.ceil(peak + 12 * math.sqrt(max(x, s)) + 60)
    if terms > _MOST_PLACES:
        raise QueueingError(
            "The line is too long to follow each number of customers.",
            found=f"{terms:,} numbers, {_MOST_PLACES:,} are allowed",
            todo="Give more agents, fewer arrivals or a shorter patience_s.",
        )
    steps = math.log(x) - np.log(s + np.arange(terms)) if x > 0 else np.full(terms, -np.inf)
    return np.concatenate(([0.0], np.cumsum(steps)))


def _log_m(s: float, x: float) -> float:
    """The logarithm of M(s, x) = 1F1(1; s; x), a sum of positive terms."""
    logs = _log_terms(s, x)
    top = float(logs.max())
    return top + math.log(float(np.exp(logs - top).sum()))


def _placing(placing: Placing | None, n: int, c: int) -> Placing:
    """What is taken to happen to chats, and whether it can be followed."""
    if n * c > _MOST_PLACES:
        raise QueueingError(
            "There are too many places to follow each.",
            found=f"agents = {n:,}, at_once = {c:,}",
            todo=f"Use at most {_MOST_PLACES:,} places.",
        )
    if placing is None:
        return "fewest" if _followed(n, c) else "even"
    if placing not in get_args(Placing):
        raise QueueingError(
            "placing must be fewest or even.",
            found=f"placing = {placing!r}",
            todo="Leave it out for the better one that can be computed.",
        )
    if placing == "fewest" and not _followed(n, c):
        raise QueueingError(
            "There are too many ways to share the chats out.",
            found=f"agents = {n:,}, at_once = {c:,}; {_MOST_STATES:,} ways are allowed",
            todo='Use placing="even", or simulate.',
        )
    return placing


def _followed(n: int, c: int) -> bool:
    """Whether every way to share chats out can be followed."""
    return math.comb(n + c, c) <= _MOST_STATES and (n + 1) ** c < _MOST_CODE


def _targets(
    *,
    handle_s: float,
    service_level: float | None,
    mean_wait_s: float | None,
    abandon_share: float | None,
    mean_handle_s: float | None,
) -> list[Callable[[ChatQueue], bool]]:
    """What each target asks of a queue."""
    checks: list[Callable[[ChatQueue], bool]] = []
    if service_level is not None:
        level = float(share("service_level", service_level))
        _reachable("service_level", level < 1, f"{level:g}", "Give less than 1, such as 0.9.")
        checks.append(lambda found: found.answered_within >= level)
    if mean_wait_s is not None:
        wait = one("mean_wait_s", mean_wait_s)
        checks.append(lambda found: found.mean_wait_s <= wait)
    if abandon_share is not None:
        leaves = float(share("abandon_share", abandon_share))
        _reachable("abandon_share", leaves > 0, f"{leaves:g}", "Give more than 0, such as 0.03.")
        checks.append(lambda found: found.p_abandon <= leaves)
    if mean_handle_s is not None:
        handle = one("mean_handle_s", mean_handle_s)
        todo = f"Give more than the handle time alone, {handle_s:g} s."
        _reachable("mean_handle_s", handle > handle_s, f"{handle:g}", todo)
        checks.append(lambda found: not found.mean_handle_s > handle)
    if not checks:
        raise QueueingError(
            "There is no target to meet.",
            found="service_level, mean_wait_s, abandon_share and mean_handle_s are all missing",
            todo="Give one or more of them.",
        )
    return checks


def _reachable(field: str, ok: bool, value: str, todo: str) -> None:
    if not ok:
        raise QueueingError(
            f"No number of agents meets {field}.", found=f"{field} = {value}", todo=todo
        )


def _count(field: str, value: int, most: int) -> int:
    count = float(between(field, value, 1, most))
    if count != round(count):
        raise QueueingError(
            f"{field} must be a whole number.", found=f"{field} = {count:g}", todo="Round it."
        )
    return int(count)
