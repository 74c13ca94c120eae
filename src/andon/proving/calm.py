"""Calm operations: nobody games anything, in many honest ways, and every signature is looked for.

A battery that finds something in these accuses somebody who has done nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from andon.goodhart.battery import Battery, battery
from andon.goodhart.limits import Limit
from andon.proving.build import make
from andon.proving.lines import cases_desk, line, put
from andon.proving.proof import Case, Count, Wanted
from andon.proving.scenario import (
    Advisors,
    Customers,
    FailureDemand,
    MixShift,
    Renaming,
    Scenario,
    Seen,
    Surveys,
    Target,
    Vulnerable,
)

__all__ = ["CALM", "COINCIDENCE", "FALSE_FLAG", "calm_operations", "honest_operations"]

FALSE_FLAG: Final = "anything shows"
_SELDOM: Final = Wanted(high=0.05)
_DAYS: Final = 133.0
"""Nineteen weeks from a Monday, with four whole months: what the slowest signatures need."""
_TABLES: Final = ("contacts", "surveys", "changes", "values", "needs")
_LIMITS: Final = (
    Limit(measure="handle_time", at_s=300.0),
    Limit(measure="service_level", at_s=20.0),
)
_CASE_LIMITS: Final = (
    Limit(measure="closed_in_time", at_s=3_600.0),
    Limit(measure="reopen_rate", at_s=86_400.0),
)
_PEOPLE: Final = Advisors(team=12, pace_cv=0.2, skill_sd=0.02)
_TARGET: Final = Target(name="a target", handle=1.0, from_day=63.0, announced=True)
"""It is announced, and nobody does anything because of it."""


def calm_operations(
    scenario: Scenario, limits: tuple[Limit, ...], runs: int, seed: int
) -> tuple[Count, ...]:
    """What the battery says of operations in which nobody bends anything.

    Parameters
    ----------
    scenario : Scenario
        Without a lever that bends.
    limits : tuple of Limit
        Handed to the battery.
    runs, seed : int

    Returns
    -------
    tuple of Count
        How often anything shows, how often an advisor is spoken of, and how often each signature's
        p-values are at most 5 %.
    """
    flagged, accused = 0, 0
    tests, low = Counter[str](), Counter[str]()
    asked, names = Counter[str](), Counter[str]()
    causes: list[str] = []
    for number in range(runs):
        own = 1_000_003 * seed + number
        made = make(replace(scenario, seed=own))
        with put(made, *_TABLES) as tables:
            found = battery(**tables, limits=limits)
        flagged += bool(found.shown)
        causes += [
            f"{look.signature} ({look.measure}, seed {own}, p {look.p:.1g})"
            for look in found.shown
            if not look.scope
        ]
        shows = {look.signature for look in found.shown}
        spoken = dict(_spoken_of(found))
        accused += any(who and signature in shows for signature, who in spoken.items())
        asked.update(spoken.keys())
        names.update(signature for signature, who in spoken.items() if who)
        for look in found.looks:
            if not look.scope and not math.isnan(look.p):
                tests[look.signature] += 1
                low[look.signature] += look.p <= 0.05
    return (
        Count(
            what=FALSE_FLAG,
            times=flagged,
            of=runs,
            wanted=_SELDOM,
            says="; ".join(causes),
        ),
        Count(
            what="an advisor is spoken of where the signature shows",
            times=accused,
            of=runs,
            wanted=_SELDOM,
        ),
        *(
            Count(what=f"`{name}`: p at most 5 %", times=low[name], of=tests[name], wanted=_SELDOM)
            for name in sorted(tests)
        ),
        *(
            Count(
                what=f"`{name}`: finds an advisor, whether it shows or not",
                times=names[name],
                of=asked[name],
                wanted=_SELDOM,
            )
            for name in sorted(asked)
        ),
    )


def _spoken_of(found: Battery) -> Iterator[tuple[str, bool]]:
    """Each signature that may speak of advisors, and whether any of its results does."""
    spoken: dict[str, bool] = {}
    for name, result in found.results.items():
        roles = getattr(result, "for_roles", None)
        if roles is not None:
            who = any(getattr(roles, each, ()) for each in ("advisors", "found", "leaning"))
            signature = name.partition(":")[0]
            spoken[signature] = spoken.get(signature, False) or who
    yield from spoken.items()


def honest_operations() -> Iterator[tuple[str, Scenario, tuple[Limit, ...]]]:
    """In words, what each kind is like; its scenario; and the limits that people work to."""

    def calls(**said: object) -> Scenario:
        told = {"days": _DAYS, "advisors": _PEOPLE, "levers": (_TARGET,), **said}
        return line(**told)  # type: ignore[arg-type]

    yield "an ordinary line, a target announced that nobody minds", calls(), _LIMITS
    yield (
        "small: a third of the calls",
        calls(size=0.34, advisors=replace(_PEOPLE, team=4)),
        _LIMITS,
    )
    yield (
        "large: twice the calls, of which 8 % are rightly passed on",
        calls(size=2.0, passes=0.08, advisors=replace(_PEOPLE, team=24)),
        _LIMITS,
    )
    yield (
        "customers who call by habit, and some who need support",
        calls(
            customers=Customers(number=8_000, habitual=0.02, times=15.0),
            vulnerable=Vulnerable(share=0.08, resolves_less=0.1),
        ),
        _LIMITS,
    )
    yield "crowded: a quarter fewer people", calls(staff=0.75), _LIMITS
    yield (
        "a month before the target, more problems and fewer questions",
        calls(levers=(_TARGET, MixShift(name="a campaign", reason="problem", from_day=33.0))),
        _LIMITS,
    )
    yield (
        "ids missing, more where all wait; advisors missing; durations in whole seconds",
        calls(
            staff=0.85,
            seen=Seen(
                ids_missing=0.05, ids_by_congestion=0.25, advisors_missing=0.03, rounded_to_s=1.0
            ),
        ),
        _LIMITS,
    )
    yield (
        "advisors who differ by a third in pace, and much in skill; 5 % are rightly passed on",
        calls(
            passes=0.05,
            handle_cv=0.9,
            advisors=Advisors(team=12, pace_cv=0.35, skill_sd=0.06, skill_with_pace=0.5),
        ),
        _LIMITS,
    )
    yield (
        "a new invoice that makes many ask, more surveys, new names; 5 % are rightly passed on",
        calls(
            passes=0.05,
            surveys=Surveys(invited=0.6, answered=0.2),
            levers=(
                _TARGET,
                FailureDemand(name="a new invoice", more=0.2, from_day=84.0, announced=True),
                Renaming(name="a new system", by=1.0, from_day=40.0),
            ),
        ),
        _LIMITS,
    )
    yield (
        "a desk of cases with a limit of an hour",
        cases_desk(days=_DAYS, advisors=_PEOPLE, levers=(_TARGET,)),
        (*_LIMITS[:1], *_CASE_LIMITS),
    )


def _coincidence(runs: int, seed: int) -> tuple[Count, ...]:
    """The same where something honest happens on the very day of the target: shown, not wanted."""
    campaign = MixShift(name="a campaign", reason="problem", from_day=63.0)
    scenario = line(days=_DAYS, advisors=_PEOPLE, levers=(_TARGET, campaign))
    counts = calm_operations(scenario, _LIMITS, runs, seed)
    return tuple(replace(each, wanted=Wanted()) for each in counts)


def _case(name: str, scenario: Scenario, limits: tuple[Limit, ...]) -> Case:
    return Case(
        name=name,
        count=lambda runs, seed: calm_operations(scenario, limits, runs, seed),
        full=50,
        small=1,
        among="nobody bends anything",
    )


CALM: Final = tuple(
    _case(*each) for each in honest_operations()
)  # tests hold that nobody bends anything
"""Five hundred operations in all."""
COINCIDENCE: Final = (
    Case(
        name="on the day of the target, more problems and fewer questions",
        count=_coincidence,
        full=20,
    ),
)
"""What no data can tell from bending: an honest change on the same day."""
