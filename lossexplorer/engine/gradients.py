"""A loss's partial derivatives in every voxel of a region, and the norm of its gradient."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.messages import MapRequest
from lossexplorer.engine.step import summing
from lossexplorer.engine.step.chunks import Passes, computed_once, in_chunks
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import (
    SUM_NAMES,
    Partials,
    Sums,
    logit_terms,
    sum_partials,
)
from lossexplorer.predictions import Recipe

Tensor = Any


@dataclass(frozen=True)
class Term:
    """Which sums a loss has slopes in; a function is compiled for it.

    Attributes
    ----------
    standard : bool
        Whether the standard sums are among them.
    mapped : Mapped or None
        The loss's own maps, without the values of their parameters.
    own : tuple of str
        The names of the sums of these maps.
    """

    standard: bool
    mapped: summing.Mapped | None
    own: tuple[str, ...]


class LossTensors:
    """The slopes and parameters of losses of sums, for one sample, as compiled functions take them.

    They are packed into two tensors, because passing a tensor to a compiled function takes time.

    Parameters
    ----------
    terms : tuple of Term
        The sums that the slopes belong to.
    slopes : list of array, shape (class,)
        One array for each sum, in the order of the terms.
    numbers : list of float
        The parameters of the terms' maps.

    Attributes
    ----------
    terms : tuple of Term
        What functions are compiled for.
    tensors : tuple of tensor
        Slopes, shape (sum, class), and numbers.
    """

    def __init__(
        self, terms: tuple[Term, ...], slopes: list[NDArray[Any]], numbers: list[float]
    ) -> None:
        self.terms = terms
        self.tensors = (
            backend.to_device(np.array(slopes)),  # of no loss, too
            backend.to_device(np.array(numbers, np.float32)),
        )

    @classmethod
    def each(cls, losses: Sequence[Evaluated], sample: int) -> LossTensors:
        """Return the slopes of several losses, one term per loss.

        Parameters
        ----------
        losses : sequence of Evaluated
            Losses with slopes.
        sample : int
            The index of the sample in the batch.
        """
        terms: list[Term] = []
        slopes: list[NDArray[Any]] = []
        numbers: list[float] = []
        for each in losses:
            assert each.slopes is not None
            mapped = summing.mapped_of(each.setting)
            terms.append(Term(True, _bare(mapped), tuple(each.slopes.own)))
            slopes += [*_standard(each.slopes, sample), *_own(each.slopes, sample)]
            numbers += mapped.values if mapped else ()
        return cls(tuple(terms), slopes, numbers)

    @classmethod
    def total(
        cls, losses: Sequence[tuple[Evaluated, float]], sample: int, classes: int
    ) -> LossTensors:
        """Return the slopes of a weighted sum of losses; slopes in the same sum are added.

        Parameters
        ----------
        losses : sequence of (Evaluated, float)
            Losses with slopes, and their factors.
        sample : int
            The index of the sample in the batch.
        classes : int
            The number of classes.
        """
        terms = [Term(True, None, ())]
        total = np.zeros((len(SUM_NAMES), classes))
        owns: list[NDArray[Any]] = []
        numbers: list[float] = []
        for each, factor in losses:
            assert each.slopes is not None
            total += factor * np.stack(_standard(each.slopes, sample))
            mapped = summing.mapped_of(each.setting)
            if mapped is not None:
                terms.append(Term(False, _bare(mapped), tuple(each.slopes.own)))
                owns += [factor * table for table in _own(each.slopes, sample)]
                numbers += mapped.values
        return cls(tuple(terms), [*total, *owns], numbers)


def _bare(mapped: summing.Mapped | None) -> summing.Mapped | None:
    return mapped and replace(mapped, values=())


def _standard(slopes: Sums, sample: int) -> list[NDArray[Any]]:
    return [getattr(slopes, name)[sample] for name in SUM_NAMES]


def _own(slopes: Sums, sample: int) -> list[NDArray[Any]]:
    return [table[sample] for table in slopes.own.values()]


def all_partials(
    terms: tuple[Term, ...], tensors: tuple[Tensor, Tensor], fields: tuple[Tensor, Tensor, Tensor]
) -> list[Partials]:
    """Return ∂L/∂p and ∂L/∂log p of each term.

    Parameters
    ----------
    terms, tensors
        As in `LossTensors`.
    fields : tuple of tensor, shape (class, …)
        Truth, probabilities and their logarithms.
    """
    slopes, numbers = tensors
    g, p, _ = fields
    found, row, place = [], 0, 0
    for term in terms:
        partials = []
        if term.standard:
            named = {name: slopes[row + k] for k, name in enumerate(SUM_NAMES)}
            partials.append(sum_partials(Sums(**named), g, p))
            row += len(SUM_NAMES)
        if term.mapped is not None:
            count = len(term.mapped.numbers)
            chosen = [numbers[place + k] for k in range(count)]
            place += count
            for k, name in enumerate(term.own):
                partials.append(_map_partials(term.mapped, chosen, name, slopes[row + k], fields))
            row += len(term.own)
        found.append(reduce(operator.add, partials))
    return found


def _map_partials(
    mapped: summing.Mapped,
    numbers: list[Tensor],
    name: str,
    slope: Tensor,
    fields: tuple[Tensor, Tensor, Tensor],
) -> Partials:
    """Return the partial derivatives of the sum of one of a loss's own maps, times its slope."""
    g, p, log_p = fields
    factor = ops.reshape(ops.cast(slope, p.dtype), [-1] + [1] * (len(p.shape) - 1))

    def weighted(inputs: list[Tensor]) -> tuple[Tensor, None]:
        maps = mapped.maps(g[None], inputs[0][None], inputs[1][None], numbers)
        return ops.sum(maps[name][0] * factor), None

    _, found = backend.eager_slopes(weighted, [p, log_p])
    # A class that the loss leaves out has slope 0, which must not become 0 · ∞ = NaN.
    return Partials(*found).map(lambda field: ops.where(factor != 0, field, ops.zeros_like(field)))


