"""Who was asked: whether invitations to a survey went to those who were likely to be content.

A score is an average over those who were invited and answered. If contacts that went well are
invited more often, the score rises and no customer is better off. What is known of a contact before
anybody answers (was the matter settled, was it passed on, how long was the wait) tells how content
such customers usually are; within one queue and week, invitations should not depend on it.

*Likely score* below is the mean answer of contacts of the same kind in all other strata, so that no
answer is used to predict itself. Under the null, which of a stratum's contacts were invited is a
draw without regard to kind; the sum of likely scores over those invited then has the mean and the
variance of sampling without replacement (Cochran 1977, *Sampling Techniques*, chapter 2), and sums
of strata are nearly normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown

__all__ = ["Invitations", "Passed", "invitations", "likely_scores", "passed_over"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_FEWEST_ANSWERS: Final = 10
"""Answers of a kind below which its likely score is not told apart from the mean of all."""
_FEWEST: Final = 30
"""Contacts invited and contacts passed over below which nothing is said."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Invitations:
    """Contacts counted by stratum and kind: what happened before anybody chose, and who was asked.

    Attributes
    ----------
    stratum : array of int
        Within which contacts should have had the same chance, such as a queue in a week; 0, 1, ...
    kind : array of int
        What is known of a contact before it is answered; 0, 1, ...
    contacts, invited, answered : array of int
        How many there were, of those invited, and of those answered.
    score : array of float
        The sum of their answers.
    """

    stratum: _Ints
    kind: _Ints
    contacts: _Ints
    invited: _Ints
    answered: _Ints
    score: _Floats

    def __post_init__(self) -> None:
        sizes = {len(getattr(self, name)) for name in self.__slots__}
        if len(sizes) > 1:
            raise QuestionError(
                "Counts of invitations must be columns of one table.",
                found=f"lengths {sorted(sizes)}",
                todo="Give one number of each for every stratum and kind.",
            )
        wrong = (
            (self.answered > self.invited) | (self.invited > self.contacts) | (self.answered < 0)
        )
        if wrong.any():
            i = int(np.argmax(wrong))
            raise QuestionError(
                "Nobody answers who was not invited, and nobody is invited who had no contact.",
                found=f"{self.contacts[i]} contacts, {self.invited[i]} invited, "
                f"{self.answered[i]} answers",
                todo="Count each contact once, with its first invitation.",
            )

    def those(self, rows: _Ints) -> Invitations:
        """Some of the rows, such as those of one advisor."""
        return Invitations(**{name: getattr(self, name)[rows] for name in self.__slots__})


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """How far invitations follow the likely score, and what the score would be without that.

    Attributes
    ----------
    contacts, invited, answered : int
    shift : Estimate or Unknown
        How much more content those invited were likely to be than all contacts of their strata,
        in points of the score: what choosing whom to ask adds to it. 0 where nobody chooses.
    p_value : float
        How often chance alone would make invitations lean so far, either way; NaN where unknown.
    invited_high, invited_low : float
        Share invited of the half of contacts whose likely score is higher, and of the other half,
        each within strata; NaN where unknown.
    score : Estimate or Unknown
        The mean of all answers: what is reported.
    weighted : Estimate or Unknown
        The mean if all contacts had been asked and those of one kind answered alike.
    lowest, highest : float
        The mean if all who did not answer had given the least, or the most; NaN where unknown.
        Between them lies the truth whatever else holds.
    """

    contacts: int
    invited: int
    answered: int
    shift: Estimate | Unknown
    p_value: float
    invited_high: float
    invited_low: float
    score: Estimate | Unknown
    weighted: Estimate | Unknown
    lowest: float
    highest: float


def invitations(
    *,
    stratum: npt.ArrayLike,
    kind: npt.ArrayLike,
    invited: npt.ArrayLike,
    score: npt.ArrayLike,
) -> tuple[Invitations, _Floats]:
    """Count contacts by stratum and kind, and add up the squares of their answers.

    Parameters
    ----------
    stratum, kind : array of int
        Of each contact, 0 or more.
    invited : array of bool
    score : array of float
        Its answer; NaN where there is none.

    Examples
    --------
    >>> counts, squares = invitations(
    ...     stratum=[0, 0, 0], kind=[1, 1, 1], invited=[1, 1, 0], score=[4, np.nan, np.nan]
    ... )
    >>> counts.contacts.tolist(), counts.invited.tolist(), counts.answered.tolist(), squares
    ([3], [2], [1], array([16.]))
    """
    strata, kinds = np.asarray(stratum, dtype=np.int64), np.asarray(kind, dtype=np.int64)
    asked, given = np.asarray(invited, dtype=bool), np.asarray(score, dtype=np.float64)
    width = int(kinds.max(initial=0)) + 1
    cells, place = np.unique(strata * width + kinds, return_inverse=True)
    said = ~np.isnan(given)
    value = np.where(said, given, 0.0)

    def count(of: npt.NDArray[np.bool_]) -> _Ints:
        return np.bincount(place, of, len(cells)).astype(np.int64)

    counts = Invitations(
        stratum=cells // width,
        kind=cells % width,
        contacts=count(np.ones(len(said), dtype=bool)),
        invited=count(asked),
        answered=count(said),
        score=np.bincount(place, value, len(cells)).astype(np.float64),
    )
    return counts, np.bincount(place, value**2, len(cells)).astype(np.float64)


