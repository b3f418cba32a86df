"""Actions on the loss whose gradient is painted."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action, literal
from lossexplorer.app.context import Context
from lossexplorer.app.panels.losses import LossesPanel
from lossexplorer.engine.messages import TOTAL


def _title(context: Context) -> str:
    view, experiment = context.session.state.view, context.session.state.experiment
    return "Loss" if view.loss == TOTAL else literal(experiment.title(view.loss))


def _is_loss(context: Context) -> bool:
    return context.session.state.view.loss != TOTAL


def _panel(context: Context) -> LossesPanel:
    """Return the panel of the losses, which is shown if it was hidden."""
    context.panels.show("losses", True)
    panel = context.panels.widget("losses")
    assert isinstance(panel, LossesPanel)
    return panel


ACTIONS = (
    Action(
        id="loss.rename",
        title=lambda context: f"Re&name {_title(context)}…",
        tip="Call the loss otherwise whose gradient is painted; its title is typed on its card",
        shortcut="F2",
        run=lambda context: _panel(context).rename(context.session.state.view.loss),
        enabled=_is_loss,
        workspaces=("explore",),
    ),
    Action(
        id="loss.once_more",
        title=lambda context: f"Show {_title(context)} Once &More",
        tip="Add the loss again whose gradient is painted, to be set otherwise",
        run=lambda context: _panel(context).add_again(context.session.state.view.loss),
        enabled=_is_loss,
        workspaces=("explore",),
    ),
)
