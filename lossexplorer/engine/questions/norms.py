"""Norms: the value and the gradient norm of every loss over the volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lossexplorer.engine.messages import Answer, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Norms(Question):
    """The value of every loss and √Σ (∂L/∂logit)², which takes a pass over the volume."""

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate and differentiate the losses."""
        outcomes = pipeline.evaluate(request, lambda _: True)
        return outcomes.answer(norms=pipeline.norms(outcomes.evaluated))
