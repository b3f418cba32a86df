"""Nash-MTL: the losses bargain for a direction."""

from __future__ import annotations

import math

import numpy as np

from lossexplorer.learning.methods._method import Matrix, Method, MethodInput, Vector, of_gradients

_STATIONARY = 1e6
"""Σ w‖g‖ / √K above which no direction lowers all losses: |Σ w g| is below 1e-6 of it."""


def _weights(seen: MethodInput) -> Vector:
    norms = seen.norms
    return _bargained(seen.gram / np.outer(norms, norms)) / norms


def _bargained(cosines: Matrix) -> Vector:
    """Return the b > 0 with C b = 1/b, or 0 if there is none.

    It minimises ½ bᵀ C b − Σ ln b, which is convex and self-concordant, so Newton's method with
    the damping 1/(1 + decrement) arrives from anywhere (Boyd and Vandenberghe 2004, section 9.6).

    Parameters
    ----------
    cosines : array, shape (loss, loss)
        C, the cosines between the gradients.
    """
    count = len(cosines)
    b = np.full(count, 1 / math.sqrt(count))
    for _ in range(500):
        slopes = cosines @ b - 1 / b
        if np.abs(slopes * b).max() < 1e-13:
            break
        step = -np.linalg.solve(cosines + np.diag(1 / b**2), slopes)
        decrement = math.sqrt(max(-float(slopes @ step), 0.0))
        b = b + step / (1 + decrement if decrement > 0.25 else 1.0)
        if b.sum() > _STATIONARY * math.sqrt(count):
            return np.zeros(count)
    return b


METHOD = Method(
    name="nash_mtl",
    title="Nash-MTL",
    citation="Navon, Shamsian, Achituve, Maron, Kawaguchi, Chechik, Fetaya 2022 (ICML), "
    "arXiv 2202.01017",
    meaning="Takes the direction that the losses would agree on in Nash's bargaining game: it "
    "maximises Σ ln(d · gₖ), so no loss rises and none is favoured for its scale.",
    scale="G w = 1/w, so |d| = √K; the article's code then clips |d| to 1. "
    "Where no direction lowers all losses, d = 0.",
    kind="direction",
    rule=of_gradients(_weights),
    order=90,
)
