"""The maps of a page as pictures: what the canvas shows of an answer, in the same colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import PaintedMaps, Plane
from lossexplorer.viewer import colors
from lossexplorer.viewer.maps import (
    error_categories,
    in_plane,
    labelled_box,
    shown_labels,
    truth_codes,
)
from lossexplorer.volumes import LabelVolume

RGBA = NDArray[np.uint8]
_SHADES = 1024


@dataclass(frozen=True, eq=False)
class MapPicture:
    """A map of one slice, to be drawn in whatever size there is.

    Attributes
    ----------
    anatomy : array of uint8, shape (row, column), or None
        The image in grey; None if the volume has none.
    colors : array of uint8, shape (row, column, 4)
        Red, green, blue and opacity of the map above it.
    outlined : array of bool, shape (row, column)
        The shown class in the truth, whose boundary is drawn; nowhere for the background.
    spacing : tuple of float
        Height and width of a voxel, in mm.
    box : tuple of float
        Top, left, height and width of the labelled voxels, in voxels.
    """

    anatomy: NDArray[np.uint8] | None
    colors: RGBA
    outlined: NDArray[np.bool_]
    spacing: tuple[float, float]
    box: tuple[float, float, float, float]


def picture(
    name: str,
    maps: PaintedMaps,
    volume: LabelVolume,
    plane: Plane,
    limit: float,
    grey: tuple[float, float] | None,
) -> MapPicture:
    """Return one of the maps of an answer.

    Parameters
    ----------
    name : {"truth", "prediction", "error", "gradient"}
        Which one.
    maps : PaintedMaps
        All of the slice, or of the whole volume.
    volume : LabelVolume
        What they are of.
    plane : Plane
        The slice.
    limit : float
        The gradient at the high end of its colours, above 0.
    grey : tuple of float, or None
        The image in black and in white, see `lossexplorer.viewer.maps.contrast_limits`.

    Raises
    ------
    ValueError
        If there is no such map.
    """
    labels = shown_labels(volume, maps.request.class_index, plane)
    shown = maps.request.class_index
    rows, columns = (axis for axis in range(3) if axis != plane.axis)
    low, high = labelled_box(volume)
    return MapPicture(
        anatomy=_anatomy(volume, plane, grey),
        colors=_colors(name, maps, volume, plane, limit),
        outlined=(labels == shown) if shown and name != "truth" else np.zeros(labels.shape, bool),
        spacing=(volume.spacing[rows], volume.spacing[columns]),
        box=(
            float(low[rows]),
            float(low[columns]),
            float(high[rows] - low[rows] + 1),
            float(high[columns] - low[columns] + 1),
        ),
    )


def _colors(name: str, maps: PaintedMaps, volume: LabelVolume, plane: Plane, limit: float) -> RGBA:
    class_index, whole = maps.request.class_index, maps.request.plane is None
    cut = plane if whole else None
    labels = shown_labels(volume, class_index, plane)
    ignored = None if volume.ignored is None else in_plane(volume.ignored, plane)
    if name == "truth":
        rim = None if maps.rim is None else in_plane(maps.rim, cut)
        classes = len(volume.classes)
        table = [colors.class_color(index) for index in range(classes)]
        table += [colors.rim_color(index) for index in range(classes)]
        found: RGBA = _bytes(table)[truth_codes(labels, rim, classes)]
        return found
    if name == "gradient":
        gradient = in_plane(maps.gradient, cut)
        found = shaded(gradient / (2 * limit) + 0.5, colors.DIVERGING)
    elif name == "prediction" and maps.probability is not None:
        found = shaded(in_plane(maps.probability, cut), colors.PROBABILITY)
    elif name == "error" and maps.decided is not None and maps.probability is not None:
        errors = error_categories(labels, in_plane(maps.decided, cut), class_index)
        errors[np.isnan(in_plane(maps.probability, cut))] = 0
        table = [colors.ERROR_COLORS.get(category, colors.TRANSPARENT) for category in range(4)]
        found = _bytes(table)[errors]
    else:
        raise ValueError(f"There is no map {name!r} of this answer.")
    if ignored is not None:
        found[ignored] = 0
    return found


def shaded(values: NDArray[np.floating], stops: colors.Stops) -> RGBA:
    """Return the colours of values from 0 to 1 on a colour map; NaN is transparent.

    Parameters
    ----------
    values : array, shape (row, column)
        What lies outside 0 … 1 has the colour of the end.
    stops : tuple
        The colour map.
    """
    # As napari does: the nearest of 1024 shades.
    places = np.nan_to_num(np.clip(values, 0, 1) * (_SHADES - 1)).round().astype(np.intp)
    found: RGBA = _shades(stops)[places]
    found[np.isnan(values)] = 0
    return found


@lru_cache(maxsize=8)
def _shades(stops: colors.Stops) -> RGBA:
    places, table = zip(*stops, strict=True)
    wanted = np.linspace(0, 1, _SHADES)
    channels = [np.interp(wanted, places, channel) for channel in zip(*table, strict=True)]
    return _bytes(np.stack(channels, axis=1))


def _bytes(table: NDArray[np.floating] | list[colors.RGBA]) -> RGBA:
    found: RGBA = (np.asarray(table) * 255).round().astype(np.uint8)
    return found


def _anatomy(
    volume: LabelVolume, plane: Plane, limits: tuple[float, float] | None
) -> NDArray[np.uint8] | None:
    if limits is None or volume.image is None:
        return None
    low, high = limits
    image = in_plane(volume.image, plane).astype(np.float32)
    grey: NDArray[np.uint8] = (np.clip((image - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return grey


def edges(mask: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Return the boundary of a mask as lines along the sides of its voxels.

    Parameters
    ----------
    mask : array of bool, shape (row, column)
        What is bounded; beyond the slice there is nothing.

    Returns
    -------
    list of (x, y, x, y)
        From where to where, in voxels from the corner of the first one.

    Examples
    --------
    >>> sorted(edges(np.array([[True, True]])))
    [(0, 0, 0, 1), (0, 0, 2, 0), (0, 1, 2, 1), (2, 0, 2, 1)]
    """
    padded = np.pad(mask, 1)
    level = [(x, y, end, y) for y, x, end in _runs(padded[1:, 1:-1] != padded[:-1, 1:-1])]
    upright = [(x, y, x, end) for x, y, end in _runs((padded[1:-1, 1:] != padded[1:-1, :-1]).T)]
    return level + upright


def _runs(marked: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return row, first and end of each run of marked cells along the rows."""
    changes = np.diff(np.pad(marked, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(changes == 1)
    _, ends = np.nonzero(changes == -1)
    return [(int(r), int(s), int(e)) for r, s, e in zip(rows, starts, ends, strict=True)]
