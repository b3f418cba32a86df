"""Which format a file has: by its ending and by its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats import FORMATS, READABLE_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Format


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
        A file with one of `READABLE_SUFFIXES`; or a folder that is a format's, or lies in one.

    Raises
    ------
    VolumeError
        If it does not exist, cannot be opened, is empty, has no known ending, or starts as
        another format does.
    """
    # A folder within one that has a format is a part of it, such as a label image of an OME-Zarr.
    lineage = (path, *path.parents) if path.is_dir() else (path,)
    named = next(filter(None, (format_named(each.name) for each in lineage)), None)
    if path.is_dir() and not (named and named.folder):
        raise VolumeError(f"{path.name} is a folder; choose a file in it.")
    if named is None:
        raise VolumeError(
            f"{path.name} is of no kind that can be opened. "
            f"Choose a file that ends in {', '.join(READABLE_SUFFIXES)}."
        )
    if path.is_dir():
        return named
    start = _first_bytes(path)
    found = next((each for each in FORMATS if start.startswith(each.magic)), None)
    # A format without magic bytes is taken at its name, unless it starts as another does.
    if found is not named and (found or named.magic):
        right = (
            f"it is a {found.name} file; name it {found.suffixes[0]}" if found else "save it again"
        )
        raise VolumeError(f"{path.name} is not a {named.name} file, despite its name: {right}.")
    return named


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(8)
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
