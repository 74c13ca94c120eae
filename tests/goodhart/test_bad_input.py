"""Ledgers that are hard to judge: a refusal in words or a right answer, and nobody is accused.

In none of these operations does anybody bend a measure. So each question must end in an error in
words, in an unknown that says why, or in the answer that nothing shows; which of these, is told for
each. No advisor may stand in any result.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from andon.errors import GoalError, QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.around_a_date import AroundADate, around_a_date
from andon.goodhart.at_a_limit import AtALimit, at_a_limit
from andon.goodhart.battery import battery
from andon.goodhart.bunching import bunching
from andon.goodhart.chosen_surveys import chosen_surveys
from andon.goodhart.closing_early import closing_early
from andon.goodhart.goal import Goal, read_goal
from andon.goodhart.limits import Limit
from andon.goodhart.parked_work import parked_work
from andon.goodhart.parting_twins import parting_twins
from andon.goodhart.passing_on import PassingOn, passing_on
from andon.goodhart.price_of_a_second import price_of_a_second
from andon.goodhart.ratchets import ratchet
from andon.goodhart.review import review
from andon.goodhart.shedding import Shedding, shedding
from andon.goodhart.short_contacts import ShortContacts, short_contacts
from andon.goodhart.silent_targets import silent_targets
from andon.goodhart.watch import watch
from andon.marked import read_marked
from andon.proving.build import make
from andon.proving.scenario import Advisors, Customers, Lever, Renaming, Scenario, Seen, Surveys
from andon.proving.scenario import ShortContacts as HangUps
from goodhart.goals import goal, twin
from made_up import model, scenario

DAYS: Final = 154
STARTS: Final = dt.date(2024, 1, 1)
MIDDLE: Final = STARTS + dt.timedelta(days=77)
DAY_US: Final = 86_400_000_000
LIMIT_S: Final = 300.0


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A ledger, and what is asked of it."""

    contacts: ir.Table
    surveys: ir.Table
    values: ir.Table
    changes: ir.Table
    limit_s: float = LIMIT_S
    others: tuple[float, ...] = ()
    date: dt.date = MIDDLE
    twin: bool = True


QUIET, SHOWS = "nothing shows", "it shows"
SURE: Final = 0.01
"""What is less likely by chance shows, where a question gives no verdict of its own."""
Answer = tuple[object, str]
"""A result, and what it comes to in words."""

# --- the ledgers ------------------------------------------------------------------------------


def _operation(*levers: Lever, **said: Any) -> Scenario:
    return scenario(
        *levers,
        days=float(DAYS),
        base=model(agents=5, per_h=40.0),
        advisors=Advisors(team=10, pace_cv=0.25),
        customers=Customers(number=5000),
        surveys=Surveys(invited=0.4, answered=0.5),
        **said,
    )


def _made(built: Scenario) -> Bad:
    made = make(built)
    engine = ibis.duckdb.connect(threads=1)

    def table(name: str, rows: pa.Table) -> ir.Table:
        created: ir.Table = engine.create_table(name, rows, temp=True)
        return created

    told = made.ledger("changes")
    target = {"kind": "target", "what": "calls within five minutes", "line": None}
    contacts = table("contacts", made.ledger("contacts"))
    passed = contacts.contact_key * 7919 % 1000 < 60  # six in a hundred, whoever has them
    return Bad(
        contacts=contacts.mutate(transfers=ibis.ifelse(passed, 1, contacts.transfers)),
        surveys=table("surveys", made.ledger("surveys")),
        values=table("values", made.ledger("values")),
        changes=table("changes", _changes(told.schema, [target | _on(MIDDLE)])),
    )


def _on(day: dt.date) -> dict[str, object]:
    at = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    return {"change_id": f"{day}", "changed_at": at, "changed_us": int(at.timestamp()) * 1_000_000}


