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
    chosen : Signal(str)
        The name of the loss that the user wants to see, too.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("+ Add a loss")
        self.setObjectName("add")
        self.menu_of_losses = QMenu(self)
        self.menu_of_losses.setToolTipsVisible(True)
        self.clicked.connect(self._open)

    def offer(self, losses: Iterable[Loss]) -> None:
        """Offer these, in this order, and no others."""
        self.menu_of_losses.clear()
        for loss in losses:
            action = self.menu_of_losses.addAction(_dot(loss.color), loss.title)
            action.setToolTip(loss.summary)
            action.setStatusTip(loss.summary)
            action.triggered.connect(lambda _checked=False, name=loss.name: self.chosen.emit(name))
        self.setVisible(not self.menu_of_losses.isEmpty())

    def _open(self) -> None:
        self.menu_of_losses.popup(self.mapToGlobal(QPoint(0, self.height())))


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
