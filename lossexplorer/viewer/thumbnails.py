"""A small picture of a slice, painted without napari: image, labels and the error of a class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Plane
from lossexplorer.viewer.colors import ERROR_COLORS
from lossexplorer.viewer.maps import in_plane, labelled_box, robust_range, shown_labels
from lossexplorer.volumes import LabelVolume

_ROOM = 2.0
"""What is seen, in lengths of the labelled box: labels fill about half, as on the canvas."""
_OTHERS = (1.0, 1.0, 1.0, 0.25)
"""The colour of labels that no error is painted on: those of other classes."""
_EMPTY = 0.08
"""The grey of voxels without an image."""


def thumbnail(
    volume: LabelVolume,
    class_index: int,
    error: NDArray[np.uint8],
    plane: Plane | None,
    axes: tuple[int, int],
    size: tuple[int, int],
) -> NDArray[np.uint8]:
    """Return a picture of a slice around the labels.

    Parameters
    ----------
    volume : LabelVolume
        The truth, with or without an image.
    class_index : int
        The class whose error is painted.
    error : array of uint8, shape (z, y, x)
        The error categories, see `lossexplorer.viewer.maps.error_categories`.
    plane : Plane or None
        The slice; None for the one along z with most labelled voxels.
    axes : (int, int)
        The axes (z, y, x) that run down and across the picture, if `plane` is given.
    size : (int, int)
        Height and width in pixels.

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Red, green and blue. What lies beyond the volume is black.
    """
    if plane is None:
        plane = Plane(0, int(volume.labelled.sum(axis=(1, 2)).argmax()))
        axes = (1, 2)
    turned = axes[0] > axes[1]
    maps = [shown_labels(volume, class_index, plane), in_plane(error, plane)]
    grey = np.full(maps[0].shape, _EMPTY)
    if volume.image is not None:
        seen = in_plane(volume.image, plane).astype(float)
        low, high = robust_range(seen)
        grey = np.clip((np.nan_to_num(seen) - low) / (high - low), 0.0, 1.0)
    labels, errors, grey = (array.T if turned else array for array in (*maps, grey))
    rows, columns, is_inside = _sampled(volume, axes, size)
    picture = np.repeat(grey[rows, columns][..., None], 3, axis=-1)
    _blend(picture, labels[rows, columns] > 0, _OTHERS)
    for category, color in ERROR_COLORS.items():
        _blend(picture, errors[rows, columns] == category, color)
    picture[~is_inside] = 0.0
    painted: NDArray[np.uint8] = np.rint(255 * picture).astype(np.uint8)
    return painted


def _sampled(
    volume: LabelVolume, axes: tuple[int, int], size: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return the voxel of each pixel, as indices along both axes, and whether there is one."""
    low, high = labelled_box(volume)
    edges = np.array([volume.spacing[axis] for axis in axes])
    box = np.array([high[axis] - low[axis] + 1 for axis in axes]) * edges
    centre = np.array([(low[axis] + high[axis] + 1) / 2 for axis in axes]) * edges
    whole = np.array([volume.shape[axis] for axis in axes]) * edges
    pixel = min(float((_ROOM * box / size).max()), float((whole / size).max()))  # in mm
    places = [
        np.floor((c + pixel * (np.arange(n) + 0.5 - n / 2)) / edge).astype(np.intp)
        for c, n, edge in zip(centre, size, edges, strict=True)
    ]
    lengths = [volume.shape[axis] for axis in axes]
    inside = [(p >= 0) & (p < length) for p, length in zip(places, lengths, strict=True)]
    rows, columns = (np.clip(p, 0, n - 1) for p, n in zip(places, lengths, strict=True))
    return rows[:, None], columns[None, :], inside[0][:, None] & inside[1][None, :]


def _blend(picture: NDArray[np.float64], where: NDArray[np.bool_], color: Any) -> None:
    """Lay a colour with its opacity over pixels of a picture."""
    *rgb, opacity = color
    picture[where] = (1 - opacity) * picture[where] + opacity * np.array(rgb)
