"""The price of a second as a question: from contacts to a price, or to a refusal in words."""

from __future__ import annotations

import math
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.demand.recontact import repeat_work
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import examiners
from andon.goodhart.price_of_a_second import (
    PriceOfASecond,
    _Asked,
    _contacts,
    _named,
    _Names,
    _widened,
    price_of_a_second,
)
from andon.goodhart.region import Region
from andon.goodhart.returning import Returning
from andon.ledger.coverage import observed
from ledgers import contacts_table
from served_by_chance import Operation, ledger, operation

WEEK_S = 7 * 86_400


@pytest.fixture(scope="module")
def made() -> Operation:
    """Eighteen thousand contacts; each second saves 6 of 10,000 customers from coming back."""
    return operation(np.random.default_rng(3), cells=1500)


@pytest.fixture(scope="module")
def contacts(made: Operation) -> ir.Table:
    return ledger(made)


@pytest.fixture(scope="module")
def found(contacts: ir.Table) -> PriceOfASecond:
    return price_of_a_second(contacts)


def test_the_ledger_gives_the_price_that_its_contacts_give(
    made: Operation, found: PriceOfASecond
) -> None:
    slope = examiners(made.cases).ujive
    assert isinstance(found.per_s, Estimate)
    assert found.per_s.unit == "points"
    # Handle time is kept in whole microseconds, and its mean is taken out before it is squared,
    # to which UJIVE is not wholly indifferent.
    assert found.per_s.value == pytest.approx(100 * slope.value, rel=0.01)
    assert found.per_s.low == pytest.approx(100 * slope.region.low, rel=0.01)
    assert found.contacts == len(made.x)
    assert found.advisors == 40
    assert found.cells == 1500
    assert found.mean_handle_s == pytest.approx(made.x.mean(), abs=1e-5)


def test_the_price_holds_the_truth_and_the_naive_slope_does_not(
    made: Operation, found: PriceOfASecond
) -> None:
    assert isinstance(found.per_s, Estimate)
    assert isinstance(found.naive_per_s, Estimate)
    assert found.per_s.low <= 100 * made.truth <= found.per_s.high
    assert found.naive_per_s.low > 100 * made.truth
    assert any("skill" in each for each in found.caveats)


def test_coming_back_is_counted_as_repeat_work_counts_it(
    contacts: ir.Table, found: PriceOfASecond
) -> None:
    told = repeat_work(contacts, windows_s=(WEEK_S,)).overall.recontacts.within(WEEK_S)
    assert isinstance(found.outcome_mean, Estimate)
    assert found.outcome_mean.n == told.contacts
    assert found.outcome_mean.value * told.contacts == pytest.approx(told.came_back)


def test_a_change_carries_its_interval_and_turns_with_its_sign(found: PriceOfASecond) -> None:
    assert isinstance(found.per_s, Estimate)
    faster, slower = found.change(-30), found.change(30)
    assert isinstance(faster, Estimate)
    assert isinstance(slower, Estimate)
    assert faster.value == -slower.value == pytest.approx(-30 * found.per_s.value)
    assert (faster.low, faster.high) == (-slower.high, -slower.low)


def test_a_customer_is_left_out_of_the_pace_of_an_advisor_who_knows_him(
    made: Operation, contacts: ir.Table
) -> None:
    """Every three customers in a row become one, so some meet their advisor again."""
    n = len(made.x)
    one = ibis.ifelse(
        contacts.customer_key < n, contacts.customer_key - contacts.customer_key % 3, -1
    )
    loans = contacts.filter(contacts.queue.isin(("loans", "cards")))
    joined = loans.mutate(customer_key=one.cast("int64"), transfers=(loans.talk_s > 330))
    table = joined.mutate(transfers=joined.transfers.cast("int64"))
    found = price_of_a_second(table, outcome="transfer")
    y = (np.round(made.x * 1e6) / 1e6 > 330).astype(float)
    cases = Caseload.alike(
        cell=made.cell, advisor=made.advisor, n=np.ones(n), x=made.x - found.mean_handle_s, y=y
    )
    back = Returning.of(
        cases,
        cell=made.cell,
        advisor=made.advisor,
        customer=np.arange(n) // 3,
        n=np.ones(n),
        x=made.x - found.mean_handle_s,
        y=y,
        xx=(made.x - found.mean_handle_s) ** 2,
        xy=(made.x - found.mean_handle_s) * y,
    )
    told = examiners(cases, returning=back).ujive
    assert isinstance(found.per_s, Estimate)
    assert found.per_s.value == pytest.approx(100 * told.value, rel=1e-4)
    assert found.per_s.value != pytest.approx(100 * examiners(cases).ujive.value, rel=1e-4)


