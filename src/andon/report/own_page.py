"""The page of one's own figures: for the advisor concerned, and for roles the operation allows."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andon.report import charts, words
from andon.report.files import put
from andon.report.html import styles, templates
from andon.report.own_figures import OwnFigures, OwnSign
from andon.report.views import ChartView, chart_view, own_ids

__all__ = ["OwnView", "SignView", "render", "write"]

_NARROW_PX: Final = 358
"""A page's width on a phone, less its edges."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignView:
    """One sign as the page shows it.

    Attributes
    ----------
    id : str
        Unique on the page.
    sign : OwnSign
    sure : str
        How often one who stands here does so by chance, in words.
    chart : ChartView or None
    narrow : tuple of str
        The same drawings for a phone.
    """

    id: str
    sign: OwnSign
    sure: str
    chart: ChartView | None
    narrow: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnView:
    """What the page shows of contacts with one advisor."""

    id: str
    title: str
    signs: tuple[SignView, ...]
    looked_for: tuple[str, ...]
    too_few: str


def render(
    figures: Sequence[OwnFigures],
    *,
    operation: str,
    first_day: dt.date,
    last_day: dt.date,
    zone: str,
    source: str,
    nouns: words.Nouns,
) -> str:
    """The page as HTML that opens without a network and runs nothing.

    Parameters
    ----------
    figures : sequence of OwnFigures
        Of the advisors asked for.
    operation, zone : str
    first_day, last_day : date
    source : str
        Which tables the figures come from.
    nouns : Nouns
    """
    page = templates().get_template("own.html.j2")
    return page.render(
        title=_title(nouns.contacts, len(figures)),
        figures=tuple(
            _view(each, i, source, nouns.contacts) for i, each in enumerate(figures, start=1)
        ),
        operation=operation,
        period=words.period(first_day, last_day),
        zone=zone,
        contacts=nouns.contacts,
        styles=styles(),
    )


def write(path: Path, page: str) -> None:
    """Write the page, whole or not at all, for its owner alone to read.

    Raises
    ------
    ReportError
        If it cannot be written.
    """
    put(path, page.encode("utf-8"), what="The page for roles", todo="Name another place.")
    with contextlib.suppress(OSError):  # a disk without such rights keeps what it has
        path.chmod(0o600)


def _title(contacts: str, advisors: int) -> str:
    who = "one advisor" if advisors == 1 else f"{advisors} advisors"
    return f"What stands out in {contacts} with {who}, and what else it may be"


def _view(figures: OwnFigures, number: int, source: str, contacts: str) -> OwnView:
    anchor = f"own-{number}"
    return OwnView(
        id=anchor,
        title=f"{words.capital(contacts)} with advisor {figures.advisor_id}",
        signs=tuple(
            _sign(sign, f"{anchor}-{i}", source) for i, sign in enumerate(figures.signs, start=1)
        ),
        looked_for=figures.looked_for,
        too_few=figures.too_few,
    )


def _sign(sign: OwnSign, anchor: str, source: str) -> SignView:
    drawn = () if sign.chart is None else charts.draw(sign.chart)
    return SignView(
        id=anchor,
        sign=sign,
        sure=_sure(sign),
        chart=None if sign.chart is None else chart_view(sign.chart, anchor, source),
        narrow=tuple(
            own_ids(charts.static_svg(panel.spec, width_px=_NARROW_PX), f"{anchor}-narrow{i}")
            for i, panel in enumerate(drawn)
        ),
    )


def _sure(sign: OwnSign) -> str:
    most = max(sign.adjusted, 0.001)
    out_of = 100 if most >= 0.01 else 1_000
    share = max(1, round(most * out_of))
    return (
        f"{words.whole(sign.tested)} advisors could be compared. Of those who stand out so "
        f"clearly, at most about {share} in {out_of:,} do so by chance."
    )
