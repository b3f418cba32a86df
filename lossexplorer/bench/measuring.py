"""Timing of two sides in turn, so that a slowdown of the machine affects both."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# The first passes over new memory take longer, because its pages are allocated only then.
_WARM_UP = 6


@dataclass(frozen=True)
class Timing:
    """The times of all repetitions.

    Attributes
    ----------
    seconds : tuple of float
        The times in the order of the repetitions.

    Examples
    --------
    >>> Timing((4.0, 1.0, 2.0, 3.0, 5.0)).median
    3.0
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The first and the third quartile, in seconds."""
        return quartiles(self.seconds)


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes
    ----------
    run : callable
        The function that is timed; it takes the result of `prepare`.
    prepare : callable
        Called with the repetition's number before the clock starts.
    """

    run: Callable[[Any], object]
    prepare: Callable[[int], Any] = lambda number: number


def quartiles(values: tuple[float, ...]) -> tuple[float, float]:
    """Return the first and the third quartile.

    Examples
    --------
    >>> quartiles((1.0, 2.0, 3.0, 4.0, 5.0))
    (2.0, 4.0)
    """
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def in_turn(*sides: Side, repetitions: int) -> list[Timing]:
    """Return the times of each side, taken as A B A B …, after a warm-up.

    Parameters
    ----------
    *sides : Side
        The sides to time. `prepare` is never called with the same number twice.
    repetitions : int
        The number of timed repetitions of each side.
    """
    # As in the engine's process, the objects of imported libraries are left out of collections.
    gc.collect()
    gc.freeze()
    for number in range(_WARM_UP):
        for side in sides:
            _seconds(side, number)
    taken = [
        [_seconds(side, number) for side in sides]
        for number in range(_WARM_UP, _WARM_UP + repetitions)
    ]
    return [Timing(seconds) for seconds in zip(*taken, strict=True)]


def _seconds(side: Side, number: int) -> float:
    prepared = side.prepare(number)
    start = time.perf_counter()
    side.run(prepared)
    return time.perf_counter() - start
