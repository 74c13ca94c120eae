"""Arrivals: by time of day, and day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from andon.finding import Evidence
from andon.report.charts.axes import amount, dates_axis
from andon.report.charts.lines import hover
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import clock, num
from andon.report.palette import var

__all__ = ["arrivals_profile", "day_by_day"]


def arrivals_profile(evidence: Evidence) -> tuple[Panel, ...]:
    """A usual day: the mean of each interval inside the range that nine days in ten keep to."""
    rows = [
        {**row, "hour": num(row, "from_s") / 3600, "at": clock(num(row, "from_s"))}
        for row in evidence.rows
    ]
    base = alt.Chart(inline(rows)).encode(
        x=alt.X(
            "hour:Q",
            scale=alt.Scale(domain=[0, 24], nice=False),
            axis=alt.Axis(
                title=None,
                grid=False,
                values=[0, 3, 6, 9, 12, 15, 18, 21, 24],
                labelExpr="datum.value + ':00'",
                labelOverlap="greedy",
                labelSeparation=4,
            ),
        )
    )
    layers = [
        base.mark_area(color=var("context"), opacity=0.35, interpolate="step-after").encode(
            y=amount("days_low", "count"), y2=alt.Y2("days_high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2, interpolate="step-after").encode(
            y=amount("mean", "count")
        ),
        base.mark_area(color=var("accent"), opacity=0.35, interpolate="step-after").encode(
            y=amount("low", "count"), y2=alt.Y2("high")
        ),
        *hover(base, "hour", "mean", tips("at", "mean", "days_low", "days_high"), unit="count"),
    ]
    return (layered(layers, height=280),)


def day_by_day(evidence: Evidence) -> tuple[Panel, ...]:
    """Every day as a dot, beside what chance alone would leave around the plan."""
    rows = [{**row, "on": str(row["day"])} for row in evidence.rows]
    days = sorted(str(row["on"]) for row in rows)
    domain = (days[0], days[-1])
    layers: list[alt.Chart] = []
    x = dates_axis("on", domain)
    for outside, colour, size in ((False, "context", 22), (True, "accent", 34)):
        mine = [row for row in rows if bool(row["beyond_chance"]) is outside]
        base = alt.Chart(inline(mine)).encode(x=x)
        layers += [
            base.mark_rule(color=var(colour), strokeWidth=1, opacity=0.5).encode(
                y=amount("expected", "count"), y2=alt.Y2("contacts")
            ),
            base.mark_point(color=var(colour), filled=True, opacity=0.9, size=size).encode(
                y=amount("contacts", "count"),
                tooltip=tips("day", "contacts", "expected", "chance_low", "chance_high"),
            ),
        ]
    band = alt.Chart(inline(_runs_of_days(rows))).encode(x=x)
    layers.insert(
        0,
        band.mark_tick(color=var("ink"), thickness=1.5, size=7, opacity=0.55).encode(
            y=amount("expected", "count")
        ),
    )
    return (layered(layers, height=300),)


def _runs_of_days(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["expected"] is not None]
