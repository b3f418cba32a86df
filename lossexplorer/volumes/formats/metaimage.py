"""Reading MetaImage files: ``.mha``, and ``.mhd`` with its data file.

ITK, whose format this is, is not asked to read it: its reader writes past its own memory on a
damaged header (it aborts the process on ``NDims = 300``) and gives noise for damaged compressed
data. The header is a few lines of text; the tests compare with what ITK reads.
"""

from __future__ import annotations

import io
import math
import zlib
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.detached import data_files
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import OwnPlace, RawVolume, check_declared
from lossexplorer.volumes.formats.statements import longer, two_spacings, unusable
from lossexplorer.volumes.spacing import (
    is_no_length,
    millimetres,
    orientation_of,
    slice_spacing,
    usable_spacing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Wanted
    from lossexplorer.volumes.spacing import Spacing

_LONGEST_HEADER = 1 << 16  # bytes
_LONGEST_LIST = 1 << 22  # bytes, of the names of a set of files
_LAST_ENTRY = "ElementDataFile"
_NEEDED = ("DimSize", "ElementType", _LAST_ENTRY)

_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}

# Names of the same entry.
_DIRECTIONS = ("TransformMatrix", "Rotation", "Orientation")
_ORIGINS = ("Offset", "Position", "Origin")

# ITK's coordinates grow towards left, posterior and superior.
_LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


def read_metaimage(path: Path, wanted: Wanted) -> RawVolume:
    """Read a ``.mha`` file, or a ``.mhd`` file and the file beside it that it names.

    The file's (i, j, k) becomes the array's (k, j, i). The spacing is known if the header gives it;
    an axis of negative spacing runs the other way, as ITK reads it.

    Raises
    ------
    VolumeError
        If the file is not MetaImage, holds colours or vectors, declares an impossible size, is
        damaged, or its data file is missing or lies outside of its folder.
    """
    with path.open("rb") as file:
        header = _header(path.name, file)
        shape, dtype = _shape(path.name, header, wanted), _dtype(path.name, header)
        where = header[_LAST_ENTRY]
        if where in {"LOCAL", "Local", "local"}:
            values, notes = _values(path.name, header, file, shape, dtype)
        else:
            files = data_files(path, where, _listed(file) if where.startswith("LIST") else ())
            values, notes = _values_of_set(path.name, header, files, shape, dtype)
    array = np.frombuffer(values, dtype).reshape(shape)
    is_colour = _channels(header) > 1 and _is_colour(header)
    if _channels(header) > 1 and wanted.channels and not (is_colour and array.max() > 1):
        array, is_colour = np.moveaxis(array, -1, 0), False
    spacing = _spacing(header)
    affine = _affine(header, spacing or (1, 1, 1))
    place = _place_of_slice(header, spacing)
    if spacing is None and affine is not None:  # offsets in voxels are known all the same
        place, affine = OwnPlace("MetaImage", affine, ""), None
    return RawVolume(
        path.name,
        array,
        spacing,
        affine,
        own_place=place,
        colour=is_colour,
        notes=(*_notes(path.name, header, spacing, affine), *notes),
    )


def _header(name: str, file: IO[bytes]) -> dict[str, str]:
    """Read up to the entry that ends the header."""
    entries: dict[str, str] = {}
    while _LAST_ENTRY not in entries and file.tell() < _LONGEST_HEADER:
        line = file.readline(_LONGEST_HEADER)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("latin-1")
        key, separator, value = text.partition("=" if "=" in text else ":")
        if not separator:
            break
        entries[key.strip()] = value.strip()
    if missing := [key for key in _NEEDED if not entries.get(key)]:
        raise VolumeError(
            f"{name} is not a MetaImage file, despite its name, or its header is damaged: it "
            f"lacks {' and '.join(missing)}. Copy or save it again."
        )
    return entries


def _shape(name: str, header: Mapping[str, str], wanted: Wanted) -> tuple[int, ...]:
    """Return the lengths of the array's axes, the file's in reverse order; channels are the last.

    Channels that are no colours are refused, unless they are wanted as classes.
    """
    channels = _channels(header)
    is_array = channels > 1 or header["ElementType"].endswith("ARRAY")
    if is_array and not (_is_colour(header) or wanted.channels):
        raise VolumeError(
            f"{name} holds vectors, or colours that are not red, green and blue of 8 bits; a "
            "volume with one number per voxel is needed."
        )
    shape = tuple(int(length) for length in reversed(header["DimSize"].split()))
    return (*shape, channels) if channels > 1 else shape


