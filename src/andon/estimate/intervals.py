"""Intervals: from sums and counts to estimates, each by the method that suits its data."""

from __future__ import annotations

import math
from typing import Final

from scipy import special

from andon.errors import QuestionError
from andon.estimate.figures import Estimate, Unknown
from andon.estimate.sums import Sums
from andon.units import Unit

__all__ = ["effective_n", "mean", "proportion", "rate", "ratio", "share"]

_NOTHING: Final = "no contact that could count"
_PRIOR_CUSTOMERS: Final = 5.0
"""How many customers' worth of belief goes to the modelled spread of a share, against the observed
one. Chosen by coverage: 3 leaves rare shares short, 10 makes all intervals wider than need be."""
_SKEWNESS: Final = 1.25
"""A sample understates the skewness of long-tailed durations; chosen by coverage as well."""


def share(sums: Sums, *, level: float = 0.95) -> Estimate | Unknown:
    """A share of 0 to 1 with its interval, for contacts that cluster by customer.

    The interval is Wilson's (1927, `doi:10.1080/01621459.1927.10502953
    <https://doi.org/10.1080/01621459.1927.10502953>`_) with the n of independent contacts that
    would leave the same doubt, :func:`effective_n`. Where every contact is its own customer it is
    Wilson's own. Where the denominator is a weight (seconds, money) the quantile is Student's.

    Parameters
    ----------
    sums : Sums
        With ``0 <= y_c <= x_c`` in every cluster. If the sums lie outside that range this is no
        share, and the interval of :func:`ratio` is given.
    level : float
        Share of such intervals that hold the truth, above 0 and below 1.

    Raises
    ------
    QuestionError
        If ``level`` is not above 0 and below 1.

    Examples
    --------
    >>> print(share(Sums(clusters=50, n=50, y=10, x=50, yy=10, yx=10, xx=50)))
    20 % (11 to 33 %)
    """
    tail = _tail(level)
    if sums.x <= 0:
        return Unknown(unit="share", why=_NOTHING, needs="at least one such contact")
    p = sums.y / sums.x
    if not -1e-9 <= p <= 1 + 1e-9:
        return ratio(sums, unit="share", level=level)
    p = min(max(p, 0.0), 1.0)
    customers = sums.customers_in_effect
    weighted = not sums.counts_contacts
    quantile = _student(customers - 1, tail) if weighted else float(special.ndtri(tail))
    low, high = _wilson(p, effective_n(sums), quantile)
    alone = not weighted and sums.xx - sums.x <= 1e-9 * sums.x
    return Estimate(
        value=p,
        low=low,
        high=high,
        unit="share",
        n=sums.n,
        method="Wilson" if alone else "Wilson, clustered by customer",
        level=level,
    )


def ratio(
    sums: Sums, *, unit: Unit, level: float = 0.95, at_least: float | None = None
) -> Estimate | Unknown:
    """A ratio of two sums (a mean, a rate) with its interval, clustered by customer.

    The variance is linearised over customers (Cochran 1977, *Sampling Techniques*, section 6.3),
    freed of its bias and given its degrees of freedom by the number of customers in effect. With
    third-order sums both ends are corrected for the skewness of the customers' residuals by the
    cubic of Hall (1992, *Journal of the Royal Statistical Society B* 54, 221), extended to ratios.

    Parameters
    ----------
    sums : Sums
    unit : Unit
    level : float
        Above 0 and below 1.
    at_least : float, optional
        What the ratio cannot be below, for example 0 for a duration.

    Raises
    ------
    QuestionError
        If ``level`` is not above 0 and below 1.

    Examples
    --------
    >>> sums = Sums(clusters=30, n=60, y=11400, x=60, yy=5_400_000, yx=26_000, xx=150)
    >>> print(ratio(sums, unit="s"))
    3 min 10 s (2 min 40 s to 3 min 40 s)
    """
    tail = _tail(level)
    if sums.x <= 0:
        return Unknown(unit=unit, why=_NOTHING, needs="at least one such contact")
    customers = sums.customers_in_effect
    if sums.clusters < 2 or customers - 1 < 1e-9:
        return Unknown(unit=unit, why="only one customer", needs="two customers or more")
    value = sums.y / sums.x
    spread = sums.spread
    error = math.sqrt(spread * customers / (customers - 1)) / sums.x
    quantile = _student(customers - 1, tail)
    low, high = value - quantile * error, value + quantile * error
    method = "ratio, clustered by customer"
    skewed = _skewed(sums, value=value, spread=spread, error=error, quantile=quantile)
    if skewed is not None:
        # One large customer can turn the sign of an estimated skewness. So an end that the
        # correction moves outward goes all the way, one that it draws inward goes half of it.
        low = min(skewed[0], (low + skewed[0]) / 2)
        high = max(skewed[1], (high + skewed[1]) / 2)
        method += ", corrected for skewness"
    if at_least is not None:
        low = max(low, at_least)
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        unit=unit,
        n=sums.n,
        method=method,
        level=level,
    )


