"""The record of bunching: how often its intervals hold the truth, how often it cries wolf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from andon import estimate
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.bunching import bunching
from andon.goodhart.excess_mass import Bunching, Doubt, excess_mass

__all__ = [
    "FULL",
    "SMALL",
    "BunchingRecord",
    "BunchingSetting",
    "Law",
    "bunching_record",
    "handle_law",
]

_Floats = npt.NDArray[np.float64]

Law = Literal["lognormal", "gamma", "weibull", "two humps"]
"""How long contacts take where nothing is bent."""

Groups = Literal["none", "days", "advisors"]
"""What makes contacts alike."""

_GROUPS: Final = 40
_APART: Final[dict[Groups, float]] = {"none": 0.0, "days": 0.1, "advisors": 0.3}
"""How far the groups' paces lie apart, on the log scale."""
_THRESHOLD_S: Final = 300.0
_LONGEST_S: Final = 3_600
_MOVED_FROM_S: Final = 60.0
_MOVED_TO_S: Final = 10.0
_PILE_S: Final = 15.0
_ALARM: Final = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class BunchingSetting:
    """An operation whose handle times are known, with a target of 300 s.

    Attributes
    ----------
    law : {"lognormal", "gamma", "weibull", "two humps"}
        Of handle times, mean about four to six minutes.
    n : int
        Contacts.
    bent : float
        The share of contacts that would take up to a minute too long and are ended in the last ten
        seconds before the target instead.
    groups : {"none", "days", "advisors"}
        Contacts independent of one another; 40 days that differ in volume, in pace by 10 %, and in
        how much is bent; or 40 advisors who differ in volume and in pace by 30 %, of whom each one
        bends by chance, one in five, and bends all that is bent.
    rounded_s : int
        Handle times are rounded to this, seconds; 1 for not at all.
    heaped : float
        The share of contacts whose handle time is rounded to whole minutes by hand.
    doubt : {"contacts", "groups", "residuals"}
        ``residuals`` runs the least squares of the literature on the same bins.
    """

    law: Law = "lognormal"
    n: int = 20_000
    bent: float = 0.0
    groups: Groups = "none"
    rounded_s: int = 1
    heaped: float = 0.0
    doubt: Doubt = "contacts"


@dataclass(frozen=True, kw_only=True, slots=True)
class BunchingRecord:
    """What became of many simulated operations of one setting.

    Attributes
    ----------
    setting : BunchingSetting
    runs : int
    told : int
        Runs in which there was an answer and not an Unknown.
    held : Estimate or Unknown
        Share of the answers whose 95 % interval holds the true share of contacts moved.
    alarms : Estimate or Unknown
        Share of the answers that say p < 0.05: false alarms where nothing is bent, power otherwise.
    mean : float
        The mean of the estimated shares moved; NaN where there was no answer.
    truth : float
        The share of contacts moved, as far as rounding lets it be seen.
    """

    setting: BunchingSetting
    runs: int
    told: int
    held: Estimate | Unknown
    alarms: Estimate | Unknown
    mean: float
    truth: float


FULL: Final = (
    *(
        BunchingSetting(law=law, n=n, bent=bent)
        for law in ("lognormal", "gamma", "weibull", "two humps")
        for n in (2_000, 20_000, 200_000)
        for bent in (0.0, 0.2)
    ),
    *(BunchingSetting(law=law, n=2_000_000) for law in ("gamma", "two humps")),
    *(
        BunchingSetting(n=n, bent=bent, groups=groups, doubt="groups")
        for n in (2_000, 20_000, 200_000)
        for groups in ("days", "advisors")
        for bent in (0.0, 0.2)
    ),
    *(
        BunchingSetting(n=n, rounded_s=rounded_s, heaped=heaped, bent=bent)
        for n in (2_000, 20_000, 200_000)
        for rounded_s, heaped in ((5, 0.0), (60, 0.0), (1, 0.2))
        for bent in (0.0, 0.2)
    ),
    *(
        BunchingSetting(n=n, bent=bent, doubt="residuals")
        for n in (2_000, 20_000, 200_000)
        for bent in (0.0, 0.2)
    ),
    *(
        BunchingSetting(n=n, bent=bent, groups=groups)
        for groups in ("days", "advisors")
        for n in (20_000, 200_000)
        for bent in (0.0, 0.2)
    ),
)
"""Every setting that the reference shows."""
SMALL: Final = (
    BunchingSetting(n=2_000),
    BunchingSetting(law="two humps", n=200_000),
    BunchingSetting(law="gamma", n=20_000, bent=0.2),
    BunchingSetting(n=20_000, groups="days", bent=0.2, doubt="groups"),
    BunchingSetting(n=20_000, rounded_s=5),
)
"""A few that a short run can fail on."""


