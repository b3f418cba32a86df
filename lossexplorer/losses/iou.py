"""IoU loss."""

from __future__ import annotations

from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import ABSENT, CLASS_WEIGHTS, INCLUDE_BACKGROUND, eps, pooling
from lossexplorer.losses._ratio import with_absent
from lossexplorer.losses._sums import Sums, Tensor


def iou(sums: Sums, *, eps: float, absent: str) -> Tensor:
    """Return 1 − (I + ε) / (P + G − I + ε) per sample and class.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    eps : float
        ε, added to numerator and denominator.
    absent : {"as-written", "zero"}
        The term of an absent class.
    """

    def term(kept: Sums) -> Tensor:
        overlap = kept.intersection
        return 1 - (overlap + eps) / (kept.prediction + kept.truth - overlap + eps)

    return with_absent(term, sums, absent)


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
    parameters=(
        eps("Added to numerator and denominator: an absent class costs 0 instead of 0/0.", 1e-6),
        ABSENT,
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("eps", "absent"),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.518518,
    finite_when_absent=True,
    character="two-valued",
    order=40,
    shown=True,
    color="#f48fb1",
    example_value=0.4,
)
