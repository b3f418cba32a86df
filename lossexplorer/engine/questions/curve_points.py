"""One point of a response curve: the value of every loss with one number changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lossexplorer.engine.messages import Answer, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class CurvePoint(Question):
    """The value of every loss at one slider position.

    Attributes
    ----------
    position : float
        The slider position, see `lossexplorer.core.scales.SliderScale`.
    """

    position: float

    numbers_alone: ClassVar[bool] = True
    sums_alone: ClassVar[bool] = True

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses."""
        return pipeline.evaluate(request).answer()
