"""Sensitivity–specificity loss."""

from __future__ import annotations

from lossexplorer.core.parameters import Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND, pooling, smooth
from lossexplorer.losses._sums import Sums, Tensor


def squared_errors(g: Tensor, p: Tensor, log_p: Tensor) -> dict[str, Tensor]:
    """Return (g − p)² on the object and beside it.

    Parameters
    ----------
    g, p, log_p : tensor
        Truth and probabilities, of one shape; the logarithm is not used.
    """
    del log_p
    error = (g - p) ** 2
    return {"object": g * error, "rest": (1 - g) * error}


def sensitivity_specificity(sums: Sums, *, sensitivity: float, smooth: float) -> Tensor:
    """Return r Σ g (g − p)² / (G + s) + (1 − r) Σ (1 − g)(g − p)² / (N − G + s).

    Parameters
    ----------
    sums : Sums
        Sums per sample and class, with the sums of `squared_errors`.
    sensitivity : float
        r, the weight of errors on the object.
    smooth : float
        s, added to both denominators.
    """
    misses = sums.own["object"] / (sums.truth + smooth)
    false_alarms = sums.own["rest"] / (sums.voxels - sums.truth + smooth)
    return sensitivity * misses + (1 - sensitivity) * false_alarms


LOSS = Loss(
    name="sensitivity_specificity",
    title="Sensitivity–specificity",
    class_name="SensitivitySpecificity",
    summary="Mean squared errors on the object and beside it, mixed in a fixed ratio.",
    formula="mean r Σ g (g − p)² / G + (1 − r) Σ (1 − g)(g − p)² / (N − G)",
    citation="Brosch, Yoo, Tang, Li, Traboulsee, Tam 2015 (MICCAI)",
    false_positives="Weighted by 1 − r, relative to the size of the rest.",
    false_negatives="Weighted by r, relative to the size of the object.",
    edge_cases=(
        "A class that is absent, or fills the volume, makes one of the two means 0/0 with "
        "smooth = 0."
    ),
    maps=squared_errors,
    terms=sensitivity_specificity,
    parameters=(
        Number(
            name="sensitivity",
            title="Sensitivity r",
            meaning="Share of the errors on the object; the rest is for those beside it.",
            default=0.05,
            low=0.0,
            high=1.0,
        ),
        smooth("Added to both denominators.", 1e-5),
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("smooth",),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.5,
    finite_when_absent=True,
    character="local",
    order=44,
    color="#d98cb3",
    example_value=0.125,
)
