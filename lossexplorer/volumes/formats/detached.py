"""Detached data: voxels in a file beside the one that holds their header."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Sequence

# A name with a number in it, as printf writes it: first and last number, stride, and perhaps the
# number of axes in a file.
_NUMBERED = re.compile(r"([^%]*%0?\d{0,2}d[^%]*)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(?:\s+\d+)?")
_LIST = re.compile(r"LIST(?:\s+\d+)?")

_MOST_FILES = 1 << 16


def data_file(header: Path, name: str) -> Path:
    """Return the file that a header says holds its voxels.

    Parameters
    ----------
    header
        The header's own file.
    name
        What it calls the other file.

    Raises
    ------
    VolumeError
        If the name leads out of the header's folder, on this or on another operating system, or
        there is no such file.

    Examples
    --------
    >>> data_file(Path("scan.mhd"), "../secret.raw")
    Traceback (most recent call last):
    lossexplorer.volumes.errors.VolumeError: scan.mhd says that its voxels lie in '../secret.raw', \
outside of its folder. Put that file beside the header and write its bare name into the header.
    """
    # A link that lies in the folder is followed: whoever put it there could have put the file.
    if any(_escapes(kind(name)) for kind in (PurePosixPath, PureWindowsPath)):
        raise VolumeError(
            f"{header.name} says that its voxels lie in {name!r}, outside of its folder. Put that "
            "file beside the header and write its bare name into the header."
        )
    data = header.parent / name
    if not data.is_file():
        raise VolumeError(
            f"{header.name} says that its voxels lie in {name!r}, and there is no such file. "
            "Put it beside the header."
        )
    return data


def data_files(header: Path, where: str, following: Sequence[str]) -> list[Path]:
    """Return the files that a header says hold its voxels, one after the other.

    Parameters
    ----------
    header
        The header's own file.
    where
        A name; ``LIST``, perhaps with the number of axes in a file; or a name with a number, as
        ``slice%03d.raw``, its first and last value and its stride.
    following
        The header's lines after that entry, which are the names of a list.

    Raises
    ------
    VolumeError
        As `data_file`, or if the list is empty or the numbers do not lead from the first to the
        last.
    """
    if _LIST.fullmatch(where):
        names = [line.strip() for line in following if line.strip()]
    elif numbered := _NUMBERED.fullmatch(where):
        first, last, stride = (int(numbered[group]) for group in (2, 3, 4))
        towards = 1 if stride > 0 else -1
        numbers = range(first, last + towards, stride) if stride else range(0)
        names = [numbered[1] % number for number in numbers[: _MOST_FILES + 1]]
    else:
        return [data_file(header, where)]
    if not 0 < len(names) <= _MOST_FILES:
        raise VolumeError(
            f"{header.name} says that its voxels lie in {where!r}, which names no file or more "
            f"than {_MOST_FILES:,}. Save the volume again in one file."
        )
    return [data_file(header, name) for name in names]


def _escapes(path: PurePosixPath | PureWindowsPath) -> bool:
    return bool(path.anchor) or ".." in path.parts
