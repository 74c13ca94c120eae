"""One chart as a file of its own: SVG, PNG or HTML, with its title, its words and its source.

In an SVG the text alternative stands in ``desc``; in HTML the numbers can be opened below. A PNG
has neither: beside one, say in words what it shows.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from andon.errors import ReportError
from andon.finding import Evidence
from andon.report import charts
from andon.report.files import put
from andon.report.html import styles, templates
from andon.report.palette import printed, var
from andon.report.views import chart_view, own_ids
from andon.units import unbroken

__all__ = ["FORMATS", "html", "png", "svg", "write"]

FORMATS: Final = (".svg", ".png", ".html")

_WIDTH_PX: Final = 760
_NARROW_PX: Final = 358
"""A page's width on a phone, less its edges."""
_EDGE_PX: Final = 24
_TITLE_PX: Final = 22
_TEXT_PX: Final = 16
_LINE: Final = 1.35
_CHARACTER: Final = 0.53
"""A usual character's width, as a part of the font's size."""


def write(path: Path, evidence: Evidence, *, source: str) -> None:
    """Write a chart, whole or not at all, in the format that the file's name says.

    Parameters
    ----------
    path : Path
        Ends in ``.svg``, ``.png`` or ``.html``.
    evidence : Evidence
    source : str
        Where the numbers come from; it stands below.

    Raises
    ------
    ReportError
        If the name ends otherwise, or the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise ReportError(
            "A chart is written as SVG, PNG or HTML.",
            found=str(path),
            todo="End the file's name in .svg, .png or .html.",
        )
    if kind == ".png":
        content = png(evidence, source=source)
    else:
        content = (svg if kind == ".svg" else html)(evidence, source=source).encode("utf-8")
    put(path, content, what="The chart", todo="Name another place, on a disk with space.")


def html(evidence: Evidence, *, source: str) -> str:
    """The chart as a page that opens without a network, in light and in dark."""
    page = templates().get_template("picture.html.j2")
    narrow = [
        own_ids(charts.static_svg(panel.spec, width_px=_NARROW_PX), f"narrow{i}")
        for i, panel in enumerate(charts.draw(evidence))
    ]
    return page.render(chart=chart_view(evidence, "chart", source), narrow=narrow, styles=styles())


def png(evidence: Evidence, *, source: str) -> bytes:
    """The chart as a picture of twice its size, for slides and screens."""
    import vl_convert  # noqa: PLC0415  # heavy, and only a picture needs it

    drawn: bytes = vl_convert.svg_to_png(svg(evidence, source=source), scale=2)
    return drawn


def svg(evidence: Evidence, *, source: str) -> str:
    """The chart as SVG in the light colours, on paper's white."""
    parts: list[str] = []
    y = float(_EDGE_PX)

    def text(said: str, *, size: int, colour: str, weight: str = "normal") -> None:
        nonlocal y
        room = int((_WIDTH_PX - 2 * _EDGE_PX) / (_CHARACTER * size))
        for line in textwrap.wrap(unbroken(said), room, break_on_hyphens=False):
            y += _LINE * size
            parts.append(
                f'<text x="{_EDGE_PX}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
                f'fill="{var(colour)}">{escape(line)}</text>'
            )

    text(evidence.title, size=_TITLE_PX, colour="ink", weight="bold")
    text(evidence.subtitle, size=_TEXT_PX, colour="quiet")
    for i, panel in enumerate(charts.draw(evidence)):
        y += _EDGE_PX / 2
        if panel.caption:
            text(panel.caption, size=_TEXT_PX, colour="ink", weight="bold")
        y += _EDGE_PX / 3
        drawn = charts.static_svg(panel.spec, width_px=_WIDTH_PX - 2 * _EDGE_PX)
        parts.append(_placed(drawn, y=y, own=f"panel{i}"))
        y += _height(drawn)
        if panel.note:
            text(panel.note, size=_TEXT_PX, colour="quiet")
    text(source, size=_TEXT_PX, colour="quiet")
    height = y + _EDGE_PX
    whole = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" '
        f'width="{_WIDTH_PX}" height="{height:.0f}" viewBox="0 0 {_WIDTH_PX} {height:.0f}" '
        f'font-family="{_FONT}">\n'
        f'<title id="title">{escape(evidence.title)}</title>\n'
        f'<desc id="desc">{escape(evidence.alt)}</desc>\n'
        f'<rect width="100%" height="100%" fill="{var("paper")}"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
    return printed(whole)


_FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif"
)


def _placed(drawn: str, *, y: float, own: str) -> str:
    """A drawing inside another: at its place, with ids of its own, and silent for readers."""
    return own_ids(drawn, own).replace(
        "<svg ", f'<svg aria-hidden="true" x="{_EDGE_PX}" y="{y:.1f}" ', 1
    )


def _height(drawn: str) -> float:
    found = re.search(r'<svg[^>]*\bheight="([\d.]+)', drawn)
    return float(found[1]) if found else 0.0
