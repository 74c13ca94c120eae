"""What happens next, by the pace of the advisor."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import altair as alt

from andon.finding import Evidence
from andon.report.charts.axes import AXIS_TITLE, SECONDS_STEPS
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import in_order, num, short, two_digits
from andon.report.palette import var

__all__ = ["by_pace"]

_MORE_AXIS_PX: Final = 72


def by_pace(evidence: Evidence) -> tuple[Panel, ...]:
    """Two panels on one axis of pace: what becomes of handle time, and of the outcome."""
    span = max(abs(num(row, "pace_s")) for row in evidence.rows) * 1.12 or 1.0
    step = next((each for each in SECONDS_STEPS if 2 * span / each <= 5), 3_600)
    ticks = list(range(-step * int(span / step), step * int(span / step) + 1, step))
    measures = in_order(str(row["measure"]) for row in evidence.rows)
    panels = []
    for i, measure in enumerate(measures):
        mine = [row for row in evidence.rows if row["measure"] == measure]
        unit, last = str(mine[0]["unit"]), i == len(measures) - 1
        rows = [
            {
                **row,
                "zero": 0.0,
                "said": _more(row["value"], unit),
                "doubt": f"{_more(row['low'], unit)} to {_more(row['high'], unit)}",
                "pace": _more(row["pace_s"], "s"),
            }
            for row in mine
        ]
        x = alt.X(
            "pace_s:Q",
            scale=alt.Scale(domain=[-span, span], nice=False),
            axis=alt.Axis(
                grid=False,
                values=ticks,
                labels=last,
                labelExpr=_MORE_LABEL["s"],
                **({"title": "pace with others", **AXIS_TITLE} if last else {"title": None}),
                labelOverlap="greedy",
                labelSeparation=6,
            ),
        )
        reach = 1.1 * max(max(abs(num(row, end)) for end in ("low", "high")) for row in rows)
        y_ticks = None
        if unit == "s":
            apart = next((each for each in SECONDS_STEPS if 2 * reach / each <= 5), 3_600)
            y_ticks = list(range(-apart * int(reach / apart), int(reach) + 1, apart))
        axis = alt.Axis(
            title=None,
            tickCount=4,
            values=y_ticks or alt.Undefined,
            domain=False,
            ticks=False,
            labelExpr=_MORE_LABEL[unit],
            minExtent=_MORE_AXIS_PX,
            maxExtent=_MORE_AXIS_PX,
        )
        scale = alt.Scale(zero=True, domain=[-reach, reach]) if unit == "s" else alt.Scale(
            zero=True, nice=True
        )  # fmt: skip

        def y(field: str, scale: alt.Scale = scale, axis: alt.Axis = axis) -> alt.Y:
            return alt.Y(f"{field}:Q", scale=scale, axis=axis)

        colour = var("accent" if last else "context")
        base = alt.Chart(inline(rows)).encode(x=x)
        layers = [
            alt.Chart(inline([{"zero": 0.0}]))
            .mark_rule(color=var("rule"), strokeWidth=1.5)
            .encode(y=y("zero")),
            base.mark_rule(color=colour, strokeWidth=2.5).encode(y=y("low"), y2=alt.Y2("high")),
            base.mark_point(color=colour, filled=True, opacity=1, size=90).encode(
                y=y("value"), tooltip=tips("pace", "said", "doubt", "n", "advisors")
            ),
        ]
        panels.append(replace(layered(layers, height=200), caption=measure))
    return tuple(panels)


_MORE_LABEL: Final = {
    "s": "(datum.value > 0 ? '+' : datum.value < 0 ? '\u2212' : '') + (abs(datum.value) < 60"
    " ? abs(datum.value) + ' s' : abs(datum.value) % 60 == 0 ? abs(datum.value) / 60 + ' min'"
    " : floor(abs(datum.value) / 60) + ':' + format(abs(datum.value) % 60, '02d'))",
    "points": "(datum.value > 0 ? '+' : datum.value < 0 ? '\u2212' : '') + abs(datum.value)",
}
"""A difference, with its sign."""


def _more(value: object, unit: str) -> str:
    """A difference as a label: its sign, and no more exact than prose."""
    if not isinstance(value, int | float):
        return ""
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    said = f"{two_digits(abs(value))} in 100" if unit == "points" else short(abs(value), unit)
    return f"{sign}{said}"
