"""Objects of a label volume: connected numbered, and balls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing

Labels = NDArray[np.unsignedinteger]
Mask = NDArray[np.bool_]

# Relative tolerance, so that a voxel centre exactly on the surface of a ball belongs to the ball.
_TIE = 1e-6


@dataclass(frozen=True)
class Object:
    """A connected component of one class.

    Attributes
    ----------
    index : int
        The class index.
    box : tuple of slice
        The bounding box.
    mask : array of bool
        The object's voxels within the box.
    voxels : int
        The number of voxels.
    """

    index: int
    box: tuple[slice, ...]
    mask: Mask
    voxels: int


def objects(labels: Labels) -> list[Object]:
    """Return the connected numbered of every class but the background.

    Voxels that share a face, an edge or a corner are connected.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    """
    from scipy import ndimage

    found = []
    for index, outer in enumerate(ndimage.find_objects(labels), start=1):
        if outer is None:
            continue
        numbered, _ = ndimage.label(labels[outer] == index, np.ones((3, 3, 3), bool))
        for number, inner in enumerate(ndimage.find_objects(numbered), start=1):
            mask = numbered[inner] == number
            box = tuple(
                slice(o.start + i.start, o.start + i.stop)
                for o, i in zip(outer, inner, strict=True)
            )
            found.append(Object(index, box, mask, int(mask.sum())))
    return found


def ball(radius: float, spacing: Spacing, shape: tuple[int, ...]) -> Mask:
    """Return a mask of the voxels whose centres are within `radius` mm of the middle voxel's.

    It is cut to what a volume can hold of a ball around one of its voxels.

    Parameters
    ----------
    radius : float
        The radius in mm.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    shape : tuple of int
        The shape of the volume, (z, y, x).
    """
    reach = [
        min(math.floor(radius / edge + _TIE), count - 1)
        for edge, count in zip(spacing, shape, strict=True)
    ]
    axes = np.ogrid[tuple(slice(-n, n + 1) for n in reach)]
    squares = sum((axis * edge) ** 2 for axis, edge in zip(axes, spacing, strict=True))
    return np.asarray(squares <= (radius * (1 + _TIE)) ** 2)


def put(into: Mask, shape: Mask, centre: NDArray[np.int64]) -> None:
    """Set the voxels of a shape around a centre in a mask; voxels outside the mask are left out."""
    half = [n // 2 for n in shape.shape]
    low = [c - h for c, h in zip(centre, half, strict=True)]
    inside = tuple(
        slice(max(s, 0), min(s + n, whole))
        for s, n, whole in zip(low, shape.shape, into.shape, strict=True)
    )
    own = tuple(slice(i.start - s, i.stop - s) for i, s in zip(inside, low, strict=True))
    into[inside] |= shape[own]


def apart(
    candidates: NDArray[np.int64],
    count: int,
    distance: float,
    spacing: Spacing,
    chance: np.random.Generator,
) -> NDArray[np.int64]:
    """Choose voxels at random, at a distance from each other as far as possible.

    Parameters
    ----------
    candidates : array, shape (n, 3)
        Voxels to choose from.
    count : int
        The number of voxels to choose; all candidates are chosen if there are fewer.
    distance : float
        The distance in mm. A candidate nearer than this to a chosen voxel is chosen only if no
        other candidate is left.
    spacing : tuple of float
        Voxel edges in mm.
    chance : Generator
        The generator of random numbers.

    Returns
    -------
    array, shape (at most count, 3)
    """
    left = np.ones(len(candidates), bool)
    places = candidates * np.asarray(spacing)
    near = np.zeros(len(candidates), bool)
    chosen: list[int] = []
    while len(chosen) < count and left.any():
        free = np.flatnonzero(left & ~near)
        pick = int(chance.choice(free if free.size else np.flatnonzero(left)))
        chosen.append(pick)
        left[pick] = False
        near |= ((places - places[pick]) ** 2).sum(axis=1) < distance**2
    return candidates[chosen]
