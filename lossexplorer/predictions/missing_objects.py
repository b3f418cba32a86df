"""Objects that the prediction misses."""

from __future__ import annotations

import math

import numpy as np

from lossexplorer.core.parameters import Choice, Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values, seed
from lossexplorer.predictions._objects import Labels, Object, objects

_STREAM = 1


def missing_objects(labels: Labels, grid: Grid, values: Values) -> Labels:
    """Return the labels without the missed objects.

    Objects smaller than ``missing_below`` mm³ are missed, and of the other objects the share
    ``missing``, rounded to whole objects, in the order ``missing_order``.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    edge = math.prod(grid.spacing)
    found = objects(labels)
    smallest = values["missing_below"] * (1 - 1e-9)
    kept = [each for each in found if each.voxels * edge >= smallest]
    ordered = _ordered(kept, grid, values)
    # One half is rounded up: with the share 0.5 a single object is missed.
    count = math.floor(values["missing"] * len(ordered) + 0.5)
    missed = [each for each in found if each.voxels * edge < smallest] + ordered[:count]
    result = labels.copy()
    for each in missed:
        result[each.box][each.mask] = 0
    return result


def _ordered(found: list[Object], grid: Grid, values: Values) -> list[Object]:
    if values["missing_order"] == "random":
        order = grid.chance(values["missing_seed"], _STREAM).permutation(len(found))
        return [found[index] for index in order]
    sizes = np.array([each.voxels for each in found])
    sign = 1 if values["missing_order"] == "smallest" else -1
    return [found[index] for index in np.argsort(sign * sizes, kind="stable")]


DEGRADATION = Degradation(
    name="missing_objects",
    title="Missing objects",
    summary="Objects of the truth are absent from the prediction. An object is a set of connected "
    "voxels of one class; voxels that share a corner are connected.",
    group="objects",
    order=10,
    acts_on="labels",
    apply=missing_objects,
    strength=("missing", "missing_below"),
    controls=(
        Number(
            name="missing",
            title="Share missing",
            meaning="The share of the objects that are missed, rounded to whole objects.",
            default=0.0,
            low=0.0,
            high=1.0,
        ),
        Choice(
            name="missing_order",
            title="Missed first",
            meaning="Which objects are missed first: the smallest, the largest, or any at random.",
            default="smallest",
            options=("smallest", "largest", "random"),
        ),
        Number(
            name="missing_below",
            title="Smaller than",
            meaning="Every object of a smaller volume is missed.",
            default=0.0,
            low=0.0,
            high=1e9,
            slider=(0.0, 1e6),
            scale="log",
            smallest=1.0,
            unit="mm³",
        ),
        seed("missing_seed", "Decides which objects are missed at random."),
    ),
    citation="Isensee et al., Nature Methods 18, 2021 (removal of components in the cascade)",
)
