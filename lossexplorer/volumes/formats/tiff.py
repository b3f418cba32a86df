"""Reading TIFF stacks and OME-TIFF."""

from __future__ import annotations

import logging
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.axes import are_axes, sorted_axes
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.format import Format, Part
from lossexplorer.volumes.formats.ome_xml import read_ome_xml
from lossexplorer.volumes.formats.parts import unread
from lossexplorer.volumes.formats.raw import RawVolume, check_declared
from lossexplorer.volumes.formats.tiff_lengths import lengths_of, tags_disagree
from lossexplorer.volumes.formats.tiff_lzw import read_lzw
from lossexplorer.volumes.formats.tiff_pages import check_pages
from lossexplorer.volumes.formats.tiff_stacks import Stack, chosen_stack, stacks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tifffile import TiffFile, TiffPageSeries

    from lossexplorer.volumes.formats.format import Wanted

# TIFF's numbers of the compressions that are read, and how many bytes one byte can expand to in
# each: Deflate, LZW (3838 bytes for a code of 9 bits), LZMA (273 bytes for 0.31 bits), Zstandard
# (128 KiB for a block of 4 bytes) and PackBits. JPEG 2000, JPEG XL, PNG and LERC are not read:
# their decoders allocate whatever the compressed data claim.
_NONE, _LZW = 1, 5
_EXPANSIONS = {
    _NONE: 1,
    _LZW: 3412,
    8: 1032,
    32946: 1032,
    34925: 7100,
    34926: 32768,
    50000: 32768,
    32773: 64,
}
_LOSSY_COMPRESSIONS = {6, 7, 33004, 33007, 34892}  # JPEG, lossy JPEG 2000
_WHITE_IS_ZERO, _RGB, _YCBCR = 0, 2, 6  # photometric interpretations


def read_tiff(path: Path, wanted: Wanted) -> RawVolume:
    """Read a TIFF stack, whose pages are the slices: (z, y, x), in whichever order it names them.

    The spacing is known if ImageJ's metadata give a unit of length, or OME-XML gives the physical
    size of a voxel. Of several series or channels one is read, by its
    name or its number.

    Raises
    ------
    PartNeededError
        If several stacks could be meant.
    VolumeError
        If its colours are not bytes, it has a compression that cannot be read, is damaged, declares
        an impossible size, spreads over several files, or holds nothing of the wanted name.
    Exception
        Whatever tifffile raises on a damaged file.
    """
    with _complaints() as complaints, _opened(path) as (tiff, stacks):
        stack = chosen_stack(path.name, stacks, wanted)
        series = stack.series
        _check(path, series)
        if any(page is None for page in series.pages):  # tifffile would return zeros
            raise _incomplete(path)
        lzw = series.keyframe.compression == _LZW
        array = read_lzw(path.name, series) if lzw else series.asarray()
        # tifffile returns what it could find: without this a cut file would open with fewer slices.
        if complaints or array.shape != series.shape:
            raise _incomplete(path)
        if stack.channel is not None:
            array = np.take(array, stack.channel, axis=series.axes.index("C"))
        found = stack.ome or lengths_of(path.name, tiff, series)
        axes = series.axes.replace("C", "") if stack.channel is not None else series.axes
        axes, called = _with_slices(path.name, axes, series, channels=wanted.channels)
        several = len(stacks) > 1 and not stack.part.name
        notes = (
            *unread(path.name, [] if several else [s.part for s in stacks], stack.part, wanted),
            *called,
            *_inverted(path.name, series),
            *found.notes,
            *(tags_disagree(path.name, series, "OME-XML", found.spacing) if stack.ome else ()),
        )
    return RawVolume(
        path.name,
        _ordered(array, axes),
        found.spacing,
        axes=_named_axes(axes, array.ndim, wanted),
        own_place=found.own_place,
        names=_channel_names(stack) if several else {},
        colour=_is_colour(series),
        notes=notes,
    )


def tiff_parts(path: Path) -> Sequence[Part]:
    """List the series and the channels of a TIFF file that has several."""
    with _complaints(), _opened(path) as (_, stacks):
        return [stack.part for stack in stacks] if len(stacks) > 1 else []


@contextmanager
def _opened(path: Path) -> Iterator[tuple[TiffFile, list[Stack]]]:
    """Open a file and find its stacks."""
    from tifffile import TiffFile

    check_pages(path)
    with TiffFile(path) as tiff:
        # tifffile would go on to read the other files of such a set, wherever they lie.
        images = read_ome_xml(path.name, tiff.ome_metadata) if tiff.ome_metadata else ()
        if tiff.is_mmstack or tiff.is_ndtiff:
            raise VolumeError(
                f"{path.name} is one file of a set that Micro-Manager saved. Export the volume as "
                "a single TIFF file."
            )
        yield tiff, stacks_of(tiff, images)