def _changes(schema: pa.Schema, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(
        [row | {"change_id": str(i)} for i, row in enumerate(rows)], schema=schema
    )


@functools.cache
def calm() -> Bad:
    """Ten advisors who differ in pace, and nothing else."""
    return _made(_operation())


def _with(bad: Bad, **columns: Any) -> Bad:
    return dataclasses.replace(bad, contacts=bad.contacts.mutate(**columns))


def one_advisor() -> Bad:
    """All that was served was served by one."""
    served = calm().contacts.advisor_id.notnull()
    return _with(calm(), advisor_id=ibis.ifelse(served, "only-one", ibis.null("string")))


def no_advisor_ids() -> Bad:
    """Nobody knows who served."""
    return _with(calm(), advisor_id=ibis.null("string"))


def three_contacts_each() -> Bad:
    """Thousands of advisors, none with more than three contacts."""
    row = ibis.row_number().over(order_by="contact_key")
    served = calm().contacts.advisor_id.notnull()
    name = "advisor-" + (row / 3).floor().cast("int64").cast("string")
    return _with(calm(), advisor_id=ibis.ifelse(served, name, ibis.null("string")))


def three_contacts_in_all() -> Bad:
    """Three contacts of one day."""
    first = calm().contacts.filter(calm().contacts.outcome == "handled")
    return dataclasses.replace(calm(), contacts=first.order_by("contact_key").limit(3))


def no_contacts() -> Bad:
    """Nobody came."""
    nobody = ibis.literal(value=False)
    return dataclasses.replace(
        calm(),
        contacts=calm().contacts.filter(nobody),
        surveys=calm().surveys.filter(nobody),
        values=calm().values.filter(nobody),
    )


def all_durations_equal() -> Bad:
    """A system that writes the same time for every contact."""
    served = calm().contacts.talk_s.notnull()
    since = ibis.coalesce(calm().contacts.answered_us, calm().contacts.arrived_us)
    return _with(
        calm(),
        talk_s=ibis.ifelse(served, 247.3, ibis.null("float64")),
        hold_s=ibis.ifelse(served, 0.0, ibis.null("float64")),
        wrapup_s=ibis.ifelse(served, 0.0, ibis.null("float64")),
        ended_us=since + 247_300_000,
    )


@functools.cache
def rounded_to_minutes() -> Bad:
    """Durations are recorded in whole minutes, so they pile up at five without anybody's doing."""
    return _made(_operation(seen=Seen(rounded_to_s=60.0)))


def targets_outside_the_data() -> Bad:
    """A limit of ten hours, from a day years ahead."""
    far = STARTS + dt.timedelta(days=4000)
    rows = [{"kind": "target", "what": "far", "line": None} | _on(far)]
    return dataclasses.replace(
        calm(), limit_s=36_000.0, date=far, changes=_retold(calm().changes, rows)
    )


def a_measure_with_no_twin() -> Bad:
    """Nothing watches over the measure."""
    return dataclasses.replace(calm(), twin=False)


def two_targets_at_once() -> Bad:
    """Two targets begin on one day, and a second limit lies beside the first."""
    rows = [
        {"kind": "target", "what": what, "line": None} | _on(MIDDLE)
        for what in ("calls within five minutes", "nine in ten resolved")
    ]
    return dataclasses.replace(calm(), changes=_retold(calm().changes, rows), others=(330.0, 280.0))


@functools.cache
def half_renamed() -> Bad:
    """In mid-year every second advisor gets another id."""
    return _made(_operation(Renaming(name="a new system", by=0.5, from_day=77.0)))


@functools.cache
def all_renamed() -> Bad:
    """In mid-year everybody gets another id."""
    return _made(_operation(Renaming(name="a new system", by=1.0, from_day=77.0)))


def _retold(changes: ir.Table, rows: list[dict[str, object]]) -> ir.Table:
    return ibis.memtable(_changes(changes.to_pyarrow().schema, rows))


LEDGERS: Final[dict[str, Callable[[], Bad]]] = {
    each.__name__: each
    for each in (
        calm,
        one_advisor,
        no_advisor_ids,
        three_contacts_each,
        three_contacts_in_all,
        no_contacts,
        all_durations_equal,
        rounded_to_minutes,
        targets_outside_the_data,
        a_measure_with_no_twin,
        two_targets_at_once,
        half_renamed,
        all_renamed,
    )
}

# --- the questions ----------------------------------------------------------------------------


def _handle(bad: Bad) -> tuple[list[float], list[int]]:
    told = bad.contacts.filter(bad.contacts.talk_s > 0)
    told = told.group_by(talk=told.talk_s.round(3)).aggregate(n=told.count()).order_by("talk")
    found = told.to_pyarrow().to_pydict()
    return found["talk"], found["n"]


def _weekly(bad: Bad) -> tuple[list[int], list[float]]:
    """Mean talk time of each week, by the hour of the day: eight teams, as it were."""
    at = bad.contacts.local_arrived_us
    told = bad.contacts.mutate(
        hour=((at % DAY_US) / (DAY_US / 24)).floor().cast("int64"), week=(at / (7 * DAY_US)).floor()
    )
    told = told.group_by("hour", "week").aggregate(mean=told.talk_s.mean())
    found = told.order_by("hour", "week").to_pyarrow().to_pydict()
    return found["hour"], [math.nan if each is None else each for each in found["mean"]]


def _words(what: object) -> str:
    """An unknown in words; what is known shows nothing unless told otherwise."""
    return f"unknown: {what.why}" if isinstance(what, Unknown) else QUIET


def _stands_out(found: ShortContacts | AtALimit | PassingOn | Shedding) -> Answer:
    if found.stands_out is None:
        return found, f"unknown: {found.why_not}"
    return found, SHOWS if found.stands_out else QUIET


def _at_a_limit(bad: Bad) -> Answer:
    return _stands_out(
        at_a_limit(bad.contacts, clock="handle", limit_s=bad.limit_s, others=bad.others)
    )


def _parked_work(bad: Bad) -> Answer:
    found = parked_work(bad.contacts, limit_s=bad.limit_s)
    return found, SHOWS if found.share.p_value < SURE else _words(found.share.excess)


def _closing_early(bad: Bad) -> Answer:
    found = closing_early(bad.contacts, limit_s=bad.limit_s, closed_on="handle")
    shows = min(found.again.p_value, found.beyond_habit.p_value) < SURE
    shows = shows or found.split.p_value < SURE
    return found, SHOWS if shows else _words(found.again.excess)


def _chosen_surveys(bad: Bad) -> Answer:
    found = chosen_surveys(bad.contacts, bad.surveys, instrument="CSAT", scale=(1, 5))
    return found, SHOWS if found.overall.p_value < SURE else _words(found.overall.shift)


def _silent_targets(bad: Bad) -> Answer:
    found = silent_targets(bad.contacts, bad.values)
    return found, SHOWS if any(each.silent for each in found.targets) else QUIET


def _around(found: AroundADate) -> Answer:
    if any(each.found for each in found.dates) or found.since or found.until:
        return found, SHOWS
    return found, _words(found.dates[0].shift if found.dates else found.looked_for)


def _ratchet(bad: Bad) -> Answer:
    """Whether weekly means heap up under a target: each team's own middle, or one far off."""
    team, result = _weekly(bad)
    means = np.array(result)
    middle = {each: np.nanmedian(means[np.equal(team, each)]) for each in set(team)}
    far = bad.limit_s > LIMIT_S
    target = [bad.limit_s if far else float(middle[each]) for each in team]
    found = ratchet(team, means, target, better="lower")
    return found, SHOWS if found.found else _words(found.excess)


def _parting_twins(bad: Bad) -> Answer:
    found = parting_twins(bad.contacts, measure="handle_time" if bad.twin else "transfers")
    return found, SHOWS if found.found.parting == "parted" else QUIET


def _price(bad: Bad) -> Answer:
    """How long a contact takes settles nothing in these operations: the true price is 0."""
    found = price_of_a_second(bad.contacts)
    if isinstance(found.per_s, Unknown):
        return found, _words(found.per_s)
    return found, QUIET if found.per_s.low <= 0 <= found.per_s.high else SHOWS


def _bunching(bad: Bad) -> Answer:
    values, counts = _handle(bad)
    found = bunching(values, counts, threshold=bad.limit_s, others=bad.others)
    if isinstance(found, Unknown):
        return found, _words(found)
    return found, SHOWS if found.p < SURE else QUIET


def _goal(bad: Bad) -> Goal:
    twins = (twin("recontact", 0.7),) if bad.twin else ()
    return goal("handle_time", twins=twins, since=bad.date, by=dt.date(2040, 1, 1))


def _review(bad: Bad) -> Answer:
    found = review(_goal(bad), bad.contacts)
    return found, f"{found.verdict.ruling}: {found.verdict.reasons[0].says}"


def _watch(bad: Bad) -> Answer:
    found = watch(_goal(bad), bad.contacts)
    return found, f"{found.state}: {found.says[0]}"


def _battery(bad: Bad) -> Answer:
    found = battery(
        bad.contacts,
        surveys=bad.surveys,
        changes=bad.changes,
        values=bad.values,
        limits=[Limit(measure="handle_time", at_s=at) for at in (bad.limit_s, *bad.others)],
    )
    return found, SHOWS if found.shown else QUIET


QUESTIONS: Final[dict[str, Callable[[Bad], Answer]]] = {
    "short_contacts": lambda bad: _stands_out(short_contacts(bad.contacts)),
    "at_a_limit": _at_a_limit,
    "passing_on": lambda bad: _stands_out(passing_on(bad.contacts)),
    "shedding": lambda bad: _stands_out(shedding(bad.contacts, values=bad.values)),
    "parked_work": _parked_work,
    "closing_early": _closing_early,
    "chosen_surveys": _chosen_surveys,
    "silent_targets": _silent_targets,
    "around_a_date": lambda bad: _around(
        around_a_date(bad.contacts, measure="handle_time", date=bad.date)
    ),
    "around_changes": lambda bad: _around(
        around_a_date(bad.contacts, measure="handle_time", changes=bad.changes)
    ),
    "looked_for": lambda bad: _around(around_a_date(bad.contacts, measure="handle_time")),
    "ratchet": _ratchet,
    "parting_twins": _parting_twins,
    "price_of_a_second": _price,
    "bunching": _bunching,
    "review": _review,
    "watch": _watch,
    "battery": _battery,
}

# --- what they must say -----------------------------------------------------------------------

USUALLY: Final = {"review": "stop: Mean handle time is neither good nor bad", "watch": "holds: "}
"""What a question says of these ledgers, unless told below; else that nothing shows."""

_NO_PEERS: Final = "unknown: fewer than five advisors have 100 contacts that can be compared"
_ONE_SIDE: Final = "refused: There is nothing to compare with on one side of the limit."
_OUTSIDE: Final = "refused: The date lies outside the data, so there is no before or no after."
_NOTHING: Final = "refused: There is nothing to measure: mean handle time of handled contacts."
_FEW_MONTHS: Final = "refused: Whether a target is silent cannot be told from so few months."
_FEW_WEEKS: Final = "refused: There are too few weeks to tell a change"

SAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "one_advisor": {
        "shedding": "unknown: one advisor handled all contacts",
        "short_contacts": _NO_PEERS,
        "price_of_a_second": "unknown: no two advisors take contacts of one cell",
    },
    "no_advisor_ids": {
        "shedding": "unknown: no advisor is recorded, so nobody can be compared",
        "short_contacts": "unknown: no advisor is recorded, so nobody can be compared",
        "price_of_a_second": "unknown: no contact says which advisor took it",
    },
    "three_contacts_each": {
        "shedding": _NO_PEERS,
        "short_contacts": _NO_PEERS,
        "price_of_a_second": "unknown: too few contacts: ",
    },
    "three_contacts_in_all": {
        "passing_on": "unknown: no contact was passed on, or none is recorded as passed on",
        "shedding": _NO_PEERS,
        "at_a_limit": "unknown: only 3 contacts were seen",
        "short_contacts": _NO_PEERS,
        "parked_work": _ONE_SIDE,
        "closing_early": _ONE_SIDE,
        "chosen_surveys": "unknown: too few were invited, or passed over",
        "silent_targets": _FEW_MONTHS,
        "around_a_date": _OUTSIDE,
        "around_changes": _OUTSIDE,
        "looked_for": "unknown: there are only 0 periods with contacts",
        "ratchet": "unknown: half of all results lie equally far from their target",
        "parting_twins": _FEW_WEEKS,
        "price_of_a_second": "unknown: no contact has an advisor, a handle time and a window",
        "bunching": "unknown: only 3 contacts were seen",
        "watch": "not in force: It holds from 18 March 2024, and the data end on 1 January 2024.",
    },
    "no_contacts": {
        "at_a_limit": "unknown: no contact lies anywhere near the limit",
        "passing_on": "refused: No contact was handled by a person.",
        "shedding": "unknown: no contact was handled by an advisor",
        "short_contacts": "unknown: no contact was handled in person with its time recorded",
        "parked_work": "refused: No handled contact has a talk time.",
        "closing_early": "refused: No handled contact has an end.",
        "chosen_surveys": "refused: There is no such survey in the ledger.",
        "silent_targets": _FEW_MONTHS,
        "around_a_date": _NOTHING,
        "around_changes": _NOTHING,
        "looked_for": _NOTHING,
        "ratchet": "refused: A ratchet needs results with the target that was in force.",
        "parting_twins": _FEW_WEEKS,
        "price_of_a_second": "unknown: no contact was handled whose outcome can be told",
        "bunching": "refused: Nothing was counted.",
        "watch": "cannot tell: We cannot tell: no handle time is recorded.",
    },
    "all_durations_equal": {
        "at_a_limit": "unknown: all values are 4 min 8 s",
        "short_contacts": "unknown: all contacts are recorded as equally long",
        "parked_work": "refused: No time is parked in any contact, or it is not recorded.",
        "closing_early": _ONE_SIDE,
        "looked_for": "unknown: it is the same in every period",
        "ratchet": "unknown: half of all results lie equally far from their target",
        "price_of_a_second": "unknown: all contacts of a cell take the same time",
        "bunching": "unknown: all values are 4 min 7 s",
    },
    "rounded_to_minutes": {
        "at_a_limit": "unknown: values are rounded to 1 min",
        "short_contacts": "unknown: handle times are recorded in steps of 60 s",
        "parked_work": _ONE_SIDE,
        "closing_early": _ONE_SIDE,
        "bunching": "unknown: values are rounded to 1 min",
    },
    "targets_outside_the_data": {
        "at_a_limit": "unknown: no contact lies anywhere near the limit of 10 h",
        "parked_work": _ONE_SIDE,
        "closing_early": _ONE_SIDE,
        "around_a_date": _OUTSIDE,
        "around_changes": _OUTSIDE,
        "ratchet": "unknown: only 0 results in 0 queues or stretches came close to a target",
        "bunching": "unknown: the threshold of 10 h lies outside the data",
        "watch": "not in force: It holds from 14 December 2034, and the data end on",
    },
    "two_targets_at_once": {
        "at_a_limit": "unknown: another limit, at 4 min 40 s, lies so near that a pile at one",
    },
    "a_measure_with_no_twin": {
        "parting_twins": "refused: There is no twin for 'transfers'",
        "review": "stop: Nothing watches over it.",
        "watch": "cannot tell: The goal names no twin, so nothing tells what its measure costs.",
    },
}
"""By ledger and question, how the answer begins where it is another."""


