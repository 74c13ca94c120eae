"""Presence: how many were there in each hour, exactly, without looking at every hour of every stay.

A stay adds to the hour in which it begins what was left of that hour, and takes from the hour in
which it ends what was left of that one; in between it counts whole hours. So two short tables, of
beginnings and of ends by hour, give the time present in each hour to the microsecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.answer import Scope
from andon.metrics.doubt import Bools, Floats, Ints, scopes_of
from andon.units import DAY_S, HOUR_S, US

__all__ = ["Presence", "once", "presence"]

Numbers = npt.NDArray[Any]
"""Whole or floating."""

_HOUR_US: Final = HOUR_S * US
_DAY_US: Final = DAY_S * US
_NO_END, _BACKWARDS, _KNOWN, _OVER_A_DAY = range(4)
"""States of a stay; from the third on it has a length."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Presence:
    """Stays by hour; every array has one value for each hour from the first on.

    Attributes
    ----------
    first_hour : int
        Hours since 1970, on the clock that the stays were given in.
    entered : array
        Stays that began in the hour, those of unknown length too.
    known : array
        Of these, how many have a length (weighted, where there are weights).
    no_end, backwards, over_a_day : array
        Of these, how many have no end, have one before their beginning, and last over a day.
    stayed_s : array
        Seconds that the known ones stayed, whenever they stayed them.
    present_s : array
        Seconds that anybody was present within the hour.
    recorded_s : array
        Sum of ``recorded_s`` over the known stays that began in the hour; ``stayed_s`` where the
        stays have no such column.
    """

    first_hour: int
    entered: Floats
    known: Floats
    no_end: Floats
    backwards: Floats
    over_a_day: Floats
    stayed_s: Floats
    present_s: Floats
    recorded_s: Floats


def presence(
    stays: ir.Table,
    *,
    by: Sequence[str] = (),
    hours: tuple[int, int] | None = None,
) -> dict[Scope, Presence]:
    """How many were present in each hour.

    Parameters
    ----------
    stays : ibis.Table
        ``from_us`` and ``to_us`` (integers; microseconds since 1970 on any one clock) and the
        columns of ``by``. A stay whose end is null or before its beginning has no known length and
        is never present. With a column ``weight``, each stay counts so often; a column
        ``recorded_s`` (seconds) is added up as it is.
    by : sequence of str
        Columns to group by.
    hours : (int, int), optional
        First and last hour to report, hours since 1970; from the first to the last beginning unless
        given.

    Returns
    -------
    dict
        The empty scope (all stays) is always there.

    Notes
    -----
    Beginnings before the first hour count, so a stay may reach into the hours reported. Without
    weights everything is summed in whole microseconds.
    """
    weight = stays.weight if "weight" in stays.columns else None
    recorded = ("recorded_s",) if "recorded_s" in stays.columns else ()
    stay = stays.to_us - stays.from_us
    start, end = _rest(stays.from_us), _rest(stays.to_us)
    lean = stays.select(
        *by,
        *recorded,
        began_hour=_hour(stays.from_us),
        ended_hour=_hour(stays.to_us),
        state=ibis.cases(
            (stay < 0, _BACKWARDS),
            (stay > _DAY_US, _OVER_A_DAY),
            (stay >= 0, _KNOWN),
            else_=_NO_END,
        ).cast("int16"),
        start=start if weight is None else start * weight,
        end=end if weight is None else end * weight,
        stay=stay if weight is None else stay * weight,
        **({} if weight is None else {"weight": weight}),
    )
    within = lean.filter(lean.state >= _KNOWN)
    began = lean.group_by([*by, "began_hour", "state"]).aggregate(
        n=lean.count(),
        one=lean.count() if weight is None else lean.weight.sum(),
        rest=lean.start.sum(),
        stay=lean.stay.sum(),
        **{name: lean[name].sum() for name in recorded},
    )
    ended = within.group_by([*by, "ended_hour"]).aggregate(
        one=within.count() if weight is None else within.weight.sum(), rest=within.end.sum()
    )
    return _joined(began.to_pyarrow(), ended.to_pyarrow(), by, hours)


