"""Sums over each slice of a sample: of a class, its errors and the losses' squared gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import TOTAL, MapRequest
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.values import Evaluated
from lossexplorer.engine.volume_fields import volume_fields


def slice_sums(
    pipeline: Pipeline, painted: MapRequest, axis: int, evaluated: Sequence[Evaluated]
) -> dict[str, NDArray[np.float64]]:
    """Return sums over the voxels of each slice that count.

    Parameters
    ----------
    pipeline : Pipeline
        Its controls are in use.
    painted : MapRequest
        Of which class and sample, and with respect to what gradients are.
    axis : int
        Along which slices follow each other, of z, y, x.
    evaluated : sequence of Evaluated
        The losses, evaluated with gradients.

    Returns
    -------
    dict
        Arrays of a number for each slice: ``"truth"`` and ``"prediction"``, Σg and Σp;
        ``"false positive"`` and ``"false negative"``, voxels of the decision; and each loss's
        Σ (∂L/∂p or ∂L/∂logit)² by its name, and that of the total if it is the total that is
        painted. Slices that are cropped have 0.
    """
    relation, volume = pipeline.relation, pipeline.volume
    plan = pipeline.plans[relation.place(painted.sample, painted.class_index).plan]
    margins, shape = plan.margins, volume.samples.shape[1:]
    whole = volume.mask(painted.sample, painted.class_index)
    ignored = volume.ignored_in(painted.sample)
    counts = np.ones(shape, bool) if ignored is None else ~ignored
    # Of slices that were added, no truth is known to the volume: the plan's own would be needed.
    inside, counted = (_with_margins(field, margins) for field in (whole & counts, counts))
    fields = volume_fields(pipeline, painted, evaluated)
    sought: dict[str, NDArray[np.generic]] = {
        "truth": inside,
        "prediction": fields.probability * counted,
        "false positive": fields.decided & ~inside & counted,
        "false negative": ~fields.decided & inside,
    }
    others = tuple(each for each in range(3) if each != axis)
    found = {name: field.sum(axis=others, dtype=np.float64) for name, field in sought.items()}
    for name, gradient in fields.gradients.items():
        found[name] = np.square(gradient, dtype=np.float64).sum(axis=others)
    if painted.loss == TOTAL:
        weights = {each.setting.name: each.setting.weight for each in evaluated}
        total = np.zeros(inside.shape)
        for name, gradient in fields.gradients.items():
            if weights[name]:
                total += weights[name] * gradient.astype(np.float64)
        found[TOTAL] = np.square(total).sum(axis=others)
    return {name: _of_volume(each, margins[axis], shape[axis]) for name, each in found.items()}


def _with_margins(field: NDArray[np.bool_], margins: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return a field of the volume with planes added or removed at both ends of each axis."""
    sides = zip(margins, field.shape, strict=True)
    kept = field[tuple(slice(-min(m, 0), length + min(m, 0)) for m, length in sides)]
    found: NDArray[np.bool_] = np.pad(kept, [(max(m, 0), max(m, 0)) for m in margins])
    return found


def _of_volume(sums: NDArray[np.float64], margin: int, length: int) -> NDArray[np.float64]:
    """Return the sums of the volume's own slices; 0 where they are cropped."""
    if margin >= 0:
        return sums[margin : margin + length]
    return np.pad(sums, (-margin, -margin))
