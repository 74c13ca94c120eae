"""Signatures: how a bent measure shows, what is tested, and what to do about the target.

Each way in which numbers get bent leaves its own traces. A row of :data:`SIGNATURES` says what they
look like, what is tested and against what, what the size of the effect is, what else could explain
it, and what to do about the *target*. The last is never about a person: whoever bends a measure
mostly does what the target asks. ``docs/reference/signatures.md`` is written from the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["SIGNATURES", "Signature", "SignatureKey"]

SignatureKey = Literal[
    "short_contacts",
    "bunching",
    "parked_work",
    "passing_on",
    "shedding",
    "closing_early",
    "chosen_surveys",
    "silent_targets",
    "around_a_date",
    "twins_parting",
]
"""The ten ways in which a bent measure shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """One way in which a bent measure shows.

    Which measures are bent so, a measure's own ``bent_by`` tells
    (:data:`andon.goodhart.measures.MEASURES`).

    Attributes
    ----------
    key : str
        Its name in files and in code.
    looks : str
        What it looks like, as a part of a sentence.
    test : str
        What is tested, in plain sentences.
    effect : str
        What the effect's size is, with its unit.
    otherwise : tuple of str
        What else could explain it, to be looked at before anybody acts; one sentence each.
    target : str
        What to do about the target.
    home, function : str
        The module and the name of the question that looks for it.
    """

    key: SignatureKey
    looks: str
    test: str
    effect: str
    otherwise: tuple[str, ...]
    target: str
    home: str
    function: str


