"""The page of a what-if: it says what the answer says, and claims no more."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from andon.capacity.full_cost import Rates
from andon.capacity.levers import Levers
from andon.capacity.pace import Pace, assumed_pace
from andon.capacity.situation import Situation
from andon.capacity.typical_week import TypicalWeek
from andon.capacity.whatif import WhatIf, what_if
from andon.report.charts import draw
from andon.report.leaf import Leaf, render
from andon.report.whatif import page, paragraphs, rest_rows
from one_queue import pace_of, queue

WEEK = TypicalWeek(
    interval_s=1800,
    first_day=dt.date(2024, 1, 1),
    last_day=dt.date(2024, 2, 25),
    days=56,
    left_out=0,
    times=np.full(336, 8.0),
    contacts=np.full(336, 8.0),
    handled=np.full(336, 7.0),
    abandoned=np.full(336, 1.0),
    work_s=np.full(336, 2100.0),
    handle_cv=1.0,
    on_duty=None,
)


def _found(pace: Pace | None = None, situation: Situation | None = None, **levers: str) -> WhatIf:
    situation = situation or queue()
    return what_if(
        situation,
        Levers.said(**(levers or {"handle_time": "-20%"})),
        pace or pace_of(situation, curves=120),
        levels=7,
        weeks=4,
        contacts=4_000,
        workers=1,
    )


def _assumed() -> WhatIf:
    situation = queue()
    pace = assumed_pace(
        handle_s=300.0, today=situation.returns, curves=300, rng=np.random.default_rng(3)
    )
    return _found(pace, situation)


def _page(found: WhatIf, *notes: str) -> Leaf:
    return page(
        found, WEEK, notes=notes, operation="Corner Bank", source="Source: -.", command="andon"
    )


@pytest.fixture(scope="module")
def measured() -> WhatIf:
    return _found()


@pytest.fixture(scope="module")
def assumed() -> WhatIf:
    return _assumed()


def test_the_answer_leads_and_every_sentence_is_said_once(measured: WhatIf) -> None:
    leaf = _page(measured)
    assert leaf.title == "What if: handle time 20 % shorter?"
    lead = " ".join(leaf.lead)
    everything = " ".join(
        [lead, *(text for section in leaf.sections for text in (*section.paragraphs,))]
    )
    for each in measured.sentences:
        assert (each.text in lead) == each.main, each.text
        if each.about != "simulated":  # its section says so in its own words
            assert everything.count(each.text) == 1, each.text


def test_a_saving_that_rests_on_an_assumption_is_never_a_title(assumed: WhatIf) -> None:
    leaf = _page(assumed)
    titles = [each.title for section in leaf.sections for each in section.evidence]
    assert "Whether the work falls or grows, we cannot tell" in titles
    assert "Whether less time saves work or makes it, we cannot tell" in titles
    text = render(leaf)
    assert "What really happens we cannot tell" in text
    assert "that fit the assumption" in text


def test_a_strong_effect_is_in_the_titles() -> None:
    situation = queue()
    leaf = _page(_found(pace_of(situation, -0.45, -0.5, -0.4, curves=120), situation))
    titles = [each.title for section in leaf.sections for each in section.evidence]
    assert "Less time would make more work" in titles
    assert any(each.startswith("More work than without it") for each in titles)


def test_why_the_price_is_not_known_is_on_the_page(assumed: WhatIf) -> None:
    note = "What a second of handle time does could not be measured here: few advisors."
    assert note in render(_page(assumed, note)).replace("\u00a0", " ")


def test_every_assumption_is_in_the_table_with_where_it_is_from(measured: WhatIf) -> None:
    rests = next(each for each in _page(measured).sections if "rests on" in each.title)
    (table,) = rests.tables
    assert len(table.rows) == len(measured.assumptions)
    shape = next(row for row in table.rows if row[0].text.startswith("Shapes"))
    assert shape[1].text == "straight, power, saturating, logistic"


def test_both_formulas_stand_beside_the_simulation(measured: WhatIf) -> None:
    beside = next(each for each in _page(measured).sections if "simulation" in each.title)
    (table,) = beside.tables
    assert [each.text for each in table.columns][2:5] == [
        "formula",
        "half-hour by half-hour",
        "simulated",
    ]
    assert measured.simulated is not None
    assert len(table.rows) == len(measured.simulated.pairs)


def test_figures_that_are_not_known_are_left_out_and_units_are_said_once(
    measured: WhatIf,
) -> None:
    rows = rest_rows(measured.today, measured.after, measured.change, currency="EUR")
    assert not [row for row in rows if row[0].startswith("cost")]
    for row in rows:
        for cell in row[1:]:
            assert not re.search(r"(h|points) to -?[\d,.]+ \1\b", cell), cell
            assert not re.search("nan|inf|None", cell)


def test_money_is_a_curve_of_its_own_where_it_is_told() -> None:
    situation = queue(rates=Rates(per_hour=30.0, customer_hour=10.0, customer_worth=200.0))
    found = _found(pace_of(situation, curves=120), situation)
    trap = next(each for each in _page(found).sections if each.title == "The trap curve")
    assert "Cost, of today's" in {row["measure"] for row in trap.evidence[0].rows}
    cost = next(each.text for each in found.sentences if each.about == "cost")
    assert "complaints, customers who leave and customers' own time included" in cost


def test_a_band_without_bounds_does_not_flatten_the_curve(measured: WhatIf) -> None:
    trap = next(each for each in _page(measured).sections if each.title == "The trap curve")
    (evidence,) = trap.evidence
    rows = tuple({**row, "high": 40.0} for row in evidence.rows)
    panels = draw(replace(evidence, rows=rows))
    most = max(float(row["value"]) for row in evidence.rows)  # type: ignore[arg-type]
    highs = [float(each) for each in re.findall(r'"high": ([\d.]+)', json.dumps(panels[0].spec))]
    assert highs
    assert max(highs) <= max(3.0, 1.5 * most)


def test_where_work_is_least_is_not_drawn_where_it_cannot_be_told(assumed: WhatIf) -> None:
    trap = next(each for each in _page(assumed).sections if each.title == "The trap curve")
    work = [row for row in trap.evidence[0].rows if str(row["measure"]).startswith("All work")]
    assert assumed.trap is not None
    assert assumed.trap.least_work.at_low_end > 0.5
    assert {row["least_low_s"] for row in work} == {None}
    assert "Where work is least cannot be told" in " ".join(trap.paragraphs)


def test_nothing_changed_is_a_short_page() -> None:
    situation = queue()
    found = what_if(situation, Levers(), pace_of(situation, curves=40), levels=3, simulate=False)
    leaf = _page(found)
    assert leaf.lead == ("Nothing is changed, so nothing changes.",)
    assert "The first weeks" not in {each.title for each in leaf.sections}


def test_paragraphs_hold_main_sentences_alone(measured: WhatIf) -> None:
    told = " ".join(paragraphs(measured.sentences))
    assert all((each.text in told) == each.main for each in measured.sentences)
