"""An estimate: a number with its interval, its unit, its n and its method.

No bare number leaves Andon. Questions reduce contacts to a few sums inside the engine
(:class:`Sums`), and the functions here turn those sums into an :class:`Estimate`. Contacts by one
customer resemble one another, so the customer, and not the contact, is the unit of doubt.

Which interval suits which data, and how often each holds the truth when that is known, stands in
``docs/reference/estimates.md``.
"""

from andon.estimate.arithmetic import (
    bounds,
    complement,
    difference,
    difference_of,
    quotient,
    times,
    total,
)
from andon.estimate.figures import Estimate, Unknown, from_json
from andon.estimate.intervals import effective_n, mean, proportion, rate, ratio, share
from andon.estimate.sums import Paired, Sums, shared

__all__ = [
    "Estimate",
    "Paired",
    "Sums",
    "Unknown",
    "bounds",
    "complement",
    "difference",
    "difference_of",
    "effective_n",
    "from_json",
    "mean",
    "proportion",
    "quotient",
    "rate",
    "ratio",
    "share",
    "shared",
    "times",
    "total",
]
