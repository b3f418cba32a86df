"""The values of the maps on the canvas, computed from volumes and answers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Plane
from lossexplorer.viewer import colors
from lossexplorer.volumes import LabelVolume

# Of the hatching of ignored voxels: lines along the longest side of a volume, voxels from one line
# to the next at the least, and the share of each half of a line.
_LINES, _VOXELS, _SHARE = 32, 4, 0.22
_WITH_RESPECT_TO = re.compile(r" / ∂ \w+")
_FEWEST = 4  # letters of a name beside a number


def shown_labels(
    volume: LabelVolume, class_index: int, plane: Plane | None = None
) -> NDArray[np.unsignedinteger]:
    """Return class indices as they are shown; 0 in ignored voxels, whose class is not known.

    Parameters
    ----------
    volume : LabelVolume
        The truth.
    class_index : int
        The class that is shown of overlapping classes; of others all are.
    plane : Plane, optional
        A slice; the whole volume if it is not given.
    """
    labels: NDArray[np.unsignedinteger] = in_plane(volume.labels, plane)
    if volume.overlap is not None:
        dtype = np.min_scalar_type(len(volume.classes))
        table = volume.overlap.members[class_index] * dtype.type(class_index)
        labels = table.astype(dtype)[labels]
    if volume.ignored is None:
        return labels
    return np.where(in_plane(volume.ignored, plane), labels.dtype.type(0), labels)


def instance_colors(ids: NDArray[np.unsignedinteger]) -> NDArray[np.uint8]:
    """Return the number of the colour of each instance, from 1, by its id; 0 for 0.

    Examples
    --------
    >>> instance_colors(np.array([0, 1, 12, 13])).tolist()
    [0, 1, 12, 1]
    """
    return np.where(ids > 0, (ids - 1) % colors.INSTANCE_COLORS + 1, 0).astype(np.uint8)


def joint_labels(volume: LabelVolume) -> NDArray[np.unsignedinteger]:
    """Return a number for each set of classes that a voxel can have; 0 for none and if ignored.

    So every boundary of an overlapping class is one between two numbers.
    """
    if volume.overlap is None:
        return shown_labels(volume, 0)
    sets, table = np.unique(volume.overlap.members[1:], axis=1, return_inverse=True)
    # The empty set comes first if there is one, and 0 is none here either way.
    table = np.where(volume.overlap.members[0], 0, table.reshape(-1) + sets[:, 0].any())
    labels: NDArray[np.unsignedinteger] = table.astype(np.min_scalar_type(sets.shape[1]))[
        volume.labels
    ]
    if volume.ignored is not None:
        labels[volume.ignored] = 0
    return labels


def in_plane(array: NDArray[Any], plane: Plane | None) -> NDArray[Any]:
    """Return a slice of an array (z, y, x), or the array without one."""
    return array if plane is None else np.take(array, plane.index, axis=plane.axis)


def hatching(volume: LabelVolume) -> NDArray[np.uint8] | None:
    """Return the hatching of ignored voxels: 2 and 3 on the halves of its lines, 1 between them.

    The lines are where (z + y + x) mm is near a multiple of a length, so that they are at 45° in
    every slice. Elsewhere it is 0. None if no voxel is ignored.
    """
    if volume.ignored is None:
        return None
    z, y, x = (np.arange(n) * edge for n, edge in zip(volume.shape, volume.spacing, strict=True))
    longest = max(n * edge for n, edge in zip(volume.shape, volume.spacing, strict=True))
    length = max(longest / _LINES, _VOXELS * min(volume.spacing))
    in_slice = y[:, None] + x
    found = volume.ignored.astype(np.uint8)
    for index in np.flatnonzero(volume.ignored.any(axis=(1, 2))):
        place = (z[index] + in_slice) / length % 1
        found[index] *= np.select([place < _SHARE, place < 2 * _SHARE], [2, 3], 1).astype(np.uint8)
    return found


def labelled_box(volume: LabelVolume) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last labelled index along each axis; of all voxels if none is."""
    corners, every = [], volume.labelled
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        labelled = np.flatnonzero(every.any(axis=others))
        corners.append(
            (labelled[0], labelled[-1]) if labelled.size else (0, volume.shape[axis] - 1)
        )
    low, high = np.array(corners, dtype=np.int64).T
    return low, high


