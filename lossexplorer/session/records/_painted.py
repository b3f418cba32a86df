"""What records ask about the gradient that is painted, in the whole volume."""

from __future__ import annotations

from collections.abc import Callable

from lossexplorer.engine.messages import Effort, MapRequest, Question, Request
from lossexplorer.session.state import State


def painted_request(
    state: State, effort: Effort, kind: Callable[..., Question], *more: object
) -> tuple[Request, ...]:
    """Return the request of a question about what is painted; none while nothing is open.

    Parameters
    ----------
    state : State
        The chosen loss, class and sample are those of the question.
    effort : Effort
        What the answer may take.
    kind : type
        The kind of question, which has what is painted as its first attribute.
    *more : object
        Its other attributes.
    """
    experiment, view = state.experiment, state.view
    if experiment.case is None:
        return ()
    painted = MapRequest(view.loss, view.class_index, view.wrt, None, view.sample)
    losses = experiment.quick_losses(view.loss)
    asked = kind(experiment.case.key, experiment.controls, losses, painted, *more)
    return (Request(asked, effort),)
