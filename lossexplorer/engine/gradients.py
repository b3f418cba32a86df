"""A loss's partial derivatives in every voxel of a part of the volume, and their norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossexplorer.engine import summing
from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials, Sums, logit_terms, sum_partials

Tensor = Any


def loss_partials(evaluated: Evaluated, g: Tensor, p: Tensor, log_p: Tensor) -> Partials:
    """Return ∂L/∂p and ∂L/∂log p of a loss of sums.

    Parameters
    ----------
    evaluated : Evaluated
        With slopes.
    g, p, log_p : tensor, shape (class, …)
        Truth, probabilities and their logarithms.
    """
    assert evaluated.slopes is not None
    slopes = evaluated.slopes.map(lambda table: table[0])
    partials = sum_partials(slopes, g, p)
    part = summing.mapped(evaluated.setting)
    return partials if part is None else partials + _map_partials(part, slopes, g, p, log_p)


def _map_partials(
    part: summing.Mapped, slopes: Sums, g: Tensor, p: Tensor, log_p: Tensor
) -> Partials:
    """Return what each voxel gives the sums of a loss's own maps, by automatic differentiation."""
    numbers = [backend.to_device(np.float32(value)) for value in part.values]
    column = [1, -1] + [1] * (len(p.shape) - 1)

    def weighted(inputs: list[Tensor]) -> tuple[Tensor, None]:
        maps = part.maps(g[None], inputs[0][None], inputs[1][None], numbers)
        # A map whose sum the loss does not depend on must not make 0 · ∞ of it.
        parts = [
            field * ops.reshape(ops.cast(slopes.own[name], field.dtype), column)
            for name, field in maps.items()
            if np.any(slopes.own[name])
        ]
        return ops.sum(sum(parts, start=ops.zeros_like(p[None]))), None

    _, found = backend.eager_slopes(weighted, [p, log_p])
    return Partials(*found)


def squared_norm(partials: Partials, p: Tensor) -> float:
    """Return Σ (∂L/∂logit)² over all voxels and classes.

    Parameters
    ----------
    partials : Partials
        Of shape (class, z, y, x).
    p : tensor, shape (class, z, y, x)
        Probabilities.
    """
    weighted = logit_terms(partials, p)
    gradient = weighted - p * ops.sum(weighted, axis=0, keepdims=True)
    flat = ops.reshape(gradient * gradient, (p.shape[0], -1))
    return float(ops.sum(summing.sum_over_voxels(flat, int(p.shape[-1]))))