def passed_over(
    counts: Invitations,
    *,
    squares: _Floats,
    scale: tuple[float, float],
    likely: _Floats | None = None,
    level: float = 0.95,
) -> Passed:
    """Whether those likely to be content were asked more often than others.

    Parameters
    ----------
    counts : Invitations
    squares : array
        The sum of squared answers, for each row of ``counts``.
    scale : (float, float)
        The least and the most that can be answered.
    likely : array, optional
        Each row's likely score, where it was learnt from more than these rows: one advisor's from
        all contacts. Learnt from these unless given.
    level : float
        Above 0 and below 1.

    Returns
    -------
    Passed

    Raises
    ------
    QuestionError
        If the scale is empty, or answers lie outside it.

    Examples
    --------
    Two weeks of one queue. Matters that were settled (kind 1) score 5 or so and are asked twice as
    often as the others, which score 2:

    >>> counts = Invitations(
    ...     stratum=np.array([0, 0, 1, 1]),
    ...     kind=np.array([1, 0, 1, 0]),
    ...     contacts=np.array([500, 500, 400, 600]),
    ...     invited=np.array([200, 100, 160, 120]),
    ...     answered=np.array([100, 50, 80, 60]),
    ...     score=np.array([480.0, 100.0, 384.0, 120.0]),
    ... )
    >>> squares = np.array([2320.0, 220.0, 1856.0, 264.0])
    >>> found = passed_over(counts, squares=squares, scale=(1, 5))
    >>> found.p_value < 0.001, round(found.score.value, 2), round(found.weighted.value, 2)
    (True, 3.74, 3.26)
    """
    least, most = scale
    answers = int(counts.answered.sum())
    if (
        not least < most
        or counts.score.sum() < least * answers - 1e-9 * abs(least * answers)
        or (counts.score.sum() > most * answers + 1e-9 * abs(most * answers))
    ):
        raise QuestionError(
            "Answers must lie within their scale.",
            found=f"scale {least:g} to {most:g}, mean answer "
            f"{counts.score.sum() / max(answers, 1):g}",
            todo="Give the least and the most that can be answered.",
        )
    n, asked, said = counts.contacts, counts.invited, counts.answered
    total, invited, answered = int(n.sum()), int(asked.sum()), int(said.sum())
    score = _mean(counts.score, squares, said, level=level)
    lowest = highest = math.nan
    if answered:
        given, rest = float(counts.score.sum()), total - answered
        lowest, highest = (given + rest * least) / total, (given + rest * most) / total
    weighted = _weighted(counts, squares, level=level)
    usual = likely_scores(counts) if likely is None else likely
    stratum = _numbered(counts.stratum)
    lean, variance = _lean(stratum, n, asked, usual)
    found = Passed(
        contacts=total,
        invited=invited,
        answered=answered,
        shift=Unknown(
            unit="ratio",
            why="too few were invited, or passed over, in kinds that differ",
            needs="more weeks, or facts that tell how a contact went",
        ),
        p_value=math.nan,
        invited_high=math.nan,
        invited_low=math.nan,
        score=score,
        weighted=weighted,
        lowest=lowest,
        highest=highest,
    )
    if min(invited, total - invited) < _FEWEST or variance <= 0:
        return found
    reach = float(special.ndtri(0.5 + level / 2)) * math.sqrt(variance)
    high, low = _halves(stratum, n, asked, usual)
    return replace(
        found,
        shift=Estimate(
            value=lean / invited,
            low=(lean - reach) / invited,
            high=(lean + reach) / invited,
            unit="ratio",
            n=total,
            method="likely score of those invited against all of their stratum",
            level=level,
        ),
        p_value=2 * float(special.ndtr(-abs(lean) / math.sqrt(variance))),
        invited_high=high,
        invited_low=low,
    )


def _numbered(stratum: _Ints) -> _Ints:
    """Strata as 0, 1, ... without gaps."""
    return np.unique(stratum, return_inverse=True)[1].reshape(-1)


