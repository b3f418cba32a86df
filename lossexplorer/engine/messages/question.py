"""Questions to the engine, and the effort that an answer may take.

Equal questions have equal exact answers. The effort says whether a preview is enough. A request is
a question with an effort.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from lossexplorer.engine.messages.answer import Answer
from lossexplorer.engine.messages.asked import TOTAL
from lossexplorer.engine.messages.loss_settings import LossSetting, heading_of, untitled

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline


@dataclass(frozen=True)
class Question(ABC):
    """A question about a volume. `lossexplorer.engine.questions` has a module for each kind.

    Attributes
    ----------
    volume : str
        The key of a loaded volume.
    controls : mapping
        Every control's value: lengths in mm, classes as indices.
    losses : tuple of LossSetting
        The losses to evaluate, in order.
    """

    volume: str
    controls: Mapping[str, Any]
    losses: tuple[LossSetting, ...]

    numbers_alone: ClassVar[bool] = False
    """Whether the answer has no maps or norms, so that more with the same controls cost little."""

    sums_alone: ClassVar[bool] = False
    """Whether class sums are all that the answer takes of a prediction."""

    @property
    def subject(self) -> tuple[Any, ...]:
        """All that the losses' values depend on."""
        return (self.volume, self.controls, untitled(self.losses))

    def title(self, loss: str) -> str:
        """Return what a loss of it, or the total, is called in sentences."""
        return "the total" if loss == TOTAL else heading_of(loss, self.losses)

    @property
    def has_field_loss(self) -> bool:
        """Whether one of the losses needs the whole field, which takes long."""
        return "field" in (setting.described.kind for setting in self.losses)

    @abstractmethod
    def answer(self, pipeline: Pipeline, request: Request) -> Answer:
        """Return the answer. This is the handler of the kind, called in the engine's process.

        Parameters
        ----------
        pipeline : Pipeline
            The volume's pipeline, with the controls of this question in use.
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
        Whether losses that need the whole field are computed; else they are pending unless their
        values are known.
    painted : bool
        Whether maps are painted with the numbers; else they are asked for once these are known.
    generation : int
        A number that grows with every request; answers to older requests are stale. It says
        nothing of how much is computed, and efforts are compared without it.
    """

    exact: bool = True
    whole_field: bool = True
    painted: bool = True
    generation: int = field(default=0, compare=False)


EXACT = Effort()
PREVIEW = Effort(exact=False, whole_field=False)
"""While a slider is dragged, a preview is enough."""


@dataclass(frozen=True)
class Request:
    """A question and the effort that its answer may take."""

    question: Question
    effort: Effort = EXACT

    @property
    def takes_long(self) -> bool:
        """Whether a loss of the whole field is to be computed."""
        return self.effort.whole_field and self.question.has_field_loss
