"""Logarithms of probabilities, with 0 log 0 = 0."""

from __future__ import annotations

import math

from lossexplorer.losses._sums import Tensor


def surprise(g: Tensor, log_p: Tensor) -> Tensor:
    """Return −g log p, with 0 log 0 = 0.

    Parameters
    ----------
    g, log_p : tensor
        Truth and logarithm of the probability, of one shape.
    """
    from keras import ops

    # Without the inner `where`, differentiation multiplies the 0 by the slope of log 0.
    return -g * ops.where(g > 0, log_p, ops.zeros_like(log_p))


def impossible(g: Tensor, log_p: Tensor) -> Tensor:
    """Return the truth where the prediction has probability 0: what makes a logarithm infinite.

    Parameters
    ----------
    g, log_p : tensor
        Truth and logarithm of the probability, of one shape.
    """
    from keras import ops

    return ops.where(log_p > -math.inf, ops.zeros_like(g), g)
