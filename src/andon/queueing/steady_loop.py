"""The loop at rest: customers who redial or come back are part of the calls that they wait behind.

Who gives up may redial; who was answered may have to come back, and more so after a long wait. All
of these calls queue again. In a steady state the total T of calls a second solves

    T = fresh + returns(T),

where what returns depends on how the queue goes under T. How long customers take to come back does
not matter then. More than one T may solve it: a calm state, and a jam that feeds itself, with the
same arrivals and the same agents. Between two rates of fresh calls the service can be in either;
a peak beyond the upper one tips it over, and it comes back only below the lower one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, positive, share
from andon.units import HOUR_S, number, spoken

__all__ = ["LoopState", "StationaryLoop", "stationary_loop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopState:
    """A state in which the loop can rest.

    Attributes
    ----------
    total_per_h : float
        All calls an hour: fresh ones, recontacts and redials.
    contacts_per_fresh : float
        Calls for each fresh one, 1 or more; NaN where none are fresh.
    load_erlangs : float
        Offered load of all calls.
    p_wait, p_abandon : float
        Share of all calls that wait, and that give up, 0 to 1.
    mean_wait_s : float
        Mean wait of all calls, seconds.
    occupancy : float
        Share of their time that agents are busy, 0 to 1.
    recontacts_per_h, redials_per_h : float
        Calls an hour of customers who had been answered, and of customers who had given up.
    settled_per_h, lost_per_h : float
        Customers an hour who need not come back, and who gave up for good: together the fresh ones.
    stable : bool
        Whether the loop comes back to it after a small push; if not, it falls into the next state
        below or above.
    """

    total_per_h: float
    contacts_per_fresh: float
    load_erlangs: float
    p_wait: float
    p_abandon: float
    mean_wait_s: float
    occupancy: float
    recontacts_per_h: float
    redials_per_h: float
    settled_per_h: float
    lost_per_h: float
    stable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class StationaryLoop:
    """All states in which the loop can rest.

    Attributes
    ----------
    states : tuple of LoopState
        From the fewest calls to the most; one, or a calm one, an unstable one, and a jam.
    fresh_per_h : float
        As given.
    collapses_above_per_h : float or None
        Fresh calls an hour beyond which the calm state is gone; None where the loop never tips.
    recovers_below_per_h : float or None
        Fresh calls an hour below which a jam dissolves; None where the loop never tips.
    """

    states: tuple[LoopState, ...]
    fresh_per_h: float
    collapses_above_per_h: float | None
    recovers_below_per_h: float | None

    @property
    def calm(self) -> LoopState:
        """The state with the fewest calls: where a service that opens empty comes to rest."""
        return self.states[0]

    @property
    def jammed(self) -> LoopState:
        """The state with the most calls; the same as ``calm`` where there is only one."""
        return self.states[-1]

    @property
    def says(self) -> str:
        """What it comes to, in plain words."""
        calm, jam = self.calm, self.jammed
        text = (
            f"{number(self.fresh_per_h, step=1)} fresh calls an hour become "
            f"{number(calm.total_per_h, step=1)}; {spoken(calm.p_abandon, 'share', step=0.001)} "
            "give up."
        )
        if len(self.states) > 1:
            text += (
                f" The same arrivals can also jam at {number(jam.total_per_h, step=1)} calls an "
                f"hour, of which {spoken(jam.p_abandon, 'share', step=0.001)} give up."
            )
        if self.collapses_above_per_h is not None and self.recovers_below_per_h is not None:
            text += (
                f" The calm ends above {number(self.collapses_above_per_h, step=1)} fresh calls "
                f"an hour; a jam dissolves below {number(self.recovers_below_per_h, step=1)}."
            )
        return text


def stationary_loop(
    *,
    fresh_per_h: float,
    handle_s: float,
    patience_s: float,
    agents: float,
    recontact_share: float,
    recontact_share_after_wait: float | None = None,
    redial_share: float = 0.0,
) -> StationaryLoop:
    """Where calls, redials and recontacts come to rest, and whether they can jam.

    Parameters
    ----------
    fresh_per_h : float
        Calls an hour of customers with a new matter, 0 or more.
    handle_s : float
        Mean handle time, seconds (> 0); exponential.
    patience_s : float
        Mean patience, seconds (> 0); exponential.
    agents : float
        Above 0.
    recontact_share : float
        Share of answered calls whose customer comes back, 0 to 1.
    recontact_share_after_wait : float, optional
        The same after having waited, 0 to 1: some also write meanwhile, or are served in haste.
        The same as ``recontact_share`` by default.
    redial_share : float
        Share of those who give up that call again, 0 to below 1.

    Returns
    -------
    StationaryLoop

    Raises
    ------
    QueueingError
        If a number lies outside its range.

    Notes
    -----
    Each state is exact for M/M/n+M with T calls; that returning calls come as if at random, at any
    moment alike, is an assumption (they "see time averages", Greenberg and Wolff 1987,
    https://doi.org/10.1017/S0021900200031107, who show for a queue without room that it flatters).
    It is right for returns after many handle times: in the tests' simulations the share that waits
    is within 0.01 for returns after 20 of them. Redials within seconds meet the same queue again
    and do worse.

    One share for all answered calls never jams: with S(T) calls answered a second, fresh calls are
    ``(1 - redial) T - (recontact - redial) S(T)``, which rises with T, for S rises by less than T.
    It is the higher share after a wait that makes two states possible.

    Examples
    --------
    A hundred agents and 850 fresh calls an hour of five minutes are no trouble, unless a peak once
    made callers wait: nearly half of those who waited come back, and make others wait.

    >>> loop = stationary_loop(
    ...     fresh_per_h=850,
    ...     handle_s=300,
    ...     patience_s=180,
    ...     agents=100,
    ...     recontact_share=0.15,
    ...     recontact_share_after_wait=0.45,
    ...     redial_share=0.5,
    ... )
    >>> [(round(each.total_per_h), round(each.p_abandon, 3), each.stable) for each in loop.states]
    [(1021, 0.004, True), (1213, 0.05, False), (1566, 0.234, True)]
    >>> round(loop.collapses_above_per_h), round(loop.recovers_below_per_h)
    (874, 806)
    """
    lam = _single("fresh_per_h", at_least_zero("fresh_per_h", fresh_per_h)) / HOUR_S
    handle = _single("handle_s", positive("handle_s", handle_s))
    n = _single("agents", positive("agents", agents))
    at_once = _single("recontact_share", share("recontact_share", recontact_share))
    after = at_once
    if recontact_share_after_wait is not None:
        field = "recontact_share_after_wait"
        after = _single(field, share(field, recontact_share_after_wait))
    redial = _single("redial_share", share("redial_share", redial_share))
    if redial == 1:
        raise QueueingError(
            "redial_share must be below 1.",
            found="redial_share = 1",
            todo="Give less than 1: were nobody ever to give up for good, a jam would have no end.",
        )
    loop = _Loop(
        handle=handle,
        patience=_single("patience_s", positive("patience_s", patience_s)),
        n=n,
        at_once=at_once,
        after=after,
        redial=redial,
    )
    # More calls than these would lose more for good than come in fresh, whatever is served.
    most = (lam + max(max(at_once, after) - redial, 0.0) * n / handle) / (1 - redial)
    totals, fresh = loop.curve(1.01 * max(most, 3 * n / handle))
    peaks = _turns(totals, fresh, loop)
    return StationaryLoop(
        states=tuple(
            loop.state(total, stable, lam) for total, stable in _rests(totals, fresh, lam, loop)
        ),
        fresh_per_h=lam * HOUR_S,
        collapses_above_per_h=peaks[0] * HOUR_S if peaks else None,
        recovers_below_per_h=peaks[1] * HOUR_S if peaks else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Loop:
    """Rates a second."""

    handle: float
    patience: float
    n: float
    at_once: float
    after: float
    redial: float

    def fresh(self, total: Floats) -> Floats:
        """The fresh calls that such totals would take to rest."""
        from andon.queueing.erlang import erlang_a  # noqa: PLC0415 - compiles

        wait = erlang_a(
            load_erlangs=total * self.handle,
            handle_s=self.handle,
            patience_s=self.patience,
            agents=self.n,
        )
        waits, leaves = np.asarray(wait.p_wait), np.asarray(wait.p_abandon)
        again = self.at_once * (1 - waits) + self.after * (waits - leaves) + self.redial * leaves
        return np.asarray(total * (1 - again))

    def fresh_of(self, total: float) -> float:
        return float(self.fresh(np.asarray(total)))

    def curve(self, most: float) -> tuple[Floats, Floats]:
        """Totals, close together where the queue turns, and the fresh calls each would take."""
        around = (self.n + np.linspace(-12, 12, 961) * max(np.sqrt(self.n), 1.0)) / self.handle
        totals = np.union1d(np.linspace(0.0, most, 2001), around[(around > 0) & (around < most)])
        return totals, self.fresh(totals)

    def state(self, total: float, stable: bool, fresh: float) -> LoopState:
        from andon.queueing.erlang import erlang_a  # noqa: PLC0415 - compiles

        wait = erlang_a(
            load_erlangs=total * self.handle,
            handle_s=self.handle,
            patience_s=self.patience,
            agents=self.n,
        )
        waits, leaves = float(wait.p_wait), float(wait.p_abandon)
        back = total * (self.at_once * (1 - waits) + self.after * (waits - leaves))
        return LoopState(
            total_per_h=total * HOUR_S,
            contacts_per_fresh=total / fresh if fresh > 0 else float("nan"),
            load_erlangs=total * self.handle,
            p_wait=waits,
            p_abandon=leaves,
            mean_wait_s=float(wait.mean_wait_s),
            occupancy=float(wait.occupancy),
            recontacts_per_h=back * HOUR_S,
            redials_per_h=total * self.redial * leaves * HOUR_S,
            settled_per_h=(total * (1 - leaves) - back) * HOUR_S,
            lost_per_h=total * (1 - self.redial) * leaves * HOUR_S,
            stable=stable,
        )


def _turns(totals: Floats, fresh: Floats, loop: _Loop) -> tuple[float, float] | None:
    """The highest that fresh calls rise to before they fall, and the lowest they fall to then.

    Not more than rounding: a fall of 1 in 10^9 at least.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - slow to load

    fall = np.maximum.accumulate(fresh) - fresh
    low = int(fall.argmax())
    if fall[low] <= 1e-9 * fresh[-1]:
        return None
    high = int(fresh[: low + 1].argmax())
    found = []
    for i, sign in ((high, -1.0), (low, 1.0)):
        bounds = (float(totals[max(i - 1, 0)]), float(totals[min(i + 1, len(totals) - 1)]))
        best = minimize_scalar(
            lambda total, sign=sign: sign * loop.fresh_of(total),
            bounds=bounds,
            method="bounded",
            options={"xatol": 1e-12 * bounds[1]},
        )
        found.append(loop.fresh_of(float(best.x)))
    return found[0], found[1]


def _rests(totals: Floats, fresh: Floats, lam: float, loop: _Loop) -> list[tuple[float, bool]]:
    """Every total that needs just ``lam`` fresh calls, and whether it is stable.

    It is where a little more calls would need more fresh ones than there are.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 - slow to load

    below = fresh < lam
    if lam == 0:
        below[0] = True
    found = []
    for i in np.flatnonzero(below[:-1] != below[1:]):
        low, high = float(totals[i]), float(totals[i + 1])
        if lam == 0 and i == 0:
            root = 0.0
        else:
            root = brentq(
                lambda total: loop.fresh_of(total) - lam, low, high, xtol=1e-14 * high, rtol=1e-14
            )
        found.append((float(root), bool(below[i])))
    return found


def _single(field: str, value: Floats) -> float:
    if value.ndim:
        raise QueueingError(
            f"{field} must be a single number.",
            found=f"{field} of shape {value.shape}",
            todo="Call once for each.",
        )
    return float(value)
