"""A pane's gradient in 3D: two volumes in one place, one for each sign.

A single volume shows what is in front, or what is largest, and so one sign hides the other. Of two,
one has the lowest number along each line of sight and the other the highest, and their colours are
added. Both show the painted array itself: what lies beyond 0 is transparent in each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari.layers import Image

from lossexplorer.viewer import colormaps
from lossexplorer.viewer.panes.cells import Cell, set_limits


def stood_up(cell: Cell, layers: Any) -> Cell:
    """Return the cell of a gradient with a volume for each sign.

    The positive one takes the place of the outline, because napari gives every cell of its grid
    the same number of layers, and nothing is outlined in 3D.

    Parameters
    ----------
    cell : Cell
        As it is in slices.
    layers : LayerList
        The layers in the viewer.
    """
    signed = cell.map
    limit = signed.contrast_limits[1]
    positive = Image(
        cell.content.painted.array,
        name=f"{cell.content.layer_name}, positive",
        colormap=colormaps.positive(),
        contrast_limits=(0.0, limit),
        rendering="mip",
        blending="additive",
        scale=signed.scale,
        axis_labels=("z", "y", "x"),
        opacity=signed.opacity,
        visible=signed.visible,
    )
    signed.rendering, signed.blending = "minip", "additive"
    signed.colormap = colormaps.negative()
    set_limits(signed, (-limit, 0.0))
    _exchange(layers, cell.outline, positive)
    return replace(cell, positive=positive)


def laid_down(cell: Cell, layers: Any) -> Cell:
    """Return the cell of a gradient as it is in slices."""
    signed, positive = cell.map, cell.positive
    assert positive is not None
    limit = positive.contrast_limits[1]
    signed.blending, signed.colormap = "translucent_no_depth", colormaps.diverging()
    set_limits(signed, (-limit, limit))
    cell.outline.visible = False
    _exchange(layers, positive, cell.outline)
    return replace(cell, positive=None)


def set_ends(cell: Cell, ends: tuple[float, float]) -> None:
    """Set the numbers at both ends of a cell's colours."""
    low, high = ends
    if cell.positive is None:
        set_limits(cell.map, ends)
    else:
        set_limits(cell.map, (low, 0.0))
        set_limits(cell.positive, (0.0, high))


def ends_of(cell: Cell) -> tuple[float, float]:
    """Return the numbers at both ends of a cell's colours."""
    low, high = cell.map.contrast_limits
    return (low, high if cell.positive is None else cell.positive.contrast_limits[1])


def _exchange(layers: Any, old: Any, new: Any) -> None:
    """Put a layer in the place of another one."""
    with layers.batched_update():
        place = layers.index(old)
        layers.remove(old)
        layers.insert(place, new)
    # An active layer would take keys and clicks.
    layers.selection.clear()
