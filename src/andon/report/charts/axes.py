"""Axes: amounts from zero, dates, hours and lengths of time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

import altair as alt

from andon.report.charts.panel import TEXT_PX
from andon.report.palette import var

__all__ = [
    "AXIS_TITLE",
    "SECONDS_LABEL",
    "SECONDS_STEPS",
    "Y_AXIS_PX",
    "amount",
    "amount_axis",
    "dates_axis",
    "hours_axis",
    "seconds_axis",
    "seconds_ticks",
]

Y_AXIS_PX: Final = 56


def hours_axis(domain: tuple[float, float], *, labels: bool) -> alt.X:
    """The clock, marked every hour, two, three or six."""
    first, last = domain
    step = next((each for each in (1, 2, 3, 6, 12) if (last - first) / each <= 8), 24)
    ticks = [hour for hour in range(0, math.ceil(last) + 1, step) if first <= hour <= last]
    return alt.X(
        "hour:Q",
        scale=alt.Scale(domain=[first, last], nice=False),
        axis=alt.Axis(
            title=None,
            grid=False,
            values=ticks,
            labelExpr="datum.value + ':00'",
            labels=labels,
            labelOverlap="greedy",
            labelSeparation=4,
        ),
    )


def amount(
    field: str, unit: str, *, top: float | None = None, ticks: Sequence[float] | None = None
) -> alt.Y:
    """An amount, from zero up."""
    scale = alt.Scale(zero=True, domain=[0, top]) if top else alt.Scale(zero=True, nice=True)
    return alt.Y(f"{field}:Q", scale=scale, axis=amount_axis(unit, extent=Y_AXIS_PX, ticks=ticks))


def amount_axis(unit: str, *, extent: int = 0, ticks: Sequence[float] | None = None) -> alt.Axis:
    """Few ticks, and the unit on each; y axes are as wide as one another, so stacks line up."""
    label = {
        "share": "round(datum.value * 1000) / 10 + ' %'",
        "s": SECONDS_LABEL,
        "points": "replace(datum.value, '-', '\u2212') + ' in 100'",
    }
    return alt.Axis(
        title=None,
        tickCount=4,
        values=list(ticks) if ticks else alt.Undefined,
        domain=False,
        ticks=False,
        labelExpr=label.get(unit, "format(datum.value, ',')"),
        labelSeparation=6,
        minExtent=extent or alt.Undefined,
        maxExtent=extent or alt.Undefined,
    )


def dates_axis(
    field: str, domain: Sequence[str], *, labels: bool = True, ranged: bool = False
) -> alt.X:
    """Calendar time; the year stands under each January and at the start.

    A mark that runs from date to date (``ranged``) reads a domain in another way than a point does:
    it takes the one that the points of the same picture set.
    """
    months = max(1, 12 * (int(domain[1][:4]) - int(domain[0][:4])))
    months += int(domain[1][5:7]) - int(domain[0][5:7])
    step = 1 if months <= 12 else 3 if months <= 36 else 12
    first = f"utcFormat(datum.value, '%Y-%m') == '{domain[0][:7]}'"
    year = f"utcFormat(datum.value, '%m') == '01' || {first}"
    return alt.X(
        f"{field}:T",
        scale=alt.Scale(type="utc", domain=alt.Undefined if ranged else list(domain), nice=False),
        axis=alt.Axis(
            title=None,
            grid=False,
            tickCount=cast("Any", {"interval": "month", "step": step}),
            labelExpr=f"{year} ? [utcFormat(datum.value, '%b'), utcFormat(datum.value, '%Y')]"
            " : utcFormat(datum.value, '%b')",
            labelOverlap="parity",
            labelSeparation=4,
            labelFlush=True,
            labels=labels,
        ),
    )


def seconds_axis(field: str, rows: Iterable[Mapping[str, Any]]) -> alt.X:
    """Waiting time, marked where people would mark it: every half minute, minute or five."""
    longest = max((float(row[field]) for row in rows), default=60.0)
    return alt.X(
        f"{field}:Q",
        scale=alt.Scale(domain=[0, longest], nice=False),
        axis=alt.Axis(
            title=None,
            grid=False,
            values=seconds_ticks(longest, most=7),
            labelExpr=SECONDS_LABEL,
            labelOverlap="greedy",
            labelSeparation=4,
        ),
    )


def seconds_ticks(longest: float, *, most: int) -> list[int]:
    """Where ticks stand, at most so many, from 0 to the longest time in seconds."""
    step = next((each for each in SECONDS_STEPS if longest / each <= most), 86_400)
    return list(range(0, int(longest) + 1, step))


SECONDS_STEPS: Final = (1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600)


SECONDS_LABEL: Final = (
    "datum.value == 0 ? '0' : datum.value < 60 ? datum.value + ' s' : datum.value % 60 == 0"
    " ? datum.value / 60 + ' min' : floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')"
)


AXIS_TITLE: Final[dict[str, Any]] = {
    "titleColor": var("quiet"),
    "titleFontSize": TEXT_PX,
    "titleFontWeight": "normal",
}
"""Where an axis is not time and not what the title says, it has a name."""
