"""A table of numbers that is sorted, searched and copied: quiet headers, cells in colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QTableView,
)

from lossexplorer.app.theme import UNIT

_ROW = 20
_SEARCH = 172  # pixels
_WIDEST_NAME, _WIDEST_NUMBER = 260, 150  # pixels
_MARGINS = 2 * UNIT + 8  # of a cell's text, in pixels
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
    is_words : bool
        Whether it is read from the left; numbers end below each other, on the right.
    """

    text: str
    color: str = ""
    tip: str = ""
    is_bold: bool = False
    is_words: bool = False


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
        sides = Qt.AlignmentFlag
        side = sides.AlignLeft if column == 0 or cell.is_words else sides.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter
    return None


def number_in(text: str) -> float | None:
    """Return the number that a cell's text is or begins with; None if it is none.

    Examples
    --------
    >>> [number_in(text) for text in ("−3.1e-5", "1,234", "50 %", "+2 mm", "∞", "Dice")]
    [-3.1e-05, 1234.0, 50.0, 2.0, inf, None]
    """
    first = text.replace("−", "-").replace(",", "").replace("∞", "inf").split()[:1]
    try:
        return float(first[0]) if first else None
    except ValueError:
        return None


def _sort_key(cell: TableCell) -> tuple[int, float, str]:
    """Return what puts numbers first, then texts, then what is no number and nothing."""
    number = number_in(cell.text)
    if number is not None and not math.isnan(number):
        return 0, number, ""
    is_text = number is None and cell.text not in ("", "–")
    return (1 if is_text else 2), 0.0, cell.text.casefold()


def _bold() -> QFont:
    font = QFont()
    font.setBold(True)
    return font


