"""A prediction and the losses' gradients in some voxels of a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import MapRequest
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.slice_fields import PaintedClass, SliceFields
from lossexplorer.engine.values import Evaluated


def along(
    pipeline: Pipeline,
    painted: MapRequest,
    voxels: NDArray[np.int64],
    evaluated: Sequence[Evaluated],
) -> dict[str, NDArray[np.float64]]:
    """Return probability and gradients in some voxels; NaN where the volume is cropped.

    Parameters
    ----------
    pipeline : Pipeline
        Its controls are in use.
    painted : MapRequest
        Of which class and sample, and with respect to what.
    voxels : array of int, shape (voxel, 3)
        Voxels (z, y, x) of the volume.
    evaluated : sequence of Evaluated
        The losses, evaluated with gradients.

    Returns
    -------
    dict
        ``"probability"``, and each loss's gradient by its name.
    """
    relation = pipeline.relation
    place = relation.place(painted.sample, painted.class_index)
    plan = pipeline.plans[place.plan]
    shape = np.array(plan.shape)
    moved = voxels + np.array(plan.margins)
    seen = ((moved >= 0) & (moved < shape)).all(axis=1)
    index = tuple(moved[seen].T)
    numbers = np.ravel_multi_index(index, plan.shape)
    against = relation.against(painted.wrt)
    chosen = PaintedClass(*place, painted.wrt, against)

    def whole(values: NDArray[np.float32]) -> NDArray[np.float64]:
        found = np.full(len(voxels), np.nan)
        found[seen] = values
        return found

    if not seen.any():
        nothing = whole(np.zeros(0, np.float32))
        return dict.fromkeys(("probability", *(e.setting.name for e in evaluated)), nothing)
    fields = SliceFields(plan, numbers)
    found = {"probability": whole(fields.probability(place.class_index))}
    for each in evaluated:
        of_sums, others = [], None
        if each.slopes is not None:
            of_sums = [(relation.spread(each), 1.0)]
        else:
            there = pipeline.partials(each).map(lambda field: field[(..., *index)])
            others = relation.partials(there, painted.sample, painted.class_index)
        found[each.setting.name] = whole(fields.gradient(chosen, of_sums, others))
    return found
