"""Shares of a total."""

from __future__ import annotations

import math
from collections.abc import Iterable


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
