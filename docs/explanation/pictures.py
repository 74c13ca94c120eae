"""Draw the pictures of ``why-averages-mislead.md``; ``make docs`` runs it.

Each picture is made in two steps: its numbers go to a CSV file, and it is drawn from that file, in
a wide form and in a narrow one for phones. A test works the numbers out again, and another looks
whether each drawing is of the numbers beside it; so neither can be out of date.
"""

from __future__ import annotations

import csv
import hashlib
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import vl_convert
from scipy.stats import gamma

from andon.estimate import Estimate
from andon.queueing import (
    Arrivals,
    Curve,
    Exponential,
    Loop,
    Model,
    Schedule,
    Simulation,
    agents_needed,
    compare_return_shortcuts,
    erlang_a,
    simulate,
)
from andon.report.palette import LIGHT

FOLDER: Final = Path(__file__).parent / "pictures"

Row = dict[str, str | float]
Rows = Sequence[Mapping[str, str | float]]
Spec = dict[str, Any]

HANDLE_S: Final = 240.0
PATIENCE_S: Final = 120.0
PROMISE: Final = 0.8
LOAD_ERLANGS: Final = 100.0
DAY_CV: Final = 0.15
LOADS_ERLANGS: Final = range(10, 201, 10)
PATIENCES_MIN: Final = (1, 2, 4)
FIRST_PER_H: Final = (
    *(60, 40, 30, 30, 40, 80, 200, 600, 1300, 2000, 2300, 2200),
    *(1900, 1800, 1900, 2000, 1800, 1300, 800, 500, 350, 250, 160, 100),
)
"""First contacts an hour, from midnight."""
RETURN_SHARE: Final = 0.3
DELAY_S: Final = 3 * 3600.0
PLANS: Final = ("first contacts only", "returns at once", "Erlang-R")
"""What a plan knows of those who come back: nothing, that they do, and when."""

WIDTHS_PX: Final = {"": 720, "-narrow": 358}
"""What is added to a file's name, and how wide that drawing is."""
_TEXT_PX: Final = 16
_TITLE_PX: Final = 18
_TITLE_CHARACTER_PX: Final = 11.5
_TEXT_CHARACTER_PX: Final = 9.2
"""As in a wide font: which one draws the letters is up to the reader's machine."""
_PADDING_PX: Final = 14
_AXIS_PX: Final = 52
_VEGA_LITE: Final = "6.4"
_FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture: its numbers, what they show, and how they are drawn.

    Attributes
    ----------
    rows : callable
        Works out the numbers.
    title : callable
        The finding, from the numbers.
    subtitle : str
        What is drawn.
    draw : callable
        The drawing as Vega-Lite, from the numbers and the width that is left for it.
    """

    rows: Callable[[], list[Row]]
    title: Callable[[Rows], str]
    subtitle: str
    draw: Callable[[Rows, int], Spec]


def main() -> None:
    """Write the numbers of every picture, and draw it."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in PICTURES.items():
        write(FOLDER / f"{name}.csv", picture.rows())
        print(f"wrote docs/explanation/pictures/{name}.csv")
        for suffix in WIDTHS_PX:
            (FOLDER / f"{name}{suffix}.svg").write_text(drawn(name, suffix), encoding="utf-8")
            print(f"wrote docs/explanation/pictures/{name}{suffix}.svg")


def write(path: Path, rows: Rows) -> None:
    """Write rows as CSV, numbers to six digits."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(rows[0])
        for row in rows:
            table.writerow(
                each if isinstance(each, str) else f"{each:.6g}" for each in row.values()
            )


def read(path: Path) -> list[Row]:
    """Read what :func:`write` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: _known(value) for key, value in row.items()} for row in csv.DictReader(file)]


def drawn(name: str, suffix: str) -> str:
    """The picture as SVG, from the numbers in its file."""
    spec = spec_of(name, suffix)
    svg: str = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE, allowed_base_urls=[])
    return f"{svg.rstrip()}\n<!-- {mark(spec)} -->\n"


