"""The loss of the voxels that count, where others are ignored."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops
from keras.src.backend import set_keras_mask  # where Keras keeps it: nothing public sets it

_OF_SUMS = (keras.losses.Dice, keras.losses.Tversky)
"""Losses of Keras that take no mask, and to which a voxel without truth and prediction adds 0."""


class OfCounted(keras.losses.Loss):  # type: ignore[misc]  # Keras has no types
    """A loss of the voxels for which the last channel of the truth is 1.

    Parameters
    ----------
    loss : keras.losses.Loss
        The loss. Means are those of the voxels that count, over the whole batch.

    Examples
    --------
    >>> truth = ops.array([[[1.0, 1.0], [1.0, 0.0]]])
    >>> loss = OfCounted(keras.losses.MeanSquaredError())
    >>> float(loss(truth, ops.array([[[0.5], [0.0]]])))
    0.25
    """

    def __init__(self, loss: Any) -> None:
        super().__init__(name=loss.name)
        self.loss = loss

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss, 0 if no voxel counts.

        Parameters
        ----------
        y_true : tensor, shape (batch, z, y, x, channel + 1)
            What is to be predicted; its last channel is 1 in the voxels that count, else 0.
        y_pred : tensor, shape (batch, z, y, x, channel)
            The prediction.
        sample_weight : tensor, optional
            As the loss takes it.
        """
        truth, counts = y_true[..., :-1], y_true[..., -1] > 0.5
        some = ops.any(counts)
        # Of no voxel there is no mean: all are taken, and the result multiplied by 0.
        counts = ops.logical_or(counts, ops.logical_not(some))
        factors = ops.cast(counts, y_pred.dtype)[..., None]
        if isinstance(self.loss, _OF_SUMS):
            value = self.loss(factors * truth, factors * y_pred, sample_weight)
        else:
            # A constant there: an infinite slope times 0 would be no number.
            y_pred = ops.where(factors > 0, y_pred, ops.ones_like(y_pred) / y_pred.shape[-1])
            set_keras_mask(y_pred, counts)
            value = self.loss(truth, y_pred, sample_weight)
        return value * ops.cast(some, value.dtype)
