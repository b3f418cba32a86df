"""Sums over the voxels of fields in Keras's order of axes, with the class last."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

from keras import ops

Tensor = Any

_BLOCK = 8
_ROUNDS = 8
_LANES = 64


def voxel_total(field: Tensor) -> Tensor:
    """Return the sum over voxels, accurate in float32, as `lossexplorer.losses.voxel_sum` does.

    The class stays the last axis: moving it would take as long as the sum. The gradient, which is
    the same in every voxel, is spread at once: by the way back through the blocks it would be
    copied in every round.

    Parameters
    ----------
    field : tensor, shape (batch, voxel, class)
        The field.

    Returns
    -------
    tensor, shape (batch, class)
        The sums.
    """

    @ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no types
    def total(values: Tensor) -> tuple[Tensor, Any]:
        def gradient(*slopes: Tensor, upstream: Tensor | None = None) -> Tensor:
            slope = slopes[0] if upstream is None else upstream
            return _spread(slope, ops.shape(values))

        return _total(values), gradient

    return total(field)


def _spread(slope: Tensor, shape: tuple[Any, ...]) -> Tensor:
    """Return what is the same in every voxel, shape (batch, class), in all of them."""
    samples, voxels, classes = shape
    row = ops.expand_dims(slope, 1)
    if not isinstance(voxels, int) or voxels % _LANES:
        return ops.broadcast_to(row, shape)
    # In long rows, because TensorFlow takes twice as long for rows of a few classes.
    rows = ops.broadcast_to(
        ops.tile(row, (1, 1, _LANES)), (samples, voxels // _LANES, _LANES * classes)
    )
    return ops.reshape(rows, shape)


def _total(field: Tensor) -> Tensor:
    samples, voxels, classes = ops.shape(field)
    left, rest = field, ops.zeros_like(field[:, 0])
    for number in range(_ROUNDS):
        if isinstance(voxels, int) and voxels < _BLOCK:
            break
        count = voxels // _BLOCK
        if not isinstance(voxels, int) or voxels % _BLOCK:
            rest += ops.sum(left[:, count * _BLOCK :], axis=1)
            left = left[:, : count * _BLOCK]
        blocks = ops.reshape(left, (samples, _BLOCK, count * classes))
        # One sum is fastest; of nested ones XLA makes one running sum, so the others are additions.
        if number == 0:
            added = ops.sum(blocks, axis=1)
        else:
            added = reduce(operator.add, ops.unstack(blocks, _BLOCK, axis=1))
        left, voxels = ops.reshape(added, (samples, count, classes)), count
    return rest + ops.sum(left, axis=1)
