"""Shift: the whole prediction moves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.parameters import Number, Spacing
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._scores import FAR

Tensor = Any
Voxels = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]


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
        whole, fraction = _whole_and_fraction(length / edge)
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


def shift_at(
    read: Callable[[Voxels], Tensor],
    shape: tuple[int, int, int],
    grid: Grid,
    values: Values,
    where: Voxels,
) -> Tensor:
    """Return what `shift` does to some voxels: of few, moving all of them would be dear.

    Parameters
    ----------
    read : callable
        Returns the scores (class, …) of voxels before they move, in mm, background first.
    shape : tuple of int
        Of the volume, (z, y, x).
    grid, values
        As in `shift`.
    where : tuple of array of int
        The voxels: z, y and x, together of the shape (…).
    """
    from keras import ops

    moves = [
        _whole_and_fraction(values[f"shift_{axis}"] / edge)
        for axis, edge in zip("zyx", grid.spacing, strict=True)
    ]

    def moved(axis: int, where: Voxels) -> Tensor:
        """Return the scores after the moves along the axes up to this one."""
        if axis < 0:
            return read(where)
        whole, fraction = moves[axis]
        near = taken(axis, where, whole, mirrored=bool(fraction) and whole < 0)
        if not fraction:
            return near
        far = taken(axis, where, whole + 1, mirrored=whole >= 0)
        return (1 - fraction) * near + fraction * far

    def taken(axis: int, where: Voxels, voxels: int, *, mirrored: bool) -> Tensor:
        """Return what lies some whole voxels back along an axis; see `_moved`."""
        if voxels == 0:
            return moved(axis - 1, where)
        last, index = shape[axis] - 1, where[axis] - voxels
        back = list(where)
        back[axis] = np.clip(index, 0, last)
        score = moved(axis - 1, (back[0], back[1], back[2]))
        entering = (index < 0) | (index > last)
        if not entering.any():
            return score
        side = np.full((int(score.shape[0]), *[1] * (len(score.shape) - 1)), -1, np.float32)
        side[0] = 1
        fill = FAR * side
        if mirrored:
            fill = ops.where(index == (-1 if voxels > 0 else last + 1), ops.abs(score) * side, fill)
        return ops.where(entering, fill, score)

    return moved(2, where)


def _whole_and_fraction(voxels: float) -> tuple[int, float]:
    # 0.3 / 0.1 voxels is meant as 3, not as a blend with a share of 4e-16.
    if abs(voxels - round(voxels)) < 1e-6:
        voxels = round(voxels)
    whole = math.floor(voxels)
    return whole, voxels - whole


def shift_lengths(values: Values, grid: Grid) -> Spacing:
    """Return an upper bound of how far what is blended has moved along (z, y, x), in mm."""
    z, y, x = (
        math.ceil(abs(values[f"shift_{axis}"]) / edge - 1e-6) * edge
        for axis, edge in zip("zyx", grid.spacing, strict=True)
    )
    return z, y, x


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return a lead larger by the shift: the difference of two scores falls by 1 per mm at most."""
    del largest
    return after + math.hypot(*shift_lengths(values, grid))


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
    lead=lead,
    strength=("shift_x", "shift_y", "shift_z"),
    controls=(_control("x"), _control("y"), _control("z")),
)
