"""Points of a landscape: the value of every loss with two numbers changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from lossexplorer.engine.messages import (
    TOTAL,
    Answer,
    LossSetting,
    Question,
    Reference,
    Request,
)
from lossexplorer.engine.questions.numbers import Numbers

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

PlaceOfTwo = tuple[int, int]


@dataclass(frozen=True)
class LandscapePoints(Question):
    """The value of every loss, and of the total, at some places of a landscape.

    What is found is a mapping of each place, a column and a row, to the values by loss and `TOTAL`.

    Attributes
    ----------
    axes : tuple of Reference
        The two that are changed.
    points : tuple of (tuple of int, tuple of float)
        Each place with the two values there.
    """

    axes: tuple[Reference, Reference]
    points: tuple[tuple[PlaceOfTwo, tuple[float, float]], ...]

    sums_alone: ClassVar[bool] = True

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses at each place."""
        here = pipeline.evaluate(request).answer()
        found: dict[PlaceOfTwo, Mapping[str, float]] = {}
        for place, values in self.points:
            controls, losses = self.controls, self.losses
            for reference, value in zip(self.axes, values, strict=True):
                controls, losses = _changed(controls, losses, reference, value)
            there = Request(Numbers(self.volume, controls, losses), request.effort)
            answer = pipeline.outcomes(there, lambda _: False).answer()
            found[place] = {each.name: each.value for each in answer.losses} | {TOTAL: answer.total}
        return replace(here, found=found)


def _changed(
    controls: Mapping[str, Any], losses: tuple[LossSetting, ...], reference: Reference, value: float
) -> tuple[Mapping[str, Any], tuple[LossSetting, ...]]:
    """Return controls and losses with another value of one of them."""
    if reference.loss is None:
        return {**controls, reference.name: value}, losses
    changed = {reference.name: value}
    return controls, tuple(
        replace(each, parameters={**each.parameters, **changed})
        if each.name == reference.loss
        else each
        for each in losses
    )
