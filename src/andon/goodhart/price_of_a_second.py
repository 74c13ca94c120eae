"""The price of a second: what a second of handle time does to what happens next.

Hard contacts take longer and go wrong more often, so long contacts look harmful, or harmless, for a
reason that is not their length. Within one queue, type and interval a contact goes to the next free
advisor, whoever that is; the advisor's pace with other customers has nothing to do with how hard
this contact is. That is what is compared here.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.absorbed import added
from andon.goodhart.caseload import Caseload, Fact
from andon.goodhart.design import Design, Enough, Identified, design, enough, identified
from andon.goodhart.dose import Step, dose
from andon.goodhart.examiners import Priced, fitted, priced
from andon.goodhart.first_stage import PaceBin, first_stage
from andon.goodhart.halves import halves
from andon.goodhart.region import Region
from andon.goodhart.returning import Returning
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.sums import as_float, rows
from andon.units import AGES_US, DAY_S, US, Unit

__all__ = ["Outcome", "PaceStep", "PriceOfASecond", "price_of_a_second"]

Outcome = Literal["recontact", "transfer", "complaint", "later_handle"]
"""What may follow: the customer contacts us again within the window; the contact is transferred;
the customer complains within the window; seconds of handle time that the customer's next contact
takes, if it comes within the window."""

_OUTCOMES: Final = ("recontact", "transfer", "complaint", "later_handle")
_SAYS: Final[dict[str, str]] = {
    "recontact": "coming back",
    "transfer": "being transferred",
    "complaint": "complaining",
    "later_handle": "handle time of the customer's next contact",
}
_ALIKE: Final[dict[str, tuple[str, str]]] = {
    "recontact": ("nobody ever came back", "everybody came back"),
    "transfer": ("nobody was ever passed on", "everybody was passed on"),
    "complaint": ("nobody ever complained", "everybody complained"),
    "later_handle": ("nobody's next contact took any time", ""),
}
"""What is said where the outcome is never there, and where it always is."""
_ROUNDING: Final = 1e-9
_FOLLOWED: Final = ("recontact", "complaint", "later_handle")
_DAY_US: Final = DAY_S * US
_KNOWN: Final = (
    "known customer",
    "came within the window before",
    "priority",
    "handle time of the customer's contact before",
)
"""What is always known before a contact."""
_YES_OR_NO: Final = _KNOWN[:2]
_WHILE_FOLLOWED: Final = ("at", "key", "stranger", "handled", "transferred")
"""Columns that are not kept once customers have been followed."""
_PARTS_OF_DAY: Final = ("night", "morning", "afternoon", "evening")
_SKILL: Final = (
    "Fast advisors may differ from slow ones in skill as well, so this is what being served by a "
    "slower kind of advisor does. Whether the same advisor would do better with more time is known "
    "only where pace itself was changed."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaceStep:
    """What one more second does between two paces.

    Attributes
    ----------
    from_s, to_s : float
        Mean handle time of the faster and of the slower third of advisors, seconds.
    per_s : Estimate or Unknown
        Like :attr:`PriceOfASecond.per_s`.
    """

    from_s: float
    to_s: float
    per_s: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceOfASecond:
    """What one more second of handle time does to what happens next.

    Attributes
    ----------
    outcome : str
    window_s : int
        How long customers were followed, seconds.
    design : Design
        Whether contacts reached advisors by chance; where it does not hold, nothing is estimated.
    per_s : Estimate or Unknown
        What one more second adds to the outcome: percentage points (of contacts), or for
        ``later_handle`` seconds for a second. Below 0 where time prevents it.
    naive_per_s : Estimate or Unknown
        The same as long and short contacts alone would have it, advisors not looked at.
    differ : str
        Why the two differ, or do not.
    region : Region or None
        All values that the data do not reject, in ``per_s``'s unit, also where it has no end.
    one_price : bool or None
        Whether one figure fits all advisors; where none does, they differ in more than pace.
    steps : tuple of PaceStep
        From fast to slow; empty where data do not allow it.
    first_stage : tuple of PaceBin
        How advisors' pace with others goes with handle time and outcome, for a picture: means over
        five advisors or more, from fast to slow; empty where there are too few, or no price.
    outcome_mean : Estimate or Unknown
        The outcome's mean over the contacts compared, counted: a share, or seconds for
        ``later_handle``.
    mean_handle_s : float
        Mean handle time of the contacts compared, seconds; NaN where none were.
    pace_spread_s : float
        Standard deviation of advisors' true pace, seconds; the reach of the data. NaN likewise.
    contacts, advisors, cells : int
        What was compared.
    left_out : mapping of str to int
        Contacts that could not be, and why.
    caveats : tuple of str
    """

    outcome: Outcome
    window_s: int
    design: Design
    per_s: Estimate | Unknown
    naive_per_s: Estimate | Unknown
    differ: str
    region: Region | None
    one_price: bool | None
    steps: tuple[PaceStep, ...]
    first_stage: tuple[PaceBin, ...]
    outcome_mean: Estimate | Unknown
    mean_handle_s: float
    pace_spread_s: float
    contacts: int
    advisors: int
    cells: int
    left_out: Mapping[str, int]
    caveats: tuple[str, ...]

    def change(self, by_s: float) -> Estimate | Unknown:
        """What handling ``by_s`` seconds longer (shorter, below 0) would add to the outcome.

        The same price for every second; see :attr:`steps` for whether that is so. For a what-if.
        """
        price = self.per_s
        if isinstance(price, Unknown):
            return price
        ends = sorted((price.low * by_s, price.high * by_s))
        return Estimate(
            value=price.value * by_s,
            low=ends[0],
            high=ends[1],
            unit="s" if self.outcome == "later_handle" else "points",
            n=price.n,
            method=price.method,
            level=price.level,
        )


def price_of_a_second(
    contacts: ir.Table,
    *,
    outcome: Outcome = "recontact",
    window_s: int = 7 * DAY_S,
    by: Sequence[str] = ("channel", "queue", "reason"),
    interval_s: int = 1800,
    facts: Mapping[str, ir.Value] | None = None,
    values: ir.Table | None = None,
    observed: Observed | None = None,
    level: float = 0.95,
) -> PriceOfASecond:
    """What does a second of handle time do to what happens next?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    outcome : {"recontact", "transfer", "complaint", "later_handle"}
    window_s : int
        How long a customer is followed from one arrival to the next, whole seconds above 0.
    by : sequence of str
        What makes contacts alike, from :data:`andon.ledger.periods.GROUPS`.
    interval_s : int
        Contacts that arrive in one interval of this length, on the operation's wall, and are alike
        in ``by``, are taken to reach advisors by chance; whole seconds above 0.
    facts : mapping of str to expression, optional
        Further facts known before the contact, numbers or yes and no, expressions on ``contacts``;
        missing counts as 0. Whether the customer is known or came within the window before, how
        long that contact took, and the priority are always looked at.
    values : ibis.Table, optional
        The ledger's values, for ``complaint``.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    PriceOfASecond
        Where the design does not hold, with the reasons and no price.

    Raises
    ------
    QuestionError
        If the outcome, a length, the level or a name in ``by`` is none, or ``complaint`` is asked
        without ``values``.

    Notes
    -----
    Contacts count that an advisor handled, with a handle time; for all but transfers, of known
    customers whose whole window was seen. Where ids are missing, it is checked whether by chance,
    and the interval is widened by what may not be seen.

    The estimate is UJIVE with cells absorbed and advisors' pace as instrument; all contacts of a
    customer with an advisor are left out of that pace together. Its interval is Anderson and
    Rubin's by advisor (:mod:`andon.goodhart.examiners`), after the checks of
    :mod:`andon.goodhart.design`.

    Only sums leave the engine: by cell and advisor, and for customers whom one advisor served
    several times by these three.
    """
    _check(outcome, window_s, interval_s, values, level)
    seen = coverage.observed(contacts) if observed is None else observed
    asked = _Asked(outcome=outcome, window_s=window_s, by=tuple(by), interval_s=interval_s)
    dated = _named(contacts, asked, facts or {})
    names = _Names.of(dated, asked)
    table = _contacts(dated, asked, names, tuple(facts or {}), values, seen)
    with kept(table) as held:
        census = _census(held, len(facts or {}))
        left_out = _left_out(census, asked)
        if not census["used"]:
            return _refused(asked, Design(enough=_nobody(census)), left_out)
        sums = _Sums.of(held, names, asked, tuple(facts or {}), census)
        some = asked.outcome in _FOLLOWED and bool(census["no_customer"])
        known = _known(dated, held, asked, sums) if some else None
    return _answered(sums, asked, left_out, known, level)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """The question."""

    outcome: Outcome
    window_s: int
    by: tuple[str, ...]
    interval_s: int

    @property
    def keys(self) -> list[str]:
        """Columns of what makes contacts alike."""
        return [f"by_{name}" for name in self.by]

    @property
    def unit(self) -> Unit:
        return "ratio" if self.outcome == "later_handle" else "points"

    @property
    def scale(self) -> float:
        """From the outcome's mean to the unit."""
        return 1.0 if self.outcome == "later_handle" else 100.0


