"""One drawing of a chart, and what every drawing has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from andon.errors import ReportError
from andon.report.palette import var

__all__ = ["TEXT_PX", "Panel", "Spec", "inline", "layered", "static_svg", "tips"]

Spec = dict[str, Any]


_FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
)


TEXT_PX: Final = 16


_STATIC_WIDTH_PX: Final = 760


_VEGA_LITE: Final = "6.4"


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


def inline(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as data inside the drawing."""
    return alt.InlineData(values=[dict(row) for row in rows])


def tips(*fields: str) -> list[alt.Tooltip]:
    """What is told of a mark under the pointer."""
    return [
        alt.Tooltip(f"{field}:N", title=_TOOLTIP_TITLES.get(field, field.replace("_", " ")))
        for field in fields
    ]


def layered(layers: Sequence[alt.Chart], *, height: int) -> Panel:
    """Layers as one panel, as wide as its container."""
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
        "labelFontSize": TEXT_PX,
        "labelPadding": 6,
        "gridColor": var("grid"),
        "domainColor": var("rule"),
        "tickColor": var("rule"),
    },
    "text": {"fontSize": TEXT_PX},
    "point": {"strokeWidth": 0},
}


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
