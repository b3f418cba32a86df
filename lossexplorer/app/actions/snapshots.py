"""Actions on the snapshots."""

from __future__ import annotations

from qtpy.QtCore import Qt

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.snapshots.holding import Holding
from lossexplorer.app.snapshots.pictures import picture_now


def _keep(context: Context) -> None:
    context.snapshots.keep(picture_now(context))
    context.panels.show("snapshots", True)


def _flip(context: Context) -> None:
    if context.session.store.left is None:  # else the key is held, and says so again and again
        context.snapshots.flip()
        Holding(Qt.Key.Key_B, context.snapshots.flip_back)


ACTIONS = (
    Action(
        id="snapshots.keep",
        title="&Keep a Snapshot",
        tip="Keep what is set and shown, to go back to it and to compare",
        shortcut="Ctrl+K",
        run=_keep,
        enabled=lambda context: context.session.case is not None,
    ),
    Action(
        id="snapshots.flip",
        title="&Flip to the Other Snapshot",
        tip="As long as the key is held",
        shortcut="B",
        workspaces=("explore",),
        run=_flip,
        enabled=lambda context: context.snapshots.other is not None,
    ),
    Action(
        id="snapshots.compare_none",
        title="&End the Comparison",
        tip="Ctrl and a click on a snapshot compare it with what is set",
        workspaces=("explore",),
        run=lambda context: context.snapshots.compare_none(),
        enabled=lambda context: bool(context.snapshots.second),
    ),
)
