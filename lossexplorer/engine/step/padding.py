"""How many rows a field of voxels has with its padding: numbers alone, without a backend."""

from __future__ import annotations

ROW = 32
"""Voxels in a row: few enough for float32 sums, and for a surface to cut few rows."""

TOGETHER = 8
"""Rows that are added in float32, voxel by voxel, before their sums are added in float64."""

CHUNK = 2**17
"""Elements of a field in a chunk on a CPU: its arrays fit the cache."""

# Fields are padded to one of _LENGTHS lengths between a power of two and the next, in steps of at
# least _LEAST elements (8 MiB), because a function is compiled for each length. The samples of a
# batch have one length, so these steps are shared out between them.
_LENGTHS = 8
_LEAST = 2**21


def rows_filled(voxels: int) -> int:
    """Return how many rows the voxels of a volume fill, with a row for each left-over voxel.

    Examples
    --------
    >>> rows_filled(64), rows_filled(66)
    (2, 5)
    """
    full, left = divmod(voxels, ROW)
    return full + (left > 0) + left


def rows_at_a_time(classes: int, chunk: int = CHUNK) -> int:
    """Return how many rows are computed at a time, a multiple of `TOGETHER`.

    Parameters
    ----------
    classes : int
        The number of classes.
    chunk : int
        Elements of a field in a chunk.
    """
    return TOGETHER * max(1, chunk // (classes * ROW * TOGETHER))


def padded(rows: int, classes: int, samples: int = 1, chunk: int = CHUNK) -> int:
    """Return the number of rows with the empty rows, a whole number of chunks.

    A volume of less than a chunk is one chunk, as long as the volume.

    Parameters
    ----------
    rows : int
        The number of rows that are filled, those of the representatives included.
    classes : int
        The number of classes.
    samples : int
        How many samples the batch has.
    chunk : int
        Elements of a field in a chunk.

    Examples
    --------
    >>> padded(20, 4), padded(20, 4, samples=400)
    (16384, 40)
    """
    least = max(1, _LEAST // (classes * ROW * samples))
    unit = max(least, (1 << (rows - 1).bit_length()) // (2 * _LENGTHS))
    step = rows_at_a_time(classes, chunk)
    if max(rows, unit) < step:
        step = TOGETHER
    unit = -(-unit // step) * step
    return -(-rows // unit) * unit


def elements_held(voxels: int, classes: int, samples: int = 1) -> int:
    """Return how many elements a field of all classes has on a CPU, all samples together.

    Parameters
    ----------
    voxels : int
        The number of voxels of one sample.
    classes, samples : int
        The numbers of classes and samples.

    Examples
    --------
    >>> elements_held(8**3, 2) == 2 * 2**17 + 2**21 - 2**17
    True
    """
    length = padded(rows_filled(voxels) + classes, classes, samples)
    copied = min(length, rows_at_a_time(classes))
    return samples * (length + copied) * ROW * classes
