"""Reasons that some advisors are never sent: work sent by skill, which nobody avoids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.answer import Scope
from andon.goodhart.case_mix import unsent
from andon.goodhart.columns import Floats, Ints
from andon.goodhart.hard_cases.names import Names

__all__ = ["NotSent", "Routed"]

_DROPPED: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """A reason that some advisors are never sent: work sent by skill, and not avoided.

    Attributes
    ----------
    scope : Scope
    reason : str
    advisors : int
        Who were not sent it, for weeks or at all.
    """

    scope: Scope
    reason: str
    advisors: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NotSent:
    """Who was not sent which kind in which week; and the weeks beside, in which that is mixed.

    Attributes
    ----------
    group, kind, advisor, week : array
        One row for each; days counted from 1 January of the year 1, by seven.
    beside : array of bool
        It is a week beside one, and not one itself.
    routed : tuple of Routed
    """

    group: Ints
    kind: Ints
    advisor: Ints
    week: Ints
    beside: npt.NDArray[np.bool_]
    routed: tuple[Routed, ...]

    @classmethod
    def of(cls, names: Names, *, kind: Ints, advisor: Ints, week: Ints, dealt: Floats) -> NotSent:
        """From contacts dealt out by kind, advisor and week."""
        found = [np.zeros((0, 5), dtype=np.int64)]
        routed: list[Routed] = []
        first = int(week.min()) if len(week) else 0
        since = week - first
        weeks = int(since.max(initial=0)) + 1
        for group, scope in enumerate(names.scopes):
            here = np.flatnonzero(names.group[kind] == group)
            people, place = np.unique(advisor[here], return_inverse=True)
            every = np.zeros((len(people), weeks))
            np.add.at(every, (place, since[here]), dealt[here])
            for one in np.flatnonzero(names.group == group):
                mine = kind[here] == one
                met = np.zeros_like(every)
                np.add.at(met, (place[mine], since[here][mine]), dealt[here][mine])
                none = _none(met, every)
                who = int(none.any(axis=1).sum())
                if not who:
                    continue
                routed.append(Routed(scope=scope, reason=names.reasons[one], advisors=who))
                for which, next_to in ((none, False), (_beside(none) & (every > 0), True)):
                    row, when = np.nonzero(which)
                    same = np.ones_like(row)
                    found.append(
                        np.column_stack(
                            (group * same, one * same, people[row], when + first, next_to * same)
                        )
                    )
        columns = np.concatenate(found).T
        return cls(
            group=columns[0],
            kind=columns[1],
            advisor=columns[2],
            week=columns[3],
            beside=columns[4].astype(np.bool_),
            routed=tuple(routed),
        )

    def apart(self, contacts: ir.Table) -> ir.Table:
        """Contacts with a number for whom each is compared among: those who are sent the same.

        Left out are contacts of the weeks beside, and of a kind that is not sent.
        """
        if not len(self.kind):
            return contacts.mutate(pattern=ibis.literal(0, type="int64"))
        patterns, leaks = ibis.memtable(self._patterns()), ibis.memtable(self._leaks())
        table = contacts.left_join(
            patterns,
            [
                contacts.group == patterns.p_group,
                contacts.advisor == patterns.p_advisor,
                contacts.week == patterns.p_week,
            ],
        ).drop("p_group", "p_advisor", "p_week")
        table = table.left_join(
            leaks,
            [
                table.kind == leaks.l_kind,
                table.advisor == leaks.l_advisor,
                table.week == leaks.l_week,
            ],
        ).drop("l_kind", "l_advisor", "l_week")
        table = table.mutate(pattern=ibis.coalesce(table.pattern_, 0))
        kept = (table.pattern != _DROPPED) & table.leak.isnull()
        return table.filter(kept).drop("pattern_", "leak")

    def _patterns(self) -> pa.Table:
        """For each group, advisor and week a number of the kinds not sent."""
        keys = np.stack((self.group, self.advisor, self.week), axis=1)
        cells, place = np.unique(keys, axis=0, return_inverse=True)
        place = place.reshape(-1)
        dropped = np.zeros(len(cells), dtype=np.bool_)
        np.logical_or.at(dropped, place, self.beside)
        numbers: dict[tuple[int, ...], int] = {}
        order = np.lexsort((self.kind, place))
        starts = np.searchsorted(place[order], np.arange(len(cells) + 1))
        pattern = np.empty(len(cells), dtype=np.int64)
        for i in range(len(cells)):
            these = tuple(self.kind[order[starts[i] : starts[i + 1]]].tolist())
            pattern[i] = _DROPPED if dropped[i] else numbers.setdefault(these, len(numbers) + 1)
        return pa.table(
            {
                "p_group": pa.array(cells[:, 0], pa.int32()),
                "p_advisor": pa.array(cells[:, 1], pa.int32()),
                "p_week": pa.array(cells[:, 2], pa.int32()),
                "pattern_": pa.array(pattern, pa.int64()),
            }
        )

    def _leaks(self) -> pa.Table:
        """The kinds not sent, of which a few may come nevertheless."""
        sent = ~self.beside
        return pa.table(
            {
                "l_kind": pa.array(self.kind[sent], pa.int32()),
                "l_advisor": pa.array(self.advisor[sent], pa.int32()),
                "l_week": pa.array(self.week[sent], pa.int32()),
                "leak": pa.array(np.ones(int(sent.sum()), dtype=np.int64)),
            }
        )


def _none(met: Floats, every: Floats) -> npt.NDArray[np.bool_]:
    """By advisor and week, where a kind was not sent that was due."""
    total = every.sum(axis=0)
    share = np.divide(met.sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(unsent(met, every * share) & (every > 0))


def _beside(none: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The weeks before and after, but for those in which it was not sent either."""
    beside = np.zeros_like(none)
    beside[:, 1:] |= none[:, :-1]
    beside[:, :-1] |= none[:, 1:]
    return beside & ~none
