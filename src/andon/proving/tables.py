"""What was written down, as tables that ``andon ingest`` takes, and as the ledger holds them."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from andon.ledger.mapping import LINKS
from andon.ledger.tables import TABLES, Column
from andon.proving import _loop as k
from andon.proving.records import Records
from andon.proving.scenario import FailureDemand, Lever, MixShift, Renaming, Scenario
from andon.proving.world import Run, World
from andon.units import DAY_S, HOUR_S, US

__all__ = [
    "advisor_names",
    "as_ledger",
    "contact_names",
    "mapping_text",
    "source_of",
    "tables_of",
]

_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

_MADE_UP: Final = "made-up"
_OUTCOMES: Final = ("handled", "abandoned", "open", "left_self_service")
_INVITED_AFTER_S: Final = 1.0 * HOUR_S
_COMPLAINS_AFTER_S: Final = 2.0 * DAY_S
_NEEDS: Final = ("health", "life event", "resilience", "capability")
_BASES: Final = ("told", "observed", "inferred")
_KEYS: Final = {"customer_key": "customer_id", "contact_key": "contact_id"}


def source_of(scenario: Scenario) -> str:
    """What the ledger calls the source: that it is generated, and the scenario's name.

    A scenario named ``Short calls`` is the source ``generated-short-calls``.
    """
    return f"generated-{re.sub('[^a-z0-9]+', '-', scenario.name.lower()).strip('-') or 'scenario'}"


def advisor_names(world: World) -> list[str]:
    """Everybody's id before any renaming."""
    return [f"{_MADE_UP}-advisor-{i + 1:03d}" for i in range(world.duty.people)]


def contact_names(row: _Integers, part: _Integers) -> pa.Array:
    """The ids of contacts: the number of the contact, and b for the second half of a split one."""
    number = pc.cast(pa.array(row + 1), pa.string())
    after = pc.if_else(pa.array(part == 1), "b", "")
    return pc.binary_join_element_wise("c", number, after, "")


def tables_of(world: World, run: Run, records: Records) -> dict[str, pa.Table]:
    """Every table of the ledger that the scenario fills, in columns that a mapping may fill.

    Each table's metadata says that it is generated.
    """
    begin_us = _begin_us(world.scenario)
    made = {
        "contacts": _contacts(world, run, records, begin_us),
        "surveys": _surveys(world, run, records, begin_us),
        "staffing": _staffing(world, begin_us),
        "changes": _changes(world.scenario, begin_us),
        "decisions": _decisions(world, run, records, begin_us),
        "needs": _needs(world, run, begin_us),
        "values": _values(world, run, begin_us),
    }
    said = {"generated": f"andon prove build, scenario {world.scenario.name!r}: nobody real"}
    return {name: table.replace_schema_metadata(said) for name, table in made.items()}


def as_ledger(table: pa.Table, name: str, *, source: str, zone: str) -> pa.Table:
    """A table with all columns of the ledger, as it would be after ingest, without the way there.

    For questions put to hundreds of generated operations. Integers that stand for customers and
    contacts are others than ingest makes, and as good.

    Parameters
    ----------
    table : Table
        From :func:`tables_of`.
    name : str
        Which it is.
    source : str
        From :func:`source_of`.
    zone : str
        The operation's.

    Returns
    -------
    Table
        In the ledger's order of columns.
    """
    columns: dict[str, pa.Array | pa.ChunkedArray] = {}
    whole = pa.repeat(pa.scalar(source), table.num_rows)
    for column in TABLES[name].columns:
        if column.name == "source":
            columns[column.name] = whole
        elif column.name == "batch_id":
            columns[column.name] = pa.repeat(pa.scalar("generated"), table.num_rows)
        elif column.derived:
            columns[column.name] = _derived(column, table, zone)
        elif column.name not in table.column_names:
            columns[column.name] = pa.nulls(table.num_rows, _KINDS[column.kind])
        elif column.name in {TABLES[name].key, *LINKS}:
            columns[column.name] = pc.binary_join_element_wise(source, table[column.name], ":")
        else:
            columns[column.name] = pc.cast(table[column.name], _KINDS[column.kind])
    return pa.table(columns)


