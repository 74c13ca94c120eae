"""Charts: the numbers behind a finding, drawn with their doubt.

Each kind of :class:`~andon.finding.Evidence` is a row of :data:`KINDS`: the columns its rows have,
and the function that draws them as Vega-Lite through Altair. The page sets title, subtitle, source
and table in text; a drawing holds only what is drawn. What all have in common:

- one accent colour for the point that is made, grey for what it is compared with;
- a band, an interval or the single days beside every estimate;
- amounts from zero, time from left to right, labels on the marks and no legend;
- colours by name (:mod:`andon.report.palette`), so that one drawing serves light, dark and print;
- any width from 330 px up.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import altair as alt

from andon.errors import ReportError
from andon.finding import Evidence, Row
from andon.report import words
from andon.report.palette import var

__all__ = ["KINDS", "Column", "Kind", "Panel", "draw", "static_svg"]

Spec = dict[str, Any]

_FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
)
_TEXT_PX: Final = 16
_STATIC_WIDTH_PX: Final = 760
_Y_AXIS_PX: Final = 56
_MORE_AXIS_PX: Final = 72
_VEGA_LITE: Final = "6.4"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of evidence.

    Attributes
    ----------
    name : str
        As the row has it.
    label : str
        As people read it over the table.
    unit : str
        How the table shows it: ``share``, ``s``, ``h``, ``count``, ``as is`` or empty for text.
    """

    name: str
    label: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One drawing of a chart; a chart of twins has two, on one time axis.

    Attributes
    ----------
    caption : str
        What this panel shows, where a chart has more than one; else empty.
    spec : dict
        Vega-Lite, as wide as its container.
    note : str
        What the drawing leaves out; else empty.
    """

    caption: str
    spec: Spec
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of evidence: what its rows hold and how they are drawn.

    Attributes
    ----------
    says : str
        What such a chart shows.
    columns : tuple of Column
        In the order of the table.
    draw : callable
        From evidence to panels.
    """

    says: str
    columns: tuple[Column, ...]
    draw: Callable[[Evidence], tuple[Panel, ...]]


def draw(evidence: Evidence) -> tuple[Panel, ...]:
    """The panels of a chart, as Vega-Lite.

    Raises
    ------
    ReportError
        If no chart is known for this kind of evidence, or its rows lack a column.
    """
    kind = KINDS.get(evidence.kind)
    if kind is None:
        raise ReportError(
            f"No chart is known for evidence of the kind {evidence.kind!r}.",
            found=evidence.title,
            todo=f"Use one of: {', '.join(KINDS)}.",
        )
    for row in evidence.rows:
        missing = [column.name for column in kind.columns if column.name not in row]
        if missing:
            raise ReportError(
                f"A row of {evidence.kind!r} evidence lacks the column {missing[0]!r}.",
                found=f"columns: {', '.join(row)}",
                todo=f"Give every row: {', '.join(column.name for column in kind.columns)}.",
            )
    known = [row for row in evidence.rows if row.get("high", True) is not None]
    return kind.draw(evidence) if known else ()


def static_svg(spec: Spec, *, width_px: int = _STATIC_WIDTH_PX) -> str:
    """The drawing as SVG, without a browser and without the network."""
    import vl_convert  # noqa: PLC0415  # heavy, and only a report needs it

    fixed = spec | {"width": width_px}
    try:
        drawn: str = vl_convert.vegalite_to_svg(fixed, vl_version=_VEGA_LITE, allowed_base_urls=[])
    except ValueError as problem:
        raise ReportError(
            "A chart cannot be drawn.",
            found=str(problem).splitlines()[-1],
            todo="Please report it, with the JSON of this report.",
        ) from problem
    return drawn


# ---------------------------------------------------------------- kinds of evidence


def _share_by_month(evidence: Evidence) -> tuple[Panel, ...]:
    return (_months(evidence.rows, "share", unit="share", colour="accent"),)


def _twins(evidence: Evidence) -> tuple[Panel, ...]:
    """The measure that is watched above, in grey; the one that pays for it below."""
    measures = _in_order(str(row["measure"]) for row in evidence.rows)
    starts = sorted({_month_start(row) for row in evidence.rows})
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


def _coming_back(evidence: Evidence) -> tuple[Panel, ...]:
    return (_dots(evidence.rows, label="first", value="share", unit="share"),)


def _hours(evidence: Evidence) -> tuple[Panel, ...]:
    return (_dots(evidence.rows, label="what", value="hours", unit="h"),)


def _waits(evidence: Evidence) -> tuple[Panel, ...]:
    return (_dots(evidence.rows, label="what", value="seconds", unit="s"),)


def _lengths(evidence: Evidence) -> tuple[Panel, ...]:
    """How many matters took how many contacts; those of one stand out."""
    rows = [
        {**row, "stretch": str(row["contacts"])}
        for row in evidence.rows
        if row["share"] is not None
    ]
    return (_bars(rows),)


def _groups(evidence: Evidence) -> tuple[Panel, ...]:
    unit = str(evidence.rows[0]["unit"])
    return (_dots(evidence.rows, label="group", value="value", unit=unit),)


def _bounds(evidence: Evidence) -> tuple[Panel, ...]:
    """Ranges that hold whatever the missing data were; a dot only where there is a best number."""
    return (_dots(evidence.rows, label="what", value="value", unit="share", thick=True),)


def _windows(evidence: Evidence) -> tuple[Panel, ...]:
    """Shares that grow with the window: one line for each kind, labelled at its end."""
    order = _in_order(str(row["window"]) for row in evidence.rows)
    kinds = _in_order(str(row["first"]) for row in evidence.rows)
    point = {str(row["first"]): bool(row.get("point")) for row in evidence.rows}
    rows = [
        {
            **row,
            "said": _short(row["share"], "share"),
            "wide": str(row["window"]).replace(" days", " d"),
        }
        for row in evidence.rows
        if row["share"] is not None
    ]
    order = [each.replace(" days", " d") for each in order]
    axis = alt.Axis(title=None, labelAngle=0, grid=False, labelOverlap="greedy", labelSeparation=4)
    x = alt.X("wide:N", sort=order, axis=axis)
    highest = max(_num(row, "high") for row in rows)
    top = highest * (1 + _NAME * (len(_stacks(rows)[-1]) + 0.5))
    layers: list[alt.Chart] = []
    for kind in kinds:
        mine = [row for row in rows if row["first"] == kind]
        colour = var("accent" if point[kind] else "context")
        base = alt.Chart(_data(mine)).encode(x=x)
        layers += [
            base.mark_area(color=colour, opacity=0.18).encode(
                y=_amount("low", "share", top=top), y2=alt.Y2("high")
            ),
            base.mark_line(color=colour, strokeWidth=2).encode(
                y=_amount("share", "share", top=top)
            ),
            base.mark_point(color=colour, filled=True, opacity=1, size=60).encode(
                y=_amount("share", "share", top=top), tooltip=_tooltip("first", "window", "said")
            ),
        ]
    for kind in kinds:
        layers.append(_line_label(kind, rows, x, var("accent" if point[kind] else "context"), top))
    return (_panel(layers, height=320),)


