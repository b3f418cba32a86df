"""The image: what goes in is to come out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.volumes.model.labels import LabelVolume


def _head(volume: LabelVolume) -> Head:
    del volume
    return Head(1, "linear", 1)


def _values(patch: LabelledPatch) -> NDArray[np.float32]:
    return patch.image[..., None]


TARGETS = (
    Target(
        name="image",
        title="Image",
        meaning="The network's own input, as an autoencoder predicts it.",
        kind="numbers",
        head=_head,
        values=_values,
        losses=("mean_squared_error", "mean_absolute_error", "huber"),
        order=40,
    ),
)
