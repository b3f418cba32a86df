"""A loss's partial derivatives in every voxel of a part of the volume, and their norm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from lossexplorer.engine import summing
from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.engine.simulation import Box, Presented, predicted
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import SUM_NAMES, Partials, Sums, logit_terms, sum_partials
from lossexplorer.predictions import Recipe

Tensor = Any


def loss_partials(
    evaluated: Evaluated, sample: int, g: Tensor, p: Tensor, log_p: Tensor
) -> Partials:
    """Return ∂L/∂p and ∂L/∂log p of a loss of sums.

    Parameters
    ----------
    evaluated : Evaluated
        With slopes.
    sample : int
        Which of the batch's samples the fields are of.
    g, p, log_p : tensor, shape (class, …)
        Truth, probabilities and their logarithms.
    """
    assert evaluated.slopes is not None
    slopes = evaluated.slopes.map(lambda table: backend.to_device(table[sample]))
    part = summing.mapped(evaluated.setting)
    return _partials(part, _numbers(part), slopes, g, p, log_p)


def _numbers(part: summing.Mapped | None) -> list[Tensor]:
    return [backend.to_device(np.float32(value)) for value in (part.values if part else ())]


def _partials(
    part: summing.Mapped | None,
    numbers: list[Tensor],
    slopes: Sums,
    g: Tensor,
    p: Tensor,
    log_p: Tensor,
) -> Partials:
    """Add to what the class sums give what the loss's own maps do, differentiated."""
    partials = sum_partials(slopes, g, p)
    if part is None:
        return partials
    for name, slope in slopes.own.items():
        partials = partials + _map_partials(part, numbers, name, slope, (g, p, log_p))
    return partials


def _map_partials(
    part: summing.Mapped,
    numbers: list[Tensor],
    name: str,
    slope: Tensor,
    fields: tuple[Tensor, Tensor, Tensor],
) -> Partials:
    g, p, log_p = fields
    factor = ops.reshape(ops.cast(slope, p.dtype), [-1] + [1] * (len(p.shape) - 1))

    def weighted(inputs: list[Tensor]) -> tuple[Tensor, None]:
        maps = part.maps(g[None], inputs[0][None], inputs[1][None], numbers)
        return ops.sum(maps[name][0] * factor), None

    _, found = backend.eager_slopes(weighted, [p, log_p])
    # What the loss leaves out must not make 0 · ∞ of it.
    return Partials(*found).map(lambda field: ops.where(factor != 0, field, ops.zeros_like(field)))


def squared_norm(partials: Partials, p: Tensor, row: int) -> Tensor:
    """Return Σ (∂L/∂logit)² over all voxels and classes.

    Parameters
    ----------
    partials : Partials
        Of shape (class, voxels).
    p : tensor, shape (class, voxels)
        Probabilities.
    row : int
        See `lossexplorer.engine.summing.sum_over_voxels`.
    """
    weighted = logit_terms(partials, p)
    gradient = weighted - p * ops.sum(weighted, axis=0, keepdims=True)
    return ops.sum(summing.sum_over_voxels(gradient * gradient, row))


Tables = Mapping[str, Tensor]


@cache
def _norms(chosen: Recipe, row: int, wanted: tuple[Any, ...]) -> Any:
    """Compile the squared norms of a slab for a set of losses of sums."""
    parts = [each and summing.Mapped(*each) for each in wanted]

    def norms(
        voxels: dict[str, Any],
        values: Any,
        numbers: list[list[Tensor]],
        slopes: list[tuple[Tables, Tables]],
    ) -> list[Tensor]:
        g, p, log_p = predicted(chosen, values, voxels)
        return [
            squared_norm(
                _partials(part, settings, Sums(**standard).with_own(own), g, p, log_p), p, row
            )
            for part, settings, (standard, own) in zip(parts, numbers, slopes, strict=True)
        ]

    return backend.compiled(norms)


def slab_norms(
    presented: Presented, slab: Box, sample: int, losses: Sequence[Evaluated]
) -> list[float]:
    """Return Σ (∂L/∂logit)² of a slab for each loss of sums.

    Parameters
    ----------
    presented, slab
        As in `lossexplorer.engine.summing.slab_sums`.
    sample : int
        Which of the batch's samples it is.
    losses : sequence of Evaluated
        With slopes.
    """
    parts = [summing.mapped(each.setting) for each in losses]
    wanted = tuple((m.loss, m.options, m.numbers) if m else None for m in parts)
    slopes = [
        (
            {name: backend.to_device(getattr(each.slopes, name)[sample]) for name in SUM_NAMES},
            {name: backend.to_device(table[sample]) for name, table in each.slopes.own.items()},
        )
        for each in losses
        if each.slopes is not None
    ]
    numbers = [_numbers(part) for part in parts]
    norms = _norms(presented.recipe, presented.shape[2], wanted)
    found = norms(presented.voxels(slab, flat=True), presented.values, numbers, slopes)
    return [float(norm) for norm in found]
