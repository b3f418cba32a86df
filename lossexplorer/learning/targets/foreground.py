"""The foreground: whether a voxel belongs to any class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._classes import CLASS_LOSSES, one_hot
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.volumes.model.labels import LabelVolume


def _head(volume: LabelVolume) -> Head:
    del volume
    # Two channels, because one channel under a softmax is 1 for every input.
    return Head(2, "softmax", 1)


def _values(patch: LabelledPatch) -> NDArray[np.float32]:
    return one_hot(patch.foreground.astype(np.uint8), 2)


TARGETS = (
    Target(
        name="foreground",
        title="Foreground",
        meaning="Whether a voxel belongs to any class but the background: two channels under a "
        "softmax.",
        kind="classes",
        head=_head,
        values=_values,
        losses=CLASS_LOSSES,
        order=20,
    ),
)
