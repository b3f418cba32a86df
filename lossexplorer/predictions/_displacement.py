"""Scores displaced by one length everywhere: as a whole volume, or when single voxels are read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing
from lossexplorer.predictions._scores import Planes

Tensor = Any
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Displacement:
    """A translation of scores; the continuation of the volume beyond its border enters it.

    A translation by whole voxels is exact; a fraction of a voxel blends the two nearest whole-voxel
    translations linearly. A translation by more than the volume's own length counts as that
    length: nothing is left of the volume then.

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

    def along(self, *axes: int) -> Displacement:
        """Return the displacement along some axes alone."""
        z, y, x = (length if axis in axes else 0.0 for axis, length in enumerate(self.lengths))
        return replace(self, lengths=(z, y, x))

    def lead_before(self, after: float) -> float:
        """Return the lead in mm before the displacement that leaves the lead `after` behind it.

        The difference of two scores changes by at most 1 mm per mm of distance, also beyond the
        border.
        """
        return after + math.hypot(*self.reach)

    def planes(self, shape: Shape, wanted: Planes) -> Planes:
        """Return the planes beyond the border that scores need for a result with `wanted` planes.

        Parameters
        ----------
        shape : tuple of int
            The shape of the volume, (z, y, x).
        wanted : Planes
            The planes beyond the border that the displaced scores have.
        """
        z, y, x = (
            (max(before + last, 0), max(after - first, 0))
            for (first, last, _), (before, after) in zip(self._moves(shape), wanted, strict=True)
        )
        return z, y, x

    def apply(
        self, scores: NDArray[np.float32], planes: Planes, wanted: Planes
    ) -> NDArray[np.float32]:
        """Return displaced scores with other planes beyond the border.

        Parameters
        ----------
        scores : array, shape (…, z, y, x)
            Scores in mm, with `planes` beyond the border.
        planes, wanted : Planes
            The planes of `scores`, at least those that `planes` names, and of the result.
        """
        z, y, x = (
            length - before - after
            for length, (before, after) in zip(scores.shape[-3:], planes, strict=True)
        )
        for axis, (first, last, share) in enumerate(self._moves((z, y, x))):
            before, after = wanted[axis]
            length, start = (z, y, x)[axis] + before + after, planes[axis][0] - before
            one, other = (_planes(scores, axis, start - voxels, length) for voxels in (first, last))
            scores = one if not share else _blended(one, other, np.float32(share))
        return scores

    def apart(self, shape: Shape) -> tuple[Shape, Displacement]:
        """Return the whole voxels of the displacement, rounded down, and the displacement left.

        Parameters
        ----------
        shape : tuple of int
            The shape of the volume, (z, y, x).

        Examples
        --------
        >>> whole, rest = Displacement((0.0, 1.0, -1.5), (1.0, 1.0, 1.0)).apart((9, 9, 9))
        >>> whole, rest.lengths
        ((0, 1, -2), (0.0, 0.0, 0.5))
        """
        (z, _, dz), (y, _, dy), (x, _, dx) = self._moves(shape)
        a, b, c = self.spacing
        return (z, y, x), replace(self, lengths=(dz * a, dy * b, dx * c))

    def axis_moves(self, shape: Shape, axis: int) -> dict[str, NDArray[Any]]:
        """Return the input of `displaced_at` for a displacement along one axis: four numbers.

        Parameters
        ----------
        shape : tuple of int
            The shape of the volume, (z, y, x).
        axis : int
            The axis.

        Returns
        -------
        inner, outer : array of int32
            The offsets, back in memory order, of the two places that are blended in a voxel. The
            outer place is nearer to the side where the continuation enters.
        across : array of int32
            The offset of the volume beyond that side, which has the same shape.
        share : array of float32
            The weight of the outer place in the blend.
        """
        inner, outer, share = self._one_move(shape, axis)
        stride = math.prod(shape[axis + 1 :])
        across = math.copysign(shape[axis], self.lengths[axis])
        return {
            "inner": np.array(inner * stride, np.int32),
            "outer": np.array(outer * stride, np.int32),
            "across": np.array(across * stride, np.int32),
            "share": np.array(share, np.float32),
        }

    def outside(self, shape: Shape, axis: int) -> NDArray[np.uint8]:
        """Return which of the places blended along one axis lie outside the volume, (z, y, x).

        It is 0 where neither does, 1 where the outer place does and 2 where both do.

        Parameters
        ----------
        shape : tuple of int
            The shape of the volume, (z, y, x).
        axis : int
            The axis.
        """
        *places, _ = self._one_move(shape, axis)
        index = np.arange(shape[axis])
        count = sum(
            ((index < voxels) | (index >= shape[axis] + voxels)).astype(np.uint8)
            for voxels in places
        )
        wide = np.asarray(count).reshape([-1 if each == axis else 1 for each in range(3)])
        return np.ascontiguousarray(np.broadcast_to(wide, shape))

    def _one_move(self, shape: Shape, axis: int) -> tuple[int, int, float]:
        """Return the voxels to the inner and outer place along an axis, and the share."""
        first, last, share = self._moves(shape)[axis]
        if self.lengths[axis] < 0 and share:
            return last, first, 1 - share
        return first, last, share

    def _moves(self, shape: Shape) -> list[tuple[int, int, float]]:
        """Return, for each axis, the whole voxels around the displacement and the latter's share.

        Without a fraction both are the same, and the share is 0.
        """
        found = []
        for length, edge, most in zip(self.lengths, self.spacing, shape, strict=True):
            voxels = min(max(length / edge, -most), most)
            # 0.3 / 0.1 voxels must give 3, not a blend with a share of 4e-16.
            if abs(voxels - round(voxels)) < 1e-6:
                voxels = round(voxels)
            whole = math.floor(voxels)
            found.append((whole, math.ceil(voxels), float(voxels - whole)))
        return found


def _blended(
    one: NDArray[np.float32], other: NDArray[np.float32], share: np.float32
) -> NDArray[np.float32]:
    return (1 - share) * one + share * other


def _planes(scores: NDArray[Any], axis: int, start: int, length: int) -> NDArray[Any]:
    """Return planes of an array (…, z, y, x) along one axis."""
    index = [slice(None)] * scores.ndim
    index[axis - 3] = slice(start, start + length)
    return scores[tuple(index)]


def displaced_at(
    read: Callable[[Tensor], Tensor],
    beyond: Callable[[Tensor], Tensor],
    outside: Tensor,
    moves: Mapping[str, Tensor],
) -> Tensor:
    """Return the scores of some voxels, displaced along one axis; also in a compiled function.

    Parameters
    ----------
    read, beyond : callable
        Each takes a number n and returns the scores (class, …) in mm, n places before the voxels
        in memory order: of the volume, and of the volume beyond the side where its continuation
        enters. Arbitrary outside that volume.
    outside : tensor of uint8, shape (…)
        The result of `Displacement.outside` in the voxels.
    moves : mapping of str to tensor
        The result of `Displacement.axis_moves`.
    """
    from keras import ops

    def place(side: str, count: int) -> Tensor:
        there, across = moves[side], moves["across"]
        return ops.where(outside >= count, beyond(there - across), read(there))

    inner, outer, share = place("inner", 2), place("outer", 1), moves["share"]
    # A score of −∞ has no product with a share of 0.
    return ops.where(share > 0, (1 - share) * inner + share * outer, inner)
