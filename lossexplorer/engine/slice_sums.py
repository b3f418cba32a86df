"""Sums over each slice of a sample: of a class, its errors and the losses' squared gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import TOTAL, MapRequest
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.slice_fields import PaintedClass, SliceFields
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials


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
    place = relation.place(painted.sample, painted.class_index)
    plan = pipeline.plans[place.plan]
    chosen = PaintedClass(*place, painted.wrt, relation.against(painted.wrt))
    margins, shape = plan.margins, volume.samples.shape[1:]
    whole = volume.mask(painted.sample, painted.class_index)
    ignored = volume.ignored_in(painted.sample)
    counts = np.ones(shape, bool) if ignored is None else ~ignored
    # Of slices that were added, no truth is known to the volume: the plan's own would be needed.
    inside, counted = (_with_margins(field, margins) for field in (whole & counts, counts))
    others = tuple(each for each in range(3) if each != axis)
    found: dict[str, NDArray[np.float64]] = {}
    done = 0  # planes along z; regions follow each other along it
    for region in plan.regions(None):
        fields = SliceFields(plan, plan.row_layout.numbers(region))
        g, here = inside[region], counted[region]
        decided = fields.decided() == place.class_index
        sought: dict[str, NDArray[np.generic]] = {
            "truth": g,
            "prediction": fields.probability(place.class_index) * here,
            "false positive": decided & ~g & here,
            "false negative": ~decided & g,
        }
        total = np.zeros(g.shape)
        for each in evaluated:
            if each.slopes is not None:
                gradient = fields.gradient(chosen, [(relation.spread(each), 1.0)], None)
            else:
                there = pipeline.partials(each)
                there = Partials(there.p[(..., *region)], there.log_p[(..., *region)])
                partials = relation.partials(there, painted.sample, painted.class_index)
                gradient = fields.gradient(chosen, [], partials)
            sought[each.setting.name] = np.square(gradient, dtype=np.float64)
            if each.setting.weight:
                total += each.setting.weight * gradient.astype(np.float64)
        if painted.loss == TOTAL:
            sought[TOTAL] = np.square(total)
        start = done if axis == 0 else 0
        for name, field in sought.items():
            sums = field.sum(axis=others, dtype=np.float64)
            of_slices = found.setdefault(name, np.zeros(plan.shape[axis]))
            of_slices[start : start + len(sums)] += sums
        done += len(g)
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
