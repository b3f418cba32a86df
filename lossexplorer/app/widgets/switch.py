"""A switch that shows when it has the focus."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QPainter, QPaintEvent
from superqt import QToggleSwitch

_BEFORE_TEXT = 8  # pixels that superqt has between a switch and its text


class Switch(QToggleSwitch):
    """A switch, with a line around it in the colour of the text while it has the focus."""

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return its size, without room for a text where there is none."""
        hint: QSize = super().sizeHint()
        return hint if self.text() else hint - QSize(_BEFORE_TEXT, 0)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw the switch, and the line."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().windowText().color())
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.end()
