"""Chains: the contacts that belong to one matter of one customer.

A matter that takes one contact is a chain of one. A chain is made of links that the source
declares (a transfer, a reopening), and where it declares none, of contacts by the same customer
about the same matter that come soon after one another. Every contact is in exactly one chain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np

from andon import estimate
from andon.answer import Answer, Group, Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.periods import with_groups
from andon.ledger.replicates import FEW, MANY, Replicates, replicate_of
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, US

__all__ = ["Chains", "Length", "Told", "chained", "chains", "in_matters", "told"]

_LONGEST: Final = 10
_DIGITS: Final = 20
_NO_NAME: Final = "\N{START OF HEADING}"
_NO_NUMBER: Final = -(2**31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the contacts say themselves about what belongs together.

    Attributes
    ----------
    contacts : int
    unidentified : int
        Contacts without a customer id.
    matters : int
        Contacts with a journey or a reason.
    links : int
        Contacts that name a previous contact.
    """

    contacts: int
    unidentified: int
    matters: int
    links: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """Matters that took so many contacts.

    Attributes
    ----------
    contacts : int
        How many contacts; the last row stands for that many and more.
    chains : int
        Finished chains of that length.
    share : Estimate or Unknown
        Their share of all finished chains.
    """

    contacts: int
    chains: int
    share: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Chains:
    """How many contacts customers need for one matter.

    Attributes
    ----------
    window_s : float
        Silence that ends a chain, seconds.
    contacts : int
        Contacts that can be put into chains: identified, or in a declared chain with others.
    unidentified : int
        Contacts without a customer id. Those without a declared link either are chains of their
        own, of which nothing is known; they are left out of what follows.
    chains : int
        Chains that the contacts make, finished or not.
    links : int
        Contacts that name a previous contact.
    one_contact : Estimate or Unknown
        Share of matters that took one contact, of matters whose first contact had a whole window
        seen before it and after it.
    contacts_per_matter : Estimate or Unknown
        Contacts for each new matter: contacts whose window before was wholly seen, over those of
        them that began a chain.
    finished : int
        Chains seen whole: a whole window before the first contact and after every one.
    lengths : tuple of Length
        Finished chains by length. Long chains are likelier to be still running, so this table has
        too few of them; the two estimates above do not.
    caveats : tuple of str
        What a reader must know before using these figures.
    """

    window_s: float
    contacts: int
    unidentified: int
    chains: int
    links: int
    one_contact: Estimate | Unknown
    contacts_per_matter: Estimate | Unknown
    finished: int
    lengths: tuple[Length, ...]
    caveats: tuple[str, ...]


def chains(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    window_s: float = 7 * DAY_S,
    observed: Observed | None = None,
    level: float = 0.95,
) -> Answer[Chains]:
    """How many contacts customers need for one matter.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`. A contact counts in
        the group of its chain's first contact.
    window_s : float
        Silence that ends a chain, seconds, above 0.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Level of the intervals, 0 to 1.

    Returns
    -------
    Answer of Chains

    Raises
    ------
    QuestionError
        If the window is not above 0, or ``by`` names something contacts cannot be grouped by.

    Notes
    -----
    What belongs together is said under :func:`chained`. A chain that still runs when observation
    ends is censored. To leave such chains out would leave out the long ones, so the two estimates
    look at single contacts: each begins a matter or not, and is followed or not, which is known as
    soon as its own windows are seen. Contacts over beginnings is the mean length of a chain.
    """
    window_us = _window_us(window_s)
    seen = coverage.observed(contacts) if observed is None else observed
    dated = with_groups(contacts, by)
    said = told(contacts)
    overall = _tallies(dated, said, seen, window_us, groups=MANY, by=())
    grouped = _tallies(dated, said, seen, window_us, groups=FEW, by=by) if by else {}
    counted = _unidentified(dated, by) if by else {}
    return Answer(
        overall=_result(
            overall.get((), _Tally.empty()),
            window_s=window_s,
            unidentified=(said.contacts, said.unidentified),
            said=said,
            seen=seen,
            level=level,
        ),
        groups=tuple(
            Group(
                scope,
                _result(
                    grouped.get(scope, _Tally.empty()),
                    window_s=window_s,
                    unidentified=counted[scope],
                    said=said,
                    seen=seen,
                    level=level,
                ),
            )
            for scope in in_order(counted)
        ),
    )


