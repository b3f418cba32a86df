"""Actions on the prediction."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action

ACTIONS = (
    Action(
        id="prediction.reset",
        title="&Reset: the prediction is the truth",
        shortcut="Ctrl+R",
        workspaces=("explore",),
        run=lambda context: context.session.reset_controls(),
    ),
)
