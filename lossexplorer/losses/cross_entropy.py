"""Cross-entropy loss."""

from __future__ import annotations

import math

from lossexplorer.core.parameters import Choice
from lossexplorer.losses._description import Loss
from lossexplorer.losses._logarithm import log_rest, surprise
from lossexplorer.losses._parameters import (
    INCLUDE_BACKGROUND,
    LABEL_SMOOTHING,
    OVER_CLASSES,
    channels,
    class_weights,
    per_class,
)
from lossexplorer.losses._sums import Sums, Tensor


def surprises(
    g: Tensor, p: Tensor, log_p: Tensor, *, channels: str, smoothed: bool, guarded: bool
) -> dict[str, Tensor]:
    """Return −g log p, and −(1 − g) log(1 − p) if channels are independent.

    If labels are smoothed, also both for g = 1 and for g = 0 in every voxel.

    Parameters
    ----------
    g, p, log_p : tensor
        Truth, probabilities and their logarithms, of one shape.
    channels : {"exclusive", "independent"}
        Whether the probabilities are a softmax's or each a sigmoid's.
    smoothed : bool
        Whether every class counts in every voxel.
    guarded : bool
        Whether log p is finite where g is 0, so that the product is 0 there without a selection,
        which takes as long as the logarithm.
    """
    maps = {"positive": -g * log_p if guarded else surprise(g, log_p)}
    if smoothed:
        maps["every_positive"] = -log_p
    if channels == "independent":
        rest = log_rest(g, p, smoothed=smoothed)
        maps["negative"] = surprise(1 - g, rest)
        if smoothed:
            maps["every_negative"] = -rest
    return maps


def cross_entropy_factors(
    sums: Sums,
    *,
    class_weights: str | tuple[float, ...],
    label_smoothing: float,
    normalization: str,
    channels: str,
    over_classes: str,
) -> dict[str, Tensor]:
    """Return the factors of the maps of `surprises` before their mean over voxels.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    class_weights : {"none", "inverse-frequency", "median-frequency"} or tuple of float
        w: 1; N/G of the batch; or the median of the present classes' frequencies divided by the
        class's frequency, which is G/N over the samples with the class.
    label_smoothing : float
        ε: a truth g counts as (1 − ε) g + ε/C, of independent channels as (1 − ε) g + ε/2.
    normalization : {"voxels", "weights"}
        Divide by the number of voxels or by the weights' sum over them: Σ w G, or, if channels are
        independent, so that every voxel counts for every class, Σ w N.
    channels : {"exclusive", "independent"}
        Whether the probabilities are a softmax's or each a sigmoid's.
    over_classes : {"sum", "mean"}
        Whether the sum over classes is divided by their number.
    """
    from keras import ops

    truth, voxels = (ops.sum(value, axis=0, keepdims=True) for value in (sums.truth, sums.voxels))
    weight = _weights(class_weights, sums)
    if normalization == "weights":
        counted = voxels if channels == "independent" else truth
        weight = weight * voxels / ops.sum(weight * counted, axis=1, keepdims=True)
    if over_classes == "mean":
        weight = weight / truth.shape[1]
    smooth = label_smoothing / (2 if channels == "independent" else truth.shape[1])
    names = ("positive", "negative") if channels == "independent" else ("positive",)
    plain = dict.fromkeys(names, (1 - label_smoothing) * weight)
    return plain | {f"every_{name}": smooth * weight for name in names}


def _weights(rule: str | tuple[float, ...], sums: Sums) -> Tensor:
    from keras import ops

    truth = ops.sum(sums.truth, axis=0, keepdims=True)
    if not isinstance(rule, str):
        return per_class(rule, truth, "class_weights")
    ones = ops.ones_like(truth)
    if rule == "none":
        return ones
    # The weight of an absent class is arbitrary, because it has no voxels.
    present = truth > 0
    counted = sums.voxels
    if rule == "median-frequency":
        counted = ops.where(sums.truth > 0, counted, ops.zeros_like(counted))
    counted = ops.sum(counted, axis=0, keepdims=True)
    frequency = ops.where(present, truth, ones) / ops.where(present, counted, ones)
    if rule == "inverse-frequency":
        return ops.where(present, 1 / frequency, ops.zeros_like(truth))
    ordered = ops.sort(ops.where(present, frequency, math.inf * ones), axis=1)
    count = ops.sum(ops.cast(present, "int32"), axis=1, keepdims=True)
    middle = [
        ops.take_along_axis(ordered, ops.maximum(index, 0), axis=1)
        for index in ((count - 1) // 2, count // 2)
    ]
    median = (middle[0] + middle[1]) / 2
    return ops.where(present, median / frequency, ops.zeros_like(truth))


LOSS = Loss(
    name="cross_entropy",
    title="Cross-entropy",
    class_name="CrossEntropy",
    summary="Mean over voxels of −log of the true class's probability.",
    formula="−(1/N) Σ w g log p",
    citation="Good 1952 (J. R. Stat. Soc. B); Ronneberger, Fischer, Brox 2015 (MICCAI); median "
    "frequency after Eigen, Fergus 2015 (ICCV); label smoothing after Szegedy et al. 2016 (CVPR)",
    false_positives="Cost what they take from the true class: −log p there.",
    false_negatives="Cost −log p of the class that was missed, without bound.",
    edge_cases=(
        "Infinite where the true class has probability 0, and with label smoothing where any class "
        "has: nothing is clipped. An absent class adds nothing. Without the background its voxels "
        "add nothing, but N stays all voxels."
    ),
    maps=surprises,
    factors=cross_entropy_factors,
    one_channel="both",
    reduction="sum",
    parameters=(
        class_weights(
            ("none", "inverse-frequency", "median-frequency"),
            "Factor w of each class: none; N/G; the median frequency over the class's own; or "
            "numbers.",
        ),
        LABEL_SMOOTHING,
        Choice(
            name="normalization",
            title="Divided by",
            meaning="The number of voxels, or the sum of the weights of their true classes.",
            default="voxels",
            options=("voxels", "weights"),
        ),
        channels("w weighs its class and all else"),
        OVER_CLASSES,
        INCLUDE_BACKGROUND,
    ),
    operation="log 0",
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=math.inf,
    finite_when_absent=True,
    character="local",
    order=50,
    shown=True,
    color="#c9a0f5",
    example_value=0.3466,
)
