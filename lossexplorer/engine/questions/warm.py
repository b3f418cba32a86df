"""Warm: nothing is asked but that a first move, or another plane, finds its functions compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lossexplorer.engine.messages import Answer, MapRequest, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Warm(Question):
    """The maps of controls or slices that are not set yet, of which nobody needs the numbers.

    A step with them compiles what the first move of a control would wait for. It is the step
    itself and nothing that imitates it, so that nothing is left out: distances beyond the border
    and blurred scores are made in other functions than sums and maps.

    Attributes
    ----------
    control : str
        The control that is about to be moved; empty where it is another plane that comes.
    painted : MapRequest
        The maps that are painted then.
    """

    control: str
    painted: MapRequest

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate and paint, and return no maps."""
        outcomes = pipeline.evaluate(request, self.painted.concerns)
        pipeline.painted_maps(self.painted, outcomes)
        return outcomes.answer()
