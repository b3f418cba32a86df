"""Painted maps: the value of every loss, with probability, decided class and a gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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

    def is_another_slice_of(self, other: Maps) -> bool:
        """Return whether two questions are about the same maps, in whichever slices."""
        return self.subject == other.subject and self.painted.is_another_slice_of(other.painted)

    def shows_as(self, other: Maps) -> bool:
        """Return whether two questions have the same maps, whichever voxel they ask about."""
        here, there = (replace(each.painted, voxel=None) for each in (self, other))
        return replace(self, painted=here) == replace(other, painted=there)

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses, and paint unless the maps are asked for later."""
        outcomes = pipeline.evaluate(request, self.painted.concerns)
        if not request.effort.painted:
            return outcomes.answer()
        return outcomes.answer(maps=pipeline.painted_maps(self.painted, outcomes))
