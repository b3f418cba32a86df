"""Quotients of class sums that several losses use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lossexplorer.losses._sums import Sums, Tensor


def dice_coefficient(
    sums: Sums, *, smooth: Any, smooth_dr: Any = "smooth", denominator: str = "linear"
) -> Tensor:
    """Return D = (2I + s) / (P + G + s') per sample and class.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    smooth, smooth_dr : float
        s and s'; ``"smooth"`` means that s' is s.
    denominator : {"linear", "squared"}
        P + G, or Σp² + G.
    """
    mass = sums.prediction if denominator == "linear" else sums.squared_prediction
    below = smooth if isinstance(smooth_dr, str) else smooth_dr
    return (2 * sums.intersection + smooth) / (mass + sums.truth + below)


def tversky_index(
    sums: Sums, *, alpha: Any, beta: Any, smooth: Any, smooth_dr: Any = "smooth"
) -> Tensor:
    """Return T = (I + s) / (I + α FP + β FN + s') per sample and class.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    alpha, beta : float
        Weights of false positives, FP = P − I, and of false negatives, FN = G − I.
    smooth, smooth_dr : float
        s and s'; ``"smooth"`` means that s' is s.
    """
    hits = sums.intersection
    misses = alpha * (sums.prediction - hits) + beta * (sums.truth - hits)
    below = smooth if isinstance(smooth_dr, str) else smooth_dr
    return (hits + smooth) / (hits + misses + below)


def tversky_error(sums: Sums, **parameters: Any) -> Tensor:
    """Return 1 − T of `tversky_index`, at least 0 in spite of rounding, for use in powers."""
    from keras import ops

    error = 1 - tversky_index(sums, **parameters)
    # Not `ops.maximum`, which returns float32 on some backends and has no slope below 0 on others.
    return ops.where(error < 0, ops.zeros_like(error), error)


def with_absent(terms: Callable[[Sums], Tensor], sums: Sums, absent: str) -> Tensor:
    """Return the terms of sums, with a rule for absent classes.

    Parameters
    ----------
    terms : callable
        ``terms(sums)``, per sample and class.
    sums : Sums
        Sums per sample and class.
    absent : {"as-written", "zero"}
        Zero makes the term of a class with G = 0, and its slopes, 0.
    """
    if absent == "as-written":
        return terms(sums)
    from keras import ops

    present = sums.truth > 0
    # Replace the sums of absent classes, because differentiation multiplies their slopes by 0,
    # which gives NaN if the slopes are infinite.
    found = terms(sums.map(lambda value: ops.where(present, value, ops.ones_like(value))))
    return ops.where(present, found, ops.zeros_like(found))
