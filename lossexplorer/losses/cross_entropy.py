"""Cross-entropy loss."""

from __future__ import annotations

import math

from lossexplorer.losses._description import Loss, Sums, Tensor
from lossexplorer.losses._sums import negative_log_terms


def cross_entropy(sums: Sums) -> Tensor:
    """Return −(1/N) Σ g log p per sample and class, whose sum over classes is the loss.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    """
    return sums.negative_log / sums.voxels


LOSS = Loss(
    name="cross_entropy",
    title="Cross-entropy",
    class_name="CrossEntropy",
    summary="Mean over voxels of −log of the probability given to the true class.",
    formula="−(1/N) Σ g log p",
    citation="Good 1952 (J. R. Stat. Soc. B); Ronneberger, Fischer, Brox 2015 (MICCAI)",
    false_positives="Cost what they take from the true class: −log p there.",
    false_negatives="Cost −log p of the class that was missed, without bound.",
    edge_cases=(
        "Infinite where the true class has probability 0: nothing is clipped. An absent class "
        "adds nothing. Without the background its voxels add nothing, but N stays all voxels."
    ),
    terms=cross_entropy,
    reduction="sum",
    parameters=(),
    undefined="log 0",
    cure="a confidence below 1, or a softness above 0, makes it finite",
    bounds=(0.0, math.inf),
    order=50,
    color="#c9a0f5",
    example_value=0.3466,
    voxel_terms=negative_log_terms,
)
