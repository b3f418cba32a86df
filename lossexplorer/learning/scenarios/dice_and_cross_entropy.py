"""Dice + cross-entropy is cross-entropy while the network knows nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.scenarios._logits import value_and_gradient
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start, WeighedLoss
from lossexplorer.learning.setup import LossChoice
from lossexplorer.learning.targets._classes import one_hot
from lossexplorer.volumes.sample_volumes import open_sample_volume

_DICE = LossChoice("dice", {"include_background": False})
_CROSS_ENTROPY = LossChoice("cross_entropy")


def _measure() -> Mapping[str, float]:
    return {
        f"{sample}_{name}": number
        for sample in ("nodule", "tumour")
        for name, number in _of(sample).items()
    }


def _of(sample: str) -> Mapping[str, float]:
    """Return what a sample volume has at p = ½, of the logit of its class."""
    truth = one_hot(open_sample_volume(sample).labels, 2)[None]
    even = np.full_like(truth, 0.5)
    of_dice, of_ce = (
        value_and_gradient(loss, truth, even)[1][..., 1].astype(np.float64).reshape(-1)
        for loss in (_DICE, _CROSS_ENTROPY)
    )
    gram = np.array([[a @ b for b in (of_dice, of_ce)] for a in (of_dice, of_ce)])
    dice, ce = np.sqrt(gram.diagonal()).tolist()
    weights = METHODS["gradnorm"].combine(gram, (1.0, 1.0), (1.0, 1.0)).weights
    return {
        "dice": dice,
        "ce": ce,
        "ratio": ce / dice,
        "cosine": gram[0, 1] / (dice * ce),
        "gradnorm_dice": weights[0],
        "gradnorm_ce": weights[1],
    }


def _expected(
    sample: str, dice: float, ce: float, ratio: float, cosine: float, weights: tuple[float, float]
) -> tuple[Expectation, ...]:
    return (
        Expectation(f"{sample}_dice", f"{sample}: norm of Dice's gradient", dice, 5e-4 * dice),
        Expectation(f"{sample}_ce", f"{sample}: norm of cross-entropy's", ce, 2e-4 * ce),
        Expectation(f"{sample}_ratio", f"{sample}: their ratio", ratio, 5e-4, "×"),
        Expectation(f"{sample}_cosine", f"{sample}: their cosine", cosine, 5e-5),
        Expectation(f"{sample}_gradnorm_dice", f"{sample}: GradNorm's λ, Dice", weights[0], 5e-5),
        Expectation(f"{sample}_gradnorm_ce", f"{sample}: GradNorm's λ, CE", weights[1], 5e-5),
    )


SCENARIO = Scenario(
    id="L14",
    title="Dice + cross-entropy at the start",
    text="Every voxel has p = ½, as behind a fresh network. The norms on the cards show that "
    "nearly all of the total's gradient is that of cross-entropy.",
    claim="At p = ½ the gradient of cross-entropy is 61.3 times that of Dice on the nodule and "
    "10.0 times on the tumour, so Dice + cross-entropy is cross-entropy.",
    source="‖∂CE/∂z‖ = ½/√N and the closed form of Dice; MONAI PR#1914, #7065 and #7729 ask for "
    "the weights",
    start=Start(
        "explore",
        "nodule",
        controls={"confidence": 0.5},
        losses=(WeighedLoss(_DICE), WeighedLoss(_CROSS_ENTROPY)),
        shown="total",
    ),
    expected=(
        *_expected("nodule", 2.299e-6, 1.4095e-4, 61.315, 0.0163, (1.9679, 0.0321)),
        *_expected("tumour", 3.901e-5, 3.906e-4, 10.013, 0.1001, (1.8184, 0.1816)),
    ),
    measure=_measure,
)
