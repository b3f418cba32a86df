"""Rough boundaries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values, seed
from lossexplorer.predictions._fields import gaussian_field

Tensor = Any

_STREAM = 5

# The angle between the directions of successive classes, so that any two directions differ.
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def roughen(scores: Tensor, values: dict[str, Tensor], noise: Tensor) -> Tensor:
    """Return the scores with a random field added to each class but the background.

    Parameters
    ----------
    scores : tensor, shape (class, …)
        Scores in mm.
    values : dict
        ``roughness``, shape (class, 2), in mm: each class's factors of the two fields.
    noise : tensor, shape (2, …)
        Two independent Gaussian fields of variance 1.
    """
    from keras import ops

    shares = ops.cast(values["roughness"], scores.dtype)
    column = [-1] + [1] * (len(scores.shape) - 1)
    first, second = (ops.reshape(shares[:, k], column) * noise[k][None] for k in (0, 1))
    return scores + first + second


def amplitudes(values: Values, grid: Grid) -> dict[str, NDArray[np.float64]]:
    """Return each class's factors of the two fields; their squares add up to the amplitude's."""
    angles = _GOLDEN_ANGLE * np.arange(grid.classes - 1)
    shares = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return {"roughness": values["roughness"] * np.concatenate([np.zeros((1, 2)), shares])}


def fields(shape: tuple[int, int, int], grid: Grid, values: Values) -> NDArray[np.float32]:
    """Return the two Gaussian fields, shape (2, z, y, x)."""
    chance = grid.chance(values["roughness_seed"], _STREAM)
    length = values["roughness_length"]
    return np.stack([gaussian_field(chance, shape, length, grid.spacing) for _ in range(2)])


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return a lead that is larger by the largest difference of two classes' random fields."""
    apart = 2 if grid.classes > 2 else 1
    return after + float(apart * values["roughness"] * math.sqrt(2) * largest)


DEGRADATION = Degradation(
    name="roughness",
    title="Rough boundary",
    summary="Boundaries are moved here and there by a smooth random field: A · n(x) is added to "
    "the signed distance, n Gaussian of variance 1.",
    group="boundary",
    order=80,
    acts_on="fused scores",
    apply=roughen,
    prepare=amplitudes,
    lead=lead,
    noise=fields,
    noise_controls=("roughness_length", "roughness_seed"),
    strength=("roughness",),
    controls=(
        Number(
            name="roughness",
            title="Amplitude",
            meaning="How far a boundary with the background is moved, as a standard deviation.",
            default=0.0,
            low=0.0,
            high=100.0,
            slider=(0.0, 5.0),
            unit="mm",
        ),
        Number(
            name="roughness_length",
            title="Correlation length",
            meaning="The distance at which the correlation of two places has fallen to 1/e.",
            default=5.0,
            low=0.0,
            high=1000.0,
            slider=(1.0, 20.0),
            unit="mm",
        ),
        seed("roughness_seed", "Decides where a boundary is moved which way."),
    ),
    citation="Heller, Dean, Papanikolopoulos, arXiv 1806.04618, 2018 (choppy boundaries)",
)
