"""The smallest value of a quadratic function over the weights that are ≥ 0 and add up to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_EPSILON = float(np.finfo(np.float64).eps)


def simplex_minimum(quadratic: Matrix, linear: Vector | None = None) -> Vector:
    """Return the w ≥ 0 with Σ w = 1 that minimises ½ wᵀ Q w + lᵀ w.

    With the Gram matrix as Q and without l, Σ wₖ gₖ is the shortest vector in the convex hull of
    the gradients. Where several w are best, as with equal gradients, one of them.

    Parameters
    ----------
    quadratic : array, shape (loss, loss)
        Q, positive semidefinite and finite.
    linear : array, shape (loss,), optional
        l; 0 if not given.

    Notes
    -----
    A primal active set method (Nocedal and Wright 2006, *Numerical Optimization*, algorithm 16.3):
    exact after finitely many steps, each a system of at most K + 1 equations.

    Examples
    --------
    >>> simplex_minimum(np.array([[18.0, -22.0], [-22.0, 38.0]])).round(6).tolist()
    [0.6, 0.4]
    """
    count = len(quadratic)
    scale = float(np.abs(quadratic.diagonal()).max(initial=0.0)) or 1.0
    q = quadratic / scale
    l_ = np.zeros(count) if linear is None else linear / scale
    weights = np.zeros(count)
    support = [int(np.argmin(q.diagonal() / 2 + l_))]
    weights[support] = 1.0
    for _ in range(8 * count * count):
        weights, support = _descended(q, l_, weights, support)
        slopes = q @ weights + l_
        noise = 8 * _EPSILON * (np.abs(q) @ weights + np.abs(l_))
        gains = slopes - slopes @ weights + noise + noise @ weights
        gains[support] = 0.0
        enters = int(np.argmin(gains))
        if gains[enters] >= 0:
            break
        support.append(enters)
    return weights


def _descended(
    q: Matrix, l_: Vector, weights: Vector, support: list[int]
) -> tuple[Vector, list[int]]:
    """Return the minimum over the face that the support spans, or over one of its faces."""
    while True:
        target = np.zeros_like(weights)
        target[support] = stationary(q[np.ix_(support, support)], l_[support])
        leaving = [k for k in support if target[k] <= 0]
        if not leaving:
            return target, support
        # As far towards the target as all weights stay ≥ 0; the one that becomes 0 leaves.
        reach = {k: weights[k] / (weights[k] - target[k]) if weights[k] else 0.0 for k in leaving}
        first = min(leaving, key=reach.__getitem__)
        weights = weights + reach[first] * (target - weights)
        weights[first] = 0.0
        support = [k for k in support if k != first]


def stationary(q: Matrix, l_: Vector) -> Vector:
    """Return the w with Σ w = 1 where the gradient Q w + l is the same in every component.

    Parameters
    ----------
    q : array, shape (loss, loss)
        Q.
    l_ : array, shape (loss,)
        l.
    """
    count = len(l_)
    if count == 1:
        return np.ones(1)
    system = np.ones((count + 1, count + 1))
    system[:count, :count], system[count, count] = q, 0.0
    right = np.append(-l_, 1.0)
    try:
        solution: Vector = np.linalg.solve(system, right)
    except np.linalg.LinAlgError:
        solution = np.linalg.lstsq(system, right)[0]
    return solution[:count]