def _patience(evidence: Evidence) -> tuple[Panel, ...]:
    """Who would still be waiting, had nobody been served."""
    rows = [
        {
            **row,
            "said": _short(row["waiting"], "share"),
            "after": words.duration(_num(row, "wait_s")),
        }
        for row in evidence.rows
        if row["waiting"] is not None
    ]
    base = alt.Chart(_data(rows)).encode(x=_seconds_axis("wait_s", rows))
    layers = [
        base.mark_area(color=var("accent"), opacity=0.2, interpolate="step-after").encode(
            y=_amount("low", "share", top=1.0), y2=alt.Y2("high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2, interpolate="step-after").encode(
            y=_amount("waiting", "share", top=1.0)
        ),
        *_hover(base, "wait_s", "waiting", _tooltip("after", "said"), unit="share", top=1.0),
    ]
    return (_panel(layers, height=260),)


def _hazard(evidence: Evidence) -> tuple[Panel, ...]:
    """Of those still waiting, how many leave in each stretch of time; the peak stands out."""
    rows = [
        {
            **row,
            "middle": (_num(row, "from_s") + _num(row, "to_s")) / 2,
            "stretch": f"{_num(row, 'from_s'):g} to {_num(row, 'to_s'):g} s",
            "said": _short(row["leaving"], "share"),
        }
        for row in evidence.rows
        if row["leaving"] is not None
    ]
    layers: list[alt.Chart] = []
    for point, colour in ((False, "context"), (True, "accent")):
        mine = [row for row in rows if bool(row["point"]) is point]
        base = alt.Chart(_data(mine)).encode(x=_seconds_axis("middle", rows))
        layers += [
            base.mark_rule(color=var(colour), strokeWidth=2).encode(
                y=_amount("low", "share"), y2=alt.Y2("high")
            ),
            base.mark_point(color=var(colour), filled=True, opacity=1, size=55).encode(
                y=_amount("leaving", "share"), tooltip=_tooltip("stretch", "said")
            ),
        ]
    peak = [row for row in rows if row["point"]][:1]
    layers.append(
        alt.Chart(_data(peak))
        .mark_text(color=var("accent"), align="left", dx=10, dy=-8, fontWeight="bold")
        .encode(x=_seconds_axis("middle", rows), y=_amount("leaving", "share"), text="stretch:N")
    )
    return (_panel(layers, height=260),)


def _distribution(evidence: Evidence) -> tuple[Panel, ...]:
    """How many contacts took how long, on an axis where each step multiplies the time."""
    rows = [
        {
            **row,
            "start": max(_num(row, "from_s"), 0.5 * _num(row, "to_s")),
            "stretch": f"{_tidy(_num(row, 'from_s'))} to {_tidy(_num(row, 'to_s'))}",
            "said": _short(row["share"], "share"),
            "zero": 0.0,
        }
        for row in evidence.rows
        if row["share"] is not None
    ]
    for row in rows:
        row["middle"] = (_num(row, "start") * _num(row, "to_s")) ** 0.5
    whole = _heights(rows)
    marked = [_num(row, "high") for row in rows if row.get("point")]
    if not marked or max(marked) >= _SEEN * max(_num(row, "share") for row in rows):
        return (whole,)
    # A heap too low to be seen beside the others is drawn again, up to where they outgrow it.
    last = max(i for i, row in enumerate(rows) if row.get("point"))
    small = list(
        itertools.takewhile(
            lambda row: row.get("point") or _num(row, "high") <= _OUTGROWN * max(marked),
            sorted(rows, key=lambda row: _num(row, "to_s")),
        )
    )
    if len(small) <= last:
        return (whole,)
    upto = _tidy(max(_num(row, "to_s") for row in small))
    return (
        replace(whole, caption="All lengths"),
        replace(_heights(small, height=150), caption=f"Only those under {upto}, drawn larger"),
    )


_LINE_PX: Final = 19
_CLOSE_TICKS_S: Final = (1, 2, 5, 10, 20, 60, 120, 300, 600, 1_200, 3_600, 7_200, 36_000)
_SEEN: Final = 0.1
"""A heap lower than this part of the highest bar is hardly seen beside it."""
_OUTGROWN: Final = 1.5
"""Bars so many times as high as a heap would hide it again."""


def _heights(rows: Sequence[Mapping[str, Any]], *, height: int = 260) -> Panel:
    """A bar for each stretch of time; those that make the point have their name and their share."""
    domain = [min(_num(row, "start") for row in rows), max(_num(row, "to_s") for row in rows)]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    steps = (1, 10, 60, 600, 3_600, 36_000) if domain[1] > 100 * domain[0] else _CLOSE_TICKS_S
    ticks = [each for each in steps if domain[0] <= each <= domain[1]]
    axis = alt.Axis(title=None, grid=False, values=ticks, labelExpr=_SECONDS_LABEL)
    x = alt.X("start:Q", scale=scale, axis=axis)
    middle = alt.X("middle:Q", scale=scale, axis=axis)
    marked = [row for row in rows if row.get("point")]
    named = max((_num(row, "high") for row in marked), default=0.0)
    highest = max(_num(row, "high") for row in rows)
    room = named / (1 - (3 * _LINE_PX) / height)  # for two lines of text over the heap
    top = room if room > highest else None
    layers: list[alt.Chart] = []
    for point, colour in ((False, "context"), (True, "accent")):
        mine = [row for row in rows if bool(row.get("point")) is point]
        base = alt.Chart(_data(mine))
        layers += [
            base.mark_rect(
                color=var(colour), opacity=0.55, stroke=var("paper"), strokeWidth=1
            ).encode(
                x=x,
                x2=alt.X2("to_s"),
                y=_amount("zero", "share", top=top),
                y2=alt.Y2("share"),
                tooltip=_tooltip("stretch", "said"),
            ),
            base.mark_rule(color=var("ink"), strokeWidth=1.5).encode(
                x=middle, y=_amount("low", "share", top=top), y2=alt.Y2("high")
            ),
        ]
    if marked:
        last = max(marked, key=lambda row: _num(row, "to_s"))
        together = _short(sum(_num(row, "share") for row in marked), "share")
        label = {
            "start": domain[0],
            "high": named,
            "named": f"under {_tidy(_num(last, 'to_s'))}:\n{together}",
        }
        layers.append(
            alt.Chart(_data([label]))
            .mark_text(
                color=var("accent"),
                align="left",
                baseline="bottom",
                lineBreak="\n",
                dx=4,
                dy=-6 - _LINE_PX,
                fontWeight="bold",
            )
            .encode(x=x, y=_amount("high", "share", top=top), text="named:N")
        )
    return _panel(layers, height=height)


def _tidy(seconds: float) -> str:
    """A time on a chart: 1.6 s, 63 s, 17 min."""
    return f"{seconds:g} s" if seconds < 100 else words.duration(round(seconds))


def _arrivals_profile(evidence: Evidence) -> tuple[Panel, ...]:
    """A usual day: the mean of each interval inside the range that nine days in ten keep to."""
    rows = [
        {**row, "hour": _num(row, "from_s") / 3600, "at": _clock(_num(row, "from_s"))}
        for row in evidence.rows
    ]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "hour:Q",
            scale=alt.Scale(domain=[0, 24], nice=False),
            axis=alt.Axis(
                title=None,
                grid=False,
                values=[0, 3, 6, 9, 12, 15, 18, 21, 24],
                labelExpr="datum.value + ':00'",
                labelOverlap="greedy",
                labelSeparation=4,
            ),
        )
    )
    layers = [
        base.mark_area(color=var("context"), opacity=0.35, interpolate="step-after").encode(
            y=_amount("days_low", "count"), y2=alt.Y2("days_high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2, interpolate="step-after").encode(
            y=_amount("mean", "count")
        ),
        base.mark_area(color=var("accent"), opacity=0.35, interpolate="step-after").encode(
            y=_amount("low", "count"), y2=alt.Y2("high")
        ),
        *_hover(
            base, "hour", "mean", _tooltip("at", "mean", "days_low", "days_high"), unit="count"
        ),
    ]
    return (_panel(layers, height=280),)


def _days(evidence: Evidence) -> tuple[Panel, ...]:
    """Every day as a dot, beside what chance alone would leave around the plan."""
    rows = [{**row, "on": str(row["day"])} for row in evidence.rows]
    days = sorted(str(row["on"]) for row in rows)
    domain = (days[0], days[-1])
    layers: list[alt.Chart] = []
    x = _dates_axis("on", domain)
    for outside, colour, size in ((False, "context", 22), (True, "accent", 34)):
        mine = [row for row in rows if bool(row["beyond_chance"]) is outside]
        base = alt.Chart(_data(mine)).encode(x=x)
        layers += [
            base.mark_rule(color=var(colour), strokeWidth=1, opacity=0.5).encode(
                y=_amount("expected", "count"), y2=alt.Y2("contacts")
            ),
            base.mark_point(color=var(colour), filled=True, opacity=0.9, size=size).encode(
                y=_amount("contacts", "count"),
                tooltip=_tooltip("day", "contacts", "expected", "chance_low", "chance_high"),
            ),
        ]
    band = alt.Chart(_data(_runs_of_days(rows))).encode(x=x)
    layers.insert(
        0,
        band.mark_tick(color=var("ink"), thickness=1.5, size=7, opacity=0.55).encode(
            y=_amount("expected", "count")
        ),
    )
    return (_panel(layers, height=300),)


def _littles_law(evidence: Evidence) -> tuple[Panel, ...]:
    """What was seen in the system, and what arrivals and stays say must be there."""
    rows = [{**row, "at": _clock(3600 * _num(row, "hour"))} for row in evidence.rows]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "hour:Q",
            scale=alt.Scale(domain=[0, 24], nice=False),
            axis=alt.Axis(
                title=None,
                grid=False,
                values=[0, 3, 6, 9, 12, 15, 18, 21, 24],
                labelExpr="datum.value + ':00'",
                labelOverlap="greedy",
                labelSeparation=4,
            ),
        )
    )
    layers = [
        base.mark_area(color=var("accent"), opacity=0.2).encode(
            y=_amount("low", "count"), y2=alt.Y2("high")
        ),
        base.mark_line(color=var("accent"), strokeWidth=2).encode(y=_amount("present", "count")),
        base.mark_point(color=var("ink"), shape="cross", size=60, filled=True, opacity=1).encode(
            y=_amount("arrivals_times_stay", "count")
        ),
        *_hover(
            base, "hour", "present", _tooltip("at", "present", "arrivals_times_stay"), unit="count"
        ),
    ]
    return (_panel(layers, height=260),)


