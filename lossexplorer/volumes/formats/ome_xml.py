"""What OME-XML, the description in an OME-TIFF, says about its images."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.raw import OwnPlace, own_place
from lossexplorer.volumes.formats.statements import (
    no_unit,
    place_without_size,
    unknown_units,
    unusable,
)
from lossexplorer.volumes.spacing import is_no_length, millimetres, slice_spacing, usable_spacing

if TYPE_CHECKING:
    from lossexplorer.volumes.spacing import Spacing


@dataclass(frozen=True)
class OmeImage:
    """The facts about an image that are used here.

    Attributes
    ----------
    name
        What it is called, perhaps empty.
    spacing
        mm, (z, y, x), or None where one of them is missing or in pixels.
    channels
        The names of the channels in their order, an empty one where it has none.
    own_place
        Where the first plane lies, in coordinates of the microscope; None if it is not said.
    notes
        What a person should know of the sizes, in sentences.
    """

    name: str
    spacing: Spacing | None
    channels: tuple[str, ...]
    own_place: OwnPlace | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


def read_ome_xml(name: str, text: str) -> tuple[OmeImage, ...]:
    """Return what OME-XML says about each of its images, in their order.

    Parameters
    ----------
    name
        The name of the file that it stands in.
    text
        The XML.

    Raises
    ------
    VolumeError
        If planes lie in other files, or there is no description of an image.
    xml.etree.ElementTree.ParseError
        If it is not XML.

    Examples
    --------
    >>> xml = '''<OME><Image Name="a"><Pixels PhysicalSizeX="0.5" PhysicalSizeY="0.5"
    ...     PhysicalSizeZ="2" PhysicalSizeZUnit="mm">
    ...     <Channel Name="labels"/></Pixels></Image></OME>'''
    >>> read_ome_xml("cells.ome.tif", xml)
    (OmeImage(name='a', spacing=(2.0, 0.0005, 0.0005), channels=('labels',), notes=()),)
    """
    root = ElementTree.fromstring(text)
    images = [image for image in root.iterfind("{*}Image") if image.find("{*}Pixels") is not None]
    if not images or any(
        _is_elsewhere(plane, root.get("UUID"), name)
        for plane in root.iterfind("{*}Image/{*}Pixels/{*}TiffData/{*}UUID")
    ):
        raise VolumeError(
            f"{name} is one file of a set: its OME-XML names planes or a description in other "
            "files. Export the volume as a single OME-TIFF."
        )
    return tuple(_image(name, image) for image in images)


def _image(name: str, image: ElementTree.Element) -> OmeImage:
    title, pixels = image.get("Name", ""), image.find("{*}Pixels")
    if pixels is None:
        return OmeImage(title, None, ())
    sizes = [pixels.get(f"PhysicalSize{axis}") for axis in "ZYX"]
    units = [pixels.get(f"PhysicalSize{axis}Unit", "µm") for axis in "ZYX"]
    lengths = [_length(size, unit) for size, unit in zip(sizes, units, strict=True)]
    known = [length for length in lengths if length is not None]
    is_slice = pixels.get("SizeZ") == "1" and sizes[0] is None
    spacing = slice_spacing(known) if is_slice else usable_spacing(known)
    notes = unknown_units(
        name, (unit for size, unit in zip(sizes, units, strict=True) if size is not None)
    )
    stated = [(size, unit) for size, unit in zip(sizes, units, strict=True) if size is not None]
    if stated and all(is_no_length(unit) for _, unit in stated):
        notes += no_unit(name, "a physical size of", (float(size) for size, _ in stated))
    missing = [axis for axis, size in zip("ZYX", sizes, strict=True) if size is None]
    if missing and len(missing) < 3 and spacing is None:
        notes += (
            f"{name} gives a physical size and none along {' and '.join(missing).lower()}: 1 mm is "
            "assumed along every axis.",
        )
    if len(known) == 3:
        notes += unusable(name, "a physical size of", known)
    channels = tuple(each.get("Name", "") for each in pixels.iterfind("{*}Channel"))
    position = _position(pixels)
    place = own_place("OME-XML", spacing, position)
    if spacing is None:
        notes += place_without_size(name, position)
    return OmeImage(title, spacing, channels, place, notes)


def _length(number: str | None, unit: str) -> float | None:
    """Return a length in mm, or None if there is none."""
    millimetre = millimetres(unit)
    return None if number is None or millimetre is None else float(number) * millimetre


def _position(pixels: ElementTree.Element) -> list[float | None]:
    """Return where the first plane lies in mm, (z, y, x)."""
    first = [
        plane
        for plane in pixels.iterfind("{*}Plane")
        if all(plane.get(index, "0") == "0" for index in ("TheZ", "TheC", "TheT"))
    ]
    if not first:
        return [None, None, None]
    return [
        _length(
            first[0].get(f"Position{axis}"), first[0].get(f"Position{axis}Unit", "reference frame")
        )
        for axis in "ZYX"
    ]


def _is_elsewhere(plane: ElementTree.Element, own: str | None, name: str) -> bool:
    """Tell whether a plane lies in another file: one of another UUID, or else of another name.

    A file that was renamed keeps its UUID.
    """
    return plane.text != own if own is not None else plane.get("FileName") != name
