"""What the rows share: the header line, lines that keep Enter, lists that leave the wheel alone."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, Signal
from qtpy.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QToolTip,
    QWidget,
)

from lossexplorer.core.parameters import Parameter
from lossexplorer.session.words import titled


class Row(QWidget):
    """A parameter's title, and in the same line what sets it.

    Parameters
    ----------
    parameter : Parameter
        Has the title, and the sentence below the pointer.

    Attributes
    ----------
    header : QHBoxLayout
        The line of the title.
    changed : Signal(object)
        The value that the user chose.
    gesture : int or None
        Of which movement of the hand, a drag or a key that is held, the values are; None if each
        was chosen by itself.
    """

    changed = Signal(object)

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self._parameter = parameter
        self._resetter: QToolButton | None = None
        self._default: Any = None
        self.setToolTip(parameter.meaning)
        self.gesture: int | None = None
        self.header = QHBoxLayout()
        self.header.setContentsMargins(0, 0, 0, 0)
        self.header.setSpacing(2)
        self._title = QLabel(parameter.title)
        self.header.addWidget(self._title)
        self.header.addStretch(1)

    def offer_reset(self, default: Any) -> None:
        """Put a button behind the title that sets the default, while another value is shown."""
        self._default = default
        self._resetter = QToolButton()
        self._resetter.setText("⟲")
        self._resetter.setObjectName("flat")
        self._resetter.setAccessibleName(f"Reset {self._title.text()}")
        self._resetter.clicked.connect(lambda: self.changed.emit(self._default))
        self._resetter.hide()
        self.put_beside_title(self._resetter)

    def note_value(self, value: Any) -> None:
        """Offer to reset a value that is not the default."""
        if self._resetter is not None:
            self._resetter.setVisible(value != self._default)

    def rename(self, title: str) -> None:
        """Write another title."""
        if self._title.text() != title:
            self._title.setText(title)

    def put_beside_title(self, widget: QWidget) -> None:
        """Put something small right behind the title."""
        self.header.insertWidget(1, widget)

    def refuse(self, why: str) -> None:
        """Say that the value which the user chose is not allowed here."""
        mark(self, titled(why, [self._parameter]), problem=True)

    def mark_typed(self, typed: QWidget, why: str) -> None:
        """Mark what is typed as wrong, and say why."""
        said = titled(why, [self._parameter])
        mark(typed, said, problem=True)
        explain(typed, said)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keep Enter, which ends the typing: the card below must not be selected by it."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


class TextLine(QLineEdit):
    """A line of text, whose keys undo what is typed as long as there is something typed.

    Attributes
    ----------
    given_up : Signal()
        Esc was pressed in it.
    left : Signal()
        The focus went to another control of the window; what was typed has been read.
    """

    given_up = Signal()
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Give up what is typed by Esc."""
        if event.key() == Qt.Key.Key_Escape:
            QToolTip.hideText()  # what was wrong with the text
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def select_whole(self) -> None:
        """Select the text backwards: behind it the cursor may push its first letter out."""
        self.setSelection(len(self.text()), -len(self.text()))

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Say that it is left, unless by a menu or for another window."""
        super().focusOutEvent(event)
        reasons = Qt.FocusReason
        if event.reason() not in (
            reasons.PopupFocusReason,
            reasons.ActiveWindowFocusReason,
            reasons.MenuBarFocusReason,
        ):
            self.left.emit()
            self.home(False)  # for the same reason

    def event(self, event: QEvent) -> bool:
        """Leave the keys for undo and redo to the window where there is nothing to undo here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = QKeySequence.StandardKey
            if (event.matches(keys.Undo) and not self.isUndoAvailable()) or (
                event.matches(keys.Redo) and not self.isRedoAvailable()
            ):
                event.ignore()
                return True
        return super().event(event)


class NoWheel(QObject):
    """An event filter that leaves the wheel to the panel's scroll area."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Ignore wheel events."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def explain(widget: QWidget, why: str) -> None:
    """Show below a widget what was wrong with its text, as a tip that goes by itself."""
    if widget.isVisible():
        QToolTip.showText(widget.mapToGlobal(QPoint(0, widget.height())), why, widget)


def mark(widget: QWidget, meaning: str, *, problem: bool = False) -> None:
    """Say below the pointer what a widget is for, or what is wrong with its text."""
    widget.setToolTip(meaning)
    if widget.property("problem") != problem:
        widget.setProperty("problem", problem)
        widget.style().polish(widget)


def set_mark(widget: QWidget, name: str, on: bool) -> None:
    """Set a property that the style sheet looks at."""
    if widget.property(name) != on:
        widget.setProperty(name, on)
        widget.style().polish(widget)


class _OpensOnClick(QObject):
    """An event filter on a list that can be typed in, and on its line: a click opens the list."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._box = box

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Open the list when the button is released, lest that chooses what comes below it."""
        box = self._box
        if event.type() == QEvent.Type.MouseButtonRelease and box.isEnabled():
            line, completer = box.lineEdit(), box.completer()
            is_open = box.view().isVisible()  # by its arrow
            if line is not None and not line.isModified() and not is_open:
                if completer is None:
                    box.showPopup()
                else:  # so that what is typed goes on to search
                    line.selectAll()
                    completer.setCompletionPrefix("")
                    completer.complete()
        return super().eventFilter(watched, event)


def open_on_click(box: QComboBox) -> None:
    """Have a list that can be typed in open wherever it is clicked, as other lists do.

    Parameters
    ----------
    box : QComboBox
        Its line must be the one that it will have.
    """
    line = box.lineEdit()
    if line is not None:
        opens = _OpensOnClick(box)
        for widget in (line, box):  # around the line, too
            widget.installEventFilter(opens)
