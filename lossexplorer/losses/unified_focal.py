"""Unified focal loss."""

from __future__ import annotations

import math

from lossexplorer.core.parameters import Choice, Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._logarithm import focused_surprise, surprise
from lossexplorer.losses._parameters import CLASS_WEIGHTS, pooling, smooth
from lossexplorer.losses._ratio import tversky_error
from lossexplorer.losses._sums import Sums, Tensor


def surprises(g: Tensor, p: Tensor, log_p: Tensor, *, gamma: float) -> dict[str, Tensor]:
    """Return −g log p and −g (1 − p)^γ log p.

    Parameters
    ----------
    g, p, log_p : tensor
        Truth, probabilities and their logarithms, of one shape.
    gamma : float
        γ, the focusing exponent.
    """
    return {
        "plain": surprise(g, log_p),
        "focused": focused_surprise(g, p, log_p, gamma),
    }


def unified_focal(
    sums: Sums, *, form: str, weight: float, delta: float, gamma: float, smooth: float
) -> Tensor:
    """Return each class's share of λ focal cross-entropy + (1 − λ) focal Tversky.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class, with the sums of `surprises`.
    form : {"asymmetric", "symmetric"}
        Asymmetric: the cross-entropy of objects and the Tversky loss of the background are not
        focused.
    weight : float
        λ, the weight of the cross-entropy.
    delta : float
        δ, the weight of the objects' cross-entropy and of false negatives; 1 − δ is the weight of
        the background's cross-entropy and of false positives.
    gamma : float
        γ, the focusing exponent.
    smooth : float
        Added to numerator and denominator of the Tversky index.
    """
    from keras import ops

    classes = sums.truth.shape[1]
    is_object = ops.cast(ops.arange(classes)[None] > 0, sums.truth.dtype)
    focused = sums.own["focused"]
    if form == "asymmetric":
        focused = ops.where(is_object > 0, sums.own["plain"], focused)
    # A weight of 0 must not lead to 0 · ∞ in the value or in the slope.
    share = weight * (1 - delta + is_object * (2 * delta - 1))
    focused = ops.where(share > 0, focused, ops.zeros_like(focused))
    error = tversky_error(sums, alpha=1 - delta, beta=delta, smooth=smooth)
    focus = gamma * is_object if form == "asymmetric" else gamma
    exponent = ops.where(weight < 1, 1 - focus, ops.ones_like(error))
    return share * focused / sums.voxels + (1 - weight) * error**exponent / classes


LOSS = Loss(
    name="unified_focal",
    title="Unified focal",
    class_name="UnifiedFocal",
    summary="Focal cross-entropy and focal Tversky with one set of parameters.",
    formula="λ Σ δ g (1 − p)^γ (−log p) / N + (1 − λ) mean (1 − T)^(1 − γ)",
    citation="Yeung, Sala, Schönlieb, Rundo 2022 (CMIG)",
    false_positives="Weighted by 1 − δ.",
    false_negatives="Weighted by δ.",
    edge_cases=(
        "With γ above 0 the slope is infinite where a class is perfect. Infinite where the true "
        "class has probability 0. Class 0 is the background."
    ),
    maps=surprises,
    terms=unified_focal,
    exclusive=True,
    one_channel="both",
    reduction="sum",
    parameters=(
        Choice(
            name="form",
            title="Form",
            meaning="Asymmetric: only the background's cross-entropy and the objects' Tversky "
            "loss are focused. Symmetric: all are.",
            default="asymmetric",
            options=("asymmetric", "symmetric"),
        ),
        Number(
            name="weight",
            title="Cross-entropy",
            meaning="How much the cross-entropy counts against the focal Tversky loss.",
            default=0.5,
            low=0.0,
            high=1.0,
        ),
        Number(
            name="delta",
            title="δ",
            meaning="Weight of objects and of false negatives; 1 − δ is the others'.",
            default=0.6,
            low=0.0,
            high=1.0,
        ),
        Number(
            name="gamma",
            title="Focus γ",
            meaning="How much less a voxel weighs the surer it is, and how much more a class "
            "whose overlap is good.",
            default=0.5,
            low=0.0,
            high=0.99,
        ),
        smooth("Added to numerator and denominator of the Tversky index.", 1e-6),
        CLASS_WEIGHTS,
        pooling("sample", ("sample", "batch")),
    ),
    operation="log 0",
    slope_operation="the slope of 0 to a power below 1",
    cures=("gamma", "smooth"),
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=math.inf,
    finite_when_absent=True,
    character="mixed",
    order=60,
    color="#ff8a65",
    example_value=0.264,
)