_KINDS: Final = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "local": pa.timestamp("us"),
    "key": pa.int64(),
}


def _derived(column: Column, table: pa.Table, zone: str) -> pa.Array | pa.ChunkedArray:
    name = column.name
    if name in _KEYS:
        ids = table[_KEYS[name]]
        number = pc.replace_substring_regex(ids, "^[^0-9]*([0-9]+).*$", r"\1")
        key = pc.multiply(pc.cast(number, pa.int64()), 2)
        return pc.add(key, pc.cast(pc.ends_with(ids, "b"), pa.int64()))
    if name.startswith("local_"):
        local = pc.local_timestamp(pc.cast(table["arrived_at"], pa.timestamp("us", tz=zone)))
        return local if column.kind == "local" else pc.cast(local, pa.int64())
    return pc.cast(table[name.removesuffix("_us") + "_at"], pa.int64())


# Tables ------------------------------------------------------------------------------------------


def _contacts(world: World, run: Run, records: Records, begin_us: int) -> pa.Table:
    rows = run.rows[records.row]
    queues = world.scenario.base.queues
    served = rows[:, k.OUTCOME] == k.SERVED_
    first = records.part == 0
    split = np.zeros(len(run), dtype=np.bool_)
    split[records.row[~first]] = True
    is_last = ~(split[records.row] & first)
    passed_on = (rows[:, k.PASSED_ON] == 1) & is_last
    previous = np.where(first, rows[:, k.PREVIOUS], -1)
    linked = previous >= 0
    claimed = np.where(is_last, rows[:, k.CLAIMED], 1)
    return pa.table(
        {
            "contact_id": contact_names(records.row, records.part),
            "customer_id": _customers(world, rows[:, k.MATTER], known=records.known),
            "channel": _named([each.channel for each in queues], rows[:, k.QUEUE]),
            "queue": _named([each.name for each in queues], rows[:, k.QUEUE]),
            "reason": _named(list(world.matters.reasons), world.matters.reason[rows[:, k.MATTER]]),
            "arrived_at": _instants(begin_us + records.arrived),
            "queued_at": _instants(begin_us + records.arrived),
            "answered_at": _instants(begin_us + records.answered, known=served),
            "ended_at": _instants(begin_us + records.left, known=records.left >= 0),
            "outcome": _named(list(_OUTCOMES), rows[:, k.OUTCOME]),
            "handled_by": _named(["none", "advisor"], served.astype(np.int64)),
            "advisor_id": _advisors(world, rows, known=served & records.advisor_known),
            "talk_s": pa.array(records.talk / US, mask=~served),
            "hold_s": pa.array(records.hold / US, mask=~served),
            "wrapup_s": pa.array(records.wrapup / US, mask=~served),
            "transfers": pa.array(passed_on.astype(np.int64)),
            "resolved": pa.array(claimed == 1, mask=~served | (claimed < 0)),
            "previous_contact_id": pc.if_else(
                pa.array(linked),
                contact_names(previous, np.zeros(len(previous), dtype=np.int64)),
                None,
            ),
        }
    )


def _surveys(world: World, run: Run, records: Records, begin_us: int) -> pa.Table:
    known = np.zeros(len(run), dtype=np.bool_)
    known[records.row] = records.known
    asked = np.flatnonzero(records.invited)
    invited = run[k.LEFT][asked] + round(_INVITED_AFTER_S * US)
    answers = records.answers[asked]
    none = np.zeros(len(asked), dtype=np.int64)
    return pa.table(
        {
            "survey_id": pc.binary_join_element_wise("s", contact_names(asked, none), "-"),
            "contact_id": contact_names(asked, none),
            "customer_id": _customers(world, run[k.MATTER][asked], known=known[asked]),
            "instrument": _constant("CSAT", len(asked)),
            "item": _constant("How satisfied are you?", len(asked)),
            "score": pa.array(records.score[asked], mask=~answers),
            "invited_at": _instants(begin_us + invited),
            "answered_at": _instants(
                begin_us + invited + records.answers_after[asked], known=answers
            ),
        }
    )