def _outcome(question: str, bad: Bad) -> tuple[object, str]:
    try:
        return QUESTIONS[question](bad)
    except QuestionError as problem:
        assert problem.found
        assert problem.todo
        return problem, f"refused: {problem.wrong}"


def _leaves(what: object) -> Iterator[object]:
    """Everything that a result holds, whether it is printed or not."""
    if isinstance(what, Estimate | Unknown):
        yield what
    if dataclasses.is_dataclass(what):
        for part in dataclasses.fields(what):
            yield from _leaves(getattr(what, part.name))
    elif isinstance(what, Mapping):
        for key, value in what.items():
            yield key
            yield from _leaves(value)
    elif isinstance(what, list | tuple):
        for value in what:
            yield from _leaves(value)
    else:
        yield what


@functools.cache
def _ids(ledger: str) -> tuple[str, ...]:
    ids = LEDGERS[ledger]().contacts.select("advisor_id").distinct().to_pyarrow()["advisor_id"]
    return tuple(each for each in ids.to_pylist() if each)


NO_WORD: Final = re.compile(r"\b(nan|NaN|inf|None|null|True|False)\b|[{}<>]")


_ADVISORS: Final = (
    "one_advisor",
    "no_advisor_ids",
    "three_contacts_each",
    "half_renamed",
    "all_renamed",
)
_ASKED: Final = ("targets_outside_the_data", "a_measure_with_no_twin", "two_targets_at_once")
_BLIND: Final = {
    **dict.fromkeys(
        _ADVISORS,
        (
            "at_a_limit",
            "silent_targets",
            "around_a_date",
            "around_changes",
            "looked_for",
            "ratchet",
            "parting_twins",
            "bunching",
            "review",
            "watch",
        ),
    ),
    **dict.fromkeys(
        _ASKED,
        (
            "short_contacts",
            "passing_on",
            "shedding",
            "chosen_surveys",
            "silent_targets",
            "looked_for",
            "price_of_a_second",
        ),
    ),
}
"""By ledger, questions that read nothing of what is odd there: asked with the slow ones."""


