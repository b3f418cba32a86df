"""Actions on the session as a whole."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action

ACTIONS = (
    Action(
        id="session.open",
        title="Op&en Session…",
        tip="Everything that was open and set when it was saved",
        shortcut="Ctrl+Shift+O",
        run=lambda context: context.sessions.ask(),
    ),
    Action(
        id="session.save",
        title="Sa&ve Session",
        tip="Everything that is open and set",
        shortcut="Ctrl+S",
        run=lambda context: context.sessions.save(),
    ),
    Action(
        id="session.save_as",
        title="Save Session &As…",
        shortcut="Ctrl+Shift+S",
        run=lambda context: context.sessions.save_as(),
    ),
    Action(
        id="session.copy",
        title="&Copy Session",
        tip="A session of sample volumes as one line of text, for a mail or a chat",
        shortcut="Ctrl+Alt+C",
        run=lambda context: context.sessions.copy(),
    ),
    Action(
        id="session.paste",
        title="&Paste Session",
        tip="Open the session that the clipboard has as a line of text",
        shortcut="Ctrl+Alt+V",
        run=lambda context: context.sessions.paste(),
    ),
)
