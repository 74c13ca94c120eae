"""A what-if as a page: the answer, the first weeks, the trap curve, and what it all rests on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from andon.capacity.assumption import Assumption
from andon.capacity.outcome import Change, Rest
from andon.capacity.series import against_handle_time, week_by_week
from andon.capacity.told import About, Told
from andon.capacity.typical_week import TypicalWeek
from andon.capacity.weeks import Measure
from andon.capacity.whatif import INPUTS, WhatIf
from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Row
from andon.report import words
from andon.report.leaf import Leaf, Section, leaf_table
from andon.report.views import TableView
from andon.units import spoken

__all__ = ["page", "paragraphs", "rest_rows"]

_PARAGRAPHS: Final[tuple[tuple[About, ...], ...]] = (
    ("promise", "returns", "really", "basis"),
    ("when", "waits", "customers", "cost", "jam", "spike"),
    ("matters_most",),
)
"""What belongs together in a paragraph."""

_RESTS: Final[tuple[tuple[str, str], ...]] = (
    ("contacts", "contacts a week"),
    ("for_each", "contacts for each matter"),
    ("returns_share", "contacts that bring another"),
    ("gives_up", "contacts given up"),
    ("mean_wait_s", "mean wait"),
    ("occupancy", "agents' time with contacts"),
    ("work_h", "hours of handling a week"),
    ("repeat_h", "of these, for customers who came back"),
    ("customers_h", "customers' hours a week"),
    ("waiting_h", "of these, waiting"),
    ("lost", "customers a week who give up for good"),
    ("complaints", "complaints a week"),
    ("customers_leaving", "customers a week who leave"),
    ("money", "cost a week"),
)
"""The figures of a week at rest, as people name them."""

_AGAINST: Final = {
    "work_h": "All work, of today's",
    "customers_h": "Customers' hours, of today's",
    "money": "Cost, of today's",
}
_WEEKLY: Final[tuple[tuple[Measure, str], ...]] = (
    ("work_h", "Hours of handling a week"),
    ("customers_h", "Customers' hours a week"),
)


def page(
    found: WhatIf,
    week: TypicalWeek,
    *,
    notes: tuple[str, ...] = (),
    operation: str,
    source: str,
    command: str,
) -> Leaf:
    """A what-if as a page.

    Parameters
    ----------
    found : WhatIf
    week : TypicalWeek
        What today was counted from.
    notes : tuple of str
        What had to be assumed, and why.
    operation : str
    source : str
        Which tables the figures come from.
    command : str
        How it was asked for.
    """
    return Leaf(
        kind="What if",
        title=f"What if: {found.levers.says}?",
        meta=(
            f"{operation} · {found.situation.queue} · today as it was from "
            f"{words.day(week.first_day)} to {words.day(week.last_day)}"
        ),
        lead=paragraphs(found.sentences),
        sections=tuple(_sections(found, notes)),
        source=source,
        foot=f"Made by Andon. To make it again: {command}",
    )


def paragraphs(told: tuple[Told, ...]) -> tuple[str, ...]:
    """The answer's main sentences, in paragraphs."""
    made = []
    for about in _PARAGRAPHS:
        here = [each.text for each in told if each.main and each.about in about]
        if here:
            made.append(" ".join(here))
    return tuple(made)


def _more(found: WhatIf, *about: About) -> tuple[str, ...]:
    """What is for those who read on, about some things."""
    return tuple(each.text for each in found.sentences if not each.main and each.about in about)


def _sections(found: WhatIf, notes: tuple[str, ...]) -> Iterator[Section]:
    if not found.levers.none:
        yield Section(
            title="The first weeks",
            paragraphs=(
                "What is cut shows at once. Who was not helped comes back later, so the first days "
                "look better than what follows.",
            ),
            evidence=tuple(_weeks(found)),
        )
    if found.trap is not None:
        yield _trap(found)
    yield Section(
        title="A week, today and then",
        paragraphs=_more(found, "cost"),
        tables=(_weeks_table(found),),
    )
    if found.simulated is not None:
        yield _beside(found)
    yield _rests_on(found, notes)


# --- charts --------------------------------------------------------------------------------------


