"""Scores: half the signed distance of every voxel to every class's boundary.

Two rules leave no length to choose:

- Beyond its border the volume continues with the class of the nearest voxel. Distances in the
  volume are the same as without the continuation: a voxel beyond the border is at least as far
  away as the nearest voxel of the border, which has its class.
- A class without a voxel has no distance. Its score is −∞ and its probability 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing

Planes = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""How many planes continue a volume along (z, y, x), before its first and after its last plane."""

NO_PLANES: Planes = ((0, 0), (0, 0), (0, 0))


def class_scores(
    labels: NDArray[np.unsignedinteger],
    classes: int,
    spacing: Spacing,
) -> NDArray[np.float32]:
    """Return half the signed Euclidean distance to each class's boundary, positive inside.

    The distance of a voxel is measured to the centre of the nearest voxel on the other side.
    Growing a class by r mm therefore is a dilation by a ball of radius r.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices 0 … classes − 1.
    classes : int
        Number of classes, absent ones included.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).

    Returns
    -------
    array of float32, shape (class, z, y, x)
        Scores in mm. Where two classes touch, the difference of their scores is the signed distance
        to their common boundary. A class without a voxel has −∞, and a class that fills the volume,
        whose boundary is nowhere, has 0.

    Examples
    --------
    >>> labels = np.array([[[0, 0, 1, 1, 1]]], dtype=np.uint8)
    >>> class_scores(labels, 2, (1.0, 1.0, 2.0))[1, 0, 0].tolist()
    [-2.0, -1.0, 1.0, 2.0, 3.0]
    """
    return np.stack(list(each_class_scores(labels, classes, spacing)))


def each_class_scores(
    labels: NDArray[np.unsignedinteger], classes: int, spacing: Spacing
) -> Iterator[NDArray[np.float32]]:
    """Yield the scores of `class_scores` class by class, because all together may be large."""
    import edt

    half, inside = _half(spacing), _inside(labels, spacing)
    for index in range(classes):
        member = labels == index
        if member.any():
            outside: NDArray[np.float32] = edt.edt(~member, anisotropy=half, parallel=0)
            yield np.where(member, inside, -outside)
        else:
            yield np.full(labels.shape, -np.inf, np.float32)


def _inside(labels: NDArray[np.unsignedinteger], spacing: Spacing) -> NDArray[np.float32]:
    """Return half the distance in mm to the nearest voxel of another class; 0 if there is none."""
    import edt

    # One multi-label transform gives each voxel's distance to the nearest voxel of another class.
    # The transform ignores voxels of label 0, hence the + 1.
    found = edt.edt(labels.astype(np.uint32) + 1, anisotropy=_half(spacing), parallel=0)
    inside: NDArray[np.float32] = found
    inside[np.isinf(inside)] = 0
    return inside


def _half(spacing: Spacing) -> Spacing:
    z, y, x = (edge / 2 for edge in spacing)
    return z, y, x


def each_class_nearby(
    labels: NDArray[np.unsignedinteger], classes: int, spacing: Spacing, reach: float
) -> Iterator[tuple[int, tuple[slice, slice, slice], NDArray[np.float32]]]:
    """Yield each class that has voxels, a box around them and its scores in that box.

    They are those of `class_scores`. What is `reach` mm or nearer to the class is in the box.

    Examples
    --------
    >>> labels = np.array([[[0, 0, 0, 0, 1]]], dtype=np.uint8)
    >>> *_, (index, box, scores) = each_class_nearby(labels, 2, (1.0, 1.0, 1.0), 2.0)
    >>> index, box[2], scores.ravel().tolist()
    (1, slice(2, 5, None), [-1.0, -0.5, 0.5])
    """
    import edt
    from scipy import ndimage

    inside = _inside(labels, spacing)
    more = [math.ceil(reach / edge) for edge in spacing]
    found = ndimage.find_objects(labels.astype(np.int32) + 1, classes)
    for index, members in enumerate(found):
        if members is None:
            continue
        z, y, x = (
            slice(max(each.start - beside, 0), min(each.stop + beside, length))
            for each, beside, length in zip(members, more, labels.shape, strict=True)
        )
        box = z, y, x
        member = labels[box] == index
        outside = edt.edt(~member, anisotropy=_half(spacing), parallel=0)
        yield index, box, np.where(member, inside[box], -outside)


def continued(labels: NDArray[np.unsignedinteger], planes: Planes) -> NDArray[np.unsignedinteger]:
    """Return labels with planes beyond the border, each voxel of the class of the nearest voxel.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    planes : Planes
        The planes to add.

    Examples
    --------
    >>> continued(np.array([[[2, 0, 1]]]), ((0, 0), (0, 0), (1, 2))).tolist()
    [[[2, 2, 0, 1, 1, 1]]]
    """
    return np.pad(labels, planes, mode="edge")
