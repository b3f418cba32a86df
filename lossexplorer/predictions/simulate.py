"""The arithmetic from scores to probabilities, in `keras.ops`, class first."""

from __future__ import annotations

import math
from typing import Any

from lossexplorer.parameters import Spacing
from lossexplorer.predictions.scores import FAR

Tensor = Any

# A voxel exactly at the distance by which a class grows belongs to what grows. Distances are
# float32, so "exactly" has this tolerance, as a share of the smallest voxel edge.
_TIE = 1e-4

# Softness in mm below which nothing changes any more, and above which no quotient overflows.
_SHARPEST = 1e-20


def shifted_scores(scores: Tensor, shift: Spacing, spacing: Spacing) -> Tensor:
    """Return the scores moved by `shift`; what enters is background.

    A whole number of voxels moves the array exactly; a fraction blends the two whole-voxel
    moves around it linearly. What is blended at the border is a plane of the volume and the
    background beyond, which lies on the other side of a boundary half-way between them.

    Parameters
    ----------
    scores : tensor, shape (class, z, y, x)
        In mm, background first.
    shift, spacing : tuple of float
        In mm, (z, y, x); positive towards larger indices.
    """
    from keras import ops

    if not any(shift):
        return scores
    # Class by class: what a blend needs in between is as large as what it makes.
    return ops.stack(
        [
            _shifted(scores[index], shift, spacing, FAR if index == 0 else -FAR)
            for index in range(scores.shape[0])
        ]
    )


def _shifted(score: Tensor, shift: Spacing, spacing: Spacing, entering: float) -> Tensor:
    for axis, (length, edge) in enumerate(zip(shift, spacing, strict=True)):
        voxels = length / edge
        # 0.3 / 0.1 voxels is meant as 3, not as a blend with a share of 4e-16.
        if abs(voxels - round(voxels)) < 1e-6:
            voxels = round(voxels)
        whole = math.floor(voxels)
        fraction = voxels - whole
        moved = _moved(score, whole, axis, entering, mirrored=bool(fraction) and whole < 0)
        if fraction:
            further = _moved(score, whole + 1, axis, entering, mirrored=whole >= 0)
            moved = (1 - fraction) * moved + fraction * further
        score = moved
    return score


def _moved(score: Tensor, voxels: int, axis: int, entering: float, *, mirrored: bool) -> Tensor:
    """Return the array moved by whole voxels; `entering` fills the rest.

    With `mirrored`, the plane next to what stays is filled with that plane's own distances, on
    the side of `entering`: blended with the plane itself, it changes sides at one half.
    """
    from keras import ops

    if voxels == 0:
        return score
    length = int(score.shape[axis])
    count = min(abs(voxels), length)

    def planes(first: int, last: int) -> Tensor:
        index = [slice(None)] * len(score.shape)
        index[axis] = slice(first, last)
        return score[tuple(index)]

    edge = planes(0, 1) if voxels > 0 else planes(length - 1, length)
    filled = [ops.full_like(edge, entering)] * count
    if mirrored and count == abs(voxels):
        filled[0] = ops.abs(edge) if entering > 0 else -ops.abs(edge)
    if voxels > 0:
        return ops.concatenate([*filled[::-1], planes(0, length - count)], axis=axis)
    return ops.concatenate([planes(count, length), *filled], axis=axis)


def _grown(scores: Tensor, grow: Tensor) -> Tensor:
    """Return the scores with the background's lowered by `grow` mm."""
    from keras import ops

    background = ops.reshape(
        ops.cast(ops.arange(scores.shape[0]) == 0, scores.dtype), [-1] + [1] * (scores.ndim - 1)
    )
    return scores - background * grow


def _shares(confidence: Tensor, classes: int, dtype: Any) -> list[Tensor]:
    """Return a and b of q = a p + b, which takes probability 1 to `confidence`, and 1 − a − b."""
    from keras import ops

    missing = 1 - confidence
    rest = missing / max(classes - 1, 1)
    return [ops.cast(share, dtype) for share in (confidence - rest, rest, missing)]


def prediction(
    scores: Tensor,
    *,
    grow: Tensor,
    softness: Tensor,
    confidence: Tensor,
    hard: bool,
    smallest_edge: float,
) -> tuple[Tensor, Tensor]:
    """Return the probabilities of the simulated prediction, and their logarithms.

    Parameters
    ----------
    scores : tensor, shape (class, …)
        In mm, shifted already.
    grow, softness : scalar tensor
        In mm.
    confidence : scalar tensor
        Probability of the decided class where the prediction is decided. In float64: what counts
        is its difference to 1, of which float32 keeps too little.
    hard : bool
        Whether `softness` is 0: the best-scoring class gets everything.
    smallest_edge : float
        Smallest voxel edge in mm.

    Returns
    -------
    probabilities, logarithms : tensor, shape (class, …)
        Probabilities add up to 1 over the classes. With a softness, a logarithm stays finite
        where the probability is merely too small for float32.
    """
    from keras import ops

    scale, rest, missing = _shares(confidence, scores.shape[0], scores.dtype)
    if hard:
        grown = _grown(scores, grow + ops.sign(grow) * _TIE * smallest_edge)
        winner = ops.argmax(grown, axis=0)
        decided = ops.one_hot(winner, scores.shape[0], axis=0, dtype=scores.dtype)
        return scale * decided + rest, ops.where(decided > 0, ops.log1p(-missing), ops.log(rest))
    grown = _grown(scores, grow)
    logits = (grown - ops.max(grown, axis=0, keepdims=True)) / ops.maximum(softness, _SHARPEST)
    # log Σ exp as the log1p of what the best score leaves over: near 1, 1 − p would be lost.
    best = logits == 0
    others = ops.sum(ops.where(best, 0.0, ops.exp(logits)), axis=0, keepdims=True)
    ties = ops.sum(ops.cast(best, logits.dtype), axis=0, keepdims=True) - 1
    logarithms = logits - ops.log1p(others + ties)
    mixed = scale * ops.exp(logarithms) + rest
    near_1 = ops.log1p(scale * ops.expm1(logarithms) - missing)
    mixed_logarithms = ops.where(mixed > 0.5, near_1, ops.log(mixed))
    return mixed, ops.where(rest > 0, mixed_logarithms, logarithms)
