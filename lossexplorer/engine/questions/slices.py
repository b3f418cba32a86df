"""What is in each slice: of a class, its errors, and each loss's gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossexplorer.engine.messages import Answer, MapRequest, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class SliceNumbers(Question):
    """Sums over each slice; what is found is as `lossexplorer.engine.slice_sums` returns it.

    Attributes
    ----------
    painted : MapRequest
        Of which class and sample, and with respect to what gradients are.
    axis : int
        Along which slices follow each other, of z, y, x.
    """

    painted: MapRequest
    axis: int

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Paint the volume, and sum."""
        from lossexplorer.engine.slice_sums import slice_sums

        outcomes = pipeline.evaluate(request, lambda _: True)
        found = slice_sums(pipeline, self.painted, self.axis, outcomes.evaluated)
        return replace(outcomes.answer(), found=found)
