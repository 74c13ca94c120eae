"""Every proof there is: what questions and signatures are held to, and on which operations."""

from __future__ import annotations

from typing import Final

from andon.proving.coverage import COVERAGE
from andon.proving.proof import Proof

__all__ = ["PROOFS"]

PROOFS: Final[dict[str, Proof]] = {
    proof.name: proof
    for proof in (
        Proof(
            name="coverage",
            title="Intervals of questions",
            tests=(
                "How often an interval of 95 % holds the truth. The truth is that of operations "
                "like this one: what all of those made up show together, everybody known and no "
                "wait or silence cut short; or a number that was put in. Bounds are held against "
                "what happened in the one operation. *More*: the mean of the estimates, with half "
                "an interval's usual width, and the truth."
            ),
            wanted="93 to 97.5 % of intervals; bounds always.",
            cases=COVERAGE,
        ),
    )
}
"""By name, in the order of the page."""
