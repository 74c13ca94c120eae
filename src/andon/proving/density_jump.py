"""The record of density jumps: how often intervals hold the truth, how often they cry wolf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from andon import estimate
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.density_jump import density_jump
from andon.proving.bunching import Law, handle_law

__all__ = ["FULL", "SMALL", "JumpRecord", "JumpSetting", "jump_record"]

_CUTOFF_S: Final = 300.0
_LONGEST_S: Final = 3_600
_ALARM: Final = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class JumpSetting:
    """An operation whose handle times are known, with a cutoff of 300 s.

    Attributes
    ----------
    law : {"lognormal", "gamma", "weibull", "two humps"}
    n : int
        Contacts.
    gone : float
        The share of contacts beyond the cutoff that are not there: passed on, or cut short.
    """

    law: Law = "lognormal"
    n: int = 20_000
    gone: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class JumpRecord:
    """What became of many simulated operations of one setting.

    Attributes
    ----------
    setting : JumpSetting
    runs : int
    told : int
        Runs in which there was an answer.
    ratios : int
        Answers that could say how many times as dense it is above as below.
    held : Estimate or Unknown
        Share of those whose 95 % interval holds the truth.
    alarms : Estimate or Unknown
        Share of the answers with p < 0.05: false alarms where nothing is gone, power otherwise.
    """

    setting: JumpSetting
    runs: int
    told: int
    ratios: int
    held: Estimate | Unknown
    alarms: Estimate | Unknown


FULL: Final = tuple(
    JumpSetting(law=law, n=n, gone=gone)
    for law in ("lognormal", "gamma", "weibull", "two humps")
    for n in (2_000, 20_000, 200_000)
    for gone in (0.0, 0.2)
)
"""Every setting that the reference shows."""
SMALL: Final = (
    JumpSetting(n=2_000),
    JumpSetting(law="gamma"),
    JumpSetting(law="weibull", n=200_000, gone=0.2),
)
"""A few that a short run can fail on."""


def jump_record(
    settings: Sequence[JumpSetting] = FULL, *, runs: int = 1_000, seed: int = 4
) -> tuple[JumpRecord, ...]:
    """How the search for density jumps fares on operations whose truth is known.

    Parameters
    ----------
    settings : sequence of JumpSetting
    runs : int
        Simulated operations of each setting (> 0).
    seed : int
        The same seed gives the same record, whatever else is asked.

    Raises
    ------
    QuestionError
        If there is nothing to simulate.

    Examples
    --------
    >>> [record] = jump_record([JumpSetting(n=2_000)], runs=20)
    >>> record.told
    20
    """
    if runs < 1:
        raise QuestionError(
            "There must be something to simulate.", found=f"runs: {runs!r}", todo="Use 1,000."
        )
    return tuple(_record(setting, runs, seed) for setting in settings)


def _record(setting: JumpSetting, runs: int, seed: int) -> JumpRecord:
    rng = np.random.default_rng([seed, setting.n, round(1e6 * setting.gone), *setting.law.encode()])
    at = np.arange(1.0, _LONGEST_S + 1)
    law = handle_law(setting.law, at)
    law[at > _CUTOFF_S] *= 1 - setting.gone
    law /= law.sum()
    told = ratios = held = alarms = 0
    for _ in range(runs):
        counts = rng.multinomial(setting.n, law)
        found = density_jump(at, counts, cutoff=_CUTOFF_S, belongs="below")
        if isinstance(found, Unknown):
            continue
        told += 1
        alarms += found.p < _ALARM
        if isinstance(found.times, Estimate):
            ratios += 1
            held += found.times.low <= 1 - setting.gone <= found.times.high
    return JumpRecord(
        setting=setting,
        runs=runs,
        told=told,
        ratios=ratios,
        held=estimate.proportion(held, ratios),
        alarms=estimate.proportion(alarms, told),
    )