def chained(contacts: ir.Table, window_s: float = 7 * DAY_S) -> ir.Table:
    """The contacts, each with the chain that it is in.

    A contact follows the one that its source names, if that came earlier. One without such a link
    follows the same customer's last contact about the same matter, if it came at most ``window_s``
    before. The matter is the journey where one is recorded, else the reason. A contact with
    neither is taken to be about the matter of the customer's next contact within the window that
    has one, else of the last within the window; else about whatever the customer's other contacts
    without a matter are about. A contact without a customer id and without a link is alone.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    window_s : float
        Silence that ends a chain, seconds, above 0.

    Returns
    -------
    ibis.Table
        The same contacts with ``chain_id``, the ``contact_key`` of the chain's first contact. Its
        engine must stay open as long as the table is used.

    Raises
    ------
    QuestionError
        If the window is not above 0.
    """
    window_us = _window_us(window_s)
    said = told(contacts)
    lean = _lean(contacts)
    ids = _islands(_neighbours(_with_matter(lean, said, window_us), window_us))
    if said.links:
        ids = _joined(lean, said, window_us)
    ids = ids.select("key", chain_id=ids.island)
    return contacts.join(ids, contacts.contact_key == ids.key).drop("key")


def told(contacts: ir.Table) -> Told:
    """What the contacts say themselves about what belongs together."""
    has_matter = contacts.journey.notnull() | contacts.reason.notnull()
    lean = contacts.select(
        unidentified=contacts.customer_key.isnull().cast("int32"),
        matters=has_matter.cast("int32"),
        links=contacts.previous_contact_id.notnull().cast("int32"),
    )
    (found,) = rows(
        lean.aggregate(
            n=lean.count(),
            unidentified=lean.unidentified.sum(),
            matters=lean.matters.sum(),
            links=lean.links.sum(),
        )
    )
    return Told(
        contacts=int(found["n"]),
        unidentified=int(found["unidentified"] or 0),
        matters=int(found["matters"] or 0),
        links=int(found["links"] or 0),
    )


def in_matters(
    contacts: ir.Table, said: Told, *, window_s: float, keep: Mapping[str, ir.Value]
) -> ir.Table:
    """Contacts that can be put into chains, each with its place at the beginning or the end.

    Parameters
    ----------
    contacts : ibis.Table
    said : Told
        What :func:`told` found.
    window_s : float
        Silence that ends a chain, seconds.
    keep : mapping of str to expression
        What to carry along, expressions on ``contacts``.

    Returns
    -------
    ibis.Table
        ``customer`` (for clustering), ``chain`` columns that name the chain's neighbourhood, ``at``
        and ``key`` that order it, ``first`` and ``last``, and what was kept.
    """
    window_us = _window_us(window_s)
    if not said.links:
        known = _lean(contacts, keep).filter(ibis._.identified)
        return _neighbours(_with_matter(known, said, window_us), window_us)
    lean = _lean(contacts, keep)
    islands = _joined(lean, said, window_us)
    order = ibis.window(group_by="island", order_by=["at", "key"])
    placed = islands.mutate(
        first=islands["at"].lag().over(order).isnull(),
        last=islands["at"].lead().over(order).isnull(),
        matter=ibis.literal(""),
    )
    return placed.filter(placed.identified | ~placed.first | ~placed.last)


def _window_us(window_s: float) -> int:
    if not window_s > 0 or math.isinf(window_s):
        raise QuestionError(
            "A window must be above 0 seconds.",
            found=f"window_s: {window_s!r}",
            todo="Use for example 7 * 86400 for seven days.",
        )
    return round(window_s * US)


# Neighbours, islands, chains.


