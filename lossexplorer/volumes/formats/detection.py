"""Which format a file has: by its ending and by its first bytes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from lossexplorer.core.files import is_special
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats import FORMATS, READABLE_SUFFIXES
from lossexplorer.volumes.formats.strangers import (
    FIRST_BYTES,
    stranger_by_content,
    stranger_by_name,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Format

_NONE: tuple[bytes, ...] = ()
_LOOKED_AT = 20  # files of a folder


def stem(name: str) -> str:
    """Return a file's name without the ending that tells its kind.

    Examples
    --------
    >>> stem("case.01_label.nii.gz")
    'case.01_label'
    """
    return name[: len(name) - len(_suffix(name))]


def format_named(name: str) -> Format | None:
    """Return the format that a file's name says it has, or None for no known ending.

    Examples
    --------
    >>> format_named("SCAN.NII.GZ").name, format_named("notes.txt")
    ('NIfTI', None)
    """
    suffix = _suffix(name)
    return next((each for each in FORMATS if suffix in each.suffixes), None)


def detect(path: Path) -> Format:
    """Return the format of a file or a folder, by its name and its first bytes.

    Parameters
    ----------
    path
        A file with one of `READABLE_SUFFIXES`, or of a format that needs none; or a folder that is
        a format's, or lies in one.

    Raises
    ------
    VolumeError
        If it does not exist, cannot be opened, is empty, has no known ending, starts as another
        format does, or is known to be no volume; the message says what it is.
    """
    # A folder within one that has a format is a part of it, such as a label image of an OME-Zarr.
    lineage = (path, *path.parents) if path.is_dir() else (path,)
    named = next(filter(None, (format_named(each.name) for each in lineage)), None)
    if path.is_dir():
        if named and named.folder:
            return named
        raise VolumeError(_folder_sentence(path))
    if is_special(path):
        raise VolumeError(f"{path.name} is a pipe or a device, and no file. Save what it holds.")
    start = _first_bytes(path)
    if named is not None and start.startswith(named.magic or _NONE):
        return named
    found = _format_of(start)
    if found is None and (stranger := stranger_by_content(path, start)):
        raise VolumeError(stranger)
    if named is None:
        return _unnamed(path, found)
    # A format without magic bytes is taken at its name, unless it starts as another does.
    if found is not named and (found or named.magic):
        right = (
            f"it is a {found.name} file; name it {found.suffixes[0]}" if found else "save it again"
        )
        raise VolumeError(f"{path.name} is not a {named.name} file, despite its name: {right}.")
    return named


def _format_of(start: bytes) -> Format | None:
    """Return the format that a file's first bytes show."""
    # Marks go first: what stands before that of DICOM can be anything, even another format's start.
    for each in FORMATS:
        if any(start[at:].startswith(mark) for at, mark in each.marks):
            return each
    return next((each for each in FORMATS if start.startswith(each.magic or _NONE)), None)


def _unnamed(path: Path, found: Format | None) -> Format:
    """Return the format of a file without a known ending, where it needs none."""
    if found is not None and found.any_name:
        return found
    if stranger := stranger_by_name(path):
        raise VolumeError(stranger)
    if found is not None:
        raise VolumeError(
            f"{path.name} is a {found.name} file by its content. Give it a name that ends in "
            f"{found.suffixes[0]}."
        )
    raise VolumeError(
        f"{path.name} is of no kind that can be opened. "
        f"Choose a file that ends in {', '.join(READABLE_SUFFIXES)}."
    )


def _folder_sentence(path: Path) -> str:
    """Say what a folder is that no format is."""
    files = islice((each for each in sorted(path.iterdir()) if each.is_file()), _LOOKED_AT)
    found = [_format_of(_start_of(each)) for each in files]
    if any(each is not None and each.any_name for each in found):
        return (
            f"{path.name} is a folder of DICOM files. Choose a segmentation (DICOM-SEG) in it; an "
            "image series is converted to NIfTI first, for example with dcm2niix."
        )
    return f"{path.name} is a folder; choose a file in it."


def _start_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FIRST_BYTES)
    except OSError:
        return b""


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(FIRST_BYTES)
    except FileNotFoundError as error:
        raise VolumeError(f"{path} does not exist. Check the name and the folder.") from error
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        raise VolumeError(f"{path.name} cannot be opened: {reason}.") from error
    if not start:
        raise VolumeError(f"{path.name} is empty (0 bytes). Copy or save it again.")
    return start


def _suffix(name: str) -> str:
    """Return the ending that is one of `READABLE_SUFFIXES`, or an empty string."""
    lower = name.lower()
    return next((suffix for suffix in READABLE_SUFFIXES if lower.endswith(suffix)), "")
