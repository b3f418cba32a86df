"""Reading NumPy's ``.npy`` and ``.npz`` files, never unpickling anything."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.format import Format, Part
from lossexplorer.volumes.raw import RawVolume, check_declared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lossexplorer.volumes.format import Wanted

LABEL_KEYS = ("labels", "truth", "seg", "arr_0", "prediction", "probabilities")
"""The labels in an ``.npz`` file of several arrays: the first of these names that it holds."""

PREDICTION_KEYS = ("prediction", "probabilities", "labels", "seg", "arr_0", "truth")
"""The same for a prediction, so that a truth and its prediction can share a file."""

_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(path: Path, wanted: Wanted) -> RawVolume:
    """Read a ``.npy`` file as it is, (z, y, x) or (class, z, y, x).

    Raises
    ------
    VolumeError
        If it holds objects or records, or declares an impossible size.
    Exception
        Whatever NumPy raises on a damaged file.
    """
    del wanted
    with path.open("rb") as file:
        _check_header(path.name, file, path.stat().st_size, deflated=False)
        file.seek(0)
        return RawVolume(path.name, np.lib.format.read_array(file, allow_pickle=False))


def read_npz(path: Path, wanted: Wanted) -> RawVolume:
    """Read an array of an ``.npz`` file: the one wanted, the only one, or the first of its keys.

    Raises
    ------
    VolumeError
        If it holds no array, several of other names, objects or records, or declares an impossible
        size.
    Exception
        Whatever NumPy and zipfile raise on a damaged file.
    """
    with zipfile.ZipFile(path) as archive:
        held = [item.removesuffix(".npy") for item in archive.namelist() if item.endswith(".npy")]
        member = archive.getinfo(f"{_choose(path.name, held, wanted)}.npy")
        deflated = member.compress_type == zipfile.ZIP_DEFLATED
        stored = min(member.compress_size, path.stat().st_size) if deflated else member.file_size
        with archive.open(member) as stream:
            _check_header(path.name, stream, stored, deflated=deflated)
        with archive.open(member) as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
            stream.read(1)  # at the end of the member, zipfile compares its checksum
    return RawVolume(path.name, array)


def npz_parts(path: Path) -> list[Part]:
    """List the arrays of an ``.npz`` file, by their headers alone."""
    parts = []
    with zipfile.ZipFile(path) as archive:
        for item in archive.namelist():
            if item.endswith(".npy"):
                with archive.open(item) as stream:
                    read_header = _READ_HEADER.get(np.lib.format.read_magic(stream))
                    if read_header:
                        shape, _, dtype = read_header(stream)
                        parts.append(Part(item.removesuffix(".npy"), tuple(shape), str(dtype)))
    return parts


def _choose(name: str, held: Sequence[str], wanted: Wanted) -> str:
    preferred = wanted.keys
    if not held:
        raise VolumeError(f"{name} holds no array; save one named {preferred[0]!r}.")
    if wanted.part:
        if wanted.part in held:
            return wanted.part
        raise VolumeError(f"{name} holds no {wanted.part!r}; it holds {', '.join(held)}.")
    if len(held) == 1:
        return held[0]
    for key in preferred:
        if key in held:
            return key
    raise VolumeError(
        f"{name} holds several arrays ({', '.join(held)}), and none of them is named "
        f"{', '.join(preferred[:-1])} or {preferred[-1]}. Name the one to open {preferred[0]!r}."
    )


def _check_header(name: str, stream: IO[bytes], stored: int, *, deflated: bool) -> None:
    read_header = _READ_HEADER.get(np.lib.format.read_magic(stream))
    # Later versions exist only for the field names of records.
    shape, dtype = read_header(stream)[::2] if read_header else ((), np.dtype("V"))
    if dtype.hasobject or dtype.kind == "V":
        raise VolumeError(
            f"{name} holds Python objects or records instead of plain numbers; "
            "save the labels as an integer array."
        )
    check_declared(name, shape, dtype.itemsize, stored, deflated=deflated)


NPY = Format("NumPy", (".npy",), read_npy, magic=(b"\x93NUMPY",))
NPZ = Format(
    "NumPy archive", (".npz",), read_npz, magic=(b"PK\x03\x04", b"PK\x05\x06"), parts=npz_parts
)
