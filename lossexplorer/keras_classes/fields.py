"""Truth and prediction of a Keras loss as the fields that the losses are computed of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from keras import ops

from lossexplorer.losses import wide

Tensor = Any
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class LossInput:
    """Truth and prediction in Keras's order of axes.

    Attributes
    ----------
    g, p : tensor, shape (batch, …, class)
        Truth and probabilities, of float32 or float64.
    log_p : tensor, shape (batch, …, class), or None
        The probabilities' logarithms, if they are known better than from p.
    weights : tensor, shape (batch, …), or None
        How much each voxel counts; None if all count 1. Where it is 0, p is a constant.
    """

    g: Tensor
    p: Tensor
    log_p: Tensor | None
    weights: Tensor | None

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.p.shape[-1])

    def of_objects(self) -> LossInput:
        """Return the fields without the background."""
        log_p = None if self.log_p is None else self.log_p[..., 1:]
        return replace(self, g=self.g[..., 1:], p=self.p[..., 1:], log_p=log_p)

    def without(self, counts: Tensor) -> LossInput:
        """Return the fields with the probability 1 for classes that do not count.

        Parameters
        ----------
        counts : tensor of bool, shape (class,) or one that broadcasts
            The classes that do.
        """
        log_p = self.log_p
        if log_p is not None:
            log_p = ops.where(counts, log_p, ops.zeros_like(log_p))
        return replace(self, p=ops.where(counts, self.p, ops.ones_like(self.p)), log_p=log_p)

    def logarithm(self, *, everywhere: bool) -> Tensor:
        """Return log p; where nothing is true, it may be another finite number.

        Parameters
        ----------
        everywhere : bool
            Whether it is asked for where nothing is true, too.
        """
        if self.log_p is not None:
            return self.log_p
        if everywhere:
            return ops.log(self.p)
        # Where nothing is true, log 0 has an infinite slope, too. A sum is faster than a selection.
        return ops.log(self.p + ops.cast(self.g <= 0, self.p.dtype))


def fields_of(
    y_true: Tensor,
    y_pred: Tensor,
    weights: Tensor | None,
    *,
    from_logits: bool,
    ignore_class: int | None,
    independent: bool,
    both_classes: bool,
) -> LossInput:
    """Return the fields of a truth and a prediction.

    Parameters
    ----------
    y_true, y_pred : tensor, shape (batch, …, class)
        One-hot or soft truth, and probabilities or logits.
    weights : tensor, shape (batch, …), or None
        How much each voxel counts.
    from_logits : bool
        Whether the prediction is logits: of a softmax, or of a sigmoid if there is one channel or
        channels are independent.
    ignore_class : int or None
        The channel of the truth that is left out if the truth has one more than the prediction.
    independent : bool
        Whether each channel is a binary problem.
    both_classes : bool
        Whether one channel p stands for the two classes (1 − p, p).
    """
    classes = y_pred.shape[-1]
    # Reshaped, because a variable of TensorFlow lacks some of what Keras asks of a tensor.
    p = ops.reshape(wide(y_pred), ops.shape(y_pred))
    if ignore_class is not None and y_true.shape[-1] == classes + 1:
        y_true = ops.concatenate(
            [y_true[..., :ignore_class], y_true[..., ignore_class + 1 :]], axis=-1
        )
    # The truth may come from a generator that does not tell its number of classes.
    g = ops.reshape(ops.cast(y_true, p.dtype), (*ops.shape(y_true)[:-1], classes))
    if weights is not None:
        weights = ops.cast(weights, p.dtype)
        counts = ops.expand_dims(weights > 0, -1)
        # What a voxel that does not count holds may be no number, and its gradient is exactly 0.
        g = ops.where(counts, g, ops.zeros_like(g))
        p = ops.where(counts, p, (0.0 if from_logits else 0.5) + ops.zeros_like(p))
    single = classes == 1
    log_p = log_rest = None
    rest = 1 - p
    if from_logits and (single or independent):
        log_p, log_rest = ops.log_sigmoid(p), ops.log_sigmoid(-p)
        p, rest = ops.sigmoid(p), ops.sigmoid(-p)
    elif from_logits:
        p, log_p = ops.softmax(p), ops.log_softmax(p)
    if single and both_classes:
        g, p = ops.concatenate([1 - g, g], axis=-1), ops.concatenate([rest, p], axis=-1)
        if log_p is not None:
            log_p = ops.concatenate([log_rest, log_p], axis=-1)
    return LossInput(g, p, log_p, weights)
