"""Actions on the line of the profile."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context


def _points(context: Context) -> bool:
    return context.session.volume is not None


def _draw(context: Context, *, is_first: bool) -> None:
    """Have an end of the line where the pointer is, and show the profile."""
    voxel, view = context.stage.pointed, context.session.state.view
    if voxel is None:
        context.messages.say("Point at a voxel of the canvas, where the line is to have its end.")
        return
    first, last = view.line or (voxel, voxel)
    context.session.show(line=(voxel, last) if is_first else (first, voxel))
    plots = context.panels.widget("plots")
    plots.look_at("profile")  # type: ignore[attr-defined]


ACTIONS = (
    Action(
        id="view.line_from",
        title="&Begin the Profile's Line Here",
        tip="The line of the profile begins at the voxel below the pointer",
        shortcut="L",
        workspaces=("explore",),
        enabled=_points,
        run=lambda context: _draw(context, is_first=True),
    ),
    Action(
        id="view.line_to",
        title="&End the Profile's Line Here",
        tip="The line of the profile ends at the voxel below the pointer",
        shortcut="Shift+L",
        workspaces=("explore",),
        enabled=_points,
        run=lambda context: _draw(context, is_first=False),
    ),
)
