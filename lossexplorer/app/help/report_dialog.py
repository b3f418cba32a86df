"""The dialog that copies a report."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.help.report import without_file_names
from lossexplorer.app.theme import UNIT


class ReportDialog(QDialog):
    """Shows a report as it will be copied; file names are in it only if somebody says so.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    report : str
        With file names.
    known : iterable of str
        Paths that are open or were, whose names are left out, too.

    Attributes
    ----------
    text : QPlainTextEdit
        What is copied.
    file_names : QCheckBox
        Whether file names are in it.
    """

    def __init__(self, parent: QWidget, report: str, known: Iterable[str]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Copy Report")
        self._report, self._redacted = report, without_file_names(report, known)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName("Report")
        self.file_names = QCheckBox("With the names of files")
        self.file_names.toggled.connect(self._show)
        words = QLabel(
            "This is what is copied. Nothing is sent; paste it where you report a fault."
        )
        words.setWordWrap(True)
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        copy.setDefault(True)
        buttons.accepted.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        for widget in (words, self.text, self.file_names, buttons):
            column.addWidget(widget)
        self._show(False)
        self.resize(720, 480)

    def _show(self, with_names: bool) -> None:
        self.text.setPlainText(self._report if with_names else self._redacted)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
        self.accept()
