"""Random streams: the published numbers, one function of whom and what for, and no pattern."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from andon.queueing._kernels import streams
from oracles import streams as oracle

PUBLISHED = [
    # The authors' own known answers for philox4x32 with ten rounds (Random123, kat_vectors).
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
PURPOSES = range(1, 8)
N = 1 << 16


def block(
    n: int,
    *,
    seed: int = 7,
    replication: int = 0,
    purpose: int = 2,
    attempt: int = 0,
    start: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.empty(n), np.empty(n)
    streams.uniforms_of_block(seed, replication, purpose, 0, attempt, start, n, first, second)
    return first, second


@pytest.mark.parametrize(("counter", "key", "words"), PUBLISHED)
def test_the_twin_gives_the_published_words(
    counter: tuple[int, int, int, int], key: tuple[int, int], words: tuple[int, ...]
) -> None:
    assert oracle.philox(counter, key) == words


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    replication=st.integers(0, 2**23 - 1),
    purpose=st.sampled_from(PURPOSES),
    queue=st.integers(0, 2**12 - 1),
    attempt=st.integers(0, 2**14),
    customer=st.integers(0, 2**47),
)
def test_kernel_block_and_twin_are_one(
    seed: int, replication: int, purpose: int, queue: int, attempt: int, customer: int
) -> None:
    words = (seed, replication, purpose, queue, attempt, customer)
    told = oracle.uniforms(*words)
    assert streams.uniforms(*words) == told
    first, second = np.empty(5), np.empty(5)
    streams.uniforms_of_block(*words, 5, first, second)
    assert (first[0], second[0]) == told
    assert (first[4], second[4]) == oracle.uniforms(*words[:5], customer + 4)


def test_numbers_lie_strictly_between_0_and_1() -> None:
    least, most = 0.5 / 2**52, (2**52 - 0.5) / 2**52
    assert 0 < least < most < 1
    first, second = block(N)
    assert min(first.min(), second.min()) >= least
    assert max(first.max(), second.max()) <= most


def test_numbers_are_even_and_know_nothing_of_each_other() -> None:
    rows = [block(N, purpose=purpose) for purpose in PURPOSES]
    rows += [block(N, replication=1), block(N, attempt=1), block(N, seed=8)]
    numbers = np.array([each for pair in rows for each in pair])
    p = [stats.kstest(each, "uniform").pvalue for each in numbers]
    assert min(p) > 1e-3 / len(p)
    # Across streams, and from one customer to the next.
    among = np.corrcoef(numbers)[np.triu_indices(len(numbers), 1)]
    lags = [np.corrcoef(each[lag:], each[:-lag])[0, 1] for each in numbers for lag in (1, 2, 64)]
    z = np.sqrt(N) * np.abs([*among, *lags])
    assert z.max() < stats.norm.isf(1e-3 / len(z))


def test_pairs_triples_and_low_bits_fill_their_cells_evenly() -> None:
    first, second = block(1 << 18)
    for one, other in ((first, second), (first[1:], first[:-1]), (second[1:], first[:-1])):
        cells, _, _ = np.histogram2d(one, other, bins=32)
        assert stats.chisquare(cells.ravel()).pvalue > 1e-4
    low = (first * 2**52).astype(np.int64) & 0xFF
    assert stats.chisquare(np.bincount(low, minlength=256)).pvalue > 1e-4
    gaps = np.diff(np.flatnonzero(first < 0.1))
    told = np.bincount(np.minimum(gaps, 40), minlength=41)[1:]
    due = 0.1 * 0.9 ** np.arange(40)
    due[-1] = 0.9**39
    assert stats.chisquare(told, due * len(gaps)).pvalue > 1e-4


def test_no_two_places_share_a_number() -> None:
    numbers = np.concatenate(
        [
            np.concatenate(
                block(1 << 14, purpose=purpose, replication=replication, attempt=attempt)
            )
            for purpose in PURPOSES
            for replication in (0, 1)
            for attempt in (0, 1)
        ]
    )
    assert len(np.unique(numbers)) == len(numbers)
