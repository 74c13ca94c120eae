"""What is heaped up before a limit, beside what would stand there without it."""

from __future__ import annotations

import itertools

import altair as alt

from andon.finding import Evidence
from andon.report import words
from andon.report.charts.axes import SECONDS_LABEL, amount, seconds_ticks
from andon.report.charts.panel import Panel, inline, layered, tips
from andon.report.charts.rows import num, rounded, tidy
from andon.report.palette import var

__all__ = ["heaped_up"]


def heaped_up(evidence: Evidence) -> tuple[Panel, ...]:
    """Contacts in narrow bins around a limit, and the smooth shape that leaves the limit out."""
    rows = [
        {
            **row,
            "middle": (num(row, "from_s") + num(row, "to_s")) / 2,
            "zero": 0.0,
            "stretch": f"{tidy(num(row, 'from_s'))} to {tidy(num(row, 'to_s'))}",
            "said": words.whole(round(num(row, "contacts"))),
            "without": rounded(row["expected"]),
            "doubt": f"{rounded(row['low'])} to {rounded(row['high'])}"
            if row["high"] is not None
            else "",
            "pale": row["expected"] is None,
        }
        for row in evidence.rows
    ]
    first, last = num(rows[0], "from_s"), num(rows[-1], "to_s")
    scale = alt.Scale(domain=[first, last], nice=False)
    ticks = [each for each in seconds_ticks(last, most=10) if each >= first]
    axis = alt.Axis(
        title=None,
        grid=False,
        values=ticks,
        labelExpr=SECONDS_LABEL,
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
            alt.Chart(inline(mine))
            .mark_rect(color=var(colour), opacity=opacity, stroke=var("paper"), strokeWidth=0.5)
            .encode(
                x=x("from_s"),
                x2=alt.X2("to_s"),
                y=amount("zero", "count"),
                y2=alt.Y2("contacts"),
                tooltip=tips("stretch", "said", "without", "doubt"),
            )
        )
    runs = [
        [{**row, "run": i} for row in part]
        for i, (pale, part) in enumerate(itertools.groupby(rows, key=lambda row: row["pale"]))
        if not pale
    ]
    smooth = alt.Chart(inline([row for run in runs for row in run])).encode(detail="run:N")
    layers += [
        smooth.mark_area(color=var("ink"), opacity=0.22).encode(
            x=x("middle"), y=amount("low", "count"), y2=alt.Y2("high")
        ),
        smooth.mark_line(color=var("ink"), strokeWidth=2).encode(
            x=x("middle"), y=amount("expected", "count")
        ),
    ]
    piled = [row for row in rows if row["point"]]
    if piled:
        top = max(num(row, "contacts") for row in piled)
        left = num(piled[0], "from_s") < (first + last) / 2
        edge = max(num(row, "to_s") for row in piled)
        label = {**piled[-1 if left else 0], "contacts": top, "edge": edge, "named": "piled up"}
        layers.append(
            alt.Chart(inline([label]))
            .mark_text(
                color=var("accent"),
                align="left" if left else "right",
                dx=8 if left else -8,
                dy=4,
                fontWeight="bold",
            )
            .encode(
                x=x("to_s" if left else "from_s"), y=amount("contacts", "count"), text="named:N"
            )
        )
    longest = max(runs, key=len)
    late = num(longest[-1], "to_s") == last
    place = longest[-1] if late else longest[len(longest) // 3]
    highest = max(num(row, "high") for row in longest) if late else num(place, "high")
    layers.append(
        alt.Chart(inline([{**place, "high": highest, "named": "without the limit"}]))
        .mark_text(
            color=var("ink"), align="right" if late else "left", dx=6, dy=-16, fontWeight="bold"
        )
        .encode(x=x("middle"), y=amount("high", "count"), text="named:N")
    )
    return (layered(layers, height=280),)
