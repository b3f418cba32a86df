"""Which slice is on screen, along which axis, and where the camera looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from napari.components import ViewerModel

from lossexplorer.engine.messages import Plane
from lossexplorer.session.state import SideConvention
from lossexplorer.viewer.directions import Directions, directions_of, flipped, turned
from lossexplorer.viewer.maps import labelled_box
from lossexplorer.viewer.planes.axes import PlaneAxes
from lossexplorer.viewer.planes.three import ThreePlanes
from lossexplorer.volumes import LabelVolume

Camera = tuple[tuple[float, ...], float]
"""The point that the camera looks at, in mm, and its zoom."""


class Navigation:
    """Moves through a volume that is on the canvas.

    Parameters
    ----------
    viewer : ViewerModel
        Which shows it.
    before_3d : callable
        Is called before the volume is shown in 3D.
    three : ThreePlanes
        What is shown, if it is three planes.

    Attributes
    ----------
    volume : LabelVolume or None
        What is on the canvas; None while that changes.
    convention : {"as stored", "radiological", "neurological"}
        How slices are turned, see `turn`.
    """

    def __init__(
        self, viewer: ViewerModel, before_3d: Callable[[], object], three: ThreePlanes
    ) -> None:
        self._viewer, self._before_3d, self._three = viewer, before_3d, three
        self.volume: LabelVolume | None = None
        self.convention: SideConvention = "as stored"

    @property
    def plane(self) -> Plane | None:
        """The slice on screen, or None in 3D."""
        axes, dims = self.axes_on_screen(), self._viewer.dims
        if axes is None or self.volume is None:
            return None
        (axis,) = {0, 1, 2} - set(axes)
        # The slider has the steps of the finest layer, which need not be one of the program's.
        index = round(dims.point[axis - 3] / self.volume.spacing[axis])
        return Plane(axis, min(max(index, 0), self.volume.shape[axis] - 1))

    def axes_on_screen(self) -> tuple[int, int] | None:
        """Return the axes (z, y, x) that run down and across the screen; None in 3D."""
        dims = self._viewer.dims
        if dims.ndisplay == 3:
            return None
        # Layers with more axes have their additional axes before z, y and x.
        down, across = (axis - (dims.ndim - 3) for axis in dims.displayed)
        return (down, across) if down >= 0 and across >= 0 else None

    def directions(self, axes: PlaneAxes | None = None) -> Directions | None:
        """Return the anatomical directions at the edges of a view; None if they are not known.

        Parameters
        ----------
        axes : PlaneAxes, optional
            The plane; that of the sliders if not given.
        """
        stored = self._stored_directions(axes)
        return None if stored is None else turned(stored, flipped(stored, self.convention))

    def turn(self) -> None:
        """Turn slices as the convention says; what has no directions and 3D are as stored."""
        down, across = self._turned(None)
        wanted = ("up" if down else "down", "left" if across else "right")
        camera = self._viewer.scene.camera
        if tuple(str(way) for way in camera.orientation2d) != wanted:
            camera.orientation2d = wanted
        self._three.turn({axes.axis: self._turned(axes) for axes in self._three.views})

    def _turned(self, axes: PlaneAxes | None) -> tuple[bool, bool]:
        """Return whether a plane is upside down, and whether left and right change places."""
        stored = self._stored_directions(axes)
        return (False, False) if stored is None else flipped(stored, self.convention)

    def _stored_directions(self, plane: PlaneAxes | None) -> Directions | None:
        axes = self.axes_on_screen() if plane is None else (plane.down, plane.across)
        orientation = None if self.volume is None else self.volume.orientation
        if axes is None or orientation is None:
            return None
        down, across = axes
        return directions_of(orientation, across, down)

    def show_plane(self, plane: Plane) -> None:
        """Show a slice, along whatever axis it lies and from 3D, too."""
        if self.volume is None:
            return
        if self._viewer.dims.ndisplay == 3:
            self.toggle_3d()
        if self.plane is None or self.plane.axis != plane.axis:
            offset = self._viewer.dims.ndim - 3
            others = [axis for axis in range(3) if axis != plane.axis]
            order = [*range(offset), *(axis + offset for axis in (plane.axis, *others))]
            self._viewer.dims.order = tuple(order)
        self.set_point(plane, self.volume)

    def turn_to(self, plane: Plane | None) -> None:
        """Show a slice, or the volume in 3D, unless it is on screen."""
        if plane == self.plane or self.volume is None:
            return
        if plane is None:
            self.toggle_3d()
        else:
            self.show_plane(plane)

    def set_point(self, plane: Plane, volume: LabelVolume) -> None:
        """Have the slider of a slice's axis where the slice is."""
        self._viewer.dims.set_point(plane.axis - 3, plane.index * volume.spacing[plane.axis])

    def toggle_3d(self) -> None:
        """Switch between a slice and the volume."""
        ndisplay = 2 if self._viewer.dims.ndisplay == 3 else 3
        if ndisplay == 3:
            self._before_3d()
        self._viewer.dims.ndisplay = ndisplay

    def move_slice(self, by: int) -> None:
        """Show the slice that lies so many further on, as far as there are any."""
        plane = self.plane
        if plane is not None and self.volume is not None:
            last = self.volume.shape[plane.axis] - 1
            self.show_plane(replace(plane, index=min(max(plane.index + by, 0), last)))

    def show_axis(self, axis: int) -> None:
        """Show slices along an axis of the array (0 is z), through the point that is on screen."""
        if self.volume is not None:
            point = self._viewer.dims.point[axis - 3] / self.volume.spacing[axis]
            index = min(max(round(point), 0), self.volume.shape[axis] - 1)
            self.show_plane(Plane(axis, index))

    def roll_axes(self) -> None:
        """Show slices along the next axis."""
        self._viewer.dims.roll()

    def transpose(self) -> None:
        """Have what ran across the screen run down it."""
        self._viewer.dims.transpose()

    def look_at_labels(self) -> None:
        """Centre the labelled voxels and fill about half of the canvas with them."""
        if self.volume is None:
            return
        self._viewer.reset_view()
        camera = self._viewer.scene.camera
        if self._three.views:
            self.look_at_all()
            whole = camera.zoom
            low, high = labelled_box(self.volume)
            edges = np.array(self.volume.spacing)
            self._three.fit((low - 0.5) * edges, (high + 0.5) * edges, most=0.45)
            camera.zoom = max(camera.zoom, whole)
            return
        offset = self._viewer.dims.ndim - 3
        shown = [axis - offset for axis in self._viewer.dims.displayed[-2:]]
        low, high = labelled_box(self.volume)
        edges = np.array(self.volume.spacing)
        whole = max((np.array(self.volume.shape) * edges)[shown])
        labelled = max((high - low + 1)[shown] * edges[shown])
        camera.center = tuple((low + high) / 2 * edges)
        camera.zoom *= float(np.clip(0.45 * whole / labelled, 1.0, 8.0))

    def look_at_all(self) -> None:
        """Fit the volume into the canvas."""
        self._viewer.reset_view()
        if self._three.views and self.volume is not None:
            edges = np.array(self.volume.spacing)
            self._three.fit(-0.5 * edges, (np.array(self.volume.shape) - 0.5) * edges)

    @property
    def camera(self) -> Camera:
        """What the camera looks at; it can be set to what it was."""
        camera = self._viewer.scene.camera
        return tuple(camera.center), camera.zoom

    @camera.setter
    def camera(self, camera: Camera) -> None:
        self._viewer.scene.camera.center, self._viewer.scene.camera.zoom = camera
