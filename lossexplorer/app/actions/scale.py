"""Actions on the scale of the gradient's colours."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.session.state import Scale


def scale_action(scale: Scale) -> str:
    """Return the id of the action that chooses a scale."""
    return f"scale.{scale}"


def choose_scale(context: Context, scale: Scale) -> None:
    """Choose what the ends of the gradient's colours follow; a fixed one stays as it is now."""
    limit = context.stage.gradient_limit
    if scale == "fixed" and limit > 0:
        context.session.show(scale=scale, limit=limit)
    else:
        context.session.show(scale=scale)


def _scale(scale: Scale, title: str, tip: str) -> Action:
    return Action(
        id=scale_action(scale),
        title=title,
        tip=tip,
        run=lambda context: choose_scale(context, scale),
        checked=lambda context: context.session.state.view.scale == scale,
        group="scale",
    )


ACTIONS = (
    _scale("automatic", "Of &Each Map", "The colours of the gradient span the map that is shown"),
    _scale(
        "shared",
        "Shared by All S&hown",
        "One scale for the losses or outputs shown: that of the widest gradient seen of them",
    ),
    _scale("fixed", "Fi&xed", "The scale stays; its end can be typed below the canvas"),
)
