"""Shares of a total."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def shares(sizes: Iterable[float]) -> list[float | None]:
    """Return the share of each size in the sum of magnitudes; None if the sum is 0 or not finite.

    Parameters
    ----------
    sizes : iterable of float
        Sizes of either sign, of which the magnitudes count.

    Examples
    --------
    >>> shares([3.0, -1.0]), shares([0.0]), shares([1.0, float("inf")])
    ([0.75, 0.25], [None], [None, None])
    """
    magnitudes = [abs(size) for size in sizes]
    whole = sum(magnitudes)
    if not (math.isfinite(whole) and whole > 0):
        return [None] * len(magnitudes)
    return [magnitude / whole for magnitude in magnitudes]


def distribution(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of the sum each size has; 0 if all are 0, and infinite ones share alike.

    Parameters
    ----------
    sizes : array of float
        None below 0; what is NaN counts as 0.

    Examples
    --------
    >>> distribution(np.array([3.0, 1.0])).tolist()
    [0.75, 0.25]
    >>> distribution(np.array([1.0, np.inf, np.inf])).round(6).tolist()
    [0.0, 0.5, 0.5]
    """
    finite = np.nan_to_num(sizes)
    scaled = finite / (finite.max(initial=0.0) or 1.0)  # else the sum of large ones is infinite
    return np.asarray(scaled / (scaled.sum() or 1.0))