def _through_the_day(evidence: Evidence) -> tuple[Panel, ...]:
    """Measures stacked on one clock, each with its band; what is compared with is grey."""
    starts = [_num(row, "from_s") / 3600 for row in evidence.rows]
    step = min((b - a for a, b in itertools.pairwise(sorted(set(starts)))), default=1.0)
    domain = (min(starts), max(starts) + step)
    measures = _in_order(str(row["measure"]) for row in evidence.rows)
    panels = []
    for i, measure in enumerate(measures):
        rows = [
            {
                **row,
                "hour": _num(row, "from_s") / 3600 + step / 2,
                "at": _clock(_num(row, "from_s")),
                "said": _short(row["value"], str(row["unit"])),
            }
            for row in evidence.rows
            if row["measure"] == measure and row["high"] is not None
        ]
        if rows:
            last = i == len(measures) - 1
            drawn = _lines(rows, x=_hours_axis(domain, labels=last), top=None)
            panels.append(replace(_panel(drawn, height=190), caption=measure))
    return tuple(panels)


def _waited_longer(evidence: Evidence) -> tuple[Panel, ...]:
    """The share who waited longer than each time, with its band."""
    rows = [
        {
            **row,
            "unit": "share",
            "value": row["longer"],
            "at": words.duration(_num(row, "wait_s")),
            "said": _short(row["longer"], "share"),
        }
        for row in evidence.rows
        if row["high"] is not None
    ]
    x = _seconds_axis("wait_s", rows)
    return (_panel(_lines(rows, x=x, top=None), height=280),)


