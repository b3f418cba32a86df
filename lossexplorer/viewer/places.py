"""Where places of the volume are on the canvas: pixels from voxels, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from napari.components import ViewerModel
from qtpy.QtCore import QPointF, QRectF
from qtpy.QtWidgets import QWidget

from lossexplorer.viewer.navigation import Navigation

Place = tuple[float, float, float]
"""Along z, y, x in voxels; whole numbers are the centres of voxels."""


class Places:
    """Finds places of the volume in each pane of the canvas, while it shows slices.

    Parameters
    ----------
    viewer : ViewerModel
        Which shows the volume.
    native : QWidget
        The widget of the canvas itself.
    navigation : Navigation
        Which slice is on screen.
    shape : callable
        Returns rows and columns of the panes.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        native: QWidget,
        navigation: Navigation,
        shape: Callable[[], tuple[int, int]],
    ) -> None:
        self._viewer, self._native = viewer, native
        self._navigation, self._shape = navigation, shape

    def pane(self, number: int) -> QRectF:
        """Return where a pane is, counted from the upper left to the lower right, in pixels."""
        rows, columns = self._shape()
        width, height = self._native.width() / columns, self._native.height() / rows
        row, column = divmod(number, columns)
        return QRectF(column * width, row * height, width, height)

    def pane_at(self, point: QPointF) -> int:
        """Return the number of the pane at a pixel, whether it is used or not."""
        rows, columns = self._shape()
        row = int(point.y() * rows // max(self._native.height(), 1))
        column = int(point.x() * columns // max(self._native.width(), 1))
        return min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)

    def pixel(self, place: Sequence[float], number: int) -> QPointF | None:
        """Return where a place is in a pane, projected onto its slice; None in 3D.

        Parameters
        ----------
        place : sequence of float
            Along z, y, x in voxels.
        number : int
            The pane.
        """
        axes, volume = self._navigation.axes_on_screen(), self._navigation.volume
        if axes is None or volume is None:
            return None
        middle = self.pane(number).center()
        down, across = ((place[axis] * volume.spacing[axis]) for axis in axes)
        y, x = self._viewer.scene.camera.center[-2:]
        zoom = self._viewer.scene.camera.zoom
        rows, columns = self._ways()
        return middle + QPointF((across - x) * zoom * columns, (down - y) * zoom * rows)

    def place(self, point: QPointF) -> Place | None:
        """Return which place is at a pixel; None in 3D."""
        axes, volume = self._navigation.axes_on_screen(), self._navigation.volume
        plane = self._navigation.plane
        if axes is None or volume is None or plane is None:
            return None
        away = point - self.pane(self.pane_at(point)).center()
        y, x = self._viewer.scene.camera.center[-2:]
        zoom = self._viewer.scene.camera.zoom
        rows, columns = self._ways()
        found = [float(plane.index)] * 3
        down, across = axes
        found[down] = (y + away.y() / zoom * rows) / volume.spacing[down]
        found[across] = (x + away.x() / zoom * columns) / volume.spacing[across]
        return found[0], found[1], found[2]

    def is_in_slice(self, place: Sequence[float]) -> bool:
        """Return whether a place is in the slice on screen."""
        plane = self._navigation.plane
        return plane is not None and round(place[plane.axis]) == plane.index

    def _ways(self) -> tuple[int, int]:
        """Return 1 where rows run down and where columns run to the right, else -1."""
        down, right = map(str, self._viewer.scene.camera.orientation2d)
        return (1 if down == "down" else -1), (1 if right == "right" else -1)
