"""Where the gradient is that is painted: by sign, region, distance and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lossexplorer.engine.messages import Answer, Effort, GradientParts, Request
from lossexplorer.engine.questions import GradientShares
from lossexplorer.session.records._painted import painted_request
from lossexplorer.session.records._record import Record
from lossexplorer.session.state import State


@dataclass(frozen=True)
class GradientPlaces:
    """The parts of a loss's gradient, and the squared norm of every loss by region and class.

    Attributes
    ----------
    loss : str
        The name of the loss whose gradient is painted.
    classes : tuple of str
        The names of all classes, background first.
    first : int
        The first class that has a gradient.
    chosen : int
        The class whose gradient is painted.
    of : str
        That class, and the sample of a batch.
    where : GradientParts or None
        Of that gradient; None while it is not known.
    squares : mapping of str to array
        By loss Σ (∂L/∂logit)², shape (region, class).
    """

    loss: str = ""
    classes: tuple[str, ...] = ()
    first: int = 0
    chosen: int = 0
    of: str = ""
    where: GradientParts | None = None
    squares: Mapping[str, Any] = field(default_factory=dict)

    def begun(self, state: State) -> GradientPlaces:
        """Return the parts of another state, which are not known."""
        case = state.experiment.case
        assert case is not None
        view, first = state.view, state.experiment.first_class
        return GradientPlaces(
            view.loss, case.batch.names, first, view.class_index, state.class_in_words
        )

    def with_answers(self, answers: Sequence[Answer]) -> GradientPlaces:
        """Return the parts of the newest answer."""
        where, squares = answers[-1].found
        return replace(self, where=where, squares=squares)


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    return painted_request(state, effort, GradientShares)


RECORD = Record(
    name="gradient_parts",
    empty=GradientPlaces(),
    requests=_requests,
    begun=GradientPlaces.begun,
    answered=GradientPlaces.with_answers,
    of_plot=True,
)
