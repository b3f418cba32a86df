"""Where a gradient is: by sign, region and distance, and by class and region."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.engine.messages import REGIONS, TOTAL, Answer, MapRequest, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class GradientShares(Question):
    """The parts of a loss's gradient, and each loss's squared norm by class and region.

    What is found is a pair: the `GradientParts` of the painted loss and class, and by loss an array
    of Σ (∂L/∂logit)² over the batch, shape (region, class). A loss of the whole field has no such
    array.

    Attributes
    ----------
    painted : MapRequest
        Of which loss, class and sample, and with respect to what; of the whole volume.
    """

    painted: MapRequest

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Paint the volume, and sum over it."""
        from lossexplorer.engine.gradient_parts import parts_of, to_other_side
        from lossexplorer.engine.placement import CropPlacement
        from lossexplorer.engine.volume_fields import volume_fields

        outcomes = pipeline.evaluate(request, self.painted.concerns)
        volume, index, sample = pipeline.volume, self.painted.class_index, self.painted.sample
        losses = [each for each in outcomes.evaluated if self.painted.concerns(each.setting)]
        fields = volume_fields(pipeline, self.painted, losses)
        gradient = np.zeros_like(fields.probability)
        for each in losses:
            factor = each.setting.weight if self.painted.loss == TOTAL else 1.0
            gradient += factor * fields.gradients[each.setting.name]
        if any(self.painted.concerns(each) for each in outcomes.pending):
            gradient[:] = np.nan
        plan = pipeline.plans[pipeline.relation.place(sample, index).plan]
        inside = volume.mask(sample, index)
        placement = CropPlacement(inside.shape, plan.margins, None)
        ignored = volume.ignored_in(sample)
        counts = np.ones(inside.shape, bool) if ignored is None else ~ignored
        where = parts_of(
            placement.put(gradient, np.float32(np.nan)),
            inside,
            placement.put(fields.decided, np.False_),
            counts,
            to_other_side(inside, volume.spacing),
            float(np.prod(volume.spacing)) ** (1 / 3),
        )
        return replace(outcomes.answer(), found=(where, _squares(pipeline, outcomes.evaluated)))


def _squares(pipeline: Pipeline, evaluated: Any) -> dict[str, Any]:
    """Return each loss's squares by region and class of the volume, over the batch."""
    from lossexplorer.engine.gradient_parts import squares_by_region

    relation = pipeline.relation
    losses = [each for each in evaluated if each.slopes is not None]
    if not losses:
        return {}
    spread = [relation.spread(each) for each in losses]
    tables = [squares_by_region(plan, n, spread) for n, plan in enumerate(pipeline.plans)]
    total = np.zeros((len(losses), len(REGIONS), len(pipeline.volume.names)))
    for sample in range(len(pipeline.volume.samples)):
        for index in range(relation.first, total.shape[2]):
            place = relation.place(sample, index)
            total[:, :, index] += tables[place.plan][:, :, place.class_index]
    return {each.setting.name: table for each, table in zip(losses, total, strict=True)}
