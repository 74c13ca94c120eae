"""The truth that intervals are held against is what is hidden; too narrow an interval is missed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from andon.estimate import Estimate, Unknown
from andon.metrics.handling import handling
from andon.proving.build import Made, make
from andon.proving.coverage import Aspect, Hidden, coverage
from andon.proving.lines import line
from andon.proving.scenario import Advisors, Customers, Seen

DAY_S = 86_400.0
HABITUAL = line(
    days=14,
    size=0.3,
    customers=Customers(number=300, habitual=0.1, times=5.0),
    seen=Seen(ids_missing=0.5),
)


@pytest.fixture(scope="module")
def made() -> Made:
    return make(HABITUAL)


def test_what_is_hidden_knows_every_customer(made: Made) -> None:
    seen, truth = Hidden.of(made), made.contacts_truth
    assert len(seen.at_s) == truth.num_rows
    assert made.tables["contacts"]["customer_id"].null_count > 0.3 * truth.num_rows
    came_before = np.isfinite(seen.last_s).sum()
    assert came_before == truth.num_rows - len(set(truth["customer"].to_pylist()))
    assert came_before == np.isfinite(seen.next_s).sum()


def test_the_next_contact_about_another_matter_is_found_as_by_looking(made: Made) -> None:
    table, truth = made.tables["contacts"], made.contacts_truth
    rows = sorted(
        zip(
            truth["customer"].to_pylist(),
            table["arrived_at"].to_pylist(),
            truth["matter"].to_pylist(),
            strict=True,
        )
    )
    looked = []
    for i, (customer, at, matter) in enumerate(rows):
        later = (
            other_at - at
            for other, other_at, other_matter in rows[i + 1 :]
            if other == customer and other_matter != matter
        )
        first = next(later, None)
        looked.append(np.inf if first is None else first.total_seconds())
    assert np.allclose(Hidden.of(made).other_s, looked)


def test_waits_and_handle_times_agree_with_the_sealed_figures(made: Made) -> None:
    seen, sealed = Hidden.of(made), made.truth["as_it_was"]
    handled = seen.handled
    assert seen.handle_s[handled].mean() == pytest.approx(sealed["handle_mean_s"], rel=1e-6)
    assert seen.wait_s[handled].mean() == pytest.approx(sealed["wait_answered_mean_s"], rel=1e-5)
    assert seen.gave_up.mean() == pytest.approx(sealed["abandoned_share"], rel=1e-6)
    assert 0 <= seen.at_s.min() < DAY_S


def mean_of(figure: Estimate | Unknown) -> Aspect:
    return Aspect(
        says="mean",
        figure=lambda _: figure,
        sums=lambda seen: (float(seen.handle_s[seen.handled].sum()), float(seen.handled.sum())),
        truth=lambda sums: sums[0] / sums[1],
    )


def test_what_is_not_known_is_not_counted() -> None:
    nothing = Unknown(unit="s", why="it was not recorded", needs="talk_s")
    [count] = coverage(HABITUAL, {}, [mean_of(nothing)], 3, 1)
    assert (count.times, count.of, count.says) == (0, 0, "3 times not known")


@pytest.mark.slow
def test_an_interval_that_is_too_narrow_is_missed() -> None:
    scenario = line(days=7, advisors=Advisors(pace_cv=0.0))
    aspects = {}
    for level in (0.4, 0.95):
        asked = {"q": lambda tables, level=level: handling(tables["contacts"], level=level)}
        aspect = replace(
            mean_of(Unknown(unit="s", why="-", needs="-")),
            figure=lambda answers: answers["q"].overall.mean_s,  # type: ignore[attr-defined]
        )
        [aspects[level]] = coverage(scenario, asked, [aspect], 30, 2)
    assert not aspects[0.4].met
    assert aspects[0.95].met
