"""The command palette: every action, found by typing some of its name."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt
from qtpy.QtGui import QKeyEvent, QPainter, QPalette
from qtpy.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from rapidfuzz import fuzz, utils

from lossexplorer.app.actions import plain
from lossexplorer.app.context import Context
from lossexplorer.app.menus import Offer, offers
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.shortcuts import shortcut_text

_WIDTH = 560
_ROWS = 12
_ROW_HEIGHT = 30
_ALIKE = 75
"""How alike what was typed has to be, of 100, to a title or, weighed, to what is said of it."""
_SAID = 0.8

_OFFER = Qt.ItemDataRole.UserRole
_MENU = Qt.ItemDataRole.UserRole + 1
_KEYS = Qt.ItemDataRole.UserRole + 2
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def ranked(entries: Sequence[Sequence[str]], typed: str) -> list[int]:
    """Return which entries what was typed may mean, the most alike first.

    Parameters
    ----------
    entries : sequence of sequence of str
        Each title, and what else is said of it: its menu, its tip.
    typed : str
        Pieces of these; all entries are returned for nothing.

    Examples
    --------
    >>> entries = [("Open…", "File"), ("Save Picture…", "File"), ("Plots", "View › Panels")]
    >>> ranked(entries, "pict"), ranked(entries, "panel"), ranked(entries, " ")
    ([1], [2], [0, 1, 2])
    """
    typed = utils.default_process(typed)
    if not typed:
        return list(range(len(entries)))
    likenesses = [
        max(_alike(typed, title), *(_SAID * _alike(typed, text) for text in said))
        for title, *said in entries
    ]
    found = [index for index, likeness in enumerate(likenesses) if likeness >= _ALIKE]
    return sorted(found, key=lambda index: -likenesses[index])


def _alike(typed: str, text: str) -> float:
    """Return how alike two texts are as a whole and in their words, of 100."""
    text = utils.default_process(text)
    return (fuzz.WRatio(typed, text) + fuzz.partial_token_sort_ratio(typed, text)) / 2


class CommandPalette(QDialog):
    """A line above the list of actions, the most alike first.

    Enter runs the action that is chosen, the arrow keys choose, Escape closes.

    Parameters
    ----------
    parent : QWidget
        The window.
    context : Context
        What the actions take.

    Attributes
    ----------
    line : QLineEdit
        What is looked for.
    list : QListWidget
        The actions found; those that cannot be done now are grey.
    """

    def __init__(self, parent: QWidget, context: Context) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("commands")
        self.setAccessibleName("Command palette")
        self._context = context
        self._offers = offers(context)
        self._entries = [
            (plain(offer.action.title_in(context)), " › ".join(offer.path), offer.action.tip)
            for offer in self._offers
        ]
        self.line = QLineEdit()
        self.line.setPlaceholderText("What is to be done?")
        self.line.setAccessibleName("What is to be done")
        self.list = QListWidget()
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(_ROWS * _ROW_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, UNIT, UNIT, UNIT)
        column.setSpacing(UNIT)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.installEventFilter(self)
        self.line.textChanged.connect(self._look_for)
        self.list.itemClicked.connect(self._run)
        self._look_for("")

    def open_below_top(self) -> None:
        """Show it in the middle of the window's upper edge."""
        parent = self.parentWidget()
        assert parent is not None
        width = min(_WIDTH, parent.width() - 2 * UNIT)
        self.setFixedWidth(width)
        self.move(parent.mapToGlobal(QPoint((parent.width() - width) // 2, 6 * UNIT)))
        self.show()
        self.line.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Let the keys that choose and run act on the list while the line has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _MOVES:
                self.list.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _look_for(self, typed: str) -> None:
        self.list.clear()
        for index in ranked(self._entries, typed):
            self.list.addItem(self._item(self._offers[index], *self._entries[index]))
        self.list.setCurrentRow(0)

    def _item(self, offer: Offer, title: str, menu: str, tip: str) -> QListWidgetItem:
        item = QListWidgetItem(title)
        item.setToolTip(tip)
        item.setData(_OFFER, offer)
        item.setData(_MENU, menu)
        item.setData(_KEYS, shortcut_text(offer.action.shortcut))
        if not offer.action.enabled(self._context):
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        return item

    def _run(self, item: QListWidgetItem | None) -> None:
        """Close, and do what was chosen, if it can be done."""
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        offer: Offer = item.data(_OFFER)
        self.accept()
        offer.action.run(self._context)


class _Row(QStyledItemDelegate):
    """Draws title and menu from the left, and the shortcut at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]  # noqa: N802
        """Return the height of a row."""
        return QSize(super().sizeHint(option, index).width(), _ROW_HEIGHT)

    def paint(  # type: ignore[override]
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """Draw a row."""
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        enabled = bool(option.state & QStyle.StateFlag.State_Enabled)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        painter.save()
        if chosen:
            painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Highlight))
        room = option.rect.adjusted(UNIT, 0, -UNIT, 0)
        loud, quiet = option.palette.color(role), option.palette.color(role)
        loud.setAlphaF(1.0 if enabled else 0.4)
        quiet.setAlphaF(0.6 if enabled else 0.4)
        painter.setPen(quiet)
        _write(painter, room, index.data(_KEYS), Qt.AlignmentFlag.AlignRight)
        room.setRight(room.right() - painter.fontMetrics().horizontalAdvance(index.data(_KEYS)))
        painter.setPen(loud)
        width = _write(painter, room, index.data(), Qt.AlignmentFlag.AlignLeft)
        room.setLeft(room.left() + width + 2 * UNIT)
        painter.setPen(quiet)
        _write(painter, room, index.data(_MENU), Qt.AlignmentFlag.AlignLeft)
        painter.restore()


def _write(painter: QPainter, room: QRect, text: str, side: Qt.AlignmentFlag) -> int:
    """Write what fits of a text into a row, and return how wide it is."""
    metrics = painter.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room.width(), 0))
    painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)
    return metrics.horizontalAdvance(shown)
