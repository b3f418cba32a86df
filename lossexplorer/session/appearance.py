"""How the canvas shows its maps and the image: opacity, outlines, contrast and interpolation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Interpolation = Literal["nearest", "linear"]
FADED = ("truth", "prediction", "error", "gradient")
"""The kinds of maps that have an opacity."""


@dataclass(frozen=True)
class Appearance:
    """How maps and image look, whatever they show.

    Attributes
    ----------
    truth, prediction, error, gradient : float
        The opacity of maps of that kind above the image, from 0 to 1.
    outlines_truth, outlines_prediction : bool
        Whether the class shown is outlined in every pane: as the truth has it, and as the
        prediction decides.
    contrast : tuple of float, or None
        The values of the image that are black and white; None for those that fit the image.
    interpolation : {"nearest", "linear"}
        Whether voxels of images and maps of numbers are seen as squares, or blended.
    """

    truth: float = 1.0
    prediction: float = 1.0
    error: float = 1.0
    gradient: float = 1.0
    outlines_truth: bool = False
    outlines_prediction: bool = False
    contrast: tuple[float, float] | None = None
    interpolation: Interpolation = "nearest"

    def opacity(self, kind: str) -> float:
        """Return the opacity of maps of a kind of pane, from 0 to 1.

        Examples
        --------
        >>> Appearance(error=0.25).opacity("error"), Appearance().opacity("image")
        (0.25, 1.0)
        """
        found = getattr(self, "prediction" if kind == "beside" else kind, 1.0)
        return min(max(found, 0.0), 1.0)


def window_and_level(ends: tuple[float, float]) -> tuple[float, float]:
    """Return how far black and white are apart, and what is in their middle.

    Examples
    --------
    >>> window_and_level((-160.0, 240.0))
    (400.0, 40.0)
    """
    low, high = ends
    return high - low, (low + high) / 2


def dragged(
    ends: tuple[float, float], fitting: tuple[float, float], right: float, up: float
) -> tuple[float, float]:
    """Return the ends of an image's contrast after a drag.

    To the right the window is wider, as an exponential of the way, so that it never is 0; upwards
    the image is brighter, as its level is lower.

    Parameters
    ----------
    ends : tuple of float
        Where black and white were.
    fitting : tuple of float
        Where they are if they fit the image.
    right, up : float
        The way, of which 1 makes the window e times as wide, or moves the level by the width of the
        fitting window.

    Examples
    --------
    >>> dragged((0.0, 100.0), (0.0, 100.0), 0.0, 0.25)
    (-25.0, 75.0)
    >>> [round(end, 6) for end in dragged((0.0, 100.0), (0.0, 100.0), math.log(2), 0.0)]
    [-50.0, 150.0]
    """
    window, level = window_and_level(ends)
    whole = fitting[1] - fitting[0]
    window = min(max(window * math.exp(right), whole * 1e-4), whole * 1e4)
    level -= up * whole
    return level - window / 2, level + window / 2