def once(stays: ir.Table, by: Sequence[str] = ()) -> ir.Table:
    """Stretches of one advisor without their overlaps; those of nobody stay as they are.

    Parameters
    ----------
    stays : ibis.Table
        ``advisor_id``, ``from_us``, ``to_us`` and the columns of ``by``.
    by : sequence of str
        Overlaps are taken out within each group.
    """
    window = ibis.window(
        group_by=["advisor_id", *by], order_by=["from_us", "to_us"], preceding=(None, 1)
    )
    stays = stays.mutate(before_us=stays.to_us.max().over(window))
    covered = stays.advisor_id.notnull() & (stays.before_us > stays.from_us)
    stays = stays.mutate(from_us=ibis.ifelse(covered, stays.before_us, stays.from_us))
    return stays.filter(stays.to_us > stays.from_us)


def _hour(at: ir.IntegerValue) -> ir.IntegerValue:
    hour: ir.IntegerValue = ((at - at % _HOUR_US) / _HOUR_US).cast("int64")
    return hour


def _rest(at: ir.IntegerValue) -> ir.IntegerValue:
    """What is left of the hour at an instant."""
    return _HOUR_US - at % _HOUR_US


@dataclass(frozen=True, kw_only=True, slots=True)
class _ByHour:
    """Sums of a small table by hour, for the hours from ``first`` to ``last``."""

    hour: Ints
    first: int
    last: int

    def added(self, values: Numbers, mine: Bools) -> Numbers:
        """Whole numbers stay whole."""
        inside = mine & (self.hour >= self.first) & (self.hour <= self.last)
        out = np.zeros(self.last - self.first + 1, dtype=values.dtype)
        np.add.at(out, self.hour[inside] - self.first, values[inside])
        return out

    def before(self, values: Numbers, mine: Bools) -> Any:
        """What was added before the first hour."""
        return values[mine & (self.hour < self.first)].sum()


def _joined(
    began: pa.Table, ended: pa.Table, by: Sequence[str], hours: tuple[int, int] | None
) -> dict[Scope, Presence]:
    scopes, scope = scopes_of(began, by)
    last_scopes, last_scope = scopes_of(ended, by)
    at, last_at = _ints(began["began_hour"]), _ints(ended["ended_hour"])
    nobody = (0, -1)
    first, last = hours or ((int(at.min()), int(at.max())) if len(at) else nobody)
    beginnings = _ByHour(hour=at, first=first, last=last)
    ends = _ByHour(hour=last_at, first=first, last=last)
    state, n = _ints(began["state"]), _numbers(began["n"])
    came, left = _numbers(began["one"]), _numbers(ended["one"])
    began_rest, ended_rest = _numbers(began["rest"]), _numbers(ended["rest"])
    stay = _numbers(began["stay"])
    recorded = _numbers(began["recorded_s"]) if "recorded_s" in began.column_names else None
    found = {}
    for i, each in enumerate(scopes):
        here = np.asarray(scope == i) if i else np.ones(len(at), dtype=np.bool_)
        there = (
            np.asarray(last_scope == (last_scopes.index(each) if each in last_scopes else -1))
            if i
            else np.ones(len(last_at), dtype=np.bool_)
        )
        known = here & (state >= _KNOWN)
        change = beginnings.added(came, known) - ends.added(left, there)
        # Those present when an hour begins: all that came before it and have not left.
        present = np.concatenate(
            (
                np.zeros(1, dtype=change.dtype)
                + (beginnings.before(came, known) - ends.before(left, there)),
                change,
            )
        ).cumsum()[:-1]
        present_us = (
            present * _HOUR_US + beginnings.added(began_rest, known) - ends.added(ended_rest, there)
        )
        stayed_s = beginnings.added(stay, known) / US
        found[each] = Presence(
            first_hour=first,
            entered=beginnings.added(n, here).astype(np.float64),
            known=beginnings.added(came, known).astype(np.float64),
            no_end=beginnings.added(n, here & (state == _NO_END)).astype(np.float64),
            backwards=beginnings.added(n, here & (state == _BACKWARDS)).astype(np.float64),
            over_a_day=beginnings.added(n, here & (state == _OVER_A_DAY)).astype(np.float64),
            stayed_s=stayed_s,
            present_s=present_us / US,
            recorded_s=stayed_s if recorded is None else beginnings.added(recorded, known),
        )
    return found


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _numbers(column: pa.ChunkedArray) -> Numbers:
    """Whole numbers as they are, others as floats; null as 0."""
    whole = pa.types.is_integer(column.type)
    return np.asarray(column.fill_null(0).to_numpy(), dtype=np.int64 if whole else np.float64)
