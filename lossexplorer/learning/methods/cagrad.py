"""CAGrad: near the mean gradient, the direction in which the worst loss falls most."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.learning.methods._method import Matrix, Method, MethodInput, Vector, of_gradients
from lossexplorer.learning.methods._simplex import simplex_minimum, stationary

Indices = NDArray[np.intp]

_STATIONARY = 1e-6
"""|g_w| relative to what it is added up from, below which it is 0: no direction lowers all."""


def _weights(seen: MethodInput) -> Vector:
    count = len(seen.gram)
    even = np.full(count, 1 / count)
    gram = seen.gram / float(seen.gram.diagonal().max())
    radius = seen.values["c"] * _norm(gram, even)
    if radius <= 0:  # c = 0, or the mean gradient is 0
        return even
    worst = _worst(gram, gram @ even, radius)
    length = _norm(gram, worst)
    if length <= _STATIONARY * _norm(np.abs(gram), worst):
        return np.zeros(count)
    d: Vector = even + radius / length * worst
    return d


def _norm(gram: Matrix, weights: Vector) -> float:
    return math.sqrt(max(float(weights @ gram @ weights), 0.0))


def _worst(gram: Matrix, means: Vector, radius: float) -> Vector:
    """Return the w ≥ 0 with Σ w = 1 that minimises g_w · g₀ + r |g_w|, the dual of the article.

    For an s > 0 the minimum of ½ |g_w|² + s g_w · g₀ is a quadratic problem; it is the one looked
    for where |g_w| = r s. |g_w| − r s changes its sign once, because the dual is convex in s, too;
    while no weight becomes 0 its zero is known exactly.

    Parameters
    ----------
    gram : array, shape (loss, loss)
        Dot products of the gradients, the largest of norm 1.
    means : array, shape (loss,)
        gₖ · g₀.
    radius : float
        r = c |g₀|, above 0.
    """
    low, high = 0.0, 1 / radius
    scale, known = high / 2, np.empty(0, np.intp)
    while True:
        weights = simplex_minimum(gram, scale * means)
        length, support = _norm(gram, weights), np.flatnonzero(weights)
        if np.array_equal(support, known) or not low < scale < high:
            return weights
        known = support
        if length > radius * scale:
            low = scale
        else:
            high = scale
        scale = _on_face(gram, means, radius, support)
        if not low < scale < high:
            scale, known = (low + high) / 2, known[:0]


def _on_face(gram: Matrix, means: Vector, radius: float, support: Indices) -> float:
    """Return the s at which |g_w| = r s if w stays on the face that the support spans; NaN if none.

    There w is a + s b, where a minimises |g_w| on the face, so that g_a · g_b = 0.
    """
    face = gram[np.ix_(support, support)]
    a = stationary(face, np.zeros(len(support)))
    b = stationary(face, means[support]) - a
    return float(np.sqrt((a @ face @ a) / (radius**2 - b @ face @ b)))


METHOD = Method(
    name="cagrad",
    title="CAGrad",
    citation="Liu, Liu, Jin, Stone, Liu 2021 (NeurIPS), arXiv 2110.14048",
    meaning="Within a ball around the mean gradient, takes the direction in which the loss that "
    "falls least falls most.",
    scale="g₀ = Σ λₖ gₖ / K and |d − g₀| = c |g₀|, as in the article; its code divides d by 1 + c, "
    "LibMTL by 1 + c². Where no direction lowers all losses, d can be 0.",
    kind="direction",
    rule=of_gradients(_weights),
    order=70,
    mends_the_sum=True,
    parameters=(
        Number(
            name="c",
            title="c",
            meaning="The radius of the ball, relative to the norm of the mean gradient; 0 is the "
            "mean itself.",
            default=0.5,
            low=0.0,
            high=0.99,
        ),
    ),
)
