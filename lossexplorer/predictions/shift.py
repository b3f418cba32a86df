"""Shift: the whole prediction is displaced."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._displacement import Displacement
from lossexplorer.predictions._objects import Labels
from lossexplorer.predictions._scores import Planes


def displacement(values: Values, grid: Grid) -> Displacement:
    """Return the displacement of the scores."""
    lengths = values["shift_z"], values["shift_y"], values["shift_x"]
    return Displacement(lengths, grid.spacing)


def reach(labels: Labels, grid: Grid, values: Values, wanted: Planes) -> Planes:
    """Return the planes beyond the border from which scores enter."""
    z, y, x = labels.shape
    return displacement(values, grid).planes((z, y, x), wanted)


def shift(
    score: NDArray[np.float32],
    labels: Labels,
    grid: Grid,
    values: Values,
    planes: Planes,
    wanted: Planes,
) -> NDArray[np.float32]:
    """Return displaced scores; the continuation of the volume enters it.

    Parameters
    ----------
    score : array, shape (z, y, x)
        A class's scores in mm, with `planes` beyond the border.
    labels : array, shape (z, y, x)
        Not used.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values, in mm; positive towards larger indices.
    planes, wanted : Planes
        The planes beyond the border of `score` and of the result.
    """
    del labels
    return displacement(values, grid).apply(score, planes, wanted)


def _control(axis: Literal["x", "y", "z"]) -> Number:
    return Number(
        name=f"shift_{axis}",
        title=f"Shift {axis}",
        meaning=f"Moves the whole prediction along {axis}, towards larger indices. What enters "
        "continues the classes at the border.",
        default=0.0,
        low=-1000.0,
        high=1000.0,
        slider=(-20.0, 20.0),
        unit="mm",
        axis=axis,
    )


DEGRADATION = Degradation(
    name="shift",
    title="Shift",
    summary="The whole prediction moves. By a whole number of voxels it is exact; a fraction of a "
    "voxel blends the two whole moves around it.",
    group="place",
    order=60,
    acts_on="scores",
    apply=shift,
    reach=reach,
    displacement=displacement,
    strength=("shift_x", "shift_y", "shift_z"),
    controls=(_control("x"), _control("y"), _control("z")),
    moves={"shift_x": "x", "shift_y": "y", "shift_z": "z"},
)
