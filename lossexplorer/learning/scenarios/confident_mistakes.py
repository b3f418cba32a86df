"""A confident mistake: Dice stalls where cross-entropy repairs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossexplorer.learning.scenarios._logits import value_and_gradient
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start, WeighedLoss
from lossexplorer.learning.setup import LossChoice

_DICE = LossChoice("dice", {"include_background": False})
_CROSS_ENTROPY = LossChoice("cross_entropy")

_LOGIT = -10.0
_NODES = 40
"""Of the quadrature, whose error is far below the tolerances."""

_VOXELS = 10_000
"""Of the class; the time of Dice is less by about 1/10000, because the sums move a little."""


def _measure() -> Mapping[str, float]:
    dice, ce = _time(_DICE), _time(_CROSS_ENTROPY)
    return {"dice": dice, "ce": ce, "ratio": dice / ce}


def _time(loss: LossChoice) -> float:
    """Return how long the flow dz/dt = −∂L/∂z takes one voxel from z = −10 to 0: ∫ dz/(dz/dt).

    The unit of time is that in which the speed is q (1 − q) for Dice and 1 − q for cross-entropy
    where q = ½, at the end of the way.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    speeds = _speeds(loss, np.append((1 - nodes) * _LOGIT / 2, 0.0))
    unit = speeds[-1] / (0.25 if loss is _DICE else 0.5)
    return float(np.sum(weights / speeds[:-1]) * -_LOGIT / 2 * unit)


def _speeds(loss: LossChoice, logits: Any) -> Any:
    """Return −∂L/∂z of one voxel of a class that has each of these logits.

    Each is a sample of its own, with so many voxels that are right that the class sums barely move.
    """
    q = 1 / (1 + np.exp(-logits))
    truth = np.zeros((len(logits), 1, 1, 2 * _VOXELS, 2), np.float32)
    truth[..., :_VOXELS, 1] = 1
    truth[..., 0] = 1 - truth[..., 1]
    prediction = truth.copy()
    prediction[:, 0, 0, 0] = np.stack([1 - q, q], axis=-1)
    return -value_and_gradient(loss, truth, prediction)[1][:, 0, 0, 0, 1].astype(np.float64)


SCENARIO = Scenario(
    id="L15",
    title="Confident mistakes",
    text="The prediction misses an object and is certain of it, so its logits are far below 0. "
    "Follow the gradient of Dice and of cross-entropy side by side: one stands still, the other "
    "arrives.",
    claim="A logit needs 22046 units of time from −10 to 0 under a loss of class sums, whose speed "
    "is q (1 − q), and 11 under cross-entropy, whose speed is 1 − q.",
    source="∫ dz/(q (1 − q)) = 2 · 10 + 2 sinh 10 and ∫ dz/(1 − q) = 10 + 1 − e⁻¹⁰ over z from "
    "−10 to 0, q the sigmoid of z",
    start=Start(
        "explore",
        "tumour",
        controls={"confidence": 0.9999, "missing": 0.5},
        losses=(WeighedLoss(_DICE), WeighedLoss(_CROSS_ENTROPY)),
        descent={"follows": "dice", "beside": "cross_entropy", "rate": 0.5},
        shown="dice",
        slice=11,  # of the object that is missed
    ),
    expected=(
        Expectation("dice", "time of Dice", 22046.47, 5.0, "units of time"),
        Expectation("ce", "time of cross-entropy", 10.99995, 1e-4, "units of time"),
        Expectation("ratio", "their ratio", 2004.23, 0.5, "×"),
    ),
    measure=_measure,
)
