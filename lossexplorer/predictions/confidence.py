"""Confidence: the probability of the decided class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values

Tensor = Any


def lower(
    p: Tensor, log_p: Tensor, values: dict[str, Tensor], noise: None = None
) -> tuple[Tensor, Tensor]:
    """Return q = (confidence − rest) p + rest and its logarithm, rest = (1 − confidence)/(C − 1).

    Parameters
    ----------
    p, log_p : tensor, shape (class, …)
        Probabilities and their logarithms.
    values : dict
        ``confidence`` in float64, because float32 keeps too few digits of its difference to 1;
        and ``rest``.
    noise : None
        Not used.
    """
    from keras import ops

    del noise
    confidence = values["confidence"]
    share, missing = values["rest"], 1 - confidence
    factor, rest, missing = (ops.cast(x, p.dtype) for x in (confidence - share, share, missing))
    mixed = factor * p + rest
    # Near 1, the rounding error of the sum is added to the logarithm.
    lost = factor * ops.expm1(log_p) - missing - (mixed - 1)
    logarithms = ops.log(mixed) + ops.where(mixed > 0.5, lost / mixed, 0.0)
    return mixed, ops.where(rest > 0, logarithms, log_p)


def shares(values: Values, grid: Grid) -> dict[str, NDArray[np.float64]]:
    """Return the confidence, and each other class's share of the rest."""
    confidence = np.asarray(values["confidence"], np.float64)
    return {"confidence": confidence, "rest": (1 - confidence) / max(grid.classes - 1, 1)}


DEGRADATION = Degradation(
    name="confidence",
    title="Confidence",
    summary="Each class gets a share of what is missing to certainty.",
    group="probability",
    order=120,
    acts_on="fused probabilities",
    apply=lower,
    prepare=shares,
    by_class=True,
    strength=("confidence",),
    controls=(
        Number(
            name="confidence",
            title="1 − confidence",
            meaning="The probability of the decided class; the rest is spread evenly over "
            "the others. The slider shows what is missing to 1.",
            default=1.0,
            low=0.5,
            high=1.0,
            slider=(0.5, 1.0),
            scale="log-complement",
            smallest=1e-6,
        ),
    ),
)
