"""Which gradients can share a scale of colours, and what each of them depends on."""

from __future__ import annotations

from collections.abc import Hashable

from lossexplorer.engine.messages import TOTAL
from lossexplorer.engine.questions import Descended, Maps
from lossexplorer.session import State


def sharing(state: State) -> dict[str, Hashable]:
    """Return the losses or outputs whose gradients can share a scale, each with its subject.

    What was painted of an output counts as long as the run goes on.
    """
    experiment, maps = state.experiment, state.maps()
    if state.view.workspace == "learn":
        return {each.name: None for each in experiment.setup.outputs}
    if maps is None:
        return {}
    return {name: subject(maps, name) for name in (*experiment.shown, TOTAL)}


def subject(question: Maps, loss: str) -> Hashable:
    """Return what the gradient of a loss, or of the total, depends on."""
    losses = [each for each in question.losses if loss in (TOTAL, each.name)]
    of_losses = [
        (each.name, each.loss, each.weight if loss == TOTAL else 1.0, *each.parameters.items())
        for each in losses
    ]
    descent = (question.descent.path, question.number) if isinstance(question, Descended) else ()
    return (question.volume, *question.controls.items(), *of_losses, *descent)
