"""Times of two things done in turn, so that whatever slows the machine slows both."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# The first passes over new memory take longer: its pages are only then given to the process.
_WARM_UP = 6


@dataclass(frozen=True)
class Timing:
    """Every repetition's time.

    Attributes
    ----------
    seconds : tuple of float
        In the order in which they were taken.

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
    """One of the things compared.

    Attributes
    ----------
    run : callable
        What is timed; it is given what `prepare` returned.
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
        What to time. `prepare` is never given the same number twice.
    repetitions : int
        How many times are kept of each.
    """
    # As in the engine's process: what libraries keep is not looked through again and again.
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
    given = side.prepare(number)
    start = time.perf_counter()
    side.run(given)
    return time.perf_counter() - start
