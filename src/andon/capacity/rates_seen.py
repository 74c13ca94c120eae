"""Rates seen: how often customers complain and leave where a matter was not settled, as recorded.

Complaints are counted for each matter that was not settled at once. Who leaves would often have
left anyway; so leaving is told as a difference: customers who had to come back, or gave up, against
those who had not. That is an association, for they differ in more than that, and is said to be one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from andon.capacity.assumption import Assumption
from andon.ledger.coverage import Observed, observed
from andon.ledger.sums import rows
from andon.units import DAY_S, US

__all__ = ["RatesSeen", "complaint_rate", "leaving_rate", "rates_seen"]

_LEAST_COMPLAINTS: Final = 10
_LEAST_LEFT: Final = 10
_LEAST_SERVED: Final = 100
"""Customers of each kind, so that a difference says anything."""
_FEED_STOPPED: Final = 10.0
"""So many complaints are not missed by chance."""
_FOLLOWED_DAYS: Final = 90
_LEAST_FOLLOWED_DAYS: Final = 28


@dataclass(frozen=True, kw_only=True, slots=True)
class RatesSeen:
    """What the ledger's values tell of complaints and of customers who leave.

    Attributes
    ----------
    complaints : Assumption or None
        For each matter that was not settled at once, or never.
    leave_after_return, leave_after_giving_up : Assumption or None
        How many more leave of those who had to come back, and of those who gave up for good.
    notes : tuple of str
        What to keep in mind with them.
    """

    complaints: Assumption | None = None
    leave_after_return: Assumption | None = None
    leave_after_giving_up: Assumption | None = None
    notes: tuple[str, ...] = ()

    @property
    def named(self) -> dict[str, Assumption]:
        """Those that are known, by the field of :class:`andon.capacity.full_cost.Rates`."""
        found = {
            "complaints": self.complaints,
            "leave_after_return": self.leave_after_return,
            "leave_after_giving_up": self.leave_after_giving_up,
        }
        return {name: each for name, each in found.items() if each is not None}


def rates_seen(
    contacts: ir.Table,
    values: ir.Table,
    *,
    returns: Assumption,
    redials: Assumption,
    mine: ir.Table | None = None,
    within_s: int = 7 * DAY_S,
    seen: Observed | None = None,
    level: float = 0.95,
) -> RatesSeen:
    """What the ledger tells of complaints and of customers who leave.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    values : ibis.Table
        The ledger's values: kinds ``complaint`` and ``churn``.
    returns, redials : Assumption
        Share of the served who come back, and of those who give up that call again.
    mine : ibis.Table, optional
        The contacts in question; all unless given. A complaint belongs to them if the customer's
        last contact before it does.
    within_s : int
        Who comes back so soon comes back about the same matter.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float

    Returns
    -------
    RatesSeen
        With None for what too few rows tell.
    """
    covered = seen or observed(contacts)
    here = contacts if mine is None else mine
    notes: list[str] = []
    made: dict[str, Any] = {}
    counted = _complaints(contacts, here, values, covered)
    if counted is not None:
        rate = complaint_rate(
            complaints=counted["complaints"],
            handled=counted["handled"],
            gave_up=counted["gave_up"],
            returns=returns,
            redials=redials,
            level=level,
        )
        if rate is not None:
            made["complaints"] = rate
    left = _leaving(here, values, covered, within_s, notes)
    for name, kind, says in (
        ("leave_after_return", "back", "customers who leave for each who had to come back"),
        ("leave_after_giving_up", "lost", "customers who leave for each who gave up for good"),
    ):
        if not left:
            break
        rate = leaving_rate(
            name=name,
            says=says,
            left=(left[kind]["left"], left["settled"]["left"]),
            of=(left[kind]["n"], left["settled"]["n"]),
            level=level,
        )
        if rate is not None:
            made[name] = rate
    if "leave_after_return" in made or "leave_after_giving_up" in made:
        notes.append(
            "That customers leave more often after coming back or giving up is counted as it was "
            "recorded. They may differ in more than that, so it is no proof that they left for it."
        )
    return RatesSeen(**made, notes=tuple(notes))


def complaint_rate(
    *,
    complaints: float,
    handled: float,
    gave_up: float,
    returns: Assumption,
    redials: Assumption,
    level: float = 0.95,
) -> Assumption | None:
    """Complaints for each matter that was not settled at once, or never.

    Parameters
    ----------
    complaints, handled, gave_up : float
        Counted over the same time.
    returns, redials : Assumption
        Share of the handled who come back, and of those who gave up that call again.
    level : float

    Returns
    -------
    Assumption or None
        With the exact interval of a Poisson count (Garwood 1936), widened by how far off the
        number of unsettled matters may be; None with fewer than ten complaints.

    Examples
    --------
    >>> def share(name, value, low, high):
    ...     return Assumption(name=name, says=name, value=value, low=low, high=high, unit="share",
    ...                       why="Counted.", source="ledger")
    >>> complaint_rate(complaints=40, handled=9_000, gave_up=400,
    ...     returns=share("returns", 0.2, 0.2, 0.2), redials=share("redials", 0.5, 0.5, 0.5)).number
    '0.02 (0.014 to 0.027)'
    """
    if complaints < _LEAST_COMPLAINTS:
        return None
    from scipy import stats  # noqa: PLC0415 - only where complaints are recorded

    def unsettled(back: float, again: float) -> float:
        return handled * back + gave_up * (1 - again)

    most, middle, least = (
        unsettled(*shares)
        for shares in (
            (returns.high, redials.low),
            (returns.value, redials.value),
            (returns.low, redials.high),
        )
    )
    if least <= 0:
        return None
    tail = (1 - level) / 2
    low = float(stats.chi2.ppf(tail, 2 * complaints)) / 2
    high = float(stats.chi2.ppf(1 - tail, 2 * complaints + 2)) / 2
    return Assumption(
        name="complaints",
        says="complaints for each matter that was not settled at once, or never",
        value=complaints / middle,
        low=low / most,
        high=high / least,
        unit="ratio",
        why=f"{complaints:,.0f} complaints, as if each came of a matter not settled at once.",
        source="ledger",
        level=level,
    )


def leaving_rate(
    *, name: str, says: str, left: tuple[int, int], of: tuple[int, int], level: float = 0.95
) -> Assumption | None:
    """How many more leave of one kind of customers than of another.

    Parameters
    ----------
    name, says : str
    left, of : tuple of int
        How many left and how many there were: of those in question, then of those who were helped
        at once.
    level : float

    Returns
    -------
    Assumption or None
        The difference of two shares with Newcombe's interval, held at 0 or more, for nobody stays
        because of having had to come back; None where too few were seen.

    Notes
    -----
    Newcombe 1998, *Interval estimation for the difference between independent proportions*,
    https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I, method 10.

    Examples
    --------
    >>> leaving_rate(name="leave_after_return", says="customers who leave", left=(60, 200),
    ...              of=(2_000, 10_000)).number
    '0.01 (0.003 to 0.019)'
    """
    if sum(left) < _LEAST_LEFT or min(of) < _LEAST_SERVED:
        return None
    from scipy import special  # noqa: PLC0415 - only where churn is recorded

    z = float(special.ndtri(0.5 + level / 2))
    (p1, l1, u1), (p0, l0, u0) = (_wilson(k, n, z) for k, n in zip(left, of, strict=True))
    value = p1 - p0
    low = value - math.hypot(p1 - l1, u0 - p0)
    high = value + math.hypot(u1 - p1, p0 - l0)
    return Assumption(
        name=name,
        says=says,
        value=max(value, 0.0),
        low=max(low, 0.0),
        high=max(high, 0.0),
        unit="ratio",
        why=f"{left[0]:,} of {of[0]:,} left, of those who were helped at once {left[1]:,} of "
        f"{of[1]:,}; a difference, not proof of a cause.",
        source="ledger",
        level=level,
    )


def _wilson(k: int, n: int, z: float) -> tuple[float, float, float]:
    p = k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, middle - half, middle + half


# --- what the engine counts ----------------------------------------------------------------------


def _recorded(values: ir.Table, kind: str, seen: Observed) -> tuple[int, int] | None:
    """First and last instant (us) of the time in which a kind was recorded, within what was seen.

    It begins with the first one, which therefore is not counted; a feed that stopped ends it.
    """
    mine = values.filter(values.kind == kind)
    (row,) = rows(
        mine.aggregate(n=mine.count(), first=mine.happened_us.min(), last=mine.happened_us.max())
    )
    if not row["n"] or seen.first_us is None or seen.last_us is None:
        return None
    usual = row["n"] / max(row["last"] - row["first"], DAY_S * US)
    stopped = (seen.last_us - row["last"]) * usual >= _FEED_STOPPED
    begin, end = max(row["first"], seen.first_us), row["last"] if stopped else seen.last_us
    return (int(begin), int(end)) if end > begin else None


def _complaints(
    contacts: ir.Table, mine: ir.Table, values: ir.Table, seen: Observed
) -> dict[str, float] | None:
    """Complaints about these contacts, and how many were handled and given up meanwhile."""
    time = _recorded(values, "complaint", seen)
    if time is None:
        return None
    begin, end = time
    said = values.filter(
        (values.kind == "complaint") & (values.happened_us > begin) & (values.happened_us <= end)
    )
    (every,) = rows(said.aggregate(n=said.count()))
    known = said.filter(said.customer_key.notnull()).select(
        complaint=said.value_id, whose=said.customer_key, when=said.happened_us
    )
    theirs = contacts.filter(contacts.customer_key.notnull()).select(
        "contact_id", "customer_key", "arrived_us"
    )
    pairs = known.join(
        theirs, (known.whose == theirs.customer_key) & (theirs.arrived_us <= known.when)
    )
    last = pairs.group_by("complaint").aggregate(contact=pairs.contact_id.argmax(pairs.arrived_us))
    ours = mine.select(contact_id=mine.contact_id)
    (traced,) = rows(last.aggregate(n=last.count()))
    about = last.join(ours, last.contact == ours.contact_id)
    (own,) = rows(about.aggregate(n=about.count()))
    inside = mine.filter((mine.arrived_us > begin) & (mine.arrived_us <= end))
    (work,) = rows(
        inside.aggregate(
            handled=(inside.outcome == "handled").cast("int64").sum(),
            gave_up=(inside.outcome == "abandoned").cast("int64").sum(),
        )
    )
    if not traced["n"]:  # nobody's: only all contacts together can be told
        return None
    return {
        # Complaints that nobody can be found for belong to these queues as often as the others.
        "complaints": round(own["n"] * every["n"] / traced["n"]),
        "handled": float(work["handled"] or 0),
        "gave_up": float(work["gave_up"] or 0),
    }


def _leaving(
    mine: ir.Table, values: ir.Table, seen: Observed, within_s: int, notes: list[str]
) -> dict[str, dict[str, int]] | None:
    """Customers by what became of their first contact, and how many left after that."""
    time = _recorded(values, "churn", seen)
    if time is None:
        return None
    begin, end = time
    room_us = end - begin - within_s * US
    follow_us = min(_FOLLOWED_DAYS * DAY_S * US, room_us // 2)
    if follow_us < _LEAST_FOLLOWED_DAYS * DAY_S * US:
        notes.append(
            "Customers who left are recorded for too short a time to see who leaves after what."
        )
        return None
    within_us = within_s * US
    known = mine.filter(
        mine.customer_key.notnull()
        & mine.outcome.isin(("handled", "abandoned"))
        & (mine.arrived_us > begin)
    )
    order = ibis.window(group_by=known.customer_key, order_by=[known.arrived_us, known.contact_id])
    placed = known.select(
        whose=known.customer_key,
        at=known.arrived_us,
        handled=known.outcome == "handled",
        rank=ibis.row_number().over(order),
        next_at=known.arrived_us.lead().over(order),
    )
    first = placed.filter((placed["rank"] == 0) & (placed["at"] <= end - within_us - follow_us))
    again = ibis.coalesce(first.next_at - first["at"] <= within_us, ibis.literal(value=False))
    kinds = first.mutate(
        kind=ibis.cases(
            (first.handled & again, "back"),
            (~first.handled & ~again, "lost"),
            (first.handled & ~again, "settled"),
            else_="other",
        ),
        landmark=first["at"] + within_us,
    )
    gone = values.filter((values.kind == "churn") & values.customer_key.notnull())
    gone = gone.group_by("customer_key").aggregate(gone_at=gone.happened_us.min())
    joined = kinds.left_join(gone, kinds.whose == gone.customer_key)
    # Who had left before what became of the matter could be known is not followed.
    still = joined.filter(joined.gone_at.isnull() | (joined.gone_at > joined.landmark))
    left = ibis.coalesce(still.gone_at - still.landmark <= follow_us, ibis.literal(value=False))
    counted = still.group_by("kind").aggregate(n=still.count(), left=left.cast("int64").sum())
    found = {row["kind"]: {"n": int(row["n"]), "left": int(row["left"])} for row in rows(counted)}
    none = {"n": 0, "left": 0}
    return {kind: found.get(kind, none) for kind in ("back", "lost", "settled")}
