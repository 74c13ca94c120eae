"""Parked work: hold or wrap-up used to stop a clock that is nearly out of time.

Where a limit is set on talk time, minutes can be moved to hold or to wrap-up, and the clock does
not see them. The customer waits as long as before, or longer. Contacts that end just within the
limit then show more parked time than those that end a little before or a little after it, which no
good reason for holding explains: nobody looks a thing up because the clock says 9:30.

What is found is about the limit. What single advisors show stands apart, for roles that the
operation allows, each held against their own contacts away from the limit, and only where it stands
out from what chance does among all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.goodhart.false_discovery import controlled
from andon.goodhart.near_limit import (
    BANDS,
    NEAR,
    NearLimit,
    beyond_own,
    near_limit,
    refuse_no_sides,
    width_of,
)
from andon.goodhart.parked_cases import Reading, readings
from andon.ledger.periods import month_names, month_number
from andon.ledger.replicates import MANY, replicate_of

__all__ = [
    "Clock",
    "NearTheLimit",
    "OfAdvisors",
    "Parked",
    "ParkedWork",
    "advisors_near",
    "in_bands",
    "parked_work",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Clock = Literal["talk", "talk_and_hold"]
"""What the limit counts."""
Parked = Literal["hold", "wrapup", "hold_and_wrapup"]
"""Where time goes that the limit does not count."""

_CLOCKS: Final[Mapping[Clock, tuple[str, ...]]] = {
    "talk": ("talk_s",),
    "talk_and_hold": ("talk_s", "hold_s"),
}
_PARKED: Final[Mapping[Parked, tuple[str, ...]]] = {
    "hold": ("hold_s",),
    "wrapup": ("wrapup_s",),
    "hold_and_wrapup": ("hold_s", "wrapup_s"),
}
_OTHER_REASONS: Final = (
    "A script or a system that puts the customer on hold at a fixed time, as some identity checks "
    "do, shows alike. Then the script is the reason.",
    "When a system is down, many contacts are held on the same day. That does not follow a limit, "
    "but on a few days it can look so: see whether it is there month by month.",
    "Wrap-up that follows a long contact is work that someone must do. Only what is there near the "
    "limit, beyond the contacts a little shorter and a little longer, counts here.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NearTheLimit:
    """One advisor whose contacts near the limit differ from their own others beyond chance.

    Attributes
    ----------
    advisor_id : str
        A pseudonym.
    contacts : int
        Their contacts near the limit.
    near, own : float
        The rate near the limit, and what their own contacts around it lead one to expect there.
    excess : Estimate
        The difference.
    adjusted : float
        The least share of false discoveries, among all advisors tested, at which this is one.
    """

    advisor_id: str
    contacts: int
    near: float
    own: float
    excess: Estimate
    adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OfAdvisors:
    """For roles that the operation allows, and for each advisor their own: never a ranking.

    Attributes
    ----------
    tested : int
        Advisors with enough contacts near the limit and around it.
    above : int
        Of those, with more near the limit than their own habit, by whatever amount: about half
        where nothing is going on, most where the target does it and no one person.
    found : tuple of NearTheLimit
        Those found at the level asked for, by pseudonym.
    """

    tested: int
    above: int
    found: tuple[NearTheLimit, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkedWork:
    """Whether a limit on contacts is kept by parking time where it does not count.

    Attributes
    ----------
    clock : {"talk", "talk_and_hold"}
    parked : {"hold", "wrapup", "hold_and_wrapup"}
    contacts : int
        Handled contacts whose talk time is known.
    share : NearLimit
        The parked share of clock and parked time together.
    by_month : mapping of str to NearLimit
        The same month by month, in order: when it began.
    reading : Reading
        The share of contacts within the limit, as it reads and without the parking.
    for_roles : OfAdvisors
    caveats : tuple of str
    """

    clock: Clock
    parked: Parked
    contacts: int
    share: NearLimit
    by_month: Mapping[str, NearLimit]
    reading: Reading
    for_roles: OfAdvisors
    caveats: tuple[str, ...]


def parked_work(
    contacts: ir.Table,
    *,
    limit_s: float,
    near_s: float | None = None,
    clock: Clock = "talk",
    parked: Parked = "hold",
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> ParkedWork:
    """Is more time parked in contacts that end just within a limit than in those around it?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's. Handled contacts with a talk time count.
    limit_s : float
        The limit on the clock, seconds; a contact at the limit keeps it.
    near_s : float, optional
        How near is near, seconds; a twentieth of the limit if left out. At least the step in which
        durations are recorded.
    clock : {"talk", "talk_and_hold"}
        What the limit counts.
    parked : {"hold", "wrapup", "hold_and_wrapup"}
        Where time goes that it does not count. A missing part counts as none where another part of
        the contact is known.
    level : float
        Of the intervals, above 0 and below 1.
    false_discoveries : float
        The share of false ones among the advisors named, above 0 and below 1.

    Returns
    -------
    ParkedWork

    Raises
    ------
    QuestionError
        If the same time is both on the clock and parked, no contact has the durations asked for, no
        time is parked at all, nothing lies on one side of the limit (all durations equal, or a
        limit outside the data), or the bands are finer than durations are recorded.

    Notes
    -----
    Intervals are over customers; a contact of an unknown customer is one of its own. The limit must
    be one that people work to: at any other number the answer is that nothing is there.
    """
    width = width_of(limit_s, near_s)
    lean = _lean(contacts, clock, parked)
    table = in_bands(lean, limit_s=limit_s, near_s=width)
    cells = _Cells.of(table, limit_s)
    handled, known = (round(float(cells.amounts[name].sum())) for name in ("n", "known"))
    _refuse_nothing(handled, known, float(cells.amounts["y"].sum()), clock, parked)
    refuse_no_sides(cells.per_band(), limit_s=limit_s, near_s=width)
    y, x = cells.sums("y"), cells.sums("x")
    counts = {name: cells.sums(name, inside=False) for name in ("n", "within", "never", "lost")}
    return ParkedWork(
        clock=clock,
        parked=parked,
        contacts=handled,
        share=near_limit(y, x, cells.per_band(), limit_s=limit_s, near_s=width, level=level),
        by_month={
            month: near_limit(
                cells.sums("y", month),
                cells.sums("x", month),
                cells.per_band(month),
                limit_s=limit_s,
                near_s=width,
                level=level,
            )
            for month in sorted(set(cells.month.tolist()))
        },
        reading=readings(
            {
                **{f"y{i}": y[:, i] for i in range(BANDS)},
                **{f"x{i}": x[:, i] for i in range(BANDS)},
                "finished": counts["n"].sum(axis=1),
                "within": counts["within"].sum(axis=1),
                "never": counts["never"].sum(axis=1),
                "lost": counts["lost"][:, NEAR + 1],
            },
            level=level,
        ),
        for_roles=advisors_near(table, level=level, false_discoveries=false_discoveries),
        caveats=_OTHER_REASONS,
    )


def in_bands(lean: ir.Table, *, limit_s: float, near_s: float) -> ir.Table:
    """The contacts with their ``band``: 0 to 6, -1 below them and 7 above.

    Parameters
    ----------
    lean : ibis.Table
        With ``clock``, seconds, of each.
    """
    place = ((lean.clock - limit_s) / near_s).ceil().cast("int64") + NEAR
    # A choice (CASE) would work the place out up to three times.
    return lean.mutate(band=ibis.least(ibis.greatest(place, -1), BANDS))


def advisors_near(table: ir.Table, *, level: float, false_discoveries: float) -> OfAdvisors:
    """Hold each advisor against their own contacts around the limit, and count how many were held.

    Parameters
    ----------
    table : ibis.Table
        With ``advisor_id``, ``band``, ``y`` and ``x``, one row for each contact.
    level, false_discoveries : float
    """
    inside = table.filter((table.band >= 0) & (table.band < BANDS) & table.advisor_id.notnull())
    inside = inside.select("advisor_id", "band", y=inside.y, x=inside.x.cast("float64"))
    y, x = inside.y, inside.x
    told = inside.group_by("advisor_id", "band").aggregate(
        n=inside.count(),
        y=y.sum(),
        x=x.sum(),
        yy=(y * y).sum(),
        yx=(y * x).sum(),
        xx=(x * x).sum(),
    )
    found = told.order_by("advisor_id", "band").to_pyarrow().to_pydict()
    names = sorted(set(found["advisor_id"]))
    if not names:
        return OfAdvisors(tested=0, above=0, found=())
    at = np.searchsorted(np.array(names), np.array(found["advisor_id"]))
    band = np.array(found["band"], dtype=np.int64)

    def by_band(name: str) -> Floats:
        filled = np.zeros((len(names), BANDS))
        filled[at, band] = np.array(found[name], dtype=np.float64)
        return filled

    n = by_band("n").astype(np.int64)
    each = beyond_own(n, *(by_band(name) for name in ("y", "x", "yy", "yx", "xx")), level=level)
    tests = controlled(each.p, level=false_discoveries)
    return OfAdvisors(
        tested=tests.tested,
        above=int(np.count_nonzero(each.excess > 0)),
        found=tuple(
            NearTheLimit(
                advisor_id=names[i],
                contacts=int(n[i, NEAR]),
                near=float(each.near[i]),
                own=float(each.own[i]),
                excess=Estimate(
                    value=float(each.excess[i]),
                    low=float(each.excess[i] - each.half[i]),
                    high=float(each.excess[i] + each.half[i]),
                    unit="share",
                    n=int(n[i].sum()),
                    method="own contacts near the limit against own contacts around it",
                    level=level,
                ),
                adjusted=float(tests.adjusted[i]),
            )
            for i in np.flatnonzero(tests.found).tolist()
        ),
    )


def _lean(contacts: ir.Table, clock: Clock, parked: Parked) -> ir.Table:
    """Handled contacts with what the clock counts and what it does not."""
    if clock not in _CLOCKS or parked not in _PARKED or set(_CLOCKS[clock]) & set(_PARKED[parked]):
        raise QuestionError(
            "What is parked must be another time than what the clock counts.",
            found=f"clock: {clock!r}, parked: {parked!r}",
            todo="Use clock='talk' with 'hold', 'wrapup' or 'hold_and_wrapup', or "
            "clock='talk_and_hold' with 'wrapup'.",
        )
    served = contacts.filter((contacts.outcome == "handled") & contacts.talk_s.notnull())

    def added(names: tuple[str, ...]) -> ir.FloatingValue:
        total = ibis.coalesce(served[names[0]], 0.0)
        for name in names[1:]:
            total = total + ibis.coalesce(served[name], 0.0)
        return total

    aside = [served[name].notnull() for name in _PARKED[parked]]
    known = aside[0] if len(aside) == 1 else aside[0] | aside[1]
    lean = served.select(
        "advisor_id",
        month=month_number(served),
        replicate=replicate_of(ibis.coalesce(served.customer_key, served.contact_key), MANY),
        clock=added(_CLOCKS[clock]),
        y=added(_PARKED[parked]),
        known=known.cast("int32"),
    )
    return lean.mutate(x=lean.clock + lean.y)


def _refuse_nothing(
    handled: int, known: int, parked_s: float, clock: Clock, parked: Parked
) -> None:
    """Refuse where the durations are not there."""
    if not handled:
        raise QuestionError(
            "No handled contact has a talk time.",
            found=f"clock: {clock}",
            todo="Map talk_s, or ask about cases with parked_cases().",
        )
    if not known or not parked_s:
        raise QuestionError(
            "No time is parked in any contact, or it is not recorded.",
            found=f"{handled:,} contacts, {known:,} with {parked} recorded",
            todo="Map hold_s and wrapup_s.",
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Cells:
    """Sums by random group of customers, month and band; band 0 is below the seven, 8 above."""

    replicate: Ints
    month: npt.NDArray[np.str_]
    band: Ints
    amounts: Mapping[str, Floats]

    @classmethod
    def of(cls, table: ir.Table, limit_s: float) -> _Cells:
        within = table.clock <= limit_s
        longer = table.clock + table.y > limit_s
        told = (
            table.group_by("replicate", "month", "band")
            .aggregate(
                n=table.count(),
                y=table.y.sum(),
                x=table.x.sum(),
                within=within.cast("int32").sum(),
                never=(~longer).cast("int32").sum(),
                known=table.known.sum(),
                lost=(within & longer).cast("int32").sum(),
            )
            .to_pyarrow()
        )
        names = ("n", "y", "x", "within", "never", "known", "lost")
        return cls(
            replicate=told["replicate"].to_numpy().astype(np.int64),
            month=month_names(told["month"].to_numpy()),
            band=told["band"].to_numpy().astype(np.int64) + 1,
            amounts={name: told[name].to_numpy().astype(np.float64) for name in names},
        )

    def sums(self, name: str, month: str | None = None, *, inside: bool = True) -> Floats:
        """By group and band; the two outer bands are dropped where only the inside is asked for."""
        which = slice(None) if month is None else self.month == month
        cells = (self.replicate * (BANDS + 2) + self.band)[which]
        added = np.bincount(cells, self.amounts[name][which], MANY * (BANDS + 2))
        shaped: Floats = added.reshape(MANY, BANDS + 2).astype(np.float64)
        return shaped[:, 1:-1] if inside else shaped

    def per_band(self, month: str | None = None) -> Ints:
        """How many contacts lie in each band."""
        counted: Ints = self.sums("n", month).sum(axis=0).round().astype(np.int64)
        return counted
