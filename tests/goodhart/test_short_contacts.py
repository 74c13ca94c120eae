"""Short contacts: the bank's practice, teams whose truth is known, and what cannot be told."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.short_contacts import ShortContacts, short_contacts
from ledgers import contacts_table
from short_calls import Team, contacts_of


def _known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate)
    return figure


def _named(found: ShortContacts) -> list[str]:
    return [each.advisor_id for each in found.for_roles.advisors]


# The bank of 1999: what is published, and what the data's README measured.


@pytest.fixture(scope="module")
def practice(bank: ir.Table) -> ShortContacts:
    return short_contacts(bank)


def test_the_banks_callers_who_were_cut_off_call_again(practice: ShortContacts) -> None:
    assert practice.stands_out
    assert _known(practice.back_after_short).value == pytest.approx(0.44, abs=0.005)
    assert _known(practice.back_after_usual).value == pytest.approx(0.025, abs=0.003)
    excess = _known(practice.excess)
    assert 0.38 < excess.low < excess.value < excess.high < 0.46


def test_the_banks_short_calls_are_with_few_advisors_and_one_above_all(
    practice: ShortContacts,
) -> None:
    assert not isinstance(practice.concentration, Unknown)
    assert practice.concentration.half_by <= 5
    assert practice.concentration.half_of_all_by >= 8
    (one,) = practice.for_roles.advisors
    assert one.part_of_contacts == pytest.approx(0.06, abs=0.005)
    # 26 % with October, of all short calls; this is of those with an advisor recorded.
    assert one.short / practice.short == pytest.approx(0.25, abs=0.015)
    assert _known(one.share).value == pytest.approx(0.278, abs=0.003)
    assert one.colleagues < 0.05
    assert _known(one.back_after_short).low > 10 * one.back_after_usual
    assert one.short > 5 * one.brief


def test_the_banks_mean_is_bent_and_nothing_in_half_hours_shows_it(practice: ShortContacts) -> None:
    assert _known(practice.mean_s).value == pytest.approx(189.5, abs=1.5)
    bend = _known(practice.bend_s)
    assert -16 < bend.low < bend.value < bend.high < -11
    assert _known(practice.mean_without_s).value == pytest.approx(
        _known(practice.mean_s).value - bend.value
    )


def test_calls_back_english_calls_and_new_teams_are_left_in_peace(practice: ShortContacts) -> None:
    by_queue = {dict(each.scope)["queue"]: each for each in practice.groups}
    assert by_queue["PS"].stands_out
    for queue in ("TT", "PE", "IN", "NW"):
        assert not by_queue[queue].stands_out
    # A third of the calls back is short; those customers are not back within minutes.
    assert by_queue["TT"].short > 0.3 * by_queue["TT"].contacts
    assert _known(by_queue["TT"].back_after_short).value < 0.1


def test_no_end_is_made_up_where_the_bank_saw_none(practice: ShortContacts) -> None:
    assert practice.rose is None
    assert practice.fell is None
    assert "From the first week that we have to the last" in practice.when
    assert len(practice.weeks) == 40
    assert practice.weeks[32].contacts == 0  # August is not there


def test_an_end_is_found_where_the_practice_ends(bank: ir.Table) -> None:
    """As in the autumn of 1999: the short calls of the ten who make most of them come to an end."""
    served = bank.filter(bank.advisor_id.notnull() & (bank.talk_s < 10))
    most = (
        served.group_by("advisor_id")
        .aggregate(n=served.count())
        .order_by(ibis.desc("n"))
        .limit(10)
        .to_pyarrow()["advisor_id"]
        .to_pylist()
    )
    ended = bank.filter(
        (bank.local_arrived_at < dt.datetime(1999, 6, 7))  # noqa: DTZ001  # the bank's own wall
        | ~ibis.coalesce(bank.advisor_id.isin(most) & (bank.talk_s < 10), ibis.literal(value=False))
    )
    found = short_contacts(ended)
    assert found.fell is not None
    assert found.fell.earliest <= dt.date(1999, 6, 7) <= found.fell.latest
    assert found.fell.latest - found.fell.earliest <= dt.timedelta(days=35)
    assert found.rose is None


def test_nobody_is_printed_with_the_public_part(practice: ShortContacts) -> None:
    printed = repr(practice) + "".join(practice.caveats) + practice.when
    for advisor in _named(practice):
        assert advisor not in printed
    assert practice.for_roles.of(_named(practice)[0]) is practice.for_roles.advisors[0]
    assert practice.for_roles.of("somebody else") is None
    words = " ".join(practice.for_roles.explanations)
    for explanation in ("headset", "passed on", "Calls back", "at the same time", "ids were"):
        assert explanation in words


# Teams whose truth is known.


@pytest.mark.slow
@pytest.mark.parametrize(
    "team",
    [
        Team(pace=0.35),
        Team(drops=0.02, drops_differ=0.3),
        Team(failing_hours=20),
        Team(callbacks=True),
    ],
    ids=["quick and slow advisors", "calls that drop", "a system that fails", "calls back"],
)
def test_honest_teams_are_left_in_peace(team: Team) -> None:
    for seed in range(5):
        found = short_contacts(team.contacts(seed))
        assert found.stands_out is False
        assert _named(found) == []
        assert not any(group.stands_out for group in found.groups)


def test_an_honest_team_is_left_in_peace() -> None:
    found = short_contacts(Team(pace=0.3, callbacks=True, failing_hours=5).contacts(1))
    assert (found.stands_out, _named(found), found.why_not) == (False, [], "")
    assert found.odd_hours >= 3


def test_three_who_hang_up_for_some_weeks_are_found_with_the_weeks() -> None:
    who = ((3, 0.25), (7, 0.25), (11, 0.25))
    team = Team(hang_up=who, days=112, an_hour=20, from_day=28, to_day=84)
    found = short_contacts(team.contacts(2))
    assert found.stands_out
    assert _named(found) == ["a003", "a007", "a011"]
    began, ended = dt.date(2024, 1, 29), dt.date(2024, 3, 25)
    times = [(found.rose, found.fell)]
    times += [(each.rose, each.fell) for each in found.for_roles.advisors]
    for rose, fell in times:
        assert rose is not None
        assert fell is not None
        assert rose.earliest <= began <= rose.latest
        assert fell.earliest <= ended <= fell.latest
    assert "2024-01-29" in found.when
    assert _known(found.bend_s).high < 0


@pytest.mark.slow
def test_one_in_ten_calls_cut_off_is_found_and_nobody_else() -> None:
    named = [_named(short_contacts(Team(hang_up=((5, 0.1),)).contacts(seed))) for seed in range(5)]
    assert sum(each == ["a005"] for each in named) >= 4
    assert {advisor for each in named for advisor in each} == {"a005"}


# What cannot be told is said, and bad input has a right answer.


def _with(table: pa.Table, name: str, values: pa.Array) -> ir.Table:
    return contacts_of(table.set_column(table.column_names.index(name), name, values))


@pytest.fixture(scope="module")
def gamed() -> pa.Table:
    return Team(hang_up=((3, 0.2),), days=42).arrow(1)


def test_without_customers_ids_nobody_is_spoken_of(gamed: pa.Table) -> None:
    found = short_contacts(_with(gamed, "customer_key", pa.nulls(len(gamed), pa.int64())))
    assert found.stands_out is None
    assert "no customer is known" in found.why_not
    assert _named(found) == []
    assert isinstance(found.back_after_short, Unknown)
    assert _known(found.share).value > 0.01
    assert np.isnan(found.p)


def test_without_advisors_ids_the_practice_is_told_and_nobody_compared(gamed: pa.Table) -> None:
    found = short_contacts(_with(gamed, "advisor_id", pa.nulls(len(gamed), pa.string())))
    assert found.stands_out is None
    assert "no advisor is recorded" in found.why_not
    assert isinstance(found.concentration, Unknown)
    assert _known(found.excess).low > 0.2
    assert found.short_by_nobody == found.short


def test_one_advisor_alone_is_not_judged(gamed: pa.Table) -> None:
    found = short_contacts(contacts_of(gamed.filter(pc.equal(gamed["advisor_id"], "a003"))))
    assert found.stands_out is None
    assert "fewer than five advisors" in found.why_not
    assert (found.for_roles.tested, found.for_roles.left_out) == (0, 1)


def test_three_contacts_each_say_nothing_about_anybody() -> None:
    rows = [
        {
            "arrived_at": 60 * i,
            "advisor_id": f"a{i % 10}",
            "talk_s": 3 + 50 * (i % 3),
            "customer": i,
        }
        for i in range(30)
    ]
    found = short_contacts(contacts_table(rows))
    assert found.stands_out is None
    assert "fewer than five advisors" in found.why_not
    assert found.short == 10


def test_nothing_at_all_is_answered_in_words() -> None:
    found = short_contacts(contacts_table([]))
    assert (found.contacts, found.short, found.stands_out) == (0, 0, None)
    assert "no contact was handled in person" in found.why_not
    assert isinstance(found.mean_s, Unknown)


def test_durations_in_whole_minutes_are_no_short_contacts(gamed: pa.Table) -> None:
    minutes = pc.multiply(pc.round(pc.divide(gamed["talk_s"], 60.0)), 60.0)
    found = short_contacts(_with(gamed, "talk_s", minutes))
    assert found.stands_out is None
    assert "in steps of 60 s" in found.why_not
    assert _named(found) == []
    # With a limit that such a clock can tell, there is an answer again.
    assert short_contacts(_with(gamed, "talk_s", minutes), limit_s=90).why_not == ""


def test_durations_that_are_all_equal_say_nothing(gamed: pa.Table) -> None:
    found = short_contacts(_with(gamed, "talk_s", pa.array(np.full(len(gamed), 5.0))))
    assert found.stands_out is None
    assert "equally long" in found.why_not


def test_where_most_contacts_are_short_nobody_is_spoken_of(gamed: pa.Table) -> None:
    found = short_contacts(contacts_of(gamed), limit_s=3_600)
    assert found.stands_out is None
    assert found.why_not.startswith("more than half of all contacts are shorter than 1 h")
    assert _named(found) == []
    assert np.isnan(found.p)


def test_advisors_renamed_in_mid_year_are_said_and_nobody_honest_is_named() -> None:
    team = Team(hang_up=((3, 0.25),), days=84)
    table = team.arrow(3)
    later = pc.greater_equal(
        table["arrived_us"], pc.min(table["arrived_us"]).as_py() + 42 * 86_400_000_000
    )
    renamed = pc.if_else(
        later, pc.binary_join_element_wise("new", table["advisor_id"], "-"), table["advisor_id"]
    )
    found = short_contacts(_with(table, "advisor_id", renamed))
    assert _named(found) == ["a003", "new-a003"]
    assert any("replaced by new ones" in each for each in found.caveats)
    assert not any(
        "replaced by new ones" in each for each in short_contacts(contacts_of(table)).caveats
    )


def test_contacts_that_were_passed_on_do_not_count(gamed: pa.Table) -> None:
    passed = pc.cast(pc.less(gamed["talk_s"], 10), pa.int64())
    found = short_contacts(_with(gamed, "transfers", passed))
    assert found.short == 0
    assert found.passed_on > 100
    assert found.stands_out is False


def test_the_counts_are_those_of_a_plain_reading(gamed: pa.Table) -> None:
    found = short_contacts(contacts_of(gamed), by=("queue",))
    talk = gamed["talk_s"].to_numpy()
    assert found.contacts == len(gamed)
    assert found.short == int((talk < 10).sum())
    assert _known(found.mean_s).value == pytest.approx(talk.mean())
    assert _known(found.mean_without_s).value == pytest.approx(talk[talk >= 10].mean())
    assert sum(week.short for week in found.weeks) == found.short
    key, at = gamed["customer_key"].to_numpy(zero_copy_only=False), gamed["arrived_us"].to_numpy()
    order = np.lexsort((at, key))
    key, at, talk = key[order], at[order], talk[order]
    back = np.append((key[1:] == key[:-1]) & (at[1:] - at[:-1] <= 600_000_000), False)
    mine = ~np.isnan(key) & (talk < 10) & (at <= at.max() - 600_000_000)
    assert _known(found.back_after_short).value == pytest.approx(back[mine].mean())


def test_limits_and_groups_that_cannot_be_are_refused(gamed: pa.Table) -> None:
    contacts = contacts_of(gamed.slice(0, 10))
    for wrong in ({"limit_s": 0}, {"within_s": -1}, {"least_contacts": 0}, {"level": 1.0}):
        with pytest.raises(QuestionError):
            short_contacts(contacts, **wrong)
    with pytest.raises(QuestionError, match="advisor_id"):
        short_contacts(contacts, by=("advisor_id",))
