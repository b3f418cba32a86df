"""Segmentation losses: pure functions of sums, voxels or fields, with their descriptions.

Every module of this package whose name has no leading underscore describes one loss. To add a
loss, add such a module; `LOSSES`, the window's cards, the command line, the Keras classes and
the table-driven tests find it there.
"""

from __future__ import annotations

from lossexplorer.losses._catalog import LOSSES, loss_named
from lossexplorer.losses._description import Loss, is_smoothed
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._gradient import (
    Partials,
    WithRespectTo,
    gradient_field,
    logit_terms,
    sum_partials,
)
from lossexplorer.losses._parameters import OF_OVERLAPPING
from lossexplorer.losses._sums import (
    SUM_NAMES,
    Sums,
    class_first,
    class_sums,
    infinite,
    require_classes,
    standard_maps,
    voxel_sum,
    wide,
)

__all__ = [
    "LOSSES",
    "OF_OVERLAPPING",
    "SUM_NAMES",
    "Domain",
    "Loss",
    "Partials",
    "Sums",
    "WithRespectTo",
    "class_first",
    "class_sums",
    "gradient_field",
    "infinite",
    "is_smoothed",
    "logit_terms",
    "loss_named",
    "require_classes",
    "standard_maps",
    "sum_partials",
    "voxel_sum",
    "wide",
]