def _is_colour(header: Mapping[str, str]) -> bool:
    return _channels(header) in (3, 4) and _kind(header) == "MET_UCHAR"


def _channels(header: Mapping[str, str]) -> int:
    return int(header.get("ElementNumberOfChannels", 1))


def _kind(header: Mapping[str, str]) -> str:
    return header["ElementType"].removesuffix("_ARRAY")


def _dtype(name: str, header: Mapping[str, str]) -> np.dtype[Any]:
    kind = _kind(header)
    if kind not in _TYPES:
        raise VolumeError(f"{name} holds values of type {kind!r}; save it with an integer type.")
    if "BinaryData" in header and not _said(header, "BinaryData"):
        raise VolumeError(f"{name} holds its values as text; save it as binary data.")
    msb = any(_said(header, f"{what}ByteOrderMSB") for what in ("BinaryData", "Element"))
    return np.dtype(_TYPES[kind]).newbyteorder(">" if msb else "<")


def _said(header: Mapping[str, str], key: str) -> bool:
    """Tell whether an entry that can be true or false is true."""
    return header.get(key, "False")[:1] in {"T", "t", "1"}


def _listed(file: IO[bytes]) -> list[str]:
    """Return the names that follow the header of a set of files."""
    return file.read(_LONGEST_LIST).decode("utf-8", errors="replace").splitlines()


def _values_of_set(
    name: str, header: Mapping[str, str], files: list[Path], shape: tuple[int, ...], dtype: Any
) -> tuple[bytes, tuple[str, ...]]:
    """Return the values of one data file, or of several with as many slices each, and notes."""
    if shape[0] % len(files):
        raise VolumeError(
            f"{name} spreads {shape[0]} slices over {len(files)} files, which cannot hold as many "
            "each. Save it again as one .mha."
        )
    if len(files) > 1 and _said(header, "CompressedData"):
        raise VolumeError(
            f"{name} spreads its voxels over several compressed files. Save it again as one .mha."
        )
    pieces = []
    for each in files:
        with each.open("rb") as data:
            piece = (shape[0] // len(files), *shape[1:])
            pieces.append(_values(name, header, data, piece, dtype))
    notes = dict.fromkeys(note for _, said in pieces for note in said)
    return b"".join(values for values, _ in pieces), tuple(notes)


def _values(
    name: str, header: Mapping[str, str], file: IO[bytes], shape: tuple[int, ...], dtype: Any
) -> tuple[bytes, tuple[str, ...]]:
    compressed = _said(header, "CompressedData")
    expected = math.prod(shape) * dtype.itemsize
    start, size = file.tell(), file.seek(0, io.SEEK_END)
    skip = int(header.get("HeaderSize", 0))
    if skip > 0:
        start = skip
    elif skip == -1:  # whatever stands before the values is of unknown length
        if compressed:
            raise VolumeError(
                f"{name} says HeaderSize = -1 of compressed voxels, whose beginning is not known "
                "then. Write the number of bytes before them, or save it again as one .mha."
            )
        start = max(start, size - expected)
    check_declared(name, shape, dtype.itemsize, max(0, size - start), deflated=compressed)
    file.seek(start)
    if compressed:
        return _inflated(name, file.read(), expected), ()
    return file.read(expected), longer(name) if size - start > expected else ()


def _inflated(name: str, data: bytes, expected: int) -> bytes:
    stream = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)  # zlib or gzip, told by the first bytes
    # One byte more than expected: reaching the end is what makes zlib compare its checksum.
    values = stream.decompress(data, expected + 1)
    if len(values) != expected or not stream.eof:
        raise VolumeError(
            f"{name} is damaged or incomplete: its compressed voxels are not as many as it "
            "declares. Copy or save it again."
        )
    return values


def _numbers(header: Mapping[str, str], *keys: str) -> list[float]:
    """Return the numbers of the first of these entries that the header has."""
    text = next((header[key] for key in keys if key in header), "")
    return [float(word) for word in text.split()]


def _lengths(header: Mapping[str, str], *keys: str) -> list[float]:
    """Return lengths along (i, j, k) in mm; they can be negative."""
    unit = millimetres(header.get("DistanceUnits", "")) or 1.0
    return [length * unit for length in _numbers(header, *keys)[:3]]


def _spacing(header: Mapping[str, str]) -> Spacing | None:
    lengths = [abs(each) for each in _lengths(header, "ElementSpacing", "ElementSize")[::-1]]
    return slice_spacing(lengths) if _is_2d(header) else usable_spacing(lengths)


