"""The values of the maps on the canvas, computed from volumes and answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.viewer import colors
from lossexplorer.volumes import LabelVolume


def labelled_box(volume: LabelVolume) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last labelled index along each axis; of all voxels if none is."""
    corners = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        labelled = np.flatnonzero(volume.labels.any(axis=others))
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
    """Return a title with so many letters at most: its beginning and its end, which has the step.

    Examples
    --------
    >>> elided("Prediction y1 · bankssts L, step 76", 28)
    'Prediction y1 ·…s L, step 76'
    """
    if len(title) <= letters:
        return title
    end = max(letters - 1, 0) * 4 // 9
    return f"{title[: max(letters - 1 - end, 0)]}…{title[len(title) - end :]}"


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