def _staffing(world: World, begin_us: int) -> pa.Table:
    duty = world.duty
    count = len(duty.begins)
    rows = np.zeros((count, k.ROW_COLUMNS), dtype=np.int64)
    rows[:, k.ADVISOR], rows[:, k.ANSWERED] = duty.whose, duty.begins
    number = pc.cast(pa.array(np.arange(count) + 1), pa.string())
    serves = [
        pool.routes[0].queue if len(pool.routes) == 1 else None
        for pool in world.scenario.base.pools
    ]
    return pa.table(
        {
            "staffing_id": pc.binary_join_element_wise("duty", number, "-"),
            "advisor_id": _advisors(world, rows, known=np.ones(count, dtype=np.bool_)),
            "queue": pa.array(serves, pa.string()).take(pa.array(duty.pool[duty.whose])),
            "state": _constant("available", count),
            "from_at": _instants(begin_us + duty.begins),
            "to_at": _instants(begin_us + duty.ends),
        }
    )


def _changes(scenario: Scenario, begin_us: int) -> pa.Table:
    """The levers that are announced: their beginning, and their end if they have one."""
    rows: list[tuple[str, str, str, int]] = []
    for lever in scenario.levers:
        if not lever.announced:
            continue
        for day, ends in ((lever.from_day, False), (lever.to_day, True)):
            if 0 < day < scenario.days or (day == 0 and not ends):
                at = begin_us + round(day * DAY_S * US)
                rows.append((_kind_of(lever), lever.name, "ends" if ends else "begins", at))
    lines = [queue.name for queue in scenario.base.queues]
    line = lines[0] if len(lines) == 1 else None
    return pa.table(
        {
            "change_id": pa.array([f"change-{i + 1}" for i in range(len(rows))], pa.string()),
            "line": pa.array([line] * len(rows), pa.string()),
            "kind": pa.array([kind for kind, *_ in rows], pa.string()),
            "what": pa.array([f"{name} {how}" for _, name, how, _ in rows], pa.string()),
            "by": pa.array(["management"] * len(rows), pa.string()),
            "changed_at": _instants(np.array([at for *_, at in rows], dtype=np.int64)),
        }
    )


def _kind_of(lever: Lever) -> str:
    if isinstance(lever, FailureDemand):
        return "release"
    return "campaign" if isinstance(lever, MixShift) else "target"


def _decisions(world: World, run: Run, records: Records, begin_us: int) -> pa.Table:
    said, rng = world.scenario.decisions, world.rng("decisions")
    known = np.zeros(len(run), dtype=np.bool_)
    known[records.row] = records.known
    served = run[k.OUTCOME] == k.SERVED_
    at = np.flatnonzero(served & (rng.random(len(run)) < said.share))
    right = rng.random(len(at)) < said.right
    yes = rng.random(len(at)) < 0.5
    overridden = ~right & (rng.random(len(at)) < said.overridden)
    sure = np.round(np.where(right, rng.beta(8, 2, len(at)), rng.beta(5, 3, len(at))), 3)
    none = np.zeros(len(at), dtype=np.int64)
    decided = np.where(yes, "refund", "no refund")
    other = np.where(yes, "no refund", "refund")
    return pa.table(
        {
            "decision_id": pc.binary_join_element_wise("d", contact_names(at, none), "-"),
            "contact_id": contact_names(at, none),
            "customer_id": _customers(world, run[k.MATTER][at], known=known[at]),
            "flow": _constant("refund rule", len(at)),
            "version": _constant("1", len(at)),
            "decided": pa.array(decided, pa.string()),
            "confidence": pa.array(sure),
            "explanation": _constant("made up", len(at)),
            "override": pa.array(other, pa.string(), mask=~overridden),
            "verified_outcome": pa.array(np.where(right, "right", "wrong"), pa.string()),
            "decided_at": _instants(begin_us + run[k.ANSWERED][at]),
        }
    )


