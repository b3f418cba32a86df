"""What the Tab key comes to in the picture."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPainterPath, QPen
from qtpy.QtWidgets import QGraphicsItem, QGraphicsSceneMouseEvent

from lossexplorer.app.network.longest_path import Point
from lossexplorer.app.network.look import Look
from lossexplorer.app.network.switches import Switches


class Stop(QGraphicsItem):
    """Something that the Tab key comes to: a layer, or a loss.

    Parameters
    ----------
    look : Look
        Colours and marks.
    switches : Switches
        Tells what is asked for.
    size : (float, float)
        Width and height.

    Attributes
    ----------
    is_current : bool
        Whether the keyboard acts on it.
    spoken : str
        What a screen reader says.
    """

    def __init__(self, look: Look, switches: Switches, size: Point) -> None:
        super().__init__()
        self.look = look
        self.switches = switches
        self.frame = QRectF(-size[0] / 2, -size[1] / 2, *size)
        self.is_current = False
        self.spoken = ""
        self.setAcceptHoverEvents(True)
        # The numbers of a step change links and seldom boxes, which would cost most to draw anew.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def say(self, text: str) -> None:
        """Set what is said on hovering and by a screen reader."""
        self.spoken = text
        self.setToolTip(text)

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return what it may paint in."""
        return self.frame.adjusted(-6, -6, 6, 6)

    def shape(self) -> QPainterPath:
        """Return what the mouse finds."""
        path = QPainterPath()
        path.addRect(self.frame)
        return path

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Take a press of the left button, so that the picture is not dragged."""
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Do what is clicked."""
        if self.shape().contains(event.pos()):
            self.clicked_at(event.pos())

    def clicked_at(self, _at: QPointF) -> None:
        """Do what a click at a place does."""
        self.activate()

    def activate(self) -> None:
        """Do what the Enter key does."""
        raise NotImplementedError

    def _paint_focus(self, painter: QPainter) -> None:
        if self.is_current and self.look.has_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self.look.palette.accent), 2))
            painter.drawRoundedRect(self.frame.adjusted(-4, -4, 4, 4), 8, 8)
