"""The map between slider positions and values."""

from __future__ import annotations

import math

from lossexplorer.core.parameters import Number, Spacing

_LOG_NOTCHES_PER_DECADE = 10


class SliderScale:
    """Maps a `Number` to slider positions and back, exactly at the default and at whole notches.

    The positions of a linear scale are the values in the unit in which they are shown. The
    positions of a log scale are decades above the smallest value, with one notch below the first
    decade for 0.

    Parameters
    ----------
    number : Number
        The number that the slider sets.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x): a key press moves a length along an axis by one voxel.
    """

    def __init__(self, number: Number, spacing: Spacing) -> None:
        self._number = number
        low, high = number.span
        if number.scale == "linear":
            self.ends = low, high = number.shown(low), number.shown(high)
            voxel = number.shown(number.voxel(spacing))
            self.notch = voxel if number.axis else (high - low) / 100
            if number.whole:
                self.notch = max(1.0, round(self.notch))
        else:
            largest = high if number.scale == "log" else 1 - low
            self.notch = 1 / _LOG_NOTCHES_PER_DECADE
            # Where 0 is not allowed, there is no notch for it below the first decade.
            first = 0.0 if number.scale == "log" and low > 0 else -self.notch
            self.ends = (first, math.log10(largest / number.smallest))

    def position(self, value: float) -> float:
        """Return the slider position of a value; an end of the slider for a value beyond it."""
        if self._number.scale == "linear":
            position = self._number.shown(value)
        else:
            size = value if self._number.scale == "log" else 1 - value
            smallest = self._number.smallest
            # 1 − (1 − 1e-5) is 9.999999999954e-6 instead of 1e-5.
            decades = math.log10(size / smallest) if size > 0 else -math.inf
            position = decades if decades > -1e-9 else self.ends[0]
        return min(max(position, self.ends[0]), self.ends[1])

    def value(self, position: float) -> float:
        """Return the value of a slider position."""
        neutral = self._number.default
        if self._number.whole:
            return float(round(position))
        if self._number.scale == "linear":
            # Notches of 0.1 from −20 must meet the neutral value, not 4e-15.
            place = self._number.shown(neutral)
            is_neutral = abs(position - place) < 1e-9 * (1 + abs(place))
            return neutral if is_neutral else self._number.of_shown(position)
        if abs(position - self.position(neutral)) < 1e-9:
            return neutral
        # Between the step for 0 and the first decade, the nearer of the two values is taken.
        decades = max(position, 0.0)
        size = self._number.smallest * 10**decades if position > -self.notch / 2 else 0.0
        return size if self._number.scale == "log" else 1 - size
