"""Scores beyond the sides of a volume, which are measured once for all shorter displacements."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.simulation.truth import Labels
from lossexplorer.predictions import Grid, Planes, VolumeSide, scores_beyond

# Both sides of the axis that a slider displaces along, and one of another axis.
_SIDES = 3
# Planes are kept of at most this share of a volume, so that three sides take half a volume.
_KEPT = 1 / 6
# As many scores are always kept: a displacement reaches over half of a small volume.
_FEW = 2**20


class ScoresBeyond:
    """Measures scores beyond sides, and keeps them: a curve crosses from side to side.

    Parameters
    ----------
    grid : Grid
        The volume's grid.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._sides: Cache[tuple[Any, ...], NDArray[np.float32]] = Cache(_SIDES)

    def measured(
        self, key: Hashable, labels: Labels, around: Planes, side: VolumeSide, count: int
    ) -> NDArray[np.float32]:
        """Return the scores in the planes beyond a side, as `scores_beyond` does.

        Parameters
        ----------
        key : hashable
            What the labels of the volume depend on.
        labels : array of unsigned int, shape (z, y, x)
            The labels, continued.
        around : Planes
            By which planes they are continued.
        side : VolumeSide
            The side.
        count : int
            The number of planes.
        """
        of, axis = (key, around, side), side.axis + 1
        found = self._sides.find(of)
        if found is None or found.shape[axis] < count:
            grid = self._grid
            found = scores_beyond(labels, grid.classes, grid.spacing, side, count)
            if found.size <= max(_KEPT * labels.size * grid.classes, _FEW):
                self._sides.put(of, found)
        near = slice(-count, None) if side.is_first else slice(count)
        return found[(slice(None),) * axis + (near,)]
