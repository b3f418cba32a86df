"""A link of the picture, with a line for each loss."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker, QPen
from qtpy.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QWidget,
)

from lossexplorer.app.network import strokes
from lossexplorer.app.network.folding import Link
from lossexplorer.app.network.glyphs import scissors
from lossexplorer.app.network.longest_path import Point
from lossexplorer.app.network.look import FAR, Look, zoom_of
from lossexplorer.app.network.reach import Line
from lossexplorer.app.network.switches import Switches


class LinkItem(QGraphicsItem):
    """A connection, with a line for each loss as wide as its norm.

    A line of norm 0 is not drawn; a link without any line is a thin grey one. A loss that is cut
    here has its line up to the scissors, and dashes in front of them.

    Parameters
    ----------
    look : Look
        Colours and marks.
    switches : Switches
        Tells what is asked for.
    link : Link
        The connection.
    route : sequence of (float, float)
        The points that it goes through.
    leads_to_loss : bool
        Whether it ends at a loss; it is dotted then.

    Attributes
    ----------
    lines : tuple of Line
        What it carries of each loss; empty if that is not known.
    full : float
        The norm of the widest line.
    """

    def __init__(
        self,
        look: Look,
        switches: Switches,
        link: Link,
        route: Sequence[Point],
        *,
        leads_to_loss: bool = False,
    ) -> None:
        super().__init__()
        self.look = look
        self._switches = switches
        self.link = link
        self.lines: tuple[Line, ...] = ()
        self.full = 1.0
        self._leads_to_loss = leads_to_loss
        self._curve = strokes.smooth(route)
        self._across = strokes.normals(self._curve)
        self._whole = strokes.parallel(self._curve, self._across, 0.0)
        self._is_hovered = False
        self.setZValue(-1)
        self.setAcceptHoverEvents(True)
        if link.head:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_lines(self, lines: tuple[Line, ...], full: float) -> None:
        """Draw other numbers."""
        if (lines, full) != (self.lines, self.full):
            self.lines, self.full = lines, full
            self.update()

    def widths(self) -> tuple[float, ...]:
        """Return the width of each loss's line in pixels at zoom 1; 0 where there is none."""
        return tuple(strokes.line_width(line.norm, self.full) for line in self.lines)

    @property
    def middle(self) -> QPointF:
        """Where the scissors are."""
        return QPointF(*strokes.halves(self._curve)[1][0])

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return what it may paint in."""
        room = strokes.WIDEST * max(2, len(self.lines)) + 4
        return self._whole.boundingRect().adjusted(-room, -room, room, room)

    def shape(self) -> QPainterPath:
        """Return what the mouse finds: a band around the curve."""
        stroker = QPainterPathStroker()
        stroker.setWidth(20)
        return stroker.createStroke(self._whole)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Take a press where something can be cut; elsewhere the picture is dragged."""
        is_left = event.button() == Qt.MouseButton.LeftButton
        event.setAccepted(is_left and bool(self.link.head))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Cut here, or mend."""
        if self.shape().contains(event.pos()):
            self._switches.cut_toggled.emit(self.link.head)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draw it."""
        zoom = zoom_of(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        widths = self.widths()
        if not any(widths):
            self._paint_connection(painter, zoom)
        seen = [max(width, strokes.NARROWEST / zoom) if width else 0.0 for width in widths]
        shifts = strokes.offsets(seen)
        for place, (line, width) in enumerate(zip(self.lines, seen, strict=True)):
            if width:
                self._paint_line(painter, place, line, width, shifts[place])
        if self.link.head and zoom >= FAR and (self.link.cut or self.look.offers_switches):
            self._paint_scissors(painter)

    def _paint_connection(self, painter: QPainter, zoom: float) -> None:
        pen = QPen(QColor(self.look.palette.line), 1.2 / min(zoom, 1.0))
        if self._leads_to_loss or self.link.cut:
            pen.setDashPattern([2.0, 3.0])
        painter.setPen(pen)
        painter.drawPath(self._whole)

    def _paint_line(
        self, painter: QPainter, place: int, line: Line, width: float, shift: float
    ) -> None:
        curve, across = self._curve, self._across
        pen = QPen(self.look.color(place), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if not math.isfinite(line.norm):
            pen.setColor(QColor(self.look.palette.warning))
            pen.setDashPattern([1.5, 1.0])
        elif self._leads_to_loss:
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setDashPattern([0.01, max(1.8, 4.0 / width)])
        if line.is_cut:
            dashes = QPen(QColor(self.look.palette.quiet), 1.2)
            dashes.setDashPattern([4.0, 4.0])
            painter.setPen(dashes)
            begin, curve = strokes.halves(curve)
            painter.drawPath(strokes.parallel(begin, strokes.normals(begin), shift))
            across = strokes.normals(curve)
        painter.setPen(pen)
        painter.drawPath(strokes.parallel(curve, across, shift))

    def _paint_scissors(self, painter: QPainter) -> None:
        is_cut = bool(self.link.cut)
        palette = self.look.palette
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.background)
        if is_cut:
            painter.drawEllipse(self.middle, 12.0, 12.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(palette.text if is_cut else palette.quiet), 1.5))
        painter.drawPath(scissors(self.middle))
