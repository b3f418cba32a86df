"""Layers of napari that are sliced along an axis of their own, and their twins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from napari.experimental import link_layers, unlink_layers
from napari.layers import Layer

from lossexplorer.viewer.planes.axes import PlaneAxes


def slice_along(layer: Any, axes: PlaneAxes | None, dims: Any) -> None:
    """Have a layer of three dimensions show a plane, whichever the viewer shows.

    Parameters
    ----------
    layer : napari.layers.Layer
        The layer.
    axes : PlaneAxes or None
        The plane, through the point of the sliders; None for that of the viewer. In 3D the layer
        shows the volume in either case.
    dims : napari.components.Dims
        The sliders.
    """
    state = layer._slicing_state
    had = vars(state).pop("make_slice_input", None)
    if axes is not None:
        state.make_slice_input = partial(_own_slice, state.make_slice_input, axes)
    if axes is not None or had is not None:
        layer._slice_dims(dims)


def _own_slice(of_viewer: Callable[[Any], Any], axes: PlaneAxes, dims: Any) -> Any:
    """Return what is seen of a layer: in slices its own plane."""
    found = of_viewer(dims)
    if found.ndisplay != 2:
        return found
    # Where it is along the other axes changes nothing, and must not have it sliced again.
    point = [0.0, 0.0, 0.0]
    point[axes.axis] = found.world_slice.point[axes.axis]
    order = (axes.axis, axes.down, axes.across)
    return replace(found, order=order, world_slice=found.world_slice.copy_with(point=tuple(point)))


def twin(layer: Any) -> Any:
    """Return another layer of the same array, which looks like it whatever is changed of one."""
    data, described, kind = layer.as_layer_data_tuple()
    found = Layer.create(data, described, kind)
    link_layers([layer, found])
    return found


def unlink(layers: list[Any]) -> None:
    """Let twins go that are needed no longer."""
    unlink_layers(layers)
