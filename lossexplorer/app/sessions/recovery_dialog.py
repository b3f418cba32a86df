"""The dialog that offers sessions that were cut off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QDialogButtonBox, QPushButton, QWidget

from lossexplorer.app.sessions.kept import KeptSession, time_in_words
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.choosers import RowChooser

# So many windows that were killed with a session may have been killed by its volume.
_SUSPICIOUS = 2


class RecoveryDialog(RowChooser):
    """Asks what to do with sessions that are on the disk; Esc is Later, and discards nothing.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    sessions : sequence of KeptSession
        What there is, the newest first.
    is_start : bool
        Whether the program was started after they were cut off, and not asked for them by its
        user.

    Attributes
    ----------
    without_volume : QCheckBox
        Whether the volume is left out; only where it may be to blame.
    start_empty : QPushButton
        Declines all sessions; hidden if the user asked for them.
    restoring : Signal(int, bool)
        The row that is to be restored, and whether with its volume.
    declined : Signal()
        Nothing is to be restored, and nothing offered again.
    """

    restoring = Signal(int, bool)
    declined = Signal()

    def __init__(self, parent: QWidget, sessions: Sequence[KeptSession], is_start: bool) -> None:
        what = "a session was" if len(sessions) == 1 else "these sessions were"
        cut_off = f"The program ended before {what} closed. Everything up to then is kept."
        super().__init__(
            parent,
            "Recover a session",
            cut_off if is_start else "These sessions are kept. The newest comes first.",
            ("session", "kept", "what had been changed"),
            [_row(session) for session in sessions],
        )
        self._sessions = sessions
        self._fit_columns()
        self.without_volume = QCheckBox()
        self.column.insertWidget(self.column.count() - 1, self.without_volume)
        kinds = QDialogButtonBox.StandardButton
        self.accept_button.setText("&Restore")
        self._buttons.button(kinds.Cancel).setText("&Later" if is_start else "Cancel")
        self.start_empty: QPushButton = self._buttons.addButton(
            "Start &Empty", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.start_empty.setVisible(is_start)
        self.start_empty.setToolTip("They stay in File > Recover Session")
        self.start_empty.clicked.connect(self._decline)
        self.table.currentItemChanged.connect(self._suspect)
        self._suspect()

    def _fit_columns(self) -> None:
        for column in range(self.table.columnCount() - 1):  # the last has what is left
            self.table.resizeColumnToContents(column)
            self.table.setColumnWidth(column, self.table.columnWidth(column) + 2 * UNIT)
        self.table.setAccessibleName("Sessions")
        self.resize(640, 260)

    def _suspect(self) -> None:
        """Offer the chosen session without its volume if it was cut off with it repeatedly."""
        session = self._sessions[self.table.currentIndex().row()]
        is_suspicious = session.all_crashes >= _SUSPICIOUS
        self.without_volume.setText(
            f"Without its volume: the program was cut off {session.all_crashes} times with it"
        )
        self.without_volume.setVisible(is_suspicious)
        self.without_volume.setChecked(is_suspicious)

    def accept(self) -> None:
        """Have the chosen session restored."""
        row = self.table.currentIndex().row()
        self.restoring.emit(row, not self.without_volume.isChecked())
        super().accept()

    def _decline(self) -> None:
        self.declined.emit()
        self.reject()


def _row(session: KeptSession) -> tuple[str, str, str]:
    """Return what is said of a session, in the time of this place."""
    kept_at = time_in_words(session.kept_at.astimezone(), datetime.now().astimezone())
    return session.title, kept_at, session.changes or "nothing"
