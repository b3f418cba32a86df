"""Actions on the line of the profile."""

from __future__ import annotations

from functools import partial

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


def _end(*, is_first: bool) -> Action:
    """Return the action that draws one end of the line."""
    words = ("&Begin the Profile's", "begins") if is_first else ("End the Pro&file's", "ends")
    title, verb = words
    return Action(
        id="view.line_from" if is_first else "view.line_to",
        title=f"{title} Line Here",
        tip=f"The line of the profile {verb} at the voxel below the pointer",
        shortcut="L" if is_first else "Shift+L",
        workspaces=("explore",),
        enabled=_points,
        run=partial(_draw, is_first=is_first),
    )


ACTIONS = (_end(is_first=True), _end(is_first=False))
