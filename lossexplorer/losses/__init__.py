"""Segmentation losses: pure functions of class sums, each with its description.

Every module of this package whose name has no leading underscore describes one loss. To add a
loss, add such a module; `LOSSES`, the window's cards, the command line, the Keras classes and
the table-driven tests find it there.
"""

from __future__ import annotations

from lossexplorer.losses._catalog import LOSSES, loss_named
from lossexplorer.losses._description import Loss, Sums, require_classes
from lossexplorer.losses._gradient import WithRespectTo, gradient_field
from lossexplorer.losses._sums import class_sums

__all__ = [
    "LOSSES",
    "Loss",
    "Sums",
    "WithRespectTo",
    "class_sums",
    "gradient_field",
    "loss_named",
    "require_classes",
]
