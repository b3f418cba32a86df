"""The way down a landscape: where two sliders go that follow the negative gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_AHEAD = 0.25
"""How far the way leads before its direction is found anew, in places of the landscape."""
_MOST = 2000


def steepest_descent(
    values: NDArray[np.float64], start: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return the places on the way of steepest descent, as far as the values fall.

    The values between places are those of a bilinear interpolation, and the gradient is that of
    central differences, interpolated in the same way (Cauchy 1847 for the method).

    Parameters
    ----------
    values : array, shape (row, column)
        The landscape; finite where the way leads.
    start : tuple of float
        A column and a row, from 0.

    Examples
    --------
    >>> row, column = np.indices((9, 9))
    >>> way = steepest_descent((column - 6.0) ** 2 + (row - 2.0) ** 2, (2.0, 6.0))
    >>> bool(np.abs(np.subtract(way[-1], (6, 2))).max() < 0.2)
    True
    """
    down = [np.asarray(-slope) for slope in np.gradient(values)]
    here = np.array(start[::-1], dtype=float)
    last = np.array(values.shape) - 1.0
    way, value = [start], _between(values, here)
    while len(way) < _MOST:
        direction = np.array([_between(slope, here) for slope in down])
        # At a border, what leads out of the landscape does not count.
        direction[((here <= 0) & (direction < 0)) | ((here >= last) & (direction > 0))] = 0.0
        length = float(np.hypot(*direction))
        if not length or not np.isfinite(length):
            break
        there = np.clip(here + _AHEAD * direction / length, 0.0, last)
        below = _between(values, there)
        if not below < value:
            break
        here, value = there, below
        way.append((float(here[1]), float(here[0])))
    return way


def _between(values: NDArray[np.float64], place: NDArray[np.float64]) -> float:
    """Return the bilinear interpolation at a row and a column."""
    low = np.minimum(np.floor(place), np.array(values.shape) - 2).astype(int)
    row, column = place - low
    corners = values[low[0] : low[0] + 2, low[1] : low[1] + 2]
    return float(np.array([1 - row, row]) @ corners @ np.array([1 - column, column]))
