"""Reading MRC files, the volumes of electron microscopy: ``.mrc``, ``.map`` and ``.rec``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import RawVolume, check_declared, describe, own_place
from lossexplorer.volumes.formats.statements import place_without_size, unusable
from lossexplorer.volumes.spacing import ANGSTROM, usable_spacing

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Wanted
    from lossexplorer.volumes.spacing import Spacing

_HEADER_BYTES = 1024
_MODES = (0, 1, 2, 6, 12)  # int8, int16, float32, uint16 and float16

# IMOD's mark in the header, and the flag beside it without which bytes are unsigned.
_IMOD_STAMP = 1146047817
_IMOD_SIGNED_BYTES = 1
_IMOD_STANDARD_ORIGIN = 4  # without it the origin has the other sign

_APART = 0.05  # of a voxel or of a degree: what is rounding


def read_mrc(path: Path, wanted: Wanted) -> RawVolume:
    """Read an MRC2014 file: (z, y, x), whichever axes its columns, rows and sections are.

    The spacing is known if the header gives the size of the cell, and the place if its origin or
    its first indices are not all 0, which is what programs write that know no place. An MRC file
    says nothing about anatomical directions.

    Raises
    ------
    VolumeError
        If the file is not MRC, holds complex or packed numbers, or its header and its length do not
        fit together.
    Exception
        Whatever mrcfile raises on a damaged file.
    """
    del wanted
    from mrcfile.mrcfile import MrcFile

    header = _checked_header(path)
    with MrcFile(str(path)) as file:
        array = file.data
    if _holds_unsigned_bytes(header):
        array = array.view(np.uint8)
    is_slice = array.ndim == 2
    array = array[None] if is_slice else array
    outer = array.ndim - 3  # 1 for a stack of volumes
    order = _axes_to_zyx(path.name, header)
    array = np.transpose(array, (*range(outer), *(outer + axis for axis in order)))
    array = array[0] if is_slice and len(array) == 1 else array
    spacing = _spacing(header)
    origin, notes = _origin(path.name, header, spacing)
    return RawVolume(
        path.name,
        array,
        spacing,
        own_place=own_place("MRC", spacing or (1, 1, 1), origin, "mm" if spacing else ""),
        notes=(
            *notes,
            *unusable(path.name, "voxels of", _lengths(header)),
            *_angles(path.name, header),
        ),
    )


def _checked_header(path: Path) -> Any:
    """Return the header in the file's byte order, having compared it with the file's length.

    mrcfile would allocate an extended header of any declared length.
    """
    from mrcfile import utils
    from mrcfile.dtypes import HEADER_DTYPE

    with path.open("rb") as file:
        start = file.read(_HEADER_BYTES)
    if len(start) < _HEADER_BYTES or start[208:211] != b"MAP":
        raise VolumeError(
            f"{path.name} is not an MRC file, despite its name, or one older than the MRC2014 "
            "format, which has the word MAP in its header. Choose another file or convert it."
        )
    header = np.frombuffer(start, HEADER_DTYPE)[0]
    order = utils.byte_order_from_machine_stamp(header["machst"])
    header = np.frombuffer(start, HEADER_DTYPE.newbyteorder(order))[0]
    if header["mode"] not in _MODES:
        raise VolumeError(
            f"{path.name} holds complex or packed numbers (mode {header['mode']}); save it with "
            "mode 0, 1, 2, 6 or 12."
        )
    itemsize = utils.dtype_from_mode(int(header["mode"])).itemsize
    shape = [int(header[length]) for length in ("nz", "ny", "nx")]
    extension = int(header["nsymbt"])
    stored = path.stat().st_size - _HEADER_BYTES - extension
    check_declared(path.name, shape, itemsize, stored, deflated=False)
    if extension < 0 or stored > math.prod(shape) * itemsize:
        raise VolumeError(
            f"{path.name} is longer than its header says: it declares {describe(shape)} voxels. "
            "The header is damaged; copy or save the file again."
        )
    return header


def _holds_unsigned_bytes(header: Any) -> bool:
    """Tell whether bytes, signed by the standard, are unsigned, as older programs of IMOD write."""
    return bool(header["mode"] == 0 and _is_imod_without(header, _IMOD_SIGNED_BYTES))


def _is_imod_without(header: Any, flag: int) -> bool:
    """Tell whether IMOD wrote the file without one of its flags."""
    stamp, flags = np.frombuffer(header["extra2"].tobytes()[40:48], header.dtype["mode"])
    return bool(stamp == _IMOD_STAMP and not flags & flag)


def _axes_to_zyx(name: str, header: Any) -> tuple[int, ...]:
    """Return which of the array's axes (sections, rows, columns) is z, which y and which x."""
    # 1, 2 and 3 stand for x, y and z; programs that know no other order leave zeros.
    axes = [int(header[name]) for name in ("maps", "mapr", "mapc")]
    if axes == [0, 0, 0]:
        return (0, 1, 2)
    if sorted(axes) != [1, 2, 3]:
        raise VolumeError(
            f"{name} gives its axes the numbers {axes} instead of 1, 2 and 3: its header is "
            "damaged. Copy or save it again."
        )
    return tuple(axes.index(axis) for axis in (3, 2, 1))


