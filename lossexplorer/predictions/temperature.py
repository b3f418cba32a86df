"""Temperature: over- and underconfidence."""

from __future__ import annotations

from typing import Any

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values

Tensor = Any


def heat(
    p: Tensor, log_p: Tensor, values: dict[str, Tensor], noise: None = None
) -> tuple[Tensor, Tensor]:
    """Return softmax(log p / T) and its logarithm.

    Parameters
    ----------
    p, log_p : tensor, shape (class, …)
        Probabilities and their logarithms.
    values : dict
        ``temperature``, the divisor T.
    noise : None
        Not used.
    """
    from keras import ops

    del p, noise
    return normalised(log_p / ops.cast(values["temperature"], log_p.dtype))


def normalised(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the softmax of logits, of which some may be −∞, and its logarithm.

    Parameters
    ----------
    logits : tensor, shape (class, …)
        Logits, at least one of which is finite in every voxel.
    """
    from keras import ops

    logits = logits - ops.max(logits, axis=0, keepdims=True)
    logarithms = logits - ops.log(ops.sum(ops.exp(logits), axis=0, keepdims=True))
    return ops.exp(logarithms), logarithms


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return the lead times the temperature, if that is above 1."""
    del grid, largest
    return after * max(float(values["temperature"]), 1.0)


DEGRADATION = Degradation(
    name="temperature",
    title="Temperature",
    summary="The logits are divided by T: above 1 the prediction is less sure, below 1 more. What "
    "is certain stays certain.",
    group="probability",
    order=130,
    acts_on="fused probabilities",
    apply=heat,
    lead=lead,
    strength=("temperature",),
    controls=(
        Number(
            name="temperature",
            title="Temperature",
            meaning="What the logits are divided by. It acts where a prediction is not certain: "
            "with a softness, a blur or a confidence below 1.",
            default=1.0,
            low=0.1,
            high=10.0,
            scale="log",
            smallest=0.1,
        ),
    ),
    citation="Guo, Pleiss, Sun, Weinberger, ICML 2017",
)
