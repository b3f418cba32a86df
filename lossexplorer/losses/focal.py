"""Focal loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lossexplorer.core.parameters import Number, NumberArray
from lossexplorer.losses._description import Loss
from lossexplorer.losses._logarithm import focused_surprise, log_rest
from lossexplorer.losses._parameters import (
    INCLUDE_BACKGROUND,
    LABEL_SMOOTHING,
    OVER_CLASSES,
    channels,
    class_weights,
    per_class,
)
from lossexplorer.losses._sums import Sums, Tensor


def focused(
    g: Tensor, p: Tensor, log_p: Tensor, *, gamma: float, channels: str, smoothed: bool
) -> dict[str, Tensor]:
    """Return −g (1 − p)^γ log p, and −(1 − g) p^γ log(1 − p) if channels are independent.

    If labels are smoothed, also both for g = 1 and for g = 0 in every voxel.

    Parameters
    ----------
    g, p, log_p : tensor
        Truth, probabilities and their logarithms, of one shape.
    gamma : float
        γ, the focusing exponent.
    channels : {"exclusive", "independent"}
        Whether the probabilities are a softmax's or each a sigmoid's.
    smoothed : bool
        Whether every class counts in every voxel.
    """
    from keras import ops

    one = ops.ones_like(g)
    maps = {"positive": focused_surprise(g, p, log_p, gamma)}
    if smoothed:
        maps["every_positive"] = focused_surprise(one, p, log_p, gamma)
    if channels == "independent":
        rest = log_rest(g, p, smoothed=smoothed)
        maps["negative"] = focused_surprise(1 - g, 1 - p, rest, gamma)
        if smoothed:
            maps["every_negative"] = focused_surprise(one, 1 - p, rest, gamma)
    return maps


def focal_factors(
    sums: Sums,
    *,
    alpha: str | float | tuple[float, ...],
    class_weights: str | tuple[float, ...],
    label_smoothing: float,
    channels: str,
    over_classes: str,
) -> dict[str, Tensor]:
    """Return the factors of the maps of `focused` before their mean over voxels.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    alpha : "none", float or tuple of float
        α of all classes, or of each class. If channels are independent, 1 − α is the weight of the
        voxels of other classes.
    class_weights : "none" or tuple of float
        Further factors of the classes.
    label_smoothing : float
        ε: a truth g counts as (1 − ε) g + ε/C, of independent channels as (1 − ε) g + ε/2.
    channels : {"exclusive", "independent"}
        Whether the probabilities are a softmax's or each a sigmoid's.
    over_classes : {"sum", "mean"}
        Whether the sum over classes is divided by their number.
    """
    from keras import ops

    ones = ops.ones_like(sums.truth[:1])
    if isinstance(alpha, str):
        positive, negative = ones, ones
    else:
        own = per_class(alpha, ones, "alpha") if isinstance(alpha, tuple) else alpha
        positive, negative = own * ones, (1 - own) * ones
    classes = ones.shape[1]
    share = ones / classes if over_classes == "mean" else ones
    if not isinstance(class_weights, str):
        share = share * per_class(class_weights, ones, "class_weights")
    smooth = label_smoothing / (2 if channels == "independent" else classes)
    own = {"positive": positive}
    if channels == "independent":
        own["negative"] = negative
    plain = {name: (1 - label_smoothing) * factor * share for name, factor in own.items()}
    every = {f"every_{name}": smooth * factor * share for name, factor in own.items()}
    return plain | every


def of_both(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return values in which a single α is the foreground's, and 1 − α the background's.

    Lin et al. 2017, eq. 5; `keras.losses.BinaryFocalCrossentropy` with ``apply_class_balancing``.

    Examples
    --------
    >>> of_both({"alpha": 0.25})
    {'alpha': (0.75, 0.25)}
    """
    alpha = values["alpha"]
    return {**values, "alpha": (1 - alpha, alpha)} if isinstance(alpha, float) else values


LOSS = Loss(
    name="focal",
    title="Focal",
    class_name="Focal",
    summary="Cross-entropy in which voxels that are already right weigh little.",
    formula="−(1/N) Σ α g (1 − p)^γ log p",
    citation="Lin, Goyal, Girshick, He, Dollár 2017 (ICCV)",
    false_positives="Cost what they take from the true class there.",
    false_negatives="Cost up to −log p; at γ = 2 and p = 0.9 a hundredth of it.",
    edge_cases=(
        "Infinite where the true class has probability 0, and with label smoothing where any class "
        "has. At p = 1 the slope is 0 for every γ "
        "above 0, where differentiating the factors one by one gives 0 · ∞. An absent class adds "
        "nothing."
    ),
    maps=focused,
    factors=focal_factors,
    one_channel="both",
    of_both=of_both,
    reduction="sum",
    parameters=(
        Number(
            name="gamma",
            title="Focus γ",
            meaning="How much less a voxel weighs the surer it is; 0 is cross-entropy.",
            default=2.0,
            low=0.0,
            high=20.0,
            slider=(0.0, 5.0),
        ),
        NumberArray(
            name="alpha",
            title="α",
            meaning="Factor of every class, or of each class (0.25:0.75). Of one channel a "
            "single α is that of the foreground, and 1 − α that of the background.",
            default="none",
            rules=("none",),
            dimensions=(0, 1),
            high=1.0,
        ),
        channels("α weighs its class and 1 − α all else"),
        class_weights(("none",), "Factor of each class, beside α, as MONAI's weight."),
        LABEL_SMOOTHING,
        OVER_CLASSES,
        INCLUDE_BACKGROUND,
    ),
    operation="log 0",
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=math.inf,
    finite_when_absent=True,
    character="local",
    order=52,
    color="#9f7ae0",
    example_value=0.0866,
)
