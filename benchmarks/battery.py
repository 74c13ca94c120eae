"""Every signature of a bent measure at once: ``python -m benchmarks.battery FILE``.

The contacts are those of :mod:`benchmarks.price`, each with one of four reasons, so that hard ones
can be told from easy ones; a third of those served is said to have been asked how it was.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["looked_for"]


def looked_for(path: Path) -> dict[str, object]:
    """Look for every signature, with a limit on handle time, on the wait and on a case's time."""
    import ibis

    from andon.estimate import Unknown
    from andon.goodhart.battery import battery
    from andon.goodhart.limits import Limit
    from andon.ledger.engines import DuckDB

    engine = DuckDB(scratch=path.parent)
    table = engine.table("contacts", [path])
    kind = (table.contact_key % 8).abs()
    contacts = table.mutate(
        reason=ibis.cases(
            (kind < 3, "a question"), (kind < 5, "a bill"), (kind < 7, "a fault"), else_="a move"
        )
    )
    asked = contacts.filter((contacts.outcome == "handled") & (contacts.contact_key % 3 == 0))
    surveys = asked.select(
        "contact_id",
        instrument=ibis.literal("CSAT"),
        item=ibis.null("string"),
        score=ibis.ifelse(
            asked.contact_key % 2 == 0, 1.0 + (asked.contact_key % 5).cast("float64").abs(), None
        ),
    )
    found = battery(
        contacts,
        surveys=surveys,
        limits=[
            Limit(measure="handle_time", at_s=300),
            Limit(measure="service_level", at_s=60),
            Limit(measure="closed_in_time", at_s=600),
        ],
        progress=lambda what: print(what, file=sys.stderr, flush=True),
    )
    engine.close()
    why = {name: each.why for name, each in found.results.items() if isinstance(each, Unknown)}
    return {"looks": len(found.looks), "tested": found.tested, "not put": why}


if __name__ == "__main__":
    print("\n" + json.dumps(looked_for(Path(sys.argv[1]))))
