"""A spotlight: all is dim but a disc that follows the pointer."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtGui import QColor, QCursor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QRegion
from qtpy.QtWidgets import QWidget

_DIM = QColor(0, 0, 0, 190)
_RADIUS = 0.16  # of the height


class Spotlight(QWidget):
    """Lies above a window and dims it; clicks and keys go through.

    Parameters
    ----------
    window : QWidget
        What it dims; its pointer is followed, whatever is below it.

    Attributes
    ----------
    centre : QPoint
        Where the disc is.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._watched: QObject | None = None
        self.centre = QPoint()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def radius(self) -> int:
        """Of the disc, in pixels."""
        return round(_RADIUS * self.height())

    def switch(self) -> None:
        """Switch it on at the pointer, or off."""
        if self.isVisible():
            self.hide()
            return
        window = self.parentWidget()
        assert window is not None
        # Qt tells widgets of a moving pointer only where they ask for it; their window always.
        self._watched = window.windowHandle()
        if self._watched is not None:
            self._watched.installEventFilter(self)
        self.setGeometry(window.rect())
        self.centre = window.mapFromGlobal(QCursor.pos())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the pointer; take no event."""
        if self.isVisible() and isinstance(event, QMouseEvent):
            self._move(event.position().toPoint())
        return super().eventFilter(watched, event)

    def _move(self, to: QPoint) -> None:
        before, self.centre = self.centre, to
        if to != before:
            self.update(self._around(before).united(self._around(to)))

    def _around(self, place: QPoint) -> QRegion:
        side = 2 * self.radius + 4
        return QRegion(place.x() - side // 2, place.y() - side // 2, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Dim all but the disc."""
        dimmed, disc = QPainterPath(), QPainterPath()
        dimmed.addRect(self.rect().toRectF())
        disc.addEllipse(self.centre.toPointF(), self.radius, self.radius)
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(dimmed.subtracted(disc), _DIM)
        painter.end()
