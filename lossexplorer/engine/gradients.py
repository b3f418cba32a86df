"""A loss's partial derivatives in every voxel of a part of the volume, and their norm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine import summing
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.chunks import in_chunks
from lossexplorer.engine.messages import FieldRequest
from lossexplorer.engine.presented import Presented, predicted
from lossexplorer.engine.rows import Indices
from lossexplorer.engine.values import Evaluated, Options
from lossexplorer.losses import (
    SUM_NAMES,
    Partials,
    Sums,
    WithRespectTo,
    gradient_field,
    logit_terms,
    sum_partials,
)
from lossexplorer.predictions import Recipe

Tensor = Any

# Voxels of a slice: smaller ones are painted as if they had as many, for what is compiled stays.
_LEAST = 2**14


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


def squared_norm(partials: Partials, p: Tensor) -> Tensor:
    """Return Σ (∂L/∂logit)² over the classes and the last axis.

    Parameters
    ----------
    partials : Partials
        Of shape (class, …, voxel).
    p : tensor, shape (class, …, voxel)
        Probabilities.
    """
    weighted = logit_terms(partials, p)
    gradient = weighted - p * ops.sum(weighted, axis=0, keepdims=True)
    return ops.sum(gradient * gradient, axis=(0, -1))


Tables = Mapping[str, Tensor]
Wanted = tuple[tuple[str, Options, tuple[str, ...]] | None, ...]


class Given:
    """What compiled functions take of losses of sums of one sample: tensors.

    Parameters
    ----------
    losses : sequence of Evaluated
        With slopes.
    sample : int
        Which of the batch's samples it is.

    Attributes
    ----------
    wanted : tuple
        What functions are compiled for: each loss's own maps, None if it has none.
    numbers : list of list of tensor
        The parameters of the maps.
    slopes : list of (mapping, mapping)
        In the standard sums, and in those of the loss's own maps.
    """

    def __init__(self, losses: Sequence[Evaluated], sample: int) -> None:
        parts = [summing.mapped(each.setting) for each in losses]
        self.wanted: Wanted = tuple((m.loss, m.options, m.numbers) if m else None for m in parts)
        self.numbers = [part.tensors() if part else [] for part in parts]
        self.slopes = [
            (
                {name: backend.to_device(getattr(each.slopes, name)[sample]) for name in SUM_NAMES},
                {name: backend.to_device(table[sample]) for name, table in each.slopes.own.items()},
            )
            for each in losses
            if each.slopes is not None
        ]


def all_partials(
    wanted: Wanted,
    numbers: list[list[Tensor]],
    slopes: list[tuple[Tables, Tables]],
    fields: tuple[Tensor, Tensor, Tensor],
) -> list[Partials]:
    """Return ∂L/∂p and ∂L/∂log p of each loss.

    Parameters
    ----------
    wanted, numbers, slopes
        As in `Given`.
    fields : tuple of tensor, shape (class, …)
        Truth, probabilities and their logarithms.
    """
    parts = [each and summing.Mapped(*each) for each in wanted]
    return [
        _partials(part, settings, Sums(**standard).with_own(own), *fields)
        for part, settings, (standard, own) in zip(parts, numbers, slopes, strict=True)
    ]


@cache
def _norms(chosen: Recipe, wanted: Wanted) -> Any:
    """Compile the squared norms of rows for a set of losses of sums."""

    def norms(
        voxels: dict[str, Any], counted: Tables, values: Any, numbers: Any, slopes: Any
    ) -> Tensor:
        def of_rows(rows: dict[str, Any], weights: Tensor) -> Tensor:
            fields = predicted(chosen, values, rows)
            found = all_partials(wanted, numbers, slopes, fields)
            return ops.stack(
                [summing.weighted_sum(squared_norm(each, fields[1]), weights) for each in found]
            )

        return in_chunks(voxels, counted, of_rows)

    return backend.compiled(norms)


def sample_norms(
    presented: Presented, sample: int, losses: Sequence[Evaluated]
) -> NDArray[np.float64]:
    """Return Σ (∂L/∂logit)² over a sample for each loss of sums.

    Parameters
    ----------
    presented : Presented
        The sample.
    sample : int
        Which of the batch's it is.
    losses : sequence of Evaluated
        With slopes.
    """
    given = Given(losses, sample)
    norms = _norms(presented.recipe, given.wanted)
    total: NDArray[np.float64] = backend.to_numpy(
        norms(
            presented.everywhere(),
            presented.counted.tensors,
            presented.values,
            given.numbers,
            given.slopes,
        )
    )
    return total


@cache
def _slice(chosen: Recipe, wanted: Wanted, wrt: WithRespectTo) -> Any:
    """Compile what is painted of a slice."""

    def painted(
        voxels: dict[str, Any],
        values: Any,
        numbers: Any,
        slopes: Any,
        factors: list[Tensor],
        others: list[Tensor],
        class_index: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        fields = predicted(chosen, values, voxels)
        p = fields[1]
        sought = Partials(*others) if others else Partials(ops.zeros_like(p), ops.zeros_like(p))
        found = all_partials(wanted, numbers, slopes, fields)
        for each, factor in zip(found, factors, strict=True):
            sought = sought + each * factor
        return (
            ops.take(p, class_index, axis=0),
            ops.argmax(p, axis=0),
            gradient_field(sought, p, class_index, wrt),
        )

    return backend.compiled(painted)


def paint(
    presented: Presented,
    voxels: Indices,
    request: FieldRequest,
    losses: Sequence[tuple[Evaluated, float]],
    others: Partials | None,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return probability, decided class and gradient of a slice.

    Parameters
    ----------
    presented : Presented
        The sample.
    voxels : array of int
        The slice's voxels, numbered in memory order, of any shape.
    request : FieldRequest
        What is to be painted.
    losses : sequence of (Evaluated, float)
        Losses of sums with slopes, and their factors.
    others : Partials or None
        What other losses add, NumPy arrays (class, …).
    """
    given = Given([each for each, _ in losses], request.sample)
    function = _slice(presented.recipe, given.wanted, request.wrt)
    count, flat = voxels.size, _padded(voxels.reshape(-1))
    more = len(flat) - count
    added = (
        []
        if others is None
        else [
            backend.to_device(np.pad(f.reshape(len(f), -1), ((0, 0), (0, more))))
            for f in (others.p, others.log_p)
        ]
    )
    found = function(
        presented.at(flat),
        presented.values,
        given.numbers,
        given.slopes,
        [backend.to_device(np.float32(factor)) for _, factor in losses],
        added,
        backend.to_device(np.int32(request.class_index)),
    )
    probability, decided, gradient = (
        backend.to_numpy(field)[:count].reshape(voxels.shape) for field in found
    )
    return probability, decided, gradient


