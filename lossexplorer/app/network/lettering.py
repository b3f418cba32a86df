"""Texts of one line, in the room that the picture has for them."""

from __future__ import annotations

import math

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QFontMetricsF, QPainter

from lossexplorer.app.network.look import LEGIBLE, font


def text_width(text: str, size: float) -> float:
    """Return how many pixels a text is wide at zoom 1."""
    return float(QFontMetricsF(font(size)).horizontalAdvance(text)) if text else 0.0


def write(
    painter: QPainter,
    where: QRectF,
    text: str,
    size: float,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
) -> None:
    """Write a text of one line, shortened in the middle if it is too long."""
    chosen = font(size)
    painter.setFont(chosen)
    elide = Qt.TextElideMode.ElideMiddle
    shown = QFontMetricsF(chosen).elidedText(text, elide, where.width() + 1)
    painter.drawText(where, align | Qt.AlignmentFlag.AlignVCenter, shown)


def enlarged(text: str, size: float, zoom: float, room: QRectF) -> float:
    """Return the size of a text that is legible at a zoom, as far as there is room for it."""
    width = max(1.0, text_width(text, size))
    most = min(LEGIBLE / zoom, size * room.width() / width, 0.75 * room.height())
    return max(size, math.floor(most))
