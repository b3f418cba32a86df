"""The soft confusion matrix of the prediction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lossexplorer.engine.messages import Answer, Question, Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class ConfusionTable(Question):
    """How many voxels of each class of the truth got how much of each class's probability.

    What is found is Σ g_c p_k over the batch: an array of float64, shape (class, class), truth
    first. Where classes overlap, no pair of them excludes each other, and it has for each class
    but the background how much of it was found, how much was not, and how much was predicted
    where it is not: Σ g p, Σ g (1 − p) and Σ (1 − g) p, shape (class, 3).
    """

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Sum over the voxels."""
        from lossexplorer.engine.confusion import confusion

        here = pipeline.evaluate(request).answer()
        if pipeline.relation.first:
            sums = pipeline.sums(self.controls)
            i, p, g = (
                np.sum(each, axis=0) for each in (sums.intersection, sums.prediction, sums.truth)
            )
            return replace(here, found=np.stack([i, g - i, p - i], axis=1))
        return replace(here, found=np.sum([confusion(plan) for plan in pipeline.plans], axis=0))
