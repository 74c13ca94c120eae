"""How many contacts took how long."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import altair as alt

from andon.finding import Evidence
from andon.report.charts.axes import SECONDS_LABEL, amount
from andon.report.charts.lines import LINE_PX
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import num, short, tidy
from andon.report.palette import var

__all__ = ["how_long"]


def how_long(evidence: Evidence) -> tuple[Panel, ...]:
    """How many contacts took how long, on an axis where each step multiplies the time."""
    rows = [
        {
            **row,
            "start": max(num(row, "from_s"), 0.5 * num(row, "to_s")),
            "stretch": f"{tidy(num(row, 'from_s'))} to {tidy(num(row, 'to_s'))}",
            "said": short(row["share"], "share"),
            "zero": 0.0,
        }
        for row in evidence.rows
        if row["share"] is not None
    ]
    for row in rows:
        row["middle"] = (num(row, "start") * num(row, "to_s")) ** 0.5
    whole = _heights(rows)
    marked = [num(row, "high") for row in rows if row.get("point")]
    if not marked or max(marked) >= _SEEN * max(num(row, "share") for row in rows):
        return (whole,)
    # A heap too low to be seen beside the others is drawn again, up to where they outgrow it.
    last = max(i for i, row in enumerate(rows) if row.get("point"))
    small = list(
        itertools.takewhile(
            lambda row: row.get("point") or num(row, "high") <= _OUTGROWN * max(marked),
            sorted(rows, key=lambda row: num(row, "to_s")),
        )
    )
    if len(small) <= last:
        return (whole,)
    upto = tidy(max(num(row, "to_s") for row in small))
    return (
        replace(whole, caption="All lengths"),
        replace(_heights(small, height=150), caption=f"Only those under {upto}, drawn larger"),
    )


_CLOSE_TICKS_S: Final = (1, 2, 5, 10, 20, 60, 120, 300, 600, 1_200, 3_600, 7_200, 36_000)


_SEEN: Final = 0.1
"""A heap lower than this part of the highest bar is hardly seen beside it."""


_OUTGROWN: Final = 1.5
"""Bars so many times as high as a heap would hide it again."""


def _heights(rows: Sequence[Mapping[str, Any]], *, height: int = 260) -> Panel:
    """A bar for each stretch of time; those that make the point have their name and their share."""
    domain = [min(num(row, "start") for row in rows), max(num(row, "to_s") for row in rows)]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    steps = (1, 10, 60, 600, 3_600, 36_000) if domain[1] > 100 * domain[0] else _CLOSE_TICKS_S
    ticks = [each for each in steps if domain[0] <= each <= domain[1]]
    axis = alt.Axis(title=None, grid=False, values=ticks, labelExpr=SECONDS_LABEL)
    x = alt.X("start:Q", scale=scale, axis=axis)
    middle = alt.X("middle:Q", scale=scale, axis=axis)
    marked = [row for row in rows if row.get("point")]
    named = max((num(row, "high") for row in marked), default=0.0)
    highest = max(num(row, "high") for row in rows)
    room = named / (1 - (3 * LINE_PX) / height)  # for two lines of text over the heap
    top = room if room > highest else None
    layers: list[alt.Chart] = []
    for point, colour in ((False, "context"), (True, "accent")):
        mine = [row for row in rows if bool(row.get("point")) is point]
        base = alt.Chart(inline(mine))
        layers += [
            base.mark_rect(
                color=var(colour), opacity=0.55, stroke=var("paper"), strokeWidth=1
            ).encode(
                x=x,
                x2=alt.X2("to_s"),
                y=amount("zero", "share", top=top),
                y2=alt.Y2("share"),
                tooltip=tips("stretch", "said"),
            ),
            base.mark_rule(color=var("ink"), strokeWidth=1.5).encode(
                x=middle, y=amount("low", "share", top=top), y2=alt.Y2("high")
            ),
        ]
    if marked:
        last = max(marked, key=lambda row: num(row, "to_s"))
        together = short(sum(num(row, "share") for row in marked), "share")
        label = {
            "start": domain[0],
            "high": named,
            "named": f"under {tidy(num(last, 'to_s'))}:\n{together}",
        }
        layers.append(
            alt.Chart(inline([label]))
            .mark_text(
                color=var("accent"),
                align="left",
                baseline="bottom",
                lineBreak="\n",
                dx=4,
                dy=-6 - LINE_PX,
                fontWeight="bold",
            )
            .encode(x=x, y=amount("high", "share", top=top), text="named:N")
        )
    return layered(layers, height=height)