def _lean(contacts: ir.Table, keep: Mapping[str, ir.Value] | None = None) -> ir.Table:
    """What chains are made of, and no more."""
    return contacts.select(
        customer=ibis.coalesce(contacts.customer_key, contacts.contact_key),
        identified=contacts.customer_key.notnull(),
        at=contacts.arrived_us,
        key=contacts.contact_key,
        id=contacts.contact_id,
        previous=contacts.previous_contact_id,
        matter=ibis.coalesce("journey " + contacts.journey, "reason " + contacts.reason),
        **(keep or {}),
    )


def _with_matter(lean: ir.Table, said: Told, window_us: int) -> ir.Table:
    """Contacts with their matter; where none is recorded, that of a near neighbour."""
    if not said.matters:
        return lean.mutate(matter=ibis.literal(""))
    if said.matters == said.contacts:
        return lean
    # An instant of fixed width before the matter makes the nearest one the least or the greatest.
    instant = (lean["at"] + AGES_US).cast("string").lpad(_DIGITS, "0")
    stamped = lean.mutate(stamp=instant + lean.matter)
    whose = {"group_by": ["customer", "identified"], "order_by": ["at", "key"]}
    stamped = stamped.mutate(
        coming=stamped.stamp.min().over(ibis.window(rows=(1, None), **whose)),
        gone=stamped.stamp.max().over(ibis.window(rows=(None, -1), **whose)),
    )

    def near(stamp: ir.StringValue) -> ir.StringValue:
        away = stamp.substr(0, _DIGITS).cast("int64") - AGES_US - stamped["at"]
        return ibis.ifelse(away.abs() <= window_us, stamp.substr(_DIGITS), ibis.null("string"))

    filled = ibis.coalesce(stamped.matter, near(stamped.coming), near(stamped.gone), "")
    return stamped.mutate(matter=filled).drop("stamp", "coming", "gone")


def _neighbours(lean: ir.Table, window_us: int) -> ir.Table:
    """Whether each contact is the first or the last of its island: a chain without declared links.

    A column ``linked``, where there is one, cuts the chain before the contact.
    """
    order = ibis.window(group_by=["customer", "identified", "matter"], order_by=["at", "key"])
    at = lean["at"]
    cut = lean.linked if "linked" in lean.columns else ibis.literal(value=False)
    begins = ibis.coalesce(at - at.lag().over(order) > window_us, True) | cut
    ends = ibis.coalesce(at.lead().over(order) - at > window_us, True)
    if "linked" in lean.columns:
        ends |= ibis.coalesce(lean.linked.lead().over(order), True)
    return lean.mutate(first=begins, last=ends)


def _islands(placed: ir.Table) -> ir.Table:
    """Each contact with its ``island``: the key of the first contact in it."""
    whose = ["customer", "identified", "matter"]
    order = ibis.window(group_by=whose, order_by=["at", "key"])
    numbered = placed.mutate(number=ibis.row_number().over(order))
    begun = ibis.ifelse(numbered.first, numbered.number, ibis.null("int64"))
    numbered = numbered.mutate(
        begun=begun.max().over(ibis.cumulative_window(group_by=whose, order_by="number"))
    )
    whole = ibis.window(group_by=[*whose, "begun"], order_by="number", rows=(None, None))
    return numbered.mutate(island=numbered.key.first().over(whole)).drop("number", "begun")


