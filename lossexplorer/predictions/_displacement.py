"""Scores displaced by one length everywhere: as a whole volume, or when single voxels are read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing
from lossexplorer.predictions._scores import FAR

Tensor = Any
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Displacement:
    """A translation of scores; background enters the volume.

    A translation by whole voxels is exact; a fraction of a voxel blends the two nearest whole-voxel
    translations linearly. At the border, the last plane of the volume is blended with background
    beyond it, with a boundary half-way between the two planes.

    Attributes
    ----------
    lengths : tuple of float
        The displacement along (z, y, x) in mm; positive towards larger indices.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).

    Examples
    --------
    >>> Displacement((0.0, 0.0, 1.5), (1.0, 1.0, 1.0)).reach
    (0.0, 0.0, 2.0)
    """

    lengths: Spacing
    spacing: Spacing

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of (z, y, x) along which the scores are displaced."""
        return tuple(axis for axis, length in enumerate(self.lengths) if length)

    @property
    def reach(self) -> Spacing:
        """An upper bound of the displacement of the blended places along (z, y, x), in mm."""
        z, y, x = (
            math.ceil(abs(length) / edge - 1e-6) * edge
            for length, edge in zip(self.lengths, self.spacing, strict=True)
        )
        return z, y, x

    def lead_before(self, after: float) -> float:
        """Return the lead in mm before the displacement that leaves the lead `after` behind it.

        The difference of two scores changes by at most 1 mm per mm of distance.
        """
        return after + math.hypot(*self.reach)

    def apply(self, scores: Tensor) -> Tensor:
        """Return displaced scores, shape (class, z, y, x), background first, in mm."""
        from keras import ops

        # Class by class, because the intermediate results of a blend are as large as its result.
        return ops.stack(
            [
                self._of_class(scores[index], FAR if index == 0 else -FAR)
                for index in range(scores.shape[0])
            ]
        )

    def _of_class(self, score: Tensor, entering: float) -> Tensor:
        for axis, (length, edge) in enumerate(zip(self.lengths, self.spacing, strict=True)):
            whole, fraction = _whole_and_fraction(length / edge)
            moved = _moved(score, whole, axis, entering, mirrored=bool(fraction) and whole < 0)
            if fraction:
                further = _moved(score, whole + 1, axis, entering, mirrored=whole >= 0)
                moved = (1 - fraction) * moved + fraction * further
            score = moved
        return score

    def axis_moves(self, shape: Shape) -> dict[str, NDArray[Any]]:
        """Return the input of `displaced_at`: a few numbers for each displaced axis.

        Parameters
        ----------
        shape : tuple of int
            The shape of the volume, (z, y, x).

        Returns
        -------
        inner, outer : array of int32, shape (move,)
            For each of `axes`, the offsets, back in memory order, of the two places that are
            blended in a voxel. The outer place is nearer to the side where background enters.
        share : array of float32, shape (move,)
            The weight of the outer place in the blend.
        """
        moves = self._moves(shape)
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

    def outside(self, shape: Shape) -> NDArray[np.uint8]:
        """Return which of the blended places lie outside the volume, shape (z, y, x).

        There are two bits for each of `axes`: 1 if the outer place is outside, 2 if the inner
        place is outside, too.

        Parameters
        ----------
        shape : tuple of int
            The shape of the volume, (z, y, x).
        """
        sides = [np.zeros(length, np.uint8) for length in shape]
        for number, (axis, inner, outer, _) in enumerate(self._moves(shape)):
            index = np.arange(shape[axis])
            for bit, voxels in enumerate((outer, inner)):
                beyond = (index < voxels) | (index >= shape[axis] + voxels)
                sides[axis] |= beyond.astype(np.uint8) << np.uint8(2 * number + bit)
        z, y, x = sides
        outside: NDArray[np.uint8] = z[:, None, None] | (y[:, None] | x)
        return outside

    def _moves(self, shape: Shape) -> list[tuple[int, int, int, float]]:
        """Return, for each displaced axis, the axis, the voxels to both places and the share."""
        found = []
        for axis in self.axes:
            whole, fraction = _whole_and_fraction(self.lengths[axis] / self.spacing[axis])
            inner, outer, share = whole, whole + bool(fraction), fraction
            if whole < 0 and fraction:
                inner, outer, share = outer, inner, 1 - fraction
            # All places beyond the volume are equal.
            most = shape[axis] + 1
            inner, outer = np.clip([inner, outer], -most, most).tolist()
            found.append((axis, inner, outer, share))
        return found


def _moved(score: Tensor, voxels: int, axis: int, entering: float, *, mirrored: bool) -> Tensor:
    """Return the array moved by whole voxels; the planes that enter are filled with `entering`.

    With `mirrored`, the first plane that enters gets the magnitudes of the volume's last plane with
    the sign of `entering`, so that a blend of the two planes changes its sign at one half.
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


def displaced_at(
    read: Callable[[Tensor], Tensor], outside: Tensor, axis_moves: Mapping[str, Tensor]
) -> Tensor:
    """Return the result of `Displacement.apply` in some voxels; also within a compiled function.

    Parameters
    ----------
    read : callable
        Takes a number n and returns the scores (class, …) in mm, background first and without
        displacement, n places before the voxels in memory order; arbitrary outside the volume.
    outside : tensor of uint8, shape (…)
        The result of `Displacement.outside` in the voxels.
    axis_moves : mapping of str to tensor
        The result of `Displacement.axis_moves`; a function is compiled for the number of moves.
    """
    from keras import ops

    def moved(moves: int, back: Tensor) -> Tensor:
        """Return the scores `back` voxels before, displaced along the first `moves` axes."""
        if not moves:
            return read(back)
        last = moves - 1
        one, other = (moved(last, back + axis_moves[side][last]) for side in ("inner", "outer"))
        sides = ops.bitwise_and(ops.right_shift(outside, 2 * last), 3)
        return _blended(one, other, sides, axis_moves["share"][last])

    return moved(axis_moves["share"].shape[0], 0)


def _blended(inner: Tensor, outer: Tensor, outside: Tensor, share: Tensor) -> Tensor:
    """Return a blend of the scores at two places; see `_moved` for places outside the volume."""
    from keras import ops

    sides = np.full((int(inner.shape[0]), *[1] * (len(inner.shape) - 1)), -1, np.float32)
    sides[0] = 1
    side = ops.convert_to_tensor(sides)
    outer = ops.where(outside == 1, ops.abs(inner) * side, outer)
    return ops.where(outside >= 2, FAR * side, (1 - share) * inner + share * outer)


def _whole_and_fraction(voxels: float) -> tuple[int, float]:
    # 0.3 / 0.1 voxels must give 3, not a blend with a share of 4e-16.
    if abs(voxels - round(voxels)) < 1e-6:
        voxels = round(voxels)
    whole = math.floor(voxels)
    return whole, voxels - whole
