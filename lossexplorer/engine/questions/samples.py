"""The value of every loss for each sample of a batch by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossexplorer.engine.messages import Answer, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class SampleNumbers(Question):
    """The value that every loss has if one sample is all of the batch.

    What is found is a mapping of each loss's name to a tuple with a value for each sample; a loss
    of the whole field is not in it. The losses of the answer are those of the batch, pooled as
    their parameter says.
    """

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the losses from each sample's sums."""
        here = pipeline.evaluate(request).answer()
        each = [
            pipeline.of_sample(sample, self.losses)
            for sample in range(len(pipeline.volume.samples))
        ]
        found = {
            evaluated[0].setting.name: tuple(one.value for one in evaluated)
            for evaluated in zip(*each, strict=True)
        }
        return replace(here, found=found)
