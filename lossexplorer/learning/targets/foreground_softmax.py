"""The foreground in one channel under a softmax: a frequent mistake, which predicts 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.volumes.model.labels import LabelVolume


def _head(volume: LabelVolume) -> Head:
    del volume
    return Head(1, "softmax", 1)


def _values(patch: LabelledPatch) -> NDArray[np.float32]:
    return patch.foreground.astype(np.float32)[..., None]


TARGETS = (
    Target(
        name="foreground_softmax",
        title="Foreground, softmax of one",
        meaning="Whether a voxel belongs to any class but the background: one channel under a "
        "softmax, which is 1 for every input, so that nothing is learned. Choose one of the other "
        "two for a network that is to learn.",
        kind="numbers",
        head=_head,
        values=_values,
        losses=("categorical_crossentropy", "keras.dice"),
        order=27,
    ),
)
