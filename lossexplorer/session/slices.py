"""Which slice shows most of something, and which one is next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Plane
from lossexplorer.volumes import Case, LabelVolume


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


def next_where(wanted: NDArray[np.bool_], index: int, by: int) -> int | None:
    """Return the nearest slice before or after one that is wanted; None if there is none.

    Parameters
    ----------
    wanted : array of bool, shape (slice,)
        Which slices are.
    index : int
        The slice to begin with, which is not returned itself.
    by : {1, -1}
        Whether slices after it are meant, or before it.

    Examples
    --------
    >>> wanted = np.array([True, False, False, True])
    >>> next_where(wanted, 0, 1), next_where(wanted, 2, -1), next_where(wanted, 3, 1)
    (3, 0, None)
    """
    found = np.flatnonzero(wanted)
    found = found[found > index] if by > 0 else found[found < index][::-1]
    return int(found[0]) if found.size else None


def next_smaller(values: NDArray[np.float64], index: int, by: int) -> int | None:
    """Return the slice with the next smaller value, or the next larger; None if there is none.

    Of equal values that of the first slice comes first; slices with 0 are left out.

    Parameters
    ----------
    values : array of float, shape (slice,)
        At least 0.
    index : int
        The slice to begin with. After one with 0 comes the largest value, before it the smallest.
    by : {1, -1}
        Whether the next smaller one is meant, or the next larger one.

    Examples
    --------
    >>> values = np.array([0.0, 0.5, 0.2, 0.3])
    >>> next_smaller(values, 1, 1), next_smaller(values, 3, -1), next_smaller(values, 0, 1)
    (3, 1, 1)
    """
    order = [int(each) for each in np.argsort(-values, kind="stable") if values[each] > 0]
    if index not in order:
        return (order[0] if by > 0 else order[-1]) if order else None
    place = order.index(index) + by
    return order[place] if 0 <= place < len(order) else None


def crosshair_of_class(
    volume: LabelVolume, class_index: int, plane: Plane | None
) -> tuple[int, int, int]:
    """Return a voxel (z, y, x) in the middle of what a slice shows of a class.

    It is one that has the class, in the row that has most of it. Without one in the slice, it is
    the middle of the slice.

    Parameters
    ----------
    volume : LabelVolume
        The volume.
    class_index : int
        The class.
    plane : Plane or None
        The slice; None for any.
    """
    along = 1 if plane is not None and plane.axis == 2 else 2
    first, last = row_of_class(volume, class_index, plane, along)
    row = tuple(slice(None) if axis == along else first[axis] for axis in range(3))
    of_class = np.flatnonzero(volume.mask(class_index)[row])
    at = int(of_class[of_class.size // 2]) if of_class.size else last[along] // 2
    z, y, x = (at if axis == along else first[axis] for axis in range(3))
    return z, y, x


def row_of_class(
    volume: LabelVolume, class_index: int, plane: Plane | None, along: int
) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the first and the last voxel of the row that has most voxels of a class.

    Parameters
    ----------
    volume : LabelVolume
        The volume.
    class_index : int
        The class; the row in the middle where there is no voxel of it.
    plane : Plane or None
        The slice in which the row is; any if it is None, or if the row leads through it.
    along : int
        The axis of the row.
    """
    mask = volume.mask(class_index)
    counts = mask.sum(axis=along)
    others = [axis for axis in range(3) if axis != along]
    if plane is not None and plane.axis != along:
        kept = np.arange(counts.shape[others.index(plane.axis)]) == plane.index
        counts = np.where(kept[:, None] if plane.axis == others[0] else kept[None], counts, -1)
    middle = [counts.shape[0] // 2, counts.shape[1] // 2]
    if plane is not None and plane.axis in others:
        middle[others.index(plane.axis)] = plane.index
    place = np.unravel_index(counts.argmax(), counts.shape) if counts.max() > 0 else middle
    ends = np.zeros((2, 3), int)
    ends[:, others] = place
    ends[1, along] = mask.shape[along] - 1
    first, last = (tuple(int(at) for at in end) for end in ends)
    return first, last  # type: ignore[return-value]