def _weeks(found: WhatIf) -> Iterator[Evidence]:
    rows: list[Row] = []
    for measure, name in _WEEKLY:
        for each in week_by_week(found, measure):
            if isinstance(each.really, Unknown):
                continue
            rows.append(
                {
                    "measure": name,
                    "unit": "h",
                    "week": each.week,
                    "promised": each.promised,
                    "value": each.really.value,
                    "low": each.really.low,
                    "high": each.really.high,
                }
            )
    if rows:
        yield Evidence(
            kind="first_weeks",
            title=_weeks_title(found),
            subtitle="Week by week from the change on; the band holds 95 of 100 cases that fit "
            f"{_fits(found)}. On paper nobody comes back more often.",
            rows=tuple(rows),
            alt=_weeks_title(found),
        )


def _fits(found: WhatIf) -> str:
    assumed = found.levers.handle_time is not None and found.pace.basis == "assumed"
    return "the assumption" if assumed else "what is known"


def _weeks_title(found: WhatIf) -> str:
    work = next((each for each in found.turned if each.measure == "work_h"), None)
    if work is not None and work.turns.value >= 0.5 and isinstance(work.from_day, Estimate):
        return f"More work than without it, from about day {work.from_day.value:.0f} on"
    saved, promised = found.change.work_h, found.promise.saves_h
    if isinstance(saved, Unknown) or promised <= 0:
        return "What happens, beside what the plan on paper has"
    if saved.high > 0:
        return "Whether the work falls or grows, we cannot tell"
    part = max(0.0, -saved.value / promised)
    if part >= 0.95:
        return "The work that is to be saved is saved"
    return f"Of ten hours that are to be saved, about {10 * part:.0f} are"


def _trap(found: WhatIf) -> Section:
    curve = found.trap
    assert curve is not None
    rows: list[Row] = []
    for of, name in _AGAINST.items():
        if of == "money" and curve.money is None:
            continue
        least = {"work_h": curve.least_work, "customers_h": curve.least_customers_h}.get(
            of, curve.least_money
        )
        inside = None
        if (
            least is not None
            and isinstance(least.at_s, Estimate)
            and least.at_low_end + least.at_high_end <= 0.5
        ):
            inside = least.at_s
        for each in against_handle_time(curve, of):  # type: ignore[arg-type]  # one of three
            if isinstance(each.against_today, Unknown):
                continue
            rows.append(
                {
                    "measure": name,
                    "handle_s": each.handle_s,
                    "value": each.against_today.value,
                    "low": each.against_today.low,
                    "high": each.against_today.high,
                    "today": each.today,
                    "least_low_s": None if inside is None else inside.low,
                    "least_high_s": None if inside is None else inside.high,
                }
            )
    even = curve.break_even
    title = {
        "backfires": "Less time would make more work",
        "saves": "A little less time would save work",
        "cannot tell": "Whether less time saves work or makes it, we cannot tell",
    }[even.verdict]
    return Section(
        title="The trap curve",
        paragraphs=(*_more(found, "least", "break_even"), _READING),
        evidence=(
            Evidence(
                kind="trap",
                title=title,
                subtitle="What it takes to settle every matter, against the mean handle time; "
                f"today's is 100 %. The band holds {curve.level:.0%} of "
                f"{found.pace.curves:,} curves that fit {_fits(found)}.".replace("95%", "95 %"),
                rows=tuple(rows),
                alt=title,
            ),
        ),
    )


_READING: Final = (
    "Each curve begins from what is known today. To the left of today every contact is given less "
    "time. Where the line falls below 100 %, less is spent in all; where it rises above, what was "
    "cut comes back as more."
)


# --- tables --------------------------------------------------------------------------------------


def rest_rows(today: Rest, then: Rest, change: Change, *, currency: str) -> list[list[str]]:
    """The figures of a week, today and after, as texts; those that are not known are left out."""
    rows = []
    for name, said in _RESTS:
        cells = [getattr(each, name) for each in (today, then, change)]
        if any(isinstance(each, Unknown) for each in cells):
            continue
        rows.append(
            [
                f"{said}, {currency}" if name == "money" else said,
                *(_shown(each) for each in cells),
            ]
        )
    return rows


def _shown(figure: Estimate) -> str:
    """A figure and its interval; one without doubt to four digits, for it came from a formula."""
    if figure.high - figure.low <= 1e-6 * abs(figure.value):
        size = abs(figure.value)
        return spoken(
            figure.value,
            figure.unit,
            step=10.0 ** (math.floor(math.log10(size)) - 2) if size else 0.0,
        )
    said = _UNIT_TWICE.sub(r"(\1 to \3 \2)", str(figure))
    return _UNIT_AGAIN.sub(r"\1 (\3 to \4)\2", said) if figure.unit == "points" else said


