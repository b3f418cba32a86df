"""How the window looks: a palette for each theme, the style sheet made from it, and the font."""

from __future__ import annotations

from lossexplorer.app.theme.palettes import DARK, LIGHT, PALETTES, UNIT, Palette
from lossexplorer.app.theme.style import canvas_style, color_links, style_sheet, use_font
from lossexplorer.app.theme.themes import Themes

__all__ = [
    "DARK",
    "LIGHT",
    "PALETTES",
    "UNIT",
    "Palette",
    "Themes",
    "canvas_style",
    "color_links",
    "style_sheet",
    "use_font",
]
