"""Scores: half the signed distance of every voxel to every class's boundary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing

FAR = 1e4
"""Magnitude in mm of a certain score: of a class that fills the volume or is absent."""


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
        to their common boundary.

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

    half = tuple(edge / 2 for edge in spacing)
    # One multi-label transform gives each voxel's distance to the nearest voxel of another class.
    # The transform ignores voxels of label 0, hence the + 1.
    inside = edt.edt(labels.astype(np.uint32) + 1, anisotropy=half, parallel=0)
    np.minimum(inside, FAR, out=inside)
    for index in range(classes):
        member = labels == index
        if member.any():
            outside: NDArray[np.float32] = edt.edt(~member, anisotropy=half, parallel=0)
            yield np.where(member, inside, -outside)
        else:
            yield np.full(labels.shape, -FAR, np.float32)