def _weeks(evidence: Evidence) -> tuple[Panel, ...]:
    """Weeks as dots; behind them the mean of each stretch with its interval, and where it changed.

    The weeks that may lie on either side of a change are shaded: its date has a doubt as well.
    """
    starts = sorted({str(row["week"]) for row in evidence.rows})
    domain = (starts[0], _week_after(starts[-1]))
    measures = _in_order(str(row["measure"]) for row in evidence.rows)
    panels = []
    for i, measure in enumerate(measures):
        mine = [row for row in evidence.rows if row["measure"] == measure]
        drawn = _stretches(mine, domain, dated=i == len(measures) - 1)
        caption = measure if len(measures) > 1 else ""
        panels.append(replace(_panel(drawn, height=190 if caption else 260), caption=caption))
    return tuple(panels)


def _stretches(rows: Sequence[Row], domain: tuple[str, str], *, dated: bool) -> list[alt.Chart]:
    unit = str(rows[0]["unit"])
    dots = [
        {**row, "on": _midweek(str(row["week"])), "said": _short(row["value"], unit)}
        for row in rows
        if row["value"] is not None
    ]
    levels = [
        {
            **part[0],
            "from": str(part[0]["week"]),
            "to": _week_after(str(part[-1]["week"])),
            "middle": str(part[len(part) // 2]["week"]),
            "said": _short(part[0]["level"], unit),
            "doubt": f"{_short(part[0]['low'], unit)} to {_short(part[0]['high'], unit)}",
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
    values = [_num(row, "value") for row in dots] + [_num(row, "high") for row in levels]
    lows = [_num(row, "value") for row in dots] + [_num(row, "low") for row in levels]
    low, high = min(0.0, *lows), 1.2 * max(0.0, *values) or 1.0
    ticks = _seconds_ticks(high, most=4) if unit == "s" else None
    scale = alt.Scale(domain=[low, high], nice=alt.Undefined if ticks is None else False)

    def y(field: str) -> alt.Y:
        axis = _amount_axis(unit, extent=_Y_AXIS_PX, ticks=ticks)
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    def x(field: str, *, ranged: bool = False) -> alt.X:
        return _dates_axis(field, domain, labels=dated, ranged=ranged)

    layers: list[alt.Chart] = [
        alt.Chart(_data(unsure))
        .mark_rect(color=var("rule"), opacity=0.45)
        .encode(x=x("from", ranged=True), x2=alt.X2("to")),
        alt.Chart(_data(flips))
        .mark_rule(color=var("ink"), strokeDash=[4, 4], strokeWidth=1.5)
        .encode(x=x("from")),
    ]
    for inside, colour in ((False, "context"), (True, "accent")):
        band = alt.Chart(_data([row for row in levels if bool(row["inside"]) is inside]))
        layers += [
            band.mark_rect(color=var(colour), opacity=0.25).encode(
                x=x("from", ranged=True), x2=alt.X2("to"), y=y("low"), y2=alt.Y2("high")
            ),
            band.mark_rule(color=var(colour), strokeWidth=2.5).encode(
                x=x("from", ranged=True),
                x2=alt.X2("to"),
                y=y("level"),
                tooltip=_tooltip("said", "doubt"),
            ),
            alt.Chart(_data([row for row in dots if bool(row["inside"]) is inside]))
            .mark_point(color=var(colour), filled=True, opacity=0.9, size=40)
            .encode(x=x("on"), y=y("value"), tooltip=_tooltip("week", "said", "n")),
        ]
    for inside in (False, True):
        layers.append(
            alt.Chart(_data([row for row in levels if bool(row["inside"]) is inside]))
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


def _density(evidence: Evidence) -> tuple[Panel, ...]:
    """Contacts in narrow bins around a limit, and the smooth shape that leaves the limit out."""
    rows = [
        {
            **row,
            "middle": (_num(row, "from_s") + _num(row, "to_s")) / 2,
            "zero": 0.0,
            "stretch": f"{_tidy(_num(row, 'from_s'))} to {_tidy(_num(row, 'to_s'))}",
            "said": words.whole(round(_num(row, "contacts"))),
            "without": _rounded(row["expected"]),
            "doubt": f"{_rounded(row['low'])} to {_rounded(row['high'])}"
            if row["high"] is not None
            else "",
            "pale": row["expected"] is None,
        }
        for row in evidence.rows
    ]
    first, last = _num(rows[0], "from_s"), _num(rows[-1], "to_s")
    scale = alt.Scale(domain=[first, last], nice=False)
    ticks = [each for each in _seconds_ticks(last, most=10) if each >= first]
    axis = alt.Axis(
        title=None,
        grid=False,
        values=ticks,
        labelExpr=_SECONDS_LABEL,
        labelOverlap="greedy",
        labelSeparation=6,
    )

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, axis=axis)

    layers: list[alt.Chart] = []
    for colour, opacity, mine in (
        ("context", 0.45, [row for row in rows if not row["point"] and not row["pale"]]),
        ("context", 0.2, [row for row in rows if row["pale"]]),
        ("accent", 0.75, [row for row in rows if row["point"]]),
    ):
        if not mine:
            continue
        layers.append(
            alt.Chart(_data(mine))
            .mark_rect(color=var(colour), opacity=opacity, stroke=var("paper"), strokeWidth=0.5)
            .encode(
                x=x("from_s"),
                x2=alt.X2("to_s"),
                y=_amount("zero", "count"),
                y2=alt.Y2("contacts"),
                tooltip=_tooltip("stretch", "said", "without", "doubt"),
            )
        )
    runs = [
        [{**row, "run": i} for row in part]
        for i, (pale, part) in enumerate(itertools.groupby(rows, key=lambda row: row["pale"]))
        if not pale
    ]
    smooth = alt.Chart(_data([row for run in runs for row in run])).encode(detail="run:N")
    layers += [
        smooth.mark_area(color=var("ink"), opacity=0.22).encode(
            x=x("middle"), y=_amount("low", "count"), y2=alt.Y2("high")
        ),
        smooth.mark_line(color=var("ink"), strokeWidth=2).encode(
            x=x("middle"), y=_amount("expected", "count")
        ),
    ]
    piled = [row for row in rows if row["point"]]
    if piled:
        top = max(_num(row, "contacts") for row in piled)
        left = _num(piled[0], "from_s") < (first + last) / 2
        edge = max(_num(row, "to_s") for row in piled)
        label = {**piled[-1 if left else 0], "contacts": top, "edge": edge, "named": "piled up"}
        layers.append(
            alt.Chart(_data([label]))
            .mark_text(
                color=var("accent"),
                align="left" if left else "right",
                dx=8 if left else -8,
                dy=4,
                fontWeight="bold",
            )
            .encode(
                x=x("to_s" if left else "from_s"), y=_amount("contacts", "count"), text="named:N"
            )
        )
    longest = max(runs, key=len)
    late = _num(longest[-1], "to_s") == last
    place = longest[-1] if late else longest[len(longest) // 3]
    highest = max(_num(row, "high") for row in longest) if late else _num(place, "high")
    layers.append(
        alt.Chart(_data([{**place, "high": highest, "named": "without the limit"}]))
        .mark_text(
            color=var("ink"), align="right" if late else "left", dx=6, dy=-16, fontWeight="bold"
        )
        .encode(x=x("middle"), y=_amount("high", "count"), text="named:N")
    )
    return (_panel(layers, height=280),)


def _first_stage(evidence: Evidence) -> tuple[Panel, ...]:
    """Two panels on one axis of pace: what becomes of handle time, and of the outcome."""
    span = max(abs(_num(row, "pace_s")) for row in evidence.rows) * 1.12 or 1.0
    step = next((each for each in _SECONDS_STEPS if 2 * span / each <= 5), 3_600)
    ticks = list(range(-step * int(span / step), step * int(span / step) + 1, step))
    measures = _in_order(str(row["measure"]) for row in evidence.rows)
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
                **({"title": "pace with others", **_AXIS_TITLE} if last else {"title": None}),
                labelOverlap="greedy",
                labelSeparation=6,
            ),
        )
        reach = 1.1 * max(max(abs(_num(row, end)) for end in ("low", "high")) for row in rows)
        y_ticks = None
        if unit == "s":
            apart = next((each for each in _SECONDS_STEPS if 2 * reach / each <= 5), 3_600)
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
        base = alt.Chart(_data(rows)).encode(x=x)
        layers = [
            alt.Chart(_data([{"zero": 0.0}]))
            .mark_rule(color=var("rule"), strokeWidth=1.5)
            .encode(y=y("zero")),
            base.mark_rule(color=colour, strokeWidth=2.5).encode(y=y("low"), y2=alt.Y2("high")),
            base.mark_point(color=colour, filled=True, opacity=1, size=90).encode(
                y=y("value"), tooltip=_tooltip("pace", "said", "doubt", "n", "advisors")
            ),
        ]
        panels.append(replace(_panel(layers, height=200), caption=measure))
    return tuple(panels)


def _for_a_minute(evidence: Evidence) -> tuple[Panel, ...]:
    return (_dots(evidence.rows, label="what", value="spared", unit="points"),)


def _reads(evidence: Evidence) -> tuple[Panel, ...]:
    """Each measure as it reads, and as it would read without the bending."""
    panels = []
    for measure in _in_order(str(row["measure"]) for row in evidence.rows):
        mine = [row for row in evidence.rows if row["measure"] == measure]
        drawn = _dots(mine, label="reading", value="value", unit=str(mine[0]["unit"]))
        panels.append(replace(drawn, caption=measure))
    return tuple(panels)


# ---------------------------------------------------------------- drawings that kinds share


def _lines(rows: Sequence[Row], *, x: alt.X, top: float | None) -> list[alt.Chart]:
    """One line for each name in ``line``, with its band; the one that is the point stands out.

    Rows that are marked have a dot and their number; where there are two lines each has its name.
    """
    names = _in_order(str(row["line"]) for row in rows)
    unit = str(rows[0]["unit"])

    def y(field: str) -> alt.Y:
        highest = max(_num(row, "high") for row in rows)
        ticks = _seconds_ticks(highest, most=4) if unit == "s" else None
        return _amount(field, unit, top=top, ticks=ticks)

    layers: list[alt.Chart] = []
    for name in names:
        mine = [row for row in rows if row["line"] == name]
        colour = var("accent" if mine[0].get("point") else "context")
        base = alt.Chart(_data(mine)).encode(x=x)
        layers += [
            base.mark_area(color=colour, opacity=0.25).encode(y=y("low"), y2=alt.Y2("high")),
            base.mark_line(color=colour, strokeWidth=2).encode(y=y("value")),
        ]
        marked = alt.Chart(_data([row for row in mine if row.get("marked")])).encode(x=x)
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
    values = [_num(row, "value") for row in rows]
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
    top = max(_num(row, "high") for row in rows)
    third = max(1, len(rows) // 6)
    mine = [[row for row in rows if row["line"] == name] for name in names]
    corners = {
        (right, up): min(
            (1 - _num(row, "high") / top) if up else _num(row, "low") / top
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
            alt.Chart(_data([{**place, "line": name, "edge": top if up else 0.0}]))
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


def _hours_axis(domain: tuple[float, float], *, labels: bool) -> alt.X:
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
            "on": _month_start(row),
            "said": _short(row[value], unit),
            "doubt": f"{_short(row['low'], unit)} to {_short(row['high'], unit)}",
        }
        for row in rows
        if row[value] is not None
    ]
    for row, run in zip(drawn, _runs([str(row["month"]) for row in drawn]), strict=True):
        row["run"] = run
    domain = span or (str(drawn[0]["on"]), str(drawn[-1]["on"]))
    paint = var(colour)
    low, high = _picture(drawn, value)
    ticks = _seconds_ticks(high, most=4) if unit == "s" else None
    scale = alt.Scale(domain=[low, high], nice=alt.Undefined if ticks is None else False)

    def y(field: str) -> alt.Y:
        axis = _amount_axis(unit, extent=_Y_AXIS_PX, ticks=ticks)
        return alt.Y(f"{field}:Q", scale=scale, axis=axis)

    cut = any(_num(row, "high") > high or _num(row, "low") < low for row in drawn)
    for row in drawn:
        row["bottom"], row["top"] = max(_num(row, "low"), low), min(_num(row, "high"), high)
    x = _dates_axis("on", domain, labels=dated)
    base = alt.Chart(_data(drawn)).encode(x=x, detail="run:N")
    layers = [
        base.mark_area(color=paint, opacity=0.22).encode(y=y("bottom"), y2=alt.Y2("top")),
        base.mark_line(color=paint, strokeWidth=2).encode(y=y(value)),
        base.mark_rule(color=paint, strokeWidth=2).encode(y=y("bottom"), y2=alt.Y2("top")),
        base.mark_point(color=paint, filled=True, opacity=1, size=60).encode(
            y=y(value), tooltip=_tooltip("month", "said", "doubt")
        ),
    ]
    ends = [drawn[0], drawn[-1]] if len(drawn) > 1 else drawn
    layers += [
        alt.Chart(_data([row]))
        .mark_text(color=var("ink"), align="right" if i else "left", dy=-12, fontWeight="bold")
        .encode(x=x, y=y("top"), text="said:N")
        for i, row in enumerate(ends)
    ]
    note = "An interval leaves the picture; the table has its ends." if cut else ""
    return replace(_panel(layers, height=height), note=note)


def _picture(rows: Sequence[Mapping[str, Any]], value: str) -> tuple[float, float]:
    """What the axis spans: every value, and all intervals but those far wider than the others."""
    highs, lows = ([_num(row, end) for row in rows] for end in ("high", "low"))
    values = [_num(row, value) for row in rows]
    usual = 2 * max(statistics.median(highs), 0.0)
    top = 1.08 * max(0.0, *values, *(min(each, usual) for each in highs))
    bottom = min(0.0, *values, *(max(each, -usual / 2) for each in lows))
    return bottom, top or 1.0


def _dots(rows: Sequence[Row], *, label: str, value: str, unit: str, thick: bool = False) -> Panel:
    """One line a row: its name above, its dot and interval below, its value beside."""
    drawn = [
        {
            **row,
            "paint": var("accent" if row.get("point") else "context"),
            "zero": 0.0,
            "said": _short(row[value], unit)
            if row[value] is not None
            else f"{_short(row['low'], unit)} to {_short(row['high'], unit)}",
            "doubt": f"{_short(row['low'], unit)} to {_short(row['high'], unit)}",
        }
        for row in rows
        if row["high"] is not None
    ]
    bottom = min([0.0, *(_num(row, "low") for row in drawn)])
    top = max([0.0 if bottom < 0 else -1.0, *(_num(row, "high") for row in drawn)]) or 1.0
    wide = [_num(row, "high") > 0.6 * top and _num(row, "low") < 0.3 * top for row in drawn]
    # The number of an interval across the whole picture needs a place beside it.
    room = 1.55 if any(wide) and not thick else 1.15
    scale = alt.Scale(
        domain=[1.15 * bottom, min(1.0, room * top) if unit == "share" else room * top]
    )
    for row, across in zip(drawn, wide, strict=True):
        row["named"] = f"{row[label]}: {row['said']}" if thick else row[label]
        row["right"] = across or _num(row, "high") <= 0.6 * top
    ticks = _seconds_ticks(room * top, most=5) if unit == "s" else None
    x = alt.X("low:Q", scale=scale, axis=_amount_axis(unit, ticks=ticks))
    y = alt.Y(f"{label}:N", sort=None, axis=None)
    base = alt.Chart(_data(drawn)).encode(y=y)
    paint = alt.Color("paint:N", scale=None, legend=None)
    layers = [
        base.mark_text(
            align="left", yOffset=-11, color=var("ink"), limit=cast("Any", alt.ExprRef("width"))
        ).encode(x=alt.value(2), text="named:N"),
        *(
            [
                base.mark_rule(yOffset=12, strokeWidth=1, color=var("context"), opacity=0.7).encode(
                    x=alt.X("zero:Q", scale=scale, axis=_amount_axis(unit)), x2=alt.X2("low")
                )
            ]
            if unit == "h"
            else []
        ),
        base.mark_rule(
            yOffset=12, strokeWidth=9 if thick else 2.5, opacity=0.6 if thick else 1
        ).encode(x=x, x2="high:Q", color=paint, tooltip=_tooltip(label, "said", "doubt")),
    ]
    for right in () if thick else (True, False):
        beside = alt.Chart(_data([row for row in drawn if row["right"] is right]))
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
            alt.Chart(_data(valued))
            .mark_point(yOffset=12, filled=True, opacity=1, size=110)
            .encode(
                y=y,
                x=alt.X(f"{value}:Q", scale=scale),
                color=paint,
                tooltip=_tooltip(label, "said", "doubt"),
            )
        )
    return _panel(layers, height=56 * len(drawn))


def _bars(rows: Sequence[Row]) -> Panel:
    """A histogram whose bars carry intervals; the bar that makes the point has its number."""
    rows = [{**row, "said": _short(row["share"], "share")} for row in rows]
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
        base = alt.Chart(_data(mine)).encode(x=x)
        layers += [
            base.mark_bar(color=var(colour), opacity=0.55).encode(
                y=_amount("share", "share"), tooltip=_tooltip("stretch", "said")
            ),
            base.mark_rule(color=var("ink"), strokeWidth=1.5).encode(
                y=_amount("low", "share"), y2=alt.Y2("high")
            ),
        ]
        if point:
            layers.append(
                base.mark_text(color=var(colour), dy=-12, fontWeight="bold").encode(
                    y=_amount("high", "share"), text="said:N"
                )
            )
    return _panel(layers, height=260)


def _stacks(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Lines by where they end, from the lowest; those that end close to each other in one stack."""
    ends = {str(row["first"]): _num(row, "share") for row in rows}
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
_NAME: Final = 0.075
"""The height of a name, as a part of the highest line's."""


def _line_label(
    kind: str, rows: Sequence[Mapping[str, Any]], x: alt.X, colour: str, top: float
) -> alt.Chart:
    """A line's name above its end: a line that rises never meets it, nor does the axis."""
    stack = next(each for each in _stacks(rows) if kind in each)
    ends = {str(row["first"]): row for row in rows}
    place = {**ends[kind], "share": max(_num(ends[each], "share") for each in stack)}
    label: alt.Chart = (
        alt.Chart(_data([place]))
        .mark_text(
            color=colour,
            align="right",
            dx=8,
            dy=-16 - _LINE_PX * stack.index(kind),
            fontWeight="bold",
        )
        .encode(x=x, y=_amount("share", "share", top=top), text="first:N")
    )
    return label


def _hover(
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
                y=_amount(value, unit, top=top),
                opacity=alt.condition(at, alt.value(1), alt.value(0)),
                tooltip=tooltip,
            )
            .add_params(at),
        )
    ]


# ---------------------------------------------------------------- axes, data, labels


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])


