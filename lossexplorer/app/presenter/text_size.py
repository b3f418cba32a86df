"""How large a talk is: every size of the desk's style sheet and layout, multiplied."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from string import Template

from lossexplorer.app.theme import Palette, style_sheet
from lossexplorer.core.resources import resource

LEAST, MOST = 1.5, 6.0
START = 2.6
"""Of a screen of 1080 lines; the text can be read from the last row."""

_LARGER = 1.1
_LINES = 1080


def start_factor(lines: int) -> float:
    """Return the factor that a screen begins with, larger where its pixels are smaller.

    Examples
    --------
    >>> start_factor(1080), start_factor(2160), start_factor(720)
    (2.6, 5.2, 2.6)
    """
    return min(START * max(lines / _LINES, 1.0), MOST)


def stepped(factor: float, by: int) -> float:
    """Return a factor that is larger by so many times a tenth, within its limits.

    Examples
    --------
    >>> round(stepped(2.6, 1), 2), stepped(2.6, 99), stepped(2.6, -99)
    (2.86, 6.0, 1.5)
    """
    return min(max(factor * _LARGER**by, LEAST), MOST)


def scaled(style: str, factor: float) -> str:
    """Return a style sheet with every length in pixels multiplied, but lines of one pixel.

    Radii are rounded down: Qt draws a square where one is more than half of a side.

    Examples
    --------
    >>> scaled("QLabel { font-size: 13px; border: 1px solid }", 2.5)
    'QLabel { font-size: 33px; border: 1px solid }'
    >>> scaled("width: 14px; border-radius: 7px", 2.36)
    'width: 33px; border-radius: 16px'
    """

    def larger(match: re.Match[str]) -> str:
        name, pixels = match[1] or "", int(match[2])
        if abs(pixels) <= 1:
            return match[0]
        size = pixels * factor
        return f"{name}{math.floor(size) if name else round(size + 1e-9)}px"

    return re.sub(r"(border-radius: )?(-?\b\d+)px", larger, style)


def talk_style(palette: Palette, factor: float) -> str:
    """Return the style sheet of a talk: that of the desk and its own, so many times larger."""
    own = Template(resource("style", "talk.qss").read_text(encoding="utf-8"))
    return scaled(style_sheet(palette) + own.substitute(asdict(palette)), factor)
