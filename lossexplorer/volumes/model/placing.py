"""How the voxels of one volume lie on the grid of another: by whole voxels, or not at all.

Two affines say where equal indices lie. If the axes of both run along each other, in any order and
direction, and the voxels of one fall upon those of the other, an array is turned and moved without
a change of any value. Everything else would be resampling, and is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.spacing import SPACING_TOLERANCE, describe_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.formats.raw import Shape

Array = np.ndarray[Any, Any]

_OFF = 0.01  # of a voxel: a smaller difference of place is none
_ROUNDING = 1e-4  # rounding of directions in files: quaternions in 32 bits, cosines of five digits


@dataclass(frozen=True)
class GridPlacement:
    """How an array is brought onto the grid of a volume.

    Attributes
    ----------
    axes
        Which of the array's axes (z, y, x) becomes each of the grid's.
    reversed
        Whether each of these runs the other way.
    start
        The index (z, y, x) in the grid of the turned array's first voxel.
    """

    axes: tuple[int, int, int] = (0, 1, 2)
    reversed: tuple[bool, bool, bool] = (False, False, False)
    start: tuple[int, int, int] = (0, 0, 0)

    def shape(self, shape: Sequence[int]) -> Shape:
        """Return the lengths along the grid's axes of an array of this shape (z, y, x)."""
        z, y, x = (int(shape[axis]) for axis in self.axes)
        return z, y, x

    def turned(self, array: Array) -> Array:
        """Return an array with its last three axes turned as the grid's, unmoved."""
        outer = array.ndim - 3
        order = (*range(outer), *(outer + axis for axis in self.axes))
        backwards = tuple(outer + axis for axis in range(3) if self.reversed[axis])
        return np.flip(array.transpose(order), backwards)

    def apply(self, array: Array, shape: Sequence[int], fill: Array | float) -> Array:
        """Return the array on the grid.

        Parameters
        ----------
        array
            Its last three axes are (z, y, x).
        shape
            Of the grid, (z, y, x).
        fill
            What stands where the array has no voxel: a number, or one for each channel,
            (channel, 1, 1, 1).

        Examples
        --------
        >>> GridPlacement(start=(0, 0, 1)).apply(np.array([[[1, 2, 3]]]), (1, 1, 3), 0).tolist()
        [[[0, 1, 2]]]
        """
        turned = self.turned(array)
        if self.start == (0, 0, 0) and turned.shape[-3:] == tuple(shape):
            return turned
        placed = np.empty((*turned.shape[:-3], *shape), turned.dtype)
        placed[...] = fill
        z, y, x = self._overlap(turned.shape[-3:], shape)
        k, j, i = (
            slice(cut.start - at, cut.stop - at)
            for cut, at in zip((z, y, x), self.start, strict=True)
        )
        placed[..., z, y, x] = turned[..., k, j, i]
        return placed

    def covered(self, shape: Sequence[int], room: Sequence[int]) -> int:
        """Return how many voxels of a grid of the shape `room` an array of this shape has."""
        overlap = self._overlap(self.shape(shape), room)
        return math.prod(cut.stop - cut.start for cut in overlap)

    def beyond(self, shape: Sequence[int], room: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return by how many voxels an array reaches out of a grid, before and behind (z, y, x).

        Examples
        --------
        >>> GridPlacement(start=(-1, 0, 2)).beyond((4, 4, 4), (4, 4, 4))
        ([1, 0, 0], [0, 0, 2])
        """
        ends = [at + length for at, length in zip(self.start, self.shape(shape), strict=True)]
        before = [max(0, -at) for at in self.start]
        return before, [max(0, end - length) for end, length in zip(ends, room, strict=True)]

    def moved(self, voxels: Sequence[int]) -> GridPlacement:
        """Return the placement on a grid that begins so many voxels (z, y, x) earlier."""
        z, y, x = (at + more for at, more in zip(self.start, voxels, strict=True))
        return replace(self, start=(z, y, x))

    def _overlap(self, lengths: Sequence[int], room: Sequence[int]) -> list[slice]:
        """Return the voxels of the grid that a turned array has."""
        return [
            slice(max(0, at), max(0, at, min(length, at + own)))
            for at, own, length in zip(self.start, lengths, room, strict=True)
        ]


def placement_of(
    affine: Array,
    shape: Sequence[int],
    base: Array,
    room: Sequence[int],
    *,
    name: str,
    other: str,
    unit: str = "mm",
) -> GridPlacement:
    """Return how a volume lies on the grid of another, or say why it does not.

    Parameters
    ----------
    affine, base
        (4, 4), from indices (x, y, z) of the volume and of the grid to the same lengths. A last
        column of NaN is of a file that does not say where its first voxel lies: it is taken to fill
        the grid.
    shape, room
        The lengths (z, y, x) of both.
    name, other
        What the two are called in messages.
    unit
        What the lengths are in, empty where it is not known.

    Raises
    ------
    VolumeError
        If the axes do not run along each other, the spacings differ by more than 1 %, the voxels
        lie between each other by a hundredth of a voxel or more, or none lies upon another.

    Examples
    --------
    >>> there, here = np.eye(4), np.diag([-1.0, 1.0, 1.0, 1.0])
    >>> there[0, 3] = -1.0
    >>> placement_of(here, (1, 1, 3), there, (1, 1, 4), name="p", other="the truth")
    GridPlacement(axes=(0, 1, 2), reversed=(False, False, True), start=(0, 0, -1))
    """
    with np.errstate(all="ignore"):
        # From indices of the volume to indices of the grid, both (z, y, x).
        own, aims = _lengths(affine), _lengths(base)
        linear, offset = _relative(affine, base)
        cosines = linear * aims[:, None] / own[None, :]
    if not np.isfinite([*own, *aims, *cosines.ravel()]).all():  # of a damaged header
        raise VolumeError(
            f"{name} and {other} have affines that cannot be compared: one of them is damaged. "
            "Save it again."
        )
    axes, backwards = _directions(cosines, own, aims, shape, name, other)
    lengths = own[list(axes)]
    if wrong := np.flatnonzero(np.abs(lengths - aims) > SPACING_TOLERANCE * aims).tolist():
        raise other_spacing(name, lengths.tolist(), other, aims.tolist(), wrong, unit)
    turned = GridPlacement(axes, backwards)
    if not np.isfinite(offset).all():
        return turned
    return GridPlacement(
        axes, backwards, _start(turned, linear, offset, shape, aims, room, name, other, unit)
    )


def _lengths(affine: Array) -> Array:
    return np.asarray(np.linalg.norm(affine[:3, :3], axis=0)[::-1])


def _relative(affine: Array, base: Array) -> tuple[Array, Array]:
    inverse = np.linalg.inv(base[:3, :3])
    linear = inverse @ affine[:3, :3]
    offset = inverse @ (affine[:3, 3] - base[:3, 3])
    return linear[::-1, ::-1], offset[::-1]


def _directions(
    cosines: Array, own: Array, aims: Array, shape: Sequence[int], name: str, other: str
) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Return which axis runs along each of the grid's, and which of these backwards."""
    # Axes of one index have no direction that matters, but their cosines are looked at all the
    # same: a slice that is tilted against the grid's lies in no slice of it.
    nearest = np.abs(cosines).argmax(axis=0).tolist()
    aside = np.abs(cosines)
    aside[nearest, range(3)] = 0.0
    reach = (np.asarray(shape) - 1) * own
    drift = aside * np.maximum(reach, own)[None, :] / aims[:, None]
    if sorted(nearest) != [0, 1, 2] or ((drift >= _OFF) & (aside > _ROUNDING)).any():
        along = np.abs(cosines[nearest, range(3)])
        angle = np.degrees(np.arctan2(np.linalg.norm(aside, axis=0), along)).max()
        raise VolumeError(
            f"{name} is turned by {angle:.3g}° against {other}: its voxels lie between those of "
            f"{other}. Resample it to the grid of {other}."
        )
    z, y, x = (nearest.index(axis) for axis in range(3))
    back = [bool(cosines[axis, own_axis] < 0) for axis, own_axis in enumerate((z, y, x))]
    return (z, y, x), (back[0], back[1], back[2])


def _start(
    turned: GridPlacement,
    linear: Array,
    offset: Array,
    shape: Sequence[int],
    aims: Array,
    room: Sequence[int],
    name: str,
    other: str,
    unit: str,
) -> tuple[int, int, int]:
    """Return the index in the grid of the turned array's first voxel."""
    lengths = np.asarray(turned.shape(shape))
    ends = [(0, length - 1) for length in lengths.tolist()]
    # With directions that are rounded, the corner that was written exactly is the one that fits.
    starts = [_seen_from(corner, turned, linear, offset, lengths) for corner in product(*ends)]
    best = min(starts, key=lambda start: float(np.abs(start - np.round(start)).max()))
    whole = np.round(best)
    if np.abs(best - whole).max() >= _OFF:
        raise VolumeError(
            f"{name} lies {described_offset(starts[0], aims, unit)} from {other}: its voxels lie "
            f"between those of {other}. Resample it to the grid of {other}."
        )
    if ((whole >= room) | (whole + lengths <= 0)).any():
        raise VolumeError(
            f"{name} lies {described_offset(whole, aims, unit)} from {other}, and no voxel of one "
            "upon a voxel of the other. Choose the file that belongs to it, or mend the origin."
        )
    z, y, x = (int(at) for at in whole)
    return z, y, x


def _seen_from(
    corner: tuple[int, ...], turned: GridPlacement, linear: Array, offset: Array, lengths: Array
) -> Array:
    """Return where the turned array would start if all voxels followed this one evenly."""
    backwards = np.asarray(turned.reversed)
    index = np.empty(3)
    index[list(turned.axes)] = np.where(backwards, lengths - 1 - corner, corner)
    return np.asarray(linear @ index + offset - corner)


def described_offset(voxels: Array, spacing: Array, unit: str = "mm") -> str:
    """Write an offset for people, in voxels and mm along the axes that it has.

    Without a unit, it is written in voxels alone.

    Examples
    --------
    >>> described_offset(np.array([0, -1, 2.5]), np.array([2.0, 0.5, 0.5]))
    '-1 voxel (-0.5 mm) along y and 2.5 voxels (1.25 mm) along x'
    """
    words = []
    for axis, count, edge in zip("zyx", voxels.tolist(), spacing.tolist(), strict=True):
        rounded = round(count, 3)  # what is left of the rounding of the files is not said
        if abs(rounded) >= _OFF:
            counted = "voxel" if abs(rounded) == 1 else "voxels"
            length = f" ({rounded * edge:.4g} {unit})" if unit else ""
            words.append(f"{rounded:g} {counted}{length} along {axis}")
    return listed(words)


def other_spacing(
    name: str,
    spacing: Sequence[float],
    other: str,
    aim: Sequence[float],
    axes: Sequence[int],
    unit: str = "mm",
) -> VolumeError:
    """Return the error for a spacing that differs along some axes, 0 for z."""
    own, base = (describe_spacing(each, unit) for each in (spacing, aim))
    return VolumeError(
        f"{name} has a spacing of {own} (z, y, x), {other} {base}: {differing(axes)} Resample it "
        f"to the grid of {other}."
    )


def differing(axes: Sequence[int]) -> str:
    """Say which axes differ, 0 for z.

    Examples
    --------
    >>> differing([0, 2])
    'axes z and x differ.'
    """
    named = ["zyx"[axis] for axis in axes]
    return f"axis {named[0]} differs." if len(named) == 1 else f"axes {listed(named)} differ."


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> listed(["z", "y", "x"])
    'z, y and x'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
