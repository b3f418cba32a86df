"""The parts of a gradient: its values by sign and region, and by distance from a boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]

REGIONS = ("true positive", "false positive", "false negative", "true negative")
"""In which a voxel is for a class: the class is in truth and decision, one of them, or neither."""


@dataclass(frozen=True)
class GradientParts:
    """A loss's gradient for a class in a sample, by sign, region and distance.

    Attributes
    ----------
    edges : array of float64, shape (bin + 1,)
        Of the absolute values, ascending; the last is the largest.
    counts : array of int64, shape (sign, region, bin)
        How many voxels have such a gradient: negative first, regions as in `REGIONS`.
    others : array of int64, shape (region,)
        How many voxels have a smaller one, or none.
    distances : array of float64, shape (distance + 1,)
        Edges in mm to the nearest voxel on the other side of the boundary of the truth, below 0
        inside it.
    means : array of float64, shape (distance,)
        The mean absolute gradient; NaN where there is no voxel.
    """

    edges: Array
    counts: Array
    others: Array
    distances: Array
    means: Array