def _needs(world: World, run: Run, begin_us: int) -> pa.Table:
    """The needs that are on record, of vulnerable customers who came."""
    rng = world.rng("people")
    matters = world.matters
    came = np.unique(run[k.MATTER])
    who = np.unique(matters.customer[came][matters.vulnerable[came]])
    who = who[rng.random(len(who)) < world.scenario.vulnerable.known]
    number = pc.cast(pa.array(who + 1), pa.string())
    since = begin_us - np.round(rng.uniform(0, 300 * DAY_S, len(who)) * US).astype(np.int64)
    return pa.table(
        {
            "need_id": pc.binary_join_element_wise("need", number, "-"),
            "customer_id": _ids("customer", who),
            "kind": _named(list(_NEEDS), rng.integers(0, len(_NEEDS), len(who))),
            "basis": _named(list(_BASES), rng.integers(0, len(_BASES), len(who))),
            "since_at": _instants(since),
        }
    )


def _values(world: World, run: Run, begin_us: int) -> pa.Table:
    """Complaints, by those who were not helped."""
    rng = world.rng("decisions")
    at = np.flatnonzero(run[k.COMPLAINS] == 1)
    after = np.round(rng.exponential(_COMPLAINS_AFTER_S, len(at)) * US).astype(np.int64)
    none = np.zeros(len(at), dtype=np.int64)
    known = np.ones(len(at), dtype=np.bool_)
    return pa.table(
        {
            "value_id": pc.binary_join_element_wise("complaint", contact_names(at, none), "-"),
            "customer_id": _customers(world, run[k.MATTER][at], known=known),
            "kind": _constant("complaint", len(at)),
            "happened_at": _instants(begin_us + run[k.LEFT][at] + after),
        }
    )


# Columns -----------------------------------------------------------------------------------------


def _ids(what: str, numbers: _Integers) -> pa.Array:
    return pc.binary_join_element_wise(
        f"{_MADE_UP}-{what}", pc.cast(pa.array(numbers + 1), pa.string()), "-"
    )


def _customers(world: World, matter: _Integers, *, known: _Bools) -> pa.Array:
    return pc.if_else(pa.array(known), _ids("customer", world.matters.customer[matter]), None)


def _advisors(world: World, rows: _Integers, *, known: _Bools) -> pa.Array:
    """Who served, by the id of that day."""
    names = advisor_names(world)
    code = np.maximum(rows[:, k.ADVISOR], 0)
    at = rows[:, k.ANSWERED]
    renamed = np.zeros(len(rows), dtype=np.int64)
    for number, lever in enumerate(world.scenario.levers):
        if isinstance(lever, Renaming):
            within = (at >= lever.from_day * DAY_S * US) & (
                at < min(lever.to_day, 1e9) * DAY_S * US
            )
            renamed = np.where(world.has[number][code] & within, 1, renamed)
    every = pa.array([*names, *(f"{name}-renamed" for name in names)])
    return every.take(pa.array(code + renamed * len(names), mask=~known))


def _named(names: Sequence[str], codes: _Integers) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(codes))


def _constant(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), count)


def _instants(microseconds: _Integers, *, known: _Bools | None = None) -> pa.Array:
    mask = None if known is None else ~known
    return pa.array(microseconds, pa.int64(), mask=mask).cast(pa.timestamp("us", tz="UTC"))


def _begin_us(scenario: Scenario) -> int:
    midnight = dt.datetime.combine(scenario.starts_on, dt.time(), ZoneInfo(scenario.zone))
    return (midnight - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def mapping_text(table: pa.Table, name: str, scenario: Scenario) -> str:
    """The mapping that loads one of the tables."""
    kinds: Mapping[str, Column] = {column.name: column for column in TABLES[name].columns}
    rules = "".join(
        f"  {each}: {{from: {each}, format: iso}}\n"
        if kinds[each].kind == "instant"
        else f"  {each}: {each}\n"
        for each in table.column_names
    )
    says = f"GENERATED by andon prove build, scenario {scenario.name!r}: nobody in it is real."
    return (
        f"source: {source_of(scenario)}\ntable: {name}\nsays: {json.dumps(says)}\nzone: UTC\n"
        f"columns:\n{rules}"
    )
