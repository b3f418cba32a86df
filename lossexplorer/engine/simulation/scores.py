"""The second phase: scores in mm, measured in the labels that the prediction starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.simulation.extent import Extent
from lossexplorer.engine.simulation.truth import Labels
from lossexplorer.engine.step.rows import Field
from lossexplorer.predictions import (
    FAR,
    Displacement,
    Grid,
    Values,
    active,
    each_class_scores,
    values_of,
)


class ScorePhase:
    """Makes a sample's scores.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        The volume's grid.

    Attributes
    ----------
    volume : Extent
        The whole volume, in which scores are measured.
    """

    def __init__(self, labels: Labels, grid: Grid) -> None:
        self._labels, self._grid = labels, grid
        z, y, x = labels.shape
        self.volume = Extent((z, y, x), (0, 0, 0), grid.classes)
        self._distances: Cache[tuple[Any, ...], Field] = Cache(1)

    def distances(self, values: Values) -> Field:
        """Return the scores before any degradation acts on them, in rows."""

        def made() -> Field:
            labels, grid = self._labels, self._grid
            for each in active("labels", values):
                labels = each.apply(labels, grid, values)
            scores = each_class_scores(labels, grid.classes, grid.spacing)
            return self.volume.field(scores, np.float32, certain(grid.classes, FAR, -FAR))

        return self._distances.get(values_of(active("labels", values), values), made)

    def displacement(self, values: Values, extent: Extent) -> Displacement | None:
        """Return the displacement of the scores if nothing else changes them, else None."""
        acting = active("scores", values)
        if len(acting) != 1 or acting[0].displacement is None or not extent.is_whole:
            return None
        return acting[0].displacement(values, self._grid)

    def placed(self, values: Values) -> NDArray[np.float32]:
        """Return the scores after all degradations that act on them, shape (class, z, y, x)."""
        scores = self.distances(values).whole()
        for each in active("scores", values):
            scores = each.apply(scores, self._grid, values)
        found: NDArray[np.float32] = backend.to_numpy(scores)
        return found


def certain(classes: int, sure: float, others: float) -> NDArray[np.float64]:
    """Return a field at the representatives, shape (class, class): `sure` for the own class."""
    return np.where(np.eye(classes, dtype=bool), sure, others)