def _cases() -> Iterator[Any]:
    for ledger in LEDGERS:
        for question in QUESTIONS:
            slow = question == "battery" or question in _BLIND.get(ledger, ())
            yield pytest.param(ledger, question, marks=[pytest.mark.slow] * slow)


@pytest.mark.parametrize(("ledger", "question"), list(_cases()))
def test_nothing_is_found_and_nobody_is_named(ledger: str, question: str) -> None:
    result, says = _outcome(question, LEDGERS[ledger]())
    expected = SAYS.get(ledger, {}).get(question) or USUALLY.get(question, QUIET)
    assert says.startswith(expected), says
    for leaf in _leaves(result):
        if isinstance(leaf, Estimate):
            assert math.isfinite(leaf.value)
            assert leaf.low <= leaf.value <= leaf.high
        elif isinstance(leaf, Unknown):
            assert leaf.why
            assert leaf.needs
        elif isinstance(leaf, str):
            assert not any(name in leaf for name in _ids(ledger)), leaf
            if " " in leaf:
                assert not NO_WORD.search(leaf), leaf


# --- and where something is there, or the question is put better ------------------------------


def test_rounding_is_no_parking_where_bands_are_as_wide_as_its_steps() -> None:
    bad = rounded_to_minutes()
    parked = parked_work(bad.contacts, limit_s=480.0, near_s=60.0)
    closed = closing_early(bad.contacts, limit_s=480.0, near_s=60.0, closed_on="handle")
    assert isinstance(parked.share.excess, Estimate)
    assert isinstance(closed.again.excess, Estimate)
    assert parked.share.p_value > SURE
    assert closed.again.p_value > SURE
    assert not parked.for_roles.found
    assert not closed.for_roles.found


