"""Layers of napari that are not the program's own and can be chosen as the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from napari.layers import Layer

from lossexplorer.engine.limits import TooLargeError, check_size
from lossexplorer.volumes import LabelVolume, VolumeError
from lossexplorer.volumes.formats.raw import RawVolume, describe
from lossexplorer.volumes.reading import labelled, labels_of


@dataclass(frozen=True, eq=False)
class LabelsOffer:
    """A layer of whole numbers that can be chosen as the truth.

    Attributes
    ----------
    layer : napari.layers.Layer
        A Labels layer, or an Image layer of integers.
    path : str
        The source of the layer, for display.
    """

    layer: Layer
    path: str

    @property
    def name(self) -> str:
        """The layer's name."""
        return str(self.layer.name)

    @property
    def summary(self) -> tuple[str, str]:
        """The layer's size along x, y, z, and the type of its values."""
        finest = _levels(self.layer)[0]
        return describe(tuple(reversed(finest.shape))), str(finest.dtype)

    def volume(self) -> LabelVolume:
        """Return the layer as a label volume.

        If the layer's units are lengths, they are converted to mm; if they are pixels, the layer's
        scale is kept and the spacing counts as unknown. A 2D layer becomes one slice, as thick as
        the smaller pixel edge. Of a multiscale layer the finest level that the engine accepts is
        read.

        Returns
        -------
        LabelVolume
            A volume (z, y, x) with the ids of the layer.

        Raises
        ------
        lossexplorer.volumes.VolumeError
            If the layer is neither 2D nor 3D, has values that are not whole, or has no label.
        """
        levels = _levels(self.layer)
        level = _finest_that_fits(levels)
        array, edges = _three_axes(self.name, np.asarray(levels[level]), _edges(self.layer, level))
        known = _millimetres(self.layer)
        z, y, x = (edge * size for edge, size in zip(edges, known or (1.0,) * 3, strict=True))
        raw = RawVolume(self.name, array, spacing=None)
        volume = labelled(labels_of(raw, self.path), self.name)
        named = f"{self.name}, level {level} of {len(levels)}" if level else self.name
        return replace(volume, name=named, spacing=(z, y, x), spacing_known=known is not None)


def _levels(layer: Any) -> Sequence[Any]:
    """Return the layer's arrays, the finest first; one if it is not multiscale."""
    return layer.data if layer.multiscale else [layer.data]


def _finest_that_fits(levels: Sequence[Any]) -> int:
    """Return the finest level that the engine accepts with one class and the background."""
    for number, level in enumerate(levels):
        try:
            check_size(math.prod(level.shape), 2)
        except TooLargeError:
            continue
        return number
    return len(levels) - 1


def _edges(layer: Any, level: int) -> list[float]:
    """Return the lengths of a voxel's edges in world coordinates, also of a rotated layer."""
    origin = np.array(layer.data_to_world((0.0,) * layer.ndim))
    lengths = [
        float(np.linalg.norm(np.array(layer.data_to_world(along)) - origin))
        for along in np.eye(layer.ndim)
    ]
    levels = _levels(layer)
    return [
        length * whole / coarse
        for length, whole, coarse in zip(lengths, levels[0].shape, levels[level].shape, strict=True)
    ]


def _millimetres(layer: Any) -> tuple[float, float, float] | None:
    """Return the layer's units along (z, y, x) in mm, or None if a unit is not a length."""
    units = list(layer.units)[-3:]
    if not all(unit.is_compatible_with("mm") for unit in units):
        return None
    sizes = [float((1 * unit).to("mm").magnitude) for unit in units]
    if len(sizes) == 2:
        sizes.insert(0, 1.0)
    return sizes[0], sizes[1], sizes[2]


def _three_axes(
    name: str, array: np.ndarray[Any, Any], edges: list[float]
) -> tuple[np.ndarray[Any, Any], list[float]]:
    """Return an array (z, y, x) and its edges: 2D is one slice, outer axes of length 1 are cut."""
    while array.ndim > 3 and array.shape[0] == 1:
        array, edges = array[0], edges[1:]
    if array.ndim == 2:
        return array[None], [min(edges), *edges]
    if array.ndim != 3:
        raise VolumeError(
            f"{name} is {array.ndim}D ({describe(array.shape)}); a 3D volume is needed."
        )
    return array, edges
