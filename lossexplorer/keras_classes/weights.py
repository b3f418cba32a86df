"""What a Keras loss counts with: masks, and weights of samples and of voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from lossexplorer.keras_classes.fields import Shape

Tensor = Any


@dataclass(frozen=True)
class Weights:
    """Weights from the argument ``sample_weight``.

    Attributes
    ----------
    samples : tensor, shape () or (batch,), or None
        Factors of samples, or of all.
    voxels : tensor, shape (batch, …), or None
        Factors of voxels.
    """

    samples: Tensor | None = None
    voxels: Tensor | None = None


def weights_of(sample_weight: Any, prediction: Shape, owner: str) -> Weights:
    """Return weights by what they are of.

    Parameters
    ----------
    sample_weight : tensor
        A number, or of shape (batch,), (batch, 1, …), (batch, …) or (batch, …, 1), where … are the
        prediction's axes of space.
    prediction : tuple of int or None
        The prediction's shape.
    owner : str
        The name of the class, for the message.

    Raises
    ------
    ValueError
        If the shape is none of these.
    """
    weight = ops.convert_to_tensor(sample_weight)
    shape, terms = tuple(weight.shape), prediction[:-1]
    if shape == ():
        return Weights(samples=weight)
    of_samples = shape[:1] == (1,) or agree(shape[:1], terms[:1])
    if agree(shape[:1], terms[:1]) and all(length == 1 for length in shape[1:]):
        return Weights(samples=ops.reshape(weight, (-1,)))
    if of_samples and agree(shape, (*terms, 1)):
        return Weights(voxels=ops.squeeze(weight, axis=-1))
    if agree(shape, terms):
        return Weights(voxels=weight)
    raise ValueError(
        f"{owner} needs weights of samples of shape (batch,) or (batch, 1), or of voxels of shape "
        f"(batch, z, y, x), not {shape} for a prediction of shape {prediction}."
    )


def voxel_mask(mask: Any, y_pred: Tensor) -> Tensor:
    """Return a mask of Keras, of shape (batch, …) or of its first axes, as one of every voxel.

    Parameters
    ----------
    mask : tensor of bool
        False where nothing counts.
    y_pred : tensor, shape (batch, …, class)
        The prediction.
    """
    found = ops.cast(mask, "bool")
    missing = len(y_pred.shape) - 1 - len(found.shape)
    found = ops.reshape(found, (*ops.shape(found), *[1] * missing))
    return ops.broadcast_to(found, ops.shape(y_pred)[:-1])


def mask_factors(mask: Tensor, reduction: str | None, dtype: Any) -> Tensor:
    """Return a mask as the factors with which a reduction gives the mean of what is left.

    Parameters
    ----------
    mask : tensor of bool
        False where nothing counts.
    reduction : str or None
        The reduction of the loss.
    dtype : str
        The type of the factors.
    """
    left = ops.cast(mask, dtype)
    if reduction not in ("mean", "sum_over_batch_size"):
        return left
    return left * ops.divide_no_nan(ops.sum(ops.ones_like(left)), ops.sum(left))


def agree(one: Shape, other: Shape) -> bool:
    """Whether two shapes are the same, as far as they are known before data flow.

    Examples
    --------
    >>> agree((2, None), (2, 5)), agree((2, 4), (2, 5))
    (True, False)
    """
    return len(one) == len(other) and all(
        a == b or a is None or b is None for a, b in zip(one, other, strict=True)
    )
