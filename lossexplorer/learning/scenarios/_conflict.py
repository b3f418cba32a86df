"""The two gradients that conflict, which several scenarios are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.scenarios._scenario import Start
from lossexplorer.learning.setup import LossChoice, Output, Setup, Training

ROWS = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
"""TorchJD's example: norms √18 and √38, dot product −22, cosine −.841191."""

GRAM = ROWS @ ROWS.T

SOURCE = "TorchJD 0.18 (torchjd.org) has these two gradients as its example"


def weights(name: str, gram: Any = GRAM, **values: float) -> tuple[float, ...]:
    """Return a method's weights for a Gram matrix, with λ = 1 and losses of 1."""
    ones = np.ones(len(gram))
    return METHODS[name].combine(gram, ones, ones, values=values).weights


def direction(name: str, **values: float) -> Any:
    """Return the direction of a method for the two gradients."""
    return np.array(weights(name, **values)) @ ROWS


def numbered(name: str, numbers: Any) -> Mapping[str, float]:
    """Return numbers by ``name_1``, ``name_2``, …"""
    return {f"{name}_{place}": float(number) for place, number in enumerate(numbers, 1)}


def start(method: str, plot: str = "methods") -> Start:
    """Return the run of two losses that conflict in its first step, trained by a method.

    There the weighted sum lets loss 1 rise: the cosine is −.94 and ‖g2‖ is 3.4 ‖g1‖.
    """
    outputs = (
        Output("y1", "segmentation", LossChoice("cross_entropy")),
        Output("y2", "image", LossChoice("mean_absolute_error")),
    )
    return Start(
        "learn",
        "tumour",
        Setup(outputs=outputs, training=Training(seed=8, method=method)),
        plot=plot,
    )
