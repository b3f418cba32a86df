"""What OME-XML, the description in an OME-TIFF, says about its images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.spacing import millimetres, slice_spacing, usable_spacing

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
    """

    name: str
    spacing: Spacing | None
    channels: tuple[str, ...]


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
    (OmeImage(name='a', spacing=(2.0, 0.0005, 0.0005), channels=('labels',)),)
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
    return tuple(map(_image, images))


def _image(image: ElementTree.Element) -> OmeImage:
    pixels = image.find("{*}Pixels")
    if pixels is None:
        return OmeImage(image.get("Name", ""), None, ())
    sizes = []
    for axis in "ZYX":
        size = pixels.get(f"PhysicalSize{axis}")
        unit = millimetres(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if size is not None and unit is not None:
            sizes.append(float(size) * unit)
    channels = tuple(each.get("Name", "") for each in pixels.iterfind("{*}Channel"))
    is_slice = pixels.get("SizeZ") == "1" and len(sizes) == 2
    spacing = slice_spacing(sizes) if is_slice else usable_spacing(sizes)
    return OmeImage(image.get("Name", ""), spacing, channels)


def _is_elsewhere(plane: ElementTree.Element, own: str | None, name: str) -> bool:
    """Tell whether a plane lies in another file: one of another UUID, or else of another name.

    A file that was renamed keeps its UUID.
    """
    return plane.text != own if own is not None else plane.get("FileName") != name
