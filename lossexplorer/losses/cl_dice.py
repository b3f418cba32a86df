"""Soft centre-line Dice loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lossexplorer.core.parameters import Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND, pooling, smooth
from lossexplorer.losses._skeleton import soft_skeleton
from lossexplorer.losses._sums import Tensor, voxel_sum


def cl_dice(
    g: Tensor,
    p: Tensor,
    log_p: Tensor,
    domain: Domain,
    *,
    iterations: float,
    smooth: float,
    pooling: str,
) -> Tensor:
    """Return 1 − 2 Tp Ts / (Tp + Ts), per class.

    Tp is the share of the prediction's skeleton in the truth, (Σ S_p g + s) / (Σ S_p + s);
    Ts is the share of the truth's skeleton in the prediction, (Σ S_g p + s) / (Σ S_g + s).

    Parameters
    ----------
    g, p, log_p : tensor, shape (sample, class, z, y, x)
        Truth, probabilities and their logarithms; the logarithm is not used.
    domain : Domain
        How much each voxel counts in the sums. A voxel of weight 0 is like one outside the volume:
        it neither erodes nor dilates its neighbours.
    iterations : float
        Rounds of thinning, rounded to a whole number.
    smooth : float
        s.
    pooling : {"sample", "batch"}
        Whether the sums run over each sample or over the batch.
    """
    del log_p
    rounds = round(iterations)
    weights = domain.voxel_weights
    counted = None if weights is None else weights > 0
    predicted, true = (soft_skeleton(field, rounds, counted) for field in (p, g))
    if weights is not None:
        predicted, true = predicted * weights, true * weights
    sums = [_sum(field, pooling) for field in (predicted * g, predicted, true * p, true)]
    precision = (sums[0] + smooth) / (sums[1] + smooth)
    sensitivity = (sums[2] + smooth) / (sums[3] + smooth)
    return 1 - 2 * precision * sensitivity / (precision + sensitivity)


def _working_fields(values: Mapping[str, Any], gradient: bool) -> float:
    """Return what is held: for its slopes, every round of thinning is."""
    return 28 + 13 * round(values["iterations"]) if gradient else 12


def _sum(field: Tensor, pooling: str) -> Tensor:
    from keras import ops

    sums = voxel_sum(ops.reshape(field, (*ops.shape(field)[:2], -1)))
    return ops.sum(sums, axis=0, keepdims=True) if pooling == "batch" else sums


LOSS = Loss(
    name="cl_dice",
    title="clDice",
    class_name="CenterlineDice",
    summary="One minus how well the centre lines of truth and prediction lie in each other.",
    formula="1 − 2 Tp Ts / (Tp + Ts), Tp = (Σ S_p g + s)/(Σ S_p + s), Ts likewise",
    citation="Shit, Paetzold, Sekuboyina, Ezhov, Unger, Zhylka, Pluim, Bauer, Menze 2021 (CVPR)",
    false_positives="Cost where they have a centre line of their own: a branch, not a rim.",
    false_negatives="Cost where they cut a centre line, however thin the branch.",
    edge_cases=(
        "With s = 0, an absent class is 0/0, and so is one that fills the volume: its skeleton is "
        "empty. Without any overlap, s = 0 is 0/0, too. An object thicker than 2 · iterations + 2 "
        "voxels has no skeleton in its middle. Thinned by voxels, whatever the spacing. Where "
        "neighbours are equal, one of them takes the slope."
    ),
    field=cl_dice,
    working_fields=_working_fields,
    parameters=(
        Number(
            name="iterations",
            title="Iterations",
            meaning="Rounds of thinning, rounded to a whole number: at least the radius of the "
            "thickest tube, in voxels.",
            default=3.0,
            low=1.0,
            high=50.0,
            slider=(1.0, 20.0),
        ),
        smooth("Added to both sides of both ratios.", 1.0),
        CLASS_WEIGHTS,
        pooling("batch", ("sample", "batch")),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("smooth",),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.166667,
    finite_when_absent=True,
    character="shape",
    order=76,
    color="#56c2c9",
    example_value=0.0909,
)
