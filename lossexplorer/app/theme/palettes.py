"""The colours of each theme, and the one spacing unit."""

from __future__ import annotations

from dataclasses import dataclass

UNIT = 8
"""The one spacing unit, in pixels."""


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, as ``#rrggbb``."""

    name: str
    surface: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    groove: str
    filled: str
    handle: str
    warning: str
    warning_surface: str
    good: str


DARK = Palette(
    name="dark",
    surface="#22262d",
    raised="#2c313a",
    line="#464d59",
    text="#eceff3",
    quiet="#9aa3b0",
    accent="#4cb4f0",
    on_accent="#10202c",
    groove="#434955",
    filled="#8a93a1",
    handle="#f2f4f7",
    warning="#ffcf70",
    warning_surface="#4a3b17",
    good="#98e070",
)
LIGHT = Palette(
    name="light",
    surface="#f4f5f7",
    raised="#ffffff",
    line="#c9ced6",
    text="#1b2027",
    quiet="#5d6673",
    accent="#1577b8",
    on_accent="#ffffff",
    groove="#d3d7de",
    filled="#7d8794",
    handle="#3a424d",
    warning="#7a4f00",
    warning_surface="#ffedc2",
    good="#3d8b1c",
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT)}
