"""Noise-robust Dice loss."""

from __future__ import annotations

import math

from lossexplorer.core.parameters import Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._logarithm import power
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND, eps, pooling
from lossexplorer.losses._sums import Sums, Tensor


def error_powers(g: Tensor, p: Tensor, log_p: Tensor, *, exponent: float) -> dict[str, Tensor]:
    """Return |p − g|^k and g².

    Parameters
    ----------
    g, p, log_p : tensor
        Truth and probabilities, of one shape; the logarithm is not used.
    exponent : float
        The exponent k.
    """
    from keras import ops

    del log_p
    return {"error": power(ops.abs(p - g), exponent), "squared_truth": g * g}


def noise_robust_dice(sums: Sums, *, eps: float) -> Tensor:
    """Return Σ |p − g|^k / (Σp² + Σg² + ε) per sample and class.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class, with the sums of `error_powers`.
    eps : float
        ε, added to the denominator.
    """
    return sums.own["error"] / (sums.squared_prediction + sums.own["squared_truth"] + eps)


LOSS = Loss(
    name="noise_robust_dice",
    title="Noise-robust Dice",
    class_name="NoiseRobustDice",
    summary="Between squared Dice and mean absolute error: outliers in the labels weigh less.",
    formula="mean Σ |p − g|^k / (Σp² + Σg² + ε)",
    citation="Wang et al. 2020 (TMI)",
    false_positives="Cost |p|^k, relative to both sizes.",
    false_negatives="Cost |1 − p|^k, relative to both sizes.",
    edge_cases=(
        "A class absent from truth and prediction costs 0 through ε. A little mass predicted for "
        "an absent class costs p^(k − 2), more than 1."
    ),
    maps=error_powers,
    terms=noise_robust_dice,
    parameters=(
        Number(
            name="exponent",
            title="Exponent k",
            meaning="2 is Dice with a squared denominator, 1 is like the mean absolute error.",
            default=1.5,
            low=1.0,
            high=2.0,
        ),
        eps("Added to the denominator: an absent class costs 0 instead of 0/0.", 1e-5),
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("eps",),
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=0.509434,
    finite_when_absent=True,
    character="mixed",
    order=16,
    color="#3f7fb5",
    example_value=0.2020,
)
