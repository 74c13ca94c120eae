"""Closings: contacts that ended, each with what came before it and after it of the same matter.

Following matters is the costly part of looking for closing early: it sorts all contacts. It is done
once here, however many limits are asked about, and kept in narrow columns that are then counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from andon.errors import QuestionError
from andon.goodhart.columns import count, floats, ints
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.replicates import MANY, Replicates, replicate_of
from andon.ledger.sums import rows
from andon.units import DAY_S, HOUR_S, US

__all__ = ["Census", "Closings"]

_WEEK_S: Final = 7 * DAY_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """How many contacts ended.

    Attributes
    ----------
    contacts : int
        Handled contacts that ended.
    identified : int
        Those of them with a customer id.
    links : int
        Contacts, of all, that name an earlier one.
    """

    contacts: int
    identified: int
    links: int


class Closings:
    """Ended contacts of known customers, followed by matter; a context that lets go at its end.

    Nothing is worked out before it is asked for, and then once.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's.
    again_s : float
        How soon after its end a contact counts as back, and silence that ends a matter, seconds.
    split_s : float
        How soon after one another contacts of one matter count as split, seconds; below a day.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.

    Raises
    ------
    QuestionError
        If a length of time is out of its range; and, when it is first asked, if no contact ended
        or none has a customer id.

    Examples
    --------
    .. code-block:: python

        with Closings(contacts) as closings:
            within_5_min = closing_early(contacts, limit_s=300.0, closings=closings)
            within_8_min = closing_early(contacts, limit_s=480.0, closings=closings)
    """

    def __init__(
        self,
        contacts: ir.Table,
        *,
        again_s: float = 7.0 * DAY_S,
        split_s: float = 600.0,
        observed: Observed | None = None,
    ) -> None:
        if not (0 < split_s < DAY_S and split_s <= again_s and math.isfinite(again_s)):
            raise QuestionError(
                "Split must be above 0, below a day, and no longer than coming back may take.",
                found=f"split_s: {split_s:g}, again_s: {again_s:g}",
                todo="Use for example split_s=600 and again_s=7 * 86400.",
            )
        self.again_s = again_s
        self.split_s = split_s
        self._contacts = contacts
        self._observed = observed

    def __enter__(self) -> Closings:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        held = self.__dict__.pop("rows", None)
        if held is not None:
            held.release()

    @property
    def _ends(self) -> ir.BooleanValue:
        return (self._contacts.outcome == "handled") & self._contacts.ended_us.notnull()

    @cached_property
    def census(self) -> Census:
        """How many there are; refuses where nobody can be followed."""
        every, ended = self._contacts, self._ends
        found = every.aggregate(
            contacts=every.count(where=ended),
            identified=every.customer_key.count(where=ended),
            links=every.previous_contact_id.count(),
        )
        census = Census(**rows(found)[0])
        if not census.contacts:
            raise QuestionError(
                "No handled contact has an end.",
                found="0 contacts with ended_at",
                todo="Map ended_at.",
            )
        if not census.identified:
            raise QuestionError(
                "Nobody can be recognised when they come back.",
                found=f"{census.contacts:,} contacts, none with a customer id",
                todo="Map customer_id.",
            )
        return census

    @property
    def advisors(self) -> ir.Table:
        """Each ``advisor_id`` with its number, ``advisor``."""
        return _numbers(self._names["advisor_id"], "advisor").rename(advisor_id="name")

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        """Advisors and queues by number, so that no name goes through the sorting."""
        ended = self._contacts.filter(self._ends)
        told = ended.select("advisor_id", queue=ibis.coalesce(ended.queue, "")).distinct()
        found = told.to_pyarrow()
        return {
            name: tuple(sorted(set(found[name].drop_null().to_pylist())))
            for name in ("advisor_id", "queue")
        }

    @cached_property
    def rows(self) -> ir.CachedTable:
        """One narrow row for each ended contact of a known customer.

        - ``replicate`` (random group of customers), ``advisor`` (a number of :attr:`advisors`),
          ``queue`` and ``hour`` (numbers);
        - ``open_s`` and ``handle_s``, what limits count; ``again`` (back), ``habit`` (in how many
          of the two weeks apart they came as well; missing where not both were seen);
        - ``seen_after`` and ``seen_before``: wholly watched, for as long as coming back may take;
        - ``begins`` and ``ends`` a matter; ``told`` and ``resolved``, what the source says;
        - the contact of the same matter before: ``soon`` before, within ``a_day`` before,
          ``before_by`` its advisor, ``beside`` where it was in the same queue and hour.
        """
        self.census  # noqa: B018 - refuses before anything is followed
        return kept(self._followed())

    def _followed(self) -> ir.Table:
        seen = self._observed or coverage.observed(self._contacts)
        again_us = round(self.again_s * US)
        timed = self._timed(seen)
        hour = _hour(timed["at"])
        far = self._far_us
        later = (timed.came_later - timed["at"] - far <= again_us).fill_null(False)
        earlier = (timed.came_before - timed["at"] + far <= again_us).fill_null(False)
        seen_both = (timed.ahead_later >= again_us) & (timed.ahead_before >= again_us)
        back = ((timed.gap >= 0) & (timed.gap <= again_us)).fill_null(False)
        called = (timed.named_at - timed.ended <= again_us).fill_null(False)
        open_still = (timed.gap < 0).fill_null(False)
        within_a_day = (timed.since <= DAY_S * US).fill_null(False)
        return timed.select(
            "replicate",
            "advisor",
            "queue",
            "before_by",
            "handle_s",
            "told",
            "resolved",
            hour=hour,
            open_s=(timed.ended - timed["at"]).cast("float64") / US,
            seen_after=timed.ahead >= again_us,
            seen_before=timed.behind >= again_us,
            again=back | called,
            habit=ibis.ifelse(
                seen_both, later.cast("int32") + earlier.cast("int32"), ibis.null("int32")
            ).cast("int8"),
            soon=(timed.since <= round(self.split_s * US)).fill_null(False),
            a_day=within_a_day,
            beside=within_a_day
            & (timed.before_queue == timed.queue).fill_null(False)
            & (_hour(timed["at"] - timed.since) == hour).fill_null(False),
            begins=~timed.linked & (timed.since > again_us).fill_null(True),
            ends=~back & ~called & ~open_still,
        )

    @property
    def _far_us(self) -> int:
        """How far away the weeks lie in which it is looked how often they come anyhow."""
        return max(4, int(self.again_s // _WEEK_S) + 1) * _WEEK_S * US

    def _timed(self, seen: Observed) -> ir.Table:
        """Each contact of a known customer with what came before and after it of its matter."""
        lean = self._lean()
        whose = {"group_by": ["customer", "matter"]}
        order = ibis.window(order_by=["at", "key"], **whose)
        at, far = lean["at"], self._far_us
        return lean.mutate(
            gap=at.lead().over(order) - lean.ended,
            since=at - at.lag().over(order),
            before_by=lean.advisor.lag().over(order),
            before_queue=lean.queue.lag().over(order),
            came_later=at.first().over(ibis.window(order_by="at", range=(far + 1, None), **whose)),
            came_before=at.first().over(ibis.window(order_by="at", range=(1 - far, None), **whose)),
            ahead=seen.ahead_us(lean.ended),
            behind=seen.behind_us(at),
            ahead_later=seen.ahead_us(at + far),
            ahead_before=seen.ahead_us(at - far),
        )

    def _lean(self) -> ir.Table:
        """What following needs, and no more: all of it is sorted."""
        known = self._contacts.filter(self._ends & self._contacts.customer_key.notnull())
        known = known.mutate(queue=ibis.coalesce(known.queue, ""))
        for name, number in (("advisor_id", "advisor"), ("queue", "queue_")):
            places = _numbers(self._names[name], number)
            known = known.left_join(places, known[name] == places.name).drop("name")
        return self._with_links(known).select(
            "named_at",
            customer="customer_key",
            replicate=lambda told: replicate_of(told.customer_key, MANY),
            matter=lambda told: ibis.coalesce(told.reason, told.journey, ""),
            at="arrived_us",
            ended="ended_us",
            key="contact_key",
            advisor="advisor",
            queue="queue_",
            linked=lambda told: told.previous_contact_id.notnull(),
            handle_s=handle_s,
            told=lambda told: told.resolved.notnull(),
            resolved=lambda told: ibis.coalesce(told.resolved, ibis.literal(value=False)),
        )

    def _with_links(self, known: ir.Table) -> ir.Table:
        """When the last contact arrived that names this one."""
        if not self.census.links:
            # Ids of contacts are long, and reading them all is dear.
            return known.mutate(named_at=ibis.null("int64"))
        every = self._contacts
        naming = every.filter(every.previous_contact_id.notnull())
        naming = naming.group_by(named_id=naming.previous_contact_id).aggregate(
            named_at=naming.arrived_us.max()
        )
        return known.left_join(naming, known.contact_id == naming.named_id).drop("named_id")

    @cached_property
    def whole(self) -> Replicates:
        """Sums over all of them, by random group of customers.

        Contacts ``known``, ``split`` (soon after another) and ``told``, ``resolved``; of those
        watched before, ``handled`` and their ``handle`` time, matters ``begun``; of those watched
        after as well, matters begun ``first`` and those of them ``settled`` by one contact.
        """
        table = self.rows
        timed = table.handle_s.notnull()
        begun = table.begins & table.seen_before
        first = begun & table.seen_after
        handle = ibis.ifelse(table.seen_before, ibis.coalesce(table.handle_s, 0.0), 0.0)
        return _by_group(
            table.group_by("replicate").aggregate(
                known=table.count(),
                split=count(table.soon),
                handled=count(timed & table.seen_before),
                handle=handle.sum(),
                begun=count(begun),
                told=count(table.told),
                resolved=count(table.resolved),
                first=count(first),
                settled=count(first & table.ends),
            )
        )

    @cached_property
    def pairs(self) -> Replicates:
        """Of contacts with another before them, sums by random group of customers.

        ``pairs``, those opened by the ``same`` advisor and the sum of the ``chance`` that they are;
        and ``later``, ``later_same`` and ``later_chance``, of pairs within a day but not soon.
        """
        known = self.rows.filter(self.rows.advisor.notnull())
        pairs = known.filter(known.a_day & known.before_by.notnull())
        # Only those who opened the first of a pair are asked after: a count by queue, hour and
        # advisor has nearly as many rows as there are contacts.
        asked = pairs.select("queue", "hour", advisor=pairs.before_by).distinct()
        there = known.semi_join(asked, ["queue", "hour", "advisor"])
        there = there.group_by(q=there.queue, h=there.hour, a=there.advisor).aggregate(
            there=there.count()
        )
        of_hour = known.group_by(queue_=known.queue, hour_=known.hour).aggregate(all_=known.count())
        pairs = pairs.join(of_hour, [pairs.queue == of_hour.queue_, pairs.hour == of_hour.hour_])
        pairs = pairs.left_join(
            there, [pairs.queue == there.q, pairs.hour == there.h, pairs.before_by == there.a]
        )
        same, beside = (
            flag.cast("int32") for flag in (pairs.advisor == pairs.before_by, pairs.beside)
        )
        # Others only: the pair itself says nothing about who else was there.
        others = pairs.all_ - 1 - beside
        chance = ibis.coalesce(pairs.there, 0) - same - beside
        drawn = pairs.select(
            "replicate",
            "soon",
            same=same.cast("float64"),
            chance=chance.cast("float64") / others.nullif(0),
            others=others,
        )
        drawn = drawn.filter(drawn.others > 0)

        def where(value: ir.FloatingValue | float, *, soon: bool) -> ir.FloatingScalar:
            return ibis.ifelse(drawn.soon if soon else ~drawn.soon, value, 0.0).sum()

        return _by_group(
            drawn.group_by("replicate").aggregate(
                same=where(drawn.same, soon=True),
                chance=where(drawn.chance, soon=True),
                pairs=where(1.0, soon=True),
                later_same=where(drawn.same, soon=False),
                later_chance=where(drawn.chance, soon=False),
                later=where(1.0, soon=False),
            )
        )


def _hour(at_us: ir.IntegerValue) -> ir.IntegerValue:
    """The hour on the clock: remainders of negative numbers differ between engines."""
    return (at_us / (HOUR_S * US)).floor().cast("int32")


def _numbers(names: tuple[str, ...], number: str) -> ir.Table:
    """Names with their places."""
    places = pa.array(range(len(names)), pa.int32())
    return ibis.memtable(pa.table({"name": pa.array(names, pa.string()), number: places}))


def _by_group(told: ir.Table) -> Replicates:
    """Sums by random group of customers."""
    found = told.to_pyarrow()
    at = ints(found, "replicate")
    return Replicates(
        sums={
            name: np.bincount(at, floats(found, name), MANY).astype(np.float64)
            for name in found.column_names
            if name != "replicate"
        }
    )
