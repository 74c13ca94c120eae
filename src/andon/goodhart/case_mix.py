"""Case mix: whether some advisors get lighter work than chance would deal to them.

Contacts of one queue in one half-hour go to whoever is free, so each advisor's mix of reasons is a
draw from that half-hour's own. What is drawn is known: which contacts there were, and how many each
advisor took. So how far an advisor's mix may lie from the others' by chance is known as well, for
any number of advisors and however alike the contacts of one half-hour are. What makes it wider than
that, such as turns of duty that last a day, or customers who stay with one advisor, is measured.

That somebody's mix is light says nothing yet about why. Who is never sent a reason at all is not
avoiding it: :func:`unsent` finds them, so that they can be compared among themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.goodhart.peers import Honest

__all__ = ["Dealt", "Even", "Lighter", "even", "hardness", "lighter", "unsent"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SLIGHT: Final = 0.03
"""Honest advisors' true means are never taken to be more alike than this, in standard deviations
of the score: routing, shifts and habits of recording always leave a little."""
_FEWEST: Final = 4
_MANY: Final = 60
_ROUNDING: Final = 1e-9
_SHRUNK: Final = 30.0
"""A reason's hardness is drawn towards its group's mean as if by so many average contacts."""
_ROUNDS: Final = 50
_NEVER: Final = 10.0
"""So many contacts expected and none seen: by chance once in 20,000 times."""
_HARDLY: Final = 0.05
_HARDLY_OF: Final = 60.0
"""Of so many expected, as small a share as that was recorded by mistake, or sent by one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dealt:
    """Each advisor's score beside that of the others in the same cells, as sums over cells.

    In a cell of ``N`` contacts whose scores add up to ``S`` and have the variance ``v``, let the
    advisor have ``n`` with the sum ``s``.

    Attributes
    ----------
    n : array
        Contacts of each advisor.
    weight : array
        Sum of ``n (N - n) / N``.
    away : array
        Sum of ``s - n S / N``; over ``weight`` it is the advisor's mean less the others'.
    dealt : array
        Variance of ``away`` where each cell's contacts are dealt out by chance: the sum of
        ``n (N - n) v / N``.
    alone : array
        The same if contacts were drawn one by one: the sum of ``n v``.
    variance : array
        The variance to reckon with, ``dealt`` or more: days and customers may be alike.
    """

    n: Floats
    weight: Floats
    away: Floats
    dealt: Floats
    alone: Floats
    variance: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Even:
    """Whether advisors' means differ beyond chance at all.

    Attributes
    ----------
    p : float
        The chance that they differ as much where contacts are dealt by chance; NaN where fewer
        than two can be compared, or all scores are alike.
    spread, spread_low, spread_high : float
        Standard deviation of advisors' true means, in the score's unit, and its interval.
    advisors : int
        Who could be compared.
    """

    p: float
    spread: float
    spread_low: float
    spread_high: float
    advisors: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lighter:
    """How each advisor's mean stands among honest advisors'.

    Attributes
    ----------
    difference : array
        The advisor's mean less the others' in the same cells, in the score's unit; NaN where
        nobody else was there.
    p : array
        The chance that an honest advisor's mean is as low; NaN where it cannot be told.
    peers : int
        Advisors who were compared.
    """

    difference: Floats
    p: Floats
    peers: int


