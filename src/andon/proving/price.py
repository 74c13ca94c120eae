"""The record of the price of a second: how often it holds the truth, how often it is refused.

Whole operations are made up, from customers who come to records that are kept, and the question is
put to each as it is put to a ledger. ``make proving PROVING_ARGS="--only price_of_a_second"`` runs
the full form: a quarter of an hour on one core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from andon import estimate
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.price_of_a_second import PriceOfASecond, price_of_a_second
from andon.proving.build import Made, make
from andon.proving.scenario import (
    Advisors,
    Customers,
    Difficulty,
    Renaming,
    Scenario,
    Seen,
    Shedding,
    Vulnerable,
)
from andon.proving.world import world_of
from andon.queueing.laws import Exponential, Lognormal
from andon.queueing.simulator.model import Arrivals, Curve, Loop, Model
from andon.queueing.simulator.schedule import Schedule, Shift

__all__ = ["FULL", "SMALL", "PriceRecord", "PriceSetting", "price_record"]

Broken = Literal["turned", "not asked for", "one length"]
"""What is done to the records that no lever does: slow advisors are the fast ones in the afternoon;
half the advisors do not ask every third customer who it is; all contacts have one handle time."""

_TRUTH: Final = "any_contact_within_7_days_per_s"
_RUNS: Final = 30
_PACE: Final = Advisors(pace_cv=0.2)
_HOUR_S: Final = 3_600
_WEEK_S: Final = 7 * 24 * _HOUR_S
_FASTEST: Final = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceSetting:
    """A kind of operation: calls from 8 to 16 that a team takes, who differ in pace.

    Attributes
    ----------
    name : str
        What it is like, in a few words.
    holds : bool or None
        Whether the design holds, so that a price is wanted, or not, so that a refusal is; None
        where it does not hold and no data can tell.
    seats : int
        Advisors on duty; the team is a quarter larger.
    per_h : float
        New matters an hour.
    days : float
    resolves_per_minute : float
        What a minute of handle time does to the share settled.
    advisors, customers, difficulty, seen, vulnerable
        As in :class:`andon.proving.scenario.Scenario`.
    renamed : bool
        Whether half the advisors have another id from the middle on.
    shedding : {"", "some", "fast"}
        Whether three in ten advisors, by lot or the fastest, let most hard contacts go by.
    broken : {"", "turned", "not asked for", "one length"}
    runs : int
        Operations of the full form.
    """

    name: str
    holds: bool | None = True
    seats: int = 20
    per_h: float = 200.0
    days: float = 28.0
    resolves_per_minute: float = 0.03
    advisors: Advisors = _PACE
    customers: Customers = field(default_factory=Customers)
    difficulty: Difficulty = field(default_factory=Difficulty)
    seen: Seen = field(default_factory=Seen)
    vulnerable: Vulnerable = field(default_factory=Vulnerable)
    renamed: bool = False
    shedding: Literal["", "some", "fast"] = ""
    broken: Broken | Literal[""] = ""
    runs: int = _RUNS

    def scenario(self, seed: int) -> Scenario:
        """One operation of this kind."""
        hours = (0.0,) * 8 + (self.per_h,) * 8 + (0.0,) * 8
        shift = Shift(agents=self.seats, from_s=8 * _HOUR_S, to_s=16 * _HOUR_S)
        base = Model.one_pool(
            arrivals=Arrivals(per_h=hours, interval_s=float(_HOUR_S)),
            handle=Lognormal.from_mean(mean_s=240.0, cv=0.5),
            patience=Exponential(mean_s=300.0),
            schedule=Schedule.of_shifts([shift]),
            loop=Loop(
                resolves=Curve.flat(0.7),
                comes_back=0.8,
                recontact_after=Exponential(mean_s=36.0 * _HOUR_S),
                redials=0.5,
                redial_after=Exponential(mean_s=600.0),
            ),
        )
        made = Scenario(
            name=self.name,
            base=base,
            days=self.days,
            seed=seed,
            resolves_per_minute=self.resolves_per_minute,
            advisors=self.advisors,
            customers=self.customers,
            difficulty=self.difficulty,
            seen=self.seen,
            vulnerable=self.vulnerable,
            levers=(Renaming(name="new ids", from_day=self.days / 2),) if self.renamed else (),
        )
        if not self.shedding:
            return made
        who: tuple[int, ...] = ()
        if self.shedding == "fast":
            pace = world_of(made).pace
            fastest = np.argsort(pace, kind="stable")[: round(_FASTEST * len(pace))]
            who = tuple(sorted(int(i) + 1 for i in fastest))
        lever = Shedding(name="letting go by", by=_FASTEST, share=0.8, who=who)
        return replace(made, levers=(*made.levers, lever))


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceRecord:
    """What became of many operations of one kind.

    Attributes
    ----------
    setting : PriceSetting
    runs : int
    refused : Estimate or Unknown
        Share of all runs in which the design was refused.
    told : int
        Runs with a price; neither refused nor left open because the region has no end.
    held : Estimate or Unknown
        Share of those whose 95 % interval holds what a second truly does.
    truth, mean, naive : float
        Means over the runs with a price, points for a second: of the truth, of the price, and of
        the naive slope; NaN where there is none.
    half_width : float
        The median half of an interval; NaN likewise.
    reasons : tuple of str
        What refused, the most frequent first.
    """

    setting: PriceSetting
    runs: int
    refused: Estimate | Unknown
    told: int
    held: Estimate | Unknown
    truth: float
    mean: float
    naive: float
    half_width: float
    reasons: tuple[str, ...]


_PLAIN: Final = PriceSetting(name="contacts reach advisors by chance")
_STEERED: Final = PriceSetting(
    name="hard contacts go to slow advisors",
    holds=False,
    advisors=replace(_PACE, steering=0.8),
)
_CROWDED: Final = PriceSetting(
    name="ids missing where it is crowded", holds=False, seen=Seen(ids_by_congestion=0.4)
)
FULL: Final = (
    _PLAIN,
    PriceSetting(name="a second does nothing", resolves_per_minute=0.0),
    PriceSetting(
        name="hard contacts are much longer", difficulty=Difficulty(handle=0.5, resolution=0.12)
    ),
    PriceSetting(
        name="habitual callers",
        customers=Customers(number=15_000, habitual=0.05, times=10.0),
    ),
    PriceSetting(name="a tenth of ids missing by chance", seen=Seen(ids_missing=0.1)),
    PriceSetting(
        name="advisors differ in skill, apart from pace",
        advisors=Advisors(pace_cv=0.2, skill_sd=0.02),
    ),
    PriceSetting(name="ten advisors", seats=8, per_h=80.0, days=56.0),
    PriceSetting(name="seventy-five advisors", seats=60, per_h=600.0, days=14.0),
    PriceSetting(name="durations rounded to minutes", seen=Seen(rounded_to_s=60.0)),
    PriceSetting(
        name="half the advisors renamed, advisors' ids missing, vulnerable customers",
        renamed=True,
        seen=Seen(advisors_missing=0.1),
        vulnerable=Vulnerable(share=0.1, resolves_less=0.15),
    ),
    _STEERED,
    replace(
        _STEERED,
        name="three in ten hard contacts do, three times as many contacts",
        days=84.0,
        advisors=replace(_PACE, steering=0.3),
    ),
    PriceSetting(name="the fast let hard contacts go by", holds=False, days=56.0, shedding="fast"),
    PriceSetting(name="some let hard contacts go by", holds=False, days=56.0, shedding="some"),
    _CROWDED,
    PriceSetting(name="some advisors do not ask who it is", holds=False, broken="not asked for"),
    PriceSetting(name="slow in the morning, fast later", holds=False, broken="turned"),
    PriceSetting(name="advisors alike in pace", holds=False, advisors=Advisors(pace_cv=0.0)),
    PriceSetting(
        name="four advisors", holds=False, seats=3, per_h=30.0, advisors=replace(_PACE, team=4)
    ),
    PriceSetting(name="one handle time for all", holds=False, broken="one length"),
    PriceSetting(
        name="the slow are more skilled",
        holds=None,
        advisors=Advisors(pace_cv=0.2, skill_sd=0.02, skill_with_pace=0.8),
    ),
)
"""Every kind that the reference shows."""
SMALL: Final = (
    replace(_PLAIN, name="contacts reach advisors by chance, two weeks", days=14.0, runs=16),
    replace(_CROWDED, days=14.0, runs=4),
    replace(_STEERED, runs=4),
)
"""A few that a short run can fail on."""


def price_record(
    settings: Sequence[PriceSetting] = FULL,
    *,
    runs: int | None = None,
    seed: int = 4,
    processes: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[PriceRecord, ...]:
    """How the price of a second fares on operations whose truth is known.

    Parameters
    ----------
    settings : sequence of PriceSetting
    runs : int, optional
        Operations of each kind (> 0); as many as each says if left out.
    seed : int
        The same seed gives the same record, whatever else is asked.
    processes : int
        At once.
    progress : callable
        Told of each kind that is done.

    Raises
    ------
    QuestionError
        If there is nothing to simulate.
    """
    if runs is not None and runs < 1:
        raise QuestionError(
            "There must be something to simulate.", found=f"runs: {runs!r}", todo="Use 30."
        )
    todo = [(each, seed, run) for each in settings for run in range(runs or each.runs)]
    found: list[PriceRecord] = []
    told = _results(todo, processes)
    for setting in settings:
        found.append(_record(setting, [next(told) for _ in range(runs or setting.runs)]))
        progress(_row(found[-1]))
    return tuple(found)


# One operation -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """What the question said of one operation, and the truth; points for a second."""

    truth: float
    refused: tuple[str, ...]
    price: Estimate | None
    naive: float


def _told(todo: tuple[PriceSetting, int, int]) -> _Told:
    setting, seed, run = todo
    # The same operations in whatever order kinds are asked: their own numbers, from their name.
    key = [seed, run, *setting.name.encode()]
    made = make(setting.scenario(int(np.random.SeedSequence(key).generate_state(1)[0])))
    found = _asked(_records(setting, made))
    price = found.per_s if isinstance(found.per_s, Estimate) else None
    truth = made.truth["price_of_a_second"][_TRUTH]
    return _Told(
        truth=100.0 * truth["by_pace"],
        refused=_reasons(found),
        price=price,
        naive=found.naive_per_s.value if isinstance(found.naive_per_s, Estimate) else np.nan,
    )


def _asked(contacts: pa.Table) -> PriceOfASecond:
    connection = ibis.duckdb.connect(threads=1)
    try:
        table = connection.create_table("contacts", contacts, temp=True)
        return price_of_a_second(table, window_s=_WEEK_S)
    finally:
        connection.disconnect()


def _reasons(found: PriceOfASecond) -> tuple[str, ...]:
    """Which checks refused."""
    design = found.design
    said = [] if design.enough.holds else ["not enough"]
    if design.relevance is not None and not design.relevance.holds:
        said.append("pace does not differ")
    said += [each.fact for each in design.balance if not each.holds]
    if not all(each.holds for each in design.monotonicity):
        said.append("slow is fast elsewhere")
    if design.identified is not None and not design.identified.holds:
        said.append("ids missing not by chance")
    return tuple(said)


def _records(setting: PriceSetting, made: Made) -> pa.Table:
    """The operation's contacts, with what no lever breaks broken."""
    contacts = made.ledger("contacts")
    if setting.broken == "one length":
        length = pc.if_else(pc.is_valid(contacts["talk_s"]), 180.0, None)
        return _with(contacts, talk_s=length, hold_s=_zero(length), wrapup_s=_zero(length))
    people = {each["advisor_id"]: each["pace"] for each in made.truth["people"]}
    names = contacts["advisor_id"].to_pylist()
    if setting.broken == "turned":
        pace = np.array([people.get(name, 1.0) for name in names])
        late = np.asarray(contacts["local_arrived_us"]) // 1_000_000 % 86_400 >= 12 * _HOUR_S
        times = pa.array(np.where(late, pace**-1.9, 1.0))
        return _with(
            contacts,
            **{
                name: pc.multiply(contacts[name], times)
                for name in ("talk_s", "hold_s", "wrapup_s")
            },
        )
    if setting.broken == "not asked for":
        odd = {name for name in people if int(name[-1]) % 2}
        lot = np.random.default_rng(made.scenario.seed).random(len(contacts)) < 1 / 3
        unknown = pa.array([name in odd for name in names]).to_numpy(zero_copy_only=False) & lot
        kept = pa.array(~unknown)
        return _with(
            contacts,
            customer_id=pc.if_else(kept, contacts["customer_id"], None),
            customer_key=pc.if_else(kept, contacts["customer_key"], None),
        )
    return contacts


