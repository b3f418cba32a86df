"""Actions on the history of what was set."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action, literal
from lossexplorer.app.context import Context


def _undo_title(context: Context) -> str:
    return f"&Undo {literal(context.session.store.undo_label)}".rstrip()


def _redo_title(context: Context) -> str:
    return f"&Redo {literal(context.session.store.redo_label)}".rstrip()


ACTIONS = (
    Action(
        id="edit.undo",
        title=_undo_title,
        tip="Take the last change of the experiment back",
        shortcut="Ctrl+Z",
        run=lambda context: context.session.store.undo(),
        enabled=lambda context: bool(context.session.store.undo_label),
        follows_controls=True,
    ),
    Action(
        id="edit.redo",
        title=_redo_title,
        tip="Do again what was undone last",
        shortcut="Ctrl+Shift+Z",
        run=lambda context: context.session.store.redo(),
        enabled=lambda context: bool(context.session.store.redo_label),
        follows_controls=True,
    ),
)
