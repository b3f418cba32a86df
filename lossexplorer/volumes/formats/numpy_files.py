"""Reading NumPy's ``.npy`` and ``.npz`` files, never unpickling anything."""

from __future__ import annotations

import io
import zipfile
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.axes import in_order, sorted_axes
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.beside import is_turned_by_nnunet
from lossexplorer.volumes.formats.format import Format, Part
from lossexplorer.volumes.formats.parts import choose, unread
from lossexplorer.volumes.formats.raw import RawVolume, check_declared

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Wanted

_LONGEST_HEADER = 1 << 14
"""Bytes. NumPy itself believes in no longer one, but reads it before it says so."""

_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that NumPy writes. What the others can expand to has no bound."""

_MEMBER = ".npy"

_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(path: Path, wanted: Wanted) -> RawVolume:
    """Read a ``.npy`` file, (z, y, x) or (class, z, y, x) unless its axes are named otherwise.

    Raises
    ------
    VolumeError
        If it holds objects or structures, or declares an impossible size.
    Exception
        Whatever NumPy raises on a damaged file.
    """
    with path.open("rb") as file:
        _check_header(path.name, file, path.stat().st_size, deflated=False)
        file.seek(0)
        array = np.lib.format.read_array(file, allow_pickle=False)
    return RawVolume(
        path.name, in_order(path.name, array, wanted.axes), axes=sorted_axes(wanted.axes)
    )


def read_npz(path: Path, wanted: Wanted) -> RawVolume:
    """Read an array of an ``.npz`` file: the one wanted, the only volume, or the first of its keys.

    Raises
    ------
    PartNeededError
        If several arrays could be meant.
    VolumeError
        If it holds no array or not the one that is wanted, objects or structures, is not packed as
        NumPy does it, or declares an impossible size.
    Exception
        Whatever NumPy and zipfile raise on a damaged file.
    """
    with zipfile.ZipFile(path) as archive:
        parts = _parts(path.name, archive)
        part = choose(path.name, parts, wanted)
        member = archive.getinfo(f"{part.name}{_MEMBER}")
        deflated = member.compress_type == zipfile.ZIP_DEFLATED
        stored = min(member.compress_size, path.stat().st_size)
        with archive.open(member) as stream:
            _check_header(path.name, stream, stored, deflated=deflated)
        with archive.open(member) as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
            stream.read(1)  # at the end of the member, zipfile compares its checksum
    return RawVolume(
        path.name,
        in_order(path.name, array, wanted.axes),
        axes=sorted_axes(wanted.axes),
        is_turned=is_turned_by_nnunet(path),
        notes=unread(path.name, parts, part, wanted),
    )


def npz_parts(path: Path) -> list[Part]:
    """List the arrays of an ``.npz`` file, by their headers alone."""
    with zipfile.ZipFile(path) as archive:
        return _parts(path.name, archive)


def _parts(name: str, archive: zipfile.ZipFile) -> list[Part]:
    parts = []
    for member in archive.infolist():
        if not member.filename.endswith(_MEMBER):
            continue
        if member.compress_type not in _PACKINGS:
            raise VolumeError(
                f"{name} is packed in a way that NumPy does not use; save it with "
                "numpy.savez_compressed."
            )
        with archive.open(member) as stream:
            shape, dtype = _header(stream)
        parts.append(Part(member.filename.removesuffix(_MEMBER), shape, str(dtype)))
    return parts


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and the type that an array declares; those of a structure if unknown."""
    start = io.BytesIO(stream.read(_LONGEST_HEADER))
    read_header = _READ_HEADER.get(np.lib.format.read_magic(start))
    # Later versions exist only for the names of structures.
    shape, dtype = read_header(start)[::2] if read_header else ((), np.dtype("V"))
    return shape, dtype


def _check_header(name: str, stream: IO[bytes], stored: int, *, deflated: bool) -> None:
    shape, dtype = _header(stream)
    if dtype.hasobject or dtype.kind == "V":
        raise VolumeError(
            f"{name} holds Python objects or structures instead of plain numbers; "
            "save the labels as an integer array."
        )
    check_declared(name, shape, dtype.itemsize, stored, deflated=deflated)


NPY = Format("NumPy", (".npy",), read_npy, magic=(b"\x93NUMPY",), takes_axes=True)
NPZ = Format(
    "NumPy archive",
    (".npz",),
    read_npz,
    magic=(b"PK\x03\x04", b"PK\x05\x06"),
    parts=npz_parts,
    takes_axes=True,
)
