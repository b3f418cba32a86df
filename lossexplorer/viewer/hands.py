"""What a drag does on the canvas beside moving it: ends of a line, a ruler, and the contrast."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QWidget

from lossexplorer.session.state import Point
from lossexplorer.viewer.marks import Marks
from lossexplorer.viewer.places import ScreenPlaces

_NEAR = 9  # pixels from an end of a line, within which it is taken
_WAY = 200  # pixels of a drag of the contrast that count as 1
_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class _Drag(NamedTuple):
    """What is dragged: what takes the pixels where the pointer is, and with which button."""

    moves: Callable[[QPointF], object]
    button: Qt.MouseButton


class Hands(QObject):
    """Takes the drags that are not napari's, which moves what is shown and zooms.

    The right button changes the contrast; Ctrl and the left one draw a ruler; the left one on an
    end of a line moves that.

    Parameters
    ----------
    native : QWidget
        The widget of the canvas itself.
    places : ScreenPlaces
        Where places of the volume are in pixels.
    marks : Marks
        What is drawn.

    Attributes
    ----------
    has_image : bool
        Whether there is an image whose contrast can change.
    at : QPointF
        Where the pointer was last in a drag.
    lined : Signal(tuple)
        The ends of the line of the profile, where they are dragged to: places in voxels.
    measured : Signal(tuple)
        The ends of the ruler: places in voxels.
    contrasted : Signal(float, float)
        How far the contrast is dragged since it began, to the right and upwards; 1 is 200 pixels.
    contrasting : Signal()
        The contrast begins to be dragged.
    uncontrasted : Signal()
        The right button is clicked twice: the contrast is to fit the image.
    """

    lined = Signal(tuple)
    measured = Signal(tuple)
    contrasting = Signal()
    contrasted = Signal(float, float)
    uncontrasted = Signal()

    def __init__(self, native: QWidget, places: ScreenPlaces, marks: Marks) -> None:
        super().__init__(native)
        self._native, self._places, self._marks = native, places, marks
        self.has_image, self.at = False, QPointF()
        self._drag: _Drag | None = None
        native.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take an event that is part of a drag."""
        del watched
        if not isinstance(event, QMouseEvent):
            return False
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and self._drag is None:
            self._drag = self._begun(event)
            return self._drag is not None
        if kind == QEvent.Type.MouseButtonDblClick and event.button() == _RIGHT:
            if self.has_image:
                self.uncontrasted.emit()
            return self.has_image
        if self._drag is None:
            return False
        if kind == QEvent.Type.MouseMove:
            self.at = event.position()
            self._drag.moves(self.at)
        elif kind == QEvent.Type.MouseButtonRelease and event.button() == self._drag.button:
            self._drag = None
            self._marks.say("")
        return True

    def _begun(self, event: QMouseEvent) -> _Drag | None:
        """Return the drag that a pressed button begins; None for napari's."""
        start, modifiers = event.position(), event.modifiers()
        number = self._places.pane_at(start)
        first = self._places.place(start, number)
        if first is None:  # in 3D
            return None
        if event.button() == _RIGHT and self.has_image and not modifiers:
            self.contrasting.emit()
            return _Drag(lambda at: self._contrast(start, at), _RIGHT)
        if event.button() == _LEFT and modifiers == Qt.KeyboardModifier.ControlModifier:
            return _Drag(lambda at: self._measure(first, self._places.place(at, number)), _LEFT)
        end = self._end_at(start, number)
        if event.button() == _LEFT and not modifiers and end is not None:
            return _Drag(lambda at: self._draw(end, self._places.place(at, number)), _LEFT)
        return None

    def _end_at(self, pixel: QPointF, number: int) -> int | None:
        """Return which end of the line is at a pixel, 0 or 1; None if none is."""
        for end, place in enumerate(self._marks.marked.line or ()):
            at = self._places.pixel(place, number)
            if at is not None and (at - pixel).manhattanLength() <= _NEAR:
                return end
        return None

    def _contrast(self, start: QPointF, at: QPointF) -> None:
        way = at - start
        self.contrasted.emit(way.x() / _WAY, -way.y() / _WAY)

    def _measure(self, first: Point | None, last: Point | None) -> None:
        if first is not None and last is not None:
            self.measured.emit((first, last))

    def _draw(self, end: int, moved: Point | None) -> None:
        if moved is not None and self._marks.marked.line is not None:
            first, last = self._marks.marked.line
            self.lined.emit((moved, last) if end == 0 else (first, moved))
