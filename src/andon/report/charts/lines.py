"""Lines with their bands and their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import altair as alt

from andon.finding import Row
from andon.report.charts.axes import amount, seconds_ticks
from andon.report.charts.panel import inline
from andon.report.charts.rows import in_order, num
from andon.report.palette import var

__all__ = ["LINE_PX", "NAME", "hover", "line_label", "lines_with_bands", "piles"]

LINE_PX: Final = 19


def lines_with_bands(rows: Sequence[Row], *, x: alt.X, top: float | None) -> list[alt.Chart]:
    """One line for each name in ``line``, with its band; the one that is the point stands out.

    Rows that are marked have a dot and their number; where there are two lines each has its name.
    """
    names = in_order(str(row["line"]) for row in rows)
    unit = str(rows[0]["unit"])

    def y(field: str) -> alt.Y:
        highest = max(num(row, "high") for row in rows)
        ticks = seconds_ticks(highest, most=4) if unit == "s" else None
        return amount(field, unit, top=top, ticks=ticks)

    layers: list[alt.Chart] = []
    for name in names:
        mine = [row for row in rows if row["line"] == name]
        colour = var("accent" if mine[0].get("point") else "context")
        base = alt.Chart(inline(mine)).encode(x=x)
        layers += [
            base.mark_area(color=colour, opacity=0.25).encode(y=y("low"), y2=alt.Y2("high")),
            base.mark_line(color=colour, strokeWidth=2).encode(y=y("value")),
        ]
        marked = alt.Chart(inline([row for row in mine if row.get("marked")])).encode(x=x)
        below = _dips(mine)
        layers += [
            marked.mark_point(color=colour, filled=True, opacity=1, size=80).encode(y=y("value")),
            marked.mark_text(
                color=colour,
                align="center" if below else "left",
                dx=0 if below else 8,
                dy=20 if below else -12,
                fontWeight="bold",
            ).encode(y=y("value"), text="said:N"),
        ]
    return layers + _names_of_two(rows, names, x=x, y=y)


def _dips(rows: Sequence[Row]) -> bool:
    """Whether the marked row is a dip with room for its number below."""
    values = [num(row, "value") for row in rows]
    for i, row in enumerate(rows):
        if row.get("marked"):
            beside = values[max(0, i - 1) : i] + values[i + 1 : i + 2]
            return values[i] < min(beside, default=0.0) and values[i] > 0.2 * max(values)
    return False


def _names_of_two(
    rows: Sequence[Row], names: Sequence[str], *, x: alt.X, y: Callable[[str], alt.Y]
) -> list[alt.Chart]:
    """The names of two lines that differ, in the corner of the picture that is emptiest."""
    of = [{row["at"]: row["value"] for row in rows if row["line"] == name} for name in names]
    if len(names) != 2 or of[0] == of[1]:
        return []
    top = max(num(row, "high") for row in rows)
    third = max(1, len(rows) // 6)
    mine = [[row for row in rows if row["line"] == name] for name in names]
    corners = {
        (right, up): min(
            (1 - num(row, "high") / top) if up else num(row, "low") / top
            for each in mine
            for row in (each[-third:] if right else each[:third])
        )
        for right in (True, False)
        for up in (True, False)
    }
    right, up = max(corners, key=lambda corner: corners[corner])
    place = mine[0][-1 if right else 0]
    return [
        cast(
            "alt.Chart",
            alt.Chart(inline([{**place, "line": name, "edge": top if up else 0.0}]))
            .mark_text(
                color=var("accent" if each[0].get("point") else "context"),
                align="right" if right else "left",
                dx=-4 if right else 4,
                dy=(14 if up else -34) + 20 * i,
                fontWeight="bold",
            )
            .encode(x=x, y=y("edge"), text="line:N"),
        )
        for i, (name, each) in enumerate(zip(names, mine, strict=True))
    ]


def piles(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Lines by where they end, from the lowest; those that end close to each other in one stack."""
    ends = {str(row["first"]): num(row, "share") for row in rows}
    near = _APART * max(ends.values())
    stacks: list[list[str]] = []
    for kind in sorted(ends, key=lambda each: ends[each]):
        if stacks and ends[kind] - ends[stacks[-1][-1]] < near:
            stacks[-1].append(kind)
        else:
            stacks.append([kind])
    return stacks


_APART: Final = 0.15
"""Lines that end closer than this part of the highest have their names above both of them."""


NAME: Final = 0.075
"""The height of a name, as a part of the highest line's."""


def line_label(
    kind: str, rows: Sequence[Mapping[str, Any]], x: alt.X, colour: str, top: float
) -> alt.Chart:
    """A line's name above its end: a line that rises never meets it, nor does the axis."""
    stack = next(each for each in piles(rows) if kind in each)
    ends = {str(row["first"]): row for row in rows}
    place = {**ends[kind], "share": max(num(ends[each], "share") for each in stack)}
    label: alt.Chart = (
        alt.Chart(inline([place]))
        .mark_text(
            color=colour,
            align="right",
            dx=8,
            dy=-16 - LINE_PX * stack.index(kind),
            fontWeight="bold",
        )
        .encode(x=x, y=amount("share", "share", top=top), text="first:N")
    )
    return label


def hover(
    base: alt.Chart,
    field: str,
    value: str,
    tooltip: list[alt.Tooltip],
    *,
    unit: str,
    top: float | None = None,
) -> list[alt.Chart]:
    """The nearest point lights up and tells its numbers, under a pointer or a finger."""
    at = alt.selection_point(
        name="at", nearest=True, on="pointerover", fields=[field], empty=False, clear="pointerout"
    )
    return [
        cast(
            "alt.Chart",
            base.mark_point(filled=True, size=90, color=var("ink"))
            .encode(
                y=amount(value, unit, top=top),
                opacity=alt.condition(at, alt.value(1), alt.value(0)),
                tooltip=tooltip,
            )
            .add_params(at),
        )
    ]
