"""A figure week by week, before and after a date."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import replace

import altair as alt

from andon.finding import Evidence, Row
from andon.report.charts.axes import Y_AXIS_PX, amount_axis, dates_axis, seconds_ticks
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import in_order, num, short
from andon.report.palette import var

__all__ = ["week_by_week"]


def week_by_week(evidence: Evidence) -> tuple[Panel, ...]:
    """Weeks as dots; behind them the mean of each stretch with its interval, and where it changed.

    The weeks that may lie on either side of a change are shaded: its date has a doubt as well.
    """
    starts = sorted({str(row["week"]) for row in evidence.rows})
    domain = (starts[0], _week_after(starts[-1]))
    measures = in_order(str(row["measure"]) for row in evidence.rows)
    panels = []
    for i, measure in enumerate(measures):
        mine = [row for row in evidence.rows if row["measure"] == measure]
        drawn = _stretches(mine, domain, dated=i == len(measures) - 1)
        caption = measure if len(measures) > 1 else ""
        panels.append(replace(layered(drawn, height=190 if caption else 260), caption=caption))
    return tuple(panels)


def _stretches(rows: Sequence[Row], domain: tuple[str, str], *, dated: bool) -> list[alt.Chart]:
    unit = str(rows[0]["unit"])
    dots = [
        {**row, "on": _midweek(str(row["week"])), "said": short(row["value"], unit)}
        for row in rows
        if row["value"] is not None
    ]
    levels = [
        {
            **part[0],
            "from": str(part[0]["week"]),
            "to": _week_after(str(part[-1]["week"])),
            "middle": str(part[len(part) // 2]["week"]),
            "said": short(part[0]["level"], unit),
            "doubt": f"{short(part[0]['low'], unit)} to {short(part[0]['high'], unit)}",
        }
        for part in _parts(rows, "level")
        if part[0]["level"] is not None
    ]
    unsure = [
        {"from": str(part[0]["week"]), "to": _week_after(str(part[-1]["week"]))}
        for part in _parts(rows, "unsure")
        if part[0]["unsure"]
    ]
    flips = [{"from": str(part[0]["week"])} for part in _parts(rows, "inside")[1:] if not unsure]
    values = [num(row, "value") for row in dots] + [num(row, "high") for row in levels]
    lows = [num(row, "value") for row in dots] + [num(row, "low") for row in levels]
    low, high = min(0.0, *lows), 1.2 * max(0.0, *values) or 1.0
    ticks = seconds_ticks(high, most=4) if unit == "s" else None
    scale = alt.Scale(domain=[low, high], nice=alt.Undefined if ticks is None else False)

    def y(field: str) -> alt.Y:
        axis = amount_axis(unit, extent=Y_AXIS_PX, ticks=ticks)
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    def x(field: str, *, ranged: bool = False) -> alt.X:
        return dates_axis(field, domain, labels=dated, ranged=ranged)

    layers: list[alt.Chart] = [
        alt.Chart(inline(unsure))
        .mark_rect(color=var("rule"), opacity=0.45)
        .encode(x=x("from", ranged=True), x2=alt.X2("to")),
        alt.Chart(inline(flips))
        .mark_rule(color=var("ink"), strokeDash=[4, 4], strokeWidth=1.5)
        .encode(x=x("from")),
    ]
    for inside, colour in ((False, "context"), (True, "accent")):
        band = alt.Chart(inline([row for row in levels if bool(row["inside"]) is inside]))
        layers += [
            band.mark_rect(color=var(colour), opacity=0.25).encode(
                x=x("from", ranged=True), x2=alt.X2("to"), y=y("low"), y2=alt.Y2("high")
            ),
            band.mark_rule(color=var(colour), strokeWidth=2.5).encode(
                x=x("from", ranged=True),
                x2=alt.X2("to"),
                y=y("level"),
                tooltip=tips("said", "doubt"),
            ),
            alt.Chart(inline([row for row in dots if bool(row["inside"]) is inside]))
            .mark_point(color=var(colour), filled=True, opacity=0.9, size=40)
            .encode(x=x("on"), y=y("value"), tooltip=tips("week", "said", "n")),
        ]
    for inside in (False, True):
        layers.append(
            alt.Chart(inline([row for row in levels if bool(row["inside"]) is inside]))
            .mark_text(
                color=var("accent" if inside else "ink"),
                baseline="bottom",
                dy=-10,
                fontWeight="bold",
            )
            .encode(x=x("middle"), y=y("high"), text="said:N")
        )
    return layers


def _parts(rows: Sequence[Row], name: str) -> list[list[Row]]:
    """Rows that follow one another and agree in that column."""
    return [list(part) for _, part in itertools.groupby(rows, key=lambda row: row[name])]


def _midweek(monday: str) -> str:
    return (dt.date.fromisoformat(monday) + dt.timedelta(days=3)).isoformat()


def _week_after(monday: str) -> str:
    return (dt.date.fromisoformat(monday) + dt.timedelta(days=7)).isoformat()
