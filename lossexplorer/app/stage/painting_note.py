"""Says over the canvas that the volume is painted, which takes longer than a slice."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT

_AFTER_MS = 300  # most volumes are painted before


class PaintingNote(QFrame):
    """A line with a bar at the bottom of the canvas, while what is seen is not what is set.

    Parameters
    ----------
    over : QWidget
        What it is shown over.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setObjectName("paintingNote")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.words = QLabel("Painting the volume…")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(20 * UNIT, UNIT // 2)
        self.bar.setAccessibleName("The volume is painted")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * UNIT, UNIT, 2 * UNIT, UNIT)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        self.hide()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._appear)

    def follow(self, awaited: bool) -> None:
        """Appear in a moment if the volume is awaited, unless it comes before; else go."""
        if not awaited:
            self._later.stop()
            self.hide()
        elif self.isHidden() and not self._later.isActive():
            self._later.start(_AFTER_MS)

    def place(self) -> None:
        """Stay at the bottom, in the middle."""
        self.adjustSize()
        over, mine = self._over.size(), self.size()
        self.move((over.width() - mine.width()) // 2, over.height() - mine.height() - 4 * UNIT)

    def _appear(self) -> None:
        self.place()
        self.show()
        self.raise_()
