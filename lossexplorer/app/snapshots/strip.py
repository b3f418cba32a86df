"""The strip of snapshots: a picture and a name each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from lossexplorer.app.snapshots.pictures import HEIGHT, WIDTH
from lossexplorer.app.theme import DARK, UNIT, Palette
from lossexplorer.session.snapshots import Snapshot

_NUMBER, _PICTURE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_NAME = 18
"""The height of the name below a picture, in pixels."""
_CELL = QSize(WIDTH + UNIT, HEIGHT + _NAME + UNIT // 2)
_Index = QModelIndex | QPersistentModelIndex


class SnapshotStrip(QListWidget):
    """Every snapshot, from left to right.

    A click goes back to one, a click with Ctrl chooses it for the comparison, a drag changes the
    order. With the focus, Return is the click, Ctrl+Return that with Ctrl, F2 renames, Delete
    removes, and Ctrl with an arrow moves.

    Attributes
    ----------
    clicked_on, chosen, removed : Signal(int)
        The number of the snapshot that was clicked, chosen by a click with Ctrl, or is to go.
    renamed : Signal(int, str)
        What a snapshot is to be called.
    moved : Signal(int, int)
        A snapshot, and its new place.
    """

    clicked_on = Signal(int)
    chosen = Signal(int)
    removed = Signal(int)
    renamed = Signal(int, str)
    moved = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.setAccessibleName("snapshots")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setSpacing(0)
        self.setUniformItemSizes(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A click goes elsewhere in the state, and the keys that follow are meant for what it shows.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._cells = _Cells(self)
        self.setItemDelegate(self._cells)
        self._pressed: int | None = None
        self.itemChanged.connect(self._on_edited)
        self.model().rowsMoved.connect(self._on_moved)
        self.customContextMenuRequested.connect(self._open_menu)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._cells.palette = palette
        self.viewport().update()

    def show_snapshots(self, kept: Sequence[Snapshot], here: int, second: int) -> None:
        """Show these snapshots.

        Parameters
        ----------
        kept : sequence of Snapshot
            All of them, in order.
        here, second : int
            The numbers of the one that is set now and of the one that is compared; 0 for none.
        """
        self._cells.here, self._cells.second = here, second
        current = self.current
        self.blockSignals(True)
        self.clear()
        for snapshot in kept:
            item = QListWidgetItem(snapshot.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setData(_NUMBER, snapshot.number)
            picture = QPixmap()
            picture.loadFromData(snapshot.picture)
            item.setData(_PICTURE, picture)
            time = snapshot.kept_at.astimezone().strftime("%H:%M:%S")
            item.setToolTip(f"{snapshot.name}, kept at {time}")
            self.addItem(item)
            if snapshot.number == current:
                self.setCurrentItem(item)
        self.blockSignals(False)
        self.viewport().update()

    @property
    def current(self) -> int:
        """The number of the snapshot that keys act on; 0 for none."""
        item = self.currentItem()
        return 0 if item is None else int(item.data(_NUMBER))

    def place_of(self, number: int) -> QRect:
        """Return where a snapshot is in the viewport."""
        return self.visualItemRect(self._item(number))

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height of a row with its scroll bar."""
        return QSize(2 * _CELL.width(), _CELL.height() + UNIT + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the room for one snapshot."""
        return QSize(_CELL.width(), self.sizeHint().height())

    # What the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Note what is pressed: a drag that begins there is no click."""
        super().mousePressEvent(event)
        item = self.itemAt(event.position().toPoint())
        is_left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = int(item.data(_NUMBER)) if item is not None and is_left else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go back to what was clicked, or choose it with Ctrl."""
        super().mouseReleaseEvent(event)
        item, pressed = self.itemAt(event.position().toPoint()), self._pressed
        self._pressed = None
        if item is not None and item.data(_NUMBER) == pressed:
            self._act_on(int(item.data(_NUMBER)), event.modifiers())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what a key does with the current snapshot; letters are shortcuts of the window."""
        key, with_ctrl = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if self.state() == QAbstractItemView.State.EditingState or not self.current:
            event.ignore()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._act_on(self.current, event.modifiers())
        elif key == Qt.Key.Key_Delete:
            self.removed.emit(self.current)
        elif with_ctrl and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            by = -1 if key == Qt.Key.Key_Left else 1
            self.moved.emit(self.current, self.currentRow() + by)
        elif event.text().isalpha():
            event.ignore()  # Qt would look for a name
        else:
            super().keyPressEvent(event)

    def _act_on(self, number: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.chosen.emit(number)
        else:
            self.clicked_on.emit(number)

    def _open_menu(self, at: Any) -> None:
        item = self.itemAt(at)
        if item is None:
            return
        number, row = int(item.data(_NUMBER)), self.row(item)
        is_second = number == self._cells.second
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Go Back", lambda: self.clicked_on.emit(number))
        compare = "End the Comparison" if is_second else "Compare"
        menu.addAction(compare, lambda: self.chosen.emit(number))
        menu.addSeparator()
        menu.addAction("Rename", lambda: self.editItem(item))
        menu.addAction("Move Left", lambda: self.moved.emit(number, row - 1)).setEnabled(row > 0)
        is_last = row == self.count() - 1
        right = menu.addAction("Move Right", lambda: self.moved.emit(number, row + 1))
        right.setEnabled(not is_last)
        menu.addSeparator()
        menu.addAction("Remove", lambda: self.removed.emit(number))
        menu.popup(self.viewport().mapToGlobal(at))

    def _on_edited(self, item: QListWidgetItem) -> None:
        number, text = int(item.data(_NUMBER)), item.text()
        _later(lambda: self.renamed.emit(number, text))

    def _on_moved(self, _parent: Any, first: int, _last: int, _to: Any, before: int) -> None:
        """Say where a snapshot was dragged; Qt names the row that it is put before."""
        row = before if before < first else before - 1
        number = int(self.item(row).data(_NUMBER))
        _later(lambda: self.moved.emit(number, row))

    def _item(self, number: int) -> QListWidgetItem:
        items = (self.item(row) for row in range(self.count()))
        return next(item for item in items if item.data(_NUMBER) == number)


def _later(do: Callable[[], object]) -> None:
    """Do something once Qt is done with the items, which it makes anew."""
    QTimer.singleShot(0, do)


class _Cells(QStyledItemDelegate):
    """Paints a picture with a name below it: framed if it is set now, dashed if it is compared."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.palette = DARK
        self.here = self.second = 0

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802
        """Return the size of every cell."""
        del option, index
        return _CELL

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint a cell."""
        palette, cell = self.palette, option.rect
        number = index.data(_NUMBER)
        picture = QRect(cell.left() + UNIT // 2, cell.top() + 2, WIDTH, HEIGHT)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(picture, QColor("#000000"))
        pixmap = index.data(_PICTURE)
        if not pixmap.isNull():
            painter.drawPixmap(picture, pixmap)
        has_focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
        styles = Qt.PenStyle
        if number in (self.here, self.second) or has_focus:
            color = palette.text if has_focus else palette.accent
            style = styles.DashLine if number == self.second else styles.SolidLine
            pen = QPen(QColor(color), 2, style)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(picture.adjusted(0, 0, -1, -1))
        is_marked = number in (self.here, self.second)
        painter.setPen(QColor(palette.text if is_marked else palette.quiet))
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        below = self._below(cell)
        name = painter.fontMetrics().elidedText(
            index.data(), Qt.TextElideMode.ElideMiddle, below.width()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.restore()

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Put the line that a name is typed in below the picture."""
        del index
        editor.setGeometry(self._below(option.rect))

    def _below(self, cell: QRect) -> QRect:
        return QRect(cell.left() + 2, cell.top() + 3 + HEIGHT, cell.width() - 4, _NAME)
