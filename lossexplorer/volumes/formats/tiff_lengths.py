"""What a TIFF file says about lengths without OME-XML: ImageJ's description and TIFF's tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.formats.raw import OwnPlace, own_place
from lossexplorer.volumes.formats.statements import no_unit, two_spacings, unknown_units, unusable
from lossexplorer.volumes.spacing import (
    Spacing,
    is_no_length,
    millimetres,
    slice_spacing,
    usable_spacing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tifffile import TiffFile, TiffPageSeries

_TAG_UNITS = {2: "inch", 3: "cm"}
_FOR_PRINT = (72, 96, 100, 120, 150, 200, 300, 600, 1200)
"""Pixels per inch that programs write for screens and paper, which say nothing of a voxel."""


@dataclass(frozen=True, eq=False)
class TiffLengths:
    """The facts that are used here, as in `lossexplorer.volumes.formats.raw.RawVolume`."""

    spacing: Spacing | None = None
    own_place: OwnPlace | None = None
    notes: tuple[str, ...] = ()


def lengths_of(name: str, tiff: TiffFile, series: TiffPageSeries) -> TiffLengths:
    """Return what ImageJ's description says, or that of tifffile, which has the same words.

    ImageJ leaves the distance of slices (``spacing``) out where it is 1 of the unit, and gives y
    and z a unit of their own (``yunit``, ``zunit``) where it is another one. Its unit goes before
    that of TIFF's tags, as ImageJ reads it; tifffile's own description is of the slices alone.

    Parameters
    ----------
    name
        The name of the file, for notes.
    tiff, series
        The file and the series that is read.
    """
    described = tiff.imagej_metadata or _shaped(tiff)
    tag_unit, per_unit = _tags(series)
    if not described or (tiff.imagej_metadata is None and "spacing" not in described):
        return _by_tags(name, series)
    unit = str(described.get("unit", "")) or tag_unit
    units = [str(described.get("zunit", unit)), str(described.get("yunit", unit)), unit]
    if tiff.imagej_metadata is None and tag_unit:
        units[1:] = tag_unit, tag_unit
    edges = [1 / pixels if pixels else 0.0 for pixels in per_unit]
    depth = described.get("spacing", 1.0)
    sizes = [abs(depth) if isinstance(depth, (int, float)) and depth else 1.0, *edges]
    if _is_2d(series) and "spacing" not in described:  # ImageJ gives a thickness to stacks alone
        sizes[0], units[0] = edges[1], units[2]
    origins = [described.get(f"{axis}origin") for axis in "zyx"]
    without = own_place("ImageJ", sizes, _places(origins, sizes), "")
    if all(not unit or is_no_length(unit) for unit in units):
        return TiffLengths(own_place=without, notes=no_unit(name, "the size", sizes))
    lengths = [millimetres(each) for each in units]
    known = [length for length in lengths if length is not None]
    if len(known) != 3:
        return TiffLengths(own_place=without, notes=unknown_units(name, units))
    in_mm = [size * length for size, length in zip(sizes, known, strict=True)]
    spacing = usable_spacing(in_mm)
    if spacing is None:
        return TiffLengths(own_place=without, notes=unusable(name, "voxels of", in_mm))
    return TiffLengths(
        spacing,
        own_place("ImageJ", spacing, _places(origins, spacing)),
        tags_disagree(name, series, "ImageJ's description", spacing)
        if tiff.imagej_metadata
        else (),
    )


def tags_disagree(
    name: str, series: TiffPageSeries, used: str, spacing: Spacing | None
) -> tuple[str, ...]:
    """Say that TIFF's tags give pixels of another size than a description, if they do.

    Parameters
    ----------
    name
        The name of the file.
    series
        The series that is read.
    used
        What the description is called.
    spacing
        That of the description, mm, (z, y, x).
    """
    edges = _edges(series)
    if spacing is None or edges is None:
        return ()
    return two_spacings(name, used, spacing, "TIFF's resolution", (spacing[0], *edges))


def _by_tags(name: str, series: TiffPageSeries) -> TiffLengths:
    """Return what TIFF's tags say: the edges of a pixel, which is enough for a 2D image."""
    edges = _edges(series)
    if edges is None:
        return TiffLengths()
    if _is_2d(series):
        return TiffLengths(slice_spacing(edges))
    text = " × ".join(f"{edge:g}" for edge in edges)
    return TiffLengths(
        notes=(
            f"{name} gives pixels of {text} mm (y, x) and no distance of the slices: 1 mm is "
            "assumed along every axis.",
        )
    )


def _is_2d(series: TiffPageSeries) -> bool:
    return len(series.axes.replace("S", "")) == 2


def _edges(series: TiffPageSeries) -> list[float] | None:
    """Return the edges of a pixel by TIFF's tags in mm, (y, x), unless they are for print."""
    unit, per_unit = _tags(series)
    length = millimetres(unit) if unit else None
    if length is None or not all(per_unit):
        return None
    edges = [length / pixels for pixels in per_unit]
    per_inch = [25.4 / edge for edge in edges]
    unset = all(pixels == 1 for pixels in per_unit)
    if unset or any(abs(p - usual) < 0.005 * usual for p in per_inch for usual in _FOR_PRINT):
        return None
    return edges


def _tags(series: TiffPageSeries) -> tuple[str, list[float]]:
    """Return the unit of TIFF's tags, empty if there is none, and pixels in it along y and x."""
    unit = _TAG_UNITS.get(int(series.keyframe.tags.valueof("ResolutionUnit", 1)), "")
    return unit, [_ratio(series, f"{axis}Resolution") for axis in "YX"]


def _shaped(tiff: TiffFile) -> Mapping[str, Any]:
    """Return the description that tifffile writes, of the first series."""
    described = tiff.shaped_metadata
    return described[0] if described else {}


def _ratio(series: TiffPageSeries, tag: str) -> float:
    """Return the value of a rational tag, 1 where there is none, 0 where it has none."""
    value = series.keyframe.tags.valueof(tag, (1, 1))
    if not (isinstance(value, tuple) and len(value) == 2 and value[1]):
        return 0.0
    return float(value[0] / value[1])


def _places(origins: list[Any], spacing: Sequence[float]) -> list[float | None]:
    """Return where the first voxel lies; ImageJ counts voxels to where its 0 is."""
    if not any(isinstance(each, (int, float)) for each in origins):
        return [None, None, None]
    return [
        -float(voxels) * edge if isinstance(voxels, (int, float)) else 0.0
        for voxels, edge in zip(origins, spacing, strict=True)
    ]
