"""The foreground in one channel, as a model for two classes often predicts it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.volumes.model.labels import LabelVolume


def _head(volume: LabelVolume) -> Head:
    del volume
    return Head(1, "sigmoid", 1)


def _values(patch: LabelledPatch) -> NDArray[np.float32]:
    return patch.foreground.astype(np.float32)[..., None]


TARGETS = (
    Target(
        name="foreground_sigmoid",
        title="Foreground, sigmoid",
        meaning="Whether a voxel belongs to any class but the background: one channel under a "
        "sigmoid.",
        kind="numbers",
        head=_head,
        values=_values,
        losses=(
            "binary_crossentropy",
            "binary_focal_crossentropy",
            "keras.dice",
            "keras.tversky",
            "mean_squared_error",
        ),
        order=25,
    ),
)
