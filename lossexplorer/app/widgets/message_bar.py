"""A line above the canvas that says what went wrong, with buttons that help."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

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
    text : QLabel
        The message.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons: list[QPushButton] = []
        self._lasting = False
        dismiss = QPushButton("Dismiss")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        self._row.addWidget(self.text, 1)
        self._row.addWidget(dismiss)
        dismiss.clicked.connect(self.hide)
        self.hide()

    def say(self, text: str, *buttons: MessageButton, lasting: bool = False) -> None:
        """Show a message with its buttons.

        Parameters
        ----------
        text : str
            One or two sentences.
        *buttons : MessageButton
            Each hides the message.
        lasting : bool
            Whether it stays until it is dismissed or one of its buttons is pressed.
        """
        self._lasting = lasting
        self.text.setText(text)
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(button) for button in buttons]
        for place, button in enumerate(self._buttons, start=1):
            self._row.insertWidget(place, button)
        self.show()

    def withdraw(self) -> None:
        """Hide a message that is past."""
        if not self._lasting:
            self.hide()

    def _button(self, described: MessageButton) -> QPushButton:
        button = QPushButton(described.words)
        button.clicked.connect(self.hide)
        button.clicked.connect(lambda _checked=False: described.run())
        return button
