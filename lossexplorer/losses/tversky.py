"""Tversky loss."""

from __future__ import annotations

from lossexplorer.losses._description import Loss
from lossexplorer.losses._parameters import (
    ABSENT,
    CLASS_WEIGHTS,
    INCLUDE_BACKGROUND,
    SMOOTH_DR,
    false_negative_weight,
    false_positive_weight,
    pooling,
    smooth,
)
from lossexplorer.losses._ratio import tversky_index, with_absent
from lossexplorer.losses._sums import Sums, Tensor


def tversky(
    sums: Sums,
    *,
    alpha: float,
    beta: float,
    smooth: float,
    smooth_dr: float | str,
    absent: str,
) -> Tensor:
    """Return 1 − (I + s) / (I + α (P − I) + β (G − I) + s') per sample and class.

    Parameters
    ----------
    sums : Sums
        Sums per sample and class.
    alpha, beta : float
        Weights of false positives and of false negatives.
    smooth, smooth_dr : float
        s, added to the numerator, and s', added to the denominator: ``"smooth"`` for s' = s.
    absent : {"as-written", "zero"}
        The term of an absent class.
    """
    return with_absent(
        lambda kept: (
            1 - tversky_index(kept, alpha=alpha, beta=beta, smooth=smooth, smooth_dr=smooth_dr)
        ),
        sums,
        absent,
    )


LOSS = Loss(
    name="tversky",
    title="Tversky",
    class_name="Tversky",
    summary="Overlap with separate weights for false positives and false negatives.",
    formula="1 − mean I / (I + α (P − I) + β (G − I))",
    citation="Salehi, Erdogmus, Gholipour 2017 (MLMI)",
    false_positives="Weighted by α.",
    false_negatives="Weighted by β.",
    edge_cases=(
        "A class absent from truth and prediction is 0/0 with smooth = 0; so is any absent class "
        "with α = 0, and with β = 0 a class of which nothing is predicted."
    ),
    terms=tversky,
    parameters=(
        false_positive_weight(0.3),
        false_negative_weight(0.7),
        smooth("Added to the numerator; the paper has none."),
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
    all_background=0.505703,
    finite_when_absent=False,
    character="two-valued",
    order=30,
    shown=True,
    color="#98e070",
    example_value=0.25,
)
