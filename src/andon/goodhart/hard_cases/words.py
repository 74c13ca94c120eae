"""What is said of hard cases, in words."""

from __future__ import annotations

from andon.estimate import Estimate
from andon.goodhart.hard_cases.handled import Census
from andon.goodhart.hard_cases.mix import Mix
from andon.goodhart.hard_cases.needs import Needs
from andon.goodhart.hard_cases.passed_on import PassedOn
from andon.goodhart.hard_cases.promises import Promises
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.when import When

__all__ = ["caveats", "says"]


def says(mix: Mix, when: When, needs: Needs, passed_on: PassedOn, promises: Promises) -> str:
    """What was found, in words for everybody; it speaks of no single person."""
    said = []
    if mix.why_not:
        said.append(f"Whether hard contacts reach everybody alike cannot be told: {mix.why_not}.")
    elif mix.stands_out:
        said.append(
            "Hard contacts do not reach everybody alike: some get lighter work than all the others "
            "in the same queue and interval."
        )
        if isinstance(mix.went_elsewhere, Estimate):
            said.append(
                f"Of the hard contacts that chance would have brought them, "
                f"{mix.went_elsewhere.says()} went elsewhere."
            )
        if when.since:
            said.append(f"It began about {when.since.likeliest}.")
        if when.until:
            said.append(f"It ended about {when.until.likeliest}.")
    elif mix.uneven:
        said.append(
            "Hard contacts do not reach everybody alike, and nobody stands apart from the rest. "
            "Either a rule sends them so, or many let them pass: that cannot be told from here."
        )
    else:
        said.append("Hard contacts reach everybody alike, as far as chance lets one see.")
    if needs.stands_out:
        said.append("Some get fewer customers who need support than all the others do.")
    if passed_on.stands_out:
        said.append("Some pass hard contacts on within moments, and keep the easy ones.")
    if promises.stands_out:
        said.append(
            "Quick contacts that were recorded as resolved come back as complaints, from few hands "
            "far oftener than from others."
        )
        if isinstance(promises.from_few, Estimate):
            said.append(
                f"Of complaints after resolved contacts, {promises.from_few.says()} are beyond "
                "what the mix explains."
            )
    return " ".join(said)


def caveats(mix: Mix, census: Census, asked: Asked) -> tuple[str, ...]:
    """What to bear in mind."""
    said = [
        "Uneven work is no proof that anybody avoids anything: routing rules, skills and the rota "
        "make work uneven as well. Ask who decides what is sent to whom."
    ]
    routed = mix.routed
    if routed:
        count = len(routed)
        said.append(
            f"{count} reason{'s are' if count > 1 else ' is'} never sent to some advisors, who are "
            "compared among themselves: that is taken for work sent by skill."
        )
    if census.contacts and census.no_reason > 0.05 * census.contacts:
        said.append(
            f"{100 * census.no_reason / census.contacts:.0f} in 100 contacts have no reason "
            "recorded. If those are the hard ones, what is told here is not all."
        )
    if asked.complaints and mix.facts and not census.followed:
        said.append("No customer is known, so what came of a contact cannot be seen.")
    said.append("If everybody sheds hard cases alike, no comparison of advisors can show it.")
    return tuple(said)
