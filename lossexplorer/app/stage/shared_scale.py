"""Which gradients can share a scale of colours, and what each of them depends on."""

from __future__ import annotations

from collections.abc import Hashable

from lossexplorer.engine.messages import TOTAL
from lossexplorer.engine.questions import Descended, Maps
from lossexplorer.session import State


def sharing(state: State, step: int = 0) -> dict[str, Hashable]:
    """Return the losses or outputs whose gradients can share a scale, each with its subject.

    Parameters
    ----------
    state : State
        What is set and looked at.
    step : int
        How many steps of a run had been done when its maps were painted: what was painted of
        another output before another step counts no more.
    """
    experiment, maps = state.experiment, state.maps()
    if state.view.workspace == "learn":
        subject_of = subject_of_run(state, step)
        return {each.name: subject_of for each in experiment.setup.outputs}
    if maps is None:
        return {}
    return {name: subject(maps, name) for name in (*experiment.shown, TOTAL)}


def subject_of_run(state: State, step: int) -> Hashable:
    """Return what the gradients of a run depend on, whichever output they are of."""
    return state.experiment.setup, step


def subject(question: Maps, loss: str) -> Hashable:
    """Return what the gradient of a loss, or of the total, depends on."""
    losses = [each for each in question.losses if loss in (TOTAL, each.name)]
    of_losses = [
        (each.name, each.loss, each.weight if loss == TOTAL else 1.0, *each.parameters.items())
        for each in losses
    ]
    descent = (question.descent.path, question.number) if isinstance(question, Descended) else ()
    return (question.volume, *question.controls.items(), *of_losses, *descent)
