"""Dice loss."""

from __future__ import annotations

from lossexplorer.core.parameters import Choice
from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import (
    ABSENT,
    CLASS_WEIGHTS,
    INCLUDE_BACKGROUND,
    SMOOTH_DR,
    pooling,
    smooth,
)
from lossexplorer.losses._ratio import dice_coefficient, with_absent
from lossexplorer.losses._sums import Sums, Tensor


def dice(
    sums: Sums,
    *,
    smooth: float,
    smooth_dr: float | str,
    form: str,
    denominator: str,
    absent: str,
) -> Tensor:
    """Return 1 − D or −D per sample and class, D = (2I + s) / (P + G + s').

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    smooth, smooth_dr : float
        s, added to the numerator, and s', added to the denominator: ``"smooth"`` for s' = s.
    form : {"1-D", "-D"}
        "-D", nnU-Net's convention and the article's ``1 - 1 - dice``, has the same gradient.
    denominator : {"linear", "squared"}
        P + G, or Σp² + G as in V-Net.
    absent : {"as-written", "zero"}
        The term of an absent class.
    """
    best = 1 if form == "1-D" else 0

    def term(kept: Sums) -> Tensor:
        return best - dice_coefficient(
            kept, smooth=smooth, smooth_dr=smooth_dr, denominator=denominator
        )

    return with_absent(term, sums, absent)


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
    parameters=(
        smooth("Added to the numerator: in effect a smallest object size, in voxels."),
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
        SMOOTH_DR,
        ABSENT,
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("smooth", "absent", "smooth_dr"),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.509434,
    finite_when_absent=False,
    character="two-valued",
    order=10,
    shown=True,
    color="#4cb4f0",
    example_value=0.25,
)
