"""The bank's calls of 1999 as contacts, read from the data beside the repository where it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

__all__ = ["bank", "needs_bank"]

_CALLS = Path(__file__).parents[1] / (
    "../shared/data/anonymous_bank_1999/calls_1999_01_to_07_and_09.parquet"
)

needs_bank = pytest.mark.skipif(not _CALLS.exists(), reason="the bank's calls are not here")


def bank() -> ir.Table:
    """The bank's calls in the ledger's columns that figures need, straight from the source."""
    made: ir.Table = ibis.duckdb.connect(threads=2).create_table("contacts", _contacts(), temp=True)
    return made


@cache
def _contacts() -> pa.Table:
    """Clock times have no date: a queue joined long before the call began is the next day's."""
    return duckdb.execute(
        f"""
        with calls as (
            select *, strptime('19' || date || ' ' || vru_entry, '%Y%m%d %H:%M:%S') as entry,
                case when q_start <> '0:00:00'
                    then strptime('19' || date || ' ' || q_start, '%Y%m%d %H:%M:%S') end as joined
            from '{_CALLS.resolve()}'
        ), timed as (
            select *, epoch_us(entry) as entry_us,
                greatest(vru_time, 0) * 1000000::bigint as menu_us,
                epoch_us(case when joined < entry - interval 12 hour
                    then joined + interval 1 day else joined end) as joined_us
            from calls
        ), placed as (
            select *, coalesce(joined_us + q_time * 1000000::bigint, entry_us + menu_us) as left_us
            from timed
        )
        select
            case when customer_id <> 0 then customer_id end as customer_key,
            'voice' as channel, 'bank' as source, priority::bigint as priority,
            case when type <> 'AA' then type end as queue,
            entry as local_arrived_at, entry_us as local_arrived_us, entry_us as arrived_us,
            joined_us as queued_us,
            case when outcome = 'AGENT' then left_us end as answered_us,
            left_us + case when outcome = 'AGENT' then ser_time * 1000000::bigint else 0 end
                as ended_us,
            case when outcome = 'AGENT' then 'handled' when outcome = 'PHANTOM' then 'failed'
                when joined_us is null then 'left_self_service' else 'abandoned' end as outcome,
            case when outcome = 'AGENT' and server <> 'NO_SERVER' then server end as advisor_id,
            case when outcome = 'AGENT' then ser_time::double end as talk_s,
            null::double as hold_s, null::double as wrapup_s
        from placed
        """
    ).to_arrow_table()
