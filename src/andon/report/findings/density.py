"""Density: how many contacts end just inside a limit, beside what they would without it."""

from __future__ import annotations

from andon.estimate import Estimate
from andon.finding import Evidence, Row
from andon.goodhart.excess_mass import Bunching
from andon.report import words
from andon.report.findings.told import Told

__all__ = ["density"]


def density(told: Told, found: Bunching, *, what: str, limit_s: float) -> Evidence | None:
    """Contacts around a limit against the smooth shape that does not know of the limit.

    Parameters
    ----------
    told : Told
    found : Bunching
        In seconds.
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
            "expected": float(bins.expected[i]),
            "low": float(bins.low[i]),
            "high": float(bins.high[i]),
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
        title=_title(found.moved, contacts, limit),
        subtitle=told.drawn(
            f"{words.capital(contacts)} by {what}, in steps of {words.duration(bins.width)} around "
            f"the limit of {limit}, and the smooth shape through all others with its 95 % band",
            n=round(float(bins.counts.sum())),
        ),
        rows=tuple(rows),
        alt=f"Around {limit}: {found.excess.says()} more than the smooth shape.",
    )


def _title(moved: Estimate, contacts: str, limit: str) -> str:
    if moved.low <= 0:
        return f"Whether {contacts} pile up at {limit} cannot be told"
    return f"{words.say(moved).value} {contacts} pile up at {limit}"


def _where(pile: bool, gap: bool, apart: bool) -> str:
    if pile:
        return "pile"
    if gap:
        return "where it may come from"
    return "another limit" if apart else "around"