def _incomplete(path: Path) -> VolumeError:
    return VolumeError(
        f"{path.name} is damaged or incomplete: some of its slices cannot be found. "
        "Copy or save it again."
    )


def _check(path: Path, series: TiffPageSeries) -> None:
    page = series.keyframe
    if ("S" in series.axes or page.photometric in (_RGB, _YCBCR)) and not _is_colour(series):
        raise VolumeError(
            f"{path.name} is a colour image whose colours are not red, green and blue of 8 bits; "
            "save it so, or the labels as integers in a single channel."
        )
    if page.compression not in _EXPANSIONS:
        kind = getattr(page.compression, "name", page.compression)
        why = ", which changes the values" if page.compression in _LOSSY_COMPRESSIONS else ""
        raise VolumeError(
            f"{path.name} is compressed with {kind}{why}; save it without compression or with "
            "deflate (ZIP), LZW or Zstandard."
        )
    if series.dtype is None:
        raise VolumeError(f"{path.name} holds no numbers; save the labels as integers.")
    itemsize = series.dtype.itemsize
    # Voxels of less than a byte lie several in one.
    packing = math.ceil(8 * itemsize / max(1, page.bitspersample))
    stored = path.stat().st_size * packing * _EXPANSIONS[page.compression]
    check_declared(path.name, series.shape, itemsize, stored, deflated=False)


def _inverted(name: str, series: TiffPageSeries) -> tuple[str, ...]:
    """Say that a file shows 0 as white, as programs differ in whether they turn numbers round."""
    if series.keyframe.photometric != _WHITE_IS_ZERO:
        return ()
    return (f"{name} says that 0 is white; its numbers are taken as they are stored.",)


def _is_colour(series: TiffPageSeries) -> bool:
    """Tell whether a voxel has red, green and blue as bytes, and perhaps opacity."""
    if series.keyframe.photometric != _RGB or "S" not in series.axes or series.dtype is None:
        return False
    return series.shape[series.axes.index("S")] in (3, 4) and series.dtype == np.uint8


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what tifffile logs as errors instead of raising, and keep it off the terminal."""
    found: list[str] = []

    def collect(logged: logging.LogRecord) -> bool:
        if logged.levelno >= logging.ERROR:
            found.append(logged.getMessage())
        return False

    logger = logging.getLogger("tifffile")
    logger.addFilter(collect)
    try:
        yield found
    finally:
        logger.removeFilter(collect)


def _with_slices(
    name: str, axes: str, series: TiffPageSeries, *, channels: bool
) -> tuple[str, tuple[str, ...]]:
    """Return the axes of which none is of time, and a note if slices are called something else.

    Programs that know of no other third axis call the slices of a stack points in time or channels.
    Where `channels` are wanted, the file is taken at its word that they are.

    Raises
    ------
    VolumeError
        If there are several volumes, each of a point in time.
    """
    if axes == "CYX" and not channels:
        note = f"{name} calls its {series.shape[0]} planes channels; they are taken for slices."
        return axes, (note,)
    count = series.shape[series.axes.index("T")] if "T" in series.axes else 1
    if count == 1:
        return axes, ()
    if "Z" in axes:
        raise VolumeError(f"{name} has {count} points along t; one is needed. Save one of them.")
    note = f"{name} calls its {count} planes points in time; they are taken for slices."
    return axes.replace("T", "Z"), (note,)


def _named_axes(axes: str, count: int, wanted: Wanted) -> str:
    """Return the letters of the axes as the array has them; empty if they are not known."""
    names = axes.replace("S", "").lower()
    is_known = len(names) == count and are_axes(names) and (wanted.channels or "z" in names)
    return sorted_axes(names) if is_known else ""


def _channel_names(stack: Stack) -> dict[int, str]:
    """Return the names of all channels, counted from 1, as far as OME-XML gives them."""
    names = stack.ome.channels if stack.ome else ()
    return {number: name for number, name in enumerate(names, start=1) if name}


def _ordered(array: np.ndarray[Any, Any], axes: str) -> np.ndarray[Any, Any]:
    """Return an array with its axes Z, Y and X last, a colour's S behind them."""
    last = [axis for axis in "ZYXS" if axis in axes]
    if len(axes) != array.ndim:
        return array
    return np.moveaxis(array, [axes.index(axis) for axis in last], range(-len(last), 0))


FORMAT = Format(
    "TIFF",
    (".tif", ".tiff"),
    read_tiff,
    magic=(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    parts=tiff_parts,
)
