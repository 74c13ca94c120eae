"""Waiting: who still waits, who leaves, and how it goes through the day."""

from __future__ import annotations

import itertools
from dataclasses import replace

import altair as alt

from andon.finding import Evidence
from andon.report import words
from andon.report.charts.axes import amount, hours_axis, seconds_axis
from andon.report.charts.lines import hover, lines_with_bands
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import clock, in_order, num, short
from andon.report.palette import var

__all__ = ["leaving", "littles_law", "still_waiting", "through_the_day", "waited_longer"]


def still_waiting(evidence: Evidence) -> tuple[Panel, ...]:
    """Who would still be waiting, had nobody been served."""
    rows = [
        {
            **row,
            "said": short(row["waiting"], "share"),
            "after": words.duration(num(row, "wait_s")),
        }
        for row in evidence.rows
        if row["waiting"] is not None
    ]
    base = alt.Chart(inline(rows)).encode(x=seconds_axis("wait_s", rows))
    layers = [
        base.mark_area(color=var("accent"), opacity=0.2, interpolate="step-after").encode(
            y=amount("low", "share", top=1.0), y2=alt.Y2("high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2, interpolate="step-after").encode(
            y=amount("waiting", "share", top=1.0)
        ),
        *hover(base, "wait_s", "waiting", tips("after", "said"), unit="share", top=1.0),
    ]
    return (layered(layers, height=260),)


def leaving(evidence: Evidence) -> tuple[Panel, ...]:
    """Of those still waiting, how many leave in each stretch of time; the peak stands out."""
    rows = [
        {
            **row,
            "middle": (num(row, "from_s") + num(row, "to_s")) / 2,
            "stretch": f"{num(row, 'from_s'):g} to {num(row, 'to_s'):g} s",
            "said": short(row["leaving"], "share"),
        }
        for row in evidence.rows
        if row["leaving"] is not None
    ]
    layers: list[alt.Chart] = []
    for point, colour in ((False, "context"), (True, "accent")):
        mine = [row for row in rows if bool(row["point"]) is point]
        base = alt.Chart(inline(mine)).encode(x=seconds_axis("middle", rows))
        layers += [
            base.mark_rule(color=var(colour), strokeWidth=2).encode(
                y=amount("low", "share"), y2=alt.Y2("high")
            ),
            base.mark_point(color=var(colour), filled=True, opacity=1, size=55).encode(
                y=amount("leaving", "share"), tooltip=tips("stretch", "said")
            ),
        ]
    peak = [row for row in rows if row["point"]][:1]
    layers.append(
        alt.Chart(inline(peak))
        .mark_text(color=var("accent"), align="left", dx=10, dy=-8, fontWeight="bold")
        .encode(x=seconds_axis("middle", rows), y=amount("leaving", "share"), text="stretch:N")
    )
    return (layered(layers, height=260),)


def littles_law(evidence: Evidence) -> tuple[Panel, ...]:
    """What was seen in the system, and what arrivals and stays say must be there."""
    rows = [{**row, "at": clock(3600 * num(row, "hour"))} for row in evidence.rows]
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
        base.mark_area(color=var("accent"), opacity=0.2).encode(
            y=amount("low", "count"), y2=alt.Y2("high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2).encode(y=amount("present", "count")),
        base.mark_point(color=var("ink"), shape="cross", size=60, filled=True, opacity=1).encode(
            y=amount("arrivals_times_stay", "count")
        ),
        *hover(base, "hour", "present", tips("at", "present", "arrivals_times_stay"), unit="count"),
    ]
    return (layered(layers, height=260),)


def through_the_day(evidence: Evidence) -> tuple[Panel, ...]:
    """Measures stacked on one clock, each with its band; what is compared with is grey."""
    starts = [num(row, "from_s") / 3600 for row in evidence.rows]
    step = min((b - a for a, b in itertools.pairwise(sorted(set(starts)))), default=1.0)
    domain = (min(starts), max(starts) + step)
    measures = in_order(str(row["measure"]) for row in evidence.rows)
    panels = []
    for i, measure in enumerate(measures):
        rows = [
            {
                **row,
                "hour": num(row, "from_s") / 3600 + step / 2,
                "at": clock(num(row, "from_s")),
                "said": short(row["value"], str(row["unit"])),
            }
            for row in evidence.rows
            if row["measure"] == measure and row["high"] is not None
        ]
        if rows:
            last = i == len(measures) - 1
            drawn = lines_with_bands(rows, x=hours_axis(domain, labels=last), top=None)
            panels.append(replace(layered(drawn, height=190), caption=measure))
    return tuple(panels)


def waited_longer(evidence: Evidence) -> tuple[Panel, ...]:
    """The share who waited longer than each time, with its band."""
    rows = [
        {
            **row,
            "unit": "share",
            "value": row["longer"],
            "at": words.duration(num(row, "wait_s")),
            "said": short(row["longer"], "share"),
        }
        for row in evidence.rows
        if row["high"] is not None
    ]
    x = seconds_axis("wait_s", rows)
    return (layered(lines_with_bands(rows, x=x, top=None), height=280),)
