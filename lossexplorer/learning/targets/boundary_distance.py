"""The signed distance to the boundary of the foreground."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.lengths import length_factor
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.targets._target import LabelledPatch, Target
from lossexplorer.losses._distances import to_other_side
from lossexplorer.volumes.model.labels import LabelVolume
from lossexplorer.volumes.spacing import Spacing

REACH = 10.0
"""The distance in mm that becomes ±1 in the scan of a patient; every larger one does, too."""


def reach(spacing: Spacing) -> float:
    """Return the distance in mm that becomes ±1 in a volume, as lengths follow its voxels.

    Parameters
    ----------
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).

    Examples
    --------
    >>> reach((6.5, 0.78125, 0.78125)), reach((0.002, 0.00025, 0.00025))
    (10.0, 0.002)
    """
    return REACH * length_factor(spacing)


def _head(volume: LabelVolume) -> Head:
    del volume
    return Head(1, "linear", 1)


def _margin(spacing: Spacing) -> tuple[int, int, int]:
    """Return the voxels within reach: beyond it, nothing changes a distance."""
    z, y, x = (math.ceil(reach(spacing) / edge) for edge in spacing)
    return z, y, x


def _values(patch: LabelledPatch) -> NDArray[np.float32]:
    """Return distances to the nearest voxel on the other side, divided by `reach`."""
    inside = patch.foreground
    signed: NDArray[np.float32] = np.where(inside, np.float32(1), np.float32(-1))
    if inside.any() and not inside.all():
        farthest = np.float32(reach(patch.spacing))
        signed *= np.minimum(to_other_side(inside, patch.spacing) / farthest, 1)
    return signed[..., None]


TARGETS = (
    Target(
        name="boundary_distance",
        title="Boundary distance",
        meaning=f"The signed distance to the boundary of the foreground, positive inside, in units "
        f"of {REACH:g} mm (where the lengths of controls are multiplied, of the same multiple) and "
        "at most ±1. It is measured between centres of voxels, to the nearest one on the other "
        "side.",
        kind="numbers",
        head=_head,
        values=_values,
        losses=("mean_squared_error", "mean_absolute_error", "huber"),
        order=30,
        margin=_margin,
    ),
)