def bunching_record(
    settings: Sequence[BunchingSetting] = FULL, *, runs: int = 1_000, seed: int = 4
) -> tuple[BunchingRecord, ...]:
    """How bunching fares on operations whose truth is known.

    Parameters
    ----------
    settings : sequence of BunchingSetting
    runs : int
        Simulated operations of each setting (> 0).
    seed : int
        The same seed gives the same record, whatever else is asked.

    Returns
    -------
    tuple of BunchingRecord

    Examples
    --------
    >>> [record] = bunching_record([BunchingSetting(n=2_000)], runs=20)
    >>> record.told, record.truth
    (20, 0.0)
    """
    if runs < 1:
        raise QuestionError(
            "There must be something to simulate.", found=f"runs: {runs!r}", todo="Use 1,000."
        )
    return tuple(_record(setting, runs, seed) for setting in settings)


def _record(setting: BunchingSetting, runs: int, seed: int) -> BunchingRecord:
    words = f"{setting.law} {setting.groups}".encode()
    key = [seed, setting.n, setting.rounded_s, *words]
    rng = np.random.default_rng([*key, round(1e6 * setting.bent), round(1e6 * setting.heaped)])
    at = np.arange(1.0, _LONGEST_S + 1)
    truth = _truth(setting, at)
    shares, held, alarms = [], 0, 0
    for _ in range(runs):
        found = _ask(setting, at, _operation(setting, at, rng), rng)
        if isinstance(found, Unknown):
            continue
        shares.append(found.moved.value)
        held += found.moved.low <= truth <= found.moved.high
        alarms += found.p < _ALARM
    told = len(shares)
    return BunchingRecord(
        setting=setting,
        runs=runs,
        told=told,
        held=estimate.proportion(held, told),
        alarms=estimate.proportion(alarms, told),
        mean=float(np.mean(shares)) if shares else float("nan"),
        truth=truth,
    )


def _ask(
    setting: BunchingSetting, at: _Floats, counts: _Floats, rng: np.random.Generator
) -> Bunching | Unknown:
    if setting.doubt == "groups":
        return bunching(at, counts, threshold=_THRESHOLD_S)
    found = bunching(at, counts.sum(axis=0), threshold=_THRESHOLD_S)
    if setting.doubt == "contacts" or isinstance(found, Unknown):
        return found
    bins = found.bins
    return excess_mass(
        bins.counts,
        starts=bins.starts,
        pile=_ends(bins.starts, bins.width, bins.pile),
        gap=_ends(bins.starts, bins.width, bins.gap),
        n=np.array([found.n]),
        fit="least_squares",
        scale="plain",
        doubt="residuals",
        rng=rng,
    )


