"""The segmentation: the class of every voxel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._classes import CLASS_LOSSES, class_channels, class_head
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.volumes.model.labels import LabelVolume


def _head(volume: LabelVolume) -> Head:
    return class_head(volume, 1)


def _values(patch: LabelledPatch) -> NDArray[np.float32]:
    return class_channels(patch, 1)


TARGETS = (
    Target(
        name="segmentation",
        title="Segmentation",
        meaning="The class of every voxel, one channel for each class under a softmax, or "
        "under sigmoids if classes overlap.",
        kind="classes",
        head=_head,
        values=_values,
        losses=CLASS_LOSSES,
        order=10,
    ),
)
