"""The button below the cards that offers the losses which are not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        self._offered: object = None
        self.offers = QMenu(self)
        self.offers.setToolTipsVisible(True)
        self.clicked.connect(self._open)

    def offer(self, losses: Sequence[Loss], refused: Mapping[str, str]) -> None:
        """Offer these, in this order, and no others.

        Parameters
        ----------
        losses : sequence of Loss
            What is listed.
        refused : mapping of str to str
            Why some of them cannot be chosen now, by their names.
        """
        if (now := (tuple(loss.name for loss in losses), refused)) == self._offered:
            return
        self._offered = now
        self.offers.clear()
        for loss in losses:
            action = self.offers.addAction(_dot(loss.color), loss.title)
            tip = refused.get(loss.name, loss.summary)
            action.setEnabled(loss.name not in refused)
            action.setToolTip(tip)
            action.setStatusTip(tip)
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
