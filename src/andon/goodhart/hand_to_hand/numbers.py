"""Groups, queues and advisors by number, so that no name goes through the counting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.answer import Scope, in_order
from andon.goodhart.columns import Ints, ints
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.hand_to_hand.recorded import Recorded
from andon.goodhart.handovers import by_people
from andon.ledger.replicates import FEW, MANY
from andon.units import AGES_US, DAY_S, US

__all__ = ["Numbers"]

_DAY_US: Final = DAY_S * US
_KIND: Final = "kind_"
_NEW_DAYS: Final = 30
_MANY_GROUPS: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Numbers:
    """Groups, queues and advisors by number.

    The work of a contact is its group, whether its advisor is new, and the queue that it was passed
    on from; as a number, the first two are the remainder by :attr:`sorts`.

    Attributes
    ----------
    groups : tuple of Scope
        In order.
    places : pyarrow.Table
        The ``group`` and ``place`` of each kind of contact, the columns of the kind as text.
    home : array
        The queue of each place, which is a group and a queue; queues are numbered from 1 on.
    queues : tuple of str
        In order.
    advisors : pyarrow.Table
        The ``advisor`` of each id, and the hour ``new_until`` which they are new.
    ids : tuple of str
        In order.
    """

    groups: tuple[Scope, ...]
    places: pa.Table
    home: Ints
    queues: tuple[str, ...]
    advisors: pa.Table
    ids: tuple[str, ...]

    @classmethod
    def of(cls, contacts: ir.Table, recorded: Recorded, asked: Asked) -> Numbers:
        """Ask the engine who there is."""
        scope_of = [tuple((name, row[name]) for name in asked.by) for row in recorded.kinds]
        groups = in_order(dict.fromkeys(scope_of))
        number = {scope: i for i, scope in enumerate(groups)}
        queue = {name: i for i, name in enumerate(recorded.queues, start=1)}
        found = {
            tuple(_text(row[name]) for name in asked.kinds): (
                number[scope],
                queue[row["queue"] or ""],
            )
            for row, scope in zip(recorded.kinds, scope_of, strict=True)
        }
        cuts = sorted(set(found.values()))
        place = {cut: i for i, cut in enumerate(cuts)}
        columns = [f"{_KIND}{name}" for name in asked.kinds]
        people = contacts.filter(by_people(contacts) & contacts.advisor_id.notnull())
        began = (
            people.group_by("advisor_id")
            .aggregate(first=people.local_arrived_us.min())
            .to_pyarrow()
        )
        began = began.sort_by("advisor_id")  # in an order that is the same on every engine
        day = (ints(began, "first") + AGES_US) // _DAY_US
        # Whoever is there from the beginning may have been there before.
        new = day >= recorded.first_day + _NEW_DAYS
        return cls(
            groups=tuple(groups),
            places=pa.table(
                {name: [kind[i] for kind in found] for i, name in enumerate(columns)}
                | {
                    "group": pa.array([cut[0] for cut in found.values()], type=pa.int32()),
                    "place": pa.array([place[cut] for cut in found.values()], type=pa.int32()),
                }
            ),
            home=np.array([cut[1] for cut in cuts], dtype=np.int64),
            queues=recorded.queues,
            advisors=pa.table(
                {
                    "advisor_id": began["advisor_id"],
                    "advisor": pa.array(range(len(began)), type=pa.int32()),
                    "new_until": pa.array(np.where(new, day + _NEW_DAYS, 0) * 24, type=pa.int32()),
                }
            ),
            ids=tuple(began["advisor_id"].to_pylist()),
        )

    def spelled(self, contacts: ir.Table) -> dict[str, ir.StringValue]:
        """The columns of each contact's kind as text, under names that nothing else has."""
        names = [name for name in self.places.column_names if name.startswith(_KIND)]
        return {
            name: ibis.coalesce("=" + contacts[name.removeprefix(_KIND)].cast("string"), "")
            for name in names
        }

    @property
    def sorts(self) -> int:
        """How many pairs there are of a group and whether somebody is new."""
        return 2 * len(self.groups)

    @property
    def replicates(self) -> int:
        """How many random groups of customers are told apart."""
        return MANY if len(self.groups) <= _MANY_GROUPS else FEW

    def group(self, work: Ints) -> Ints:
        """The group of each work, by number."""
        return work % self.sorts // 2

    def received(self, work: Ints) -> npt.NDArray[np.bool_]:
        """Whether it came by a hand-over."""
        return work >= self.sorts


def _text(value: object) -> str:
    """A value as :meth:`Numbers.spelled` spells it; a missing one is like no other."""
    return "" if value is None else f"={value}"