def _is_2d(header: Mapping[str, str]) -> bool:
    return len(header["DimSize"].split()) == 2


def _affine(header: Mapping[str, str], spacing: Spacing) -> np.ndarray[Any, Any] | None:
    axes = _numbers(header, *_DIRECTIONS)
    origin = _lengths(header, *_ORIGINS)
    if not (axes or origin) or _is_2d(header):
        return None
    size = math.isqrt(len(axes))
    # A row for each of the axes i, j and k; where none is given, ITK takes its own.
    directions = np.reshape(axes, (size, size))[:3, :3] if size >= 3 else np.eye(3)
    affine = np.eye(4)
    affine[:3, :3] = (directions * _LPS_TO_RAS).T * _signs(header, 3) * spacing[::-1]
    affine[:3, 3] = np.multiply(origin, _LPS_TO_RAS) if len(origin) == 3 else np.nan
    usable = np.isfinite(affine[:3, :3]).all() and abs(np.linalg.det(affine[:3, :3])) > 0
    return affine if usable else None


def _place_of_slice(header: Mapping[str, str], spacing: Spacing | None) -> OwnPlace | None:
    """Return the place of a 2D image, whose coordinates have no anatomical directions."""
    axes, origin = _numbers(header, *_DIRECTIONS), _lengths(header, *_ORIGINS)
    if not _is_2d(header) or len(origin) != 2:
        return None
    edges = spacing or (1.0, 1.0, 1.0)
    affine = np.diag([*edges[::-1], 1.0])
    directions = np.reshape(axes, (2, 2)) if len(axes) == 4 else np.eye(2)
    affine[:2, :2] = directions.T * _signs(header, 2) * [edges[2], edges[1]]
    affine[:2, 3] = origin
    unit = "mm" if spacing else ""
    return OwnPlace("MetaImage 2D", affine, unit) if abs(np.linalg.det(affine)) > 0 else None


def _signs(header: Mapping[str, str], count: int) -> np.ndarray[Any, Any]:
    """Return −1 where x, y or z has a negative spacing, for which ITK turns it, else 1."""
    lengths = _lengths(header, "ElementSpacing", "ElementSize")
    return np.where(np.less(lengths, 0), -1.0, 1.0) if len(lengths) == count else np.ones(count)


def _notes(
    name: str, header: Mapping[str, str], spacing: Spacing | None, affine: Any
) -> tuple[str, ...]:
    """Return what a person should know of statements that disagree or are not known."""
    unit = header.get("DistanceUnits", "")
    notes: list[str] = []
    if millimetres(unit) is None and not is_no_length(unit):
        notes.append(
            f"{name} gives lengths in {unit!r}, which is no unit that is known here: mm is assumed."
        )
    if "ElementSpacing" in header:
        sizes = _lengths(header, "ElementSize")[::-1]
        other = sizes if len(sizes) == 3 else None
        notes += two_spacings(name, "ElementSpacing", spacing, "ElementSize", other)
    if not _is_2d(header):
        lengths = [abs(each) for each in _lengths(header, "ElementSpacing", "ElementSize")[::-1]]
        notes += unusable(name, "ElementSpacing", lengths)
    for keys in (_DIRECTIONS, _ORIGINS):
        said = [key for key in keys if key in header]
        others = [key for key in said[1:] if _numbers(header, key) != _numbers(header, said[0])]
        notes += [f"{name} has {said[0]} and another {key}: {said[0]} is used." for key in others]
    return (*notes, *_other_directions(name, header.get("AnatomicalOrientation", ""), affine))


def _other_directions(name: str, letters: str, affine: Any) -> tuple[str, ...]:
    """Say that the directions in letters are not those of the matrix, if they are not.

    The letters say where the axes come from: RAI is what runs towards left, posterior, superior.
    """
    towards = orientation_of(affine)
    stated = letters.strip().upper().translate(str.maketrans("RLAPIS", "LRPASI"))
    if towards is None or set(stated) - set("RLAPIS") or stated in {"", towards}:
        return ()
    return (
        f"{name} has axes towards {stated} by AnatomicalOrientation and towards {towards} by "
        "TransformMatrix: TransformMatrix is used.",
    )


FORMAT = Format(
    "MetaImage",
    (".mha", ".mhd"),
    read_metaimage,
    marks=((0, b"ObjectType = Image"), (0, b"NDims = ")),
)
