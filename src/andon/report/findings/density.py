"""Density: how many contacts end just inside a limit, beside what they would without it."""

from __future__ import annotations

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Row
from andon.goodhart.excess_mass import Bunching
from andon.report import words
from andon.report.findings.told import Told

__all__ = ["density"]


def density(
    told: Told, found: Bunching, *, piled: Estimate | Unknown, what: str, limit_s: float
) -> Evidence | None:
    """Contacts around a limit against the smooth shape that does not know of the limit.

    Where those in the pile may come from, no shape is drawn: what lies there was not looked at.

    Parameters
    ----------
    told : Told
    found : Bunching
        In seconds.
    piled : Estimate or Unknown
        Share of contacts in the pile beyond the smooth shape.
    what : str
        What the clock counts, as a part of a sentence: ``"handle time"``.
    limit_s : float
        The limit or target.
    """
    bins = found.bins
    rows: list[Row] = [
        {
            "from_s": float(start),
            "to_s": float(start + bins.width),
            "contacts": round(float(bins.counts[i])),
            "expected": None if bins.gap[i] else float(bins.expected[i]),
            "low": None if bins.gap[i] else float(bins.low[i]),
            "high": None if bins.gap[i] else float(bins.high[i]),
            "where": _where(bins.pile[i], bins.gap[i], bins.apart[i]),
            "point": bool(bins.pile[i]),
        }
        for i, start in enumerate(bins.starts)
    ]
    if not any(row["point"] for row in rows):
        return None
    limit, contacts = words.duration(limit_s), told.nouns.contacts
    return Evidence(
        kind="density",
        title=_title(piled, contacts, limit),
        subtitle=told.drawn(
            f"{words.capital(contacts)} by {what}, in steps of "
            f"{_step(bins.width)} around the limit of {limit}, and the smooth "
            "shape of the others with its 95 % band; "
            "fainter where those piled up may come from",
            n=round(float(bins.counts.sum())),
        ),
        rows=tuple(rows),
        alt=f"Around {limit}: {found.excess.says()} more than the smooth shape.",
    )


def _title(piled: Estimate | Unknown, contacts: str, limit: str) -> str:
    if isinstance(piled, Unknown) or piled.low <= 0:
        return f"Whether {contacts} pile up at {limit} cannot be told"
    return f"{words.say(piled).value} {contacts} pile up at {limit}"


def _step(seconds: float) -> str:
    """A bin's width, without digits that say nothing."""
    return f"{seconds:g} s" if seconds < 60 else words.duration(seconds)


def _where(pile: bool, gap: bool, apart: bool) -> str:
    if pile:
        return "pile"
    if gap:
        return "where it may come from"
    return "another limit" if apart else "around"
