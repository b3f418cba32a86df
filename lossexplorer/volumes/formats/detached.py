"""Detached data: voxels in a file beside the one that holds their header."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from lossexplorer.volumes.errors import VolumeError


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


def _escapes(path: PurePosixPath | PureWindowsPath) -> bool:
    return bool(path.anchor) or ".." in path.parts
