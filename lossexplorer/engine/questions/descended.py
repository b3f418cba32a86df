"""Painted maps of a prediction whose logits have descended, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossexplorer.engine.messages import Answer, Descent, Request
from lossexplorer.engine.questions.maps import Maps

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Descended(Maps):
    """The value of every loss and the painted maps, after some steps of a descent.

    Equal questions have equal answers: the engine keeps the logits for the next question, and
    where it has none any more, it begins at the start again.

    Attributes
    ----------
    descent : Descent
        How the logits descend.
    number : int
        How many steps are taken, unless the descent ends before.
    """

    descent: Descent
    number: int

    @property
    def subject(self) -> tuple[Any, ...]:
        """All that the losses' values depend on."""
        return (*super().subject, self.descent.path, self.number)

    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Take the steps that lack, and paint."""
        from lossexplorer.engine.descent.answering import answer

        return answer(self, pipeline, request)
