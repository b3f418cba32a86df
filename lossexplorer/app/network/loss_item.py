"""Losses of the picture."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QStyleOptionGraphicsItem, QWidget

from lossexplorer.app.network import words
from lossexplorer.app.network.lettering import enlarged, write
from lossexplorer.app.network.longest_path import Point
from lossexplorer.app.network.look import DETAIL, FAR, PLAIN, TITLE, VERY_FAR, Look, zoom_of
from lossexplorer.app.network.stop import Stop
from lossexplorer.app.network.switches import Switches


class LossItem(Stop):
    """The loss of an output, at the end of its head.

    Attributes
    ----------
    place : int
        The output's place.
    output : str
        Its name.
    weight : float or None
        λ, if it is known.
    loss : str
        The loss's title; may be empty.
    """

    def __init__(self, look: Look, switches: Switches, place: int, output: str) -> None:
        super().__init__(look, switches, loss_size(look))
        self.place = place
        self.output = output
        self.weight: float | None = None
        self.loss = ""

    def show_weight(self, weight: float | None, loss: str) -> None:
        """Show another λ, or the title of another loss."""
        if (weight, loss) != (self.weight, self.loss):
            self.weight, self.loss = weight, loss
            self.update()

    @property
    def is_off(self) -> bool:
        """Whether λ is 0."""
        return self.weight == 0

    def activate(self) -> None:
        """Have λ set to 0, or back."""
        self.switches.weight_toggled.emit(self.output)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draw it."""
        zoom = zoom_of(painter)
        if zoom >= VERY_FAR:
            quiet = QColor(self.look.palette.quiet)
            painter.setPen(quiet if self.is_off else self.look.color(self.place))
            frame = self.frame.adjusted(10, 0, 0, 0)
            second = "λ = 0" if self.is_off else self.loss
            if self.look.is_plain:
                text = second if self.is_off else words.loss_symbol(self.place)
                write(painter, frame, text, PLAIN, Qt.AlignmentFlag.AlignLeft)
            elif second and zoom >= FAR:
                half = self.frame.height() / 2
                upper = frame.adjusted(0, 0, 0, -half)
                symbol = words.loss_symbol(self.place)
                write(painter, upper, symbol, TITLE + 1, Qt.AlignmentFlag.AlignLeft)
                painter.setPen(quiet)
                lower = frame.adjusted(0, half, 0, 0)
                write(painter, lower, second, DETAIL, Qt.AlignmentFlag.AlignLeft)
            else:
                symbol = words.loss_symbol(self.place)
                size = enlarged(symbol, TITLE + 1, zoom, self.frame)
                write(painter, frame, symbol, size, Qt.AlignmentFlag.AlignLeft)
        self._paint_focus(painter)


def loss_size(look: Look) -> Point:
    """Return the width and height of a loss: the title of a common one is written whole."""
    return (62.0, 30.0) if look.is_plain else (124.0, 40.0)