def _ends(starts: _Floats, width: float, mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    return float(starts[mask].min()), float(starts[mask].max()) + width


def _operation(setting: BunchingSetting, at: _Floats, rng: np.random.Generator) -> _Floats:
    """Counts at whole seconds, a row for each group."""
    apart = _APART[setting.groups]
    if setting.groups == "none":
        law, _ = _seen(setting, at, 1.0, setting.bent)
        return np.asarray(rng.multinomial(setting.n, law)[None, :], dtype=np.float64)
    volume: _Floats = rng.gamma(4.0, 1.0, _GROUPS)
    volume *= setting.n / volume.sum()
    pace = np.asarray(rng.lognormal(0.0, apart, _GROUPS), dtype=np.float64)
    if setting.groups == "days":
        bends: _Floats = setting.bent * rng.uniform(0.0, 2.0, _GROUPS)
    else:
        bends = np.where(rng.random(_GROUPS) < 0.2, 5 * setting.bent, 0.0)
    rows = [
        rng.poisson(size * _seen(setting, at, own, share)[0])
        for size, own, share in zip(volume, pace, bends, strict=True)
    ]
    return np.asarray(rows, dtype=np.float64)


def _truth(setting: BunchingSetting, at: _Floats) -> float:
    """The mean share moved over all groups that there could be, by their law of paces.

    It is what can be seen of it: rounding writes some contacts from just over the target down as on
    it, and hides as much of the pile.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    paces = np.exp(_APART[setting.groups] * np.asarray(nodes))
    moved = [_seen(setting, at, float(pace), setting.bent)[1] for pace in paces]
    return float(np.asarray(weights) @ np.array(moved)) / float(np.asarray(weights).sum())


def _seen(
    setting: BunchingSetting, at: _Floats, pace: float, share: float
) -> tuple[_Floats, float]:
    """The law of the values as written down, and what the target added to the pile."""
    straight = handle_law(setting.law, at, pace)
    bent = _rounded(_bent(straight, at, share), at, setting)
    pile = (at > _THRESHOLD_S - _PILE_S) & (at <= _THRESHOLD_S)
    return bent, float((bent - _rounded(straight, at, setting))[pile].sum())


def handle_law(law: Law, at: _Floats, pace: float = 1.0) -> _Floats:
    """The share of contacts in each second up to ``at``; what is longer counts in the last.

    Parameters
    ----------
    law : {"lognormal", "gamma", "weibull", "two humps"}
    at : array
        Whole seconds from 1, ascending.
    pace : float
        How many times as long everything takes (> 0).

    Examples
    --------
    >>> float(handle_law("gamma", np.arange(1.0, 3601.0)).sum().round(12))
    1.0
    """
    edges = np.concatenate(([0.0], at)) / pace
    with np.errstate(divide="ignore"):
        log = np.log(edges)
    if law == "lognormal":
        below = special.ndtr((log - 5.3) / 0.7)
    elif law == "gamma":
        below = special.gammainc(3.0, edges / 90.0)
    elif law == "weibull":
        below = -np.expm1(-((edges / 290.0) ** 1.5))
    else:
        below = 0.5 * special.ndtr((log - 4.8) / 0.4) + 0.5 * special.ndtr((log - 6.0) / 0.5)
    below[-1] = 1.0
    return np.asarray(np.diff(below), dtype=np.float64)


def _bent(law: _Floats, at: _Floats, share: float) -> _Floats:
    """Some contacts just over the target end just before it."""
    over = (at > _THRESHOLD_S) & (at <= _THRESHOLD_S + _MOVED_FROM_S)
    under = (at > _THRESHOLD_S - _MOVED_TO_S) & (at <= _THRESHOLD_S)
    moved = share * float(law[over].sum())
    out = law.copy()
    out[over] *= 1 - share
    out[under] += moved / int(under.sum())
    return out


def _rounded(law: _Floats, at: _Floats, setting: BunchingSetting) -> _Floats:
    def to(step: int) -> _Floats:
        near = np.clip(np.rint(at / step) * step, step, at[-1]).astype(np.int64) - 1
        return np.asarray(np.bincount(near, weights=law, minlength=at.size), dtype=np.float64)

    fine = to(setting.rounded_s) if setting.rounded_s > 1 else law
    return (1 - setting.heaped) * fine + setting.heaped * to(60) if setting.heaped else fine
