"""One movement of all logits of a sample: the gradient of the losses followed, and the update."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.descent.logits import SOFTMAX, with_logits
from lossexplorer.engine.descent.optimizers import OPTIMIZERS
from lossexplorer.engine.gradients import LossTensors, all_partials
from lossexplorer.engine.messages import Descent
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Field
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials, logit_terms

Tensor = Any
Followed = Sequence[tuple[Evaluated, float]]


@dataclass(frozen=True)
class Slopes:
    """What the gradient in a sample's logits is made of.

    Attributes
    ----------
    of_sums : LossTensors
        The slopes of losses of class sums and of voxels, weighted and added up.
    of_fields : list of tensor, shape (class, row, ROW)
        ∂L/∂p and ∂L/∂log p of the losses of the whole field; empty if none is followed.
    """

    of_sums: LossTensors
    of_fields: list[Tensor]


def slopes(plan: Plan, sample: int, of_sums: Followed, others: Partials | None) -> Slopes:
    """Return the slopes in a sample.

    Parameters
    ----------
    plan : Plan
        The sample.
    sample : int
        Its index in the batch.
    of_sums : sequence of (Evaluated, float)
        Losses with slopes, and their factors.
    others : Partials or None
        The weighted partial derivatives of the other losses, NumPy arrays (class, z, y, x).
    """
    row_layout = plan.row_layout
    packed = LossTensors.total(of_sums, sample, row_layout.classes)
    if others is None:
        return Slopes(packed, [])
    nothing = np.zeros((row_layout.classes, row_layout.classes))
    rows = [
        Field(row_layout, field, row_layout.classes, np.float32, nothing).rows
        for field in (others.p, others.log_p)
    ]
    return Slopes(packed, rows)


def gradient(
    voxels: dict[str, Any], values: Any, packed: tuple[Any, tuple[Tensor, Tensor]], others: Any
) -> Tensor:
    """Return ∂L/∂z of every logit, p ∂L/∂p − p Σ p ∂L/∂p, with the shape of the basis.

    Parameters
    ----------
    voxels : dict
        What `Plan.everywhere` returned, of a plan of logits.
    values : mapping
        The plan's values.
    packed : tuple
        The terms and the tensors of a `LossTensors`.
    others : list of tensor
        As `Slopes.of_fields`.
    """
    terms, tensors = packed
    fields = predicted(SOFTMAX, values, voxels)
    sought = [*all_partials(terms, tensors, fields), *([Partials(*others)] if others else [])]
    weighted = logit_terms(reduce(operator.add, sought), fields[1])
    found = weighted - fields[1] * ops.sum(weighted, axis=0, keepdims=True)
    return where_counted(voxels, found)


@cached(MOST_COMPILED)
def _movement(optimizer: str, terms: Any) -> Any:
    """Compile a movement, for an optimizer and the sums that the losses have slopes in."""
    update = OPTIMIZERS[optimizer].update

    def moved(
        voxels: dict[str, Any],
        row_weights: Tensor,
        values: Any,
        tensors: tuple[Tensor, Tensor],
        others: list[Tensor],
        memory: list[Tensor],
        numbers: list[Tensor],
    ) -> tuple[Tensor, list[Tensor], Tensor]:
        *of_update, voxel_count = numbers
        z = voxels["basis"]
        found = gradient(voxels, values, (terms, tensors), others) * ops.cast(voxel_count, z.dtype)
        count = row_weights.shape[0]  # the rows behind are copies
        counts = ops.reshape(row_weights != 0, (1, -1, 1))
        sizes = ops.where(counts, ops.abs(found[:, :count]), ops.zeros_like(found[:, :count]))
        return (*update(z, found, memory, of_update), ops.max(sizes))

    return compiled(moved)


def moved(
    plan: Plan, of: Slopes, memory: list[Tensor], descent: Descent, number: int, voxels: int
) -> tuple[Plan, list[Tensor], float]:
    """Return a sample's plan after a step, what the optimizer keeps, and the largest gradient.

    The last is the largest magnitude of ∂L/∂z over the logits, times the number of voxels.

    Parameters
    ----------
    plan : Plan
        A plan of logits.
    of : Slopes
        The slopes there.
    memory : list of tensor
        What the optimizer kept of the step before; empty before the first.
    descent : Descent
        Optimizer, rate and momentum.
    number : int
        The step's number, from 1.
    voxels : int
        The number that gradients are multiplied by.
    """
    numbers = [np.float64(each) for each in (descent.rate, descent.momentum, number, voxels)]
    rows, kept, largest = _movement(descent.optimizer, of.of_sums.terms)(
        plan.everywhere(),
        plan.counted.tensors["row_weights"],
        plan.values,
        of.of_sums.tensors,
        of.of_fields,
        memory or _nothing_yet(plan, descent),
        [backend.to_device(each) for each in numbers],
    )
    return with_logits(plan, rows), list(kept), float(backend.to_numpy(largest))


def _nothing_yet(plan: Plan, descent: Descent) -> list[Tensor]:
    zeros: NDArray[np.float32] = np.zeros(plan.basis.rows.shape, np.float32)
    return [backend.to_device(zeros) for _ in range(OPTIMIZERS[descent.optimizer].memories)]