def mean(
    sums: Sums, *, unit: Unit, level: float = 0.95, at_least: float | None = None
) -> Estimate | Unknown:
    """A mean with its interval: a :func:`ratio` whose denominator counts contacts."""
    return ratio(sums, unit=unit, level=level, at_least=at_least)


def proportion(
    successes: int, n: int, *, level: float = 0.95, exact: bool = False
) -> Estimate | Unknown:
    """A share of things that are independent of one another: Wilson's interval.

    Parameters
    ----------
    successes, n : int
        ``0 <= successes <= n``.
    exact : bool
        Take Clopper and Pearson's interval (1934, `doi:10.1093/biomet/26.4.404
        <https://doi.org/10.1093/biomet/26.4.404>`_), which holds the truth at least as often as
        ``level`` says, and more often than that.

    Examples
    --------
    >>> print(proportion(0, 20))
    0 % (0 to 16 %)
    >>> print(proportion(3, 40, exact=True))
    8 % (2 to 20 %)
    """
    tail = _tail(level)
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no share")
    if n == 0:
        return Unknown(unit="share", why=_NOTHING, needs="at least one such contact")
    p = successes / n
    if exact:
        low = float(special.betaincinv(successes, n - successes + 1, 1 - tail)) if successes else 0
        high = float(special.betaincinv(successes + 1, n - successes, tail)) if successes < n else 1
    else:
        low, high = _wilson(p, n, float(special.ndtri(tail)))
    return Estimate(
        value=p,
        low=low,
        high=high,
        unit="share",
        n=n,
        method="Clopper-Pearson" if exact else "Wilson",
        level=level,
    )


def rate(count: int, exposure: float, *, unit: Unit, level: float = 0.95) -> Estimate | Unknown:
    """How often something happens, for events that come independently of one another.

    Garwood's exact Poisson interval (1936, `doi:10.1093/biomet/28.3-4.437
    <https://doi.org/10.1093/biomet/28.3-4.437>`_): it holds the truth at least as often as
    ``level`` says. Arrivals of contacts are burstier than that; use :func:`ratio` over days.

    Parameters
    ----------
    count : int
        Events.
    exposure : float
        Over how much they came, in what ``unit`` is per: hours for ``per_h``.

    Examples
    --------
    >>> print(rate(12, 4.0, unit="per_h"))
    3 an hour (2 an hour to 5 an hour)
    """
    tail = _tail(level)
    if count < 0:
        raise ValueError(f"a count is not below 0: {count}")
    if exposure <= 0:
        return Unknown(unit=unit, why="nothing was watched", needs="a period that was watched")
    low = float(special.gammaincinv(count, 1 - tail)) if count else 0.0
    high = float(special.gammaincinv(count + 1, tail))
    return Estimate(
        value=count / exposure,
        low=low / exposure,
        high=high / exposure,
        unit=unit,
        n=count,
        method="Poisson, exact",
        level=level,
    )


