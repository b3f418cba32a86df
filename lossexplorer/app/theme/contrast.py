"""How well a colour is seen on another one."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from lossexplorer.app.theme.palettes import Palette

_RGB = tuple[float, float, float]
_FLARE = 0.05  # of the light of the room that a screen reflects
_SHARES = 40


def linear(color: str) -> _RGB:
    """Return red, green and blue of an sRGB colour as intensities from 0 to 1 (IEC 61966-2-1).

    Examples
    --------
    >>> linear("#ff0000"), [round(channel, 4) for channel in linear("#808080")]
    ((1.0, 0.0, 0.0), [0.2159, 0.2159, 0.2159])
    """
    values = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values
    )
    return red, green, blue


def luminance(rgb: _RGB) -> float:
    """Return the relative luminance of intensities (WCAG 2.2).

    Examples
    --------
    >>> luminance((1.0, 1.0, 1.0)), luminance((0.0, 1.0, 0.0))
    (1.0, 0.7152)
    """
    red, green, blue = rgb
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2).

    Examples
    --------
    >>> round(contrast("#ffffff", "#000000"), 9), contrast("#123456", "#123456")
    (21.0, 1.0)
    """
    high, low = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (high + _FLARE) / (low + _FLARE)


@lru_cache(maxsize=256)
def readable_on(ground: str, color: str, least: float) -> str:
    """Return a colour, as it is or mixed with so much black or white that it is seen on a ground.

    Parameters
    ----------
    ground, color : str
        As ``#rrggbb``.
    least : float
        The contrast that is wanted; black or white where that is more than they have.

    Examples
    --------
    >>> readable_on("#000000", "#4cb4f0", 3.0), readable_on("#ffffff", "#ffff00", 4.5)
    ('#4cb4f0', '#797900')
    """
    goal = 1.0 if contrast("#ffffff", ground) > contrast("#000000", ground) else 0.0
    channels = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    for count in range(_SHARES + 1):
        share = count / _SHARES
        mixed = [round(value + share * (255 * goal - value)) for value in channels]
        found = "#" + "".join(f"{value:02x}" for value in mixed)
        if contrast(found, ground) >= least:
            return found
    return found


def in_a_lit_room(palette: Palette) -> Palette:
    """Return a palette whose texts are read from a projector's wall that light falls on.

    Quiet text has the contrast of 7 that WCAG 2.2 calls enhanced (success criterion 1.4.6), since
    such a wall takes half of it; text that is coloured has the usual 4.5, which keeps its hue.

    Examples
    --------
    >>> from lossexplorer.app.theme.palettes import PALETTES
    >>> dark = PALETTES["dark"]
    >>> contrast(dark.quiet, dark.surface) < 7 <= contrast(in_a_lit_room(dark).quiet, dark.surface)
    True
    """
    return replace(
        palette,
        quiet=readable_on(palette.surface, palette.quiet, 7.0),
        good=readable_on(palette.surface, palette.good, 4.5),
        warning=readable_on(palette.surface, palette.warning, 4.5),
    )
