"""What is wrong with a loss, in words, with a button for each cure."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from lossexplorer.app.theme import UNIT
from lossexplorer.engine.messages import Cure, Problem
from lossexplorer.session.words import cure_in_words

_SHOWN = 2


class ProblemBox(QFrame):
    """Hidden while there is no problem.

    Attributes
    ----------
    cure_chosen : Signal(Cure)
        The user wants this to be set.
    """

    cure_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("problem")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self._cures: list[Cure] = []
        self._buttons: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(UNIT, UNIT - 2, UNIT, UNIT - 2)
        self._column.setSpacing(UNIT // 2 + 2)
        self._column.addWidget(self.text)
        self.hide()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show the first problems and their cures, each cure once."""
        first, more = problems[:_SHOWN], len(problems) - _SHOWN
        sentences = [problem.why for problem in first]
        if more > 0:
            sentences.append(f"The same in {more} more classes.")
        self.text.setText("\n".join(sentences))
        cures = list[Cure]()
        for cure in (problem.cure for problem in first):
            if cure is not None and cure not in cures:
                cures.append(cure)
        # A button under the pointer stays the same one while the sentences change.
        if cures != self._cures:
            self._cures = cures
            self._make_buttons()
        self.setVisible(bool(problems))

    def _make_buttons(self) -> None:
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        for cure in self._cures:
            button = QPushButton(_words(cure))
            button.clicked.connect(lambda _checked=False, cure=cure: self.cure_chosen.emit(cure))
            self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            self._buttons.append(button)


def _words(cure: Cure) -> str:
    """Return what a cure does, such as ``Set smooth to 1e-7``."""
    return f"Set {' to '.join(cure_in_words(cure))}"
