"""Softness: from scores to probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
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
    logits = (scores - _over_classes(ops.maximum, scores)) * (1 / scale)
    powers = ops.exp(logits)
    total = _over_classes(ops.add, powers)
    share = 1 / total
    # What the best score leaves over is summed without it, too: near 1, 1 − p would be lost. With
    # two best scores there is nothing to be lost.
    rest = _over_classes(ops.add, ops.where(logits == 0, 0.0, powers))
    lost = ops.where(total < 1.5, rest - (total - 1), 0.0)
    # log1p as a logarithm and what rounding the total has lost: XLA's own takes twice as long.
    return powers * share, logits - (ops.log(total) + lost * share)


def _over_classes(operation: Callable[[Tensor, Tensor], Tensor], field: Tensor) -> Tensor:
    """Return the classes combined, shape (1, …); in halves, since XLA's reductions of a first axis
    compute one element at a time.
    """
    apart = []
    while (count := field.shape[0]) > 1:
        half = count // 2
        if count % 2:
            apart.append(field[2 * half :])
        field = operation(field[:half], field[half : 2 * half])
    return reduce(operation, apart, field)


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
