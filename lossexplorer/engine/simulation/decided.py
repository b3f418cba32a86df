"""The classes of a decided prediction, of which no score is needed in most voxels.

A voxel has a positive score for its own class alone, so a decided prediction that is moved by
whole voxels is the labels, moved. Moved by a fraction of a voxel, neighbours are blended. A class
can have the best score then only if it is near: that of a neighbour's class is above minus half the
diagonal of a voxel, and one that is further from a neighbour than twice the diagonal is below it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.simulation.truth import Labels
from lossexplorer.predictions import (
    NO_PLANES,
    Displacement,
    Grid,
    Planes,
    continued,
    each_class_nearby,
)

_Nearby = list[tuple[int, tuple[slice, slice, slice], NDArray[np.float32]]]

# Of how many fractions of a voxel the decided classes are kept, one or two bytes a voxel.
_FRACTIONS = 16
# Of the two places that are blended along an axis, the scores begin one voxel before the volume.
_ONE_BEFORE: Planes = ((1, 0), (1, 0), (1, 0))


class DecidedClasses:
    """Decides displaced scores, and keeps what it decides: whole voxels change only its place.

    Parameters
    ----------
    grid : Grid
        The volume's grid.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._blended: Cache[tuple[Any, ...], Labels] = Cache(_FRACTIONS)
        self._nearby: Cache[tuple[Any, ...], _Nearby] = Cache(1)
        self._planes = NO_PLANES

    def of(self, key: Hashable, labels: Labels, displacement: Displacement) -> Labels:
        """Return the class with the best displaced score in each voxel, (z, y, x).

        Parameters
        ----------
        key : hashable
            What the labels depend on.
        labels : array of unsigned int, shape (z, y, x)
            The labels that the prediction starts from.
        displacement : Displacement
            The displacement of the scores.
        """
        z, y, x = labels.shape
        whole, rest = displacement.apart((z, y, x))
        self._planes = planes = _wide_enough(self._planes, whole)
        blended = (
            self._blended.get((key, rest, planes), lambda: self._decide(key, labels, rest))
            if rest.axes
            else continued(labels, planes)
        )
        place = tuple(
            slice(before - voxels, before - voxels + length)
            for (before, _), voxels, length in zip(planes, whole, labels.shape, strict=True)
        )
        return blended[place]

    def _decide(self, key: Hashable, labels: Labels, rest: Displacement) -> Labels:
        """Return the decided classes of a displacement by less than a voxel, with planes beyond."""
        planes = self._planes
        nearby = self._nearby.get((key, planes), lambda: self._near(labels, planes))
        shape = [length + sum(more) for length, more in zip(labels.shape, planes, strict=True)]
        best, found = np.full(shape, -np.inf, np.float32), np.zeros(shape, labels.dtype)
        for index, (z, y, x), scores in nearby:
            blended = rest.apply(scores, _ONE_BEFORE, NO_PLANES)
            place = tuple(slice(each.start, each.stop - 1) for each in (z, y, x))
            better = blended > best[place]  # the first one where several are the best
            np.copyto(best[place], blended, where=better)
            found[place][better] = index
        return found

    def _near(self, labels: Labels, planes: Planes) -> _Nearby:
        z, y, x = ((before + 1, after) for before, after in planes)
        grid, reach = self._grid, 2 * math.hypot(*self._grid.spacing)
        around = continued(labels, (z, y, x))
        return [*each_class_nearby(around, grid.classes, grid.spacing, reach)]


def _wide_enough(planes: Planes, whole: tuple[int, int, int]) -> Planes:
    """Return planes for a displacement by whole voxels either way, at least those given."""
    z, y, x = (max(before, abs(n)) for (before, _), n in zip(planes, whole, strict=True))
    return (z, z), (y, y), (x, x)
