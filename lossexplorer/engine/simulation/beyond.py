"""Scores beyond the sides of a volume, which are measured once for all shorter displacements."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.simulation.truth import Labels
from lossexplorer.predictions import Grid, Planes, VolumeSide, scores_beyond

# Both sides of the axis that a slider displaces along, and of another axis.
_SIDES = 4
# Planes are kept of at most this share of a volume, so that four sides take little more than one.
_KEPT = 0.3
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
        self._sides: Cache[tuple[Any, ...], tuple[Planes, NDArray[np.float32]]] = Cache(_SIDES)

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
        of, axis, grid = (key, side), side.axis + 1, self._grid
        kept = self._sides.find(of)
        if kept is not None and kept[1].shape[axis] >= count and _covers(kept[0], around):
            wider, found = kept
        else:
            wider, found = around, scores_beyond(labels, grid.classes, grid.spacing, side, count)
            if found.size <= max(_KEPT * labels.size * grid.classes, _FEW):
                self._sides.put(of, (around, found))
        # In a volume that is continued further, the same places have the same scores.
        places = [
            slice(more - planes, length - (behind - after))
            for (more, behind), (planes, after), length in zip(
                wider, around, found.shape[1:], strict=True
            )
        ]
        places[side.axis] = slice(-count, None) if side.is_first else slice(count)
        return found[(slice(None), *places)]


def _covers(wider: Planes, planes: Planes) -> bool:
    """Whether there are at least as many planes on each side."""
    return all(
        more >= few
        for sides in zip(wider, planes, strict=True)
        for more, few in zip(*sides, strict=True)
    )