def test_rounding_is_no_pile_at_a_target_between_two_minutes() -> None:
    values, counts = _handle(rounded_to_minutes())
    found = bunching(values, counts, threshold=270.0)
    assert isinstance(found, Unknown) or found.p > SURE


@pytest.mark.slow
def test_a_new_name_is_no_practice_that_begins_or_ends() -> None:
    """Three hang up on one caller in eight, all along; in mid-year everybody gets another id."""
    habit = HangUps(name="hang-ups", share=0.12, who=(2, 5, 9))
    names = Renaming(name="a new system", by=1.0, from_day=77.0)
    before, after = _made(_operation(habit)), _made(_operation(habit, names))
    one, two = short_contacts(before.contacts), short_contacts(after.contacts)
    assert one.stands_out
    assert two.stands_out
    assert (two.rose, two.fell) == (one.rose, one.fell) == (None, None)
    assert two.bend_s == one.bend_s
    people = {each.advisor_id.removesuffix("-renamed") for each in two.for_roles.advisors}
    assert people == {each.advisor_id for each in one.for_roles.advisors}
    assert people == {f"made-up-advisor-{number:03}" for number in (2, 5, 9)}
    for each in two.for_roles.advisors:  # each stands there twice, and with its days
        assert each.rose is None
        assert each.fell is None
        assert (each.last_day < MIDDLE) != (each.first_day >= MIDDLE)


@pytest.mark.parametrize("said", ["[handle_time, recontact]", "handle time and recontact"])
def test_a_goal_with_two_targets_at_once_is_refused(said: str, tmp_path: Path) -> None:
    path = tmp_path / "goal.yaml"
    path.write_text(
        f"measure: {said}\nlevel: 4m\nby: 2030-01-01\nrewarded: leads\nbehind: x\nharmed: y\n"
    )
    with pytest.raises(GoalError, match="about one measure, and this one names several") as told:
        read_goal(read_marked(path, error=GoalError))
    assert told.value.todo.startswith("Write a file for each target")
