"""Decoding the LZW compression of TIFF.

imagecodecs, which decodes for tifffile, writes past its own memory on damaged LZW data (14 bytes
are enough), which ends the process. libtiff does not, but follows whatever a damaged header says.
So it is given the compressed data of one page at a time behind a header written here.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tifffile import TiffFrame, TiffPage, TiffPageSeries


def read_lzw(name: str, series: TiffPageSeries) -> np.ndarray[Any, Any]:
    """Return the values of a series whose pages are compressed with LZW.

    Parameters
    ----------
    name
        The name of the file, for the message.
    series
        The pages, of which none is missing, and their shape, which is known to be possible.

    Raises
    ------
    VolumeError
        If a page claims more compressed data than the file has.
    Exception
        Whatever tifffile or libtiff raises on damaged data.
    """
    planes = [_decoded(name, page, series.keyframe) for page in series.pages if page is not None]
    return np.stack(planes).reshape(series.shape)


def _decoded(name: str, page: TiffPage | TiffFrame, stored: TiffPage) -> Any:
    from imagecodecs import tiff_decode
    from tifffile import TiffWriter

    if sum(page.databytecounts) > page.parent.filehandle.size:
        raise VolumeError(
            f"{name} is damaged: a slice claims more data than the file has. Copy or save it again."
        )
    buffer = io.BytesIO()
    with TiffWriter(buffer, byteorder=page.parent.byteorder) as writer:
        writer.write(
            _segments(page),
            shape=stored.shape,
            dtype=stored.dtype,
            photometric="rgb" if stored.samplesperpixel > 2 else "minisblack",
            planarconfig=stored.planarconfig if stored.samplesperpixel > 1 else None,
            compression="lzw",
            predictor=stored.predictor,
            tile=(stored.tilelength, stored.tilewidth) if stored.is_tiled else None,
            rowsperstrip=None if stored.is_tiled else stored.rowsperstrip,
            metadata=None,
        )
    return tiff_decode(buffer.getvalue())


def _segments(page: TiffPage | TiffFrame) -> Iterator[bytes]:
    """Read the compressed strips or tiles."""
    file = page.parent.filehandle
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        file.seek(offset)
        yield file.read(count)
