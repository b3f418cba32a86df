"""Generalized Dice loss."""

from __future__ import annotations

from lossexplorer.core.parameters import Choice, Number
from lossexplorer.losses._description import Loss, weighed
from lossexplorer.losses._parameters import (
    INCLUDE_BACKGROUND,
    class_weights,
    eps,
    per_class,
    pooling,
    smooth,
)
from lossexplorer.losses._sums import Sums, Tensor


def generalized_dice(
    sums: Sums,
    *,
    eps: float,
    weights: str,
    class_weights: str | tuple[float, ...],
    absent: str,
    ratio: str,
    floor: float,
    smooth: float,
) -> Tensor:
    """Return each class's share of 1 − (2 Σ w I + s) / (Σ w (G + P) + s).

    The shares, w (G + P − 2I) divided by the common denominator, add up to the loss. With one ratio
    per class the shares are w (G + P − 2I) / (G + P + s) divided by Σ w.

    Parameters
    ----------
    sums : Sums
        Sums per sample (or over the batch) and class.
    eps : float
        Added to G² (or G), which keeps the weight of an absent class finite.
    weights : {"square", "simple", "uniform"}
        w = 1/(G² + eps), 1/(G + eps) or 1.
    class_weights : "none" or tuple of float
        Factors of the classes' w.
    absent : {"as-written", "largest", "ignore"}
        The weight of a class with G = 0: as the formula gives it, the largest of the present
        classes' weights, or 0.
    ratio : {"common", "per-class"}
        One ratio of weighted sums, as in the paper, or the weighted mean of one ratio per class;
        the weights are then those of the whole batch.
    floor : float
        The lower limit of G + P of a class.
    smooth : float
        s, added to numerator and denominator.
    """
    from keras import ops

    common = ratio == "common"
    size = sums.truth if common else ops.sum(sums.truth, axis=0, keepdims=True)
    weight = _weights(size, eps, weights, absent)
    if not isinstance(class_weights, str):
        weight = weighed(per_class(class_weights, size, "class_weights"), weight)
    total = sums.truth + sums.prediction
    total = ops.where(total < floor, floor + ops.zeros_like(total), total)
    if common:
        denominator = ops.sum(weight * total, axis=1, keepdims=True) + smooth
    else:
        denominator = ops.sum(weight, axis=1, keepdims=True) * (total + smooth)
    return weighed(weight, total - 2 * sums.intersection) / denominator


def _weights(size: Tensor, eps: float, weights: str, absent: str) -> Tensor:
    from keras import ops

    power = {"square": 2, "simple": 1, "uniform": 0}[weights]
    if absent == "as-written":
        return 1 / (size**power + eps) if power else ops.ones_like(size)
    present = size > 0
    finite = 1 / (ops.where(present, size, ops.ones_like(size)) ** power + eps * (power > 0))
    weight = ops.where(present, finite, ops.zeros_like(size))
    if absent == "ignore":
        return weight
    largest = ops.max(weight, axis=1, keepdims=True)
    return ops.where(present, weight, largest + ops.zeros_like(size))


LOSS = Loss(
    name="generalized_dice",
    title="Generalized Dice",
    class_name="GeneralizedDice",
    summary="One Dice ratio over all classes, each weighted by the inverse of its squared size.",
    formula="1 − 2 Σ w I / Σ w (G + P),  w = 1 / (G² + ε)",
    citation="Sudre et al. 2017 (DLMIA); weights after Crum, Camara, Hill 2006 (TMI)",
    false_positives="Weighted by the class's w: in a small class they dominate.",
    false_negatives="Weighted like false positives, by the class's w.",
    edge_cases=(
        "A class absent from the truth gets the weight 1/ε: with the default ε any mass predicted "
        "there outweighs everything else. absent = largest or ignore avoids it."
    ),
    terms=generalized_dice,
    reduction="sum",
    parameters=(
        eps(
            "Added to G² before it is inverted: decides how much a class that is absent "
            "from the truth weighs.",
            1e-5,
        ),
        Choice(
            name="weights",
            title="Weights",
            meaning="Square: 1/(G² + ε). Simple: 1/(G + ε). Uniform: 1.",
            default="square",
            options=("square", "simple", "uniform"),
        ),
        class_weights(("none",), "Factor of each class's w."),
        Choice(
            name="absent",
            title="Absent class",
            meaning="Its weight: as the formula gives it, the largest of the present classes' "
            "weights, or ignored.",
            default="as-written",
            options=("as-written", "largest", "ignore"),
        ),
        Choice(
            name="ratio",
            title="Ratio",
            meaning="One ratio of the classes' weighted sums, as in the paper, or the weighted "
            "mean of a ratio per class, as in optax.",
            default="common",
            options=("common", "per-class"),
        ),
        Number(
            name="floor",
            title="Floor",
            meaning="What G + P of a class counts at least in the denominator; 1 in NiftyNet.",
            default=0.0,
            low=0.0,
            high=1e9,
            slider=(0.0, 1e4),
            scale="log",
            smallest=1e-3,
        ),
        smooth("Added to numerator and denominator."),
        pooling("batch"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("eps", "smooth", "absent"),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.928669,
    finite_when_absent=True,
    character="two-valued",
    order=20,
    shown=True,
    color="#ffb454",
    example_value=0.25,
)
