"""Sums over the voxels of fields in Keras's order of axes, with the class last."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

from keras import ops

Tensor = Any

_BLOCK = 8
_ROUNDS = 8


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
            return ops.broadcast_to(ops.expand_dims(slope, 1), ops.shape(values))

        return _total(values), gradient

    return total(field)


def _total(field: Tensor) -> Tensor:
    samples, voxels, classes = ops.shape(field)
    left, rest = field, ops.zeros_like(field[:, 0])
    for _ in range(_ROUNDS):
        if isinstance(voxels, int) and voxels < _BLOCK:
            break
        count = voxels // _BLOCK
        if not isinstance(voxels, int) or voxels % _BLOCK:
            rest += ops.sum(left[:, count * _BLOCK :], axis=1)
            left = left[:, : count * _BLOCK]
        blocks = ops.reshape(left, (samples, _BLOCK, count * classes))
        # Additions and not `ops.sum`, because XLA merges nested sums into one running sum.
        added = reduce(operator.add, ops.unstack(blocks, _BLOCK, axis=1))
        left, voxels = ops.reshape(added, (samples, count, classes)), count
    return rest + ops.sum(left, axis=1)
