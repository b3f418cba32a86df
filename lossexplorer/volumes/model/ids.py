"""From the numbers in a file to class ids, and from ids to class indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossexplorer.core.numbers import exact, percent
from lossexplorer.volumes.errors import VolumeError

Array = np.ndarray[Any, Any]

# Ids below this are counted and remapped with a table, larger ones by sorting.
_TABLE_LENGTH = 1 << 24
# Voxels at a time, so that temporary 64-bit copies stay small beside the volume.
_BLOCK = 1 << 22

_ROUNDING = 1e-3
"""So far from a whole number is a value that programs have rounded on the way to a file."""

_MANY = 128
"""So many ids are rare; with more of them it is looked whether the labels form objects."""

_SAMPLED = 1 << 20  # voxels
_FEW_NEIGHBOURS = 1000


def whole_numbers(
    array: Array, name: str, *, explanation: str = "", rounding: float = 0.0
) -> Array:
    """Return an array of ids as non-negative integers.

    A value within 1e-3 of a whole number, or within what a file rounds, is that number.

    Parameters
    ----------
    array
        (z, y, x), as read: integers, booleans, or floats that are whole numbers.
    name
        The name of the file, for messages.
    explanation
        What to say after naming a value that is not a whole number; what the values look like if
        this is empty.
    rounding
        As in `RawVolume`.

    Returns
    -------
    numpy.ndarray
        (z, y, x), C-contiguous integers.

    Raises
    ------
    VolumeError
        If a value is negative, not a whole number, NaN or infinite, the type is another one, or
        the numbers are those of an intensity image.
    """
    if array.dtype.kind == "b":
        array = array.astype(np.uint8)
    elif array.dtype.kind == "f":
        array = _floats_to_integers(array, name, explanation, max(_ROUNDING, rounding))
    elif array.dtype.kind not in "ui":
        raise VolumeError(
            f"{name} holds values of type {array.dtype}; save the labels as whole numbers."
        )
    if array.dtype.kind == "i" and (lowest := int(array.min())) < 0:
        raise VolumeError(
            f"{name} holds the negative id {lowest}: ids are 0 for the background and positive for "
            "the classes. Renumber the labels, or choose the label volume if this is an image."
        )
    _check_objects(array, name)
    return np.ascontiguousarray(array)


def _check_objects(ids: Array, name: str) -> None:
    """Refuse many ids that form no objects: neighbours differ, as in an intensity image."""
    if int(ids.max()) < _MANY:
        return
    count = max(1, _SAMPLED // ids[0].size)
    planes = ids[max(0, (len(ids) - count) // 2) :][:count]
    here, beside = planes[..., :-1], planes[..., 1:]
    labelled = (here > 0) & (beside > 0)
    neighbours = int(np.count_nonzero(labelled))
    differing = int(np.count_nonzero(labelled & (here != beside)))
    if neighbours < _FEW_NEIGHBOURS or 3 * differing < 2 * neighbours:
        return
    distinct = len(np.unique(planes))
    if distinct > _MANY:
        raise VolumeError(
            f"{name} looks like an intensity image: among {planes.size:,} voxels it has "
            f"{distinct:,} different values, and {percent(differing / neighbours)} of neighbouring "
            "voxels differ. Choose the label volume; this file can be shown below it as the image."
        )


def _looks(lowest: float, highest: float) -> str:
    """Say what values that are not whole numbers look like."""
    if lowest >= 0 and highest <= 1:
        return (
            "labels are whole numbers, and this looks like a probability map, with values from "
            f"{exact(lowest)} to {exact(highest)}. Choose the label volume, and open this file as "
            "its prediction."
        )
    return (
        "labels are whole numbers, and this looks like an intensity image, with values from "
        f"{exact(lowest)} to {exact(highest)}. Choose the label volume; this file can be shown "
        "below it as the image."
    )


def count_ids(ids: Array) -> tuple[Array, Array]:
    """Return the ids present, ascending, and how many voxels each has.

    Parameters
    ----------
    ids
        Non-negative integers of any shape, at least one.

    Examples
    --------
    >>> present, counts = count_ids(np.array([0, 7, 7]))
    >>> present.tolist(), counts.tolist()
    ([0, 7], [1, 2])
    """
    top = int(ids.max())
    if top >= _TABLE_LENGTH:
        return np.unique(ids, return_counts=True)
    counts = np.zeros(top + 1, np.int64)
    flat = ids.reshape(-1)
    # A block is never shorter than the table, or adding tables would be the work.
    length = max(_BLOCK, top)
    for start in range(0, flat.size, length):
        block = flat[start : start + length].astype(np.intp, copy=False)
        counts += np.bincount(block, minlength=top + 1)
    present = np.flatnonzero(counts)
    return present, counts[present]


def to_indices(ids: Array, known: Array) -> Array:
    """Replace each id by its position among the known ids.

    Parameters
    ----------
    ids
        Non-negative integers of any shape, all in `known`.
    known
        Ascending ids without repetition.

    Returns
    -------
    numpy.ndarray
        Indices of the same shape and of the smallest unsigned type.

    Examples
    --------
    >>> to_indices(np.array([[0, 7], [9, 7]]), np.array([0, 7, 9])).tolist()
    [[0, 1], [2, 1]]
    """
    dtype = index_dtype(len(known))
    top = int(known[-1])
    if top == len(known) - 1:
        return np.ascontiguousarray(ids, dtype)
    if top >= _TABLE_LENGTH:
        return np.searchsorted(known, ids).astype(dtype)
    table = np.zeros(top + 1, dtype)
    table[known] = np.arange(len(known), dtype=dtype)
    return apply_table(table, ids)


def apply_table(table: Array, indices: Array) -> Array:
    """Return ``table[indices]``, block by block."""
    result = np.empty(indices.shape, table.dtype)
    flat, read = result.reshape(-1), indices.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        flat[block] = table[read[block]]
    return result


def index_dtype(count: int) -> np.dtype[Any]:
    """Return the smallest unsigned type that holds the indices of this many classes."""
    return np.min_scalar_type(count - 1)


def _floats_to_integers(array: Array, name: str, explanation: str, tolerance: float) -> Array:
    lowest, highest = float(array.min()), float(array.max())
    if np.isnan(lowest):
        place = np.argwhere(np.isnan(array))[0].tolist()
        raise VolumeError(
            f"{name} holds NaN (not a number), first at the voxel (z, y, x) = {tuple(place)}. "
            "Replace it by 0 or by a class."
        )
    if max(-lowest, highest) >= 2.0**63:
        value = exact(array.min() if -lowest > highest else array.max())
        why = explanation or _looks(lowest, highest)
        raise VolumeError(f"{name} holds the value {value}, which is no class; {why}")
    result = np.empty(array.shape, np.int64 if max(-lowest, highest) >= 2.0**31 else np.int32)
    for z, plane in enumerate(array):
        result[z] = np.rint(plane)
        broken = np.abs(plane - result[z]) > tolerance
        if broken.any():
            why = explanation or _looks(lowest, highest)
            raise VolumeError(f"{name} holds the value {exact(plane[broken][0])}: {why}")
    return result
