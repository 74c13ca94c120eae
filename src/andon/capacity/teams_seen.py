"""Teams seen: which queues the same people serve, told from who served whom.

Queues that the same people serve share their quiet moments, so they are planned as one; adding up
plans for each would ask for too many. Nothing here speaks of a person: advisors are only what joins
two queues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

__all__ = ["teams_of", "teams_seen"]

_REGULAR: Final = 0.2
"""A queue is regular work for advisors who give it at least this part of all they serve ..."""
_SHARED: Final = 0.6
"""... and a queue belongs to another's team if those for whom the other is regular work handle this
part of it."""


def teams_seen(contacts: ir.Table) -> tuple[tuple[str, ...], ...]:
    """Queues by the team that serves them, as the ledger's contacts show it.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.

    Returns
    -------
    tuple of tuples of str
        Each queue in one team, the busiest first. Where nobody recorded advisors each stands alone.
    """
    named = contacts.filter(contacts.queue.notnull())
    found = (
        named.group_by("queue", "advisor_id")
        .aggregate(n=(named.outcome == "handled").cast("int64").sum(), came=named.count())
        .to_pyarrow()
        .to_pylist()
    )
    came: dict[str, int] = {}
    served: dict[str, dict[str, int]] = {}
    for row in found:
        came[row["queue"]] = came.get(row["queue"], 0) + row["came"]
        if row["advisor_id"] is not None and row["n"]:
            served.setdefault(row["advisor_id"], {})[row["queue"]] = row["n"]
    order = sorted(came, key=lambda queue: (-came[queue], queue))
    return teams_of(order, list(served.values()))


def teams_of(
    queues: Sequence[str], served: Sequence[Mapping[str, int]]
) -> tuple[tuple[str, ...], ...]:
    """Queues by team, from how many contacts of each queue each advisor handled.

    Parameters
    ----------
    queues : sequence of str
        In the order in which they are to be named.
    served : sequence of mapping of str to int
        For each advisor the contacts handled by queue.

    Examples
    --------
    Three people take calls and orders, one takes only letters:

    >>> teams_of(["calls", "orders", "letters"],
    ...          [{"calls": 90, "orders": 30}, {"calls": 80, "orders": 50},
    ...           {"calls": 70, "orders": 60, "letters": 2}, {"letters": 200}])
    (('calls', 'orders'), ('letters',))
    """
    n = np.array([[each.get(queue, 0) for queue in queues] for each in served], dtype=np.float64)
    if not n.size:
        return tuple((queue,) for queue in queues)
    whole = n.sum(axis=1, keepdims=True)
    regular = n >= _REGULAR * np.maximum(whole, 1.0)
    # Of each queue's contacts, the part handled by advisors who regularly take the other.
    shared = n.T @ regular / np.maximum(n.sum(axis=0), 1.0)[:, None]
    joined = np.maximum(shared, shared.T) >= _SHARED
    return tuple(
        tuple(queues[int(i)] for i in np.flatnonzero(part)) for part in _parts(joined, len(queues))
    )


def _parts(joined: npt.NDArray[np.bool_], count: int) -> list[npt.NDArray[np.bool_]]:
    """Queues that are joined, directly or through others, in the order of their first."""
    reach = joined | np.eye(count, dtype=np.bool_)
    for _ in range(count):
        reach = (reach.astype(np.int64) @ reach.astype(np.int64)) > 0
    found: list[npt.NDArray[np.bool_]] = []
    for row in reach:
        if not any(np.array_equal(row, other) for other in found):
            found.append(row)
    return found
