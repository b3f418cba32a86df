"""Reading PNG files: 2D masks of ids, of a palette, or coded in colours."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import RawVolume, check_declared

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Wanted

_MAGIC = b"\x89PNG\r\n\x1a\n"

# PNG's numbers of the kinds of pixels, with how many numbers each has.
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGB_ALPHA: 4}


def read_png(path: Path, wanted: Wanted) -> RawVolume:
    """Read a PNG file, (y, x), or (y, x, channel) of colours.

    Of an image with a palette, the numbers of the palette's colours are the ids. The size of a
    pixel in print, which the file can give, is not the size of a voxel, so the spacing is unknown.

    Raises
    ------
    VolumeError
        If it declares an impossible size, has colours of 16 bits, several frames, or pixels of grey
        that are half transparent.
    Exception
        Whatever Pillow raises on a damaged file.
    """
    del wanted
    from PIL import Image

    width, height, depth, kind = _header(path)
    channels = _CHANNELS[kind]
    itemsize = 2 if depth == 16 else 1
    stored = path.stat().st_size * (8 // min(8, depth))
    check_declared(path.name, (height, width, channels), itemsize, stored, deflated=True)
    if depth == 16 and kind not in (_GREY, _GREY_ALPHA):
        raise VolumeError(
            f"{path.name} has colours of 16 bits; save the mask with 8 bits per channel."
        )
    try:
        image = Image.open(path, formats=["PNG"])
    except Image.DecompressionBombError as error:
        raise VolumeError(
            f"{path.name} declares {height} × {width} pixels, more than are opened. Crop it."
        ) from error
    with image:
        if (frames := getattr(image, "n_frames", 1)) > 1:
            raise VolumeError(
                f"{path.name} is an animation of {frames} frames; save one of them, or all as a "
                "TIFF stack."
            )
        array: np.ndarray[Any, Any] = np.asarray(image)
    if kind == _GREY_ALPHA:
        array = _opaque(path.name, array)
    elif kind == _GREY and depth in (2, 4):
        array = array // (255 // (2**depth - 1))  # Pillow spreads the shades over 0 to 255
    return RawVolume(path.name, array, colour=kind in (_RGB, _RGB_ALPHA))


def _header(path: Path) -> tuple[int, int, int, int]:
    """Return width, height, bits and kind of a pixel."""
    with path.open("rb") as file:
        start = file.read(26)
    width, height, depth, kind = struct.unpack(">IIBB", start[16:26])
    if start[12:16] != b"IHDR" or kind not in _CHANNELS or depth not in (1, 2, 4, 8, 16):
        raise VolumeError(f"{path.name} is damaged: its header is wrong. Copy or save it again.")
    return width, height, depth, kind


def _opaque(name: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the shades of an image whose pixels are opaque, or transparent and then 0."""
    shade, opacity = array[..., 0], array[..., 1]
    if not np.isin(opacity, (0, 255)).all():
        raise VolumeError(f"{name} has half transparent pixels. Save the mask without opacity.")
    return np.where(opacity == 0, 0, shade)


FORMAT = Format("PNG", (".png",), read_png, magic=(_MAGIC,))
