"""Which numbers the ends of the maps' colours stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.utils.colormaps import Colormap
from numpy.typing import NDArray

from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import robust_limit, robust_range

PROBABILITIES = (0.0, 1.0)


class ColorLimits:
    """Follows what is painted.

    Within one state a slice may only widen the limits, so that slices can be compared.

    Attributes
    ----------
    gradient : float
        The gradient at the high end of its colours, which is minus that at the low end; 0 before
        anything is painted.
    numbers : tuple of float or None
        What is predicted at the ends of its colours, where that is a number such as an intensity;
        None where it is a probability.
    """

    def __init__(self) -> None:
        self.gradient = 0.0
        self.numbers: tuple[float, float] | None = None
        self._probability, self._numbers = colormaps.probability(), colormaps.numbers()

    def follow_gradient(self, gradient: NDArray[Any], *, same_state: bool) -> None:
        """Fit the limit to a gradient that is painted, without jitter."""
        limit = robust_limit(gradient)
        if not same_state and np.isfinite(gradient).any() and not limit:  # exactly 0
            self.gradient = 0.0
        # Between states small changes keep the limit, so that colours can be compared.
        if limit and (limit > self.gradient or (not same_state and limit < 0.5 * self.gradient)):
            self.gradient = limit

    def follow_numbers(self, numbers: NDArray[Any] | None, *, same_state: bool) -> None:
        """Fit the limits to predicted numbers that are painted; None for probabilities."""
        before, self.numbers = self.numbers, None
        if numbers is None:
            return
        low, high = robust_range(numbers)
        if same_state and before is not None:
            low, high = min(low, before[0]), max(high, before[1])
        self.numbers = low, high

    @property
    def colormap(self) -> Colormap:
        """The colours of what is predicted."""
        return self._probability if self.numbers is None else self._numbers

    def of_map(self, name: str) -> tuple[float, float] | None:
        """Return the numbers at both ends of a map's colours; None if they stay as they are."""
        if name == "gradient" and self.gradient:
            return -self.gradient, self.gradient
        if name == "prediction":
            return self.numbers or PROBABILITIES
        return None