def _amount(
    field: str, unit: str, *, top: float | None = None, ticks: Sequence[float] | None = None
) -> alt.Y:
    """An amount, from zero up."""
    scale = alt.Scale(zero=True, domain=[0, top]) if top else alt.Scale(zero=True, nice=True)
    return alt.Y(f"{field}:Q", scale=scale, axis=_amount_axis(unit, extent=_Y_AXIS_PX, ticks=ticks))


def _amount_axis(unit: str, *, extent: int = 0, ticks: Sequence[float] | None = None) -> alt.Axis:
    """Few ticks, and the unit on each; y axes are as wide as one another, so stacks line up."""
    label = {
        "share": "round(datum.value * 1000) / 10 + ' %'",
        "s": _SECONDS_LABEL,
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


def _dates_axis(
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


def _seconds_axis(field: str, rows: Iterable[Mapping[str, Any]]) -> alt.X:
    """Waiting time, marked where people would mark it: every half minute, minute or five."""
    longest = max((float(row[field]) for row in rows), default=60.0)
    return alt.X(
        f"{field}:Q",
        scale=alt.Scale(domain=[0, longest], nice=False),
        axis=alt.Axis(
            title=None,
            grid=False,
            values=_seconds_ticks(longest, most=7),
            labelExpr=_SECONDS_LABEL,
            labelOverlap="greedy",
            labelSeparation=4,
        ),
    )


def _seconds_ticks(longest: float, *, most: int) -> list[int]:
    step = next((each for each in _SECONDS_STEPS if longest / each <= most), 86_400)
    return list(range(0, int(longest) + 1, step))


def _tooltip(*fields: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip(f"{field}:N", title=_TOOLTIP_TITLES.get(field, field.replace("_", " ")))
        for field in fields
    ]


def _panel(layers: Sequence[alt.Chart], *, height: int) -> Panel:
    chart = alt.layer(*layers).properties(width="container", height=height)
    # Checking against the schema takes longer than drawing; the tests check every kind instead.
    spec: Spec = chart.to_dict(validate=False)
    spec["config"] = _CONFIG
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    spec["padding"] = {"left": 2, "right": 14, "top": 6, "bottom": 4}
    spec["background"] = "transparent"
    return Panel(caption="", spec=spec)


_CONFIG: Final[dict[str, Any]] = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": var("quiet"),
        "labelFontSize": _TEXT_PX,
        "labelPadding": 6,
        "gridColor": var("grid"),
        "domainColor": var("rule"),
        "tickColor": var("rule"),
    },
    "text": {"fontSize": _TEXT_PX},
    "point": {"strokeWidth": 0},
}

