"""Numbers: the value of every loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lossexplorer.engine.messages import Answer, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Numbers(Question):
    """The value of every loss, without painted maps."""

    numbers_alone: ClassVar[bool] = True
    sums_alone: ClassVar[bool] = True

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses."""
        return pipeline.evaluate(request).answer()
