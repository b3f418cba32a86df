"""Shift: the whole prediction moves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number, Spacing
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._scores import FAR

Tensor = Any
Shape = tuple[int, int, int]


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


def shift_steps(shape: Shape, grid: Grid, values: Values) -> dict[str, NDArray[Any]]:
    """Return what `shift_at` takes: a few numbers for each axis along which something moves.

    Parameters
    ----------
    shape : tuple of int
        Of the volume, (z, y, x).
    grid, values
        As in `shift`.

    Returns
    -------
    inner, outer : array of int32, shape (move,)
        For each move, how many voxels before a voxel in memory order the two places lie that are
        blended: the outer one is nearer to where background enters.
    share : array of float32, shape (move,)
        That of the outer one.
    """
    moves = _moves(shape, grid, values)
    strides = [math.prod(shape[axis + 1 :]) for axis, *_ in moves]
    inner, outer = (
        [move[place] * stride for move, stride in zip(moves, strides, strict=True)]
        for place in (1, 2)
    )
    return {
        "inner": np.array(inner, np.int32),
        "outer": np.array(outer, np.int32),
        "share": np.array([share for *_, share in moves], np.float32),
    }


def shift_outside(shape: Shape, grid: Grid, values: Values) -> NDArray[np.uint8]:
    """Return which of the places that are blended lie outside the volume, shape (z, y, x).

    For each move two bits: 1 if the outer one does, 2 if the inner one does, too.

    Parameters
    ----------
    shape, grid, values
        As in `shift_steps`.
    """
    sides = [np.zeros(length, np.uint8) for length in shape]
    for number, (axis, inner, outer, _) in enumerate(_moves(shape, grid, values)):
        index = np.arange(shape[axis])
        for bit, voxels in enumerate((outer, inner)):
            beyond = (index < voxels) | (index >= shape[axis] + voxels)
            sides[axis] |= beyond.astype(np.uint8) << np.uint8(2 * number + bit)
    z, y, x = sides
    outside: NDArray[np.uint8] = z[:, None, None] | (y[:, None] | x)
    return outside


def _moves(shape: Shape, grid: Grid, values: Values) -> list[tuple[int, int, int, float]]:
    """Return each move's axis, the voxels to the inner place and to the outer one, its share."""
    found = []
    for axis, (length, edge) in enumerate(zip(shape, grid.spacing, strict=True)):
        distance = values[f"shift_{'zyx'[axis]}"]
        whole, fraction = _whole_and_fraction(distance / edge)
        inner, outer, share = whole, whole + bool(fraction), fraction
        if whole < 0 and fraction:
            inner, outer, share = outer, inner, 1 - fraction
        # Beyond the volume all places are alike.
        inner, outer = np.clip([inner, outer], -length - 1, length + 1).tolist()
        if distance:
            found.append((axis, inner, outer, share))
    return found


def shift_at(
    read: Callable[[Tensor], Tensor], outside: Tensor, steps: Mapping[str, Tensor]
) -> Tensor:
    """Return what `shift` does to some voxels; to be used within a compiled function, too.

    Parameters
    ----------
    read : callable
        Takes a number n and returns the scores (class, …) in mm, background first, before they
        move, of what lies n voxels before the voxels in memory order; whatever there is where
        that is outside the volume.
    outside : tensor of uint8, shape (…)
        What `shift_outside` returned, of the voxels.
    steps : mapping of str to tensor
        What `shift_steps` returned; the number of moves is one of what is compiled.
    """
    from keras import ops

    def moved(moves: int, back: Tensor) -> Tensor:
        """Return what lies so many voxels before, after the first moves."""
        if not moves:
            return read(back)
        last = moves - 1
        one, other = (moved(last, back + steps[side][last]) for side in ("inner", "outer"))
        sides = ops.bitwise_and(ops.right_shift(outside, 2 * last), 3)
        return _blended(one, other, sides, steps["share"][last])

    return moved(steps["share"].shape[0], 0)


def _blended(inner: Tensor, outer: Tensor, outside: Tensor, share: Tensor) -> Tensor:
    """Return a blend of what lies at two places; see `_moved` for what lies outside."""
    from keras import ops

    sides = np.full((int(inner.shape[0]), *[1] * (len(inner.shape) - 1)), -1, np.float32)
    sides[0] = 1
    side = ops.convert_to_tensor(sides)
    outer = ops.where(outside == 1, ops.abs(inner) * side, outer)
    return ops.where(outside >= 2, FAR * side, (1 - share) * inner + share * outer)


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
    acts_on="scores",
    apply=shift,
    lead=lead,
    strength=("shift_x", "shift_y", "shift_z"),
    controls=(_control("x"), _control("y"), _control("z")),
)