_SECONDS_STEPS: Final = (1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600)
_SECONDS_LABEL: Final = (
    "datum.value == 0 ? '0' : datum.value < 60 ? datum.value + ' s' : datum.value % 60 == 0"
    " ? datum.value / 60 + ' min' : floor(datum.value / 60) + ':' + format(datum.value % 60, '02d')"
)

_AXIS_TITLE: Final[dict[str, Any]] = {
    "titleColor": var("quiet"),
    "titleFontSize": _TEXT_PX,
    "titleFontWeight": "normal",
}
"""Where an axis is not time and not what the title says, it has a name."""

_MORE_LABEL: Final = {
    "s": "(datum.value > 0 ? '+' : datum.value < 0 ? '\u2212' : '') + (abs(datum.value) < 60"
    " ? abs(datum.value) + ' s' : abs(datum.value) % 60 == 0 ? abs(datum.value) / 60 + ' min'"
    " : floor(abs(datum.value) / 60) + ':' + format(abs(datum.value) % 60, '02d'))",
    "points": "(datum.value > 0 ? '+' : datum.value < 0 ? '\u2212' : '') + abs(datum.value)",
}
"""A difference, with its sign."""

_TOOLTIP_TITLES: Final = {
    "said": "value",
    "doubt": "interval",
    "first": "first",
    "after": "after waiting",
    "at": "from",
    "days_low": "quiet days",
    "days_high": "busy days",
    "chance_low": "chance alone, low",
    "chance_high": "chance alone, high",
    "arrivals_times_stay": "arrivals x stay",
}


