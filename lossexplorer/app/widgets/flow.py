"""A row of widgets that goes on in a second row where the first is full."""

from __future__ import annotations

from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget
from superqt import QElidingLabel

_Row = list[tuple[QLayoutItem, int]]


class FlowLabel(QElidingLabel):
    """A label that asks for the width of its whole text, and elides where a row has less.

    Parameters
    ----------
    text : str
        What it says.
    with_next : bool, optional
        Whether it says what comes next, and goes to the next row with it where both fit there.
    """

    def __init__(self, text: str, with_next: bool = False) -> None:
        super().__init__(text)
        self.with_next = with_next
        self.setTextFormat(Qt.TextFormat.PlainText)  # for what the user has called something
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def setText(self, txt: str) -> None:  # noqa: N802
        """Write another text, for which the rows may have to change."""
        if txt != self.text():
            super().setText(txt)
            self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of the whole text; that of superqt's label is of what it shows."""
        width = self.fontMetrics().horizontalAdvance(self.text()) + 2
        return QSize(width, super().sizeHint().height())


class Flow(QLayout):
    """Places widgets from left to right, and in as many rows as their texts need.

    What expands takes the rest of its row.

    Parameters
    ----------
    widget : QWidget
        Whose layout it is; its height follows its width, and its width is what there is.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._items: list[QLayoutItem] = []
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        widget.setSizePolicy(policy)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802
        """Place an item last."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        """Return an item; None beyond the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        """Remove an item and return it; None beyond the last."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802
        """Return none: it needs no more than its rows."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Return that the rows depend on the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Return the height of all rows, in pixels."""
        rows, margins = self._rows(self._room(width)), self.contentsMargins()
        heights = [_height(row) for row in rows]
        between = self.spacing() // 2 * max(len(rows) - 1, 0)
        return sum(heights) + between + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of one row with all items."""
        margins = self.contentsMargins()
        row = [(item, 0) for item in self._items if not item.isEmpty()]
        width = sum(item.sizeHint().width() for item, _ in row)
        width += self.spacing() * max(len(row) - 1, 0)
        return QSize(
            width + margins.left() + margins.right(),
            _height(row) + margins.top() + margins.bottom(),
        )

    def minimumSize(self) -> QSize:  # noqa: N802
        """Return the height of one row; the widest item stays whole where there is room."""
        return QSize(0, self.sizeHint().height())

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802
        """Place every item."""
        super().setGeometry(rect)
        room, margins = self._room(rect.width()), self.contentsMargins()
        top = rect.top() + margins.top()
        for row in self._rows(room):
            left, height = rect.left() + margins.left(), _height(row)
            for item, width in row:
                item.setGeometry(QRect(QPoint(left, top), QSize(width, height)))
                left += width + self.spacing()
            top += height + self.spacing() // 2

    def _room(self, width: int) -> int:
        margins = self.contentsMargins()
        return width - margins.left() - margins.right()

    def _rows(self, room: int) -> list[_Row]:
        """Return the rows: each item with its width."""
        rows: list[_Row] = [[]]
        used = 0
        items = [item for item in self._items if not item.isEmpty()]
        for item, following in zip(items, [*items[1:], None], strict=True):
            width = item.sizeHint().width()
            needed = width + self._with_next(item, following)
            needed = width if needed > room else needed
            if rows[-1] and used + self.spacing() + needed > room:
                rows.append([])
                used = 0
            used += width + (self.spacing() if rows[-1] else 0)
            rows[-1].append((item, min(width, max(room, 0))))
        return [self._filled(row, room) for row in rows if row]

    def _with_next(self, item: QLayoutItem, following: QLayoutItem | None) -> int:
        """Return the width that has to be beside an item in its row."""
        widget = item.widget()
        is_bound = isinstance(widget, FlowLabel) and widget.with_next
        return self.spacing() + following.sizeHint().width() if is_bound and following else 0

    def _filled(self, row: _Row, room: int) -> _Row:
        """Give the rest of a row to the last item of it that expands."""
        rest = room - sum(width for _, width in row) - self.spacing() * (len(row) - 1)
        for place, (item, width) in reversed(list(enumerate(row))):
            if rest > 0 and item.expandingDirections() & Qt.Orientation.Horizontal:
                row[place] = (item, width + rest)
                break
        return row


def _height(row: _Row) -> int:
    return max((item.sizeHint().height() for item, _ in row), default=0)
