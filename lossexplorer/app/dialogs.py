"""The dialogs about the program itself."""

from __future__ import annotations

from qtpy.QtWidgets import QMessageBox, QWidget

from lossexplorer import __version__
from lossexplorer.app.context import Context


class Dialogs:
    """What shows them.

    Parameters
    ----------
    window : QWidget
        Their parent.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def show_commands(self, context: Context) -> None:
        """Show every action, to be found by its name."""
        from lossexplorer.app.widgets.command_palette import CommandPalette

        CommandPalette(self._window, context).open_below_top()

    def show_shortcuts(self, context: Context) -> None:
        """Show the actions that have a shortcut."""
        from lossexplorer.app.widgets.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window, context).open()

    def show_about(self) -> None:
        """Say what the program is."""
        QMessageBox.about(
            self._window,
            "About Loss Explorer",
            f"<b>Loss Explorer {__version__}</b><br>See what a segmentation loss does.<br><br>"
            "BSD-3-Clause. The sample volumes have licences of their own; see their notice.",
        )
