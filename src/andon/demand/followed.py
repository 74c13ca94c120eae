"""Followed: each contact of a known customer, with what came before it, after it and by habit.

Following customers is the costly part of several questions: it sorts all contacts. It is done once
here, and kept in narrow columns that the questions then only count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.errors import QuestionError
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.replicates import MANY, replicate_of
from andon.ledger.steps import exceeded, reached
from andon.units import AGES_US, DAY_S, HOUR_S, US

__all__ = ["KINDS", "WINDOWS_S", "Followed", "Kind", "follow"]

WINDOWS_S: Final = (600, HOUR_S, DAY_S, 7 * DAY_S, 14 * DAY_S, 30 * DAY_S)
"""10 minutes, 1 hour, 24 hours, 7, 14 and 30 days, in seconds."""

_CURVE_S: Final = (
    *(60 * minutes for minutes in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90)),
    *(HOUR_S * hours for hours in (2, 3, 4, 6, 8, 12, 16, 20, 24, 36)),
    *(DAY_S * days for days in (2, 3, 4, 5, 6, 7, 10, 14, 21, 30)),
)
"""Where the curve of coming back is drawn, seconds after the first contact."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of contact, by what happened in it.

    Attributes
    ----------
    key, says : str
        The kind, for machines and for people.
    group : str
        served, gave_up, failed or open.
    """

    key: str
    says: str
    group: str


KINDS: Final = (
    Kind(key="served_under_10s", says="served for less than 10 s", group="served"),
    Kind(key="served_10_to_59s", says="served for 10 to 59 s", group="served"),
    Kind(key="served_60_to_299s", says="served for 60 to 299 s", group="served"),
    Kind(key="served_300s_or_more", says="served for 300 s or more", group="served"),
    Kind(key="served_time_unknown", says="served, time not recorded", group="served"),
    Kind(key="self_served", says="served by the machine alone", group="served"),
    Kind(key="gave_up", says="gave up, in the queue or in the menu", group="gave_up"),
    Kind(key="failed", says="lost by the system, or fate not known", group="failed"),
    Kind(key="open", says="not over yet", group="open"),
)
"""What can have happened in a contact, in the order of the code that the engine uses."""

_CODE: Final = {kind.key: i for i, kind in enumerate(KINDS)}
_LENGTHS_US: Final = tuple(seconds * US for seconds in (10, 60, 300))
"""Where the kinds of served contacts are cut: the code counts the cuts that are reached."""
_DAY_US: Final = DAY_S * US


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """Contacts with what came before and after them; a context that lets go of them at its end.

    A length's code is how many edges (or windows) it exceeds; the code of a stretch that was seen
    is how many fit into it. So a contact came back by edge *i*, and was watched that long, where
    ``gap <= i < ripe``.

    Attributes
    ----------
    rows : ibis.Table
        One narrow row for each identified contact:

        - ``replicate`` (random group of customers), ``what`` (place in :data:`KINDS`),
          ``handle_us`` (0 where unknown), ``queued``, ``day`` (local days since 1970), ``by_*``;
        - ``gap`` to the customer's next contact and ``ripe``, as codes of edges;
        - ``back`` to the last one and ``seen_back``, as codes of windows;
        - ``after`` and ``before``, from the start of the later and of the earlier control window to
          the customer's first contact in it, with ``seen_after`` and ``seen_before``, likewise.
    others : ibis.Table
        One row for each contact without a customer id: ``what``, ``handle_us``, ``queued``,
        ``day``, ``by_*``, and ``ahead`` and ``behind``: windows seen after and before it.
    observed : Observed
    by : tuple of str
        Columns to group by that were carried along.
    windows_s, edges_s : tuple of int
        Seconds, ascending; the windows are among the edges.
    control_us : int
        How far away the control windows begin, microseconds: whole weeks.
    """

    rows: ir.Table
    others: ir.Table
    observed: Observed
    by: tuple[str, ...]
    windows_s: tuple[int, ...]
    edges_s: tuple[int, ...]
    control_us: int

    def edge_of(self, window_s: int) -> int:
        """The place of a window among the edges."""
        return self.edges_s.index(window_s)

    def window_of(self, code: ir.IntegerValue) -> ir.IntegerValue:
        """From a code of edges to the code of windows."""
        return exceeded(code, [self.edge_of(window) for window in self.windows_s])

    def __enter__(self) -> Followed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(self.rows, ir.CachedTable):
            self.rows.release()


def follow(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    windows_s: Sequence[int] = WINDOWS_S,
    observed: Observed | None = None,
) -> Followed:
    """Follow customers from contact to contact, once, for several questions.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    by : sequence of str
        Groups to carry along, from :data:`andon.ledger.periods.GROUPS`.
    windows_s : sequence of int
        Windows in whole seconds, above 0.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.

    Returns
    -------
    Followed
        Kept by the engine until it is closed, or nothing refers to it.

    Raises
    ------
    QuestionError
        If a window is not above 0, or ``by`` names something contacts cannot be grouped by.

    Examples
    --------
    .. code-block:: python

        with follow(contacts) as followed:
            repeats = repeat_work(contacts, followed=followed)
            pairs = twins(contacts, followed=followed)
    """
    windows = _windows(windows_s)
    edges = tuple(sorted({edge for edge in _CURVE_S if edge <= windows[-1]}.union(windows)))
    control_us = max(4, windows[-1] // (7 * DAY_S) + 1) * 7 * _DAY_US
    seen = coverage.observed(contacts) if observed is None else observed
    dated = with_groups(contacts, by)
    return Followed(
        rows=kept(_rows(dated, seen, by, windows, edges, control_us)),
        others=_others(dated, seen, by, windows),
        observed=seen,
        by=tuple(by),
        windows_s=windows,
        edges_s=edges,
        control_us=control_us,
    )


def _windows(windows_s: Sequence[int]) -> tuple[int, ...]:
    if not windows_s or any(window <= 0 or window != int(window) for window in windows_s):
        raise QuestionError(
            "A window must be a whole number of seconds above 0.",
            found=f"windows_s: {list(windows_s)}",
            todo="Use for example windows_s=(600, 86400).",
        )
    return tuple(sorted({int(window) for window in windows_s}))


def _rows(
    contacts: ir.Table,
    seen: Observed,
    by: Sequence[str],
    windows_s: Sequence[int],
    edges_s: Sequence[int],
    far: int,
) -> ir.Table:
    known = contacts.filter(contacts.customer_key.notnull())
    known = known.select(
        customer=known.customer_key,
        at=known.arrived_us,
        key=known.contact_key,
        ended=_ended(known),
        handle_us=_handle_us(known),
        queued=known.queued_us.notnull(),
        day=_day(known),
        **{f"by_{name}": known[name] for name in by},
    )
    at = known["at"]
    in_order = ibis.window(group_by="customer", order_by=["at", "key"])
    later = ibis.window(group_by="customer", order_by="at", range=(far + 1, None))
    earlier = ibis.window(group_by="customer", order_by="at", range=(1 - far, None))
    timed = known.mutate(
        gap=at.lead().over(in_order) - at,
        back=at - at.lag().over(in_order),
        after=at.first().over(later) - at - far,
        before=at.first().over(earlier) - at + far,
        # Worked out here, below the codes that use each of them many times.
        ahead=seen.ahead_us(at),
        behind=seen.behind_us(at),
        ahead_after=seen.ahead_us(at + far),
        ahead_before=seen.ahead_us(at - far),
    )
    edges = [edge * US for edge in edges_s]
    windows = [window * US for window in windows_s]
    return timed.select(
        "queued",
        "day",
        *(f"by_{name}" for name in by),
        replicate=replicate_of(timed.customer, MANY),
        what=_what(timed.ended, timed.handle_us),
        handle_us=ibis.coalesce(timed.handle_us, 0),
        gap=exceeded(timed.gap, edges),
        ripe=reached(timed.ahead, edges),
        back=exceeded(timed.back, windows),
        seen_back=reached(timed.behind, windows),
        after=exceeded(timed.after, windows),
        seen_after=reached(timed.ahead_after, windows),
        before=exceeded(timed.before, windows),
        seen_before=reached(timed.ahead_before, windows),
    )


def _others(
    contacts: ir.Table, seen: Observed, by: Sequence[str], windows_s: Sequence[int]
) -> ir.Table:
    unknown = contacts.filter(contacts.customer_key.isnull())
    windows = [window * US for window in windows_s]
    handle_us = _handle_us(unknown)
    return unknown.select(
        *(unknown[name].name(f"by_{name}") for name in by),
        what=_what(_ended(unknown), handle_us),
        handle_us=ibis.coalesce(handle_us, 0),
        queued=unknown.queued_us.notnull(),
        day=_day(unknown),
        ahead=reached(seen.ahead_us(unknown.arrived_us), windows),
        behind=reached(seen.behind_us(unknown.arrived_us), windows),
    )


def _ended(contacts: ir.Table) -> ir.IntegerValue:
    """The code of the kind of contact, as far as its outcome says it; -1 where it was handled."""
    outcome = contacts.outcome
    return ibis.cases(
        (outcome == "handled", -1),
        (outcome.isin(("abandoned", "left_self_service")), _CODE["gave_up"]),
        (outcome == "self_served", _CODE["self_served"]),
        (outcome == "failed", _CODE["failed"]),
        else_=_CODE["open"],
    ).cast("int8")


def _what(ended: ir.IntegerValue, handle_us: ir.IntegerValue) -> ir.IntegerValue:
    """The code of the kind of contact: its place in ``KINDS``."""
    length = ibis.ifelse(
        handle_us.isnull(), _CODE["served_time_unknown"], reached(handle_us, _LENGTHS_US)
    )
    return ibis.ifelse(ended < 0, length, ended).cast("int8")


def _handle_us(contacts: ir.Table) -> ir.IntegerValue:
    """Handle time in whole microseconds: integers add up alike in any order."""
    return (handle_s(contacts) * float(US)).round().cast("int64")


def _day(contacts: ir.Table) -> ir.IntegerValue:
    """Days since 1970 on the operation's wall."""
    since = contacts.local_arrived_us + AGES_US
    return ((since - since % _DAY_US) / _DAY_US - AGES_US // _DAY_US).cast("int32")