def squared_norm(partials: Partials, p: Tensor) -> Tensor:
    """Return Σ (∂L/∂logit)² over the classes, in every voxel.

    Parameters
    ----------
    partials : Partials
        Tensors of shape (class, …).
    p : tensor, shape (class, …)
        Probabilities.
    """
    weighted = logit_terms(partials, p)
    gradient = weighted - p * ops.sum(weighted, axis=0, keepdims=True)
    return ops.sum(gradient * gradient, axis=0)


@cached(MOST_COMPILED)
def _norms(chosen: Recipe, terms: tuple[Term, ...]) -> Any:
    """Compile the squared gradient norms over rows, for a set of losses of sums."""

    def norms(
        voxels: dict[str, Any], counted: Any, values: Any, tensors: tuple[Tensor, Tensor]
    ) -> Tensor:
        def squares(rows: dict[str, Any]) -> Passes:
            fields = predicted(chosen, values, rows, computed_once(counted))
            found = all_partials(terms, tensors, fields)
            squared = [squared_norm(each, fields[1])[None] for each in found]
            return [[where_counted(rows, each)] for each in squared]

        return in_chunks(voxels, counted, squares, (len(terms), 1))[:, 0]

    return compiled(norms)


def sample_norms(plan: Plan, sample: int, losses: Sequence[Evaluated]) -> NDArray[np.float64]:
    """Return Σ (∂L/∂logit)² over a sample for each loss of sums.

    Parameters
    ----------
    plan : Plan
        The sample.
    sample : int
        The index of the sample in the batch.
    losses : sequence of Evaluated
        Losses with slopes.
    """
    packed = LossTensors.each(losses, sample)
    norms = _norms(plan.recipe, packed.terms)
    total: NDArray[np.float64] = backend.to_numpy(
        norms(plan.everywhere(), plan.counted.tensors, plan.values, packed.tensors)
    )
    return total


def two_values(
    request: MapRequest, losses: Sequence[tuple[Evaluated, float]]
) -> tuple[float, float] | None:
    """Return the gradient outside and inside a class's truth; None if it is not constant there.

    It is constant if it is taken with respect to probabilities and the losses have slopes in Σ p
    and Σ p g alone.

    Parameters
    ----------
    request : MapRequest
        What is to be painted.
    losses : sequence of (Evaluated, float)
        All losses that contribute to the gradient, and their factors.
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


def field_of_two_values(
    inside: NDArray[np.bool_], values: tuple[float, float]
) -> NDArray[np.float32]:
    """Return a field with the second of two values where `inside` is true, else with the first."""
    # Integer operations on the bits are exact and as fast as a copy; np.where takes ten times as
    # long.
    outside, other = np.array(values, np.float32).view(np.uint32)
    field = np.multiply(inside, outside ^ other, dtype=np.uint32)
    field ^= outside
    found: NDArray[np.float32] = field.view(np.float32)
    return found
