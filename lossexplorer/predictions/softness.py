"""Softness: from scores to probabilities."""

from __future__ import annotations

from typing import Any

from lossexplorer.parameters import Number
from lossexplorer.predictions._degradation import Degradation

Tensor = Any

# Softness in mm below which nothing changes any more, and above which no quotient overflows.
_SHARPEST = 1e-20


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
    # log Σ exp as the log1p of what the best score leaves over: near 1, 1 − p would be lost.
    best = logits == 0
    others = ops.sum(ops.where(best, 0.0, ops.exp(logits)), axis=0, keepdims=True)
    ties = ops.sum(ops.cast(best, logits.dtype), axis=0, keepdims=True) - 1
    logarithms = logits - ops.log1p(others + ties)
    return ops.exp(logarithms), logarithms


DEGRADATION = Degradation(
    name="softness",
    title="Softness",
    summary="The prediction is softmax(scores / softness), a class's score being half the signed "
    "distance in mm to its boundary.",
    group="boundary",
    order=90,
    stage="decision",
    apply=decide,
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
