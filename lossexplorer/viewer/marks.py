"""What is drawn above the panes: the place that is pinned, and lines, in each pane alike."""

from __future__ import annotations

from napari.components import ViewerModel
from qtpy.QtCore import QEvent, QObject, QPointF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import Voxel
from lossexplorer.viewer.marked import Marked
from lossexplorer.viewer.places import Place, Places

_LIGHT, _DARK = QColor(255, 255, 255, 235), QColor(0, 0, 0, 190)
_LINE = QColor(255, 214, 102)
_ARM, _GAP = 9, 3  # of the cross, in pixels
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
    places : Places
        Where places are in pixels.

    Attributes
    ----------
    marked : Marked
        What is drawn, in each pane.
    count : int
        In how many panes.
    moved : Signal()
        What is marked may be elsewhere on the screen.
    """

    moved = Signal()

    def __init__(self, native: QWidget, viewer: ViewerModel, places: Places) -> None:
        super().__init__(native)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._native, self._places = native, places
        self.marked, self.count = Marked(), 1
        self.hide()
        native.installEventFilter(self)
        dims = viewer.dims.events
        for events in (viewer.scene.camera.events, dims.current_step, dims.order, dims.ndisplay):
            events.connect(self._follow)

    def show_marked(self, marked: Marked, count: int) -> None:
        """Mark something else, in so many panes."""
        if (marked, count) == (self.marked, self.count):
            return
        self.marked, self.count = marked, count
        is_any = marked != Marked()
        if is_any:
            self.resize(self._native.size())
        self.setVisible(is_any)
        self.update()

    def _follow(self, event: object = None) -> None:
        del event
        if not self.isHidden():
            self.update()
            self.moved.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Have the size of the canvas, and take no event."""
        if event.type() == QEvent.Type.Resize:
            self.resize(self._native.size())
            self._follow()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw what is marked into each pane."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(self.count):
            painter.setClipRect(self._places.pane(number))
            self._draw(painter, number)
        painter.end()

    def _draw(self, painter: QPainter, number: int) -> None:
        if self.marked.line is not None:
            self._line(painter, number, *self.marked.line)
        if self.marked.pinned is not None:
            self._cross(painter, number, self.marked.pinned)

    def _cross(self, painter: QPainter, number: int, voxel: Voxel) -> None:
        """Draw a cross with a gap in its middle, dashed where the voxel is in another slice."""
        at = self._places.pixel(voxel, number)
        if at is None:
            return
        arms = [
            (at + QPointF(x, y) * _GAP, at + QPointF(x, y) * _ARM)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        for color, width in ((_DARK, 4.0), (_LIGHT, 1.6)):
            painter.setPen(self._pen(color, width, is_here=self._places.is_in_slice(voxel)))
            for start, end in arms:
                painter.drawLine(start, end)

    def _line(self, painter: QPainter, number: int, first: Place, last: Place) -> None:
        """Draw a line with its ends, the first one filled; dashed where it leaves the slice."""
        start, stop = (self._places.pixel(end, number) for end in (first, last))
        if start is None or stop is None:
            return
        is_here = all(map(self._places.is_in_slice, (first, last)))
        for color, width in ((_DARK, 4.0), (_LINE, 1.6)):
            painter.setPen(self._pen(color, width, is_here=is_here))
            painter.drawLine(start, stop)
        painter.setPen(QPen(_LINE, 1.6))
        for end, fill in ((start, _LINE), (stop, _DARK)):
            painter.setBrush(fill)
            painter.drawEllipse(end, HANDLE, HANDLE)

    @staticmethod
    def _pen(color: QColor, width: float, *, is_here: bool) -> QPen:
        style = Qt.PenStyle.SolidLine if is_here else Qt.PenStyle.DotLine
        return QPen(color, width, style, Qt.PenCapStyle.FlatCap)
