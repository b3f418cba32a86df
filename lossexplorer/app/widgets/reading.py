"""What lies under the pointer in a plot: the nearest point of a curve, with its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF

_NEAR = 24.0  # pixels


@dataclass(frozen=True)
class NamedCurve:
    """A curve under its name.

    Attributes
    ----------
    name : str
        Of the loss, or of what else is drawn.
    places, heights : array, shape (point,)
        Where it is drawn.
    values : array, shape (point,)
        What is said of its points, which may be drawn scaled.
    """

    name: str
    places: NDArray[np.float64]
    heights: NDArray[np.float64]
    values: NDArray[np.float64]


def nearest(curves: Iterable[NamedCurve], box: Any, at: QPointF) -> tuple[NamedCurve, int] | None:
    """Return the curve and the point of it that is nearest, or None if none is near.

    Parameters
    ----------
    curves : iterable of NamedCurve
        What is drawn.
    box : pyqtgraph.ViewBox
        Where.
    at : QPointF
        The pointer, in the scene of the plot.
    """
    pointer = box.mapSceneToView(at)
    width, height = box.viewPixelSize()
    found, distance = None, _NEAR
    for curve in curves:
        if not len(curve.places):
            continue
        along = (np.asarray(curve.places) - pointer.x()) / (width or 1.0)
        # Between two points the line is what is pointed at.
        across = _height_at(curve, pointer.x())
        index = int(np.argmin(np.where(np.isfinite(curve.heights), np.abs(along), np.inf)))
        away = abs(across - pointer.y()) / (height or 1.0)
        away = float(np.hypot(away, max(abs(along[index]) - _NEAR, 0.0)))
        if np.isfinite(away) and away < distance:
            found, distance = (curve, index), away
    return found


def _height_at(curve: NamedCurve, place: float) -> float:
    known = np.isfinite(curve.heights)
    if not known.any():
        return float("nan")
    return float(np.interp(place, np.asarray(curve.places)[known], curve.heights[known]))
