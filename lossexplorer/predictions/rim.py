"""An uncertain rim around the truth."""

from __future__ import annotations

import numpy as np

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._objects import Labels

_TIE = 1e-4  # of the smallest voxel edge, as in growth


def widened(labels: Labels, grid: Grid, values: Values) -> Labels:
    """Return the labels; background voxels near an object get the class of the nearest object.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    from scipy import ndimage

    away, nearest = ndimage.distance_transform_edt(
        labels == 0, sampling=grid.spacing, return_indices=True
    )
    within = away <= values["rim"] + _TIE * min(grid.spacing)
    return np.asarray(np.where(within & (labels > 0).any(), labels[tuple(nearest)], labels))


DEGRADATION = Degradation(
    name="rim",
    title="Uncertain rim",
    summary="The truth is soft around its objects: a rim belongs to the object with a probability, "
    "as where annotators disagree.",
    group="truth",
    order=160,
    acts_on="truth",
    apply=widened,
    strength=("rim",),
    controls=(
        Number(
            name="rim",
            title="Width",
            meaning="How far the rim reaches from an object into the background.",
            default=0.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 10.0),
            unit="mm",
        ),
        Number(
            name="rim_share",
            title="Probability",
            meaning="The truth's probability of the object within the rim; the background has the "
            "rest.",
            default=0.5,
            low=0.0,
            high=1.0,
        ),
    ),
    citation="Bertels, Robben, Vandermeulen, Suetens, Medical Image Analysis 67, 2021",
)
