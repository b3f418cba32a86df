"""What is in each slice along the axis that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import TOTAL, Answer, Effort, Question, Request
from lossexplorer.engine.questions import SliceNumbers
from lossexplorer.engine.shares import distribution
from lossexplorer.session.records._painted import painted_request
from lossexplorer.session.records._record import Record
from lossexplorer.session.state import State

OF_CLASS = ("truth", "prediction", "false positive", "false negative")
"""What is known of the class, beside the losses."""


@dataclass(frozen=True)
class SliceValues:
    """Sums over each slice.

    Attributes
    ----------
    axis : int
        Along which slices follow each other, of z, y, x.
    of : str
        The class, and the sample of a batch.
    sums : mapping of str to array of float, shape (slice,)
        Those of `OF_CLASS` in voxels, and each loss's squared gradient by its name, that of
        `TOTAL` only where it is painted; empty while they are not known.
    question : Question or None
        What was asked.
    """

    axis: int = 0
    of: str = ""
    sums: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    question: Question | None = None

    @property
    def losses(self) -> tuple[str, ...]:
        """The names of the losses shown whose gradients are known."""
        return tuple(name for name in self.sums if name not in (*OF_CLASS, TOTAL))

    @property
    def errors(self) -> NDArray[np.float64]:
        """The voxels of the class that the decision adds or misses in each slice."""
        return self.sums["false positive"] + self.sums["false negative"]

    def is_of(self, state: State) -> bool:
        """Return whether they are known, and about a state."""
        return bool(self.sums) and self.question == _asked(state)

    def begun(self, state: State) -> SliceValues:
        """Return the slices of another state, of which nothing is known."""
        return SliceValues(_axis(state), state.class_in_words, question=_asked(state))

    def with_answers(self, answers: Sequence[Answer]) -> SliceValues:
        """Return the sums of the newest answer."""
        return replace(self, sums=answers[-1].found)

    def shares(self, loss: str) -> NDArray[np.float64]:
        """Return the share of a loss's squared gradient that each slice has; 0 if it has none."""
        return distribution(self.sums[loss])


def _axis(state: State) -> int:
    return 0 if state.view.plane is None else state.view.plane.axis


def _asked(state: State) -> Question | None:
    requests = _requests(state, Effort())
    return requests[0].question if requests else None


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    return painted_request(state, effort, SliceNumbers, _axis(state))


RECORD = Record(
    name="slices",
    empty=SliceValues(),
    requests=_requests,
    begun=SliceValues.begun,
    answered=SliceValues.with_answers,
    of_plot=True,
)
