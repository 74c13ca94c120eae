"""Kept: an intermediate table that several questions read, worked out once."""

from __future__ import annotations

import secrets

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

__all__ = ["kept"]


def kept(table: ir.Table) -> ir.CachedTable:
    """Keep a table in the engine for its one holder, who lets go of it as a context.

    Ibis keeps like expressions once, and the first holder to let go would take it from the other;
    a number that nobody else has makes it unlike.

    Examples
    --------
    >>> import ibis
    >>> table = ibis.duckdb.connect().create_table("t", ibis.memtable({"n": [1, 2]}), temp=True)
    >>> with kept(table) as held:
    ...     held.n.sum().to_pyarrow().as_py()
    3
    """
    if table.op().find(ops.InMemoryTable):
        # Spark learns of a table in memory when something is read, and not when it is to be kept.
        table.limit(0).to_pyarrow()
    return table.filter(ibis.literal(secrets.randbits(62), type="int64") >= 0).cache()
