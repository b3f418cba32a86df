"""Map slices of a cropped or padded volume to the volume as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class CropPlacement:
    """Puts a slice or volume of what a loss sees into place in the volume as it is shown.

    Parameters
    ----------
    shape : sequence of int
        The shape of the volume as it is shown, (z, y, x).
    margins : sequence of int
        How many planes were added at both ends of each axis, negative if they were removed.
    axis : int or None
        The axis along which the slices are taken; None for whole volumes.

    Examples
    --------
    >>> CropPlacement((1, 3, 4), (0, -1, 0), 0).put(np.ones((1, 4)), np.float64(0)).tolist()
    [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """

    def __init__(self, shape: Sequence[int], margins: Sequence[int], axis: int | None) -> None:
        self._shape = tuple(n for k, n in enumerate(shape) if k != axis)
        self._margins = [m for k, m in enumerate(margins) if k != axis]

    def put(self, plane: NDArray[Any] | None, blank: np.generic) -> NDArray[Any]:
        """Return the slice as it is shown, `blank` where it was cropped or everywhere for None."""
        if plane is None:
            return np.full(self._shape, blank)
        if not any(self._margins):
            return plane
        kept = plane[tuple(slice(m, -m) if m > 0 else slice(None) for m in self._margins)]
        wider = [(max(-m, 0), max(-m, 0)) for m in self._margins]
        return np.pad(kept, wider, constant_values=blank)
