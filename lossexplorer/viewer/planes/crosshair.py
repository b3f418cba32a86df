"""The lines that show in each plane where the others cross it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy.scene.visuals import Line

from lossexplorer.viewer.planes.axes import PlaneAxes

# Light on a dark rim can be seen on black, white and all colours of the maps.
_RIM, _LINE = ((0.0, 0.0, 0.0, 0.55), 3.0), ((1.0, 1.0, 1.0, 0.9), 1.0)
_ON_TOP = 1_000
_GAP = 0.025  # of the volume's longest edge, on each side of the voxel


class Crosshair:
    """Two lines in the view of a plane, with a gap where they cross.

    Parameters
    ----------
    view : ViewBox
        Of the plane.
    axes : PlaneAxes
        The plane.
    """

    def __init__(self, view: Any, axes: PlaneAxes) -> None:
        self._axes = axes
        self._lines = [
            Line(np.zeros((2, 2)), color=color, width=width, connect="segments", parent=view.scene)
            for color, width in (_RIM, _LINE)
        ]
        for place, line in enumerate(self._lines):
            line.order = _ON_TOP + place
            line.set_gl_state("translucent", depth_test=False)

    def show(self, voxel: tuple[int, int, int], spacing: NDArray[Any], shape: NDArray[Any]) -> None:
        """Cross at a voxel (z, y, x) of a volume with edges in mm and a shape."""
        ends = segments(self._axes, np.array(voxel), spacing, shape)
        for line in self._lines:
            line.set_data(pos=ends)

    def remove(self) -> None:
        """Show nothing any more."""
        for line in self._lines:
            line.parent = None


def segments(
    axes: PlaneAxes, voxel: NDArray[Any], spacing: NDArray[Any], shape: NDArray[Any]
) -> NDArray[np.float32]:
    """Return the ends of the lines of a crosshair.

    Parameters
    ----------
    axes : PlaneAxes
        The plane.
    voxel : array of int, shape (3,)
        Where it crosses, (z, y, x).
    spacing : array of float, shape (3,)
        The voxel's edges in mm.
    shape : array of int, shape (3,)
        Of the volume.

    Returns
    -------
    array of float32, shape (8, 2)
        Across and down the screen, in mm from the centre of the first voxel; each two are a line.

    Examples
    --------
    >>> ends = segments(
    ...     PlaneAxes(0, 1, 2), np.array([0, 2, 3]), np.ones(3), np.array([1, 5, 40])
    ... )
    >>> ends[:2].tolist()  # to the left of the gap
    [[-0.5, 2.0], [1.5, 2.0]]
    """
    at, first, last = voxel * spacing, -0.5 * spacing, (shape - 0.5) * spacing
    gap = np.maximum(_GAP * (shape * spacing).max() + 0.5 * spacing, spacing)
    stops = (first, np.maximum(at - gap, first), np.minimum(at + gap, last), last)
    found = []
    for along in (axes.across, axes.down):
        for stop in stops:
            place = at.copy()
            place[along] = stop[along]
            found.append((place[axes.across], place[axes.down]))
    return np.array(found, np.float32)
