"""F-beta loss."""

from __future__ import annotations

from lossexplorer.core.parameters import Number
from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import (
    ABSENT,
    CLASS_WEIGHTS,
    INCLUDE_BACKGROUND,
    pooling,
    smooth,
)
from lossexplorer.losses._ratio import tversky_index, with_absent
from lossexplorer.losses._sums import Sums, Tensor


def f_beta(sums: Sums, *, beta: float, smooth: float, absent: str) -> Tensor:
    """Return 1 − F_β per sample and class, F_β = (1 + β²) I / (I + FP + β² (I + FN)).

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    beta : float
        The weight of recall relative to precision.
    smooth : float
        Added to the numerator and the denominator of the equivalent Tversky index.
    absent : {"as-written", "zero"}
        The term of an absent class.
    """
    share = beta * beta / (1 + beta * beta)
    return with_absent(
        lambda kept: 1 - tversky_index(kept, alpha=1 - share, beta=share, smooth=smooth),
        sums,
        absent,
    )


LOSS = Loss(
    name="f_beta",
    title="F-beta",
    class_name="FBeta",
    summary="One minus the F-score: Tversky with α + β = 1, set by how much recall matters.",
    formula="1 − mean (1 + β²) I / (I + FP + β² (I + FN))",
    citation="Hashemi, Salehi, Erdogmus et al. 2019 (IEEE Access)",
    false_positives="Weighted by 1 / (1 + β²).",
    false_negatives="Weighted by β² / (1 + β²).",
    edge_cases="A class absent from truth and prediction is 0/0 with smooth = 0.",
    terms=f_beta,
    parameters=(
        Number(
            name="beta",
            title="β",
            meaning="How many times as much recall matters as precision; 1 is Dice.",
            default=1.5,
            low=0.0,
            high=100.0,
            slider=(0.0, 4.0),
        ),
        smooth("Added to numerator and denominator of I / (I + α FP + β FN).", 1e-5),
        ABSENT,
        CLASS_WEIGHTS,
        pooling("sample"),
        INCLUDE_BACKGROUND,
    ),
    operation="0/0",
    cures=("smooth", "absent"),
    bounds=(0.0, 1.0),
    perfect=0.0,
    all_background=0.505848,
    finite_when_absent=True,
    character="two-valued",
    order=34,
    color="#5fcf9a",
    example_value=0.25,
)
