"""Shares that grow with the window."""

from __future__ import annotations

import altair as alt

from andon.finding import Evidence
from andon.report.charts.axes import amount
from andon.report.charts.lines import NAME, line_label, piles
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import in_order, num, short
from andon.report.palette import var

__all__ = ["within_windows"]


def within_windows(evidence: Evidence) -> tuple[Panel, ...]:
    """Shares that grow with the window: one line for each kind, labelled at its end."""
    order = in_order(str(row["window"]) for row in evidence.rows)
    kinds = in_order(str(row["first"]) for row in evidence.rows)
    point = {str(row["first"]): bool(row.get("point")) for row in evidence.rows}
    rows = [
        {
            **row,
            "said": short(row["share"], "share"),
            "wide": str(row["window"]).replace(" days", " d"),
        }
        for row in evidence.rows
        if row["share"] is not None
    ]
    order = [each.replace(" days", " d") for each in order]
    axis = alt.Axis(title=None, labelAngle=0, grid=False, labelOverlap="greedy", labelSeparation=4)
    x = alt.X("wide:N", sort=order, axis=axis)
    highest = max(num(row, "high") for row in rows)
    top = highest * (1 + NAME * (len(piles(rows)[-1]) + 0.5))
    layers: list[alt.Chart] = []
    for kind in kinds:
        mine = [row for row in rows if row["first"] == kind]
        colour = var("accent" if point[kind] else "context")
        base = alt.Chart(inline(mine)).encode(x=x)
        layers += [
            base.mark_area(color=colour, opacity=0.18).encode(
                y=amount("low", "share", top=top), y2=alt.Y2("high")
            ),
            base.mark_line(color=colour, strokeWidth=2).encode(y=amount("share", "share", top=top)),
            base.mark_point(color=colour, filled=True, opacity=1, size=60).encode(
                y=amount("share", "share", top=top), tooltip=tips("first", "window", "said")
            ),
        ]
    for kind in kinds:
        layers.append(line_label(kind, rows, x, var("accent" if point[kind] else "context"), top))
    return (layered(layers, height=320),)
