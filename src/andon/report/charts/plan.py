"""A plan: demand as a fan, agents by interval, and what capacity buys."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import altair as alt

from andon.finding import Evidence, Row
from andon.report.charts.axes import AXIS_TITLE, amount, dates_axis, hours_axis
from andon.report.charts.lines import hover
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import clock, in_order, num, short
from andon.report.palette import var

__all__ = ["agents_by_interval", "bought", "fan_by_day"]


def fan_by_day(evidence: Evidence) -> tuple[Panel, ...]:
    """Each day as the range that 8 in 10 such days keep to; what then came as a ring."""
    rows = [
        {
            **row,
            "on": str(row["day"]),
            "said": short(row["value"], "count"),
            "doubt": f"{short(row['low'], 'count')} to {short(row['high'], 'count')}",
        }
        for row in evidence.rows
    ]
    days = [str(row["on"]) for row in rows]
    x = _days_axis((days[0], days[-1]), len(days))
    base = alt.Chart(inline(rows)).encode(x=x)
    layers = [
        base.mark_rule(color=var("accent"), strokeWidth=6, opacity=0.3).encode(
            y=amount("low", "count"), y2=alt.Y2("high")
        ),
        base.mark_point(color=var("accent"), filled=True, opacity=1, size=40).encode(
            y=amount("value", "count"), tooltip=tips("day", "said", "doubt")
        ),
    ]
    came = [row for row in rows if row["came"] is not None]
    if came:
        layers.append(
            alt.Chart(inline(came))
            .mark_point(color=var("ink"), filled=False, opacity=1, size=70, strokeWidth=2)
            .encode(x=x, y=amount("came", "count"), tooltip=tips("day", "came"))
        )
    return (layered(layers, height=260),)


def _days_axis(domain: tuple[str, str], days: int) -> alt.X:
    """Single days under a few weeks, else months."""
    if days > 70:
        return dates_axis("on", domain)
    return alt.X(
        "on:T",
        scale=alt.Scale(type="utc", domain=list(domain), nice=False, padding=8),
        axis=alt.Axis(
            title=None,
            grid=False,
            tickCount=min(days, 7),
            labelExpr="utcFormat(datum.value, '%-d %b')",
            labelOverlap="greedy",
            labelSeparation=6,
        ),
    )


def agents_by_interval(evidence: Evidence) -> tuple[Panel, ...]:
    """The work that comes as a fan; agents needed and agents there as steps; one panel a day."""
    panels = []
    top = max(
        num(row, name)
        for row in evidence.rows
        for name in ("load_high", "required", "cover")
        if row[name] is not None
    )
    names = in_order(str(row["panel"]) for row in evidence.rows)
    for name in names:
        rows = [
            {**row, "hour": num(row, "from_s") / 3600, "at": clock(num(row, "from_s"))}
            for row in evidence.rows
            if row["panel"] == name
        ]
        panels.append(replace(_day(rows, top=max(1.0, 1.1 * top)), caption=name))
    return tuple(panels)


def _day(rows: Sequence[Row], *, top: float) -> Panel:
    starts = [num(row, "hour") for row in rows]
    step = min((b - a for a, b in itertools.pairwise(starts) if b > a), default=0.5)
    closing = {**rows[-1], "hour": starts[-1] + step}
    drawn = [*rows, closing]
    x = hours_axis((starts[0], starts[-1] + step), labels=True)
    base = alt.Chart(inline(drawn)).encode(x=x)
    covered = [row for row in drawn if row["cover"] is not None]
    layers = [
        base.mark_area(color=var("accent"), opacity=0.25, interpolate="step-after").encode(
            y=amount("load_low", "count", top=top), y2=alt.Y2("load_high")
        ),
        base.mark_line(
            color=var("context"), strokeWidth=1.5, strokeDash=[4, 3], interpolate="step-after"
        ).encode(y=amount("on_the_mean", "count", top=top)),
        base.mark_line(color=var("accent"), strokeWidth=2.5, interpolate="step-after").encode(
            y=amount("required", "count", top=top)
        ),
    ]
    if covered:
        layers.append(
            alt.Chart(inline(covered))
            .mark_line(color=var("ink"), strokeWidth=1.5, interpolate="step-after")
            .encode(x=x, y=amount("cover", "count", top=top))
        )
    layers += hover(
        base,
        "hour",
        "required",
        tips("at", "required", "cover", "on_the_mean", "load_low", "load_high"),
        unit="count",
        top=top,
    )
    return layered(layers, height=170)


def bought(evidence: Evidence) -> tuple[Panel, ...]:
    """The share of days on which the promise holds, against agent-hours a day."""
    rows = [
        {
            **row,
            "said": short(row["share"], "share"),
            "doubt": f"{short(row['low'], 'share')} to {short(row['high'], 'share')}",
        }
        for row in sorted(evidence.rows, key=lambda row: num(row, "hours"))
    ]
    hours = [num(row, "hours") for row in rows]
    room = 0.06 * (hours[-1] - hours[0])
    x = alt.X(
        "hours:Q",
        scale=alt.Scale(domain=[hours[0] - room, hours[-1] + room], nice=False, zero=False),
        axis=alt.Axis(
            title="agent-hours a day",
            grid=False,
            tickCount=5,
            **AXIS_TITLE,
        ),
    )
    base = alt.Chart(inline(rows)).encode(x=x)
    marked = [row for row in rows if row["marked"]]
    names = [
        alt.Chart(inline([row]))
        .mark_text(
            color=var("accent" if row["point"] else "context"),
            align="center" if right else "left",
            dx=0 if right else 12,
            dy=28 if right else 14,
            fontWeight="bold",
        )
        .encode(x=x, y=amount("share", "share", top=1.0), text="marked:N")
        for row in marked
        for right in (num(row, "hours") > (hours[0] + hours[-1]) / 2,)
    ]
    layers = [
        base.mark_area(color=var("accent"), opacity=0.2).encode(
            y=amount("low", "share", top=1.0), y2=alt.Y2("high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2).encode(
            y=amount("share", "share", top=1.0)
        ),
        *(
            alt.Chart(inline([row]))
            .mark_point(
                color=var("accent" if row["point"] else "context"),
                filled=True,
                opacity=1,
                size=90,
            )
            .encode(
                x=x, y=amount("share", "share", top=1.0), tooltip=tips("marked", "said", "doubt")
            )
            for row in marked
        ),
        *names,
    ]
    return (layered(layers, height=280),)
