"""A diagnosis: how an operation's customers are doing, in five to seven findings.

The questions are put one after another, each to the same contacts; what they found becomes
findings in the order of what it costs customers. Nothing is computed for a report that a question
would not answer for anybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

import ibis.expr.types as ir

import andon
from andon.answer import Answer
from andon.demand.chains import Chains, chains
from andon.demand.effort import Effort, effort
from andon.demand.followed import follow
from andon.demand.recontact import RepeatWork, repeat_work
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Provenance
from andon.goodhart.battery import Battery, battery
from andon.goodhart.limits import Limit
from andon.goodhart.price_of_a_second import PriceOfASecond, price_of_a_second
from andon.ledger.coverage import Coverage, coverage
from andon.ledger.sums import rows
from andon.ledger.window import between_days
from andon.metrics.handling import Handling, handling
from andon.metrics.littles_law import LittlesLaw, littles_law
from andon.metrics.reach import Patience, Reach, patience, reach
from andon.metrics.twins import Twins, twins
from andon.metrics.volatility import Volatility, volatility
from andon.report import words
from andon.report.cost import given_up_h
from andon.report.figures import figures_of
from andon.report.findings import NAMES
from andon.report.findings.bent_measures import battery_figures, bent_measures, bent_note
from andon.report.findings.coming_back import WEEK_S, coming_back
from andon.report.findings.cut_short import cut_short
from andon.report.findings.data import little_evidence, little_note
from andon.report.findings.giving_up import giving_up
from andon.report.findings.groups import groups
from andon.report.findings.price import price, price_figures, price_note
from andon.report.findings.told import Told
from andon.report.findings.twins import gave_up_by_month
from andon.report.findings.twins import twins as twins_finding
from andon.report.findings.uneven_days import uneven_days
from andon.report.findings.unknown import unknown
from andon.report.findings.waiting import waiting
from andon.report.quality import Quality
from andon.units import HOUR_S

__all__ = ["NAMES", "Diagnosis", "diagnose", "diagnose_again"]

_MOST: Final = 7
"""A head of service reads so many findings in two minutes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """What a first diagnosis found.

    Attributes
    ----------
    operation : str
        The operation's name.
    zone : str
        Name of the operation's time zone.
    first_day, last_day : date
        First and last day with contacts, by the operation's clock.
    contacts : int
        Contacts in the period.
    channels : tuple of str
        Channels that the contacts came by.
    summary : tuple of str
        How customers are doing, in two or three sentences.
    key_figures : tuple of str
        Names of the figures that the first page shows large.
    findings : tuple of Finding
        Ordered by what they cost customers; those without a cost come last.
    figures : mapping of str to Estimate or Unknown
        Every figure of every question, by name.
    groups : tuple of Evidence
        Main figures in each group that was asked for.
    data : tuple of Evidence
        What the records say of themselves.
    quality : Quality
    provenance : Provenance
    made : str
        When the report was written, in words; empty where that does not matter.
    """

    operation: str
    zone: str
    first_day: dt.date
    last_day: dt.date
    contacts: int
    channels: tuple[str, ...]
    summary: tuple[str, ...]
    key_figures: tuple[str, ...]
    findings: tuple[Finding, ...]
    figures: Mapping[str, Estimate | Unknown]
    provenance: Provenance
    quality: Quality = field(default_factory=Quality)
    groups: tuple[Evidence, ...] = ()
    data: tuple[Evidence, ...] = ()
    made: str = ""