def test_steps_run_from_fast_to_slow(found: PriceOfASecond) -> None:
    fast, slow = found.steps
    assert fast.from_s < fast.to_s < slow.to_s
    assert fast.to_s == pytest.approx(slow.from_s)


def test_transfers_need_no_customer_ids(made: Operation, contacts: ir.Table) -> None:
    long = contacts.talk_s > 330
    table = contacts.mutate(
        transfers=ibis.ifelse(long, 1, 0).cast("int64"),
        customer_key=ibis.null("int64"),
        customer_id=ibis.null("string"),
    )
    found = price_of_a_second(table, outcome="transfer")
    assert isinstance(found.per_s, Estimate)
    assert found.per_s.low > 0
    assert isinstance(found.outcome_mean, Estimate)
    assert found.outcome_mean.value == pytest.approx((made.x > 330).mean(), abs=1e-4)


def test_later_handle_time_is_that_of_the_next_contact(made: Operation, contacts: ir.Table) -> None:
    table = contacts.mutate(talk_s=ibis.ifelse(contacts.queue == "back", 200.0, contacts.talk_s))
    found = price_of_a_second(table, outcome="later_handle")
    assert isinstance(found.per_s, Estimate)
    assert found.per_s.unit == "ratio"
    assert found.per_s.low <= 200 * made.truth <= found.per_s.high
    assert isinstance(found.outcome_mean, Estimate)
    assert found.outcome_mean.value == pytest.approx(200 * made.y.mean())


def test_complaints_come_from_the_ledgers_values(made: Operation, contacts: ir.Table) -> None:
    back = contacts.filter(contacts.queue == "back")
    values = back.select(
        "customer_key", happened_us=back.arrived_us, kind=ibis.literal("complaint")
    )
    others = values.mutate(kind=ibis.literal("refund"))
    found = price_of_a_second(contacts, outcome="complaint", values=values.union(others))
    same = price_of_a_second(contacts)
    assert found.per_s == same.per_s
    nobody = price_of_a_second(contacts, outcome="complaint", values=others)
    assert isinstance(nobody.per_s, Unknown)
    assert "nobody ever complained" in nobody.per_s.why


def test_where_hard_contacts_go_to_slow_advisors_no_price_is_told() -> None:
    made = operation(np.random.default_rng(5), cells=1500, routing="hard to slow")
    found = price_of_a_second(ledger(made))
    assert isinstance(found.per_s, Unknown)
    assert not found.design.holds
    assert "chance" in found.per_s.why
    assert isinstance(found.naive_per_s, Estimate)
    assert found.change(-30) == found.per_s


def test_a_fact_that_the_caller_knows_is_looked_at_as_well(
    made: Operation, contacts: ir.Table
) -> None:
    slow = contacts.talk_s  # as if it had been known before: it follows pace
    found = price_of_a_second(contacts, facts={"gave much to do": slow})
    assert not found.design.holds
    assert "gave much to do" in found.design.says()


def _calls(count: int, *, advisors: int, **fixed: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(1)
    return [
        {
            "arrived_at": 1800 * (i // 6) + i % 6,
            "customer": i,
            "advisor_id": f"a{i % advisors}",
            "talk_s": float(rng.gamma(4, 60)),
            "queue": "cards",
            **fixed,
        }
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "No contact was handled"),
        (_calls(600, advisors=6, outcome="abandoned"), "No contact was handled"),
        (_calls(600, advisors=6, advisor_id=None), "which advisor"),
        (_calls(600, advisors=6, talk_s=None), "handle time"),
        (_calls(600, advisors=1), "No two advisors"),
        (_calls(600, advisors=3), "Too few advisors"),
        (_calls(90, advisors=6), "Too few shared cells"),
        (_calls(900, advisors=300), "Too few contacts"),
        (_calls(600, advisors=6, talk_s=180.0), "take the same time"),
        (_calls(1200, advisors=6), "hardly differ in pace"),
    ],
)
def test_bad_data_are_refused_in_words(rows: list[dict[str, Any]], says: str) -> None:
    found = price_of_a_second(contacts_table(rows), window_s=60)
    assert isinstance(found.per_s, Unknown)
    assert says in found.design.says()
    assert found.per_s.why
    assert found.steps == ()
    assert math.isnan(found.mean_handle_s)


