"""Where places of the volume are on the canvas: pixels from voxels, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import Plane
from lossexplorer.session.state import Point
from lossexplorer.viewer.navigation import Navigation
from lossexplorer.viewer.planes.three import ThreePlanes


class _Seen(NamedTuple):
    """What a pane sees: its slice, and how its axes run down and across."""

    plane: Plane
    down: int
    across: int
    scale: NDArray[np.float64]  # pixels for a voxel along z, y, x; below 0 for a turned axis
    origin: NDArray[np.float64]  # pixels where the first voxel of each axis is


class ScreenPlaces:
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
    three : ThreePlanes
        What the panes show, if it is three planes.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        native: QWidget,
        navigation: Navigation,
        shape: Callable[[], tuple[int, int]],
        three: ThreePlanes,
    ) -> None:
        self._viewer, self._native, self._three = viewer, native, three
        self._navigation, self._shape = navigation, shape

    def pane(self, number: int) -> QRectF:
        """Return where a pane is, counted from the upper left to the lower right, in pixels."""
        rows, columns = self._shape()
        width, height = self._native.width() / columns, self._native.height() / rows
        row, column = divmod(number, columns)
        return QRectF(column * width, row * height, width, height)

    def pane_at(self, pixel: QPointF) -> int:
        """Return the number of the pane at a pixel, whether it is used or not."""
        rows, columns = self._shape()
        row = int(pixel.y() * rows // max(self._native.height(), 1))
        column = int(pixel.x() * columns // max(self._native.width(), 1))
        return min(max(row, 0), rows - 1) * columns + min(max(column, 0), columns - 1)

    def plane(self, number: int) -> Plane | None:
        """Return the slice that a pane shows; None in 3D."""
        seen = self._seen(number)
        return None if seen is None else seen.plane

    def runs_down(self, number: int, axis: int) -> bool:
        """Return whether an axis of the volume (z, y, x) runs down a pane, or up."""
        seen = self._seen(number)
        return seen is not None and seen.down == axis

    def scale(
        self, number: int, axes: Sequence[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return by what voxels along axes are multiplied, and what is added, for pixels.

        Parameters
        ----------
        number : int
            A pane that shows a slice.
        axes : sequence of int
            Axes (z, y, x) that run down and across it.
        """
        seen = self._seen(number)
        assert seen is not None
        return seen.scale[list(axes)], seen.origin[list(axes)]

    def pixel(self, place: Sequence[float], number: int) -> QPointF | None:
        """Return where a place is in a pane, projected onto its slice; None in 3D.

        Parameters
        ----------
        place : sequence of float
            Along z, y, x in voxels.
        number : int
            The pane.
        """
        seen = self._seen(number)
        if seen is None:
            return None
        pixels = np.array(place) * seen.scale + seen.origin
        return QPointF(pixels[seen.across], pixels[seen.down])

    def place(self, pixel: QPointF, number: int | None = None) -> Point | None:
        """Return which place a pixel shows; None in 3D.

        Parameters
        ----------
        pixel : QPointF
            Of the canvas.
        number : int, optional
            The pane whose slice is meant; that at the pixel if it is not given.
        """
        seen = self._seen(self.pane_at(pixel) if number is None else number)
        if seen is None:
            return None
        found = [float(seen.plane.index)] * 3
        for axis, at in ((seen.down, pixel.y()), (seen.across, pixel.x())):
            found[axis] = float((at - seen.origin[axis]) / seen.scale[axis])
        return found[0], found[1], found[2]

    def is_in_slice(self, place: Sequence[float], number: int) -> bool:
        """Return whether a place is in the slice that a pane shows."""
        plane = self.plane(number)
        return plane is not None and round(place[plane.axis]) == plane.index

    def _seen(self, number: int) -> _Seen | None:
        axes, volume = self._navigation.axes_on_screen(), self._navigation.volume
        plane, camera = self._navigation.plane, self._viewer.scene.camera
        if axes is None or volume is None or plane is None:
            return None
        if self._three.views:
            shown = self._three.views[min(number, len(self._three.views) - 1)]
            point = self._viewer.dims.point[shown.axis - 3] / volume.spacing[shown.axis]
            plane, axes = Plane(shown.axis, round(point)), (shown.down, shown.across)
            looked_at = self._three.looked_at
            centre = [float(looked_at.centre[axis]) for axis in axes]
            turned = looked_at.turned.get(shown.axis, (False, False))
        else:
            centre = list(camera.center[-2:])
            down, right = map(str, camera.orientation2d)
            turned = down != "down", right != "right"
        middle = self.pane(number).center()
        scale, origin = np.zeros(3), np.zeros(3)
        pixels = (middle.y(), middle.x())
        for axis, at, is_turned, pixel in zip(axes, centre, turned, pixels, strict=True):
            way = -1 if is_turned else 1
            scale[axis] = volume.spacing[axis] * camera.zoom * way
            origin[axis] = pixel - at * camera.zoom * way
        return _Seen(plane, *axes, scale, origin)