def diagnose(
    contacts: ir.Table,
    *,
    staffing: ir.Table | None = None,
    surveys: ir.Table | None = None,
    changes: ir.Table | None = None,
    values: ir.Table | None = None,
    needs: ir.Table | None = None,
    limits: Sequence[Limit] = (),
    by: Sequence[str] = (),
    first: dt.date | None = None,
    last: dt.date | None = None,
    operation: str = "this operation",
    zone: str = "UTC",
    cost_per_h: float | None = None,
    currency: str = "",
    answer_within_s: float = 20.0,
    short_abandon_s: float = 5.0,
    level: float = 0.95,
    tables: Mapping[str, int] | None = None,
    quality: Quality | None = None,
    made: str = "",
    for_roles: Callable[[Battery], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Diagnosis:
    """How an operation's customers are doing, and what to do next.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    staffing : ibis.Table, optional
        The ledger's staffing, for occupancy.
    surveys, changes, values, needs : ibis.Table, optional
        The ledger's: who was asked for a score, when targets began and ended, complaints, who needs
        support. Signs of bent measures that need one are not looked for without it.
    limits : sequence of Limit, optional
        Targets and limits that people work to.
    by : sequence of str
        Groups to show the main figures for, from :data:`andon.ledger.periods.GROUPS`.
    first, last : date, optional
        First and last day to look at, by the operation's clock.
    operation, zone : str
        The operation's name and time zone, for the words of the report.
    cost_per_h : float, optional
        What an hour of handling costs, in ``currency``.
    currency : str
    answer_within_s, short_abandon_s : float
        The operation's standards, seconds.
    level : float
        Level of the intervals, 0 to 1.
    tables : mapping of str to int, optional
        Versions of the tables that were read, for replay.
    quality : Quality, optional
        What ingest knows of the data.
    made : str
        When the report is written, in words.
    for_roles : callable, optional
        Handed the battery, which holds what is said of single advisors. Nothing of that is in the
        diagnosis.
    progress : callable, optional
        Told which question is being put.

    Raises
    ------
    QuestionError
        If there is no contact to look at, or ``by`` names something unknown.
    """
    parameters: dict[str, object] = {
        "answer_within_s": answer_within_s,
        "by": list(by),
        "changes": changes is not None,
        "cost_per_h": cost_per_h,
        "currency": currency,
        "first": None if first is None else first.isoformat(),
        "last": None if last is None else last.isoformat(),
        "level": level,
        "limits": [f"{each.measure} {each.at_s!r}" for each in limits],
        "needs": needs is not None,
        "operation": operation,
        "short_abandon_s": short_abandon_s,
        "staffing": staffing is not None,
        "surveys": surveys is not None,
        "values": values is not None,
        "zone": zone,
    }
    asked = between_days(contacts, first, last)
    known = _known(asked, level, progress or _quiet)
    seen = known.overall.observed
    if seen.first_day is None or seen.last_day is None:
        raise QuestionError(
            "There is no contact to look at.",
            found=f"from {first or 'the first day'} to {last or 'the last day'}: 0 contacts",
            todo="Load contacts with `andon ingest`, or choose other days.",
        )
    answers = _asked(
        asked,
        known,
        beside={"surveys": surveys, "changes": changes, "values": values, "needs": needs},
        limits=limits,
        staffing=staffing,
        by=by,
        cost_per_h=cost_per_h,
        standards={"answer_within_s": answer_within_s, "short_abandon_s": short_abandon_s},
        level=level,
        progress=progress or _quiet,
    )
    if for_roles is not None:
        for_roles(answers.battery)
    channels = tuple(sorted(row["channel"] for row in rows(asked.select("channel").distinct())))
    told = Told(
        nouns=words.nouns(channels),
        period=words.period(seen.first_day, seen.last_day),
        zone=zone,
        contacts=seen.contacts,
        currency=currency,
        tables=dict(tables or {}),
        parameters=parameters,
        code_version=andon.__version__,
    )
    figures = answers.figures()
    given = quality or Quality()
    return Diagnosis(
        operation=operation,
        zone=zone,
        first_day=seen.first_day,
        last_day=seen.last_day,
        contacts=seen.contacts,
        channels=channels,
        summary=_summary(told, answers),
        key_figures=tuple(name for name in _KEY_FIGURES if name in figures),
        findings=_findings(told, answers),
        figures=figures,
        groups=groups(told, by, answers.reach, answers.handling, answers.repeat_work),
        data=tuple(
            each for each in (little_evidence(told, answers.littles_law),) if each is not None
        ),
        quality=replace(
            given,
            silent_days=_silent_days(answers),
            notes=tuple(
                note
                for note in (
                    little_note(told, answers.littles_law),
                    bent_note(answers.battery),
                    price_note(answers.price),
                )
                if note is not None
            ),
        ),
        provenance=Provenance(
            tables=told.tables,
            parameters=parameters,
            code_version=told.code_version,
            question="andon.diagnose",
        ),
        made=made,
    )


def diagnose_again(
    reported: Diagnosis,
    *,
    tables: Mapping[str, ir.Table],
    progress: Callable[[str], None] | None = None,
) -> Diagnosis:
    """The same questions, with the same parameters, put to the given tables.

    Parameters
    ----------
    reported : Diagnosis
        Says which parameters; nothing else of it is used but its name for the data's quality.
    tables : mapping of str to ibis.Table
        ``contacts`` and, where they were used, ``staffing``, ``surveys``, ``changes``, ``values``,
        ``needs``.
    """
    asked = cast("Mapping[str, Any]", reported.provenance.parameters)
    return diagnose(
        tables["contacts"],
        **{name: tables[name] if asked.get(name) else None for name in _BESIDE},
        limits=tuple(_limit(each) for each in asked.get("limits", ())),
        by=tuple(asked["by"]),
        first=_date(asked["first"]),
        last=_date(asked["last"]),
        operation=asked["operation"],
        zone=asked["zone"],
        cost_per_h=asked["cost_per_h"],
        currency=asked["currency"],
        answer_within_s=asked["answer_within_s"],
        short_abandon_s=asked["short_abandon_s"],
        level=asked["level"],
        tables=reported.provenance.tables,
        quality=reported.quality,
        made=reported.made,
        progress=progress,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answers:
    """What every question found."""

    reach: Answer[Reach]
    patience: Answer[Patience]
    handling: Answer[Handling]
    repeat_work: Answer[RepeatWork]
    chains: Answer[Chains]
    effort: Answer[Effort]
    volatility: Answer[Volatility]
    twins: Answer[Twins]
    littles_law: Answer[LittlesLaw]
    coverage: Answer[Coverage]
    battery: Battery
    price: PriceOfASecond
    given_up_h: Estimate | Unknown

    def figures(self) -> dict[str, Estimate | Unknown]:
        found: dict[str, Estimate | Unknown] = {"giving_up.hours": self.given_up_h}
        for name in _QUESTIONS:
            found |= figures_of(name, getattr(self, name))
        return found | battery_figures(self.battery) | price_figures(self.price)


def _known(contacts: ir.Table, level: float, progress: Callable[[str], None]) -> Answer[Coverage]:
    progress("What can be known")
    return coverage(contacts, level=level)


def _asked(
    contacts: ir.Table,
    known: Answer[Coverage],
    *,
    beside: Mapping[str, ir.Table | None],
    limits: Sequence[Limit],
    staffing: ir.Table | None,
    by: Sequence[str],
    cost_per_h: float | None,
    standards: Mapping[str, float],
    level: float,
    progress: Callable[[str], None],
) -> _Answers:
    """Put every question."""
    seen = known.overall.observed
    progress("Who got through, and how long they waited")
    reached = reach(contacts, by=by, level=level, **standards)
    progress("How long customers are ready to wait")
    ready = patience(contacts, level=level)
    progress("How long service takes")
    served = handling(contacts, by=by, staffing=staffing, level=level)
    progress("Who came back, and whether one measure pays for another")
    with follow(contacts, by=tuple(dict.fromkeys([*by, _MIX])), observed=seen) as followed:
        repeats = repeat_work(
            contacts, by=by, cost_per_h=cost_per_h, followed=followed, level=level
        )
        paired = twins(contacts, followed=followed, level=level)
        bent = battery(
            contacts,
            surveys=beside["surveys"],
            changes=beside["changes"],
            values=beside["values"],
            needs=beside["needs"],
            limits=limits,
            seen=seen,
            followed=followed,
            level=level,
            progress=progress,
        )
    progress("What a second of handle time does")
    second = price_of_a_second(contacts, observed=seen, level=level)
    progress("How many contacts a matter takes")
    matters = chains(contacts, observed=seen, level=level)
    progress("How many hours customers spend")
    spent = effort(contacts, by=by, observed=seen, level=level)
    progress("How unevenly they come")
    swings = volatility(contacts, level=level)
    progress("Whether the times agree with one another")
    law = littles_law(contacts, level=level)
    return _Answers(
        volatility=swings,
        twins=paired,
        littles_law=law,
        reach=reached,
        patience=ready,
        handling=served,
        repeat_work=repeats,
        chains=matters,
        effort=spent,
        coverage=known,
        battery=bent,
        price=second,
        given_up_h=given_up_h(contacts),
    )


def _findings(told: Told, answers: _Answers) -> tuple[Finding, ...]:
    """What was found, the costliest first; at most seven."""
    each_s = _own_time_s(answers.effort.overall)
    short = cut_short(told, answers.repeat_work, customer_s=each_s, handling=answers.handling)
    bent = bent_measures(told, answers.battery, cut_short=short)
    if bent is not None and short is not None and bent.cost_h == short.cost_h:
        short = None  # it is told there, with what it does to the measure
    found = [
        waiting(told, answers.effort, answers.reach),
        giving_up(
            told,
            answers.reach,
            answers.patience,
            answers.repeat_work,
            lost_h=answers.given_up_h,
            by_month=gave_up_by_month(told, answers.twins),
        ),
        coming_back(told, answers.repeat_work, answers.chains, customer_s=each_s),
        bent,
        short,
        price(told, answers.price),
        uneven_days(told, answers.volatility),
        unknown(told, answers.coverage, answers.repeat_work),
        twins_finding(told, answers.twins),
    ]
    kept = [finding for finding in found if finding is not None]
    return tuple(sorted(kept, key=_weight, reverse=True)[:_MOST])


def _weight(finding: Finding) -> tuple[float, bool]:
    """What it costs customers; of those that do not tell, the known come first."""
    cost = finding.cost_h.value if finding.cost_h is not None else -1.0
    return cost, isinstance(finding.estimate, Estimate)


def _own_time_s(spent: Effort) -> Estimate | Unknown:
    """A customer's own time in one contact: the mean over all of them."""
    timed = spent.contacts - spent.untimed
    return times(spent.total_h, HOUR_S / max(1, timed), unit="s")


def _limit(said: str) -> Limit:
    """A limit as a report's parameters hold it."""
    measure, at_s = said.rsplit(" ", 1)
    return Limit(measure=measure, at_s=float(at_s))


_MIX: Final = "queue"
"""What twins are compared within; customers are followed by it too, once for all."""

_BESIDE: Final = ("staffing", "surveys", "changes", "values", "needs")
"""Tables beside the contacts that a diagnosis reads where they are."""

_QUESTIONS: Final = (
    "reach",
    "patience",
    "handling",
    "repeat_work",
    "chains",
    "effort",
    "volatility",
    "twins",
    "littles_law",
    "coverage",
)

_KEY_FIGURES: Final = (
    "reach.giving_up.of_reached.share",
    "reach.service_level.without_short_abandons.share",
    "reach.wait_quantiles[0.9].seconds",
    f"repeat_work.recontacts.windows[{WEEK_S}].excess",
)


def _summary(told: Told, answers: _Answers) -> tuple[str, ...]:
    """How customers are doing, in two or three sentences."""
    said = []
    people = told.nouns.people
    reached = answers.reach.overall
    gave_up = reached.giving_up.of_reached.share
    if isinstance(gave_up, Estimate) and reached.abandoned + reached.left_self_service:
        lost = round(100 * gave_up.value)
        said.append(f"Of 100 {people}, about {100 - lost} were served and {lost} gave up first.")
    waits = {each.p: each.seconds for each in answers.reach.overall.wait_quantiles}
    half, most = waits.get(0.5), waits.get(0.9)
    if isinstance(half, Estimate) and isinstance(most, Estimate):
        # Waits are counted by the second: what is shorter has no digits to tell.
        short = f"{words.say(half).value} or less" if half.value >= 1 else "less than a second"
        said.append(
            f"Half of them waited {short}; 1 in 10 waited longer than {words.say(most).value}."
        )
    back = answers.repeat_work.overall.recontacts.within(WEEK_S).excess
    if isinstance(back, Estimate) and back.low > 0:
        said.append(
            f"Of those who were served, {words.say(back).value} {told.nouns.came_back} within a "
            "week beyond their usual habit."
        )
    return tuple(said) or (f"The records do not tell how {people} are doing.",)


def _silent_days(answers: _Answers) -> tuple[dt.date, ...]:
    gaps = answers.coverage.overall.observed.gaps
    return tuple(gap.first_day + dt.timedelta(days=i) for gap in gaps for i in range(gap.days))


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _quiet(_: str) -> None:
    """Tell nobody."""