@pytest.mark.parametrize(
    ("outcome", "transfers", "says"),
    [
        ("transfer", 0, "nobody was ever passed on, so nothing can be told"),
        ("transfer", 1, "everybody was passed on, so nothing can be told"),
        ("recontact", 0, "nobody ever came back, so nothing can be told"),
    ],
)
def test_an_outcome_that_never_varies_has_no_price_and_no_bare_zero(
    outcome: Any, transfers: int, says: str
) -> None:
    rows = _calls(12_000, advisors=6, transfers=transfers)
    for row in rows:  # the slow ones are slow, so that only the outcome is wanting
        row["talk_s"] *= 1 + int(row["advisor_id"][1:]) / 3
    found = price_of_a_second(contacts_table(rows), outcome=outcome, window_s=60)
    for figure in (found.per_s, found.naive_per_s, found.outcome_mean):
        assert isinstance(figure, Unknown)
        assert figure.why == says
    assert found.region is None
    assert found.steps == ()


def test_an_outcome_that_differs_only_from_cell_to_cell_has_no_price() -> None:
    rows = _calls(12_000, advisors=6)
    for i, row in enumerate(rows):
        row["transfers"] = i // 6 % 2
        row["talk_s"] *= 1 + i % 6 / 3
    found = price_of_a_second(contacts_table(rows), outcome="transfer", window_s=60)
    assert isinstance(found.per_s, Unknown)
    assert "never differs between contacts" in found.per_s.why


def test_one_contact_in_each_interval_is_refused() -> None:
    rows = _calls(300, advisors=6)
    spread = [{**row, "arrived_at": 1800 * i} for i, row in enumerate(rows)]
    found = price_of_a_second(contacts_table(spread), window_s=60)
    assert "No two contacts share a cell" in found.design.says()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"outcome": "smile"}, "outcome"),
        ({"window_s": 0}, "above 0"),
        ({"interval_s": 0.5}, "above 0"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"outcome": "complaint"}, "values"),
        ({"by": ("advisor",)}, "grouped by"),
    ],
)
def test_a_question_put_wrongly_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        price_of_a_second(contacts_table(_calls(10, advisors=2)), **options)


def test_minutes_rounded_to_whole_ones_give_a_price_as_well(
    made: Operation, contacts: ir.Table
) -> None:
    rounded = contacts.mutate(talk_s=(contacts.talk_s / 60).round().cast("float64") * 60)
    found = price_of_a_second(rounded)
    assert isinstance(found.per_s, Estimate)
    assert found.per_s.low <= 100 * made.truth <= found.per_s.high


def test_advisors_renamed_in_mid_year_are_more_advisors_and_the_price_is_the_same(
    made: Operation, contacts: ir.Table
) -> None:
    late = contacts.arrived_us > contacts.filter(contacts.queue == "loans").arrived_us.median()
    renamed = contacts.mutate(
        advisor_id=ibis.ifelse(late, contacts.advisor_id + "-new", contacts.advisor_id)
    )
    found = price_of_a_second(renamed)
    assert found.advisors == 80
    assert isinstance(found.per_s, Estimate)
    assert found.per_s.low <= 100 * made.truth <= found.per_s.high


