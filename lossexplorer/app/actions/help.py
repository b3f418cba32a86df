"""Actions that explain the program."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action

ACTIONS = (
    Action(
        id="help.manual",
        title="&Manual",
        tip="The pages of the documentation",
        shortcut="F1",
        run=lambda context: context.dialogs.show_manual(),
    ),
    Action(
        id="help.tour",
        title="&Tour",
        tip="The window in five steps",
        run=lambda context: context.dialogs.begin_tour(context, by_hand=True),
    ),
    Action(
        id="help.commands",
        title="&Command Palette…",
        tip="Find what can be done by its name",
        shortcut="Ctrl+Shift+P",
        run=lambda context: context.dialogs.show_commands(context),
    ),
    Action(
        id="help.shortcuts",
        title="&Keyboard Shortcuts",
        tip="Which keys do what",
        run=lambda context: context.dialogs.show_shortcuts(context),
    ),
    Action(
        id="help.report",
        title="Copy &Report…",
        tip="Versions, machine and the end of the log, to send with a fault",
        run=lambda context: context.dialogs.show_report(context),
    ),
    Action(
        id="help.about",
        title="&About Loss Explorer",
        run=lambda context: context.dialogs.show_about(),
    ),
)
