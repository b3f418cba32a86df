"""What is marked above the panes, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from lossexplorer.engine.messages import Voxel


@dataclass(frozen=True)
class Marked:
    """What is marked.

    Attributes
    ----------
    pinned : tuple of int, or None
        The voxel whose values are listed.
    line : tuple of tuple of int, or None
        The first voxel and the last of the line that a profile is along.
    """

    pinned: Voxel | None = None
    line: tuple[Voxel, Voxel] | None = None
