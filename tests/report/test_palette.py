"""Colours: readable in light, in dark, in grey print and for colour-blind readers."""

from __future__ import annotations

import re

import pytest

from andon.report import html, palette

TEXT = ("ink", "quiet", "accent", "running", "watched", "stopped", "resuming")
SHAPES = ("context", "accent", "running", "watched", "stopped", "resuming")
THEMES = {"light": palette.LIGHT, "dark": palette.DARK}

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def css_themes() -> dict[str, dict[str, str]]:
    """The variables as the page's own style sheet declares them."""
    sheet = html.styles()
    blocks = re.findall(r":root \{([^}]*)\}", sheet)
    return {
        name: dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))
        for name, block in zip(("light", "dark"), blocks, strict=True)
    }


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("ground", ["paper", "raised"])
def test_text_has_the_contrast_that_wcag_asks_for(theme: str, name: str, ground: str) -> None:
    colours = css_themes()[theme]
    assert palette.contrast(colours[name], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SHAPES)
def test_shapes_stand_out_from_the_page(theme: str, name: str) -> None:
    colours = css_themes()[theme]
    assert palette.contrast(colours[name], colours["paper"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_accent_parts_from_the_context_for_colour_blind_readers(
    theme: str, blindness: str
) -> None:
    colours = THEMES[theme]
    accent, context = (seen(colours[name], BLINDNESS[blindness]) for name in ("accent", "context"))
    assert distance(accent, context) > 20


def test_the_accent_parts_from_the_context_in_grey_print() -> None:
    grey = [palette.contrast(palette.LIGHT[name], "#ffffff") for name in ("accent", "context")]
    assert grey[0] / grey[1] > 1.5


def test_every_state_has_its_own_shape_and_word() -> None:
    assert len({state.shape for state in palette.STATES.values()}) == 4
    assert {state.word for state in palette.STATES.values()} == set(palette.STATES)


def test_print_puts_the_light_colours_in() -> None:
    text = "fill: var(--accent); stroke: var(--paper)"
    assert palette.printed(text) == "fill: #0b5ca6; stroke: #ffffff"
    with pytest.raises(KeyError):
        palette.var("pink")


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]


def seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> list[float]:
    """The colour as linear RGB through a colour-blind eye."""
    rgb = linear(colour)
    mixed = (sum(a * b for a, b in zip(row, rgb, strict=True)) for row in matrix)
    return [min(1.0, max(0.0, each)) for each in mixed]


def distance(one: list[float], other: list[float]) -> float:
    """CIE 1976 colour difference; 2.3 is just noticeable."""
    a, b = lab(one), lab(other)
    return float(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)


def lab(rgb: list[float]) -> tuple[float, float, float]:
    r, g, b = rgb
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883

    def f(t: float) -> float:
        return float(t ** (1 / 3)) if t > 0.008856 else 7.787 * t + 16 / 116

    return 116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))
