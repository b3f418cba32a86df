"""IMTL-G: the direction with the same projection on the unit vector of every gradient."""

from __future__ import annotations

import numpy as np

from lossexplorer.learning.methods._method import Method, MethodInput, Vector, of_gradients

_RESIDUAL = 1e-6
"""How far from equal the projections may be before there is no such direction."""


def _weights(seen: MethodInput) -> Vector:
    norms = seen.norms
    return _equal(seen.gram / np.outer(norms, norms), norms.min() / norms)


def _equal(cosines: Vector, inverse: Vector) -> Vector:
    """Return the w with Σ w = 1 for which C (w n) is the same number in every component.

    Parameters
    ----------
    cosines : array, shape (loss, loss)
        C, the cosines between the gradients.
    inverse : array, shape (loss,)
        Inverse norms 1/n, the largest 1.
    """
    count = len(inverse)
    system = np.zeros((count + 1, count + 1))
    system[:count, :count], system[:count, count], system[count, :count] = cosines, -1.0, inverse
    right = np.append(np.zeros(count), 1.0)  # Σ w = 1
    solution: Vector = np.linalg.lstsq(system, right, rcond=1e-13)[0]
    if np.abs(system @ solution - right).max() > _RESIDUAL:
        return np.zeros(count)
    return solution[:count] * inverse


METHOD = Method(
    name="imtl_g",
    title="IMTL-G",
    citation="Liu, Li, Kuang, Xue, Chen, Yang, Liao, Zhang 2021 (ICLR)",
    meaning="Takes the direction whose projection on the unit vector of every gradient is the "
    "same, so no loss is favoured for its scale.",
    scale="Σ w = 1; with three losses or more a weight can be negative.",
    kind="direction",
    rule=of_gradients(_weights),
    order=80,
)
