"""Philox4x32-10 in plain integers, from its definition (Salmon and others 2011, section 3.3)."""

from __future__ import annotations

__all__ = ["philox", "uniforms"]

WORD = 0xFFFFFFFF


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, ...]:
    """Four random words of 32 bits."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            (second >> 32) ^ c[1] ^ k[0],
            second & WORD,
            (first >> 32) ^ c[3] ^ k[1],
            first & WORD,
        ]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return tuple(c)


def uniforms(
    seed: int, replication: int, purpose: int, queue: int, attempt: int, customer: int
) -> tuple[float, float]:
    """The middle of one of 2**52 equal parts of 0 to 1, twice."""
    a, b, c, d = philox(
        (
            customer & WORD,
            customer >> 32,
            attempt + (queue << 16),
            purpose + (replication << 8),
        ),
        (seed & WORD, seed >> 32),
    )
    return tuple(((high << 20) + (low >> 12) + 0.5) / 2**52 for high, low in ((a, b), (c, d)))  # type: ignore[return-value]