def _spacing(header: Any) -> Spacing | None:
    return usable_spacing(_lengths(header))


def _lengths(header: Any) -> list[float]:
    """Return the edges of a voxel in mm, (z, y, x); none if the cell has no intervals."""
    lengths = [float(header["cella"][axis]) for axis in "zyx"]
    intervals = [int(header[count]) for count in ("mz", "my", "mx")]
    if min(intervals) < 1:
        return []
    return [a * ANGSTROM / n for a, n in zip(lengths, intervals, strict=True)]


def _origin(
    name: str, header: Any, spacing: Spacing | None
) -> tuple[tuple[float | None, ...], tuple[str, ...]]:
    """Return where the first voxel lies, (z, y, x), None where it is not said, and notes.

    It is in mm, or in voxels if their size is not known.
    """
    unknown: tuple[float | None, ...] = (None, None, None)
    first = [int(header[index]) for index in ("nzstart", "nystart", "nxstart")]
    order = _axes_to_zyx(name, header)
    edges = spacing or (1.0, 1.0, 1.0)
    starts = tuple(first[axis] * edge for axis, edge in zip(order, edges, strict=True))
    sign = -1.0 if _is_imod_without(header, _IMOD_STANDARD_ORIGIN) else 1.0
    origin = tuple(sign * float(header["origin"][axis]) * ANGSTROM for axis in "zyx")
    if spacing is None and any(starts):  # which are voxels
        return starts, ()
    if spacing is None:
        return unknown, place_without_size(name, origin)
    if not any(origin):
        return (starts if any(starts) else unknown), ()
    both = zip(origin, starts, edges, strict=True)
    if any(starts) and any(abs(a - b) > _APART * edge for a, b, edge in both):
        texts = [" × ".join(f"{value:g}" for value in each) for each in (origin, starts)]
        return origin, (
            f"{name} begins at {texts[0]} mm (z, y, x) by its origin and at {texts[1]} mm by its "
            "first indices (nxstart): its origin is used.",
        )
    return origin, ()


def _angles(name: str, header: Any) -> tuple[str, ...]:
    """Say that the axes do not stand at right angles, if they do not."""
    angles = [float(header["cellb"][angle]) for angle in ("alpha", "beta", "gamma")]
    if all(angle == 0 or abs(angle - 90) < _APART for angle in angles):
        return ()
    return (
        f"{name} has axes at {', '.join(f'{angle:g}°' for angle in angles)} to each other: "
        "distances hold along the axes only.",
    )


FORMAT = Format("MRC", (".mrc", ".map", ".rec"), read_mrc, marks=((208, b"MAP "),))
