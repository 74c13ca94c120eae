"""Alarms: how often each signature of gaming raises one, where nobody games and where some do.

A false accusation is the worst fault there can be; so each signature is put to operations in which
nobody does anything first, and then to the same operations with its lever pulled at several
strengths. Counted are p-values below 5 %, what the signature itself says, and, where single
advisors are spoken of to those whose role it is, how many of them had done nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.goodhart.around_a_date import around_a_date
from andon.goodhart.at_a_limit import at_a_limit
from andon.goodhart.change_points import Change
from andon.goodhart.chosen_surveys import chosen_surveys
from andon.goodhart.closing_early import closing_early
from andon.goodhart.limit_clocks import Clock
from andon.goodhart.parked_work import parked_work
from andon.goodhart.parting_twins import parting_twins
from andon.goodhart.passing_on import passing_on
from andon.goodhart.ratchets import ratchet
from andon.goodhart.shedding import shedding
from andon.goodhart.short_contacts import short_contacts
from andon.goodhart.silent_targets import silent_targets
from andon.proving.build import Made, make
from andon.proving.lines import cases_desk, line, put
from andon.proving.proof import Case, Count, Proof, Wanted
from andon.proving.scenario import (
    Advisors,
    Bunching,
    ChosenSurveys,
    Customers,
    JustInTime,
    LateCases,
    Lever,
    PassingOn,
    RiskyPromises,
    Scenario,
    Seen,
    Shedding,
    ShortContacts,
    SilentTarget,
    Splitting,
    Surveys,
    Target,
)

__all__ = ["ALARMS", "Alarm", "Operation", "parks"]

_ALARM: Final = 0.05
_SELDOM: Final = Wanted(high=_ALARM)
_MOSTLY: Final = Wanted(low=0.8)
_ANYHOW: Final = Wanted()


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """What a signature said of one operation.

    Attributes
    ----------
    shows : bool
        Whether it says that somebody bends the measure.
    p : float
        Of its test; NaN where it has none, or could not be made.
    named : frozenset of str, optional
        The advisors that it speaks of; None where it speaks of none ever.
    figure : Estimate, optional
        An interval whose truth is known.
    truth : float
        That truth.
    """

    shows: bool
    p: float = math.nan
    named: frozenset[str] | None = None
    figure: Estimate | None = None
    truth: float = math.nan


Ask = Callable[[Mapping[str, ir.Table], Made], Alarm]
Bend = Callable[[Made, np.random.Generator], tuple[Made, frozenset[str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """An operation, and what is done to it.

    Attributes
    ----------
    scenario : Scenario
    ask : callable
    tables : tuple of str
    bend : callable, optional
        What is written down otherwise than it was, and by whom; where no lever does it.
    calm : bool
        Whether nobody does anything.
    strong : bool
        Whether it must be found.
    """

    scenario: Scenario
    ask: Ask
    tables: tuple[str, ...] = ("contacts",)
    bend: Bend | None = None
    calm: bool = True
    strong: bool = False
    figure: str = ""

    def count(self, runs: int, seed: int) -> tuple[Count, ...]:
        """Put the question to so many operations."""
        said: list[Alarm] = []
        did: list[frozenset[str]] = []
        refused: list[str] = []
        for number in range(runs):
            made = make(replace(self.scenario, seed=1_000_003 * seed + number))
            people = _pullers(made)
            if self.bend is not None:
                made, people = self.bend(made, np.random.default_rng([seed, number]))
            try:
                with put(made, *self.tables) as tables:
                    said.append(self.ask(tables, made))
                did.append(people)
            except QuestionError as problem:
                refused.append(problem.wrong)
        return self._counts(said, did, refused)

    def _counts(
        self, said: Sequence[Alarm], did: Sequence[frozenset[str]], refused: Sequence[str]
    ) -> tuple[Count, ...]:
        found = _SELDOM if self.calm else _MOSTLY if self.strong else _ANYHOW
        counts = [
            Count(
                what="says that it shows" if not self.calm else "says that it shows: a false alarm",
                times=sum(each.shows for each in said),
                of=len(said),
                wanted=found,
                says=f"{len(refused)} times refused: {refused[0]}" if refused else "",
            )
        ]
        tests = [each.p for each in said if not math.isnan(each.p)]
        if tests:
            low = sum(p <= _ALARM for p in tests)
            lowest = sum(p <= 0.01 for p in tests)
            counts.append(
                Count(
                    what="p at most 5 %",
                    times=low,
                    of=len(tests),
                    wanted=found,
                    says=f"at most 1 %: {100 * lowest / len(tests):.1f} %",
                )
            )
        if any(each.named is not None for each in said):
            counts += self._people(said, did)
        held = [each for each in said if each.figure is not None]
        if self.figure and held:
            counts.append(
                Count(
                    what=self.figure,
                    times=sum(
                        each.figure.low <= each.truth <= each.figure.high
                        for each in held
                        if each.figure is not None
                    ),
                    of=len(held),
                    wanted=_ANYHOW,
                )
            )
        return tuple(counts)

    def _people(self, said: Sequence[Alarm], did: Sequence[frozenset[str]]) -> list[Count]:
        named = [each.named or frozenset() for each in said]
        wrong = [who - doers for who, doers in zip(named, did, strict=True)]
        if self.calm:
            return [
                Count(
                    what="speaks of an advisor, who has done nothing",
                    times=sum(map(bool, wrong)),
                    of=len(said),
                    wanted=_SELDOM,
                )
            ]
        return [
            Count(
                what="of the advisors it speaks of, has done nothing",
                times=sum(map(len, wrong)),
                of=sum(map(len, named)),
                wanted=_SELDOM,
            ),
            Count(
                what="of the advisors who do so, is spoken of",
                times=sum(len(who & doers) for who, doers in zip(named, did, strict=True)),
                of=sum(map(len, did)),
            ),
        ]


def _pullers(made: Made) -> frozenset[str]:
    return frozenset(name for lever in made.truth["levers"] for name in lever["people"])


# What is asked -----------------------------------------------------------------------------------


def _short(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = short_contacts(tables["contacts"])
    return Alarm(
        shows=found.stands_out is True,
        p=found.p,
        named=frozenset(each.advisor_id for each in found.for_roles.advisors),
    )


def _at(clock: Clock, limit_s: float) -> Ask:
    def ask(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
        found = at_a_limit(tables["contacts"], clock=clock, limit_s=limit_s)
        return Alarm(
            shows=found.stands_out is True,
            p=found.p,
            named=frozenset(each.advisor_id for each in found.for_roles.advisors),
        )

    return ask


def _passing(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = passing_on(tables["contacts"])
    return Alarm(
        shows=found.stands_out is True,
        p=found.p,
        named=frozenset(each.advisor_id for each in found.for_roles.advisors),
    )


def _shed(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = shedding(tables["contacts"], values=tables["values"])
    return Alarm(
        shows=found.stands_out is True,
        p=found.p,
        named=frozenset(each.advisor_id for each in found.for_roles.advisors),
    )


def _parked(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = parked_work(tables["contacts"], limit_s=_TALK_LIMIT_S, parked="hold")
    p = found.share.p_value
    return Alarm(
        shows=p <= _ALARM,
        p=p,
        named=frozenset(each.advisor_id for each in found.for_roles.found),
    )


def _closing(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = closing_early(tables["contacts"], limit_s=_CASE_LIMIT_S, near_s=300.0)
    p = found.again.p_value
    return Alarm(
        shows=p <= _ALARM,
        p=p,
        named=frozenset(each.advisor_id for each in found.for_roles.found),
    )


def _split(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = closing_early(tables["contacts"], limit_s=_CASE_LIMIT_S, near_s=300.0)
    return Alarm(shows=found.split.p_value <= _ALARM, p=found.split.p_value)


def _surveys(tables: Mapping[str, ir.Table], made: Made) -> Alarm:
    found = chosen_surveys(
        tables["contacts"], tables["surveys"], instrument="CSAT", scale=(1.0, 5.0)
    )
    p = found.overall.p_value
    weighted = found.overall.weighted
    return Alarm(
        shows=p <= _ALARM,
        p=p,
        named=frozenset(each.advisor_id for each in found.for_roles.leaning),
        figure=weighted if isinstance(weighted, Estimate) else None,
        truth=float(made.truth["as_it_was"]["score_of_all_mean"]),
    )


def _silent(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = silent_targets(tables["contacts"], tables["values"])
    p = [each.p for each in found.targets if not math.isnan(each.p)]
    return Alarm(
        shows=any(each.silent for each in found.targets),
        p=min(1.0, min(p) * len(p)) if p else math.nan,
    )


def _on_a_date(tables: Mapping[str, ir.Table], made: Made) -> Alarm:
    day = made.scenario.starts_on + dt.timedelta(days=_MIDDLE_DAY)
    [found] = around_a_date(tables["contacts"], measure="handle_time", date=day).dates
    return Alarm(shows=found.found, p=found.adjusted)


def _looked_for(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = around_a_date(tables["contacts"], measure="handle_time").looked_for
    return Alarm(shows=isinstance(found, Change) and found.begins)


def _parting(tables: Mapping[str, ir.Table], _: Made) -> Alarm:
    found = parting_twins(tables["contacts"], measure="handle_time", mix=("reason",))
    return Alarm(shows=found.found.parting == "parted" and found.found.pays == "twin")


def _ratchets(stops: float, runs: int, seed: int) -> tuple[Count, ...]:
    """How often a ratchet is found where so large a share of results stops at its target."""
    found = 0
    for number in range(runs):
        rng = np.random.default_rng([seed, number, round(1_000 * stops)])
        queue, month = (each.ravel() for each in np.indices((_QUEUES, _MONTHS)))
        result, target = np.empty(len(queue)), np.empty(len(queue))
        for i in range(len(queue)):
            target[i] = 80.0 if month[i] == 0 else 0.5 * target[i - 1] + 0.5 * result[i - 1]
            result[i] = 0.7 * target[i] + 0.3 * 80.0 + rng.normal(0.0, 2.0)
            if result[i] > target[i] and rng.random() < stops:
                result[i] = target[i] + abs(rng.normal(0.0, 0.2))
        found += ratchet(queue, result, target).found
    return (
        Count(
            what="is found" if stops else "is found: a false alarm",
            times=found,
            of=runs,
            wanted=_ANYHOW if 0 < stops < 0.6 else _MOSTLY if stops else _SELDOM,
        ),
    )


# Who does what -----------------------------------------------------------------------------------

_QUEUES: Final = 12
_MONTHS: Final = 24
_TALK_LIMIT_S: Final = 240.0
_LIMIT_S: Final = 300.0
_WAIT_S: Final = 20.0
_CASE_LIMIT_S: Final = 3_600.0
_MIDDLE_DAY: Final = 91
_HALF_A_YEAR: Final = 183.0
_TEAM: Final = Advisors(team=20)
_CLEAR_LINE: Final = line(size=2.0, advisors=_TEAM)


def parks(*, share: float, by: float = 0.25) -> Bend:
    """Some put the customer on hold as the limit on talk time comes near, and finish from there."""

    def bend(made: Made, rng: np.random.Generator) -> tuple[Made, frozenset[str]]:
        table = made.tables["contacts"]
        names = np.array(
            sorted({each for each in table["advisor_id"].to_pylist() if each is not None})
        )
        who = frozenset(rng.choice(names, max(1, round(by * len(names))), replace=False).tolist())
        mine = np.array([each in who for each in table["advisor_id"].to_pylist()])
        talk, hold = (
            np.nan_to_num(table[name].to_numpy().astype(np.float64))
            for name in ("talk_s", "hold_s")
        )
        over = (talk > _TALK_LIMIT_S) & (talk <= _TALK_LIMIT_S + 60) & mine
        over &= rng.random(len(talk)) < share
        ends = _TALK_LIMIT_S - rng.uniform(0, 12, len(talk))
        moved = np.where(over, talk - ends, 0.0)
        unknown = np.array([each is None for each in table["talk_s"].to_pylist()])
        for name, values in (("talk_s", talk - moved), ("hold_s", hold + moved)):
            at = table.column_names.index(name)
            table = table.set_column(at, name, pa.array(values, mask=unknown))
        return replace(made, tables={**made.tables, "contacts": table}), who

    return bend


def _bent(scenario: Scenario, *levers: Lever) -> Scenario:
    return replace(scenario, levers=levers)


def _proof(name: str, title: str, tests: str, wanted: str, lines: Mapping[str, Operation]) -> Proof:
    return Proof(
        name=name,
        title=title,
        tests=tests,
        wanted=wanted,
        cases=tuple(
            Case(
                name=said,
                count=each.count,
                full=60 if each.calm else 30,
                # The first of the calm ones, and where it is done most.
                small=5 if number in (0, len(lines) - 1) and (each.calm or each.strong) else 0,
            )
            for number, (said, each) in enumerate(lines.items())
        ),
    )


_FALSE: Final = (
    "At most 5 % of operations in which nobody does anything; at least 80 % where it is done most."
)
_HONEST: Final = line(
    size=2.0,
    staff=0.85,
    handle_cv=0.9,
    advisors=Advisors(team=20, pace_cv=0.3, skill_sd=0.03),
    customers=Customers(number=20_000, habitual=0.01, times=12.0),
    seen=Seen(ids_missing=0.05, ids_by_congestion=0.15, rounded_to_s=1.0),
)
_YEAR: Final = line(size=1.5, days=_HALF_A_YEAR, advisors=_TEAM)
_CROWDED: Final = line(size=1.5, staff=0.85, days=_HALF_A_YEAR, advisors=_TEAM)
_BUSY: Final = line(size=2.0, staff=0.85, advisors=_TEAM)
_DESK: Final = cases_desk(size=2.0, advisors=_TEAM)
_WITH_SPECIALISTS: Final = line(size=2.0, passes=0.06, advisors=_TEAM)
_ASKING: Final = line(size=2.0, advisors=_TEAM, surveys=Surveys(invited=0.4, answered=0.3))


def _hang_ups(share: float) -> ShortContacts:
    return ShortContacts(name="hang-ups", by=0.15, share=share)


def _just_under(share: float) -> Bunching:
    return Bunching(name="just under", at_s=_LIMIT_S, by=0.5, share=share)


def _just_answered(share: float) -> JustInTime:
    return JustInTime(name="just in time", at_s=_WAIT_S, share=share)


def _on(share: float) -> PassingOn:
    return PassingOn(name="not my job", to="specialists", queue="calls", by=0.15, share=share)


def _lets_go(share: float) -> Shedding:
    return Shedding(name="for others", harder_than=0.5, by=0.15, share=share)


def _promises(share: float) -> RiskyPromises:
    return RiskyPromises(name="we will ring you back", by=0.15, share=share)


def _shed_line(scenario: Scenario, *, calm: bool = True, strong: bool = False) -> Operation:
    return Operation(
        scenario=scenario, ask=_shed, tables=("contacts", "values"), calm=calm, strong=strong
    )


def _chosen(share: float) -> ChosenSurveys:
    return ChosenSurveys(name="choosing", by=0.5, share=share, below=4.0)


def _late(share: float) -> LateCases:
    return LateCases(name="late", within_s=_CASE_LIMIT_S, spread_s=300.0, share=share, by=0.5)


def _halves(share: float) -> Splitting:
    return Splitting(name="two for one", longer_than_s=300.0, share=share, by=0.25)


def _away(share: float) -> SilentTarget:
    return SilentTarget(name="call us later", over_s=20.0, share=share, from_day=_MIDDLE_DAY)


def _goal(handle: float) -> Target:
    return Target(name="a target", handle=handle, from_day=_MIDDLE_DAY)


def _silent_line(scenario: Scenario, *, calm: bool = True, strong: bool = False) -> Operation:
    return Operation(
        scenario=scenario,
        ask=_silent,
        tables=("contacts", "values"),
        calm=calm,
        strong=strong,
    )


def _survey_line(scenario: Scenario, *, calm: bool = True, strong: bool = False) -> Operation:
    return Operation(
        scenario=scenario,
        ask=_surveys,
        tables=("contacts", "surveys"),
        calm=calm,
        strong=strong,
        figure="the score had all been asked, whose interval holds it",
    )


ALARMS: Final = (
    _proof(
        "short_contacts",
        "Short contacts",
        "Three of 20 advisors hang up on some of their customers.",
        _FALSE + " Of the advisors spoken of, at most 5 % have done nothing.",
        {
            "nobody hangs up": Operation(scenario=_CLEAR_LINE, ask=_short),
            "nobody hangs up; callers by habit, ids missing, uneven, crowded": Operation(
                scenario=_HONEST, ask=_short
            ),
            **{
                f"3 of 20 hang up on {share:.1%} of their calls": Operation(
                    scenario=_bent(_CLEAR_LINE, _hang_ups(share)),
                    ask=_short,
                    calm=False,
                    strong=share > 0.01,
                )
                for share in (0.005, 0.01, 0.03)
            },
        },
    ),
    _proof(
        "at_a_limit",
        "At a limit of handle time",
        "Half of 20 advisors end a share of the calls that would be up to a minute beyond a target "
        "of 5 min just before it.",
        _FALSE,
        {
            "nobody minds the target": Operation(scenario=_CLEAR_LINE, ask=_at("handle", _LIMIT_S)),
            "nobody minds it; callers by habit, ids missing, uneven, crowded": Operation(
                scenario=_HONEST, ask=_at("handle", _LIMIT_S)
            ),
            **{
                f"10 of 20 end {share:.0%} of such calls just before it": Operation(
                    scenario=_bent(_CLEAR_LINE, _just_under(share)),
                    ask=_at("handle", _LIMIT_S),
                    calm=False,
                    strong=share > 0.5,
                )
                for share in (0.1, 0.3, 0.8)
            },
        },
    ),
    _proof(
        "just_in_time",
        "At a limit of waiting",
        "Calls that would wait up to a minute beyond a limit of 20 s are answered just before it, "
        "only to be put on hold.",
        _FALSE,
        {
            "everybody is answered when somebody is free": Operation(
                scenario=_BUSY, ask=_at("wait", _WAIT_S)
            ),
            **{
                f"{share:.0%} are answered just in time": Operation(
                    scenario=_bent(_BUSY, _just_answered(share)),
                    ask=_at("wait", _WAIT_S),
                    calm=False,
                    strong=share > 0.5,
                )
                for share in (0.2, 0.8)
            },
        },
    ),
    _proof(
        "passing_on",
        "Passing on",
        "Six in a hundred calls are rightly passed on to specialists. Some of the advisors pass on "
        "more, instead of helping.",
        _FALSE + " Of the advisors spoken of, at most 5 % have done nothing.",
        {
            "all pass on alike": Operation(scenario=_WITH_SPECIALISTS, ask=_passing),
            **{
                f"3 of 20 pass on {share:.0%} more of what they could help": Operation(
                    scenario=_bent(_WITH_SPECIALISTS, _on(share)),
                    ask=_passing,
                    calm=False,
                    strong=share > 0.3,
                )
                for share in (0.1, 0.2, 0.4)
            },
        },
    ),
    _proof(
        "shedding",
        "Shedding hard cases",
        "Three of 20 advisors let a share of hard matters go by, so that the next has them; or "
        "promise what will not be kept.",
        _FALSE + " Of the advisors spoken of, at most 5 % have done nothing.",
        {
            "whoever is free takes what comes": _shed_line(_CLEAR_LINE),
            "the same; callers by habit, ids missing, uneven, crowded": _shed_line(_HONEST),
            **{
                f"3 of 20 let {share:.0%} of hard matters go by": _shed_line(
                    _bent(_CLEAR_LINE, _lets_go(share)), calm=False, strong=share > 0.5
                )
                for share in (0.3, 0.8)
            },
            "3 of 20 promise in 10 % of contacts what is not kept": _shed_line(
                _bent(_CLEAR_LINE, _promises(0.1)), calm=False
            ),
        },
    ),
    _proof(
        "parked_work",
        "Parked work",
        "Of the calls that would be up to a minute beyond a limit of 4 min on talk time, some "
        "advisors end a share within the limit, and finish from hold.",
        _FALSE,
        {
            "nobody parks": Operation(scenario=_CLEAR_LINE, ask=_parked),
            "nobody parks; uneven pace, crowded, ids missing": Operation(
                scenario=_HONEST, ask=_parked
            ),
            **{
                f"5 of 20 park {share:.0%} of such calls": Operation(
                    scenario=_CLEAR_LINE,
                    ask=_parked,
                    bend=parks(share=share),
                    calm=False,
                    strong=share > 0.1,
                )
                for share in (0.02, 0.05, 0.2)
            },
        },
    ),
    _proof(
        "closing_early",
        "Closing early",
        "Cases are closed unsettled in the last five minutes of a limit of an hour, and opened "
        "again just after it.",
        _FALSE,
        {
            "nobody closes early": Operation(scenario=_DESK, ask=_closing),
            **{
                f"half of 20 close {share:.0%} of those at the limit": Operation(
                    scenario=_bent(_DESK, _late(share)),
                    ask=_closing,
                    calm=False,
                    strong=share > 0.3,
                )
                for share in (0.05, 0.15, 0.5)
            },
        },
    ),
    _proof(
        "splitting",
        "Splitting",
        "One matter is recorded as two: the second begins when the first ends.",
        _FALSE,
        {
            "nobody splits": Operation(scenario=_DESK, ask=_split),
            **{
                f"5 of 20 split {share:.0%} of their longer cases": Operation(
                    scenario=_bent(_DESK, _halves(share)),
                    ask=_split,
                    calm=False,
                    strong=share > 0.05,
                )
                for share in (0.01, 0.03, 0.1)
            },
        },
    ),
    _proof(
        "chosen_surveys",
        "Chosen surveys",
        "Half of the advisors leave out a share of those who would give a low score.",
        _FALSE,
        {
            "everybody has the same chance to be asked": _survey_line(_ASKING),
            **{
                f"10 of 20 leave out {share:.0%} of the discontent": _survey_line(
                    _bent(_ASKING, _chosen(share)), calm=False, strong=share > 0.5
                )
                for share in (0.05, 0.2, 0.8)
            },
        },
    ),
    _proof(
        "silent_targets",
        "Silent targets",
        "From the middle of half a year, some who would wait longer than 20 s are turned away and "
        "no longer counted as given up.",
        _FALSE + " The p-value counts that several pairs are looked at.",
        {
            "nobody is turned away": _silent_line(_CROWDED),
            **{
                f"{share:.0%} are turned away": _silent_line(
                    _bent(_CROWDED, _away(share)), calm=False, strong=share > 0.5
                )
                for share in (0.3, 0.8)
            },
        },
    ),
    _proof(
        "around_a_date",
        "Around a date that is known",
        "A target shortens handle times from the middle of half a year; the date is asked about.",
        _FALSE,
        {
            "nothing changes": Operation(scenario=_YEAR, ask=_on_a_date),
            **{
                f"handle times fall by {1 - handle:.0%}": Operation(
                    scenario=_bent(_YEAR, _goal(handle)),
                    ask=_on_a_date,
                    calm=False,
                    strong=handle < 0.96,
                )
                for handle in (0.99, 0.98, 0.95)
            },
        },
    ),
    _proof(
        "looking_for_a_date",
        "Around a date that is looked for",
        "The same target; nobody says when.",
        _FALSE,
        {
            "nothing changes": Operation(scenario=_YEAR, ask=_looked_for),
            **{
                f"handle times fall by {1 - handle:.0%}": Operation(
                    scenario=_bent(_YEAR, _goal(handle)),
                    ask=_looked_for,
                    calm=False,
                    strong=handle < 0.96,
                )
                for handle in (0.98, 0.95)
            },
        },
    ),
    Proof(
        name="ratchets",
        title="Ratchets",
        tests=(
            "Twelve queues over two years of months. The next month's target is what was reached, "
            "and a share of the results that would go beyond a target stop just there. Where "
            "nobody stops, targets follow results all the same."
        ),
        wanted="Found in at most 5 % where nobody stops.",
        cases=tuple(
            Case(
                name=f"{stops:.0%} of results stop just beyond the target"
                if stops
                else "targets follow results, and nobody stops",
                count=partial(_ratchets, stops),
                full=1_000,
                small=100,
            )
            for stops in (0.0, 0.2, 0.4, 0.7)
        ),
    ),
    _proof(
        "parting_twins",
        "Twins that part",
        "The same target; more customers come back because of it.",
        "At most 5 % of operations in which nothing changes.",
        {
            "nothing changes": Operation(scenario=_YEAR, ask=_parting),
            **{
                f"handle times fall by {1 - handle:.0%}": Operation(
                    scenario=_bent(_YEAR, _goal(handle)), ask=_parting, calm=False
                )
                for handle in (0.9, 0.8, 0.6)
            },
        },
    ),
)
"""One proof for each signature."""
