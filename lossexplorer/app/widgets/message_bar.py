"""A line above the canvas that says what went wrong or what there is, with buttons that help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QHideEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from lossexplorer.app.theme import UNIT


@dataclass(frozen=True)
class MessageButton:
    """A button beside a message: its words and what it does."""

    words: str
    run: Callable[[], None]


class MessageBar(QFrame):
    """Hidden until there is something to say.

    Attributes
    ----------
    title : QLabel
        What information is about; hidden without one.
    text : QLabel
        The message.
    said : Signal()
        Another message is shown.
    gone : Signal()
        None is shown any more.
    focus_left : Signal()
        It is about to go and has the focus, which Qt would give to any control.
    """

    said = Signal()
    gone = Signal()
    focus_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message")
        self.title, self.text = QLabel(), QLabel()
        self.title.setObjectName("title")
        column = QVBoxLayout()
        column.setSpacing(0)
        for label in (self.title, self.text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        self._buttons: list[QPushButton] = []
        self._lasting = False
        dismiss = QPushButton("Dismiss")
        dismiss.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        self._row.addLayout(column, 1)
        self._row.addWidget(dismiss)
        dismiss.clicked.connect(self.hide)
        self.hide()

    def say(self, text: str, *buttons: MessageButton, lasting: bool = False) -> None:
        """Say that something is wrong or has to be decided, in the colours of a warning.

        Parameters
        ----------
        text : str
            One or two sentences.
        *buttons : MessageButton
            Each hides the message.
        lasting : bool
            Whether it stays until it is dismissed or one of its buttons is pressed.
        """
        self._show(text, buttons, lasting=lasting)

    def inform(self, text: str, *buttons: MessageButton, title: str = "") -> None:
        """Say that something is done or what there is, in the colours of all other text.

        Parameters
        ----------
        text : str
            One or two sentences.
        *buttons : MessageButton
            Each hides the message.
        title : str
            What the text is about.
        """
        self._show(text, buttons, title=title, informs=True)

    def _show(
        self,
        text: str,
        buttons: Sequence[MessageButton],
        *,
        lasting: bool = False,
        title: str = "",
        informs: bool = False,
    ) -> None:
        self._lasting = lasting
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.setProperty("informs", informs)
        for widget in (self, self.title, self.text):  # a style sheet is not asked again by itself
            widget.style().polish(widget)
        self.text.setText(text)
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(button) for button in buttons]
        for place, button in enumerate(self._buttons, start=1):
            self._row.insertWidget(place, button)
        self.show()
        self.said.emit()

    def setVisible(self, visible: bool) -> None:  # noqa: N802
        """Leave the focus while it still has it."""
        focus = self.window().focusWidget()  # also of one that is not active
        if not visible and focus is not None and self.isAncestorOf(focus):
            self.focus_left.emit()
        super().setVisible(visible)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        """Say that it is gone."""
        super().hideEvent(event)
        self.gone.emit()

    def withdraw(self) -> None:
        """Hide a message that is past."""
        if not self._lasting:
            self.hide()

    def _button(self, described: MessageButton) -> QPushButton:
        button = QPushButton(described.words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(self.hide)
        button.clicked.connect(lambda _checked=False: described.run())
        return button
