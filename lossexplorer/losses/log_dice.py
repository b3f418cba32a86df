"""Log-Dice loss."""

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


def log_dice(sums: Sums, *, smooth: float, smooth_dr: float | str) -> Tensor:
    """Return −log D per sample and class, D = (2I + s) / (P + G + s').

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    smooth, smooth_dr : float
        s, added to the numerator, and s', added to the denominator: ``"smooth"`` for s' = s.
    """
    from keras import ops

    return -ops.log(dice_coefficient(sums, smooth=smooth, smooth_dr=smooth_dr))


LOSS = Loss(
    name="log_dice",
    title="Log-Dice",
    class_name="LogDice",
    summary="Minus the logarithm of the Dice coefficient: steep where little overlaps.",
    formula="mean −log (2I + s) / (P + G + s)",
    citation="Wong, Moradi, Tang, Syeda-Mahmood 2018 (MICCAI), without its exponent",
    false_positives="Cost 1/D times what they cost in Dice.",
    false_negatives="Cost 1/D times what they cost in Dice; a missed class costs log (G / s).",
    edge_cases=(
        "With smooth = 0 a missed class is log 0, infinite, and a class absent from truth and "
        "prediction is 0/0."
    ),
    terms=log_dice,
    parameters=(
        smooth("Added to the numerator; keeps the logarithm of a missed class finite.", 1e-5),
        SMOOTH_DR,
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0 or log 0",
    cures=("smooth",),
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=7.413905,
    finite_when_absent=True,
    character="two-valued",
    order=12,
    color="#7fd4ff",
    example_value=0.2877,
)
