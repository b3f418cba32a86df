"""Hausdorff distance-transform loss."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Choice, Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._distances import SPACING, to_other_side, voxel_edges
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._on_host import on_host
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND
from lossexplorer.losses._sums import Tensor


def hausdorff(
    g: Tensor,
    p: Tensor,
    log_p: Tensor,
    domain: Domain,
    *,
    alpha: float,
    spacing: str | tuple[float, ...],
) -> Tensor:
    """Return the mean over voxels of (p − g)² (d_p^α + d_g^α).

    Parameters
    ----------
    g, p, log_p : tensor, shape (sample, class, z, y, x)
        Truth, probabilities and their logarithms; the logarithm is not used.
    domain : Domain
        The edges of the voxels, and how much each counts. A voxel of weight 0 is on neither side:
        no distance is measured to it.
    alpha : float
        α, the power of the distances to the boundaries of the prediction and of the truth.
    spacing : {"volume", "voxels"} or tuple of float
        The units of the distances.
    """
    del log_p
    sides = voxel_edges(spacing, domain.edges)

    def powers(
        predicted: NDArray[np.bool_],
        true: NDArray[np.bool_],
        counted: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        found = [to_other_side(mask, sides, counted) ** alpha for mask in (predicted, true)]
        return found[0] + found[1]

    error = p - g
    return domain.mean(
        error * error * on_host(powers, p > 0.5, g > 0.5, *domain.counted(g), like=p)
    )


def in_form(terms: Tensor, *, form: str) -> Tensor:
    """Return the terms of each class, or one of all of them.

    Parameters
    ----------
    terms : tensor, shape (sample, class)
        The mean per sample and class.
    form : {"L", "log(1+L)"}
        These, or log (1 + L) with their mean L.
    """
    from keras import ops

    return terms if form == "L" else ops.log1p(ops.mean(terms, keepdims=True))


LOSS = Loss(
    name="hausdorff",
    title="Hausdorff distance",
    class_name="HausdorffDistance",
    summary="Squared errors, weighted by their distance to the boundaries of truth and prediction.",
    formula="mean (p − g)² (d_p^α + d_g^α)",
    citation="Karimi, Salcudean 2020 (IEEE TMI); log(1 + L) as in MONAI",
    false_positives="Cost the square of their distance to the object, and of their own thickness.",
    false_negatives="Cost the square of their depth in the object, and of their own thickness.",
    edge_cases=(
        "Without bound: it grows with the size of the volume. Where the truth or the prediction "
        "(p > ½) of a class is empty or full, its distance counts as 0; where both are, the class "
        "costs nothing, whatever its p. The distances are constants for the slope, and the value "
        "jumps where p crosses ½. Distances are computed on the CPU: with TensorFlow a model "
        "needs compile(jit_compile=False)."
    ),
    field=hausdorff,
    joined=in_form,
    working_fields=lambda _, gradient: 11 if gradient else 6,
    parameters=(
        Number(
            name="alpha",
            title="α",
            meaning="Power of the distances: the larger, the more the farthest errors weigh.",
            default=2.0,
            low=0.1,
            high=8.0,
            slider=(0.5, 4.0),
        ),
        Choice(
            name="form",
            title="Form",
            meaning="The mean, or the logarithm of one more than it.",
            default="L",
            options=("L", "log(1+L)"),
        ),
        SPACING,
        CLASS_WEIGHTS,
        INCLUDE_BACKGROUND,
    ),
    operation="not a number in the prediction",
    bounds=(0.0, math.inf),
    perfect=0.0,
    all_background=0.041152,
    finite_when_absent=True,
    character="distance",
    order=74,
    color="#c98b4f",
    example_value=0.25,
)
