"""Truth and prediction of some classes at a time, in every voxel, for losses of the whole field.

Fields of all classes may not fit into the memory. They are computed in groups of as many classes
as may be held, each in one pass over the volume, and kept in the memory of the computer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.classes import Relation
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Region
from lossexplorer.engine.step.voxels import predicted, taken, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.predictions import Recipe

Tensor = Any
Fields = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]

# Regions are padded to multiples of so many voxels: a compiled loop rounds what is left over after
# its last whole step otherwise, and equal voxels would differ by where a region ends.
_PADDED = 1024


class ClassFields:
    """Truth, probabilities and their logarithms of some classes at a time.

    All three are 0 in the voxels that count nowhere.

    Parameters
    ----------
    plans : sequence of Plan
        The plans of the batch.
    relation : Relation
        How the classes of the volume relate.
    samples : int
        The number of samples.
    classes : int
        The number of classes of the sums.
    at_once : int
        How many of them may be held.

    Attributes
    ----------
    shape : tuple of int
        (sample, class, z, y, x) of the fields of all classes.
    """

    def __init__(
        self, plans: Sequence[Plan], relation: Relation, samples: int, classes: int, at_once: int
    ) -> None:
        self.shape = (samples, classes, *plans[0].shape)
        self._plans, self._relation = plans, relation
        self._length = -(-classes // -(-classes // at_once))  # as equal as may be
        self._group: tuple[int, Fields] | None = None

    def of(self, which: slice) -> Fields:
        """Return the fields of some classes, each of shape (sample, those classes, z, y, x).

        Parameters
        ----------
        which : slice
            Classes of the sums, from `start` to before `stop`; no more than may be held.
        """
        stop = min(which.stop, self.shape[1])
        if self._group is None or not (
            self._group[0] <= which.start and stop <= self._group[0] + self._length
        ):
            self._group = None  # makes room
            self._group = (which.start, self._made(which.start))
        first, (g, p, log_p) = self._group
        there = slice(which.start - first, stop - first)
        return g[:, there], p[:, there], log_p[:, there]

    def probabilities(self, sample: int, region: Region) -> Tensor:
        """Return the probabilities of all classes of a sample in a region, (class, z, y, x)."""
        found = [
            prediction_in(plan, region, places)[1]
            for plan, _, places in self._places(sample, 0, self.shape[1])
        ]
        return backend.to_device(np.concatenate(found))

    def _made(self, start: int) -> Fields:
        samples, classes = self.shape[:2]
        stop = min(start + self._length, classes)
        shape = (samples, stop - start, *self.shape[2:])
        g, p, log_p = (np.empty(shape, np.float32) for _ in range(3))
        for sample in range(samples):
            for plan, columns, places in self._places(sample, start, stop):
                for region in plan.regions(None):
                    found = prediction_in(plan, region, places)
                    for field, made in zip((g, p, log_p), found, strict=True):
                        field[(sample, columns, *region)] = made
        return g, p, log_p

    def _places(self, sample: int, start: int, stop: int) -> list[tuple[Plan, slice, list[int]]]:
        """Return by plan which classes of a group it has, and where they are in it."""
        first = self._relation.first
        found: dict[int, tuple[list[int], list[int]]] = {}
        for index in range(start, stop):
            place = self._relation.place(sample, index + first)
            columns, places = found.setdefault(place.plan, ([], []))
            columns.append(index - start)
            places.append(place.class_index)
        return [
            (self._plans[plan], slice(columns[0], columns[-1] + 1), places)
            for plan, (columns, places) in found.items()
        ]


def prediction_in(plan: Plan, region: Region, classes: Sequence[int]) -> list[NDArray[Any]]:
    """Return truth, probabilities and their logarithms of some classes of a plan in a region.

    Parameters
    ----------
    plan : Plan
        The plan.
    region : tuple of slice
        A region of the volume.
    classes : sequence of int
        The classes of the plan.

    Returns
    -------
    list of array, shape (those classes, region's z, y, x)
    """
    voxels = plan.row_layout.numbers(region)
    padded = np.pad(voxels.reshape(-1), (0, -voxels.size % _PADDED), mode="edge")
    chosen = backend.to_device(np.array(classes, np.int32))
    found = _of_classes(plan.recipe)(_read(plan.at(padded)), plan.values, chosen)
    return [backend.to_numpy(field)[:, : voxels.size].reshape(-1, *voxels.shape) for field in found]


# A function of its own, because within the next one scores would be read anew for each use of them.
_read = compiled(taken)


@cached(MOST_COMPILED)
def _of_classes(recipe: Recipe) -> Any:
    """Compile truth, probabilities and their logarithms of some classes in some voxels."""

    def fields(voxels: dict[str, Any], values: Any, chosen: Tensor) -> list[Tensor]:
        return [
            ops.take(where_counted(voxels, field), chosen, axis=0)
            for field in predicted(recipe, values, voxels)
        ]

    return compiled(fields)
