"""Softness: from scores to probabilities."""

from __future__ import annotations

import math
from typing import Any

from lossexplorer.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values

Tensor = Any

# Softness in mm below which nothing changes any more, and above which no quotient overflows.
_SHARPEST = 1e-20

# A lead, as a share of the smallest voxel edge, that no rounding of float32 scores makes or takes.
_TIE = 1e-3


def decide(scores: Tensor, softness: Tensor, *, hard: bool) -> tuple[Tensor, Tensor]:
    """Return softmax(scores / softness) and its logarithm.

    Parameters
    ----------
    scores : tensor, shape (class, …)
        In mm.
    softness : scalar tensor
        In mm.
    hard : bool
        Whether `softness` is 0: the best-scoring class gets everything.

    Returns
    -------
    probabilities, logarithms : tensor, shape (class, …)
        With a softness, a logarithm stays finite where the probability is merely too small for
        float32.
    """
    from keras import ops

    if hard:
        winner = ops.argmax(scores, axis=0)
        decided = ops.one_hot(winner, scores.shape[0], axis=0, dtype=scores.dtype)
        return decided, ops.log(decided)
    scale = ops.maximum(ops.cast(softness, scores.dtype), _SHARPEST)
    logits = (scores - ops.max(scores, axis=0, keepdims=True)) / scale
    # What the best score leaves over is summed without it: near 1, 1 − p would be lost.
    best = logits == 0
    powers = ops.where(best, 0.0, ops.exp(logits))
    ties = ops.sum(ops.cast(best, logits.dtype), axis=0, keepdims=True) - 1
    rest = ops.sum(powers, axis=0, keepdims=True) + ties
    total = 1 + rest
    # log1p as a logarithm and what rounding the total has lost: XLA's own takes twice as long.
    logarithms = logits - (ops.log(total) + (rest - (total - 1)) / total)
    return ops.where(best, 1.0, powers) / total, logarithms


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return the lead in mm that makes one of `after` in logits; a decision needs hardly any."""
    del largest
    if values["softness"]:
        return float(values["softness"]) * after
    return after if math.isinf(after) else _TIE * min(grid.spacing)


DEGRADATION = Degradation(
    name="softness",
    title="Softness",
    summary="The prediction is softmax(scores / softness), a class's score being half the signed "
    "distance in mm to its boundary.",
    group="boundary",
    order=90,
    stage="decision",
    apply=decide,
    lead=lead,
    strength=("softness",),
    controls=(
        Number(
            name="softness",
            title="Softness",
            meaning="The width of the transition at a boundary; at 0 every voxel is decided.",
            default=0.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 10.0),
            unit="mm",
        ),
    ),
)
