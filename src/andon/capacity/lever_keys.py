"""Lever keys: every lever of a what-if, each a row: help and the reference page come from them."""

from __future__ import annotations

from typing import Final

from andon.keys import Key

__all__ = ["LEVERS"]

LEVERS: Final = Key.rows(
    (
        "scenario",
        "handle_time",
        "`-25%`, `+30s`, or the new level: `240s`",
        "Mean handle time of a contact.",
        "as today",
    ),
    (
        "scenario",
        "occupancy",
        "`92%` or `0.92`",
        "The share of their time that agents are to be busy: fewer agents, or more.",
        "as today",
    ),
    (
        "scenario",
        "deflect",
        "`20%@0.6`",
        "A bot takes a fifth of customers with a new matter, and settles six in ten of those.",
        "no bot, or as today",
    ),
    (
        "scenario",
        "callback",
        "`yes`, or `40%@2m`",
        "Callbacks are offered to who would wait so long, and so many accept. `yes` is `50%@1m`.",
        "none",
    ),
    (
        "scenario",
        "shrinkage",
        "`-3pt`, or the new level: `27%`",
        "Share of paid time away from contacts.",
        "as today",
    ),
    ("scenario", "concurrency", "a whole number: `3`", "Chats at once at most.", "as today"),
    (
        "scenario",
        "spike",
        "`1.6x2h`",
        "So many times the customers, for so long, at the busiest time of the week.",
        "none",
    ),
    ("scenario", "volume", "`+10%`", "Customers with a new matter.", "as today"),
    (
        "scenario",
        "agents",
        "`-10%`, `+5`, or `follow`",
        "Agents on duty; `follow`: as many fewer as the naive plan promises.",
        "as today",
    ),
    ("scenario", "name", "a text", "What people call it.", "the file's name"),
)
"""Every lever, how it is written, what it means, and what holds without it."""
