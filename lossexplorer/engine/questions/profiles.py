"""A profile along a line: truth, probability and every loss's gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Answer, MapRequest, Question, Request, Voxel

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

_MOST = 1024


@dataclass(frozen=True)
class ProfileLine(Question):
    """Truth, probability and every loss's gradient in the voxels along a line.

    What is found is a mapping to arrays, one number for each of `voxels_along`: ``"truth"``,
    ``"probability"``, and under each loss's name its gradient. All are NaN where the volume is
    cropped.

    Attributes
    ----------
    painted : MapRequest
        Of which class and sample, and with respect to what.
    start, stop : tuple of int
        The first voxel and the last, (z, y, x).
    """

    painted: MapRequest
    start: Voxel
    stop: Voxel

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses and their gradients along the line."""
        from lossexplorer.engine.profiles import along

        outcomes = pipeline.evaluate(request, lambda _: True)
        voxels = voxels_along(self.start, self.stop)
        inside = pipeline.volume.mask(self.painted.sample, self.painted.class_index)
        found = {"truth": inside[tuple(voxels.T)].astype(float)}
        found |= along(pipeline, self.painted, voxels, outcomes.evaluated)
        return replace(outcomes.answer(), found=found)


def voxels_along(start: Voxel, stop: Voxel) -> NDArray[np.int64]:
    """Return the voxels that are nearest to evenly spaced places of a line, each once.

    There are as many places as the line has voxels along the axis on which it is longest.

    Examples
    --------
    >>> voxels_along((0, 0, 0), (0, 1, 2)).tolist()
    [[0, 0, 0], [0, 0, 1], [0, 1, 2]]
    """
    count = max(abs(b - a) for a, b in zip(start, stop, strict=True)) + 1
    places = np.linspace(start, stop, min(count, _MOST))
    found: NDArray[np.int64] = np.rint(places).astype(np.int64)
    return found


def distances_along(
    voxels: NDArray[np.int64], spacing: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Return how many mm each voxel is from the first, from middle to middle.

    Examples
    --------
    >>> distances_along(voxels_along((0, 0, 0), (0, 3, 4)), (5.0, 1.0, 1.0)).tolist()[-1]
    5.0
    """
    found: NDArray[np.float64] = np.linalg.norm((voxels - voxels[0]) * np.array(spacing), axis=1)
    return found
