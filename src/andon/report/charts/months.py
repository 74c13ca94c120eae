"""Figures month by month, with their intervals."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt

from andon.finding import Evidence, Row
from andon.report.charts.axes import Y_AXIS_PX, amount_axis, dates_axis, seconds_ticks
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import in_order, month_start, num, short
from andon.report.palette import var

__all__ = ["share_by_month", "twins"]


def share_by_month(evidence: Evidence) -> tuple[Panel, ...]:
    """A share, month by month."""
    return (_months(evidence.rows, "share", unit="share", colour="accent"),)


def twins(evidence: Evidence) -> tuple[Panel, ...]:
    """The measure that is watched above, in grey; the one that pays for it below."""
    measures = in_order(str(row["measure"]) for row in evidence.rows)
    starts = sorted({month_start(row) for row in evidence.rows})
    panels = []
    for i, measure in enumerate(measures):
        mine = [row for row in evidence.rows if row["measure"] == measure]
        panel = _months(
            mine,
            "value",
            unit=str(mine[0]["unit"]),
            colour="context" if i == 0 else "accent",
            span=(starts[0], starts[-1]),
            dated=i == len(measures) - 1,
            height=170,
        )
        panels.append(replace(panel, caption=measure))
    return tuple(panels)


def _months(
    rows: Sequence[Row],
    value: str,
    *,
    unit: str,
    colour: str,
    span: tuple[str, str] | None = None,
    dated: bool = True,
    height: int = 240,
) -> Panel:
    """A measure by month: line, band and dots; no line runs over a month that is missing."""
    drawn = [
        {
            **row,
            "on": month_start(row),
            "said": short(row[value], unit),
            "doubt": f"{short(row['low'], unit)} to {short(row['high'], unit)}",
        }
        for row in rows
        if row[value] is not None
    ]
    for row, run in zip(drawn, _runs([str(row["month"]) for row in drawn]), strict=True):
        row["run"] = run
    domain = span or (str(drawn[0]["on"]), str(drawn[-1]["on"]))
    paint = var(colour)
    low, high = _picture(drawn, value)
    ticks = seconds_ticks(high, most=4) if unit == "s" else None
    scale = alt.Scale(domain=[low, high], nice=alt.Undefined if ticks is None else False)

    def y(field: str) -> alt.Y:
        axis = amount_axis(unit, extent=Y_AXIS_PX, ticks=ticks)
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    cut = any(num(row, "high") > high or num(row, "low") < low for row in drawn)
    for row in drawn:
        row["bottom"], row["top"] = max(num(row, "low"), low), min(num(row, "high"), high)
    x = dates_axis("on", domain, labels=dated)
    base = alt.Chart(inline(drawn)).encode(x=x, detail="run:N")
    layers = [
        base.mark_area(color=paint, opacity=0.22).encode(y=y("bottom"), y2=alt.Y2("top")),
        base.mark_line(color=paint, strokeWidth=2).encode(y=y(value)),
        base.mark_rule(color=paint, strokeWidth=2).encode(y=y("bottom"), y2=alt.Y2("top")),
        base.mark_point(color=paint, filled=True, opacity=1, size=60).encode(
            y=y(value), tooltip=tips("month", "said", "doubt")
        ),
    ]
    ends = [drawn[0], drawn[-1]] if len(drawn) > 1 else drawn
    layers += [
        alt.Chart(inline([row]))
        .mark_text(color=var("ink"), align="right" if i else "left", dy=-12, fontWeight="bold")
        .encode(x=x, y=y("top"), text="said:N")
        for i, row in enumerate(ends)
    ]
    note = "An interval leaves the picture; the table has its ends." if cut else ""
    return replace(layered(layers, height=height), note=note)


def _picture(rows: Sequence[Mapping[str, Any]], value: str) -> tuple[float, float]:
    """What the axis spans: every value, and all intervals but those far wider than the others."""
    highs, lows = ([num(row, end) for row in rows] for end in ("high", "low"))
    values = [num(row, value) for row in rows]
    usual = 2 * max(statistics.median(highs), 0.0)
    top = 1.08 * max(0.0, *values, *(min(each, usual) for each in highs))
    bottom = min(0.0, *values, *(max(each, -usual / 2) for each in lows))
    return bottom, top or 1.0


def _runs(months: Sequence[str]) -> list[int]:
    """A number for each stretch of months that follow one another."""
    numbers = [12 * int(each[:4]) + int(each[5:7]) for each in months]
    runs, run = [], 0
    for i, number in enumerate(numbers):
        run += int(i > 0 and number != numbers[i - 1] + 1)
        runs.append(run)
    return runs
