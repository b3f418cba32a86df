"""False-positive balls in the background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ClassIndex, Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values, seed
from lossexplorer.predictions._objects import Labels, apart, ball, put

_STREAM = 2


def false_blobs(labels: Labels, grid: Grid, values: Values) -> Labels:
    """Return the labels with balls of one class in the background.

    A ball replaces background voxels only, so that it adds false positives and changes nothing
    else.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    index = min(int(values["blob_class"]), grid.classes - 1)
    radius = values["blob_radius"]
    count = int(values["blobs"])
    candidates = _centres(labels, grid, radius + values["blob_distance"], count)
    chance = grid.chance(values["blob_seed"], _STREAM)
    centres = apart(candidates, count, 2 * radius, grid.spacing, chance)
    mask, shape = np.zeros(labels.shape, bool), ball(radius, grid.spacing, labels.shape)
    for centre in centres:
        put(mask, shape, centre)
    result = labels.copy()
    result[mask & (labels == 0)] = index
    return result


def _centres(labels: Labels, grid: Grid, distance: float, count: int) -> NDArray[np.int64]:
    """Return background voxels that are as near as possible to `distance` mm from any object.

    There are at least `count` voxels, unless the background has fewer.
    """
    import edt

    background = labels == 0
    if background.all() or not background.any():
        return np.argwhere(background)
    # From voxel centre to the nearest labelled voxel's centre.
    away = edt.edt(background, anisotropy=grid.spacing, parallel=0)
    off = np.where(background, np.abs(away - distance), np.inf)
    rank = min(count, int(background.sum())) - 1
    needed = float(np.partition(off, rank, axis=None)[rank])
    return np.argwhere(off <= max(needed, max(grid.spacing) / 2))


DEGRADATION = Degradation(
    name="false_blobs",
    title="False positives",
    summary="Balls appear in the background, at a distance from the labelled objects.",
    group="objects",
    order=20,
    acts_on="labels",
    apply=false_blobs,
    strength=("blobs",),
    controls=(
        Number(
            name="blobs",
            title="Count",
            meaning="How many balls appear, apart from each other as far as there is room.",
            default=0.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 50.0),
            whole=True,
        ),
        Number(
            name="blob_radius",
            title="Radius",
            meaning="The radius of a ball, from voxel centre to voxel centre; below one voxel it "
            "is a single voxel.",
            default=3.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 20.0),
            unit="mm",
            within=0.5,
        ),
        Number(
            name="blob_distance",
            title="Distance",
            meaning="From the surface of a ball to the nearest labelled voxel; where the volume "
            "has no such place, as near to it as possible.",
            default=10.0,
            low=0.0,
            high=1e5,
            slider=(0.0, 100.0),
            unit="mm",
        ),
        ClassIndex(
            name="blob_class",
            title="Class",
            meaning="The class that the balls are taken for.",
            default=1,
        ),
        seed("blob_seed", "Decides where the balls appear."),
    ),
)
