"""Reading NRRD files, attached (``.nrrd``) and detached (``.nhdr``)."""

from __future__ import annotations

import bz2
import gzip
import io
import math
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.detached import data_file
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import RawVolume, check_declared
from lossexplorer.volumes.names import id_of
from lossexplorer.volumes.spacing import Spacing, millimetres, usable_spacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Wanted

_LONGEST_HEADER = 1 << 20  # bytes; even one with a name for each of 1000 segments is shorter

_GZIP = {"gzip", "gz"}
_BZIP2 = {"bzip2", "bz2"}
_TEXT = {"ascii", "text", "txt"}
_ENCODINGS = {"raw"} | _GZIP | _BZIP2 | _TEXT

# Signs that turn the coordinates of a named space into (right, anterior, superior).
_TO_RAS = {
    "right-anterior-superior": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
}
_TO_RAS |= {"".join(w[0] for w in name.split("-")): signs for name, signs in _TO_RAS.items()}


def read_nrrd(path: Path, wanted: Wanted) -> RawVolume:
    """Read a ``.nrrd`` or ``.nhdr`` file with raw, gzip, bzip2 or text encoding.

    The file's (i, j, k) becomes the array's (k, j, i). The names of 3D Slicer's segments
    (``.seg.nrrd``) become those of the classes.

    Raises
    ------
    VolumeError
        If the data file is missing or lies outside of the header's folder, the header declares an
        impossible size or an encoding that cannot be read, or segments overlap.
    Exception
        Whatever pynrrd raises on a damaged file.
    """
    del wanted
    import nrrd

    with path.open("rb") as file:
        header = dict(nrrd.read_header(_header_lines(path.name, file)))
        encoding = str(header["encoding"]).lower()
        if encoding not in _ENCODINGS:
            raise VolumeError(
                f"{path.name} has the encoding {encoding!r}; save it with raw or gzip encoding."
            )
        if any("color" in kind.lower() for kind in header.get("kinds", ())):
            raise VolumeError(
                f"{path.name} is a colour image; a volume with one number per voxel is needed."
            )
        with _data_file(path, header) or file as data:
            array = _read_values(nrrd, path.name, header, data, encoding)
    names = _segment_names(header)
    if names and array.ndim == 4 and array.shape[-1] > 1:
        raise VolumeError(
            f"{path.name} holds segments that overlap, in {array.shape[-1]} arrays; a voxel can be "
            "of one class. Export the segments as one labelmap."
        )
    return RawVolume(path.name, array, _spacing(header), _affine(header), names)


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


def _data_file(path: Path, header: dict[str, Any]) -> IO[bytes] | None:
    """Open the detached data file and take its name from the header; None if there is none."""
    names = [header.pop(key) for key in ("data file", "datafile") if key in header]
    return data_file(path, str(names[0])).open("rb") if names else None


def _read_values(
    nrrd: Any, name: str, header: dict[str, Any], data: IO[bytes], encoding: str
) -> np.ndarray[Any, Any]:
    sizes = [int(size) for size in header["sizes"]]
    itemsize = _itemsize(name, str(header["type"]).lower())
    start = data.tell()
    stored = data.seek(0, io.SEEK_END) - start
    data.seek(start)
    if encoding in _TEXT:
        itemsize = 1  # at least a digit for each value
    # Nothing bounds what bzip2 can expand to; it is read no further than the declared size.
    check_declared(
        name, sizes, itemsize, 2**62 if encoding in _BZIP2 else stored, deflated=encoding in _GZIP
    )
    if encoding in _GZIP | _BZIP2:
        for _ in range(int(header.pop("line skip", header.pop("lineskip", 0)))):
            data.readline()
        skip = max(0, int(header.get("byte skip", header.get("byteskip", 0))))
        expected = skip + math.prod(sizes) * itemsize
        stream = gzip.GzipFile(fileobj=data) if encoding in _GZIP else bz2.BZ2File(data)
        with stream:
            # One byte more than expected: reaching the end is what makes gzip compare its checksum.
            values = stream.read(expected + 1)
        header = {**header, "encoding": "raw"}
        data = io.BytesIO(values)
    array: np.ndarray[Any, Any] = nrrd.read_data(header, data, index_order="C")
    return array


def _itemsize(name: str, kind: str) -> int:
    """Return the bytes per value of a NRRD type, of which the format has thirty spellings."""
    words = ((1, ("char", "8")), (2, ("short", "16")), (8, ("long", "64", "double")))
    for size, spellings in (*words, (4, ("int", "32", "float"))):
        if any(word in kind for word in spellings):
            return size
    raise VolumeError(f"{name} holds values of type {kind!r}; save it with an integer type.")


def _spatial_axes(header: Mapping[str, Any]) -> np.ndarray[Any, Any] | None:
    """Return the (3, 3) matrix whose rows are the steps along i, j and k, or None."""
    directions = header.get("space directions")
    if directions is None:
        return None
    # Rows of axes that are not spatial (a list of segments, a time) are NaN.
    rows = np.array([row for row in np.asarray(directions, float) if np.isfinite(row).all()])
    return rows if rows.shape == (3, 3) else None


def _spacing(header: Mapping[str, Any]) -> Spacing | None:
    units = header.get("space units", header.get("units", ()))
    lengths = [millimetres(unit) for unit in units if unit.strip('" ')] or [1.0, 1.0, 1.0]
    known = [length for length in lengths if length is not None]
    if len(known) != 3 or len(lengths) != 3:
        return None
    axes = _spatial_axes(header)
    if axes is not None:
        return usable_spacing(np.linalg.norm(axes * known, axis=1)[::-1].tolist())
    spacings = [value for value in header.get("spacings", ()) if math.isfinite(value)]
    if len(spacings) != 3:
        return None
    return usable_spacing(s * u for s, u in zip(spacings[::-1], known[::-1], strict=True))


def _affine(header: Mapping[str, Any]) -> np.ndarray[Any, Any] | None:
    axes = _spatial_axes(header)
    signs = _TO_RAS.get(str(header.get("space", "")).lower())
    if axes is None or signs is None:
        return None
    origin = np.asarray(header.get("space origin", (0.0, 0.0, 0.0)), float)
    affine = np.eye(4)
    affine[:3, :3] = (axes * signs).T
    affine[:3, 3] = np.where(np.isfinite(origin), origin, 0.0) * signs
    return affine if abs(np.linalg.det(affine)) > 0 else None


def _segment_names(header: Mapping[str, Any]) -> dict[int, str]:
    """Return the names that 3D Slicer writes into a segmentation's header."""
    names: dict[int, str] = {}
    for key, value in header.items():
        segment, separator, _ = key.partition("_LabelValue")
        id_ = id_of(str(value)) if separator else None
        if id_ is not None:
            names[id_] = str(header.get(f"{segment}_Name", "")).strip()
    return names


FORMAT = Format("NRRD", (".nrrd", ".nhdr"), read_nrrd, magic=(b"NRRD",))