def _joined(lean: ir.Table, said: Told, window_us: int) -> ir.Table:
    """Islands joined by declared links: the ``island`` is then the whole chain's."""
    parents = lean.select(parent_id=lean.id, parent=lean.key, parent_at=lean["at"])
    children = lean.filter(lean.previous.notnull()).select("previous", "key", "at")
    links = children.join(parents, children.previous == parents.parent_id)
    earlier = (links.parent_at < links["at"]) | (
        (links.parent_at == links["at"]) & (links.parent < links.key)
    )
    links = links.filter(earlier).select(child=links.key, parent=links.parent).cache()
    cut = lean.join(links, lean.key == links.child, how="left")
    cut = cut.mutate(linked=cut.child.notnull()).drop("child", "parent")
    islands = _islands(_neighbours(_with_matter(cut, said, window_us), window_us)).cache()
    up = links.join(islands.select("key", "island"), links.parent == islands.key)
    up = up.select("child", root=up.island)
    # Each round follows twice as many links; links only lead back in time, so there is an end.
    for _ in range(1 + math.ceil(math.log2(said.links + 1))):
        up = up.cache()
        further = up.select(step=up.child, next=up.root)
        both = up.join(further, up.root == further.step, how="left")
        (left,) = rows(both.aggregate(n=both.step.count()))
        if not left["n"]:
            break
        up = both.select("child", root=ibis.coalesce(both.next, both.root))
    found = islands.join(up, islands.island == up.child, how="left")
    return found.mutate(island=ibis.coalesce(found.root, found.island)).drop(
        "child", "root", "linked"
    )


# Counting.


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tally:
    """Counts by random group of customers.

    ``cells`` has the axes random group, first, last, seen before, seen after; ``lengths`` random
    group and length, of finished chains.
    """

    cells: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    lengths: np.ndarray[tuple[int, ...], np.dtype[np.float64]]

    @classmethod
    def empty(cls) -> _Tally:
        """No contact at all."""
        return cls(cells=np.zeros((1, 2, 2, 2, 2)), lengths=np.zeros((1, _LONGEST + 1)))


def _tallies(
    contacts: ir.Table,
    said: Told,
    seen: Observed,
    window_us: int,
    *,
    groups: int,
    by: Sequence[str],
) -> dict[Scope, _Tally]:
    placed = in_matters(
        contacts,
        said,
        window_s=window_us / US,
        keep={f"by_{name}": contacts[name] for name in by},
    )
    whose = ["island"] if said.links else ["customer", "identified", "matter"]
    order = ibis.window(group_by=whose, order_by=["at", "key"])
    watched = placed.select(
        *whose,
        *(f"by_{name}" for name in by),
        "first",
        "last",
        replicate=replicate_of(placed.customer, groups),
        number=ibis.row_number().over(order),
        before=seen.behind_us(placed["at"]) >= window_us,
        after=seen.ahead_us(placed["at"]) >= window_us,
    )
    torn = ~watched.after | (watched.first & ~watched.before)
    so_far = ibis.cumulative_window(group_by=whose, order_by="number")
    counted = watched.mutate(
        begun=ibis.ifelse(watched.first, watched.number, -1).max().over(so_far),
        torn=ibis.ifelse(torn, watched.number, -1).max().over(so_far),
    )
    length = ibis.least(counted.number - counted.begun + 1, _LONGEST)
    whole = counted.last & (counted.torn < counted.begun)
    counted = counted.mutate(length=ibis.ifelse(whole, length, 0))
    if by:
        counted = _grouped_as_first(counted, whose, by)
    names = [f"by_{name}" for name in by]
    keys = [*names, "replicate", "first", "last", "before", "after", "length"]
    found = counted.group_by(keys).aggregate(n=ibis._.count())
    tallies: dict[Scope, _Tally] = {}
    for row in rows(found):
        scope = tuple((name, row[f"by_{name}"]) for name in by)
        if scope not in tallies:
            tallies[scope] = _Tally(
                cells=np.zeros((groups, 2, 2, 2, 2)), lengths=np.zeros((groups, _LONGEST + 1))
            )
        flags = tuple(int(row[name]) for name in ("first", "last", "before", "after"))
        tallies[scope].cells[(row["replicate"], *flags)] += row["n"]
        tallies[scope].lengths[row["replicate"], row["length"]] += row["n"]
    return tallies


