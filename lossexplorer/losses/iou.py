"""IoU (Jaccard) loss."""

from __future__ import annotations

from lossexplorer.losses._description import Loss, Sums, Tensor, pooling
from lossexplorer.parameters import Number


def iou(sums: Sums, *, eps: float) -> Tensor:
    """Return 1 − (I + ε) / (P + G − I + ε) per sample and class.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    eps : float
        ε, added to numerator and denominator.
    """
    overlap = sums.intersection
    return 1 - (overlap + eps) / (sums.prediction + sums.truth - overlap + eps)


LOSS = Loss(
    name="iou",
    title="IoU",
    class_name="IoU",
    summary="One minus intersection over union, also called the Jaccard loss.",
    formula="1 − mean (I + ε) / (P + G − I + ε)",
    citation="Rahman, Wang 2016 (ISVC)",
    false_positives="Each costs the same; none pulls while nothing overlaps.",
    false_negatives="Each costs as much as a false positive.",
    edge_cases=(
        "A class absent from truth and prediction costs 0 through ε, but its gradient there is "
        "1/ε per voxel. With ε = 0 it is 0/0."
    ),
    terms=iou,
    reduction="mean",
    parameters=(
        Number(
            name="eps",
            title="ε",
            meaning="Added to numerator and denominator: an absent class costs 0 instead of 0/0.",
            default=1e-6,
            low=0.0,
            high=1e9,
            slider=(0.0, 1e4),
            scale="log",
            smallest=1e-10,
        ),
        pooling("sample"),
    ),
    undefined="0/0",
    cure="an eps above 0, such as 1e-6, makes it finite",
    bounds=(0.0, 1.0),
    order=40,
    color="#f48fb1",
    example_value=0.4,
)
