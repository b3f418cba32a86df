"""Reading NRRD files, attached (``.nrrd``) and detached (``.nhdr``)."""

from __future__ import annotations

import bz2
import gzip
import io
import math
from contextlib import nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.detached import data_files
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.nrrd_place import place_of
from lossexplorer.volumes.formats.raw import RawVolume, check_declared, describe
from lossexplorer.volumes.formats.statements import longer
from lossexplorer.volumes.names import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossexplorer.volumes.formats.format import Wanted

_LONGEST_HEADER = 1 << 20  # bytes; even one with a name for each of 1000 segments is shorter

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = {"gzip", "gz"}
_BZIP2 = {"bzip2", "bz2"}
_TEXT = {"ascii", "text", "txt"}
_VECTORS = ("vector", "gradient", "normal")  # what the kind of an axis of numbers ends in
_ENCODINGS = {"raw"} | _GZIP | _BZIP2 | _TEXT


def read_nrrd(path: Path, wanted: Wanted) -> RawVolume:
    """Read a ``.nrrd`` or ``.nhdr`` file with raw, gzip, bzip2 or text encoding.

    The file's (i, j, k) becomes the array's (k, j, i), with an axis that is not of space before
    them. The names of 3D Slicer's segments (``.seg.nrrd``) become those of the classes. Segments
    that overlap are a mask each, (segment, z, y, x).

    Raises
    ------
    VolumeError
        If the data file is missing or lies outside of the header's folder, the header declares an
        impossible size or an encoding that cannot be read.
    Exception
        Whatever pynrrd raises on a damaged file.
    """
    del wanted
    import nrrd

    with path.open("rb") as file:
        lines, files = _split_header(path, _header_lines(path.name, file))
        header = dict(nrrd.read_header(lines))
        encoding = str(header["encoding"]).lower()
        if encoding not in _ENCODINGS:
            raise VolumeError(
                f"{path.name} has the encoding {encoding!r}; save it with raw or gzip encoding."
            )
        colours = _colour_axis(path.name, header)
        array, notes = _read_values(nrrd, path.name, header, files or [file], encoding)
        colours = _vector_axis(path.name, header, array) if colours is None else colours
    place = place_of(path.name, header)
    array = place.ordered(array)
    segments = _segments(header)
    if segments and array.ndim == 4 and len(array) > 1 and colours is None:
        array, segments = _unlayered(array, segments)
    names = {segment.id: segment.name for segment in segments}
    return RawVolume(
        path.name,
        np.moveaxis(array, 0, -1) if colours is not None else array,
        place.spacing,
        place.affine,
        names,
        own_place=place.own_place,
        # 3D Slicer can cut a segmentation to what its segments need.
        leaves_out_background=bool(names),
        segments=tuple(names),
        colour=colours is not None,
        notes=(*place.notes, *notes),
    )


def _colour_axis(name: str, header: Mapping[str, Any]) -> int | None:
    """Return which axis holds red, green and blue, and perhaps opacity; None if there is none."""
    kinds = [str(kind).lower() for kind in header.get("kinds", ())]
    found = [axis for axis, kind in enumerate(kinds) if "color" in kind]
    if not found:
        return None
    kind = kinds[found[0]]
    is_byte = _itemsize(name, str(header["type"]).lower()) == 1
    if kind not in ("rgb-color", "rgba-color", "3-color", "4-color") or not is_byte:
        raise VolumeError(
            f"{name} is a colour image of the kind {kind} that is not red, green and blue of 8 "
            "bits; save it so, or the labels as integers in a single channel."
        )
    return found[0]


def _vector_axis(name: str, header: Mapping[str, Any], array: np.ndarray[Any, Any]) -> int | None:
    """Return the axis of vectors that are colours: SimpleITK does not call them so.

    Vectors of fractions, and of zeros and ones, can be probabilities and masks of classes.
    """
    kinds = [str(kind).lower() for kind in header.get("kinds", ())]
    found = [axis for axis, kind in enumerate(kinds) if kind.endswith(_VECTORS)]
    if not found or array.dtype.kind not in "ui" or array.max(initial=0) <= 1:
        return None
    if int(header["sizes"][found[0]]) not in (3, 4) or array.dtype != np.uint8:
        raise VolumeError(
            f"{name} holds vectors of whole numbers, {kinds[found[0]]} by its kinds, that are not "
            "red, green and blue of 8 bits; a volume with one number per voxel is needed."
        )
    return found[0]


