"""Reading TIFF stacks."""

from __future__ import annotations

import logging
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.format import Format
from lossexplorer.volumes.raw import RawVolume, check_declared
from lossexplorer.volumes.spacing import Spacing, millimetres, usable_spacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tifffile import TiffFile

    from lossexplorer.volumes.format import Wanted

_DEFLATE = {8, 32946}  # TIFF's two numbers for the same compression
_READABLE_COMPRESSIONS = _DEFLATE | {1, 32773}  # and none, and PackBits
_RGB, _YCBCR = 2, 6  # photometric interpretations


def read_tiff(path: Path, wanted: Wanted) -> RawVolume:
    """Read a TIFF stack, whose pages are the slices: (z, y, x) as it lies in the file.

    The spacing is known if ImageJ's metadata give the distance of the slices and the unit.

    Raises
    ------
    VolumeError
        If it is a colour image, has a compression that cannot be read, is damaged, or declares an
        impossible size.
    Exception
        Whatever tifffile raises on a damaged file.
    """
    del wanted
    from tifffile import TiffFile

    with _complaints() as complaints, TiffFile(path) as tiff:
        series = tiff.series[0]
        page = tiff.pages.first
        if "S" in series.axes or page.photometric in (_RGB, _YCBCR):
            raise VolumeError(
                f"{path.name} is a colour (RGB) image; a volume with one number per voxel is "
                "needed. Save the labels as integers in a single channel."
            )
        if page.compression not in _READABLE_COMPRESSIONS:
            kind = getattr(page.compression, "name", page.compression)
            raise VolumeError(
                f"{path.name} is compressed with {kind}; save it without compression or with "
                "deflate (ZIP)."
            )
        if series.dtype is None:
            raise VolumeError(f"{path.name} holds no numbers; save the labels as integers.")
        itemsize = series.dtype.itemsize
        # Voxels of less than a byte lie several in one.
        stored = path.stat().st_size * math.ceil(8 * itemsize / max(1, page.bitspersample))
        deflated = page.compression != 1  # PackBits expands less than deflate
        check_declared(path.name, series.shape, itemsize, stored, deflated=deflated)
        array = series.asarray()
        spacing = _spacing(tiff)
    if complaints or array.shape != series.shape:
        # tifffile returns what it could find: without this a cut file would open with fewer slices.
        raise VolumeError(
            f"{path.name} is damaged or incomplete: some of its slices cannot be found. "
            "Copy or save it again."
        )
    return RawVolume(path.name, array, spacing)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what tifffile logs as errors instead of raising, and keep it off the terminal."""
    found: list[str] = []

    def collect(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            found.append(record.getMessage())
        return False

    logger = logging.getLogger("tifffile")
    logger.addFilter(collect)
    try:
        yield found
    finally:
        logger.removeFilter(collect)


def _spacing(tiff: TiffFile) -> Spacing | None:
    metadata = tiff.imagej_metadata or {}
    scale = millimetres(str(metadata.get("unit", "")))
    distance = metadata.get("spacing")
    tags = tiff.pages.first.tags
    per_unit = [_ratio(tags.valueof(tag)) for tag in ("YResolution", "XResolution")]
    if scale is None or not isinstance(distance, (int, float)) or min(per_unit) <= 0:
        return None
    return usable_spacing([distance * scale, *(scale / pixels for pixels in per_unit)])


def _ratio(value: Any) -> float:
    """Return the value of a rational tag, 0 where it has none."""
    if not (isinstance(value, tuple) and len(value) == 2 and value[1]):
        return 0.0
    return float(value[0] / value[1])


FORMAT = Format(
    "TIFF", (".tif", ".tiff"), read_tiff, magic=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
)
