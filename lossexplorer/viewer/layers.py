"""The layers of the canvas: a cell of image, map and outline of the truth for each map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image, Labels

from lossexplorer.viewer import colormaps
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.volumes import LabelVolume

TITLE_SIZE = 11
"""Of the titles above the maps, in points."""

MAPS = ("truth", "prediction", "error", "gradient")

BESIDE = "beside"
"""The map of another prediction, which is made when it is first shown."""


@dataclass(frozen=True)
class Cell:
    """The layers of one cell, from below: image, map, outline.

    Attributes
    ----------
    image : Image or None
        The anatomy, if the volume has an image; all cells share the array.
    map : Image or Labels
        Truth, prediction, error or gradient.
    outline : Labels
        The outline of the shown class in the truth.
    """

    image: Image | None
    map: Any
    outline: Labels

    @property
    def layers(self) -> list[Any]:
        """The layers, from below."""
        return [layer for layer in (self.image, self.map, self.outline) if layer is not None]


def make_cells(
    volume: LabelVolume, painted: dict[str, PaintedVolume]
) -> Iterator[tuple[str, Cell]]:
    """Yield a new cell for each map, with the name of the map.

    Parameters
    ----------
    volume : LabelVolume
        The truth, with or without an image.
    painted : dict
        The buffers behind the maps.
    """
    shared = _shared(volume)
    limits = _contrast_limits(volume)
    for name, layer in _maps(volume, painted, shared):
        yield name, _cell(volume, name, layer, limits)


def make_cell_beside(volume: LabelVolume, painted: PaintedVolume) -> Cell:
    """Return a new cell for another prediction.

    Parameters
    ----------
    volume : LabelVolume
        The truth, with or without an image.
    painted : PaintedVolume
        The buffer behind the map.
    """
    layer = _probability(painted, "Prediction beside", _shared(volume))
    return _cell(volume, BESIDE, layer, _contrast_limits(volume))


def _cell(volume: LabelVolume, name: str, layer: Any, limits: tuple[float, float] | None) -> Cell:
    shared = _shared(volume)
    image = limits and Image(
        volume.image, name=f"Image {name}", contrast_limits=limits, colormap="gray", **shared
    )
    outline = Labels(
        volume.labels,
        name=f"Outline {name}",
        opacity=1.0,
        blending="translucent_no_depth",
        colormap=colormaps.outline(0),
        visible=False,
        **shared,
    )
    _show_name(layer, on_image=bool(limits))
    return Cell(image or None, layer, outline)


def _shared(volume: LabelVolume) -> dict[str, Any]:
    """Return what all layers of a volume have in common."""
    return {"scale": volume.spacing, "axis_labels": ("z", "y", "x")}


def refill(cells: dict[str, Cell], volume: LabelVolume, painted: dict[str, PaintedVolume]) -> None:
    """Show another volume in existing cells; both volumes have an image, or neither has.

    Changing the data of a layer takes a tenth of the time of making a new layer.
    """
    limits = _contrast_limits(volume)
    for name, cell in cells.items():
        if cell.image is not None and limits is not None:
            _set(cell.image, volume.image, volume.spacing)
            set_limits(cell.image, limits)
        _set(cell.map, painted[name].array, volume.spacing)
        _set(cell.outline, volume.labels, volume.spacing)
        cell.outline.colormap = colormaps.outline(0)
        cell.map.name = name.title()
    cells["truth"].map.colormap = colormaps.class_colors(len(volume.classes))
    set_limits(cells["gradient"].map, (-1.0, 1.0))


def set_limits(layer: Any, ends: tuple[float, float]) -> None:
    """Set the numbers at both ends of a layer's colours."""
    layer.contrast_limits_range = ends
    layer.contrast_limits = ends


def _set(layer: Any, array: Any, spacing: tuple[float, float, float]) -> None:
    layer.data = array
    if tuple(layer.scale) != spacing:
        layer.scale = spacing


def _maps(
    volume: LabelVolume, painted: dict[str, PaintedVolume], shared: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    translucent = {**shared, "blending": "translucent_no_depth"}
    truth = Labels(
        painted["truth"].array,
        name="Truth",
        colormap=colormaps.class_colors(len(volume.classes)),
        opacity=1.0,
        **translucent,
    )
    yield "truth", truth
    yield "prediction", _probability(painted["prediction"], "Prediction", shared)
    error = Labels(
        painted["error"].array,
        name="Error",
        colormap=colormaps.error_colors(),
        opacity=1.0,
        **translucent,
    )
    yield "error", error
    gradient = Image(
        painted["gradient"].array,
        name="Gradient",
        colormap=colormaps.diverging(),
        contrast_limits=(-1.0, 1.0),
        interpolation2d="nearest",
        # In 3D a maximum projection would hide negative gradients.
        rendering="translucent",
        **translucent,
    )
    yield "gradient", gradient


def _probability(painted: PaintedVolume, name: str, shared: dict[str, Any]) -> Image:
    return Image(
        painted.array,
        name=name,
        colormap=colormaps.probability(),
        contrast_limits=(0.0, 1.0),
        interpolation2d="nearest",
        blending="translucent_no_depth",
        **shared,
    )


def _contrast_limits(volume: LabelVolume) -> tuple[float, float] | None:
    """Return robust limits of the image, from about 32 of its slices; None without an image."""
    if volume.image is None:
        return None
    some = volume.image[:: 1 + len(volume.image) // 32]
    low, high = (float(v) for v in np.percentile(some, (1, 99.5)))
    return low, max(high, low + 1)


def _show_name(layer: Any, *, on_image: bool) -> None:
    overlay = layer.name_overlay
    overlay.visible = True
    overlay.font_size = TITLE_SIZE
    overlay.box = True  # else white text lies on white bone, and dark text on a dark gradient
    # With an image the background is black in every theme, as usual for medical images.
    overlay.color = "white" if on_image else None
