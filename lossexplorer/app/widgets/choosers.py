"""Dialogs that ask which: of several volumes, plugins or layers, and of a volume's classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import QSortFilterProxyModel, Qt, Signal
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.theme import UNIT
from lossexplorer.volumes import LabelClass


class Chooser(QDialog):
    """A dialog with a sentence, something to choose from, OK and Cancel."""

    def __init__(self, parent: QWidget, title: str, text: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        sentence = QLabel(text)
        sentence.setWordWrap(True)
        kinds = QDialogButtonBox.StandardButton
        # With its parent from the start: the style says then already that buttons have no icons.
        self._buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        self.accept_button = self._buttons.button(kinds.Ok)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        self.column.setSpacing(UNIT)
        self.column.addWidget(sentence)

    def _finish(self, width: int, height: int) -> None:
        self.column.addWidget(self._buttons)
        self.resize(width, height)


class RowChooser(Chooser):
    """Asks for one of several rows.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    title, text : str
        Of the dialog, and what to choose.
    headers : sequence of str
        Of the columns.
    rows : sequence of sequence of str
        What there is to choose from.

    Attributes
    ----------
    table : QTreeWidget
        The rows.
    chosen : Signal(int)
        The row's number.
    """

    chosen = Signal(int)

    def __init__(
        self,
        parent: QWidget,
        title: str,
        text: str,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
    ) -> None:
        super().__init__(parent, title, text)
        self.table = QTreeWidget()
        self.table.setRootIsDecorated(False)
        self.table.setHeaderLabels(list(headers))
        self.table.addTopLevelItems([QTreeWidgetItem(list(row)) for row in rows])
        for column in range(len(headers)):
            self.table.resizeColumnToContents(column)
        self.table.setCurrentIndex(self.table.model().index(0, 0))
        self.table.itemDoubleClicked.connect(self.accept)
        self.column.addWidget(self.table, 1)
        self._finish(520, 320)

    def accept(self) -> None:
        """Say which row was chosen."""
        chosen = self.table.currentIndex().row()
        super().accept()
        self.chosen.emit(chosen)


def choose_row(
    parent: QWidget,
    title: str,
    text: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    take: Callable[[int], None],
) -> None:
    """Ask for a row of a table; parameters as for `RowChooser`, and what takes the row."""
    dialog = RowChooser(parent, title, text, headers, rows)
    dialog.chosen.connect(take)
    dialog.open()


class ClassesDialog(Chooser):
    """Asks which ids are classes; the others become background.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    classes : sequence of LabelClass
        All but the background.
    chosen : set of int
        The ids that are classes now.

    Attributes
    ----------
    search : QLineEdit
        Shows the classes whose name or id holds this.
    accepted_ids : Signal(tuple)
        The ids chosen, ascending.
    """

    accepted_ids = Signal(object)

    def __init__(self, parent: QWidget, classes: Sequence[LabelClass], chosen: set[int]) -> None:
        super().__init__(
            parent, "Choose classes", "Each of these is a class; all others become background."
        )
        self.model = QStandardItemModel(0, 3, self)
        self.model.setHorizontalHeaderLabels(["class", "id", "voxels"])
        for each in classes:
            self.model.appendRow(_row(each, each.id in chosen))
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self.model)
        self._shown.setFilterKeyColumn(-1)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._shown.setSortRole(Qt.ItemDataRole.UserRole)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search by name or id")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._shown.setFilterFixedString)
        self.all = QPushButton("Select all")
        self.none = QPushButton("Select none")
        self.all.clicked.connect(lambda: self._check_shown(Qt.CheckState.Checked))
        self.none.clicked.connect(lambda: self._check_shown(Qt.CheckState.Unchecked))
        tree = QTreeView()
        tree.setModel(self._shown)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setSortingEnabled(True)
        tree.sortByColumn(1, Qt.SortOrder.AscendingOrder)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._count = QLabel()
        self._count.setObjectName("quiet")
        line = QHBoxLayout()
        line.addWidget(self.all)
        line.addWidget(self.none)
        line.addStretch(1)
        line.addWidget(self._count)
        self.column.addWidget(self.search)
        self.column.addWidget(tree, 1)
        self.column.addLayout(line)
        self._finish(480, 560)
        self.model.itemChanged.connect(self._on_change)
        self._on_change()

    def checked(self) -> tuple[int, ...]:
        """Return the ids that are checked, ascending."""
        rows = (self.model.item(row, 0) for row in range(self.model.rowCount()))
        ids = (
            int(self.model.item(item.row(), 1).text())
            for item in rows
            if item.checkState() == Qt.CheckState.Checked
        )
        return tuple(sorted(ids))

    def accept(self) -> None:
        """Say which ids were chosen."""
        ids = self.checked()
        super().accept()
        self.accepted_ids.emit(ids)

    def _check_shown(self, state: Qt.CheckState) -> None:
        """Check or uncheck the classes that the search shows."""
        blocked = self.model.blockSignals(True)
        for row in range(self._shown.rowCount()):
            index = self._shown.mapToSource(self._shown.index(row, 0))
            self.model.itemFromIndex(index).setCheckState(state)
        self.model.blockSignals(blocked)
        self.model.layoutChanged.emit()
        self._on_change()

    def _on_change(self) -> None:
        count = len(self.checked())
        self._count.setText(f"{count:,} of {self.model.rowCount():,} chosen")
        self.accept_button.setEnabled(count > 0)


def _row(each: LabelClass, chosen: bool) -> list[QStandardItem]:
    """Return a class's row; numbers sort as numbers."""
    name, number, voxels = (
        QStandardItem(each.name), QStandardItem(str(each.id)), QStandardItem(f"{each.voxels:,}")
    )  # fmt: skip
    name.setCheckable(True)
    name.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
    for item, key in ((name, each.name.lower()), (number, each.id), (voxels, each.voxels)):
        item.setData(key, Qt.ItemDataRole.UserRole)
        item.setEditable(False)
    return [name, number, voxels]
