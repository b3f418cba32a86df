"""A switch that shows when it has the focus."""

from __future__ import annotations

from qtpy.QtCore import QRectF
from qtpy.QtGui import QPainter, QPaintEvent
from superqt import QToggleSwitch


class Switch(QToggleSwitch):
    """A switch, with a line around it in the colour of the text while it has the focus."""

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw the switch, and the line."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.palette().windowText().color())
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.end()
