"""The palette: the few colours of a report, in light and in dark.

Charts name a colour by its CSS variable (``var(--accent)``), so that one drawing follows the
reader's theme, and print, without being drawn again. Where CSS variables are not understood
(PDF), :func:`printed` puts the light colours in.

One accent colour carries the point that is made; grey is context. The four states keep the
colours of the board: running, watched, stopped, resuming; each also has a shape and a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["DARK", "LIGHT", "STATES", "State", "contrast", "css", "printed", "var"]

LIGHT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "#ffffff",
        "raised": "#f4f6f8",
        "ink": "#1a2228",
        "quiet": "#505c67",
        "rule": "#ced6dd",
        "grid": "#e3e8ec",
        "context": "#76828e",
        "accent": "#0b5ca6",
        "running": "#0a7468",
        "watched": "#875600",
        "stopped": "#a11d1d",
        "resuming": "#6a3fa3",
    }
)
DARK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paper": "#12181d",
        "raised": "#1b242b",
        "ink": "#e9eef2",
        "quiet": "#aab5bf",
        "rule": "#3c4853",
        "grid": "#2a343c",
        "context": "#8b97a2",
        "accent": "#74b7f5",
        "running": "#4fc6b6",
        "watched": "#e3ad42",
        "stopped": "#ff8f86",
        "resuming": "#c4a0f3",
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """A state as the eye meets it: a shape, then a word, then a colour.

    Attributes
    ----------
    shape : str
        One character.
    word : str
    colour : str
        A name of the palette.
    """

    shape: str
    word: str
    colour: str


STATES: Final[Mapping[str, State]] = MappingProxyType(
    {
        "running": State("●", "running", "running"),
        "watched": State("▲", "watched", "watched"),
        "stopped": State("■", "stopped", "stopped"),
        "resuming": State("◐", "resuming", "resuming"),
    }
)


def var(name: str) -> str:
    """The palette's colour as CSS calls it.

    >>> var("accent")
    'var(--accent)'
    """
    if name not in LIGHT:
        raise KeyError(name)
    return f"var(--{name})"


def css(colours: Mapping[str, str]) -> str:
    """Declarations of the palette's CSS variables."""
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


def printed(text: str) -> str:
    """Put the light colours in place of the CSS variables.

    >>> printed('<path stroke="var(--grid)"/>')
    '<path stroke="#e3e8ec"/>'
    """
    return _VARIABLE.sub(lambda match: LIGHT[match[1]], text)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21, as WCAG 2.2 defines it.

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


_VARIABLE: Final = re.compile(r"var\(--([a-z]+)\)")


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