def even(dealt: Dealt, *, level: float = 0.95) -> Even:
    """Do advisors' means differ by more than chance?

    Parameters
    ----------
    dealt : Dealt
        One number for each advisor.
    level : float
        Of the spread's interval, above 0 and below 1.

    Returns
    -------
    Even

    Notes
    -----
    Pearson's form, the sum of ``away^2 / alone``, is a sum of chi-squared variables with weights
    between 0 and 1 that add up to the sum of ``dealt / alone``; it is set against chi-squared with
    so many degrees of freedom, whose mean it has and whose tail is no shorter. Where ``variance``
    is larger than chance would have it, the form is divided by as much. The spread's interval is
    that of the non-central law.

    Examples
    --------
    >>> import numpy as np
    >>> n = np.full(8, 500.0)
    >>> chance = n * 7 / 8
    >>> away = np.array([20, -10, 5, -25, 15, -5, 30, -30.0])
    >>> honest = Dealt(n=n, weight=chance, away=away, dealt=chance, alone=n, variance=chance)
    >>> even(honest).p > 0.2
    True
    """
    _check(dealt)
    some = (dealt.weight > 0) & (dealt.dealt > 0)
    if np.count_nonzero(some) < 2:
        return Even(
            p=math.nan, spread=math.nan, spread_low=math.nan, spread_high=math.nan, advisors=0
        )
    away, weight, fair, alone, variance = (
        each[some] for each in (dealt.away, dealt.weight, dealt.dealt, dealt.alone, dealt.variance)
    )
    scaled = alone * np.maximum(1.0, variance / fair)
    form = float((away * away / scaled).sum())
    freedom = float((fair / alone).sum())
    reach = float((weight * weight / scaled).sum())
    tail = (1 - level) / 2

    def spread(beyond: float) -> float:
        return math.sqrt(max(0.0, beyond) / reach)

    return Even(
        p=float(special.chdtrc(freedom, form)),
        spread=spread(form - freedom),
        spread_low=spread(_noncentral(form, freedom, 1 - tail)),
        spread_high=max(spread(form - freedom), spread(_noncentral(form, freedom, tail))),
        advisors=int(np.count_nonzero(some)),
    )


def _noncentral(form: float, freedom: float, below: float) -> float:
    """The non-centrality under which the form is no larger with chance ``below``, or 0."""
    if special.chdtr(freedom, form) <= below:
        return 0.0
    return float(special.chndtrinc(form, freedom, below))


def lighter(dealt: Dealt, *, least_contacts: float = 100) -> Lighter:
    """Does an advisor's mean lie below those of honest advisors, who differ from one another too?

    Parameters
    ----------
    dealt : Dealt
        One number for each advisor.
    least_contacts : float
        Nobody with fewer contacts is compared.

    Returns
    -------
    Lighter

    Notes
    -----
    Where honest advisors' means lie is found from all the others by Huber's "proposal 2", each with
    its own sampling error, as in :func:`andon.goodhart.peers.standing`: a few who do get lighter
    work cannot hide one another. Where many do, nobody stands out, as where work is sent by skill;
    :func:`even` shows that.
    """
    _check(dealt)
    there = (dealt.weight > 0) & (dealt.dealt > 0)
    weight = np.where(there, dealt.weight, 1.0)
    difference = np.where(there, dealt.away / weight, np.nan)
    who = np.flatnonzero(there & (dealt.n >= least_contacts))
    p = np.full(len(weight), np.nan)
    if len(who) > _FEWEST:
        sd = math.sqrt(float(dealt.dealt[who].sum() / dealt.weight[who].sum()))
        figure = -dealt.away[who] / weight[who] / sd
        error = np.sqrt(np.maximum(dealt.variance, dealt.dealt)[who]) / weight[who] / sd
        rest = np.arange(len(who))[None, :]
        if len(who) <= _MANY:
            rest = np.stack([np.delete(rest[0], place) for place in range(len(who))])
        p[who] = _above(Honest.of(figure[rest], error[rest], SLIGHT), figure, error)
    return Lighter(difference=difference, p=p, peers=len(who))


def _above(honest: Honest, figure: Floats, error: Floats) -> Floats:
    """The chance that one more honest advisor's figure is as high.

    Only the honest spread is estimated; how far chance moves a figure is known. So Student's law
    has the degrees of freedom of the sum of both (Satterthwaite 1946, *Biometrics Bulletin* 2,
    110).
    """
    differ = honest.spread**2
    far = differ + error**2 + honest.error**2
    freedom = honest.freedom * (far / differ) ** 2
    return np.asarray(special.stdtr(freedom, -(figure - honest.middle) / np.sqrt(far)))


