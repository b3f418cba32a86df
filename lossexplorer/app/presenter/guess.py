"""Guess first: from where to where the audience guesses, and which way a value goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Direction = Literal["up", "down", "neither"]

_ROUNDING = 1e-6  # of float32, relative to a value: what differs less is the same


def direction(before: float, after: float) -> Direction:
    """Return which way a value goes.

    Examples
    --------
    >>> direction(0.25, 0.5), direction(0.5, math.nan), direction(2.0, 2.0 + 1e-9)
    ('up', 'neither', 'neither')
    >>> direction(1.0, math.inf), direction(math.inf, 1.0)
    ('up', 'down')
    """
    if before == after or math.isnan(before) or math.isnan(after):
        return "neither"
    if math.isinf(before) or math.isinf(after):
        return "up" if after > before else "down"
    if abs(after - before) <= _ROUNDING * max(abs(before), abs(after)):
        return "neither"
    return "up" if after > before else "down"


def neighbour(places: Sequence[float], here: float) -> float | None:
    """Return the place of a curve beside that of the hand: above it, or below it at the end.

    Parameters
    ----------
    places : sequence of float
        All places of the curve, ascending.
    here : float
        Where the hand is, which need be none of them.

    Examples
    --------
    >>> [neighbour((0.0, 1.0, 2.0), here) for here in (0.0, 0.4, 2.0)]
    [1.0, 1.0, 1.0]
    """
    if len(places) < 2:
        return None
    near = 1e-6 * (places[-1] - places[0])
    above = [place for place in places if place > here + near]
    below = [place for place in places if place < here - near]
    return above[0] if above else below[-1]
