"""The colour of each loss that is shown: that of the catalogue, or another lightness of it.

The same loss shown twice has one hue, so that the two are seen to belong together. They differ in
lightness, which eyes that confuse hues see as well, and in what the window draws with (dots).
Lightness is that of OKLab (Ottosson 2020, "A perceptual color space for image processing").
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import loss_of, number_of

Triple = NDArray[np.float64]

# From linear sRGB to the cones' responses, and from their cube roots to lightness and two hues.
_TO_CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_TO_OKLAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip

_APART = 0.17
"""By how much the lightness of the second differs; half as much for the third."""
_LIGHT = 0.7
"""From this lightness on the second is darker, below lighter: seen on both themes' surfaces."""


@cache
def color_of(name: str) -> str:
    """Return the colour of a loss that is shown, as ``#rrggbb``.

    Parameters
    ----------
    name : str
        Its name among those shown, such as ``"tversky_2"``.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such loss.

    Examples
    --------
    >>> color_of("tversky"), color_of("tversky_2")
    ('#98e070', '#64a938')
    """
    number, color = number_of(name), loss_of(name).color
    if number == 1:
        return color
    lightness, *hues = _oklab(color)
    apart = _APART if number % 2 == 0 else _APART / 2
    lightness += -apart if lightness >= _LIGHT else apart
    # Less of the hue where the screen has no colour of this lightness.
    shades = (np.array([lightness, *(share * np.array(hues))]) for share in np.linspace(1, 0, 101))
    return _hex(next(rgb for shade in shades if _is_on_screen(rgb := _linear_of(shade))))


def _oklab(color: str) -> Triple:
    coded = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    found: Triple = _TO_OKLAB @ np.cbrt(_TO_CONES @ linear)
    return found


def _linear_of(oklab: Triple) -> Triple:
    found: Triple = np.linalg.solve(_TO_CONES, np.linalg.solve(_TO_OKLAB, oklab) ** 3)
    return found


def _is_on_screen(linear: Triple) -> bool:
    return bool((linear > -1e-6).all() and (linear < 1 + 1e-6).all())


def _hex(linear: Triple) -> str:
    kept = np.clip(linear, 0, 1)
    coded = np.where(kept <= 0.0031308, 12.92 * kept, 1.055 * kept ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * value):02x}" for value in coded)
