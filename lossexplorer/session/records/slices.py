"""What is in each slice along the axis that is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Answer, Effort, Request
from lossexplorer.engine.questions import SliceNumbers
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
        The name of the class.
    sums : mapping of str to array of float, shape (slice,)
        Those of `OF_CLASS` in voxels, and each loss's squared gradient by its name; empty while
        they are not known.
    """

    axis: int = 0
    of: str = ""
    sums: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def begun(self, state: State) -> SliceValues:
        """Return the slices of another state, of which nothing is known."""
        volume, view = state.volume, state.view
        assert volume is not None
        return SliceValues(_axis(state), volume.classes[view.class_index].name)

    def with_answers(self, answers: Sequence[Answer]) -> SliceValues:
        """Return the sums of the newest answer."""
        return replace(self, sums=answers[-1].found)

    def shares(self, loss: str) -> NDArray[np.float64]:
        """Return the share of a loss's squared gradient that each slice has; 0 if it has none."""
        squares = self.sums[loss]
        return squares / (squares.sum() or 1.0)


def _axis(state: State) -> int:
    return 0 if state.view.plane is None else state.view.plane.axis


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
