"""The gradient field of a loss: the chain rule through its class sums."""

from __future__ import annotations

from typing import Literal

from lossexplorer.losses._description import Sums, Tensor

WithRespectTo = Literal["probability", "logit"]


def gradient_field(
    slopes: Sums, truth: Tensor, prediction: Tensor, class_index: int, wrt: WithRespectTo
) -> Tensor:
    """Return the gradient of a loss in every voxel, for one class.

    A loss depends on a voxel only through the sums that the voxel enters, so with the loss's
    slopes in the sums, ∂L/∂p = ∂L/∂I g + ∂L/∂P + 2p ∂L/∂Σp² − (g/p) ∂L/∂(−Σ g log p), and the
    logits' gradient follows through the softmax, ∂L/∂z = p ∂L/∂p − p Σ p ∂L/∂p.

    Parameters
    ----------
    slopes : Sums
        The loss's partial derivative in each sum, shape (class,).
    truth, prediction : tensor, shape (class, …)
        One-hot truth and probabilities of one sample.
    class_index : int
        The class whose probability or logit is moved.
    wrt : {"probability", "logit"}
        What the gradient is with respect to.

    Returns
    -------
    tensor, shape (…)
        Infinite with respect to a true class's probability of 0 under cross-entropy.

    Examples
    --------
    The cross-entropy of one voxel, of class 1 with probability ¼: −1/p, and p − g.

    >>> import numpy as np
    >>> zero = np.zeros(2)
    >>> slopes = Sums(zero, zero, zero, zero, np.ones(2), zero)
    >>> g, p = np.array([[0.0], [1.0]]), np.array([[0.75], [0.25]])
    >>> [np.asarray(gradient_field(slopes, g, p, 1, wrt)).tolist()
    ...  for wrt in ("probability", "logit")]
    [[-4.0], [-0.75]]
    """
    from keras import ops

    def per_class(values: Tensor, index: int | None = None) -> Tensor:
        cast = ops.cast(values, prediction.dtype)
        return cast[index] if index is not None else ops.reshape(cast, column)

    column = [-1] + [1] * (len(prediction.shape) - 1)
    if wrt == "probability":
        g, p = truth[class_index], prediction[class_index]
        linear = per_class(slopes.intersection, class_index) * g
        linear += per_class(slopes.prediction, class_index)
        linear += 2 * per_class(slopes.squared_prediction, class_index) * p
        inverse = per_class(slopes.negative_log, class_index)
        # Where a loss has no logarithm, p = 0 must not make 0/0 of it.
        return ops.where((g > 0) & (inverse != 0), linear - inverse * g / p, linear)
    # p ∂L/∂p, in which the p of the cross-entropy's g/p cancels: no 0 · ∞ where p is 0.
    weighted = (
        prediction
        * (
            per_class(slopes.intersection) * truth
            + per_class(slopes.prediction)
            + 2 * per_class(slopes.squared_prediction) * prediction
        )
        - per_class(slopes.negative_log) * truth
    )
    return weighted[class_index] - prediction[class_index] * ops.sum(weighted, axis=0)
