"""The heading of a loss's card: a mark, as its curve is drawn, and a title, which can be set."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QStackedWidget, QWidget
from superqt import QElidingLabel

from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.widgets.row import TextLine, mark
from lossexplorer.engine.messages import LONGEST_TITLE, number_of

_TIP = "Double-click, or F2 on the card, to call it otherwise"
_TYPING = (
    "Enter takes the title, Esc leaves it as it was; nothing is the title that it had at first"
)


class LossMark(QWidget):
    """A disc in a loss's colour; of another one of the same loss a piece of its curve.

    Parameters
    ----------
    name : str
        The name that the loss is shown under.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._factor = 1.0
        self._color: str | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of a letter, or of enough dots to see that they are some."""
        return QSize(10 if number_of(self._name) == 1 else 20, 16) * self._factor

    def enlarge(self, factor: float, color: str) -> None:
        """Be drawn so many times larger than on the desk, and in another colour."""
        self._factor, self._color = factor, color
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        del event
        painter, middle = QPainter(self), QPointF(self.width() / 2, self.height() / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = pen_of(self._name, width=3 * self._factor)
        pen.setColor(QColor(self._color or pen.color()))
        if number_of(self._name) == 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            painter.drawEllipse(middle, 4.5 * self._factor, 4.5 * self._factor)
        else:
            painter.setPen(pen)
            painter.drawLine(QPointF(0, middle.y()), QPointF(self.width(), middle.y()))


class LossTitle(QStackedWidget):
    """A title that a double click makes a line to type in.

    Attributes
    ----------
    line : TextLine
        Shown while it is typed.
    chosen : Signal(str)
        What the user has typed.
    ended : Signal()
        The line is left by Enter or Esc.
    """

    chosen = Signal(str)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._is_typed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.label, self.line = QElidingLabel(), TextLine()
        self.label.setObjectName("title")
        self.label.setToolTip(_TIP)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.line.setMaxLength(LONGEST_TITLE)
        self.line.setObjectName("title")
        for widget in (self.label, self.line):
            self.addWidget(widget)
        self.line.returnPressed.connect(lambda: self.chosen.emit(self.line.text()))
        self.line.given_up.connect(self.rest)
        self.line.left.connect(self._on_left)

    @property
    def is_typed(self) -> bool:
        """Whether the line is shown."""
        return self._is_typed

    def show_title(self, title: str) -> None:
        """Show a title that holds."""
        if title != self.label.text():  # else it may be half typed
            self.label.setText(title)
            self.line.setAccessibleName(f"Title of {title}")
            self.rest()

    def begin(self) -> None:
        """Have a title typed, beginning with the one that is shown."""
        self.line.setText(self.label.text())
        mark(self.line, _TYPING)
        self._is_typed = True
        self.setCurrentWidget(self.line)
        self.line.setFocus()
        self.line.select_whole()

    def rest(self) -> None:
        """Show the title and no line."""
        if self._is_typed:
            self._show_label()
            self.ended.emit()

    def _show_label(self) -> None:
        self._is_typed = False  # first, because the line loses the focus where it is hidden
        self.setCurrentWidget(self.label)

    def refuse(self, why: str) -> None:
        """Say why the title cannot be had, and let the user go on typing."""
        mark(self.line, why, problem=True)

    def _on_left(self) -> None:
        """Take what was typed; a title that was refused is given up."""
        if self._is_typed:
            self._show_label()
            if not self.line.property("problem"):
                self.chosen.emit(self.line.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keep Enter, which ends the typing: the card must not be selected by it."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Have it typed."""
        if event.button() == Qt.MouseButton.LeftButton and not self._is_typed:
            self.begin()
        else:
            super().mouseDoubleClickEvent(event)
