"""The description of a target: what an output is to predict, and which output layer that needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.volumes.model.labels import LabelVolume, Overlap
from lossexplorer.volumes.spacing import Spacing

TargetKind = Literal["classes", "numbers"]


@dataclass(frozen=True, eq=False)
class LabelledPatch:
    """What a target is computed from.

    Attributes
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices, of which 0 is the background, or values of overlapping labels.
    image : array of float32, shape (z, y, x)
        The network's input.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    classes : int
        Number of classes of the volume, background included.
    overlap : Overlap, optional
        Which classes each value belongs to; None if classes exclude each other.
    """

    labels: NDArray[np.unsignedinteger[Any]]
    image: NDArray[np.float32]
    spacing: Spacing
    classes: int
    overlap: Overlap | None = None

    @property
    def foreground(self) -> NDArray[np.bool_]:
        """Where any class but the background is, shape (z, y, x)."""
        if self.overlap is None:
            return self.labels > 0
        found: NDArray[np.bool_] = ~self.overlap.members[0][self.labels]
        return found


def _no_margin(spacing: Spacing) -> tuple[int, int, int]:
    del spacing
    return (0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What an output is to predict.

    Attributes
    ----------
    name, title : str
        The identifier (command line, files) and the words in the window.
    meaning : str
        A sentence for the tooltip and the docs.
    kind : {"classes", "numbers"}
        One channel a class, which a softmax predicts, or sigmoids if classes overlap; or one number
        a voxel, which a linear output layer or a sigmoid predicts.
    head : callable
        ``head(volume)``: the output layer that it needs.
    values : callable
        ``values(patch)``: float32, shape (z, y, x, channel) of the scale of `head`.
    losses : tuple of str
        Names of losses that fit, the default first.
    order : int
        The place in lists.
    margin : callable
        ``margin(spacing)``: how many voxels around a patch the values depend on, (z, y, x). The
        patch that `values` takes is larger by so much at both ends, and so is its result, which is
        cut; 0 for targets of a voxel's own label.
    """

    name: str
    title: str
    meaning: str
    kind: TargetKind
    head: Callable[[LabelVolume], Head]
    values: Callable[[LabelledPatch], NDArray[np.float32]]
    losses: tuple[str, ...]
    order: int
    margin: Callable[[Spacing], tuple[int, int, int]] = _no_margin

    @property
    def looks_around(self) -> bool:
        """Whether a value depends on the labels of other voxels."""
        return self.margin is not _no_margin
