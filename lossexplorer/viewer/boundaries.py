"""The boundary of a set of voxels in a slice, as straight lines along the edges of voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def boundary_lines(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the lines between voxels of a set and others, each as long as it is straight.

    What is beyond the border of the slice is in no set.

    Parameters
    ----------
    mask : array of bool, shape (row, column)
        The set.

    Returns
    -------
    array of float, shape (line, 2, 2)
        For each line its ends, each as row and column in voxels; whole numbers are the centres.

    Examples
    --------
    A voxel has four edges of length 1.

    >>> lines = boundary_lines(np.array([[True]]))
    >>> lines.tolist()[0], len(lines)
    ([[-0.5, -0.5], [-0.5, 0.5]], 4)
    """
    along_rows = _runs(mask)
    along_columns = _runs(mask.T)[..., ::-1]
    lines: NDArray[np.float64] = np.concatenate([along_rows, along_columns])
    return lines


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the lines that run along rows, between one row and the next."""
    padded = np.pad(mask, ((1, 1), (0, 0)))
    edges = np.pad(padded[1:] != padded[:-1], ((0, 0), (1, 1)))
    turns = edges[:, 1:].astype(np.int8) - edges[:, :-1]
    rows, first = np.nonzero(turns == 1)
    _, stop = np.nonzero(turns == -1)
    ends = [np.stack([rows, columns], axis=1) - 0.5 for columns in (first, stop)]
    lines: NDArray[np.float64] = np.stack(ends, axis=1)
    return lines