def error_categories(
    truth: NDArray[np.unsignedinteger], decided: NDArray[np.unsignedinteger], class_index: int
) -> NDArray[np.uint8]:
    """Return the error category of each voxel for a class; 0 for true negatives."""
    is_true, is_predicted = truth == class_index, decided == class_index
    return np.select(
        [is_true & is_predicted, is_predicted, is_true],
        [colors.TRUE_POSITIVE, colors.FALSE_POSITIVE, colors.FALSE_NEGATIVE],
        0,
    ).astype(np.uint8)


def all_error_categories(
    truth: NDArray[np.unsignedinteger], decided: NDArray[np.unsignedinteger]
) -> NDArray[np.uint8]:
    """Return the error category of each voxel for all classes but the background; 0 for that.

    Examples
    --------
    >>> all_error_categories(np.array([0, 0, 1, 1, 1]), np.array([0, 2, 0, 1, 2])).tolist()
    [0, 2, 3, 1, 4]
    """
    return np.select(
        [truth == decided, truth == 0, decided == 0],
        [
            np.where(truth > 0, colors.TRUE_POSITIVE, 0),
            colors.FALSE_POSITIVE,
            colors.FALSE_NEGATIVE,
        ],
        colors.CONFUSED,
    ).astype(np.uint8)


def truth_codes(
    truth: NDArray[np.unsignedinteger], rim: NDArray[np.unsignedinteger] | None, classes: int
) -> NDArray[np.unsignedinteger]:
    """Return class indices, with codes above the class indices in an uncertain rim.

    Parameters
    ----------
    truth : array of unsigned int
        Class indices.
    rim : array of unsigned int, optional
        Class indices of the objects with their rims.
    classes : int
        The number of classes; the code of a class's rim is the class index plus this number.
    """
    if rim is None:
        return truth
    return np.where(rim != truth, rim.astype(np.min_scalar_type(2 * classes - 1)) + classes, truth)


def elided(title: str, letters: int) -> str:
    """Return a title with so many letters at most.

    First goes what a gradient is with respect to, which is the same in all panes. A number is
    whole or not there at all. Else the beginning stays, and the end, which has the step.

    Examples
    --------
    >>> elided("∂ Generalized Dice / ∂ logit  ±1.79e-5", 27)
    '∂ Generalized Dice ±1.79e-5'
    >>> elided("∂ Generalized Dice / ∂ logit  ±1.79e-5", 15)
    '∂ Gen… ±1.79e-5'
    >>> elided("Prediction y1 · bankssts L, step 76", 28)
    'Prediction y1 ·…s L, step 76'
    >>> elided("∂ Dice / ∂ logit  ±1.79e-5", 8)
    '∂ Dice'
    """
    if len(title) > letters:
        title = _WITH_RESPECT_TO.sub("", title).replace("  ", " ")
    if len(title) <= letters:
        return title
    name, _, number = title.partition(" ±")
    room = letters - len(f"… ±{number}")
    if number and room >= _FEWEST:
        return f"{name[:room].rstrip()}… ±{number}"
    if len(name) <= letters:
        return name
    end = max(letters - 1, 0) * 4 // 9
    return f"{name[: max(letters - 1 - end, 0)]}…{name[len(name) - end :]}"


def contrast_limits(volume: LabelVolume) -> tuple[float, float] | None:
    """Return robust limits of the image, from about 32 of its slices; None without an image."""
    if volume.image is None:
        return None
    some = volume.image[:: 1 + len(volume.image) // 32]
    low, high = (float(v) for v in np.percentile(some, (1, 99.5)))
    return low, max(high, low + 1)


def robust_limit(gradient: NDArray[np.float32]) -> float:
    """Return the 99.5th percentile of the gradient's magnitude where it is finite and not 0."""
    sizes = np.abs(gradient[np.isfinite(gradient)])
    sizes = sizes[sizes > 0]
    return float(np.percentile(sizes, 99.5)) if sizes.size else 0.0


def robust_range(values: NDArray[Any]) -> tuple[float, float]:
    """Return the 1st and the 99.5th percentile of the finite values, the second being larger.

    Examples
    --------
    >>> robust_range(np.array([3.0, np.nan])), robust_range(np.array([]))
    ((3.0, 4.0), (0.0, 1.0))
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, (1, 99.5)))
    return low, high if high > low else low + 1
