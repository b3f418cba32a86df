"""Which slice shows most of something."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Plane
from lossexplorer.volumes import Case


def fullest_plane(case: Case, sample: int) -> Plane:
    """Return the slice along z that has most labelled voxels, or most that are predicted.

    Parameters
    ----------
    case : Case
        What is open.
    sample : int
        Which of its samples.
    """
    labelled = case.batch[sample].labelled
    predicted = _predicted(case, sample)
    if predicted is not None and not labelled.any():
        labelled = predicted > 0
    return Plane(0, _fullest(labelled, 0))


def plane_of_class(case: Case, sample: int, class_index: int, axis: int) -> Plane | None:
    """Return the slice along an axis that has most voxels of a class; None if there is none.

    Where the truth has none, those of a prediction from a file count.

    Parameters
    ----------
    case : Case
        What is open.
    sample : int
        Which of its samples.
    class_index : int
        The class.
    axis : int
        Of z, y, x.
    """
    voxels = case.batch[sample].mask(class_index)
    predicted = _predicted(case, sample)
    if predicted is not None and not voxels.any():
        voxels = predicted == class_index
    return Plane(axis, _fullest(voxels, axis)) if voxels.any() else None


def _predicted(case: Case, sample: int) -> NDArray[Any] | None:
    """Return the class indices that a file predicts, shape (z, y, x); None without one."""
    if case.predictions is None:
        return None
    predicted = case.predictions[sample]
    labels: NDArray[Any] = predicted if predicted.ndim == 3 else predicted.argmax(axis=0)
    return labels


def _fullest(voxels: NDArray[np.bool_], axis: int) -> int:
    others = tuple(other for other in range(3) if other != axis)
    return int(voxels.sum(axis=others).argmax())
