"""What makes three planes of the views of a grid: cameras, crosshair, and where an event is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari._vispy.camera import VispyCamera
from napari.components import ViewerModel
from napari.qt import QtViewer
from numpy.typing import NDArray

from lossexplorer.viewer.planes.axes import PlaneAxes
from lossexplorer.viewer.planes.cameras import LookedAt, PlaneCamera
from lossexplorer.viewer.planes.crosshair import Crosshair
from lossexplorer.volumes import LabelVolume

_MARGIN = 0.95


class ThreePlanes:
    """The planes that a grid of views shows, if it shows three.

    Parameters
    ----------
    qt_viewer : QtViewer
        The widget.
    viewer : ViewerModel
        What it shows.

    Attributes
    ----------
    views : tuple of PlaneAxes
        The plane of each view, from the upper left to the lower right; empty where all show that
        of the viewer.
    looked_at : LookedAt
        What all look at.
    """

    def __init__(self, qt_viewer: QtViewer, viewer: ViewerModel) -> None:
        self._canvas, self._viewer = qt_viewer.canvas, viewer
        self.views: tuple[PlaneAxes, ...] = ()
        self.looked_at = LookedAt()
        self._crosshairs: list[Crosshair] = []

    def attach(self, views: Sequence[PlaneAxes]) -> bool:
        """Give the views of the grid their cameras; none that are of planes if there are none.

        Returns
        -------
        bool
            Whether they did not have them already.
        """
        boxes, cameras = self._canvas.grid_views, self._canvas.grid_cameras
        has_own = sum(isinstance(camera, PlaneCamera) for camera in cameras)
        if self.views == tuple(views) and has_own == len(self.views):
            return False
        had, self.views = bool(self.views), tuple(views)
        for crosshair in self._crosshairs:
            crosshair.remove()
        self._crosshairs = []
        if not views and had:
            for place, box in enumerate(boxes):
                cameras[place] = VispyCamera(box, self._viewer.scene.camera, self._viewer.dims)
        for place, (box, axes) in enumerate(zip(boxes, views, strict=False)):
            cameras[place] = PlaneCamera(box, self._viewer, axes, self.looked_at)
            self._crosshairs.append(Crosshair(box, axes))
        return True

    def turn(self, turned: dict[int, tuple[bool, bool]]) -> None:
        """Turn each plane, by its axis, as `LookedAt.turned` says."""
        if turned != self.looked_at.turned:
            self.looked_at.turned = turned
            self.looked_at.changed.emit()

    def cross_at(self, voxel: tuple[int, int, int], volume: LabelVolume) -> None:
        """Have the sliders and the crosshair at a voxel (z, y, x)."""
        spacing, shape = np.array(volume.spacing), np.array(volume.shape)
        self._viewer.dims.set_point((-3, -2, -1), (np.array(voxel) * spacing).tolist())
        for crosshair in self._crosshairs:
            crosshair.show(voxel, spacing, shape)

    def axes_of(self, event: Any) -> PlaneAxes | None:
        """Return the plane in which an event of the mouse is; None if there are not three."""
        if not self.views:
            return None
        row, column = event.viewbox
        place = row * self._viewer.canvas.grid.shape[1] + column
        return self.views[place] if place < len(self.views) else None

    def place_of(self, event: Any) -> tuple[float, ...]:
        """Return where an event of the mouse is, along z, y and x in mm."""
        found = list(event.position[-3:])
        axes = self.axes_of(event)
        if axes is not None:
            # napari takes it to be in the plane of the viewer.
            down, across = (event.position[axis] for axis in self._viewer.dims.displayed)
            found = list(self._viewer.dims.point[-3:])
            found[axes.down], found[axes.across] = down, across
        return tuple(found)

    def fit(self, low: NDArray[Any], high: NDArray[Any], most: float = 1.0) -> None:
        """Look at a box between two corners (z, y, x) in mm, which every plane has room for.

        Parameters
        ----------
        low, high : array of float, shape (3,)
            The corners.
        most : float
            How much of a view it fills at the most.
        """
        self.looked_at.look_at((low + high) / 2)
        height, width = self._viewer.canvas.viewbox_size(self._viewer.layers)
        edges = np.maximum(high - low, 1e-6)
        room = [min(height / edges[each.down], width / edges[each.across]) for each in self.views]
        self._viewer.scene.camera.zoom = _MARGIN * most * min(room)
