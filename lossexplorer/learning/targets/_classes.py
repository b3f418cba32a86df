"""Classes as channels, on the volume's grid or on a coarser one."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._target import LabelledPatch
from lossexplorer.volumes.model.labels import LabelVolume

_T = TypeVar("_T", bound=np.generic)


def one_hot(labels: NDArray[np.unsignedinteger[Any]], classes: int) -> NDArray[np.float32]:
    """Return labels as one channel per class.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices below `classes`.
    classes : int
        Number of classes, background included.

    Returns
    -------
    array of float32, shape (z, y, x, class)
        1 for each voxel's class, 0 for the others.

    Examples
    --------
    >>> one_hot(np.array([[[0, 2]]], np.uint8), 3).tolist()
    [[[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]]
    """
    channels: NDArray[np.float32] = np.eye(classes, dtype=np.float32)[labels]
    return channels


def coarser(labels: NDArray[_T], scale: int) -> NDArray[_T]:
    """Return labels on a grid that is coarser by a whole number along each axis.

    Of n voxels along an axis, ⌊n / scale⌋ remain, at least 1, as behind pooling without padding.
    Each is the voxel at the centre of those that it stands for, the one behind it if two are
    equally near: ``"nearest-exact"`` of PyTorch's ``interpolate``, with which nnU-Net 2 makes the
    truth of its coarser outputs.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices, values of overlapping labels, or which voxels count.
    scale : int
        By how much the grid is coarser, at least 1.

    Examples
    --------
    >>> coarser(np.arange(8, dtype=np.uint8).reshape(1, 1, 8), 2).tolist()
    [[[1, 3, 5, 7]]]
    """
    axes = []
    for length in labels.shape:
        kept = max(1, length // scale)
        # ⌊(i + ½) length / kept⌋ in whole numbers.
        axes.append((2 * np.arange(kept) + 1) * length // (2 * kept))
    return labels[np.ix_(*axes)]


def class_head(volume: LabelVolume, scale: int) -> Head:
    """Return the output layer for the classes of a volume, on a grid coarser by `scale`.

    A softmax of all classes, the background included, or, where classes overlap, a sigmoid of each
    class.
    """
    if volume.overlap is not None:
        return Head(len(volume.classes) - 1, "sigmoid", scale)
    return Head(max(2, len(volume.classes)), "softmax", scale)


def class_channels(patch: LabelledPatch, scale: int) -> NDArray[np.float32]:
    """Return the classes of a patch as the channels of `class_head`.

    Returns
    -------
    array of float32, shape (z, y, x, class)
        1 in the classes of each voxel, 0 in the others.
    """
    labels = coarser(patch.labels, scale)
    if patch.overlap is None:
        return one_hot(labels, patch.classes)
    channels: NDArray[np.float32] = patch.overlap.members[1:].T.astype(np.float32)[labels]
    return channels


CLASS_LOSSES = ("dice", "cross_entropy", "categorical_crossentropy")
"""Losses that fit classes, the default first."""
