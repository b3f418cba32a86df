"""Where a gradient is: its squares by class and region, its values by sign, and along a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.gradients import LossTensors, all_partials
from lossexplorer.engine.messages import REGIONS, GradientParts
from lossexplorer.engine.step.chunks import Passes, class_count, computed_once, in_chunks
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import logit_terms
from lossexplorer.predictions import Recipe

Tensor = Any
Array = NDArray[Any]

DECADES, PER_DECADE = 6, 4
"""How many decades below the largest gradient a histogram has, and bins of each."""
SIDES = 20
"""How many bins of distance there are on either side of a boundary."""


@cached(MOST_COMPILED)
def _squares(chosen: Recipe, terms: tuple[Any, ...]) -> Any:
    """Compile Σ (∂L/∂logit)² by loss, region and class, shape (loss · region, class)."""

    def squares(
        voxels: dict[str, Any], counted: Any, values: Any, tensors: tuple[Tensor, Tensor]
    ) -> Tensor:
        def of_regions(rows: dict[str, Any]) -> Passes:
            g, p, log_p = predicted(chosen, values, rows, computed_once(counted))
            classes = ops.reshape(rows["classes"], (-1, 1))
            decided = ops.cast(ops.argmax(p, axis=0), "int32")[None] == classes
            inside = g > 0.5
            regions = [inside & decided, ~inside & decided, inside & ~decided, ~inside & ~decided]
            found: list[list[Tensor]] = []
            for partials in all_partials(terms, tensors, (g, p, log_p)):
                weighted = logit_terms(partials, p)
                gradient = weighted - p * ops.sum(weighted, axis=0, keepdims=True)
                squared = where_counted(rows, gradient * gradient)
                found.append([ops.where(each, squared, 0.0) for each in regions])
            return found

        shape = (len(REGIONS) * len(terms), class_count(voxels))
        return in_chunks(voxels, counted, of_regions, shape)

    return compiled(squares)


def squares_by_region(plan: Plan, number: int, losses: Sequence[Evaluated]) -> NDArray[np.float64]:
    """Return Σ (∂L/∂logit)² of each loss, in each region, for each class of a plan.

    Parameters
    ----------
    plan : Plan
        The plan, whose sums are exact.
    number : int
        Its index.
    losses : sequence of Evaluated
        Losses with slopes in the sums of the plans.

    Returns
    -------
    array, shape (loss, region, class)
    """
    packed = LossTensors.each(losses, number)
    table = _squares(plan.recipe, packed.terms)(
        plan.everywhere(), plan.counted.tensors, plan.values, packed.tensors
    )
    found: NDArray[np.float64] = backend.to_numpy(table)
    return found.reshape(len(losses), len(REGIONS), -1)


def to_other_side(inside: Array, spacing: tuple[float, float, float]) -> Array:
    """Return the distance in mm to the nearest voxel that is not on the same side.

    0 everywhere for an empty or full mask, which has no boundary.

    Examples
    --------
    >>> to_other_side(np.array([[[False, True, True]]]), (1.0, 1.0, 0.5)).tolist()
    [[[0.5, 0.5, 1.0]]]
    """
    import edt

    if inside.all() or not inside.any():
        return np.zeros(inside.shape, np.float32)
    labels = inside.astype(np.uint8) + np.uint8(1)  # those of label 0 would be in no transform
    found: Array = edt.edt(labels, anisotropy=spacing, parallel=1)
    return found


def parts_of(
    gradient: Array, inside: Array, decided: Array, counts: Array, distance: Array, unit: float
) -> GradientParts:
    """Return a gradient's parts.

    Parameters
    ----------
    gradient : array of float32, shape (z, y, x)
        The gradient; NaN where the volume is cropped.
    inside, decided, counts : array of bool, shape (z, y, x)
        Where the class is in the truth and decided, and which voxels count.
    distance : array of float, shape (z, y, x)
        In mm to the nearest voxel on the other side; 0 everywhere if there is no boundary.
    unit : float
        The width of a bin of distance in mm.
    """
    seen = counts & np.isfinite(gradient)
    values = gradient[seen].astype(np.float64)
    here, there = inside[seen], decided[seen]
    region = np.select([here & there, ~here & there, here & ~there], [0, 1, 2], 3)
    sizes = np.abs(values)
    largest = float(sizes.max(initial=0.0)) or 1.0
    edges = largest * np.logspace(-DECADES, 0, DECADES * PER_DECADE + 1)
    edges[-1] = largest
    place = np.clip(np.searchsorted(edges, sizes, side="right") - 1, -1, len(edges) - 2)
    bins = len(edges) - 1
    has_bin = place >= 0
    key = (np.where(values > 0, 1, 0) * len(REGIONS) + region) * bins + place
    found = np.bincount(key[has_bin], minlength=2 * len(REGIONS) * bins)
    others = np.bincount(region[~has_bin], minlength=len(REGIONS))

    signed = np.where(here, -1.0, 1.0) * distance[seen]
    distances = unit * np.arange(-SIDES, SIDES + 1)
    nth = np.floor(signed / unit).astype(int) + SIDES
    within = (nth >= 0) & (nth < 2 * SIDES) & (signed != 0)
    count = np.bincount(nth[within], minlength=2 * SIDES)
    total = np.bincount(nth[within], weights=sizes[within], minlength=2 * SIDES)
    means = np.divide(total, count, out=np.full(2 * SIDES, np.nan), where=count > 0)
    shape = 2, len(REGIONS), bins
    return GradientParts(edges, found.reshape(shape), others, distances, means)
