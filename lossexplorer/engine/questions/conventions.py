"""What the conventions compute for the prediction."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossexplorer.conventions import CONVENTIONS, Convention, ConventionValue
from lossexplorer.engine.messages import Answer, LossSetting, Question, Request
from lossexplorer.engine.questions.numbers import Numbers

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class ConventionNumbers(Question):
    """The values of some conventions.

    What is found is a mapping of each convention's index in `CONVENTIONS` to its `ConventionValue`.

    Attributes
    ----------
    conventions : tuple of int
        Their indices.
    """

    conventions: tuple[int, ...]

    @property
    def has_field_loss(self) -> bool:
        """Whether one of them needs the whole field, which takes long."""
        return any(CONVENTIONS[index].description.kind == "field" for index in self.conventions)

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Evaluate the conventions' losses with their parameters."""
        here = pipeline.evaluate(request).answer()
        classes = len(pipeline.volume.names) - pipeline.relation.first
        found: dict[int, ConventionValue] = {}
        asked: dict[int, LossSetting] = {}
        for index in self.conventions:
            convention = CONVENTIONS[index]
            reason = _unsupported(convention, classes, overlaps=bool(pipeline.relation.first))
            if reason:
                found[index] = ConventionValue(None, reason)
            else:
                name = f"{convention.loss}_{index + 2}"  # its own among all that are evaluated
                asked[index] = LossSetting(convention.loss, convention.values, 1.0, name)
        there = Numbers(self.volume, self.controls, tuple(asked.values()))
        results = pipeline.outcomes(Request(there, request.effort), lambda _: False).answer().losses
        for index, result in zip(asked, results, strict=True):
            value = CONVENTIONS[index].times(classes) * result.value
            said = "" if math.isfinite(value) else " ".join(each.why for each in result.problems)
            found[index] = ConventionValue(value, said)
        return replace(here, found=found)


def _unsupported(convention: Convention, classes: int, *, overlaps: bool) -> str:
    """Return why a convention has no value for such classes; empty if it has one."""
    if convention.classes not in (None, classes):
        return f"computes {convention.classes} classes alone, here are {classes}"
    if overlaps and not convention.takes_overlapping:
        return "needs classes that exclude each other"
    return ""