def effective_n(sums: Sums) -> float:
    """The n of independent contacts that would leave the same doubt about a share.

    The spread over customers is Cochran's (1977) and freed of its bias by the number of customers
    in effect. Where few customers stand behind the rarer answer that spread is often far too small
    by chance. So it is averaged with the spread that one correlation within customers implies,
    measured by how seldom two contacts of one customer differ (Fleiss and Cuzick 1979, *Applied
    Psychological Measurement* 3, 537), and never falls below the observed one. At 0 or 1 nothing
    is known of it: every customer counts as one contact, weighted by size.

    Returns
    -------
    float
        At most the number of contacts.
    """
    contacts = float(sums.n)
    customers = max(1.0, min(sums.customers_in_effect, contacts))
    p = sums.y / sums.x
    q = 1 - p
    if not 0 < p < 1 or sums.clusters < 2 or customers - 1 < 1e-9:
        return customers
    spread = sums.spread
    pairs = sums.xx - sums.x
    if sums.counts_contacts and pairs > 1e-9 * sums.x:
        alike = 1 - (sums.yx - sums.yy) / (pairs * p * q)
        modelled = p * q * (sums.x + min(max(alike, 0.0), 1.0) * pairs)
        weight = _PRIOR_CUSTOMERS / (_PRIOR_CUSTOMERS + _customers_on_the_rarer_side(sums))
        spread = max(spread, (1 - weight) * spread + weight * modelled)
    if not sums.counts_contacts or pairs > 1e-9 * sums.x:
        spread *= customers / (customers - 1)
    if spread <= 0:
        return customers
    effective = p * q * sums.x * sums.x / spread
    # One contact each is all contacts, and not all but a hair.
    return contacts if effective > contacts * (1 - 1e-12) else effective


def _customers_on_the_rarer_side(sums: Sums) -> float:
    """Customers in effect behind the yes or behind the no, whichever are fewer."""
    no, no_squared = sums.x - sums.y, sums.xx - 2 * sums.yx + sums.yy
    return min(
        side * side / squared if squared > 0 else 0.0
        for side, squared in ((sums.y, sums.yy), (no, no_squared))
    )


def _skewed(
    sums: Sums, *, value: float, spread: float, error: float, quantile: float
) -> tuple[float, float] | None:
    """Both ends by Hall's cubic; None without third-order sums or without spread.

    With residuals ``u_c = y_c - r x_c``, skewness ``g`` and ``G`` clusters, the studentised ratio
    has the Edgeworth expansion ``P(T <= t) = F(t) + f(t) (a (1 + 2 t**2) - b t**2)``, where
    ``a = g / (6 sqrt(G))`` and ``b = sum(u x) / (x sqrt(sum(u**2)))`` comes from the denominator
    that is itself estimated (0 for a mean). Its monotone cubic transform is
    ``t + a + c t**2 + c**2 t**3 / 3`` with ``c = 2 a - b``.
    """
    cubes = sums.cubes
    if cubes is None or spread * math.sqrt(max(spread, 0.0)) <= 0 or sums.clusters < 3:
        return None  # spread that underflows is none
    g = sums.clusters
    unbiased = math.sqrt(g * (g - 1)) / (g - 2)
    a = _SKEWNESS * unbiased * cubes / (spread * math.sqrt(spread)) / 6
    b = (sums.yx - value * sums.xx) / (sums.x * math.sqrt(spread))
    c = 2 * a - b

    def back(w: float) -> float:
        return (math.cbrt(1 + 3 * c * (w - a)) - 1) / c if abs(c) > 1e-9 else w - a

    return value - error * back(quantile), value - error * back(-quantile)


def _wilson(p: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval for a real n > 0; it always holds p."""
    z = quantile * quantile / n
    centre = (p + z / 2) / (1 + z)
    half = math.sqrt(z * (p * (1 - p) + z / 4)) / (1 + z)
    return min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half))


def _student(freedom: float, tail: float) -> float:
    """Student's quantile for a real number of degrees of freedom, at least 1."""
    return float(special.stdtrit(max(freedom, 1.0), tail))


def _tail(level: float) -> float:
    """The upper quantile's probability for a two-sided level."""
    if not 0 < level < 1:
        raise QuestionError(
            "A level must lie between 0 and 1.",
            found=f"level: {level!r}",
            todo="Use 0.95 for intervals that hold the truth 95 times in 100.",
        )
    return 0.5 + level / 2
