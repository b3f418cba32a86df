"""The dialogs about the program itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QApplication, QMessageBox, QWidget

from lossexplorer import __version__
from lossexplorer.app.context import Context
from lossexplorer.app.log import log_path

if TYPE_CHECKING:
    from lossexplorer.app.help.tour import Tour


class Dialogs:
    """What shows them.

    Parameters
    ----------
    window : QWidget
        Their parent.
    """

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._tour: Tour | None = None

    def show_commands(self, context: Context) -> None:
        """Show every action, to be found by its name."""
        from lossexplorer.app.widgets.command_palette import CommandPalette

        CommandPalette(self._window, context).open_below_top()

    def show_shortcuts(self, context: Context) -> None:
        """Show the actions that have a shortcut."""
        from lossexplorer.app.widgets.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._window, context).open()

    def show_manual(self) -> None:
        """Show the pages of the documentation; the window can be used meanwhile."""
        from lossexplorer.app.help.manual import ManualDialog

        ManualDialog(self._window).show()

    def show_report(self, context: Context) -> None:
        """Show the report that somebody can send who found a fault."""
        from lossexplorer.app.help.report import last_lines, report_text
        from lossexplorer.app.help.report_dialog import ReportDialog

        report = report_text(context.controller.client.status, last_lines(log_path()))
        known = [path for sources in context.settings.value.recent for path in sources]
        case = context.session.case
        known += [] if case is None else [str(volume.path) for volume in case.batch]
        ReportDialog(self._window, report, known).open()

    def begin_tour(self, context: Context, *, by_hand: bool) -> None:
        """Begin the tour of the window.

        Parameters
        ----------
        context : Context
            Has what it speaks of.
        by_hand : bool
            Whether somebody asked for it; then it has the keys.
        """
        from lossexplorer.app.help.tour import Tour

        if self._tour is not None:
            self._tour.close()
        self._tour = tour = Tour(self._window, context)
        tour.destroyed.connect(self._forget_tour)
        tour.begin()
        if by_hand:
            tour.on.setFocus()

    def begin_first_tour(self, context: Context) -> None:
        """Begin the tour of the first run, unless a dialog asks something."""
        if QApplication.activeModalWidget() is None:
            self.begin_tour(context, by_hand=False)

    def _forget_tour(self) -> None:
        self._tour = None

    def show_about(self) -> None:
        """Say what the program is."""
        QMessageBox.about(
            self._window,
            "About Loss Explorer",
            f"<b>Loss Explorer {__version__}</b><br>See what a segmentation loss does.<br><br>"
            "BSD-3-Clause. The sample volumes have licences of their own; see their notice.",
        )
