"""The button below the cards that offers the losses which are not shown."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QMenu, QPushButton

from lossexplorer.losses import Loss

_DOT = 10


class AddLossButton(QPushButton):
    """A button that opens a menu of losses; hidden while there is none to add.

    Attributes
    ----------
    offers : QMenu
        The losses that can be added.
    chosen : Signal(str)
        The name of the loss that the user wants to see, too.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("+ Add a loss")
        self.setObjectName("add")
        self.offers = QMenu(self)
        self.offers.setToolTipsVisible(True)
        self.clicked.connect(self._open)

    def offer(self, losses: Iterable[Loss]) -> None:
        """Offer these, in this order, and no others."""
        self.offers.clear()
        for loss in losses:
            action = self.offers.addAction(_dot(loss.color), loss.title)
            action.setToolTip(loss.summary)
            action.setStatusTip(loss.summary)
            action.triggered.connect(lambda _checked=False, name=loss.name: self.chosen.emit(name))
        self.setVisible(not self.offers.isEmpty())

    def _open(self) -> None:
        """Open the menu below the button, or above it where there is no room below."""
        height = self.offers.sizeHint().height()
        below = self.mapToGlobal(QPoint(0, self.height()))
        fits = below.y() + height <= self.screen().availableGeometry().bottom()
        self.offers.popup(below if fits else self.mapToGlobal(QPoint(0, -height)))


def _dot(color: str) -> QIcon:
    """Return a disc in a loss's colour."""
    pixmap = QPixmap(_DOT, _DOT)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawEllipse(pixmap.rect())
    painter.end()
    return QIcon(pixmap)
