"""What is marked above the panes, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from lossexplorer.engine.messages import Voxel
from lossexplorer.session.state import Point


@dataclass(frozen=True)
class Marked:
    """What is marked.

    Attributes
    ----------
    pinned : tuple of int, or None
        The voxel whose values are listed.
    line : tuple of tuple of int, or None
        The first voxel and the last of the line that a profile is along.
    ruler : tuple of tuple of float, or None
        Both ends of the ruler, along z, y, x in voxels.
    length : str
        How long that is, in words.
    """

    pinned: Voxel | None = None
    line: tuple[Voxel, Voxel] | None = None
    ruler: tuple[Point, Point] | None = None
    length: str = ""
