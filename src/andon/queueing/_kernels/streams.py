"""Random streams that need no state: a number is a function of whom it is for and what for.

Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, *Parallel random numbers: as easy as 1, 2, 3*,
https://doi.org/10.1145/2063384.2063405) turns a counter of four 32-bit words and a key of two into
four random words. Our counter is the customer, the attempt and the queue, the purpose and the
replication; our key is the seed. So a customer keeps patience, handle time and luck in every
scenario, in whatever order customers are served, and no two streams ever meet.

Each evaluation gives two uniform numbers of 52 bits, strictly between 0 and 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import lean_kernel

__all__ = [
    "ARRIVAL",
    "CALLBACK",
    "CONTACT",
    "DAY",
    "LEAVING",
    "SERVED",
    "TRANSFER",
    "uniforms",
    "uniforms_of_block",
]

_Floats = npt.NDArray[np.float64]

ARRIVAL = 1
"""What a number is for: the gap to the next fresh customer,"""
CONTACT = 2
"""a contact's handle time and patience,"""
SERVED = 3
"""whether a served customer comes back, and when,"""
LEAVING = 4
"""whether one who gave up redials, and when,"""
DAY = 5
"""how busy a day is,"""
CALLBACK = 6
"""whether a callback is accepted, and answered,"""
TRANSFER = 7
"""and whether a contact is passed on."""

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_UP = np.uint64(20)
_DOWN = np.uint64(12)
_ULP = 2.0**-52


@lean_kernel
def uniforms(
    seed: int, replication: int, purpose: int, queue: int, attempt: int, customer: int
) -> tuple[float, float]:
    """The two uniform numbers of one customer's attempt, for one purpose."""
    k0 = np.uint64(seed) & _LOW
    k1 = np.uint64(seed) >> _HALF
    c0 = np.uint64(customer) & _LOW
    c1 = np.uint64(customer) >> _HALF
    c2 = np.uint64(attempt | (queue << 16))
    c3 = np.uint64(purpose | (replication << 8))
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c1 = p1 & _LOW
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    first = (np.float64(np.int64((c0 << _UP) ^ (c1 >> _DOWN))) + 0.5) * _ULP
    second = (np.float64(np.int64((c2 << _UP) ^ (c3 >> _DOWN))) + 0.5) * _ULP
    return first, second


@lean_kernel
def uniforms_of_block(
    seed: int,
    replication: int,
    purpose: int,
    queue: int,
    attempt: int,
    customer: int,
    n: int,
    first: _Floats,
    second: _Floats,
) -> None:
    """The same for ``n`` customers from ``customer`` on, into ``first`` and ``second``.

    The ten rounds are written out: only so does the compiler take four customers at a time.
    """
    s0 = np.uint64(seed) & _LOW
    s1 = np.uint64(seed) >> _HALF
    a0, b0 = s0, s1
    a1, b1 = (a0 + _W0) & _LOW, (b0 + _W1) & _LOW
    a2, b2 = (a1 + _W0) & _LOW, (b1 + _W1) & _LOW
    a3, b3 = (a2 + _W0) & _LOW, (b2 + _W1) & _LOW
    a4, b4 = (a3 + _W0) & _LOW, (b3 + _W1) & _LOW
    a5, b5 = (a4 + _W0) & _LOW, (b4 + _W1) & _LOW
    a6, b6 = (a5 + _W0) & _LOW, (b5 + _W1) & _LOW
    a7, b7 = (a6 + _W0) & _LOW, (b6 + _W1) & _LOW
    a8, b8 = (a7 + _W0) & _LOW, (b7 + _W1) & _LOW
    a9, b9 = (a8 + _W0) & _LOW, (b8 + _W1) & _LOW
    k2 = np.uint64(attempt | (queue << 16))
    k3 = np.uint64(purpose | (replication << 8))
    begin = np.uint64(customer)
    for i in range(n):
        c0 = (begin + np.uint64(i)) & _LOW
        c1 = (begin + np.uint64(i)) >> _HALF
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (k2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a0, p1 & _LOW, (p0 >> _HALF) ^ k3 ^ b0, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a1, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b1, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a2, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b2, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a3, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b3, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a4, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b4, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a5, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b5, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a6, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b6, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a7, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b7, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a8, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b8, p0 & _LOW
        p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ a9, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ b9, p0 & _LOW
        first[i] = (np.float64(np.int64((c0 << _UP) ^ (c1 >> _DOWN))) + 0.5) * _ULP
        second[i] = (np.float64(np.int64((c2 << _UP) ^ (c3 >> _DOWN))) + 0.5) * _ULP