def mark(spec: Spec) -> str:
    """What tells one drawing from another, whatever fonts the machine had that made it."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()


def spec_of(name: str, suffix: str) -> Spec:
    """The picture as Vega-Lite, from the numbers in its file, on a light card of its own."""
    picture, rows = PICTURES[name], read(FOLDER / f"{name}.csv")
    inside = WIDTHS_PX[suffix] - 2 * _PADDING_PX
    title = {
        "text": _lines(picture.title(rows), int(inside / _TITLE_CHARACTER_PX)),
        "subtitle": _lines(picture.subtitle, int(inside / _TEXT_CHARACTER_PX)),
        "anchor": "start",
        "frame": "bounds",
    }
    return {
        **picture.draw(rows, inside - _AXIS_PX - 6),
        "title": title,
        "config": _CONFIG,
        "background": LIGHT["paper"],
        "padding": _PADDING_PX,
    }


# ---------------------------------------------------------------- 1: days that differ


def days_rows() -> list[Row]:
    """How 20 equally likely days go that are staffed for their mean, and all days together."""
    agents = agents_needed(
        load_erlangs=LOAD_ERLANGS, service_level=PROMISE, handle_s=HANDLE_S, patience_s=PATIENCE_S
    ).agents
    per_h = LOAD_ERLANGS * 3600 / HANDLE_S

    def in_time(busy: Any) -> Any:
        wait = erlang_a(
            load_erlangs=LOAD_ERLANGS * busy,
            agents=agents,
            handle_s=HANDLE_S,
            patience_s=PATIENCE_S,
        )
        return wait.service_level.of_offered

    def of(what: str, busy: float, share: float) -> Row:
        return {
            "what": what,
            "volume_of_forecast": busy,
            "calls_per_h": busy * per_h,
            "answered_within_20_s": share,
        }

    days = gamma(1 / DAY_CV**2, scale=DAY_CV**2)
    some = days.ppf((np.arange(20) + 0.5) / 20)
    many = days.ppf((np.arange(10_000) + 0.5) / 10_000)
    callers = float((in_time(many) * many).sum() / many.sum())
    return [
        *(of("one day in 20", *each) for each in zip(some, in_time(some), strict=True)),
        of("a day as forecast", 1.0, float(in_time(1.0))),
        of("all callers of all days", 1.0, callers),
    ]


def _days_title(rows: Rows) -> str:
    forecast, callers = _one(rows, "a day as forecast"), _one(rows, "all callers of all days")
    return (
        f"Staffed for the average day, {_in_100(callers['answered_within_20_s'])} of 100 callers "
        f"are answered in time, not {_in_100(forecast['answered_within_20_s'])}"
    )


def _draw_days(rows: Rows, width: int) -> Spec:
    """Days along their curve; those that miss the promise stand out."""
    volume, share = "volume_of_forecast", "answered_within_20_s"
    days = [row for row in rows if row["what"] == "one day in 20"]
    kept = [row for row in days if float(row[share]) >= PROMISE]
    missed = [row for row in days if float(row[share]) < PROMISE]
    everyone = float(_one(rows, "all callers of all days")[share])
    signed = "(datum.value < 1 ? '\u2212' : '+') + round(100 * abs(datum.value - 1)) + ' %'"
    begin, end = 0.56, 1.4
    plane = _Plane(
        x=_axis(
            (begin, end),
            (0.7, 1, 1.3) if width < 400 else (0.7, 0.85, 1, 1.15, 1.3),
            label=f"datum.value == 1 ? 'as forecast' : {signed}",
        ),
        y=_SHARES,
    )
    layers = [
        plane.level(PROMISE, "quiet"),
        plane.level(everyone, "accent", dashed=True),
        plane.line(days, volume, share, "context", width_px=1.5),
        plane.dots(kept, volume, share, "context"),
        plane.dots(missed, volume, share, "accent"),
        plane.text("promise", end, 0.855, "quiet", right=True),
        plane.text(f"{len(kept)} days in {len(days)} keep it", end, 1.05, "quiet", right=True),
        plane.text("all callers:", begin, everyone - 0.05, "accent"),
        plane.text(f"{_in_100(everyone)} in 100", begin, everyone - 0.12, "accent"),
        plane.text(f"{len(missed)} days in {len(days)} miss it", 1.12, 0.32, "accent", right=True),
    ]
    return {"layer": layers, "width": width, "height": 300}


# ---------------------------------------------------------------- 2: callers who hang up


def patience_rows() -> list[Row]:
    """The fewest agents for the promise, by load: nobody hangs up, and three patiences."""
    loads = np.array(LOADS_ERLANGS)

    def needed(patience_s: float | None) -> list[float]:
        asked = agents_needed(
            load_erlangs=loads, handle_s=HANDLE_S, patience_s=patience_s, service_level=PROMISE
        )
        return list(np.asarray(asked.agents, dtype=np.float64))

    columns = {"load_erlangs": list(loads.astype(np.float64)), "erlang_c": needed(None)}
    for minutes in PATIENCES_MIN:
        columns[f"erlang_a_patience_{minutes}_min"] = needed(60.0 * minutes)
    return [dict(zip(columns, each, strict=True)) for each in zip(*columns.values(), strict=True)]


def _patience_title(rows: Rows) -> str:
    row = next(row for row in rows if row["load_erlangs"] == LOAD_ERLANGS)
    return (
        f"Where callers hang up, Erlang\u00a0C asks for {row['erlang_c']:.0f} people to keep a "
        f"promise that {row['erlang_a_patience_2_min']:.0f} can keep"
    )


def _draw_patience(rows: Rows, width: int) -> Spec:
    """Agents above or below the load: Erlang C, and Erlang A with its band."""
    low, middle, high = (f"erlang_a_patience_{minutes}_min" for minutes in PATIENCES_MIN)
    beyond: list[Row] = [
        {"load": row["load_erlangs"]}
        | {
            name: float(row[name]) - float(row["load_erlangs"])
            for name in ("erlang_c", low, middle, high)
        }
        for row in rows
    ]
    at = next(row for row in beyond if row["load"] == LOAD_ERLANGS)
    more = float(at["erlang_c"]) - float(at[middle])
    signed = "(datum.value < 0 ? '\u2212' : '+') + abs(datum.value)"
    plane = _Plane(
        x=_axis((0, 200), (0, 50, 100, 150, 200), title="load, in erlangs"),
        y=_axis(
            (-31, 14), (-20, -10, 0, 10), label=f"datum.value == 0 ? 'load' : {signed}", y=True
        ),
    )
    layers = [
        plane.level(0, "quiet"),
        plane.band(beyond, "load", low, high, "accent"),
        plane.line(beyond, "load", "erlang_c", "context", width_px=3),
        plane.line(beyond, "load", middle, "accent", width_px=3),
        plane.bar([at], "load", "erlang_c", middle, "ink"),
        plane.text(f"{more:.0f} people", 103, 4.5, "ink"),
        plane.text("Erlang C: nobody hangs up", 0, 12, "quiet"),
        plane.text("Erlang A: patience 2 min", 0, -24, "accent"),
        plane.text("Band: 4 min to 1 min", 0, -28, "accent"),
    ]
    return {"layer": layers, "width": width, "height": 320}


# ---------------------------------------------------------------- 3: customers who come back


def plans() -> dict[str, list[int]]:
    """Agents by half-hour, by what each plan knows of those who come back."""
    loads = compare_return_shortcuts(
        arrivals_per_h=np.repeat(FIRST_PER_H, 2),
        interval_s=1800,
        handle_s=HANDLE_S,
        return_share=RETURN_SHARE,
        delay_s=DELAY_S,
    )
    planned = (
        loads["no_returns"].error.load_erlangs,
        loads["extra_arrivals"].error.load_erlangs,
        loads.load_erlangs,
    )
    found = {}
    for plan, load in zip(PLANS, planned, strict=True):
        asked = agents_needed(
            load_erlangs=load, handle_s=HANDLE_S, patience_s=PATIENCE_S, service_level=PROMISE
        )
        found[plan] = [int(each) for each in np.asarray(asked.agents)]
    return found


def lived(agents: list[int], *, replications: int = 40, days: int = 8, seed: int = 1) -> Simulation:
    """What customers get from a plan: days after the first of each run, simulated."""
    model = Model.one_pool(
        arrivals=Arrivals(per_h=FIRST_PER_H, interval_s=3600),
        handle=Exponential(mean_s=HANDLE_S),
        patience=Exponential(mean_s=PATIENCE_S),
        schedule=Schedule.by_interval(agents),
        loop=Loop(
            resolves=Curve.flat(1 - RETURN_SHARE),
            recontact_after=Exponential(mean_s=DELAY_S),
        ),
        days=days,
    )
    return simulate(model, seed=seed, replications=replications, warm_up=86_400)


def returns_rows() -> list[Row]:
    """What customers get by half-hour from each plan, and over the day."""
    rows: list[Row] = []
    for plan, agents in plans().items():
        found = lived(agents)
        share = found.by_interval(within="day").service_level.of_offered
        day = found.overall.service_level.of_offered
        assert isinstance(day, Estimate)
        rows += [
            _of_plan(plan, f"{i // 2:02d}:{30 * (i % 2):02d}", agents[i], *each)
            for i, each in enumerate(zip(share.value, share.low, share.high, strict=True))
        ]
        rows.append(_of_plan(plan, "day", sum(agents) / len(agents), day.value, day.low, day.high))
    return rows


def _of_plan(plan: str, time: str, agents: float, value: float, low: float, high: float) -> Row:
    return {
        "plan": plan,
        "from": time,
        "agents": agents,
        "answered_within_20_s": value,
        "low": low,
        "high": high,
    }


def _returns_title(rows: Rows) -> str:
    day = next(row for row in rows if row["plan"] == PLANS[0] and row["from"] == "day")
    return (
        f"Plan without those who come back, and 1 in {1 / float(day['answered_within_20_s']):.0f} "
        "callers is answered in time"
    )


def _draw_returns(rows: Rows, width: int) -> Spec:
    """What each plan puts on duty, and below it what customers get, on one time axis."""
    times = [
        {**row, "hour": int(str(row["from"])[:2]) + int(str(row["from"])[3:]) / 60}
        for row in rows
        if row["from"] != "day"
    ]
    # A step is drawn to the end of its last half-hour.
    times += [{**row, "hour": 24.0} for row in times if row["from"] == "23:30"]
    hours = (0, 6, 12, 18, 24)
    clock = "datum.value < 24 ? datum.value + ':00' : ''"
    on_duty = _Plane(
        x=_axis((0, 24), hours, labels=False), y=_axis((0, 250), (0, 50, 100, 150, 200), y=True)
    )
    got = _Plane(x=_axis((0, 24), hours, label=clock), y=_SHARES)
    above, below = [], [got.level(PROMISE, "quiet")]
    for plan, colour in zip(PLANS, ("context", "ink", "accent"), strict=True):
        mine = [row for row in times if row["plan"] == plan]
        how = {"steps": True, "dashed": plan == PLANS[1]}
        above.append(on_duty.line(mine, "hour", "agents", colour, **how))
        below.append(got.band(mine, "hour", "low", "high", colour, steps=True))
        below.append(got.line(mine, "hour", "answered_within_20_s", colour, **how))
    above.append(on_duty.text("people on duty", 0, 232, "quiet"))
    below += [
        got.text("promise", 24, 0.745, "quiet", right=True),
        got.text(PLANS[0], 1.6, 0.08, "quiet"),
        got.text(PLANS[1], 6.4, 1.07, "ink"),
        got.text(PLANS[2], 24, 0.95, "accent", right=True),
    ]
    panels = [
        {"layer": above, "width": width, "height": 170},
        {"layer": below, "width": width, "height": 270},
    ]
    return {"vconcat": panels, "spacing": 14}


# ---------------------------------------------------------------- what drawings share


def _axis(
    span: tuple[float, float],
    values: Sequence[float],
    *,
    label: str = "datum.value",
    title: str = "",
    labels: bool = True,
    y: bool = False,
) -> Spec:
    """A numeric axis, as a channel without its field; y axes have lines across and no ticks."""
    axis: Spec = {
        "values": list(values),
        "labelExpr": label,
        "labels": labels,
        "title": title or None,
        "grid": y,
        "domain": not y,
        "ticks": not y,
        "labelFlush": not y,
    }
    if y:
        axis |= {"minExtent": _AXIS_PX, "maxExtent": _AXIS_PX}
    scale = {"domain": list(span), "nice": False, "zero": False}
    return {"type": "quantitative", "scale": scale, "axis": axis}


_SHARES: Final = _axis(
    (0, 1.1), (0, 0.2, 0.4, 0.6, 0.8, 1), label="round(100 * datum.value) + ' %'", y=True
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plane:
    """The two axes of a drawing, and what can be drawn between them."""

    x: Spec
    y: Spec

    def line(
        self,
        rows: Rows,
        x: str,
        y: str,
        colour: str,
        *,
        width_px: float = 2,
        steps: bool = False,
        dashed: bool = False,
    ) -> Spec:
        mark = {
            "type": "line",
            "color": LIGHT[colour],
            "strokeWidth": width_px,
            "strokeDash": [5, 3] if dashed else [1, 0],
        }
        return self._drawn(rows, mark | _stepped(steps), x, y)

    def band(
        self, rows: Rows, x: str, low: str, high: str, colour: str, *, steps: bool = False
    ) -> Spec:
        mark = {"type": "area", "color": LIGHT[colour], "opacity": 0.22}
        return self._drawn(rows, mark | _stepped(steps), x, low, y2={"field": high})

    def bar(self, rows: Rows, x: str, low: str, high: str, colour: str) -> Spec:
        mark = {"type": "rule", "color": LIGHT[colour], "strokeWidth": 2}
        return self._drawn(rows, mark, x, low, y2={"field": high})

    def dots(self, rows: Rows, x: str, y: str, colour: str) -> Spec:
        mark = {"type": "point", "color": LIGHT[colour], "filled": True, "opacity": 1, "size": 80}
        return self._drawn(rows, mark, x, y)

    def level(self, at: float, colour: str, *, dashed: bool = False) -> Spec:
        begin, end = self.x["scale"]["domain"]
        mark = {
            "type": "rule",
            "color": LIGHT[colour],
            "strokeWidth": 1.5,
            "strokeDash": [6, 4] if dashed else [1, 0],
        }
        row = {"begin": begin, "end": end, "at": at}
        return self._drawn([row], mark, "begin", "at", x2={"field": "end"})

    def text(self, said: str, x: float, y: float, colour: str, *, right: bool = False) -> Spec:
        """A label, with a rim that keeps lines off it."""
        mark = {
            "type": "text",
            "align": "right" if right else "left",
            "dx": -3 if right else 3,
            "fontWeight": "normal" if colour == "quiet" else "bold",
        }
        rim = {"stroke": LIGHT["paper"], "strokeWidth": 4, "strokeJoin": "round"}
        row: Row = {"x": x, "y": y, "said": said}
        text = {"field": "said", "type": "nominal"}
        return {
            "layer": [
                self._drawn([row], mark | each, "x", "y", text=text)
                for each in (rim, {"color": LIGHT[colour]})
            ]
        }

    def _drawn(self, rows: Rows, mark: Spec, x: str, y: str, **more: Spec) -> Spec:
        return {
            "data": {"values": [dict(row) for row in rows]},
            "mark": mark,
            "encoding": {"x": {"field": x, **self.x}, "y": {"field": y, **self.y}, **more},
        }


def _stepped(steps: bool) -> Spec:
    return {"interpolate": "step-after"} if steps else {}


def _lines(text: str, width: int) -> list[str]:
    """Text in as few lines as it needs, of like length."""
    lines = textwrap.wrap(text, width)
    while width > 1 and len(shorter := textwrap.wrap(text, width - 1)) == len(lines):
        lines, width = shorter, width - 1
    return lines


def _one(rows: Rows, what: str) -> Mapping[str, str | float]:
    return next(row for row in rows if row["what"] == what)


def _in_100(share: str | float) -> str:
    return f"{100 * float(share):.0f}"


def _known(value: str) -> str | float:
    try:
        return float(value)
    except ValueError:
        return value


_CONFIG: Final[Spec] = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": LIGHT["quiet"],
        "labelFontSize": _TEXT_PX,
        "labelPadding": 6,
        "titleColor": LIGHT["quiet"],
        "titleFontSize": _TEXT_PX,
        "titleFontWeight": "normal",
        "gridColor": LIGHT["grid"],
        "domainColor": LIGHT["rule"],
        "tickColor": LIGHT["rule"],
    },
    "text": {"fontSize": _TEXT_PX},
    "title": {
        "color": LIGHT["ink"],
        "fontSize": _TITLE_PX,
        "fontWeight": "bold",
        "lineHeight": 23,
        "subtitleColor": LIGHT["quiet"],
        "subtitleFontSize": _TEXT_PX,
        "subtitleLineHeight": 20,
        "subtitlePadding": 6,
        "offset": 16,
    },
}

PICTURES: Final[Mapping[str, Picture]] = {
    "days-that-differ": Picture(
        rows=days_rows,
        title=_days_title,
        subtitle="Each dot is one day in 20. Share of callers answered within 20\u00a0s, by how "
        "busy the day is beside its forecast.",
        draw=_draw_days,
    ),
    "callers-who-hang-up": Picture(
        rows=patience_rows,
        title=_patience_title,
        subtitle="People needed to answer 80 in 100 within 20\u00a0s, above or below the load: the "
        "number that calls keep busy.",
        draw=_draw_patience,
    ),
    "customers-who-come-back": Picture(
        rows=returns_rows,
        title=_returns_title,
        subtitle="Above: people on duty in three plans. Below: share of callers then answered "
        "within 20\u00a0s, with its 95 % interval, by half-hour.",
        draw=_draw_returns,
    ),
}
"""Every picture, by the name of its files."""


if __name__ == "__main__":
    main()
