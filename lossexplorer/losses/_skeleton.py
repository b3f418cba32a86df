"""Soft skeletons by minimum and maximum pooling."""

from __future__ import annotations

from lossexplorer.losses._sums import Tensor


def soft_skeleton(field: Tensor, iterations: int, counted: Tensor | None = None) -> Tensor:
    """Return the soft skeleton: what openings of more and more eroded copies of a field remove.

    Parameters
    ----------
    field : tensor, shape (sample, class, z, y, x)
        Values from 0 to 1.
    iterations : int
        Rounds of erosion. The middle of objects thicker than 2 · iterations + 2 voxels has no
        skeleton.
    counted : tensor of bool, shape (sample, 1, z, y, x), optional
        The voxels that there are; the others are like those outside the volume.

    Returns
    -------
    tensor, shape (sample, class, z, y, x)
        1 on the centre line of a mask, 0 beside it.
    """
    from keras import ops

    shape = ops.shape(field)
    # Two-dimensional pooling of four axes, the last of them as channels, is many times faster than
    # three-dimensional pooling.
    eroded = ops.reshape(field, (-1, *shape[2:]))
    skeleton = ops.zeros_like(eroded)
    there = None
    if counted is not None:
        there = ops.reshape(ops.broadcast_to(counted, shape), ops.shape(eroded))
    for _ in range(iterations + 1):
        whole, eroded = eroded, _erosion(_elsewhere(eroded, there, 1.0))
        left_out = ops.relu(whole - _dilation(_elsewhere(eroded, there, 0.0)))
        skeleton = skeleton + ops.relu(left_out - skeleton * left_out)
    return ops.reshape(skeleton, shape)


def _elsewhere(field: Tensor, there: Tensor | None, value: float) -> Tensor:
    """Return a field with a value that no extremum of it takes where there is no voxel."""
    from keras import ops

    return field if there is None else ops.where(there, field, value + ops.zeros_like(field))


def _erosion(field: Tensor) -> Tensor:
    """Return the minimum over each voxel and its six neighbourhood."""
    from keras import ops

    negative = -field
    along_z, along_y = _pooled(negative, (3, 1)), _pooled(negative, (1, 3))
    return -ops.maximum(_pooled_along_x(negative), ops.maximum(along_z, along_y))


def _dilation(field: Tensor) -> Tensor:
    """Return the maximum over 3 × 3 × 3 voxels."""
    return _pooled_along_x(_pooled(field, (3, 3)))


def _pooled(field: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the maximum over a neighbourhood of (z, y), of a field of shape (n, z, y, x)."""
    from keras import ops

    return ops.max_pool(field, size, strides=1, padding="same", data_format="channels_last")


def _pooled_along_x(field: Tensor) -> Tensor:
    from keras import ops

    shape = ops.shape(field)
    return ops.reshape(_pooled(ops.reshape(field, (-1, *shape[2:], 1)), (1, 3)), shape)
