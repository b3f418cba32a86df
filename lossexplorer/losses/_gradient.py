"""The gradient field of a loss: the chain rule through its class sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lossexplorer.losses._sums import Sums, Tensor

WithRespectTo = Literal["probability", "logit"]


@dataclass(frozen=True)
class Partials:
    """A loss's partial derivatives in every voxel, in p and in log p as if they were two things.

    Kept apart so that what a logarithm divides by p cancels where it is multiplied by p again.

    Attributes
    ----------
    p, log_p : tensor, shape (class, …)
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
    """Return what each voxel gives the class sums: ∂L/∂I g + ∂L/∂P + 2p ∂L/∂Σp².

    Parameters
    ----------
    slopes : Sums
        The loss's partial derivative in each sum, shape (class,). Those in sums of the loss's
        own maps are not looked at.
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
        Of shape (class, …).
    prediction : tensor, shape (class, …)
        Probabilities of one sample.
    class_index : int or integer tensor
        The class whose probability or logit is moved.
    wrt : {"probability", "logit"}
        What the gradient is with respect to. Through the softmax,
        ∂L/∂z = p ∂L/∂p − p Σ p ∂L/∂p.

    Returns
    -------
    tensor, shape (…)
        Infinite with respect to a true class's probability of 0 under cross-entropy.

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
        # Where a loss has no logarithm, p = 0 must not make 0/0 of it.
        safe = ops.where(through_log != 0, of_class(prediction), ops.ones_like(direct))
        return direct + through_log / safe
    weighted = logit_terms(partials, prediction)
    return of_class(weighted) - of_class(prediction) * ops.sum(weighted, axis=0)


def logit_terms(partials: Partials, prediction: Tensor) -> Tensor:
    """Return p ∂L/∂p of every class, in which the p of a logarithm's slope cancels.

    Parameters
    ----------
    partials : Partials
        Of shape (class, …).
    prediction : tensor, shape (class, …)
        Probabilities of one sample.
    """
    from keras import ops

    # p log p tends to 0 with p, where the product of the floats is 0 · ∞.
    zero = ops.zeros_like(prediction)
    return ops.where(prediction > 0, prediction * partials.p, zero) + partials.log_p
