"""Actions on the descent of the prediction's logits."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context


def play_or_pause(context: Context) -> None:
    """Follow the gradient, or pause."""
    if context.descent.status.is_playing:
        context.descent.pause()
    else:
        context.descent.play()


ACTIONS = (
    Action(
        id="descent.play",
        title=lambda context: (
            "&Pause the Descent" if context.descent.status.is_playing else "&Follow the Gradient"
        ),
        tip="Let the prediction's logits descend, until it is paused",
        shortcut="Space",
        workspaces=("explore",),
        run=play_or_pause,
        enabled=lambda context: context.descent.can_go_on,
    ),
    Action(
        id="descent.step",
        title="&Step of the Descent",
        tip="Take one step along the gradient",
        shortcut="N",
        workspaces=("explore",),
        run=lambda context: context.descent.step(),
        enabled=lambda context: context.descent.can_go_on,
    ),
    Action(
        id="descent.rewind",
        title="Re&wind the Descent",
        tip="Back to the prediction that the controls make",
        shortcut="Home",
        workspaces=("explore",),
        run=lambda context: context.descent.rewind(),
        enabled=lambda context: context.descent.is_under_way,
    ),
)
