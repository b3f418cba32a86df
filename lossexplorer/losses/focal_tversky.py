"""Focal Tversky loss."""

from __future__ import annotations

from lossexplorer.core.parameters import Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import (
    ABSENT,
    CLASS_WEIGHTS,
    INCLUDE_BACKGROUND,
    SMOOTH_DR,
    false_negative_weight,
    false_positive_weight,
    pooling,
    smooth,
)
from lossexplorer.losses._ratio import tversky_error, with_absent
from lossexplorer.losses._sums import Sums, Tensor


def focal_tversky(
    sums: Sums,
    *,
    alpha: float,
    beta: float,
    exponent: float,
    smooth: float,
    smooth_dr: float | str,
    absent: str,
) -> Tensor:
    """Return (1 − T)^κ per sample and class, T the Tversky index.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    alpha, beta : float
        Weights of false positives and of false negatives.
    exponent : float
        κ, the paper's 1/γ.
    smooth, smooth_dr : float
        Added to T's numerator and denominator: ``"smooth"`` for the same.
    absent : {"as-written", "zero"}
        The term of an absent class.
    """

    def powered(kept: Sums) -> Tensor:
        error = tversky_error(kept, alpha=alpha, beta=beta, smooth=smooth, smooth_dr=smooth_dr)
        return error**exponent

    return with_absent(powered, sums, absent)


LOSS = Loss(
    name="focal_tversky",
    title="Focal Tversky",
    class_name="FocalTversky",
    summary="A power of the Tversky loss: steeper for well or for badly overlapping classes.",
    formula="mean (1 − T)^κ,  T = I / (I + α (P − I) + β (G − I))",
    citation="Abraham, Khan 2019 (ISBI)",
    false_positives="Weighted by α, times κ (1 − T)^(κ − 1).",
    false_negatives="Weighted by β, times κ (1 − T)^(κ − 1).",
    edge_cases=(
        "With κ below 1 the slope is infinite at T = 1: a perfect class has a value of 0 and no "
        "finite gradient. A class absent from truth and prediction is 0/0 with smooth = 0."
    ),
    terms=focal_tversky,
    parameters=(
        false_positive_weight(0.3),
        false_negative_weight(0.7),
        Number(
            name="exponent",
            title="Exponent κ",
            meaning="Below 1 steepens the loss near its optimum, above 1 flattens it.",
            default=0.75,
            low=0.01,
            high=10.0,
            slider=(0.33, 3.0),
        ),
        smooth("Added to the numerator of T.", 1e-6),
        SMOOTH_DR,
        ABSENT,
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    slope_operation="the slope of 0 to a power below 1",
    cures=("exponent", "smooth", "absent", "smooth_dr"),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.517452,
    finite_when_absent=True,
    character="two-valued",
    order=32,
    color="#c5e86c",
    example_value=0.3536,
)