def hardness(
    group: npt.ArrayLike, kind: npt.ArrayLike, advisor: npt.ArrayLike, n: npt.ArrayLike,
    handle_s: npt.ArrayLike,
) -> Floats:  # fmt: skip
    """How much longer contacts of each kind take than their group's, whoever takes them.

    Parameters
    ----------
    group : array_like of int
        The group of each kind, numbered from 0; shape (kinds,).
    kind, advisor : array_like of int
        Of each row, numbered from 0; shape (rows,).
    n, handle_s : array_like
        Contacts of each row, and the sum of their handle times, seconds.

    Returns
    -------
    array
        For each kind, seconds above or below the mean of its group; NaN for all where no handle
        time is known.

    Notes
    -----
    Handle time is taken as the kind's own times the advisor's pace, fitted by their margins in turn
    (Poisson regression). So a kind that slow advisors happen to take does not look hard, and an
    advisor who is slow with everything does not make it so.

    Examples
    --------
    A slow advisor has most of the second kind; it is no harder.

    >>> found = hardness([0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [900, 100, 100, 900],
    ...                  [90_000, 20_000, 10_000, 180_000])
    >>> [abs(round(each)) for each in found]
    [0, 0]
    """
    of, what, who = (np.asarray(each, dtype=np.int64) for each in (group, kind, advisor))
    count, total = (np.asarray(each, dtype=np.float64) for each in (n, handle_s))
    kinds = len(of)
    if not total.sum() > 0:
        return np.full(kinds, np.nan)
    by_kind, by_advisor = np.bincount(what, total, kinds), np.bincount(who, total)
    pace = np.ones(len(by_advisor))
    own = np.zeros(kinds)
    for _ in range(_ROUNDS):
        own = _over(by_kind, np.bincount(what, count * pace[who], kinds))
        pace = _over(by_advisor, np.bincount(who, count * own[what], len(pace)), empty=1.0)
    own = own * (pace @ np.bincount(who, count)) / count.sum()  # seconds at the average pace
    contacts = np.bincount(what, count, kinds)
    groups = int(of.max()) + 1
    mean = _over(np.bincount(of, contacts * own, groups), np.bincount(of, contacts, groups))
    found: Floats = (own - mean[of]) * contacts / (contacts + _SHRUNK)
    centre = _over(np.bincount(of, contacts * found, groups), np.bincount(of, contacts, groups))
    harder: Floats = found - centre[of]
    # What rounding leaves of a kind that is alone in its group makes it neither hard nor easy.
    return np.where(np.abs(harder) > _ROUNDING * mean[of], harder, 0.0)


def unsent(seen: Floats, expected: Floats) -> Bools:
    """When advisors were not sent a kind of contact at all.

    Parameters
    ----------
    seen, expected : array
        Contacts of the kind that each advisor had in each period, and as many as the others'
        mix would have brought; shape (advisors, periods), in order.

    Returns
    -------
    array of bool
        Same shape. Stretches in which none was seen though ten or more were expected; and all of
        an advisor's periods, where as good as none was.

    Examples
    --------
    >>> import numpy as np
    >>> seen = np.array([[0, 0, 5, 4], [3, 6, 0, 5]])
    >>> unsent(seen, np.full((2, 4), 5.0)).tolist()
    [[True, True, False, False], [False, False, False, False]]
    """
    met, due = np.asarray(seen, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    found = np.zeros(met.shape, dtype=np.bool_)
    run = np.zeros(len(met))
    ahead = np.zeros(met.shape)
    for period in range(met.shape[1]):
        run = np.where(met[:, period] > 0, 0.0, run + due[:, period])
        ahead[:, period] = run
    long = np.zeros(len(met), dtype=np.bool_)
    for period in reversed(range(met.shape[1])):
        none = met[:, period] == 0
        long = none & (long | (ahead[:, period] >= _NEVER))
        found[:, period] = long
    whole, all_due = met.sum(axis=1), due.sum(axis=1)
    found[(all_due >= _HARDLY_OF) & (whole <= _HARDLY * all_due)] = True
    return found


def _over(top: npt.NDArray[Any], bottom: npt.NDArray[Any], *, empty: float = 0.0) -> Floats:
    return np.asarray(
        np.divide(top, bottom, out=np.full(len(top), empty), where=bottom > 0), dtype=np.float64
    )


def _check(dealt: Dealt) -> None:
    sizes = {name: len(getattr(dealt, name)) for name in Dealt.__slots__}
    if len(set(sizes.values())) != 1:
        raise QuestionError(
            "Each advisor needs one number of each kind.",
            found=", ".join(f"{name}: {size}" for name, size in sizes.items()),
            todo="Give arrays of one length.",
        )
