"""Ways: where contacts came from and went to, and how long they took."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.hand_to_hand.numbers import Numbers
from andon.goodhart.hand_to_hand.recorded import Recorded
from andon.ledger.replicates import Replicates
from andon.ledger.sums import rows
from andon.units import Unit

__all__ = ["Ways", "by_way"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ways:
    """Contacts by where they came from and went to, and random group of customers."""

    place: Ints
    """Group and queue together."""
    replicate: Ints
    replicates: int
    received: npt.NDArray[np.bool_]
    passed: npt.NDArray[np.bool_]
    followed: npt.NDArray[np.bool_]
    """Passed on, and it is known where to."""
    home: Ints
    came_from: Ints
    went_to: Ints
    """Queues by number; 0 is none."""
    back_queue: npt.NDArray[np.bool_]
    back_advisor: npt.NDArray[np.bool_]
    n: Floats
    timed: Floats
    spent: Floats
    linked: bool
    matters: tuple[int, ...]

    @classmethod
    def of(cls, held: ir.Table, links: ir.Table, numbers: Numbers, recorded: Recorded) -> Ways:
        """Ask the engine."""
        found = by_way(held, numbers).to_pyarrow()
        place, passed = ints(found, "place"), ints(found, "passed") > 0
        came_from = ints(found, "came") // numbers.sorts
        # What names a contact that was not passed on is no hand-over.
        went = np.where(passed, ints(found, "went"), 0)
        longest = links.group_by("root").aggregate(passes=links.passes.max())
        matters = rows(longest.group_by("passes").aggregate(n=longest.count()))
        counts = {int(row["passes"]): int(row["n"]) for row in matters}
        return cls(
            place=place,
            replicate=ints(found, "replicate"),
            replicates=numbers.replicates,
            received=came_from > 0,
            passed=passed,
            followed=went > 0,
            home=numbers.home[place],
            came_from=came_from,
            went_to=went // 4,
            back_queue=went // 2 % 2 == 1,
            back_advisor=went % 2 == 1,
            n=floats(found, "n"),
            timed=floats(found, "timed"),
            spent=np.nan_to_num(floats(found, "spent")),
            linked=recorded.links > 0,
            matters=tuple(counts.get(i + 1, 0) for i in range(max(counts, default=0))),
        )

    def by_replicate(self, values: Floats) -> Floats:
        """One number for each random group of customers."""
        summed = np.bincount(self.replicate, weights=values, minlength=self.replicates)
        return np.asarray(summed, dtype=np.float64)

    def ratio(
        self, top: Floats, bottom: Floats, *, level: float, why: str, needs: str
    ) -> Estimate | Unknown:
        """A share of contacts over customers."""
        if not bottom.any():
            return Unknown(unit="share", why=why, needs=needs)
        sums = {"y": self.by_replicate(top), "x": self.by_replicate(bottom)}
        return estimate.share(Replicates(sums=sums).ratio("y", "x"), level=level)

    def share(self, *, received: bool, level: float) -> Estimate | Unknown:
        """The share passed on of contacts that came first, or by a hand-over."""
        mine = self.received == received
        return self.ratio(
            self.n * (mine & self.passed),
            self.n * mine,
            level=level,
            why="no contact is known to have come by a hand-over"
            if received
            else "no contact is known to be a customer's first",
            needs="previous_contact_id, where each hand has a contact",
        )

    def handle(self, *, per_matter: bool, level: float) -> Estimate | Unknown:
        """Mean handle time of contacts, or of all hands of a matter together."""
        if not self.timed.any():
            return Unknown(unit="s", why="no handle time is recorded", needs="handle times")
        if per_matter and not self.linked:
            return _no_links("s")
        begun = self.timed * (~self.received if per_matter else 1)
        return Replicates(
            sums={"y": self.by_replicate(self.spent), "x": self.by_replicate(begun)}
        ).estimate(
            lambda each: each["y"] / each["x"],
            unit="s",
            n=round(float(self.timed.sum())),
            level=level,
            least=0.0,
        )

    def per_matter(self, level: float) -> Estimate | Unknown:
        """Contacts counted for each matter."""
        if not self.linked:
            return _no_links("ratio")
        return Replicates(
            sums={
                "y": self.by_replicate(self.n),
                "x": self.by_replicate(self.n * ~self.received),
            }
        ).estimate(
            lambda each: each["y"] / each["x"],
            unit="ratio",
            n=round(float(self.n.sum())),
            level=level,
            least=1.0,
        )


def by_way(held: ir.Table, numbers: Numbers) -> ir.Table:
    """By where contacts came from and went to, and random group of customers."""
    came = (held.work - held.work % numbers.sorts).name("came")
    return held.group_by(["place", came, "went", "passed", "replicate"]).aggregate(
        n=held.count(), timed=held.handle.count(), spent=held.handle.sum()
    )


def _no_links(unit: Unit) -> Unknown:
    return Unknown(
        unit=unit,
        why="no contact names the one that it took over from",
        needs="previous_contact_id, where each hand has a contact",
    )
