"""What is drawn above the panes: a pinned place, lines and outlines, in each pane alike."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QLineF, QObject, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import Plane
from lossexplorer.session.state import Point
from lossexplorer.viewer.boundaries import boundary_lines
from lossexplorer.viewer.marked import Marked
from lossexplorer.viewer.places import ScreenPlaces

_LIGHT, _DARK = QColor(255, 255, 255, 235), QColor(0, 0, 0, 190)
_LINE, _RULER, OUTLINE = QColor(255, 214, 102), QColor(120, 255, 190), QColor(0, 229, 255)
_ARM, _GAP = 9, 3  # of the cross, in pixels
_MARGIN = 4
_SHARE = 0.3  # of a pane's width, which is as much as the length of the ruler may take
HANDLE = 4
"""The radius of the ends of a line, in pixels."""


class Marks(QWidget):
    """Lies above the canvas, takes no events, and is there only while something is marked.

    Parameters
    ----------
    native : QWidget
        The widget of the canvas itself.
    viewer : ViewerModel
        Whose camera it follows.
    places : ScreenPlaces
        Where places are in pixels.

    Attributes
    ----------
    marked : Marked
        What is drawn, in each pane.
    count : int
        In how many panes.
    outlines : mapping of Plane to array of float, shape (line, 2, 2)
        Of slices, the lines around what is predicted, as `boundary_lines` returns them along the
        remaining axes in their order.
    said : str
        What is written in the middle of the pane at `said_at`, while a hand drags.
    moved : Signal()
        What is marked may be elsewhere on the screen.
    """

    moved = Signal()

    def __init__(self, native: QWidget, viewer: ViewerModel, places: ScreenPlaces) -> None:
        super().__init__(native)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._native, self._places = native, places
        self.marked, self.count = Marked(), 1
        self.outlines: Mapping[Plane, NDArray[np.float64]] = {}
        self.said, self.said_at = "", QPointF()
        self.hide()
        native.installEventFilter(self)
        dims = viewer.dims.events
        for events in (viewer.scene.camera.events, dims.current_step, dims.order, dims.ndisplay):
            events.connect(self.follow)

    def show_marked(self, marked: Marked, count: int) -> None:
        """Mark something else, in so many panes."""
        if (marked, count) != (self.marked, self.count):
            self.marked, self.count = marked, count
            self._appear()

    def show_outlines(self, masks: Mapping[Plane, NDArray[np.bool_]]) -> None:
        """Outline what is predicted in some slices, and nothing elsewhere."""
        if masks or self.outlines:
            self.outlines = {plane: boundary_lines(mask) for plane, mask in masks.items()}
            self._appear()

    def say(self, text: str, at: QPointF | None = None) -> None:
        """Write something beside a place on the canvas; nothing if the text is empty."""
        self.said, self.said_at = text, at or QPointF()
        self._appear()

    def _appear(self) -> None:
        """Be there if there is anything to draw, and draw it."""
        is_any = self.marked != Marked() or bool(self.outlines) or bool(self.said)
        if is_any:
            self.resize(self._native.size())
        self.setVisible(is_any)
        self.update()

    def follow(self, event: object = None) -> None:
        """Draw anew: the camera has moved, or another slice is shown."""
        del event
        if not self.isHidden():
            self.update()
            self.moved.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Have the size of the canvas, and take no event."""
        if event.type() == QEvent.Type.Resize:
            self.resize(self._native.size())
            self.follow()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw what is marked into each pane."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(self.count):
            painter.setClipRect(self._places.pane(number))
            self._draw(painter, number)
        painter.setClipping(False)
        if self.said:
            above = self.said_at + QPointF(0, -18)
            _write(painter, self.said, _inside(self._box(self.said, above), QRectF(self.rect())))
        painter.end()

    def _draw(self, painter: QPainter, number: int) -> None:
        self._outline(painter, number)
        marked = self.marked
        if marked.line is not None:
            self._line(painter, number, *marked.line, _LINE)
        if marked.ruler is not None:
            self._line(painter, number, *marked.ruler, _RULER)
            label = self.label(number)
            if label is not None:
                _write(painter, *label)
        if marked.pinned is not None:
            self._cross(painter, number, marked.pinned)

    def _outline(self, painter: QPainter, number: int) -> None:
        """Outline what is predicted in the slice of a pane."""
        plane = self._places.plane(number)
        lines = None if plane is None else self.outlines.get(plane)
        if plane is None or lines is None:
            return
        axes = [axis for axis in range(3) if axis != plane.axis]
        scale, origin = self._places.scale(number, axes)
        pixels = (lines * scale + origin).reshape(-1, 4)
        # The first of both axes may run across the screen.
        down = 0 if self._places.runs_down(number, axes[0]) else 1
        order = (1 - down, down, 3 - down, 2 + down)
        drawn = [QLineF(*row) for row in pixels[:, order].tolist()]
        for color, width in ((_DARK, 3.0), (OUTLINE, 1.3)):
            painter.setPen(QPen(color, width, c=Qt.PenCapStyle.SquareCap))
            painter.drawLines(drawn)

    def _cross(self, painter: QPainter, number: int, place: Point) -> None:
        """Draw a cross with a gap in its middle, dotted where the voxel is in another slice."""
        at = self._places.pixel(place, number)
        if at is None:
            return
        arms = [
            (at + QPointF(x, y) * _GAP, at + QPointF(x, y) * _ARM)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        is_here = self._places.is_in_slice(place, number)
        for color, width in ((_DARK, 4.0), (_LIGHT, 1.6)):
            painter.setPen(_pen(color, width, is_here=is_here))
            for start, end in arms:
                painter.drawLine(start, end)

    def _line(
        self, painter: QPainter, number: int, first: Point, last: Point, color: QColor
    ) -> None:
        """Draw a line with its ends, the first one filled; dotted where it leaves the slice."""
        start, stop = (self._places.pixel(end, number) for end in (first, last))
        if start is None or stop is None:
            return
        is_here = all(self._places.is_in_slice(end, number) for end in (first, last))
        for each, width in ((_DARK, 4.0), (color, 1.6)):
            painter.setPen(_pen(each, width, is_here=is_here))
            painter.drawLine(start, stop)
        painter.setPen(QPen(color, 1.6))
        for end, fill in ((start, color), (stop, _DARK)):
            painter.setBrush(fill)
            painter.drawEllipse(end, HANDLE, HANDLE)

    def label(self, number: int) -> tuple[str, QRectF] | None:
        """Return how long the ruler is, as a pane has it, and where; None without one, and in 3D.

        It is beyond an end of the ruler, or beside it where there is no room. In a narrow pane it
        is in mm alone.
        """
        ends = [self._places.pixel(end, number) for end in self.marked.ruler or ()]
        places = [place for place in ends if place is not None]
        if not places:
            return None
        start, stop = places
        text, pane = self.marked.length, self._places.pane(number)
        if self._box(text, stop).width() > _SHARE * pane.width():
            text = text.partition(" · ")[0]
        middle, way = (start + stop) / 2, stop - start
        up = QPointF(way.y(), -way.x())
        beside = ((stop, way), (start, -way), (middle, up), (middle, -up))
        boxes = [self._box(text, *place) for place in beside]
        return text, next((box for box in boxes if pane.contains(box)), _inside(boxes[0], pane))

    def _box(self, text: str, at: QPointF, way: QPointF | None = None) -> QRectF:
        """Return the box of a text around a place, or beside it in some direction."""
        box = QRectF(self.fontMetrics().boundingRect(text)).adjusted(-6, -3, 6, 3)
        box.moveCenter(at)
        length = 0.0 if way is None else math.hypot(way.x(), way.y())
        if way is not None and length:
            way = way / length
            half = (abs(way.x()) * box.width() + abs(way.y()) * box.height()) / 2
            box.translate(way * (half + 2 * HANDLE))
        return box


def _inside(box: QRectF, within: QRectF) -> QRectF:
    """Return a box moved into another one, as far as there is room."""
    left = max(min(box.left(), within.right() - box.width()), within.left())
    top = max(min(box.top(), within.bottom() - box.height()), within.top())
    return QRectF(QPointF(left, top), box.size())


def _write(painter: QPainter, text: str, box: QRectF) -> None:
    """Write on a dark box."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_DARK)
    painter.drawRoundedRect(box, _MARGIN, _MARGIN)
    painter.setPen(_LIGHT)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _pen(color: QColor, width: float, *, is_here: bool) -> QPen:
    style = Qt.PenStyle.SolidLine if is_here else Qt.PenStyle.DotLine
    return QPen(color, width, style, Qt.PenCapStyle.FlatCap)
