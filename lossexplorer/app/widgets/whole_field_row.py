"""How far a loss is that needs the whole field, with a button that cancels or computes it."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QProgressBar, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT
from lossexplorer.engine.messages import Progress

_BAR = 4


class WholeFieldRow(QWidget):
    """A line on a loss's card; it keeps its place, so that the cards below stay where they are.

    Attributes
    ----------
    cancelled : Signal()
        The user does not want to wait.
    wanted : Signal()
        The user wants it to be computed after all.
    """

    cancelled = Signal()
    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = QElidingLabel()
        self.words.setObjectName("note")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_BAR)
        self._keep_place(self.bar)
        self.canceller, self.computer = QPushButton("Cancel"), QPushButton("Compute")
        for button in (self.canceller, self.computer):
            button.setObjectName("small")
        cells = QGridLayout(self)
        cells.setContentsMargins(0, 0, 0, 0)
        cells.setHorizontalSpacing(UNIT)
        cells.setVerticalSpacing(UNIT // 2)
        cells.setColumnStretch(0, 1)
        centred = Qt.AlignmentFlag.AlignVCenter
        cells.addWidget(self.words, 0, 0, centred)
        for button in (self.canceller, self.computer):
            self._keep_place(button)
            cells.addWidget(button, 0, 1, centred)
        cells.addWidget(self.bar, 1, 0, 1, 2)
        self.canceller.clicked.connect(self.cancelled.emit)
        self.computer.clicked.connect(self._compute)
        self.show_rest()

    def call(self, title: str) -> None:
        """Say in all places what the loss is called."""
        self.bar.setAccessibleName(f"Progress of {title}")
        self.canceller.setToolTip(f"Do without {title} for these values")
        self.computer.setToolTip(f"Compute {title} for these values")

    @staticmethod
    def _keep_place(widget: QWidget) -> None:
        policy = widget.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)
        widget.setSizePolicy(policy)

    def show_rest(self) -> None:
        """Say when it is computed."""
        self._show("computed when nothing moves")

    def show_waiting(self, done: int, points: int) -> None:
        """Show that it comes after points of the response curves, and how many are known."""
        if done == points:
            self.bar.setRange(0, 0)
            self._show("computing…", self.bar, self.canceller)
            return
        self.bar.setRange(0, points)
        self.bar.setValue(done)
        whole = f"Computed after the points of the response curves: {done} of {points} are known."
        self._show(f"after the curves: {done} of {points}", self.bar, self.canceller, whole=whole)

    def show_progress(self, progress: Progress) -> None:
        """Show how much of it is computed."""
        self.bar.setRange(0, progress.classes)
        self.bar.setValue(progress.done)
        if progress.done == progress.classes:
            words = "computed, shown with the others"
        elif progress.classes > 1:
            words = f"computing… {progress.done} of {progress.classes} classes"
        else:
            words = "computing…"
        self._show(words, self.bar, self.canceller)

    def show_cancelled(self) -> None:
        """Say that it is not computed, and offer it."""
        self._show("not computed for these values", self.computer)

    def _compute(self) -> None:
        self.show_rest()
        self.wanted.emit()

    def _show(self, words: str, *widgets: QWidget, whole: str = "") -> None:
        self.words.setText(words)
        self.words.setToolTip(whole or words)  # a narrow panel cuts them
        for widget in (self.bar, self.canceller, self.computer):
            widget.setVisible(widget in widgets)
