"""What callers meet in a queue that is as it always is: Erlang B, C and A.

Calls come at random (Poisson) at a steady rate, handle times are exponential, the first to come is
the first to be answered. The load is the rate times the mean handle time. Who finds every agent
busy is lost (B), waits for ever (C), or waits as long as an exponential patience lasts (A).

Real centres differ: loads change within the hour and from day to day, and neither handle times nor
patience are exponential. A simulation shows how much that matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError, UnstableQueue
from andon.queueing import inputs
from andon.queueing._kernels import erlang as kernels
from andon.queueing.inputs import Floats, Numbers, as_given, at_least_zero, between, flat, together
from andon.queueing.service_level import ServiceLevel

__all__ = ["Blocking", "Wait", "erlang_a", "erlang_b", "erlang_c"]

_HALVINGS: Final = 64


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Blocking:
    """What callers meet where nobody can wait (Erlang B).

    Attributes
    ----------
    load_erlangs, agents : float or array
        As given.
    p_block : float or array
        Share of callers who find every agent busy, and are lost. 0 to 1.
    occupancy : float or array
        Share of their time that agents are busy, 0 to 1; NaN without agents.
    """

    load_erlangs: Numbers
    agents: Numbers
    p_block: Numbers
    occupancy: Numbers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Wait:
    """What callers meet in a queue; numbers for numbers, arrays in the common shape for arrays.

    Attributes
    ----------
    load_erlangs, agents, handle_s, patience_s, answer_within_s : float or array
        As given; ``patience_s`` is infinite where nobody hangs up.
    p_wait : float or array
        Share of callers who find every agent busy. 0 to 1, as every share here.
    p_abandon : float or array
        Share of callers who hang up before they are answered.
    mean_wait_s : float or array
        Mean wait of all callers, answered or not, seconds.
    mean_wait_of_answered_s : float or array
        Mean wait of those who are answered (the average speed of answer), seconds; it hides those
        who gave up. NaN where nobody is answered.
    mean_wait_of_waiting_s : float or array
        Mean wait of those who find every agent busy, seconds; NaN where nobody calls.
    occupancy : float or array
        Share of their time that agents are busy; NaN without agents.
    p_wait_longer : float or array
        Share of callers whose wait, ended by an answer or not, is longer than ``answer_within_s``.
    service_level : ServiceLevel
        Share answered within ``answer_within_s``, by three definitions.
    model : "erlang_c", "erlang_a" or "erlang_general"
        What the figures come from.
    """

    load_erlangs: Numbers
    agents: Numbers
    handle_s: Numbers
    patience_s: Numbers
    answer_within_s: Numbers
    p_wait: Numbers
    p_abandon: Numbers
    mean_wait_s: Numbers
    mean_wait_of_answered_s: Numbers
    mean_wait_of_waiting_s: Numbers
    occupancy: Numbers
    p_wait_longer: Numbers
    service_level: ServiceLevel
    model: Literal["erlang_c", "erlang_a", "erlang_general"] = "erlang_general"

    def wait_longer_than(self, seconds: npt.ArrayLike) -> Numbers:
        """The share of callers whose wait is longer than ``seconds`` (0 or more).

        >>> wait = erlang_c(load_erlangs=10, handle_s=180, agents=14)
        >>> round(wait.wait_longer_than(60), 4)
        0.0459
        """
        return self._again(at_least_zero("seconds", seconds)).p_wait_longer

    def wait_quantile_s(self, share: npt.ArrayLike) -> Numbers:
        """The wait that ``share`` of all callers (0 to below 1) do not exceed, seconds.

        0 up to the share that does not wait at all.

        >>> wait = erlang_a(load_erlangs=100, handle_s=240, patience_s=120, agents=97)
        >>> round(wait.wait_quantile_s(0.9), 1), wait.wait_quantile_s(0.3)
        (23.8, 0.0)
        """
        reached = between("share", share, 0.0, 1.0, todo="Write 90 in 100 as 0.9.")
        if (reached == 1).any():
            raise QueueingError(
                "There is no wait that nobody exceeds.",
                found="share = 1",
                todo="Ask for less than 1, such as 0.99.",
            )
        rest, waiting, mean = np.broadcast_arrays(
            1 - reached, self.p_wait, self.mean_wait_of_waiting_s
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = np.where(waiting > rest, np.log(waiting / rest), 0.0)
        if self.model == "erlang_c":
            return as_given(np.asarray(np.where(logarithm > 0, logarithm * mean, 0.0)))
        # Patience alone would end waits at this rate: no quantile lies beyond.
        low, high = np.zeros(rest.shape), logarithm * self.patience_s
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            beyond = np.asarray(self._again(middle).p_wait_longer) > rest
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return as_given(np.asarray(high))

    def _again(self, within_s: Floats) -> Wait:
        """The same queue with another time to answer within."""
        if self.model == "erlang_c":
            return erlang_c(
                load_erlangs=self.load_erlangs,
                handle_s=self.handle_s,
                agents=self.agents,
                answer_within_s=within_s,
            )
        if self.model == "erlang_a":
            return erlang_a(
                load_erlangs=self.load_erlangs,
                handle_s=self.handle_s,
                patience_s=self.patience_s,
                agents=self.agents,
                answer_within_s=within_s,
            )
        raise QueueingError(
            "Only Erlang C and A know the share of waits beyond any time.",
            found=f"model = {self.model}",
            todo="Ask for the figures anew, with that time as answer_within_s: see p_wait_longer.",
        )


def erlang_b(*, load_erlangs: npt.ArrayLike, agents: npt.ArrayLike) -> Blocking:
    """What callers meet where nobody can wait (M/M/n/n, and M/G/n/n all the same).

    Parameters
    ----------
    load_erlangs : array_like
        Offered load, 0 to 10,000,000.
    agents : array_like
        Agents, or lines; 0 or more. Fractions by the continuous extension
        ``1/B = a * integral of exp(-a t) (1 + t)^n over t > 0``.

    Returns
    -------
    Blocking

    Raises
    ------
    QueueingError
        If a number is negative, not finite or too large, or shapes do not broadcast.

    Notes
    -----
    Within 1e-12 of itself, wherever B is above 1e-300: the tests hold it to tables of 80-digit
    arithmetic and, beyond them, to the integral in 30 digits.
    Source: A. K. Erlang, *Solution of some problems in the theory of probabilities of significance
    in automatic telephone exchanges* (1917); for fractions D. L. Jagerman, *Some properties of the
    Erlang loss function* (1974), https://doi.org/10.1002/j.1538-7305.1974.tb02756.x.

    Examples
    --------
    >>> round(erlang_b(load_erlangs=25, agents=30).p_block, 4)
    0.0526
    """
    a, n = together(load_erlangs=inputs.load(load_erlangs), agents=inputs.agents(agents))
    p_block = np.empty(a.shape)
    kernels.blocking_each(flat(a), flat(n), p_block.reshape(-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        occupancy = np.where(n > 0, a * (1 - p_block) / n, np.nan)
    return Blocking(
        load_erlangs=as_given(a),
        agents=as_given(n),
        p_block=as_given(p_block),
        occupancy=as_given(occupancy),
    )


def erlang_c(
    *,
    load_erlangs: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    agents: npt.ArrayLike,
    answer_within_s: npt.ArrayLike = 20.0,
) -> Wait:
    """What callers meet if they wait for ever (M/M/n).

    Where callers hang up, this says too many agents: see :func:`erlang_a`.

    Parameters
    ----------
    load_erlangs : array_like
        Offered load: calls a second times ``handle_s``, 0 to 10,000,000.
    handle_s : array_like
        Mean handle time, seconds, above 0.
    agents : array_like
        More than the load. Fractions by the continuous extension of :func:`erlang_b`.
    answer_within_s : array_like
        The time within which to answer, seconds, 0 or more.

    Returns
    -------
    Wait

    Raises
    ------
    UnstableQueue
        If there are no more agents than erlangs: the queue would grow without end.
    QueueingError
        If a number lies outside its range, or shapes do not broadcast.

    Notes
    -----
    Every figure is within 1e-12 of itself, tested as for :func:`erlang_b`. Where nobody calls,
    nobody waits. Source: Erlang 1917, as there.

    Examples
    --------
    100 calls in half an hour, 3 minutes each:

    >>> wait = erlang_c(load_erlangs=10, handle_s=180, agents=14, answer_within_s=20)
    >>> round(wait.p_wait, 4), round(wait.service_level.of_offered, 4), round(wait.mean_wait_s, 2)
    (0.1741, 0.8884, 7.84)
    """
    a, h, n, t = together(
        load_erlangs=inputs.load(load_erlangs),
        handle_s=inputs.handle_time(handle_s),
        agents=inputs.agents(agents),
        answer_within_s=at_least_zero("answer_within_s", answer_within_s),
    )
    _stop_if_unstable(a, n)
    out = np.empty((9, a.size))
    kernels.waits_who_stay(flat(a), flat(h), flat(n), flat(t), out)
    return _wait(out, a, h, np.full(a.shape, np.inf), n, t, model="erlang_c")


def erlang_a(
    *,
    load_erlangs: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    patience_s: npt.ArrayLike,
    agents: npt.ArrayLike,
    answer_within_s: npt.ArrayLike = 20.0,
) -> Wait:
    """What callers meet if they hang up when their patience ends (M/M/n+M).

    Parameters
    ----------
    load_erlangs : array_like
        Offered load: calls a second times ``handle_s``, 0 to 10,000,000. It may exceed the agents.
    handle_s : array_like
        Mean handle time, seconds, above 0.
    patience_s : array_like
        Mean patience, seconds, above 0: how long callers would wait if nobody answered. It is not
        the mean wait of those who hang up, which leaves out the patient.
    agents : array_like
        0 or more. Fractions by the continuous extension of :func:`erlang_b`.
    answer_within_s : array_like
        The time within which to answer, seconds, 0 or more.

    Returns
    -------
    Wait

    Raises
    ------
    QueueingError
        If a number lies outside its range, or shapes do not broadcast.

    Notes
    -----
    Shares are within 1e-12, and seconds within 1e-12 of themselves: the tests hold them to tables
    of 80-digit arithmetic and, at the far ends, to integrals in 30 digits. Only the mean wait of
    those who are answered loses more, 1e-10, with a million agents and a patience of a hundred
    thousand handle times. Where nobody calls, nobody waits; without agents all who call hang up.

    Source: C. Palm, *Research on telephone traffic carried by full availability groups* (1957);
    Garnett, Mandelbaum and Reiman 2002, https://doi.org/10.1287/msom.4.3.208.7753; for the law of
    the wait F. Baccelli and G. Hebuterne, *On queues with impatient customers* (1981).

    Examples
    --------
    97 agents carry 100 erlangs, because 6 callers in 100 hang up:

    >>> wait = erlang_a(load_erlangs=100, handle_s=240, patience_s=120, agents=97)
    >>> round(wait.p_abandon, 4), round(wait.service_level.of_offered, 4)
    (0.0637, 0.8061)
    """
    handle, patience = inputs.handle_and_patience(handle_s, patience_s)
    a, h, b, n, t = together(
        load_erlangs=inputs.load(load_erlangs),
        handle_s=handle,
        patience_s=patience,
        agents=inputs.agents(agents),
        answer_within_s=at_least_zero("answer_within_s", answer_within_s),
    )
    out = np.empty((9, a.size))
    kernels.waits_patient(flat(a), flat(h), flat(b), flat(n), flat(t), out)
    return _wait(out, a, h, b, n, t, model="erlang_a")


def _wait(
    out: Floats,
    a: Floats,
    h: Floats,
    b: Floats,
    n: Floats,
    t: Floats,
    *,
    model: Literal["erlang_c", "erlang_a"],
) -> Wait:
    """The record of what a kernel wrote, row by row."""
    waits, gone, mean, answered, waiting, busy, longer, in_time, served = (
        row.reshape(a.shape) for row in out
    )
    with np.errstate(invalid="ignore"):  # nobody is answered where there are no agents
        of_answered = in_time / served
    # Whoever is neither answered in time nor waits longer has hung up within the time; at 0 agents
    # and a long time nobody else is left.
    base = in_time + longer
    return Wait(
        load_erlangs=as_given(a),
        agents=as_given(n),
        handle_s=as_given(h),
        patience_s=as_given(b),
        answer_within_s=as_given(t),
        p_wait=as_given(waits),
        p_abandon=as_given(gone),
        mean_wait_s=as_given(mean),
        mean_wait_of_answered_s=as_given(answered),
        mean_wait_of_waiting_s=as_given(waiting),
        occupancy=as_given(busy),
        p_wait_longer=as_given(longer),
        service_level=ServiceLevel(
            of_offered=as_given(in_time),
            of_offered_less_short=as_given(in_time / np.where(base > 0, base, 1.0)),
            of_answered=as_given(of_answered),
        ),
        model=model,
    )


def _stop_if_unstable(a: Floats, n: Floats) -> None:
    """Without patience a queue needs more agents than erlangs, unless nobody calls."""
    wrong = (n <= a) & (a > 0)
    if not wrong.any():
        return
    where = (
        tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), a.shape)) if a.ndim else ()
    )
    problem = UnstableQueue.from_load(float(a[where]), float(n[where]))
    if a.ndim:
        place = f"[{', '.join(str(int(i)) for i in where)}]"
        found = f"agents{place} = {n[where]:g}, load_erlangs{place} = {a[where]:g}"
        problem = UnstableQueue(problem.wrong, found=found, todo=problem.todo)
    raise problem
