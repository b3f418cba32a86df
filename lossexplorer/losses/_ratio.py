"""Quotients of class sums that several losses are built on."""

from __future__ import annotations

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


def without_absent(sums: Sums, absent: str) -> Sums:
    """Return sums of which every ratio of overlap is 1 where a class is absent.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    absent : {"as-written", "zero"}
        Zero replaces an absent class by a perfect one, whose slopes are 0: its term becomes 0.
    """
    if absent == "as-written":
        return sums
    from keras import ops

    present = sums.truth > 0
    return sums.map(lambda value: ops.where(present, value, ops.ones_like(value)))
