"""The button below the cards that offers the losses: one that is not shown, or one again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QMenu, QPushButton

from lossexplorer.losses import Loss

_DOT = 10


class AddLossButton(QPushButton):
    """A button that opens a menu of losses.

    Attributes
    ----------
    offers : QMenu
        The losses that are not shown, and `again`.
    again : QMenu
        The losses that are, each to be shown once more with other parameters.
    chosen : Signal(str)
        The name of the loss that the user wants to see, too.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__("+ Add a loss")
        self.setObjectName("add")
        self._offered: object = None
        self.offers = QMenu(self)
        self.again = QMenu("Once more, with other parameters", self.offers)
        for menu in (self.offers, self.again):
            menu.setToolTipsVisible(True)
        self.clicked.connect(self._open)

    def offer(
        self, losses: Sequence[Loss], again: Sequence[Loss], refused: Mapping[str, str]
    ) -> None:
        """Offer these, in this order, and no others.

        Parameters
        ----------
        losses, again : sequence of Loss
            What is listed, and what is shown already.
        refused : mapping of str to str
            Why some of them cannot be chosen now, by their names.
        """
        if (now := (tuple(losses), tuple(again), refused)) == self._offered:
            return
        self._offered = now
        self._fill(self.offers, losses, refused)
        self._fill(self.again, again, refused)
        if losses and again:
            self.offers.addSeparator()
        if again:
            self.offers.addMenu(self.again)

    def _fill(self, menu: QMenu, losses: Sequence[Loss], refused: Mapping[str, str]) -> None:
        menu.clear()
        for loss in losses:
            action = menu.addAction(_dot(loss.color), loss.title)
            tip = refused.get(loss.name, loss.summary)
            action.setEnabled(loss.name not in refused)
            action.setToolTip(tip)
            action.setStatusTip(tip)
            action.triggered.connect(lambda _checked=False, name=loss.name: self.chosen.emit(name))

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
