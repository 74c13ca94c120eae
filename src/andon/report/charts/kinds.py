"""Every kind of evidence: what its rows hold, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from andon.errors import ReportError
from andon.finding import Evidence
from andon.report.charts.arrivals import arrivals_profile, day_by_day
from andon.report.charts.density import heaped_up
from andon.report.charts.distribution import how_long
from andon.report.charts.dots import (
    by_group,
    coming_back,
    contacts_each,
    for_a_minute,
    hours_lost,
    matters,
    mean_waits,
    ranges,
    readings,
)
from andon.report.charts.first_stage import by_pace
from andon.report.charts.months import share_by_month, twins
from andon.report.charts.panel import Panel
from andon.report.charts.plan import agents_by_interval, bought, fan_by_day
from andon.report.charts.waiting import (
    leaving,
    littles_law,
    still_waiting,
    through_the_day,
    waited_longer,
)
from andon.report.charts.weeks import week_by_week
from andon.report.charts.whatif import first_weeks, trap
from andon.report.charts.windows import within_windows

__all__ = ["KINDS", "Column", "Kind", "draw"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of evidence.

    Attributes
    ----------
    name : str
        As the row has it.
    label : str
        As people read it over the table.
    unit : str
        How the table shows it: ``share``, ``s``, ``h``, ``count``, ``as is`` or empty for text.
    """

    name: str
    label: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of evidence: what its rows hold and how they are drawn.

    Attributes
    ----------
    says : str
        What such a chart shows.
    columns : tuple of Column
        In the order of the table.
    draw : callable
        From evidence to panels.
    """

    says: str
    columns: tuple[Column, ...]
    draw: Callable[[Evidence], tuple[Panel, ...]]


def draw(evidence: Evidence) -> tuple[Panel, ...]:
    """The panels of a chart, as Vega-Lite.

    Raises
    ------
    ReportError
        If no chart is known for this kind of evidence, or its rows lack a column.
    """
    kind = KINDS.get(evidence.kind)
    if kind is None:
        raise ReportError(
            f"No chart is known for evidence of the kind {evidence.kind!r}.",
            found=evidence.title,
            todo=f"Use one of: {', '.join(KINDS)}.",
        )
    for row in evidence.rows:
        missing = [column.name for column in kind.columns if column.name not in row]
        if missing:
            raise ReportError(
                f"A row of {evidence.kind!r} evidence lacks the column {missing[0]!r}.",
                found=f"columns: {', '.join(row)}",
                todo=f"Give every row: {', '.join(column.name for column in kind.columns)}.",
            )
    known = [row for row in evidence.rows if row.get("high", True) is not None]
    return kind.draw(evidence) if known else ()


def _interval(unit: str) -> tuple[Column, Column]:
    return (
        Column(name="low", label="interval from", unit=unit),
        Column(name="high", label="to", unit=unit),
    )


_N: Final = Column(name="n", label="n", unit="count")


KINDS: Final[Mapping[str, Kind]] = {
    "share_by_month": Kind(
        says="A share, month by month, with its interval.",
        columns=(
            Column(name="month", label="month"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=share_by_month,
    ),
    "twins": Kind(
        says="Two measures that keep each other honest, stacked on one time axis.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="month", label="month"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            _N,
        ),
        draw=twins,
    ),
    "coming_back": Kind(
        says="Share of customers who came back, by what happened to them first.",
        columns=(
            Column(name="first", label="what happened first"),
            Column(name="share", label="came back", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=coming_back,
    ),
    "windows": Kind(
        says="Share of customers who came back within longer and longer windows.",
        columns=(
            Column(name="first", label="what is counted"),
            Column(name="window", label="within"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=within_windows,
    ),
    "patience": Kind(
        says="How many would still be waiting after each time (Kaplan-Meier).",
        columns=(
            Column(name="wait_s", label="waited, s", unit="s"),
            Column(name="waiting", label="still waiting", unit="share"),
            *_interval("share"),
            Column(name="at_risk", label="in the queue then", unit="count"),
        ),
        draw=still_waiting,
    ),
    "hazard": Kind(
        says="Of those still waiting, how many leave in each stretch of time.",
        columns=(
            Column(name="from_s", label="from, s", unit="s"),
            Column(name="to_s", label="to, s", unit="s"),
            Column(name="leaving", label="leave in 10 s", unit="share"),
            *_interval("share"),
            Column(name="at_risk", label="in the queue then", unit="count"),
        ),
        draw=leaving,
    ),
    "distribution": Kind(
        says="Share of contacts by how long they took.",
        columns=(
            Column(name="from_s", label="from, s", unit="s"),
            Column(name="to_s", label="to, s", unit="s"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=how_long,
    ),
    "arrivals_profile": Kind(
        says="Contacts by time of day: the mean, and the range that most days keep to.",
        columns=(
            Column(name="from_s", label="from, s after midnight", unit="s"),
            Column(name="mean", label="mean", unit="number"),
            *_interval("number"),
            Column(name="days_low", label="quiet days (1 in 20)", unit="number"),
            Column(name="days_high", label="busy days (1 in 20)", unit="number"),
        ),
        draw=arrivals_profile,
    ),
    "days": Kind(
        says="Each day's contacts beside the plan, and what chance alone would leave around it.",
        columns=(
            Column(name="day", label="day"),
            Column(name="contacts", label="contacts", unit="count"),
            Column(name="expected", label="planned for", unit="number"),
            Column(name="chance_low", label="chance alone, from", unit="number"),
            Column(name="chance_high", label="to", unit="number"),
            Column(name="beyond_chance", label="beyond chance"),
        ),
        draw=day_by_day,
    ),
    "littles_law": Kind(
        says="Customers present by hour of the day, counted and worked out by Little's law.",
        columns=(
            Column(name="hour", label="hour", unit="as is"),
            Column(name="present", label="present", unit="number"),
            *_interval("number"),
            Column(name="arrivals_times_stay", label="arrivals x stay", unit="number"),
        ),
        draw=littles_law,
    ),
    "hours": Kind(
        says="Hours of customers' own time.",
        columns=(
            Column(name="what", label="what took it"),
            Column(name="hours", label="hours", unit="h"),
            *_interval("h"),
        ),
        draw=hours_lost,
    ),
    "waits": Kind(
        says="Waits that a share of customers did not exceed.",
        columns=(
            Column(name="what", label="share"),
            Column(name="seconds", label="wait, s", unit="s"),
            *_interval("s"),
            _N,
        ),
        draw=mean_waits,
    ),
    "lengths": Kind(
        says="Share of matters by how many contacts they took.",
        columns=(
            Column(name="contacts", label="contacts"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=contacts_each,
    ),
    "weeks": Kind(
        says="A measure week by week, the mean of each stretch with its interval, and the change.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="week", label="week of"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            Column(name="n", label="n", unit="count"),
            Column(name="level", label="mean of its stretch", unit="by row"),
            *_interval("by row"),
            Column(name="inside", label="in the changed stretch"),
            Column(name="unsure", label="may lie on either side"),
        ),
        draw=week_by_week,
    ),
    "density": Kind(
        says="Contacts by length around a limit, beside the smooth shape without the limit.",
        columns=(
            Column(name="from_s", label="from, s", unit="s"),
            Column(name="to_s", label="to, s", unit="s"),
            Column(name="contacts", label="seen", unit="count"),
            Column(name="expected", label="without the limit", unit="number"),
            *_interval("number"),
            Column(name="where", label="where"),
        ),
        draw=heaped_up,
    ),
    "first_stage": Kind(
        says="Handle time and outcome by advisors' pace with others, in bins of five or more.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="pace_s", label="pace with others, s", unit="number"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            Column(name="advisors", label="advisors", unit="count"),
            _N,
        ),
        draw=by_pace,
    ),
    "for_a_minute": Kind(
        says="What a minute more of service spares customers, seen in more than one way.",
        columns=(
            Column(name="what", label="seen how"),
            Column(name="spared", label="spared, in 100", unit="number"),
            *_interval("number"),
        ),
        draw=for_a_minute,
    ),
    "reads": Kind(
        says="Measures as they read, and as they would read without the bending.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="reading", label="reading"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            _N,
        ),
        draw=readings,
    ),
    "groups": Kind(
        says="One figure in each group that was asked for.",
        columns=(
            Column(name="group", label="group"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            _N,
        ),
        draw=by_group,
    ),
    "through_the_day": Kind(
        says="Measures of a simulated day, stacked on one clock, each with its interval.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="line", label="model"),
            Column(name="from_s", label="from, s after midnight", unit="s"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
        ),
        draw=through_the_day,
    ),
    "waited_longer": Kind(
        says="Share of simulated contacts that waited longer than each time.",
        columns=(
            Column(name="line", label="model"),
            Column(name="wait_s", label="longer than, s", unit="s"),
            Column(name="longer", label="share", unit="share"),
            *_interval("share"),
        ),
        draw=waited_longer,
    ),
    "bounds": Kind(
        says="The range that a share must lie in, whatever the missing data were.",
        columns=(
            Column(name="what", label="figure"),
            Column(name="value", label="best number", unit="share"),
            *_interval("share"),
        ),
        draw=ranges,
    ),
    "fan_by_day": Kind(
        says="Contacts day by day as a plan expects them, with what then came where it is known.",
        columns=(
            Column(name="day", label="day"),
            Column(name="value", label="expected", unit="count"),
            Column(name="low", label="1 day in 10 below", unit="count"),
            Column(name="high", label="1 day in 10 above", unit="count"),
            Column(name="came", label="came", unit="count"),
        ),
        draw=fan_by_day,
    ),
    "agents_by_interval": Kind(
        says="Work, agents needed and agents there, interval by interval.",
        columns=(
            Column(name="panel", label="day"),
            Column(name="from_s", label="from, s after midnight", unit="s"),
            Column(name="load_low", label="work, 1 day in 10 below, erlangs", unit="number"),
            Column(name="load_high", label="1 day in 10 above", unit="number"),
            Column(name="required", label="agents needed", unit="count"),
            Column(name="on_the_mean", label="Erlang C on the mean", unit="count"),
            Column(name="cover", label="agents in shifts", unit="count"),
        ),
        draw=agents_by_interval,
    ),
    "bought": Kind(
        says="What agent-hours buy: the share of days on which the promise holds.",
        columns=(
            Column(name="marked", label="plan"),
            Column(name="hours", label="agent-hours a day", unit="number"),
            Column(name="share", label="days on which it holds", unit="share"),
            *_interval("share"),
        ),
        draw=bought,
    ),
    "trap": Kind(
        says="Work, cost and customers' hours against handle time, today's as 100 %.",
        columns=(
            Column(name="measure", label="what"),
            Column(name="handle_s", label="mean handle time", unit="s"),
            Column(name="value", label="beside today's", unit="share"),
            *_interval("share"),
        ),
        draw=trap,
    ),
    "first_weeks": Kind(
        says="What a change promises on paper, and what happens, week by week.",
        columns=(
            Column(name="measure", label="what"),
            Column(name="week", label="week", unit="as is"),
            Column(name="promised", label="on paper", unit="by row"),
            Column(name="value", label="what happens", unit="by row"),
            *_interval("by row"),
        ),
        draw=first_weeks,
    ),
    "matters": Kind(
        says="How much of the doubt each assumption makes.",
        columns=(
            Column(name="what", label="assumption"),
            Column(name="value", label="part of the doubt", unit="share"),
            *_interval("share"),
        ),
        draw=matters,
    ),
}
"""Every kind of evidence that can be drawn, by name."""
