"""Compute the painted maps of a slice or of the volume: probability, decided class, gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.classes import Relation
from lossexplorer.engine.diagnosis import field_problem
from lossexplorer.engine.gradients import PaintedClass, field_of_two_values, paint, two_values
from lossexplorer.engine.messages import MapRequest, PaintedMaps
from lossexplorer.engine.placement import CropPlacement
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Region
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials

Labels = NDArray[np.unsignedinteger]
MapArrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Weighted = Sequence[tuple[Evaluated, float]]


@dataclass(frozen=True)
class MapPainter:
    """Computes the painted maps of a sample.

    Attributes
    ----------
    relation : Relation
        How the volume's classes relate.
    plan : Plan
        The plan of the class that is painted.
    rim : array of unsigned int, shape (z, y, x), or None
        The labels of the plan with their rim; None without a rim.
    partials : callable
        Returns the partial derivatives of an evaluated loss of the whole field, NumPy arrays
        (sample, class, z, y, x).
    """

    relation: Relation
    plan: Plan
    rim: Labels | None
    partials: Callable[[Evaluated], Partials]

    def maps(
        self, painted: MapRequest, weighted: Weighted, title: str, *, pending: bool
    ) -> PaintedMaps:
        """Return the painted maps.

        Parameters
        ----------
        painted : MapRequest
            The maps that are requested.
        weighted : sequence of (Evaluated, float)
            The losses that contribute to the gradient, and their factors.
        title : str
            What the loss is called that is painted, in sentences.
        pending : bool
            Whether a loss that contributes is pending; the gradient is NaN then.
        """
        labels = self.relation.labels(painted.sample, painted.class_index)
        gradient = self._from_labels(painted, weighted, labels)
        found = self._by_regions(painted, weighted) if gradient is None else (None, None, gradient)
        problem = field_problem(found[2], title) if found else ""
        if found and pending:
            found = (*found[:2], np.full_like(found[2], np.nan))
            problem = f"The gradient of {title} is computed when nothing moves."
        plane = painted.plane
        axis = None if plane is None else plane.axis
        placement = CropPlacement(labels.shape, self.plan.margins, axis)
        blanks = np.float32(np.nan), labels.dtype.type(0), np.float32(np.nan)
        first = 2 if painted.gradient_only else 0
        maps = [placement.put(found and found[k], blanks[k]) for k in range(first, 3)]
        *others, gradient = maps
        probability, decided = others or (None, None)
        rim = self.rim
        if rim is not None:
            rim = rim if plane is None else np.take(rim, plane.index, axis=plane.axis)
            rim = self.relation.shown(rim, painted.class_index)
        return PaintedMaps(painted, probability, decided, gradient, problem, rim)

    def _from_labels(
        self, painted: MapRequest, weighted: Weighted, labels: Labels
    ) -> NDArray[np.float32] | None:
        """Return the gradient of the volume if it follows from the labels alone, else None."""
        plan = self.plan
        plain = plan.rim is None and plan.ignored is None and not any(plan.margins)
        if not plain or self.relation.first or not painted.gradient_only or painted.plane:
            return None
        values = two_values(painted, weighted)
        if values is None:
            return None
        return field_of_two_values(labels == painted.class_index, values)

    def _by_regions(self, painted: MapRequest, weighted: Weighted) -> MapArrays | None:
        """Return probability, decided class and gradient; None for a slice that is cropped."""
        regions = self.plan.regions(painted.plane)
        found = [self._in_region(painted, weighted, region) for region in regions]
        if painted.plane is not None:
            return found[0] if found else None
        probability, decided, gradient = (np.concatenate(maps) for maps in zip(*found, strict=True))
        return probability, decided, gradient

    def _in_region(self, painted: MapRequest, weighted: Weighted, region: Region) -> MapArrays:
        relation, of_sums, others = self.relation, [], None
        sample, class_index = painted.sample, painted.class_index
        for each, factor in weighted:
            if each.slopes is not None:
                of_sums.append((relation.spread(each), factor))
            else:
                whole = self.partials(each).map(lambda field: field[(..., *region)])
                found = relation.partials(whole, sample, class_index) * factor
                others = found if others is None else others + found
        voxels = self.plan.row_layout.numbers(region)
        place, against = relation.place(sample, class_index), relation.against(painted.wrt)
        probability, decided, gradient = paint(
            self.plan, voxels, PaintedClass(*place, painted.wrt, against), of_sums, others
        )
        return probability, relation.shown(decided, class_index), gradient
