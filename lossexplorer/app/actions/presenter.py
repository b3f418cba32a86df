"""The action that begins a talk."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context


def _has_something_open(context: Context) -> bool:
    return context.session.case is not None


ACTIONS = (
    Action(
        id="presenter.start",
        title="Present",
        tip="One page full screen, to be read from the last row; Esc comes back",
        shortcut="F5",
        run=lambda context: context.presenter.start(),
        enabled=_has_something_open,
    ),
)