def _short(value: object, unit: str) -> str:
    """A figure as a label on a chart: short, and no more exact than prose."""
    if not isinstance(value, int | float):
        return ""
    if unit == "share":
        per_cent = 100 * value
        return f"{per_cent:.0f} %" if per_cent >= 10 else f"{per_cent:.1f} %"
    if unit == "s":
        return words.duration(round(value) if value >= 10 else round(value, 1))
    if unit == "h":
        return f"{_two_digits(value)} h"
    if unit == "points":
        return f"{_two_digits(value)} in 100".replace("-", "\u2212")
    return _two_digits(value)


def _rounded(value: object) -> str:
    """A count that was worked out, for a label; empty where it is not known."""
    return words.whole(round(value)) if isinstance(value, int | float) else ""


def _more(value: object, unit: str) -> str:
    """A difference as a label: its sign, and no more exact than prose."""
    if not isinstance(value, int | float):
        return ""
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    said = f"{_two_digits(abs(value))} in 100" if unit == "points" else _short(abs(value), unit)
    return f"{sign}{said}"


def _midweek(monday: str) -> str:
    return (dt.date.fromisoformat(monday) + dt.timedelta(days=3)).isoformat()


def _week_after(monday: str) -> str:
    return (dt.date.fromisoformat(monday) + dt.timedelta(days=7)).isoformat()


def _two_digits(value: float) -> str:
    """Two significant digits, thousands apart."""
    return f"{float(f'{value:.2g}'):,g}" if abs(value) < 1e6 else f"{float(f'{value:.2g}'):,.0f}"


def _num(row: Mapping[str, Any], name: str) -> float:
    return float(row[name])


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}"


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _month_start(row: Row) -> str:
    return f"{row['month']}-01"


def _runs(months: Sequence[str]) -> list[int]:
    """A number for each stretch of months that follow one another."""
    numbers = [12 * int(each[:4]) + int(each[5:7]) for each in months]
    runs, run = [], 0
    for i, number in enumerate(numbers):
        run += int(i > 0 and number != numbers[i - 1] + 1)
        runs.append(run)
    return runs


def _runs_of_days(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["expected"] is not None]


# ---------------------------------------------------------------- the registry


def _interval(unit: str) -> tuple[Column, Column]:
    return (
        Column(name="low", label="interval from", unit=unit),
        Column(name="high", label="to", unit=unit),
    )


_N: Final = Column(name="n", label="n", unit="count")

