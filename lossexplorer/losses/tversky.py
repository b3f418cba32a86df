"""Tversky loss."""

from __future__ import annotations

from lossexplorer.losses._description import Loss, Sums, Tensor, pooling, smooth
from lossexplorer.parameters import Number


def tversky(sums: Sums, *, alpha: float, beta: float, smooth: float) -> Tensor:
    """Return 1 − T per sample and class, T = (I + s) / (I + α FP + β FN + s).

    Parameters
    ----------
    sums : Sums
        Sums per sample and class; FP = P − I, FN = G − I.
    alpha : float
        Weight of false positives, as in the paper. Released versions of Keras swap the two.
    beta : float
        Weight of false negatives.
    smooth : float
        s, added to numerator and denominator.
    """
    overlap = sums.intersection
    false_positives = sums.prediction - overlap
    false_negatives = sums.truth - overlap
    return 1 - (overlap + smooth) / (
        overlap + alpha * false_positives + beta * false_negatives + smooth
    )


def _weight(name: str, symbol: str, what: str, default: float) -> Number:
    return Number(
        name=name,
        title=f"{symbol} · {what}",
        meaning=f"How much {what} count. α = β = ½ is Dice, α = β = 1 is IoU.",
        default=default,
        low=0.0,
        high=1e3,
        slider=(0.0, 2.0),
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
        "with α = 0, and a wholly missed class with β = 0."
    ),
    terms=tversky,
    reduction="mean",
    parameters=(
        _weight("alpha", "α", "false positives", 0.3),
        _weight("beta", "β", "false negatives", 0.7),
        smooth("Added to numerator and denominator; the paper has none."),
        pooling("sample"),
    ),
    undefined="0/0",
    cure="a smooth above 0, such as 1e-5, makes it finite",
    bounds=(0.0, 1.0),
    order=30,
    color="#98e070",
    example_value=0.25,
)
