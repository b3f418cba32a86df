"""A table of numbers: quiet headers, no grid, cells in colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from qtpy.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from qtpy.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QSizePolicy, QTableView

from lossexplorer.app.theme import UNIT

_ROW = 20
_WIDEST_NAME, _WIDEST_NUMBER = 260, 150  # pixels
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class TableCell:
    """What one cell shows.

    Attributes
    ----------
    text : str
        Its words or its number.
    color : str
        As ``#rrggbb``; empty for that of the text around.
    tip : str
        What is said below the pointer.
    is_bold : bool
        Whether it stands out.
    """

    text: str
    color: str = ""
    tip: str = ""
    is_bold: bool = False


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.headers: tuple[TableCell, ...] = ()
        self.rows: tuple[tuple[TableCell, ...], ...] = ()

    def show(self, headers: tuple[TableCell, ...], rows: tuple[tuple[TableCell, ...], ...]) -> bool:
        """Show other cells; return whether columns or names are others."""
        if (headers, rows) == (self.headers, self.rows):
            return False
        has_same_shape = (len(headers), len(rows)) == (len(self.headers), len(self.rows))
        names = [row[0].text for row in rows]
        has_same_names = has_same_shape and names == [row[0].text for row in self.rows]
        if has_same_shape:
            self.headers, self.rows = headers, rows
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(headers) - 1)
            last = self.index(len(rows) - 1, len(headers) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        else:
            self.beginResetModel()
            self.headers, self.rows = headers, rows
            self.endResetModel()
        return not has_same_names

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.headers)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        return _shown(self.rows[index.row()][index.column()], index.column(), role)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return what a header shows."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.headers):
            return None
        return _shown(self.headers[section], section, role)


def _shown(cell: TableCell, column: int, role: int) -> Any:
    roles = Qt.ItemDataRole
    if role == roles.DisplayRole:
        return cell.text
    if role == roles.ToolTipRole:
        return cell.tip or None
    if role == roles.ForegroundRole and cell.color:
        return QColor(cell.color)
    if role == roles.FontRole and cell.is_bold:
        return _bold()
    if role == roles.TextAlignmentRole:
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter
    return None


def _bold() -> QFont:
    font = QFont()
    font.setBold(True)
    return font


class NumberTable(QTableView):
    """Rows of cells; the first column has the names.

    What is selected is copied with the window system's keys for copying, with tabs between.

    Parameters
    ----------
    title : str
        What it is called by assistive technology.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._model = _Model()
        self.setModel(self._model)
        self.setObjectName("numbers")
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.verticalHeader().setMinimumSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(48)
        header.setResizeContentsPrecision(0)  # of many rows, those in sight count

    def show_cells(self, headers: Sequence[TableCell], rows: Sequence[Sequence[TableCell]]) -> None:
        """Show other cells: a header for each column, and rows of as many cells."""
        count = len(self._model.rows)
        if self._model.show(tuple(headers), tuple(map(tuple, rows))):
            self._fit_names()
        if count != len(self._model.rows):
            self.updateGeometry()
        self._fit_numbers()

    def _fit_names(self) -> None:
        """Make the first column as wide as its texts."""
        if not self._model.headers:
            return
        header = self.horizontalHeader()
        bold = QFontMetrics(_bold())
        names = [self._model.headers[0], *(row[0] for row in self._model.rows)]
        widest = max(bold.horizontalAdvance(cell.text) for cell in names)
        width = min(widest, _WIDEST_NAME) + 2 * UNIT + 8
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, width)
        # Numbers far from their names would be hard to follow.
        self.setMaximumWidth(width + _WIDEST_NUMBER * (self._model.columnCount() - 1))

    def _fit_numbers(self) -> None:
        """Share the rest evenly, or give each column what it needs where that is too little."""
        header, columns = self.horizontalHeader(), range(1, self._model.columnCount())
        needed = max((self._needed(column) for column in columns), default=0)
        has_room = needed * len(columns) <= self.viewport().width() - header.sectionSize(0)
        modes = QHeaderView.ResizeMode
        mode = modes.Stretch if has_room else modes.ResizeToContents
        for column in columns:
            if header.sectionResizeMode(column) != mode:
                header.setSectionResizeMode(column, mode)

    def _needed(self, column: int) -> int:
        return max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows for which there is room, and no parts of others."""
        whole = self.viewport().rect()
        whole.setTop(-self.verticalOffset() % _ROW)  # at the end of the bar, rows end at the bottom
        whole.setHeight(whole.height() // _ROW * _ROW)
        super().paintEvent(QPaintEvent(event.region().intersected(whole)))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Share another width."""
        super().resizeEvent(event)
        self._fit_numbers()

    def texts(self) -> list[list[str]]:
        """Return the texts of headers and cells, row by row."""
        return [
            [cell.text for cell in row] for row in (self._model.headers, *self._model.rows) if row
        ]

    @property
    def cells(self) -> tuple[tuple[TableCell, ...], ...]:
        """The cells, row by row, without the headers."""
        return self._model.rows

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height of all rows."""
        height = self.horizontalHeader().sizeHint().height() + _ROW * len(self._model.rows)
        bar = self.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > 0 else 0
        return QSize(super().sizeHint().width(), height + below + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the room for a header and two rows."""
        return QSize(160, 3 * _ROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Copy what is selected."""
        if event.matches(QKeySequence.StandardKey.Copy):
            chosen = sorted(self.selectedIndexes(), key=lambda i: (i.row(), i.column()))
            lines: dict[int, list[str]] = {}
            for index in chosen:
                text = self._model.rows[index.row()][index.column()].text
                lines.setdefault(index.row(), []).append(text)
            QApplication.clipboard().setText("\n".join("\t".join(x) for x in lines.values()))
        else:
            super().keyPressEvent(event)
