"""M/M/n+G: a queue in which patience has any law, exactly.

Callers come at random, handle times are exponential, and whoever has waited as long as they were
ready to hangs up. Baccelli and Hebuterne (1981, *On queues with impatient customers*) found the
law of the wait, Zeltyn and Mandelbaum (2005, *Call centers with impatient customers: many-server
asymptotics of the M/M/n+G queue*, https://doi.org/10.1007/s11134-005-3699-8) the building blocks
used here. With exponential patience it is Erlang A.

How good it is when handle times are not exponential is measured in ``docs/reference/waiting.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QueueingError, UnstableQueue
from andon.queueing import inputs
from andon.queueing.erlang import Wait
from andon.queueing.inputs import Floats, as_given, at_least_zero, together
from andon.queueing.laws import Empirical, Exponential, Law
from andon.queueing.log_concave import integral
from andon.queueing.service_level import Definition, ServiceLevel
from andon.queueing.staffing import TARGETS, targets_allow, targets_held

__all__ = [
    "GeneralStaffing",
    "Shortcut",
    "ShortcutErrors",
    "agents_needed_general",
    "erlang_general",
    "shortcut_error",
]

_EPS: Final = 2.0**-52
_SLACK: Final = 1e-12
"""A target missed by no more than this part of it counts as met: the numbers are not surer. Fewer
agents than this part of the load are none."""
_RARE: Final = np.array([1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.25])
_SHARES: Final = np.concatenate((_RARE, [0.5], 1 - _RARE))
_NONE: Final = 1e-50
"""A load below this is none."""


def erlang_general(
    *,
    load_erlangs: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    patience: Law,
    agents: npt.ArrayLike,
    answer_within_s: npt.ArrayLike = 20.0,
) -> Wait:
    """What callers meet when patience has any law (M/M/n+G).

    Parameters
    ----------
    load_erlangs : array_like
        Offered load: calls a second times ``handle_s``, 0 to 10,000,000.
    handle_s : array_like
        Mean handle time, seconds, above 0.
    patience : Law
        How long callers are ready to wait, from :mod:`andon.queueing.laws`. One law for all rows.
    agents : array_like
        0 or more. Fractions by the continuous extension of Erlang B.
    answer_within_s : array_like
        The time within which to answer, seconds, 0 or more.

    Returns
    -------
    Wait

    Raises
    ------
    QueueingError
        If a number lies outside its range, or shapes do not broadcast.
    UnstableQueue
        If those who never give up are more than the agents can serve.

    Notes
    -----
    With offered load *a*, *n* agents, and *H(x)* the mean of patience cut off at *x* handle times,
    the wait before an answer has a density of the form exp(a H(x) - n x) for x > 0, which rises and
    falls once whatever the law. Each figure is a mean under it, integrated in logarithms; shares
    are exact to 1e-12, and what is below 1e-19 of those who wait is taken as nothing. Agents who
    are free come in through the same kind of integral,
    1/B(n - 1) = a * integral of exp(-a t) (1 + t)^(n - 1), which also holds for a part of an agent.

    Who is answered at once has patience enough, even for a law with a share at 0. Where nobody
    calls, nobody waits; without agents everybody who can hangs up.

    Examples
    --------
    Callers who all hang up after exactly a minute:

    >>> from andon.queueing.laws import Fixed
    >>> wait = erlang_general(
    ...     load_erlangs=100, handle_s=240, patience=Fixed(value_s=60), agents=97
    ... )
    >>> round(wait.p_abandon, 4), round(wait.mean_wait_s, 2)
    (0.0443, 28.15)
    """
    a, h, n, t = together(
        load_erlangs=inputs.load(load_erlangs),
        handle_s=inputs.handle_time(handle_s),
        agents=inputs.agents(agents),
        answer_within_s=at_least_zero("answer_within_s", answer_within_s),
    )
    rows = [
        _figures(a=load, h=handle, law=patience, n=each, t=within)
        for load, handle, each, within in zip(
            a.ravel().tolist(),
            h.ravel().tolist(),
            n.ravel().tolist(),
            t.ravel().tolist(),
            strict=True,
        )
    ]

    def column(of: Callable[[_Figures], float]) -> inputs.Numbers:
        return as_given(np.array([of(row) for row in rows]).reshape(a.shape))

    return Wait(
        load_erlangs=as_given(a),
        agents=as_given(n),
        handle_s=as_given(h),
        patience_s=as_given(np.full(a.shape, patience.mean_s)),
        answer_within_s=as_given(t),
        p_wait=column(lambda row: row.p_wait),
        p_abandon=column(lambda row: row.p_abandon),
        mean_wait_s=column(lambda row: row.wait_s),
        mean_wait_of_answered_s=column(lambda row: row.wait_of_answered_s),
        mean_wait_of_waiting_s=column(lambda row: row.wait_of_waiting_s),
        occupancy=column(lambda row: row.occupancy),
        p_wait_longer=column(lambda row: row.p_longer),
        service_level=ServiceLevel(
            of_offered=column(lambda row: row.in_time),
            of_offered_less_short=column(lambda row: row.in_time_less_short),
            of_answered=column(lambda row: row.in_time_of_answered),
        ),
        model="erlang_general",
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GeneralStaffing:
    """The fewest agents that meet every target, when patience has any law.

    Attributes
    ----------
    agents : int or array of int
        Whole agents; 0 where nobody calls.
    binding : str or array of str
        The target that asks for the most agents; of equals the first, as in
        :data:`andon.queueing.staffing.TARGETS`.
    load_erlangs, handle_s, answer_within_s : float or array
        As given.
    patience : Law
        As given.
    """

    agents: int | npt.NDArray[np.int64]
    binding: str | npt.NDArray[np.object_]
    load_erlangs: inputs.Numbers
    handle_s: inputs.Numbers
    patience: Law
    answer_within_s: inputs.Numbers

    @property
    def wait(self) -> Wait:
        """What callers meet with these agents; worked out when it is asked for."""
        return erlang_general(
            load_erlangs=self.load_erlangs,
            handle_s=self.handle_s,
            patience=self.patience,
            agents=self.agents,
            answer_within_s=self.answer_within_s,
        )


def agents_needed_general(
    *,
    load_erlangs: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    patience: Law,
    service_level: npt.ArrayLike | None = None,
    answer_within_s: npt.ArrayLike = 20.0,
    definition: Definition = "of_offered",
    mean_wait_s: npt.ArrayLike | None = None,
    abandoned: npt.ArrayLike | None = None,
    occupancy: npt.ArrayLike | None = None,
) -> GeneralStaffing:
    """The fewest agents that meet a target, or several at once, when patience has any law.

    Parameters
    ----------
    load_erlangs, handle_s, patience, answer_within_s
        As for :func:`erlang_general`.
    service_level, definition, mean_wait_s, abandoned, occupancy
        Targets, as for :func:`andon.queueing.staffing.agents_needed`.

    Returns
    -------
    GeneralStaffing

    Raises
    ------
    QueueingError
        If there is no target, a number lies outside its range, or shapes do not broadcast.

    Notes
    -----
    One agent more multiplies the density of the wait by exp(-x), whatever the law of patience. So
    the proof at the head of :mod:`andon.queueing.staffing` holds: every figure gets better, and
    halving finds the fewest. The search begins at the load and goes up or down. A target missed by
    one part in 10^12 counts as met, save where n agents would have to serve n erlangs.

    Examples
    --------
    The same mean patience of two minutes, 80 in 100 to be answered within 20 s:

    >>> from andon.queueing.laws import Exponential, Fixed, Weibull
    >>> many_hang_up_at_once = Weibull.from_mean(mean_s=120, cv=1.75)
    >>> for law in (many_hang_up_at_once, Exponential(mean_s=120), Fixed(value_s=120)):
    ...     needed = agents_needed_general(
    ...         load_erlangs=100, handle_s=240, patience=law, service_level=0.8
    ...     )
    ...     print(needed.agents)
    89
    97
    108
    """
    targets = targets_allow(
        service_level, definition, mean_wait_s, abandoned, occupancy, patient=True
    )
    a, h, t, *allowed = together(
        load_erlangs=inputs.load(load_erlangs),
        handle_s=inputs.handle_time(handle_s),
        answer_within_s=at_least_zero("answer_within_s", answer_within_s),
        **targets,
    )
    needed = np.zeros(a.size, dtype=np.int64)
    binding = np.full(a.size, next(iter(targets)), dtype=object)
    conditions = np.stack([each.ravel() for each in (h, t, *allowed)], axis=1)
    kinds, kind_of = np.unique(conditions, axis=0, return_inverse=True)
    for kind, (handle, within, *most) in enumerate(kinds.tolist()):
        asked = _Asked(
            handle_s=handle,
            patience=patience,
            within_s=within,
            allowed=dict(zip(targets, most, strict=True)),
            definition=definition,
        )
        rows = np.flatnonzero(kind_of.ravel() == kind)
        loads, place = np.unique(a.ravel()[rows], return_inverse=True)
        fewest = asked.fewest_each(loads.tolist())
        binds = [asked.binding(load, n) for load, n in zip(loads.tolist(), fewest, strict=True)]
        needed[rows] = np.array(fewest)[place]
        binding[rows] = np.array(binds, dtype=object)[place]
    return GeneralStaffing(
        agents=needed.reshape(a.shape) if a.ndim else int(needed[0]),
        binding=binding.reshape(a.shape) if a.ndim else str(binding[0]),
        load_erlangs=as_given(a),
        handle_s=as_given(h),
        patience=patience,
        answer_within_s=as_given(t),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What is asked of queues that differ in their load only."""

    handle_s: float
    patience: Law
    within_s: float
    allowed: dict[str, float]
    definition: Definition

    def fewest_each(self, loads: list[float]) -> list[int]:
        """The least number of agents for each of ascending loads.

        It never falls as the load grows, so a stretch between equal numbers is done, and any other
        is halved with both as its bounds: a year of half-hours costs little more than its distinct
        numbers of agents.
        """
        needed = [0] * len(loads)
        stretches = [(0, len(loads) - 1)]
        needed[0] = self._fewest(loads[0], 0, None)
        needed[-1] = self._fewest(loads[-1], needed[0], None) if len(loads) > 1 else needed[0]
        while stretches:
            first, last = stretches.pop()
            if needed[first] == needed[last]:
                needed[first:last] = [needed[first]] * (last - first)
            elif last - first > 1:
                middle = (first + last) // 2
                needed[middle] = self._fewest(loads[middle], needed[first], needed[last])
                stretches += [(first, middle), (middle, last)]
        return needed

    def binding(self, load: float, n: int) -> str:
        """The first target that one agent less would miss."""
        if n == 0 or len(self.allowed) == 1:
            return next(iter(self.allowed))
        return self._missed(load, n - 1)[0]

    def _fewest(self, load: float, low: int, high: int | None) -> int:
        """The fewest agents, ``low`` or more and, if that is known, ``high`` or less."""
        if not self._missed(load, low):
            return low
        if high is None:
            low, high = self._bracket(load, low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._missed(load, middle) else (low, middle)
        return high

    def _bracket(self, load: float, low: int) -> tuple[int, int]:
        """One number that misses a target and one that does not, from the load up or down."""
        high, step = max(low + 1, math.ceil(load)), 1
        if self._missed(load, high):
            while self._missed(load, high + step):
                high += step
                step *= 2
            return high, high + step
        while high - step > low and not self._missed(load, high - step):
            high -= step
            step *= 2
        return max(low, high - step), high

    def _missed(self, load: float, n: int) -> list[str]:
        """The targets that ``n`` agents do not meet, in the order of :data:`TARGETS`."""
        asked: list[str] = [name for name in TARGETS if name in self.allowed]
        if load and not _carried(load, self.patience, n):
            return asked
        wait = erlang_general(
            load_erlangs=load,
            handle_s=self.handle_s,
            patience=self.patience,
            agents=n,
            answer_within_s=self.within_s,
        )
        return [name for name in asked if not self._met(name, load, n, wait)]

    def _met(self, name: str, load: float, n: int, wait: Wait) -> bool:
        most = self.allowed[name]
        # Agents are never busy all the time, so n of them serve less than n erlangs.
        at_most_served = name == "abandoned" or (
            name == "service_level" and self.definition == "of_offered"
        )
        if at_most_served and load and 0 < n / load <= 1 - most:
            return False
        bar = np.asarray(most * (1 + _SLACK))
        return bool(targets_held(wait, {name: bar}, self.definition))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shortcut:
    """The same queue by Erlang A, and how far that is off.

    Attributes
    ----------
    patience_s : float
        The mean of the exponential patience that it takes, seconds.
    wait : Wait
        What Erlang A then says.
    p_abandon_error : float
        Its share that gives up, less the true one.
    mean_wait_error_s : float
        Its mean wait over all callers, less the true one, seconds.
    service_level_error : float
        Its share answered in time of all offered, less the true one.
    """

    patience_s: float
    wait: Wait
    p_abandon_error: float
    mean_wait_error_s: float
    service_level_error: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ShortcutErrors:
    """What three shortcuts through Erlang A cost in one queue.

    Attributes
    ----------
    exact : Wait
        With the law of patience as it is.
    same_mean : Shortcut or None
        Exponential patience of the same mean; none where the mean is infinite.
    same_start : Shortcut or None
        Exponential patience that begins with the same hazard: what counts where agents and load
        are large and in balance, for few then wait long (Zeltyn and Mandelbaum 2005, section 4).
        None where that hazard is 0 or infinite.
    as_measured : Shortcut
        Exponential patience as one measures it in the queue's own data: all seconds waited over all
        who gave up.
    """

    exact: Wait
    same_mean: Shortcut | None
    same_start: Shortcut | None
    as_measured: Shortcut


def shortcut_error(
    *,
    load_erlangs: float,
    handle_s: float,
    patience: Law,
    agents: float,
    answer_within_s: float = 20.0,
    measured_with: float | None = None,
) -> ShortcutErrors:
    """How far Erlang A is off, when patience is not exponential.

    Parameters
    ----------
    load_erlangs, handle_s, patience, agents, answer_within_s
        One queue, as for :func:`erlang_general`.
    measured_with : float, optional
        The agents who were there when patience was measured, if not the same: data from a busy
        month, used for a calm one.

    Returns
    -------
    ShortcutErrors

    Raises
    ------
    QueueingError
        As :func:`erlang_general`; or if nobody ever gives up, so that there is nothing to measure.

    Examples
    --------
    Many hang up at once, the others are patient; the mean is two minutes:

    >>> from andon.queueing.laws import Weibull
    >>> found = shortcut_error(
    ...     load_erlangs=100,
    ...     handle_s=240,
    ...     patience=Weibull.from_mean(mean_s=120, cv=1.75),
    ...     agents=95,
    ... )
    >>> round(found.same_mean.service_level_error, 3)
    -0.125
    >>> round(found.as_measured.patience_s), round(found.as_measured.service_level_error, 3)
    (35, 0.011)
    """
    queue = {"load_erlangs": load_erlangs, "handle_s": handle_s, "answer_within_s": answer_within_s}
    exact = erlang_general(patience=patience, agents=agents, **queue)
    seen = exact
    if measured_with is not None:
        seen = erlang_general(patience=patience, agents=measured_with, **queue)
    if not seen.p_abandon:
        raise QueueingError(
            "Nobody gives up in this queue: there is no patience to measure.",
            found=f"patience = {patience!r}",
            todo="Erlang C is exact here.",
        )

    def shortcut(patience_s: float) -> Shortcut | None:
        if not 0 < patience_s < math.inf:
            return None
        wait = erlang_general(patience=Exponential(mean_s=patience_s), agents=agents, **queue)
        return Shortcut(
            patience_s=patience_s,
            wait=wait,
            p_abandon_error=float(wait.p_abandon - exact.p_abandon),
            mean_wait_error_s=float(wait.mean_wait_s - exact.mean_wait_s),
            service_level_error=float(
                wait.service_level.of_offered - exact.service_level.of_offered
            ),
        )

    start = float(patience.hazard(0.0))
    measured = shortcut(float(seen.mean_wait_s / seen.p_abandon))
    if measured is None:
        raise QueueingError(
            "All who give up do so without waiting: their patience cannot be measured so.",
            found=f"mean_wait_s = {float(seen.mean_wait_s):g}",
            todo="Leave them out, and fit the patience of the others.",
        )
    return ShortcutErrors(
        exact=exact,
        same_mean=shortcut(patience.mean_s),
        same_start=shortcut(1 / start) if start > 0 else None,
        as_measured=measured,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Figures:
    """One row: shares of all callers; means in seconds over all callers, or those named."""

    p_wait: float
    p_abandon: float
    wait_s: float
    wait_of_waiting_s: float
    wait_of_answered_s: float
    occupancy: float
    p_longer: float
    in_time: float
    in_time_less_short: float
    in_time_of_answered: float


def _figures(*, a: float, h: float, law: Law, n: float, t: float) -> _Figures:
    """Time runs in handle times here: x is a wait, ``S`` what is left of patience after it."""
    if a < _NONE:
        return _NOBODY
    if not _carried(a, law, n):
        raise _unstable(a, law, n)
    if n < _SLACK * max(a, 1.0):
        return _unanswered(law, t)
    peak = float(law.quantile(min(1 - n / a, 1 - _EPS))) / h if a > n else 0.0
    end = t / h

    def wait(x: Floats) -> list[Floats]:
        gone, waited = law.cdf(h * x), law.integrated_survival(h * x)
        left, soon = 1 - gone, np.where(x < end, 1.0, 0.0)
        return [a * waited / h - n * x, gone, left, waited, h * x * left, soon * left, 1 - soon]

    waiting = integral(
        wait,
        peak=peak,
        scale=1 / n,
        cuts=np.append(_cuts(law) / h, end),
        noise=_EPS * max(a, n) * peak,
    )
    idle = integral(
        lambda x: [(n - 1) * np.log1p(x) - a * x], peak=max(0.0, (n - 1) / a - 1), scale=1 / a
    )
    p_wait, at_once = (
        float(special.expit(sign * (waiting.log_total - idle.log_total))) for sign in (1, -1)
    )
    gone, left, waited, waited_answered, soon, later = (p_wait * waiting.means).tolist()
    answered, in_time = at_once + left, at_once + soon
    longer = later * float(law.survival(t))
    return _Figures(
        p_wait=p_wait,
        p_abandon=gone,
        wait_s=waited,
        wait_of_waiting_s=float(waiting.means[2]),
        wait_of_answered_s=waited_answered / answered,
        occupancy=a * answered / n,
        p_longer=longer,
        in_time=in_time,
        in_time_less_short=in_time / (in_time + longer),
        in_time_of_answered=in_time / answered,
    )


_NOBODY: Final = _Figures(
    p_wait=0.0,
    p_abandon=0.0,
    wait_s=0.0,
    wait_of_waiting_s=math.nan,
    wait_of_answered_s=0.0,
    occupancy=0.0,
    p_longer=0.0,
    in_time=1.0,
    in_time_less_short=1.0,
    in_time_of_answered=1.0,
)
"""Where nobody calls, nobody waits."""


def _unanswered(law: Law, t: float) -> _Figures:
    """Without agents all wait until their patience ends."""
    return _Figures(
        p_wait=1.0,
        p_abandon=1.0,
        wait_s=law.mean_s,
        wait_of_waiting_s=law.mean_s,
        wait_of_answered_s=math.nan,
        occupancy=math.nan,
        p_longer=float(law.survival(t)),
        in_time=0.0,
        in_time_less_short=0.0,
        in_time_of_answered=math.nan,
    )


def _cuts(law: Law) -> Floats:
    """Where patience jumps or bends, and where a smooth law happens, seconds.

    Customers may give up within seconds while the wait's density is flat for hours: panels as wide
    as that would step over the law.
    """
    if isinstance(law, Empirical):
        return np.unique(law.at_s)
    at = law.quantile(_SHARES)
    return np.unique(at[np.isfinite(at)])


def _carried(a: float, law: Law, n: float) -> bool:
    """Whether ``n`` agents can serve all who never give up."""
    stay = a * float(law.survival(math.inf))
    return stay == 0 or stay < n * (1 - _SLACK)


def _unstable(a: float, law: Law, n: float) -> UnstableQueue:
    stay = a * float(law.survival(math.inf))
    least = math.floor(stay * (1 + _SLACK)) + 1
    return UnstableQueue(
        f"{n:g} agents cannot carry the {stay:g} erlangs of callers who never give up: the queue "
        "grows without end.",
        found=f"agents = {n:g}, load_erlangs = {a:g}, of which {stay / a:.1%} never give up",
        todo=f"Use at least {least:,} agents, or a law of patience that ends.",
    )
