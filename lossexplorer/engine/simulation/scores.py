"""The second phase: scores in mm, measured in the labels that the prediction starts from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.simulation.beyond import ScoresBeyond
from lossexplorer.engine.simulation.decided import DecidedClasses
from lossexplorer.engine.simulation.extent import Extent
from lossexplorer.engine.simulation.truth import Labels
from lossexplorer.engine.step.moving import Moves
from lossexplorer.engine.step.rows import EVERYWHERE, Field, Region
from lossexplorer.predictions import (
    NO_PLANES,
    Displacement,
    Grid,
    Planes,
    Values,
    VolumeSide,
    active,
    continued,
    continued_scores,
    each_class_scores,
    values_of,
)

# The continuation of a volume grows by these shares of its axes, so that it is seldom made anew.
_STEPS = 8
# A continued volume of at most so many times the volume's voxels is kept while it is moved.
_KEPT = 2


@dataclass(frozen=True)
class Displaced:
    """Scores that a step reads at displaced places.

    Attributes
    ----------
    field : Field
        The scores, displaced along all axes but the one along which the step reads them.
    moves : Moves
        The displacement along that axis as the step takes it.
    measured : Field
        The scores, not displaced.
    displacement : Displacement
        The whole displacement.
    """

    field: Field
    moves: Moves
    measured: Field
    displacement: Displacement


class ScorePhase:
    """Makes a sample's scores.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        The volume's grid.

    Attributes
    ----------
    volume : Extent
        The whole volume, in which scores are measured.
    """

    def __init__(self, labels: Labels, grid: Grid) -> None:
        self._truth, self._grid = labels, grid
        z, y, x = labels.shape
        self.volume = Extent((z, y, x), (0, 0, 0), grid.classes, grid.samples)
        self._labels: Cache[tuple[Any, ...], Labels] = Cache(1)
        self._distances: Cache[tuple[Any, ...], Field] = Cache(1)
        self._continued: Cache[tuple[Any, ...], list[NDArray[np.float32]]] = Cache(1)
        self._displaced: Cache[tuple[Any, ...], Field] = Cache(1)
        self._beyond: Cache[tuple[Any, ...], tuple[int, Field]] = Cache(1)
        self._scores_beyond = ScoresBeyond(grid)
        self._outside: Cache[tuple[Any, ...], Field] = Cache(1)
        self._decided = DecidedClasses(grid)
        self._last = Displacement((0.0, 0.0, 0.0), grid.spacing)
        self._axis, self._most = 0, [0, 0, 0]
        self._stays = certain(grid.classes, 0.0, -math.inf)

    def distances(self, values: Values) -> Field:
        """Return the scores before any degradation acts on them, in rows."""

        def made() -> Field:
            labels, grid = self._labels_of(values), self._grid
            return self._field(each_class_scores(labels, grid.classes, grid.spacing))

        return self._distances.get(values_of(active("labels", values), values), made)

    def displaced(self, values: Values, extent: Extent) -> Displaced | None:
        """Return displaced scores if a displacement is all that acts on them, else None.

        A step reads scores along one axis, the one along which the displacement was changed last.
        """
        acting = active("scores", values)
        if len(acting) != 1 or acting[0].displacement is None or not extent.is_whole:
            self._last = self._last.along()
            return None
        whole = acting[0].displacement(values, self._grid)
        axis = self._axis_read(whole)
        one = whole.along(axis)
        others = whole.along(*(other for other in whole.axes if other != axis))
        beyond = self._beyond_side(values, axis, one, others)
        moves = Moves(beyond, self._outside_of(axis, one), self._numbers(axis, one))
        measured = self.distances(values)
        field = self._along_others(values, others) if others.axes else measured
        return Displaced(field, moves, measured, whole)

    def decided(self, values: Values) -> Labels | None:
        """Return the class with the best score in each voxel, (z, y, x).

        None if another degradation than a displacement acts on the scores.
        """
        acting, labels = active("scores", values), self._labels_of(values)
        if not acting:
            return labels
        if len(acting) != 1 or acting[0].displacement is None:
            return None
        of_labels = values_of(active("labels", values), values)
        return self._decided.of(of_labels, labels, acting[0].displacement(values, self._grid))

    def placed(self, values: Values) -> Iterator[NDArray[np.float32]]:
        """Yield each class's scores after all degradations that act on them, shape (z, y, x)."""
        acting, grid, wanted = active("scores", values), self._grid, [NO_PLANES]
        if not acting:
            yield from backend.to_numpy(self.distances(values).whole())
            return
        labels = self._labels_of(values)
        for each in reversed(acting):
            assert each.reach is not None
            wanted.insert(0, each.reach(labels, grid, values, wanted[0]))
        wanted[0] = self._rounded(wanted[0])
        for score in self._continued_by(values, wanted[0]):
            for each, planes, kept in zip(acting, wanted, wanted[1:], strict=False):
                score = each.apply(score, labels, grid, values, planes, kept)  # noqa: PLW2901
            yield score

    def _labels_of(self, values: Values) -> Labels:
        """Return the labels that the prediction starts from, (z, y, x)."""
        acting = active("labels", values)

        def made() -> Labels:
            labels = self._truth
            for each in acting:
                labels = each.apply(labels, self._grid, values)
            return labels

        return self._labels.get(values_of(acting, values), made)

    def _field(self, scores: Iterable[NDArray[np.float32]], region: Region = EVERYWHERE) -> Field:
        """Return the scores of each class in a region of the volume, in rows."""
        row_layout, stays = self.volume.row_layout, self._stays
        return Field(row_layout, scores, self._grid.classes, np.float32, stays, region)

    def _continued_by(self, values: Values, planes: Planes) -> Iterable[NDArray[np.float32]]:
        """Return each class's scores in the volume and in planes beyond its border, (z, y, x)."""
        grid, labels = self._grid, self._labels_of(values)
        shape = [n + sum(more) for n, more in zip(labels.shape, planes, strict=True)]
        if math.prod(shape) > _KEPT * labels.size:
            return each_class_scores(continued(labels, planes), grid.classes, grid.spacing)

        of_labels = values_of(active("labels", values), values)
        measure = partial(self._scores_beyond.measured, of_labels)

        def measured() -> list[NDArray[np.float32]]:
            inner = backend.to_numpy(self.distances(values).whole())
            found = continued_scores(inner, labels, grid.classes, grid.spacing, planes, measure)
            return list(found)

        return self._continued.get((of_labels, planes), measured)

    def _along_others(self, values: Values, others: Displacement) -> Field:
        """Return the scores displaced along the axes that a step does not read along."""
        key = values_of(active("labels", values), values), others

        def made() -> Field:
            planes = self._around(others)
            every = self._continued_by(values, planes)
            return self._field(others.apply(each, planes, NO_PLANES) for each in every)

        return self._displaced.get(key, made)

    def _beyond_side(
        self, values: Values, axis: int, one: Displacement, others: Displacement
    ) -> Field:
        """Return the volume beyond the side where a displacement along one axis enters.

        It has the shape of the volume. Only the planes that are near enough to enter have scores,
        and those that a longer displacement needed before.
        """
        side = VolumeSide(axis, is_first=one.lengths[axis] > 0)
        count = max(*self._planes(one)[axis], 1)
        of_labels = values_of(active("labels", values), values)
        key = of_labels, others, side
        known = self._beyond.find(key)
        if known is not None and known[0] >= count:
            return known[1]

        self._beyond.clear()  # makes room
        around = self._around(others)
        labels = continued(self._labels_of(values), around)
        scores = self._scores_beyond.measured(of_labels, labels, around, side, count)
        moved = (others.apply(each, around, NO_PLANES) for each in scores)
        near = slice(-count, None) if side.is_first else slice(count)
        z, y, x = (near if each == axis else slice(None) for each in range(3))
        found = self._field(moved, (z, y, x))
        self._beyond.put(key, (count, found))
        return found

    def _outside_of(self, axis: int, one: Displacement) -> Field:
        row_layout = self.volume.row_layout
        numbers = self._numbers(axis, one)
        # The voxels that read beyond the border change only at whole voxels of displacement.
        key = axis, int(numbers["inner"]), int(numbers["outer"])

        def made() -> Field:
            outside = one.outside(row_layout.shape, axis)
            stays = np.zeros((1, row_layout.classes))
            return Field(row_layout, [outside], 1, outside.dtype, stays)

        return self._outside.get(key, made)

    def _numbers(self, axis: int, one: Displacement) -> dict[str, NDArray[Any]]:
        return one.axis_moves(self.volume.shape, axis)

    def _axis_read(self, whole: Displacement) -> int:
        """Return the axis along which a step reads: scores along the others are kept.

        It stays while the displacement along it changes, also to 0.
        """
        lengths = enumerate(zip(whole.lengths, self._last.lengths, strict=True))
        changed = [axis for axis, (new, old) in lengths if new != old]
        self._last = whole
        if changed and self._axis not in changed:
            acting = [axis for axis in changed if axis in whole.axes]
            if acting or self._axis not in whole.axes:
                self._axis = (acting or whole.axes)[-1]
        return self._axis

    def _planes(self, displacement: Displacement) -> Planes:
        return self._rounded(displacement.planes(self.volume.shape, NO_PLANES))

    def _around(self, others: Displacement) -> Planes:
        """Return planes for displacements along the same axes either way, at least as far as any.

        So from place to place of a landscape what is beyond the border is not measured anew.
        """
        needed = zip(self._planes(others), self._most, strict=True)
        self._most = [max(most, *planes) for planes, most in needed]
        z, y, x = (
            (most, most) if axis in others.axes else (0, 0) for axis, most in enumerate(self._most)
        )
        return z, y, x

    def _rounded(self, planes: Planes) -> Planes:
        """Return planes rounded up, so that a slider that moves seldom needs more of them."""
        z, y, x = (
            (_up(before, length), _up(after, length))
            for (before, after), length in zip(planes, self.volume.shape, strict=True)
        )
        return z, y, x


def certain(classes: int, sure: float, others: float) -> NDArray[np.float64]:
    """Return a field at the representatives, shape (class, class): `sure` for the own class."""
    return np.where(np.eye(classes, dtype=bool), sure, others)


def _up(planes: int, length: int) -> int:
    step = -(-length // _STEPS)
    return max(planes, min(-(-planes // step) * step, length))