def likely_scores(counts: Invitations) -> _Floats:
    """Each row's likely score: the mean answer of its kind in all other strata.

    Parameters
    ----------
    counts : Invitations
        One row or more.

    Examples
    --------
    >>> counts = Invitations(
    ...     stratum=np.array([0, 1]),
    ...     kind=np.array([0, 0]),
    ...     contacts=np.array([50, 50]),
    ...     invited=np.array([20, 20]),
    ...     answered=np.array([10, 20]),
    ...     score=np.array([40.0, 60.0]),
    ... )
    >>> likely_scores(counts).tolist()
    [3.0, 4.0]
    """
    stratum = _numbered(counts.stratum)
    kinds, strata = int(counts.kind.max()) + 1, int(stratum.max()) + 1
    cell = stratum * kinds + counts.kind

    def others(values: npt.NDArray[np.generic]) -> _Floats:
        of = np.asarray(values, dtype=np.float64)
        of_kind = np.bincount(counts.kind, of, kinds)
        of_cell = np.bincount(cell, of, strata * kinds)
        rest: _Floats = of_kind[counts.kind] - of_cell[cell]
        return rest

    answered, score = others(counts.answered), others(counts.score)
    usual = counts.score.sum() / max(int(counts.answered.sum()), 1)
    known = answered >= _FEWEST_ANSWERS
    return np.where(known, score / np.maximum(answered, 1.0), usual)


def _lean(stratum: _Ints, n: _Ints, asked: _Ints, likely: _Floats) -> tuple[float, float]:
    """By how much the likely scores of those invited exceed a draw's, and its variance."""
    size = np.bincount(stratum, n).astype(np.float64)
    share = np.bincount(stratum, asked) / np.maximum(size, 1.0)
    mean = np.bincount(stratum, n * likely) / np.maximum(size, 1.0)
    apart = likely - mean[stratum]
    spread = np.bincount(stratum, n * apart**2)
    variance = share * (1 - share) * size / np.maximum(size - 1, 1.0) * spread
    return float((asked * apart).sum()), float(variance.sum())


def _halves(stratum: _Ints, n: _Ints, asked: _Ints, likely: _Floats) -> tuple[float, float]:
    """The share invited above and below each stratum's mean likely score."""
    mean = np.bincount(stratum, n * likely) / np.maximum(np.bincount(stratum, n), 1)
    above = likely > mean[stratum]
    shares = (
        float(asked[side].sum() / n[side].sum()) if n[side].sum() else math.nan
        for side in (above, ~above)
    )
    high, low = shares
    return high, low


def _mean(score: _Floats, squares: _Floats, said: _Ints, *, level: float) -> Estimate | Unknown:
    """The mean answer."""
    answered = int(said.sum())
    if answered < 2:
        return Unknown(unit="ratio", why="fewer than two answered", needs="more answers")
    mean = float(score.sum()) / answered
    spread = max(float(squares.sum()) / answered - mean**2, 0.0) * answered / (answered - 1)
    reach = float(special.stdtrit(answered - 1, 0.5 + level / 2)) * math.sqrt(spread / answered)
    return Estimate(
        value=mean,
        low=mean - reach,
        high=mean + reach,
        unit="ratio",
        n=answered,
        method="mean answer, Student's t",
        level=level,
    )


def _weighted(counts: Invitations, squares: _Floats, *, level: float) -> Estimate | Unknown:
    """The mean answer of each kind, weighted by how many contacts were of that kind.

    Sorted by answers, so the kinds left single have at least as many as the last one joined.
    """
    kinds = int(counts.kind.max()) + 1
    n, answered, score, squared = (
        np.bincount(counts.kind, values.astype(np.float64), kinds)
        for values in (counts.contacts, counts.answered, counts.score, squares)
    )
    if answered.sum() < 2:
        return Unknown(unit="ratio", why="fewer than two answered", needs="more answers")
    # Kinds with hardly an answer count as one, with the next rare one if need be.
    order = np.argsort(answered, kind="stable")
    enough = int(np.searchsorted(np.cumsum(answered[order]), _FEWEST_ANSWERS)) + 1
    together = np.empty(kinds, dtype=np.int64)
    together[order] = np.maximum(np.arange(kinds) - min(enough, kinds) + 1, 0)
    n, answered, score, squared = (
        np.bincount(together, each) for each in (n, answered, score, squared)
    )
    told = answered >= 2
    n, answered, score, squared = n[told], answered[told], score[told], squared[told]
    weight = n / n.sum()
    mean = score / answered
    spread = np.maximum(squared / answered - mean**2, 0.0) * answered / (answered - 1)
    parts = weight**2 * spread / answered
    value, variance = float(weight @ mean), float(parts.sum())
    # Welch and Satterthwaite: kinds with few answers have few degrees of freedom.
    freedom = variance**2 / float((parts**2 / (answered - 1)).sum()) if variance else math.inf
    reach = float(special.stdtrit(min(freedom, 1e9), 0.5 + level / 2)) * math.sqrt(variance)
    return Estimate(
        value=value,
        low=value - reach,
        high=value + reach,
        unit="ratio",
        n=int(answered.sum()),
        method="mean answer by kind of contact, weighted by contacts",
        level=level,
    )
