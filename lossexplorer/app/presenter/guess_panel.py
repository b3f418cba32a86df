"""Guess first: the question in place of the curve, two buttons, and whether the guess was right."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from lossexplorer.app.presenter.guess import Direction
from lossexplorer.app.theme import UNIT


class GuessPanel(QWidget):
    """Asks whether a value goes up or down.

    Attributes
    ----------
    asked : QLabel
        What is asked.
    up, down : QPushButton
        What can be guessed.
    guessed : Signal(str)
        ``"up"`` or ``"down"``.
    """

    guessed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.asked = QLabel()
        self.asked.setObjectName("asked")
        self.asked.setWordWrap(True)
        self.asked.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.up, self.down = QPushButton("↑  up"), QPushButton("↓  down")
        buttons = QHBoxLayout()
        buttons.setSpacing(3 * UNIT)
        buttons.addStretch(1)
        ways: tuple[tuple[QPushButton, Direction], ...] = ((self.up, "up"), (self.down, "down"))
        for button, direction in ways:
            button.setObjectName("guess")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _checked=False, way=direction: self.guessed.emit(way))
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.asked)
        column.addSpacing(2 * UNIT)
        column.addLayout(buttons)
        column.addStretch(1)

    def ask(self, text: str) -> None:
        """Ask a question."""
        self.asked.setText(text)
        for button in (self.up, self.down):
            button.setEnabled(True)

    def wait(self, text: str) -> None:
        """Say what was guessed while the answer is computed."""
        self.asked.setText(text)
        for button in (self.up, self.down):
            button.setEnabled(False)
