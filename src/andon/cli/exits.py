"""Exit codes: what a script can trust the command to leave with."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BENDS",
    "CODES",
    "DISAGREES",
    "INTERRUPTED",
    "OK",
    "QUARANTINED",
    "UNEXPECTED",
    "UNWELL",
    "USAGE",
]

OK: Final = 0
UNEXPECTED: Final = 1
USAGE: Final = 2
UNWELL: Final = 11
DISAGREES: Final = 12
QUARANTINED: Final = 13
BENDS: Final = 16
INTERRUPTED: Final = 130

CODES: Final = {
    OK: "All went well.",
    UNEXPECTED: "Andon met something that it was not made for; a log was written.",
    USAGE: "The command line cannot be understood.",
    UNWELL: "`andon doctor` found something that must be mended.",
    DISAGREES: "`andon replay` found a figure that differs.",
    QUARANTINED: "`andon ingest --strict` set rows aside; everything else was loaded.",
    BENDS: "`andon goal watch` found a goal that begins to bend its measure.",
    INTERRUPTED: "Stopped from the keyboard.",
}
"""Codes that do not come from an exception; those of exceptions stand in :mod:`andon.errors`."""
