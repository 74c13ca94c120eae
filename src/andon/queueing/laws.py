"""Laws of time: how long a call takes, how long a customer waits, how soon somebody comes back.

Each law is a small frozen value. A simulation draws from it by its quantile function at one
uniform number, so :meth:`quantile` is the truth and everything else agrees with it. The exact
formulas need its survival and the integral of it, which stand here in closed form.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, between, positive

if TYPE_CHECKING:
    from andon.queueing.patience import Survival

__all__ = [
    "Empirical",
    "Exponential",
    "Fixed",
    "Gamma",
    "Law",
    "Lognormal",
    "Never",
    "Tail",
    "Weibull",
    "from_json",
]

Tail: TypeAlias = Literal["exponential", "never"]
"""What patience does beyond the longest wait that was seen."""

_SHAPES: Final = (0.05, 1000.0)
"""Weibull shapes: beyond these the mean of the square overflows, or the law is a fixed time."""
_SIGMAS: Final = (1e-6, 8.0)
_CVS: Final = (1e-3, 20.0)
_TAIL_SHARE: Final = 0.1
_TAIL_EVENTS: Final = 30
"""The last tenth of those who gave up, and 30 at least, tell the rate at which a tail goes on."""
_TAIL_MEANS: Final = 16.0
"""An exponential tail is followed for so many of its means; what is left then is 1 in 10^7."""


class _Law(ABC):
    """What every law of time can say; each law adds its formulas."""

    __slots__ = ()

    @property
    @abstractmethod
    def mean_s(self) -> float:
        """The mean, seconds; infinite where some never end."""

    @property
    @abstractmethod
    def variance_s2(self) -> float:
        """The variance, square seconds; infinite where the mean is."""

    @property
    def cv2(self) -> float:
        """The squared coefficient of variation; NaN where the mean is 0 or infinite."""
        if not 0 < self.mean_s < math.inf:
            return math.nan
        return self.variance_s2 / self.mean_s**2

    def survival(self, seconds: npt.ArrayLike) -> Floats:
        """The share that lasts longer than ``seconds`` (0 to infinity), in the shape given."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(self._survival(_times(seconds)), dtype=np.float64)

    def cdf(self, seconds: npt.ArrayLike) -> Floats:
        """The share that lasts ``seconds`` (0 to infinity) at most, exact where it is small."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(self._cdf(_times(seconds)), dtype=np.float64)

    def density(self, seconds: npt.ArrayLike) -> Floats:
        """The share per second at ``seconds`` (0 or more); infinite where a share has one time."""
        with np.errstate(divide="ignore", over="ignore"):
            at = at_least_zero("seconds", seconds)
            return np.asarray(self._density(at), dtype=np.float64)

    def hazard(self, seconds: npt.ArrayLike) -> Floats:
        """Of those who lasted until ``seconds``, the share that ends per second.

        It is infinite where a share ends at one time, and once all have ended.
        """
        with np.errstate(divide="ignore", over="ignore"):
            at = at_least_zero("seconds", seconds)
            return np.asarray(self._hazard(at), dtype=np.float64)

    def quantile(self, share: npt.ArrayLike) -> Floats:
        """The time by which ``share`` (0 to 1) have ended: the first at which ``cdf`` reaches it.

        It ascends with ``share``; at 1 it is the longest time there is.
        """
        with np.errstate(divide="ignore", over="ignore"):
            at = between("share", share, 0.0, 1.0)
            return np.asarray(self._quantile(at), dtype=np.float64)

    def integrated_survival(self, seconds: npt.ArrayLike) -> Floats:
        """The mean of the time, cut off at ``seconds`` (0 to infinity): the area under survival."""
        with np.errstate(divide="ignore", over="ignore"):
            at = _times(seconds)
            endless = np.isinf(at)
            area = self._integrated(np.where(endless, 0.0, at))
        return np.asarray(np.where(endless, self.mean_s, area), dtype=np.float64)

    @abstractmethod
    def scaled(self, by: float) -> Law:
        """The same law with every time multiplied by ``by`` (above 0)."""

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""

    @abstractmethod
    def _survival(self, t: Floats) -> Floats: ...

    @abstractmethod
    def _cdf(self, t: Floats) -> Floats: ...

    @abstractmethod
    def _density(self, t: Floats) -> Floats: ...

    @abstractmethod
    def _quantile(self, u: Floats) -> Floats: ...

    @abstractmethod
    def _integrated(self, t: Floats) -> Floats: ...

    def _hazard(self, t: Floats) -> Floats:
        left = self._survival(t)
        rate = self._density(t) / np.where(left > 0, left, 1.0)
        return np.where(left > 0, rate, np.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exponential(_Law):
    """Times without memory: however long one has lasted, the rest is as long as ever.

    Parameters
    ----------
    mean_s : float
        The mean, seconds, above 0.

    Raises
    ------
    QueueingError
        If the mean is not a number above 0.

    Examples
    --------
    >>> float(Exponential(mean_s=120).survival(120))  # doctest: +ELLIPSIS
    0.36787...
    """

    mean_s: float

    def __post_init__(self) -> None:
        _keep(self, "mean_s", positive)

    @property
    def variance_s2(self) -> float:
        """The variance, square seconds."""
        return self.mean_s**2

    def scaled(self, by: float) -> Exponential:
        """The same law with every time multiplied by ``by`` (above 0)."""
        return Exponential(mean_s=self.mean_s * _factor(by))

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "exponential", "mean_s": self.mean_s}

    def _survival(self, t: Floats) -> Floats:
        return np.exp(-t / self.mean_s)

    def _cdf(self, t: Floats) -> Floats:
        return -np.expm1(-t / self.mean_s)

    def _density(self, t: Floats) -> Floats:
        return np.exp(-t / self.mean_s) / self.mean_s

    def _hazard(self, t: Floats) -> Floats:
        return np.full(t.shape, 1 / self.mean_s)

    def _quantile(self, u: Floats) -> Floats:
        return -self.mean_s * np.log1p(-u)

    def _integrated(self, t: Floats) -> Floats:
        return -self.mean_s * np.expm1(-t / self.mean_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weibull(_Law):
    """Times whose hazard falls (shape below 1), stays (1) or rises (above 1) as a power of time.

    Parameters
    ----------
    scale_s : float
        The time that 37 in 100 outlast, seconds, above 0.
    shape : float
        0.05 to 1000.

    Raises
    ------
    QueueingError
        If either lies outside.

    Examples
    --------
    Many customers hang up at once, and those who stay are patient:

    >>> patience = Weibull.from_mean(mean_s=120, cv=1.75)
    >>> round(patience.shape, 2), round(float(patience.quantile(0.5)), 1)
    (0.6, 43.6)
    """

    scale_s: float
    shape: float

    def __post_init__(self) -> None:
        _keep(self, "scale_s", positive)
        _keep(self, "shape", lambda field, value: between(field, value, *_SHAPES))

    @classmethod
    def from_mean(cls, *, mean_s: float, cv: float) -> Self:
        """The law with this mean (seconds) and coefficient of variation (both above 0).

        Raises
        ------
        QueueingError
            If one is not above 0, or no shape from 0.05 to 1000 has this variation.
        """
        mean = float(positive("mean_s", mean_s))
        least, most = (math.sqrt(_weibull_cv2(shape)) for shape in reversed(_SHAPES))
        wanted = float(between("cv", cv, least, most, todo="Use Fixed where nothing varies.")) ** 2
        low, high = (math.log(shape) for shape in _SHAPES)
        # The variation falls as the shape rises; halving 60 times leaves nothing to gain.
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if _weibull_cv2(math.exp(middle)) > wanted else (low, middle)
        shape = math.exp((low + high) / 2)
        return cls(scale_s=mean / math.gamma(1 + 1 / shape), shape=shape)

    @property
    def mean_s(self) -> float:
        """The mean, seconds."""
        return self.scale_s * math.gamma(1 + 1 / self.shape)

    @property
    def variance_s2(self) -> float:
        """The variance, square seconds."""
        return self.mean_s**2 * _weibull_cv2(self.shape)

    def scaled(self, by: float) -> Weibull:
        """The same law with every time multiplied by ``by`` (above 0)."""
        return Weibull(scale_s=self.scale_s * _factor(by), shape=self.shape)

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "weibull", "scale_s": self.scale_s, "shape": self.shape}

    def _power(self, t: Floats) -> Floats:
        return np.asarray((t / self.scale_s) ** self.shape, dtype=np.float64)

    def _survival(self, t: Floats) -> Floats:
        return np.exp(-self._power(t))

    def _cdf(self, t: Floats) -> Floats:
        return -np.expm1(-self._power(t))

    def _hazard(self, t: Floats) -> Floats:
        rate = (self.shape / self.scale_s) * (t / self.scale_s) ** (self.shape - 1)
        return np.asarray(rate, dtype=np.float64)

    def _density(self, t: Floats) -> Floats:
        left = self._survival(t)
        # Far out the power overflows while nobody is left.
        rate = self._hazard(np.where(left > 0, t, self.scale_s))
        return np.where(left > 0, left * rate, 0.0)

    def _quantile(self, u: Floats) -> Floats:
        return np.asarray(self.scale_s * (-np.log1p(-u)) ** (1 / self.shape), dtype=np.float64)

    def _integrated(self, t: Floats) -> Floats:
        power = self._power(t)
        # Where the power is next to nothing it may underflow; nobody has left by then.
        ended = self.mean_s * _lower_gamma(1 / self.shape, power)
        return np.asarray(np.where(power < 1e-17, t, ended), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lognormal(_Law):
    """Times whose logarithm is normal: the usual shape of handle times.

    Parameters
    ----------
    median_s : float
        The median, seconds, above 0.
    sigma : float
        Standard deviation of the logarithm, 0.000001 to 8.

    Raises
    ------
    QueueingError
        If either lies outside.

    Examples
    --------
    >>> handle = Lognormal.from_mean(mean_s=240, cv=1.2)
    >>> round(handle.median_s, 1), round(handle.sigma, 3)
    (153.6, 0.944)
    """

    median_s: float
    sigma: float

    def __post_init__(self) -> None:
        _keep(self, "median_s", positive)
        _keep(self, "sigma", lambda field, value: between(field, value, *_SIGMAS))

    @classmethod
    def from_mean(cls, *, mean_s: float, cv: float) -> Self:
        """The law with this mean (seconds) and coefficient of variation (both above 0).

        Raises
        ------
        QueueingError
            If one is not above 0.
        """
        mean = float(positive("mean_s", mean_s))
        variation = float(positive("cv", cv, todo="Use Fixed where nothing varies."))
        sigma = math.sqrt(math.log1p(variation**2))
        return cls(median_s=mean / math.sqrt(1 + variation**2), sigma=sigma)

    @property
    def mean_s(self) -> float:
        """The mean, seconds."""
        return self.median_s * math.exp(self.sigma**2 / 2)

    @property
    def variance_s2(self) -> float:
        """The variance, square seconds."""
        return self.mean_s**2 * math.expm1(self.sigma**2)

    def scaled(self, by: float) -> Lognormal:
        """The same law with every time multiplied by ``by`` (above 0)."""
        return Lognormal(median_s=self.median_s * _factor(by), sigma=self.sigma)

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "lognormal", "median_s": self.median_s, "sigma": self.sigma}

    def _z(self, t: Floats) -> Floats:
        return np.asarray(np.log(t / self.median_s) / self.sigma, dtype=np.float64)

    def _survival(self, t: Floats) -> Floats:
        return np.asarray(special.ndtr(-self._z(t)), dtype=np.float64)

    def _cdf(self, t: Floats) -> Floats:
        return np.asarray(special.ndtr(self._z(t)), dtype=np.float64)

    def _density(self, t: Floats) -> Floats:
        inside = np.where(t > 0, t, self.median_s)
        z = self._z(inside)
        shares = np.exp(-z * z / 2) / (math.sqrt(2 * math.pi) * self.sigma * inside)
        return np.where(t > 0, shares, 0.0)

    def _hazard(self, t: Floats) -> Floats:
        inside = np.where(t > 0, t, self.median_s)
        z = self._z(inside)
        log_rate = -z * z / 2 - special.log_ndtr(-z)
        rate = np.exp(log_rate) / (math.sqrt(2 * math.pi) * self.sigma * inside)
        return np.where(t > 0, rate, 0.0)

    def _quantile(self, u: Floats) -> Floats:
        return np.asarray(self.median_s * np.exp(self.sigma * special.ndtri(u)), dtype=np.float64)

    def _integrated(self, t: Floats) -> Floats:
        z = self._z(t)
        area = t * special.ndtr(-z) + self.mean_s * special.ndtr(z - self.sigma)
        return np.asarray(area, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gamma(_Law):
    """Times that are sums of steps: steadier than exponential for ``cv`` below 1.

    Parameters
    ----------
    mean_s : float
        The mean, seconds, above 0.
    cv : float
        Coefficient of variation, 0.001 to 20.

    Raises
    ------
    QueueingError
        If either lies outside.

    Examples
    --------
    >>> round(float(Gamma(mean_s=240, cv=0.5).quantile(0.5)), 1)
    220.3
    """

    mean_s: float
    cv: float

    def __post_init__(self) -> None:
        _keep(self, "mean_s", positive)
        _keep(self, "cv", lambda field, value: between(field, value, *_CVS))

    @property
    def variance_s2(self) -> float:
        """The variance, square seconds."""
        return (self.mean_s * self.cv) ** 2

    def scaled(self, by: float) -> Gamma:
        """The same law with every time multiplied by ``by`` (above 0)."""
        return Gamma(mean_s=self.mean_s * _factor(by), cv=self.cv)

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "gamma", "mean_s": self.mean_s, "cv": self.cv}

    @property
    def _steps(self) -> float:
        return 1 / self.cv**2

    @property
    def _step_s(self) -> float:
        return self.mean_s * self.cv**2

    def _survival(self, t: Floats) -> Floats:
        return np.asarray(special.gammaincc(self._steps, t / self._step_s), dtype=np.float64)

    def _cdf(self, t: Floats) -> Floats:
        return _lower_gamma(self._steps, t / self._step_s)

    def _density(self, t: Floats) -> Floats:
        a, x = self._steps, t / self._step_s
        logarithm = special.xlogy(a - 1, x) - x - special.gammaln(a)
        return np.asarray(np.exp(logarithm) / self._step_s, dtype=np.float64)

    def _hazard(self, t: Floats) -> Floats:
        a, x = self._steps, t / self._step_s
        left = special.gammaincc(a, x)
        seen = left > 1e-250
        rate = self._density(t) / np.where(seen, left, 1.0)
        # Beyond what a double holds: Legendre's continued fraction of the upper incomplete gamma.
        far = np.where(seen, a + 700.0, x)
        rest: Floats = far + 401 - a
        for k in range(200, 0, -1):
            rest = far + (2 * k - 1) - a - k * (k - a) / rest
        return np.where(seen, rate, rest / (far * self._step_s))

    def _quantile(self, u: Floats) -> Floats:
        return np.asarray(special.gammaincinv(self._steps, u) * self._step_s, dtype=np.float64)

    def _integrated(self, t: Floats) -> Floats:
        a, x = self._steps, t / self._step_s
        area = t * special.gammaincc(a, x) + self.mean_s * special.gammainc(a + 1, x)
        return np.asarray(area, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fixed(_Law):
    """Every time is the same.

    Parameters
    ----------
    value_s : float
        That time, seconds, 0 or more.

    Raises
    ------
    QueueingError
        If it is not.

    Examples
    --------
    >>> patience = Fixed(value_s=60)  # the line is cut after a minute
    >>> [float(patience.survival(t)) for t in (59, 60)]
    [1.0, 0.0]
    """

    value_s: float

    def __post_init__(self) -> None:
        _keep(self, "value_s", at_least_zero)

    @property
    def mean_s(self) -> float:
        """The time itself, seconds."""
        return self.value_s

    @property
    def variance_s2(self) -> float:
        """Nothing varies: 0."""
        return 0.0

    def scaled(self, by: float) -> Fixed:
        """The same law with the time multiplied by ``by`` (above 0)."""
        return Fixed(value_s=self.value_s * _factor(by))

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "fixed", "value_s": self.value_s}

    def _survival(self, t: Floats) -> Floats:
        return np.where(t < self.value_s, 1.0, 0.0)

    def _cdf(self, t: Floats) -> Floats:
        return np.where(t < self.value_s, 0.0, 1.0)

    def _density(self, t: Floats) -> Floats:
        return np.where(t == self.value_s, np.inf, 0.0)

    def _quantile(self, u: Floats) -> Floats:
        return np.full(u.shape, self.value_s)

    def _integrated(self, t: Floats) -> Floats:
        return np.minimum(t, self.value_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Never(_Law):
    """The time never ends: patience of customers who do not hang up.

    Examples
    --------
    >>> float(Never().quantile(0.01))
    inf
    """

    @property
    def mean_s(self) -> float:
        """Infinite."""
        return math.inf

    @property
    def variance_s2(self) -> float:
        """Infinite, as the mean is."""
        return math.inf

    def scaled(self, by: float) -> Never:
        """The same law: no end is no end."""
        _factor(by)
        return self

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "never"}

    def _survival(self, t: Floats) -> Floats:
        return np.ones(t.shape)

    def _cdf(self, t: Floats) -> Floats:
        return np.zeros(t.shape)

    def _density(self, t: Floats) -> Floats:
        return np.zeros(t.shape)

    def _quantile(self, u: Floats) -> Floats:
        return np.full(u.shape, np.inf)

    def _integrated(self, t: Floats) -> Floats:
        return t


@dataclass(frozen=True, kw_only=True, slots=True, init=False, eq=False)
class Empirical(_Law):
    """A law as it was measured: its quantile function runs straight from point to point.

    Parameters
    ----------
    at_s : array_like
        Times in seconds, 0 or more, none below the one before. The same time twice holds the share
        between: that many end exactly then.
    share : array_like
        The share that has ended by each time, none below the one before, from 0 to 1. The same
        share twice is a stretch in which nothing ends. For patience it may stay below 1: the rest
        never gives up.

    Raises
    ------
    QueueingError
        If there are fewer than two points, they fall, or a share lies outside.

    Examples
    --------
    One in ten hangs up at once, half of the rest within two minutes, the others never:

    >>> patience = Empirical(at_s=[0, 0, 120], share=[0, 0.1, 0.55])
    >>> [float(patience.quantile(u)) for u in (0.05, 0.1, 0.55, 0.6)]
    [0.0, 0.0, 120.0, inf]
    """

    at_s: Floats
    share: Floats

    def __init__(self, *, at_s: npt.ArrayLike, share: npt.ArrayLike) -> None:
        at = _ascending("at_s", at_least_zero("at_s", at_s))
        shares = _ascending("share", between("share", share, 0.0, 1.0))
        if at.shape != shares.shape or at.ndim != 1 or at.size < 2:
            raise QueueingError(
                "at_s and share must be two lists of the same length, of two points or more.",
                found=f"shapes {at.shape} and {shares.shape}",
                todo="Give one share for each time.",
            )
        if shares[0] != 0:
            raise QueueingError(
                "share must begin at 0.",
                found=f"share[0] = {shares[0]:g}",
                todo="If that share ends at the first time itself, give that time twice: with "
                "share 0 and with this share.",
            )
        for name, each in (("at_s", at), ("share", shares)):
            each.flags.writeable = False
            object.__setattr__(self, name, each)

    @classmethod
    def of_values(
        cls,
        values_s: npt.ArrayLike,
        counts: npt.ArrayLike | None = None,
        *,
        points: int = 512,
    ) -> Self:
        """A sample of times, kept as ``points`` points at most.

        Parameters
        ----------
        values_s : array_like
            Times in seconds, 0 or more, in any order.
        counts : array_like, optional
            How often each came, 0 or more; once each if not given.
        points : int
            64 or more. Half of them are spread evenly, a quarter goes to each end.

        Returns
        -------
        Empirical
            Its mean is that of the sample; between neighbours it is smooth.

        Raises
        ------
        QueueingError
            If there are no times, or times, counts or points are not what they should be.

        Notes
        -----
        The sample is cut into parts of so many values each. Within a part from *a* to *b* with mean
        *m* one more point, at time *m* and (b - m) / (b - a) of the part's share, keeps the mean
        exactly: w (a + m) / 2 + (1 - w) (m + b) / 2 = m for that w. Waits that were cut short by an
        answer are no sample of patience: use :meth:`from_survival`.

        Examples
        --------
        >>> law = Empirical.of_values([30, 45, 45, 60, 240])
        >>> round(law.mean_s, 6), float(law.quantile(1))
        (84.0, 240.0)
        """
        values = at_least_zero("values_s", values_s).ravel()
        often = np.ones_like(values) if counts is None else at_least_zero("counts", counts).ravel()
        bins = _parts(points)
        if values.shape != often.shape or often.sum() <= 0:
            raise QueueingError(
                "There is nothing to make a law of.",
                found=f"{values.size} values, {often.size} counts, {float(often.sum()):g} in all",
                todo="Give one time or more, and a count for each if you give counts.",
            )
        values, often = values[often > 0], often[often > 0]
        order = np.argsort(values, kind="stable")
        values, often = values[order], often[order]
        at, share = _with_means(*_cut(values, often, bins))
        return cls(at_s=at, share=share)

    @classmethod
    def from_survival(
        cls, curve: Survival, *, tail: Tail, at_risk: int = 10, points: int = 512
    ) -> Self:
        """Patience as Kaplan and Meier's curve shows it.

        Parameters
        ----------
        curve : Survival
            From :func:`andon.queueing.patience.kaplan_meier`.
        tail : 'exponential' or 'never'
            Beyond the curve's end: customers go on giving up at the rate of the last tenth of those
            who did (30 at least), or those who were still waiting never give up.
        at_risk : int
            The curve is followed while so many were still waiting; its last steps are chance.
        points : int
            So many points at most, 64 or more; a quarter of them for an exponential tail.

        Returns
        -------
        Empirical
            At its points it is the curve; between them shares end evenly.

        Raises
        ------
        QueueingError
            If nobody was seen to wait, or nobody gave up and the tail is to be exponential.

        Examples
        --------
        >>> from andon.queueing.patience import kaplan_meier
        >>> curve = kaplan_meier([5, 10, 20, 30], [True, False, True, False])
        >>> patience = Empirical.from_survival(curve, tail="never", at_risk=1)
        >>> [float(patience.survival(t)) for t in (5, 20, 1000)]
        [0.75, 0.375, 0.375]
        """
        least = float(between("at_risk", at_risk, 1, math.inf))
        followed = curve.at_risk >= least
        if not followed.any():
            raise QueueingError(
                "Too few waits to tell a law of patience from.",
                found=f"{curve.n} waits, at_risk = {least:g}",
                todo="Give more waits, or a smaller at_risk.",
            )
        times, still = curve.at_s[followed], curve.still_waiting[followed]
        events, risk = curve.gave_up[followed], curve.at_risk[followed]
        gone = 1 - still
        most = int(between("points", points, 64, 1_000_000))
        for_tail = most // 4 if tail == "exponential" else 0
        room = most - for_tail - 3
        steps = np.flatnonzero(events > 0)
        wanted = np.searchsorted(gone[steps], np.linspace(0.0, gone[-1], room), side="left")
        steps = steps[np.unique(wanted)] if steps.size else steps
        at = np.concatenate(([0.0], times[steps], times[-1:]))
        share = np.concatenate(([0.0], gone[steps], gone[-1:]))
        if tail == "never" or still[-1] <= 0:
            return cls(at_s=at, share=share)
        rate = _last_rate(times, events, risk)
        onward = _exponential_tail(float(gone[-1]), rate=rate, parts=for_tail // 2)
        return cls(
            at_s=np.concatenate((at, at[-1] + onward[0])), share=np.concatenate((share, onward[1]))
        )

    @property
    def mean_s(self) -> float:
        """The mean, seconds; infinite where some never end."""
        if self.share[-1] < 1:
            return math.inf
        return float((np.diff(self.share) * (self.at_s[:-1] + self.at_s[1:]) / 2).sum())

    @property
    def variance_s2(self) -> float:
        """The variance, square seconds; infinite where some never end."""
        if self.share[-1] < 1:
            return math.inf
        away = self.at_s - self.mean_s
        a, b = away[:-1], away[1:]
        return float((np.diff(self.share) * (a * a + a * b + b * b) / 3).sum())

    def scaled(self, by: float) -> Empirical:
        """The same law with every time multiplied by ``by`` (above 0)."""
        return Empirical(at_s=self.at_s * _factor(by), share=self.share)

    def as_json(self) -> dict[str, Any]:
        """The law as plain values; :func:`from_json` reads it back."""
        return {"law": "empirical", "at_s": self.at_s.tolist(), "share": self.share.tolist()}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Empirical)
            and np.array_equal(self.at_s, other.at_s)
            and np.array_equal(self.share, other.share)
        )

    def __hash__(self) -> int:
        return hash((self.at_s.tobytes(), self.share.tobytes()))

    def _before(self, t: Floats) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
        """The last point at or before each time (the first, if none), time since, and slope."""
        i = np.clip(np.searchsorted(self.at_s, t, side="right") - 1, 0, self.at_s.size - 1)
        onward = np.minimum(i + 1, self.at_s.size - 1)
        wide = self.at_s[onward] - self.at_s[i]
        slope = (self.share[onward] - self.share[i]) / np.where(wide > 0, wide, 1.0)
        # Before the first point nothing ends; after the last, nothing more.
        inside = (wide > 0) & (t >= self.at_s[0])
        since = np.where(inside, t - self.at_s[i], 0.0)
        return i, since, np.where(inside, slope, 0.0)

    def _cdf(self, t: Floats) -> Floats:
        i, since, slope = self._before(t)
        return np.where(t < self.at_s[0], 0.0, self.share[i] + slope * since)

    def _survival(self, t: Floats) -> Floats:
        return 1 - self._cdf(t)

    def _density(self, t: Floats) -> Floats:
        i, _, slope = self._before(t)
        first = np.searchsorted(self.at_s, t, side="left")
        here = (t == self.at_s[i]) & (self.share[i] > self.share[np.minimum(first, i)])
        return np.where(here, np.inf, slope)

    def _quantile(self, u: Floats) -> Floats:
        last = self.share.size - 1
        i = np.searchsorted(self.share, u, side="left")
        reached = np.minimum(i, last)
        before = np.maximum(reached - 1, 0)
        step = self.share[reached] - self.share[before]
        part = np.where(step > 0, (u - self.share[before]) / np.where(step > 0, step, 1.0), 1.0)
        a, b = self.at_s[before], self.at_s[reached]
        # Nothing ends before the last point with share 0.
        start = self.at_s[np.searchsorted(self.share, 0.0, side="right") - 1]
        found = np.where(u > 0, a + np.minimum(part, 1.0) * (b - a), start)
        return np.where(i > last, np.inf, found)

    def _integrated(self, t: Floats) -> Floats:
        left = 1 - (self.share[:-1] + self.share[1:]) / 2
        areas = np.concatenate(([0.0], np.cumsum(np.diff(self.at_s) * left))) + self.at_s[0]
        i, since, slope = self._before(t)
        beyond = np.maximum(t - self.at_s[-1], 0.0) * (1 - self.share[-1])
        area = areas[i] + since * (1 - self.share[i]) - slope * since * since / 2 + beyond
        return np.where(t < self.at_s[0], t, area)


Law: TypeAlias = Exponential | Weibull | Lognormal | Gamma | Fixed | Empirical | Never
"""Any of them."""

_NAMED: Final[dict[str, type[Law]]] = {
    "empirical": Empirical,
    "exponential": Exponential,
    "fixed": Fixed,
    "gamma": Gamma,
    "lognormal": Lognormal,
    "never": Never,
    "weibull": Weibull,
}


def from_json(data: Mapping[str, Any]) -> Law:
    """Read back what ``as_json`` of a law gave.

    Raises
    ------
    QueueingError
        If the law is not known, or its numbers are missing or wrong.

    Examples
    --------
    >>> from_json({"law": "weibull", "scale_s": 90, "shape": 0.7})
    Weibull(scale_s=90.0, shape=0.7)
    """
    name = data.get("law")
    if name not in _NAMED:
        raise QueueingError(
            "There is no such law.",
            found=f"law = {name!r}",
            todo=f"Use one of: {', '.join(_NAMED)}.",
        )
    kind = _NAMED[name]
    given = {key: value for key, value in data.items() if key != "law"}
    needs = [each for each in kind.__slots__ if not each.startswith("_")]
    if set(given) != set(needs):
        raise QueueingError(
            f"The law {name} needs {' and '.join(needs) or 'nothing'}.",
            found=f"{', '.join(given) or 'nothing'}",
            todo="Correct the names.",
        )
    return kind(**given)


def _keep(law: _Law, field: str, check: Callable[[str, npt.ArrayLike], Floats]) -> None:
    """Check one number of a law, and keep it as a plain float."""
    value = check(field, getattr(law, field))
    if value.ndim:
        raise QueueingError(
            f"{field} must be one number.",
            found=f"{field} of shape {value.shape}",
            todo="Make one law for each number.",
        )
    object.__setattr__(law, field, float(value))


def _factor(by: float) -> float:
    return float(positive("by", by))


def _times(seconds: npt.ArrayLike) -> Floats:
    return between("seconds", seconds, 0.0, math.inf)


def _lower_gamma(a: float, x: Floats) -> Floats:
    return np.asarray(special.gammainc(a, x), dtype=np.float64)


def _weibull_cv2(shape: float) -> float:
    return math.expm1(math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape))


def _ascending(field: str, array: Floats) -> Floats:
    falls = np.flatnonzero(np.diff(array) < 0) if array.ndim == 1 else np.zeros(0, dtype=int)
    if falls.size:
        i = int(falls[0]) + 1
        raise QueueingError(
            f"{field} must not fall.",
            found=f"{field}[{i - 1}] = {array[i - 1]:g}, {field}[{i}] = {array[i]:g}",
            todo="Sort the points by time.",
        )
    return array.copy()


def _parts(points: int) -> int:
    """How many parts so many points allow: each has its end, and one point inside."""
    return (int(between("points", points, 64, 1_000_000)) - 1) // 2


def _cut(values: Floats, often: Floats, bins: int) -> tuple[Floats, Floats, Floats]:
    """Cut sorted values into parts: shares and times of their edges, and the mean of each."""
    reached, sums = np.cumsum(often), np.cumsum(often * values)
    n = float(reached[-1])
    if n <= bins:
        ranks = np.arange(math.ceil(n), dtype=np.float64)
    else:
        quarter = bins // 4
        ends = np.geomspace(max(1 / n, 1e-12), 4 / bins, quarter)
        even = np.linspace(0.0, 1.0, bins - 2 * quarter)
        ranks = np.unique(np.round(np.concatenate((even, ends, 1 - ends)) * n))
    ranks = np.append(ranks[ranks < n], n)
    i = np.minimum(np.searchsorted(reached, ranks, side="left"), values.size - 1)
    between_two = (reached[i] == ranks) & (ranks > 0) & (ranks < n)
    onward = values[np.minimum(i + 1, values.size - 1)]
    at = np.where(between_two, (values[i] + onward) / 2, values[i])
    below = np.interp(ranks, np.concatenate(([0.0], reached)), np.concatenate(([0.0], sums)))
    return ranks / n, at, np.diff(below) / np.diff(ranks)


def _with_means(share: Floats, at_s: Floats, mean_s: Floats) -> tuple[Floats, Floats]:
    """Times and shares of all points: the edges, and one inside each part that keeps its mean."""
    a, b = at_s[:-1], at_s[1:]
    inside = np.clip(mean_s, a, b)
    wide = b > a
    weight = np.where(wide, (b - inside) / np.where(wide, b - a, 1.0), 0.5)
    at, shares = np.empty(2 * a.size + 1), np.empty(2 * a.size + 1)
    at[0::2], at[1::2] = at_s, inside
    shares[0::2] = share
    shares[1::2] = np.clip(share[:-1] + weight * np.diff(share), share[:-1], share[1:])
    return at, shares


def _last_rate(times: Floats, events: Floats, risk: Floats) -> float:
    """How fast the last of those who gave up did so, per second of waiting."""
    waited = risk * np.diff(times, prepend=0.0)
    wanted = min(float(events.sum()), max(_TAIL_EVENTS, _TAIL_SHARE * float(events.sum())))
    late_events, late_waited = np.cumsum(events[::-1]), np.cumsum(waited[::-1])
    i = int(np.searchsorted(late_events, wanted, side="left"))
    if wanted <= 0 or late_waited[i] <= 0:
        raise QueueingError(
            "There is no rate at which to go on: nobody was seen to give up after waiting.",
            found=f"{float(events.sum()):g} gave up, {float(waited.sum()):g} s waited in all",
            todo='Use tail="never", or waits of customers who gave up.',
        )
    return float(late_events[i] / late_waited[i])


def _exponential_tail(share: float, *, rate: float, parts: int) -> tuple[Floats, Floats]:
    """Points of a law from ``share`` on, ending at a constant rate: times from there, shares."""
    steps = np.linspace(0.0, _TAIL_MEANS, parts)
    cut = float(steps[1])
    means = steps[:-1] + 1 - cut / math.expm1(cut)
    # The last part has no end; a straight one of the same mean is twice that mean long.
    at = np.append(steps, _TAIL_MEANS + 2)
    shares = np.append(1 - np.exp(-steps) * (1 - share), 1.0)
    found, reached = _with_means(shares, at, np.append(means, _TAIL_MEANS + 1))
    return found[1:] / rate, reached[1:]
