"""Balls of background within the predicted objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values, seed
from lossexplorer.predictions._objects import Labels, apart, ball, put

_STREAM = 3


def holes(labels: Labels, grid: Grid, values: Values) -> Labels:
    """Return the labels with balls of background in them.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    radius = values["hole_radius"]
    chance = grid.chance(values["hole_seed"], _STREAM)
    candidates = _centres(labels, grid, radius)
    centres = apart(candidates, int(values["holes"]), 2 * radius, grid.spacing, chance)
    mask, shape = np.zeros(labels.shape, bool), ball(radius, grid.spacing, labels.shape)
    for centre in centres:
        put(mask, shape, centre)
    result = labels.copy()
    result[mask] = 0
    return result


def _centres(labels: Labels, grid: Grid, radius: float) -> NDArray[np.int64]:
    """Return labelled voxels around which a ball fits into the objects, or all if none fits."""
    import edt

    depth = edt.edt(labels > 0, anisotropy=grid.spacing, parallel=0)
    fitting = depth > radius
    return np.argwhere(fitting if fitting.any() else labels > 0)


DEGRADATION = Degradation(
    name="holes",
    title="Holes",
    summary="Balls of background appear within the objects.",
    group="objects",
    order=30,
    acts_on="labels",
    apply=holes,
    strength=("holes",),
    controls=(
        Number(
            name="holes",
            title="Count",
            meaning="How many holes appear, apart from each other as far as there is room.",
            default=0.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 50.0),
            whole=True,
        ),
        Number(
            name="hole_radius",
            title="Radius",
            meaning="The radius of a hole, from voxel centre to voxel centre; below one voxel it "
            "is a single voxel.",
            default=2.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 20.0),
            unit="mm",
            within=0.5,
        ),
        seed("hole_seed", "Decides where the holes appear."),
    ),
)
