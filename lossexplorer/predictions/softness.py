"""Softness: from scores to probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Once, Values, unchanged

Tensor = Any
Fields = tuple[Tensor, ...]

# Smallest softness in mm: below it nothing changes any more, and quotients would overflow.
_SHARPEST = 1e-20

# A lead, as a share of the smallest voxel edge, above the rounding errors of float32 scores.
_TIE = 1e-3


def decide(
    scores: Tensor, softness: Tensor, *, hard: bool, once: Once = unchanged
) -> tuple[Tensor, Tensor]:
    """Return softmax(scores / softness) and its logarithm.

    Parameters
    ----------
    scores : tensor, shape (class, …)
        Scores in mm.
    softness : scalar tensor
        The softness in mm.
    hard : bool
        Whether `softness` is 0: the class of the best score gets probability 1.
    once : callable
        See `Once`.

    Returns
    -------
    probabilities, logarithms : tensor, shape (class, …)
        With a softness above 0, the logarithm is finite also where the probability is too small
        for float32.
    """
    from keras import ops

    if hard:
        winner = ops.argmax(scores, axis=0)
        decided = once(ops.one_hot(winner, scores.shape[0], axis=0, dtype=scores.dtype))
        return decided, ops.log(decided)
    length = ops.maximum(ops.cast(softness, scores.dtype), _SHARPEST)
    (best,) = once(_over_classes(_larger, (scores,)))
    logits = (scores - best) * (1 / length)
    powers = ops.exp(logits)
    total, lost = _over_classes(_add, (powers, ops.zeros_like(powers)))
    share = 1 / total
    # The logarithm of the total without its rounding error; otherwise 1 − p is lost near p = 1.
    logarithm = once(ops.log(total) + lost * share)
    return powers * share, logits - logarithm


def _over_classes(operation: Callable[[Fields, Fields], Fields], fields: Fields) -> Fields:
    """Reduce the classes of fields by an operation; the results have shape (1, …).

    Halves are combined repeatedly, because XLA reduces a first axis one element at a time.
    """
    apart = []
    while (count := fields[0].shape[0]) > 1:
        half = count // 2
        if count % 2:
            apart.append(tuple(field[2 * half :] for field in fields))
        first, second = slice(half), slice(half, 2 * half)
        fields = operation(
            tuple(field[first] for field in fields), tuple(field[second] for field in fields)
        )
    return reduce(operation, apart, fields)


def _larger(left: Fields, right: Fields) -> Fields:
    from keras import ops

    return (ops.maximum(left[0], right[0]),)


def _add(left: Fields, right: Fields) -> Fields:
    """Return the sum of two numbers and the rounding error so far (Knuth 1969, TwoSum)."""
    total = left[0] + right[0]
    second = total - left[0]
    lost = (left[0] - (total - second)) + (right[0] - second)
    return total, left[1] + right[1] + lost


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return the lead in mm that gives the lead `after` in logits; tiny for a hard maximum."""
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
    acts_on="decision",
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
