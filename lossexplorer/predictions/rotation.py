"""Rotation and scaling about the centre of mass of the labelled voxels."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._objects import Labels
from lossexplorer.predictions._scores import Planes

Array = NDArray[np.float64]

# The two axes of (z, y, x) in whose plane a rotation about the named axis turns.
_PLANES = {"x": (0, 1), "y": (0, 2), "z": (1, 2)}


def rotate_and_scale(
    score: NDArray[np.float32],
    labels: Labels,
    grid: Grid,
    values: Values,
    planes: Planes,
    wanted: Planes,
) -> NDArray[np.float32]:
    """Return scores turned and scaled about the labelled voxels' centre of mass.

    Positions are in mm, so that the rotation is also rigid with anisotropic voxels. The scores are
    interpolated linearly and multiplied by the factor, so that they remain distances. The
    continuation of the volume enters it; farther out than these planes, the nearest
    one counts.

    Parameters
    ----------
    score : array, shape (z, y, x)
        A class's scores in mm, with `planes` beyond the border.
    labels : array, shape (z, y, x)
        The class indices in which they were measured.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    planes, wanted : Planes
        The planes beyond the border of `score` and of the result.
    """
    from scipy import ndimage

    shape = tuple(length + sum(kept) for length, kept in zip(labels.shape, wanted, strict=True))
    if np.isneginf(score.flat[0]):  # an absent class, whose −∞ cannot be interpolated
        return np.full(shape, -np.inf, np.float32)
    matrix, offset = _to_source(labels > 0, grid, values)
    more, there = (np.array([before for before, _ in each]) for each in (wanted, planes))
    offset = offset - matrix @ more + there
    moved = ndimage.affine_transform(score, matrix, offset, shape, order=1, mode="nearest")
    return np.asarray(np.float32(values["scale"]) * moved)


def reach(labels: Labels, grid: Grid, values: Values, wanted: Planes) -> Planes:
    """Return the planes beyond the border from which scores enter, at most the volume's length."""
    matrix, offset = _to_source(labels > 0, grid, values)
    sides = [
        (-before, length - 1 + after)
        for length, (before, after) in zip(labels.shape, wanted, strict=True)
    ]
    corners = np.array(list(itertools.product(*sides))) @ matrix.T + offset
    low, high = corners.min(axis=0), corners.max(axis=0)
    z, y, x = (
        (min(max(math.ceil(-first), 0), length), min(max(math.ceil(last - length + 1), 0), length))
        for first, last, length in zip(low, high, labels.shape, strict=True)
    )
    return z, y, x


def _to_source(labelled: NDArray[np.bool_], grid: Grid, values: Values) -> tuple[Array, Array]:
    """Return matrix and offset of the map from an index in the result to one in the source."""
    edges = np.diag(grid.spacing)
    back = np.linalg.inv(edges) @ _rotation(values).T @ edges / values["scale"]
    places = np.argwhere(labelled)
    centre = places.mean(axis=0) if len(places) else (np.array(labelled.shape) - 1) / 2
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
    summary="The prediction is turned and enlarged about the middle of what is labelled. What "
    "enters continues the classes at the border.",
    group="turn",
    order=50,
    acts_on="scores",
    apply=rotate_and_scale,
    reach=reach,
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
