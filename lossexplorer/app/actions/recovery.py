"""Actions that bring sessions back."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action

ACTIONS = (
    Action(
        id="session.reopen_last",
        title="Reopen &Last Session",
        tip="What was open and set when the window was closed last",
        run=lambda context: context.recovery.reopen_last(),
    ),
    Action(
        id="session.recover",
        title="Re&cover Session…",
        tip="Sessions that were cut off or left for another one, and the last one that was closed",
        run=lambda context: context.recovery.choose(),
    ),
)
