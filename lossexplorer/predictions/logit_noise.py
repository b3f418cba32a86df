"""Noise on the logits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values, seed
from lossexplorer.predictions._fields import gaussian_field
from lossexplorer.predictions.temperature import normalised

Tensor = Any

_STREAM = 6


def disturb(
    p: Tensor, log_p: Tensor, values: dict[str, Tensor], noise: Tensor
) -> tuple[Tensor, Tensor]:
    """Return softmax(log p + s n) and its logarithm.

    Parameters
    ----------
    p, log_p : tensor, shape (class, …)
        Probabilities and their logarithms.
    values : dict
        ``noise``, the amplitude s.
    noise : tensor, shape (class, …)
        Independent Gaussian fields n of variance 1.
    """
    from keras import ops

    del p
    return normalised(log_p + ops.cast(values["noise"], log_p.dtype) * noise)


def fields(shape: tuple[int, int, int], grid: Grid, values: Values) -> NDArray[np.float32]:
    """Return a Gaussian field for each class, shape (class, z, y, x)."""
    chance, length = grid.chance(values["noise_seed"], _STREAM), values["noise_length"]
    made = np.empty((grid.classes, *shape), np.float32)
    for index in range(grid.classes):
        made[index] = gaussian_field(chance, shape, length, grid.spacing)
    return made


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return a lead larger by the noise; infinite if all classes have a probability above 0."""
    del grid
    if values["confidence"] < 1 or values["confusion"] != "none":
        return math.inf
    return after + 2 * float(values["noise"]) * largest


DEGRADATION = Degradation(
    name="logit_noise",
    title="Logit noise",
    summary="Gaussian noise is added to every class's logit, independent from voxel to voxel or "
    "smooth. What is certain stays certain.",
    group="probability",
    order=140,
    acts_on="fused probabilities",
    apply=disturb,
    lead=lead,
    noise=fields,
    noise_controls=("noise_length", "noise_seed"),
    strength=("noise",),
    controls=(
        Number(
            name="noise",
            title="Amplitude",
            meaning="The standard deviation of the noise, in logits. It acts where a prediction is "
            "not certain: with a softness, a blur or a confidence below 1.",
            default=0.0,
            low=0.0,
            high=100.0,
            slider=(0.0, 5.0),
        ),
        Number(
            name="noise_length",
            title="Correlation length",
            meaning="The distance at which the correlation of two places has fallen to 1/e; at 0 "
            "every voxel is for itself.",
            default=0.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 20.0),
            unit="mm",
        ),
        seed("noise_seed", "Decides the noise."),
    ),
)
