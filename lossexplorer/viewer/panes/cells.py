"""The layers of a pane: image, map, hatching and outline of the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import contrast_limits, joint_labels
from lossexplorer.viewer.panes.pane_map import PaneMap
from lossexplorer.volumes import LabelVolume

TITLE_SIZE = 11
"""Of the titles above the maps, in points."""


@dataclass(frozen=True)
class Cell:
    """The layers of one pane, from below: image, map, hatching, outline.

    Attributes
    ----------
    content : PaneMap
        What the map shows.
    image : Image or None
        The anatomy, if the volume has an image; all cells share the array.
    map : Image or Labels
        Truth, prediction, error or gradient.
    outline : Labels
        The outline of a class in the truth; in the truth's own cell, that of every class where they
        overlap.
    hatching : Labels or None
        The hatching of ignored voxels, if there are any; all cells share the array.
    positive : Image or None
        In 3D the positive gradient, in place of the outline; the map is the negative one.
    """

    content: PaneMap
    image: Image | None
    map: Any
    outline: Labels
    hatching: Labels | None = None
    positive: Image | None = None

    @property
    def layers(self) -> list[Any]:
        """The layers, from below."""
        every = (self.image, self.map, self.hatching, self.positive or self.outline)
        return [layer for layer in every if layer is not None]


@dataclass(frozen=True, eq=False)
class ShownTruth:
    """What cells show of the truth above their maps.

    Attributes
    ----------
    outlined : array of unsigned int, shape (z, y, x)
        Class indices, as `lossexplorer.viewer.maps.shown_labels` returns them.
    hatching : array of uint8, shape (z, y, x), or None
        As `lossexplorer.viewer.maps.hatching` returns it.
    """

    outlined: NDArray[np.unsignedinteger]
    hatching: NDArray[np.uint8] | None


def make_cell(content: PaneMap, truth: ShownTruth) -> Cell:
    """Return a new cell.

    Parameters
    ----------
    content : PaneMap
        What it shows.
    truth : ShownTruth
        What is shown of the truth above it.
    """
    volume, name = content.volume, content.pane.name
    shared = _shared(volume)
    limits = contrast_limits(volume)
    image = limits and Image(
        volume.image, name=f"Image {name}", contrast_limits=limits, colormap="gray", **shared
    )
    hidden = {"opacity": 1.0, "blending": "translucent_no_depth", "visible": False, **shared}
    array, colors = _outlined(content, truth)
    outline = Labels(array, name=f"Outline {name}", colormap=colors, **hidden)
    hatching = None
    if truth.hatching is not None:
        colors = colormaps.hatching()
        hatching = Labels(truth.hatching, name=f"Ignored {name}", colormap=colors, **hidden)
    layer = content.layer(shared)
    _show_name(layer, on_image=bool(limits))
    return Cell(content, image or None, layer, outline, hatching)


def _outlined(content: PaneMap, truth: ShownTruth) -> tuple[NDArray[Any], Any]:
    """Return what a cell outlines, and in which colours: no class at first."""
    if content.pane.kind == "truth" and content.volume.overlap is not None:
        joint = joint_labels(content.volume)
        return joint, colormaps.every_outline(int(joint.max()) + 1)
    return truth.outlined, colormaps.outline(0)


def _shared(volume: LabelVolume) -> dict[str, Any]:
    """Return what all layers of a volume have in common."""
    return {"scale": volume.spacing, "axis_labels": ("z", "y", "x")}


def refilled(cell: Cell, content: PaneMap, truth: ShownTruth) -> Cell:
    """Return a cell with the same layers that shows another volume.

    Both volumes have an image, or neither has; the same holds for ignored voxels. Changing the data
    of a layer takes a tenth of the time of making a new layer.
    """
    volume = content.volume
    limits = contrast_limits(volume)
    if cell.image is not None and limits is not None:
        _set(cell.image, volume.image, volume.spacing)
        set_limits(cell.image, limits)
    _set(cell.map, content.painted.array, volume.spacing)
    array, colors = _outlined(content, truth)
    _set(cell.outline, array, volume.spacing)
    cell.outline.colormap = colors
    if cell.hatching is not None:
        _set(cell.hatching, truth.hatching, volume.spacing)
    cell.map.name = content.layer_name
    content.color(cell.map)
    return Cell(content, cell.image, cell.map, cell.outline, cell.hatching)


def set_limits(layer: Any, ends: tuple[float, float]) -> None:
    """Set the numbers at both ends of a layer's colours."""
    layer.contrast_limits_range = ends
    layer.contrast_limits = ends


def show(layer: Any, visible: bool) -> None:
    """Show or hide a layer if needed, because napari draws a layer again even without a change."""
    if layer.visible != visible:
        layer.visible = visible


def _set(layer: Any, array: Any, spacing: tuple[float, float, float]) -> None:
    layer.data = array
    if tuple(layer.scale) != spacing:
        layer.scale = spacing


def _show_name(layer: Any, *, on_image: bool) -> None:
    overlay = layer.name_overlay
    overlay.visible = True
    overlay.font_size = TITLE_SIZE
    overlay.box = True  # else white text lies on white bone, and dark text on a dark gradient
    # With an image the background is black in every theme, as usual for medical images.
    overlay.color = "white" if on_image else None
