"""Log-cosh Dice loss."""

from __future__ import annotations

import math

from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import (
    CLASS_WEIGHTS,
    INCLUDE_BACKGROUND,
    SMOOTH_DR,
    pooling,
    smooth,
)
from lossexplorer.losses._ratio import dice_coefficient
from lossexplorer.losses._sums import Sums, Tensor


def log_cosh_dice(sums: Sums, *, smooth: float, smooth_dr: float | str) -> Tensor:
    """Return log cosh (1 − D) per sample and class, D = (2I + s) / (P + G + s').

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    smooth, smooth_dr : float
        s, added to the numerator, and s', added to the denominator: ``"smooth"`` for s' = s.
    """
    from keras import ops

    error = 1 - dice_coefficient(sums, smooth=smooth, smooth_dr=smooth_dr)
    near = ops.abs(error) < 1
    # log (1 + 2 sinh² (x / 2)) is accurate near 0, the other form is finite for large values.
    inside = ops.log1p(2 * ops.sinh(ops.where(near, error, ops.zeros_like(error)) / 2) ** 2)
    return ops.where(near, inside, error + ops.softplus(-2 * error) - math.log(2))


LOSS = Loss(
    name="log_cosh_dice",
    title="Log-cosh Dice",
    class_name="LogCoshDice",
    summary="Dice, flattened near its optimum like a square.",
    formula="mean log cosh (1 − D),  D = (2I + s) / (P + G + s)",
    citation="Jadon 2020 (CIBCB)",
    false_positives="Cost tanh(1 − D) times what they cost in Dice.",
    false_negatives="Cost as much as a false positive, tanh(1 − D) times as in Dice.",
    edge_cases=(
        "The gradient vanishes at the optimum. A class absent from truth and prediction is 0/0 "
        "with smooth = 0."
    ),
    terms=log_cosh_dice,
    parameters=(
        smooth("Added to the numerator: in effect a smallest object size, in voxels.", 1e-5),
        SMOOTH_DR,
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("smooth", "smooth_dr"),
    bounds=(0.0, math.log(math.cosh(1.0))),
    perfect=0.0,
    all_background=0.216979,
    finite_when_absent=True,
    character="two-valued",
    order=14,
    color="#5aa9e6",
    example_value=0.0309,
)
