"""Matthews correlation coefficient loss."""

from __future__ import annotations

from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND, eps, pooling
from lossexplorer.losses._sums import Sums, Tensor


def mcc(sums: Sums, *, eps: float) -> Tensor:
    """Return 1 − MCC per sample and class.

    MCC = (TP TN − FP FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN)).

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    eps : float
        ε, added to each of TP, TN, FP and FN.
    """
    from keras import ops

    tp = sums.intersection + eps
    fp = sums.prediction - sums.intersection + eps
    fn = sums.truth - sums.intersection + eps
    tn = sums.voxels - sums.prediction - sums.truth + sums.intersection + eps
    # Two roots of two factors, because the product of all four factors overflows float32.
    root = ops.sqrt((tp + fp) * (tp + fn)) * ops.sqrt((tn + fp) * (tn + fn))
    return 1 - (tp * tn - fp * fn) / root


LOSS = Loss(
    name="mcc",
    title="MCC",
    class_name="MCC",
    summary="One minus the correlation of prediction and truth, which counts true negatives, too.",
    formula="1 − mean (TP TN − FP FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))",
    citation="Abhishek, Hamarneh 2021 (ISBI)",
    false_positives="Lower the correlation; in a small class they weigh much.",
    false_negatives="Lower the correlation.",
    edge_cases=(
        "With ε = 0 it is 0/0 if truth or prediction are empty or full. With ε a class absent "
        "from both costs ½ rather than 0."
    ),
    terms=mcc,
    parameters=(
        eps("Added to true and false positives and negatives.", 1e-5),
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("eps",),
    bounds=(0.0, 2.0),
    perfect=0.0,
    all_background=0.999594,
    finite_when_absent=True,
    character="two-valued",
    order=42,
    color="#f9b4c8",
    example_value=0.5,
)
