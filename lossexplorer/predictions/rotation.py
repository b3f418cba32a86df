"""Rotation and scaling about the centre of mass of the labelled voxels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._scores import FAR

Tensor = Any
Array = NDArray[np.float64]

# The two axes of (z, y, x) in whose plane a rotation about the named axis turns.
_PLANES = {"x": (0, 1), "y": (0, 2), "z": (1, 2)}


def rotate_and_scale(scores: Tensor, grid: Grid, values: Values) -> Tensor:
    """Return the scores turned and scaled about the labelled voxels' centre of mass.

    Positions are in mm, so that the rotation is also rigid with anisotropic voxels. The scores are
    interpolated linearly and multiplied by the factor, so that they remain distances. Background
    enters the volume.

    Parameters
    ----------
    scores : tensor, shape (class, z, y, x)
        Scores in mm, background first.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    from keras import ops
    from scipy import ndimage

    field = np.asarray(ops.convert_to_numpy(scores))
    matrix, offset = _to_source(field, grid, values)
    inside = ndimage.affine_transform(
        np.ones(field.shape[1:], np.uint8), matrix, offset, order=0, mode="constant"
    ).astype(bool)
    result = np.empty_like(field)
    for index, score in enumerate(field):
        moved = ndimage.affine_transform(score, matrix, offset, order=1, mode="nearest")
        entering = FAR if index == 0 else -FAR
        result[index] = np.where(inside, values["scale"] * moved, entering)
    return ops.convert_to_tensor(result)


def _to_source(scores: NDArray[np.float32], grid: Grid, values: Values) -> tuple[Array, Array]:
    """Return matrix and offset of the map from an index in the result to one in the source."""
    edges = np.diag(grid.spacing)
    back = np.linalg.inv(edges) @ _rotation(values).T @ edges / values["scale"]
    labelled = np.argwhere(scores[0] < 0)
    centre = labelled.mean(axis=0) if len(labelled) else (np.array(scores.shape[1:]) - 1) / 2
    return back, centre - back @ centre


def _rotation(values: Values) -> Array:
    """Return the rotation of mm positions (z, y, x): about x, then y, then z."""
    whole = np.eye(3)
    for axis, (first, second) in _PLANES.items():
        angle = math.radians(values[f"rotate_{axis}"])
        turn = np.eye(3)
        turn[first, first] = turn[second, second] = math.cos(angle)
        turn[first, second] = math.sin(angle)
        turn[second, first] = -math.sin(angle)
        whole = turn @ whole
    return whole


def _control(axis: str, turn: str) -> Number:
    return Number(
        name=f"rotate_{axis}",
        title=f"Rotate about {axis}",
        meaning=f"Turns the prediction about {axis}, in degrees, from {turn}, about the middle "
        "of what is labelled.",
        default=0.0,
        low=-180.0,
        high=180.0,
        slider=(-30.0, 30.0),
        unit="°",
    )


DEGRADATION = Degradation(
    name="rotation",
    title="Rotate and scale",
    summary="The prediction is turned and enlarged about the middle of what is labelled.",
    group="turn",
    order=50,
    acts_on="scores",
    apply=rotate_and_scale,
    strength=("rotate_x", "rotate_y", "rotate_z", "scale"),
    controls=(
        _control("x", "y towards z"),
        _control("y", "x towards z"),
        _control("z", "x towards y"),
        Number(
            name="scale",
            title="Scale",
            meaning="Enlarges the prediction by this factor about the middle of what is labelled.",
            default=1.0,
            low=0.1,
            high=10.0,
            slider=(0.5, 2.0),
        ),
    ),
    moves={"rotate_x": "yz", "rotate_y": "xz", "rotate_z": "xy"},
)