_UNIT_TWICE: Final = re.compile(r"\((-?[\d,.]+) (h|s|points) to (-?[\d,.]+) \2\)")
"""(0 h to 90 h) is (0 to 90 h)."""
_UNIT_AGAIN: Final = re.compile(r"^(-?[\d,.]+)( points) \((-?[\d,.]+) to (-?[\d,.]+) points\)$")
"""So many points are one word too long to be said twice."""


def _weeks_table(found: WhatIf) -> TableView:
    return leaf_table(
        "A week at rest",
        ["figure", "today", "then", "change"],
        rest_rows(found.today, found.after, found.change, currency=found.situation.rates.currency),
        numbers=(),
    )


def _beside(found: WhatIf) -> Section:
    both = found.simulated
    assert both is not None
    names = {
        "contacts": "contacts a week",
        "gives_up": "contacts given up",
        "mean_wait_s": "mean wait",
        "occupancy": "agents' time with contacts",
        "work_h": "hours of handling a week",
    }
    curves = {"today": "today", "low": "few return", "middle": "middle", "high": "many return"}
    rows = []
    for each in both.pairs:
        simulated = each.simulated
        if isinstance(simulated, Unknown):
            continue
        step = _step(simulated)
        rows.append(
            [
                names.get(each.name, each.name),
                curves.get(each.curve, each.curve),
                spoken(each.formula, simulated.unit, step=step),
                spoken(each.carried, simulated.unit, step=step)
                if math.isfinite(each.carried)
                else "without end",
                str(simulated),
                _AGREE[each.agrees, each.carried_agrees],
            ]
        )
    agree = "They agree." if both.agree else "Where they part, these are the reasons:"
    return Section(
        title="By formula and by simulation",
        paragraphs=(
            "Everything above comes from formulas. The same weeks were also simulated, customer by "
            f"customer, today and on three of the curves. {agree}",
            "Half-hour by half-hour is the formula that carries on what a busy half-hour leaves "
            "undone; the plain one takes each as if it had settled.",
        ),
        tables=(
            leaf_table(
                "The same figures both ways",
                ["figure", "curve", "formula", "half-hour by half-hour", "simulated", "agree"],
                rows,
                numbers=(),
            ),
        ),
        points=both.why,
    )


_AGREE: Final = {
    (True, True): "yes",
    (True, False): "the formula",
    (False, True): "half-hour by half-hour",
    (False, False): "no",
}
"""Which of the two agrees with the simulation."""


def _step(figure: Estimate) -> float:
    reach = max(figure.high - figure.value, figure.value - figure.low, abs(figure.value) / 1000)
    return reach / 2


_SHORT: Final = {
    "slope": "What a second of time does",
    "shape": "Its shape far from today",
    "returns": "Who comes back today",
    "redials": "Who gives up and calls again",
    "on_the_line": "The customer's part of a call",
    "effort_s": "A customer's time to come back",
    "bot_s": "A customer's time with the bot",
}
"""Names that a phone has room for in a chart."""


def _rests_on(found: WhatIf, notes: tuple[str, ...]) -> Section:
    names = INPUTS | {each.name: each.says for each in found.situation.rates.assumptions}
    rows: tuple[Row, ...] = tuple(
        {
            "what": _SHORT.get(each.name, words.capital(names[each.name])),
            "value": each.share,
            "low": each.share,
            "high": each.share,
        }
        for each in found.matters_for_customers_h[:6]
        if each.share >= 0.01
    )
    evidence: tuple[Evidence, ...] = ()
    if rows:
        most = names[found.matters_for_customers_h[0].name]
        evidence = (
            Evidence(
                kind="matters",
                title=f"What matters most for the doubt: {most[:1].lower()}{most[1:]}",
                subtitle="Part of the doubt about customers' hours that each makes by itself",
                rows=rows,
                alt=f"Most of the doubt comes from {most[:1].lower()}{most[1:]}.",
            ),
        )
    return Section(
        title="What the answer rests on",
        evidence=evidence,
        tables=(_assumptions(found.assumptions),),
        points=(*notes, *found.caveats),
    )


def _assumptions(every: tuple[Assumption, ...]) -> TableView:
    rows = []
    for each in every:
        if each.name == "shape":
            what, _, shapes = each.says.partition(": ")
            rows.append([words.capital(what), shapes, each.where, each.why])
        else:
            rows.append([words.capital(each.says), each.number, each.where, each.why])
    return leaf_table(
        "Every number that was put in",
        ["what", "value", "where it is from", "why"],
        rows,
        numbers=(),
    )
