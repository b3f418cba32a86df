"""Sources: a file or a folder as a person names it, with the part and the level to open."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

from lossexplorer.volumes.axes import are_axes

StrPath = str | os.PathLike[str]

_SEPARATOR = "::"
_LEVEL = re.compile(r"@(\d+)$")
_AXES = re.compile(r"@([tczyx]{2,5})$")


@dataclass(frozen=True)
class Source:
    """A file or a folder, and what of it.

    Written ``PATH``, ``PATH::PART``, ``PATH::PART@LEVEL`` or ``PATH::PART@AXES``; part, level and
    axes can be left out.

    Attributes
    ----------
    path
        The file or the folder.
    part
        The dataset in an HDF5 file or the label image in an OME-Zarr, empty for the only one; and
        behind it ``@`` and a letter for each axis of the array, if somebody has named them.
    level
        The level of a multiscale image, 0 the finest; None for the finest that fits.

    Examples
    --------
    >>> parse_source("scan.zarr::labels/cells@2")
    Source(path='scan.zarr', part='labels/cells', level=2)
    >>> parse_source("masks.npz::truth@cyx").array, parse_source("masks.npy::@cyx").axes
    ('truth', 'cyx')
    >>> str(Source("scan.h5", "entry/labels")), str(Source("scan.zarr", level=1))
    ('scan.h5::entry/labels', 'scan.zarr::@1')
    """

    path: str
    part: str = ""
    level: int | None = None

    def __str__(self) -> str:
        level = "" if self.level is None else f"@{self.level}"
        return f"{self.path}{_SEPARATOR}{self.part}{level}" if self.part or level else self.path

    @property
    def axes(self) -> str:
        """The letters of the array's axes, such as ``"cyx"``; empty if nobody has named them."""
        found = _AXES.search(self.part)
        return found[1] if found and are_axes(found[1]) else ""

    @property
    def array(self) -> str:
        """The part without its axes."""
        return self.part[: -len(self.axes) - 1] if self.axes else self.part

    def with_part(self, part: str) -> Source:
        """Return the same file with another of its parts, whose axes are the same."""
        return replace(self, part=part + (f"@{self.axes}" if self.axes else ""))

    def with_axes(self, axes: str) -> Source:
        """Return the same part with its axes named."""
        return replace(self, part=f"{self.array}@{axes}")

    def at_level(self, level: int | None) -> Source:
        """Return the same part at another level."""
        return replace(self, level=level)


def parse_source(text: StrPath) -> Source:
    """Read a source as a person writes it.

    A file or a folder that is there goes before what its name would mean if it were not.
    """
    path, separator, rest = _split(os.fspath(text))
    if not separator:
        return Source(path)
    level = None if _exists(os.path.join(path, rest)) else _LEVEL.search(rest)  # noqa: PTH118
    part = rest[: level.start()] if level else rest
    return Source(path, part.strip("/"), int(level[1]) if level else None)


def _split(text: str) -> tuple[str, str, str]:
    """Return a path, the separator if there is one, and what stands behind it."""
    if _SEPARATOR not in text:
        return text, "", ""
    pieces = text.split(_SEPARATOR)
    for count in range(len(pieces), 0, -1):
        path = _SEPARATOR.join(pieces[:count])
        if path and _exists(path):
            behind = _SEPARATOR.join(pieces[count:])
            return path, _SEPARATOR if count < len(pieces) else "", behind
    return text.partition(_SEPARATOR)


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a name that no file can have
        return False
