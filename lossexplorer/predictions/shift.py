"""Shift: the whole prediction moves."""

from __future__ import annotations

import math
from typing import Any, Literal

from lossexplorer.parameters import Number, Spacing
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._scores import FAR

Tensor = Any


def shift(scores: Tensor, grid: Grid, values: Values) -> Tensor:
    """Return the scores moved; what enters is background.

    A whole number of voxels moves the array exactly; a fraction blends the two whole-voxel
    moves around it linearly. What is blended at the border is a plane of the volume and the
    background beyond, which lies on the other side of a boundary half-way between them.

    Parameters
    ----------
    scores : tensor, shape (class, z, y, x)
        In mm, background first.
    grid : Grid
        Of the volume.
    values : mapping
        The controls' values, in mm; positive towards larger indices.
    """
    from keras import ops

    lengths = tuple(values[f"shift_{axis}"] for axis in "zyx")
    # Class by class: what a blend needs in between is as large as what it makes.
    return ops.stack(
        [
            _shifted(scores[index], lengths, grid.spacing, FAR if index == 0 else -FAR)
            for index in range(scores.shape[0])
        ]
    )


def _shifted(score: Tensor, lengths: Spacing, spacing: Spacing, entering: float) -> Tensor:
    for axis, (length, edge) in enumerate(zip(lengths, spacing, strict=True)):
        voxels = length / edge
        # 0.3 / 0.1 voxels is meant as 3, not as a blend with a share of 4e-16.
        if abs(voxels - round(voxels)) < 1e-6:
            voxels = round(voxels)
        whole = math.floor(voxels)
        fraction = voxels - whole
        moved = _moved(score, whole, axis, entering, mirrored=bool(fraction) and whole < 0)
        if fraction:
            further = _moved(score, whole + 1, axis, entering, mirrored=whole >= 0)
            moved = (1 - fraction) * moved + fraction * further
        score = moved
    return score


def _moved(score: Tensor, voxels: int, axis: int, entering: float, *, mirrored: bool) -> Tensor:
    """Return the array moved by whole voxels; `entering` fills the rest.

    With `mirrored`, the plane next to what stays is filled with that plane's own distances, on
    the side of `entering`: blended with the plane itself, it changes sides at one half.
    """
    from keras import ops

    if voxels == 0:
        return score
    length = int(score.shape[axis])
    count = min(abs(voxels), length)

    def planes(first: int, last: int) -> Tensor:
        index = [slice(None)] * len(score.shape)
        index[axis] = slice(first, last)
        return score[tuple(index)]

    edge = planes(0, 1) if voxels > 0 else planes(length - 1, length)
    filled = [ops.full_like(edge, entering)] * count
    if mirrored and count == abs(voxels):
        filled[0] = ops.abs(edge) if entering > 0 else -ops.abs(edge)
    if voxels > 0:
        return ops.concatenate([*filled[::-1], planes(0, length - count)], axis=axis)
    return ops.concatenate([planes(count, length), *filled], axis=axis)


def _control(axis: Literal["x", "y", "z"]) -> Number:
    return Number(
        name=f"shift_{axis}",
        title=f"Shift {axis}",
        meaning=f"Moves the whole prediction along {axis}, towards larger indices. What enters "
        "is background.",
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
    summary="The whole prediction moves. By a whole number of voxels it is exact; a part of a "
    "voxel blends the two whole moves around it.",
    group="place",
    order=60,
    stage="scores",
    apply=shift,
    strength=("shift_x", "shift_y", "shift_z"),
    controls=(_control("x"), _control("y"), _control("z")),
)
