"""Doubt: sums over customers and days agree with the definition, and intervals hold the truth."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import Estimate, Sums
from andon.metrics import doubt
from andon.metrics.doubt import Fraction, added, crossed_sums, joined, products
from ledgers import contacts_table

DAY_S = 86_400

rows = st.lists(
    st.fixed_dictionaries(
        {
            "arrived_at": st.integers(0, 5 * DAY_S),
            "customer": st.one_of(st.none(), st.integers(0, 4)),
            "queue": st.sampled_from(["a", "b", None]),
            "outcome": st.sampled_from(["handled", "abandoned", "failed"]),
            "talk_s": st.one_of(st.none(), st.integers(0, 50).map(float)),
        }
    ),
    max_size=40,
)


def _crossed(contacts: Any, by: tuple[str, ...] = ()) -> Any:
    return crossed_sums(
        contacts,
        {
            "abandoned": Fraction(top="abandoned", bottom="handled + abandoned"),
            "talk": Fraction(top="handled", bottom="handled", amount="talk_s"),
            "talk but b": Fraction(top="handled - b", bottom="handled - b", amount="talk_s"),
        },
        classes={
            "kind": contacts.outcome.cases(("handled", 1), ("abandoned", 2), else_=0),
            "b": (contacts["queue"] == "b").cast("int64"),
        },
        flags={
            "handled": lambda c: c["kind"] == 1,
            "abandoned": lambda c: c["kind"] == 2,
            "b": lambda c: (c["kind"] == 1) & (c["b"] == 1),
        },
        amounts={"talk_s": contacts.talk_s},
        by=by,
    )


def _plainly(mine: list[dict[str, Any]], name: str) -> tuple[Sums, Sums, Sums]:
    """Sums over customers, days and single contacts, by the definition."""
    pairs = []
    for i, row in enumerate(mine):
        handled, abandoned = row["outcome"] == "handled", row["outcome"] == "abandoned"
        if name == "abandoned":
            y, x = float(abandoned), float(handled or abandoned)
        else:
            counts = handled and not (name == "talk but b" and row["queue"] == "b")
            y, x = (row["talk_s"] or 0.0) * counts, float(counts)
        known = row["customer"]
        pairs.append(
            (("alone", i) if known is None else known, row["arrived_at"] // DAY_S, i, y, x)
        )
    found = []
    for unit in range(3):
        totals: dict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for pair in pairs:
            totals[pair[unit]][0] += pair[3]
            totals[pair[unit]][1] += pair[4]
        tops, bottoms = (np.array([each[i] for each in totals.values()]) for i in (0, 1))
        found.append(products(tops, bottoms))
    return found[0], found[1], found[2]


@given(contacts=rows)
@settings(deadline=None, max_examples=30)
def test_sums_over_customers_and_days_agree_with_the_definition(
    contacts: list[dict[str, Any]],
) -> None:
    found = _crossed(contacts_table(contacts), by=("queue",))
    scopes = {(): contacts} | {
        (("queue", name),): [row for row in contacts if row["queue"] == name]
        for name in {row["queue"] for row in contacts}
    }
    assert set(found) == set(scopes)
    for scope, mine in scopes.items():
        assert found[scope].contacts == len(mine)
        assert found[scope].counts["handled"] == sum(r["outcome"] == "handled" for r in mine)
        for name in ("abandoned", "talk", "talk but b"):
            expected = joined(*_plainly(mine, name))
            assert found[scope].ratios[name].over == expected.over
            for moment in ("n", "y", "x", "yy", "yx", "xx", "yyy", "yyx", "yxx", "xxx"):
                assert getattr(found[scope].ratios[name].sums, moment) == pytest.approx(
                    getattr(expected.sums, moment), abs=1e-9
                ), (scope, name, moment)


def test_another_unit_may_stand_in_the_days_place() -> None:
    contacts = contacts_table(
        {"arrived_at": i, "advisor_id": "ab"[i % 2], "talk_s": 10.0 + 5 * (i % 2)}
        for i in range(20)
    )
    found = crossed_sums(
        contacts,
        {"talk": Fraction(top="all", bottom="all", amount="talk_s")},
        classes={"one": ibis.literal(1)},
        flags={"all": lambda c: c["one"] == 1},
        amounts={"talk_s": contacts.talk_s},
        others={"advisor": contacts.advisor_id},
    )[()]
    assert found.units == {"day": 1, "advisor": 2}
    assert found.ratios["talk"].over == "customer"  # one day says nothing of days
    assert found.others["advisor"]["talk"].over == "customer and advisor"
    with_days, with_advisors = found.ratios["talk"], found.others["advisor"]["talk"]
    assert with_advisors.sums.spread > 5 * with_days.sums.spread


def test_random_groups_tell_the_doubt_that_customers_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    n, customers = 60_000, 4_000
    who = rng.choice(customers, n, p=rng.dirichlet(np.full(customers, 0.5)))
    known = rng.random(n) < 0.7
    gave_up = rng.random(n) < rng.beta(1, 4, customers)[who] * (0.5 + 0.5 * known)
    keys = rng.integers(-(2**62), 2**62, customers)
    table = ibis.duckdb.connect().create_table(
        "contacts",
        pa.table(
            {
                "customer_key": pa.array(keys[who], mask=~known),
                "local_day": pa.array(rng.integers(0, 100, n)),
                "gave_up": pa.array(gave_up.astype(np.int64)),
            }
        ),
    )

    def doubt_of() -> Sums:
        found = crossed_sums(
            table,
            {"share": Fraction(top="gave_up", bottom="all")},
            classes={"gave_up": table.gave_up},
            flags={"gave_up": lambda c: c["gave_up"] == 1, "all": lambda c: c["gave_up"] >= 0},
        )
        return found[()].ratios["share"].sums

    in_groups = doubt_of()
    monkeypatch.setattr(doubt, "_FEW_CONTACTS", n)
    exact = doubt_of()
    assert (in_groups.n, in_groups.y, in_groups.x) == (exact.n, exact.y, exact.x)
    assert in_groups.spread == pytest.approx(exact.spread, rel=0.2)
    assert in_groups.xx == pytest.approx(exact.xx, rel=0.2)


def test_a_flag_may_be_taken_away_and_a_wrong_word_is_refused() -> None:
    contacts = contacts_table([{"arrived_at": 0}])
    with pytest.raises(KeyError):
        dict(
            crossed_sums(
                contacts,
                {"x": Fraction(top="all times two", bottom="all")},
                classes={"one": ibis.literal(1)},
                flags={"all": lambda c: c["one"] == 1},
            )[()].ratios
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("by_customer", "by_day"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (0.3, 0.3)]
)
def test_95_of_100_shares_hold_the_truth_when_customers_and_days_differ(
    by_customer: float, by_day: float
) -> None:
    rng = np.random.default_rng(round(100 * by_customer + 10 * by_day))
    runs, held, n, customers, days = 600, 0, 3000, 400, 80
    for _ in range(runs):
        who = rng.choice(customers, n, p=rng.dirichlet(np.full(customers, 2.0)))
        day = rng.integers(0, days, n)
        chance = 0.3 + by_customer * (rng.random(customers) - 0.5)[who]
        chance = chance + by_day * (rng.random(days) - 0.5)[day]
        y, x = (rng.random(n) < chance).astype(float), np.ones(n)
        found = joined(
            products(added(who, y, customers), added(who, x, customers)),
            products(added(day, y, days), added(day, x, days)),
            products(y, x),
        ).share()
        assert isinstance(found, Estimate)
        held += found.low <= 0.3 <= found.high
    assert 0.93 <= held / runs <= 0.975, held / runs


@pytest.mark.slow
def test_95_of_100_means_hold_the_truth_when_customers_and_days_differ() -> None:
    rng = np.random.default_rng(9)
    runs, held, n, customers, days = 600, 0, 3000, 400, 80
    for _ in range(runs):
        who = rng.choice(customers, n, p=rng.dirichlet(np.full(customers, 2.0)))
        day = rng.integers(0, days, n)
        level = rng.gamma(10, 0.1, customers)[who] * rng.gamma(20, 0.05, days)[day]
        y, x = level * rng.lognormal(4.0, 1.0, n), np.ones(n)
        found = joined(
            products(added(who, y, customers), added(who, x, customers)),
            products(added(day, y, days), added(day, x, days)),
            products(y, x),
        ).mean(unit="s")
        assert isinstance(found, Estimate)
        held += found.low <= np.exp(4.5) <= found.high
    assert 0.93 <= held / runs <= 0.975, held / runs
