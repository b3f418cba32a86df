"""Small bars: a class's share of a loss, the losses' shares of the total."""

from __future__ import annotations

import math

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

_PAST = 0.35


class ShareBar(QWidget):
    """Coloured shares of a whole, on a quiet groove; faint while it is disabled.

    Parameters
    ----------
    height : int
        In pixels.

    Attributes
    ----------
    shares : list of (str, float)
        Colours and shares, from left to right.
    """

    def __init__(self, height: int) -> None:
        super().__init__()
        self.shares: list[tuple[str, float]] = []
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_shares(self, shares: list[tuple[str, float]]) -> None:
        """Show shares between 0 and 1, each with its colour; what is not finite is left out."""
        self.shares = [(c, s) for c, s in shares if math.isfinite(s) and s > 0]
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return a size that leaves room for others."""
        return QSize(60, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw groove and shares."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        outline = QPainterPath()
        radius = self.height() / 2
        outline.addRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setClipPath(outline)
        groove = self.palette().windowText().color()
        groove.setAlphaF(0.14)
        painter.fillRect(self.rect(), groove)
        painter.setOpacity(1.0 if self.isEnabled() else _PAST)
        start = 0.0
        for color, share in self.shares:
            width = min(share, 1.0) * self.width()
            painter.fillRect(QRectF(start, 0, width, self.height()), QColor(color))
            start += width
        painter.end()
