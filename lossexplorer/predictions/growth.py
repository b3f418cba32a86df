"""Growth: classes that are too large or too small."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values

Tensor = Any

# A voxel exactly at the distance by which a class grows belongs to the grown class. Distances are
# float32, so "exactly" has this tolerance, as a share of the smallest voxel edge.
_TIE = 1e-4


def grow(scores: Tensor, values: dict[str, Tensor], noise: None = None) -> Tensor:
    """Return the scores plus the growth of each class.

    Parameters
    ----------
    scores : tensor, shape (class, …)
        Scores in mm.
    values : dict
        ``grow``, shape (class,) or any (class, …), in mm.
    noise : None
        Not used.
    """
    from keras import ops

    del noise
    amount = ops.cast(values["grow"], scores.dtype)
    missing = len(scores.shape) - len(amount.shape)
    return scores + ops.reshape(amount, (*amount.shape, *[1] * missing))


def growths(values: Values, grid: Grid) -> dict[str, NDArray[np.float64]]:
    """Return each class's growth in mm; a single number shrinks the background instead."""
    amount = values["grow"]
    if not isinstance(amount, tuple):
        amount = (-amount, *[0.0] * (grid.classes - 1))
    each = np.array(amount, np.float64)
    hard = values["softness"] == 0
    return {"grow": each + (np.sign(each) * _TIE * min(grid.spacing) if hard else 0.0)}


def lead(after: float, values: Values, grid: Grid, largest: float) -> float:
    """Return a lead that is larger by the difference of two classes' growths."""
    del largest
    return after + float(np.ptp(growths(values, grid)["grow"]))


DEGRADATION = Degradation(
    name="growth",
    title="Grow",
    summary="Boundaries move outwards or inwards; a hard prediction grown by r is dilated by a "
    "ball of radius r.",
    group="boundary",
    order=70,
    acts_on="fused scores",
    apply=grow,
    prepare=growths,
    lead=lead,
    always=True,
    by_class=True,
    strength=("grow",),
    controls=(
        Number(
            name="grow",
            title="Grow",
            meaning="Moves every boundary with the background outwards; below 0 inwards. With a "
            "number per class each class's boundaries move; where two classes touch, by the "
            "difference of their numbers.",
            default=0.0,
            low=-1000.0,
            high=1000.0,
            slider=(-10.0, 10.0),
            unit="mm",
            per_class=True,
        ),
    ),
)
