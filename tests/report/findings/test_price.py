"""The price of a second: what a minute more does, or why nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from andon.estimate import Estimate
from andon.finding import Finding
from andon.goodhart.price_of_a_second import PriceOfASecond, price_of_a_second
from andon.report import charts, words
from andon.report.findings.price import price, price_figures, price_note
from andon.report.findings.told import Told
from ledgers import contacts_table
from served_by_chance import ledger, operation

TOLD = Told(
    nouns=words.nouns(["voice"]), period="2024", zone="UTC", contacts=18_000, code_version="0"
)


@pytest.fixture(scope="module")
def unsure() -> PriceOfASecond:
    """Each second saves 6 of 10,000 customers from coming back, and the data hardly tell."""
    return price_of_a_second(ledger(operation(np.random.default_rng(3), cells=1500)))


@pytest.fixture(scope="module")
def priced(unsure: PriceOfASecond) -> PriceOfASecond:
    """The same with the doubt that ten times the contacts would leave."""
    per_s = unsure.per_s
    assert isinstance(per_s, Estimate)
    surer = replace(per_s, low=per_s.value - 0.01, high=per_s.value + 0.01)
    return replace(unsure, per_s=surer)


@pytest.fixture(scope="module")
def found(priced: PriceOfASecond) -> Finding:
    said = price(TOLD, priced)
    assert said is not None
    return said


def test_a_minute_more_is_told_in_customers(found: Finding, priced: PriceOfASecond) -> None:
    assert isinstance(priced.per_s, Estimate)
    assert isinstance(found.estimate, Estimate)
    assert found.estimate.value == pytest.approx(-60 * priced.per_s.value)
    assert found.estimate.unit == "points"
    assert f"{found.estimate.value:.0f} in 100 fewer callers rang back" in found.headline


def test_what_haste_saves_is_set_against_what_comes_back(
    found: Finding, priced: PriceOfASecond
) -> None:
    assert isinstance(priced.per_s, Estimate)
    back = found.figures["price.recontact.returning_s_of_a_minute_saved"]
    assert isinstance(back, Estimate)
    expected = -60 * priced.per_s.value / 100 * priced.mean_handle_s
    assert back.value == pytest.approx(expected)
    assert "Of each minute that haste saves" in found.meaning


def test_the_naive_slope_stands_beside_it(found: Finding) -> None:
    chart = next(each for each in found.evidence if each.kind == "for_a_minute")
    assert [row["point"] for row in chart.rows][:2] == [True, False]
    assert "Comparing long and short calls plainly would promise less" in found.meaning


def test_what_the_data_cannot_tell_is_said_so(unsure: PriceOfASecond) -> None:
    said = price(TOLD, unsure)
    assert said is not None
    assert said.headline.endswith("these data cannot tell.")
    assert "fewer to" in said.meaning
    assert "more in 100 is possible" in said.meaning


def test_the_first_stage_is_drawn_in_bins_of_five_advisors_or_more(found: Finding) -> None:
    chart = next(each for each in found.evidence if each.kind == "first_stage")
    assert all(int(row["advisors"] or 0) >= 5 for row in chart.rows)
    above, below = charts.draw(chart)
    assert above.caption == "How much longer this call took"
    assert below.caption.startswith("How many more in 100")
    assert set(chart.rows[0]) == {
        "measure", "pace_s", "unit", "value", "low", "high", "advisors", "n",
    }  # fmt: skip


def test_a_design_that_does_not_hold_gives_no_price_and_a_reason() -> None:
    one = contacts_table(
        [
            {
                "arrived_at": i * 900,
                "answered_at": i * 900 + 5,
                "ended_at": i * 900 + 60,
                "talk_s": 55.0 + i % 7,
                "advisor_id": "a1",
                "customer": i % 9,
            }
            for i in range(200)
        ]
    )
    refused = price_of_a_second(one)
    assert price(TOLD, refused) is None
    note = price_note(refused)
    assert note is not None
    assert not note.fine
    assert "cannot be told" in note.says
    assert not isinstance(price_figures(refused)["price.recontact.per_s"], Estimate)


def test_where_there_is_a_price_no_note_is_needed(priced: PriceOfASecond) -> None:
    assert price_note(priced) is None
