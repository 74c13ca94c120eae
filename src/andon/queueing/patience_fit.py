"""A law of patience fitted to waits of which most were cut short by an answer.

Whoever gave up after 40 s adds the density at 40 s to the likelihood; whoever was answered then
adds the share that lasts longer. The law that makes all of it most likely is the estimate, and how
sharply the likelihood falls around it is its doubt (Lawless 2003, *Statistical models and methods
for lifetime data*, chapter 5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QueueingError
from andon.estimate import Estimate
from andon.queueing.inputs import between, positive
from andon.queueing.laws import Exponential, Lognormal, Weibull
from andon.queueing.patience import Survival, kaplan_meier

__all__ = ["Fit", "FittedLaw", "fit_patience"]

_Floats = npt.NDArray[np.float64]
_LogLikelihood: TypeAlias = Callable[[_Floats], float]

FittedLaw: TypeAlias = Literal["exponential", "weibull", "lognormal"]
"""Laws that can be fitted."""

_METHOD: Final = "maximum likelihood, answered waits as censored, observed information"
_STEPS: Final = 200
_AT_RISK: Final = 10
"""Gaps to Kaplan and Meier's curve are looked for while so many still waited."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A law of patience, how sure its numbers are, and how well it follows the waits.

    Attributes
    ----------
    law : Exponential, Weibull or Lognormal
        The most likely one.
    time_s : Estimate
        The law's time: mean of the exponential, scale of the Weibull, median of the lognormal.
    shape : Estimate or None
        The Weibull's shape or the lognormal's sigma; the exponential has none.
    mean_s : Estimate
        Its mean patience. It rests on the law's tail, which nobody was seen to reach.
    log_likelihood : float
        Of all waits. Higher is better; an extra parameter should add 2 or more.
    n : int
        Waits.
    gave_up : int
        Of them, by customers who gave up.
    largest_gap : float
        The largest distance between the law and Kaplan and Meier's curve, 0 to 1, while 10 or more
        still waited. With ``width_s``, at the ends of bins.
    largest_gap_at_s : float
        Where it is, seconds.
    largest_gap_deviations : float
        The largest such distance in standard deviations of the curve, waits taken as independent.
        Above 3.5, chance alone seldom makes it: the law is not right, which in large data says
        little about how far it is off. ``largest_gap`` says that.
    """

    law: Exponential | Weibull | Lognormal
    time_s: Estimate
    shape: Estimate | None
    mean_s: Estimate
    log_likelihood: float
    n: int
    gave_up: int
    largest_gap: float
    largest_gap_at_s: float
    largest_gap_deviations: float


def fit_patience(
    waits_s: npt.ArrayLike,
    gave_up: npt.ArrayLike,
    otherwise: npt.ArrayLike | None = None,
    *,
    law: FittedLaw = "weibull",
    width_s: float | None = None,
    level: float = 0.95,
    design_effect: float = 1.0,
) -> Fit:
    """The law of patience under which the waits are most likely.

    Parameters
    ----------
    waits_s, gave_up, otherwise : array_like
        As for :func:`andon.queueing.patience.kaplan_meier`: single waits in seconds, or counted.
    law : 'exponential', 'weibull' or 'lognormal'
        Its form.
    width_s : float, optional
        Give it where waits are counted in bins: each stands at the end of a bin of so many seconds.
        Who gave up did so somewhere within the bin, who was answered was so in its middle.
        Otherwise each wait is taken as exact.
    level : float
        Of the intervals, 0 to 1.
    design_effect : float
        By how much the variance exceeds that of independent waits, 1 or more: waits of one
        customer or one bad day are alike.

    Returns
    -------
    Fit

    Raises
    ------
    QueueingError
        If nobody gave up, all who did gave up at one time (save for the exponential), or somebody
        gave up after exactly 0 s, for which these laws have no place.

    Notes
    -----
    Parameters are found by Newton's method on their logarithms; intervals are those of the
    logarithms, so they stay above 0. The exponential's mean is all seconds waited over all who gave
    up.

    Examples
    --------
    >>> fit = fit_patience([5, 10, 20, 30], [True, False, True, False], law="exponential")
    >>> fit.law, round(fit.log_likelihood, 3)
    (Exponential(mean_s=32.5), -8.962)
    """
    curve = kaplan_meier(waits_s, gave_up, otherwise)
    width = 0.0 if width_s is None else float(positive("width_s", width_s))
    wider = math.sqrt(float(between("design_effect", design_effect, 1.0, math.inf)))
    at, events = curve.at_s, curve.gave_up
    others = curve.at_risk - events - np.append(curve.at_risk[1:], 0.0)
    _enough(at, events, law)
    if law == "exponential" and not width:
        mean = float(((events + others) * at).sum() / events.sum())
        place = np.array([math.log(mean)])
        height = -float(events.sum()) * (math.log(mean) + 1)
        spread = np.array([[1 / float(events.sum())]])
    else:
        likelihood = _likelihood(at, events, others, law=law, width=width)
        place = _highest(likelihood, _start(at, events, others, law))
        height = likelihood(place)
        spread = np.linalg.inv(-_curvature(likelihood, place))
    found = _law(law, place)

    def estimate(slope: _Floats, logarithm: float, unit: Literal["s", "ratio"]) -> Estimate:
        half = float(special.ndtri(0.5 + level / 2)) * wider * math.sqrt(slope @ spread @ slope)
        return Estimate(
            value=math.exp(logarithm),
            low=math.exp(logarithm - half),
            high=math.exp(logarithm + half),
            unit=unit,
            n=curve.n,
            method=_METHOD if wider == 1 else _METHOD + ", widened for waits that are alike",
            level=level,
        )

    axes = np.eye(place.size)
    gap, gap_at_s, deviations = _gap(found, curve, binned=width > 0).tolist()
    return Fit(
        law=found,
        time_s=estimate(axes[0], float(place[0]), "s"),
        shape=estimate(axes[1], float(place[1]), "ratio") if place.size > 1 else None,
        mean_s=estimate(
            _slope(lambda p: math.log(_law(law, p).mean_s), place), math.log(found.mean_s), "s"
        ),
        log_likelihood=height,
        n=curve.n,
        gave_up=round(float(events.sum())),
        largest_gap=gap,
        largest_gap_at_s=gap_at_s,
        largest_gap_deviations=deviations,
    )


def _enough(at: _Floats, events: _Floats, law: FittedLaw) -> None:
    seen = at[events > 0]
    if not seen.size:
        raise QueueingError(
            "Nobody gave up: any patience that is long enough would fit.",
            found="gave_up: none",
            todo="Give waits of customers who gave up as well.",
        )
    if law == "exponential":
        return
    if seen[0] == 0:
        raise QueueingError(
            f"A {law} law has no place for customers who gave up after exactly 0 s.",
            found=f"{events[0]:g} gave up at 0 s",
            todo="Give waits as the ends of bins and width_s, or leave out who left at once.",
        )
    if seen.size < 2:
        raise QueueingError(
            f"All gave up after the same time: no {law} law can be told from that.",
            found=f"{float(events.sum()):g} gave up at {seen[0]:g} s",
            todo='Use law="exponential", or give more waits.',
        )


def _law(name: FittedLaw, place: _Floats) -> Exponential | Weibull | Lognormal:
    """The law at logarithms of its parameters."""
    numbers = np.exp(place).tolist()
    if name == "exponential":
        return Exponential(mean_s=numbers[0])
    if name == "weibull":
        return Weibull(scale_s=numbers[0], shape=numbers[1])
    return Lognormal(median_s=numbers[0], sigma=numbers[1])


def _start(at: _Floats, events: _Floats, others: _Floats, law: FittedLaw) -> _Floats:
    rough = math.log(float(((events + others) * at).sum() / events.sum()))
    return np.array([rough]) if law == "exponential" else np.array([rough, 0.0])


def _likelihood(
    at: _Floats, events: _Floats, others: _Floats, *, law: FittedLaw, width: float
) -> _LogLikelihood:
    """The logarithm of the likelihood, from logarithms of the parameters."""
    gone, stayed = events > 0, (others > 0) & (at > 0)
    gone_at, gone_n = at[gone], events[gone]
    stayed_at, stayed_n = np.maximum(at[stayed] - width / 2, 0.0), others[stayed]
    with np.errstate(divide="ignore"):
        ends, starts = np.log(gone_at), np.log(np.maximum(gone_at - width, 0.0))
        stayed_log = np.log(stayed_at)

    def height(place: _Floats) -> float:
        mu, sigma = float(place[0]), 1.0
        if law == "weibull":
            sigma = math.exp(-float(place[1]))
        elif law == "lognormal":
            sigma = math.exp(float(place[1]))
        last = _log_left((stayed_log - mu) / sigma, law)
        if width:
            # The share that ends within the bin: the difference of what is left, in logarithms.
            before, after = (_log_left((each - mu) / sigma, law) for each in (starts, ends))
            with np.errstate(divide="ignore"):
                first = before + np.log(-np.expm1(after - before))
        else:
            first = _log_density((ends - mu) / sigma, law) - math.log(sigma) - ends
        return float(gone_n @ first + stayed_n @ last)

    return height


def _log_left(z: _Floats, law: FittedLaw) -> _Floats:
    """Logarithm of the share still there at standardised log time ``z``."""
    if law == "lognormal":
        return np.asarray(special.log_ndtr(-z), dtype=np.float64)
    with np.errstate(over="ignore"):
        return -np.exp(z)


def _log_density(z: _Floats, law: FittedLaw) -> _Floats:
    if law == "lognormal":
        return -z * z / 2 - math.log(2 * math.pi) / 2
    with np.errstate(over="ignore"):
        return z - np.exp(z)


def _highest(height: _LogLikelihood, start: _Floats) -> _Floats:
    """Newton's method, uphill always: a step that gains nothing is halved."""
    place = start
    here = height(place)
    for _ in range(_STEPS):
        slope, curve = _slope(height, place), _curvature(height, place)
        # Where the hill is not yet rounded, the way of steepest ascent is as good as any.
        rounded = np.all(np.linalg.eigvalsh(curve) < 0)
        step = np.linalg.solve(-curve, slope) if rounded else slope / np.abs(slope).max()
        step /= max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-11:
            return place
        while float(np.abs(step).max()) > 1e-12:
            there = height(place + step)
            if there > here:
                break
            step /= 2
        else:
            return place
        place, here = place + step, there
    raise QueueingError(
        "No law of this form is the most likely one: the likelihood rises without end.",
        found=f"after {_STEPS} steps: {np.exp(place).tolist()}",
        todo='Use law="exponential", or give more waits of customers who gave up.',
    )


