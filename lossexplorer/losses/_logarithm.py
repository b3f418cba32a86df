"""Logarithms and powers of probabilities, with 0 log 0 = 0."""

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


def log_rest(g: Tensor, p: Tensor, *, smoothed: bool) -> Tensor:
    """Return log(1 − p) of channels that are independent; 0 where g = 1, unless it counts there.

    Parameters
    ----------
    g, p : tensor
        Truth and probabilities, of one shape.
    smoothed : bool
        Whether labels are smoothed, so that it counts in every voxel.
    """
    from keras import ops

    return ops.log1p(-(p if smoothed else ops.where(g < 1, p, ops.zeros_like(p))))


def power(base: Tensor, exponent: float) -> Tensor:
    """Return a power of a number from 0, with 0⁰ = 1 and the slope 0 instead of 0 · ∞ at 0.

    Parameters
    ----------
    base : tensor
        The base; values below 0, which rounding may cause, count as 0.
    exponent : float
        The exponent, 0 or more.
    """
    from keras import ops

    safe = ops.where(base > 0, base, ops.ones_like(base))
    # XLA makes vector instructions for exp and log, but not for a power: four times as fast.
    powered = ops.exp(exponent * ops.log(safe))
    return ops.where(base > 0, powered, ops.zeros_like(base) ** exponent)


def focused_surprise(g: Tensor, p: Tensor, log_p: Tensor, gamma: float) -> Tensor:
    """Return −g (1 − p)^γ log p, with 0 log 0 = 0.

    Parameters
    ----------
    g, p, log_p : tensor
        Truth, probabilities and their logarithms, of one shape.
    gamma : float
        γ, the focusing exponent.
    """
    from keras import ops

    # Where log p is infinite, a constant factor of 1 avoids the slope 0 · ∞ for γ = 0.
    unsure = ops.where(log_p > -math.inf, 1 - p, ops.ones_like(p))
    return power(unsure, gamma) * surprise(g, log_p)