@pytest.mark.parametrize("dialect", ["duckdb", "databricks", "postgres", "clickhouse", "trino"])
def test_what_is_asked_of_the_engine_can_be_said_to_every_engine(
    contacts: ir.Table, dialect: str
) -> None:
    unbound = ibis.table(contacts.schema(), name="contacts")
    seen = observed(contacts)
    for outcome in ("recontact", "transfer", "later_handle"):
        asked = _Asked(outcome=outcome, window_s=WEEK_S, by=("queue", "priority"), interval_s=900)
        names = _Names(
            kinds=ibis.table({"by_queue": "string", "by_priority": "string", "kind": "int32"}),
            advisors=ibis.table({"advisor_id": "string", "advisor": "int32"}),
            said=(),
            people=40,
        )
        dated = _named(unbound, asked, {"text": unbound.text.notnull()})
        table = _contacts(dated, asked, names, ("text",), None, seen)
        assert "SELECT" in ibis.to_sql(table.aggregate(used=table.usable.sum()), dialect=dialect)


def test_returns_that_are_not_seen_widen_the_interval_away_from_zero(
    contacts: ir.Table, found: PriceOfASecond
) -> None:
    # Every tenth contact loses its customer, whoever it is.
    lost = contacts.contact_key % 10 == 3
    missing = contacts.mutate(
        customer_key=ibis.ifelse(lost, ibis.null("int64"), contacts.customer_key),
    )
    seen = price_of_a_second(missing)
    assert seen.design.identified is not None
    assert seen.design.identified.holds
    assert seen.left_out["customer not known"] > 1_000
    assert any("no customer id" in each for each in seen.caveats)
    assert isinstance(seen.per_s, Estimate)
    assert isinstance(found.per_s, Estimate)
    reach = (seen.per_s.value - seen.per_s.low) / (seen.per_s.high - seen.per_s.value)
    usual = (found.per_s.value - found.per_s.low) / (found.per_s.high - found.per_s.value)
    assert reach > usual
    assert found.design.identified is None


@pytest.mark.parametrize(
    ("region", "widened"),
    [
        (("interval", -2.0, -1.0), ("interval", -4.0, -1.0)),
        (("interval", -1.0, 3.0), ("interval", -2.0, 6.0)),
        (("interval", 1.0, 3.0), ("interval", 1.0, 6.0)),
        (("interval", -math.inf, -1.0), ("interval", -math.inf, -1.0)),
        (("outside", -1.0, 1.0), ("outside", -1.0, 1.0)),
        (("outside", 2.0, 9.0), ("outside", 4.0, 9.0)),
        (("outside", 2.0, 3.0), ("everywhere", -math.inf, math.inf)),
        (("everywhere", -math.inf, math.inf), ("everywhere", -math.inf, math.inf)),
    ],
)
def test_a_region_is_widened_to_all_that_half_the_returns_may_hide(
    region: tuple[Any, float, float], widened: tuple[str, float, float]
) -> None:
    shape, low, high = region
    found = _widened(Region(shape=shape, low=low, high=high, level=0.95), 0.5)
    assert (found.shape, found.low, found.high) == widened


def test_how_long_the_contact_before_took_tells_where_hard_ones_go() -> None:
    """Hardness lasts: whoever comes again is as hard, and was as long, the time before."""
    rng = np.random.default_rng(7)
    size, advisors = 9_000, 12
    hard = rng.normal(size=size)
    pace = np.linspace(-60, 60, advisors)
    # Half of those who come again are sent by their difficulty: the hard ones to the slow.
    rank = np.clip(np.argsort(np.argsort(hard)) * advisors // size, 0, advisors - 1)
    sent = np.where(rng.random(size) < 0.5, rank, rng.integers(0, advisors, size))
    rows = []
    for i in range(size):
        at = 1_800 * (i // 12) + 60 * (i % 12)
        long_s = 300 * math.exp(0.4 * hard[i])
        first = {
            "arrived_at": at,
            "customer": i,
            "queue": "first",
            "advisor_id": f"a{i % advisors}",
        }
        again = {"arrived_at": at + 86_400, "customer": i, "queue": "again"}
        rows.append({**first, "talk_s": float(long_s + pace[i % advisors])})
        again["advisor_id"] = f"a{sent[i]}"
        rows.append({**again, "talk_s": float(max(long_s + pace[sent[i]], 1.0))})
    found = price_of_a_second(contacts_table(rows))
    assert not found.design.holds
    assert "handle time of the customer's contact before" in found.design.says()
