"""Hand-overs: which contact took over from which, and whether it went back to where it had been.

A source records a transfer in one of two ways, or in both: it counts them on the contact that was
passed on, or it opens a contact for whoever takes over and names the one before. The second tells
where the customer went. A link can also be a reopening or a follow-up, days later; what makes it a
hand-over is that one contact begins when the other ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.errors import QuestionError
from andon.ledger.kept import kept
from andon.ledger.replicates import replicate_of
from andon.ledger.sums import rows
from andon.units import US

__all__ = ["by_people", "handovers"]

_DEEPEST: Final = 40
"""Nobody is passed on more often; a longer chain is cut there."""


def by_people(contacts: ir.Table) -> ir.BooleanValue:
    """Whether a person handled the contact: what a bot passes on is another question."""
    return (contacts.outcome == "handled") & (
        ibis.coalesce(contacts.handled_by, "advisor") != "bot"
    )


@contextmanager
def handovers(
    contacts: ir.Table, *, within_s: float = 120.0, groups: int = 500
) -> Iterator[ir.Table]:
    """Every contact that took over from another, and where that customer had been before.

    The engine keeps them while the context lasts.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's; one row for each contact. Whoever is passed on and gives up has a row too.
    within_s : float
        How soon after the end of the one before, or before it, the next begins, seconds (> 0).
    groups : int
        Random groups of customers.

    Yields
    ------
    ibis.Table
        One row for each contact that took over: ``child`` and ``parent``, its key and that of the
        one before; ``root``, the key of the first of all, and ``replicate``, the random group of
        its customer; ``source``; ``passes``, how often the customer had been passed on by then;
        ``from_queue`` and ``to_queue``; ``back_queue`` and ``back_advisor``, whether this queue or
        this advisor had the customer before; ``counted``, whether the source counts transfers on
        the contact before.

    Raises
    ------
    QuestionError
        If ``within_s`` is not a time above 0.

    Notes
    -----
    Where the source counts transfers, a contact with none was not passed on, whoever names it.
    """
    if not (within_s > 0 and math.isfinite(within_s)):
        raise QuestionError(
            "A hand-over takes a time above 0.",
            found=f"handover_s: {within_s!r}",
            todo="Use 120 for two minutes.",
        )
    people = contacts.filter(by_people(contacts))
    parents = people.select(
        parent="contact_key",
        parent_id="contact_id",
        parent_at="arrived_us",
        parent_end="ended_us",
        from_queue=ibis.coalesce(people.queue, ""),
        from_advisor="advisor_id",
        transfers="transfers",
        source="source",
        replicate=replicate_of(ibis.coalesce(people.customer_key, people.contact_key), groups),
    )
    named = contacts.filter(contacts.previous_contact_id.notnull())
    children = named.select(
        child="contact_key",
        names="previous_contact_id",
        at="arrived_us",
        to_queue=ibis.coalesce(named.queue, ""),
        to_advisor="advisor_id",
    )
    links = children.join(parents, children.names == parents.parent_id)
    earlier = (links.parent_at < links["at"]) | (
        (links.parent_at == links["at"]) & (links.parent < links.child)
    )
    soon = (links["at"] - links.parent_end).abs() <= round(within_s * US)
    counts = links.transfers > 0
    links = links.filter(
        earlier & ibis.coalesce(counts, ibis.literal(True)) & ibis.coalesce(soon, counts, False)
    )
    with ExitStack() as stack:
        yield _followed_back(stack.enter_context(kept(links)), stack)


def _followed_back(links: ir.Table, stack: ExitStack) -> ir.Table:
    """Each hand-over with all that came before it, one step back in each round."""
    walk = links.select(
        "child",
        "parent",
        "source",
        "from_queue",
        "to_queue",
        "to_advisor",
        "replicate",
        root="parent",
        passes=ibis.literal(1, type="int64"),
        back_queue=links.to_queue == links.from_queue,
        back_advisor=ibis.coalesce(links.to_advisor == links.from_advisor, ibis.literal(False)),
        counted=links.transfers.notnull(),
    )
    before = links.select(
        step="child",
        next="parent",
        had_queue="from_queue",
        had_advisor="from_advisor",
        whose="replicate",
    )
    for _ in range(_DEEPEST):
        both = walk.join(before, walk.root == before.step, how="left")
        more = both.step.notnull()
        further = both.select(
            "child",
            "parent",
            "source",
            "from_queue",
            "to_queue",
            "to_advisor",
            "counted",
            replicate=ibis.coalesce(both.whose, both.replicate),
            root=ibis.coalesce(both.next, both.root),
            passes=ibis.ifelse(more, both.passes + 1, both.passes),
            back_queue=both.back_queue
            | ibis.coalesce(both.to_queue == both.had_queue, ibis.literal(False)),
            back_advisor=both.back_advisor
            | ibis.coalesce(both.to_advisor == both.had_advisor, ibis.literal(False)),
            stepped=more,
        )
        # Kept before it is counted how many went a step further back, so it is joined once.
        walk = stack.enter_context(kept(further))
        (left,) = rows(walk.aggregate(n=walk.count(where=walk.stepped)))
        if not left["n"]:
            break
    return walk.drop("to_advisor", "stepped")
