"""Shares of a total."""

from __future__ import annotations

import math
from collections.abc import Iterable


def shares(sizes: Iterable[float]) -> list[float | None]:
    """Return each size as a share of the sum of all; None where there is no such share.

    Parameters
    ----------
    sizes : iterable of float
        Of either sign; sizes are compared by magnitude.

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
