"""A proof: operations made up many times over, and how often a question was right about them.

Whatever is proved is a share: of intervals that hold the truth, of calm operations that raise an
alarm, of bent ones that are found out. Each has limits within which it is wanted, and a binomial
interval: it counts as missed only where chance does not explain it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from andon import estimate
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown

__all__ = ["Case", "Count", "Proof", "Wanted", "pooled"]

_LEAST_CHANCE: Final = 0.001
"""A count so unlikely under what is wanted is no bad luck."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Within which limits a share is wanted.

    Attributes
    ----------
    low, high : float
        0 to 1. 0 and 1: it is shown, and nothing is asked of it.
    """

    low: float = 0.0
    high: float = 1.0

    def __str__(self) -> str:
        if self.low <= 0 and self.high >= 1:
            return ""
        if self.low <= 0:
            return f"at most {100 * self.high:g} %"
        if self.high >= 1:
            return f"at least {100 * self.low:g} %"
        return f"{100 * self.low:g} to {100 * self.high:g} %"


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How often something was so, in one case of a proof.

    Attributes
    ----------
    what : str
        What was counted.
    times, of : int
        How often it was so, of how many that could be.
    wanted : Wanted
    says : str
        What else there is to know, such as the mean of the estimates beside the truth.

    Examples
    --------
    >>> count = Count(what="holds the truth", times=286, of=300, wanted=Wanted(low=0.93, high=0.97))
    >>> count.met, str(count.share)
    (True, '95.3 % (92.3 to 97.2 %)')
    >>> Count(what="false alarms", times=31, of=300, wanted=Wanted(high=0.05)).met
    False
    """

    what: str
    times: int
    of: int
    wanted: Wanted = field(default_factory=Wanted)
    says: str = ""

    @property
    def share(self) -> Estimate | Unknown:
        """How often it was so, with its interval."""
        return estimate.proportion(self.times, self.of)

    @property
    def chance(self) -> float:
        """The chance of a count so far beyond what is wanted, were it just met."""
        from scipy.stats import binom  # noqa: PLC0415 - slow to load

        if self.of == 0:
            return 1.0
        too_few = float(binom.cdf(self.times, self.of, self.wanted.low))
        too_many = float(binom.sf(self.times - 1, self.of, self.wanted.high))
        return min(too_few, too_many, 1.0)

    @property
    def met(self) -> bool:
        """Whether it agrees with what is wanted, as far as chance lets anybody tell."""
        return self.chance > _LEAST_CHANCE

    def as_json(self) -> dict[str, Any]:
        """The count as plain values; :meth:`from_json` reads it back."""
        return {
            "what": self.what,
            "times": self.times,
            "of": self.of,
            "wanted": [self.wanted.low, self.wanted.high],
            "says": self.says,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Count:
        """A count that was kept."""
        low, high = kept["wanted"]
        return cls(
            what=kept["what"],
            times=kept["times"],
            of=kept["of"],
            wanted=Wanted(low=low, high=high),
            says=kept["says"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One kind of operation, made up many times over.

    Attributes
    ----------
    name : str
        What it is like, in a few words.
    count : callable
        Takes a number of runs and a seed, gives the counts; the same each time.
    full : int
        Runs that the reference shows.
    small : int
        Runs of the small form, which tests make; 0 where it has none.
    among : str
        In words, the cases with which its counts are added up as well; none if empty.
    """

    name: str
    count: Callable[[int, int], tuple[Count, ...]]
    full: int
    small: int = 0
    among: str = ""

    def counted(self, runs: int, seed: int) -> tuple[Count, ...]:
        """What came of so many runs.

        Raises
        ------
        QuestionError
            If there is nothing to simulate.
        """
        if runs < 1:
            raise QuestionError(
                "There must be something to simulate.",
                found=f"runs: {runs!r}",
                todo=f"Use {self.full}.",
            )
        return self.count(runs, seed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """What is proved of one question or signature.

    Attributes
    ----------
    name : str
        For the command and the file: letters and underscores.
    title : str
        For the page.
    tests : str
        What is tested, in plain sentences.
    wanted : str
        What is wanted, and why.
    cases : tuple of Case
    """

    name: str
    title: str
    tests: str
    wanted: str
    cases: tuple[Case, ...]


def pooled(cases: Iterable[Sequence[Count]]) -> tuple[Count, ...]:
    """What was counted in several cases, added up over them.

    Examples
    --------
    >>> one, other = (Count(what="shows", times=n, of=50) for n in (1, 2))
    >>> [all_] = pooled([[one], [other]])
    >>> all_.times, all_.of
    (3, 100)
    """
    found: dict[str, list[Count]] = {}
    for counts in cases:
        for each in counts:
            found.setdefault(each.what, []).append(each)
    return tuple(
        Count(
            what=what,
            times=sum(each.times for each in counts),
            of=sum(each.of for each in counts),
            wanted=counts[0].wanted,
        )
        for what, counts in found.items()
    )