def _slope(height: Callable[[_Floats], float], place: _Floats, h: float = 1e-3) -> _Floats:
    """The gradient, by central differences of fourth order."""
    found = []
    for axis in np.eye(place.size):
        near = height(place + h * axis) - height(place - h * axis)
        far = height(place + 2 * h * axis) - height(place - 2 * h * axis)
        found.append((8 * near - far) / (12 * h))
    return np.array(found)


def _curvature(height: _LogLikelihood, place: _Floats, h: float = 1e-3) -> _Floats:
    """The second derivatives, by central differences."""
    steps = h * np.eye(place.size)
    table = np.empty((place.size, place.size))
    for i, one in enumerate(steps):
        for j, other in enumerate(steps[: i + 1]):
            along = height(place + one + other) + height(place - one - other)
            across = height(place + one - other) + height(place - one + other)
            table[i, j] = table[j, i] = (along - across) / (4 * h * h)
    return table


def _gap(law: Exponential | Weibull | Lognormal, curve: Survival, *, binned: bool) -> _Floats:
    """The largest distance to the curve, where it is, and the largest in deviations."""
    left = curve.at_risk - curve.gave_up
    still = curve.still_waiting
    if binned:
        # Who was answered within a bin waited half of it: the life table's count of those at risk.
        answered = left - np.append(curve.at_risk[1:], 0.0)
        still = np.cumprod(1 - curve.gave_up / np.maximum(curve.at_risk - answered / 2, 1e-9))
    steps = (curve.gave_up > 0) & (curve.at_risk >= _AT_RISK)
    if not steps.any():
        steps = curve.gave_up > 0
    at, after, spread = curve.at_s[steps], still[steps], curve.spread[steps]
    apart = np.abs(law.survival(at) - after)
    sure = (after > 0) & (spread > 0)
    deviations = apart[sure] / (after * spread)[sure]
    if not binned:  # between two steps the curve is flat, and the law is not
        before = np.concatenate(([1.0], after[:-1]))
        apart = np.maximum(apart, np.abs(law.survival(at) - before))
    most = int(np.argmax(apart))
    return np.array([apart[most], at[most], deviations.max(initial=0.0)])
