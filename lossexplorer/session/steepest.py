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
    central differences, interpolated in the same way (Cauchy 1847 for the method). At a border and
    beside NaN, the difference is that to the other side alone.

    Parameters
    ----------
    values : array, shape (row, column)
        The landscape; the way ends where it is NaN.
    start : tuple of float
        A column and a row, from 0.

    Examples
    --------
    >>> row, column = np.indices((9, 9))
    >>> way = steepest_descent((column - 6.0) ** 2 + (row - 2.0) ** 2, (2.0, 6.0))
    >>> bool(np.abs(np.subtract(way[-1], (6, 2))).max() < 0.2)
    True
    """
    down = [-_slope(values, axis) for axis in (0, 1)]
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


def _slope(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return the mean of the differences to both neighbours, as far as there are any."""
    beyond = np.full_like(values.take([0], axis), np.nan)
    before = np.diff(values, axis=axis, prepend=beyond)
    after = np.diff(values, axis=axis, append=beyond)
    slope: NDArray[np.float64] = np.ma.masked_invalid([before, after]).mean(axis=0).filled(np.nan)
    return slope


def _between(values: NDArray[np.float64], place: NDArray[np.float64]) -> float:
    """Return the bilinear interpolation at a row and a column; NaN beside a corner that is."""
    low = np.minimum(np.floor(place), np.array(values.shape) - 2).astype(int)
    row, column = place - low
    corners = values[low[0] : low[0] + 2, low[1] : low[1] + 2]
    weights = np.outer([1 - row, row], [1 - column, column])
    # On the line between two places those beside it do not count, even if they are NaN.
    return float(np.sum(weights * corners, where=weights != 0))