def two_values(
    request: FieldRequest, losses: Sequence[tuple[Evaluated, float]]
) -> tuple[float, float] | None:
    """Return the gradient outside and inside a class's truth, if there it is but one number each.

    With respect to probabilities that is what the slopes in Σ p and Σ p g make.

    Parameters
    ----------
    request : FieldRequest
        What is to be painted.
    losses : sequence of (Evaluated, float)
        All losses that take part, and their factors.
    """
    at = request.sample, request.class_index
    outside = inside = 0.0
    for each, factor in losses:
        slopes = each.slopes
        if slopes is None or slopes.own or slopes.squared_prediction[at]:
            return None
        outside += factor * float(slopes.prediction[at])
        inside += factor * float(slopes.intersection[at])
    found = outside, outside + inside
    return found if request.wrt == "probability" and np.isfinite(found).all() else None


def of_two(inside: NDArray[np.bool_], values: tuple[float, float]) -> NDArray[np.float32]:
    """Return a field that has the second of two values where it is inside, else the first."""
    # In integers, exactly, at the speed of a copy; np.where takes ten times as long.
    outside, other = np.array(values, np.float32).view(np.uint32)
    field = np.multiply(inside, outside ^ other, dtype=np.uint32)
    field ^= outside
    found: NDArray[np.float32] = field.view(np.float32)
    return found


def _padded(voxels: Indices) -> Indices:
    """Return voxels with the last one repeated up to one of few lengths: each is compiled once."""
    unit = max(_LEAST, 2 ** (int(voxels.size - 1).bit_length() - 3))
    return np.pad(voxels, (0, -voxels.size % unit), mode="edge")