def _grouped_as_first(counted: ir.Table, whose: Sequence[str], by: Sequence[str]) -> ir.Table:
    """Each contact in the group of its chain's first contact.

    Engines differ in whether the first value may be missing, so what is missing gets a name.
    """
    chain = ibis.window(group_by=[*whose, "begun"], order_by="number", rows=(None, None))
    firsts = {}
    for name in (f"by_{name}" for name in by):
        column = counted[name]
        nothing = ibis.literal(_NO_NAME if column.type().is_string() else _NO_NUMBER)
        nothing = nothing.cast(column.type())
        firsts[name] = ibis.coalesce(column, nothing).first().over(chain).nullif(nothing)
    return counted.mutate(**firsts)


def _unidentified(contacts: ir.Table, by: Sequence[str]) -> dict[Scope, tuple[int, int]]:
    """How many contacts each group has, and how many of them without a customer id."""
    found = contacts.group_by(list(by)).aggregate(
        n=contacts.count(), unidentified=contacts.customer_key.isnull().cast("int32").sum()
    )
    return {
        tuple((name, row[name]) for name in by): (int(row["n"]), int(row["unidentified"]))
        for row in rows(found)
    }


def _result(
    tally: _Tally,
    *,
    window_s: float,
    unidentified: tuple[int, int],
    said: Told,
    seen: Observed,
    level: float,
) -> Chains:
    """The figures of one group; ``unidentified`` is contacts, and those without a customer id."""
    cells, finished = tally.cells, tally.lengths[:, 1:]
    in_chains = round(float(cells.sum()))
    begun = round(float(cells[:, 1].sum()))
    sums = Replicates(
        sums={
            "watched": cells[:, :, :, 1].sum(axis=(1, 2, 3)),
            "began": cells[:, 1, :, 1].sum(axis=(1, 2)),
            "began_and_watched": cells[:, 1, :, 1, 1].sum(axis=1),
            "one": cells[:, 1, 1, 1, 1],
            "finished": finished.sum(axis=1),
            **{f"length{i + 1}": finished[:, i] for i in range(_LONGEST)},
        }
    )
    total = round(sums.total("finished"))
    return Chains(
        window_s=window_s,
        contacts=in_chains,
        unidentified=unidentified[1],
        chains=begun,
        links=said.links,
        one_contact=_or_why(
            estimate.share(sums.ratio("one", "began_and_watched"), level=level), in_chains
        ),
        contacts_per_matter=_or_why(
            estimate.ratio(
                sums.ratio("watched", "began", n="watched"), unit="ratio", level=level, at_least=1.0
            ),
            in_chains,
        ),
        finished=total,
        lengths=tuple(
            Length(
                contacts=i,
                chains=round(sums.total(f"length{i}")),
                share=estimate.share(sums.ratio(f"length{i}", "finished"), level=level),
            )
            for i in range(1, _LONGEST + 1)
        )
        if total
        else (),
        caveats=_caveats(unidentified, begun, total, said, seen),
    )


def _or_why(found: Estimate | Unknown, in_chains: int) -> Estimate | Unknown:
    if not isinstance(found, Unknown):
        return found
    if not in_chains:
        return Unknown(
            unit=found.unit, why="no contact carries a customer id", needs="customer ids"
        )
    return Unknown(
        unit=found.unit,
        why=found.why,
        needs="a longer stretch of days without a gap, and more customers",
    )


def _caveats(
    unidentified: tuple[int, int], begun: int, finished: int, told: Told, seen: Observed
) -> tuple[str, ...]:
    said = []
    if not told.matters and not told.links:
        said.append(
            "No journey, reason or link is recorded: all contacts of a customer that come soon "
            "after one another are taken to be one matter, so matters look longer than they are."
        )
    contacts, without = unidentified
    if without:
        said.append(
            f"{without * 100 / contacts:.0f} in 100 contacts carry no customer id. They are "
            "left out, and a matter that went on without an id looks settled."
        )
    if begun > finished:
        said.append(
            f"{begun - finished:,} of {begun:,} chains were not seen whole; they are likelier to "
            "be long."
        )
    if seen.gaps:
        days = sum(gap.days for gap in seen.gaps)
        said.append(f"On {days} days there are no contacts, closed or lost; chains end there.")
    return tuple(said)
