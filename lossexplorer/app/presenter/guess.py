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


def beyond(places: Sequence[float], here: float) -> tuple[float, ...]:
    """Return the places of a curve above that of the hand, the next one first; below at its end.

    Parameters
    ----------
    places : sequence of float
        All places of the curve, ascending.
    here : float
        Where the hand is, which need be none of them.

    Examples
    --------
    >>> [beyond((0.0, 1.0, 2.0), here) for here in (0.0, 1.4, 2.0)]
    [(1.0, 2.0), (2.0,), (1.0, 0.0)]
    """
    if len(places) < 2:
        return ()
    near = 1e-6 * (places[-1] - places[0])
    above = tuple(place for place in places if place > here + near)
    return above or tuple(place for place in reversed(places) if place < here - near)
