"""Charts: the numbers behind a finding, drawn with their doubt.

Each kind of :class:`~andon.finding.Evidence` is a row of :data:`~andon.report.charts.kinds.KINDS`:
the columns its rows have, and the function that draws them as Vega-Lite through Altair. The page
sets title, subtitle, source and table in text; a drawing holds only what is drawn. What all have in
common:

- one accent colour for the point that is made, grey for what it is compared with;
- a band, an interval or the single days beside every estimate;
- amounts from zero, time from left to right, labels on the marks and no legend;
- colours by name (:mod:`andon.report.palette`), so that one drawing serves light, dark and print;
- any width from 330 px up.
"""

from __future__ import annotations

from andon.report.charts.kinds import KINDS, Column, Kind, draw
from andon.report.charts.panel import Panel, static_svg

__all__ = ["KINDS", "Column", "Kind", "Panel", "draw", "static_svg"]
