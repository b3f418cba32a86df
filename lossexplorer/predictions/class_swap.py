"""A share of one class predicted as another class."""

from __future__ import annotations

import numpy as np

from lossexplorer.core.parameters import Choice, ClassIndex, Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values, seed
from lossexplorer.predictions._objects import Labels

_STREAM = 4


def class_swap(labels: Labels, grid: Grid, values: Values) -> Labels:
    """Return the labels with a share of one class's voxels relabelled as another class.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    last = grid.classes - 1
    former, latter = (min(int(values[name]), last) for name in ("swap_from", "swap_to"))
    voxels = np.argwhere(labels == former)
    count = round(values["swap"] * len(voxels))
    if values["swap_where"] == "random":
        order = grid.chance(values["swap_seed"], _STREAM).permutation(len(voxels))
    else:
        order = np.argsort(voxels[:, "zyx".index(values["swap_where"])], kind="stable")
    result = labels.copy()
    result[tuple(voxels[order[:count]].T)] = latter
    return result


DEGRADATION = Degradation(
    name="class_swap",
    title="Taken for another class",
    summary="A share of one class's voxels is predicted as another class.",
    group="classes",
    order=40,
    acts_on="labels",
    apply=class_swap,
    exclusive=True,
    strength=("swap",),
    controls=(
        Number(
            name="swap",
            title="Share",
            meaning="The share of the class's voxels that are taken for the other one.",
            default=0.0,
            low=0.0,
            high=1.0,
        ),
        ClassIndex(
            name="swap_from", title="Class", meaning="The class that loses voxels.", default=1
        ),
        ClassIndex(
            name="swap_to", title="Taken for", meaning="The class that wins them.", default=0
        ),
        Choice(
            name="swap_where",
            title="Where",
            meaning="Which voxels: those with the lowest index along an axis, so that the class is "
            "cut by a plane, or any at random.",
            default="x",
            options=("x", "y", "z", "random"),
        ),
        seed("swap_seed", "Decides which voxels are taken at random."),
    ),
)
