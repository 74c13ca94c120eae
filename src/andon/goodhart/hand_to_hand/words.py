"""What is said of passing on, in words."""

from __future__ import annotations

from typing import Final

from andon.estimate import Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.hand_to_hand.compared import Tested
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.hand_to_hand.recorded import Recorded
from andon.goodhart.hand_to_hand.ways import Ways
from andon.goodhart.same_work import SameWork

__all__ = ["caveats", "why_untold"]

_OTHER_REASONS: Final = (
    "A new rule of routing, a change of the menu or a new product that nobody is trained for makes"
    " all pass on more from one day on. Look at what was changed then.",
    "A customer whom the menu sent to the wrong queue is passed on once, and rightly. That is in"
    " the share, and not in what stands out among people in one queue.",
    "Time per matter counts every hand-over, those that were right too: it shows what customers'"
    " matters take, not what could be saved.",
)


def why_untold(table: SameWork, asked: Asked, change: Change | Unknown, passed: int) -> str:
    """Why nothing can be told, neither of people nor of time."""
    if not passed:
        return "no contact was passed on, or none is recorded as passed on"
    why = (
        "no advisor is recorded"
        if not table.names
        else f"fewer than five advisors have {asked.least_contacts:,} contacts in hours in which "
        "somebody else did the same work"
    )
    return f"{why}; and of the weeks, {change.why}" if isinstance(change, Unknown) else why


def caveats(recorded: Recorded, told: int, ways: Ways, tested: Tested) -> tuple[str, ...]:
    """What to bear in mind."""
    said = []
    if recorded.silent:
        said.append(
            f"{', '.join(recorded.silent)}: the source does not tell what was passed on, and is "
            "left out."
        )
    if told and recorded.contacts - told > 0.05 * recorded.contacts:
        said.append(
            f"Of {recorded.contacts - told:,} contacts it is not told whether they were passed on."
        )
    if not ways.linked:
        said.append(
            "No contact names the one that it took over from. So where customers went is not "
            "known, and who was passed on to an advisor counts as if they had come directly."
        )
    if told and recorded.unidentified == recorded.contacts:
        said.append(
            "No customer is known. Each matter counts as a customer of its own, so intervals over "
            "customers are somewhat too narrow."
        )
    if not tested.tested:
        said.append("Nobody could be compared with others who did the same work in the same hour.")
    return (*said, *_OTHER_REASONS)
