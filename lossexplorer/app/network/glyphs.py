"""Scissors and lock, drawn as paths because fonts lack them."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF
from qtpy.QtGui import QPainterPath


def scissors(at: QPointF) -> QPainterPath:
    """Return open scissors of 16 pixels around a point, the blades upwards."""
    path = QPainterPath()
    for side in (-1, 1):
        path.addEllipse(at + QPointF(4.0 * side, 5.5), 2.6, 2.6)
        path.moveTo(at + QPointF(2.6 * side, 3.3))
        path.lineTo(at + QPointF(-3.6 * side, -8.0))
    return path


def lock(at: QPointF, *, is_closed: bool) -> QPainterPath:
    """Return a padlock of 8 × 11 pixels around a point."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(at.x() - 4, at.y() - 1, 8, 6.5), 1.5, 1.5)
    shackle = QRectF(at.x() - 2.6 + (0 if is_closed else 4.6), at.y() - 5, 5.2, 6)
    path.moveTo(shackle.left(), at.y() - 1)
    path.lineTo(shackle.left(), shackle.center().y())
    path.arcTo(shackle, 180, -180)
    if is_closed:
        path.lineTo(shackle.right(), at.y() - 1)
    return path
