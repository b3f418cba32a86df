"""The dialog that lists the keyboard shortcuts."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.actions import plain
from lossexplorer.app.context import Context
from lossexplorer.app.menus import offers
from lossexplorer.app.theme import UNIT


def shortcut_text(shortcut: str) -> str:
    """Return a shortcut as this system writes it."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


class ShortcutsDialog(QDialog):
    """Every action that has a shortcut, with its menu.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    context : Context
        What the actions' titles depend on.

    Attributes
    ----------
    table : QTreeWidget
        A row for each: title, menu, shortcut.
    """

    def __init__(self, parent: QWidget, context: Context) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard Shortcuts")
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["action", "menu", "shortcut"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        for offer in offers(context):
            if offer.action.shortcut:
                title = plain(offer.action.title_in(context))
                keys = shortcut_text(offer.action.shortcut)
                self.table.addTopLevelItem(QTreeWidgetItem([title, " › ".join(offer.path), keys]))
        header = self.table.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(13 * UNIT)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        column.addWidget(self.table)
        column.addWidget(buttons)
        self.resize(560, 480)
