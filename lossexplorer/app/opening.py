"""What is on the screen while the window is prepared: importing napari takes seconds."""

from __future__ import annotations

from qtpy.QtCore import QDeadlineTimer, QEventLoop, QRect, QSize, Qt
from qtpy.QtGui import QColor, QFont, QGuiApplication, QPainter, QPixmap
from qtpy.QtWidgets import QApplication, QSplashScreen

from lossexplorer import __version__
from lossexplorer.app.theme import UNIT, Palette

_SIZE = QSize(480, 176)
_PATIENCE_MS = 500  # for a display that never says that something is on it


class OpeningScreen(QSplashScreen):
    """Names the program and says that it starts.

    Parameters
    ----------
    palette : Palette
        The colours of the theme.
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__(_picture(palette))

    def show_at_once(self) -> None:
        """Show it, and return when it is on the screen."""
        self.show()
        patience = QDeadlineTimer(_PATIENCE_MS)
        while not patience.hasExpired() and not self.windowHandle().isExposed():
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
        QApplication.processEvents()


def _picture(palette: Palette) -> QPixmap:
    ratio = QGuiApplication.primaryScreen().devicePixelRatio()
    picture = QPixmap(_SIZE * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(palette.surface))
    painter = QPainter(picture)
    inner = QRect(0, 0, _SIZE.width(), _SIZE.height())
    painter.setPen(QColor(palette.line))
    painter.drawRect(inner.adjusted(0, 0, -1, -1))
    painter.fillRect(QRect(0, 0, UNIT // 2, _SIZE.height()), QColor(palette.accent))
    text = inner.adjusted(5 * UNIT, 4 * UNIT, -4 * UNIT, -4 * UNIT)
    lines = (
        (Qt.AlignmentFlag.AlignTop, 30, palette.text, "Loss Explorer"),
        (Qt.AlignmentFlag.AlignVCenter, 15, palette.text, "See what a segmentation loss does."),
        (Qt.AlignmentFlag.AlignBottom, 13, palette.quiet, f"Version {__version__} · starting…"),
    )
    for place, size, color, line in lines:
        font = QFont(QApplication.font())
        font.setPixelSize(size)
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(text, place | Qt.AlignmentFlag.AlignLeft, line)
    painter.end()
    return picture