def _check(
    outcome: str, window_s: float, interval_s: float, values: ir.Table | None, level: float
) -> None:
    if outcome not in _OUTCOMES:
        raise QuestionError(
            "This is no outcome of a contact that can be priced.",
            found=f"outcome: {outcome!r}",
            todo=f"Use any of: {', '.join(_OUTCOMES)}.",
        )
    for name, length in (("window_s", window_s), ("interval_s", interval_s)):
        if not (math.isfinite(length) and length > 0 and length == int(length)):
            raise QuestionError(
                "A window and an interval must be whole numbers of seconds above 0.",
                found=f"{name}: {length!r}",
                todo="Use for example window_s=604800 and interval_s=1800.",
            )
    if outcome == "complaint" and values is None:
        raise QuestionError(
            "Complaints are in the ledger's values, which were not given.",
            todo="Give values=, or ask for another outcome.",
        )
    if not 0 < level < 1:
        raise QuestionError(
            "A level must lie between 0 and 1.", found=f"level: {level!r}", todo="Use 0.95."
        )


# ---------------------------------------------------------------- what the engine adds up


def _named(contacts: ir.Table, asked: _Asked, facts: Mapping[str, ir.Value]) -> ir.Table:
    """The contacts with what makes them alike as text, and facts as numbers."""
    known_before = {f"fact_{i}": each for i, each in enumerate(facts.values())}
    table = with_groups(contacts.mutate(**known_before) if facts else contacts, asked.by)
    return table.mutate(
        **{f"by_{name}": ibis.coalesce(table[name].cast("string"), "") for name in asked.by},
        **{name: ibis.coalesce(as_float(table[name]), 0.0) for name in known_before},
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Names:
    """What kinds of contacts there are and who advises, numbered: text is carried no further."""

    kinds: ir.Table | None
    advisors: ir.Table
    said: tuple[tuple[str, ...], ...]
    people: int

    @classmethod
    def of(cls, dated: ir.Table, asked: _Asked) -> _Names:
        handled = dated.filter(dated.outcome == "handled")
        keys = asked.keys
        kinds = _numbered(handled.select(keys).distinct().to_pyarrow(), "kind") if keys else None
        advisors = handled.filter(handled.advisor_id.notnull()).select("advisor_id").distinct()
        numbers = _numbered(advisors.to_pyarrow(), "advisor")
        return cls(
            kinds=None if kinds is None else ibis.memtable(kinds),
            advisors=ibis.memtable(numbers),
            said=tuple(tuple(row[key] for key in keys) for row in kinds.to_pylist())
            if kinds is not None
            else ((),),
            people=len(numbers),
        )


def _contacts(
    dated: ir.Table,
    asked: _Asked,
    names: _Names,
    facts: tuple[str, ...],
    values: ir.Table | None,
    seen: Observed,
) -> ir.Table:
    """One narrow row for each handled contact: where it belongs, x, y, and what was known."""
    table = dated.left_join(names.advisors, "advisor_id").drop("advisor_id_right")
    if names.kinds is None:
        table = table.mutate(kind=ibis.literal(0, type="int32"))
    else:
        # Contacts that nobody handled may be of no kind that is compared; they are followed only.
        table = table.left_join(names.kinds, asked.keys)
    lean = table.select(
        "kind",
        "advisor",
        customer=table.customer_key,
        at=table.arrived_us,
        key=table.contact_key,
        # Strangers are nobody's next contact: each is in a stretch of its own.
        stranger=ibis.ifelse(table.customer_key.isnull(), table.contact_key, 0),
        handled=table.outcome == "handled",
        x_us=(handle_s(table) * float(US)).round().cast("int64"),
        transferred=ibis.coalesce(table.transfers, 0) > 0,
        priority=ibis.coalesce(table.priority, 0),
        slot=_slot(table.local_arrived_us, asked.interval_s),
        **{f"fact_{i}": table[f"fact_{i}"] for i in range(len(facts))},
    )
    found = _followed(lean, asked, values)
    ripe: ir.BooleanValue = ibis.literal(value=True)
    if asked.outcome in _FOLLOWED:
        long_enough = seen.ahead_us(found["at"]) >= asked.window_s * US
        ripe = found.customer.notnull() & long_enough
    found = found.filter(found.handled)
    return found.select(
        *(name for name in lean.columns if name not in _WHILE_FOLLOWED),
        "came_before",
        "before_us",
        "y",
        timed=found.advisor.notnull() & found.x_us.notnull(),
        usable=ripe & found.advisor.notnull() & found.x_us.notnull(),
    )


def _followed(lean: ir.Table, asked: _Asked, values: ir.Table | None) -> ir.Table:
    """Contacts with what the same customer did before and after."""
    in_order = ibis.window(group_by=["customer", "stranger"], order_by=["at", "key"])
    window_us = asked.window_s * US
    at = lean["at"]
    # An engine works out every window that is written down, so only those that are read are.
    near = {"back": at - at.lag().over(in_order), "last_us": lean.x_us.lag().over(in_order)}
    if asked.outcome in {"recontact", "later_handle"}:
        near["gap"] = at.lead().over(in_order) - at
    if asked.outcome == "later_handle":
        near["next_us"] = lean.x_us.lead().over(in_order)
    timed = lean.mutate(**near)
    came_before = ibis.coalesce(timed.back <= window_us, ibis.literal(value=False))
    found = timed.mutate(
        came_before=came_before,
        before_us=ibis.ifelse(came_before, timed.last_us, ibis.null("int64")),
    )
    if asked.outcome == "complaint" and values is not None:
        return _complained(found, values, window_us)
    if asked.outcome == "transfer":
        return found.mutate(y=as_float(found.transferred))
    came = as_float(ibis.coalesce(found.gap <= window_us, ibis.literal(value=False)))
    if asked.outcome == "later_handle":
        came = came * ibis.coalesce(found.next_us, 0) / US
    return found.mutate(y=came)


def _complained(known: ir.Table, values: ir.Table, window_us: int) -> ir.Table:
    """Whether the customer complained within the window after each contact's arrival."""
    complaints = values.filter((values.kind == "complaint") & values.customer_key.notnull())
    said = complaints.select(who=complaints.customer_key, when_us=complaints.happened_us).distinct()
    near = known.select("key", "customer", "at").join(
        said,
        [
            known.customer == said.who,
            said.when_us > known["at"],
            said.when_us <= known["at"] + window_us,
        ],
    )
    hit = near.select(hit="key").distinct()
    joined = known.left_join(hit, known.key == hit.hit)
    return joined.mutate(y=as_float(joined.hit.notnull()))


def _slot(local_us: ir.IntegerValue, interval_s: int) -> ir.IntegerValue:
    """The number of the interval on the operation's wall, counted from the year 1."""
    length, since = interval_s * US, local_us + AGES_US
    return ((since - since % length) / length).cast("int64")


def _census(held: ir.Table, facts: int) -> dict[str, Any]:
    """Counts of all contacts, and what those that can be used range over.

    Contacts alike in what can be used of them are few groups: a condition for each figure would
    cost the engine as much as the figure.
    """
    known = _known_before(held, facts)
    alike = {
        "usable": held.usable,
        "timed": held.timed,
        "no_advisor": held.advisor.isnull(),
        "no_customer": held.customer.isnull(),
    }
    found = rows(
        held.group_by(**alike).aggregate(
            n=held.count(),
            before_n=held.before_us.count(),
            before_us=held.before_us.cast("float64").sum(),
            x_us=held.x_us.cast("float64").sum(),
            first_slot=held.slot.min(),
            last_slot=held.slot.max(),
            **{f"least{i}": each.min() for i, each in enumerate(known)},
            **{f"most{i}": each.max() for i, each in enumerate(known)},
        )
    )
    used = [each for each in found if each["usable"]]

    def count(**such: bool) -> int:
        return sum(each["n"] for each in found if all(each[k] == v for k, v in such.items()))

    def total(name: str) -> float:
        return math.fsum(each[name] or 0.0 for each in used)

    counted = count(usable=True)
    lowest = ["first_slot", *(f"least{i}" for i in range(len(known)))]
    highest = ["last_slot", *(f"most{i}" for i in range(len(known)))]
    return {
        "handled": count(),
        "used": counted,
        "no_advisor": count(no_advisor=True),
        "no_time": count(no_advisor=False, timed=False),
        "no_customer": count(no_customer=True),
        "nobody": count(timed=True, no_customer=True),
        "before_us": total("before_us") / max(total("before_n"), 1.0),
        "mean_us": total("x_us") / max(counted, 1),
        **{name: min((each[name] for each in used), default=None) for name in lowest},
        **{name: max((each[name] for each in used), default=None) for name in highest},
    }


def _left_out(census: Mapping[str, Any], asked: _Asked) -> dict[str, int]:
    handled, used = census["handled"], census["used"]
    no_advisor, no_time = census["no_advisor"], census["no_time"]
    nobody = census["nobody"] if asked.outcome in _FOLLOWED else 0
    return {
        "no advisor recorded": no_advisor,
        "no handle time recorded": no_time,
        "customer not known": nobody,
        "window not wholly seen": handled - used - no_advisor - no_time - nobody,
    }


def _nobody(census: Mapping[str, Any]) -> Enough:
    handled, missing = census["handled"], census["no_advisor"]
    if not handled:
        says = "No contact was handled whose outcome can be told: nothing can be compared."
    elif missing == handled:
        says = "No contact says which advisor took it: advisors cannot be compared."
    else:
        says = "No contact has an advisor, a handle time and a window wholly seen."
    return Enough(advisors=0, shared_cells=0, contacts=0, holds=False, says=says)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sums:
    """What left the engine."""

    cases: Caseload
    returning: Returning | None
    kinds: tuple[tuple[str, ...], ...]
    slots: int
    first_slot: int
    centre_s: float

    @classmethod
    def of(
        cls,
        held: ir.Table,
        names: _Names,
        asked: _Asked,
        named: tuple[str, ...],
        census: Mapping[str, Any],
    ) -> _Sums:
        """Sums by kind, interval and advisor, which stand in one number."""
        usable = held.filter(held.usable)
        first = int(census["first_slot"])
        slots = int(census["last_slot"]) - first + 1
        # Near a round mean, sums of squares keep their digits.
        centre_s = float(round(census["mean_us"] / US))
        # What is the same for all contacts says nothing of who took them.
        facts = {
            f"{i}": name
            for i, name in enumerate((*_KNOWN, *named))
            if census[f"least{i}"] != census[f"most{i}"]
        }
        # Who did not come before took, for all that is known, as long as those who did.
        before_s = census["before_us"] / US
        known = _known_before(usable, len(named), before_s)
        cell = usable.kind.cast("int64") * slots + (usable.slot - first)
        lean = usable.select(
            "customer",
            "y",
            place=cell * names.people + usable.advisor.cast("int64"),
            x=usable.x_us.cast("float64") / US - centre_s,
            **{f"f{i}": known[int(i)] for i in facts},
        )
        x, y = lean.x, lean.y
        sums = {"n": lean.count(), "x": x.sum(), "y": y.sum(), "xx": (x * x).sum()}
        sums |= {"xy": (x * y).sum()}
        if asked.outcome == "later_handle":
            sums |= {"yy": (y * y).sum()}
        for i, name in facts.items():
            fact = lean[f"f{i}"]
            sums |= {f"w{i}": fact.sum(), f"xw{i}": (fact * x).sum()}
            if name not in _YES_OR_NO:
                sums |= {f"ww{i}": (fact * fact).sum()}
        found = lean.group_by("place").aggregate(**sums).to_pyarrow()
        place = _ints(found, "place")
        # Yes and no are their own squares.
        ww = {i: f"w{i}" if name in _YES_OR_NO else f"ww{i}" for i, name in facts.items()}
        cases = Caseload.of(
            cell=place // names.people,
            advisor=place % names.people,
            n=_floats(found, "n"),
            x=_floats(found, "x"),
            y=_floats(found, "y"),
            xx=_floats(found, "xx"),
            xy=_floats(found, "xy"),
            yy=_floats(found, "yy" if "yy" in sums else "y"),
            facts={
                name: Fact(
                    w=_floats(found, f"w{i}"),
                    ww=_floats(found, ww[i]),
                    xw=_floats(found, f"xw{i}"),
                )
                for i, name in facts.items()
            },
        )
        return cls(
            cases=cases,
            returning=_returning(lean, cases, names.people),
            kinds=names.said,
            slots=slots,
            first_slot=first,
            centre_s=centre_s,
        )

    def groups(self, asked: _Asked) -> dict[str, npt.NDArray[Any]]:
        """What each cell is by queue, reason and so on, and by part of the day."""
        code = self.cases.cell_names
        kind = code // self.slots
        names = {
            name: np.array([each[i] or "not recorded" for each in self.kinds])[kind]
            for i, name in enumerate(asked.by)
        }
        since_us = (code % self.slots + self.first_slot) * (asked.interval_s * US)
        quarter = (since_us % _DAY_US) * 4 // _DAY_US
        return {**names, "part of the day": np.array(_PARTS_OF_DAY)[quarter]}

    def half(self, asked: _Asked) -> npt.NDArray[np.bool_]:
        """Whether each cell is of an odd day or an even one."""
        code = self.cases.cell_names
        since_us = (code % self.slots + self.first_slot) * (asked.interval_s * US)
        odd: npt.NDArray[np.bool_] = since_us // _DAY_US % 2 == 1
        return odd


def _known_before(held: ir.Table, more: int, before_s: float = 0.0) -> list[ir.FloatingValue]:
    """What was known before each contact, in the order of its names; ``more`` asked for besides."""
    return [
        as_float(held.customer.notnull()),
        as_float(held.came_before),
        as_float(held.priority),
        ibis.coalesce(held.before_us.cast("float64") / US - before_s, 0.0),
        *(held[f"fact_{i}"] for i in range(more)),
    ]


def _returning(lean: ir.Table, cases: Caseload, people: int) -> Returning | None:
    """Sums by customer, of customers whom one advisor served several times."""
    if not len(cases.n):
        return None
    known = lean.filter(lean.customer.notnull()).mutate(advisor=lean.place % people)
    met = known.group_by("advisor", "customer").aggregate(times=known.count())
    several = met.filter(met.times > 1).drop("times")
    again = known.join(several, ["advisor", "customer"])
    x, y = again.x, again.y
    found = (
        again.group_by("place", "customer")
        .aggregate(
            n=again.count(),
            x=x.sum(),
            y=y.sum(),
            xx=(x * x).sum(),
            xy=(x * y).sum(),
        )
        .to_pyarrow()
    )
    if not len(found):
        return None
    place = _ints(found, "place")
    return Returning.of(
        cases,
        cell=place // people,
        advisor=place % people,
        customer=_ints(found, "customer"),
        n=_floats(found, "n"),
        x=_floats(found, "x"),
        y=_floats(found, "y"),
        xx=_floats(found, "xx"),
        xy=_floats(found, "xy"),
    )


def _known(dated: ir.Table, held: ir.Table, asked: _Asked, sums: _Sums) -> Identified:
    """Whether customers' ids are missing by chance: by interval, and by advisor."""
    keys = asked.keys
    lean = dated.select(
        *keys,
        slot=_slot(dated.local_arrived_us, asked.interval_s),
        known=dated.customer_key.notnull().cast("int64"),
    )
    cells = lean.group_by(*keys, "slot").aggregate(n=lean.count(), known=lean.known.sum())
    of_cell = cells.to_pyarrow()
    served = held.filter(held.timed)
    x = served.x_us.cast("float64") / US - sums.centre_s
    w = as_float(served.customer.notnull())
    narrow = served.select("kind", "slot", "advisor", x=x, w=w)
    a, b = narrow.x, narrow.w
    found = (
        narrow.group_by("kind", "slot", "advisor")
        .aggregate(n=narrow.count(), x=a.sum(), xx=(a * a).sum(), w=b.sum(), xw=(a * b).sum())
        .to_pyarrow()
    )
    known, with_x = _floats(found, "w"), _floats(found, "xw")
    cases = Caseload.of(
        cell=_codes(found, ["kind", "slot"]),
        advisor=_ints(found, "advisor"),
        n=_floats(found, "n"),
        x=_floats(found, "x"),
        y=known,
        xx=_floats(found, "xx"),
        xy=with_x,
        yy=known,
        facts={"known customer": Fact(w=known, ww=known, xw=with_x)},
    )
    return identified(
        _floats(of_cell, "known"), _floats(of_cell, "n"), kind=_codes(of_cell, keys), cases=cases
    )


def _codes(table: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each row, alike where all columns are; from 0 and without gaps."""
    code = np.zeros(len(table), dtype=np.int64)
    for column in columns:
        values = table[column].combine_chunks().dictionary_encode()
        code = code * len(values.dictionary) + values.indices.to_numpy()
        code = np.unique(code, return_inverse=True)[1].astype(np.int64)
    return code


def _numbered(table: pa.Table, name: str) -> pa.Table:
    """Few names with a number each, in an order that is the same on every engine."""
    ordered = table.sort_by([(column, "ascending") for column in table.column_names])
    return ordered.append_column(name, pa.array(range(len(ordered)), type=pa.int32()))


def _ints(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _floats(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


# ---------------------------------------------------------------- the answer


def _answered(
    sums: _Sums, asked: _Asked, left_out: dict[str, int], known: Identified | None, level: float
) -> PriceOfASecond:
    cases = sums.cases
    left_out = {**left_out, "alone in their interval": cases.left_out}
    seen = None
    if len(cases.n) and enough(cases).holds:  # thousands of advisors who hardly meet fill memory
        with contextlib.suppress(QuestionError):  # the checks say why
            seen = fitted(cases)
    found = None if seen is None else priced(seen, returning=sums.returning, level=level)
    checked = replace(design(cases, groups=sums.groups(asked), seen=seen), identified=known)
    share = 1.0 if known is None else known.share
    if checked.holds and not _varies(cases):
        return _alike(asked, _refused(asked, checked, left_out, found), cases)
    if found is None or not checked.holds:
        return _refused(asked, checked, left_out, found)
    price = _told(found.ujive.value, found.ujive.region, found, asked, share)
    naive = _naive(found, asked)
    both = halves(cases, half=sums.half(asked))
    steps = tuple(
        _pace_step(step, sums.centre_s, found, asked, share) for step in dose(both, level=level)
    )
    one = found.all_advisors.shape != "nowhere"
    return PriceOfASecond(
        outcome=asked.outcome,
        window_s=asked.window_s,
        design=checked,
        per_s=price,
        naive_per_s=naive,
        differ=_differ(price, naive, asked),
        region=_scaled(_widened(found.ujive.region, share), asked.scale),
        one_price=one,
        steps=steps,
        first_stage=first_stage(
            both,
            unit="s" if asked.outcome == "later_handle" else "points",
            scale=asked.scale,
            level=level,
        ),
        outcome_mean=Estimate.exact(
            float(cases.y.sum()) / cases.contacts,
            unit="s" if asked.outcome == "later_handle" else "share",
            n=cases.contacts,
        ),
        mean_handle_s=sums.centre_s + float(cases.x.sum()) / cases.contacts,
        pace_spread_s=found.first_stage.spread,
        contacts=cases.contacts,
        advisors=found.advisors,
        cells=found.cells,
        left_out=left_out,
        caveats=_caveats(found, one=one, share=share),
    )


def _varies(cases: Caseload) -> bool:
    """Whether two contacts of one cell ever differ in the outcome."""
    n, y, yy = (added(cases.cell, each, cases.cells) for each in (cases.n, cases.y, cases.yy))
    return bool((yy - y * y / n > _ROUNDING * (1 + yy)).any())


def _alike(asked: _Asked, told: PriceOfASecond, cases: Caseload) -> PriceOfASecond:
    """No price where the outcome is always the same: zero would be a figure without its doubt."""
    some, most = float(cases.y.sum()), cases.contacts
    never, always = _ALIKE[asked.outcome]
    why = "the outcome never differs between contacts that could be compared"
    if some == 0:
        why = f"{never}, so nothing can be told"
    elif asked.outcome != "later_handle" and some == most:
        why = f"{always}, so nothing can be told"
    unknown = Unknown(unit=asked.unit, why=why, needs="contacts after which some differ in that")
    return replace(
        told,
        per_s=unknown,
        naive_per_s=unknown,
        differ="There is no price to set beside the naive figure, and no naive figure either.",
        outcome_mean=replace(unknown, unit="s" if asked.outcome == "later_handle" else "share"),
    )


def _refused(
    asked: _Asked,
    checked: Design,
    left_out: dict[str, int],
    found: Priced | None = None,
) -> PriceOfASecond:
    why = "; ".join(each.rstrip(".") for each in checked.refused_because)
    unknown = Unknown(
        unit=asked.unit,
        why=why[:1].lower() + why[1:],
        needs="contacts that reach several advisors by chance, or a trial that changes pace itself",
    )
    return PriceOfASecond(
        outcome=asked.outcome,
        window_s=asked.window_s,
        design=checked,
        per_s=unknown,
        naive_per_s=unknown if found is None else _naive(found, asked),
        differ=(
            "There is no price to set beside it. Long contacts are hard ones too, "
            "so the naive figure is none."
        ),
        region=None,
        one_price=None,
        steps=(),
        first_stage=(),
        outcome_mean=unknown,
        mean_handle_s=math.nan,
        pace_spread_s=math.nan if found is None else found.first_stage.spread,
        contacts=checked.enough.contacts if found is None else found.contacts,
        advisors=checked.enough.advisors if found is None else found.advisors,
        cells=checked.enough.shared_cells if found is None else found.cells,
        left_out=left_out,
        caveats=(),
    )


def _told(
    value: float,
    seen: Region,
    found: Priced,
    asked: _Asked,
    share: float,
    n: int | None = None,
) -> Estimate | Unknown:
    region = _widened(seen, share)
    if not region.bounded or value not in region:
        return Unknown(
            unit=asked.unit,
            why=f"the data allow {region.says()}",
            needs="more contacts, or advisors who differ more in pace",
        )
    scale = asked.scale
    return Estimate(
        value=value * scale,
        low=region.low * scale,
        high=region.high * scale,
        unit=asked.unit,
        n=found.contacts if n is None else n,
        method="UJIVE without the customer, Anderson-Rubin by advisor"
        if n is None
        else "Anderson-Rubin by advisor",
        level=region.level,
    )


def _naive(found: Priced, asked: _Asked) -> Estimate:
    slope, scale = found.ols, asked.scale
    return Estimate(
        value=slope.value * scale,
        low=slope.low * scale,
        high=slope.high * scale,
        unit=asked.unit,
        n=found.contacts,
        method="least squares within cells, clustered by advisor",
        level=found.level,
    )


def _pace_step(step: Step, centre_s: float, found: Priced, asked: _Asked, share: float) -> PaceStep:
    return PaceStep(
        from_s=centre_s + step.from_x,
        to_s=centre_s + step.to_x,
        per_s=_told(step.slope, step.region, found, asked, share, n=step.contacts),
    )


def _widened(region: Region, share: float) -> Region:
    """Every value of the region as it is and up to ``1 / share`` times as large.

    Whose ids are missing is not known. If they are missing by lot, only ``share`` of those who
    return are seen to, and the price is as much larger. If it is always the same customers who are
    not known, all returns of the others are seen, and it is as it stands.
    """
    low, high = region.low, region.high
    if region.shape == "interval":
        low, high = (low / share if low < 0 else low), (high / share if high > 0 else high)
    elif region.shape == "outside":
        low, high = (low if low < 0 else low / share), (high if high > 0 else high / share)
        if low >= high:
            return Region(shape="everywhere", low=-math.inf, high=math.inf, level=region.level)
    return replace(region, low=low, high=high)


def _scaled(region: Region, scale: float) -> Region:
    return Region(
        shape=region.shape,
        low=region.low * scale,
        high=region.high * scale,
        level=region.level,
    )


def _differ(price: Estimate | Unknown, naive: Estimate, asked: _Asked) -> str:
    if isinstance(price, Unknown):
        return "The price is not known, so it cannot be set beside the naive figure."
    said = _SAYS[asked.outcome]
    if price.low <= naive.value <= price.high:
        return (
            f"The naive figure lies within the interval: what makes contacts long shows no other "
            f"path to {said} that these data could tell."
        )
    up = naive.value > price.value
    return (
        f"Long contacts are also the hard ones, and what makes them hard leads to "
        f"{'more' if up else 'less'} {said} by itself: the naive figure is too "
        f"{'high' if up else 'low'}."
    )


def _caveats(found: Priced, *, one: bool, share: float) -> tuple[str, ...]:
    said = [_SKILL]
    if share < 1:
        said.append(
            f"{1 - share:.1%} of contacts have no customer id, and who returns in one of them is "
            f"not seen to: the price may be up to {1 / share:.2f} times as large. The interval "
            "allows for that."
        )
    if not one:
        said.append(
            "No single figure fits all advisors: they differ in more than pace. The interval "
            "allows for differences that have nothing to do with pace, and for no others."
        )
    if found.parts > 1:
        said.append(
            f"Advisors fall into {found.parts} sets that no queue and interval joins; each is "
            "compared within itself."
        )
    return tuple(said)
