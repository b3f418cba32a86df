"""A class in every voxel of a sample: its probability, the decision, and each loss's gradient.

One pass over the rows of the step serves all losses of class sums, however many classes there are.
Rows whose prediction is certain have the values of their class's representative, as in sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.gradients import LossTensors, Term, all_partials
from lossexplorer.engine.messages import MapRequest
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.slice_fields import PaintedClass, SliceFields
from lossexplorer.engine.step.chunks import computed_once, fields_in_chunks
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials, WithRespectTo, gradient_field
from lossexplorer.predictions import Recipe

Tensor = Any
Array = NDArray[np.float32]


@dataclass(frozen=True)
class VolumeFields:
    """What a class has in every voxel of a plan, its added planes included.

    Attributes
    ----------
    probability : array of float32, shape (z, y, x)
        That of the class.
    decided : array of bool, shape (z, y, x)
        Where the class is the most probable one.
    gradients : mapping of str to array of float32, shape (z, y, x)
        Each loss's by its name; 0 in voxels that count nowhere.
    """

    probability: Array
    decided: NDArray[np.bool_]
    gradients: dict[str, Array]


@cached(MOST_COMPILED)
def _fields(
    chosen: Recipe, terms: tuple[Term, ...], wrt: WithRespectTo, against: int | None
) -> Any:
    """Compile the fields of a class in rows: probability, most probable class, and gradients."""

    def fields(
        voxels: dict[str, Any],
        counted: dict[str, Tensor],
        values: Any,
        tensors: tuple[Tensor, Tensor],
        class_index: Tensor,
    ) -> Tensor:
        def of_rows(rows: dict[str, Any]) -> list[Tensor]:
            g, p, log_p = predicted(chosen, values, rows, computed_once(counted))
            decided = ops.cast(ops.argmax(p, axis=0), "float32")
            found = [ops.take(p, class_index, axis=0), decided]
            for partials in all_partials(terms, tensors, (g, p, log_p)):
                gradient = gradient_field(partials, p, class_index, wrt)
                if against is not None:
                    gradient = gradient - gradient_field(partials, p, against, wrt)
                found.append(where_counted(rows, gradient[None])[0])
            return found

        return fields_in_chunks(voxels, counted, of_rows, 2 + len(terms))

    return compiled(fields)


def volume_fields(
    pipeline: Pipeline, painted: MapRequest, evaluated: Sequence[Evaluated]
) -> VolumeFields:
    """Return what a class has in every voxel of a sample.

    Parameters
    ----------
    pipeline : Pipeline
        Its controls are in use, and its sums are exact.
    painted : MapRequest
        Of which class and sample, and with respect to what gradients are.
    evaluated : sequence of Evaluated
        The losses, evaluated with gradients.
    """
    relation = pipeline.relation
    place = relation.place(painted.sample, painted.class_index)
    plan, against = pipeline.plans[place.plan], relation.against(painted.wrt)
    of_sums = [each for each in evaluated if each.slopes is not None]
    packed = LossTensors.each([relation.spread(each) for each in of_sums], place.plan)
    rows = _fields(plan.recipe, packed.terms, painted.wrt, against)(
        plan.everywhere(),
        plan.counted.tensors,
        plan.values,
        packed.tensors,
        backend.to_device(np.int32(place.class_index)),
    )
    probability, decided, *gradients = in_place(plan, backend.to_numpy(rows))
    found = dict(zip((each.setting.name for each in of_sums), gradients, strict=True))
    chosen = PaintedClass(*place, painted.wrt, against)
    for each in evaluated:
        if each.slopes is None:
            found[each.setting.name] = _of_whole_field(pipeline, painted, chosen, each)
    return VolumeFields(probability, decided == place.class_index, found)


def _of_whole_field(
    pipeline: Pipeline, painted: MapRequest, chosen: PaintedClass, evaluated: Evaluated
) -> Array:
    """Return the gradient of a loss of the whole field, region by region."""
    plan, found = pipeline.plans[chosen.plan], []
    partials = pipeline.partials(evaluated)
    for region in plan.regions(None):
        there = Partials(partials.p[(..., *region)], partials.log_p[(..., *region)])
        of_sample = pipeline.relation.partials(there, painted.sample, painted.class_index)
        fields = SliceFields(plan, plan.row_layout.numbers(region))
        found.append(fields.gradient(chosen, [], of_sample))
    return np.concatenate(found)


def in_place(plan: Plan, rows: Array) -> Array:
    """Return fields of the counted rows as fields of the volume, shape (count, z, y, x).

    Parameters
    ----------
    plan : Plan
        The sample, whose sums are exact.
    rows : array, shape (count, row, ROW)
        As `lossexplorer.engine.step.chunks.fields_in_chunks` returns them.
    """
    row_layout, counted = plan.row_layout, plan.counted
    found = np.empty((len(rows), row_layout.voxels), np.float32)
    numbers = counted.rows
    if counted.are_chosen:
        numbers = numbers[: -row_layout.classes]
        of_classes = rows[:, len(numbers) : len(counted.rows), 0]
        labels = backend.to_numpy(plan.labels.whole()).reshape(-1)
        for field, values in zip(found, of_classes, strict=True):
            np.take(values, labels, out=field)
    whole = np.flatnonzero(numbers < row_layout.full)
    there = found[:, : row_layout.full * ROW].reshape(len(rows), row_layout.full, ROW)
    there[:, numbers[whole]] = rows[:, whole]
    # A voxel that is left over has a row of copies of itself.
    single = np.flatnonzero(numbers >= row_layout.single)
    found[:, row_layout.full * ROW + numbers[single] - row_layout.single] = rows[:, single, 0]
    return found.reshape(len(rows), *row_layout.shape)