_ROWS: Final = (
    Signature(
        key="short_contacts",
        looks="contacts cut short, and the same customer back within minutes",
        test=(
            "Four things must hold at once. There are more short contacts than others have with "
            "the same work in the same hours. More customers are cut off and come back. They come "
            "back oftener after short contacts than after usual ones. And there is a heap of short "
            "contacts that a quick pace would not make."
        ),
        effect=(
            "How far short contacts pull the mean handle time down, in seconds. Beside it, how "
            "much oftener customers are back after them, in percentage points."
        ),
        otherwise=(
            "A faulty line or headset cuts contacts off as well.",
            "Call-backs, wrong numbers and silent lines end within seconds, whoever takes them.",
            "Some matters are quickly told, and some queues have more of them.",
        ),
        target=(
            "Take mean handle time out of what is rewarded, and count settled matters. Ask what "
            "the short contacts give that the work does not: often it is rest."
        ),
        home="andon.goodhart.short_contacts",
        function="short_contacts",
    ),
    Signature(
        key="bunching",
        looks="too many results just on the good side of the target",
        test=(
            "Whether more contacts end at or just under a limit than a smooth shape through those "
            "around it would put there. Rounding is told apart by other round numbers."
        ),
        effect=(
            "The contacts beyond the smooth shape, as a share of all, and how far each was "
            "moved, in the clock's unit."
        ),
        otherwise=(
            "People and systems round, and round numbers gather contacts without any target.",
            "A system may end, warn or send onward by itself at that length.",
            "A promise kept by working on what is due first is what the limit asks for.",
        ),
        target=(
            "Take the cliff away: let what lies just beyond the limit count nearly as much as what "
            "lies just within it, and look at the longest as well."
        ),
        home="andon.goodhart.at_a_limit",
        function="at_a_limit",
    ),
    Signature(
        key="parked_work",
        looks="wrap-up, hold or waiting states that stop the clock",
        test=(
            "Whether contacts that end just within a limit hold more time in which its clock "
            "stood still than those that end a little before and a little after it."
        ),
        effect=(
            "The parked share of the time near the limit beyond what those around it show, in "
            "percentage points."
        ),
        otherwise=(
            "A step of the work may really need hold or wrap-up at about that length.",
            "A system may set the state by itself when the clock has run so long.",
        ),
        target=(
            "Let the clock run until the customer is served: talk, hold and wrap-up together, and "
            "for cases from the first contact to the settled matter."
        ),
        home="andon.goodhart.parked_work",
        function="parked_work",
    ),
    Signature(
        key="passing_on",
        looks="transfers beyond what the customers' matters explain",
        test=(
            "Whether contacts are passed on, and passed back, more often than the same matters at "
            "the same time are elsewhere."
        ),
        effect="The share passed on beyond what the mix explains, in percentage points.",
        otherwise=(
            "A menu that asks wrongly brings matters to people who cannot settle them.",
            "Whoever is new, or lacks the rights, must pass on more.",
        ),
        target=(
            "Count a matter from its first contact to its end, whoever has it, and let nobody "
            "gain by handing it over. Mend the menu, and give the rights to settle it."
        ),
        home="andon.goodhart.passing_on",
        function="passing_on",
    ),
    Signature(
        key="shedding",
        looks="hard matters that end up with somebody else",
        test=(
            "Whether advisors to whom chance should bring the same work have another mix of "
            "matters than chance brings."
        ),
        effect="How far the mix differs beyond chance, in the share or the seconds of hard work.",
        otherwise=(
            "Routing by skill gives hard matters to some on purpose.",
            "Shifts differ in what customers ask for; so do languages and products.",
            "Reasons are often set by hand, and hands differ.",
        ),
        target=(
            "Reward no figure that the mix of matters moves. Bring contacts to whoever is free, "
            "and let people say that a matter is too hard without it costing them."
        ),
        home="andon.goodhart.shedding",
        function="shedding",
    ),
    Signature(
        key="closing_early",
        looks="matters closed and opened again, or split into several",
        test=(
            "Whether more comes back of what was closed just before a limit than of what was "
            "closed a little earlier or later, beyond the customers' habit. And whether one hand "
            "opens contacts of one customer within minutes oftener than chance would bring it to."
        ),
        effect=(
            "The share that is back beyond what those around the limit show, in percentage points; "
            "and what the measure reads when matters are counted."
        ),
        otherwise=(
            "Customers who are told at the limit that it was reached may ask again.",
            "A system may close what is quiet, and open a new contact for each message.",
            "Some matters need two contacts by their nature, such as an order and its delivery.",
        ),
        target=(
            "Count settled matters: closed, and no contact about it within 7 days, however it is "
            "booked. Let the limit be on the customer's time and not on the case."
        ),
        home="andon.goodhart.closing_early",
        function="closing_early",
    ),
    Signature(
        key="chosen_surveys",
        looks="invitations that go to those who are likely to be content",
        test=(
            "Whether contacts that seem to have gone well were asked about more often, within one "
            "queue, week and advisor. Seem, by what is known before anybody answers: settled, not "
            "passed on, a short wait."
        ),
        effect=(
            "What the score would be with everybody asked alike, in points of the scale, and the "
            "least and the most that it can be."
        ),
        otherwise=(
            "A rule may say which contacts are asked about, and then the rule chooses.",
            "Customers who were asked lately, or who forbid it, are left out, and they may differ.",
        ),
        target=(
            "Let chance choose whom to ask, out of the hands of whoever is judged by it, and show "
            "how many were asked beside every score."
        ),
        home="andon.goodhart.chosen_surveys",
        function="chosen_surveys",
    ),
    Signature(
        key="silent_targets",
        looks="a number that falls because customers leave or try elsewhere",
        test=(
            "Whether a target looks better from the first third of the months to the last while "
            "its companion gets worse, both beyond doubt. Companions are redials, complaints, and "
            "those who ask for a person after self-service."
        ),
        effect="How far target and companion moved, in percentage points.",
        otherwise=(
            "A better way of recognising customers makes more of their returns seen.",
            "A new way to complain brings complaints that were there before.",
            "A busy season moves both.",
        ),
        target=(
            "Count everybody who came, also those who left or were sent away, and set the target "
            "on what became of them."
        ),
        home="andon.goodhart.silent_targets",
        function="silent_targets",
    ),
    Signature(
        key="around_a_date",
        looks="a jump on the day on which the target begins or ends",
        test=(
            "Whether a measure moved on the day of a target more than chance moves it, and more "
            "than around nearly all days on which nothing is known to have happened."
        ),
        effect="The measure after that day less before it, in its own unit.",
        otherwise=(
            "Something else may have changed on the same day: a system, a season, a product.",
            "A new way of recording moves the measure and nothing else.",
            "The measure may have got better honestly; its twin tells.",
        ),
        target=(
            "Read the measure's twin over the same days. Where the twin did not gain, treat the "
            "jump as a new way of counting and reward nobody for it."
        ),
        home="andon.goodhart.around_a_date",
        function="around_a_date",
    ),
    Signature(
        key="twins_parting",
        looks="the measure improves while its twin worsens",
        test=(
            "Whether a measure and its twin moved apart within the same queues, from the first "
            "third of the weeks to the last, each beyond its own doubt."
        ),
        effect="How far each moved with the mix held even, in its own unit.",
        otherwise=(
            "Things that move together in time need not cause one another.",
            "If more customers are recognised, more of their returns are seen.",
            "Matters may have become harder within a queue, which the mix does not show.",
        ),
        target=(
            "Give the target a floor on its twin, so that it counts only while the twin holds; or "
            "make the twin the target."
        ),
        home="andon.goodhart.parting_twins",
        function="parting_twins",
    ),
)

SIGNATURES: Final[Mapping[SignatureKey, Signature]] = {row.key: row for row in _ROWS}
"""Every signature, by its key."""