def _header_lines(name: str, file: IO[bytes]) -> list[str]:
    """Read up to the empty line that ends the header.

    The decoding is not left to pynrrd, which drops what is not ASCII and so turns µm into m.
    """
    lines: list[str] = []
    while file.tell() < _LONGEST_HEADER and (line := file.readline(_LONGEST_HEADER)):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("latin-1")
        if not text.strip():
            return lines
        lines.append(text)
    if file.tell() >= _LONGEST_HEADER:
        raise VolumeError(f"{name} is damaged: its header does not end. Copy or save it again.")
    return lines


def _split_header(path: Path, lines: list[str]) -> tuple[list[str], list[Path]]:
    """Take the entry of the detached data files out of a header, and return these files, too."""
    for number, line in enumerate(lines):
        key, separator, where = line.partition(":")
        if separator and key.strip().lower() in {"data file", "datafile"}:
            files = data_files(path, where.strip(), lines[number + 1 :])
            # What follows a list is the names in it; what follows a name, other entries.
            rest = [] if where.strip().startswith("LIST") else lines[number + 1 :]
            return lines[:number] + rest, files
    return lines, []


def _read_values(
    nrrd: Any,
    name: str,
    header: Mapping[str, Any],
    files: Sequence[Path | IO[bytes]],
    encoding: str,
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Return the values of one or several files, which follow one another, and notes."""
    sizes = [int(size) for size in header["sizes"]]
    # At least a digit for each value in text.
    itemsize = 1 if encoding in _TEXT else _itemsize(name, str(header["type"]).lower())
    skipped = {"line skip", "lineskip", "byte skip", "byteskip"}
    plain = {key: value for key, value in header.items() if key not in skipped}
    if math.prod(sizes) % len(files):
        raise VolumeError(
            f"{name} spreads {describe(sizes[::-1])} voxels over {len(files)} files, which cannot "
            "hold as many each. Save it again in one file."
        )
    stored = [_stored(file) for file in files]
    # Nothing bounds what bzip2 can expand to; it is read no further than the declared size.
    check_declared(
        name,
        sizes,
        itemsize,
        2**62 if encoding in _BZIP2 else sum(stored),
        deflated=encoding in _GZIP,
    )
    expected = math.prod(sizes) * itemsize // len(files)
    pieces = []
    for file in files:
        with file.open("rb") if isinstance(file, Path) else nullcontext(file) as data:
            pieces.append(_skipped_to(name, header, data, encoding, expected))
    if encoding not in _TEXT:
        plain["encoding"] = "raw"
    separator = b"\n" if encoding in _TEXT else b""
    array: np.ndarray[Any, Any] = nrrd.read_data(
        plain, io.BytesIO(separator.join(pieces)), index_order="C"
    )
    surplus = encoding not in _TEXT and any(len(piece) > expected for piece in pieces)
    return array, longer(name) if surplus else ()


def _stored(file: Path | IO[bytes]) -> int:
    """Return how many bytes of a file, or of the rest of an open one, can hold values."""
    if isinstance(file, Path):
        return file.stat().st_size
    start = file.tell()
    stored = file.seek(0, io.SEEK_END) - start
    file.seek(start)
    return stored


def _skipped_to(
    name: str, header: Mapping[str, Any], data: IO[bytes], encoding: str, expected: int
) -> bytes:
    """Return what a file holds behind the lines and the bytes that its header says to skip.

    Lines are skipped before the data are unpacked, bytes afterwards; −1 byte stands for as many
    as leave the declared values at the end.
    """
    lines = int(header.get("line skip", header.get("lineskip", 0)))
    skip = int(header.get("byte skip", header.get("byteskip", 0)))
    if lines < 0 or skip < -1:
        raise ValueError(f"{lines} lines and {skip} bytes are to be skipped")
    for _ in range(lines):
        if not data.readline():
            break
    if encoding in _TEXT:
        if skip < 0:
            raise VolumeError(
                f"{name} says byte skip: -1 of values that are text, whose length is not known. "
                "Save it with raw or gzip encoding."
            )
        data.seek(skip, io.SEEK_CUR)
        return data.read()
    if encoding not in _GZIP | _BZIP2:
        _check_raw(name, data)
        if skip < 0:
            data.seek(-expected, io.SEEK_END)
        else:
            data.seek(skip, io.SEEK_CUR)
        return data.read(expected + 1)
    with gzip.GzipFile(fileobj=data) if encoding in _GZIP else bz2.BZ2File(data) as stream:
        if skip >= 0:
            stream.seek(skip)
            # One byte more than expected: reaching the end is what makes gzip compare its checksum.
            return stream.read(expected + 1)
        found = stream.read(expected + _LONGEST_HEADER + 1)
    if len(found) > expected + _LONGEST_HEADER:
        raise VolumeError(
            f"{name} says byte skip: -1, and more than {_LONGEST_HEADER:,} bytes stand before its "
            "values. Save it again as one .nrrd."
        )
    return found[-expected:]


def _check_raw(name: str, data: IO[bytes]) -> None:
    """Refuse a raw data file that starts and is called as a compressed one."""
    if not str(data.name).endswith((".gz", ".gzip")):
        return
    start = data.tell()
    compressed = data.read(2) == _GZIP_MAGIC
    data.seek(start)
    if compressed:
        raise VolumeError(
            f"{name} says that its data file is raw, and it is compressed. Write the encoding gzip "
            "into the header."
        )


def _itemsize(name: str, kind: str) -> int:
    """Return the bytes per value of a NRRD type, of which the format has thirty spellings."""
    words = ((1, ("char", "8")), (2, ("short", "16")), (8, ("long", "64", "double")))
    for size, spellings in (*words, (4, ("int", "32", "float"))):
        if any(word in kind for word in spellings):
            return size
    raise VolumeError(f"{name} holds values of type {kind!r}; save it with an integer type.")


class _Segment(NamedTuple):
    """A segment of 3D Slicer: the id that its voxels have, in which array, and its name."""

    id: int
    of_array: int
    name: str


def _segments(header: Mapping[str, Any]) -> list[_Segment]:
    """Return the segments that 3D Slicer lists in a segmentation's header, in their order."""
    found: dict[str, _Segment] = {}
    for key, value in header.items():
        segment, separator, _ = key.partition("_LabelValue")
        id_ = id_of(str(value)) if separator else None
        if id_ is not None:
            index = id_of(str(header.get(f"{segment}_Layer", "0"))) or 0
            found[segment] = _Segment(id_, index, str(header.get(f"{segment}_Name", "")).strip())
    return [found[key] for key in sorted(found, key=lambda key: (len(key), key))]


def _unlayered(
    array: np.ndarray[Any, Any], segments: Sequence[_Segment]
) -> tuple[np.ndarray[Any, Any], list[_Segment]]:
    """Return the segments of several arrays, (layer, z, y, x), as a label map or as masks.

    Segments of different arrays can have the same id, and are then counted from 1.
    """
    masks = np.stack([array[each.of_array] == each.id for each in segments])
    if len({each.id for each in segments}) < len(segments):
        segments = [each._replace(id=number) for number, each in enumerate(segments, start=1)]
    if masks.sum(axis=0, dtype=np.uint16).max() > 1:
        return masks.astype(np.uint8), list(segments)
    labels = np.zeros(masks.shape[1:], np.min_scalar_type(max(each.id for each in segments)))
    for each, mask in zip(segments, masks, strict=True):
        labels[mask] = each.id
    return labels, list(segments)


FORMAT = Format("NRRD", (".nrrd", ".nhdr"), read_nrrd, magic=(b"NRRD",))
