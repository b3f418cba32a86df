"""The gradient field of a loss: the chain rule through its class sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lossexplorer.losses._sums import Sums, Tensor

WithRespectTo = Literal["probability", "logit"]


@dataclass(frozen=True)
class Partials:
    """A loss's partial derivatives in every voxel, in p and log p as if they were independent.

    The two are kept apart so that the 1/p of a logarithm's derivative cancels exactly where it is
    multiplied by p.

    Attributes
    ----------
    p, log_p : tensor, shape (class, …)
        The derivatives.
    """

    p: Tensor
    log_p: Tensor

    def map(self, function: Callable[[Tensor], Tensor]) -> Partials:
        """Return the partial derivatives with `function` applied to both."""
        return Partials(function(self.p), function(self.log_p))

    def __add__(self, other: Partials) -> Partials:
        """Return the partial derivatives of a sum of two losses."""
        return Partials(self.p + other.p, self.log_p + other.log_p)

    def __mul__(self, factor: float) -> Partials:
        """Return the partial derivatives of a loss times a factor."""
        return self.map(lambda field: field * factor)


def sum_partials(slopes: Sums, truth: Tensor, prediction: Tensor) -> Partials:
    """Return the partial derivatives through the class sums: ∂L/∂I g + ∂L/∂P + 2p ∂L/∂Σp².

    Parameters
    ----------
    slopes : Sums
        The loss's slope in each sum, shape (class,). The slopes in sums of the loss's own maps are
        ignored.
    truth, prediction : tensor, shape (class, …)
        One-hot truth and probabilities of one sample.
    """
    from keras import ops

    column = [-1] + [1] * (len(prediction.shape) - 1)

    def per_class(values: Tensor) -> Tensor:
        return ops.reshape(ops.cast(values, prediction.dtype), column)

    p = (
        per_class(slopes.intersection) * truth
        + per_class(slopes.prediction)
        + 2 * per_class(slopes.squared_prediction) * prediction
    )
    return Partials(p, ops.zeros_like(prediction))


def gradient_field(
    partials: Partials, prediction: Tensor, class_index: int | Tensor, wrt: WithRespectTo
) -> Tensor:
    """Return the gradient of a loss in every voxel, for one class.

    Parameters
    ----------
    partials : Partials
        Tensors of shape (class, …).
    prediction : tensor, shape (class, …)
        Probabilities of one sample.
    class_index : int or integer tensor
        The class of the probability or logit.
    wrt : {"probability", "logit"}
        What the derivative is taken with respect to. Through the softmax,
        ∂L/∂z = p ∂L/∂p − p Σ p ∂L/∂p.

    Returns
    -------
    tensor, shape (…)
        The gradient. That of cross-entropy in a true class's probability of 0 is infinite.

    Examples
    --------
    The cross-entropy of one voxel, of class 1 with probability ¼: −1/p, and p − g.

    >>> import numpy as np
    >>> g, p = np.array([[0.0], [1.0]]), np.array([[0.75], [0.25]])
    >>> partials = Partials(np.zeros((2, 1)), -g)
    >>> [np.asarray(gradient_field(partials, p, 1, wrt)).tolist()
    ...  for wrt in ("probability", "logit")]
    [[-4.0], [-0.75]]
    """
    from keras import ops

    def of_class(field: Tensor) -> Tensor:
        return ops.take(field, class_index, axis=0)

    if wrt == "probability":
        direct, through_log = of_class(partials.p), of_class(partials.log_p)
        # Where a loss has no logarithm, p = 0 must not lead to 0/0.
        safe = ops.where(through_log != 0, of_class(prediction), ops.ones_like(direct))
        return direct + through_log / safe
    weighted = logit_terms(partials, prediction)
    return of_class(weighted) - of_class(prediction) * ops.sum(weighted, axis=0)


def logit_terms(partials: Partials, prediction: Tensor) -> Tensor:
    """Return p ∂L/∂p of every class, where the 1/p of a logarithm's derivative cancels.

    Parameters
    ----------
    partials : Partials
        Tensors of shape (class, …).
    prediction : tensor, shape (class, …)
        Probabilities of one sample.
    """
    from keras import ops

    # At p = 0, where the product of the floats may be 0 · ∞, the limit 0 is used.
    zero = ops.zeros_like(prediction)
    return ops.where(prediction > 0, prediction * partials.p, zero) + partials.log_p
