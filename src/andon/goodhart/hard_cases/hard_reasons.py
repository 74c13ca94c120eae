"""Hard reasons: how much longer each takes, and which contacts were dealt out and not sent."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from andon.goodhart.case_mix import hardness
from andon.goodhart.columns import Floats, count, floats, ints
from andon.goodhart.hard_cases.handled import Census
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.routed import NotSent

__all__ = ["Kinds", "dealt_out", "no_mix", "with_hardness"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kinds:
    """What is known of each kind: how hard, how long, and who is not sent it when.

    Attributes
    ----------
    harder_s, typical_s : array
        Of each kind, seconds: how much longer it takes than its group's mean, whoever takes it; and
        its mean.
    not_sent : NotSent
    """

    harder_s: Floats
    typical_s: Floats
    not_sent: NotSent

    @classmethod
    def of(cls, held: ir.Table, names: Names) -> Kinds:
        """Ask the engine."""
        found = (
            held.group_by("kind", "advisor", "week")
            .aggregate(
                dealt=count(~held.linked),
                timed=held.x.count(),
                x=ibis.coalesce(held.x.sum(), 0.0),
            )
            .to_pyarrow()
        )
        kind, advisor, week = (ints(found, name) for name in ("kind", "advisor", "week"))
        dealt, timed, x = (floats(found, name) for name in ("dealt", "timed", "x"))
        kinds = len(names.reasons)
        recorded = np.array([bool(reason) for reason in names.reasons])
        dealt[~recorded[kind]] = 0.0
        harder = hardness(names.group, kind, advisor, timed * recorded[kind], x * recorded[kind])
        typical = np.bincount(kind, x, kinds) / np.maximum(np.bincount(kind, timed, kinds), 1)
        return cls(
            harder_s=harder,
            typical_s=typical,
            not_sent=NotSent.of(names, kind=kind, advisor=advisor, week=week, dealt=dealt),
        )


def with_hardness(held: ir.Table, kinds: Kinds, names: Names) -> ir.Table:
    """Contacts with what is known of their kind."""
    harder = np.nan_to_num(kinds.harder_s)
    scores = pa.table(
        {
            "kind": pa.array(np.arange(len(harder)), pa.int32()),
            "h": pa.array(harder),
            "hard": pa.array(harder > 0),
            "typical": pa.array(kinds.typical_s),
            "recorded": pa.array([bool(reason) for reason in names.reasons]),
        }
    )
    return held.join(ibis.memtable(scores), "kind")


def dealt_out(scored: ir.Table, kinds: Kinds) -> ir.Table:
    """Contacts that were dealt and not sent, and whom each is compared among."""
    return kinds.not_sent.apart(scored.filter(scored.recorded & ~scored.linked))


def no_mix(names: Names, kinds: Kinds, census: Census) -> str:
    """Why hard contacts cannot be told from easy ones; empty where they can."""
    if not any(names.reasons):
        return "no reason is recorded, so hard contacts cannot be told from easy ones"
    if not census.timed:
        return "no handle time is recorded, so hard reasons cannot be told from easy ones"
    if not np.nan_to_num(kinds.harder_s).any():
        return (
            "in no group do contacts have more than one reason, each with a handle time of its own"
        )
    return ""
