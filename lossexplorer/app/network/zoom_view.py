"""A view that shows all of a scene until the user zooms."""

from __future__ import annotations

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QPainter, QResizeEvent, QWheelEvent
from qtpy.QtWidgets import QGraphicsView, QWidget

_LARGEST, _SMALLEST = 4.0, 0.05
_LARGEST_FIT = 1.25  # at which texts are as large as those around the picture
_FACTOR = 1.2


class ZoomView(QGraphicsView):
    """Zooms by wheel, keeps what is drawn in sight, and is dragged once it is zoomed.

    Attributes
    ----------
    is_zoomed : bool
        Whether the user has chosen a zoom; another size of the widget does not change it then.
    largest_fit : float
        The largest zoom at which everything is shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_zoomed = False
        self.largest_fit = _LARGEST_FIT
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)

    @property
    def drawn(self) -> QRectF:
        """Where something is drawn, in pixels at zoom 1."""
        raise NotImplementedError

    @property
    def zoom(self) -> float:
        """How many pixels of the screen a pixel at zoom 1 has."""
        return float(self.transform().m11())

    def fit(self) -> None:
        """Show everything, as large as it fits, but at most at the largest zoom for that."""
        self.is_zoomed = False
        self.setDragMode(QGraphicsView.DragMode.NoDrag)
        drawn, seen = self.drawn, self.viewport().size()
        width, height = drawn.width(), drawn.height()
        self.setSceneRect(drawn.adjusted(-width, -height, width, height))  # what it is dragged in
        zoom = min(seen.width() / drawn.width(), seen.height() / drawn.height(), self.largest_fit)
        zoom = max(zoom, _SMALLEST)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(drawn.center())

    def zoom_in(self) -> None:
        """Show it larger."""
        self.zoom_by(_FACTOR)

    def zoom_out(self) -> None:
        """Show it smaller."""
        self.zoom_by(1 / _FACTOR)

    def zoom_by(self, factor: float) -> None:
        """Show it so many times larger, within limits."""
        zoom = min(max(self.zoom * factor, _SMALLEST), _LARGEST)
        self.is_zoomed = True
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.scale(zoom / self.zoom, zoom / self.zoom)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom about the mouse."""
        if not event.angleDelta().y():
            return
        where = event.position().toPoint()
        point = self.mapToScene(where)
        self.zoom_by(_FACTOR ** (event.angleDelta().y() / 120))
        away = self.mapFromScene(point) - where
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + away.x())
        down.setValue(down.value() + away.y())
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep everything in sight unless the user has zoomed."""
        super().resizeEvent(event)
        if not self.is_zoomed:
            self.fit()
