"""The Keras class of each loss."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lossexplorer.keras_classes.base import SegmentationLoss
from lossexplorer.keras_classes.making import keras_class
from lossexplorer.losses import LOSSES

KERAS_CLASSES: Mapping[str, type[SegmentationLoss]] = MappingProxyType(
    {loss.name: keras_class(loss, "lossexplorer.keras") for loss in LOSSES.values()}
)
"""The classes by the loss's name. They are found, and pickled, as those of `lossexplorer.keras`."""
