"""What a target does: the trap curve, the first weeks, and which assumption matters most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import altair as alt

from andon.finding import Evidence, Row
from andon.report.charts.axes import AXIS_TITLE, SECONDS_LABEL, amount, seconds_ticks
from andon.report.charts.lines import hover
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import in_order, num, short
from andon.report.palette import var

__all__ = ["first_weeks", "trap"]

_MOST_TICKS: Final = 6
_MOST: Final = 3.0
"""Times today's; higher only where the middle of the curves is."""


def trap(evidence: Evidence) -> tuple[Panel, ...]:
    """A figure against handle time, today's as 100 %: where it is least, and where we stand."""
    panels = []
    names = in_order(str(row["measure"]) for row in evidence.rows)
    for name in names:
        mine = [row for row in evidence.rows if row["measure"] == name]
        panels.append(replace(_curve(mine), caption=name))
    return tuple(panels)


def _curve(rows: Sequence[Row]) -> Panel:
    top = _top(rows)
    drawn: list[dict[str, Any]] = [
        {
            **row,
            **{name: min(num(row, name), top) for name in ("low", "value", "high")},
            "said": short(row["value"], "share"),
            "doubt": f"{short(row['low'], 'share')} to {short(row['high'], 'share')}",
            "at": short(row["handle_s"], "s"),
        }
        for row in sorted(rows, key=lambda row: num(row, "handle_s"))
    ]
    times = [num(row, "handle_s") for row in drawn]
    x = alt.X(
        "handle_s:Q",
        scale=alt.Scale(domain=[times[0], times[-1]], nice=False, zero=False),
        axis=alt.Axis(
            title="mean handle time",
            grid=False,
            values=[
                each
                for each in seconds_ticks(times[-1], most=2 * _MOST_TICKS)
                if times[0] <= each <= times[-1]
            ],
            labelExpr=SECONDS_LABEL,
            labelOverlap="greedy",
            labelSeparation=4,
            **AXIS_TITLE,
        ),
    )

    def y(field: str) -> alt.Y:
        return amount(field, "share", top=top)

    base = alt.Chart(inline(drawn)).encode(x=x)
    layers: list[alt.Chart] = []
    least = drawn[0]
    if least["least_low_s"] is not None:
        stretch = {**least, "end": least["least_high_s"], "handle_s": least["least_low_s"]}
        layers.append(
            alt.Chart(inline([stretch]))
            .mark_rect(color=var("running"), opacity=0.12)
            .encode(x=x, x2=alt.X2("end"))
        )
        middle = {
            **least,
            "handle_s": (num(least, "least_low_s") + num(least, "least_high_s")) / 2,
            "edge": 0.0,
            "named": "least in here",
        }
        layers.append(
            alt.Chart(inline([middle]))
            .mark_text(color=var("running"), dy=-12, fontWeight="bold")
            .encode(x=x, y=y("edge"), text="named:N")
        )
    today = [{**row, "edge": top, "named": "today"} for row in drawn if row["today"]]
    layers += [
        base.mark_area(color=var("accent"), opacity=0.22).encode(y=y("low"), y2=alt.Y2("high")),
        base.mark_line(color=var("accent"), strokeWidth=2.5).encode(y=y("value")),
        alt.Chart(inline(today)).mark_rule(color=var("ink"), strokeDash=[4, 3]).encode(x=x),
        alt.Chart(inline(today))
        .mark_text(color=var("ink"), align="right", dx=-6, dy=12, fontWeight="bold")
        .encode(x=x, y=y("edge"), text="named:N"),
        *hover(base, "handle_s", "value", tips("at", "said", "doubt"), unit="share", top=top),
    ]
    return layered(layers, height=230)


def _top(rows: Sequence[Row]) -> float:
    """Where the drawing ends: a band that leaves all bounds would flatten what is known."""
    whole = 1.08 * max(num(row, "high") for row in rows)
    return min(whole, max(_MOST, 1.5 * max(num(row, "value") for row in rows)))


def first_weeks(evidence: Evidence) -> tuple[Panel, ...]:
    """Week by week: what the plan on paper says in grey, what happens with its band."""
    panels = []
    names = in_order(str(row["measure"]) for row in evidence.rows)
    for name in names:
        mine = [row for row in evidence.rows if row["measure"] == name]
        panels.append(replace(_weeks(mine), caption=name))
    return tuple(panels)


def _weeks(rows: Sequence[Row]) -> Panel:
    unit = str(rows[0]["unit"])
    drawn: list[dict[str, Any]] = [
        {
            **row,
            "said": short(row["value"], unit),
            "doubt": f"{short(row['low'], unit)} to {short(row['high'], unit)}",
        }
        for row in rows
    ]
    top = 1.1 * max(max(num(row, "high"), num(row, "promised")) for row in drawn)
    weeks = [num(row, "week") for row in drawn]
    x = alt.X(
        "week:Q",
        scale=alt.Scale(domain=[min(weeks), max(weeks)], nice=False, zero=False),
        axis=alt.Axis(
            title="week after the change",
            grid=False,
            values=[int(each) for each in weeks],
            labelExpr="datum.value == 0 ? 'before' : datum.value",
            labelOverlap="greedy",
            labelSeparation=8,
            labelFlush=True,
            **AXIS_TITLE,
        ),
    )

    def y(field: str) -> alt.Y:
        return amount(field, unit, top=top)

    base = alt.Chart(inline(drawn)).encode(x=x)
    last = drawn[-1]
    layers = [
        base.mark_area(color=var("accent"), opacity=0.22).encode(y=y("low"), y2=alt.Y2("high")),
        base.mark_line(color=var("context"), strokeWidth=2, strokeDash=[4, 3]).encode(
            y=y("promised")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2.5).encode(y=y("value")),
        *(
            alt.Chart(inline([{**last, "named": named}]))
            .mark_text(color=var(colour), align="right", dy=dy, fontWeight="bold")
            .encode(x=x, y=y(field), text="named:N")
            for named, colour, field, dy in _names(last)
        ),
        *hover(base, "week", "value", tips("said", "doubt"), unit=unit, top=top),
    ]
    return layered(layers, height=190)


def _names(last: Row) -> tuple[tuple[str, str, str, int], ...]:
    """Each line's name beyond its own side of the other, so that the two never meet."""
    above = num(last, "value") >= num(last, "promised")
    return (
        ("what happens", "accent", "value", -12 if above else 16),
        ("on paper", "context", "promised", 16 if above else -12),
    )
