"""The box of a volume in 3D in which something is seen: no line of sight is followed outside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

_FAINT = 0.05
"""Of a gradient, the share of the end of its colours below which it is hardly seen."""


def box_of(layer: Any) -> NDArray[np.float64] | None:
    """Return the corners of what is seen of a layer, with a voxel around it.

    Parameters
    ----------
    layer : napari.layers.Image or Labels
        As it is drawn in 3D.

    Returns
    -------
    array of float, shape (2, 3), or None
        The lowest and the highest corner along z, y and x as shares of the volume's edges, both 0
        where nothing is seen; None for data that are no array of a volume.
    """
    if not isinstance(layer.data, np.ndarray) or layer.data.ndim != 3:
        return None
    seen, ends = _seen(layer), np.zeros((2, 3))
    for axis, length in enumerate(seen.shape):
        others = tuple(other for other in range(3) if other != axis)
        voxels = np.flatnonzero(np.any(seen, axis=others))
        if voxels.size:
            ends[:, axis] = max(voxels[0] - 1, 0), min(voxels[-1] + 2, length)
    return ends / seen.shape


def _seen(layer: Any) -> NDArray[np.bool_]:
    """Return the voxels in which something is seen: of a class, within a surface, or not faint."""
    data: NDArray[Any] = layer.data
    if isinstance(layer, Labels):
        seen = data != 0
    elif layer.rendering == "iso":
        seen = data >= layer.iso_threshold
    else:
        low, high = layer.contrast_limits
        seen = data <= _FAINT * low if high <= 0 else data >= _FAINT * high
    return np.asarray(seen)


def draw_within(volume: Any, box: NDArray[np.float64] | None) -> None:
    """Have a volume drawn in a box alone, or, without one, as a whole.

    vispy makes the corners of a volume anew before it draws it, from its shape.

    Parameters
    ----------
    volume : vispy.scene.visuals.Volume
        What draws a layer.
    box : array of float, shape (2, 3), or None
        As `box_of` returns it.
    """
    volume.__dict__.pop("_create_vertex_data", None)
    if box is not None:
        (z0, y0, x0), (z1, y1, x1) = box * volume._vol_shape - 0.5
        corners = np.array(
            [[x, y, z] for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)], np.float32
        )

        def make_corners() -> None:
            type(volume)._create_vertex_data(volume)  # and in which order they are
            volume._vertices.set_data(corners)

        volume._create_vertex_data = make_corners
    volume._need_vertex_update = True
    volume.update()
