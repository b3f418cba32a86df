"""Dice loss."""

from __future__ import annotations

from lossexplorer.losses._description import Loss, Sums, Tensor, pooling, smooth
from lossexplorer.parameters import Choice


def dice(sums: Sums, *, smooth: float, form: str, denominator: str) -> Tensor:
    """Return 1 − D or −D per sample and class, D = (2I + s) / (P + G + s).

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    smooth : float
        s, added to numerator and denominator.
    form : {"1-D", "-D"}
        "-D" is the article's ``1 - 1 - dice``, nnU-Net's convention: the same gradient.
    denominator : {"linear", "squared"}
        P + G, or Σp² + G as in V-Net.
    """
    size = sums.prediction if denominator == "linear" else sums.squared_prediction
    coefficient = (2 * sums.intersection + smooth) / (size + sums.truth + smooth)
    return 1 - coefficient if form == "1-D" else -coefficient


LOSS = Loss(
    name="dice",
    title="Dice",
    class_name="Dice",
    summary="One minus the overlap of prediction and truth relative to their mean size.",
    formula="1 − mean (2I + s) / (P + G + s)",
    citation="Milletari, Navab, Ahmadi 2016 (3DV), with Σp²; Drozdzal et al. 2016 (DLMIA), with P",
    false_positives="Each costs the same; none pulls while nothing overlaps.",
    false_negatives="Each costs as much as a false positive.",
    edge_cases=(
        "A class absent from truth and prediction is 0/0 with smooth = 0, and 0 with any smooth "
        "above 0. An absent class with any predicted mass costs nearly 1."
    ),
    terms=dice,
    reduction="mean",
    parameters=(
        smooth("Added to numerator and denominator: in effect a smallest object size, in voxels."),
        Choice(
            name="form",
            title="Form",
            meaning="1 − D lies between 0 and 1; −D lies between −1 and 0. The gradient is the "
            "same.",
            default="1-D",
            options=("1-D", "-D"),
        ),
        Choice(
            name="denominator",
            title="Denominator",
            meaning="Linear: P + G. Squared: Σp² + G, whose gradient vanishes at the optimum.",
            default="linear",
            options=("linear", "squared"),
        ),
        pooling("sample"),
    ),
    undefined="0/0",
    cure="a smooth above 0, such as 1e-5, makes it finite",
    bounds=(-1.0, 1.0),
    order=10,
    color="#4cb4f0",
    example_value=0.25,
)
