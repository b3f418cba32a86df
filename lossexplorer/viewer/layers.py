"""The layers of the canvas: a cell of image, map and outline of the truth for each map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image, Labels
from numpy.typing import NDArray

from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import contrast_limits, joint_labels
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.volumes import LabelVolume

TITLE_SIZE = 11
"""Of the titles above the maps, in points."""

MAPS = ("truth", "prediction", "error", "gradient")

BESIDE = "beside"
"""The map of another prediction, which is made when it is first shown."""


@dataclass(frozen=True)
class Cell:
    """The layers of one cell, from below: image, map, hatching, outline.

    Attributes
    ----------
    image : Image or None
        The anatomy, if the volume has an image; all cells share the array.
    map : Image or Labels
        Truth, prediction, error or gradient.
    outline : Labels
        The outline of the shown class in the truth; in the truth's own cell, that of every class
        where they overlap.
    hatching : Labels or None
        The hatching of ignored voxels, if there are any; all cells share the array.
    """

    image: Image | None
    map: Any
    outline: Labels
    hatching: Labels | None = None

    @property
    def layers(self) -> list[Any]:
        """The layers, from below."""
        every = (self.image, self.map, self.hatching, self.outline)
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


def make_cells(
    volume: LabelVolume, truth: ShownTruth, painted: dict[str, PaintedVolume]
) -> Iterator[tuple[str, Cell]]:
    """Yield a new cell for each map, with the name of the map.

    Parameters
    ----------
    volume : LabelVolume
        The truth, with or without an image.
    truth : ShownTruth
        What is shown of it above the maps.
    painted : dict
        The buffers behind the maps.
    """
    shared = _shared(volume)
    limits = contrast_limits(volume)
    for name, layer in _maps(volume, painted, shared):
        yield name, _cell(volume, truth, name, layer, limits)


def make_cell_beside(volume: LabelVolume, truth: ShownTruth, painted: PaintedVolume) -> Cell:
    """Return a new cell for another prediction.

    Parameters
    ----------
    volume : LabelVolume
        The truth, with or without an image.
    truth : ShownTruth
        What is shown of it above the map.
    painted : PaintedVolume
        The buffer behind the map.
    """
    layer = _probability(painted, "Prediction beside", _shared(volume))
    return _cell(volume, truth, BESIDE, layer, contrast_limits(volume))


def _cell(
    volume: LabelVolume,
    truth: ShownTruth,
    name: str,
    layer: Any,
    limits: tuple[float, float] | None,
) -> Cell:
    shared = _shared(volume)
    image = limits and Image(
        volume.image, name=f"Image {name}", contrast_limits=limits, colormap="gray", **shared
    )
    hidden = {"opacity": 1.0, "blending": "translucent_no_depth", "visible": False, **shared}
    array, colors = _outlined(volume, truth, name)
    outline = Labels(array, name=f"Outline {name}", colormap=colors, **hidden)
    hatching = None
    if truth.hatching is not None:
        colors = colormaps.hatching()
        hatching = Labels(truth.hatching, name=f"Ignored {name}", colormap=colors, **hidden)
    _show_name(layer, on_image=bool(limits))
    return Cell(image or None, layer, outline, hatching)


def _outlined(volume: LabelVolume, truth: ShownTruth, name: str) -> tuple[NDArray[Any], Any]:
    """Return what a cell outlines, and in which colours: no class at first."""
    if name == "truth" and volume.overlap is not None:
        joint = joint_labels(volume)
        return joint, colormaps.every_outline(int(joint.max()) + 1)
    return truth.outlined, colormaps.outline(0)


def _shared(volume: LabelVolume) -> dict[str, Any]:
    """Return what all layers of a volume have in common."""
    return {"scale": volume.spacing, "axis_labels": ("z", "y", "x")}


def refill(
    cells: dict[str, Cell],
    volume: LabelVolume,
    truth: ShownTruth,
    painted: dict[str, PaintedVolume],
) -> None:
    """Show another volume in existing cells; both volumes have an image, or neither has.

    The same holds for ignored voxels.

    Changing the data of a layer takes a tenth of the time of making a new layer.
    """
    limits = contrast_limits(volume)
    for name, cell in cells.items():
        if cell.image is not None and limits is not None:
            _set(cell.image, volume.image, volume.spacing)
            set_limits(cell.image, limits)
        _set(cell.map, painted[name].array, volume.spacing)
        array, colors = _outlined(volume, truth, name)
        _set(cell.outline, array, volume.spacing)
        cell.outline.colormap = colors
        if cell.hatching is not None:
            _set(cell.hatching, truth.hatching, volume.spacing)
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


def _show_name(layer: Any, *, on_image: bool) -> None:
    overlay = layer.name_overlay
    overlay.visible = True
    overlay.font_size = TITLE_SIZE
    overlay.box = True  # else white text lies on white bone, and dark text on a dark gradient
    # With an image the background is black in every theme, as usual for medical images.
    overlay.color = "white" if on_image else None
