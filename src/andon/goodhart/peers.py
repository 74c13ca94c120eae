"""Peers: whether somebody's share stands out among those who do the same work at the same time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError

__all__ = ["Honest", "Matched", "Standing", "Tails", "standing"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Tails = Literal["usual", "long"]
"""How far up honest advisors' shares may reach: as far as where angles are normal, or as far as
where shares are lognormal."""

_BEND: Final = 1.0
"""Peers further than so many of their own spreads from the middle count as if they stood there."""
_KEPT: Final = float(
    1
    - 2 * special.ndtr(-_BEND)
    - 2 * _BEND * math.exp(-_BEND * _BEND / 2) / math.sqrt(2 * math.pi)
    + 2 * _BEND * _BEND * special.ndtr(-_BEND)
)
"""The mean square of a normal deviate that is bent so."""
_EFFICIENCY: Final = 0.5
"""How much of a degree of freedom each peer gives to a spread that is bent so (by simulation)."""
_MANY: Final = 60
"""From so many peers on, leaving one out changes nothing."""
_HONEST: Final = 0.25
"""Peers are never taken to be more alike than this: one in three has a share that differs from the
usual by more than a quarter of it."""
_FEWEST: Final = 4
_HALVINGS: Final = 9
_STEPS: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Matched:
    """Each advisor beside the others in the same cells of work and time, as sums over cells.

    In a cell of ``N`` contacts, ``K`` of which count, let the advisor have ``n`` and ``k``.

    Attributes
    ----------
    weight : array
        Sum of ``n (N - n) / N``: how many contacts of the others stand beside the advisor's.
    own : array
        Sum of ``k (N - n) / N``; over ``weight`` it is the advisor's share.
    others : array
        Sum of ``(K - k) n / N``; over ``weight`` it is the others' share in the same cells.
    variance : array
        Of ``own - others``, if the advisor's contacts were like the others'.
    """

    weight: Floats
    own: Floats
    others: Floats
    variance: Floats

    @classmethod
    def over_days(cls, sums: Mapping[str, Floats]) -> Matched:
        """From sums over days; contacts of one day may be alike, so the wider variance counts.

        Parameters
        ----------
        sums : mapping of str to array
            ``weight``, ``own``, ``others`` and ``variance``; and ``yy``, ``yw`` and ``ww``, the
            products of ``own - others`` and ``weight``, day by day.
        """
        weight, own, others = sums["weight"], sums["own"], sums["others"]
        # What the advisor has more on all days alike is what is asked about, and no noise.
        more = np.divide(own - others, weight, out=np.zeros_like(weight), where=weight > 0)
        by_day = sums["yy"] - 2 * more * sums["yw"] + more * more * sums["ww"]
        return cls(
            weight=weight,
            own=own,
            others=others,
            variance=np.maximum(sums["variance"], by_day),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Standing:
    """How each advisor stands among the others.

    Attributes
    ----------
    share, others : array
        The advisor's share and the others' in the same cells, 0 to 1; NaN where nobody else was
        there.
    p : array
        The chance that an honest advisor's share is as high, honest advisors differing as these
        do; NaN where too few can be compared.
    p_chance : array
        The chance that the share is as high, were the advisor's true share no more than
        ``least_times`` the others', whatever honest advisors' differences are; NaN likewise.
    spread : array
        How much honest advisors differ beyond chance, one standard deviation of the angle
        ``arcsin(sqrt(share))``, as estimated without the one who is looked at.
    peers : int
        Advisors who were compared.
    """

    share: Floats
    others: Floats
    p: Floats
    p_chance: Floats
    spread: Floats
    peers: int


def standing(
    matched: Matched,
    *,
    compared: Bools | None = None,
    least_times: float = 2.0,
    tails: Tails = "usual",
) -> Standing:
    """Does an advisor's share stand out among honest advisors, who differ from one another as well?

    Parameters
    ----------
    matched : Matched
        One number for each advisor.
    compared : array of bool, optional
        Who is compared at all: those with enough contacts.
    least_times : float
        An advisor with less than so many times the others' share is not taken to stand out
        (>= 1): ``p`` is then 1.
    tails : {"usual", "long"}
        With ``"long"`` the comparison is made on the scale of logarithms too, and the larger ``p``
        counts: for shares that differ by factors, as where skills do.

    Returns
    -------
    Standing

    Raises
    ------
    QuestionError
        If the sums do not fit one another.

    Notes
    -----
    The comparison is made cell by cell (Mantel and Haenszel 1959), so what hits everybody in a
    cell at the same time, and who works when, drops out. Shares are compared as angles,
    ``arcsin(sqrt(share))``, whose sampling error hardly depends on the share. Honest advisors'
    angles are taken as normal about a middle, which gives their shares a long tail upwards, as
    sums of several causes have. Middle and spread come from all the others by Huber's "proposal 2"
    (1964, *Annals of Mathematical Statistics* 35, 73), each with its own sampling error, so that a
    few who do bend the measure cannot hide one another. The spread is never taken to be nought:
    one in three honest advisors may differ by a quarter or more. The p-value is that of one more
    draw, by Student's law, with the degrees of freedom that a spread found so is worth.

    Where honest advisors' shares have a longer tail than that, as where paces differ widely, the
    p-value is too small by itself: ask for long tails, or speak of nobody by this comparison alone.

    Examples
    --------
    >>> import numpy as np
    >>> weight = np.full(12, 900.0)
    >>> own = np.array([18, 22, 15, 20, 25, 17, 19, 21, 16, 23, 20, 240.0])
    >>> found = standing(Matched(weight=weight, own=own, others=weight * 0.03, variance=own))
    >>> (found.p < 0.01).tolist().index(True), int((found.p < 0.01).sum())
    (11, 1)
    """
    sizes = {len(each) for each in (matched.weight, matched.own, matched.others, matched.variance)}
    if len(sizes) != 1 or not least_times >= 1:
        raise QuestionError(
            "Each advisor needs one weight, two sums and a variance, and stands out upwards.",
            found=f"lengths {sorted(sizes)}, least_times: {least_times!r}",
            todo="Give arrays of one length, and a least_times of 1 or more.",
        )
    there = matched.weight > 0
    weight = np.where(there, matched.weight, 1.0)
    share = np.clip(matched.own / weight, 0, 1)
    others = np.clip(matched.others / weight, 0, 1)
    both = np.clip((share + others + 0.5 / weight) / (2 + 1 / weight), 0, 1)
    angle = np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(others))
    error = np.sqrt(np.maximum(matched.variance, 0.25) / (both * (1 - both))) / (2 * weight)
    asked = there if compared is None else there & compared
    who = np.flatnonzero(asked)
    p, p_chance, spread = (np.full(len(share), np.nan) for _ in range(3))
    beyond = np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(np.minimum(1, least_times * others)))
    p_chance[asked] = special.ndtr(-beyond / error)[asked]
    if len(who) > _FEWEST:
        usual = float(np.average(others[who], weights=weight[who]))
        least = 0.5 * _HONEST * math.sqrt(usual / (1 - usual)) if usual < 1 else 0.0
        # Below many, each advisor is left out of the middle and the spread of the others.
        rest = who[None, :]
        if len(who) <= _MANY:
            rest = np.stack([np.delete(who, place) for place in range(len(who))])
        honest = Honest.of(angle[rest], error[rest], max(least, 1e-6))
        spread[who] = honest.spread
        p[who] = honest.above(angle[who], error[who])
        if tails == "long":
            # The logarithm of the share over the others', half a contact added to both.
            expected = weight * both
            logs = np.log((matched.own + 0.5) / (matched.others + 0.5))
            doubt = np.sqrt(np.maximum(matched.variance, 0.25)) / (expected + 0.5)
            factors = Honest.of(logs[rest], doubt[rest], _HONEST)
            p[who] = np.maximum(p[who], factors.above(logs[who], doubt[who]))
        p[who] = np.where(matched.own[who] < least_times * matched.others[who], 1.0, p[who])
    return Standing(
        share=np.where(there, share, np.nan),
        others=np.where(there, others, np.nan),
        p=p,
        p_chance=p_chance,
        spread=spread,
        peers=len(who),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Honest:
    """Where honest advisors' angles lie, one fit a row: middle, its error, spread, freedom.

    Any other figure whose sampling error is known may stand in the angle's place.
    """

    middle: Floats
    error: Floats
    spread: Floats
    freedom: float

    @classmethod
    def of(cls, angle: Floats, error: Floats, least: float) -> Honest:
        """Fit each row of angles with their sampling errors."""
        own = error * error
        peers = angle.shape[1]
        enough = (peers - 1) * _KEPT
        low = np.full(len(angle), least * least)
        high = np.maximum(4 * angle.var(axis=1), 4 * low)
        needed = _bent(angle, own, low) > enough
        for _ in range(_HALVINGS):
            half = np.sqrt(low * high)
            wider = _bent(angle, own, half) > enough
            low, high = np.where(wider, half, low), np.where(wider, high, half)
        squared = np.where(needed, np.sqrt(low * high), least * least)
        variance = own + squared[:, None]
        return cls(
            middle=_middle(angle, variance),
            error=np.sqrt(1.05 / (1 / variance).sum(axis=1)),
            spread=np.sqrt(squared),
            freedom=max(1.0, _EFFICIENCY * (peers - 1)),
        )

    def above(self, angle: Floats, error: Floats) -> Floats:
        """The chance that one more honest advisor's angle is as high."""
        far = np.sqrt(self.spread**2 + error**2 + self.error**2)
        return np.asarray(special.stdtr(self.freedom, -(angle - self.middle) / far))


def _middle(angle: Floats, variance: Floats) -> Floats:
    """Huber's middle of each row, each angle with its own variance."""
    scale = np.sqrt(variance)
    middle: Floats = np.median(angle, axis=1)
    for _ in range(_STEPS):
        far = np.abs(angle - middle[:, None]) / scale
        weight = np.minimum(1.0, _BEND / np.maximum(far, 1e-12)) / variance
        middle = (weight * angle).sum(axis=1) / weight.sum(axis=1)
    return middle


def _bent(angle: Floats, own: Floats, squared: Floats) -> Floats:
    """Sum of squares of each row in units of their spread, the far ones bent."""
    variance = own + squared[:, None]
    away = (angle - _middle(angle, variance)[:, None]) ** 2 / variance
    return np.asarray(np.minimum(away, _BEND * _BEND).sum(axis=1), dtype=np.float64)
