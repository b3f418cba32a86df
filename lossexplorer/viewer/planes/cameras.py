"""Cameras that look at three planes, each at its own axes of one point."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari._vispy.camera import VispyCamera
from napari.components import ViewerModel
from numpy.typing import NDArray
from psygnal import Signal

from lossexplorer.viewer.planes.axes import PlaneAxes


class LookedAt:
    """What all planes look at.

    Attributes
    ----------
    centre : array of float, shape (3,)
        The point (z, y, x) in the middle of each plane, in mm.
    turned : dict of int to (bool, bool)
        By the axis of a plane, whether it is upside down and whether left and right change places.
    changed : Signal()
        One of these is another one.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.centre: NDArray[np.float64] = np.zeros(3)
        self.turned: dict[int, tuple[bool, bool]] = {}

    def look_at(self, centre: NDArray[np.float64]) -> None:
        """Have another point in the middle."""
        self.centre = centre
        self.changed.emit()


class PlaneCamera(VispyCamera):  # type: ignore[misc]
    """The camera of one plane: who moves it moves the others along the axis that they share.

    Of napari's model it follows the zoom alone.

    Parameters
    ----------
    view : ViewBox
        Which it is the camera of.
    viewer : ViewerModel
        Whose zoom it has.
    axes : PlaneAxes
        The plane.
    looked_at : LookedAt
        What all planes look at.
    """

    def __init__(
        self, view: Any, viewer: ViewerModel, axes: PlaneAxes, looked_at: LookedAt
    ) -> None:
        self._shown, self._looked_at = [axes.down, axes.across], looked_at
        self._axis = axes.axis
        super().__init__(view, viewer.scene.camera, viewer.dims)
        looked_at.changed.connect(self._follow)

    @property
    def center(self) -> tuple[float, ...]:
        """That of the model, which says nothing here, so that napari has nothing to follow."""
        return tuple(self._camera.center)

    @center.setter
    def center(self, center: tuple[float, ...]) -> None:
        del center

    def _on_center_change(self) -> None:
        self._follow()

    def _follow(self) -> None:
        down, across = self._looked_at.centre[self._shown]
        if not np.allclose(self._2D_camera.center[:2], (across, down)):
            self._2D_camera.center = (across, down)
            self._2D_camera.view_changed()
        self._on_orientation_change()

    def _on_orientation_change(self) -> None:
        upside_down, changed = self._looked_at.turned.get(self._axis, (False, False))
        # Up and to the right are what vispy has, and down and to the right are as stored.
        wanted = (changed, not upside_down, False)
        if tuple(map(bool, self._2D_camera.flip)) != wanted:
            self._2D_camera.flip = wanted

    def on_draw(self, event: Any) -> None:
        """Take over where the plane was moved to, and follow the zoom."""
        across, down = self._2D_camera.center[:2]
        centre = self._looked_at.centre
        is_placed = np.allclose(self._last_viewbox_size, self._view.rect.size)
        if is_placed and not np.allclose((down, across), centre[self._shown]):
            moved = centre.copy()
            moved[self._shown] = down, across
            self._looked_at.look_at(moved)
        super().on_draw(event)