def _zero(values: Any) -> Any:
    return pc.multiply(values, 0.0)


def _with(table: pa.Table, **columns: Any) -> pa.Table:
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, values)
    return table


# Many operations ---------------------------------------------------------------------------------


def _record(setting: PriceSetting, told: Sequence[_Told]) -> PriceRecord:
    priced = [(each, each.price) for each in told if each.price is not None]
    reasons = [why for each in told for why in each.refused]
    held = sum(price.low <= each.truth <= price.high for each, price in priced)
    return PriceRecord(
        setting=setting,
        runs=len(told),
        refused=estimate.proportion(sum(bool(each.refused) for each in told), len(told)),
        told=len(priced),
        held=estimate.proportion(held, len(priced)),
        truth=_mean([each.truth for each, _ in priced]),
        mean=_mean([price.value for _, price in priced]),
        naive=_mean([each.naive for each, _ in priced]),
        half_width=float(np.median([(price.high - price.low) / 2 for _, price in priced]))
        if priced
        else np.nan,
        reasons=tuple(sorted(set(reasons), key=lambda why: (-reasons.count(why), why))),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else np.nan


def _results(todo: Sequence[tuple[PriceSetting, int, int]], processes: int) -> Iterator[_Told]:
    """What was said of each operation, in the order in which they are asked for."""
    if processes <= 1:
        yield from map(_told, todo)
        return
    with ProcessPoolExecutor(max_workers=processes) as pool:
        yield from pool.map(_told, todo)


def _row(record: PriceRecord) -> str:
    figures = (
        ("", "", "")
        if not record.told
        else (
            f"{record.truth:.4f}",
            f"{record.mean:.4f} ± {record.half_width:.4f}",
            f"{record.naive:.4f}",
        )
    )
    why = f" ({', '.join(record.reasons)})" if record.reasons else ""
    cells = (
        record.setting.name,
        f"{record.runs}",
        f"{_percent(record.refused)}{why}",
        f"{record.told}",
        _percent(record.held),
        *figures,
    )
    return f"| {' | '.join(cells)} |"


def _times(share: Estimate | Unknown) -> int:
    return round(share.value * share.n) if isinstance(share, Estimate) else 0


def _percent(share: Estimate | Unknown) -> str:
    """A share with its interval, per cent."""
    if isinstance(share, Unknown):
        return ""
    return f"{100 * share.value:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})"
