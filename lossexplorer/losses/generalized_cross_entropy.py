"""Generalized cross-entropy loss."""

from __future__ import annotations

import math

from lossexplorer.core.parameters import Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import INCLUDE_BACKGROUND, class_weights, per_class
from lossexplorer.losses._sums import Sums, Tensor


def truncated_surprise(g: Tensor, p: Tensor, log_p: Tensor, *, q: float) -> dict[str, Tensor]:
    """Return g (1 − p^q) / q.

    Parameters
    ----------
    g, p, log_p : tensor
        Truth, probabilities and their logarithms, of one shape.
    q : float
        From 0 (exclusive), which is cross-entropy, to 1, which is the mean absolute error.
    """
    from keras import ops

    # Computed from the logarithm, which is exact where p underflows; at p = 0 from the power, whose
    # slope is not 0 · ∞ there.
    possible = (g > 0) & (log_p > -math.inf)
    through_log = -ops.expm1(q * ops.where(possible, log_p, ops.zeros_like(log_p)))
    impossible = (g > 0) & (log_p == -math.inf)
    through_power = 1 - ops.where(impossible, p, ops.ones_like(p)) ** q
    return {"loss": g * (through_log + through_power) / q}


def class_factors(sums: Sums, *, class_weights: str | tuple[float, ...]) -> dict[str, Tensor]:
    """Return the classes' weights.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    class_weights : "none" or tuple of float
        Factors of the classes.
    """
    from keras import ops

    ones = ops.ones_like(sums.truth[:1])
    if isinstance(class_weights, str):
        return {"loss": ones}
    return {"loss": per_class(class_weights, ones, "class_weights")}


LOSS = Loss(
    name="generalized_cross_entropy",
    title="Generalized cross-entropy",
    class_name="GeneralizedCrossEntropy",
    summary="Between cross-entropy and mean absolute error: wrong labels pull less.",
    formula="(1/N) Σ g (1 − p^q) / q",
    citation="Zhang, Sabuncu 2018 (NeurIPS)",
    false_positives="Cost what they take from the true class there.",
    false_negatives="Cost at most 1/q each.",
    edge_cases="Finite everywhere; the slope in p is infinite where the true class has p = 0.",
    maps=truncated_surprise,
    factors=class_factors,
    exclusive=True,
    one_channel="both",
    reduction="sum",
    parameters=(
        Number(
            name="q",
            title="q",
            meaning="Near 0 it is cross-entropy, at 1 the mean absolute error.",
            default=0.7,
            low=0.001,
            high=1.0,
            slider=(0.01, 1.0),
        ),
        class_weights(("none",), "Factor of each class."),
        INCLUDE_BACKGROUND,
    ),
    operation="",
    slope_operation="the slope of 0 to a power below 1",
    cures=("q",),
    bounds=(0.0, 1 / 0.7),
    perfect=0.0,
    all_background=0.052910,
    finite_when_absent=True,
    character="local",
    order=54,
    color="#b18cf0",
    example_value=0.2746,
)
