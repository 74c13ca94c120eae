"""A verdict: go, watch or stop, with the reasons for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from andon.estimate import Estimate, Unknown

__all__ = ["Reason", "Ruling", "Verdict"]


class Ruling(StrEnum):
    """What a verdict says. The order is that of urgency."""

    GO = "go"
    WATCH = "watch"
    STOP = "stop"

    @property
    def urgency(self) -> int:
        """0 for go, 1 for watch, 2 for stop."""
        return tuple(Ruling).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason: a sentence, and the estimate it rests on.

    Attributes
    ----------
    ruling : Ruling
        What this reason alone would say.
    says : str
        One plain sentence.
    estimate : Estimate or Unknown
        The number behind the sentence.
    """

    ruling: Ruling
    says: str
    estimate: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What should happen to one thing that can run, and why.

    Attributes
    ----------
    subject : str
        What is judged: a line, a measure, a release, a bot.
    reasons : tuple of Reason
        At least one: a verdict without reasons is an opinion.

    Raises
    ------
    ValueError
        If there is no reason.

    Examples
    --------
    >>> from andon.estimate import Unknown
    >>> nothing = Unknown(unit="share", why="no survey was sent", needs="surveys")
    >>> verdict = Verdict(
    ...     subject="refund bot",
    ...     reasons=(Reason(ruling=Ruling.WATCH, says="Nobody was asked.", estimate=nothing),),
    ... )
    >>> verdict.ruling
    <Ruling.WATCH: 'watch'>
    """

    subject: str
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError(f"a verdict on {self.subject!r} needs at least one reason")

    @property
    def ruling(self) -> Ruling:
        """The most urgent of its reasons."""
        return max((reason.ruling for reason in self.reasons), key=lambda ruling: ruling.urgency)
