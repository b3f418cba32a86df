"""Compute the painted maps of a slice or of the volume: probability, decided class, gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.diagnosis import field_problem
from lossexplorer.engine.gradients import field_of_two_values, paint, two_values
from lossexplorer.engine.messages import TOTAL, MapRequest, PaintedMaps
from lossexplorer.engine.placement import CropPlacement
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Region
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials, loss_named

Labels = NDArray[np.unsignedinteger]
MapArrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Weighted = Sequence[tuple[Evaluated, float]]


@dataclass(frozen=True)
class MapPainter:
    """Computes the painted maps of a sample.

    Attributes
    ----------
    labels : array of unsigned int, shape (z, y, x)
        The truth.
    plan : Plan
        The sample as the losses see it.
    rim : array of unsigned int, shape (z, y, x), or None
        The truth with its rim; None without a rim.
    partials : callable
        Returns the partial derivatives of an evaluated loss of the whole field, NumPy arrays
        (sample, class, z, y, x).
    """

    labels: Labels
    plan: Plan
    rim: Labels | None
    partials: Callable[[Evaluated], Partials]

    def maps(self, painted: MapRequest, weighted: Weighted, *, pending: bool) -> PaintedMaps:
        """Return the painted maps.

        Parameters
        ----------
        painted : MapRequest
            The maps that are requested.
        weighted : sequence of (Evaluated, float)
            The losses that contribute to the gradient, and their factors.
        pending : bool
            Whether a loss that contributes is pending; the gradient is NaN then.
        """
        gradient = self._from_labels(painted, weighted)
        found = self._by_regions(painted, weighted) if gradient is None else (None, None, gradient)
        title = "the total" if painted.loss == TOTAL else loss_named(painted.loss).title
        problem = field_problem(found[2], title) if found else ""
        if found and pending:
            found = (*found[:2], np.full_like(found[2], np.nan))
            problem = f"The gradient of {title} is computed when nothing moves."
        plane = painted.plane
        axis = None if plane is None else plane.axis
        placement = CropPlacement(self.labels.shape, self.plan.margins, axis)
        blanks = np.float32(np.nan), self.labels.dtype.type(0), np.float32(np.nan)
        first = 2 if painted.gradient_only else 0
        maps = [placement.put(found and found[k], blanks[k]) for k in range(first, 3)]
        *others, gradient = maps
        probability, decided = others or (None, None)
        rim = self.rim
        if rim is not None and plane is not None:
            rim = np.take(rim, plane.index, axis=plane.axis)
        return PaintedMaps(painted, probability, decided, gradient, problem, rim)

    def _from_labels(self, painted: MapRequest, weighted: Weighted) -> NDArray[np.float32] | None:
        """Return the gradient of the volume if it follows from the labels alone, else None."""
        plain = self.plan.rim is None and not any(self.plan.margins)
        values = two_values(painted, weighted)
        if values is None or not plain or not painted.gradient_only or painted.plane is not None:
            return None
        return field_of_two_values(self.labels == painted.class_index, values)

    def _by_regions(self, painted: MapRequest, weighted: Weighted) -> MapArrays | None:
        """Return probability, decided class and gradient; None for a slice that is cropped."""
        regions = self.plan.regions(painted.plane)
        found = [self._in_region(painted, weighted, region) for region in regions]
        if painted.plane is not None:
            return found[0] if found else None
        probability, decided, gradient = (np.concatenate(maps) for maps in zip(*found, strict=True))
        return probability, decided, gradient

    def _in_region(self, painted: MapRequest, weighted: Weighted, region: Region) -> MapArrays:
        of_sums, others = [], None
        for each, factor in weighted:
            if each.slopes is not None:
                of_sums.append((each, factor))
            else:
                whole = self.partials(each)
                there = (painted.sample, slice(None), *region)
                found = Partials(whole.p[there], whole.log_p[there]) * factor
                others = found if others is None else others + found
        voxels = self.plan.row_layout.numbers(region)
        probability, decided, gradient = paint(self.plan, voxels, painted, of_sums, others)
        return probability, decided.astype(self.labels.dtype), gradient
