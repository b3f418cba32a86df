"""Painted maps: the value of every loss, with probability, decided class and a gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lossexplorer.engine.messages import Answer, MapRequest, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Maps(Question):
    """The value of every loss, and the painted maps of a slice or of the volume.

    Attributes
    ----------
    painted : MapRequest
        The requested maps.
    """

    painted: MapRequest

    @property
    def of_any_slice(self) -> tuple[Any, ...]:
        """A key that is equal for questions that differ only in the slice."""
        painted = replace(self.painted, plane=None)
        return (self.volume, self.controls, self.losses, painted)

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses and paint."""
        outcomes = pipeline.evaluate(request, self.painted.concerns)
        return outcomes.answer(maps=pipeline.painted_maps(self.painted, outcomes))
