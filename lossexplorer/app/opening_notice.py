"""What is on the screen while the window is imported: the program's name, and what it opens."""

from __future__ import annotations

import time

from qtpy.QtCore import QEvent, QEventLoop, QObject, Qt
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT, Palette

_WIDTH, _HEIGHT = 440, 132
_PATIENCE = 0.3  # s; a window system that has not shown it by then is not waited for


class OpeningNotice(QWidget):
    """A small window that is there before the large one, and goes when that is painted.

    It needs nothing of the program that takes long to import.

    Parameters
    ----------
    opens : str
        What is opened, such as a file's name.
    palette : Palette
        Its colours.
    """

    def __init__(self, opens: str, palette: Palette) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._is_painted = False
        self.title, self.words = QLabel("Loss Explorer"), QLabel()
        self.title.setObjectName("title")
        self.setStyleSheet(
            f"OpeningNotice {{ background: {palette.surface}; border: 1px solid {palette.line}; }}"
            f"QLabel {{ color: {palette.quiet}; font-size: 14px; }}"
            f"QLabel#title {{ color: {palette.text}; font-size: 24px; }}"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * UNIT, 3 * UNIT, 4 * UNIT, 3 * UNIT)
        for label in (self.title, self.words):
            column.addWidget(label)
        self.setFixedSize(_WIDTH, _HEIGHT)
        self.words.ensurePolished()
        room = _WIDTH - 8 * UNIT
        elided = self.words.fontMetrics().elidedText(
            f"Opening {opens}…", Qt.TextElideMode.ElideMiddle, room
        )
        self.words.setText(elided)
        self.move(self.screen().availableGeometry().center() - self.rect().center())

    def show_now(self) -> None:
        """Return once it is painted: what follows leaves no time for it."""
        self.show()
        end = time.monotonic() + _PATIENCE
        while not self._is_painted and time.monotonic() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, 10)

    def give_way_to(self, window: QWidget) -> None:
        """Close once a window is painted."""
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Close when the window is painted."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self.close()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Note that it is painted."""
        super().paintEvent(event)
        self._is_painted = True
