"""Class sums of whole fields, as the Keras classes need them."""

from __future__ import annotations

from lossexplorer.losses._description import Sums, Tensor


def negative_log_terms(truth: Tensor, prediction: Tensor) -> Tensor:
    """Return −g log p per voxel and class, with 0 log 0 = 0.

    Parameters
    ----------
    truth, prediction : tensor
        Of the same shape.
    """
    from keras import ops

    # Without the inner `where`, differentiation multiplies the 0 by the slope of log 0.
    present = truth > 0
    safe = ops.where(present, prediction, ops.ones_like(prediction))
    return ops.where(present, -truth * ops.log(safe), ops.zeros_like(prediction))


_BLOCK = 8
_LEVELS = 8


def voxel_sum(field: Tensor) -> Tensor:
    """Return the sum over all axes but the first and the last, accurate in float32.

    A running float32 total over a whole volume loses percents of it, so blocks of eight voxels
    are summed first, then blocks of these sums, and so on.

    Parameters
    ----------
    field : tensor, shape (batch, …, class)

    Returns
    -------
    tensor, shape (batch, class)
    """
    from keras import ops

    batch, classes = ops.shape(field)[0], ops.shape(field)[-1]
    blocks = ops.reshape(field, (batch, -1, classes))
    rest = ops.zeros_like(blocks[:, 0])
    for _ in range(_LEVELS):
        count = ops.shape(blocks)[1] // _BLOCK
        rest += ops.sum(blocks[:, count * _BLOCK :], axis=1)
        whole = ops.reshape(blocks[:, : count * _BLOCK], (batch, count, _BLOCK, classes))
        blocks = ops.sum(whole, axis=2)
    return rest + ops.sum(blocks, axis=1)


def class_sums(truth: Tensor, prediction: Tensor) -> Sums:
    """Return the sums per sample and class of fields in the Keras layout.

    Parameters
    ----------
    truth, prediction : tensor, shape (batch, z, y, x, class) or any (batch, …, class)
        One-hot or soft truth, and probabilities. Narrower floats than float32 are widened.

    Returns
    -------
    Sums
        Each of shape (batch, class).

    Examples
    --------
    >>> import numpy as np
    >>> g = np.eye(2, dtype="float32")[np.array([0, 1, 1])].reshape(1, 3, 1, 1, 2)
    >>> sums = class_sums(g, g)
    >>> np.asarray(sums.intersection).tolist()
    [[1.0, 2.0]]
    """
    from keras import ops

    def wide(value: Tensor) -> Tensor:
        tensor = ops.convert_to_tensor(value)
        return ops.cast(tensor, "float32") if tensor.dtype != "float64" else tensor

    g, p = (
        ops.cast(value, "float64" if "float64" in str(truth.dtype) else "float32")
        for value in (wide(truth), wide(prediction))
    )

    return Sums(
        intersection=voxel_sum(p * g),
        prediction=voxel_sum(p),
        truth=voxel_sum(g),
        squared_prediction=voxel_sum(p * p),
        negative_log=voxel_sum(negative_log_terms(g, p)),
        voxels=voxel_sum(ops.ones_like(g)),
    )
