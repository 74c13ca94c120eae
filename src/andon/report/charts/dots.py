"""Dots with their intervals, and bars of shares, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import altair as alt

from andon.finding import Evidence, Row
from andon.report.charts.axes import amount, amount_axis, seconds_ticks
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import in_order, num, short
from andon.report.palette import var

__all__ = [
    "by_group",
    "coming_back",
    "contacts_each",
    "for_a_minute",
    "hours_lost",
    "matters",
    "mean_waits",
    "ranges",
    "readings",
]


def coming_back(evidence: Evidence) -> tuple[Panel, ...]:
    """Who came back, by what happened to them first."""
    return (_dots(evidence.rows, label="first", value="share", unit="share"),)


def hours_lost(evidence: Evidence) -> tuple[Panel, ...]:
    """Hours, by what they went to."""
    return (_dots(evidence.rows, label="what", value="hours", unit="h"),)


def matters(evidence: Evidence) -> tuple[Panel, ...]:
    """How much each assumption matters."""
    return (_dots(evidence.rows, label="what", value="value", unit="share"),)


def mean_waits(evidence: Evidence) -> tuple[Panel, ...]:
    """Mean waits, by kind."""
    return (_dots(evidence.rows, label="what", value="seconds", unit="s"),)


def contacts_each(evidence: Evidence) -> tuple[Panel, ...]:
    """How many matters took how many contacts; those of one stand out."""
    rows = [
        {**row, "stretch": str(row["contacts"])}
        for row in evidence.rows
        if row["share"] is not None
    ]
    return (_bars(rows),)


def by_group(evidence: Evidence) -> tuple[Panel, ...]:
    """A figure, group by group."""
    unit = str(evidence.rows[0]["unit"])
    return (_dots(evidence.rows, label="group", value="value", unit=unit),)


def ranges(evidence: Evidence) -> tuple[Panel, ...]:
    """Ranges that hold whatever the missing data were; a dot only where there is a best number."""
    return (_dots(evidence.rows, label="what", value="value", unit="share", thick=True),)


def for_a_minute(evidence: Evidence) -> tuple[Panel, ...]:
    """What a minute more would spare, by outcome."""
    return (_dots(evidence.rows, label="what", value="spared", unit="points"),)


def readings(evidence: Evidence) -> tuple[Panel, ...]:
    """Each measure as it reads, and as it would read without the bending."""
    panels = []
    for measure in in_order(str(row["measure"]) for row in evidence.rows):
        mine = [row for row in evidence.rows if row["measure"] == measure]
        drawn = _dots(mine, label="reading", value="value", unit=str(mine[0]["unit"]))
        panels.append(replace(drawn, caption=measure))
    return tuple(panels)


def _dots(rows: Sequence[Row], *, label: str, value: str, unit: str, thick: bool = False) -> Panel:
    """One line a row: its name above, its dot and interval below, its value beside."""
    drawn = [
        {
            **row,
            "paint": var("accent" if row.get("point") else "context"),
            "zero": 0.0,
            "said": short(row[value], unit)
            if row[value] is not None
            else f"{short(row['low'], unit)} to {short(row['high'], unit)}",
            "doubt": f"{short(row['low'], unit)} to {short(row['high'], unit)}",
        }
        for row in rows
        if row["high"] is not None
    ]
    bottom = min([0.0, *(num(row, "low") for row in drawn)])
    top = max([0.0 if bottom < 0 else -1.0, *(num(row, "high") for row in drawn)]) or 1.0
    wide = [num(row, "high") > 0.6 * top and num(row, "low") < 0.3 * top for row in drawn]
    # The number of an interval across the whole picture needs a place beside it.
    room = 1.55 if any(wide) and not thick else 1.15
    scale = alt.Scale(
        domain=[1.15 * bottom, min(1.0, room * top) if unit == "share" else room * top]
    )
    for row, across in zip(drawn, wide, strict=True):
        row["named"] = f"{row[label]}: {row['said']}" if thick else row[label]
        row["right"] = across or num(row, "high") <= 0.6 * top
    ticks = seconds_ticks(room * top, most=5) if unit == "s" else None
    x = alt.X("low:Q", scale=scale, axis=amount_axis(unit, ticks=ticks))
    y = alt.Y(f"{label}:N", sort=None, axis=None)
    base = alt.Chart(inline(drawn)).encode(y=y)
    paint = alt.Color("paint:N", scale=None, legend=None)
    layers = [
        base.mark_text(
            align="left", yOffset=-11, color=var("ink"), limit=cast("Any", alt.ExprRef("width"))
        ).encode(x=alt.value(2), text="named:N"),
        *(
            [
                base.mark_rule(yOffset=12, strokeWidth=1, color=var("context"), opacity=0.7).encode(
                    x=alt.X("zero:Q", scale=scale, axis=amount_axis(unit)), x2=alt.X2("low")
                )
            ]
            if unit == "h"
            else []
        ),
        base.mark_rule(
            yOffset=12, strokeWidth=9 if thick else 2.5, opacity=0.6 if thick else 1
        ).encode(x=x, x2="high:Q", color=paint, tooltip=tips(label, "said", "doubt")),
    ]
    for right in () if thick else (True, False):
        beside = alt.Chart(inline([row for row in drawn if row["right"] is right]))
        end = "high" if right else "low"
        layers.append(
            beside.mark_text(
                align="left" if right else "right",
                dx=9 if right else -9,
                yOffset=12,
                fontWeight="bold",
            ).encode(x=alt.X(f"{end}:Q", scale=scale), y=y, text="said:N", color=paint)
        )
    valued = [row for row in drawn if row[value] is not None]
    if valued:
        layers.append(
            alt.Chart(inline(valued))
            .mark_point(yOffset=12, filled=True, opacity=1, size=110)
            .encode(
                y=y,
                x=alt.X(f"{value}:Q", scale=scale),
                color=paint,
                tooltip=tips(label, "said", "doubt"),
            )
        )
    return layered(layers, height=56 * len(drawn))


def _bars(rows: Sequence[Row]) -> Panel:
    """A histogram whose bars carry intervals; the bar that makes the point has its number."""
    rows = [{**row, "said": short(row["share"], "share")} for row in rows]
    order = [str(row["stretch"]) for row in rows]
    x = alt.X(
        "stretch:N",
        sort=order,
        scale=alt.Scale(paddingInner=0.12, paddingOuter=0.1),
        axis=alt.Axis(title=None, labelAngle=0, grid=False, labelOverlap="greedy"),
    )
    layers: list[alt.Chart] = []
    for point, colour in ((False, "context"), (True, "accent")):
        mine = [row for row in rows if bool(row.get("point")) is point]
        base = alt.Chart(inline(mine)).encode(x=x)
        layers += [
            base.mark_bar(color=var(colour), opacity=0.55).encode(
                y=amount("share", "share"), tooltip=tips("stretch", "said")
            ),
            base.mark_rule(color=var("ink"), strokeWidth=1.5).encode(
                y=amount("low", "share"), y2=alt.Y2("high")
            ),
        ]
        if point:
            layers.append(
                base.mark_text(color=var(colour), dy=-12, fontWeight="bold").encode(
                    y=amount("high", "share"), text="said:N"
                )
            )
    return layered(layers, height=260)
