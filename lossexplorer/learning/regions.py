"""Regions of any size, for networks that take only some sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Predict = Callable[[Array], Sequence[Array]]


def predict_region(
    predict: Predict, image: Array, multiple: Sequence[int], *, is_fixed: bool = False
) -> list[Array]:
    """Return a network's outputs for a region, whose outermost voxels are repeated to fill it up.

    Parameters
    ----------
    predict : callable
        The network: from (batch, z, y, x, 1) to one array (batch, z, y, x, channel) an output.
    image : array, shape (z, y, x)
        The region.
    multiple : sequence of int
        What each length has to be a multiple of, (z, y, x).
    is_fixed : bool
        Whether the network takes nothing but exactly these lengths: then it is given one block
        after the other.

    Returns
    -------
    list of array, shape (z, y, x, channel)
        Each output of the region; of a network that gives one voxel for s along an axis, the
        length divided by s, rounded up.

    Examples
    --------
    >>> doubled = predict_region(lambda x: [2 * x], np.ones((3, 5, 2)), (2, 4, 2))
    >>> doubled[0].shape
    (3, 5, 2, 1)
    """
    lacking = [-n % m for n, m in zip(image.shape, multiple, strict=True)]
    filled = np.pad(image, [(0, n) for n in lacking], mode="edge")[None, ..., None]
    outputs = _by_blocks(predict, filled, multiple) if is_fixed else predict(filled)
    return [_cut(output[0], filled.shape[1:4], image.shape) for output in outputs]


def _by_blocks(predict: Predict, filled: Array, size: Sequence[int]) -> list[Array]:
    counts = [n // m for n, m in zip(filled.shape[1:4], size, strict=True)]
    rows = np.empty(counts, dtype=object)
    for place in product(*map(range, counts)):
        box = tuple(slice(i * m, (i + 1) * m) for i, m in zip(place, size, strict=True))
        rows[place] = predict(np.ascontiguousarray(filled[:, *box]))
    return [
        np.block([[[[block[k]] for block in row] for row in plane] for plane in rows])
        for k in range(len(rows.flat[0]))
    ]


def _cut(output: Array, filled: Sequence[int], shape: Sequence[int]) -> Array:
    scales = [n // m for n, m in zip(filled, output.shape[:3], strict=True)]
    return output[tuple(slice(-(-n // s)) for n, s in zip(shape, scales, strict=True))]
