"""Shedding hard cases: found with its size and its dates, and honest uneven work left in peace."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.case_mix import hardness
from andon.goodhart.shedding import Shedding, shedding
from andon.proving.build import Made, make
from andon.proving.scenario import Advisors, RiskyPromises
from andon.proving.scenario import Shedding as Sheds
from dealt_work import Team
from ledgers import contacts_table
from made_up import model, scenario
from oracles.case_mix import dealt_p


def asked(seed: int = 1, **said: Any) -> Shedding:
    """What is found in a team of which that is said."""
    tables = Team(**said).tables(seed)
    return shedding(tables["contacts"], values=tables["values"], needs=tables["needs"])


def named(found: Shedding) -> list[str]:
    return [each.advisor_id for each in found.for_roles.advisors]


def ways(found: Shedding) -> dict[str, list[str]]:
    return {
        each.advisor_id: [aspect.way for aspect in each.aspects]
        for each in found.for_roles.advisors
    }


# Nothing goes on, or something honest does ------------------------------------------------------


def test_where_nothing_goes_on_nothing_is_found() -> None:
    found = asked(needy=0.08)
    assert found.stands_out is False
    assert found.mix.uneven is False
    assert named(found) == []
    assert found.for_roles.tested == 16
    assert isinstance(found.effect, Unknown)
    assert isinstance(found.without_s, Unknown)
    assert found.says == "Hard contacts reach everybody alike, as far as chance lets one see."


HONEST: dict[str, dict[str, Any]] = {
    "work sent by skill": {
        "skills": {"dispute": (0, 1, 2, 3, 4, 5), "problem": tuple(range(10))},
        "advisors": 20,
    },
    "starters who are sent easy reasons at first": {"starters": {3: 20, 4: 33}},
    "part-timers at odd hours, when easy reasons come": {"odd_hours": (0, 1, 2, 3, 4, 5)},
    "turns of duty by day": {"turns": True},
    "customers who stay with one advisor": {"keeps": 0.6, "customers": 2500},
    "half of the team spared": {"spared": dict.fromkeys(range(8), 0.5)},
    "everybody sent another share": {"spread": 0.2},
    "advisors who are overtaxed, slowly": {"clumsy": {1: 0.08, 2: 0.08}},
    "advisors who pass on whatever comes": {"passes_all": {1: 0.15, 2: 0.15}},
}


@pytest.mark.slow
@pytest.mark.parametrize("said", HONEST.values(), ids=HONEST)
def test_honest_uneven_work_is_nobodys_fault(said: dict[str, Any]) -> None:
    found = asked(**said)
    assert found.stands_out is False
    assert named(found) == []


@pytest.mark.slow
def test_at_most_one_in_twenty_is_flagged_where_nothing_goes_on() -> None:
    found = [asked(seed, days=21, needy=0.08) for seed in range(100, 108)]
    # 5 % of 8 are less than a half; 3 or more have a chance of 1 in 170.
    assert sum(bool(each.stands_out) for each in found) <= 2
    assert sum(bool(each.mix.uneven) for each in found) <= 2
    assert sum(bool(named(each)) for each in found) <= 1


def test_a_reason_that_some_are_never_sent_is_said_and_not_held_against_them() -> None:
    found = asked(**HONEST["work sent by skill"])
    told = {each.reason: each.advisors for each in found.mix.routed}
    assert told == {"dispute": 14, "problem": 10}
    assert any("never sent" in each for each in found.caveats)
    assert found.mix.p > 0.05


def test_uneven_work_in_which_nobody_stands_apart_is_not_called_avoided() -> None:
    found = asked(**HONEST["half of the team spared"])
    assert found.mix.uneven is True
    assert found.mix.stands_out is False
    assert "cannot be told from here" in found.says
    assert isinstance(found.mix.spread_s, Estimate)
    assert found.mix.spread_s.low > 0


# What is there is found -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shed() -> Shedding:
    return asked(sheds={1: 0.8, 5: 0.8, 9: 0.8}, advisors=20, days=84, from_day=28, to_day=63)


def test_who_lets_hard_ones_pass_is_found_and_the_practice_is_told_without_a_name(
    shed: Shedding,
) -> None:
    assert shed.stands_out is True
    assert "a09" in ways(shed)
    assert ways(shed).items() <= {"a01": ["mix"], "a05": ["mix"], "a09": ["mix"]}.items()
    assert shed.mix.dealt_p < 1e-6
    assert "a01" not in repr(shed)
    assert "some get lighter work" in shed.says


def test_it_is_told_when_it_began_and_ended(shed: Shedding) -> None:
    began, ended = dt.date(2024, 1, 29), dt.date(2024, 3, 4)
    assert shed.since is not None
    assert shed.until is not None
    week = dt.timedelta(days=7)
    assert shed.since.earliest - week <= began <= shed.since.latest + week
    assert shed.until.earliest - week <= ended <= shed.until.latest + week
    for each in shed.for_roles.advisors:
        assert each.since is not None
        assert abs(each.since.likeliest - began) <= 2 * week


def test_the_reasons_that_are_avoided_are_told_the_hardest_first(shed: Shedding) -> None:
    assert [each.reason for each in shed.reasons] == ["dispute", "problem", "change", "question"]
    assert shed.reasons[0].harder_s > 200
    for each in shed.reasons[:2]:
        assert each.uneven
        assert isinstance(each.went_elsewhere, Estimate)
        assert each.went_elsewhere.low > 0.1
    easy = shed.reasons[-1].went_elsewhere
    assert isinstance(easy, Estimate)
    assert easy.value < 0  # they had more of those


def test_the_share_that_went_elsewhere_is_about_what_was_let_pass(shed: Shedding) -> None:
    # Of hard ones, three in ten of all, they kept a fifth in 35 of 84 days, and had fewer contacts
    # then. A tenth of those let pass went from one of the three to another.
    share = 0.3 * 0.28 / (0.7 + 0.3 * 0.28)
    part = 35 * (0.7 + 0.3 * 0.28) / (35 * (0.7 + 0.3 * 0.28) + 49)
    effect = shed.effect
    assert isinstance(effect, Estimate)
    assert 0 < effect.low < part * (1 - share / 0.3) < effect.high < 0.5


def test_their_handle_time_is_told_with_the_others_mix_but_only_of_three(shed: Shedding) -> None:
    assert isinstance(shed.reads_s, Estimate)
    assert isinstance(shed.without_s, Estimate)
    assert isinstance(shed.mix.lighter_s, Estimate)
    gain = shed.without_s.value - shed.reads_s.value
    assert gain == pytest.approx(shed.mix.lighter_s.value, abs=0.01)
    assert gain > 5
    two = asked(sheds={1: 0.8, 5: 0.8})
    assert two.mix.stands_out
    assert isinstance(two.without_s, Unknown)
    assert "fewer than three" in two.without_s.why


def test_hard_ones_passed_on_within_moments_are_found() -> None:
    found = asked(passes={1: 0.15, 2: 0.15})
    assert found.passed_on.stands_out is True
    assert ways(found) == {"a01": ["passed_on"], "a02": ["passed_on"]}
    (aspect,) = found.for_roles.advisors[0].aspects
    assert isinstance(aspect.own, Estimate)
    assert aspect.own.low > 2 * aspect.others
    assert found.for_roles.of("a02") is found.for_roles.advisors[1]
    assert found.for_roles.of("a03") is None


def test_quick_promises_that_come_back_as_complaints_are_found() -> None:
    found = asked(promises={1: 0.2, 2: 0.2}, days=56)
    assert found.promises.stands_out is True
    assert set(ways(found)) <= {"a01", "a02"}
    few = found.promises.from_few
    assert isinstance(few, Estimate)
    assert few.low > 0.1
    assert found.mix.stands_out is False


def test_customers_who_need_support_and_are_left_to_others_are_found() -> None:
    found = asked(needy=0.08, avoids={1: 0.7, 2: 0.7})
    assert found.needs.stands_out is True
    assert ways(found) == {"a01": ["need"], "a02": ["need"]}
    assert isinstance(found.needs.went_elsewhere, Estimate)
    assert found.needs.went_elsewhere.low > 0.3
    assert [each.uneven for each in found.mix.facts] == [False, True]


# The proving ground -----------------------------------------------------------------------------


def built(*levers: Any, seed: int, **said: Any) -> tuple[Made, Shedding]:
    made = make(
        scenario(*levers, base=model(agents=16, per_h=170), days=56, seed=seed, **said),
    )
    connection = ibis.duckdb.connect(threads=1)
    tables = {
        name: connection.create_table(name, made.ledger(name), temp=True)
        for name in ("contacts", "values", "needs")
    }
    return made, shedding(tables["contacts"], values=tables["values"], needs=tables["needs"])


def pullers(made: Made) -> set[str]:
    return {each["advisor_id"] for each in made.truth["people"] if each["pulls"]}


@pytest.mark.slow
def test_the_levers_of_the_proving_ground_are_found_and_nobody_else_is_named() -> None:
    for lever, way in (
        (Sheds(name="not mine", by=0.15), "mix"),
        (RiskyPromises(name="we will see", by=0.15, share=0.15), "promises"),
    ):
        made, found = built(lever, seed=3)
        assert found.stands_out is True
        assert set(ways(found)) == pullers(made)
        assert all(each == [way] for each in ways(found).values())


@pytest.mark.slow
def test_on_the_proving_ground_pace_and_skill_and_steering_name_nobody() -> None:
    for seed, advisors in enumerate(
        (
            Advisors(pace_cv=0.4),
            Advisors(skill_sd=0.05, skill_with_pace=0.6),
            Advisors(steering=0.7, pace_cv=0.3),
        )
    ):
        _, found = built(seed=seed, advisors=advisors)
        assert named(found) == []
        assert found.stands_out is False


# From the definition ----------------------------------------------------------------------------


def test_the_ledger_gives_the_chance_that_its_contacts_give() -> None:
    tables = Team(days=14, advisors=8, a_half_hour=8, customers=400, keeps=0.3).tables(5)
    found = shedding(tables["contacts"])
    rows = tables["contacts"].to_pyarrow().to_pylist()
    reasons = sorted({row["reason"] for row in rows})
    ids = sorted({row["advisor_id"] for row in rows})
    kind = np.array([reasons.index(row["reason"]) for row in rows])
    who = np.array([ids.index(row["advisor_id"]) for row in rows])
    handle_s = np.array([row["talk_s"] for row in rows])
    harder = hardness(np.zeros(len(reasons)), kind, who, np.ones(len(rows)), handle_s)
    plain = dealt_p(
        (
            row["local_arrived_us"] // (1800 * 10**6),
            row["advisor_id"],
            row["local_arrived_us"] // (86_400 * 10**6),
            row["customer_key"],
            float(harder[reasons.index(row["reason"])]),
        )
        for row in rows
    )
    assert found.mix.dealt_p == pytest.approx(plain, rel=1e-6)
    assert found.mix.contacts + found.left_out["no other advisor in the interval"] == len(rows)


# Bad input --------------------------------------------------------------------------------------


def calls(count: int = 400, **fixed: Any) -> ir.Table:
    """Contacts of ten advisors in ten days; what is fixed is so in all of them."""
    rng = np.random.default_rng(1)
    return contacts_table(
        {
            "arrived_at": float(i // 40 * 86_400 + 30_000 + rng.integers(1700)),
            "answered_at": float(i // 40 * 86_400 + 32_000),
            "ended_at": float(i // 40 * 86_400 + 32_300),
            "customer": int(rng.integers(90)),
            "queue": "calls",
            "reason": "easy" if rng.random() < 0.6 else "hard",
            "handled_by": "advisor",
            "advisor_id": f"a{rng.integers(10)}",
            "talk_s": float(rng.integers(60, 600)),
            "resolved": True,
        }
        | fixed
        for i in range(count)
    )


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (calls(0), "no contact was handled by an advisor"),
        (calls(advisor_id="a1"), "one advisor handled all contacts"),
        (calls(advisor_id=None), "no advisor is recorded"),
        (calls(reason=None), "no reason is recorded"),
        (calls(reason="all"), "in no group do contacts have more than one reason"),
        (calls(talk_s=None), "no handle time is recorded"),
        (calls(handled_by="bot"), "no contact was handled by an advisor"),
        (calls(previous_contact_id="test:1"), "every contact was sent to somebody"),
        (calls(30), "fewer than five advisors have 100 contacts"),
    ],
    ids=[
        "nothing",
        "one advisor",
        "no advisor ids",
        "no reasons",
        "one reason",
        "no handle times",
        "bots",
        "sent on",
        "three contacts each",
    ],
)
def test_where_nothing_can_be_compared_that_is_said(table: ir.Table, says: str) -> None:
    found = shedding(table)
    assert says in found.mix.why_not
    assert found.mix.stands_out is None
    assert found.stands_out in {None, False}
    assert isinstance(found.effect, Unknown)
    assert isinstance(found.reads_s, Unknown)
    assert named(found) == []


def test_where_every_contact_was_sent_by_an_earlier_one_passing_on_is_told_all_the_same() -> None:
    contacts = Team(passes={1: 0.15, 2: 0.15}).tables(1)["contacts"]
    found = shedding(contacts.mutate(previous_contact_id=ibis.literal("test:1")))
    assert "every contact was sent to somebody" in found.mix.why_not
    assert ways(found) == {"a01": ["passed_on"], "a02": ["passed_on"]}
    for each in found.for_roles.advisors:
        assert each.contacts == 0  # none that could be compared by its mix
        assert dt.date(2024, 1, 1) <= each.first_day < each.last_day < dt.date(2024, 2, 12)


def test_without_complaints_promises_cannot_be_told_and_the_rest_can() -> None:
    tables = Team(days=14).tables(1)
    found = shedding(tables["contacts"])
    assert found.promises.stands_out is None
    assert "values, which were not given" in found.promises.why_not
    assert isinstance(found.promises.share, Unknown)
    assert found.needs.why_not == "the ledger's needs were not given"
    assert found.mix.stands_out is False
    none = shedding(tables["contacts"], values=tables["values"].filter(ibis.literal(value=False)))
    assert none.promises.why_not == "no complaint follows a contact of a known customer"
    silent = tables["contacts"].mutate(resolved=ibis.null("boolean"))
    assert (
        "does not say what was resolved"
        in shedding(silent, values=tables["values"]).promises.why_not
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"interval_s": 0}, "whole number of seconds"),
        ({"complaint_s": 1.5}, "whole number of seconds"),
        ({"by": ("queue", "reason")}, "cannot be grouped by them"),
        ({"by": ("advisor",)}, "cannot be grouped by 'advisor'"),
        ({"level": 1.0}, "lie between 0 and 1"),
        ({"false_discoveries": 0.0}, "lie between 0 and 1"),
        ({"least_contacts": 0}, "at least one contact"),
    ],
)
def test_a_question_put_wrongly_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        shedding(calls(20), **options)


def test_equal_durations_and_advisors_renamed_give_an_answer() -> None:
    equal = shedding(calls(2000, talk_s=300.0), least_contacts=20)
    assert equal.mix.why_not
    tables = Team(days=42).tables(1)
    late = tables["contacts"].arrived_us > 1_705_800_000 * 10**6
    renamed = tables["contacts"].mutate(
        advisor_id=ibis.ifelse(
            late, "new-" + tables["contacts"].advisor_id, tables["contacts"].advisor_id
        )
    )
    found = shedding(renamed)
    assert found.for_roles.tested == 32
    assert found.stands_out is False
