"""Coarser levels of the segmentation, for deep supervision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._classes import CLASS_LOSSES, class_channels, class_head
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.volumes.model.labels import LabelVolume


def _level(scale: int) -> Target:
    """Return the segmentation with voxels that are so many times longer along each axis."""

    def head(volume: LabelVolume) -> Head:
        return class_head(volume, scale)

    def values(patch: LabelledPatch) -> NDArray[np.float32]:
        return class_channels(patch, scale)

    return Target(
        name=f"segmentation_{scale}",
        title=f"Segmentation 1 : {scale}",
        meaning=f"The class of every {scale}th voxel along each axis, for deep supervision of a "
        "coarser level. Small objects vanish from it.",
        kind="classes",
        head=head,
        values=values,
        losses=CLASS_LOSSES,
        order=50 + scale,
    )


TARGETS = tuple(_level(scale) for scale in (2, 4, 8))