KINDS: Final[Mapping[str, Kind]] = {
    "share_by_month": Kind(
        says="A share, month by month, with its interval.",
        columns=(
            Column(name="month", label="month"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=_share_by_month,
    ),
    "twins": Kind(
        says="Two measures that keep each other honest, stacked on one time axis.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="month", label="month"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            _N,
        ),
        draw=_twins,
    ),
    "coming_back": Kind(
        says="Share of customers who came back, by what happened to them first.",
        columns=(
            Column(name="first", label="what happened first"),
            Column(name="share", label="came back", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=_coming_back,
    ),
    "windows": Kind(
        says="Share of customers who came back within longer and longer windows.",
        columns=(
            Column(name="first", label="what is counted"),
            Column(name="window", label="within"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=_windows,
    ),
    "patience": Kind(
        says="How many would still be waiting after each time (Kaplan-Meier).",
        columns=(
            Column(name="wait_s", label="waited, s", unit="s"),
            Column(name="waiting", label="still waiting", unit="share"),
            *_interval("share"),
            Column(name="at_risk", label="in the queue then", unit="count"),
        ),
        draw=_patience,
    ),
    "hazard": Kind(
        says="Of those still waiting, how many leave in each stretch of time.",
        columns=(
            Column(name="from_s", label="from, s", unit="s"),
            Column(name="to_s", label="to, s", unit="s"),
            Column(name="leaving", label="leave in 10 s", unit="share"),
            *_interval("share"),
            Column(name="at_risk", label="in the queue then", unit="count"),
        ),
        draw=_hazard,
    ),
    "distribution": Kind(
        says="Share of contacts by how long they took.",
        columns=(
            Column(name="from_s", label="from, s", unit="s"),
            Column(name="to_s", label="to, s", unit="s"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=_distribution,
    ),
    "arrivals_profile": Kind(
        says="Contacts by time of day: the mean, and the range that most days keep to.",
        columns=(
            Column(name="from_s", label="from, s after midnight", unit="s"),
            Column(name="mean", label="mean", unit="number"),
            *_interval("number"),
            Column(name="days_low", label="quiet days (1 in 20)", unit="number"),
            Column(name="days_high", label="busy days (1 in 20)", unit="number"),
        ),
        draw=_arrivals_profile,
    ),
    "days": Kind(
        says="Each day's contacts beside the plan, and what chance alone would leave around it.",
        columns=(
            Column(name="day", label="day"),
            Column(name="contacts", label="contacts", unit="count"),
            Column(name="expected", label="planned for", unit="number"),
            Column(name="chance_low", label="chance alone, from", unit="number"),
            Column(name="chance_high", label="to", unit="number"),
            Column(name="beyond_chance", label="beyond chance"),
        ),
        draw=_days,
    ),
    "littles_law": Kind(
        says="Customers present by hour of the day, counted and worked out by Little's law.",
        columns=(
            Column(name="hour", label="hour", unit="as is"),
            Column(name="present", label="present", unit="number"),
            *_interval("number"),
            Column(name="arrivals_times_stay", label="arrivals x stay", unit="number"),
        ),
        draw=_littles_law,
    ),
    "hours": Kind(
        says="Hours of customers' own time.",
        columns=(
            Column(name="what", label="what took it"),
            Column(name="hours", label="hours", unit="h"),
            *_interval("h"),
        ),
        draw=_hours,
    ),
    "waits": Kind(
        says="Waits that a share of customers did not exceed.",
        columns=(
            Column(name="what", label="share"),
            Column(name="seconds", label="wait, s", unit="s"),
            *_interval("s"),
            _N,
        ),
        draw=_waits,
    ),
    "lengths": Kind(
        says="Share of matters by how many contacts they took.",
        columns=(
            Column(name="contacts", label="contacts"),
            Column(name="share", label="share", unit="share"),
            *_interval("share"),
            _N,
        ),
        draw=_lengths,
    ),
    "weeks": Kind(
        says="A measure week by week, the mean of each stretch with its interval, and the change.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="week", label="week of"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            Column(name="n", label="n", unit="count"),
            Column(name="level", label="mean of its stretch", unit="by row"),
            *_interval("by row"),
            Column(name="inside", label="in the changed stretch"),
            Column(name="unsure", label="may lie on either side"),
        ),
        draw=_weeks,
    ),
    "density": Kind(
        says="Contacts by length around a limit, beside the smooth shape without the limit.",
        columns=(
            Column(name="from_s", label="from, s", unit="s"),
            Column(name="to_s", label="to, s", unit="s"),
            Column(name="contacts", label="seen", unit="count"),
            Column(name="expected", label="without the limit", unit="number"),
            *_interval("number"),
            Column(name="where", label="where"),
        ),
        draw=_density,
    ),
    "first_stage": Kind(
        says="Handle time and outcome by advisors' pace with others, in bins of five or more.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="pace_s", label="pace with others, s", unit="number"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            Column(name="advisors", label="advisors", unit="count"),
            _N,
        ),
        draw=_first_stage,
    ),
    "for_a_minute": Kind(
        says="What a minute more of service spares customers, seen in more than one way.",
        columns=(
            Column(name="what", label="seen how"),
            Column(name="spared", label="spared, in 100", unit="number"),
            *_interval("number"),
        ),
        draw=_for_a_minute,
    ),
    "reads": Kind(
        says="Measures as they read, and as they would read without the bending.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="reading", label="reading"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            _N,
        ),
        draw=_reads,
    ),
    "groups": Kind(
        says="One figure in each group that was asked for.",
        columns=(
            Column(name="group", label="group"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
            _N,
        ),
        draw=_groups,
    ),
    "through_the_day": Kind(
        says="Measures of a simulated day, stacked on one clock, each with its interval.",
        columns=(
            Column(name="measure", label="measure"),
            Column(name="line", label="model"),
            Column(name="from_s", label="from, s after midnight", unit="s"),
            Column(name="unit", label="unit"),
            Column(name="value", label="value", unit="by row"),
            *_interval("by row"),
        ),
        draw=_through_the_day,
    ),
    "waited_longer": Kind(
        says="Share of simulated contacts that waited longer than each time.",
        columns=(
            Column(name="line", label="model"),
            Column(name="wait_s", label="longer than, s", unit="s"),
            Column(name="longer", label="share", unit="share"),
            *_interval("share"),
        ),
        draw=_waited_longer,
    ),
    "bounds": Kind(
        says="The range that a share must lie in, whatever the missing data were.",
        columns=(
            Column(name="what", label="figure"),
            Column(name="value", label="best number", unit="share"),
            *_interval("share"),
        ),
        draw=_bounds,
    ),
}
"""Every kind of evidence that can be drawn, by name."""
