"""The losses as Keras losses, over (batch, z, y, x, class).

What was explored in the window goes into a model unchanged::

    from lossexplorer.keras import CrossEntropy, Tversky
    model.compile(
        loss={"organs": Tversky(alpha=0.3, beta=0.7), "vessels": CrossEntropy()},
        loss_weights={"organs": 0.5, "vessels": 0.3},
    )

The classes are made from the descriptions in `lossexplorer.losses`: same parameter names, same
defaults, same numbers. Predictions are probabilities, or logits with ``from_logits=True``. Losses
of one output are added, ``Dice() + 0.5 * CrossEntropy()``. A process that loads a saved model
imports this module first, because Keras imports no package by itself.

Type checkers and editors read ``keras.pyi``, which `lossexplorer.keras_classes.stub` writes.

Examples
--------
>>> Tversky(alpha=0.3).parameters["alpha"]
0.3
"""

from __future__ import annotations

from lossexplorer.keras_classes.base import SegmentationLoss
from lossexplorer.keras_classes.catalog import KERAS_CLASSES
from lossexplorer.keras_classes.total import Total

SegmentationLoss.__module__ = __name__
_CLASSES = {made.__name__: made for made in KERAS_CLASSES.values()}
Total.__module__ = __name__
globals().update(_CLASSES)

__all__ = ["SegmentationLoss", "Total", *_CLASSES]  # noqa: PLE0604 - one class per description
