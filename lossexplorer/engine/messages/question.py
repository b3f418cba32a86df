"""What is asked of the engine, and how much effort its answer may take.

A question is an identity: equal questions have equal exact answers. The effort says whether a
preview will do. The two travel together as a request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from lossexplorer.engine.messages.answer import Answer
from lossexplorer.engine.messages.settings import LossSetting
from lossexplorer.losses import loss_named

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Question(ABC):
    """What is asked about a volume. `lossexplorer.engine.questions` has a module for each kind.

    Attributes
    ----------
    volume : str
        Key of a loaded volume.
    controls : mapping
        Every control's value: lengths in mm, classes as indices.
    losses : tuple of LossSetting
        The losses to evaluate, in order.
    """

    volume: str
    controls: Mapping[str, Any]
    losses: tuple[LossSetting, ...]

    numbers_alone: ClassVar[bool] = False
    """Whether the answer is numbers alone, so that many with the same controls cost little."""

    @property
    def has_field_loss(self) -> bool:
        """Whether one of the losses needs the whole field, which takes long."""
        return "field" in (loss_named(setting.name).kind for setting in self.losses)

    @abstractmethod
    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Return the answer: the handler of this kind, called in the engine's process.

        Parameters
        ----------
        pipeline : Pipeline
            Of the volume, with the controls of this question in use.
        request : Request
            This question with its effort.
        """


@dataclass(frozen=True)
class Effort:
    """How much an answer may cost, and how old its question is.

    Attributes
    ----------
    exact : bool
        Whether every voxel and class is computed; else the answer may be a preview.
    whole_field : bool
        Whether losses that need the whole field are computed; else those that are not known are
        pending.
    generation : int
        Grows with every question of the hand; answers to older ones are stale.
    """

    exact: bool = True
    whole_field: bool = True
    generation: int = 0


EXACT = Effort()
PREVIEW = Effort(exact=False, whole_field=False)
"""What is enough while a slider is dragged."""


@dataclass(frozen=True)
class Request:
    """A question and the effort that its answer may take."""

    question: Question
    effort: Effort = EXACT

    @property
    def takes_long(self) -> bool:
        """Whether a loss of the whole field is to be computed."""
        return self.effort.whole_field and self.question.has_field_loss