class NumberTable(QTableView):
    """Rows of cells; the first column has the names.

    A click on a header sorts by its column, a second one the other way, a third one puts the rows
    back. Ctrl+F, or typing, searches: only rows with the text in a cell are shown, until Escape.
    What is selected, or everything, is copied with the window system's keys for copying, with tabs
    between.

    Parameters
    ----------
    title : str
        What it is called by assistive technology.

    Attributes
    ----------
    search : QLineEdit
        The text that rows must have.
    entered : Signal(int)
        Enter was pressed in a row, from the top.
    """

    entered = Signal(int)

    def __init__(self, title: str) -> None:
        super().__init__()
        self._model = _Model()
        self._headers: tuple[TableCell, ...] = ()
        self._every: tuple[tuple[TableCell, ...], ...] = ()
        self._order: tuple[int, bool] | None = None  # column, and whether it descends
        self._shown: list[int] = []
        self.search = QLineEdit(self)
        self.search.setObjectName("search")
        self.search.setPlaceholderText("find…")
        self.search.setAccessibleName(f"find in {title}")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _text: self._arrange())
        self.search.installEventFilter(self)
        self.search.hide()
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
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort)
        header.setMinimumSectionSize(48)

    def show_cells(self, headers: Sequence[TableCell], rows: Sequence[Sequence[TableCell]]) -> None:
        """Show other cells: a header for each column, and rows of as many cells.

        They are sorted and searched as those before, unless there are other columns.
        """
        if [each.text for each in headers] != [each.text for each in self._headers]:
            self._order = None
        self._headers, self._every = tuple(headers), tuple(map(tuple, rows))
        self._arrange()

    def shown_row(self, place: int) -> int:
        """Return which of the rows given is at a place from the top."""
        return self._shown[place]

    def _sort(self, column: int) -> None:
        """Sort by a column, then the other way, then not."""
        if self._order is None or self._order[0] != column:
            self._order = column, False
        else:
            self._order = None if self._order[1] else (column, True)
        header = self.horizontalHeader()
        header.setSortIndicatorShown(self._order is not None)
        if self._order is not None:
            orders = Qt.SortOrder
            descends = self._order[1]
            header.setSortIndicator(
                column, orders.DescendingOrder if descends else orders.AscendingOrder
            )
        self._arrange()

    def _arrange(self) -> None:
        """Show the rows that are searched for, in their order."""
        wanted = self.search.text().casefold().strip()
        shown = [
            nth
            for nth, row in enumerate(self._every)
            if any(wanted in cell.text.casefold() for cell in row)
        ]
        if self._order is not None:
            column, descends = self._order
            keys = {nth: _sort_key(self._every[nth][column]) for nth in shown}
            shown.sort(key=lambda nth: keys[nth][1:], reverse=descends)
            shown.sort(key=lambda nth: keys[nth][0])  # what is no number stays below
        self._shown = shown
        self._show(self._headers, tuple(self._every[nth] for nth in shown))

    def _show(
        self, headers: tuple[TableCell, ...], rows: tuple[tuple[TableCell, ...], ...]
    ) -> None:
        count = len(self._model.rows)
        if self._model.show(headers, rows):
            self._fit_names()
        if count != len(self._model.rows):
            self.updateGeometry()
        self._fit_numbers()

    def _fit_names(self) -> None:
        """Make the first column as wide as its texts."""
        if not self._model.headers:
            return
        header = self.horizontalHeader()
        bold = self._bold_metrics()
        names = [self._model.headers[0], *(row[0] for row in self._model.rows)]
        widest = max(bold.horizontalAdvance(cell.text) for cell in names)
        width = min(widest, _WIDEST_NAME) + _MARGINS
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, width)
        # Numbers far from their names would be hard to follow.
        self.setMaximumWidth(width + _WIDEST_NUMBER * (self._model.columnCount() - 1))

    def _fit_numbers(self) -> None:
        """Share the rest evenly, or give each column what it needs where that is too little."""
        header, columns = self.horizontalHeader(), range(1, self._model.columnCount())
        needed = {column: self._needed(column) for column in columns}
        room = self.viewport().width() - header.sectionSize(0)
        has_room = max(needed.values(), default=0) * len(columns) <= room
        modes = QHeaderView.ResizeMode
        mode = modes.Stretch if has_room else modes.Fixed
        for column in columns:
            if header.sectionResizeMode(column) != mode:
                header.setSectionResizeMode(column, mode)
            if not has_room:
                header.resizeSection(column, needed[column])

    def _needed(self, column: int) -> int:
        """Return the width of a column's widest text, in sight, searched for or not."""
        texts = {row[column].text for row in self._every}
        bold = self._bold_metrics()
        widest = max((bold.horizontalAdvance(text) for text in texts), default=0)
        return max(widest + _MARGINS, self.horizontalHeader().sectionSizeHint(column))

    def _bold_metrics(self) -> QFontMetrics:
        """Return the measures of bold texts in the font of the theme."""
        self.ensurePolished()
        font = QFont(self.font())
        font.setBold(True)
        return QFontMetrics(font)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the rows for which there is room, and no parts of others."""
        whole = self.viewport().rect()
        whole.setTop(-self.verticalOffset() % _ROW)  # at the end of the bar, rows end at the bottom
        whole.setHeight(whole.height() // _ROW * _ROW)
        super().paintEvent(QPaintEvent(event.region().intersected(whole)))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Share another width, and keep the search on the headers, where it hides no row."""
        super().resizeEvent(event)
        self._fit_numbers()
        height = self.horizontalHeader().height()
        self.search.setGeometry(self.width() - _SEARCH, 0, _SEARCH, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """End the search by Escape, and copy what it found unless some of its text is selected."""
        is_key = watched is self.search and event.type() == QEvent.Type.KeyPress
        if not (is_key and isinstance(event, QKeyEvent)):
            return super().eventFilter(watched, event)
        if event.key() == Qt.Key.Key_Escape:
            self.search.clear()
            self.search.hide()
            self.setFocus()
            return True
        if event.matches(QKeySequence.StandardKey.Copy) and not self.search.hasSelectedText():
            self.copy()
            return True
        return super().eventFilter(watched, event)

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
        """Copy what is selected, or search."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.Find):
            self._begin_search("")
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.entered.emit(self.currentIndex().row())
        elif event.text().isprintable() and event.text().strip():
            self._begin_search(event.text())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Have the keys for searching, which are a shortcut elsewhere, while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_typed = not event.modifiers() and event.text().isprintable() and event.text().strip()
            if event.matches(QKeySequence.StandardKey.Find) or is_typed:
                event.accept()
                return True
        return super().event(event)

    def _begin_search(self, text: str) -> None:
        self.search.show()
        self.search.raise_()
        self.search.setFocus()
        self.search.setText(self.search.text() + text)

    def copy(self) -> None:
        """Copy the cells that are selected; everything with the headers if none is."""
        chosen = sorted(self.selectedIndexes(), key=lambda i: (i.row(), i.column()))
        lines: dict[int, list[str]] = {}
        for index in chosen:
            text = self._model.rows[index.row()][index.column()].text
            lines.setdefault(index.row(), []).append(text)
        found = list(lines.values()) or self.texts()
        QApplication.clipboard().setText("\n".join("\t".join(line) for line in found))
