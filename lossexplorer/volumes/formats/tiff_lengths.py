"""What a TIFF file says about lengths without OME-XML: ImageJ's description and TIFF's tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.formats.raw import OwnPlace, own_place
from lossexplorer.volumes.formats.statements import no_unit, two_spacings, unknown_units
from lossexplorer.volumes.spacing import Spacing, millimetres, usable_spacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tifffile import TiffFile, TiffPageSeries

_TAG_UNITS = {2: "inch", 3: "cm"}
_RESOLUTIONS_OF_SCREENS = (0.0, 1.0, 72.0, 96.0)
"""What programs write into the tags that know no resolution, per inch or cm."""


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
        return TiffLengths(notes=_without_depth(name, tag_unit, per_unit))
    unit = str(described.get("unit", "")) or tag_unit
    units = [str(described.get("zunit", unit)), str(described.get("yunit", unit)), unit]
    if tiff.imagej_metadata is None and tag_unit:
        units[1:] = tag_unit, tag_unit
    depth = described.get("spacing", 1.0)
    sizes = [abs(depth) if isinstance(depth, (int, float)) and depth else 1.0]
    sizes += [1 / pixels if pixels else 0.0 for pixels in per_unit]
    if not any(units):
        return TiffLengths(notes=no_unit(name, "the size", sizes))
    lengths = [millimetres(each) for each in units]
    known = [length for length in lengths if length is not None]
    if len(known) != 3:
        return TiffLengths(notes=unknown_units(name, units))
    spacing = usable_spacing(size * length for size, length in zip(sizes, known, strict=True))
    origins = [described.get(f"{axis}origin") for axis in "zyx"]
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
    unit, per_unit = _tags(series)
    length = millimetres(unit) if unit else None
    unset = all(pixels in _RESOLUTIONS_OF_SCREENS for pixels in per_unit)
    if spacing is None or length is None or unset or not all(per_unit):
        return ()
    by_tags = (spacing[0], *(length / pixels for pixels in per_unit))
    return two_spacings(name, used, spacing, "TIFF's resolution", by_tags)


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


def _places(origins: list[Any], spacing: Spacing | None) -> list[float | None]:
    """Return where the first voxel lies in mm; ImageJ counts voxels to where its 0 is."""
    if spacing is None or not any(isinstance(each, (int, float)) for each in origins):
        return [None, None, None]
    return [
        -float(voxels) * edge if isinstance(voxels, (int, float)) else 0.0
        for voxels, edge in zip(origins, spacing, strict=True)
    ]


def _without_depth(name: str, unit: str, per_unit: list[float]) -> tuple[str, ...]:
    """Say that TIFF's tags give the size of a pixel, which is not enough for a voxel."""
    length = millimetres(unit) if unit else None
    if length is None or all(pixels in _RESOLUTIONS_OF_SCREENS for pixels in per_unit):
        return ()
    edges = " × ".join(f"{length / pixels:g}" for pixels in per_unit if pixels)
    return (
        f"{name} gives pixels of {edges} mm (y, x) and no distance of the slices: 1 mm is assumed "
        "along every axis.",
    )
