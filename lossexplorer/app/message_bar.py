"""A line above the canvas that says what went wrong and offers the remedy."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from lossexplorer.app.theme import UNIT


class MessageBar(QFrame):
    """Hidden until there is something to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("message")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._remedy = QPushButton()
        self._dismiss = QPushButton("Dismiss")
        self._run: Callable[[], None] | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        layout.addWidget(self.text, 1)
        layout.addWidget(self._remedy)
        layout.addWidget(self._dismiss)
        self._remedy.clicked.connect(self._on_remedy)
        self._dismiss.clicked.connect(self.hide)
        self.hide()

    def say(self, text: str, remedy: str = "", run: Callable[[], None] | None = None) -> None:
        """Show a message, and a button for its remedy if there is one.

        Parameters
        ----------
        text : str
            One or two sentences.
        remedy : str
            The button's words.
        run : callable, optional
            What the button does.
        """
        self.text.setText(text)
        self._remedy.setText(remedy)
        self._remedy.setVisible(run is not None)
        self._run = run
        self.show()

    def withdraw(self) -> None:
        """Hide a message that is past; one that offers a remedy stays."""
        if self._run is None:
            self.hide()

    def _on_remedy(self) -> None:
        self.hide()
        if self._run is not None:
            self._run()
