"""Unbent: what is moved to the limit is taken back there and then."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from andon.estimate import Estimate, Unknown
from andon.goodhart.bunching import bunching
from andon.goodhart.excess_mass import Bunching
from andon.goodhart.tally import tally
from andon.goodhart.unbent import Unbent, unbent

Floats = npt.NDArray[np.float64]

LIMIT_S = 300.0
AT = np.arange(1.0, 1201.0)


def days(seed: int, *, bent: float, groups: int = 30) -> tuple[Floats, Floats]:
    """Counts by day and second, as they are and as they would be with nobody aiming."""
    rng = np.random.default_rng(seed)
    law = AT**3 * np.exp(-AT / 70)
    honest = rng.poisson(1500 * law / law.sum(), (groups, AT.size)).astype(float)
    seen = honest.copy()
    over = (AT > LIMIT_S) & (AT <= LIMIT_S + 60)
    moved = rng.binomial(honest[:, over].astype(int), bent)
    seen[:, over] -= moved
    seen[:, (AT > LIMIT_S - 10) & (AT <= LIMIT_S)] += moved.sum(axis=1)[:, None] / 10
    return np.round(seen), honest


def told(seen: Floats, *, limit_s: float = LIMIT_S) -> Unbent:
    found = bunching(AT, seen, threshold=limit_s, beyond="broken")
    assert isinstance(found, Bunching)
    return unbent(
        found,
        tally(AT, seen),
        limit=limit_s,
        side="below",
        n=seen.sum(axis=1),
        within=seen[:, limit_s >= AT].sum(axis=1),
        timed=seen.sum(axis=1),
        total=seen @ AT,
    )


def test_what_it_reads_is_a_plain_share_and_a_plain_mean() -> None:
    seen, _ = days(1, bent=0.3)
    found = told(seen)
    assert isinstance(found.reads, Estimate)
    assert isinstance(found.mean_reads, Estimate)
    assert found.reads.value == pytest.approx(seen[:, LIMIT_S >= AT].sum() / seen.sum())
    assert found.mean_reads.value == pytest.approx((seen @ AT).sum() / seen.sum())


@pytest.mark.parametrize("bent", [0.0, 0.2, 0.5])
def test_without_the_pile_it_reads_as_it_would(bent: float) -> None:
    held = shares = means = 0
    for seed in range(10):
        seen, honest = days(seed, bent=bent)
        found = told(seen)
        assert isinstance(found.without, Estimate)
        assert isinstance(found.mean_without, Estimate)
        assert isinstance(found.bend, Estimate)
        assert isinstance(found.reads, Estimate)
        assert found.without.value == pytest.approx(found.reads.value - found.bend.value)
        share = honest[:, LIMIT_S >= AT].sum() / honest.sum()
        mean = (honest @ AT).sum() / honest.sum()
        shares += found.without.low <= share <= found.without.high
        means += found.mean_without.low <= mean <= found.mean_without.high
        held += 1
    # With 95 %, fewer than 7 of 10 have a chance of 1 in 1000.
    assert min(shares, means) >= 7
    assert held == 10


def test_too_few_days_give_no_interval_and_so_no_figure() -> None:
    found = told(days(1, bent=0.2, groups=5)[0])
    for each in (found.reads, found.without, found.bend, found.mean_without):
        assert isinstance(each, Unknown)
        assert "days" in each.why
